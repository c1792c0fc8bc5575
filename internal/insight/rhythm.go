package insight

import "qunying/community"

// Rhythm is the weekday × hour heat map of the period's covered days.
func (h *History) Rhythm(s Span) Rhythm {
	var r Rhythm
	for d := max(s.From, h.heard.From); d <= min(s.To, h.last); d++ {
		if h.covered(d) {
			r.Days[weekday(d)]++
		}
	}
	for _, row := range h.in(s) {
		if !h.covered(row.Day) {
			continue
		}
		for hour, n := range row.Hours {
			r.Total[weekday(row.Day)][hour] += int64(n)
		}
	}
	for w, days := range r.Days {
		for hour := range 24 {
			r.Mean[w][hour] = maybe(float64(r.Total[w][hour])/float64(max(1, days)), days > 0)
		}
	}
	return r
}

// weekday counts from Monday, 0.
func weekday(d community.Day) int { return int(d - d.Week()) }
