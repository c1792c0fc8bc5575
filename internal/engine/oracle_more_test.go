package engine

import (
	"math"

	"qunying/community"
	"qunying/internal/insight"
	insightdb "qunying/internal/store/insight"
)

// near says whether a number is what plain SQL says.
func (o *oracle) near(h *insight.History, metric string, s insight.Span, want float64, known bool) {
	o.t.Helper()
	n, _ := h.Number(metric, s)
	switch {
	case n.Value == nil && known:
		o.t.Errorf("%s: %s is unknown (%s), want %v", o.g.Name, metric, n.Why, want)
	case n.Value != nil && (!known || math.Abs(*n.Value-want) > 1e-9):
		o.t.Errorf("%s: %s is %v, want %v, known %v", o.g.Name, metric, *n.Value, want, known)
	}
}

// more compares the figures of people over the whole history: how messages are
// spread over them, who came back, who fell silent.
func (o *oracle) more(h *insight.History, span insight.Span, inGap func(community.Day) bool) {
	o.t.Helper()
	span.To = min(span.To, h.LastWhole())
	var counts []float64
	for _, r := range o.ask(`COUNT(*)`, byMembers+` AND identity_id <> 0 AND `+o.day()+` <= $3`, `GROUP BY identity_id`, int64(span.To)) {
		counts = append(counts, float64(r[0]))
	}
	apart, sum := 0.0, 0.0
	for _, a := range counts {
		sum += a
		for _, b := range counts {
			apart += math.Abs(a - b)
		}
	}
	o.near(h, "gini", span, apart/(2*float64(len(counts))*sum), len(counts) > 0)

	spoke := map[int64]map[community.Day]bool{} // by identity
	first := map[int64]community.Day{}
	for _, r := range o.ask(`DISTINCT identity_id, `+o.day(), byMembers+` AND identity_id <> 0`, `ORDER BY 2`) {
		if spoke[r[0]] == nil {
			spoke[r[0]], first[r[0]] = map[community.Day]bool{}, community.Day(r[1])
		}
		spoke[r[0]][community.Day(r[1])] = true
	}
	size, back := 0, 0
	for who, d := range first {
		if d+1 > span.To || inGap(d+1) {
			continue
		}
		size++
		if spoke[who][d+1] {
			back++
		}
	}
	o.near(h, "next_day_retention", span, float64(back)/float64(max(size, 1)), size > 0)
	o.tiers(h, span, inGap)
	o.talks(h, span)

	days := o.days(h, span, inGap)
	for _, s := range []insight.Span{span, {From: span.To - 29, To: span.To}, {From: span.To - 16, To: span.To - 10}, {From: span.From + 3, To: span.From + 40}} {
		if s.From >= span.From && s.To <= span.To {
			o.numbers(h, s, days)
		}
	}
}

// tiers compares who fell silent, of those who are members at the end.
func (o *oracle) tiers(h *insight.History, span insight.Span, inGap func(community.Day) bool) {
	o.t.Helper()
	base := map[int64]bool{}
	if _, known := h.Members(span.To); known {
		present, _, err := insightdb.Present(o.ctx, o.q, o.c, o.g.ID, span.To)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, id := range present.ToArray() {
			base[int64(id)] = true
		}
	} else {
		for _, r := range o.ask(`DISTINCT identity_id`, byMembers+` AND identity_id <> 0 AND `+o.day()+` <= $3`, ``, int64(span.To)) {
			base[r[0]] = true
		}
	}
	for metric, tier := range map[string]struct {
		days community.Day
		in   func(posts int64) bool
	}{
		"silent_members": {30, func(n int64) bool { return n == 0 }},
		"lost_members":   {90, func(n int64) bool { return n == 0 }},
		"kol_members":    {30, func(n int64) bool { return n > 20 }},
	} {
		window := insight.Span{From: span.To - tier.days + 1, To: span.To}
		covered := 0
		for d := max(window.From, span.From); d <= window.To; d++ {
			if !inGap(d) {
				covered++
			}
		}
		posts := map[int64]int64{}
		for _, r := range o.ask(`identity_id, COUNT(*)`, byMembers+` AND `+o.day()+` >= $3 AND `+o.day()+` <= $4`, `GROUP BY identity_id`, int64(window.From), int64(window.To)) {
			posts[r[0]] = r[1]
		}
		n := 0
		for who := range base {
			if tier.in(posts[who]) {
				n++
			}
		}
		o.near(h, metric, span, float64(n), 2*covered >= int(tier.days) && len(base) > 0)
	}
}
