package answers_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	gocmp "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/api"
	"qunying/internal/testdb/ready"
)

func TestAnswers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		t.Run("empty", w.testEmpty)
		w.fill(t)
		t.Run("cards", w.testCards)
		t.Run("only", w.testOnly)
		t.Run("sorting", w.testSorting)
		t.Run("period before", w.testPeriodBefore)
		t.Run("one group", w.testGroup)
		t.Run("nothing happened", w.testNothingHappened)
		t.Run("numbers", w.testNumbers)
		t.Run("trend", w.testTrend)
		t.Run("rhythm", w.testRhythm)
		t.Run("query", w.testQuery)
		t.Run("funnel", w.testFunnel)
		t.Run("cohorts", w.testCohorts)
		t.Run("speakers", w.testSpeakers)
		t.Run("replies", w.testReplies)
		t.Run("words", w.testWords)
		t.Run("found words", w.testFoundWords)
		t.Run("health", w.testHealth)
		t.Run("bad periods", w.testBadPeriods)
		t.Run("stream", w.testStream)
		t.Run("search", w.testSearch)
		t.Run("person", w.testPerson)
		t.Run("within", w.testWithin)
	})
}

// testWithin: who is limited to a group counts and finds in it alone.
func (w *world) testWithin(t *testing.T) {
	all, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Days: 30, Limit: 50})
	if err != nil || len(all.Groups) < 2 {
		t.Fatal(len(all.Groups), err)
	}
	mine := all.Groups[1].ID
	ctx := api.WithWithin(t.Context(), []community.GroupID{mine})
	some, next, err := w.Groups(ctx, c, api.GroupsQuery{Days: 30, Limit: 1})
	if err != nil || some.Total != 1 || len(some.Groups) != 1 || some.Groups[0].ID != mine || next != (api.Place{}) {
		t.Errorf("%d of %d groups, the first %+v, then %+v, %v", len(some.Groups), some.Total, some.Groups, next, err)
	}
	if n := number(t, some.Summary, "messages"); n.Value == nil || int64(*n.Value) != all.Groups[1].Messages {
		t.Errorf("messages of the summary: %+v, want %d", n, all.Groups[1].Messages)
	}
	if n := number(t, some.Summary, "speakers"); n.Value != nil || n.Why != "part_of_groups" {
		t.Errorf("speakers of some groups: %+v", n)
	}
	found, _, err := w.Search(ctx, c, api.SearchQuery{Limit: 20})
	if err != nil || len(found.Messages) != 20 {
		t.Fatalf("%d messages: %v", len(found.Messages), err)
	}
	for _, m := range found.Messages {
		if m.Group != mine {
			t.Errorf("found in group %d: %+v", m.Group, m)
		}
	}
}

func (w *world) testEmpty(t *testing.T) {
	a, next, err := w.Groups(t.Context(), c, api.GroupsQuery{Days: 30})
	if err != nil || next != (api.Place{}) {
		t.Fatal(next, err)
	}
	if a.Total != 0 || a.Groups == nil || len(a.Groups) != 0 || a.AsOf != 0 {
		t.Errorf("an empty community: %+v", a)
	}
	if n := number(t, a.Summary, "groups"); n.Value == nil || *n.Value != 0 {
		t.Errorf("groups of an empty community: %+v", n)
	}
	found, _, err := w.Search(t.Context(), c, api.SearchQuery{Text: "你好"})
	if err != nil || len(found.Messages) != 0 || found.Messages == nil {
		t.Errorf("search finds %+v, %v", found, err)
	}
	_, err = w.Group(t.Context(), c, 1)
	wantCode(t, "group", err, community.NotFound)
	_, err = w.Numbers(t.Context(), c, 1, api.Period{})
	wantCode(t, "numbers", err, community.NotFound)
	_, err = w.Stream(t.Context(), c, 1, api.StreamQuery{})
	wantCode(t, "stream", err, community.NotFound)
	_, err = w.Context(t.Context(), c, 1, 1, 1)
	wantCode(t, "context", err, community.NotFound)
	_, err = w.Person(t.Context(), c, 1)
	wantCode(t, "person", err, community.NotFound)
}

func number(t *testing.T, list []api.Number, metric string) api.Number {
	t.Helper()
	i := slices.IndexFunc(list, func(n api.Number) bool { return n.Metric == metric })
	if i < 0 {
		t.Fatalf("there is no %s in %+v", metric, list)
	}
	return list[i]
}

