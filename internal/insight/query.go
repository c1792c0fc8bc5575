package insight

import (
	"cmp"
	"slices"
	"strings"

	"qunying/community"
)

// Dimension is something that the rows of a query are told apart by.
type Dimension string

// The dimensions: at most one of time and one of who.
const (
	PerDay     Dimension = "day"
	PerWeek    Dimension = "week"    // Monday to Sunday
	PerMonth   Dimension = "month"   // calendar months
	PerWeekday Dimension = "weekday" // 0 is Monday
	PerHour    Dimension = "hour"    // local hours of each group
	PerGroup   Dimension = "group"
	PerType    Dimension = "type"
	PerSet     Dimension = "set"
	PerPerson  Dimension = "person"
	PerWay     Dimension = "way"     // how people came or went, in the platform's terms
	PerCode    Dimension = "code"    // the state of the code by which they came
	PerInviter Dimension = "inviter" // who invited them
)

var (
	timeDimensions = []Dimension{PerDay, PerWeek, PerMonth, PerWeekday, PerHour}
	whoDimensions  = []Dimension{PerGroup, PerType, PerSet, PerPerson, PerWay, PerCode, PerInviter}
	howDimensions  = []Dimension{PerWay, PerCode, PerInviter}
)

// Comparison is what a query's values are put beside.
type Comparison string

// The comparisons.
const (
	WithNothing Comparison = ""
	WithBefore  Comparison = "before" // the stretch of equal length just before
	WithWeeks   Comparison = "weeks"  // the same weekdays, as many whole weeks before as the period needs
	WithPeers   Comparison = "peers"  // the median of the other groups of the same type
)

var comparisons = []Comparison{WithBefore, WithWeeks, WithPeers}

// Query asks for metrics, told apart by dimensions, of some groups in a period.
type Query struct {
	Metrics []string            `json:"metrics"`
	By      []Dimension         `json:"by,omitempty"`
	Groups  []community.GroupID `json:"groups,omitempty"` // none: all, unless Sets or Types choose some
	Sets    []int64             `json:"sets,omitempty"`
	Types   []GroupType         `json:"types,omitempty"`
	From    community.Day       `json:"from,omitempty"` // 0: 29 days before To
	To      community.Day       `json:"to,omitempty"`   // 0: the last day about which anything is known
	Compare Comparison          `json:"compare,omitempty"`
	Limit   int                 `json:"limit,omitempty"` // rows by person, and lines by way, code and inviter; 0: 20
}

// Bounds of a query.
const (
	mostQueryMetrics = 60
	mostQueryDays    = 3700
	mostQueryCells   = 50_000  // of the result
	mostQueryWork    = 400_000 // values of single groups that are computed for it
	mostQueryPersons = 500
	queryPersons     = 20
)

// limited says which metrics can be told apart within days, by who wrote them, and by
// how people came and went; all others are of whole days and of groups.
var limited = map[Dimension][]string{
	PerWeekday: {"messages", "messages_mean", "dau_mean"},
	PerHour:    {"messages", "messages_mean"},
	PerPerson:  {"messages"},
	PerWay:     {"joins", "leaves"},
	PerCode:    {"joins"},
	PerInviter: {"joins"},
}

// Place is a group as a query sees it.
type Place struct {
	Group community.GroupID
	Type  GroupType // "": nobody said
	Sets  []int64
	Today community.Day // up to which anything may be known, in its zone
}

// World is what a query can choose from: the groups that whoever asks may see.
type World struct {
	Places []Place
	Sets   []int64 // in their order
}

// Unit is what one line of a result is about: a group, or several together.
type Unit struct {
	Group  community.GroupID // of PerGroup
	Type   GroupType         // of PerType
	Set    int64             // of PerSet
	Groups []community.GroupID
	aside  bool // computed for comparison only
}

