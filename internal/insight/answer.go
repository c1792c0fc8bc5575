package insight

import (
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// NotAdded is why a line of several groups lacks a metric that means nothing of
// several (不可相加).
const NotAdded Why = "not_added"

// Cell is one number of a query's result.
type Cell struct {
	Value   *float64 // nil: cannot be known, see Why
	Before  *float64 // of the stretch that it is compared with; nil: not asked, unknown, or not to be compared
	Of      *float64 // the denominator, where the metric is a share or a rate
	Why     Why
	Partial bool     // something of the stretch is missing, of some group at least
	Groups  int      // of how many groups the value is
	Peers   *float64 // median of the other groups of the type
	PeersOf int      // how many of them have a value
}

// Row is one line: a unit, a step, or a person.
type Row struct {
	Unit   int
	Step   int
	Person community.PersonID // of PerPerson
	How                       // of PerWay, PerCode and PerInviter
	Cells  []Cell             // one for every metric
}

// Result answers a query.
type Result struct {
	Plan    *Plan
	Rows    []Row
	Lines   int    // of PerWay, PerCode and PerInviter: how many there are, of which Rows has the largest
	Total   []Cell // of everything in the whole period
	Gaps    []Gap  // of the period, of all groups together
	Covered int    // days of the period that are not before the first day heard, in a gap or to come
}

// Run gathers what a plan needs, group by group, so that no two histories are in
// memory at once.
type Run struct {
	plan  *Plan
	parts map[community.GroupID]Part
	units []runUnit
	of    map[community.GroupID][]int // units by group
	split *split                      // by how people came or went; nil: not asked
}

type runUnit struct {
	single *History // of a unit of one group, the last
	cells  [][]Cell // of any other unit of one group, by step
	pool   pool
	pooled *History // of the pool, once it is complete
	united *History // of all groups together, from their unions
	sums   map[sumKey]*sum
}

type sumKey struct {
	step, metric int // step len(Steps) is the whole period
	before       bool
}

// NewRun begins. parts are those of the plan's groups.
func NewRun(p *Plan, parts map[community.GroupID]Part) *Run {
	r := &Run{plan: p, parts: parts, units: make([]runUnit, len(p.Units)), of: map[community.GroupID][]int{}}
	if p.how() != "" {
		r.split = newSplit(p)
	}
	for i, u := range p.Units {
		r.units[i].sums = map[sumKey]*sum{}
		for _, g := range u.Groups {
			r.of[g] = append(r.of[g], i)
			r.units[i].pool.parts = append(r.units[i].pool.parts, parts[g])
		}
		if u := &r.units[i].pool; len(p.Units[i].Groups) > 1 {
			u.speakers = slices.ContainsFunc(p.Query.Metrics, func(m string) bool { return pooling[m] == asOne && depths[m].speakers != not })
			var spans []Span
			if spans, u.posts = p.postSpans(u.last()); len(spans) > 0 {
				u.tallies = map[Span]*tally{}
				for _, s := range spans {
					u.tallies[s] = &tally{}
				}
			}
		}
	}
	return r
}

// Add takes one group's history; each of GroupsNeeded once.
func (r *Run) Add(g community.GroupID, h *History) {
	if r.split != nil {
		r.split.add(g, h)
	}
	for _, i := range r.of[g] {
		u := &r.units[i]
		if len(r.plan.Units[i].Groups) == 1 {
			if i == len(r.units)-1 {
				u.single = h // its gaps are told
			} else {
				u.cells = r.cells(i, h)
			}
			continue
		}
		if r.needsMessages(i) {
			u.pool.add(h)
		}
		for m, metric := range r.plan.Query.Metrics {
			how := pooling[metric]
			if how == asOne || how == apart {
				continue
			}
			r.plan.eachSpan(func(k sumKey, s Span) {
				if r.plan.once() && k.step == 1 {
					return // the whole period is the only step
				}
				k.metric = m
				if u.sums[k] == nil {
					u.sums[k] = &sum{members: roaring.New()}
				}
				f := h.figure(metric, s)
				u.sums[k].add(how, f)
				if how == distinct && f.known {
					u.sums[k].members.Or(h.members().at(min(s.To, h.end())).present)
				}
				if how == middle && f.known {
					u.sums[k].wait(h.waitsIn(s))
				}
			})
		}
	}
}

// AddUnions takes the unions of all groups' days for what is asked of all groups as
// one, where HasUnions says so, and what is kept of their stretches (nil: nothing is).
// It comes before Add; where FromUnions says so there is nothing to add.
func (r *Run) AddUnions(days []*GroupDay, unions *Unions, person func(community.IdentityID) community.PersonID) {
	u := &r.units[len(r.units)-1]
	p := pool{days: make(map[community.Day]*GroupDay, len(days)), parts: u.pool.parts, person: person, unions: unions}
	for _, d := range days {
		if d.Messages > 0 {
			p.days[d.Day] = d
		}
	}
	u.united, u.pool.speakers = p.history(), false
}

func (r *Run) needsMessages(unit int) bool {
	united := r.units[unit].united != nil
	return unit == len(r.units)-1 && !united || // its gaps are told
		slices.ContainsFunc(r.plan.Query.Metrics, func(m string) bool { return pooling[m] == asOne && !(united && slices.Contains(fromUnions, m)) })
}

// eachSpan walks every stretch that a value is needed of: the steps, the whole
// period, and what they are compared with.
func (p *Plan) eachSpan(yield func(sumKey, Span)) {
	for i := range len(p.Steps) + 1 {
		s := p.Period()
		if i < len(p.Steps) {
			s = p.Steps[i].Span
		}
		yield(sumKey{step: i}, s)
		if p.Shift > 0 {
			yield(sumKey{step: i, before: true}, s.back(p.Shift))
		}
	}
}

// Result works out the answer, once everything was added.
func (r *Run) Result() *Result {
	p := r.plan
	out := &Result{Plan: p, Rows: []Row{}}
	last := len(p.Units) - 1
	whole := r.units[last].whole()
	cells := make([][][]Cell, len(p.Units)) // by unit and step, the whole period last
	for i := range p.Units {
		switch u := &r.units[i]; {
		case u.cells != nil:
			cells[i] = u.cells
		default:
			cells[i] = r.cells(i, u.history())
		}
	}
	r.compare(cells)
	out.Total = cells[last][len(p.Steps)]
	out.Gaps = whole.GapsIn(p.Period())
	out.Covered, _ = whole.coverage(p.Period())
	if p.has(PerPerson) {
		out.Rows = r.persons(whole)
		return out
	}
	if r.split != nil {
		out.Rows, out.Lines = r.split.rows(last, cells[last])
		return out
	}
	for i, u := range p.Units {
		if u.aside || i == last && (p.has(PerGroup) || p.has(PerType) || p.has(PerSet)) {
			continue
		}
		for step := range p.Steps {
			out.Rows = append(out.Rows, Row{Unit: i, Step: step, Cells: cells[i][step]})
		}
	}
	return out
}

// history is that of the unit's groups as one.
func (u *runUnit) history() *History {
	if u.single != nil {
		return u.single
	}
	if u.pooled == nil {
		u.pooled = u.pool.history()
	}
	return u.pooled
}

// whole is the history that tells the unit's gaps.
func (u *runUnit) whole() *History {
	if u.united != nil {
		return u.united
	}
	return u.history()
}

// once says that the whole period is the only step.
func (p *Plan) once() bool {
	return len(p.Steps) == 1 && p.Steps[0] == (Step{Weekday: -1, Hour: -1, Span: p.Period()})
}

// cells computes the numbers of a unit, by step, those of the whole period last.
func (r *Run) cells(unit int, h *History) [][]Cell {
	p := r.plan
	cells := make([][]Cell, len(p.Steps)+1)
	for step := range cells {
		if step == 1 && p.once() {
			cells[1] = slices.Clone(cells[0])
			continue
		}
		for m := range p.Query.Metrics {
			cells[step] = append(cells[step], r.cell(unit, step, m, h))
		}
	}
	return cells
}

// cell computes one number.
func (r *Run) cell(unit, step, metric int, h *History) Cell {
	p := r.plan
	at := Step{Weekday: -1, Hour: -1, Span: p.Period()}
	if step < len(p.Steps) {
		at = p.Steps[step]
	}
	now, groups := r.value(unit, step, metric, h, at, false)
	c := Cell{Value: maybe(now.value, now.known), Of: maybe(now.of, now.known && now.of > 0), Why: now.why, Partial: now.partial, Groups: groups}
	if p.Shift == 0 {
		return c
	}
	at.Span = at.Span.back(p.Shift)
	was, wasGroups := r.value(unit, step, metric, h, at, true)
	c.Before = maybe(was.value, groups == wasGroups && mayCompare(now, was))
	return c
}

// value is a metric of a unit over a stretch, and of how many groups it is.
func (r *Run) value(unit, step, metric int, h *History, at Step, before bool) (figure, int) {
	u, name := &r.units[unit], r.plan.Query.Metrics[metric]
	of := len(r.plan.Units[unit].Groups)
	how := pooling[name]
	if of != 1 && how == apart {
		return unknown(NotAdded), 0
	}
	if of != 1 && how != asOne {
		if a := u.sums[sumKey{step: step, metric: metric, before: before}]; a != nil {
			return a.figure(how)
		}
		return unknown(NoMessages), 0
	}
	if u.united != nil && slices.Contains(fromUnions, name) {
		h = u.united
	}
	var f figure
	switch {
	case at.Weekday >= 0:
		f = h.ofWeekday(name, at.Span, at.Weekday)
	case at.Hour >= 0:
		f = h.ofHour(name, at.Span, at.Hour)
	default:
		f = h.figure(name, at.Span)
	}
	if of != 1 {
		f.partial = f.partial || u.pool.partial(at.Span)
	}
	if !f.known {
		of = 0
	}
	return f, of
}

// ofWeekday is a metric of one day of the week, 0 is Monday.
func (h *History) ofWeekday(metric string, s Span, on int) figure {
	whole, some, want := 0, 0, 0
	var all, covered float64
	rows := h.in(s)
	for d := s.From + community.Day((on-weekday(s.From)+7)%7); d <= s.To; d += 7 {
		want++
		for len(rows) > 0 && rows[0].Day < d {
			rows = rows[1:]
		}
		n := 0.0
		if len(rows) > 0 && rows[0].Day == d {
			if n = float64(rows[0].Messages); metric == "dau_mean" {
				n = float64(spoke(rows[0]))
			}
		}
		all += n
		w, known := h.coverage(Span{d, d})
		whole, some = whole+w, some+known
		if w > 0 {
			covered += n
		}
	}
	return h.within(s, metric, all, covered, whole, some, want)
}

// ofHour is a metric of one hour of the day.
func (h *History) ofHour(metric string, s Span, hour int) figure {
	whole, some := h.coverage(s)
	var all, covered float64
	for _, d := range h.in(s) {
		n := float64(d.Hours[hour])
		all += n
		if h.covered(d.Day) {
			covered += n
		}
	}
	return h.within(s, metric, all, covered, whole, some, s.Days())
}

// within is a sum over the days of which anything is known, or a mean over the
// covered ones.
func (h *History) within(s Span, metric string, all, covered float64, whole, some, want int) figure {
	if metric == "messages" {
		if some == 0 || h.unread {
			return unknown(h.missing(s))
		}
		return figure{value: all, known: true, days: some, partial: whole < want}
	}
	if whole == 0 || h.unread {
		return unknown(h.missing(s))
	}
	return figure{value: covered / float64(whole), known: true, partial: whole < want}
}

// persons lists who wrote most in the groups.
func (r *Run) persons(h *History) []Row {
	p := r.plan
	s := p.Period()
	before := map[community.PersonID]int64{}
	now, was := h.count(s, messages), figure{}
	if p.Shift > 0 {
		before, was = maps.Collect(h.wroteIn(s.back(p.Shift))), h.count(s.back(p.Shift), messages)
	}
	rows := []Row{}
	for _, sp := range h.Speakers(s, p.Query.Limit).Top {
		c := Cell{Value: maybe(float64(sp.Messages), true), Partial: now.partial, Groups: len(p.Units[len(p.Units)-1].Groups)}
		c.Before = maybe(float64(before[sp.Person]), p.Shift > 0 && was.known && was.days == now.days)
		rows = append(rows, Row{Unit: len(p.Units) - 1, Person: sp.Person, Cells: []Cell{c}})
	}
	return rows
}

// compare puts every group beside the others of its type. A denominator of members
// seen means something else elsewhere, so it is compared with nobody.
func (r *Run) compare(cells [][][]Cell) {
	p := r.plan
	if p.Query.Compare != WithPeers {
		return
	}
	of := map[community.GroupID]int{}
	for i, u := range p.Units {
		if u.Group != 0 {
			of[u.Group] = i
		}
	}
	for i, u := range p.Units {
		if u.aside || len(u.Groups) != 1 {
			continue
		}
		me := u.Groups[0]
		for step := range cells[i] {
			if step == 1 && p.once() {
				cells[i][1] = slices.Clone(cells[i][0])
				continue
			}
			for m := range cells[i][step] {
				if cells[i][step][m].Why == MembersSeen {
					continue
				}
				var others []float64
				for g, at := range of {
					if c := cells[at][step][m]; g != me && p.types[g] == p.types[me] && c.Value != nil && c.Why != MembersSeen {
						others = append(others, *c.Value)
					}
				}
				cells[i][step][m].Peers, cells[i][step][m].PeersOf = medianOf(others), len(others)
			}
		}
	}
}

// medianOf is the middle of a list, nil of none.
func medianOf(list []float64) *float64 {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return maybe((list[(len(list)-1)/2]+list[len(list)/2])/2, true)
}

// Pooled says how metrics of several groups are put together: heard (as one),
// added, weighted, distinct or median. What is not in it means nothing of several.
func Pooled() map[string]string {
	names := map[together]string{asOne: "heard", added: "added", weighted: "weighted", distinct: "distinct", middle: "median"}
	all := map[string]string{}
	for _, m := range slices.Sorted(maps.Keys(pooling)) {
		all[m] = names[pooling[m]]
	}
	return all
}
