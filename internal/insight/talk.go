package insight

import (
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"qunying/community"
)

// What counts as an answer (S39). Nothing else is taken for one.
const (
	// AnswerWithin is how long after a message an answer to it counts.
	AnswerWithin = 24 * time.Hour
	// calledWithin is how long ago somebody must have spoken for a message that
	// mentions them, or begins with their name, to answer what they said last.
	calledWithin = time.Hour
	// silenceAfter is how long nobody else writes after a question that fell flat.
	silenceAfter = 30 * time.Minute
)

// Said is a message as it is looked at for who answers whom.
type Said struct {
	Seq     community.Seq
	Author  community.IdentityID // 0: not known
	At      time.Time
	Ours    bool // by an account of ours
	Content community.Content
	Link    bool                   // the text holds a web address
	Targets []community.IdentityID // who is mentioned
	ID      string                 // the platform's, "" where it has none
	Quotes  string                 // ID of the message that is quoted, or ""
	Name    string                 // how the author was called then
	Text    string                 // "" where it is gone
}

// Pair is who answered whom.
type Pair struct{ From, To community.IdentityID }

// Question is a member's message that asks something.
type Question struct {
	Seq      community.Seq
	Answered bool // somebody quoted it, or mentioned or called the one who asked, within 24 hours
	Flat     bool // nobody else wrote anything within 30 minutes
}

// FormTalk is how messages of one form are answered.
type FormTalk struct {
	Answered uint32 // messages with an answer
	Answers  uint32
}

// Talk is who answered whom on a day: everything that members wrote on it, with the
// answers that came within 24 hours, also on the day after. It is the row of
// view_talk. People are kept by identity, as the log has them.
type Talk struct {
	Links     uint32 // members' messages with a web address
	Quotes    uint32 // answers by quoting
	Mentions  uint32 // answers by mentioning
	Called    uint32 // answers by beginning with a name, as is done on IRC
	Forms     map[community.Content]FormTalk
	Waits     []uint32 // seconds to the first answer, of each message that has one, ascending
	Questions []Question
	Pairs     map[Pair]uint32
}

// Answers is how many answers there are.
func (t *Talk) Answers() int { return int(t.Quotes + t.Mentions + t.Called) }

// NewTalk returns the empty day.
func NewTalk() *Talk {
	return &Talk{Forms: map[community.Content]FormTalk{}, Pairs: map[Pair]uint32{}}
}

// Listener follows a group's messages, oldest first, and counts days when nothing
// can change them any more, except by what is logged later.
type Listener struct {
	zone *time.Location
	days map[community.Day]*openDay
	kept []*heardMessage // of the last 24 hours, oldest first
	flat []*heardMessage // questions of the last half hour after which nobody else wrote
	byID map[string]*heardMessage
	last map[community.IdentityID]*heardMessage
	name map[string]*heardMessage // the last by name
}

type openDay struct {
	talk *Talk
	all  []*heardMessage // by members
}

type heardMessage struct {
	Said
	question bool
	answers  uint32
	first    time.Time // the first answer
	heeded   bool      // somebody else wrote within 30 minutes
}

// NewListener begins to listen in a zone.
func NewListener(zone *time.Location) *Listener {
	return &Listener{zone: zone, days: map[community.Day]*openDay{}, byID: map[string]*heardMessage{},
		last: map[community.IdentityID]*heardMessage{}, name: map[string]*heardMessage{}}
}

// Hear takes the next message.
func (l *Listener) Hear(s Said) {
	l.forget(s.At)
	m := &heardMessage{Said: s}
	l.flat = slices.DeleteFunc(l.flat, func(k *heardMessage) bool {
		late := s.At.Sub(k.At) > silenceAfter
		k.heeded = !late && (k.Author != s.Author || s.Author == 0 || s.Ours)
		return late || k.heeded
	})
	l.answer(m)
	if !s.Ours {
		d := l.day(community.DayOf(s.At, l.zone))
		m.question = s.Content == community.Text && IsQuestion(s.Text)
		d.all = append(d.all, m)
		if m.question {
			l.flat = append(l.flat, m)
		}
		if s.Link {
			d.talk.Links++
		}
	}
	l.kept = append(l.kept, m)
	if s.ID != "" {
		l.byID[s.ID] = m
	}
	if s.Author != 0 {
		l.last[s.Author] = m
	}
	if s.Name != "" {
		l.name[strings.ToLower(s.Name)] = m
	}
	m.Text = "" // large, and done with
}

