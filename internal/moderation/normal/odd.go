package normal

import "sync"

// The characters out of use lie in this range, which a set of bits holds.
const firstOdd, lastOdd = 0x3400, 0x9FFF

// odds are the characters out of use.
var odds = sync.OnceValue(func() *Odds {
	o := new(Odds)
	for _, row := range rows(variantText) {
		for _, pair := range row {
			if r := []rune(pair)[0]; r >= firstOdd && r <= lastOdd {
				o[(r-firstOdd)/64] |= 1 << ((r - firstOdd) % 64)
			}
		}
	}
	return o
})

// Odds is a set of characters.
type Odds [(lastOdd-firstOdd)/64 + 1]uint64

// OutOfUse returns the Han characters that are read as a plain one which they are
// a variant of or look like (蓅亁 are 流干). Traditional characters are not among
// them: many people write these. The set is shared.
func OutOfUse() *Odds { return odds() }

// Has tells whether a character of a message, before it was normalised, is one.
func (o *Odds) Has(r rune) bool {
	return r >= firstOdd && r <= lastOdd && o[(r-firstOdd)/64]>>((r-firstOdd)%64)&1 != 0
}

// Hotline tells whether digits are a number of three, five or six digits under
// which everybody in China reaches the police, a public service, a bank or a
// telephone company: 110, 12345, 12306, 95588, 10086, 96110. Nobody can rent one
// to sell something.
func Hotline(digits []rune) bool {
	if len(digits) < 3 || len(digits) > 6 || len(digits) == 4 {
		return false
	}
	a, b, c := digits[0], digits[1], digits[2]
	switch {
	case len(digits) == 3:
		return a == '1' && (b == '1' && (c == '0' || c == '4' || c == '9') || b == '2' && (c == '0' || c == '2'))
	case a == '9' && (b == '5' || b == '6'):
		return true
	case len(digits) == 6:
		return false
	}
	return a == '1' && (b == '0' && c == '0' || b == '2' && c >= '0' && c <= '3' || b == '1' && (c == '1' || c == '6' || c == '8'))
}
