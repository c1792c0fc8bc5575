package insight

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"qunying/community"
)

// bigCommunity makes groups × 180 days: 150 members a group out of a pool, of
// whom a tail speaks each day, a list on the first day and a few joins and leaves.
func bigCommunity(groups int) [][]*GroupDay {
	r := rand.New(rand.NewPCG(1, 1))
	all := make([][]*GroupDay, groups)
	for g := range all {
		members := make([]community.IdentityID, 150)
		for i := range members {
			members[i] = community.IdentityID(1 + r.IntN(groups*100+1))
		}
		for i := range 180 {
			d := NewGroupDay(community.GroupID(g+1), community.Day(20000+i))
			for range 28 { // 10 M messages over 2,000 groups
				id := members[min(int(r.ExpFloat64()*30), len(members)-1)]
				d.Add(&community.Event{Kind: community.MessagePosted, Identity: id, Content: community.Text}, r.IntN(24), self)
			}
			if i == 0 {
				d.Add(&community.Event{Kind: community.RosterTaken, Targets: members}, 0, self)
			} else if i%9 == 0 {
				d.Add(&community.Event{Kind: community.MemberLeft, Identity: members[r.IntN(len(members))]}, 0, self)
				d.Add(&community.Event{Kind: community.MemberJoined, Identity: members[r.IntN(len(members))]}, 0, self)
			}
			all[g] = append(all[g], d)
		}
	}
	return all
}

func record(rows []*GroupDay) Record {
	return Record{Days: rows, Last: rows[len(rows)-1].Day}
}

var month = Span{20150, 20179}
var halfYear = Span{20000, 20179}

func BenchmarkDAU30(b *testing.B) {
	rows := bigCommunity(1)[0]
	for b.Loop() { // opening the history and finding its gaps included
		if _, ok := NewHistory(record(rows)).Number("dau_mean", month); !ok {
			b.Fatal("unknown")
		}
	}
}

func BenchmarkNumbers(b *testing.B) {
	rows := bigCommunity(1)[0]
	for b.Loop() {
		NewHistory(record(rows)).Numbers(month)
	}
}

func BenchmarkTrend180(b *testing.B) {
	rows := bigCommunity(1)[0]
	for b.Loop() {
		NewHistory(record(rows)).Trend(halfYear, ByDay)
	}
}

func BenchmarkRetention(b *testing.B) {
	for _, of := range []RetentionOf{Speaking, Membership} {
		rows := bigCommunity(1)[0]
		b.Run(string(of)+"/one group", func(b *testing.B) {
			for b.Loop() {
				NewHistory(record(rows)).Retention(halfYear, of)
			}
		})
	}
	for _, groups := range []int{100, 500, 2000} {
		union := Together(bigCommunity(groups)...)
		b.Run(fmt.Sprintf("speaking/union of %d groups", groups), func(b *testing.B) {
			for b.Loop() {
				NewHistory(record(union)).Retention(halfYear, Speaking)
			}
		})
	}
}

func BenchmarkTogether(b *testing.B) {
	groups := bigCommunity(100)
	for b.Loop() {
		Together(groups...)
	}
}

func BenchmarkAppendBinary(b *testing.B) {
	d := bigCommunity(1)[0][0]
	buf := make([]byte, 0, 4096)
	for b.Loop() {
		buf, _ = d.AppendBinary(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

// BenchmarkAllGroups is DAU, MAU and retention over all of 2,000 groups with 300,000
// members, from the unions of their days.
func BenchmarkAllGroups(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	w, parts := World{}, map[community.GroupID]Part{}
	for g := community.GroupID(1); g <= 2000; g++ {
		w.Places = append(w.Places, Place{Group: g, Today: month.To})
		parts[g] = Part{First: halfYear.From, Last: month.To}
	}
	var days []*GroupDay
	for d := halfYear.From; d <= halfYear.To; d++ {
		day := NewGroupDay(0, d)
		day.Messages = 56_000
		for range 30_000 {
			day.Speakers.Add(uint32(r.ExpFloat64() * 60_000))
		}
		day.Speakers.RunOptimize()
		days = append(days, day)
	}
	q := Query{Metrics: []string{"dau", "wau", "mau", "next_week_retention", "next_month_retention"}, From: month.From, To: month.To}
	for _, kept := range []bool{false, true} {
		b.Run(fmt.Sprintf("kept=%t", kept), func(b *testing.B) {
			var unions *Unions
			if kept {
				unions = &Unions{}
			}
			for b.Loop() {
				days[len(days)-1].Messages++ // today goes on
				askAll(b, q, w, parts, days, unions)
			}
		})
	}
}

func askAll(b *testing.B, q Query, w World, parts map[community.GroupID]Part, days []*GroupDay, unions *Unions) {
	b.Helper()
	plan, err := q.Plan(w)
	if err != nil || !plan.FromUnions() {
		b.Fatal(err)
	}
	run := NewRun(plan, parts)
	run.AddUnions(days, unions, self)
	if c := run.Result().Total; c[2].Value == nil || c[4].Value == nil {
		b.Fatal("unknown")
	}
}
