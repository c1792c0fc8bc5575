package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunying/internal/insight/words"
)

// Letters outside ASCII are indexed as overlapping pairs, so that any two
// characters of Chinese are found wherever they stand; runs of ASCII letters and
// digits are one token each.

const longestToken = 64 // bytes of an ASCII run; the rest is not searchable

// fold is what makes texts equal for search: case and width do not matter.
func fold(s string) string { return words.Fold(s) }

// grams lists the tokens under which a text is found, each once, sorted.
func grams(text string) []string {
	var out []string
	eachRun(fold(text), func(run string, ascii bool) {
		if ascii {
			out = append(out, run[:min(len(run), longestToken)])
			return
		}
		for i, r := range run {
			next := i + utf8.RuneLen(r)
			if next == len(run) {
				out = append(out, run[i:]) // the last one alone, so that every character begins a token
				break
			}
			_, n := utf8.DecodeRuneInString(run[next:])
			out = append(out, run[i:next+n])
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// term is what a query asks of the index: a token, or the beginning of one.
type term struct {
	token  string
	prefix bool
}

// termsOf lists what must all be found for a text to be a candidate. A query
// that consists of nothing indexed (punctuation, emoji) has none.
func termsOf(query string) []term {
	var out []term
	eachRun(fold(query), func(run string, ascii bool) {
		switch n := utf8.RuneCountInString(run); {
		case ascii:
			out = append(out, term{run[:min(len(run), longestToken)], true})
		case n == 1:
			out = append(out, term{run, true})
		default:
			for i, r := range run {
				next := i + utf8.RuneLen(r)
				if next == len(run) {
					break
				}
				_, m := utf8.DecodeRuneInString(run[next:])
				out = append(out, term{run[i : next+m], false})
			}
		}
	})
	return out
}

// eachRun yields the runs of ASCII letters and digits, and of other letters.
func eachRun(s string, yield func(run string, ascii bool)) {
	start, kind := 0, 0
	for i, r := range s {
		k := 0
		switch {
		case r < 0x80 && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
			k = 1
		case r >= 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			k = 2
		}
		if k != kind {
			if kind != 0 {
				yield(s[start:i], kind == 1)
			}
			start, kind = i, k
		}
	}
	if kind != 0 {
		yield(s[start:], kind == 1)
	}
}

// Marks finds where a folded query stands in a text, as UTF-16 offsets. Folding
// may change lengths, so it is done rune by rune.
func Marks(text, query string) [][2]int {
	q := []rune(fold(strings.TrimSpace(query)))
	if len(q) == 0 {
		return nil
	}
	var folded []rune
	var at []int // UTF-16 offset of each folded rune
	off := 0
	for _, r := range text {
		for _, f := range fold(string(r)) {
			folded, at = append(folded, f), append(at, off)
		}
		off++
		if r > 0xFFFF {
			off++
		}
	}
	at = append(at, off)
	var marks [][2]int
	for i := 0; i+len(q) <= len(folded); {
		if slices.Equal(folded[i:i+len(q)], q) {
			marks = append(marks, [2]int{at[i], at[i+len(q)]})
			i += len(q)
		} else {
			i++
		}
	}
	return marks
}
