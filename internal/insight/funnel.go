package insight

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"qunying/community"
)

// FunnelBy is what the lines of a funnel are told apart by.
type FunnelBy string

// What lines are told apart by. In those of groups, sets and types a person enters
// once in each; in the others once, and the deed by which they enter says in which.
const (
	ByNothing FunnelBy = ""
	ByGroup   FunnelBy = "group"
	BySet     FunnelBy = "set"
	ByType    FunnelBy = "type"
	ByWay     FunnelBy = "way"
	ByCode    FunnelBy = "code"
	ByInviter FunnelBy = "inviter"
)

var funnelBys = []FunnelBy{ByGroup, BySet, ByType, ByWay, ByCode, ByInviter}

// Funnel asks how many people go from one deed to the next, in order and within a
// window of days (漏斗, S79).
type Funnel struct {
	Steps     []Pick              `json:"steps"`
	Window    int                 `json:"window"`               // days after entering within which all else has to happen
	SameGroup bool                `json:"same_group,omitempty"` // all else has to happen in the group in which they entered
	By        FunnelBy            `json:"by,omitempty"`
	Groups    []community.GroupID `json:"groups,omitempty"`
	Sets      []int64             `json:"sets,omitempty"`
	Types     []GroupType         `json:"types,omitempty"`
	From      community.Day       `json:"from,omitempty"` // of entering, as in Query
	To        community.Day       `json:"to,omitempty"`
}

// Bounds of a funnel.
const (
	mostFunnelSteps  = 8
	mostFunnelWindow = 366
	mostFunnelDeeds  = 2_000_000 // that are held at once
)

// Scope is the question by which groups, period and the lines of places are chosen, as
// for other queries.
func (f Funnel) Scope() Query {
	q := Query{Metrics: []string{"messages"}, Groups: f.Groups, Sets: f.Sets, Types: f.Types, From: f.From, To: f.To}
	switch f.By {
	case ByGroup:
		q.By = []Dimension{PerGroup}
	case BySet:
		q.By = []Dimension{PerSet}
	case ByType:
		q.By = []Dimension{PerType}
	}
	return q
}

// Check looks at everything that needs no knowledge of the groups. Errors are Invalid,
// name the field and say what is allowed.
func (f Funnel) Check() error {
	if len(f.Steps) == 0 || len(f.Steps) > mostFunnelSteps {
		return community.Errorf(community.Invalid, "steps: there are %d of them", len(f.Steps)).WithHint("name 1 to 8")
	}
	if f.Window < 1 || f.Window > mostFunnelWindow {
		return community.Errorf(community.Invalid, "window: %d days are out of bounds", f.Window).WithHint("allowed is 1 to 366")
	}
	for i, p := range f.Steps {
		field := fmt.Sprintf("steps[%d]", i)
		if err := p.check(field); err != nil {
			return err
		}
		if p.After < 0 || p.After > f.Window || i == 0 && p.After != 0 {
			return community.Errorf(community.Invalid, "%s: %d days after entering are out of bounds", field, p.After).
				WithHint("allowed is 0 to the window; the first step, by which people enter, has none")
		}
	}
	if f.By != ByNothing && !slices.Contains(funnelBys, f.By) {
		return community.Errorf(community.Invalid, "by: there is no %q", string(f.By)).WithHint("allowed are: " + joined(funnelBys))
	}
	if f.perPlace() && slices.Contains(outside, f.Steps[0].Kind) {
		return community.Errorf(community.Invalid, "by: %s happens in no group", string(f.Steps[0].Kind)).WithHint("tell apart by code or way, or begin with another step")
	}
	return nil
}

func (f Funnel) perPlace() bool { return f.By == ByGroup || f.By == BySet || f.By == ByType }

// Needs lists the kinds of deeds to be read, that of the first step first.
func (f Funnel) Needs() []Needs { return needsOf(f.Steps, f.By == ByWay || f.By == ByCode) }

// Until is the last day of which deeds can matter.
func (f Funnel) Until(period Span) community.Day { return period.To + community.Day(f.Window) + 1 }

// FunnelLine is one line of a funnel: everything together, or what By tells apart.
type FunnelLine struct {
	Unit    Unit               // of ByGroup, BySet and ByType
	Label   string             // of ByWay and ByCode; "" where nobody said
	Inviter community.PersonID // of ByInviter; 0 where nobody said
	Steps   []FunnelStep
	Paths   []Path // who entered, in the order of entering
}

// FunnelStep says of one step how many came so far.
type FunnelStep struct {
	Reached int
	Median  *int64 // ms from the step before, over those who reached it; nil of the first step, and of nobody
	Lost    int    // reached it, and not the next one in time
	Open    int    // reached it, and still have time for the next one
}

// Path is how far one person came.
type Path struct {
	Person community.PersonID
	Group  community.GroupID // in which they entered; 0: in none
	At     []int64           // ms, of each step that was reached
	Open   bool              // there is still time for the next one
}

// FunnelRun gathers what a funnel needs.
type FunnelRun struct {
	f      Funnel
	period Span
	units  []Unit
	until  map[community.GroupID]int64
	deeds  map[community.PersonID][]stepDeed
	kept   int
	hows   hows // what lines are told apart by that are of no places
}

// stepDeed is what is kept of a deed.
type stepDeed struct {
	at    int64
	seq   community.Seq
	group community.GroupID
	label int32
	steps uint16 // bit i: it can be step i
}

