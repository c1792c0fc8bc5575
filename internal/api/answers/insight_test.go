package answers_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

var nearly = cmpopts.EquateApprox(0, 1e-9)

func atMS(ms int64) time.Time { return time.UnixMilli(ms) }

// each runs a check on every simulated group, over a period inside its history.
func (w *world) each(t *testing.T, check func(t *testing.T, g *told, p api.Period)) {
	for outside, g := range w.groups {
		for _, p := range []api.Period{{From: start + 9, To: end - 4}, {From: start, To: end}, {From: end - 12, To: end - 12}} {
			t.Run(fmt.Sprint(outside, " ", p.From, " ", p.To), func(t *testing.T) { check(t, g, p) })
		}
	}
}

func (w *world) testNumbers(t *testing.T) {
	w.each(t, func(t *testing.T, g *told, p api.Period) {
		a, err := w.Numbers(t.Context(), c, g.id, p)
		if err != nil {
			t.Fatal(err)
		}
		if days := p.To - p.From + 1; a.Period != p || a.Before != (api.Period{From: p.From - days, To: p.From - 1}) {
			t.Errorf("period %v before %v", a.Period, a.Before)
		}
		all, covered, spoke := 0, 0, 0
		for d := max(p.From, g.first); d <= min(p.To, g.last); d++ {
			if all++; !g.lost[d] {
				covered++
				spoke += len(g.days[d].ByMember)
			}
		}
		if covered == 0 {
			if n := number(t, a.Numbers, "messages"); n.Value != nil || n.Why != "gap" {
				t.Errorf("in an outage: %+v", n)
			}
			return
		}
		messages := float64(g.sum(p.From, p.To, messagesOf))
		posts := g.posts(p.From, p.To)
		most := 0
		for _, n := range posts {
			most = max(most, n)
		}
		for metric, want := range map[string]float64{
			"messages": messages, "speakers": float64(len(posts)), "dau_mean": float64(spoke) / float64(covered),
			"mentions":   float64(g.sum(p.From, p.To, func(d sim.GroupDay) int { return d.Mentions })),
			"joins":      float64(g.sum(p.From, p.To, func(d sim.GroupDay) int { return d.Joins })),
			"leaves":     float64(g.sum(p.From, p.To, func(d sim.GroupDay) int { return d.Leaves })),
			"top1_share": float64(most) / messages,
		} {
			if metric == "top1_share" && messages == 0 || !w.ever(g, metric) {
				continue
			}
			if n := number(t, a.Numbers, metric); n.Value == nil || !gocmp.Equal(*n.Value, want, nearly) {
				t.Errorf("%s is %v (%s), want %v", metric, show(n.Value), n.Why, want)
			}
		}
		if n := number(t, a.Numbers, "members"); g.lost[min(p.To, g.last)] != (n.Value == nil) ||
			n.Value != nil && *n.Value != float64(len(g.days[p.To].Present)) {
			t.Errorf("members %+v, want %d", n, len(g.days[p.To].Present))
		}
	})
}

func (w *world) testTrend(t *testing.T) {
	w.each(t, func(t *testing.T, g *told, p api.Period) {
		for grain, first := range map[string]func(community.Day) community.Day{
			"": func(d community.Day) community.Day { return d }, "week": community.Day.Week, "month": community.Day.Month,
		} {
			a, err := w.Trend(t.Context(), c, g.id, p, grain)
			if err != nil {
				t.Fatal(err)
			}
			var steps []community.Day
			var messages, speakers []*float64
			var partial []bool
			for d := p.From; d <= p.To; d++ {
				to := d
				for to < p.To && first(to+1) == first(d) {
					to++
				}
				known, whole := false, true
				for x := first(d); x <= to || first(x) == first(d); x++ {
					has := x >= p.From && x <= p.To && !g.lost[x] && x >= g.first && x <= g.last
					known, whole = known || has, whole && has
				}
				partial = append(partial, !whole)
				steps, messages, speakers = append(steps, first(d)), append(messages, nil), append(speakers, nil)
				if known {
					m, s := float64(g.sum(d, to, messagesOf)), float64(len(g.posts(d, to)))
					messages[len(messages)-1], speakers[len(speakers)-1] = &m, &s
				}
				d = to
			}
			if diff := gocmp.Diff([]any{steps, messages, speakers, partial}, []any{a.Trend.T, a.Trend.Messages, a.Trend.Speakers, a.Trend.Partial}); diff != "" {
				t.Errorf("trend by %q (-want +got):\n%s", grain, diff)
			}
		}
	})
}