// Step is a stretch of time of a result.
type Step struct {
	At      community.Day // first day of the day, week or month; 0 otherwise
	Weekday int           // of PerWeekday, 0 is Monday; -1
	Hour    int           // of PerHour; -1
	Span    Span          // cut by the period
}

// Plan is how a query is answered.
type Plan struct {
	Query Query // with its period filled in
	Units []Unit
	Steps []Step
	Shift community.Day // how far back the stretch lies that is compared; 0: none

	types map[community.GroupID]GroupType
}

// Period is the span of days that is asked for.
func (p *Plan) Period() Span { return Span{p.Query.From, p.Query.To} }

// Compared is the span that the period is put beside; ok is false for none.
func (p *Plan) Compared() (s Span, ok bool) { return p.Period().back(p.Shift), p.Shift > 0 }

func (s Span) back(days community.Day) Span { return Span{s.From - days, s.To - days} }

// Plan checks a query and settles how it is answered. Errors are Invalid, name the
// field and say what is allowed.
func (q Query) Plan(w World) (*Plan, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	chosen, err := q.choose(w)
	if err != nil {
		return nil, err
	}
	if q, err = q.settle(chosen); err != nil {
		return nil, err
	}
	p := &Plan{Query: q, types: map[community.GroupID]GroupType{}}
	for _, at := range w.Places {
		p.types[at.Group] = at.Type
	}
	s := p.Period()
	switch q.Compare {
	case WithBefore:
		p.Shift = community.Day(s.Days())
	case WithWeeks:
		p.Shift = community.Day((s.Days() + 6) / 7 * 7)
	}
	p.units(chosen, w)
	p.steps()
	return p, p.bound()
}

// check looks at everything that needs no knowledge of the groups.
func (q Query) check() error {
	if len(q.Metrics) == 0 || len(q.Metrics) > mostQueryMetrics {
		return community.Errorf(community.Invalid, "metrics: there are %d of them", len(q.Metrics)).WithHint("name 1 to 60 of: " + strings.Join(Figures(), ", "))
	}
	for i, m := range q.Metrics {
		if _, ok := figures[m]; !ok {
			return community.Errorf(community.Invalid, "metrics: %q is no number of a period", m).WithHint("allowed are: " + strings.Join(Figures(), ", "))
		}
		if slices.Contains(q.Metrics[:i], m) {
			return community.Errorf(community.Invalid, "metrics: %s is named twice", m).WithHint("name each metric once")
		}
	}
	times, whos := 0, 0
	for _, d := range q.By {
		switch {
		case slices.Contains(timeDimensions, d):
			times++
		case slices.Contains(whoDimensions, d):
			whos++
		default:
			return community.Errorf(community.Invalid, "by: there is no dimension %q", string(d)).WithHint("allowed are: " + joined(timeDimensions) + ", " + joined(whoDimensions))
		}
	}
	if times > 1 || whos > 1 {
		return community.Errorf(community.Invalid, "by: at most one dimension of time and one of who").WithHint("of time: " + joined(timeDimensions) + "; of who: " + joined(whoDimensions))
	}
	for _, d := range q.By {
		if d == PerPerson && (times > 0 || q.Compare == WithPeers) {
			return community.Errorf(community.Invalid, "by: person goes with no dimension of time, and with no peers").WithHint("ask for one of them")
		}
		if slices.Contains(howDimensions, d) && q.Compare == WithPeers {
			return community.Errorf(community.Invalid, "compare: %s goes with no peers", string(d)).WithHint("compare with before or weeks, or leave it out")
		}
		allowed, some := limited[d]
		for _, m := range q.Metrics {
			if some && !slices.Contains(allowed, m) {
				return community.Errorf(community.Invalid, "metrics: %s cannot be told apart by %s", m, string(d)).WithHint("by " + string(d) + " allowed are: " + strings.Join(allowed, ", "))
			}
		}
	}
	for _, t := range q.Types {
		if !slices.Contains([]GroupType{Interest, Business, Learning, ""}, t) {
			return community.Errorf(community.Invalid, "types: there is no type of group %q", string(t)).WithHint("allowed are: interest, business, learning, and the empty text for groups without a type")
		}
	}
	if q.Compare != WithNothing && !slices.Contains(comparisons, q.Compare) {
		return community.Errorf(community.Invalid, "compare: there is no comparison %q", string(q.Compare)).WithHint("allowed are: " + joined(comparisons) + ", or left out")
	}
	if q.Limit < 0 || q.Limit > mostQueryPersons {
		return community.Errorf(community.Invalid, "limit: %d is out of bounds", q.Limit).WithHint("allowed is 1 to 500")
	}
	return nil
}

