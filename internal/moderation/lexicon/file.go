package lexicon

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunying/community"
)

// Format is a kind of file that lexicons are kept in.
type Format string

const (
	TXT  Format = "txt"  // an entry a line, then after tabs its flags, note and author; # begins a remark, [name] a category, after a tab flags for all of its entries
	CSV  Format = "csv"  // columns text, category, flags, note, author, with this heading, after a byte order mark
	XLSX Format = "xlsx" // the same columns in the first sheet
)

// maxFile bounds a file, in bytes.
const maxFile = 64 << 20

// heading names the columns in the order in which they are written.
var heading = []string{"text", "category", "flags", "note", "author"}

// columns are the names by which a heading may call them.
var columns = map[string]string{
	"text": "text", "word": "text", "词条": "text", "词语": "text", "关键词": "text", "敏感词": "text",
	"category": "category", "分类": "category", "类别": "category", "类型": "category",
	"flags": "flags", "标记": "flags", "选项": "flags",
	"note": "note", "备注": "note", "说明": "note",
	"author": "author", "作者": "author", "添加人": "author",
}

// Import reads entries in UTF-8. It does not look into them: Compile does.
// Errors are Invalid and name the line, or are the reader's own.
func Import(r io.Reader, format Format) ([]Entry, error) {
	bounded := &io.LimitedReader{R: r, N: maxFile + 1}
	var out []Entry
	var err error
	switch format {
	case TXT:
		out, err = importTXT(bounded)
	case CSV:
		out, err = importCSV(bounded)
	case XLSX:
		out, err = importXLSX(bounded)
	default:
		return nil, unsupported(format)
	}
	if bounded.N == 0 && (err == nil || community.CodeOf(err) == community.Invalid) {
		return nil, community.Errorf(community.Invalid, "the file is larger than %d MiB", maxFile>>20)
	}
	return out, err
}

func importTXT(r io.Reader) ([]Entry, error) {
	var t table
	category, all := "", ""
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if name, flags, _ := strings.Cut(line, "\t"); strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
			category, all = strings.TrimSpace(name[1:len(name)-1]), flags
			continue
		}
		if strings.HasPrefix(line, "#") {
			line = ""
		}
		f := append(strings.SplitN(line, "\t", 4), "", "", "")
		if err := t.add(n, []string{f[0], category, f[1] + "," + all, f[2], f[3]}); err != nil {
			return nil, err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, community.Errorf(community.Invalid, "a line is too long for an entry")
	}
	return t.entries, lines.Err()
}

func importCSV(r io.Reader) ([]Entry, error) {
	var t table
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	for {
		row, err := rows.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return t.entries, nil
		case errors.As(err, &broken):
			return nil, &community.Error{Code: community.Invalid, Text: "the file is not CSV", Hint: broken.Error(), Err: err}
		case err != nil:
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		if line == 1 {
			row[0] = strings.TrimPrefix(row[0], "\ufeff")
		}
		if err := t.addUnderHeading(line, row); err != nil {
			return nil, err
		}
	}
}

// table collects the rows of a file.
type table struct {
	entries []Entry
	order   []string // of the columns; nil before the first row
}

// addUnderHeading adds a row of a file whose first row may name the columns.
func (t *table) addUnderHeading(line int, row []string) error {
	if t.order == nil {
		t.order = heading
		var named []string
		for _, cell := range row {
			named = append(named, columns[strings.ToLower(strings.TrimSpace(cell))])
		}
		if slices.Contains(named, "text") {
			t.order = named
			return nil
		}
	}
	sorted := make([]string, len(heading))
	for i, cell := range row {
		if i < len(t.order) && t.order[i] != "" {
			sorted[slices.Index(heading, t.order[i])] = cell
		}
	}
	return t.add(line, sorted)
}

// add adds a row with its cells as in heading. Rows without text are left out.
func (t *table) add(line int, cells []string) error {
	for i, c := range cells {
		if !utf8.ValidString(c) {
			return community.Errorf(community.Invalid, "line %d is not UTF-8", line).WithHint("save the file as UTF-8")
		}
		cells[i] = strings.TrimSpace(c)
	}
	if cells[0] == "" {
		return nil
	}
	if len(t.entries) == maxEntries {
		return community.Errorf(community.Invalid, "the file has more than %d entries", maxEntries)
	}
	flags, err := ParseFlags(cells[2])
	if err != nil {
		return &community.Error{Code: community.Invalid, Text: "line " + strconv.Itoa(line) + " has flags that there are not", Hint: err.Error(), Err: err}
	}
	t.entries = append(t.entries, Entry{Text: cells[0], Category: cells[1], Flags: flags, Note: cells[3], Author: cells[4], Line: line})
	return nil
}

func unsupported(format Format) error {
	return community.Errorf(community.Unsupported, "lexicons are not kept as %q", format).WithHint("txt, csv or xlsx")
}

// Export writes entries so that Import reads them again, but for the lines.
// Errors are the writer's, or Unsupported.
func Export(w io.Writer, entries []Entry, format Format) error {
	switch format {
	case TXT:
		return exportTXT(w, entries)
	case CSV:
		if _, err := io.WriteString(w, "\ufeff"); err != nil { // or spreadsheets take it for another encoding
			return err
		}
		out := csv.NewWriter(w)
		_ = out.Write(heading) // Flush tells
		for _, e := range entries {
			_ = out.Write(e.row())
		}
		out.Flush()
		return out.Error()
	case XLSX:
		return exportXLSX(w, entries)
	}
	return unsupported(format)
}

// EachCell changes what people typed in entries, cell by cell.
func EachCell(entries []Entry, change func(cell string) string) {
	for i := range entries {
		e := &entries[i]
		e.Text, e.Category, e.Note, e.Author = change(e.Text), change(e.Category), change(e.Note), change(e.Author)
	}
}

// row returns the cells of an entry as in heading.
func (e *Entry) row() []string {
	return []string{e.Text, e.Category, e.Flags.String(), e.Note, e.Author}
}

func exportTXT(w io.Writer, entries []Entry) error {
	category := ""
	out := bufio.NewWriter(w)
	tidy := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	for _, e := range entries {
		if e.Category != category {
			category = e.Category
			_, _ = out.WriteString("[" + tidy.Replace(category) + "]\n")
		}
		fields := []string{e.Text, e.Flags.String(), e.Note, e.Author}
		for i, f := range fields {
			fields[i] = tidy.Replace(f)
		}
		line := strings.TrimRight(strings.Join(fields, "\t"), "\t")
		_, _ = out.WriteString(line + "\n") // Flush tells
	}
	return out.Flush()
}
