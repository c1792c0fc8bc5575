package normal

import (
	_ "embed"
	"slices"
	"sync"
)

//go:embed shapes.txt
var shapeText string

// shapes are the characters that are easily taken for each other.
var shapes = sync.OnceValue(func() map[rune][]rune {
	families := [][]rune{}
	for _, row := range rows(shapeText) {
		for _, family := range row {
			families = append(families, []rune(family))
		}
	}
	second := map[rune][]rune{}
	for _, row := range rows(splitText) {
		for _, field := range row {
			if r := []rune(field); r[0] != '=' {
				second[r[2]] = append(second[r[2]], r[0])
			}
		}
	}
	for _, family := range second {
		families = append(families, family)
	}
	out := map[rune][]rune{}
	for _, family := range families {
		for _, r := range family {
			for _, other := range family {
				if other != r && !slices.Contains(out[r], other) {
					out[r] = append(out[r], other)
				}
			}
		}
	}
	for r := range out {
		slices.Sort(out[r]) // maps have no order, and nothing may depend on chance
	}
	return out
})

// Shapes returns the characters that are easily taken for a normalised one, in
// the order of Unicode: of 信 倍 and others. The slice is shared.
func Shapes(r rune) []rune { return shapes()[r] }