func joined[T ~string](list []T) string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = string(n)
	}
	return strings.Join(names, ", ")
}

// choose finds the groups that every filter lets through.
func (q Query) choose(w World) ([]Place, error) {
	for _, g := range q.Groups {
		if !slices.ContainsFunc(w.Places, func(p Place) bool { return p.Group == g }) {
			return nil, community.Errorf(community.NotFound, "groups: there is no group %d", g).WithHint("leave groups out for all of them")
		}
	}
	for _, s := range q.Sets {
		if !slices.Contains(w.Sets, s) {
			return nil, community.Errorf(community.NotFound, "sets: there is no set of groups %d", s).WithHint("sets are listed in the settings")
		}
	}
	var chosen []Place
	for _, p := range w.Places {
		if (len(q.Groups) == 0 || slices.Contains(q.Groups, p.Group)) && (len(q.Types) == 0 || slices.Contains(q.Types, p.Type)) &&
			(len(q.Sets) == 0 || slices.ContainsFunc(p.Sets, func(s int64) bool { return slices.Contains(q.Sets, s) })) {
			chosen = append(chosen, p)
		}
	}
	return chosen, nil
}

// settle fills in the period.
func (q Query) settle(chosen []Place) (Query, error) {
	if q.To == 0 {
		for _, p := range chosen {
			q.To = max(q.To, p.Today)
		}
	}
	if q.From == 0 {
		q.From = q.To - 29
	}
	switch s := (Span{q.From, q.To}); {
	case q.To < q.From:
		return q, community.Errorf(community.Invalid, "to: the period ends before it begins").WithHint("swap from and to")
	case s.Days() > mostQueryDays:
		return q, community.Errorf(community.Invalid, "from: the period is longer than %d days", mostQueryDays).WithHint("choose a shorter one")
	}
	q.Limit = cmp.Or(q.Limit, queryPersons)
	return q, nil
}

func (p *Plan) has(d Dimension) bool { return slices.Contains(p.Query.By, d) }

// units says what the lines are about. The last one is everything together.
func (p *Plan) units(chosen []Place, w World) {
	all := Unit{Groups: []community.GroupID{}}
	for _, at := range chosen {
		all.Groups = append(all.Groups, at.Group)
	}
	switch {
	case p.has(PerGroup):
		for _, at := range chosen {
			p.Units = append(p.Units, Unit{Group: at.Group, Type: at.Type, Groups: []community.GroupID{at.Group}})
		}
	case p.has(PerType):
		for _, t := range []GroupType{Interest, Business, Learning, ""} {
			u := Unit{Type: t}
			for _, at := range chosen {
				if at.Type == t {
					u.Groups = append(u.Groups, at.Group)
				}
			}
			if len(u.Groups) > 0 {
				p.Units = append(p.Units, u)
			}
		}
	case p.has(PerSet):
		for _, s := range w.Sets {
			u := Unit{Set: s}
			for _, at := range chosen {
				if slices.Contains(at.Sets, s) && (len(p.Query.Sets) == 0 || slices.Contains(p.Query.Sets, s)) {
					u.Groups = append(u.Groups, at.Group)
				}
			}
			if len(u.Groups) > 0 {
				p.Units = append(p.Units, u)
			}
		}
	}
	if p.Query.Compare == WithPeers {
		p.peers(all.Groups, w)
	}
	p.Units = append(p.Units, all)
}

