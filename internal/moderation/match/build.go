package match

import (
	"cmp"
	"math/bits"
	"slices"
	"unicode/utf8"

	"qunying/community"
)

// spelled is a word in codes.
type spelled struct {
	codes []uint16
	word  int32
}

// Build makes an automaton of words. Runes that fold makes equal are equal, in
// the words and in texts; fold may be nil and must leave alone what it returns.
// A word that is empty or longer than MaxWord is an Invalid error, as are more
// than 65,535 different runes.
func Build(words []string, fold func(rune) rune) (*Automaton, error) {
	runes := make([][]rune, len(words))
	for i, w := range words {
		n := utf8.RuneCountInString(w)
		if n == 0 || n > MaxWord {
			return nil, community.Errorf(community.Invalid, "word %d has %d characters, not 1 to %d", i+1, n, MaxWord)
		}
		runes[i] = []rune(w)
		if fold != nil {
			for k, r := range runes[i] {
				runes[i][k] = fold(r)
			}
		}
	}
	order := orderRunes(runes)
	if len(order) > 1<<16-1 {
		return nil, community.Errorf(community.Invalid, "the words have %d different characters, more than %d", len(order), 1<<16-1)
	}
	a := &Automaton{codes: newCodes(order, fold), count: len(words)}
	a.plant(a.spell(runes), len(order))
	return a, nil
}

// orderRunes returns the runes of the words, those first that many words have,
// because the double array gets dense when its codes are small.
func orderRunes(words [][]rune) (order []rune) {
	uses := map[rune]int{}
	for _, w := range words {
		for _, r := range w {
			uses[r]++
		}
	}
	for r := range uses {
		order = append(order, r)
	}
	slices.SortFunc(order, func(a, b rune) int {
		return cmp.Or(cmp.Compare(uses[b], uses[a]), cmp.Compare(a, b))
	})
	return order
}

// spell returns the different words in order, and notes the equal ones.
func (a *Automaton) spell(runes [][]rune) []spelled {
	all := make([]spelled, len(runes))
	for i, w := range runes {
		all[i] = spelled{make([]uint16, len(w)), int32(i)}
		for k, r := range w {
			all[i].codes[k] = a.codes.of(r)
		}
	}
	slices.SortFunc(all, func(x, y spelled) int {
		return cmp.Or(slices.Compare(x.codes, y.codes), cmp.Compare(x.word, y.word))
	})
	out := all[:0]
	for _, s := range all {
		if n := len(out); n > 0 && slices.Equal(out[n-1].codes, s.codes) {
			if a.same == nil {
				a.same = map[int32][]int32{}
			}
			a.same[out[n-1].word] = append(a.same[out[n-1].word], s.word)
			continue
		}
		out = append(out, s)
	}
	return out
}

// node is a state before it has a place.
type node struct {
	words    []spelled // below it, in order
	depth    int
	parent   int32 // among the nodes, noState for one rune
	children int32 // the first one; they are in a row
	degree   int32
	base     int32
}

// alone tells whether a node needs no children of its own: the one word below
// it can be a string.
func (n *node) alone() bool { return len(n.words) == 1 }

// code is the last code on the way to the node.
func (n *node) code() uint16 { return n.words[0].codes[n.depth-1] }

// grow makes nodes for the different codes that follow in words at depth.
func grow(nodes []node, words []spelled, depth int, parent int32) []node {
	for len(words) > 0 {
		code, k := words[0].codes[depth], 1
		for k < len(words) && words[k].codes[depth] == code {
			k++
		}
		nodes = append(nodes, node{words: words[:k], depth: depth + 1, parent: parent})
		words = words[k:]
	}
	return nodes
}

// plant makes the trie and the filter.
func (a *Automaton) plant(words []spelled, letters int) {
	nodes := grow(nil, words, 0, noState)
	for i := 0; i < len(nodes); i++ {
		n := nodes[i]
		if n.alone() {
			continue
		}
		below := n.words
		if len(below[0].codes) == n.depth {
			below = below[1:] // ends here
		}
		children := int32(len(nodes))
		nodes = grow(nodes, below, n.depth, int32(i))
		nodes[i].children, nodes[i].degree = children, int32(len(nodes))-children
	}
	size := place(nodes, letters)
	a.slots, a.words = make([]slot, size), make([]int32, size)
	for i := range a.slots {
		a.slots[i].parent = noState
	}
	for i := range nodes {
		a.settle(nodes, &nodes[i])
	}
	a.filter = newFilter(words, letters)
}

// settle writes a node into its slot.
func (a *Automaton) settle(nodes []node, n *node) {
	state, parent := int32(n.code()), int32(noState)
	if n.parent != noState {
		parent = stateOf(nodes, n.parent)
		state += nodes[n.parent].base
	}
	s := &a.slots[state]
	s.parent = parent
	first := n.words[0]
	if n.alone() {
		from := uint32(len(a.tails))
		a.tails = append(a.tails, first.codes[n.depth:]...)
		s.base = ^int32(len(a.ends))
		a.ends = append(a.ends, end{from, uint32(len(a.tails)), first.word})
		return
	}
	s.base = n.base << 1
	if len(first.codes) == n.depth {
		s.base |= 1
		a.words[state] = first.word
	}
}

// stateOf returns the state that a node became.
func stateOf(nodes []node, i int32) int32 {
	n := &nodes[i]
	if n.parent == noState {
		return int32(n.code())
	}
	return nodes[n.parent].base + int32(n.code())
}

// place finds where the children of every node go, those with most first, and
// returns how many slots there are. The first slots belong to single runes.
func place(nodes []node, letters int) int {
	var order []int32
	for i := range nodes {
		if nodes[i].degree > 0 {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(x, y int32) int { return cmp.Compare(nodes[y].degree, nodes[x].degree) })
	t := taken{}
	for s := 0; s <= letters; s++ {
		t.take(s)
	}
	from, degree := 0, int32(0)
	for _, i := range order {
		n := &nodes[i]
		if n.degree != degree {
			from, degree = 0, n.degree // fewer children may fit where more did not
		}
		children := nodes[n.children : n.children+n.degree]
		base, tries := t.fit(from, children)
		if tries > patience {
			from = base &^ 63
		}
		for k := range children {
			t.take(base + int(children[k].code()))
		}
		n.base = int32(base)
	}
	return t.top + 1
}

// patience is how many places, 64 at a time, are tried for a node before the
// next one of as many children begins where this one found room.
const patience = 256

// taken is the set of slots that are in use.
type taken struct {
	bits []uint64
	top  int
}

func (t *taken) take(s int) {
	for s/64+1 >= len(t.bits) {
		t.bits = append(t.bits, 0)
	}
	t.bits[s/64] |= 1 << (s % 64)
	t.top = max(t.top, s)
}

// window returns 64 bits from s on.
func (t *taken) window(s int) uint64 {
	if s/64+1 >= len(t.bits) {
		return 0 // take keeps a word of zeros at the end
	}
	return t.bits[s/64]>>(s%64) | t.bits[s/64+1]<<1<<(63-s%64)
}

// fit returns the first base at or after from, a multiple of 64, where the
// slots for all children are free, and how many times 64 were tried.
func (t *taken) fit(from int, children []node) (base, tries int) {
	for base = from; ; base += 64 {
		tries++
		var used uint64
		for i := range children {
			if used |= t.window(base + int(children[i].code())); used == ^uint64(0) {
				break
			}
		}
		if used != ^uint64(0) {
			return base + bits.TrailingZeros64(^used), tries
		}
	}
}