// answer counts what a message answers, everybody once.
func (l *Listener) answer(m *heardMessage) {
	answered := map[community.IdentityID]bool{m.Author: true, 0: true}
	count := func(to *heardMessage, way func(*Talk) *uint32) {
		if to == nil || to.Ours || answered[to.Author] || m.At.Sub(to.At) > AnswerWithin {
			return
		}
		answered[to.Author] = true
		t := l.day(community.DayOf(to.At, l.zone)).talk
		*way(t)++
		f := t.Forms[to.Content]
		f.Answers++
		if to.answers++; to.answers == 1 {
			to.first = m.At
			f.Answered++
		}
		t.Forms[to.Content] = f
		if m.Author != 0 && !m.Ours {
			t.Pairs[Pair{m.Author, to.Author}]++
		}
	}
	if m.Quotes != "" {
		count(l.byID[m.Quotes], func(t *Talk) *uint32 { return &t.Quotes })
	}
	for _, who := range m.Targets {
		if to := l.last[who]; to != nil && m.At.Sub(to.At) <= calledWithin {
			count(to, func(t *Talk) *uint32 { return &t.Mentions })
		}
	}
	for _, name := range mentioned(m.Text) { // where the network gives no numbers
		if to := l.name[name]; to != nil && m.At.Sub(to.At) <= calledWithin {
			count(to, func(t *Talk) *uint32 { return &t.Mentions })
		}
	}
	if name, ok := calledBy(m.Text); ok {
		if to := l.name[name]; to != nil && m.At.Sub(to.At) <= calledWithin {
			count(to, func(t *Talk) *uint32 { return &t.Called })
		}
	}
}

// mentioned are the names, in lower case, that stand after an @ in a text.
func mentioned(text string) (names []string) {
	const most = 20
	for _, part := range strings.SplitN(text, "@", most+1)[1:] {
		if i := strings.IndexAny(part, " \t\n\u2005:,，："); i >= 0 {
			part = part[:i]
		}
		if part != "" {
			names = append(names, strings.ToLower(part))
		}
	}
	return names
}

// calledBy is the name, in lower case, that a message begins with.
func calledBy(text string) (name string, ok bool) {
	const longestName = 40
	i := strings.IndexAny(text[:min(len(text), longestName)], ":,，：")
	if i < 1 || strings.HasPrefix(text[i:], "://") || strings.HasPrefix(text[i:], "::") {
		return "", false
	}
	return strings.ToLower(strings.TrimSpace(text[:i])), true
}

// forget lets go of messages that can no longer be answered.
func (l *Listener) forget(now time.Time) {
	n := 0
	for _, m := range l.kept {
		if now.Sub(m.At) <= AnswerWithin {
			break
		}
		n++
		if l.byID[m.ID] == m {
			delete(l.byID, m.ID)
		}
		if l.last[m.Author] == m {
			delete(l.last, m.Author)
		}
		if key := strings.ToLower(m.Name); l.name[key] == m {
			delete(l.name, key)
		}
	}
	l.kept = l.kept[n:]
}

func (l *Listener) day(d community.Day) *openDay {
	o := l.days[d]
	if o == nil {
		o = &openDay{talk: NewTalk()}
		l.days[d] = o
	}
	return o
}

// Forget lets go of the days before one.
func (l *Listener) Forget(before community.Day) {
	maps.DeleteFunc(l.days, func(d community.Day, _ *openDay) bool { return d < before })
}

// Kept is how many messages are held in memory, at most.
func (l *Listener) Kept() int {
	n := len(l.kept)
	for _, o := range l.days {
		n += len(o.all)
	}
	return n
}

