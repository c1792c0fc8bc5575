package main

import (
	"math"
	"strings"
)

// Words for talking about prejudice. Comments with one of them were labelled
// offensive nearly always (92 of 100), also those that object to prejudice, so
// these labels say what a comment is about and not what it does.
var aboutPrejudice = []string{"歧视", "偏见", "刻板", "平等", "平权", "尊重", "地域黑"}

// masked stands in their place.
const masked = "\uFFFC"

func isAboutPrejudice(text string) bool {
	for _, w := range aboutPrejudice {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// reconsider gives comments about prejudice two labels, each with the weight that
// a model learnt from all other comments gives it, having read the rest of the
// comment without those words. It leans towards harmless by leaning (log of odds).
func reconsider(rows []row) []row {
	const leaning, trust = 0.5, 0.7
	var out, about []row
	for _, r := range rows {
		r.shapeless = true
		if isAboutPrejudice(r.text) {
			about = append(about, r)
		} else {
			out = append(out, r)
		}
	}
	weights, constant := solve(examples(out, 8), false, newRandom(3))
	replace := make([]string, 0, 2*len(aboutPrejudice))
	for _, w := range aboutPrejudice {
		replace = append(replace, w, masked)
	}
	mask := strings.NewReplacer(replace...)
	hidden := make([]row, len(about))
	for i, r := range about {
		hidden[i] = row{text: mask.Replace(r.text), weight: 1, shapeless: true}
	}
	for i, e := range examples(hidden, 1) {
		p := 1 / (1 + math.Exp(-trust*(margin(weights, constant, e)-leaning)))
		if !about[i].bad {
			p = min(p, 0.1)
		}
		r := about[i]
		out = append(out, row{r.text, true, p, true, 0}, row{r.text, false, 1 - p, true, 0})
	}
	return out
}
