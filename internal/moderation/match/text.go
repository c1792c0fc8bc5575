package match

import "unicode/utf8"

// FindString is Find for a text that nobody decoded; hits are in bytes. Bytes
// that are not UTF-8 are U+FFFD, one each.
//
// A rune is decoded and looked up once, and again only where a word may begin.
func (a *Automaton) FindString(text string, hits []Hit, limit int) []Hit {
	var code uint16 // of the rune at start
	start := 0
	bmp := (*[1 << 16]uint16)(a.codes.bmp)
	for i := 0; i < len(text); {
		var next uint16
		at := i
		b := text[i]
		switch {
		case b < utf8.RuneSelf:
			next = bmp[b]
			i++
		case b&0xF0 == 0xE0 && i+2 < len(text) && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80 && b != 0xE0 && b != 0xED:
			// Three bytes that can be neither overlong nor a surrogate:
			// nearly all there is in Chinese.
			next = bmp[uint16(b)<<12|uint16(text[i+1]&0x3F)<<6|uint16(text[i+2]&0x3F)]
			i += 3
		default:
			var width int
			next, width = a.codeAt(text, i)
			i += width
		}
		if a.filter.mayBegin(code, next) && a.filter.mayGoOn(code, next, a.thirdAt(text, i)) {
			if hits = a.walkString(text, start, at, code, hits); len(hits) >= limit {
				return hits[:limit]
			}
		}
		code, start = next, at
	}
	if code != 0 && a.filter.mayBegin(code, 0) {
		hits = a.walkString(text, start, len(text), code, hits)
	}
	return hits[:min(len(hits), limit)]
}

// thirdAt returns the code of the rune at i, 0 at the end.
func (a *Automaton) thirdAt(text string, i int) uint16 {
	if i == len(text) {
		return 0
	}
	code, _ := a.codeAt(text, i)
	return code
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
