package watch

import (
	"container/list"
	"time"

	"qunying/community"
)

// mostMarks bounds what is remembered of one member's messages.
const mostMarks = 32

// mark is a message of a member.
type mark struct {
	at    int64 // ms
	text  Text
	media bool
}

// member is a person in a group.
type member struct {
	group  community.GroupID
	person community.PersonID
}

// history is what is known of a member.
type history struct {
	marks  []mark // a ring once it is full
	next   int
	joined int64 // ms; 0 if not known
	day    community.Day
	today  int // promotions on day
}

// members are the histories of those who were active last.
type members struct {
	limit int
	of    map[member]*list.Element
	used  *list.List // of known, the last active one in front
}

type known struct {
	member
	history
}

func newMembers(limit int) members {
	return members{limit, map[member]*list.Element{}, list.New()}
}

// get returns the history of a member. It is forgotten when as many others as
// the limit were active after it.
func (m *members) get(key member) *history {
	if e, ok := m.of[key]; ok {
		m.used.MoveToFront(e)
		return &e.Value.(*known).history
	}
	if m.used.Len() == m.limit {
		delete(m.of, m.used.Remove(m.used.Back()).(*known).member)
	}
	k := &known{member: key}
	m.of[key] = m.used.PushFront(k)
	return &k.history
}

func (h *history) add(m mark) {
	if len(h.marks) < mostMarks {
		h.marks = append(h.marks, m)
		return
	}
	h.marks[h.next] = m
	h.next = (h.next + 1) % mostMarks
}

// count counts the marks up to a time that a text was posted at.
func (h *history) count(f *Facts, at int64, t Text, repeat time.Duration) {
	same := 0
	for i := range h.marks {
		m := &h.marks[i]
		age := at - m.at
		if age < 0 {
			continue
		}
		if age < 10_000 {
			f.MessagesIn10s++
		}
		if age < 60_000 {
			f.MessagesIn60s++
			if m.media {
				f.MediaIn60s++
			}
		}
		if age < repeat.Milliseconds() && t.same(m.text) {
			same++
		}
	}
	f.Repeats = max(same-1, 0) // it is among them itself
}

// promote counts a promotion and returns how many there were on that day.
func (h *history) promote(day community.Day) int {
	if h.day != day {
		h.day, h.today = day, 0
	}
	h.today++
	return h.today
}
