package insight

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
)

// told is a group of a random community.
type toldGroup struct {
	story
	history *History
	place   Place
}

// drawGroups draws groups in which the same identities speak.
func drawGroups(t *rapid.T, most int) (list []toldGroup, w World, parts map[community.GroupID]Part) {
	parts = map[community.GroupID]Part{}
	w.Sets = []int64{1, 2}
	for i := range rapid.IntRange(1, most).Draw(t, "groups") {
		s := drawStory(t, 8)
		s.person = self
		id := community.GroupID(i + 1)
		g := toldGroup{story: s, history: s.history(), place: Place{Group: id, Type: rapid.SampledFrom([]GroupType{"", Interest}).Draw(t, "type"),
			Sets: []int64{int64(i%2 + 1)}, Today: s.last}}
		list = append(list, g)
		w.Places = append(w.Places, g.place)
		parts[id] = Part{First: s.first, Last: s.last, Away: s.away}
	}
	return list, w, parts
}

// ask answers a query over drawn groups, from their histories.
func ask(t interface{ Fatalf(string, ...any) }, q Query, list []toldGroup, w World, parts map[community.GroupID]Part) *Result {
	plan, err := q.Plan(w)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	run := NewRun(plan, parts)
	for _, g := range plan.GroupsNeeded() {
		run.Add(g, list[g-1].history)
	}
	return run.Result()
}

func TestQueryOfGroupsIsTheirNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, w, parts := drawGroups(t, 2)
		s := drawSpan(t, list[0].story)
		r := ask(t, Query{Metrics: Figures(), By: []Dimension{PerGroup}, From: s.From, To: s.To, Compare: WithBefore}, list, w, parts)
		if len(r.Rows) != len(list) {
			t.Fatalf("%d rows of %d groups", len(r.Rows), len(list))
		}
		for i, row := range r.Rows {
			for j, want := range list[i].history.Numbers(s) {
				c := row.Cells[j]
				if got := (Number{want.Metric, c.Value, c.Before, c.Of, c.Why, c.Partial}); !cmp.Equal(got, want) {
					t.Fatalf("group %d: %s", i+1, cmp.Diff(want, got))
				}
			}
		}
	})
}

// Steps of a trend, and what adds up over them.
func TestQueryByTimeIsTheTrend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, w, parts := drawGroups(t, 1)
		h, s := list[0].history, drawSpan(t, list[0].story)
		grain := rapid.SampledFrom([]Grain{ByDay, ByWeek, ByMonth}).Draw(t, "grain")
		{
			by := map[Grain]Dimension{ByDay: PerDay, ByWeek: PerWeek, ByMonth: PerMonth}[grain]
			r := ask(t, Query{Metrics: []string{"messages", "speakers", "activity_rate", "joins", "leaves", "members"}, By: []Dimension{by}, From: s.From, To: s.To}, list, w, parts)
			trend := h.Trend(s, grain)
			if len(r.Rows) != len(trend.T) {
				t.Fatalf("%d rows, %d steps", len(r.Rows), len(trend.T))
			}
			for i, row := range r.Rows {
				if at := r.Plan.Steps[row.Step].At; at != trend.T[i] {
					t.Fatalf("step %d begins on %s, not %s", i, at, trend.T[i])
				}
				for m, want := range []*float64{trend.Messages[i], trend.Speakers[i], trend.Activity[i], trend.Joins[i], trend.Leaves[i], trend.Members[i]} {
					same(t, r.Plan.Query.Metrics[m]+" of "+trend.T[i].String(), row.Cells[m].Value, want)
				}
			}
		}
		whole := ask(t, Query{Metrics: []string{"messages"}, From: s.From, To: s.To}, list, w, parts).Total[0]
		for _, by := range []Dimension{rapid.SampledFrom([]Dimension{PerDay, PerWeek, PerMonth, PerWeekday, PerHour}).Draw(t, "by")} {
			added := 0.0
			for _, row := range ask(t, Query{Metrics: []string{"messages"}, By: []Dimension{by}, From: s.From, To: s.To}, list, w, parts).Rows {
				if row.Cells[0].Value != nil {
					added += *row.Cells[0].Value
				}
			}
			// On a day in a gap something may have come in: a sum over more days takes it,
			// the day itself does not claim to know.
			if whole.Value != nil && len(h.GapsIn(s)) == 0 && added != *whole.Value {
				t.Fatalf("by %s messages add up to %v, not %v", by, added, *whole.Value)
			}
		}
	})
}