// Every card of the overview says what really happened.
func (w *world) testCards(t *testing.T) {
	const days = 25
	a, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Days: days, Sort: "name"})
	if err != nil {
		t.Fatal(err)
	}
	cards := map[community.GroupID]api.GroupCard{}
	for _, card := range a.Groups {
		cards[card.ID] = card
	}
	networks := map[string]int{"elsewhere": 0}
	for _, card := range a.Groups {
		networks[card.Network]++
	}
	for network, want := range networks {
		some, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Days: days, Sort: "name", Network: network})
		if err != nil || len(some.Groups) != want || some.Total != int64(want) {
			t.Errorf("of %q %d groups, want %d: %v", network, len(some.Groups), want, err)
		}
	}
	sum := 0
	for outside, g := range w.groups {
		card, from := cards[g.id], g.last-days+1
		sum += g.sum(from, g.last, messagesOf)
		if got, want := card.Messages, g.sum(from, g.last, messagesOf); got != int64(want) {
			t.Errorf("%s: %d messages, want %d", outside, got, want)
		}
		if got, want := card.Total, g.sum(start, end, messagesOf); got != int64(want) {
			t.Errorf("%s: %d messages ever, want %d", outside, got, want)
		}
		if got, want := card.Speakers, len(g.posts(from, g.last)); got != int64(want) {
			t.Errorf("%s: %d speakers, want %d", outside, got, want)
		}
		if got, want := card.Seen, len(g.seen); got != int64(want) {
			t.Errorf("%s: %d seen, want %d", outside, got, want)
		}
		for _, n := range []struct {
			what string
			got  *int64
			want int
		}{
			{"members", card.Members, len(g.days[g.last].Present)},
			{"joins", card.Joins, g.sum(from, g.last, func(d sim.GroupDay) int { return d.Joins })},
			{"leaves", card.Leaves, g.sum(from, g.last, func(d sim.GroupDay) int { return d.Leaves })},
		} {
			if !w.ever(g, n.what) {
				if n.got != nil {
					t.Errorf("%s: %d %s, and none was ever seen", outside, *n.got, n.what)
				}
				continue
			}
			if n.got == nil || *n.got != int64(n.want) {
				t.Errorf("%s: %s %v, want %d", outside, n.what, show(n.got), n.want)
			}
		}
		w.checkSpark(t, outside, card, from)
		w.checkGaps(t, outside, card.Gaps, from, g.last)
	}
	ended := cards[w.groupNamed(t, book)]
	if got, want := ended.Messages, int64(4*days); got != want {
		t.Errorf("the imported group: %d messages in its last days, want %d", got, want)
	}
	if last := bookStart + bookDays - 1; len(ended.Spark.T) != days || ended.Spark.T[days-1] != last {
		t.Errorf("the imported group ends on %v, want %s", ended.Spark.T, last)
	}
	if ended.Members != nil || ended.Joins != nil || ended.Leaves != nil {
		t.Errorf("the imported group tells members that nobody knows: %+v", ended)
	}
	if n := number(t, a.Summary, "messages"); n.Value == nil || *n.Value != float64(sum+4*days+days) {
		t.Errorf("messages of all: %+v, want %d", n, sum+5*days)
	}
	for _, metric := range []string{"speakers", "dau_mean"} {
		if n := number(t, a.Summary, metric); n.Value != nil || n.Why != "periods_differ" {
			t.Errorf("%s over groups of different periods: %+v", metric, n)
		}
	}
	if n := number(t, a.Summary, "groups"); *n.Value != 8 || a.Total != 8 {
		t.Errorf("%v groups, total %d, want 8", *n.Value, a.Total)
	}
	w.testSummary(t)
}

// ever says whether the group has shown that its joins (or leaves) can be seen.
func (w *world) ever(g *told, what string) bool {
	switch what {
	case "joins":
		return g.sum(start, end, func(d sim.GroupDay) int { return d.Joins }) > 0
	case "leaves":
		return g.sum(start, end, func(d sim.GroupDay) int { return d.Leaves }) > 0
	}
	return true
}

