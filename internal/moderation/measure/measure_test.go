package measure

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qunying/community"
	"qunying/internal/moderation/casework"
)

// The interval holds the share, stays within 0 and 1, and is mirrored when hits
// and misses change places; more of the same makes it narrower.
func TestAnIntervalHoldsItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.Int64Range(1, 5000).Draw(t, "of")
		hits := rapid.Int64Range(0, of).Draw(t, "hits")
		s, mirror, more := ShareOf(hits, of), ShareOf(of-hits, of), ShareOf(hits*4, of*4)
		if *s.Low < 0 || *s.High > 1 || *s.Low > *s.Rate+1e-12 || *s.High < *s.Rate-1e-12 {
			t.Errorf("%v in [%v, %v]", *s.Rate, *s.Low, *s.High)
		}
		if math.Abs(*s.Low-(1-*mirror.High)) > 1e-9 {
			t.Errorf("the mirror of %v is %v", *s.Low, *mirror.High)
		}
		if *more.High-*more.Low >= *s.High-*s.Low {
			t.Errorf("four times the cases: %v to %v", *s.High-*s.Low, *more.High-*more.Low)
		}
	})
	if s := ShareOf(0, 0); s.Rate != nil || s.Low != nil || s.High != nil {
		t.Errorf("of nothing nothing is known: %+v", s)
	}
	// Wilson's interval of 30 of 30, by hand: 30 / (30 + 3.8415).
	if s := ShareOf(30, 30); math.Abs(*s.Low-30/(30+3.841459)) > 1e-6 {
		t.Errorf("%v", *s.Low)
	}
}

// The median is the least value that half of all are not above.
func TestRanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(-1000, 1_000_000), 1, 60).Draw(t, "list")
		least := func(share float64) float64 {
			best := int64(math.MaxInt64)
			for _, v := range list {
				n := 0
				for _, other := range list {
					if other <= v {
						n++
					}
				}
				if float64(n) >= share*float64(len(list))-1e-9 {
					best = min(best, v)
				}
			}
			return float64(max(0, best)) / 1000
		}
		median, p90 := least(0.5), least(0.9)
		got := TimesOf(slices.Clone(list))
		if *got.Median != median || *got.P90 != p90 || got.N != int64(len(list)) {
			t.Errorf("%v %v, want %v %v", *got.Median, *got.P90, median, p90)
		}
	})
}

func TestTheSameOffenceTheSamePenalty(t *testing.T) {
	mute := func(n int) string {
		return fmt.Sprintf(`[{"do":"recall"},{"do":"mute","minutes":%d},{"do":"warn"}]`, n)
	}
	all, by := Consistency([]Penalty{
		{"advert", 2, mute(60), 1, 6}, {"advert", 2, `[{"do":"warn"},{"do":"mute","minutes":60}]`, 2, 2}, {"advert", 2, mute(10), 2, 2},
		{"advert", 1, `[]`, 1, 3}, {"abuse", 1, `[{"do":"warn"}]`, 1, 1},
	})
	if all.Hits != 11 || all.Of != 13 {
		t.Errorf("%+v: what was decided once says nothing", all)
	}
	if len(by) != 2 || by[0].Usual != "mute/60+warn" || by[0].Given.Hits != 8 || by[0].Staff != 2 || by[0].Penalties != 2 || by[1].Usual != "none" {
		t.Errorf("%+v", by)
	}
	if Signature("{") != "?" {
		t.Error("acts that cannot be read have a name of their own")
	}
}

// The usual penalty is never rarer than chance, and one moderator who is always the
// same is as consistent as can be.
func TestConsistencyIsBounded(t *testing.T) {
	acts := []string{`[]`, `[{"do":"warn"}]`, `[{"do":"remove"}]`}
	rapid.Check(t, func(t *rapid.T) {
		var list []Penalty
		var n int64
		for i := range rapid.IntRange(1, 20).Draw(t, "lines") {
			p := Penalty{Clause: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "clause"), Strike: rapid.IntRange(1, 2).Draw(t, "strike"),
				Acts: rapid.SampledFrom(acts).Draw(t, "acts"), Staff: int64(i), N: rapid.Int64Range(1, 9).Draw(t, "n")}
			n += p.N
			list = append(list, p)
		}
		all, by := Consistency(list)
		if all.Of > n || all.Hits*int64(len(acts)) < all.Of {
			t.Errorf("%+v of %d", all, n)
		}
		var usual, of int64
		for _, o := range by {
			usual, of = usual+o.Given.Hits, of+o.Given.Of
		}
		if usual != all.Hits || of != all.Of {
			t.Errorf("%d of %d are not %+v", usual, of, all)
		}
	})
}

