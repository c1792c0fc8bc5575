package insight

import (
	"encoding/binary"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// GroupDay is everything counted of one group on one day of its zone. It is the
// row of view_group_day: rebuilt from the log at any time, and every report of
// a group reads only these rows.
//
// Posts, joins, leaves and rosters are kept by identity, as the log has them;
// Speakers is kept by person, so that bitmap arithmetic over days needs no
// mapping. A merge or split of people recomputes Speakers from Posts (Relink).
// No set or map but Roster is ever nil, but Posts of a day that is only read.
type GroupDay struct {
	Group community.GroupID
	Day   community.Day

	Messages int // by members; ours are counted apart
	Ours     int // by our own accounts
	Mentions int // members mentioned in members' messages
	Recalled int
	Hours    [24]uint32                      // members' messages by local hour
	Contents map[community.Content]uint32    // members' messages by form
	Posts    map[community.IdentityID]uint32 // members' messages by author
	Speakers *roaring.Bitmap                 // persons with at least one message
	Joined   *roaring.Bitmap                 // identities that were seen to join
	Left     *roaring.Bitmap                 // identities that were seen to leave
	Roster   *roaring.Bitmap                 // identities on the day's last member list, nil if none was taken

	// Packed are the posts as EncodePosts wrote them, of a day that is only read; then
	// Posts is nil.
	Packed []byte
}

// posts walks the members' messages by author.
func (d *GroupDay) posts() iter.Seq2[community.IdentityID, uint32] {
	if len(d.Packed) == 0 {
		return maps.All(d.Posts)
	}
	return func(yield func(community.IdentityID, uint32) bool) {
		more := true
		// Whoever read them has made sure that they are whole.
		_ = EachPost(d.Packed, func(id community.IdentityID, n uint32) { more = more && yield(id, n) })
	}
}

// NewGroupDay returns the empty day.
func NewGroupDay(g community.GroupID, d community.Day) *GroupDay {
	return &GroupDay{
		Group: g, Day: d,
		Contents: map[community.Content]uint32{}, Posts: map[community.IdentityID]uint32{},
		Speakers: roaring.New(), Joined: roaring.New(), Left: roaring.New(),
	}
}

// Add counts an event of the day. Events may come in any order, but that of two
// member lists of one day the one added last stays; each must be added once. hour is the local hour of e.At in the group's zone. person maps
// identities to persons. It reports whether the event changed the day.
func (d *GroupDay) Add(e *community.Event, hour int, person func(community.IdentityID) community.PersonID) bool {
	switch e.Kind {
	case community.MessagePosted:
		if e.Flags&community.FromUs != 0 {
			d.Ours++
			return true
		}
		d.Messages++
		d.Hours[hour]++
		d.Mentions += e.Mentions
		d.Contents[e.Content]++
		if e.Identity != 0 {
			d.Posts[e.Identity]++
			d.Speakers.Add(uint32(person(e.Identity)))
		}
	case community.MessageRecalled:
		d.Recalled++
	case community.MemberJoined:
		addMember(d.Joined, e.Identity)
	case community.MemberLeft:
		addMember(d.Left, e.Identity)
	case community.RosterTaken:
		d.Roster = roaring.New()
		for _, t := range e.Targets {
			addMember(d.Roster, t)
		}
	default:
		return false
	}
	return true
}

// addMember leaves nobody (0) out, so that no set counts them.
func addMember(set *roaring.Bitmap, id community.IdentityID) {
	if id != 0 {
		set.Add(uint32(id))
	}
}

// Relink recomputes Speakers after persons were merged or split.
func (d *GroupDay) Relink(person func(community.IdentityID) community.PersonID) {
	d.Speakers = roaring.New()
	for id := range d.Posts {
		d.Speakers.Add(uint32(person(id)))
	}
}

// HasMembership says that the day says something about who was in the group.
func (d *GroupDay) HasMembership() bool {
	return d.Roster != nil || !d.Joined.IsEmpty() || !d.Left.IsEmpty()
}

// EncodePosts writes the posts by author: pairs of varints, identities ascending
// and as differences. The bytes are canonical.
func EncodePosts(m map[community.IdentityID]uint32) []byte {
	b := make([]byte, 0, 3*len(m))
	var last community.IdentityID
	for _, id := range slices.Sorted(maps.Keys(m)) {
		b = binary.AppendUvarint(b, uint64(id-last))
		b = binary.AppendUvarint(b, uint64(m[id]))
		last = id
	}
	return b
}

// DecodePosts reads what EncodePosts wrote.
func DecodePosts(b []byte) (map[community.IdentityID]uint32, error) {
	m := map[community.IdentityID]uint32{}
	err := EachPost(b, func(id community.IdentityID, n uint32) { m[id] = n })
	return m, err
}

var errPosts = errors.New("insight: posts are damaged; run 'qunying rebuild'")

// EachPost walks what EncodePosts wrote without building a map.
func EachPost(b []byte, yield func(id community.IdentityID, n uint32)) error {
	var id uint64
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 {
			return errPosts
		}
		c, m := binary.Uvarint(b[n:])
		if m <= 0 {
			return errPosts
		}
		b = b[n+m:]
		id += d
		yield(community.IdentityID(id), uint32(c))
	}
	return nil
}
