package words

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"qunying/community"
)

// Counts says how often each term was used.
type Counts map[string]uint32

// Merge adds other to c. A count that would not fit stays at its maximum.
func (c Counts) Merge(other Counts) {
	for term, n := range other {
		if old := c[term]; n > math.MaxUint32-old {
			c[term] = math.MaxUint32
		} else {
			c[term] = old + n
		}
	}
}

// countsVersion begins every encoding.
const countsVersion = 1

// AppendBinary appends the one encoding of c to b: a version byte, the number
// of terms, the bytes in all terms together, then the terms in byte order, each
// as the bytes that it shares with the one before, the length of the rest, the
// rest, and the count. Numbers are varints. A term of more than 4,096 bytes is
// Invalid.
func (c Counts) AppendBinary(b []byte) ([]byte, error) {
	type place struct { // small, since sorting moves it about
		head uint64 // the term's first eight bytes, which settle most comparisons
		at   int
	}
	type entry struct {
		term string
		n    uint32
	}
	places := make([]place, 0, len(c))
	entries := make([]entry, 0, len(c))
	size := 0
	for term, n := range c {
		if len(term) > maxTerm {
			return b, community.Errorf(community.Invalid, "a term of %d bytes is too long to be counted", len(term))
		}
		places = append(places, place{headOf(term), len(entries)})
		entries = append(entries, entry{term, n})
		size += len(term)
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return strings.Compare(entries[a.at].term, entries[b.at].term)
	})
	b = slices.Grow(b, 16+size+4*len(entries))
	b = append(b, countsVersion)
	b = binary.AppendUvarint(b, uint64(len(entries)))
	b = binary.AppendUvarint(b, uint64(size))
	before := ""
	for _, p := range places {
		e := entries[p.at]
		shared := sharedPrefix(before, e.term)
		b = binary.AppendUvarint(b, uint64(shared))
		b = binary.AppendUvarint(b, uint64(len(e.term)-shared))
		b = append(b, e.term[shared:]...)
		b = binary.AppendUvarint(b, uint64(e.n))
		before = e.term
	}
	return b, nil
}

func headOf(s string) uint64 {
	var b [8]byte
	copy(b[:], s)
	return binary.BigEndian.Uint64(b[:])
}

func sharedPrefix[T string | []byte](a, b T) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// DecodeCounts reads what AppendBinary wrote, and nothing else: Invalid means
// that b is not an encoding, or not the one that AppendBinary would write.
func DecodeCounts(b []byte) (Counts, error) {
	bad := func(what string) (Counts, error) {
		return nil, community.Errorf(community.Invalid, "term counts cannot be read: %s", what)
	}
	if len(b) == 0 || b[0] != countsVersion {
		return bad("unknown version")
	}
	r := countsReader{rest: b[1:]}
	terms, size := r.number(), r.number()
	// A term takes three bytes at least; each may repeat the one before it.
	if r.failed || terms > uint64(len(r.rest)/3) || size > maxTerm*terms {
		return bad("impossible size")
	}
	type span struct {
		end int
		n   uint32
	}
	spans := make([]span, 0, terms)
	text := make([]byte, 0, min(size, 1<<20))
	from, lastLen := 0, 0
	for i := range terms {
		shared, more := r.number(), r.number()
		rest := r.bytes(more)
		n := r.number()
		if r.failed || shared > uint64(lastLen) || shared+more > maxTerm || n > math.MaxUint32 {
			return bad("cut off or damaged")
		}
		start := len(text)
		text = append(text, text[from:from+int(shared)]...)
		text = append(text, rest...)
		last, term := text[from:from+lastLen], text[start:]
		if i > 0 && (bytes.Compare(last, term) >= 0 || sharedPrefix(last, term) != int(shared)) {
			return bad("terms out of order")
		}
		from, lastLen = start, len(term)
		spans = append(spans, span{len(text), uint32(n)})
	}
	if len(r.rest) != 0 || uint64(len(text)) != size {
		return bad("wrong length")
	}
	all := string(text) // one allocation for all terms
	c := make(Counts, len(spans))
	start := 0
	for _, s := range spans {
		c[all[start:s.end]] = s.n
		start = s.end
	}
	return c, nil
}

// maxTerm is the length of the longest term, in bytes.
const maxTerm = 1 << 12

type countsReader struct {
	rest   []byte
	failed bool
}

// number reads a varint in its shortest form.
func (r *countsReader) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || n > 1 && r.rest[n-1] == 0 {
		r.failed = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *countsReader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