// Take answers what was counted of a day, empty where nothing was said, and
// forgets it.
func (l *Listener) Take(d community.Day) *Talk {
	t := l.SoFar(d)
	delete(l.days, d)
	return t
}

// SoFar answers what was counted of a day up to now, empty where nothing was said.
// It holds until the next message is heard.
func (l *Listener) SoFar(d community.Day) *Talk {
	o := l.days[d]
	if o == nil {
		return NewTalk()
	}
	t := *o.talk
	for _, m := range o.all {
		if m.answers > 0 {
			t.Waits = append(t.Waits, uint32(m.first.Sub(m.At)/time.Second))
		}
		if m.question {
			t.Questions = append(t.Questions, Question{m.Seq, m.answers > 0, !m.heeded})
		}
	}
	slices.Sort(t.Waits)
	slices.SortFunc(t.Questions, func(a, b Question) int { return cmp.Compare(a.Seq, b.Seq) })
	return &t
}

// talkVersion begins every encoding.
const talkVersion = 1

// AppendBinary appends the one encoding of t to b: varints, lists after their
// lengths, keys ascending.
func (t *Talk) AppendBinary(b []byte) []byte {
	b = append(b, talkVersion)
	for _, n := range []uint32{t.Links, t.Quotes, t.Mentions, t.Called, uint32(len(t.Forms))} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, c := range slices.Sorted(maps.Keys(t.Forms)) {
		b = binary.AppendUvarint(b, uint64(len(c)))
		b = append(b, c...)
		b = binary.AppendUvarint(b, uint64(t.Forms[c].Answered))
		b = binary.AppendUvarint(b, uint64(t.Forms[c].Answers))
	}
	b = binary.AppendUvarint(b, uint64(len(t.Waits)))
	var last uint32
	for _, w := range t.Waits {
		b = binary.AppendUvarint(b, uint64(w-last))
		last = w
	}
	b = binary.AppendUvarint(b, uint64(len(t.Questions)))
	for _, q := range t.Questions {
		n := uint64(q.Seq) << 2
		if q.Answered {
			n |= 1
		}
		if q.Flat {
			n |= 2
		}
		b = binary.AppendUvarint(b, n)
	}
	pairs := slices.SortedFunc(maps.Keys(t.Pairs), func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	b = binary.AppendUvarint(b, uint64(len(pairs)))
	for _, p := range pairs {
		b = binary.AppendUvarint(b, uint64(p.From))
		b = binary.AppendUvarint(b, uint64(p.To))
		b = binary.AppendUvarint(b, uint64(t.Pairs[p]))
	}
	return b
}

var errTalk = errors.New("insight: what was counted of answers is damaged; run 'qunying rebuild'")

// DecodeTalk reads what AppendBinary wrote.
func DecodeTalk(b []byte) (*Talk, error) {
	if len(b) == 0 || b[0] != talkVersion {
		return nil, errTalk
	}
	b = b[1:]
	bad := false
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			bad = true
			b = nil
			return 0
		}
		b = b[n:]
		return v
	}
	length := func() int { // of a list: every entry takes a byte at least
		n := next()
		if n > uint64(len(b)) {
			bad = true
			return 0
		}
		return int(n)
	}
	t := NewTalk()
	for _, into := range []*uint32{&t.Links, &t.Quotes, &t.Mentions, &t.Called} {
		*into = uint32(next())
	}
	for range length() {
		size := length()
		c := community.Content(b[:size])
		b = b[size:]
		t.Forms[c] = FormTalk{uint32(next()), uint32(next())}
	}
	var last uint32
	for range length() {
		last += uint32(next())
		t.Waits = append(t.Waits, last)
	}
	for range length() {
		n := next()
		t.Questions = append(t.Questions, Question{community.Seq(n >> 2), n&1 != 0, n&2 != 0})
	}
	for range length() {
		p := Pair{community.IdentityID(next()), community.IdentityID(next())}
		t.Pairs[p] = uint32(next())
	}
	if bad || len(b) > 0 {
		return nil, errTalk
	}
	return t, nil
}