// Several groups together against the events themselves, in maps.
func TestQueryOfSeveralGroupsAgreesWithTheEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, w, parts := drawGroups(t, 3)
		s := drawSpan(t, list[0].story)
		r := ask(t, Query{Metrics: []string{"messages", "speakers", "mentions", "joins", "members", "activity_rate"}, From: s.From, To: s.To}, list, w, parts)
		messages, mentions, who := 0.0, 0.0, map[community.IdentityID]bool{}
		joins, joinsOf := 0.0, 0
		weight, rate := 0.0, 0.0
		for _, g := range list {
			for _, e := range g.once() {
				if d := community.DayOf(e.At, g.zone); !s.Has(d) || e.Kind != community.MessagePosted || e.Flags&community.FromUs != 0 {
					continue
				}
				messages++
				mentions += float64(e.Mentions)
				if e.Identity != 0 {
					who[e.Identity] = true
				}
			}
			if n, ok := g.history.Joins(s); ok {
				joins, joinsOf = joins+float64(n), joinsOf+1
			}
			if n, _ := g.history.Number("activity_rate", s); n.Value != nil {
				weight, rate = weight+*n.Of, rate+*n.Value**n.Of
			}
		}
		for m, want := range []float64{messages, float64(len(who)), mentions} {
			if got := r.Total[m].Value; got != nil && *got != want {
				t.Fatalf("%s is %v, want %v", r.Plan.Query.Metrics[m], *got, want)
			}
			if r.Total[m].Value == nil && want != 0 && len(list) > 1 && len(r.Gaps) == 0 && s.To <= list[0].last {
				t.Fatalf("%s is unknown (%s) though %v came in", r.Plan.Query.Metrics[m], r.Total[m].Why, want)
			}
		}
		same(t, "joins", r.Total[3].Value, maybe(joins, joinsOf > 0))
		if len(list) > 1 {
			same(t, "activity_rate", r.Total[5].Value, maybe(rate/weight, weight > 0))
		}
		if r.Total[3].Groups != joinsOf {
			t.Fatalf("joins are of %d groups, want %d", r.Total[3].Groups, joinsOf)
		}
	})
}

// once are the events as the log has them: by key.
func (s story) once() map[community.Key]*community.Event {
	all := map[community.Key]*community.Event{}
	for i := range s.events {
		if all[s.events[i].Key] == nil {
			all[s.events[i].Key] = &s.events[i]
		}
	}
	return all
}

// The unions of all groups' days answer as the groups themselves do.
func TestUnionsAnswerAsGroupsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, w, parts := drawGroups(t, 3)
		if len(list) < 2 {
			return
		}
		s := drawSpan(t, list[0].story)
		q := Query{Metrics: fromUnions, By: []Dimension{rapid.SampledFrom([]Dimension{PerDay, PerWeek, PerWeekday}).Draw(t, "by")}, From: s.From, To: s.To, Compare: WithWeeks}
		if q.By[0] == PerWeekday {
			q.Metrics = limited[PerWeekday]
		}
		byGroups := ask(t, q, list, w, parts)
		plan, err := q.Plan(w)
		if err != nil {
			t.Fatal(err)
		}
		if !plan.FromUnions() {
			t.Fatal("the unions do not answer")
		}
		run := NewRun(plan, parts)
		run.AddUnions(unionsOf(list), nil, self)
		if got := run.Result(); !cmp.Equal(got.Rows, byGroups.Rows) || !cmp.Equal(got.Total, byGroups.Total) || !cmp.Equal(got.Gaps, byGroups.Gaps) {
			t.Fatalf("unions differ: %s%s", cmp.Diff(byGroups.Rows, got.Rows), cmp.Diff(byGroups.Total, got.Total))
		}
	})
}