func (w *world) testRhythm(t *testing.T) {
	w.each(t, func(t *testing.T, g *told, p api.Period) {
		a, err := w.Rhythm(t.Context(), c, g.id, p)
		if err != nil {
			t.Fatal(err)
		}
		total, days := make([][]int64, 7), make([]int, 7)
		for i := range total {
			total[i] = make([]int64, 24)
		}
		for d := max(p.From, g.first); d <= min(p.To, g.last); d++ {
			if g.lost[d] {
				continue
			}
			weekday := (int(d.Weekday()) + 6) % 7
			days[weekday]++
			for hour, n := range g.days[d].Hours {
				total[weekday][hour] += int64(n)
			}
		}
		if diff := gocmp.Diff([]any{total, days}, []any{a.Rhythm.Total, a.Rhythm.Days}); diff != "" {
			t.Errorf("rhythm (-want +got):\n%s", diff)
		}
		for day, row := range a.Rhythm.Mean {
			for hour, mean := range row {
				if (days[day] == 0) != (mean == nil) || mean != nil && *mean != float64(total[day][hour])/float64(days[day]) {
					t.Errorf("mean of weekday %d at %d is %v", day, hour, show(mean))
				}
			}
		}
	})
}

func (w *world) testSpeakers(t *testing.T) {
	w.each(t, func(t *testing.T, g *told, p api.Period) {
		const limit = 4
		a, err := w.Speakers(t.Context(), c, g.id, p, limit)
		if err != nil {
			t.Fatal(err)
		}
		posts, all := g.posts(p.From, p.To), int64(g.sum(p.From, p.To, messagesOf))
		var want []api.Speaker
		for who, n := range posts {
			s := api.Speaker{Person: w.person(t, who), Messages: int64(n), Share: float64(n) / float64(all)}
			for d := p.From; d <= p.To; d++ {
				if g.days[d].ByMember[who] > 0 {
					s.Days++
					s.LastAt = d.Start(shanghai).UnixMilli()
				}
			}
			want = append(want, s)
		}
		slices.SortFunc(want, func(a, b api.Speaker) int {
			return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Person, b.Person))
		})
		others := api.Others{}
		for _, s := range want[min(limit, len(want)):] {
			others.Persons++
			others.Messages += s.Messages
		}
		if all > 0 {
			others.Share = float64(others.Messages) / float64(all)
		}
		want = want[:min(limit, len(want))]
		if diff := gocmp.Diff(want, a.Speakers, nearly, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(api.Speaker{}, "Name")); diff != "" {
			t.Errorf("speakers (-want +got):\n%s", diff)
		}
		if diff := gocmp.Diff(others, a.Others, nearly); diff != "" {
			t.Errorf("others (-want +got):\n%s", diff)
		}
		for _, s := range a.Speakers {
			if s.Name == "" {
				t.Errorf("a speaker without a name: %+v", s)
			}
		}
	})
}

func (w *world) testWords(t *testing.T) {
	w.each(t, func(t *testing.T, g *told, p api.Period) {
		a, err := w.Words(t.Context(), c, g.id, p, 100)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{}
		for d := p.From; d <= p.To; d++ {
			for word, n := range g.words[d] {
				want[word] += int64(n)
			}
		}
		most := int64(0)
		for _, n := range want {
			most = max(most, n)
		}
		got := int64(0)
		for _, x := range a.Words {
			if x.New {
				if _, known := want[x.Word]; known {
					t.Errorf("%s is called new and is in the dictionary", x.Word)
				}
				continue
			}
			if got = max(got, x.Count); x.Count != want[x.Word] {
				t.Errorf("%s was said %d times, want %d", x.Word, x.Count, want[x.Word])
			}
		}
		if got != most {
			t.Errorf("the most frequent word was said %d times, want %d", got, most)
		}
		if !slices.IsSortedFunc(a.Words, func(x, y api.HotWord) int { return cmp.Compare(y.Count, x.Count) }) {
			t.Error("the words are out of order")
		}
	})
}

