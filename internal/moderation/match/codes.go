package match

import (
	"math/bits"
	"slices"
)

// codes numbers the runes of the words, from 1; 0 is every other rune. Runes
// that fold into one have one number.
type codes struct {
	bmp  []uint16 // by rune up to U+FFFF
	rest map[rune]uint16
}

func (c *codes) of(r rune) uint16 {
	if uint32(r) < uint32(len(c.bmp)) {
		return c.bmp[r]
	}
	return c.rest[r]
}

// lastFolded is the last rune whose folding is looked at: no letters follow.
const lastFolded = 0x2FFFF

// newCodes gives the runes numbers in the order given.
func newCodes(order []rune, fold func(rune) rune) codes {
	c := codes{bmp: make([]uint16, 1<<16), rest: map[rune]uint16{}}
	set := func(r rune, code uint16) {
		if int(r) < len(c.bmp) {
			c.bmp[r] = code
		} else {
			c.rest[r] = code
		}
	}
	for i, r := range order {
		set(r, uint16(i+1))
	}
	if fold != nil {
		for r := rune(0); r <= lastFolded; r++ {
			if to := fold(r); to != r {
				if code := c.of(to); code != 0 || c.of(r) != 0 {
					set(r, code)
				}
			}
		}
	}
	return c
}

// block is how many places of a text are sifted at a time.
const block = 64

// sifted is the memory for a block: the codes of its runes and of the two that
// follow, zeros after the end of the text, and the places that passed.
type sifted struct {
	codes  [block + 2]uint16
	places [block]uint8
}

// filter knows roughly where words begin.
type filter struct {
	letters []letter // by code
	triples sieve    // the first three codes of words, zero for the third one where there are but two
}

// letter tells which two codes in a row may begin a word. Its lowest six bits
// are the number of the bit that the next letter must have; letters that begin
// words share the numbers from firstBit on. Its other bits are those of the
// letters that it follows in a word, and anyBit.
type letter uint64

const (
	neverBit = 6 // no letter has it: the number of those that begin no word
	firstBit = 7
	anyBit   = 63 // every letter has it: the number of those that are words
)

func (l letter) number() uint { return uint(l & 63) }

// sift notes the first n places of a block where a word may begin, judged by two
// codes, and returns how many there are. It is done for every place, so it has
// no branch to be mispredicted.
func (f *filter) sift(s *sifted, n int) int {
	passed := uint(0)
	letters := f.letters
	next := letters[s.codes[0]]
	for i := range min(n, block) {
		this := next
		next = letters[s.codes[i+1]]
		s.places[passed%block] = uint8(i)
		passed += uint(next >> this.number() & 1)
	}
	return int(passed)
}

// begins is true where a word begins, and hardly anywhere else.
func (f *filter) begins(s *sifted, place uint8) bool {
	first, second, third := s.codes[place], s.codes[place+1], s.codes[place+2]
	pair := uint64(first)<<32 | uint64(second)<<16
	return f.letters[first].number() == anyBit || f.triples.has(pair) || f.triples.has(pair|uint64(third))
}

func newFilter(words []spelled, letters int) filter {
	f := filter{letters: make([]letter, letters+1)} // code 0 is every other rune
	for i := range f.letters {
		f.letters[i] = neverBit | 1<<anyBit
	}
	var triples []uint64
	for _, w := range words {
		first := &f.letters[w.codes[0]]
		if len(w.codes) == 1 {
			*first |= anyBit
			continue
		}
		number := firstBit + letter(w.codes[0])%(anyBit-firstBit)
		if first.number() == neverBit {
			*first += number - neverBit
		}
		f.letters[w.codes[1]] |= 1 << number
		key := uint64(w.codes[0])<<32 | uint64(w.codes[1])<<16
		if len(w.codes) > 2 {
			key |= uint64(w.codes[2])
		}
		triples = append(triples, key)
	}
	f.triples = newSieve(slices.Compact(triples))
	return f
}

// sieve is a set that is wrong now and then: it may have what was not put in (a
// blocked Bloom filter). A key has three bits of one word.
type sieve struct {
	shift uint8
	bits  []uint64
}

// A sieve takes about 16 bits a key, with which it is wrong about once in a
// hundred times, and not more than fits into the second cache beside what else
// is used there.
const (
	bitsPerKey   = 16
	leastSieve   = 10 // as powers of two, in bits
	largestSieve = 20
)

func newSieve(keys []uint64) sieve {
	size := min(max(bits.Len(uint(len(keys)*bitsPerKey)), leastSieve), largestSieve)
	s := sieve{uint8(64 - size), make([]uint64, 1<<size/64)}
	for _, key := range keys {
		word, mask := s.place(key)
		s.bits[word] |= mask
	}
	return s
}

// place returns the word of a key's bits, and the bits.
func (s *sieve) place(key uint64) (word, mask uint64) {
	h := key * 0x9E3779B97F4A7C15
	return h >> (s.shift & 63) / 64, 1<<(h>>36&63) | 1<<(h>>30&63) | 1<<(h>>24&63)
}

// has is true for a key that was put in, and for very few others.
func (s *sieve) has(key uint64) bool {
	word, mask := s.place(key)
	return s.bits[word]&mask == mask
}