// The median time to the first answer of several groups is that of all their messages,
// not a mean of medians, however many there are.
func TestTheFirstAnswerOfSeveralGroups(t *testing.T) {
	first := day(t, "2026-01-05")
	group := func(id community.GroupID, waits []uint32) toldGroup {
		d, talk := NewGroupDay(id, first), NewTalk()
		for range waits {
			d.Add(&community.Event{Kind: community.MessagePosted, Identity: 1}, 9, self)
		}
		talk.Waits, talk.Quotes = waits, uint32(len(waits))
		talk.Questions = []Question{{Seq: 1, Answered: true}, {Seq: 2}}
		return toldGroup{history: NewHistory(Record{Days: []*GroupDay{d}, Talks: []TalkDay{{first, talk}}, Last: first}), place: Place{Group: id, Today: first}}
	}
	ask := func(a, b []uint32) []Cell {
		w, parts := World{}, map[community.GroupID]Part{1: {First: first, Last: first}, 2: {First: first, Last: first}}
		list := []toldGroup{group(1, a), group(2, b)}
		for _, g := range list {
			w.Places = append(w.Places, g.place)
		}
		return ask(t, Query{Metrics: []string{"first_reply_minutes", "questions", "unanswered_share"}, From: first, To: first}, list, w, parts).Total
	}
	cells := ask([]uint32{60, 60, 120}, []uint32{600, 1200})
	if c := cells[0]; c.Value == nil || *c.Value != 2 || *c.Of != 5 || c.Groups != 2 {
		t.Errorf("of five answers: %+v", c)
	}
	if q, u := cells[1], cells[2]; q.Value == nil || *q.Value != 4 || u.Value == nil || *u.Value != 0.5 || *u.Of != 4 {
		t.Errorf("questions %+v, unanswered %+v", q, u)
	}
	many := func(n int, seconds uint32) []uint32 { return slices.Repeat([]uint32{seconds}, n) }
	if c := ask(many(60_000, 30), many(60_001, 90))[0]; c.Value == nil || *c.Value != 1.5 || *c.Of != 120_001 {
		t.Errorf("of many answers: %+v", c)
	}
}

// What a plan says it needs is enough: days without the rest give the same answer, also
// where the unions of all groups take their part.
func TestPlansNeedNoMoreThanTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, w, parts := drawGroups(t, 3)
		s := drawSpan(t, list[0].story)
		q := Query{Metrics: rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(pooling))), 1, 4, rapid.ID).Draw(t, "metrics"),
			From: s.From, To: s.To, Compare: rapid.SampledFrom([]Comparison{WithNothing, WithBefore, WithWeeks}).Draw(t, "compare")}
		q.By = rapid.SampledFrom([][]Dimension{nil, {PerGroup}, {PerWeek}, {PerSet}, {PerDay, PerGroup}}).Draw(t, "by")
		if rapid.IntRange(0, 5).Draw(t, "persons") == 0 {
			q.Metrics, q.By = []string{"messages"}, []Dimension{PerPerson}
		}
		plan, err := q.Plan(w)
		if err != nil {
			t.Fatal(err)
		}
		whole, lean := NewRun(plan, parts), NewRun(plan, parts)
		united := plan.HasUnions() && rapid.Bool().Draw(t, "united")
		if united {
			lean.AddUnions(unionsOf(list), nil, self)
		}
		extent := plan.Extent(united)
		for _, g := range plan.GroupsNeeded() {
			whole.Add(g, list[g-1].history)
			lean.Add(g, lessOf(list[g-1].story, extent))
		}
		want, got := whole.Result(), lean.Result()
		if !cmp.Equal(got.Rows, want.Rows) || !cmp.Equal(got.Total, want.Total) || !cmp.Equal(got.Gaps, want.Gaps) {
			t.Fatalf("with %+v: %s%s%s", extent, cmp.Diff(want.Rows, got.Rows), cmp.Diff(want.Total, got.Total), cmp.Diff(want.Gaps, got.Gaps))
		}
	})
}