// The people of all groups are counted once, where all have one period.
func (w *world) testSummary(t *testing.T) {
	to := end - 5
	a, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Days: 7, To: to})
	if err != nil {
		t.Fatal(err)
	}
	people, personDays, messages, before := map[string]bool{}, 0, 0, 0
	for d := to - 6; d <= to; d++ {
		today := map[string]bool{}
		for _, g := range w.groups {
			messages += g.days[d].Messages
			before += g.days[d-7].Messages
			for who := range g.days[d].ByMember {
				people[who], today[who] = true, true
			}
		}
		personDays += len(today)
	}
	for _, want := range []struct {
		metric string
		value  float64
	}{{"messages", float64(messages)}, {"speakers", float64(len(people))}, {"dau_mean", float64(personDays) / 7}} {
		if n := number(t, a.Summary, want.metric); n.Value == nil || !gocmp.Equal(*n.Value, want.value, cmpopts.EquateApprox(0, 1e-9)) {
			t.Errorf("%s of all: %+v, want %v", want.metric, n, want.value)
		}
	}
	if n := number(t, a.Summary, "messages"); n.Before == nil || *n.Before != float64(before) {
		t.Errorf("messages of the week before: %v, want %d", n.Before, before)
	}
	if a.Period != (api.Period{From: to - 6, To: to}) {
		t.Errorf("period %v", a.Period)
	}
}

func (w *world) checkSpark(t *testing.T, outside string, card api.GroupCard, from community.Day) {
	t.Helper()
	g := w.groups[outside]
	var want api.Series
	for d := from; d <= g.last; d++ {
		want.T = append(want.T, d)
		if g.lost[d] || d < g.first {
			want.V = append(want.V, nil)
			continue
		}
		v := float64(g.days[d].Messages)
		want.V = append(want.V, &v)
	}
	if diff := gocmp.Diff(want, card.Spark); diff != "" {
		t.Errorf("%s: spark (-want +got):\n%s", outside, diff)
	}
}

// checkGaps holds gaps against the outages. The group is lively, so that no
// silence looks like one.
func (w *world) checkGaps(t *testing.T, outside string, gaps []api.Gap, from, to community.Day) {
	t.Helper()
	in := map[community.Day]bool{}
	for _, g := range gaps {
		if g.Kind != "known" || g.Days != int(g.To-g.From)+1 {
			t.Errorf("%s: gap %+v", outside, g)
		}
		for d := g.From; d <= g.To; d++ {
			in[d] = true
		}
	}
	for d := from; d <= to; d++ {
		if in[d] != w.groups[outside].lost[d] {
			t.Errorf("%s: on %s in a gap: %v", outside, d, in[d])
		}
	}
}

// Pages in every order have all groups, none twice, in that order.
// What is chosen on the server is what a look at every card would choose, on any
// number of pages.
func (w *world) testOnly(t *testing.T) {
	const days = 20
	all, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Days: days, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for only, is := range map[string]func(api.GroupCard) bool{
		"gaps":      func(g api.GroupCard) bool { return len(g.Gaps) > 0 },
		"falling":   func(g api.GroupCard) bool { return g.Before != nil && 10*g.Messages < 8**g.Before },
		"silent":    func(g api.GroupCard) bool { return g.Messages == 0 },
		"no_roster": func(g api.GroupCard) bool { return g.Members == nil },
	} {
		var want, got []community.GroupID
		for _, g := range all.Groups {
			if is(g) {
				want = append(want, g.ID)
			}
		}
		q := api.GroupsQuery{Days: days, Only: only, Limit: 1}
		for {
			a, next, err := w.Groups(t.Context(), c, q)
			if err != nil || a.Total != int64(len(want)) {
				t.Fatalf("%s: %d in all, want %d, %v", only, a.Total, len(want), err)
			}
			for _, g := range a.Groups {
				got = append(got, g.ID)
			}
			if q.After = next; next == (api.Place{}) {
				break
			}
		}
		if !slices.Equal(got, want) || only != "falling" && (len(want) == 0 || len(want) == len(all.Groups)) {
			t.Errorf("%s: %v, want %v of %d", only, got, want, len(all.Groups))
		}
	}
	_, _, err = w.Groups(t.Context(), c, api.GroupsQuery{Days: days, Only: "loud"})
	wantCode(t, "what does not exist", err, community.Invalid)
}

