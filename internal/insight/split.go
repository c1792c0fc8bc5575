package insight

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// How is by what way, code or inviter somebody came or went.
type How struct {
	Label   string             // way or code; "" where nobody said
	Inviter community.PersonID // 0 where nobody said
}

// how is what a dimension sees of a deed.
func (d *Deed) how(by Dimension) How {
	switch by {
	case PerWay:
		return How{Label: d.Way}
	case PerCode:
		return How{Label: d.Code}
	}
	return How{Inviter: d.By}
}

// hows numbers what deeds are told apart by. Its zero value is empty.
type hows struct {
	list   []How
	number map[How]int32
}

func (h *hows) of(l How) int32 {
	n, has := h.number[l]
	if !has {
		if h.number == nil {
			h.number = map[How]int32{}
		}
		n = int32(len(h.list))
		h.number[l], h.list = n, append(h.list, l)
	}
	return n
}

// how is the dimension of how people came or went; "": there is none.
func (p *Plan) how() Dimension {
	for _, d := range howDimensions {
		if p.has(d) {
			return d
		}
	}
	return ""
}

// changes are the metrics that count who came and who went: by what deeds, and where a
// day has them.
var changes = map[string]struct {
	kind     community.Kind
	seen     func(*GroupDay) *roaring.Bitmap
	inferred func(*Inferred) *roaring.Bitmap
}{
	"joins":  {community.MemberJoined, func(d *GroupDay) *roaring.Bitmap { return d.Joined }, func(i *Inferred) *roaring.Bitmap { return i.Joined }},
	"leaves": {community.MemberLeft, func(d *GroupDay) *roaring.Bitmap { return d.Left }, func(i *Inferred) *roaring.Bitmap { return i.Left }},
}

// Hows says which deeds tell how people came or went, and on which days, where the
// query tells lines apart by it. They go to AddHow.
func (p *Plan) Hows() (list []Needs, days []Span) {
	by := p.how()
	if by == "" {
		return nil, nil
	}
	for _, m := range p.Query.Metrics {
		list = append(list, Needs{Kind: changes[m].kind, Data: by != PerInviter, Ours: true})
	}
	days = []Span{p.Period()}
	if s, ok := p.Compared(); ok {
		days = append(days, s)
	}
	return list, days
}

// split counts who came and went by how they did. It counts what the metrics count:
// every identity once a day in each group, by its first deed of the day. Whom only a
// member list gave away, nobody said anything about.
type split struct {
	plan   *Plan
	hows   hows
	first  map[change]changeHow
	counts map[int32]map[sumKey]float64
}

// change is that somebody came, or went, on a day.
type change struct {
	kind  community.Kind
	group community.GroupID
	day   community.Day
	as    community.IdentityID
}

type changeHow struct {
	at  int64
	seq community.Seq
	how int32
}

func newSplit(p *Plan) *split {
	return &split{plan: p, first: map[change]changeHow{}, counts: map[int32]map[sumKey]float64{}}
}

// AddHow takes a deed of Hows. All of them come before Add, in any order. It fails with
// Invalid where there are more than can be held at once.
func (r *Run) AddHow(d *Deed) error {
	s := r.split
	key := change{d.Kind, d.Group, d.Day, d.As}
	was, has := s.first[key]
	if has && cmp.Or(cmp.Compare(was.at, d.At), cmp.Compare(was.seq, d.Seq)) <= 0 {
		return nil
	}
	if !has && len(s.first) >= mostFunnelDeeds {
		return ErrTooMuch
	}
	s.first[key] = changeHow{d.At, d.Seq, s.hows.of(d.how(s.plan.how()))}
	return nil
}

// add counts a group, in the stretches in which its numbers are known.
func (s *split) add(g community.GroupID, h *History) {
	for i, metric := range s.plan.Query.Metrics {
		m := changes[metric]
		s.plan.eachSpan(func(k sumKey, days Span) {
			if k.metric = i; !figures[metric](h, days).known {
				return
			}
			for _, d := range h.in(days) {
				for id := range roaring.Values(m.seen(d)) {
					how, told := s.first[change{m.kind, g, d.Day, community.IdentityID(id)}]
					if !told {
						how.how = s.hows.of(How{})
					}
					s.count(how.how, k, 1)
				}
			}
			for _, in := range h.Inferred(days) {
				if n := m.inferred(&in).GetCardinality(); n > 0 {
					s.count(s.hows.of(How{}), k, float64(n))
				}
			}
		})
	}
}

func (s *split) count(how int32, k sumKey, n float64) {
	if s.counts[how] == nil {
		s.counts[how] = map[sumKey]float64{}
	}
	s.counts[how][k] += n
}

// rows are the largest lines by the first metric, then by the next, each with its steps,
// and how many lines there are. all are the numbers of everything together, by step, which say what
// is known and what may be compared.
func (s *split) rows(unit int, all [][]Cell) ([]Row, int) {
	size := func(l int32) (list []float64) {
		for m := range s.plan.Query.Metrics {
			list = append(list, s.counts[l][sumKey{step: len(s.plan.Steps), metric: m}])
		}
		return list
	}
	var lines []int32
	for l := range s.counts {
		lines = append(lines, l)
	}
	slices.SortFunc(lines, func(a, b int32) int {
		x, y := s.hows.list[a], s.hows.list[b]
		return cmp.Or(slices.Compare(size(b), size(a)), cmp.Compare(x.Label, y.Label), cmp.Compare(x.Inviter, y.Inviter))
	})
	rows := []Row{}
	for _, l := range lines[:min(len(lines), s.plan.Query.Limit)] {
		for step := range s.plan.Steps {
			row := Row{Unit: unit, Step: step, How: s.hows.list[l]}
			for m, c := range all[step] {
				k := sumKey{step: step, metric: m}
				if c.Value != nil {
					c.Value = maybe(s.counts[l][k], true)
				}
				if k.before = true; c.Before != nil {
					c.Before = maybe(s.counts[l][k], true)
				}
				row.Cells = append(row.Cells, c)
			}
			rows = append(rows, row)
		}
	}
	return rows, len(lines)
}
