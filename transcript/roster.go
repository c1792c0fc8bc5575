package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"qunying/community"
)

// Bounds of a member list. The largest groups of any platform have some 200,000
// members.
const (
	maxRosterBytes   = 32 << 20
	maxRosterMembers = 500_000
	maxSheetBytes    = 256 << 20 // unpacked
)

// Roster is a member list (花名册) as a file gives it.
type Roster struct {
	Group   string    // from Options.Group, else the file's name
	At      time.Time // when the file was last written, UTC: the list is of then or before
	Members []Member
}

// Member is one line of a member list.
type Member struct {
	ID       string            // number, wxid or other ID of the platform; "" in pasted names
	Name     string            // the name in the group, else the account's
	Remark   string            // how the list's owner calls them
	Role     string            // as written: 群主, 管理员, …
	JoinedAt time.Time         // UTC; zero where the list does not tell
	Data     map[string]string // columns without a field of their own
}

// rosterNames are headers by which columns are known, in lower case without
// spaces and underscores. Of several, the first in this list counts.
var rosterNames = map[string][]string{
	"id":     {"wxid", "username", "userid", "memberid", "platformid", "微信id", "用户id", "成员id", "qq", "qq号", "qq号码", "微信号", "uin", "uid", "id", "账号"},
	"name":   {"群昵称", "群名片", "groupnickname", "displayname", "nickname", "昵称", "微信昵称", "qq昵称", "accountname", "name", "姓名", "成员", "名称", "用户名"},
	"remark": {"remark", "备注", "备注名"},
	"role":   {"role", "角色", "身份", "群身份", "职务"},
	"joined": {"joinedat", "jointime", "joined", "入群时间", "进群时间", "加入时间", "入群日期"},
}

// ReadRoster reads a member list: a spreadsheet (.xlsx, its first sheet), a table
// with a header row (CSV, TSV), or names, one a line or separated by 、 , ; or
// tabs. Options.Zone is needed where the list has times of joining without a
// zone. It is Invalid when the file is none of these or too large.
func ReadRoster(path string, opts Options) (Roster, error) {
	f, err := os.Open(path)
	if err != nil {
		code := community.Internal
		if errors.Is(err, os.ErrNotExist) {
			code = community.NotFound
		}
		return Roster{}, &community.Error{Code: code, Text: "cannot open " + path, Err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Roster{}, &community.Error{Code: community.Internal, Text: "cannot read " + path, Err: err}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxRosterBytes+1))
	if err != nil {
		return Roster{}, &community.Error{Code: community.Internal, Text: "cannot read " + path, Err: err}
	}
	name := filepath.Base(path)
	if len(data) > maxRosterBytes {
		return Roster{}, community.Errorf(community.Invalid, "%s is larger than 32 MiB", name).WithHint("a member list is smaller; is this an export of messages?")
	}
	r, err := ParseRoster(name, data, opts)
	r.At = info.ModTime().UTC()
	return r, err
}

// ParseRoster reads a member list that is in memory; At stays zero.
func ParseRoster(name string, data []byte, opts Options) (Roster, error) {
	r := Roster{Group: opts.Group}
	var err error
	if r.Group == "" {
		r.Group = stem(name)
	}
	in := &input{file: name, opts: opts}
	var rows [][]string
	if isZip(data) {
		rows, err = sheetRows(name, data)
	} else {
		rows, err = textRows(in, data)
	}
	if err != nil {
		return Roster{}, err
	}
	r.Members, err = rosterMembers(in, rows)
	return r, err
}

// sheetRows reads the first sheet.
func sheetRows(name string, data []byte) ([][]string, error) {
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxSheetBytes, UnzipXMLSizeLimit: maxSheetBytes})
	if err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: name + " cannot be read as a spreadsheet", Hint: "save it as .xlsx or CSV again", Err: err}
	}
	defer book.Close()
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		return nil, community.Errorf(community.Invalid, "%s has no sheet", name)
	}
	it, err := book.Rows(sheets[0])
	if err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: name + " cannot be read as a spreadsheet", Err: err}
	}
	defer it.Close()
	var rows [][]string
	for it.Next() {
		cells, err := it.Columns()
		if err != nil {
			return nil, &community.Error{Code: community.Invalid, Text: name + " cannot be read as a spreadsheet", Err: err}
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cleanString(cells[i]))
		}
		if slices.ContainsFunc(cells, func(s string) bool { return s != "" }) {
			rows = append(rows, cells)
		}
		if len(rows) > maxRosterMembers {
			return nil, tooManyRows(name)
		}
	}
	if err := it.Error(); err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: name + " cannot be read as a spreadsheet", Err: err}
	}
	return rows, nil
}

