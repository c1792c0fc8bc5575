package match

import "unicode/utf8"

// MaxWord is the longest word that an Automaton takes, in runes. It bounds the
// work at one place of a text.
const MaxWord = 64

// Hit is a word found in a text.
type Hit struct {
	Word       int32 // index among the words that the automaton was built of
	Start, End int32 // in runes; in bytes from FindString
}

// slot is a place of the double array. The state after the first rune of a word
// is the code of that rune; the state after parent by code c is parent's base
// plus c, if the slot there names that parent.
type slot struct {
	parent int32 // noState if there is no state here
	base   int32 // twice where the children are counted from, plus one if a word ends here; ^n if all below is ends[n]
}

// end is the rest of the one word below a state.
type end struct {
	from, to uint32 // codes in tails; none if the word ends here
	word     int32
}

const noState = -1

// Automaton finds words. It is never changed and may be shared; to look for
// other words, build another one and swap the pointer.
type Automaton struct {
	codes  codes
	filter filter
	slots  []slot
	words  []int32 // by state, where one ends
	ends   []end
	tails  []uint16
	same   map[int32][]int32 // further words that are written like a word
	count  int
}

// Len returns the number of words, equal ones counted.
func (a *Automaton) Len() int { return a.count }

// Find appends to hits every place of text where a word stands, in the order of
// their starts, short ones first, and stops when hits has limit of them. It
// allocates only what hits has to grow by.
func (a *Automaton) Find(text []rune, hits []Hit, limit int) []Hit {
	if len(text) == 0 {
		return hits
	}
	next := a.codes.of(text[0])
	for i := range text {
		code := next
		next = 0
		if i+1 < len(text) {
			next = a.codes.of(text[i+1])
		}
		if code == 0 || !a.filter.mayBegin(code, next) {
			continue
		}
		hits = a.walk(text, i, code, hits)
		if len(hits) >= limit {
			return hits[:limit]
		}
	}
	return hits
}

// walk appends the words that begin at i, where the rune has the given code.
func (a *Automaton) walk(text []rune, i int, code uint16, hits []Hit) []Hit {
	state := int(code)
	k := i + 1
	for {
		base := a.slots[state].base
		if base < 0 {
			return a.finish(text, i, k, &a.ends[^base], hits)
		}
		if base&1 != 0 {
			hits = a.add(hits, a.words[state], i, k)
		}
		if k == len(text) {
			return hits
		}
		c := a.codes.of(text[k])
		child := int(base>>1) + int(c)
		if c == 0 || child >= len(a.slots) || a.slots[child].parent != int32(state) {
			return hits
		}
		state = child
		k++
	}
}

// finish compares what follows at k with the rest of a word that began at i.
func (a *Automaton) finish(text []rune, i, k int, e *end, hits []Hit) []Hit {
	tail := a.tails[e.from:e.to]
	if len(text)-k < len(tail) {
		return hits
	}
	for j, c := range tail {
		if a.codes.of(text[k+j]) != c {
			return hits
		}
	}
	return a.add(hits, e.word, i, k+len(tail))
}

// add appends a hit for a word and for those that are written like it.
func (a *Automaton) add(hits []Hit, word int32, start, end int) []Hit {
	hits = append(hits, Hit{word, int32(start), int32(end)})
	if a.same != nil {
		for _, w := range a.same[word] {
			hits = append(hits, Hit{w, int32(start), int32(end)})
		}
	}
	return hits
}

// Scratch is memory that FindString uses again. It belongs to one goroutine.
type Scratch struct {
	runes  []rune
	starts []int32
}

// FindString is Find for a text that nobody decoded; hits are in bytes. Bytes
// that are not UTF-8 are U+FFFD, one each.
func (a *Automaton) FindString(text string, s *Scratch, hits []Hit, limit int) []Hit {
	s.runes, s.starts = s.runes[:0], s.starts[:0]
	for i := 0; i < len(text); {
		r, width := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, width = utf8.DecodeRuneInString(text[i:])
		}
		s.runes = append(s.runes, r)
		s.starts = append(s.starts, int32(i))
		i += width
	}
	s.starts = append(s.starts, int32(len(text)))
	n := len(hits)
	hits = a.Find(s.runes, hits, limit)
	for i := n; i < len(hits); i++ {
		hits[i].Start, hits[i].End = s.starts[hits[i].Start], s.starts[hits[i].End]
	}
	return hits
}
