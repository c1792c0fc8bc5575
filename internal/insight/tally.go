package insight

import (
	"iter"

	"qunying/community"
)

// tallyPage is how many persons a page of a tally holds.
const tallyPage = 1 << 10

// tally counts messages by person. Persons' numbers are handed out one after the
// other, so that pages of counts are far smaller than a map of a whole community.
type tally struct{ pages []*[tallyPage]uint32 }

func (t *tally) add(p community.PersonID, n uint32) {
	at := int(p) / tallyPage
	if at >= len(t.pages) {
		t.pages = append(t.pages, make([]*[tallyPage]uint32, at+1-len(t.pages))...)
	}
	if t.pages[at] == nil {
		t.pages[at] = new([tallyPage]uint32)
	}
	t.pages[at][int(p)%tallyPage] += n
}

// all walks everybody who wrote, by number.
func (t *tally) all() iter.Seq2[community.PersonID, int64] {
	return func(yield func(community.PersonID, int64) bool) {
		for at, page := range t.pages {
			if page == nil {
				continue
			}
			for i, n := range page {
				if n > 0 && !yield(community.PersonID(at*tallyPage+i), int64(n)) {
					return
				}
			}
		}
	}
}

// mostTallies bounds the stretches of which tallies are kept beside each other; of
// more of them the days themselves are.
const mostTallies = 12

// postSpans are the stretches in which a unit of several groups must know how much
// each person wrote; nil: of none, or of too many to count them one by one. last is
// the last day that is known whole of any of them.
func (p *Plan) postSpans(last community.Day) (spans []Span, posts bool) {
	seen := map[Span]bool{}
	need := func(s Span) {
		if !seen[s] {
			seen[s] = true
			spans = append(spans, s)
		}
	}
	if p.has(PerPerson) {
		need(p.Period())
		if p.Shift > 0 {
			need(p.Period().back(p.Shift))
		}
	}
	for _, m := range p.Query.Metrics {
		if d, ok := depths[m]; pooling[m] != asOne || ok && d.posts == not {
			continue
		}
		p.eachSpan(func(_ sumKey, s Span) {
			if m == "kol_output" {
				s = lookBack(last, s, monthDays)
			}
			need(s)
		})
	}
	if len(spans) > mostTallies {
		return nil, true
	}
	return spans, len(spans) > 0
}
