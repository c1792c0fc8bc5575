package main

import (
	"math/rand/v2"
	"strings"
)

// templates are sentences with gaps: {name} is one of the named alternatives,
// (a|b) is a or b, and a question mark after these or after a character leaves it
// out every other time; \n is a new line, \ before anything else the thing itself.
type templates struct {
	named     map[string][]string
	good, bad []string
}

func readTemplates(text string) templates {
	t := templates{named: map[string][]string{}}
	for line := range strings.Lines(text) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "=":
			name, list, _ := strings.Cut(rest, " ")
			t.named[name] = append(t.named[name], strings.Split(list, "|")...)
		case "+":
			t.bad = append(t.bad, rest)
		case "-":
			t.good = append(t.good, rest)
		}
	}
	return t
}

// rows writes n sentences, some bad and the others not, each template as often
// as the others of its kind.
func (t templates) rows(n int, share, weight float64, random *rand.Rand) []row {
	var out []row
	for i := range n {
		from, bad := t.good, float64(i) < share*float64(n)
		if bad {
			from = t.bad
		}
		if len(from) > 0 {
			out = append(out, row{text: t.fill(from[i%len(from)], random), bad: bad, weight: weight})
		}
	}
	return out
}

// fill writes one sentence.
func (t templates) fill(template string, random *rand.Rand) string {
	text, _ := t.sequence([]rune(template), random)
	return text
}

// sequence reads up to a | or ) that nobody opened, and returns what is left.
func (t templates) sequence(in []rune, random *rand.Rand) (string, []rune) {
	var b strings.Builder
	for len(in) > 0 && in[0] != '|' && in[0] != ')' {
		var piece string
		piece, in = t.piece(in, random)
		if len(in) > 0 && in[0] == '?' {
			in = in[1:]
			if random.IntN(2) == 0 {
				piece = ""
			}
		}
		b.WriteString(piece)
	}
	return b.String(), in
}

// piece reads a gap, a group or a character.
func (t templates) piece(in []rune, random *rand.Rand) (string, []rune) {
	switch in[0] {
	case '{':
		end := 1
		for end < len(in) && in[end] != '}' {
			end++
		}
		name, rest := string(in[1:end]), in[min(end+1, len(in)):]
		if list := t.named[name]; len(list) > 0 {
			return t.fill(list[random.IntN(len(list))], random), rest
		}
		return builtIn(name, random), rest
	case '(':
		var options []string
		for len(in) > 0 && in[0] != ')' {
			var option string
			option, in = t.sequence(in[1:], random)
			options = append(options, option)
		}
		return options[random.IntN(len(options))], in[min(1, len(in)):]
	case '\\':
		if len(in) > 1 && in[1] == 'n' {
			return "\n", in[2:]
		}
		return string(in[1:min(2, len(in))]), in[min(2, len(in)):]
	}
	return string(in[:1]), in[1:]
}

// builtIn writes what no list can hold: digits and names of accounts.
func builtIn(name string, random *rand.Rand) string {
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('0' + random.IntN(10))
		}
		if b[0] == '0' {
			b[0] = byte('1' + random.IntN(9))
		}
		return string(b)
	}
	switch name {
	case "phone":
		return "1" + string("35789"[random.IntN(5)]) + digits(9)
	case "qq":
		return digits(6 + random.IntN(5))
	case "n1", "n2", "n3", "n4", "n5":
		return digits(int(name[1] - '0'))
	case "account":
		b := make([]byte, 4+random.IntN(6))
		for i := range b {
			b[i] = byte('a' + random.IntN(26))
		}
		return string(b) + digits(1+random.IntN(5))
	}
	panic("a template has the unknown gap " + name)
}
