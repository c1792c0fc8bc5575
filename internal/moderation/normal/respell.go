package normal

import "unicode/utf8"

// rounds bounds how often the steps for spelling follow each other: what one of
// them undoes can lay bare work for another. More than three were never seen in
// messages; a text made to need more is left as it is then.
const rounds = 8

// respell does the steps that look at neighbours.
func (n *Normaliser) respell(v *View) {
	for range rounds {
		before, changed := len(v.Runes), false
		there, repeated := n.look(v)
		if n.steps&Repeats != 0 && repeated {
			n.dropRepeats(v)
		}
		if n.steps&Separators != 0 && there&(weak|comma) != 0 {
			n.dropSeparators(v)
		}
		if n.steps&Splits != 0 && there&first != 0 {
			n.joinParts(v)
		}
		// What was joined may be a numeral that was not there before.
		if n.steps&Numerals != 0 && (there&numeral != 0 || len(v.Runes) != before) {
			changed = n.readNumbers(v)
		}
		if !changed && len(v.Runes) == before {
			return
		}
	}
}

// look tells which classes of runes there are, and whether one stands three times in
// a row: most messages have nothing for most steps.
func (n *Normaliser) look(v *View) (there cell, repeated bool) {
	var last, before rune
	for _, r := range v.Runes {
		there |= n.table.at(r)
		repeated = repeated || r == last && r == before
		before, last = last, r
	}
	return there, repeated
}

// dropRepeats leaves one of three or more equal runes in a row, except of
// digits and of the w that addresses begin with.
func (n *Normaliser) dropRepeats(v *View) {
	out := 0
	for i := 0; i < len(v.Runes); {
		r, end := v.Runes[i], i+1
		for end < len(v.Runes) && v.Runes[end] == r {
			end++
		}
		if end-i >= 3 && r != 'w' && n.table.at(r)&(digit|numeral) == 0 {
			v.Runes[out], v.from[out] = r, bytes{v.from[i].start, v.from[end-1].end}
			out++
		} else {
			copy(v.from[out:], v.from[i:end])
			out += copy(v.Runes[out:], v.Runes[i:end])
		}
		i = end
	}
	v.cut(out)
}

// dropSeparators joins what stands apart only to escape.
func (n *Normaliser) dropSeparators(v *View) {
	const separator = weak | comma
	out := 0
	var left cell // of the rune before i: han and numeral; letter if it stands alone; or 0
	alone := true // no letter or digit directly before i
	var before gone
	for i := 0; i < len(v.Runes); {
		end := i + 1
		if c := n.table.at(v.Runes[i]); c&separator == 0 {
			left = c & (han | numeral)
			if c&letter != 0 && alone && !n.is(v, end, letter|digit) {
				left = letter
			}
			alone = c&(letter|digit) == 0
		} else {
			for n.is(v, end, separator) {
				end++
			}
			alone = true
			if n.joins(v, i, end, left, before) {
				before = gone{v.Runes[i], i}
				i = end
				continue
			}
			left = 0
		}
		copy(v.from[out:], v.from[i:end])
		out += copy(v.Runes[out:], v.Runes[i:end])
		i = end
	}
	v.cut(out)
}

// gone is a separator that was dropped, and where it was.
type gone struct {
	r  rune
	at int
}

// is tells whether what stands at i is of a class.
func (n *Normaliser) is(v *View, i int, c cell) bool {
	return i < len(v.Runes) && n.table.at(v.Runes[i])&c != 0
}

// joins tells whether the separators from i to end stand for nothing.
func (n *Normaliser) joins(v *View, i, end int, left cell, before gone) bool {
	if end-i > 2 || end == len(v.Runes) || left == 0 {
		return false
	}
	right := n.table.at(v.Runes[end])
	if right&han == 0 && (right&letter == 0 || n.is(v, end+1, letter|digit)) {
		return false
	}
	if left&right&numeral != 0 {
		return false // two numbers, or one: whoever looks for numbers knows
	}
	for k := i; k < end; k++ {
		r := v.Runes[k]
		if left == letter && right&letter != 0 && (r == '.' || r == '/' || r == '\\') {
			return false // rather an address
		}
		// A comma after every character is none.
		if n.is(v, k, comma) && (end-i > 1 || before != gone{r, i - 2} && (i+2 >= len(v.Runes) || v.Runes[i+2] != r)) {
			return false
		}
	}
	return true
}

// joinParts puts characters together that are written as their parts. Two parts
// that are characters themselves (女马) must stand beside another such pair.
func (n *Normaliser) joinParts(v *View) {
	out := 0
	for i := 0; i < len(v.Runes); {
		pairs, sure := 0, false
		for i+2*pairs+1 < len(v.Runes) {
			pair := [2]rune{v.Runes[i+2*pairs], v.Runes[i+2*pairs+1]}
			if n.table.at(pair[0])&first == 0 || n.parts.of(pair[0], pair[1]) == 0 {
				break
			}
			sure = sure || n.parts.sure[pair]
			pairs++
		}
		if pairs == 0 || pairs == 1 && !sure {
			v.Runes[out], v.from[out] = v.Runes[i], v.from[i]
			out++
			i++
			continue
		}
		for range pairs {
			v.Runes[out] = n.parts.whole[[2]rune{v.Runes[i], v.Runes[i+1]}]
			v.from[out] = bytes{v.from[i].start, v.from[i+1].end}
			out++
			i += 2
		}
	}
	v.cut(out)
}

// readNumbers writes Han numerals as digits where three characters in a row are
// digits, at least one of them is 0 to 9, or where five or more are. It reports
// whether there were any.
func (n *Normaliser) readNumbers(v *View) bool {
	changed := false
	for i := 0; i < len(v.Runes); {
		end := i
		var seen cell
		for end < len(v.Runes) {
			c := n.table.at(v.Runes[end]) & (digit | numeral)
			if c == 0 {
				break
			}
			seen |= c
			end++
		}
		if seen == digit|numeral && end-i >= 3 || seen == numeral && end-i >= 5 {
			for k := i; k < end; k++ {
				if d := n.numerals[v.Runes[k]]; d != 0 {
					v.Runes[k], changed = d, true
				}
			}
		}
		i = max(end, i+1)
	}
	return changed
}

// readNumerals reads which character stands for which digit.
func readNumerals() map[rune]rune {
	out := map[rune]rune{}
	for _, row := range rows(numeralText) {
		for _, r := range row[1] {
			out[r] = rune(row[0][0])
		}
	}
	return out
}

// Digit returns the digit that a normalised character stands for, 0 to 9 or a
// Han numeral, or -1.
func (n *Normaliser) Digit(r rune) int {
	if '0' <= r && r <= '9' {
		return int(r - '0')
	}
	if n.table.at(r)&numeral == 0 {
		return -1
	}
	return int(n.numerals[r] - '0')
}

// Separates tells whether a normalised character may stand between the digits of
// one number: it is neither letter, digit nor the end of a line.
func (n *Normaliser) Separates(r rune) bool {
	return n.table.at(r)&(han|letter|digit|numeral) == 0 && r != '\n' && r != '\r' && r != utf8.RuneError
}
