package transcript

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"qunying/community"
)

// IRC clients and loggers write a line per message, with the clock and seldom
// the date, which then stands in the file's name. Lines about joins, leaves and
// renames may lack the clock, too; their time is that of the line before.

// ircPending is how many lines may come before the first clock.
const ircPending = 1000

// halfDay is how exact a time is when the clock lacks am and pm.
const halfDay = 12 * time.Hour

// ircLine is a line taken apart.
type ircLine struct {
	dated  bool // stamp has a date
	timed  bool // stamp has a clock
	stamp  stamp
	mark   string // "<>" message, "-" notice to the channel, "*" action, "***", "===", "-!-", "-->", "<--", "---" notices
	nick   string // of messages
	text   string
	atName bool // an action or notice: a cut could shorten its name
}

// parseIRCLine takes a line apart; ok is false for what no logger writes.
func parseIRCLine(s string) (l ircLine, ok bool) {
	rest := l.clock(s)
	if l.timed {
		trimmed := strings.TrimLeft(rest, " \t")
		if trimmed == rest {
			return l, false
		}
		rest = trimmed
	}
	if strings.HasPrefix(rest, "<") && !strings.HasPrefix(rest, "<--") {
		end := strings.Index(rest, "> ")
		if end < 0 {
			if !strings.HasSuffix(rest, ">") {
				return l, false
			}
			end = len(rest) - 1
		}
		l.mark, l.nick = "<>", strings.TrimLeft(strings.TrimSpace(rest[1:end]), "@+%&~")
		l.text = strings.TrimPrefix(rest[end+1:], " ")
		return l, l.timed && l.nick != ""
	}
	if nick, text, ok := parseNotice(rest); ok {
		l.mark, l.nick, l.text = "-", nick, text
		return l, l.timed
	}
	mark, text, spaced := strings.Cut(rest, " ")
	l.mark, l.text, l.atName = mark, strings.TrimLeft(text, " "), true
	switch mark {
	case "*":
		return l, spaced && l.timed && l.text != ""
	case "***", "===", "-!-", "-->", "<--", "---", "--":
		return l, spaced && l.text != ""
	}
	return l, false
}

// parseNotice reads "-nick:#channel- text", a message that asks for no answer.
func parseNotice(s string) (nick, text string, ok bool) {
	if !strings.HasPrefix(s, "-") {
		return "", "", false
	}
	to, text, ok := strings.Cut(s[1:], "- ")
	if !ok || strings.ContainsAny(to, " \t") {
		return "", "", false
	}
	nick, _, ok = strings.Cut(to, ":#")
	return nick, text, ok && nick != ""
}

// clock reads [12:18], 12:18, [12:18:01] or either with a date from the front.
func (l *ircLine) clock(s string) (rest string) {
	inner, bracket := strings.CutPrefix(s, "[")
	if inner == "" || inner[0] < '0' || inner[0] > '9' {
		return s
	}
	if len(inner) > 5 && inner[4] == '-' {
		after, ok := l.stamp.parseDate(inner)
		if !ok || after == "" || after[0] != ' ' && after[0] != 'T' {
			return s
		}
		l.dated, inner = true, after[1:]
	}
	after, ok := l.stamp.parseClock(inner)
	if ok && bracket {
		after, ok = strings.CutPrefix(after, "]")
	}
	if !ok {
		l.dated = false
		return s
	}
	l.timed = true
	return after
}

func knowsIRC(in *input) bool {
	lines := in.headLines(60)
	var good, timed, messages int
	for _, s := range lines {
		if l, ok := parseIRCLine(s); ok {
			good++
			if l.timed {
				timed++
			}
			if l.mark == "<>" {
				messages++
			}
		}
	}
	return timed > 0 && (messages > 0 || good > 1) && good*10 >= len(lines)*7
}

