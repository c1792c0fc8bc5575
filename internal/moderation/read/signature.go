package read

import (
	"hash/fnv"
	"math/bits"
	"slices"
	"unicode"
)

// A signature is the SimHash (Charikar 2002) of the pairs of letters, Han
// characters and digits that follow each other in the normalised text; what
// else stands between them does not matter. Texts that differ in a few
// characters have signatures that differ in a few bits.

const (
	leastSigned = 8    // letters; of fewer a signature says nothing
	mostSigned  = 1000 // letters that are looked at
	planes      = 10   // counters hold up to 2^10 - 1
)

// signature returns 0 for a text that is too short.
func signature(text []rune) uint64 {
	var counters [planes]uint64 // bit i of plane k is bit k of the count for bit i
	n, last := 0, rune(0)
	for _, r := range text {
		if !signed(r) {
			continue
		}
		if n > 0 {
			carry := mix(uint64(last)<<32 | uint64(r))
			for k := 0; carry != 0 && k < planes; k++ {
				counters[k], carry = counters[k]^carry, counters[k]&carry
			}
		}
		last = r
		if n++; n == mostSigned {
			break
		}
	}
	if n < leastSigned {
		return 0
	}
	s := above(&counters, uint64(n-1)/2)
	if s == 0 {
		return 1 // 0 says something else
	}
	return s
}

// signatureOf is the signature of a message with codes: by their text alone, since
// who sends the same code means the same whatever is written beside it. Codes are
// the same or they are not: no bits are near.
func signatureOf(codes []string) uint64 {
	h := fnv.New64a()
	for _, c := range slices.Sorted(slices.Values(codes)) {
		h.Write([]byte(c))
		h.Write([]byte{0})
	}
	return max(mix(h.Sum64()), 1) // 0 says something else
}

// signed tells whether a rune counts.
func signed(r rune) bool {
	switch {
	case r < 0x80:
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
	case 0x4E00 <= r && r <= 0x9FFF:
		return true
	}
	return unicode.IsLetter(r)
}

// above returns the bits whose count is above a limit.
func above(counters *[planes]uint64, limit uint64) uint64 {
	var more uint64
	same := ^uint64(0)
	for k := planes - 1; k >= 0; k-- {
		of := uint64(0)
		if limit>>k&1 != 0 {
			of = ^uint64(0)
		}
		more |= same & counters[k] &^ of
		same &^= counters[k] ^ of
	}
	return more
}

// mix spreads a number over 64 bits (the finaliser of MurmurHash3).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xFF51AFD7ED558CCD
	x ^= x >> 33
	x *= 0xC4CEB9FE1A85EC53
	return x ^ x>>33
}

// Distance returns in how many of 64 bits two signatures differ.
func Distance(a, b uint64) int { return bits.OnesCount64(a ^ b) }