// lessOf is a story's history of days that hold what is needed and no more.
func lessOf(s story, e Extent) *History {
	rows := count(s.events, s.zone, s.person)
	for _, d := range rows {
		d.Packed, d.Posts, d.Contents = EncodePosts(d.Posts), nil, nil
		if d.Day < e.Posts {
			d.Packed = nil
		}
		if d.Day < e.Speakers {
			d.Speakers = roaring.New()
		}
		if !e.Hours {
			d.Hours = [24]uint32{}
		}
	}
	return NewHistory(Record{Days: rows, Last: s.last, Away: s.away, Person: s.person})
}

// unionsOf are the days of all groups together.
func unionsOf(list []toldGroup) (unions []*GroupDay) {
	days := map[community.Day]*GroupDay{}
	for _, g := range list {
		for _, d := range g.history.days {
			if days[d.Day] == nil {
				days[d.Day] = NewGroupDay(0, d.Day)
			}
			days[d.Day].Messages += d.Messages
			days[d.Day].Speakers.Or(d.Speakers)
		}
	}
	for d := range values(days) {
		unions = append(unions, d)
	}
	return unions
}

func TestPeersAreTheOthersOfTheType(t *testing.T) {
	first := day(t, "2026-01-05")
	group := func(id community.GroupID, of GroupType, a day3) toldGroup {
		var rows []*GroupDay
		for i, n := range a {
			d := NewGroupDay(id, first+community.Day(i))
			for range n {
				d.Add(&community.Event{Kind: community.MessagePosted, Identity: 1}, 9, self)
			}
			rows = append(rows, d)
		}
		return toldGroup{history: NewHistory(Record{Days: rows, Last: first + 2}), place: Place{Group: id, Type: of, Today: first + 2}}
	}
	list := []toldGroup{group(1, Interest, day3{1, 1, 1}), group(2, Interest, day3{2, 2, 2}), group(3, Interest, day3{9, 0, 1}), group(4, Business, day3{50, 50, 50})}
	w, parts := World{}, map[community.GroupID]Part{}
	for _, g := range list {
		w.Places = append(w.Places, g.place)
		parts[g.place.Group] = Part{First: first, Last: first + 2}
	}
	q := Query{Metrics: []string{"messages"}, By: []Dimension{PerGroup}, Groups: []community.GroupID{1, 4}, From: first, To: first + 2, Compare: WithPeers}
	r := ask(t, q, list, w, parts)
	if len(r.Rows) != 2 {
		t.Fatalf("%d rows", len(r.Rows))
	}
	if c := r.Rows[0].Cells[0]; c.PeersOf != 2 || c.Peers == nil || *c.Peers != 8 { // of 6 and 10
		t.Errorf("peers of group 1: %+v", c)
	}
	if c := r.Rows[1].Cells[0]; c.PeersOf != 0 || c.Peers != nil {
		t.Errorf("peers of group 4: %+v", c)
	}
	q.By, q.Groups = nil, []community.GroupID{1}
	if c := ask(t, q, list, w, parts).Total[0]; c.PeersOf != 2 || *c.Peers != 8 {
		t.Errorf("peers of group 1 alone: %+v", c)
	}
}

type day3 [3]int

