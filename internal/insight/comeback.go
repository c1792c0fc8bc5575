package insight

import (
	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// nextDay is who spoke again on the day after the one on which they first spoke,
// over the cohorts whose next day is a covered one of the period (次日留存).
func (h *History) nextDay(s Span) figure {
	return h.comeBack(s, func(d community.Day) community.Day { return d }, func(d community.Day) community.Day { return d + 1 })
}

// nextMonth is the same for calendar months, over the cohorts whose next month
// ended in the period (次月留存, S83).
func (h *History) nextMonth(s Span) figure {
	return h.comeBack(s, community.Day.Month, func(d community.Day) community.Day { return (d + 31).Month() })
}

// comeBack goes through the history in steps, each of which begins on start of its
// days and ends before next of its beginning. A step of which more than half lies
// in a gap counts nobody who came back.
func (h *History) comeBack(s Span, start, next func(community.Day) community.Day) figure {
	if h.heard.Days() == 0 {
		return unknown(NoMessages)
	}
	seen, fresh := roaring.New(), roaring.New() // fresh: who first spoke in the step before
	var size, back uint64
	why := TooYoung
	for from := start(h.heard.From); from <= min(s.To, h.end()); from = next(from) {
		step := Span{from, next(from) - 1}
		there := h.speakers(step)
		if s.Has(step.To) && from > h.heard.From {
			if missing := h.uncountedStep(step); missing == "" {
				size += fresh.GetCardinality()
				back += fresh.AndCardinality(there)
			} else if missing != TooYoung {
				why = missing
			}
		}
		fresh = roaring.AndNot(there, seen)
		seen.Or(there)
	}
	if size == 0 {
		return unknown(why)
	}
	return figure{value: float64(back) / float64(size), of: float64(size), known: true}
}

// uncountedStep says why a step cannot be counted, or "".
func (h *History) uncountedStep(s Span) Why {
	gap := 0
	for _, g := range h.GapsIn(s) {
		gap += g.meet(s).Days()
	}
	switch {
	case s.To > h.last:
		return TooYoung
	case 2*gap > s.Days():
		return InGap
	}
	return ""
}
