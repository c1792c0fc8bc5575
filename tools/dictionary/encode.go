package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"qunying/internal/insight/words"
)

// node is one character of one or more words on the way of the trie.
type node struct {
	children map[uint16]*node
	weight   int    // frequency of all words through here
	cost     uint32 // of the word that ends here, 0 if none does
	at       uint32 // its unit
}

// encode writes the words as the double array that package words describes.
func encode(list map[string]int) ([]byte, error) {
	codes, err := numberCharacters(list)
	if err != nil {
		return nil, err
	}
	root, err := plant(list, codes)
	if err != nil {
		return nil, err
	}
	units, err := place(root, len(codes))
	if err != nil {
		return nil, err
	}

	b := []byte(words.Magic)
	for r := range rune(words.Letters) {
		b = binary.LittleEndian.AppendUint16(b, codes[r])
	}
	for r := rune(words.HanFirst); r <= words.HanLast; r++ {
		b = binary.LittleEndian.AppendUint16(b, codes[r])
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(units)))
	for _, u := range units {
		var six [8]byte
		binary.LittleEndian.PutUint64(six[:], u)
		b = append(b, six[:words.UnitSize]...)
	}
	return append(b, 0, 0), nil
}

// numberCharacters gives the most used characters the lowest codes, from 1.
func numberCharacters(list map[string]int) (map[rune]uint16, error) {
	uses := map[rune]int{}
	for word, n := range list {
		for i, r := range word {
			uses[r] += min(i, 1) * n // the first character is the root's child, found in any place
		}
	}
	order := slices.SortedFunc(maps.Keys(uses), func(a, b rune) int {
		return cmp.Or(cmp.Compare(uses[b], uses[a]), cmp.Compare(a, b))
	})
	if len(order) >= 1<<words.LabelBits {
		return nil, fmt.Errorf("%d characters are more than a label holds", len(order))
	}
	codes := map[rune]uint16{}
	for i, r := range order {
		codes[r] = uint16(i + 1)
	}
	return codes, nil
}

func plant(list map[string]int, codes map[rune]uint16) (*node, error) {
	total := 0
	for _, n := range list {
		total += n
	}
	root := &node{children: map[uint16]*node{}}
	for word, n := range list {
		at := root
		at.weight += n
		for _, r := range word {
			child := at.children[codes[r]]
			if child == nil {
				child = &node{children: map[uint16]*node{}}
				at.children[codes[r]] = child
			}
			at = child
			at.weight += n
		}
		at.cost = uint32(math.Round(math.Log(float64(total)/float64(n)) * words.CostSteps))
		if at.cost == 0 || at.cost >= 1<<words.CostBits {
			return nil, fmt.Errorf("%q, seen %d times of %d, has no cost", word, n, total)
		}
	}
	return root, nil
}

// place finds a base for every node, the most used first, so that what is read
// often lies close together.
func place(root *node, codes int) ([]uint64, error) {
	free := &freeUnits{next: []uint32{1}, based: []bool{true}, start: map[uint16]uint32{}} // unit 0 and base 0 are never free
	queue := []*node{root}
	var order []*node
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		order = append(order, n)
		for _, code := range slices.Sorted(maps.Keys(n.children)) {
			queue = append(queue, n.children[code])
		}
	}
	slices.SortStableFunc(order[1:], func(a, b *node) int { return cmp.Compare(b.weight, a.weight) })

	bases := map[*node]uint32{}
	last := uint32(codes)
	for i, n := range order {
		if len(n.children) == 0 {
			continue
		}
		kids := slices.Sorted(maps.Keys(n.children))
		base := uint32(0)
		if i > 0 {
			base = free.fit(kids)
		}
		free.from(base)
		free.based[base] = true
		bases[n] = base
		for _, code := range kids {
			at := base + uint32(code)
			free.take(at)
			n.children[code].at = at
			last = max(last, at)
		}
		if base >= 1<<words.BaseBits {
			return nil, fmt.Errorf("base %d is more than a unit holds", base)
		}
	}

	out := make([]uint64, last+1)
	for _, n := range order {
		for code, child := range n.children {
			out[child.at] = uint64(bases[child]) | uint64(code)<<words.BaseBits |
				uint64(child.cost)<<(words.BaseBits+words.LabelBits)
		}
	}
	return out, nil
}

// freeUnits knows which units are free and which bases are used.
type freeUnits struct {
	next  []uint32          // at itself for a free unit, otherwise a step towards the next one
	based []bool            // bases in use
	start map[uint16]uint32 // of a first child's code: every unit before it is in use, or its base is
}

// from returns the first free unit at or after at.
func (f *freeUnits) from(at uint32) uint32 {
	for n := uint32(len(f.next)); n <= at+1; n++ {
		f.next = append(f.next, n)
		f.based = append(f.based, false)
	}
	end := at
	for f.next[end] != end {
		end = f.next[end]
		if n := uint32(len(f.next)); n == end {
			f.next = append(f.next, n)
			f.based = append(f.based, false)
		}
	}
	for f.next[at] != end && at != end { // shorten the way for the next call
		at, f.next[at] = f.next[at], end
	}
	return end
}

func (f *freeUnits) take(at uint32) {
	f.from(at)
	f.next[at] = at + 1
}

// fit returns the lowest unused base that leads all codes, which ascend, to
// free units.
func (f *freeUnits) fit(codes []uint16) uint32 {
	first := uint32(codes[0])
	hopeless := true
	at := f.from(max(f.start[codes[0]], first+1))
next:
	for ; ; at = f.from(at + 1) {
		base := at - first
		if f.based[base] {
			continue
		}
		if hopeless {
			f.start[codes[0]] = at
			hopeless = false
		}
		for _, code := range codes[1:] {
			if to := base + uint32(code); int(to) < len(f.next) && f.next[to] != to {
				continue next
			}
		}
		return base
	}
}