// testFoundWords tells which new words are answered: those of the view where it is
// of the period, else those that are found now.
func (w *world) testFoundWords(t *testing.T) {
	w.judged(t)
	id := w.groupNamed(t, book)
	var found insightdb.Found
	var weeks insight.Weeks
	if err := w.DB.Read(t.Context(), func(q store.Querier) error {
		var ok bool
		var err error
		if found, ok, err = insightdb.FoundOf(t.Context(), q, c, id); err != nil || !ok || found.Texts == 0 {
			t.Errorf("the loop found %+v, %v, %v", found, ok, err)
		}
		weeks, _, err = insightdb.WeeksOf(t.Context(), q, c, id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	last := weeks.End
	if found.End != last {
		t.Errorf("the words are found up to %v, the weeks counted up to %v", found.End, last)
	}
	answered := func(p api.Period) bool {
		a, err := w.Words(t.Context(), c, id, p, 1)
		if err != nil || len(a.Words) == 0 {
			t.Fatal(a, err)
		}
		return a.Words[0].Word == "鲸落团" && a.Words[0].New
	}
	for _, x := range []struct {
		texts  int
		period api.Period
		want   bool
	}{
		{400, api.Period{}, true},
		{399, api.Period{}, false}, // looked through at once
		{400, api.Period{From: last - 28, To: last}, false},
		{400, api.Period{From: last - 30, To: last - 1}, false},
	} {
		put := insightdb.GroupWeeks{Group: id, Weeks: weeks, Found: insightdb.Found{Texts: x.texts, Words: []insightdb.FoundWord{{Word: "鲸落团", Count: 1 << 20}}}}
		if err := w.DB.Write(t.Context(), func(tx *store.Tx) error { return insightdb.SaveWeeks(tx, c, []insightdb.GroupWeeks{put}) }); err != nil {
			t.Fatal(err)
		}
		if got := answered(x.period); got != x.want {
			t.Errorf("%d texts, period %v: words of the view answered %v, want %v", x.texts, x.period, got, x.want)
		}
	}
	if err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return insightdb.SaveWeeks(tx, c, []insightdb.GroupWeeks{{Group: id, Weeks: weeks, Found: found}})
	}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) testBadPeriods(t *testing.T) {
	id := w.groupNamed(t, book)
	last := bookStart + bookDays - 1
	for _, bad := range []api.Period{{From: last, To: last - 1}, {From: last + 1}, {From: last - 4000, To: last}, {From: 1, To: last}} {
		_, err := w.Numbers(t.Context(), c, id, bad)
		wantCode(t, "numbers", err, community.Invalid)
		_, err = w.Trend(t.Context(), c, id, bad, "day")
		wantCode(t, "trend", err, community.Invalid)
		_, err = w.Words(t.Context(), c, id, bad, 3)
		wantCode(t, "words", err, community.Invalid)
	}
	for given, want := range map[api.Period]api.Period{
		{}:                 {From: last - 29, To: last},
		{To: last - 5}:     {From: last - 34, To: last - 5},
		{From: last - 5}:   {From: last - 5, To: last},
		{From: end - 3000}: {From: end - 3000, To: last},
	} {
		if a, err := w.Numbers(t.Context(), c, id, given); err != nil || a.Period != want {
			t.Errorf("%v becomes %v, %v, want %v", given, a.Period, err, want)
		}
	}
}

// What is said of answers adds up, and names people who spoke.
func (w *world) testReplies(t *testing.T) {
	w.each(t, func(t *testing.T, g *told, p api.Period) {
		a, err := w.Replies(t.Context(), c, g.id, p, 100)
		if err != nil {
			t.Fatal(err)
		}
		n, err := w.Numbers(t.Context(), c, g.id, p)
		if err != nil {
			t.Fatal(err)
		}
		messages, answers := int64(0), int64(0)
		for _, f := range a.Forms {
			messages += f.Messages
			answers += f.Answers
			if f.Answered > f.Messages || f.Answered > f.Answers {
				t.Errorf("%+v", f)
			}
		}
		if want := int64(g.sum(p.From, p.To, messagesOf)); messages != want {
			t.Errorf("%d messages by form, want %d", messages, want)
		}
		if sum := a.Quoted + a.Mentioned + a.Called; answers != sum {
			t.Errorf("%d answers by form, %d by way", answers, sum)
		}
		if v := number(t, n.Numbers, "replies").Value; v != nil && int64(*v) != answers || v == nil && a.Known && messages > 0 {
			t.Errorf("replies are %v, want %d", v, answers)
		}
		between := int64(0)
		for _, x := range a.Pairs {
			between += x.AToB + x.BToA
			if x.A.Name == "" || x.B.Name == "" || x.A.Person >= x.B.Person {
				t.Errorf("%+v", x)
			}
		}
		if a.PairCount <= 100 && between > answers || !a.Known && len(a.Pairs)+len(a.People)+len(a.Alone) > 0 {
			t.Errorf("%d answers between people, %d in all", between, answers)
		}
		for _, m := range a.Open {
			if m.Group != g.id || m.Text == "" {
				t.Errorf("%+v", m)
			}
		}
	})
	if _, err := w.Replies(t.Context(), c, 1<<40, api.Period{}, 1); community.CodeOf(err) != community.NotFound {
		t.Errorf("of a group that is not there: %v", err)
	}
}
