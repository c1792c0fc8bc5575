package match

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
	var s sifted
	for from := 0; from < len(text); from += block {
		rest := text[from:]
		n := min(len(rest), len(s.codes))
		for i, r := range rest[:n] {
			s.codes[i] = a.codes.of(r)
		}
		clear(s.codes[n:])
		for _, place := range s.places[:a.filter.sift(&s, n)] {
			if !a.filter.begins(&s, place) {
				continue
			}
			hits = a.walk(text, from+int(place), s.codes[place], hits)
			if len(hits) >= limit {
				return hits[:limit]
			}
		}
	}
	return hits
}

// walk appends the words that begin at i, where the rune has the given code.
func (a *Automaton) walk(text []rune, i int, code uint16, hits []Hit) []Hit {
	state := int32(code)
	for k := i + 1; ; k++ {
		base := a.slots[state].base
		if base < 0 {
			e := &a.ends[^base]
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
		if base&1 != 0 {
			hits = a.add(hits, a.words[state], i, k)
		}
		if k == len(text) {
			return hits
		}
		if state = a.child(state, base, a.codes.of(text[k])); state == noState {
			return hits
		}
	}
}

// child returns the state that follows by a code, or noState.
func (a *Automaton) child(state, base int32, code uint16) int32 {
	child := base>>1 + int32(code)
	if code == 0 || uint(child) >= uint(len(a.slots)) || a.slots[child].parent != state {
		return noState
	}
	return child
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
