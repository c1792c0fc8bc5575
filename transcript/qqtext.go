package transcript

import (
	"io"
	"strings"

	"qunying/community"
)

// QQ for PC writes text: a head per message (time, name, number) and the body on
// the lines after it, then an empty line. One file may hold several chats, each
// after a line 消息对象.

const (
	qqRule  = "================================================================"
	qqTitle = "消息记录（"
	qqChat  = "消息对象:"
	qqList  = "消息分组:"
)

// qqSystem are names under which system messages appear.
const qqSystem = "系统消息"

// shortestQQ is how many digits the shortest QQ numbers have.
const shortestQQ = 5

// qqHead is the head of a message.
type qqHead struct {
	stamp stamp
	name  string
	id    string // number or mail address
}

// parseQQHead reads "2006-01-02 3:04:05 名(10001)", "… 名<mail>" or "… 名".
func parseQQHead(line string) (h qqHead, ok bool) {
	if len(line) < len("2006-1-2 3:04:05 x") || line[0] < '0' || line[0] > '9' {
		return h, false
	}
	s, ok := h.stamp.parseDate(line)
	if !ok || s == "" || s[0] != ' ' {
		return h, false
	}
	s, ok = h.stamp.parseClock(strings.TrimLeft(s, " "))
	if !ok || h.stamp.precision != 1e9 || len(s) < 2 || s[0] != ' ' {
		return h, false
	}
	h.name, h.id = splitQQName(s[1:])
	return h, h.name != "" || h.id != ""
}

// splitQQName separates 名(10001) and 名<mail>; without either the ID is "".
func splitQQName(s string) (name, id string) {
	s = strings.TrimRight(s, " ")
	if s == "" {
		return "", ""
	}
	switch s[len(s)-1] {
	case ')':
		if i := strings.LastIndexByte(s, '('); i >= 0 {
			digits := s[i+1 : len(s)-1]
			if _, n := number(digits, len(digits)); n == len(digits) && n >= shortestQQ {
				return s[:i], digits
			}
		}
	case '>':
		if i := strings.LastIndexByte(s, '<'); i >= 0 && strings.IndexByte(s[i:], '@') > 0 {
			return s[:i], s[i+1 : len(s)-1]
		}
	}
	return s, ""
}

// couldBecomeHead reports whether a line that was cut may have been the
// beginning of a head or of a chat's title.
func couldBecomeHead(s string) bool {
	if strings.Trim(s, "=") == "" || strings.HasPrefix(qqChat, s) || strings.HasPrefix(qqList, s) {
		return true
	}
	const shape = "dddd-dd-dd dd:dd:dd "
	j := 0
	for i := 0; i < len(s); i++ {
		if j == len(shape) {
			return true
		}
		digit := s[i] >= '0' && s[i] <= '9'
		switch {
		case shape[j] == 'd' && digit, shape[j] != 'd' && s[i] == shape[j]:
			j++
		case shape[j] == 'd' && j >= 6 && j+1 < len(shape) && s[i] == shape[j+1]: // one digit only
			j += 2
		case j >= 11: // 上午, 下午
			return true
		default:
			return false
		}
	}
	return true
}

func knowsQQText(in *input) bool {
	lines := in.headLines(40)
	if len(lines) == 0 {
		return false
	}
	if strings.HasPrefix(lines[0], qqTitle) {
		return true
	}
	if h, ok := parseQQHead(lines[0]); ok && h.id != "" {
		return true
	}
	for i, l := range lines {
		if strings.HasPrefix(l, qqChat) && i > 0 && lines[i-1] == qqRule {
			return true
		}
	}
	return false
}

// qqText reads one file. The record being read is held as text (head, line break,
// body) so that it becomes one string.
type qqText struct {
	in    *input
	out   *output
	lines lineReader

	group   string
	noIDs   bool // heads of this chat have no numbers
	decided bool // whether noIDs is known
	titles  bool // within a title, before the first head
	rule    bool // a line of ==== was held back: a title may follow

	open      bool // a record is being read
	line      int
	text      []byte
	headLen   int
	blank     int // empty lines not yet put into text
	bodyLines int // , the empty ones included
}

func readQQText(in *input, out *output) error {
	q := &qqText{in: in, out: out, lines: lineReader{br: in.br}, group: in.groupName(), titles: true}
	for {
		b, ended, err := q.lines.next()
		switch {
		case err == io.EOF:
			return q.finish()
		case err == errLongRow:
			q.open = false
			err = out.reject(q.lines.n, "", err.Error(), "")
		case err != nil:
			return in.cut(q.lines.n, err)
		case !ended:
			return q.lastLine(clean(b))
		default:
			err = q.take(b)
		}
		if err != nil {
			return err
		}
	}
}

