package match

import "unicode/utf8"

// FindString is Find for a text that nobody decoded; hits are in bytes. Bytes
// that are not UTF-8 are U+FFFD, one each.
//
// A rune is decoded and looked up once, and again only where a word may begin.
func (a *Automaton) FindString(text string, hits []Hit, limit int) []Hit {
	var s sifted
	var at [block + 3]int // where the runes begin, and where the last one ends
	for from := 0; from < len(text); from = at[block] {
		n := a.decode(text, from, &s, &at)
		for _, place := range s.places[:a.filter.sift(&s, n)] {
			if !a.filter.begins(&s, place) {
				continue
			}
			start := at[place]
			hits = a.walkString(text, start, at[place+1], s.codes[place], hits)
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

// decode fills a block with the codes from a byte on, and returns how many runes
// there were.
func (a *Automaton) decode(text string, i int, s *sifted, at *[block + 3]int) int {
	bmp := (*[1 << 16]uint16)(a.codes.bmp)
	n := 0
	for ; n < len(s.codes) && i < len(text); n++ {
		at[n] = i
		b := text[i]
		switch {
		case b < utf8.RuneSelf:
			s.codes[n] = bmp[b]
			i++
		case b&0xF0 == 0xE0 && i+2 < len(text) && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80 && b != 0xE0 && b != 0xED:
			// Three bytes that can be neither overlong nor a surrogate:
			// nearly all there is in Chinese.
			s.codes[n] = bmp[uint16(b)<<12|uint16(text[i+1]&0x3F)<<6|uint16(text[i+2]&0x3F)]
			i += 3
		default:
			var width int
			s.codes[n], width = a.codeAt(text, i)
			i += width
		}
	}
	at[n] = i
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