// fileDay is the day in a file's name: 2004-11-15, 20041115 or folders 2004/11/15.
var fileDay = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)\d\d)[-/_.]?(\d\d)[-/_.]?(\d\d)(?:[^0-9]|$)`)

// windowName is how windows cut out of #ubuntu's logs are named in the data set
// of Kummerfeld and others (2019): by the day of the annotated part. That part
// follows a thousand lines of context in windows named _HH (its hour) and
// train-a and train-b; train-c begins on the day in its name. So a window that
// crosses midnight in its context begins on the day before: dates that members
// pasted agree.
var windowName = regexp.MustCompile(`\d\d(?:_(\d\d)|\.(train-[abc]))\.raw`)

// eveningHour: windows train-a and train-b that begin at 19:00 or later cross
// midnight within their thousand lines.
const eveningHour = 19

// ircText reads one log.
type ircText struct {
	in    *input
	out   *output
	lines lineReader
	group string

	day     time.Time // midnight UTC of the day that the clock is on; zero if unknown
	begins  string    // the file's name, until the first clock
	last    int       // minutes of the last clock, -1 before it
	past12  bool      // the clock is known to be one of 24 hours
	halves  int       // half days to add, on a clock of 12 hours
	at      time.Time
	exact   time.Duration
	waiting []waitingLine
}

type waitingLine struct {
	n    int
	line ircLine
	raw  string
}

func readIRC(in *input, out *output) error {
	q := &ircText{in: in, out: out, lines: lineReader{br: in.br}, begins: in.file, last: -1, group: ircGroup(in), past12: ircPast12(in)}
	if m := fileDay.FindStringSubmatch(in.file); m != nil {
		if t, err := time.Parse("20060102", m[1]+m[2]+m[3]); err == nil && knownYear(t.Year()) {
			q.day = t
		}
	}
	for {
		b, ended, err := q.lines.next()
		switch {
		case err == io.EOF:
			return q.finish()
		case err == errLongRow:
			err = out.reject(q.lines.n, "", err.Error(), "")
		case err != nil:
			return in.cut(q.lines.n, err)
		case len(strings.TrimSpace(string(b))) > 0:
			err = q.take(clean(b), ended)
		}
		if err != nil {
			return err
		}
	}
}

// ircGroup is the channel, where the first lines name it; IRC does not tell
// letters' cases apart. In an archive of one channel, many a file names none: it
// is of the only channel that the files before it named.
func ircGroup(in *input) string {
	head, _ := in.br.Peek(sniffSize)
	if m := ircChannel.FindSubmatch(head); m != nil {
		channel := strings.ToLower(clean(m[1]))
		in.names.channels[channel] = true
		return channel
	}
	if in.packed && (in.opts.Group == "" || in.opts.Guessed) && len(in.names.channels) == 1 {
		for channel := range in.names.channels {
			return channel
		}
	}
	if in.packed && in.opts.Group == "" {
		return stem(in.archive)
	}
	return in.groupName()
}

var ircChannel = regexp.MustCompile(`(?m)^[\[\]0-9T: -]*(?:===|\*\*\*|-!-|-->|<--|--) [^\n]*?(?:has joined|has left|alking in|alking on|topic of|Topic for) (#[^\s:,]+)`)

// ircPast12 says whether the first lines have a clock of 24 hours: one that shows
// 13:00 or later, or both 12 and 0 for the hour, which no clock of 12 hours does.
func ircPast12(in *input) bool {
	head, _ := in.br.Peek(sniffSize)
	noon, midnight := false, false
	for line := range bytes.Lines(head) {
		if l, ok := parseIRCLine(strings.TrimRight(clean(line), "\r\n")); ok && l.timed {
			if l.stamp.h > 12 {
				return true
			}
			noon, midnight = noon || l.stamp.h == 12, midnight || l.stamp.h == 0
		}
	}
	return noon && midnight
}

func (q *ircText) take(s string, ended bool) error {
	l, ok := parseIRCLine(s)
	if !ok {
		return q.out.reject(q.lines.n, s, "the line is no message, action or notice", "")
	}
	if !ended && (l.atName || l.text == "" && !strings.HasSuffix(s, "> ")) {
		return q.out.rejectLast(q.lines.n, s, "the last line has no line break, so it may be cut")
	}
	if l.mark == "---" && !l.timed && q.dayLine(l.text) {
		return nil
	}
	if !l.timed {
		if q.last >= 0 {
			return q.write(q.lines.n, l, s, true)
		}
		if len(q.waiting) == ircPending {
			return q.out.reject(q.lines.n, s, "no line before this one has a clock", "")
		}
		q.waiting = append(q.waiting, waitingLine{q.lines.n, l, s})
		return nil
	}
	if err := q.advance(l); err != nil {
		return err
	}
	for _, w := range q.waiting {
		if err := q.write(w.n, w.line, w.raw, true); err != nil {
			return err
		}
	}
	q.waiting = nil
	return q.write(q.lines.n, l, s, false)
}

func (q *ircText) finish() error {
	for _, w := range q.waiting {
		if err := q.out.reject(w.n, w.raw, "no line of the file has a clock", ""); err != nil {
			return err
		}
	}
	return nil
}

// dayLine reads "--- Day changed Mon Dec 04 2006" and "--- Log opened Mon Dec 04
// 07:27:08 2006"; "Log closed" tells nothing.
func (q *ircText) dayLine(text string) bool {
	for prefix, layout := range map[string]string{
		"Day changed ": "Mon Jan _2 2006", "Log opened ": "Mon Jan _2 15:04:05 2006",
	} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			t, err := time.Parse(layout, rest)
			if err != nil || !knownYear(t.Year()) {
				return false
			}
			y, m, d := t.Date()
			q.day, q.last, q.halves, q.begins = time.Date(y, m, d, 0, 0, 0, 0, time.UTC), -1, 0, ""
			return true
		}
	}
	return strings.HasPrefix(text, "Log closed")
}

