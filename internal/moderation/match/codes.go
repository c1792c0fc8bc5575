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
	singles uint16 // codes up to this one are words by themselves
	pairs   sieve  // the first two codes of words
	triples sieve  // the first three, zero for the third one where there are but two
}

// sift notes the first n places of a block where a word may begin, judged by two
// codes, and returns how many there are. It is done for every place, so it has
// no branch to be mispredicted and no load that waits for another one.
func (f *filter) sift(s *sifted, n int) int {
	passed := 0
	pairs := f.pairs
	for i := range min(n, block) {
		first, second := s.codes[i], s.codes[i+1]
		pass := pairs.roughly(uint64(first)<<16 | uint64(second))
		if f.singles > 0 {
			_, single := bits.Sub64(uint64(first-1), uint64(f.singles), 0) // code 0 is none
			pass |= single
		}
		s.places[passed%block] = uint8(i)
		passed += int(pass)
	}
	return passed
}

// begins is true where a word begins, and hardly anywhere else.
func (f *filter) begins(s *sifted, place uint8) bool {
	first, second, third := s.codes[place], s.codes[place+1], s.codes[place+2]
	pair := uint64(first)<<32 | uint64(second)<<16
	return first != 0 && (first <= f.singles || f.triples.nearly(pair) || f.triples.nearly(pair|uint64(third)))
}

func newFilter(words []spelled, singles int) filter {
	var pairs, triples []uint64
	for _, w := range words {
		if len(w.codes) < 2 {
			continue
		}
		pair, third := uint64(w.codes[0])<<16|uint64(w.codes[1]), uint64(0)
		if len(w.codes) > 2 {
			third = uint64(w.codes[2])
		}
		pairs, triples = append(pairs, pair), append(triples, pair<<16|third)
	}
	pairs, triples = slices.Compact(pairs), slices.Compact(triples)
	f := filter{uint16(singles), newSieve(len(pairs)), newSieve(len(triples))}
	for _, key := range pairs {
		word, mask := f.pairs.one(key)
		f.pairs.bits[word] |= mask
	}
	for _, key := range triples {
		word, mask := f.triples.three(key)
		f.triples.bits[word] |= mask
	}
	return f
}

// sieve is a set that is wrong now and then: it may have what was not put in (a
// blocked Bloom filter). A key has one bit, or three of one word.
type sieve struct {
	shift uint8
	bits  []uint64
}

// A sieve takes about 16 bits a key, with which it is wrong about six times in a
// hundred with one bit and once with three, and not more than fits into the
// second cache beside what else is used there.
const (
	bitsPerKey   = 16
	leastSieve   = 10 // as powers of two, in bits
	largestSieve = 20
)

func newSieve(keys int) sieve {
	size := min(max(bits.Len(uint(keys*bitsPerKey)), leastSieve), largestSieve)
	return sieve{uint8(64 - size), make([]uint64, 1<<size/64)}
}

func mix(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 }

// one returns the word of a key's bit, and the bit.
func (s *sieve) one(key uint64) (word, mask uint64) {
	at := mix(key) >> (s.shift & 63)
	return at / 64, 1 << (at % 64)
}

// three returns the word of a key's bits, and the bits.
func (s *sieve) three(key uint64) (word, mask uint64) {
	h := mix(key)
	return h >> (s.shift & 63) / 64, 1<<(h>>36&63) | 1<<(h>>30&63) | 1<<(h>>24&63)
}

// roughly returns 1 for a key that was put in with one bit, and for few others.
func (s *sieve) roughly(key uint64) uint64 {
	at := mix(key) >> (s.shift & 63)
	return s.bits[at/64] >> (at % 64) & 1
}

// nearly is true for a key that was put in with three bits, and for very few others.
func (s *sieve) nearly(key uint64) bool {
	word, mask := s.three(key)
	return s.bits[word]&mask == mask
}
