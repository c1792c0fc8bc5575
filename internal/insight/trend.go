package insight

import "qunying/community"

// start is the first day of the step in which d lies.
func (g Grain) start(d community.Day) community.Day {
	switch g {
	case ByWeek:
		return d.Week()
	case ByMonth:
		return d.Month()
	default:
		return d
	}
}

// next is the first day of the step after the one that begins on d.
func (g Grain) next(d community.Day) community.Day {
	switch g {
	case ByWeek:
		return d + 7
	case ByMonth:
		return (d + 31).Month()
	default:
		return d + 1
	}
}

// Trend draws the period in steps of the grain (S75). The period cuts its first
// and its last step. A step without a covered day is nil throughout; the members
// of a step are nil also where its last day lies in a gap.
func (h *History) Trend(s Span, g Grain) Trend {
	t := Trend{Grain: g, Gaps: h.GapsIn(s)}
	for from := g.start(s.From); from <= s.To; from = g.next(from) {
		h.step(&t, from, Span{from, g.next(from) - 1}, s)
	}
	return t
}

// step appends one step; period is what is asked for of it.
func (h *History) step(t *Trend, at community.Day, step, period Span) {
	part := step.meet(period)
	whole, some := h.coverage(part)
	messages, speakers := maybe(0, false), maybe(0, false)
	if some > 0 && !h.unread {
		messages = maybe(float64(h.sum(part, func(d *GroupDay) int { return d.Messages })), true)
		speakers = maybe(float64(h.speakers(part).GetCardinality()), true)
	}
	rate, _, ok := h.perMember(part, spoke)
	joins, joinsOK := h.Joins(part)
	leaves, leavesOK := h.Leaves(part)
	end := min(part.To, h.end())
	members, membersOK := h.Members(end)

	t.T = append(t.T, at)
	t.Messages = append(t.Messages, messages)
	t.Speakers = append(t.Speakers, speakers)
	t.Activity = append(t.Activity, maybe(rate, ok && !h.unread))
	t.Joins = append(t.Joins, maybe(float64(joins), joinsOK))
	t.Leaves = append(t.Leaves, maybe(float64(leaves), leavesOK))
	t.Members = append(t.Members, maybe(float64(members), membersOK && end >= part.From && !h.inGap(end)))
	t.Partial = append(t.Partial, whole < step.Days())
	t.Inferred = append(t.Inferred, len(h.Inferred(part)) > 0)
}

// maybe makes a value that may be unknown.
func maybe(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}

// sum adds something up over the rows of the span.
func (h *History) sum(s Span, of func(*GroupDay) int) int {
	n := 0
	for _, d := range h.in(s) {
		n += of(d)
	}
	return n
}

func spoke(d *GroupDay) int { return int(d.Speakers.GetCardinality()) }

// perMember is the mean, over the covered days on which there were known
// members, of something of the day / its members at the end of the day; a day
// without a row has none of it. members is their mean number.
func (h *History) perMember(s Span, of func(*GroupDay) int) (mean, members float64, ok bool) {
	rows, n := h.in(s), 0
	for d := max(s.From, h.heard.From); d <= min(s.To, h.last); d++ {
		for len(rows) > 0 && rows[0].Day < d {
			rows = rows[1:]
		}
		have, ok := h.Members(d)
		if !ok || have == 0 || !h.covered(d) {
			continue
		}
		n++
		members += float64(have)
		if len(rows) > 0 && rows[0].Day == d {
			mean += float64(of(rows[0])) / float64(have)
		}
	}
	if n == 0 {
		return 0, 0, false
	}
	return mean / float64(n), members / float64(n), true
}
