package insight

import (
	"cmp"
	"slices"

	"qunying/community"
)

// Format is how much of a period's messages have a form (S39).
type Format struct {
	Content  community.Content
	Messages int64
	Share    float64
}

// Formats is the mix of forms in a period, the most frequent first; gap days are
// included, because what came in is counted.
func (h *History) Formats(s Span) []Format {
	by, all := map[community.Content]int64{}, int64(0)
	for _, d := range h.in(s) {
		for c, n := range d.Contents {
			by[c] += int64(n)
			all += int64(n)
		}
	}
	var out []Format
	for c, n := range by {
		out = append(out, Format{c, n, float64(n) / float64(all)})
	}
	slices.SortFunc(out, func(a, b Format) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Content, b.Content))
	})
	return out
}

// Hour is an hour of the day with the messages that it usually has.
type Hour struct {
	Hour int     // 0 to 23, of the group's zone
	Mean float64 // messages, over the covered days
}

// BestHours are the hours in which most is said, the best first (S84); fewer
// where fewer have any. Nothing where no day was covered.
func (h *History) BestHours(s Span, limit int) []Hour {
	r := h.Rhythm(s)
	days := 0
	for _, n := range r.Days {
		days += n
	}
	var out []Hour
	for hour := range 24 {
		var total int64
		for weekday := range 7 {
			total += r.Total[weekday][hour]
		}
		if total > 0 && days > 0 {
			out = append(out, Hour{hour, float64(total) / float64(days)})
		}
	}
	slices.SortFunc(out, func(a, b Hour) int { return cmp.Or(cmp.Compare(b.Mean, a.Mean), cmp.Compare(a.Hour, b.Hour)) })
	return out[:min(limit, len(out))]
}