// advance moves to the time of a line with a clock.
//
// A clock that goes back by over an hour has passed midnight, or noon on a clock
// of 12 hours: that is so if nothing shows that it has 24, and the step is under an
// hour when read that way. Which half of the day such a file begins in nothing tells,
// so from there on times are exact to 12 hours only.
func (q *ircText) advance(l ircLine) error {
	now := l.stamp.h*60 + l.stamp.mi
	switch {
	case l.dated:
		q.day, q.halves = time.Date(l.stamp.y, time.Month(l.stamp.mo), l.stamp.d, 0, 0, 0, 0, time.UTC), 0
	case q.day.IsZero():
		return community.Errorf(community.Invalid, "%s: nothing tells the day of its times", q.in.file).
			WithHint("name the file by the day on which it begins, such as 2004-11-15.txt")
	case q.last < 0:
		if beginsOnEve(q.begins, l.stamp.h) {
			q.day = q.day.AddDate(0, 0, -1)
		}
	case q.last-now > 60:
		if !q.past12 && l.stamp.h < 13 && q.last >= 11*60 && now+12*60 >= q.last && now+12*60-q.last <= 60 {
			q.halves++
		} else {
			q.day = q.day.AddDate(0, 0, 1)
		}
	}
	q.last = now
	q.past12 = q.past12 || l.stamp.h > 12
	q.exact = l.stamp.precision
	if q.halves > 0 {
		q.exact = halfDay
	}
	st := l.stamp
	y, m, d := q.day.Date()
	st.y, st.mo, st.d, st.h = y, int(m), d, st.h+12*q.halves
	var err error
	q.at, err = st.in(q.in)
	return err
}

// beginsOnEve reports whether a window begins on the day before the one in its
// name. hour is that of its first clock.
func beginsOnEve(file string, hour int) bool {
	m := windowName.FindStringSubmatch(file)
	if m == nil {
		return false
	}
	if m[1] != "" {
		at, err := strconv.Atoi(m[1])
		return err == nil && hour > at
	}
	return m[2] != "train-c" && hour >= eveningHour
}

