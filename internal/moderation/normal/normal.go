package normal

import (
	"slices"
	"sort"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Span is a part of a text: from Start up to, not including, End. The unit is
// told where one is given.
type Span struct{ Start, End int }

// View is a text after some steps: its characters, and where they came from.
type View struct {
	Runes []rune
	from  []bytes
}

// bytes is a range of the message.
type bytes struct{ start, end uint32 }

// Source returns the bytes of the message that became the runes of a span of
// the view; for an empty span the place where it would stand.
func (v *View) Source(s Span) Span {
	switch {
	case len(v.from) == 0:
		return Span{}
	case s.Start >= len(v.from):
		end := int(v.from[len(v.from)-1].end)
		return Span{end, end}
	case s.Start >= s.End:
		return Span{int(v.from[s.Start].start), int(v.from[s.Start].start)}
	}
	return Span{int(v.from[s.Start].start), int(v.from[s.End-1].end)}
}

// At returns the place in the view of the first rune that came from the message
// at the given byte or after it.
func (v *View) At(offset int) int {
	return sort.Search(len(v.from), func(i int) bool { return int(v.from[i].end) > offset })
}

func (v *View) String() string { return string(v.Runes) }

// push appends a rune that came from the given bytes.
func (v *View) push(r rune, from bytes) {
	v.Runes = append(v.Runes, r)
	v.from = append(v.from, from)
}

// What stands between these is shown from right to left, whatever it is.
const rightToLeft, endOfTurn = 0x202E, 0x202C

// turn writes what stands from i on as it is shown, line by line, and tells whether
// it did. Where each of its characters came from is then the whole line.
func (v *View) turn(i int) bool {
	if i < 0 {
		return false
	}
	for i < len(v.Runes) {
		end := i
		for end < len(v.Runes) && v.Runes[end] != '\n' {
			end++
		}
		if i < end {
			whole := bytes{v.from[i].start, v.from[end-1].end}
			slices.Reverse(v.Runes[i:end])
			for k := i; k < end; k++ {
				v.from[k] = whole
			}
		}
		i = end + 1
	}
	return true
}

// copyOf makes v equal to w, in v's own memory.
func (v *View) copyOf(w *View) {
	v.Runes = append(v.Runes[:0], w.Runes...)
	v.from = append(v.from[:0], w.from...)
}

// cut shortens v to n runes.
func (v *View) cut(n int) { v.Runes, v.from = v.Runes[:n], v.from[:n] }

// Text is a message that was read. The zero value is ready for Read; its memory
// is used again by the next Read, so it belongs to one goroutine.
type Text struct {
	Source string
	// Letters has every character by itself undisguised; spelling, and with it
	// links and numbers, is as it was written.
	Letters View
	// Words has the spelling undone too: what words are looked for in.
	Words  *View
	Same   bool // nothing was undone: Words is Source
	joined View
}

// UTF16 returns where a span of bytes of the message lies in UTF-16 units, as
// browsers and several platforms count.
func (t *Text) UTF16(s Span) Span {
	var out Span
	n := 0
	for i, r := range t.Source {
		if i <= s.Start {
			out.Start = n
		}
		if i >= s.End {
			out.End = n
			return out
		}
		n++
		if r > 0xFFFF {
			n++
		}
	}
	if s.Start >= len(t.Source) {
		out.Start = n
	}
	out.End = n
	return out
}

// Normaliser reads messages. It is never changed and may be shared.
type Normaliser struct {
	steps    Steps
	table    *table
	parts    *splits
	numerals map[rune]rune
}

// New returns a normaliser that does the given steps. It looks at every character
// of Unicode, which takes about a tenth of a second: make one and keep it.
func New(steps Steps) *Normaliser {
	parts := readSplits()
	return &Normaliser{steps, newTable(steps, parts), parts, readNumerals()}
}

// Default is the normaliser with all steps.
var Default = sync.OnceValue(func() *Normaliser { return New(All) })

// Read reads a message into t and needs no new memory once t has grown to the
// length of the longest message. Bytes that are not UTF-8 become U+FFFD, one
// each. A message must be shorter than 4 GiB.
func (n *Normaliser) Read(t *Text, message string) {
	t.Source = message
	t.Letters.cut(0)
	var seen, before cell // classes so far, class of the character before
	var last, lastButOne rune
	untidy, enumerated, changed := false, false, false
	turned := -1 // where in Letters an override of direction began
	for i := 0; i < len(message); {
		r, width := rune(message[i]), 1
		if r >= utf8.RuneSelf {
			r, width = utf8.DecodeRuneInString(message[i:])
			changed = changed || width == 1 // no UTF-8
		}
		from := bytes{uint32(i), uint32(i + width)}
		i += width
		c := n.table.at(r)
		if c&(dropped|many) != 0 {
			if c&many != 0 {
				for _, r := range n.table.expands[c&deltaMask] {
					t.Letters.push(r, from)
				}
				untidy = true
			} else if r == rightToLeft || r == endOfTurn {
				untidy = t.Letters.turn(turned) || untidy
				if turned = -1; r == rightToLeft {
					turned = len(t.Letters.Runes)
				}
			} else if last := len(t.Letters.from) - 1; last >= 0 && unicode.Is(unicode.M, r) {
				t.Letters.from[last].end = from.end // a mark is part of what it stands on
			}
			changed = true
			continue
		}
		r = rune(uint32(r)+uint32(c)) & deltaMask
		t.Letters.push(r, from)
		// Most messages need nothing of the second group; this finds out.
		seen |= c
		pair := before&first != 0 && c&second != 0 && n.parts.of(last, r) != 0
		number := c&numeral != 0 && before&(digit|numeral) != 0 || c&digit != 0 && before&numeral != 0
		enumerated = enumerated || c&comma != 0 && r == lastButOne
		untidy = untidy || pair || number || r == last && r == lastButOne
		lastButOne, last, before = last, r, c
	}
	untidy = t.Letters.turn(turned) || untidy
	t.Words = &t.Letters
	t.Same = !changed && seen&deltaMask == 0
	separated := (seen&weak != 0 || enumerated) && seen&(han|letter) != 0
	if n.steps&spelling == 0 || !untidy && !separated {
		return
	}
	t.joined.copyOf(&t.Letters)
	n.respell(&t.joined)
	t.Words = &t.joined
	t.Same = false
}

// String returns what becomes of a message: for words that are looked for, and
// for showing.
func (n *Normaliser) String(message string) string {
	var t Text
	n.Read(&t, message)
	return t.Words.String()
}
