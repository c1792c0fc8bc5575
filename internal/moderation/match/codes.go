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

// filter knows roughly which two and which three codes in a row begin a word.
type filter struct {
	singles uint16 // codes up to this one are words by themselves
	pairs   sieve
	triples sieve // a pair that is a word has a zero for its third code
}

// mayBegin is true where a word begins, and at few other places. It is asked
// everywhere.
func (f *filter) mayBegin(code, next uint16) bool {
	return code-1 < f.singles || f.pairs.has(uint64(code)<<16|uint64(next)) // code 0 is none
}

// mayGoOn is true where a word begins, and hardly anywhere else. Its loads do
// not wait for each other, as those of the trie do.
func (f *filter) mayGoOn(code, next, third uint16) bool {
	pair := uint64(code)<<32 | uint64(next)<<16
	return code-1 < f.singles || f.triples.has(pair) || f.triples.has(pair|uint64(third))
}

func newFilter(words []spelled, singles int) filter {
	f := filter{singles: uint16(singles)}
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
	f.pairs, f.triples = newSieve(slices.Compact(pairs)), newSieve(slices.Compact(triples))
	return f
}

// sieve is a set that is wrong now and then: it may have what was not put in.
type sieve struct {
	shift uint8
	bits  []uint64
}

// A sieve takes about 16 bits a key, and not more than fits into the second
// cache beside what else is used there.
const (
	bitsPerKey   = 16
	leastSieve   = 10 // as powers of two, in bits
	largestSieve = 20
)

func newSieve(keys []uint64) sieve {
	size := min(max(bits.Len(uint(len(keys)*bitsPerKey)), leastSieve), largestSieve)
	s := sieve{uint8(64 - size), make([]uint64, 1<<size/64)}
	for _, key := range keys {
		at := s.place(key)
		s.bits[at/64] |= 1 << (at % 64)
	}
	return s
}

func (s *sieve) place(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> (s.shift & 63) }

func (s *sieve) has(key uint64) bool {
	at := s.place(key)
	return s.bits[at/64]>>(at%64)&1 != 0
}
