package transcript

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"qunying/community"
)

// ownColumns are those of the tables that are written here and read again. The
// first seven are for people, the rest is for the way back.
var ownColumns = []string{
	"time", "group", "sender", "kind", "type", "text", "sender_id",
	"message_id", "reply_to", "operator", "operator_id", "details", "network", "group_id",
}

// ownRow writes a record into cells in the order of ownColumns. Times are RFC
// 3339 in the group's zone, with milliseconds where there are any.
func ownRow(g Group, r *Record) []string {
	stamp := time.RFC3339
	if r.At.UnixMilli()%1000 != 0 {
		stamp = "2006-01-02T15:04:05.000Z07:00"
	}
	details := ""
	if len(r.Data) > 0 {
		b, err := json.Marshal(r.Data)
		if err != nil {
			panic("transcript: details that are not plain text: " + err.Error())
		}
		details = string(b)
	}
	return []string{
		r.At.In(zoneOr(g.Zone)).Format(stamp), g.Name, r.SenderName, string(r.Kind), string(r.Content), r.Text, r.SenderID,
		r.MessageID, r.ReplyTo, r.OperatorName, r.OperatorID, details, string(g.Network), g.ID,
	}
}

func zoneOr(z *time.Location) *time.Location {
	if z == nil {
		return time.UTC
	}
	return z
}

// csvWriter writes a table for spreadsheets and for readOwnCSV.
type csvWriter struct {
	out   io.Writer
	w     *csv.Writer
	group Group
	begun bool
}

func newCSVWriter(w io.Writer, _ Made) Writer { return &csvWriter{out: w, w: csv.NewWriter(w)} }

func (c *csvWriter) Begin(g Group) error {
	c.group = g
	return c.begin()
}

func (c *csvWriter) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	if _, err := io.WriteString(c.out, "\uFEFF"); err != nil { // or spreadsheets take it for another encoding
		return err
	}
	return c.w.Write(ownColumns)
}

func (c *csvWriter) Write(r *Record) error {
	row := ownRow(c.group, r)
	for i, cell := range row {
		// A reader of CSV makes one line break of both kinds.
		row[i] = GuardCell(plainLines(cell))
	}
	return c.w.Write(row)
}

func (c *csvWriter) Close() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

func (c *csvWriter) Drop() {}

// plainLines ends lines by \n alone, as a reader of tables gives them back.
func plainLines(cell string) string {
	for strings.Contains(cell, "\r\n") { // again where there was \r\r\n
		cell = strings.ReplaceAll(cell, "\r\n", "\n")
	}
	return cell
}

// GuardCell keeps a spreadsheet from taking a text for a formula: it puts ' before
// what begins like one. UnguardCell undoes it.
func GuardCell(s string) string {
	if startsFormula(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

// UnguardCell takes away what GuardCell put before a text.
func UnguardCell(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && startsFormula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return s
}

// startsFormula knows the signs in half and in full width; tabs and returns are
// passed over by spreadsheets, so what follows them counts.
func startsFormula(s string) bool {
	for _, sign := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, sign) {
			return true
		}
	}
	return false
}

func knowsOwnCSV(in *input) bool {
	line, ok := in.headerLine()
	return ok && slices.Equal(splitHeader(line, ','), ownColumns)
}

func readOwnCSV(in *input, out *output) error {
	t := newTable(in, ',')
	header, err := t.header(in)
	if err != nil {
		return err
	}
	if !slices.Equal(header, ownColumns) {
		return invalidHeader(in, "its columns are not those of an export of ours")
	}
	return t.rows(in, out, len(header), func() error {
		f := make(map[string]string, len(header))
		for i, name := range header {
			f[name] = UnguardCell(t.fields[i])
		}
		st, ok := parseStamp(f["time"])
		if !ok || !st.instant {
			return out.reject(t.line, t.raw, badTime, "write it as 2006-01-02T15:04:05+08:00")
		}
		kind := community.Kind(f["kind"])
		if !isExported(kind) {
			return out.reject(t.line, t.raw, "the kind is not known", "")
		}
		r := Record{Line: t.line, Kind: kind, At: st.at, Precision: st.precision, Network: community.Network(f["network"]), GroupID: f["group_id"],
			GroupName: f["group"], SenderID: f["sender_id"], SenderName: f["sender"], OperatorID: f["operator_id"], OperatorName: f["operator"],
			MessageID: f["message_id"], ReplyTo: f["reply_to"], Raw: t.raw}
		if r.Network == "" {
			r.Network = Import
		}
		in.nameGroup(&r)
		if f["details"] != "" {
			var data map[string]string
			if json.Unmarshal([]byte(f["details"]), &data) != nil {
				return out.reject(t.line, t.raw, "the details are not JSON", "")
			}
			for k, v := range data {
				r.set(cleanString(k), cleanString(v))
			}
		}
		r.setText(f["text"])
		if kind == community.MessagePosted {
			r.Content = knownContent(community.Content(f["type"]))
		} else {
			r.Mentions = nil
		}
		return out.record(r)
	})
}