// take reads one complete line.
func (q *qqText) take(b []byte) error {
	if len(b) == 0 {
		if q.rule {
			q.dropRule()
		}
		q.blank++
		q.bodyLines++
		return nil
	}
	switch b[0] {
	case '=':
		if string(b) == qqRule {
			if q.rule {
				q.dropRule()
			}
			q.rule = true
			return nil
		}
	case qqChat[0]:
		if s := string(b); q.rule && (strings.HasPrefix(s, qqChat) || strings.HasPrefix(s, qqList)) {
			return q.title(s)
		}
	}
	if q.rule {
		q.dropRule()
	}
	if b[0] >= '0' && b[0] <= '9' {
		line := clean(b)
		if h, ok := parseQQHead(line); ok && q.isHead(h) {
			return q.head(line)
		}
	}
	return q.body(b)
}

// isHead decides whether a line that has a head's shape is one. Without a number
// it is, in chats whose first head has none, after an empty line.
func (q *qqText) isHead(h qqHead) bool {
	if h.id != "" {
		if !q.decided && h.name != qqSystem {
			q.decided = true
		}
		return true
	}
	if !q.decided && !q.open {
		q.decided, q.noIDs = true, true
	}
	if !q.decided && q.blank > 0 { // after system messages only
		q.decided, q.noIDs = true, true
	}
	return q.noIDs && (q.blank > 0 || !q.open)
}

// title reads 消息分组 and 消息对象.
func (q *qqText) title(s string) error {
	q.rule = false
	if err := q.flush(true); err != nil {
		return err
	}
	if name, ok := strings.CutPrefix(s, qqChat); ok {
		q.group = strings.TrimSpace(cleanString(name))
		if q.group == "" {
			q.group = q.in.groupName()
		}
	}
	q.titles, q.decided, q.noIDs, q.blank = true, false, false, 0
	return nil
}

// dropRule takes a held line of ==== for text, unless it ends a title.
func (q *qqText) dropRule() {
	q.rule = false
	if !q.titles {
		q.addBody([]byte(qqRule))
	}
}

func (q *qqText) head(line string) error {
	if err := q.flush(true); err != nil {
		return err
	}
	q.open, q.titles, q.line = true, false, q.lines.n
	q.text = append(q.text[:0], line...)
	q.headLen, q.blank, q.bodyLines = len(line), 0, 0
	return nil
}

func (q *qqText) body(b []byte) error {
	if q.open {
		q.addBody(b)
		if len(q.text) > maxRow {
			q.open = false
			return q.out.reject(q.line, clean(q.text[:maxRaw]), "the message is longer than 1 MiB", "")
		}
		return nil
	}
	if q.titles && strings.HasPrefix(string(b), "消息记录") {
		return nil
	}
	return q.out.reject(q.lines.n, clean(b), "there is text before the first message", "")
}

func (q *qqText) addBody(b []byte) {
	if !q.open {
		return
	}
	for ; q.blank > 0; q.blank-- {
		q.text = append(q.text, '\n')
	}
	q.text = append(append(q.text, '\n'), cleanBytes(b)...)
	q.bodyLines++
}

// flush gives the record out. whole says that what follows it was seen.
func (q *qqText) flush(whole bool) error {
	if !q.open {
		q.blank = 0
		return nil
	}
	q.open = false
	raw := string(q.text)
	h, _ := parseQQHead(raw[:q.headLen])
	r := Record{Line: q.line, Kind: community.MessagePosted, Precision: h.stamp.precision, Network: QQ, GroupName: q.group,
		SenderID: h.id, SenderName: h.name, Raw: raw}
	var err error
	if r.At, err = h.stamp.in(q.in); err != nil {
		return err
	}
	text := strings.TrimPrefix(raw[q.headLen:], "\n")
	if h.name == qqSystem && (h.id == "10000" || h.id == "1000000" || h.id == "") {
		if !whole {
			return q.out.rejectLast(q.line, raw, "the last message may be cut")
		}
		return q.out.all(systemRecords(r, text))
	}
	if title, rest, ok := strings.Cut(h.name, "】"); ok && rest != "" && strings.HasPrefix(title, "【") {
		r.SenderName = rest
		r.set("title", strings.TrimPrefix(title, "【"))
	}
	r.setText(text)
	r.Content = placeholder(text)
	return q.out.record(r)
}

// lastLine reads a line at the end of the file that has no line break.
func (q *qqText) lastLine(s string) error {
	if s == "" {
		return q.finish()
	}
	held := q.rule
	q.rule = false
	doubtful := held || couldBecomeHead(s) || !q.open
	if !doubtful {
		q.addBody([]byte(s))
		return q.flush(false)
	}
	if err := q.finish(); err != nil {
		return err
	}
	return q.out.rejectLast(q.lines.n, s, "the last line may be cut")
}

// finish ends the file after a complete line.
func (q *qqText) finish() error {
	if q.rule {
		q.rule = false
		if !q.titles {
			if err := q.flush(q.blank > 0); err != nil {
				return err
			}
			return q.out.reject(q.lines.n, qqRule, "the file may be cut before the name of a chat", "")
		}
	}
	if q.open && q.bodyLines == 0 {
		q.open = false
		return q.out.reject(q.line, clean(q.text), "the last message has no text, so it may be cut", "export it again")
	}
	return q.flush(q.blank > 0)
}

// cleanBytes is clean without a copy where nothing is to be done.
func cleanBytes(b []byte) []byte {
	if isClean(b) {
		return b
	}
	return []byte(clean(b))
}