func TestQueriesThatMakeNoSenseSayWhichField(t *testing.T) {
	d := day(t, "2026-01-05")
	w := World{Places: []Place{{Group: 1, Today: d}, {Group: 2, Today: d}}, Sets: []int64{7}}
	one := []string{"messages"}
	for name, q := range map[string]Query{
		"metrics":                          {},
		"metrics:":                         {Metrics: []string{"magic"}},
		"metrics: messages is named twice": {Metrics: []string{"messages", "messages"}},
		"metrics: speakers cannot be told apart by hour":   {Metrics: []string{"speakers"}, By: []Dimension{PerHour}},
		"metrics: low_activity_days of several groups":     {Metrics: []string{"low_activity_days"}},
		`by: there is no dimension "colour"`:               {Metrics: one, By: []Dimension{"colour"}},
		"by: at most one dimension of time":                {Metrics: one, By: []Dimension{PerDay, PerHour}},
		"by: person goes with no dimension of time":        {Metrics: one, By: []Dimension{PerPerson, PerDay}},
		"groups: there is no group 9":                      {Metrics: one, Groups: []community.GroupID{9}},
		"sets: there is no set":                            {Metrics: one, Sets: []int64{8}},
		"types: there is no type":                          {Metrics: one, Types: []GroupType{"odd"}},
		"compare: there is no comparison":                  {Metrics: one, Compare: "last year"},
		"compare: peers are of single groups":              {Metrics: one, Compare: WithPeers},
		"to: the period ends before it begins":             {Metrics: one, From: d, To: d - 1},
		"from: the period is longer":                       {Metrics: one, From: d - 4000, To: d},
		"metrics: leaves cannot be told apart by inviter":  {Metrics: []string{"joins", "leaves"}, By: []Dimension{PerInviter}},
		"metrics: messages cannot be told apart by way":    {Metrics: one, By: []Dimension{PerWay}},
		"metrics: joins cannot be told apart by hour":      {Metrics: []string{"joins"}, By: []Dimension{PerCode, PerHour}},
		"by: at most one dimension of time and one of who": {Metrics: []string{"joins"}, By: []Dimension{PerCode, PerGroup}},
		"compare: way goes with no peers":                  {Metrics: []string{"joins"}, By: []Dimension{PerWay}, Compare: WithPeers},
		"limit: ":                                          {Metrics: one, By: []Dimension{PerPerson}, Limit: 501},
		"from: the answer would have":                      {Metrics: Figures()[:30], By: []Dimension{PerDay, PerGroup}, From: d - 3000, To: d},
	} {
		_, err := q.Plan(w)
		if community.CodeOf(err) == community.Internal || err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%+v: %v, want %s…", q, err, name)
		}
	}
}

// Whatever arrives as a query is answered or refused, quickly, and reads back as
// what it was.
func FuzzQuery(f *testing.F) {
	f.Add(`{"metrics":["messages","gini"],"by":["week"],"compare":"weeks"}`)
	f.Add(`{"metrics":["activity_rate"],"by":["group"],"compare":"peers","from":"2026-01-01","to":"2026-02-01"}`)
	f.Add(`{"metrics":["messages"],"by":["person"],"limit":3,"types":[""]}`)
	f.Add(`{"metrics":["messages_mean"],"by":["hour","set"],"sets":[1]}`)
	f.Add(`{"metrics":["joins","leaves"],"by":["way","week"],"compare":"before","limit":5}`)
	first, err := community.ParseDay("2026-01-01")
	if err != nil {
		f.Fatal(err)
	}
	var rows []*GroupDay
	for i := range 40 {
		d := NewGroupDay(1, first+community.Day(i))
		for who := range i % 5 {
			d.Add(&community.Event{Kind: community.MessagePosted, Identity: community.IdentityID(who + 1)}, i%24, self)
		}
		rows = append(rows, d)
	}
	h := NewHistory(Record{Days: rows, Last: first + 39})
	w := World{Sets: []int64{1}, Places: []Place{{Group: 1, Sets: []int64{1}, Today: first + 39}, {Group: 2, Type: Interest, Today: first + 39}}}
	f.Fuzz(func(t *testing.T, text string) {
		var q Query
		if len(text) > 2000 || json.Unmarshal([]byte(text), &q) != nil {
			return
		}
		plan, err := q.Plan(w)
		if err != nil {
			if code := community.CodeOf(err); code != community.Invalid && code != community.NotFound {
				t.Fatalf("%s: %v", text, err)
			}
			return
		}
		if len(plan.Steps) > 400 { // as right, only slower
			return
		}
		run := NewRun(plan, map[community.GroupID]Part{1: {First: first, Last: first + 39}, 2: {First: first, Last: first + 39}})
		for _, g := range plan.GroupsNeeded() {
			run.Add(g, h)
		}
		for _, row := range run.Result().Rows {
			if len(row.Cells) != len(q.Metrics) {
				t.Fatalf("%s: %d cells of %d metrics", text, len(row.Cells), len(q.Metrics))
			}
		}
		b, err := json.Marshal(plan.Query)
		if err != nil {
			t.Fatal(err)
		}
		var again Query
		if err := json.Unmarshal(b, &again); err != nil || !cmp.Equal(again, plan.Query) {
			t.Fatalf("%s came back as %+v, %v", b, again, err)
		}
	})
}
