package insight

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// canonicalForm is the version of the bytes below; it is their first byte.
const canonicalForm = 1

// AppendBinary appends the day's canonical bytes: equal days have equal bytes,
// whatever the order of their events and however their bitmaps are packed. A
// rebuild is right when it gives the same bytes. It never fails.
func (d *GroupDay) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, canonicalForm)
	b = binary.AppendVarint(b, int64(d.Group))
	b = binary.AppendVarint(b, int64(d.Day))
	for _, n := range []int{d.Messages, d.Ours, d.Mentions, d.Recalled} {
		b = binary.AppendVarint(b, int64(n))
	}
	for _, n := range d.Hours {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = binary.AppendUvarint(b, uint64(len(d.Contents)))
	for _, c := range slices.Sorted(maps.Keys(d.Contents)) {
		b = appendBytes(b, []byte(c))
		b = binary.AppendUvarint(b, uint64(d.Contents[c]))
	}
	b = appendBytes(b, EncodePosts(d.Posts))
	for _, set := range []*roaring.Bitmap{d.Speakers, d.Joined, d.Left} {
		b = appendSet(b, set)
	}
	if d.Roster == nil {
		return append(b, 0), nil
	}
	return appendSet(append(b, 1), d.Roster), nil
}

func appendBytes(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendSet writes how many there are, then the differences.
func appendSet(b []byte, set *roaring.Bitmap) []byte {
	b = binary.AppendUvarint(b, set.GetCardinality())
	var last uint32
	for v := range roaring.Values(set) {
		b = binary.AppendUvarint(b, uint64(v-last))
		last = v
	}
	return b
}

// DecodeGroupDay reads what AppendBinary wrote. Bytes that AppendBinary would
// not have written are an Internal error.
func DecodeGroupDay(b []byte) (*GroupDay, error) {
	r := reader{left: b}
	if r.byte() != canonicalForm {
		r.bad = true
	}
	d := NewGroupDay(community.GroupID(r.varint()), community.Day(r.varint()))
	for _, n := range []*int{&d.Messages, &d.Ours, &d.Mentions, &d.Recalled} {
		*n = int(r.varint())
	}
	for i := range d.Hours {
		d.Hours[i] = uint32(r.uvarint())
	}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		c := community.Content(r.bytes())
		d.Contents[c] = uint32(r.uvarint())
	}
	posts, err := DecodePosts(r.bytes())
	r.bad = r.bad || err != nil
	d.Posts = posts
	d.Speakers, d.Joined, d.Left = r.set(), r.set(), r.set()
	if r.byte() == 1 {
		d.Roster = r.set()
	}
	if r.bad {
		return nil, errDay
	}
	if again, _ := d.AppendBinary(make([]byte, 0, len(b))); !bytes.Equal(again, b) {
		return nil, errDay
	}
	return d, nil
}

var errDay = community.Errorf(community.Internal, "a counted day is damaged").WithHint("run 'qunying rebuild'")

// reader takes values off the front and remembers whether one was missing.
type reader struct {
	left []byte
	bad  bool
}

func (r *reader) byte() byte {
	if len(r.left) == 0 {
		r.bad = true
		return 0
	}
	c := r.left[0]
	r.left = r.left[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.bad, r.left = true, nil
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.left)
	if n <= 0 {
		r.bad, r.left = true, nil
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.left)) {
		r.bad, r.left = true, nil
		return nil
	}
	s := r.left[:n]
	r.left = r.left[n:]
	return s
}

func (r *reader) set() *roaring.Bitmap {
	set, last := roaring.New(), uint32(0)
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		last += uint32(r.uvarint())
		set.Add(last)
	}
	return set
}