// A group that was silent for long and speaks again is on its card as on its page.
func TestASilenceIsOnTheCardAsOnThePage(t *testing.T) {
	w := open(t, ready.SQLite(t))
	var list []connector.Observation
	say := func(group string, day community.Day) {
		id := fmt.Sprint(len(list))
		list = append(list, connector.Observation{Kind: community.MessagePosted, Group: group, At: day.Start(shanghai).Add(20 * time.Hour),
			ID: id, Sender: connector.Member{ID: "m" + id[:1], Name: "小李"}, Content: community.Text, Text: "在吗"})
	}
	for d := range community.Day(100) { // then nothing for most of a year
		say("busy once", end-400+d)
	}
	for i := range community.Day(8) { // every other month, as it always was
		say("quiet", end-60*(8-i))
	}
	for _, group := range []string{"busy once", "quiet", "new"} {
		say(group, end-1)
		say(group, end)
	}
	slices.SortFunc(list, func(a, b connector.Observation) int { return a.At.Compare(b.At) })
	if _, err := w.engine.Fill(t.Context(), c, "sim", shanghai, slices.Values(list), nil); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	a, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Days: 30})
	if err != nil || len(a.Groups) != 3 {
		t.Fatal(len(a.Groups), err)
	}
	unknown := map[string]int{}
	for _, card := range a.Groups {
		page, err := w.Trend(t.Context(), c, card.ID, api.Period{From: end - 29, To: end}, "day")
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(page.Trend.Messages, card.Spark.V); diff != "" {
			t.Errorf("%s (-page +card):\n%s", card.Name, diff)
		}
		if diff := gocmp.Diff(page.Trend.Gaps, card.Gaps); diff != "" {
			t.Errorf("%s: gaps (-page +card):\n%s", card.Name, diff)
		}
		for _, v := range card.Spark.V {
			if v == nil {
				unknown[card.Name]++
			}
		}
	}
	if want := map[string]int{"busy once": 28, "new": 28}; !maps.Equal(unknown, want) {
		t.Errorf("days unknown: %v, want %v", unknown, want)
	}
}

func (w *world) testSorting(t *testing.T) {
	for _, sort := range []string{"name", "messages", "speakers", "last"} {
		key := func(card api.GroupCard) (string, int64) {
			switch sort {
			case "name":
				return strings.ToLower(card.Name), 0
			case "messages":
				return "", -card.Messages
			case "speakers":
				return "", -card.Speakers
			}
			return "", -card.LastAt
		}
		for _, limit := range []int{1, 5} {
			var all []api.GroupCard
			q := api.GroupsQuery{Sort: sort, Days: 30, Limit: limit}
			for {
				a, next, err := w.Groups(t.Context(), c, q)
				if err != nil || len(a.Groups) > limit || a.Total != 8 {
					t.Fatalf("by %s: %d groups of %d, %v", sort, len(a.Groups), a.Total, err)
				}
				all = append(all, a.Groups...)
				if q.After = next; next == (api.Place{}) || len(all) > 8 {
					break
				}
			}
			seen := map[community.GroupID]bool{}
			for _, card := range all {
				seen[card.ID] = true
			}
			if len(all) != 8 || len(seen) != 8 {
				t.Errorf("by %s in pages of %d: %d groups, %d different", sort, limit, len(all), len(seen))
			}
			if !slices.IsSortedFunc(all, func(a, b api.GroupCard) int {
				an, av := key(a)
				bn, bv := key(b)
				return cmp.Or(cmp.Compare(an, bn), cmp.Compare(av, bv), cmp.Compare(a.ID, b.ID))
			}) {
				t.Errorf("by %s in pages of %d: out of order", sort, limit)
			}
		}
	}
	a, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Text: " 书会 ", Days: 30})
	if err != nil || a.Total != 1 || len(a.Groups) != 1 || a.Groups[0].Name != book {
		t.Errorf("the name filter finds %+v, %v", a.Groups, err)
	}
	a, _, err = w.Groups(t.Context(), c, api.GroupsQuery{Text: "没有这样的群", Days: 30})
	if err != nil || a.Total != 0 || len(a.Groups) != 0 {
		t.Errorf("the name filter finds %+v, %v", a.Groups, err)
	}
}

