package insight

import (
	"math/bits"

	"qunying/community"
)

// Cohorts asks of those who did something for the first time in a week or month how
// many did something in the weeks or months after it (同期群).
type Cohorts struct {
	First  Pick                `json:"first"`
	Back   Pick                `json:"back"`
	Grain  Grain               `json:"grain"` // ByWeek or ByMonth
	Groups []community.GroupID `json:"groups,omitempty"`
	Sets   []int64             `json:"sets,omitempty"`
	Types  []GroupType         `json:"types,omitempty"`
	From   community.Day       `json:"from,omitempty"` // of the first time; as in Query, but whole weeks or months
	To     community.Day       `json:"to,omitempty"`
}

// mostCohorts is how many weeks or months fit into a triangle.
const mostCohorts = 128

// Scope is the question by which groups and period are chosen and by which the
// coverage of every week or month is known.
func (c Cohorts) Scope() Query {
	by := PerWeek
	if c.Grain == ByMonth {
		by = PerMonth
	}
	q := Query{Metrics: []string{"messages"}, By: []Dimension{by}, Groups: c.Groups, Sets: c.Sets, Types: c.Types, From: c.From, To: c.To}
	if q.From != 0 {
		q.From = c.Grain.start(q.From)
	}
	return q
}

// Check looks at everything that needs no knowledge of the groups. Errors are Invalid,
// name the field and say what is allowed.
func (c Cohorts) Check() error {
	if c.Grain != ByWeek && c.Grain != ByMonth {
		return community.Errorf(community.Invalid, "grain: there are no cohorts by %q", string(c.Grain)).WithHint("allowed are: week, month")
	}
	if c.First.After != 0 || c.Back.After != 0 {
		return community.Errorf(community.Invalid, "after: cohorts have no days to wait").WithHint("leave it out")
	}
	if err := c.First.check("first"); err != nil {
		return err
	}
	return c.Back.check("back")
}

// CohortRow is those who did it for the first time in one week or month.
type CohortRow struct {
	At   community.Day // its first day
	Size int64
	Back []*int64 // how many of them in the first, second, … one after it; nil: not over, or in a gap
}

// CohortTable is the triangle.
type CohortTable struct {
	Steps   []community.Day // the first days of all weeks or months, whose coverage Partial tells
	Partial []bool          // something of it is missing
	Rows    []CohortRow
}

// CohortRun gathers what cohorts need.
type CohortRun struct {
	c      Cohorts
	period Span
	last   community.Day // up to which days are known whole
	index  map[community.Day]int
	table  CohortTable
	known  []bool
	people map[community.PersonID]*comer
}

// comer is what is known of one person.
type comer struct {
	first community.Day
	back  [mostCohorts / 64]uint64
	came  bool
}

// Run begins. r is the answer to Scope; last is the last day that is known whole. It
// fails with Invalid where there are too many weeks or months.
func (c Cohorts) Run(r *Result, last community.Day) (*CohortRun, error) {
	run := &CohortRun{c: c, period: r.Plan.Period(), last: last, index: map[community.Day]int{}, people: map[community.PersonID]*comer{}}
	if len(r.Plan.Steps) > mostCohorts {
		return nil, community.Errorf(community.Invalid, "from: there are %d weeks or months in the period", len(r.Plan.Steps)).WithHint("choose a shorter period, or cohorts by month")
	}
	for i, s := range r.Plan.Steps {
		run.index[s.At] = i
		run.table.Steps = append(run.table.Steps, s.At)
		cell := r.Rows[i].Cells[0]
		run.known = append(run.known, cell.Value != nil || cell.Why != InGap)
		run.table.Partial = append(run.table.Partial, cell.Partial)
	}
	return run, nil
}

// AddFirst notes that a person did on a day what the first pick chooses.
func (r *CohortRun) AddFirst(p community.PersonID, day community.Day) {
	c := r.comer(p)
	if !c.came || day < c.first {
		c.first, c.came = day, true
	}
}

// AddBack notes that a person did on a day what the other pick chooses.
func (r *CohortRun) AddBack(p community.PersonID, day community.Day) {
	if i, in := r.index[r.c.Grain.start(day)]; in && r.period.Has(day) {
		r.comer(p).back[i/64] |= 1 << (i % 64)
	}
}

func (r *CohortRun) comer(p community.PersonID) *comer {
	c := r.people[p]
	if c == nil {
		c = &comer{}
		r.people[p] = c
	}
	return c
}

// Result makes the triangle.
func (r *CohortRun) Result() CohortTable {
	n := len(r.table.Steps)
	counts := make([][]int64, n)
	r.table.Rows = make([]CohortRow, n)
	for i, at := range r.table.Steps {
		r.table.Rows[i].At, counts[i] = at, make([]int64, n)
	}
	for _, c := range r.people {
		i, in := r.index[r.c.Grain.start(c.first)]
		if !c.came || !in || !r.period.Has(c.first) {
			continue
		}
		r.table.Rows[i].Size++
		for word, set := range c.back {
			for ; set != 0; set &= set - 1 {
				counts[i][word*64+bits.TrailingZeros64(set)]++
			}
		}
	}
	for i := range r.table.Rows {
		row := &r.table.Rows[i]
		row.Back = []*int64{}
		for j := i + 1; j < n; j++ {
			var v *int64
			if r.known[j] && r.c.Grain.next(r.table.Steps[j])-1 <= r.last {
				v = &counts[i][j]
			}
			row.Back = append(row.Back, v)
		}
	}
	return r.table
}
