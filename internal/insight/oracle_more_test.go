package insight

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"qunying/community"
)

// halfCovered says whether at least half of the dates are covered.
func (o *oracle) halfCovered(on []string) bool {
	n := 0
	for _, d := range on {
		if o.covered(d) {
			n++
		}
	}
	return 2*n >= len(on)
}

// postsBy counts messages by person.
func (o *oracle) postsBy(on []string) map[community.PersonID]int {
	by := map[community.PersonID]int{}
	for _, date := range on {
		for _, e := range o.messages(date) {
			if e.Identity != 0 {
				by[o.person(e.Identity)]++
			}
		}
	}
	return by
}

// tier counts the members of whom something is true, and the members.
func (o *oracle) tier(on []string, is func(posts int) bool) (n, of int, known bool) {
	if !o.halfCovered(on) {
		return 0, 0, false
	}
	end := on[len(on)-1]
	base := map[community.PersonID]bool{}
	if st := o.state[min(end, max(o.final, o.last))]; st.known {
		base = st.present
	} else {
		for date := range o.byDate {
			if date <= end {
				for p := range o.spoke(date) {
					base[p] = true
				}
			}
		}
	}
	posts := o.postsBy(on)
	for p := range base {
		if is(posts[p]) {
			n++
		}
	}
	return n, len(base), len(base) > 0
}

// gini by its definition: the mean difference of all pairs / twice the mean.
func (o *oracle) gini(on []string) *float64 {
	by := o.postsBy(on)
	if !o.anySome(on) || len(by) == 0 {
		return nil
	}
	var apart, sum float64
	for _, a := range by {
		sum += float64(a)
		for _, b := range by {
			apart += math.Abs(float64(a - b))
		}
	}
	v := apart / (2 * float64(len(by)) * sum)
	return &v
}

// comeBack follows steps that are named by part of their dates.
func (o *oracle) comeBack(on []string, name func(date string) string, nameAfter func(date string) string) *float64 {
	began, spokeIn := map[community.PersonID]string{}, map[string]map[community.PersonID]bool{}
	for date := range o.byDate {
		for p := range o.spoke(date) {
			n := name(date)
			if began[p] == "" || n < began[p] {
				began[p] = n
			}
			if spokeIn[n] == nil {
				spokeIn[n] = map[community.PersonID]bool{}
			}
			spokeIn[n][p] = true
		}
	}
	size, back := 0, 0
	after := map[string]string{} // by step: the one after it, if it counts
	if o.first == "" {
		return nil
	}
	for _, date := range dates(o.first, max(o.final, o.last)) {
		after[name(date)] = nameAfter(date)
	}
	for p, n := range began {
		next := after[n]
		gaps, all, ended, ends := 0, 0, true, ""
		for _, date := range dates(shift(o.first, -40), shift(max(o.final, o.last), 70)) {
			if name(date) != next {
				continue
			}
			all++
			ends = date
			ended = ended && date <= o.last
			if o.gap[date] {
				gaps++
			}
		}
		if !ended || 2*gaps > all || ends < on[0] || ends > on[len(on)-1] {
			continue
		}
		size++
		if spokeIn[next][p] {
			back++
		}
	}
	return maybe(float64(back)/float64(max(size, 1)), size > 0)
}

// leftWithin is leaves / members before the dates.
func (o *oracle) leftWithin(on []string) *float64 {
	_, leaves, _, known := o.changes(on)
	members, ok := o.members(shift(on[0], -1))
	if !o.halfCovered(on) || !known || !ok || members == 0 {
		return nil
	}
	v := float64(leaves) / float64(members)
	return &v
}

// stay is members, day by day, / leaves, of the dates on which members are known.
func (o *oracle) stay(on []string) *float64 {
	sum := 0
	for len(on) > 0 {
		if _, ok := o.members(on[0]); ok {
			break
		}
		on = on[1:]
	}
	if len(on) < 30 {
		return nil
	}
	for _, date := range on {
		n, _ := o.members(date)
		sum += n
	}
	_, leaves, _, known := o.changes(on)
	return maybe(float64(sum)/float64(max(leaves, 1)), o.halfCovered(on) && known && sum > 0)
}

func TestMoreNumbersAgreeWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, rapid.SampledFrom([]int{8, 500}).Draw(t, "members"))
		h := s.history()
		o := s.oracle(h)
		p := drawSpan(t, s)
		end := p.To
		if p.Has(s.last) {
			end = s.last
		}
		on := dates(p.From.String(), p.To.String())
		back := func(n int) []string { return dates((end - community.Day(n) + 1).String(), end.String()) }
		tier := func(days int, share bool, is func(int) bool) *float64 {
			n, of, known := o.tier(back(days), is)
			v := float64(n)
			if share {
				v /= float64(max(of, 1))
			}
			return maybe(v, known)
		}
		silent, few, kol := func(n int) bool { return n == 0 }, func(n int) bool { return n < 3 }, func(n int) bool { return n > 20 }
		for metric, want := range map[string]*float64{
			"silent_members":       tier(30, false, silent),
			"lost_members":         tier(90, false, silent),
			"few_share":            tier(14, true, few),
			"kol_members":          tier(30, false, kol),
			"kol_share":            tier(30, true, kol),
			"gini":                 o.gini(on),
			"next_day_retention":   o.comeBack(on, func(d string) string { return d }, func(d string) string { return shift(d, 1) }),
			"next_month_retention": o.comeBack(on, func(d string) string { return d[:7] }, func(d string) string { return shift(d[:7]+"-01", 31)[:7] }),
			"weekly_leave_rate":    o.leftWithin(back(7)),
			"leave_rate":           o.leftWithin(back(30)),
			"stay":                 o.stay(back(90)),
		} {
			got, ok := h.Number(metric, p)
			if !ok {
				t.Fatalf("no figure %s", metric)
			}
			same(t, metric, got.Value, want)
			if got.Value == nil && got.Why == "" {
				t.Fatalf("%s is unknown without a reason", metric)
			}
		}
		for of, metric := range map[Tier]string{Silent: "silent_members", Lost: "lost_members", KOLs: "kol_members"} {
			who, why := h.TierOf(of, p)
			n, _ := h.Number(metric, p)
			if n.Value != nil && float64(who.GetCardinality()) != *n.Value || n.Why != why {
				t.Fatalf("%s lists %d (%s), its number is %v (%s)", of, who.GetCardinality(), why, n.Value, n.Why)
			}
		}
	})
}

// The whole history's hours and forms add up to its messages.
func TestHoursAndFormsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, 8)
		h := s.history()
		p := drawSpan(t, s)
		var forms int64
		var share float64
		for _, f := range h.Formats(p) {
			forms += f.Messages
			share += f.Share
		}
		if all := h.sum(p, messages); forms != int64(all) || all > 0 && math.Abs(share-1) > 1e-9 {
			t.Fatalf("forms of %d messages, want %d; shares add up to %v", forms, all, share)
		}
		total, days := 0.0, 0
		for d := p.From; d <= p.To; d++ {
			if h.covered(d) {
				days++
			}
		}
		for _, hour := range h.BestHours(p, 24) {
			total += hour.Mean * float64(days)
		}
		want := 0
		for _, d := range h.in(p) {
			if h.covered(d.Day) {
				want += d.Messages
			}
		}
		if math.Abs(total-float64(want)) > 1e-6 {
			t.Fatalf("the hours hold %v messages, want %d", total, want)
		}
	})
}

func TestStages(t *testing.T) {
	for _, tt := range []struct {
		days    int
		from    int // of the last days, on which they write more or less
		perDay  int
		by      Phase
		course  Course
		differs bool
	}{
		{40, 40, 2, Burst, "", false},
		{80, 80, 2, Burst, Steady, false},
		{80, 30, 1, Burst, Falling, true},
		{200, 200, 2, Stable, Steady, false},
		{400, 400, 2, Decay, Steady, true},
		{400, 30, 1, Decay, Falling, false},
		{400, 30, 4, Decay, Rising, true},
	} {
		h := talk(tt.days, func(day int) (int, int) {
			if day >= tt.days-tt.from {
				return 8, tt.perDay
			}
			return 8, 2
		})
		st, ok := h.Stage(h.LastWhole(), nil)
		if !ok || st.Age != tt.days-1 || st.ByAge != tt.by || st.Course != tt.course || st.Differs != tt.differs {
			t.Errorf("%+v: %+v, %v", tt, st, ok)
		}
	}
	if _, ok := NewHistory(Record{}).Stage(5, nil); ok {
		t.Error("a group that was never heard has a stage")
	}
}

// 0 to 3, 3 to 12, over 12 months (S110), counted from the day on which the group
// was founded where that is known: a group of years is connected today.
func TestAStageCountsFromTheFounding(t *testing.T) {
	h := talk(40, func(int) (int, int) { return 8, 2 })
	at, first := h.LastWhole(), h.heard.From
	for age, want := range map[int]Phase{40: Burst, 90: Burst, 91: Stable, 364: Stable, 365: Decay, 2000: Decay} {
		founded := at - community.Day(age)
		st, ok := h.Stage(at, &founded)
		if !ok || !st.Founded || st.Age != age || st.ByAge != want {
			t.Errorf("founded %d days ago: %+v, want %s", age, st, want)
		}
	}
	later := first + 3 // somebody is wrong: it was heard before
	if st, _ := h.Stage(at, &later); st.Founded || st.Age != int(at-first) {
		t.Errorf("founded after it was first heard: %+v", st)
	}
}
