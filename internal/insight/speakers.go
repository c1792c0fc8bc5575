package insight

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"qunying/community"
)

// Speakers lists the limit most active persons of the period, gap days included. Of
// several groups together it does not tell their days.
func (h *History) Speakers(s Span, limit int) Speakers {
	var out Speakers
	var all []*Speaker
	if h.tallies[s] == nil {
		all = slices.Collect(maps.Values(h.speakersBy(s)))
	} else {
		for who, n := range h.wroteIn(s) {
			all = append(all, &Speaker{Person: who, Messages: n})
		}
	}
	slices.SortFunc(all, func(a, b *Speaker) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Person, b.Person))
	})
	out.Messages = int64(h.sum(s, func(d *GroupDay) int { return d.Messages }))
	out.Rest = out.Messages
	for _, sp := range all[:min(max(limit, 0), len(all))] {
		sp.Share = float64(sp.Messages) / float64(out.Messages)
		out.Rest -= sp.Messages
		out.Top = append(out.Top, *sp)
	}
	out.Others = len(all) - len(out.Top)
	return out
}

// wroteIn is how many messages each person wrote in the span.
func (h *History) wroteIn(s Span) iter.Seq2[community.PersonID, int64] {
	if t := h.tallies[s]; t != nil {
		return t.all()
	}
	all := map[community.PersonID]int64{}
	for _, d := range h.in(s) {
		for id, n := range d.posts() {
			all[h.person(id)] += int64(n)
		}
	}
	return maps.All(all)
}

// speakersBy adds up each person's messages and days.
func (h *History) speakersBy(s Span) map[community.PersonID]*Speaker {
	all := map[community.PersonID]*Speaker{}
	for _, d := range h.in(s) {
		for id, n := range d.posts() {
			who := h.person(id)
			sp := all[who]
			if sp == nil {
				sp = &Speaker{Person: who, Last: d.Day - 1}
				all[who] = sp
			}
			sp.Messages += int64(n)
			if sp.Last < d.Day { // days ascend, so a second identity of the day does not count again
				sp.Last = d.Day
				sp.Days++
			}
		}
	}
	return all
}
