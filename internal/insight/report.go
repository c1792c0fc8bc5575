package insight

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"

	"qunying/community"
)

// ReportKind says how much a report looks at.
type ReportKind string

// The reports (S81). Each is compared with the same weekdays before.
const (
	Daily     ReportKind = "daily"     // the last whole day
	Weekly    ReportKind = "weekly"    // seven days
	Quarterly ReportKind = "quarterly" // thirteen weeks
)

// Days is the length of the period that a report of the kind looks at, 0 for a kind
// that there is not.
func (k ReportKind) Days() community.Day {
	return map[ReportKind]community.Day{Daily: 1, Weekly: 7, Quarterly: 91}[k]
}

var reportMetrics = map[ReportKind][]string{
	Daily: {"messages", "speakers", "activity_rate", "members", "joins", "leaves"},
	Weekly: {"messages", "speakers", "dau_mean", "activity_rate", "messages_per_member", "members", "joins", "leaves",
		"next_week_retention", "silent_share", "top5_share", "kol_output"},
	Quarterly: {"messages", "speakers", "dau_mean", "activity_rate", "messages_per_member", "members", "joins", "leaves", "leave_rate",
		"message_decay", "next_week_retention", "next_month_retention", "silent_share", "few_share", "kol_share", "top5_share", "kol_output"},
}

var reportGroupMetrics = []string{"messages", "speakers", "activity_rate", "members", "leaves"}

// Bounds of what a report lists.
const (
	reportChanges = 8
	reportAdvice  = 5
	reportPersons = 10
)

// ReportQueries are what a report asks, by part.
type ReportQueries struct {
	Total, Trend, Groups, Persons Query
}

// Queries settles what a report of a kind asks of groups, up to a day.
func (k ReportKind) Queries(groups []community.GroupID, to community.Day) ReportQueries {
	q := Query{Groups: groups, From: to - k.Days() + 1, To: to, Compare: WithWeeks}
	r := ReportQueries{Total: q, Trend: q, Groups: q, Persons: q}
	r.Total.Metrics = reportMetrics[k]
	r.Groups.Metrics, r.Groups.By = reportGroupMetrics, []Dimension{PerGroup}
	r.Persons.Metrics, r.Persons.By, r.Persons.Limit = []string{"messages"}, []Dimension{PerPerson}, reportPersons
	r.Trend.Metrics, r.Trend.By = []string{"messages", "speakers"}, []Dimension{PerDay}
	r.Trend.Compare = WithNothing
	switch k {
	case Daily: // two weeks, so that a day is seen among others
		r.Trend.From = to - 13
	case Quarterly:
		r.Trend.By = []Dimension{PerWeek}
	}
	return r
}

// ReportCell is a number of a report.
type ReportCell struct {
	Metric  string   `json:"metric"`
	Value   *float64 `json:"value" nullable:"true" doc:"null: cannot be known (不可得), see why"`
	Before  *float64 `json:"before,omitempty" doc:"the same weekdays before; absent: unknown or not comparable"`
	Of      *float64 `json:"of,omitempty" doc:"the denominator, where the metric is a share"`
	Why     string   `json:"why,omitempty"`
	Partial bool     `json:"partial"`
	Groups  int      `json:"groups" doc:"of how many groups the value is"`
}

// ReportMetric is a definition as it was when the report was made.
type ReportMetric struct {
	ID        string `json:"id"`
	Zh        string `json:"zh"`
	En        string `json:"en"`
	Unit      string `json:"unit"`
	FormulaZh string `json:"formula_zh"`
	FormulaEn string `json:"formula_en"`
}

// ReportThreshold is by what a reading was judged.
type ReportThreshold struct {
	Metric string   `json:"metric"`
	Value  *float64 `json:"value" nullable:"true"`
	Band   string   `json:"band,omitempty"`
	By     string   `json:"by,omitempty"`
	Cuts   Cuts     `json:"cuts"`
}

// ReportGroup is a group's line.
type ReportGroup struct {
	Group      community.GroupID `json:"group"`
	Name       string            `json:"name"`
	Type       string            `json:"type,omitempty"`
	Cells      []ReportCell      `json:"cells"`
	Band       string            `json:"band,omitempty" doc:"its worst; absent: not known"`
	Worst      string            `json:"worst,omitempty" doc:"the metric of it"`
	Lever      string            `json:"lever,omitempty" doc:"what moves it"`
	Thresholds []ReportThreshold `json:"thresholds"`
}

// ReportChange is something that has been going up or down in a group for weeks.
type ReportChange struct {
	Group  community.GroupID `json:"group"`
	Name   string            `json:"name"`
	Metric string            `json:"metric"`
	Value  float64           `json:"value" doc:"over the last seven days"`
	Usual  float64           `json:"usual" doc:"the median of the weeks before"`
	Band   string            `json:"band,omitempty"`
}