func TestTrustIsEarnedAndLost(t *testing.T) {
	cases := func(wrong, right int) []bool { // the wrong ones are the newest
		return append(slices.Repeat([]bool{true}, wrong), make([]bool, right)...)
	}
	for _, c := range []struct {
		decided []bool
		enough  int64
		from    float64
		want    bool
	}{
		{cases(0, 30), 30, 0.95, false}, // 0.887 to 1
		{cases(0, 73), 30, 0.95, true},  // 73 / 76.84
		{cases(0, 72), 30, 0.95, false},
		{cases(1, 112), 30, 0.95, true},
		{cases(0, 29), 30, 0.8, false}, // too few
		{cases(0, 30), 30, 0.8, true},
		{nil, 0, 0, false},
	} {
		if got := TrustIn(c.decided, 20).Earned(c.enough, c.from); got != c.want {
			t.Errorf("%d cases from %v on: %v", len(c.decided), c.from, got)
		}
	}
	for _, c := range []struct {
		wrong, right int
		limit        float64
		want         bool
	}{{2, 50, 0.1, false}, {3, 50, 0.1, true}, {3, 0, 0.1, true}, {2, 0, 0.1, false}, {1, 0, 0, true}, {0, 9, 0, false}} {
		if got := TrustIn(cases(c.wrong, c.right), 20).Lost(20, c.limit); got != c.want {
			t.Errorf("%d overturned, %d not, limit %v: %v", c.wrong, c.right, c.limit, got)
		}
	}
	old := append(make([]bool, 20), slices.Repeat([]bool{true}, 50)...)
	if TrustIn(old, 20).Lost(20, 0.1) {
		t.Error("what was overturned long ago counts")
	}
}

// Whatever the zone and the period, a message is in one week at most, weeks follow
// each other without a hole, and their days are those of the period.
func TestWeeksCoverThePeriod(t *testing.T) {
	var zones []*time.Location
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Pacific/Apia"} {
		z, err := community.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, z)
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		from := community.Day(rapid.Int32Range(14_000, 21_000).Draw(t, "from"))
		to := from + community.Day(rapid.Int32Range(0, 60).Draw(t, "days"))
		w := NewWeeks(from, to, func(community.GroupID) *time.Location { return zone })
		days := 0
		for i, week := range w.Empty() {
			days += week.Days
			if i > 0 && week.Begins.Weekday() != time.Monday || w.Of(week.Begins) != i {
				t.Errorf("week %d begins on %s", i, week.Begins)
			}
		}
		if days != int(to-from)+1 {
			t.Errorf("%d days", days)
		}
		at := from.Start(zone).Add(time.Duration(rapid.Int64Range(-100, 62*24).Draw(t, "hours")) * time.Hour)
		w.Add(Judged{Group: 1, At: at.UnixMilli(), Review: 1, Violation: true, Felt: true})
		w.Add(Judged{Group: 1, At: at.UnixMilli(), Review: 1, Violation: true, Felt: true})
		day := community.DayOf(at, zone)
		inside := day >= from && day <= to
		all := w.All()
		sum := w.Sum(all)
		if inside != (sum.Violations == 2) || inside != (sum.Interventions == 1) {
			t.Errorf("%s of %s to %s: %+v", day, from, to, sum)
		}
		if inside && all[w.Of(day)].Violations != 2 {
			t.Errorf("%s is not in week %d", day, w.Of(day))
		}
	})
}

func TestWhatIsCountedOfCards(t *testing.T) {
	var tally Tally
	card := func(kind casework.Kind, first, decision string, by community.StaffID) *Card {
		return &Card{Kind: kind, Clause: "advert", SaidAt: 1000, OpenedAt: 2000, DecideAt: 62_000, First: first, Decision: decision, DecideBy: by}
	}
	appealed := card(casework.Suggestion, casework.Accept, casework.Accept, 2)
	appealed.Appealed, appealed.Granted = true, true
	paged := card(casework.Suggestion, "", "", 0)
	paged.PagedAt = 5000
	for _, c := range []*Card{
		card(casework.Suggestion, casework.Accept, casework.Accept, 1), card(casework.Suggestion, casework.Accept, casework.Overturn, 1), appealed, paged,
		card(casework.Suggestion, casework.Overturn, casework.Overturn, 2), card(casework.Acted, "", "", 0), card(casework.Acted, casework.Overturn, casework.Overturn, 1),
		card(casework.Report, casework.Change, casework.Change, 2), card(casework.Appeal, casework.Grant, casework.Grant, 3),
	} {
		tally.Add(c)
	}
	modes := tally.Modes()
	got := fmt.Sprint(tally.Automation().Hits, "/", tally.Automation().Of, " ", modes[1].Cards, modes[1].Open, " ", modes[1].Escalated.Hits, " ", modes[1].Overturned.Hits, "/",
		modes[1].Overturned.Of, " ", modes[2].Overturned.Hits, "/", modes[2].Overturned.Of, " ", *modes[1].Decide.Median, " ", *modes[1].Handle.Median, " ", *modes[2].Handle.Median)
	if want := "2/6 5 1 2 3/4 1/1 60 61 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	people := tally.Moderators()
	if len(people) != 2 || people[0].Staff != 2 || people[0].Decided != 3 || people[0].Overturned.Hits != 1 || people[0].Overturned.Of != 2 || people[0].Fine.Hits != 1 ||
		people[1].Overturned.Hits != 1 || people[1].Overturned.Of != 2 || people[0].Appealed.Hits != 1 {
		t.Errorf("%+v", people)
	}
	if clause := tally.Clauses()[0]; clause.Cards != 8 || clause.Appealed.Hits != 1 || clause.Appealed.Of != 6 || clause.Granted.Of != 1 || clause.Automatic != 2 {
		t.Errorf("%+v", clause)
	}
	if a := tally.Answered(); a.N != 1 || *a.Median != 60 {
		t.Errorf("%+v", a)
	}
}
