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
	if text, ok := disguisedIn(name, random, digits); ok {
		return text
	}
	panic("a template has the unknown gap " + name)
}

// alphabets are where the letters and the digits of an alphabet begin; the plain
// ones are the most frequent.
var alphabets = []struct{ upper, digit rune }{
	{'A', '0'}, {'A', '0'}, {'a', '0'}, {0xFF21, 0xFF10}, {0x1D400, 0x1D7CE}, {0x1D468, '0'}, {0x1D4D0, 0x1D7D8},
	{0x1D5A0, 0x1D7E2}, {0x1D5D4, 0x1D7EC}, {0x1D63C, 0x1D7EC}, {0x1D670, 0x1D7F6}, {0x24B6, '0'},
}

// disguisedIn writes accounts and numbers in an alphabet by chance, and numbers
// that are nobody's account.
func disguisedIn(name string, random *rand.Rand, digits func(int) string) (string, bool) {
	switch name {
	case "code":
		letters := make([]byte, 2+random.IntN(3))
		for i := range letters {
			letters[i] = byte('A' + random.IntN(26))
		}
		return dressed(string(letters)+digits(2+random.IntN(4)), random), true
	case "lone":
		return dressed(digits(5+random.IntN(6)), random), true
	case "hidden":
		return []string{"\ufeff", "\u200b", ""}[random.IntN(3)], true
	case "public":
		return []string{
			"110", "119", "120", "12345", "12306", "12315", "12333", "12366", "12320", "12348", "96110", "10000", "10010", "10086", "10099", "11185",
			"95" + digits(3), "96" + digits(3),
		}[random.IntN(18)], true
	case "big":
		return digits(1) + strings.Repeat("0", 4+random.IntN(5)), true
	}
	return "", false
}

// dressed writes letters and digits in another alphabet, with gaps or both.
func dressed(text string, random *rand.Rand) string {
	to := alphabets[random.IntN(len(alphabets))]
	gap := []string{"", "", "", "", " ", ".", "-", "~"}[random.IntN(8)]
	var b strings.Builder
	for i, r := range text {
		if i > 0 && (gap == " " || random.IntN(3) == 0) {
			b.WriteString(gap)
		}
		if r >= 'A' {
			r += to.upper - 'A'
		} else {
			r += to.digit - '0'
		}
		b.WriteRune(r)
	}
	return b.String()
}