// The period before is compared with whole, however long it is.
func (w *world) testPeriodBefore(t *testing.T) {
	for _, days := range []int{10, 60, 80, 99} {
		a, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Text: long, Days: days})
		if err != nil || len(a.Groups) != 1 {
			t.Fatal(a.Groups, err)
		}
		card := a.Groups[0]
		if card.Messages != int64(days) || card.Before == nil || *card.Before != int64(days) {
			t.Errorf("%d days: %d messages, %v before", days, card.Messages, show(card.Before))
		}
		if len(card.Gaps) != 0 {
			t.Errorf("%d days: gaps %+v", days, card.Gaps)
		}
	}
	a, _, err := w.Groups(t.Context(), c, api.GroupsQuery{Text: long, Days: 150})
	if err != nil || a.Groups[0].Before != nil {
		t.Errorf("compared with a period that was not covered: %v, %v", show(a.Groups[0].Before), err)
	}
}

func show[T any](p *T) any {
	if p == nil {
		return "unknown"
	}
	return *p
}

func (w *world) testGroup(t *testing.T) {
	for outside, g := range w.groups {
		a, err := w.Group(t.Context(), c, g.id)
		if err != nil {
			t.Fatal(err)
		}
		w.checkGaps(t, outside, a.Coverage.Gaps, g.first, g.last)
		if got, want := a.Group.Messages, g.sum(g.last-29, g.last, messagesOf); got != int64(want) {
			t.Errorf("%s: %d messages, want %d", outside, got, want)
		}
		if len(a.Coverage.Sources) != 1 || a.Coverage.Sources[0].Kind != "import" || a.Coverage.Sources[0].Messages != a.Group.Total {
			t.Errorf("%s: sources %+v", outside, a.Coverage.Sources)
		}
		if community.DayOf(atMS(a.Coverage.FirstAt), shanghai) != g.first || community.DayOf(atMS(a.Coverage.LastAt), shanghai) != g.last {
			t.Errorf("%s: covered from %s to %s", outside, atMS(a.Coverage.FirstAt), atMS(a.Coverage.LastAt))
		}
		if !slices.Equal(a.Group.Data, []string{"messages", "roster", "joins"}) || a.Settings.Zone != "Asia/Shanghai" {
			t.Errorf("%s: data %v, settings %+v", outside, a.Group.Data, a.Settings)
		}
	}
	a, err := w.Group(t.Context(), c, w.groupNamed(t, book))
	if err != nil || len(a.Coverage.Sources) != 1 || a.Coverage.Sources[0].Name != "import/csv" || a.Coverage.Sources[0].Messages != 4*bookDays {
		t.Errorf("the imported group's sources %+v, %v", a.Coverage.Sources, err)
	}
	if a.Group.Messages != 4*30 || len(a.Coverage.Gaps) != 0 {
		t.Errorf("the imported group: %d messages in its last 30 days, gaps %v", a.Group.Messages, a.Coverage.Gaps)
	}
}

// A group in which nothing happened has no numbers, and every answer says so.
func (w *world) testNothingHappened(t *testing.T) {
	id := w.groupNamed(t, "空群")
	a, err := w.Group(t.Context(), c, id)
	if err != nil || a.Group.Messages != 0 || a.Group.Members != nil || a.Group.Before != nil || a.Group.Data == nil || a.Coverage.Gaps == nil {
		t.Errorf("group %+v, %v", a, err)
	}
	for _, v := range a.Group.Spark.V {
		if v != nil {
			t.Errorf("spark %v", *v)
		}
	}
	n, err := w.Numbers(t.Context(), c, id, api.Period{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range n.Numbers {
		if x.Value != nil || x.Why == "" {
			t.Errorf("%+v", x)
		}
	}
	if s, err := w.Stream(t.Context(), c, id, api.StreamQuery{}); err != nil || len(s.Messages) != 0 || s.Earlier || s.Later || s.Gaps == nil {
		t.Errorf("stream %+v, %v", s, err)
	}
	if s, err := w.Speakers(t.Context(), c, id, api.Period{}, 10); err != nil || len(s.Speakers) != 0 || s.Others != (api.Others{}) {
		t.Errorf("speakers %+v, %v", s, err)
	}
	if s, err := w.Words(t.Context(), c, id, api.Period{}, 10); err != nil || len(s.Words) != 0 {
		t.Errorf("words %+v, %v", s, err)
	}
	for _, of := range []string{"speaking", "membership"} {
		if r, err := w.Retention(t.Context(), c, id, api.Period{}, of); err != nil || r.Retention.Known || len(r.Retention.Cohorts) != 0 {
			t.Errorf("retention %+v, %v", r, err)
		}
	}
	if _, err := w.Rhythm(t.Context(), c, id, api.Period{}); err != nil {
		t.Error(err)
	}
}
