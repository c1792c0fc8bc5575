package lexicon

import (
	"qunying/internal/moderation/normal"
)

// Words of two characters look like too many others, so look-alikes of a word
// have at least three characters, of which one was changed; of four and more
// also two, as long as there are not too many.
const (
	leastShaped  = 3
	twiceShaped  = 4
	mostShapes   = 300       // look-alikes of one word
	mostShapeSum = 1_000_000 // of all words of a Set
)

// lookAlikes returns words that are easily taken for a word.
func lookAlikes(word string) []string {
	runes := []rune(word)
	if len(runes) < leastShaped {
		return nil
	}
	var out []string
	change := func(i int, then func()) {
		plain := runes[i]
		for _, r := range normal.Shapes(plain) {
			runes[i] = r
			out = append(out, string(runes))
			if then != nil {
				then()
			}
		}
		runes[i] = plain
	}
	for i := range runes {
		change(i, nil)
	}
	if len(runes) >= twiceShaped {
		for i := range runes {
			change(i, func() {
				out = out[:len(out)-1] // with one change it is there already
				for k := i + 1; k < len(runes); k++ {
					change(k, nil)
				}
			})
		}
	}
	return out[:min(len(out), mostShapes)]
}
