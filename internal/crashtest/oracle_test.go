package crashtest

import (
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// The oracle counts the log in the plainest way, in maps, and shares nothing
// with the code that it judges.

type countedDay struct {
	Messages, Ours, Mentions, Recalled int
	Hours                              [24]int
	Posts                              map[uint32]int
	Speakers, Joined, Left, Roster     map[uint32]bool
}

type countedMember struct{ Messages, First, Last int64 }

type countedGroup struct{ Messages, Seen, First, Last int64 }

type counted struct {
	Days    map[string]countedDay // by group and day
	Members map[string]countedMember
	Groups  map[int64]countedGroup
	Whole   map[string]countedDay // of the community: messages and speakers
	Moments int
	Recalls map[string]bool
}

func newCounted() counted {
	return counted{map[string]countedDay{}, map[string]countedMember{}, map[int64]countedGroup{}, map[string]countedDay{}, 0, map[string]bool{}}
}

// views compares the views with the count of the log up to their cursor.
func (b *books) views() {
	b.t.Helper()
	upTo := community.Seq(b.cursors[string(store.Project)])
	if diff := cmp.Diff(b.count(upTo), b.shown()); diff != "" {
		b.t.Errorf("counted (-) and shown (+) up to event %d:\n%.4000s", upTo, diff)
	}
}

func (b *books) count(upTo community.Seq) counted {
	n := newCounted()
	zone := shanghai(b.t)
	people := kinship{of: map[uint32]uint32{}, known: uint32(len(b.ids))}
	refused := map[community.Seq]bool{}
	b.each(`SELECT seq FROM outcome WHERE code <> ''`, func(scan func(...any)) {
		var seq int64
		scan(&seq)
		refused[community.Seq(seq)] = true
	})
	var asked []community.Event
	for _, e := range b.events(0) {
		if e.Seq > upTo {
			break
		}
		switch e.Kind {
		case community.PersonMerge, community.PersonSplit:
			if !refused[e.Seq] {
				asked = append(asked, e)
			}
		case community.PersonLinked: // the outcome of the first that was asked for
			if len(asked) == 0 {
				b.t.Errorf("event %d links people whom nobody asked to link", e.Seq)
				continue
			}
			people.follow(&asked[0])
			asked = asked[1:]
		}
		if e.Group == 0 {
			continue
		}
		n.Moments++
		local := e.At.In(zone)
		n.add(&e, fmt.Sprintf("%d %s", e.Group, local.Format("2006-01-02")), local.Hour())
	}
	for k, d := range n.Days {
		day := k[len(k)-len("2006-01-02"):]
		whole, ok := n.Whole[day]
		if !ok {
			whole = countedDay{Speakers: map[uint32]bool{}}
		}
		whole.Messages += d.Messages
		for id := range d.Posts {
			d.Speakers[people.person(id)] = true
			whole.Speakers[people.person(id)] = true
		}
		if d.Messages > 0 {
			n.Whole[day] = whole
		}
	}
	return n
}

// add counts one event of a group.
func (n *counted) add(e *community.Event, day string, hour int) {
	switch e.Kind {
	case community.MessagePosted, community.MessageRecalled, community.MemberJoined, community.MemberLeft, community.RosterTaken:
	case community.MemberRenamed, community.GroupAnnounced, community.CoverageLost, community.CoverageBack:
		n.note(e, 0)
		return
	default:
		return // ours: no part of the group's life
	}
	d, ok := n.Days[day]
	if !ok {
		d = countedDay{Posts: map[uint32]int{}, Speakers: map[uint32]bool{}, Joined: map[uint32]bool{}, Left: map[uint32]bool{}}
	}
	id := uint32(e.Identity)
	switch {
	case e.Kind == community.MessagePosted && e.Flags&community.FromUs != 0:
		d.Ours++
		n.note(e, 0)
	case e.Kind == community.MessagePosted:
		d.Messages++
		d.Hours[hour]++
		d.Mentions += e.Mentions
		d.Posts[id]++
		n.note(e, 1)
	default:
		n.note(e, 0)
	}
	switch e.Kind {
	case community.MessageRecalled:
		d.Recalled++
		n.Recalls[fmt.Sprint(e.Group, " ", e.Body.Data["message"])] = true
	case community.MemberJoined:
		d.Joined[id] = true
	case community.MemberLeft:
		d.Left[id] = true
	case community.RosterTaken:
		d.Roster = map[uint32]bool{}
		for _, t := range e.Targets {
			d.Roster[uint32(t)] = true
		}
	}
	n.Days[day] = d
}

// note counts who was seen, and when the group was heard of.
func (n *counted) note(e *community.Event, messages int64) {
	at := e.At.UnixMilli()
	g := n.Groups[int64(e.Group)]
	switch e.Kind {
	case community.RosterTaken, community.CoverageLost, community.CoverageBack: // about the group, not heard in it
	default:
		if g.First == 0 || at < g.First {
			g.First = at
		}
		g.Last = max(g.Last, at)
	}
	g.Messages += messages
	if e.Flags&community.FromUs == 0 {
		for i, id := range slices.Concat([]community.IdentityID{e.Identity}, e.Targets) {
			if id == 0 {
				continue
			}
			k := fmt.Sprint(e.Group, " ", id)
			m, ok := n.Members[k]
			if !ok {
				m.First, m.Last = at, at
				g.Seen++
			}
			m.First, m.Last = min(m.First, at), max(m.Last, at)
			if i == 0 {
				m.Messages += messages
			}
			n.Members[k] = m
		}
	}
	n.Groups[int64(e.Group)] = g
}

// kinship says who is whom: identities of one person have one number.
type kinship struct {
	of    map[uint32]uint32
	known uint32 // identities are numbered up to here
}

func (k kinship) person(id uint32) uint32 {
	if p, ok := k.of[id]; ok {
		return p
	}
	return id
}

func (k kinship) follow(e *community.Event) {
	if e.Kind == community.PersonMerge {
		persons := map[uint32]bool{}
		least := ^uint32(0)
		for _, t := range e.Targets {
			p := k.person(uint32(t))
			persons[p] = true
			least = min(least, p)
		}
		for id := uint32(1); id <= k.known; id++ {
			if persons[k.person(id)] {
				k.of[id] = least
			}
		}
		return
	}
	id := uint32(e.Targets[0])
	old := k.person(id)
	k.of[id] = id
	if old != id {
		return
	}
	least := ^uint32(0) // whom the others are called after from now on
	for other := uint32(1); other <= k.known; other++ {
		if other != id && k.person(other) == old {
			least = min(least, other)
			k.of[other] = least
		}
	}
}

// shown reads the views.
func (b *books) shown() counted {
	n := newCounted()
	ctx, c := b.t.Context(), community.DefaultID
	days, err := insightdb.AllDays(ctx, b.tx, c, -1<<30, 1<<30)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, d := range days {
		n.Days[fmt.Sprintf("%d %s", d.Group, d.Day)] = dayShown(d)
	}
	whole, err := insightdb.CommunityDays(ctx, b.tx, c, -1<<30, 1<<30)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, d := range whole {
		n.Whole[d.Day.String()] = countedDay{Messages: d.Messages, Speakers: members(d.Speakers)}
	}
	totals, err := insightdb.Totals(ctx, b.tx, c)
	if err != nil {
		b.t.Fatal(err)
	}
	for g, t := range totals {
		n.Groups[int64(g)] = countedGroup{t.Messages, t.Seen, t.FirstAt, t.LastAt}
	}
	b.each(`SELECT group_id, identity_id, messages, first_at, last_at FROM view_member WHERE community_id = 1`, func(scan func(...any)) {
		var group, id int64
		var m countedMember
		scan(&group, &id, &m.Messages, &m.First, &m.Last)
		n.Members[fmt.Sprint(group, " ", id)] = m
	})
	b.each(`SELECT group_id, message_id FROM view_recall WHERE community_id = 1`, func(scan func(...any)) {
		var group int64
		var id string
		scan(&group, &id)
		n.Recalls[fmt.Sprint(group, " ", id)] = true
	})
	n.Moments = int(b.int(`SELECT COUNT(*) FROM view_timeline WHERE community_id = 1`))
	return n
}

func dayShown(d *insight.GroupDay) countedDay {
	n := countedDay{Messages: d.Messages, Ours: d.Ours, Mentions: d.Mentions, Recalled: d.Recalled, Posts: map[uint32]int{},
		Speakers: members(d.Speakers), Joined: members(d.Joined), Left: members(d.Left)}
	for h, v := range d.Hours {
		n.Hours[h] = int(v)
	}
	for id, v := range d.Posts {
		n.Posts[uint32(id)] = int(v)
	}
	if d.Roster != nil {
		n.Roster = members(d.Roster)
	}
	return n
}

func members(s *roaring.Bitmap) map[uint32]bool {
	m := map[uint32]bool{}
	for id := range roaring.Values(s) {
		m[id] = true
	}
	return m
}