// textRows reads a table if its first line is a header, else names.
func textRows(in *input, data []byte) ([][]string, error) {
	text, err := io.ReadAll(decodeText(bytes.NewReader(data)))
	if err != nil {
		return nil, in.cut(0, err)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, community.Errorf(community.Invalid, "%s is not text", in.file).
			WithHint("a member list is a spreadsheet (.xlsx), a CSV or TSV with a header row, or names, one a line")
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	for _, sep := range []byte{'\t', ',', ';'} {
		if bytes.IndexByte(first, sep) >= 0 && locateRoster(splitHeader(strings.TrimRight(clean(first), "\r"), sep)).known() {
			return tableRows(in, text, sep)
		}
	}
	return nameRows(text), nil
}

func tableRows(in *input, text []byte, sep byte) ([][]string, error) {
	if n := len(text); n > 0 && text[n-1] != '\n' {
		text = append(text, '\n') // lists are typed by hand; a missing line break is no sign of a cut
	}
	t := newTable(&input{br: bufio.NewReader(bytes.NewReader(text))}, sep)
	var rows [][]string
	for {
		reason, hint, err := t.next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, in.cut(t.line, err)
		}
		if reason == "" && len(rows) > 0 && len(t.fields) > len(rows[0]) {
			reason = "the row has " + count(len(t.fields)) + ", the header has " + count(len(rows[0]))
		}
		if reason != "" {
			return nil, community.Errorf(community.Invalid, "%s:%d: %s", in.file, t.line, reason).WithHint(hint)
		}
		row := make([]string, len(t.fields))
		for i, f := range t.fields {
			row[i] = strings.TrimSpace(f)
		}
		if rows = append(rows, row); len(rows) > maxRosterMembers {
			return nil, tooManyRows(in.file)
		}
	}
}

// nameRows reads pasted names.
func nameRows(text []byte) [][]string {
	var rows [][]string
	for _, name := range strings.FieldsFunc(clean(text), func(r rune) bool {
		return r == '\n' || r == '\r' || r == '\t' || r == '、' || r == ',' || r == ';' || r == '，' || r == '；'
	}) {
		if name = strings.TrimSpace(name); name != "" {
			rows = append(rows, []string{name})
		}
	}
	return rows
}

func tooManyRows(name string) error {
	return community.Errorf(community.Invalid, "%s has more than %d rows", name, maxRosterMembers).WithHint("split the list by group")
}

// rosterColumns are the places of columns; -1 for those not there.
type rosterColumns struct {
	id, name, remark, role, joined int
	names                          []int // columns of names, the best first
	header                         []string
}

func (c rosterColumns) known() bool { return c.id >= 0 || c.name >= 0 }

func locateRoster(header []string) rosterColumns {
	find := func(what string) int {
		place, best := -1, len(rosterNames[what])
		for i, h := range header {
			if k := slices.Index(rosterNames[what], plainName(h)); k >= 0 && k < best {
				place, best = i, k
			}
		}
		return place
	}
	c := rosterColumns{find("id"), find("name"), find("remark"), find("role"), find("joined"), nil, header}
	for _, known := range rosterNames["name"] {
		for i, h := range header {
			if plainName(h) == known {
				c.names = append(c.names, i)
			}
		}
	}
	return c
}

// rosterMembers turns rows into members. Without a header row the first cell is
// the name.
func rosterMembers(in *input, rows [][]string) ([]Member, error) {
	if len(rows) == 0 {
		return nil, community.Errorf(community.Invalid, "%s holds no members", in.file).
			WithHint("write a header row such as 昵称,微信号 or names, one a line")
	}
	c := locateRoster(rows[0])
	if c.known() {
		rows = rows[1:]
	} else {
		c = rosterColumns{-1, 0, -1, -1, -1, []int{0}, nil}
	}
	if len(rows) > maxRosterMembers {
		return nil, tooManyRows(in.file)
	}
	members := make([]Member, 0, len(rows))
	for n, row := range rows {
		m, err := c.member(in, row)
		if err != nil {
			return nil, err
		}
		if m.ID == "" && m.Name == "" && m.Remark == "" {
			continue
		}
		if len(m.Name) > 4096 || len(m.ID) > 4096 {
			return nil, community.Errorf(community.Invalid, "%s: the name in row %d is longer than 4096 bytes", in.file, n+1).
				WithHint("a member list has a header row or one name a line")
		}
		members = append(members, m)
	}
	return members, nil
}

func (c rosterColumns) member(in *input, row []string) (Member, error) {
	at := func(i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return row[i]
	}
	m := Member{ID: at(c.id), Remark: at(c.remark), Role: at(c.role)}
	for _, i := range c.names {
		if m.Name = at(i); m.Name != "" {
			c.name = i // the others are details
			break
		}
	}
	if s := at(c.joined); s != "" {
		st, ok := parseStamp(s)
		if !ok {
			st, ok = parseDay(s)
		}
		if !ok {
			return m, community.Errorf(community.Invalid, "%s: %q is not a time of joining", in.file, s).WithHint(timeHint)
		}
		var err error
		if m.JoinedAt, err = st.in(in); err != nil {
			return m, err
		}
	}
	for i, h := range c.header {
		if i != c.id && i != c.name && i != c.remark && i != c.role && i != c.joined && h != "" && at(i) != "" {
			if m.Data == nil {
				m.Data = make(map[string]string)
			}
			m.Data[h] = at(i)
		}
	}
	return m, nil
}

// parseDay reads a date without a clock as its midnight.
func parseDay(s string) (stamp, bool) {
	var t stamp
	rest, ok := t.parseDate(strings.TrimSpace(s))
	return t, ok && rest == ""
}
