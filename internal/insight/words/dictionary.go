package words

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"qunying/community"
)

// The dictionary is a double array, made offline by tools/dictionary. It lies
// compressed in the binary; unpacking takes some 20 ms once and 3 MB of memory.
//
//	magic     "QYW1"
//	letters   128 × uint16        code of an ASCII letter or digit, 0 if none
//	han       27,648 × uint16     code of U+3400 … U+9FFF, 0 if none
//	count     uint32              number of units
//	units     count × 6 bytes     little-endian: base 22 bits, label 15, cost 11
//	pad       2 bytes             so that a unit can be read as 8 bytes
//
// From a unit with base b, character code c leads to unit b+c if that unit's
// label is c: no two units share a base, so the label alone tells whose child
// it is. The root's base is 0. A unit with a cost ends a word; the cost is the
// negative natural logarithm of its probability in steps of 1/CostSteps.
const (
	Magic       = "QYW1"
	CostSteps   = 64
	HanFirst    = 0x3400
	HanLast     = 0x9FFF
	BaseBits    = 22
	LabelBits   = 15
	CostBits    = 11
	UnitSize    = 6
	Letters     = 128
	LongestWord = 8 // characters

	headerSize = len(Magic) + 2*Letters + 2*(HanLast-HanFirst+1) + 4
)

//go:embed dictionary.bin.gz
var embedded []byte

// Segmenter cuts text into words. It is immutable and safe for concurrent use.
type Segmenter struct {
	letters []byte
	han     []byte
	units   []byte
	count   uint32
}

// Default returns the segmenter over the dictionary in the binary.
var Default = sync.OnceValue(func() *Segmenter {
	b, err := Unpack(embedded)
	if err != nil {
		panic(err) // the binary itself is broken
	}
	s, err := Open(b)
	if err != nil {
		panic(err)
	}
	return s
})

// Unpack returns the dictionary that a gzip file of one member holds. Only for
// files of our own making: it believes what the file says of its size.
func Unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack the dictionary: %w", err)
	}
	const footer = 4 // the last bytes are the size
	b := make([]byte, binary.LittleEndian.Uint32(packed[len(packed)-footer:]))
	if _, err := io.ReadFull(z, b); err != nil {
		return nil, fmt.Errorf("unpack the dictionary: %w", err)
	}
	return b, nil
}

// Open returns a segmenter over a dictionary, which it keeps and reads in
// place. Invalid means that b is not a dictionary.
func Open(b []byte) (*Segmenter, error) {
	if len(b) < headerSize || string(b[:len(Magic)]) != Magic {
		return nil, community.Errorf(community.Invalid, "this is not a dictionary of words")
	}
	letters := b[len(Magic):]
	han := letters[2*Letters:]
	tail := han[2*(HanLast-HanFirst+1):]
	count := binary.LittleEndian.Uint32(tail)
	if uint64(len(tail)) != 4+uint64(count)*UnitSize+2 {
		return nil, community.Errorf(community.Invalid, "the dictionary of words is cut off")
	}
	return &Segmenter{
		letters: letters[:2*Letters],
		han:     han[:2*(HanLast-HanFirst+1)],
		units:   tail[4:],
		count:   count,
	}, nil
}

// code is the dictionary's number of a character, 0 when no word has it.
func (s *Segmenter) code(r rune) uint16 {
	switch {
	case r >= HanFirst && r <= HanLast:
		return binary.LittleEndian.Uint16(s.han[2*(r-HanFirst):])
	case r >= 0 && r < Letters:
		return binary.LittleEndian.Uint16(s.letters[2*r:])
	}
	return 0
}

type unit uint64

func (u unit) base() uint32  { return uint32(u & (1<<BaseBits - 1)) }
func (u unit) label() uint16 { return uint16(u >> BaseBits & (1<<LabelBits - 1)) }
func (u unit) cost() uint32  { return uint32(u >> (BaseBits + LabelBits) & (1<<CostBits - 1)) }

// child follows character code from a unit with the given base; 0 if there is
// no way (no unit in use is 0).
func (s *Segmenter) child(base uint32, code uint16) unit {
	at := base + uint32(code)
	if code == 0 || at >= s.count {
		return 0
	}
	u := unit(binary.LittleEndian.Uint64(s.units[at*UnitSize:]))
	if u.label() != code {
		return 0
	}
	return u
}

// Has reports whether the dictionary holds word, which must be folded.
func (s *Segmenter) Has(word string) bool {
	var u unit
	for _, r := range word {
		if u != 0 && u.base() == 0 {
			return false
		}
		if u = s.child(u.base(), s.code(r)); u == 0 {
			return false
		}
	}
	return u.cost() != 0
}
