package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunying/internal/insight/words"
	"qunying/internal/moderation/normal"
)

const partsHead = `# Characters that are written as two parts: the character, then its parts. After
# "alone" two parts that stand beside each other for no other reason, after
# "paired" those that must stand beside another such pair. Derived from
# cjk-decomp by Gavin Grover (Apache License 2.0). Made by tools/characters.
`

// parts lists the characters of everyday use that are two parts side by side, one
// above or inside the other.
func parts(sources string, seen *counts) (alone, paired []string, err error) {
	text, err := os.ReadFile(filepath.Join(sources, "cjk-decomp.txt"))
	if err != nil {
		return nil, nil, err
	}
	inUse := common(0xD7)
	reader := normal.New(normal.Compat | normal.Case | normal.Traditional | normal.LookAlikes)
	taken := map[string]string{}
	for line := range strings.Lines(string(text)) {
		whole, how, ok := strings.Cut(strings.TrimSpace(line), ":")
		r, _ := utf8.DecodeRuneInString(whole)
		open := strings.IndexByte(how, '(')
		if !ok || open < 0 || !inUse[r] || !strings.Contains("ads", how[:1]) {
			continue
		}
		two := strings.Split(strings.TrimSuffix(how[open+1:], ")"), ",")
		if len(two) != 2 || utf8.RuneCountInString(two[0]) != 1 || utf8.RuneCountInString(two[1]) != 1 {
			continue
		}
		if reader.String(whole) != whole {
			continue
		}
		pair := reader.String(two[0]) + reader.String(two[1])
		if utf8.RuneCountInString(pair) != 2 || strings.ContainsFunc(pair, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
			continue
		}
		if other, ok := taken[pair]; ok {
			if o, _ := utf8.DecodeRuneInString(other); seen.one[o] >= seen.one[r] {
				continue
			}
		}
		taken[pair] = whole
	}
	dictionary := words.Default()
	for pair, whole := range taken {
		r := []rune(pair)
		if seen.two[[2]rune{r[0], r[1]}] == 0 && !dictionary.Has(pair) {
			alone = append(alone, whole+pair)
		} else {
			paired = append(paired, whole+pair)
		}
	}
	slices.Sort(alone)
	slices.Sort(paired)
	return alone, paired, nil
}
