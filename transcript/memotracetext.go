package transcript

import (
	"io"
	"strings"

	"qunying/community"
)

// MemoTrace writes text, too: a head per message (time and name), its lines, an
// empty line. What the client itself said stands on the line of the time.

// memoHead splits a line that begins with a time to the second.
func memoHead(line string) (st stamp, rest string, ok bool) {
	if len(line) < len("2006-01-02 15:04:05 x") || line[10] != ' ' {
		return st, "", false
	}
	st, ok = parseStamp(line[:19])
	if !ok || st.instant || line[19] != ' ' || strings.TrimSpace(line[20:]) == "" {
		return st, "", false
	}
	return st, line[20:], true
}

func knowsMemoTraceText(in *input) bool {
	lines := in.headLines(1)
	if len(lines) == 0 || len(lines[0]) < 20 || lines[0][4] != '-' {
		return false
	}
	_, rest, ok := memoHead(lines[0])
	// Logs of IRC programs have < > and signs of their own after the time.
	if !ok || strings.IndexByte("<*-=[", rest[0]) >= 0 {
		return false
	}
	// Logs of other programs have such a time in every line.
	_, after, _ := strings.Cut(strings.TrimLeft(string(in.head), "\r\n"), "\n")
	next, _, _ := strings.Cut(after, "\n")
	_, _, again := memoHead(strings.TrimRight(clean([]byte(next)), "\r"))
	return !again
}

// memoText reads one file.
type memoText struct {
	in    *input
	out   *output
	group string

	open  bool
	line  int
	stamp stamp
	name  string
	raw   []byte
	text  []byte
	lines int // of the body, the empty ones at its end included
	blank int // empty lines since the last that was not
}

func readMemoTraceText(in *input, out *output) error {
	m := &memoText{in: in, out: out, group: strings.TrimSuffix(in.groupName(), "_utf8")}
	lines := lineReader{br: in.br}
	for {
		b, ended, err := lines.next()
		switch {
		case err == io.EOF:
			return m.flush(true)
		case err == errLongRow:
			m.open = false
			err = out.reject(lines.n, "", err.Error(), "")
		case err != nil:
			return in.cut(lines.n, err)
		case !ended:
			if err := m.flush(true); err != nil {
				return err
			}
			return out.rejectLast(lines.n, clean(b), "the last line may be cut")
		default:
			err = m.take(lines.n, b)
		}
		if err != nil {
			return err
		}
	}
}

// take reads one complete line. A line is a head only after an empty one, since
// members paste such lines.
func (m *memoText) take(n int, b []byte) error {
	if len(b) == 0 {
		m.lines++
		m.blank++
		return nil
	}
	s := clean(b)
	if st, rest, ok := memoHead(s); ok && (!m.open || m.blank > 0) {
		if err := m.flush(false); err != nil {
			return err
		}
		m.open, m.line, m.stamp, m.name = true, n, st, strings.TrimSpace(rest)
		m.raw, m.text, m.lines, m.blank = append(m.raw[:0], s...), m.text[:0], 0, 0
		return nil
	}
	if !m.open {
		return m.out.reject(n, s, "there is text before the first message", "")
	}
	breaks := m.blank
	if len(m.text) > 0 {
		breaks++
	}
	for range breaks {
		m.text = append(m.text, '\n')
	}
	m.text, m.raw = append(m.text, s...), append(append(m.raw, '\n'), s...)
	m.lines, m.blank = m.lines+1, 0
	if len(m.text) > maxRow {
		m.open = false
		return m.out.reject(m.line, clean(m.raw[:maxRaw]), "the message is longer than 1 MiB", "")
	}
	return nil
}

// flush gives out what was being read. At the end of the file it refuses what may
// be cut in a way that would make it something else.
func (m *memoText) flush(last bool) error {
	if !m.open {
		return nil
	}
	m.open = false
	r := Record{Line: m.line, Kind: community.MessagePosted, Precision: m.stamp.precision, Network: WeChat, GroupName: m.group, Raw: string(m.raw)}
	var err error
	if r.At, err = m.stamp.in(m.in); err != nil {
		return err
	}
	if len(m.text) == 0 && m.lines < 2 { // a sentence of the client's
		list := systemRecords(r, m.name)
		if last && (m.lines == 0 || list[0].Kind == community.PlatformOther) {
			return m.out.reject(m.line, r.Raw, "the last message may be cut", "export it again, or add two empty lines")
		}
		return m.out.all(list)
	}
	if last && m.blank == 0 {
		return m.out.rejectLast(m.line, r.Raw, "the last message may be cut")
	}
	r.SenderName = m.name
	text := string(m.text)
	r.Content = placeholder(text)
	if isXML(text) {
		text, r.Content = xmlTitle(text), community.Other
	}
	r.setText(text)
	return m.out.record(r)
}
