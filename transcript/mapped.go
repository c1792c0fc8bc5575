package transcript

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"qunying/community"
)

// ColumnMap says which column of a table, or which key of JSON lines, holds
// what. Columns are named as in the header row; where there is none, by number
// from 1. Time and one of Sender and SenderID are required, and Text.
type ColumnMap struct {
	Time, Sender, Text, ID, SenderID, Group, Type string
}

// ParseMap reads "time=…,sender=…,text=…[,id=…,sender_id=…,group=…,type=…]".
func ParseMap(s string) (ColumnMap, error) {
	var m ColumnMap
	fields := m.fields()
	for part := range strings.SplitSeq(s, ",") {
		key, column, ok := strings.Cut(part, "=")
		field := fields[strings.TrimSpace(key)]
		if !ok || field == nil || strings.TrimSpace(column) == "" {
			return m, community.Errorf(community.Invalid, "%q does not say which column is what", part).
				WithHint("write time=…,sender=…,text=… and, if there are such columns, id=…,sender_id=…,group=…,type=…")
		}
		*field = strings.TrimSpace(column)
	}
	return m, m.check()
}

func (m *ColumnMap) fields() map[string]*string {
	return map[string]*string{"time": &m.Time, "sender": &m.Sender, "text": &m.Text, "id": &m.ID,
		"sender_id": &m.SenderID, "group": &m.Group, "type": &m.Type}
}

func (m *ColumnMap) check() error {
	if m.Time == "" || m.Text == "" || m.Sender == "" && m.SenderID == "" {
		return community.Errorf(community.Invalid, "the map must name the columns of time, text and sender").
			WithHint("write time=…,sender=…,text=…")
	}
	return nil
}

// columnNames are headers by which columns are known, in lower case without
// spaces and underscores. Of several, the first in this list counts.
var columnNames = map[string][]string{
	"time":      {"time", "timestamp", "datetime", "date", "createdat", "createtime", "sentat", "strtime", "发送时间", "时间", "日期", "消息时间", "创建时间"},
	"sender":    {"sender", "sendername", "author", "nickname", "nick", "username", "fromnickname", "member", "membername", "from", "name", "user", "昵称", "群昵称", "发送者", "发送人", "发言人", "发送者昵称", "成员"},
	"text":      {"text", "content", "message", "msg", "body", "strcontent", "内容", "消息内容", "消息", "文本", "正文"},
	"id":        {"messageid", "msgid", "msgsvrid", "id", "消息id", "消息编号"},
	"sender_id": {"senderid", "userid", "authorid", "memberid", "fromid", "uid", "wxid", "uin", "qq", "qq号", "发送者qq号", "发送者id", "微信号"},
	"group":     {"group", "groupname", "roomname", "room", "channel", "channelname", "chat", "群", "群名", "群名称", "群聊"},
	"type":      {"type", "contenttype", "msgtype", "typename", "messagetype", "类型", "消息类型"},
}