// ReportAdvice is a lever, with the groups whose worst number it moves.
type ReportAdvice struct {
	Lever   string              `json:"lever"`
	Metrics []string            `json:"metrics"`
	Groups  []community.GroupID `json:"groups"`
}

// ReportPerson is somebody who wrote much.
type ReportPerson struct {
	Person   community.PersonID `json:"person"`
	Messages float64            `json:"messages"`
	Before   *float64           `json:"before,omitempty"`
}

// ReportTrend is the course, in columns.
type ReportTrend struct {
	Grain    string          `json:"grain"`
	T        []community.Day `json:"t"`
	Messages []*float64      `json:"messages"`
	Speakers []*float64      `json:"speakers"`
	Gaps     []Span          `json:"gaps" doc:"stretches in which nothing could be heard of any group"`
}

// Report is what a report says. It holds its definitions and thresholds, so that it
// says the same for ever.
type Report struct {
	Kind      ReportKind     `json:"kind"`
	From      community.Day  `json:"from"`
	To        community.Day  `json:"to"`
	Before    community.Day  `json:"before_from" doc:"first day of the stretch that it is compared with"`
	Zone      string         `json:"zone" doc:"of the community; groups are counted in their own"`
	Catalogue string         `json:"catalogue" doc:"differs when any definition does"`
	Days      int            `json:"days"`
	Covered   int            `json:"covered" doc:"days of the period that lie in no gap of all groups together; a group's own gaps stand in its cells"`
	Waiting   int            `json:"waiting" doc:"groups whose bands had not been counted yet"`
	Metrics   []ReportMetric `json:"metrics"`
	Numbers   []ReportCell   `json:"numbers"`
	Trend     ReportTrend    `json:"trend"`
	Groups    []ReportGroup  `json:"groups" doc:"the worst bands first"`
	Well      []ReportChange `json:"well"`
	Fell      []ReportChange `json:"fell"`
	Next      []ReportAdvice `json:"next"`
	Persons   []ReportPerson `json:"persons" doc:"who wrote most"`
	Bands     map[string]int `json:"bands" doc:"groups by their worst band"`
}

// GroupJudgement is a group with its bands.
type GroupJudgement struct {
	Group  community.GroupID
	Name   string
	Type   GroupType
	Health *Health // nil: not counted yet, or of another time
}

// ReportParts is what a report is made of.
type ReportParts struct {
	Total, Trend, Groups, Persons *Result
	Judged                        []GroupJudgement
	Zone                          string
}

// NewReport puts a report together.
func NewReport(k ReportKind, p ReportParts) Report {
	s := p.Total.Plan.Period()
	was, _ := p.Total.Plan.Compared()
	r := Report{Kind: k, From: s.From, To: s.To, Before: was.From, Zone: p.Zone, Catalogue: CatalogueVersion(), Days: s.Days(), Covered: p.Total.Covered,
		Numbers: reportCells(p.Total.Plan.Query.Metrics, p.Total.Total), Groups: []ReportGroup{}, Well: []ReportChange{}, Fell: []ReportChange{},
		Next: []ReportAdvice{}, Persons: []ReportPerson{}, Bands: map[string]int{}}
	for _, id := range reportMetrics[Quarterly] {
		m, _ := MetricByID(id)
		r.Metrics = append(r.Metrics, ReportMetric{m.ID, m.Zh, m.En, m.Unit, m.Formula.Zh, m.Formula.En})
	}
	for _, b := range banded {
		if !slices.Contains(reportMetrics[Quarterly], b.Metric) {
			m, _ := MetricByID(b.Metric)
			r.Metrics = append(r.Metrics, ReportMetric{m.ID, m.Zh, m.En, m.Unit, m.Formula.Zh, m.Formula.En})
		}
	}
	r.trend(p.Trend)
	r.groups(p)
	r.changes(p.Judged)
	for _, row := range p.Persons.Rows {
		if c := row.Cells[0]; c.Value != nil {
			r.Persons = append(r.Persons, ReportPerson{row.Person, *c.Value, c.Before})
		}
	}
	return r
}

// Lacking is of how many groups not every day of the period is known: their own gaps
// are not those of all groups together, which Covered counts.
func (r *Report) Lacking() (n int) {
	for _, g := range r.Groups {
		if len(g.Cells) > 0 && (g.Cells[0].Value == nil || g.Cells[0].Partial) {
			n++
		}
	}
	return n
}

func reportCells(metrics []string, cells []Cell) []ReportCell {
	out := make([]ReportCell, len(cells))
	for i, c := range cells {
		out[i] = ReportCell{metrics[i], c.Value, c.Before, c.Of, string(c.Why), c.Partial, c.Groups}
	}
	return out
}

