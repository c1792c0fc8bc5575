package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const variantsHead = `# Characters out of use that are written instead of plain ones, each with the
# plain one: variants and characters that look alike by the Unihan database of
# Unicode 15; those of the fashion called 火星文 by cnchar-trad; and the rest by how
# they are read and what they are made of. Made by tools/characters.
`

// variants lists characters out of use with the one in use that they stand for,
// the most frequent where there are several. First what Unihan says, as it is
// careful; then the fashion; then one that sounds the same, tone and all, best with
// a part in common (琯 and 管 have 官).
func variants(sources string, seen *counts) ([]string, error) {
	inUse := common(0xF7)
	known, simple, err := mapped()
	if err != nil {
		return nil, err
	}
	made, err := madeOf(sources)
	if err != nil {
		return nil, err
	}
	for r := range common(0xD7) {
		for _, part := range made[r] { // parts of characters stay what they are
			known[part] = true
		}
	}
	found := map[rune]rune{}
	note := func(from, to rune) bool {
		if s, ok := simple[to]; ok {
			to = s
		}
		if known[from] || inUse[from] || !unicode.Is(unicode.Han, from) || !inUse[to] || seen.one[from] > 20 {
			return false
		}
		if old, ok := found[from]; ok && seen.one[old] >= seen.one[to] {
			return false
		}
		found[from] = to
		return true
	}
	text, err := os.ReadFile(filepath.Join(sources, "Unihan_Variants.txt"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			continue
		}
		switch f[1] {
		case "kSemanticVariant", "kZVariant", "kSimplifiedVariant", "kSpecializedSemanticVariant", "kSpoofingVariant":
			from := codePoint(f[0])
			for to := range strings.FieldsSeq(f[2]) {
				note(from, codePoint(to))
			}
		case "kTraditionalVariant":
			to := codePoint(f[0])
			for from := range strings.FieldsSeq(f[2]) {
				note(codePoint(from), to)
			}
		}
	}
	for from := range found {
		known[from] = true
	}
	known['衹'] = true // 只 or 祇: OpenCC leaves it too
	text, err = os.ReadFile(filepath.Join(sources, "fashion.txt"))
	if err != nil {
		return nil, err
	}
	for pair := range strings.FieldsSeq(string(text)) { // the plain one first
		to, n := utf8.DecodeRuneInString(pair)
		from, _ := utf8.DecodeRuneInString(pair[n:])
		note(from, to)
	}
	for from := range found {
		known[from] = true
	}
	if err := sounding(sources, made, note); err != nil {
		return nil, err
	}
	var out []string
	for from, to := range found {
		out = append(out, string([]rune{from, to}))
	}
	slices.Sort(out)
	return out, nil
}

// mapped returns the characters that other tables deal with, and the simplified
// forms among what they become.
func mapped() (known map[rune]bool, simple map[rune]rune, err error) {
	known, simple = map[rune]bool{}, map[rune]rune{}
	traditional, err := os.ReadFile(filepath.Join(folder, "traditional.txt"))
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.Lines(string(traditional)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for pair := range strings.FieldsSeq(line) {
			r := []rune(pair)
			known[r[0]], simple[r[0]] = true, r[1]
		}
	}
	for _, name := range []string{"look-alikes.txt", "split.txt", "shapes.txt", "numerals.txt"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, nil, err
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			for _, r := range line {
				known[r] = true
			}
		}
	}
	return known, simple, nil
}

// codePoint reads U+4F60<kFenn, or returns 0.
func codePoint(s string) rune {
	s, _, _ = strings.Cut(s, "<")
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "U+"), 16, 21)
	if err != nil {
		return 0
	}
	return rune(n)
}

// sounding notes for characters of the block that everybody's machine can show the
// one of everyday use that is read alike.
func sounding(sources string, made map[rune][]rune, note func(from, to rune) bool) error {
	text, err := os.ReadFile(filepath.Join(sources, "Unihan_Readings.txt"))
	if err != nil {
		return err
	}
	everyday := common(0xD7)
	byReading := map[string][]rune{}
	reading := map[rune]string{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 || f[1] != "kMandarin" {
			continue
		}
		r, sound := codePoint(f[0]), strings.Fields(f[2])[0]
		reading[r] = sound
		if everyday[r] {
			byReading[sound] = append(byReading[sound], r)
		}
	}
	for r, sound := range reading {
		if r < 0x4E00 || r > 0x9FFF {
			continue
		}
		alike := 0
		for _, to := range byReading[sound] {
			if shares(made, r, to) && note(r, to) {
				alike++
			}
		}
		if alike > 0 {
			continue
		}
		for _, to := range byReading[sound] {
			note(r, to)
		}
	}
	return nil
}

// madeOf returns the parts of every character.
func madeOf(sources string) (map[rune][]rune, error) {
	text, err := os.ReadFile(filepath.Join(sources, "cjk-decomp.txt"))
	if err != nil {
		return nil, err
	}
	out := map[rune][]rune{}
	for line := range strings.Lines(string(text)) {
		whole, how, ok := strings.Cut(strings.TrimSpace(line), ":")
		open := strings.IndexByte(how, '(')
		if !ok || open < 0 || utf8.RuneCountInString(whole) != 1 {
			continue
		}
		r, _ := utf8.DecodeRuneInString(whole)
		for part := range strings.SplitSeq(strings.TrimSuffix(how[open+1:], ")"), ",") {
			if utf8.RuneCountInString(part) == 1 {
				p, _ := utf8.DecodeRuneInString(part)
				out[r] = append(out[r], p)
			}
		}
	}
	return out, nil
}

// shares tells whether two characters have a part in common that is more than a
// radical, or one is part of the other.
func shares(made map[rune][]rune, a, b rune) bool {
	if slices.Contains(made[a], b) || slices.Contains(made[b], a) {
		return true
	}
	for i, p := range made[a] {
		if i > 0 && slices.Contains(made[b], p) {
			return true
		}
	}
	return false
}
