package engine

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// rawSaid is a message as the log has it.
type rawSaid struct {
	author, at, flags  int64
	content            string
	targets            []community.IdentityID
	id, name, text     string
	quotes, callsFirst string
	named              []string // after an @
}

var afterAt = regexp.MustCompile(`@([^@ \t\n\x{2005}:,，：]+)`)

// said reads everything that was ever said in the group, oldest first.
func (o *oracle) said() (list []rawSaid) {
	o.t.Helper()
	rows, err := o.q.QueryContext(o.ctx, `SELECT e.identity_id, e.at, e.flags, e.content, e.targets, COALESCE(b.message_id, ''), COALESCE(b.name, ''),
			COALESCE(b.text, ''), COALESCE(b.data, '')
		FROM event e LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.group_id = $2 AND e.kind = 'message.posted' ORDER BY e.at, e.seq`, int64(o.c), int64(o.g.ID))
	if err != nil {
		o.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s rawSaid
		var targets []byte
		var data string
		if err := rows.Scan(&s.author, &s.at, &s.flags, &s.content, &targets, &s.id, &s.name, &s.text, &data); err != nil {
			o.t.Fatal(err)
		}
		if s.targets, err = store.DecodeTargets(targets); err != nil {
			o.t.Fatal(err)
		}
		if data != "" {
			about := map[string]string{}
			if err := json.Unmarshal([]byte(data), &about); err != nil {
				o.t.Fatal(err)
			}
			s.quotes = about["reply_to"]
		}
		if s.content != "text" {
			s.text = ""
		}
		head, _, found := strings.Cut(strings.NewReplacer(",", ":", "，", ":", "：", ":").Replace(s.text), ":")
		if found && !strings.HasPrefix(s.text[len(head):], "://") && !strings.HasPrefix(s.text[len(head):], "::") && len(head) < 38 {
			s.callsFirst = strings.ToLower(strings.TrimSpace(head))
		}
		for _, m := range afterAt.FindAllStringSubmatch(s.text, 20) {
			s.named = append(s.named, strings.ToLower(m[1]))
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
	return list
}

// talks compares who answers whom over the whole history, found by looking back from
// every message.
func (o *oracle) talks(h *insight.History, span insight.Span) {
	o.t.Helper()
	const hour = int64(time.Hour / time.Millisecond)
	list := o.said()
	day := func(s *rawSaid) community.Day { return community.Day((s.at + o.offset) / 86_400_000) }
	counted := func(s *rawSaid) bool { return s.flags%2 == 0 && span.Has(day(s)) }
	first := map[int]int64{} // when a message was answered first
	talked := map[int64]bool{}
	answers, ever := 0, 0
	for j := range list {
		a := &list[j]
		done := map[int64]bool{0: true, a.author: true}
		latest := func(within int64, is func(*rawSaid) bool) {
			for i := j - 1; i >= 0 && a.at-list[i].at <= 24*hour; i-- {
				m := &list[i]
				if !is(m) {
					continue
				}
				if a.at-m.at > within || done[m.author] || m.flags%2 == 1 {
					return
				}
				done[m.author] = true
				ever++
				if !counted(m) {
					return
				}
				answers++
				if _, has := first[i]; !has {
					first[i] = a.at
				}
				if a.author != 0 && a.flags%2 == 0 {
					talked[a.author], talked[m.author] = true, true
				}
				return
			}
		}
		if a.quotes != "" {
			latest(24*hour, func(m *rawSaid) bool { return m.id == a.quotes })
		}
		for _, t := range a.targets {
			if t != 0 {
				latest(hour, func(m *rawSaid) bool { return m.author == int64(t) })
			}
		}
		for _, name := range a.named {
			latest(hour, func(m *rawSaid) bool { return strings.ToLower(m.name) == name })
		}
		if a.callsFirst != "" {
			latest(hour, func(m *rawSaid) bool { return strings.ToLower(m.name) == a.callsFirst })
		}
	}
	var waits []int64
	posts, questions, open, flat, links := 0, 0, 0, 0, 0
	spoke, alone := map[int64]bool{}, 0
	for i := range list {
		m := &list[i]
		if !counted(m) {
			continue
		}
		posts++
		if m.author != 0 {
			spoke[m.author] = true
		}
		if m.flags/4%2 == 1 {
			links++
		}
		at, answered := first[i]
		if answered {
			waits = append(waits, (at-m.at)/1000)
		}
		if m.content != "text" || !insight.IsQuestion(m.text) {
			continue
		}
		questions++
		if !answered {
			open++
		}
		fell := true
		for j := i + 1; j < len(list) && list[j].at-m.at <= hour/2; j++ {
			if n := &list[j]; n.author != m.author || n.author == 0 || n.flags%2 == 1 {
				fell = false
			}
		}
		if fell {
			flat++
		}
	}
	for who := range spoke {
		if !talked[who] {
			alone++
		}
	}
	o.near(h, "links", span, float64(links), true)
	o.near(h, "questions", span, float64(questions), true)
	o.near(h, "flat_questions", span, float64(flat), true)
	members := 0
	for i := range list {
		members += int(1 - list[i].flags%2)
	}
	seen := ever > 0 && 50*ever >= members
	o.near(h, "replies", span, float64(answers), seen)
	often := seen && 10*ever >= members
	o.near(h, "unanswered_questions", span, float64(open), often)
	o.near(h, "unanswered_share", span, float64(open)/float64(max(questions, 1)), often && questions > 0)
	o.near(h, "answered_share", span, float64(len(waits))/float64(max(posts, 1)), seen && posts > 0)
	o.near(h, "isolated_share", span, float64(alone)/float64(max(len(spoke), 1)), seen && len(spoke) > 0)
	if n := len(waits); n > 0 {
		slices.Sort(waits)
		o.near(h, "first_reply_minutes", span, float64(waits[(n-1)/2]+waits[n/2])/120, seen)
	}
	o.t.Logf("%s: %d messages, %d answers, %d questions, %d unanswered, %d flat, %d links", o.g.Name, posts, answers, questions, open, flat, links)
}
