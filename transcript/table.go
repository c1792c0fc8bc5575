package transcript

import (
	"io"
	"regexp"
	"strconv"
	"strings"
)

// table reads the rows of a CSV (RFC 4180, quoted fields may hold line breaks)
// or a TSV (no quoting: a quote is a character).
type table struct {
	lines  lineReader
	sep    byte
	quotes bool

	line   int      // the row's first line
	raw    string   // the row, cut to maxRaw where fields are quoted
	fields []string // valid until the next call

	// endsInTime says that the last column is the time: the one kind of column that
	// tells a whole value from the beginning of one.
	endsInTime bool
	stamp      string // shape of the last column in the row before

	text []byte // unquoted fields of a quoted row, one after the other
	ends []int
	head []byte // beginning of a quoted row
}

func newTable(in *input, sep byte) *table {
	return &table{lines: lineReader{br: in.br}, sep: sep, quotes: sep != '\t'}
}

const (
	cutRow     = "the last row has no line break, so it may be cut"
	cutRowHint = "if it is whole, import the file again and say so: in the preview, or with --last-row"
	cutQuote   = "the last row is cut: its quote is not closed"
)

// next reads a row into t. A reason says why the row is bad (read on); io.EOF is
// the end; another error means that the text is cut.
func (t *table) next() (reason, hint string, err error) {
	for {
		line, ended, err := t.lines.next()
		t.line, t.raw, t.fields = t.lines.n, "", t.fields[:0]
		switch {
		case err == errLongRow:
			return err.Error(), "", nil
		case err != nil:
			return "", "", err
		case t.quotes && hasQuote(line):
			return t.quoted(line, ended)
		}
		if t.raw = clean(line); ended && len(line) == 0 {
			continue
		}
		rest := t.raw
		for {
			i := strings.IndexByte(rest, t.sep)
			if i < 0 {
				t.fields = append(t.fields, rest)
				return t.finish(ended)
			}
			t.fields = append(t.fields, rest[:i])
			rest = rest[i+1:]
		}
	}
}

// finish passes a row that a line break ends. One without may be cut anywhere, at
// a closing quote too, which may be the first half of a doubled one. It passes
// only if it ends in a time that is written as fully as the one before it.
func (t *table) finish(ended bool) (reason, hint string, err error) {
	if !t.endsInTime {
		if !ended {
			return cutRow, cutRowHint, nil
		}
		return "", "", nil
	}
	before := t.stamp
	if t.stamp = shapeOf(t.fields[len(t.fields)-1]); !ended && (t.stamp != before || !fullStamp.MatchString(t.stamp)) {
		return cutRow, cutRowHint, nil
	}
	return "", "", nil
}

// fullStamp is a shape of times of which no beginning is a time of that shape:
// seconds or milliseconds since 1970, or a date with a time to the second.
var fullStamp = regexp.MustCompile(`^(9{10}|9{13}|9{4}[-/.]9{1,2}[-/.]9{1,2}[ T]9{1,2}:99:99([.,]9{3}|[.,]9{6})?(Z|[+-]99:99)?)$`)

// shapeOf writes 9 for every digit.
func shapeOf(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '9'
		}
		return r
	}, s)
}

func hasQuote(line []byte) bool {
	for _, b := range line {
		if b == '"' {
			return true
		}
	}
	return false
}

// quoted reads a row of which the first line has a quote.
func (t *table) quoted(line []byte, ended bool) (reason, hint string, err error) {
	t.text, t.ends, t.head = t.text[:0], t.ends[:0], t.head[:0]
	size := 0
	open, stray := false, false
	for {
		size += len(line) + 1
		if len(t.head) < maxRaw {
			t.head = append(append(t.head, line[:min(len(line), maxRaw)]...), '\n')
		}
		var s bool
		open, s = t.scan(line, open)
		stray = stray || s
		if !ended || !open || size > maxRow {
			break
		}
		t.text = append(t.text, '\n')
		if line, ended, err = t.lines.next(); err != nil {
			break
		}
	}
	t.raw = strings.TrimSuffix(clean(t.head), "\n")
	switch {
	case err == errLongRow || size > maxRow:
		return "a quote is opened and not closed within 1 MiB; the rows up to here are lost", `double the quotes within a field: ""`, nil
	case err == io.EOF || open:
		return cutQuote, "export it again", nil
	case err != nil:
		return "", "", err
	case stray && !ended:
		return cutRow, cutRowHint, nil
	case stray:
		return "there is text after a closing quote", `double the quotes within a field: ""`, nil
	}
	from := 0
	for _, to := range t.ends {
		t.fields = append(t.fields, clean(t.text[from:to]))
		from = to
	}
	return t.finish(ended)
}

// scan unquotes one line into t.text and ends fields in t.ends. open says
// whether a quoted field goes on from the line before, or on to the next.
func (t *table) scan(line []byte, open bool) (stillOpen, stray bool) {
	i, start := 0, !open
	for {
		if open {
			for i < len(line) {
				if line[i] != '"' {
					t.text = append(t.text, line[i])
					i++
				} else if i+1 < len(line) && line[i+1] == '"' {
					t.text = append(t.text, '"')
					i += 2
				} else {
					break
				}
			}
			if i == len(line) {
				return true, stray
			}
			open = false
			i++ // the closing quote
			if i < len(line) && line[i] != t.sep {
				stray = true
			}
		}
		if start && i < len(line) && line[i] == '"' {
			open, start = true, false
			i++
			continue
		}
		for i < len(line) && line[i] != t.sep {
			t.text = append(t.text, line[i])
			i++
		}
		t.ends = append(t.ends, len(t.text))
		if i == len(line) {
			return false, stray
		}
		i++
		start = true
	}
}

// rows calls do for every sound row, and rejects the others: those that are
// broken and those that have not want fields.
func (t *table) rows(in *input, out *output, want int, do func() error) error {
	for {
		reason, hint, err := t.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return in.cut(t.lines.n, err)
		}
		few := len(t.fields) != want
		switch {
		case reason == cutRow && !few:
			err = out.rejectLast(t.line, t.raw, reason)
		case reason == cutRow && len(t.fields) > 0:
			err = out.reject(t.line, t.raw, "the last row is cut: it has "+count(len(t.fields))+", the header has "+count(want), "export it again")
		case reason != "":
			err = out.reject(t.line, t.raw, reason, hint)
		case few:
			err = out.reject(t.line, t.raw, "the row has "+count(len(t.fields))+", the header has "+count(want), "")
		default:
			err = do()
		}
		if err != nil {
			return err
		}
	}
}

// header reads the first row.
func (t *table) header(in *input) ([]string, error) {
	reason, _, err := t.next()
	if err == io.EOF || reason != "" {
		return nil, invalidHeader(in, "there is no header row")
	}
	if err != nil {
		return nil, in.cut(t.lines.n, err)
	}
	names := make([]string, len(t.fields))
	for i, f := range t.fields {
		names[i] = strings.TrimSpace(f)
	}
	return names, nil
}

// splitHeader splits a header line for finding the format.
func splitHeader(line string, sep byte) []string {
	names := strings.Split(line, string(sep))
	for i, n := range names {
		names[i] = strings.Trim(strings.TrimSpace(n), `"`)
	}
	return names
}

// count writes a number of fields.
func count(n int) string {
	if n == 1 {
		return "1 field"
	}
	return strconv.Itoa(n) + " fields"
}
