package match

import "unicode/utf8"

// FindString is Find for a text that nobody decoded; hits are in bytes. Bytes
// that are not UTF-8 are U+FFFD, one each.
//
// A rune is decoded and looked up once, and again only where a word may begin.
func (a *Automaton) FindString(text string, hits []Hit, limit int) []Hit {
	var s sifted
	var at [block + 3]uint16 // where the runes of the block begin, and where the last one ends
	for from := 0; from < len(text); from += int(at[block]) {
		n := a.decode(text[from:], &s, &at)
		for _, place := range s.places[:a.filter.sift(&s, n)] {
			if !a.filter.begins(&s, place) {
				continue
			}
			start, next := from+int(at[place]), from+int(at[place+1])
			hits = a.walkString(text, start, next, s.codes[place], hits)
			if len(hits) >= limit {
				return hits[:limit]
			}
		}
		if n < block {
			break
		}
	}
	return hits
}

// leads has the bytes from E0 on with which three begin that can be neither
// overlong (E0) nor a surrogate (ED).
const leads = 0xDFFE

// decode fills a block with the codes of a text's first runes, and returns how
// many there were.
func (a *Automaton) decode(text string, s *sifted, at *[block + 3]uint16) int {
	bmp := (*[1 << 16]uint16)(a.codes.bmp)
	n, rest := 0, text
	for n < len(s.codes) && len(rest) > 3 {
		at[n] = uint16(len(text) - len(rest))
		b := uint32(rest[0]) | uint32(rest[1])<<8 | uint32(rest[2])<<16 | uint32(rest[3])<<24
		if b&0xC0C0F0 == 0x8080E0 && uint32(leads)>>(b&15)&1 != 0 {
			// Three bytes: nearly all there is in Chinese.
			s.codes[n] = bmp[uint16(b<<12|b>>2&0xFC0|b>>16&0x3F)]
			rest = rest[3:]
		} else if b&utf8.RuneSelf == 0 {
			s.codes[n] = bmp[b&0x7F]
			rest = rest[1:]
		} else {
			var width int
			s.codes[n], width = a.codeAt(rest, 0)
			rest = rest[width:]
		}
		n++
	}
	for n < len(s.codes) && len(rest) > 0 {
		at[n] = uint16(len(text) - len(rest))
		var width int
		s.codes[n], width = a.codeAt(rest, 0)
		rest = rest[width:]
		n++
	}
	at[n] = uint16(len(text) - len(rest))
	clear(s.codes[n:])
	return n
}

// codeAt returns the code of the rune at i and its length in bytes.
func (a *Automaton) codeAt(text string, i int) (code uint16, width int) {
	r, width := utf8.DecodeRuneInString(text[i:])
	return a.codes.of(r), width
}

// walkString appends the words that begin at start with a rune of the given
// code that ends at k.
func (a *Automaton) walkString(text string, start, k int, code uint16, hits []Hit) []Hit {
	state := int32(code)
	for {
		base := a.slots[state].base
		if base < 0 {
			e := &a.ends[^base]
			for _, want := range a.tails[e.from:e.to] {
				if k == len(text) {
					return hits
				}
				c, width := a.codeAt(text, k)
				if c != want {
					return hits
				}
				k += width
			}
			return a.add(hits, e.word, start, k)
		}
		if base&1 != 0 {
			hits = a.add(hits, a.words[state], start, k)
		}
		if k == len(text) {
			return hits
		}
		c, width := a.codeAt(text, k)
		if state = a.child(state, base, c); state == noState {
			return hits
		}
		k += width
	}
}
