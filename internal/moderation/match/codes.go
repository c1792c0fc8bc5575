package match

import "math/bits"

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

// filter knows roughly which two codes in a row begin a word.
type filter struct {
	singles uint16 // codes up to this one are words by themselves
	shift   uint8
	bits    []uint64
}

// The filter takes about 16 bits a pair, and not more than fits into the second
// cache beside what else is used there.
const (
	bitsPerPair   = 16
	leastFilter   = 10 // as powers of two, in bits
	largestFilter = 20
)

func newFilter(singles, pairs int) filter {
	size := min(max(bits.Len(uint(pairs*bitsPerPair)), leastFilter), largestFilter)
	return filter{uint16(singles), uint8(64 - size), make([]uint64, 1<<size/64)}
}

func (f *filter) place(code, next uint16) uint64 {
	return (uint64(code)<<16 | uint64(next)) * 0x9E3779B97F4A7C15 >> f.shift
}

func (f *filter) set(code, next uint16) {
	at := f.place(code, next)
	f.bits[at/64] |= 1 << (at % 64)
}

// mayBegin is true where a word begins, and hardly anywhere else.
func (f *filter) mayBegin(code, next uint16) bool {
	if code <= f.singles {
		return true
	}
	at := f.place(code, next)
	return f.bits[at/64]>>(at%64)&1 != 0
}
