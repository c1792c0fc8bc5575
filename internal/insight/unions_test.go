package insight

import (
	"testing"

	"qunying/community"
)

// A question over all groups has the same answer from kept unions as without, while
// the last day grows.
func TestKeptUnionsAnswerAlike(t *testing.T) {
	t.Parallel()
	days := Together(bigCommunity(6)...)
	last := days[len(days)-1]
	w, parts := World{}, map[community.GroupID]Part{}
	for g := community.GroupID(1); g <= 6; g++ {
		w.Places = append(w.Places, Place{Group: g, Today: last.Day})
		parts[g] = Part{First: halfYear.From, Last: last.Day}
	}
	q := Query{Metrics: []string{"speakers", "dau", "wau", "mau", "next_day_retention", "next_week_retention", "next_month_retention"}, From: month.From, To: month.To}
	var unions Unions
	for round := range 4 {
		last.Messages++
		last.Speakers.Add(uint32(10_000 + round))
		var answers [2][]Cell
		for i, kept := range []*Unions{nil, &unions} {
			plan, err := q.Plan(w)
			if err != nil {
				t.Fatal(err)
			}
			run := NewRun(plan, parts)
			run.AddUnions(days, kept, self)
			answers[i] = run.Result().Total
		}
		for m, cell := range answers[0] {
			if cell.Value == nil || *cell.Value != *answers[1][m].Value {
				t.Errorf("round %d, %s: %v, and %v from what was kept", round, q.Metrics[m], cell.Value, answers[1][m].Value)
			}
		}
	}
}
