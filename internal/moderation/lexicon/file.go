package lexicon

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"qunying/community"
)

// Format is a kind of file that lexicons are kept in.
type Format string

const (
	TXT Format = "txt" // an entry a line; # begins a remark, [name] a category
	CSV Format = "csv" // columns text, category, note, with this heading
)

// maxFile bounds a file, in bytes.
const maxFile = 64 << 20

var heading = []string{"text", "category", "note"}

// Import reads entries in UTF-8. It does not look into them: Compile does.
// Errors are Invalid, or the reader's own.
func Import(r io.Reader, format Format) ([]Entry, error) {
	bounded := &io.LimitedReader{R: r, N: maxFile + 1}
	var out []Entry
	var err error
	switch format {
	case TXT:
		out, err = importTXT(bounded)
	case CSV:
		out, err = importCSV(bounded)
	default:
		return nil, community.Errorf(community.Unsupported, "lexicons are not kept as %q", format).WithHint("txt or csv")
	}
	if err == nil && bounded.N == 0 {
		return nil, community.Errorf(community.Invalid, "the file is larger than %d MiB", maxFile>>20)
	}
	return out, err
}

func importTXT(r io.Reader) ([]Entry, error) {
	var out []Entry
	category := ""
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		switch {
		case !utf8.ValidString(line):
			return nil, notUTF8(n)
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			category = strings.TrimSpace(line[1 : len(line)-1])
		case len(out) == maxEntries:
			return nil, tooMany()
		default:
			out = append(out, Entry{Text: line, Category: category})
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, community.Errorf(community.Invalid, "a line is too long for an entry")
	}
	return out, lines.Err()
}

func importCSV(r io.Reader) ([]Entry, error) {
	var out []Entry
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	for n := 1; ; n++ {
		row, err := rows.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case errors.As(err, &broken):
			return nil, &community.Error{Code: community.Invalid, Text: "the file is not CSV", Hint: broken.Error(), Err: err}
		case err != nil:
			return nil, err
		}
		row[0] = strings.TrimPrefix(row[0], "\ufeff")
		if n == 1 && strings.EqualFold(row[0], heading[0]) {
			continue
		}
		row = append(row, "", "")
		e := Entry{strings.TrimSpace(row[0]), strings.TrimSpace(row[1]), strings.TrimSpace(row[2])}
		switch {
		case !utf8.ValidString(e.Text + e.Category + e.Note):
			return nil, notUTF8(n)
		case e.Text == "":
		case len(out) == maxEntries:
			return nil, tooMany()
		default:
			out = append(out, e)
		}
	}
}

func notUTF8(line int) error {
	return community.Errorf(community.Invalid, "line %d is not UTF-8", line).WithHint("save the file as UTF-8")
}

func tooMany() error {
	return community.Errorf(community.Invalid, "the file has more than %d entries", maxEntries)
}

// Export writes entries so that Import reads them again; txt loses the notes.
// Errors are the writer's, or Unsupported.
func Export(w io.Writer, entries []Entry, format Format) error {
	switch format {
	case TXT:
		category := ""
		out := bufio.NewWriter(w)
		for _, e := range entries {
			if e.Category != category {
				category = e.Category
				_, _ = out.WriteString("[" + category + "]\n")
			}
			_, _ = out.WriteString(e.Text + "\n") // Flush tells
		}
		return out.Flush()
	case CSV:
		out := csv.NewWriter(w)
		_ = out.Write(heading) // Flush tells
		for _, e := range entries {
			_ = out.Write([]string{e.Text, e.Category, e.Note})
		}
		out.Flush()
		return out.Error()
	}
	return community.Errorf(community.Unsupported, "lexicons are not kept as %q", format).WithHint("txt or csv")
}
