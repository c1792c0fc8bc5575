package transcript

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Limits of spreadsheets.
const (
	mostRows    = 1_048_576
	mostLetters = 32_767
)

// sheetWriter writes a spreadsheet. Rows beyond what a sheet holds go to a next
// one. The library keeps them in a temporary file once there are 16 MiB.
type sheetWriter struct {
	out    io.Writer
	book   *excelize.File
	stream *excelize.StreamWriter
	group  Group
	most   int // rows of a sheet, the header included
	sheets int
	row    int // written in this sheet
}

func newSheetWriter(w io.Writer, _ Made) Writer {
	return &sheetWriter{out: w, book: excelize.NewFile(), most: mostRows}
}

func (s *sheetWriter) Begin(g Group) error {
	s.group = g
	return nil
}

func (s *sheetWriter) next() error {
	if s.stream != nil {
		if err := s.stream.Flush(); err != nil {
			return err
		}
	}
	s.sheets++
	name := fmt.Sprintf("Sheet%d", s.sheets)
	if s.sheets > 1 { // a new book has the first one
		if _, err := s.book.NewSheet(name); err != nil {
			return err
		}
	}
	var err error
	if s.stream, err = s.book.NewStreamWriter(name); err != nil {
		return err
	}
	for column, width := range map[int]float64{1: 26, 2: 20, 3: 18, 4: 18, 6: 60} {
		if err := s.stream.SetColWidth(column, column, width); err != nil {
			return err
		}
	}
	if err := s.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	s.row = 0
	return s.put(ownColumns)
}

func (s *sheetWriter) put(cells []string) error {
	s.row++
	values := make([]any, len(cells))
	for i, c := range cells {
		values[i] = shortCell(c) // a string is never a formula here
	}
	return s.stream.SetRow(fmt.Sprintf("A%d", s.row), values)
}

// shortCell cuts what no cell holds, visibly.
func shortCell(s string) string {
	if len(s) <= mostLetters {
		return s
	}
	n := 0 // as the program counts: two for what lies beyond the basic plane
	for i, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
		if n > mostLetters-1 {
			return strings.Clone(s[:i]) + "…"
		}
	}
	return s
}

func (s *sheetWriter) Write(r *Record) error {
	if s.stream == nil || s.row >= s.most {
		if err := s.next(); err != nil {
			return err
		}
	}
	return s.put(ownRow(s.group, r))
}

func (s *sheetWriter) Close() error {
	defer s.Drop()
	if s.stream == nil {
		if err := s.next(); err != nil {
			return err
		}
	}
	if err := s.stream.Flush(); err != nil {
		return err
	}
	_, err := s.book.WriteTo(s.out)
	return err
}

// Drop deletes the library's temporary files; one that stays behind is the
// system's to tidy up.
func (s *sheetWriter) Drop() { _ = s.book.Close() }
