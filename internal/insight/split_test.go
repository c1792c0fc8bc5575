package insight

import (
	"cmp"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"qunying/community"
)

// What lines by way say adds up to the metric itself, in every step and before it, and
// each line counts the first deed of everybody on every day.
func TestWaysAddUpToWhoCameAndWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, w, parts := drawGroups(t, 3)
		s := drawSpan(t, list[0].story)
		q := Query{Metrics: []string{"joins", "leaves"}, By: rapid.SampledFrom([][]Dimension{{PerWay}, {PerWay, PerWeek}}).Draw(t, "by"),
			From: s.From, To: s.To, Compare: rapid.SampledFrom([]Comparison{WithNothing, WithBefore, WithWeeks}).Draw(t, "compare"), Limit: 500}
		plan, err := q.Plan(w)
		if err != nil {
			t.Fatal(err)
		}
		needs, spans := plan.Hows()
		run := NewRun(plan, parts)
		told := map[string]map[How]float64{} // by metric, over the whole period
		first := map[change]*Deed{}
		for _, g := range list {
			for key, e := range g.once() {
				d := Deed{Kind: e.Kind, As: e.Identity, Group: g.place.Group, Day: community.DayOf(e.At, g.zone), At: e.At.UnixMilli(),
					Way: fmt.Sprint("way ", key[0]%3)}
				d.Seq = community.Seq(key[1])<<8 | community.Seq(key[2])
				wanted := false
				for _, span := range spans {
					wanted = wanted || span.Has(d.Day)
				}
				if !wanted || e.Identity == 0 || e.Kind != needs[0].Kind && e.Kind != needs[1].Kind {
					continue
				}
				if err := run.AddHow(&d); err != nil {
					t.Fatal(err)
				}
				at := change{d.Kind, d.Group, d.Day, d.As}
				if was := first[at]; was == nil || cmp.Or(cmp.Compare(d.At, was.At), cmp.Compare(d.Seq, was.Seq)) < 0 {
					first[at] = &d
				}
			}
		}
		for _, g := range plan.GroupsNeeded() {
			run.Add(g, list[g-1].history)
		}
		for i, metric := range q.Metrics {
			told[metric] = map[How]float64{}
			for at, d := range first {
				if n, _ := list[at.group-1].history.Number(metric, s); n.Value != nil && s.Has(at.day) && at.kind == needs[i].Kind {
					told[metric][How{Label: d.Way}]++
				}
			}
		}
		r := run.Result()
		plain := q
		plain.By = nil
		if len(q.By) > 1 {
			plain.By = []Dimension{PerWeek}
		}
		want := ask(t, plain, list, w, parts)
		added := make([]map[string]float64, len(plan.Steps))
		lines := map[How]map[string]float64{}
		for _, row := range r.Rows {
			if added[row.Step] == nil {
				added[row.Step] = map[string]float64{}
			}
			if lines[row.How] == nil {
				lines[row.How] = map[string]float64{}
			}
			for m, c := range row.Cells {
				if c.Value != nil {
					added[row.Step][q.Metrics[m]] += *c.Value
					lines[row.How][q.Metrics[m]] += *c.Value
				}
				if c.Before != nil {
					added[row.Step]["before "+q.Metrics[m]] += *c.Before
				}
			}
		}
		for _, row := range want.Rows {
			for m, c := range row.Cells {
				if got := added[row.Step][q.Metrics[m]]; c.Value != nil && got != *c.Value {
					t.Fatalf("%s in step %d add up to %v, not %v", q.Metrics[m], row.Step, got, *c.Value)
				}
				if got := added[row.Step]["before "+q.Metrics[m]]; c.Before != nil && got != *c.Before {
					t.Fatalf("%s before step %d add up to %v, not %v", q.Metrics[m], row.Step, got, *c.Before)
				}
			}
		}
		if len(q.By) > 1 {
			return // a week of which nothing is known says nothing of its lines
		}
		for metric, by := range told {
			for how, n := range by {
				if got := lines[how][metric]; got != n {
					t.Fatalf("%s by %q: %v, the deeds say %v", metric, how.Label, got, n)
				}
			}
		}
	})
}