// Run begins. p is the plan of Scope; until says of every group up to which ms it is
// known, of group 0 up to when what happens outside of groups is.
func (f Funnel) Run(p *Plan, until map[community.GroupID]int64) *FunnelRun {
	return &FunnelRun{f: f, period: p.Period(), units: p.Units, until: until, deeds: map[community.PersonID][]stepDeed{}}
}

// Add takes a deed; those of the first step's kind come before all others. It fails
// with Invalid where there are more than can be held at once.
func (r *FunnelRun) Add(d *Deed) error {
	var steps uint16
	for i := range r.f.Steps {
		if r.f.Steps[i].Takes(d) && (i > 0 || r.period.Has(d.Day)) {
			steps |= 1 << i
		}
	}
	if steps == 0 || steps&1 == 0 && d.Kind != r.f.Steps[0].Kind && r.deeds[d.Person] == nil {
		return nil // of no use, or of somebody who never enters
	}
	if r.kept++; r.kept > mostFunnelDeeds {
		return ErrTooMuch
	}
	s := stepDeed{at: d.At, seq: d.Seq, group: d.Group, steps: steps}
	if steps&1 != 0 {
		s.label = r.labelOf(d)
	}
	r.deeds[d.Person] = append(r.deeds[d.Person], s)
	return nil
}

func (r *FunnelRun) labelOf(d *Deed) int32 {
	switch r.f.By {
	case ByWay, ByCode, ByInviter:
		return r.hows.of(d.how(Dimension(r.f.By)))
	}
	return 0
}

// Result counts. The last line is of everything together, in which everybody is once.
func (r *FunnelRun) Result() []FunnelLine {
	lines := make([]FunnelLine, len(r.units))
	var labels []FunnelLine
	for i, u := range r.units {
		lines[i].Unit = u
	}
	all := len(lines) - 1
	ends := make([]int64, len(lines))
	for i := range lines {
		for _, g := range lines[i].Unit.Groups {
			ends[i] = max(ends[i], r.until[g])
		}
		if slices.ContainsFunc(r.f.Steps, func(p Pick) bool { return slices.Contains(outside, p.Kind) }) {
			ends[i] = r.until[0]
		}
	}
	for _, l := range r.hows.list {
		labels = append(labels, FunnelLine{Label: l.Label, Inviter: l.Inviter})
	}
	for person, deeds := range r.deeds {
		slices.SortFunc(deeds, func(a, b stepDeed) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) })
		for i := range lines {
			var within []community.GroupID
			if i < all {
				within = lines[i].Unit.Groups
			}
			path, label, ok := r.walk(deeds, within, ends[i])
			if !ok {
				continue
			}
			path.Person = person
			lines[i].Paths = append(lines[i].Paths, path)
			if i == all && len(labels) > 0 {
				labels[label].Paths = append(labels[label].Paths, path)
			}
		}
	}
	lines = append(lines[:all:all], append(labels, lines[all])...)
	for i := range lines {
		lines[i].count(len(r.f.Steps))
	}
	slices.SortStableFunc(lines[:len(lines)-1], func(a, b FunnelLine) int {
		return cmp.Or(cmp.Compare(len(b.Paths), len(a.Paths)), cmp.Compare(a.Unit.Group, b.Unit.Group), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Inviter, b.Inviter))
	})
	return lines
}

// walk follows a person through the steps: they enter by the first deed that can be
// the first step, and each further step is the first deed after the one before that
// can be it. within are the groups whose deeds count, nil: all; until is up to which
// ms they are known.
func (r *FunnelRun) walk(deeds []stepDeed, within []community.GroupID, until int64) (path Path, label int32, ok bool) {
	const day = int64(24 * time.Hour / time.Millisecond)
	var end int64
	for _, d := range deeds {
		if within != nil && d.group != 0 && !slices.Contains(within, d.group) {
			continue
		}
		k := len(path.At)
		if k > 0 && (d.at > end || k == len(r.f.Steps)) {
			break
		}
		if d.steps&(1<<k) == 0 {
			continue
		}
		if k == 0 {
			path.Group, label, end = d.group, d.label, d.at+int64(r.f.Window)*day
		} else if d.at < path.At[0]+int64(r.f.Steps[k].After)*day || r.f.SameGroup && d.group != 0 && path.Group != 0 && d.group != path.Group {
			continue
		}
		path.At = append(path.At, d.at)
	}
	if len(path.At) == 0 {
		return path, 0, false
	}
	if r.f.SameGroup && path.Group != 0 && until != r.until[0] {
		until = r.until[path.Group]
	}
	path.Open = len(path.At) < len(r.f.Steps) && end > until
	return path, label, true
}

// count fills in the steps from the paths.
func (l *FunnelLine) count(steps int) {
	slices.SortFunc(l.Paths, func(a, b Path) int { return cmp.Or(cmp.Compare(a.At[0], b.At[0]), cmp.Compare(a.Person, b.Person)) })
	l.Steps = make([]FunnelStep, steps)
	took := make([][]int64, steps)
	for _, p := range l.Paths {
		for k := range p.At {
			l.Steps[k].Reached++
			if k > 0 {
				took[k] = append(took[k], p.At[k]-p.At[k-1])
			}
		}
		switch last := &l.Steps[len(p.At)-1]; {
		case p.Open:
			last.Open++
		case len(p.At) < steps:
			last.Lost++
		}
	}
	for k, list := range took {
		if len(list) > 0 {
			slices.Sort(list)
			middle := (list[(len(list)-1)/2] + list[len(list)/2]) / 2
			l.Steps[k].Median = &middle
		}
	}
}