func plainName(s string) string {
	return strings.NewReplacer("_", "", " ", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// guessMap finds what columns are by their names; ok is false where time, text
// or sender are missing.
func guessMap(header []string) (m ColumnMap, ok bool) {
	fields := m.fields()
	for what, names := range columnNames {
		best := len(names)
		for _, h := range header {
			if i := slices.Index(names, plainName(h)); i >= 0 && i < best {
				best = i
				*fields[what] = h
			}
		}
	}
	return m, m.check() == nil
}

// columns are the places of a map's columns in a row; -1 for those not there.
type columns struct {
	time, sender, text, id, senderID, group, kind int
	rest                                          []int // columns without a meaning
	header                                        []string
	numbered                                      bool // there is no header row
}

func (m ColumnMap) locate(in *input, header []string) (columns, error) {
	c := columns{header: header}
	fields := m.fields()
	at := map[string]int{}
	for what, name := range fields {
		at[what] = slices.Index(header, *name)
		if *name != "" && at[what] < 0 {
			n, err := strconv.Atoi(*name)
			if err != nil || n < 1 || n > len(header) {
				return c, community.Errorf(community.Invalid, "%s: there is no column %q", in.file, *name).
					WithHint("there are: " + strings.Join(header, ", "))
			}
			at[what] = n - 1
			c.numbered = true
		}
	}
	c.time, c.sender, c.text, c.id = at["time"], at["sender"], at["text"], at["id"]
	c.senderID, c.group, c.kind = at["sender_id"], at["group"], at["type"]
	for i := range header {
		if used := slices.Collect(maps.Values(at)); !slices.Contains(used, i) {
			c.rest = append(c.rest, i)
		}
	}
	return c, nil
}

// nameOf is a column's header, or its number from 1.
func (c *columns) nameOf(i int) string {
	if c.numbered {
		return strconv.Itoa(i + 1)
	}
	return c.header[i]
}

func knowsMappedCSV(in *input) bool { return knowsTable(in, ',') }
func knowsMappedTSV(in *input) bool { return knowsTable(in, '\t') }

func knowsTable(in *input, sep byte) bool {
	line, ok := in.headerLine()
	if !ok || strings.IndexByte(line, sep) < 0 || strings.HasPrefix(line, "{") || strings.HasPrefix(line, "[") {
		return false
	}
	header := splitHeader(line, sep)
	if in.opts.Map != (ColumnMap{}) {
		_, err := in.opts.Map.locate(in, header)
		return err == nil
	}
	_, ok = guessMap(header)
	return ok
}

func readMappedCSV(in *input, out *output) error { return readMapped(in, out, ',') }
func readMappedTSV(in *input, out *output) error { return readMapped(in, out, '\t') }

func readMapped(in *input, out *output, sep byte) error {
	t := newTable(in, sep)
	header, err := t.header(in)
	if err != nil {
		return err
	}
	m := in.opts.Map
	if m == (ColumnMap{}) {
		var ok bool
		if m, ok = guessMap(header); !ok {
			return community.Errorf(community.Invalid, "%s: its columns are not known: %s", in.file, strings.Join(header, ", ")).
				WithHint("name them: time=…,sender=…,text=…")
		}
	} else if err := m.check(); err != nil {
		return err
	}
	c, err := m.locate(in, header)
	if err != nil {
		return err
	}
	t.endsInTime = c.time == len(header)-1
	group := in.groupName()
	row := func() error { return mappedRow(in, out, &c, t.line, t.raw, t.fields, group) }
	if c.numbered { // the first row is a row
		if err := row(); err != nil {
			return err
		}
	}
	return t.rows(in, out, len(header), row)
}

func mappedRow(in *input, out *output, c *columns, line int, raw string, f []string, group string) error {
	at := func(i int) string {
		if i < 0 {
			return ""
		}
		return f[i]
	}
	st, ok := parseStamp(f[c.time])
	if !ok {
		return out.reject(line, raw, badTime, timeHint)
	}
	r := Record{Line: line, Kind: community.MessagePosted, Precision: st.precision, Network: Import, GroupName: at(c.group),
		SenderID: at(c.senderID), SenderName: at(c.sender), MessageID: at(c.id), Content: community.Text, Raw: raw}
	var err error
	if r.At, err = st.in(in); err != nil {
		return err
	}
	if r.GroupName == "" {
		r.GroupName = group
	}
	for _, i := range c.rest {
		if f[i] != "" {
			r.set(c.nameOf(i), f[i])
		}
	}
	if c.kind >= 0 && f[c.kind] != "" {
		if isSystemType(f[c.kind]) {
			return out.all(systemRecords(r, at(c.text)))
		}
		r.setNamedContent(f[c.kind])
	}
	r.setText(at(c.text))
	return out.record(r)
}

func isSystemType(s string) bool {
	switch plainName(s) {
	case "system", "10000", "系统", "系统消息", "notice":
		return true
	}
	return false
}

// setNamedContent sets the content from a word or from a WeChat client's number.
func (r *Record) setNamedContent(s string) {
	if c, ok := contentNames[strings.ToLower(strings.TrimSpace(s))]; ok {
		r.Content = c
		return
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
		if c, ok := wechatContent(n, 0); ok {
			r.Content = c
			return
		}
	}
	r.Content = community.Other
	r.set("type", s)
}

func knowsMappedLines(in *input) bool {
	for _, line := range in.headLines(20) {
		if isComment(line) {
			continue
		}
		var row map[string]json.RawMessage
		if json.Unmarshal([]byte(line), &row) != nil {
			return false
		}
		keys := slices.Sorted(maps.Keys(row))
		if in.opts.Map != (ColumnMap{}) {
			return slices.Contains(keys, in.opts.Map.Time)
		}
		_, ok := guessMap(keys)
		return ok
	}
	return false
}

// readMappedLines reads JSON objects, one a line, of which keys may differ: the
// map is guessed anew when they do.
func readMappedLines(in *input, out *output) error {
	if in.opts.Map != (ColumnMap{}) {
		if err := in.opts.Map.check(); err != nil {
			return err
		}
	}
	var (
		known  columns
		fields []string
		group  = in.groupName()
	)
	return jsonLines(in, out, func(line int, raw string, value []byte) error {
		var row map[string]json.RawMessage
		if reason := decodeRow(value, &row); reason != "" {
			return out.reject(line, raw, reason, "one JSON object a line")
		}
		keys := slices.Sorted(maps.Keys(row))
		if len(keys) == 0 || !slices.Equal(keys, known.header) {
			m := in.opts.Map
			if ok := m != (ColumnMap{}); !ok {
				if m, ok = guessMap(keys); !ok {
					return out.reject(line, raw, "its keys are not known: "+strings.Join(keys, ", "), "name them: time=…,sender=…,text=…")
				}
			}
			c, err := m.within(keys).locate(in, keys)
			if err != nil {
				var e *community.Error
				if errors.As(err, &e) {
					return out.reject(line, raw, e.Text, e.Hint)
				}
				return err
			}
			known = c
		}
		fields = fields[:0]
		for _, k := range keys {
			fields = append(fields, jsonCell(row[k]))
		}
		return mappedRow(in, out, &known, line, raw, fields, group)
	})
}

// within leaves out keys that may be missing from an object.
func (m ColumnMap) within(keys []string) ColumnMap {
	for _, f := range []*string{&m.ID, &m.SenderID, &m.Sender, &m.Group, &m.Type, &m.Text} {
		if !slices.Contains(keys, *f) {
			*f = ""
		}
	}
	return m
}

// jsonCell is a value as text: strings without quotes, null as nothing.
func jsonCell(v json.RawMessage) string {
	if len(v) > 0 && v[0] == '"' {
		var s string
		if json.Unmarshal(v, &s) == nil {
			return cleanString(s)
		}
	}
	if string(v) == "null" {
		return ""
	}
	return cleanString(string(v))
}