// write gives a line out. inferred says that its time is another line's.
func (q *ircText) write(n int, l ircLine, raw string, inferred bool) error {
	r := Record{Line: n, Kind: community.MessagePosted, At: q.at, Precision: q.exact, Network: IRC, GroupName: q.group, Raw: raw}
	if inferred {
		r.set("time", "inferred")
	}
	switch l.mark {
	case "<>":
		r.Content, r.SenderName, r.Text = community.Text, l.nick, l.text
	case "-":
		r.Content, r.SenderName, r.Text = community.Text, l.nick, l.text
		r.set("act", "notice")
	case "*":
		r.action(l.text)
	default:
		r.ircNotice(l.mark, l.text)
	}
	return q.out.record(r)
}

// action is what /me writes: the author and what they do.
func (r *Record) action(text string) {
	r.Kind, r.Content = community.MessagePosted, community.Text
	r.SenderName, r.Text, _ = strings.Cut(text, " ")
	r.set("act", "me")
}

var (
	ircMoved   = regexp.MustCompile(`^(.+?)\s+(?:[\[(]\S*@\S*[\])]\s+)?has (joined|left|quit)(?:\s+(#\S+))?(?:\s+(.*))?$`)
	ircRenamed = regexp.MustCompile(`^(.+?)\s+is now known as (.+?)\s*$`)
	ircKicked  = regexp.MustCompile(`^(\S+) (?:was|has been) kicked (?:off|from) #\S+ by (\S+)(?: [\[(](.*)[\])])?$`)
	ircTopic   = regexp.MustCompile(`^(\S+) (?:has )?changed the topic (?:of #\S+ )?to:? (.*)$`)
	ircTopicBy = regexp.MustCompile(`^\.\.\[topic/#\S+?:(\S+)\]\s*:\s*(.*)$`)
)

// ircNotice reads what happened in the channel.
func (r *Record) ircNotice(mark, text string) {
	text = strings.TrimSpace(text)
	r.Kind, r.Text = community.PlatformOther, text
	if m := ircMoved.FindStringSubmatch(text); m != nil && !strings.ContainsAny(m[1], "@\"") {
		r.SenderName, r.Text = m[1], ""
		switch m[2] {
		case "joined":
			r.Kind = community.MemberJoined
			r.set("way", "direct")
		case "left":
			r.Kind = community.MemberLeft
			r.set("way", "direct")
		case "quit":
			r.Kind = community.MemberLeft
			r.set("way", "quit")
		}
		if reason := strings.Trim(m[4], `[]()"`); reason != "" && m[2] != "joined" {
			r.set("reason", reason)
		}
		return
	}
	if m := ircRenamed.FindStringSubmatch(text); m != nil {
		r.Kind, r.SenderName, r.Text = community.MemberRenamed, m[2], ""
		r.set("old", m[1])
		return
	}
	if m := ircKicked.FindStringSubmatch(text); m != nil {
		r.Kind, r.SenderName, r.OperatorName, r.Text = community.MemberLeft, m[1], m[2], ""
		r.set("way", "removed")
		if m[3] != "" {
			r.set("reason", m[3])
		}
		return
	}
	for _, re := range []*regexp.Regexp{ircTopic, ircTopicBy} {
		if m := re.FindStringSubmatch(text); m != nil {
			r.Kind, r.SenderName, r.Text = community.GroupAnnounced, m[1], m[2]
			return
		}
	}
	if mark == "===" && isAction(text) {
		r.action(text)
	}
}

// isAction tells what /me wrote in old logs, "=== nick does", from what the
// logger and the server say.
func isAction(text string) bool {
	nick, what, _ := strings.Cut(text, " ")
	if what == "" || strings.ContainsAny(nick, "/.@:#()\"") || strings.Contains(text, " -> ") {
		return false
	}
	return !strings.HasPrefix(text, "Topic ") && !strings.HasPrefix(text, "Starting logfile ") && !strings.HasPrefix(text, "Ending logfile ")
}
