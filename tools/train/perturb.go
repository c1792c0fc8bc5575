package main

import (
	"math/rand/v2"
	"strings"

	"qunying/internal/moderation/pinyin"
)

// perturber writes texts as people do who do not want them to be found. What the
// normaliser undoes need not be learnt, so this is about the rest: sound,
// spelling, initials, stars, marks in between.
type perturber struct {
	readings pinyin.Table
	alike    map[pinyin.Syllable][]rune // each as often as it is used, up to a bound
	random   *rand.Rand
}

// newPerturber takes characters that sound alike from the texts: people use
// frequent ones.
func newPerturber(texts []row, random *rand.Rand) *perturber {
	p := &perturber{readings: pinyin.Get(), alike: map[pinyin.Syllable][]rune{}, random: random}
	count := map[rune]int{}
	for _, t := range texts {
		for _, r := range t.text {
			count[r]++
		}
	}
	p.readings.Each(func(r rune, s pinyin.Syllable) {
		for range min(8, (count[r]+9)/10) {
			p.alike[s] = append(p.alike[s], r)
		}
	})
	return p
}

// withCopies returns the rows, and behind them a copy of each with about a
// quarter of its characters written otherwise.
func (p *perturber) withCopies(rows []row, weight float64) []row {
	out := append(make([]row, 0, 2*len(rows)), rows...)
	for i, r := range rows {
		out = append(out, row{p.text(r.text, 0.25), r.bad, r.weight * weight, r.shapeless, i + 1})
	}
	return out
}

var (
	marks  = []rune("*·_-~/|。，…、#^+=")
	emojis = []rune("😀😂🔥👍🌹💩🐶🐷🈲❤💰✨")
)

func (p *perturber) text(text string, share float64) string {
	runes := []rune(text)
	var b strings.Builder
	for i := 0; i < len(runes); {
		length := 1 + p.random.IntN(3)
		if p.random.Float64() >= share {
			length, i = 0, i+copyRune(&b, runes[i])
		}
		if length > 0 {
			end := min(i+length, len(runes))
			p.span(&b, runes[i:end])
			i = end
		}
	}
	return b.String()
}

func copyRune(b *strings.Builder, r rune) int {
	b.WriteRune(r)
	return 1
}

// span writes a few characters in one disguise.
func (p *perturber) span(b *strings.Builder, runes []rune) {
	way := p.random.IntN(100)
	spaced := p.random.IntN(3) == 0
	hidden := p.random.IntN(len(runes))
	mark := marks[p.random.IntN(len(marks))]
	for i, r := range runes {
		s := p.readings.Of(r)
		switch {
		case s == 0:
			b.WriteRune(r)
		case way < 40:
			if others := p.alike[s]; len(others) > 0 {
				r = others[p.random.IntN(len(others))]
			}
			b.WriteRune(r)
		case way < 68:
			b.WriteString(p.readings.Name(s))
			if spaced {
				b.WriteByte(' ')
			}
		case way < 76:
			b.WriteByte(p.readings.Name(s)[0])
		case way < 82 && i == hidden:
			b.WriteRune(mark)
		case way < 86 && i == hidden:
			b.WriteRune(emojis[p.random.IntN(len(emojis))])
		case way < 96:
			b.WriteRune(r)
			b.WriteString(strings.Repeat(string(mark), 1+p.random.IntN(3)))
		default:
			b.WriteRune(r)
			b.WriteRune(r)
		}
	}
}
