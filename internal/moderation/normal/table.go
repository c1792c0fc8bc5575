package normal

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// cell says what becomes of a character: in the low 21 bits what to add to it
// (modulo 2²¹), or where its expansion is, and above the class of the result.
type cell uint32

const deltaMask = 1<<21 - 1

// What the steps for spelling want to know of a character.
const (
	han     cell = 1 << (21 + iota)
	letter       // of another script
	digit        // 0 to 9
	numeral      // a Han character for a digit
	weak         // separates nothing that belongs together
	comma        // separates clauses, unless it stands after every character
	first        // first part of some split character
	second       // second part of one
	many         // becomes several characters
	dropped      // becomes nothing
)

const (
	lastMapped = 0x2FFFF // characters above are all invisible or private
	pageSize   = 256
)

// table holds the cells of all characters, equal pages once.
type table struct {
	pages   [(lastMapped + 1) / pageSize]uint16
	cells   []cell
	expands [][]rune
}

// at returns the cell of r.
func (t *table) at(r rune) cell {
	if uint32(r) > lastMapped {
		if 0xE0000 <= r && r <= 0xE0FFF {
			return dropped
		}
		return 0
	}
	return t.cells[int(t.pages[uint32(r)/pageSize])*pageSize+int(uint32(r)%pageSize)]
}

var (
	//go:embed traditional.txt
	traditionalText string
	//go:embed look-alikes.txt
	lookAlikeText string
	//go:embed variants.txt
	variantText string
	//go:embed enclosed.txt
	enclosedText string
	//go:embed numerals.txt
	numeralText string
)

// rows returns the fields of every line of an embedded table.
func rows(text string) [][]string {
	var out [][]string
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "#" {
			out = append(out, f)
		}
	}
	return out
}

// letters holds the mappings of single characters that do not come from Unicode.
type letters struct {
	steps       Steps
	traditional map[rune]rune
	alike       map[rune]rune
	enclosed    map[rune][]rune
}

func readLetters(steps Steps) *letters {
	l := &letters{steps, map[rune]rune{}, map[rune]rune{}, map[rune][]rune{}}
	for _, row := range rows(traditionalText) {
		for _, pair := range row {
			p := []rune(pair)
			l.traditional[p[0]] = p[1]
		}
	}
	for _, row := range rows(variantText) {
		for _, pair := range row {
			p := []rune(pair)
			l.alike[p[0]] = p[1]
		}
	}
	for _, row := range rows(lookAlikeText) {
		plain := []rune(row[0])[0]
		for _, r := range row[1] {
			l.alike[r] = plain
		}
	}
	for _, row := range rows(enclosedText) {
		symbol := []rune(row[0])[0]
		for i, plain := range row[1:] {
			l.enclosed[symbol+rune(i)] = []rune(plain)
		}
	}
	return l
}

// once does the first step that applies to r, and reports whether one did.
func (l *letters) once(r rune) ([]rune, bool) {
	has := func(s Steps) bool { return l.steps&s != 0 }
	if to, ok := l.enclosed[r]; ok && has(Enclosed) {
		return to, true
	}
	if has(Invisible|Enclosed) && r == 0x20E3 { // the box around an emoji digit
		return nil, true
	}
	if has(Invisible) && invisible(r) {
		return nil, true
	}
	if has(Compat) && decomposes(r) {
		if s := norm.NFKC.String(string(r)); s != string(r) {
			return []rune(s), true
		}
	}
	if has(Enclosed) && r >= utf8.RuneSelf && unicode.Is(unicode.Nd, r) && !decomposes(r) {
		return []rune{'0' + decimal(r)}, true
	}
	if has(LookAlikes) {
		if to, ok := l.alike[r]; ok {
			return []rune{to}, true
		}
		if decomposes(r) && unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
			if s := []rune(norm.NFD.String(string(r))); len(s) > 1 {
				return s[:1], true
			}
		}
	}
	if low := unicode.ToLower(r); has(Case) && low != r {
		return []rune{low}, true
	}
	if to, ok := l.traditional[r]; ok && has(Traditional) {
		return []rune{to}, true
	}
	return nil, false
}

// decimal returns what a digit of any script is worth: Unicode keeps the ten of
// each together, in order.
func decimal(r rune) rune {
	n := rune(0)
	for unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return n % 10
}

// decomposes is false for nearly all characters and cheap to ask.
func decomposes(r rune) bool {
	var buffer [utf8.UTFMax]byte
	return norm.NFKC.Properties(utf8.AppendRune(buffer[:0], r)).Decomposition() != nil
}

// invisible holds for what leaves no trace of its own on the screen.
func invisible(r rune) bool {
	switch r {
	case '\n', '\t', '\r':
		return false
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800: // fillers that count as letters or symbols
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn, unicode.Me)
}

// all does steps until none applies. A circle of mappings would be a mistake in
// the tables; a test looks for it.
func (l *letters) all(r rune) []rune {
	out := []rune{r}
	for range 8 {
		var next []rune
		changed := false
		for _, r := range out {
			if to, ok := l.once(r); ok {
				next, changed = append(next, to...), true
			} else {
				next = append(next, r)
			}
		}
		if out = next; !changed {
			break
		}
	}
	return out
}

// newTable makes the table for the steps that change single characters.
func newTable(steps Steps, parts *splits) *table {
	l := readLetters(steps)
	t := &table{expands: [][]rune{nil}}
	numerals := readNumerals()
	known := map[[pageSize]cell]uint16{}
	for page := range t.pages {
		var cells [pageSize]cell
		for i := range cells {
			r := rune(page*pageSize + i)
			to := l.all(r)
			switch len(to) {
			case 0:
				cells[i] = dropped
			case 1:
				cells[i] = cell(uint32(to[0]-r)&deltaMask) | class(to[0], numerals, parts)
			default:
				cells[i] = cell(len(t.expands)) | many
				t.expands = append(t.expands, to)
			}
		}
		at, ok := known[cells]
		if !ok {
			at = uint16(len(known))
			known[cells] = at
			t.cells = append(t.cells, cells[:]...)
		}
		t.pages[page] = at
	}
	return t
}

// commas separate clauses, and the end of a line does: a text of one character a
// line is read across its lines. Brackets, quotation marks, dashes and @ are neither
// these nor weak.
const commas = ",，。!！?？;；:：、\n"

const strong = "()（）[]【】{}《》<>「」『』“”\"@—"

// class says what the steps for spelling need of a character.
func class(r rune, numerals map[rune]rune, parts *splits) cell {
	var c cell
	switch {
	case '0' <= r && r <= '9':
		c = digit
	case numerals[r] != 0:
		c = han | numeral
	case r == '丶' || r == '丨': // strokes that decorate
		c = weak
	case unicode.Is(unicode.Han, r):
		c = han
	case unicode.IsLetter(r):
		c = letter
	case strings.ContainsRune(commas, r):
		c = comma
	case strings.ContainsRune(strong, r), r == '\r', r == utf8.RuneError:
	case unicode.In(r, unicode.Z, unicode.S, unicode.P), r == '\t':
		c = weak
	}
	if parts.firsts[r] {
		c |= first
	}
	if parts.seconds[r] {
		c |= second
	}
	return c
}
