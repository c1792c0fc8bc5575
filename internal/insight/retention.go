package insight

import (
	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// week is what the triangle needs of one week.
type week struct {
	monday community.Day
	fresh  *roaring.Bitmap // who first spoke, or first joined, in it
	there  *roaring.Bitmap // who spoke in it, or was a member at its end
	why    Why             // "" when the week can be counted
}

// Retention is the triangle of the cohorts whose week touches the period, up to
// the week in which it ends (S71). Who is new is judged by the whole history.
//
// A cell is nil when its week is not over, or lies in a gap for more than half
// its days. Of membership it is nil also where nobody could have known: leaves
// were never seen and no later member list exists. Gaps between member
// lists do not hide who is present at a list.
func (h *History) Retention(s Span, of RetentionOf) Retention {
	r := Retention{Of: of, Next: Number{Metric: of.metric()}}
	weeks := h.weeks(of)
	if why := h.noRetention(of); why != "" {
		r.Why, r.Next.Why = why, why
		return r
	}
	r.Known = true
	from, to := s.From.Week(), s.To.Week()
	for i, w := range weeks {
		if w.monday < from || w.monday > to || s.Days() == 0 {
			continue
		}
		c := Cohort{Week: w.monday, Size: int64(w.fresh.GetCardinality())}
		for _, later := range weeks[i+1:] {
			if later.monday > to {
				break
			}
			c.Back = append(c.Back, w.back(later))
		}
		r.Cohorts = append(r.Cohorts, c)
	}
	next := h.nextWeek(Span{from + 13, to + 6}, of)
	r.Next.Value, r.Next.Of, r.Next.Why = maybe(next.value, next.known), maybe(next.of, next.known), next.why
	return r
}

func (of RetentionOf) metric() string {
	if of == Membership {
		return "membership_retention"
	}
	return "next_week_retention"
}

// noRetention says why there is no triangle at all.
func (h *History) noRetention(of RetentionOf) Why {
	if of == Speaking {
		if h.heard.Days() == 0 || h.unread {
			return NoMessages
		}
		return ""
	}
	if m := h.members(); !m.seesJoins && m.rosters.Days() < 2 {
		return NoRoster
	}
	return ""
}

// back counts who of w's cohort was there in a later week.
func (w *week) back(later week) *int64 {
	if later.why != "" {
		return nil
	}
	n := int64(w.fresh.AndCardinality(later.there))
	return &n
}

// nextWeek is the retention in the next week, over the cohorts whose next week
// ended in the span.
func (h *History) nextWeek(s Span, of RetentionOf) figure {
	if why := h.noRetention(of); why != "" {
		return unknown(why)
	}
	var size, back int64
	why := TooYoung
	weeks := h.weeks(of)
	for i := 1; i < len(weeks); i++ {
		if !s.Has(weeks[i].monday + 6) {
			continue
		}
		if n := weeks[i-1].back(weeks[i]); n != nil {
			size += int64(weeks[i-1].fresh.GetCardinality())
			back += *n
		} else if weeks[i].why != TooYoung {
			why = weeks[i].why
		}
	}
	if size == 0 {
		return unknown(why)
	}
	return figure{value: float64(back) / float64(size), of: float64(size), known: true}
}

// weeks are all weeks of the history, with who is new and who is there.
func (h *History) weeks(of RetentionOf) []week {
	if of == Membership {
		return h.memberWeeks()
	}
	return h.speakingWeeks()
}

// findSpeakingWeeks gathers the weeks from the first day heard to the last one known.
func (h *History) findSpeakingWeeks() []week {
	if h.heard.Days() == 0 {
		return nil
	}
	var out []week
	seen := roaring.New()
	for monday := h.heard.From.Week(); monday <= h.end(); monday += 7 {
		w := week{monday: monday, there: h.speakers(Span{monday, monday + 6}), why: h.uncounted(monday)}
		w.fresh = roaring.AndNot(w.there, seen)
		seen.Or(w.there)
		out = append(out, w)
	}
	return out
}

// findMemberWeeks gathers the weeks from the first day on which anything was
// learnt about members.
func (h *History) findMemberWeeks() []week {
	m := h.members()
	if len(m.days) == 0 {
		return nil
	}
	var out []week
	for monday := m.days[0].day.Week(); monday <= h.end(); monday += 7 {
		w := week{monday: monday, fresh: roaring.New(), there: roaring.New(), why: h.uncounted(monday)}
		for _, x := range m.in(Span{monday, monday + 6}) {
			w.fresh.Or(x.newcomer)
		}
		if x := m.at(monday + 6); x != nil {
			w.there = x.present
		}
		if w.why == "" && !m.seesLeaves && m.rosters.To < monday+6 {
			w.why = NoRoster
		}
		out = append(out, w)
	}
	return out
}

// uncounted says why a week cannot be counted, or "".
func (h *History) uncounted(monday community.Day) Why {
	s := Span{monday, monday + 6}
	gap := 0
	for _, g := range h.GapsIn(s) {
		gap += g.meet(s).Days()
	}
	switch {
	case s.To > h.last:
		return TooYoung
	case 2*gap > s.Days():
		return InGap
	default:
		return ""
	}
}
