package lexicon

import (
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"qunying/community"
)

// unpacked bounds what a spreadsheet may unpack to, in bytes.
const unpacked = 128 << 20

func importXLSX(r io.Reader) ([]Entry, error) {
	book, err := excelize.OpenReader(r, excelize.Options{RawCellValue: true, UnzipSizeLimit: unpacked, UnzipXMLSizeLimit: unpacked})
	if err != nil {
		return nil, notSpreadsheet(err)
	}
	defer book.Close()
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		return nil, community.Errorf(community.Invalid, "the spreadsheet has no sheet")
	}
	rows, err := book.Rows(sheets[0])
	if err != nil {
		return nil, notSpreadsheet(err)
	}
	defer rows.Close()
	var t table
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return nil, notSpreadsheet(err)
		}
		if err := t.addUnderHeading(line, cells); err != nil {
			return nil, err
		}
	}
	if err := rows.Error(); err != nil {
		return nil, notSpreadsheet(err)
	}
	return t.entries, nil
}

func notSpreadsheet(err error) error {
	return &community.Error{Code: community.Invalid, Text: "the file is not a spreadsheet", Hint: "save it as .xlsx without a password", Err: err}
}

func exportXLSX(w io.Writer, entries []Entry) error {
	book := excelize.NewFile()
	defer book.Close()
	sheet, err := book.NewStreamWriter(book.GetSheetName(0))
	if err != nil {
		return err
	}
	row := func(n int, cells []string) error {
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = c
		}
		return sheet.SetRow("A"+strconv.Itoa(n), values)
	}
	if err := row(1, heading); err != nil {
		return err
	}
	for i := range entries {
		if err := row(i+2, entries[i].row()); err != nil {
			return err
		}
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	return book.Write(w)
}
