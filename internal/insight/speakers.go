package insight

import (
	"cmp"
	"maps"
	"slices"

	"qunying/community"
)

// Speakers lists the limit most active persons of the period, gap days included.
func (h *History) Speakers(s Span, limit int) Speakers {
	var out Speakers
	all := slices.Collect(maps.Values(h.speakersBy(s)))
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

// speakersBy adds up each person's messages and days.
func (h *History) speakersBy(s Span) map[community.PersonID]*Speaker {
	all := map[community.PersonID]*Speaker{}
	for _, d := range h.in(s) {
		for id, n := range d.Posts {
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