// peers adds the groups that those asked for are compared with and that are not
// among them.
func (p *Plan) peers(chosen []community.GroupID, w World) {
	types := map[GroupType]bool{}
	for _, g := range chosen {
		types[p.types[g]] = true
	}
	for _, at := range w.Places {
		if types[at.Type] && (!p.has(PerGroup) || !slices.Contains(chosen, at.Group)) {
			p.Units = append(p.Units, Unit{Group: at.Group, Type: at.Type, Groups: []community.GroupID{at.Group}, aside: true})
		}
	}
}

// steps cuts the period.
func (p *Plan) steps() {
	s := p.Period()
	grain := map[Dimension]Grain{PerDay: ByDay, PerWeek: ByWeek, PerMonth: ByMonth}
	for _, d := range p.Query.By {
		g, ok := grain[d]
		for from := g.start(s.From); ok && from <= s.To; from = g.next(from) {
			p.Steps = append(p.Steps, Step{At: from, Weekday: -1, Hour: -1, Span: Span{from, g.next(from) - 1}.meet(s)})
		}
		for i := 0; d == PerWeekday && i < 7; i++ {
			p.Steps = append(p.Steps, Step{Weekday: i, Hour: -1, Span: s})
		}
		for i := 0; d == PerHour && i < 24; i++ {
			p.Steps = append(p.Steps, Step{Weekday: -1, Hour: i, Span: s})
		}
	}
	if len(p.Steps) == 0 {
		p.Steps = []Step{{Weekday: -1, Hour: -1, Span: s}}
	}
}

// bound refuses what would take too long, and what has no meaning of several groups.
func (p *Plan) bound() error {
	cells, work := 0, 0
	if p.how() != "" {
		cells = p.Query.Limit * len(p.Steps) * len(p.Query.Metrics)
	}
	for i := range p.Units {
		u := &p.Units[i]
		cells += len(p.Steps) * len(p.Query.Metrics)
		work += len(u.Groups) * len(p.Steps) * len(p.Query.Metrics)
		if len(u.Groups) < 2 || i == len(p.Units)-1 && p.alone() {
			continue
		}
		for _, m := range p.Query.Metrics {
			if pooling[m] == apart {
				return community.Errorf(community.Invalid, "metrics: %s of several groups together means nothing", m).WithHint("add group to by, or choose one group")
			}
		}
	}
	if p.Query.Compare == WithPeers && !p.has(PerGroup) && len(p.Units[len(p.Units)-1].Groups) != 1 {
		return community.Errorf(community.Invalid, "compare: peers are of single groups").WithHint("add group to by, or choose one group")
	}
	if cells > mostQueryCells || work > mostQueryWork {
		return community.Errorf(community.Invalid, "from: the answer would have %d numbers, computed from %d", cells, work).
			WithHint("choose a shorter period, fewer metrics or fewer groups, or longer steps")
	}
	return nil
}

// alone says that every line is of one group, so that the last, of everything, may
// leave out what has no meaning there.
func (p *Plan) alone() bool { return p.has(PerGroup) }

// GroupsNeeded lists the groups whose histories answer the query, each once.
func (p *Plan) GroupsNeeded() []community.GroupID {
	var list []community.GroupID
	for _, u := range p.Units {
		list = append(list, u.Groups...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// HasUnions says that the unions of all groups' days (view_community_day) answer
// what is asked of all groups as one, where the query is about all that there are.
func (p *Plan) HasUnions() bool {
	return len(p.Units[len(p.Units)-1].Groups) >= 2 && !p.has(PerHour) && !p.has(PerPerson)
}

// FromUnions says that the unions answer the whole query.
func (p *Plan) FromUnions() bool {
	if len(p.Units) != 1 || !p.HasUnions() {
		return false
	}
	for _, m := range p.Query.Metrics {
		if !slices.Contains(fromUnions, m) {
			return false
		}
	}
	return true
}
