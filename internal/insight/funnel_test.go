package insight

import (
	"cmp"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"qunying/community"
)

// deedStory is what a few people did in three groups.
func drawDeeds(t *rapid.T) []Deed {
	const hour = int64(3_600_000)
	n := rapid.IntRange(0, 60).Draw(t, "deeds")
	list := make([]Deed, n)
	for i := range list {
		at := rapid.Int64Range(0, 24*12).Draw(t, "hour") * hour
		list[i] = Deed{
			Kind:   rapid.SampledFrom([]community.Kind{community.MemberJoined, community.MessagePosted, community.PersonTag}).Draw(t, "kind"),
			Person: community.PersonID(rapid.IntRange(1, 4).Draw(t, "person")), Group: community.GroupID(rapid.IntRange(1, 3).Draw(t, "group")),
			At: at, Day: community.Day(at / (24 * hour)), Seq: community.Seq(i + 1), Way: rapid.SampledFrom([]string{"qrcode", "invite"}).Draw(t, "way"),
		}
		if list[i].Kind == community.PersonTag {
			list[i].Group = 0
		}
	}
	return list
}

// furthest tries every choice of deeds for the steps after the one by which a person
// enters, and tells how many steps the best of them reach.
func furthest(f Funnel, deeds []Deed, from int, step int, entered Deed) int {
	const day = int64(86_400_000)
	best := 0
	for i := from; i < len(deeds) && step < len(f.Steps); i++ {
		d := deeds[i]
		if d.At > entered.At+int64(f.Window)*day || d.At < entered.At+int64(f.Steps[step].After)*day || d.Kind != f.Steps[step].Kind ||
			f.SameGroup && d.Group != 0 && d.Group != entered.Group {
			continue
		}
		best = max(best, 1+furthest(f, deeds, i+1, step+1, entered))
	}
	return best
}

func TestFunnelsFindTheFurthestWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deeds := drawDeeds(t)
		kinds := []community.Kind{community.MemberJoined, community.MessagePosted, community.PersonTag}
		f := Funnel{Window: rapid.IntRange(1, 6).Draw(t, "window"), SameGroup: rapid.Bool().Draw(t, "same"), From: 2, To: 8}
		for i := range rapid.IntRange(1, 4).Draw(t, "steps") {
			p := Pick{Kind: rapid.SampledFrom(kinds).Draw(t, "step")}
			if i == 0 {
				p.Kind = rapid.SampledFrom(kinds[:2]).Draw(t, "first")
			} else {
				p.After = rapid.IntRange(0, f.Window).Draw(t, "after")
			}
			f.Steps = append(f.Steps, p)
		}
		if err := f.Check(); err != nil {
			t.Fatal(err)
		}
		now := rapid.Int64Range(5, 20).Draw(t, "now") * 86_400_000
		all := []community.GroupID{1, 2, 3}
		plan := &Plan{Query: Query{From: 2, To: 8}, Units: []Unit{{Groups: all}}}
		run := f.Run(plan, map[community.GroupID]int64{0: now, 1: now, 2: now, 3: now})
		for _, need := range f.Needs() {
			for i := range deeds {
				if deeds[i].Kind == need.Kind {
					if err := run.Add(&deeds[i]); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		lines := run.Result()
		want := make([]FunnelStep, len(f.Steps))
		for person := community.PersonID(1); person <= 4; person++ {
			var own []Deed
			for _, d := range deeds {
				if d.Person == person {
					own = append(own, d)
				}
			}
			slices.SortFunc(own, func(a, b Deed) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Seq, b.Seq)) })
			at := slices.IndexFunc(own, func(d Deed) bool { return d.Kind == f.Steps[0].Kind && d.Day >= 2 && d.Day <= 8 })
			if at < 0 {
				continue
			}
			reached := 1 + furthest(f, own, at+1, 1, own[at])
			for k := range reached {
				want[k].Reached++
			}
			if reached < len(f.Steps) {
				if own[at].At+int64(f.Window)*86_400_000 > now {
					want[reached-1].Open++
				} else {
					want[reached-1].Lost++
				}
			}
		}
		for k, got := range lines[len(lines)-1].Steps {
			if got.Reached != want[k].Reached || got.Lost != want[k].Lost || got.Open != want[k].Open {
				t.Fatalf("step %d: %+v, want %+v", k+1, got, want[k])
			}
			if (got.Median != nil) != (k > 0 && got.Reached > 0) {
				t.Fatalf("step %d of %d people has the median %v", k+1, got.Reached, got.Median)
			}
		}
	})
}

func TestFunnelLinesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deeds := drawDeeds(t)
		f := Funnel{Steps: []Pick{{Kind: community.MemberJoined}, {Kind: community.MessagePosted}}, Window: 3, By: ByWay, From: 0, To: 12}
		plan := &Plan{Query: Query{From: 0, To: 12}, Units: []Unit{{Groups: []community.GroupID{1, 2, 3}}}}
		run := f.Run(plan, map[community.GroupID]int64{})
		for _, need := range f.Needs() {
			for i := range deeds {
				if deeds[i].Kind == need.Kind {
					if err := run.Add(&deeds[i]); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		lines := run.Result()
		total, sum := lines[len(lines)-1], make([]int, 2)
		for _, l := range lines[:len(lines)-1] {
			if l.Label != "qrcode" && l.Label != "invite" {
				t.Fatalf("a line of %q", l.Label)
			}
			for k, s := range l.Steps {
				sum[k] += s.Reached
			}
		}
		for k, s := range total.Steps {
			if s.Reached != sum[k] {
				t.Fatalf("step %d: the lines add up to %d, everything is %d", k+1, sum[k], s.Reached)
			}
		}
	})
}

func TestCohortsAgainstCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type on struct {
			person community.PersonID
			day    community.Day
		}
		draw := func(name string) (list []on) {
			for range rapid.IntRange(0, 40).Draw(t, name) {
				list = append(list, on{community.PersonID(rapid.IntRange(1, 6).Draw(t, "person")), community.Day(rapid.IntRange(0, 70).Draw(t, "day"))})
			}
			return list
		}
		first, back := draw("first"), draw("back")
		c := Cohorts{First: Pick{Kind: community.MemberJoined}, Back: Pick{Kind: community.MessagePosted}, Grain: ByWeek}
		p := &Plan{Query: Query{From: community.Day(14).Week(), To: 62, By: []Dimension{PerWeek}, Metrics: []string{"messages"}}}
		p.steps()
		r := &Result{Plan: p}
		gap := rapid.IntRange(0, len(p.Steps)-1).Draw(t, "gap")
		for i := range p.Steps {
			cell := Cell{Value: maybe(1, true)}
			if i == gap {
				cell = Cell{Why: InGap}
			}
			r.Rows = append(r.Rows, Row{Step: i, Cells: []Cell{cell}})
		}
		run, err := c.Run(r, 62)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range first {
			run.AddFirst(x.person, x.day)
		}
		for _, x := range back {
			run.AddBack(x.person, x.day)
		}
		table := run.Result()
		for i, row := range table.Rows {
			var size int64
			who := map[community.PersonID]bool{}
			for person := community.PersonID(1); person <= 6; person++ {
				began := community.Day(1 << 20)
				for _, x := range first {
					if x.person == person {
						began = min(began, x.day)
					}
				}
				if began.Week() == row.At && began <= 62 {
					who[person] = true
					size++
				}
			}
			if row.Size != size || len(row.Back) != len(table.Rows)-1-i {
				t.Fatalf("week %v has %d people and %d weeks after it, want %d", row.At, row.Size, len(row.Back), size)
			}
			for k, got := range row.Back {
				week := row.At + community.Day(7*(k+1))
				came := uint64(0)
				for _, x := range back {
					if who[x.person] && x.day.Week() == week && x.day <= 62 {
						came |= 1 << x.person
					}
				}
				switch known := i+1+k != gap && week+6 <= 62; {
				case known != (got != nil):
					t.Fatalf("week %v after %v: %v, known %v", week, row.At, got, known)
				case known && *got != int64(bits.OnesCount64(came)):
					t.Fatalf("week %v after %v: %d, want %d", week, row.At, *got, bits.OnesCount64(came))
				}
			}
		}
	})
}

func TestExploreRefuses(t *testing.T) {
	joined := Pick{Kind: community.MemberJoined}
	for name, f := range map[string]Funnel{
		"no steps":              {Window: 7},
		"no window":             {Steps: []Pick{joined}},
		"an unknown kind":       {Steps: []Pick{{Kind: "minute.ticked"}}, Window: 7},
		"a text of joins":       {Steps: []Pick{{Kind: community.MemberJoined, Text: "x"}}, Window: 7},
		"the first step waits":  {Steps: []Pick{{Kind: community.MemberJoined, After: 1}}, Window: 7},
		"waits over the window": {Steps: []Pick{joined, {Kind: community.MessagePosted, After: 8}}, Window: 7},
		"by what is not":        {Steps: []Pick{joined}, Window: 7, By: "moon"},
		"codes by group":        {Steps: []Pick{{Kind: community.CodeScanned}}, Window: 7, By: ByGroup},
	} {
		if err := f.Check(); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]Cohorts{
		"by day":  {First: joined, Back: joined, Grain: ByDay},
		"waiting": {First: joined, Back: Pick{Kind: community.MessagePosted, After: 2}, Grain: ByWeek},
		"no back": {First: joined, Grain: ByWeek},
	} {
		if err := c.Check(); community.CodeOf(err) != community.Invalid {
			t.Errorf("cohorts %s: %v", name, err)
		}
	}
}
