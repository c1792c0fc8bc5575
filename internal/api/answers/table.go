package answers

import (
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"qunying/community"
	"qunying/internal/api"
	"qunying/transcript"
)

// Table is what a file of numbers holds: headings, and lines of texts and numbers;
// a nil is an empty cell.
type Table struct {
	Name string
	Head []string
	Rows [][]any
}

//go:embed columns.json
var columnsJSON []byte

var columns = func() (all map[string]api.Words) {
	var raw map[string]struct{ Zh, En string }
	if err := json.Unmarshal(columnsJSON, &raw); err != nil {
		panic("answers: columns.json: " + err.Error())
	}
	all = make(map[string]api.Words, len(raw))
	for k, w := range raw {
		all[k] = api.Words{Zh: w.Zh, En: w.En}
	}
	return all
}()

// column is a heading in a language; what has none is written as it is.
func column(name, language string) string {
	w, ok := columns[name]
	return wordIn(w, language, ok, name)
}

func wordIn(w api.Words, language string, ok bool, name string) string {
	switch {
	case !ok:
		return name
	case language == "en":
		return w.En
	}
	return w.Zh
}

// WriteTables writes tables as csv (the first one only) or xlsx.
func WriteTables(w io.Writer, layout string, tables []Table) error {
	if layout == "csv" {
		return writeCSV(w, tables[0])
	}
	return writeBook(w, tables)
}

func writeCSV(w io.Writer, t Table) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil { // or spreadsheets take it for another encoding
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(guarded(t.Head)); err != nil {
		return err
	}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case nil:
			case float64:
				cells[i] = strconv.FormatFloat(v, 'f', -1, 64)
			case int:
				cells[i] = strconv.Itoa(v)
			default:
				cells[i] = transcript.GuardCell(fmt.Sprint(v))
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func guarded(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = transcript.GuardCell(s)
	}
	return out
}

func writeBook(w io.Writer, tables []Table) error {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // its temporary files are the system's to tidy up
	for i, t := range tables {
		if i == 0 {
			if err := book.SetSheetName(book.GetSheetName(0), t.Name); err != nil {
				return err
			}
		} else if _, err := book.NewSheet(t.Name); err != nil {
			return err
		}
		if err := writeSheet(book, t); err != nil {
			return err
		}
	}
	_, err := book.WriteTo(w)
	return err
}

func writeSheet(book *excelize.File, t Table) error {
	sheet, err := book.NewStreamWriter(t.Name)
	if err != nil {
		return err
	}
	if err := sheet.SetColWidth(1, max(1, len(t.Head)), 18); err != nil {
		return err
	}
	if err := sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(t.Head))
	for i, h := range t.Head {
		head[i] = h
	}
	for i, row := range append([][]any{head}, t.Rows...) {
		if err := sheet.SetRow("A"+strconv.Itoa(i+1), row); err != nil { // a string is never a formula here
			return err
		}
	}
	return sheet.Flush()
}

// QueryTables makes a file's tables of an answer: the numbers, and what they mean.
func QueryTables(a api.QueryAnswer, language string) []Table {
	numbers := Table{Name: column("numbers", language)}
	for _, d := range a.By {
		numbers.Head = append(numbers.Head, column(d, language))
	}
	numbers.Head = append(numbers.Head, column("from", language), column("to", language))
	for _, m := range a.Metrics {
		name := wordIn(api.Words{Zh: m.Zh, En: m.En}, language, true, "")
		numbers.Head = append(numbers.Head, name)
		if a.Compared != nil {
			numbers.Head = append(numbers.Head, name+" · "+column("before", language))
		}
		if hasPeers(a) {
			numbers.Head = append(numbers.Head, name+" · "+column("peers", language))
		}
		numbers.Head = append(numbers.Head, name+" · "+column("why", language))
	}
	for _, row := range a.Rows {
		numbers.Rows = append(numbers.Rows, queryLine(a, row, language))
	}
	if len(a.By) > 0 {
		total := make([]any, len(a.By), len(numbers.Head))
		total[0] = column("total", language)
		total = append(total, a.Period.From.String(), a.Period.To.String())
		numbers.Rows = append(numbers.Rows, append(total, cellValues(a, a.Total, language)...))
	}
	return []Table{numbers, definitions(a.Metrics, language)}
}

func hasPeers(a api.QueryAnswer) bool {
	for _, row := range a.Rows {
		for _, c := range row.Cells {
			if c.PeersOf > 0 {
				return true
			}
		}
	}
	return false
}

// memberName is what somebody is called, or their number where they have no name.
func memberName(name string, p community.PersonID) string {
	if name == "" {
		return fmt.Sprintf("#%d", p)
	}
	return name
}

func queryLine(a api.QueryAnswer, row api.QueryRow, language string) []any {
	var line []any
	for _, d := range a.By {
		switch {
		case d == "weekday" && row.Weekday != nil:
			line = append(line, column(strconv.Itoa(*row.Weekday+1), language))
		case d == "hour" && row.Hour != nil:
			line = append(line, *row.Hour)
		case d == "type" && row.Type != nil:
			name := *row.Type
			if name == "" {
				name = "none"
			}
			line = append(line, column(name, language))
		case d == "way" && row.Label != nil && *row.Label != "":
			line = append(line, wayName(*row.Label, language))
		case d == "code" && row.Label != nil && *row.Label != "":
			line = append(line, *row.Label)
		case d == "way" || d == "code" || d == "inviter" && row.Inviter == 0:
			line = append(line, column("unsaid", language))
		case row.Day != nil && (d == "day" || d == "week" || d == "month"):
			line = append(line, row.Day.String())
		case d == "person" || d == "inviter":
			line = append(line, memberName(row.Name, max(row.Person, row.Inviter)))
		default:
			line = append(line, row.Name)
		}
	}
	line = append(line, row.From.String(), row.To.String())
	return append(line, cellValues(a, row.Cells, language)...)
}

func cellValues(a api.QueryAnswer, cells []api.QueryCell, language string) []any {
	var line []any
	for _, c := range cells {
		line = append(line, number(c.Value))
		if a.Compared != nil {
			line = append(line, number(c.Before))
		}
		if hasPeers(a) {
			line = append(line, number(c.Peers))
		}
		note := c.Why
		if note == "" && c.Partial {
			note = "partial"
		}
		if note != "" {
			note = column(note, language)
		}
		line = append(line, note)
	}
	return line
}

func number(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// definitions says what the numbers of a file mean.
func definitions(metrics []api.QueryMetric, language string) Table {
	t := Table{Name: column("definitions", language), Head: []string{column("metric", language), "ID", column("unit", language), column("formula", language)}}
	for _, m := range metrics {
		t.Rows = append(t.Rows, []any{wordIn(api.Words{Zh: m.Zh, En: m.En}, language, true, ""), m.ID, m.Unit, wordIn(m.Formula, language, true, "")})
	}
	return t
}