func (r *Report) trend(of *Result) {
	r.Trend = ReportTrend{Grain: string(of.Plan.Query.By[0]), T: []community.Day{}, Messages: []*float64{}, Speakers: []*float64{}, Gaps: []Span{}}
	for _, row := range of.Rows {
		r.Trend.T = append(r.Trend.T, of.Plan.Steps[row.Step].At)
		r.Trend.Messages = append(r.Trend.Messages, row.Cells[0].Value)
		r.Trend.Speakers = append(r.Trend.Speakers, row.Cells[1].Value)
	}
	for _, g := range of.Gaps {
		r.Trend.Gaps = append(r.Trend.Gaps, g.Span.meet(of.Plan.Period()))
	}
}

// groups lists the groups, the worst bands first, and what to do about them.
func (r *Report) groups(p ReportParts) {
	judged := map[community.GroupID]GroupJudgement{}
	for _, j := range p.Judged {
		judged[j.Group] = j
	}
	advice := map[Lever]*ReportAdvice{}
	for _, row := range p.Groups.Rows {
		g := p.Groups.Plan.Units[row.Unit].Group
		j := judged[g]
		line := ReportGroup{Group: g, Name: j.Name, Type: string(j.Type), Cells: reportCells(reportGroupMetrics, row.Cells), Thresholds: []ReportThreshold{}}
		if j.Health == nil {
			r.Waiting++
			r.Groups = append(r.Groups, line)
			continue
		}
		for _, m := range j.Health.Readings {
			t := ReportThreshold{Metric: m.Metric, Value: m.Value, Band: string(m.Band), By: string(m.By)}
			for _, by := range m.Judged {
				if by.By == m.By {
					t.Cuts = by.Cuts
				}
			}
			line.Thresholds = append(line.Thresholds, t)
			if m.Band != "" && gravity(m.Band) > gravity(Band(line.Band)) {
				line.Band = string(m.Band)
			}
		}
		line.Worst, line.Lever = j.Health.Worst, string(j.Health.Lever)
		if line.Worst != "" {
			a := advice[j.Health.Lever]
			if a == nil {
				a = &ReportAdvice{Lever: line.Lever}
				advice[j.Health.Lever] = a
			}
			a.Groups = append(a.Groups, g)
			if !slices.Contains(a.Metrics, line.Worst) {
				a.Metrics = append(a.Metrics, line.Worst)
			}
		}
		if line.Band != "" {
			r.Bands[line.Band]++
		}
		r.Groups = append(r.Groups, line)
	}
	slices.SortStableFunc(r.Groups, func(a, b ReportGroup) int {
		return cmp.Or(cmp.Compare(gravity(Band(b.Band)), gravity(Band(a.Band))), cmp.Compare(valueOr0(b.Cells[0].Value), valueOr0(a.Cells[0].Value)))
	})
	for _, a := range advice {
		r.Next = append(r.Next, *a)
	}
	slices.SortFunc(r.Next, func(a, b ReportAdvice) int {
		return cmp.Or(cmp.Compare(len(b.Groups), len(a.Groups)), cmp.Compare(a.Lever, b.Lever))
	})
	r.Next = r.Next[:min(len(r.Next), reportAdvice)]
}

func valueOr0(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// changes lists what has risen and fallen for weeks, the greatest first (S75).
func (r *Report) changes(judged []GroupJudgement) {
	for _, j := range judged {
		if j.Health == nil {
			continue
		}
		for _, m := range j.Health.Readings {
			if m.Value == nil || m.Usual == nil || m.Course != Rising && m.Course != Falling {
				continue
			}
			c := ReportChange{j.Group, j.Name, m.Metric, *m.Value, *m.Usual, string(m.Band)}
			if (m.Course == Rising) == (m.Better == More) {
				r.Well = append(r.Well, c)
			} else {
				r.Fell = append(r.Fell, c)
			}
		}
	}
	by := func(c ReportChange) float64 { return math.Abs(c.Value-c.Usual) / max(math.Abs(c.Usual), 1e-9) }
	for _, list := range []*[]ReportChange{&r.Well, &r.Fell} {
		slices.SortStableFunc(*list, func(a, b ReportChange) int { return cmp.Compare(by(b), by(a)) })
		*list = slices.Clip((*list)[:min(len(*list), reportChanges)])
	}
}

// CatalogueVersion is a short fingerprint of all definitions: it differs when any
// formula, unit, need or reference does.
func CatalogueVersion() string {
	b, err := json.Marshal(catalogue)
	if err != nil {
		panic("insight: the catalogue cannot be written: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}
