package insight

import "slices"

// gini says how unevenly the messages of a period are spread over those who
// spoke (S80): 0 where all wrote the same, near 1 where one wrote nearly all.
func (h *History) gini(s Span) figure {
	f := h.count(s, messages)
	if !f.known {
		return f
	}
	var counts []int64
	for _, n := range h.wroteIn(s) {
		counts = append(counts, n)
	}
	if len(counts) == 0 {
		return unknown(NoMessages)
	}
	slices.Sort(counts)
	var sum, ranked float64
	for i, n := range counts {
		sum += float64(n)
		ranked += float64(i+1) * float64(n)
	}
	n := float64(len(counts))
	return figure{value: 2*ranked/(n*sum) - (n+1)/n, of: n, known: true, partial: f.partial}
}
