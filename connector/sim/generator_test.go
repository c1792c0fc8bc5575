package sim

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunying/community"
	"qunying/connector"
)

func generator(t interface{ Fatal(...any) }, p Plan) *Generator {
	g, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func shanghai(t interface{ Fatal(...any) }) *time.Location {
	z, err := community.LoadZone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// recount computes the truth anew from what was emitted, as a naive reader would.
func recount(all []connector.Observation, p Plan) map[string]*GroupDay {
	days := map[string]*GroupDay{}
	present := map[string]map[string]bool{}
	for _, o := range all {
		if o.Kind == community.RosterTaken {
			present[o.Group] = map[string]bool{}
			for _, m := range o.Members {
				present[o.Group][m.ID] = true
			}
		}
	}
	next := 0
	for i := range p.Days {
		day := p.Start + community.Day(i)
		for group := range present {
			days[group+day.String()] = &GroupDay{Group: group, Day: day, ByMember: map[string]int{}}
		}
		for ; next < len(all) && community.DayOf(all[next].At, p.Zone) <= day; next++ {
			o := all[next]
			d := days[o.Group+day.String()]
			switch o.Kind {
			case community.MessagePosted:
				d.Messages++
				d.Hours[o.At.In(p.Zone).Hour()]++
				d.ByMember[o.Sender.ID]++
				d.Mentions += len(o.Mentions)
			case community.MessageRecalled:
				d.Recalls++
			case community.MemberJoined:
				d.Joins++
				present[o.Group][o.Sender.ID] = true
			case community.MemberLeft:
				d.Leaves++
				delete(present[o.Group], o.Sender.ID)
			}
		}
		for group, members := range present {
			days[group+day.String()].Present = slices.Sorted(maps.Keys(members))
		}
	}
	return days
}

func TestTruthIsWhatIsEmitted(t *testing.T) {
	zones := []string{"UTC", "Asia/Shanghai", "America/New_York", "America/Santiago"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := community.LoadZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		p := Plan{
			Seed: rapid.Uint64().Draw(t, "seed"), Groups: rapid.IntRange(1, 9).Draw(t, "groups"),
			Members: rapid.IntRange(2, 60).Draw(t, "members"), Days: rapid.IntRange(0, 12).Draw(t, "days"),
			Start: community.Day(rapid.IntRange(19000, 20800).Draw(t, "start")), Zone: zone,
			MessagesPerMemberDay: rapid.Float64Range(0.01, 3).Draw(t, "rate"), OutagesPerMonth: rapid.Float64Range(0, 30).Draw(t, "outages"),
		}
		var truth Truth
		all := slices.Collect(generator(t, p).WithTruth(truth.Record))
		if want := p.Days * p.Groups; len(truth.Days) != want {
			t.Fatalf("truth of %d group days, want %d", len(truth.Days), want)
		}
		counted := recount(all, p)
		for _, d := range truth.Days {
			c := counted[d.Group+d.Day.String()]
			c.Lost = d.Lost // cannot be seen from what was emitted
			if diff := cmp.Diff(*c, d); diff != "" {
				t.Fatalf("recounted (-) against truth (+):\n%s", diff)
			}
		}
		checkStory(t, all)
	})
}

// TestDaysEnd: many groups over days of 23, 24 and 25 hours stay within them.
func TestDaysEnd(t *testing.T) {
	zone, err := community.LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []string{"2026-03-07", "2026-10-31"} {
		start, err := community.ParseDay(first)
		if err != nil {
			t.Fatal(err)
		}
		p := Plan{Seed: 5, Groups: 400, Members: 100, Days: 3, Start: start, Zone: zone, MessagesPerMemberDay: 1}
		var truth Truth
		all := slices.Collect(generator(t, p).WithTruth(truth.Record))
		counted := recount(all, p)
		for _, d := range truth.Days {
			c := counted[d.Group+d.Day.String()]
			c.Lost = d.Lost
			if diff := cmp.Diff(*c, d); diff != "" {
				t.Fatalf("recounted (-) against truth (+):\n%s", diff)
			}
		}
	}
}

// checkStory holds what is true of every history.
func checkStory(t *rapid.T, all []connector.Observation) {
	type state struct {
		members map[string]bool
		ids     map[string]bool
		lost    bool
	}
	groups := map[string]*state{}
	var last time.Time
	for _, o := range all {
		if o.At.Before(last) {
			t.Fatalf("goes back in time: %v after %v", o.At, last)
		}
		last = o.At
		if o.Kind == community.RosterTaken {
			s := &state{map[string]bool{}, map[string]bool{}, false}
			for _, m := range o.Members {
				s.members[m.ID] = true
			}
			if len(s.members) != len(o.Members) {
				t.Fatal("a roster names somebody twice")
			}
			groups[o.Group] = s
			continue
		}
		s := groups[o.Group]
		if s.lost && o.Kind != community.CoverageBack {
			t.Fatalf("%s during an outage", o.Kind)
		}
		if o.Kind == community.MemberJoined == s.members[o.Sender.ID] && o.Sender.ID != "" {
			t.Fatalf("%s of %s, a member: %v", o.Kind, o.Sender.ID, s.members[o.Sender.ID])
		}
		switch o.Kind {
		case community.MemberJoined:
			s.members[o.Sender.ID] = true
		case community.MemberLeft:
			delete(s.members, o.Sender.ID)
		case community.CoverageLost, community.CoverageBack:
			s.lost = o.Kind == community.CoverageLost
		case community.MessagePosted:
			if o.ID == "" || s.ids[o.ID] {
				t.Fatalf("message ID %q is empty or was used", o.ID)
			}
			s.ids[o.ID] = true
			for _, m := range o.Mentions {
				if !s.members[m.ID] || !strings.Contains(o.Text, "@"+m.Name) {
					t.Fatalf("%q mentions %+v", o.Text, m)
				}
			}
			if strings.ContainsAny(o.Text, "{}|") {
				t.Fatalf("a template shows: %q", o.Text)
			}
			if (o.Content == community.Text || o.Content == community.Link) && o.Text == "" {
				t.Fatalf("an empty %s", o.Content)
			}
		}
	}
}

func TestSameSeedSameHistory(t *testing.T) {
	p := Plan{Seed: 9, Groups: 5, Members: 30, Days: 5, Start: 20500, Zone: shanghai(t), MessagesPerMemberDay: 1, OutagesPerMonth: 5}
	g := generator(t, p)
	first := slices.Collect(g.Observations())
	if d := cmp.Diff(first, slices.Collect(g.Observations())); d != "" {
		t.Errorf("a second iteration differs:\n%s", d)
	}
	if d := cmp.Diff(first, slices.Collect(generator(t, p).Observations())); d != "" {
		t.Errorf("a second generator differs:\n%s", d)
	}
	p.Seed++
	if cmp.Equal(first, slices.Collect(generator(t, p).Observations())) {
		t.Error("another seed gives the same history")
	}
}

func TestPlanIsChecked(t *testing.T) {
	for _, p := range []Plan{
		{Groups: 0, Members: 10}, {Groups: 1, Members: 1}, {Groups: 1, Members: 501}, {Groups: 1, Members: 10, Days: -1},
		{Groups: 1, Members: 10, MessagesPerMemberDay: -1}, {Groups: 1, Members: 10, OutagesPerMonth: 31},
	} {
		if _, err := New(p); community.CodeOf(err) != community.Invalid {
			t.Errorf("%+v: %v, want Invalid", p, err)
		}
	}
}

// TestCommunityIsLifelike measures a middling community against what is known
// of real ones.
func TestCommunityIsLifelike(t *testing.T) {
	p := Plan{Seed: 1, Groups: 120, Members: 150, Days: 60, Start: 20500, Zone: shanghai(t), OutagesPerMonth: 2}
	var hours [24]int
	contents := map[community.Content]int{}
	kinds := map[community.Kind]int{}
	byMember := map[string]int{}
	sizes := map[string]int{}
	total := 0
	lost, removed, adverts := 0, 0, 0
	for o := range generator(t, p).WithTruth(func(d GroupDay) { lost += d.Lost }) {
		kinds[o.Kind]++
		switch o.Kind {
		case community.MemberLeft:
			if o.Operator.ID != "" {
				removed++
			}
		case community.RosterTaken:
			sizes[o.Group] = len(o.Members)
			for _, m := range o.Members {
				byMember[o.Group+m.ID] = 0
			}
		case community.MessagePosted:
			total++
			if strings.Contains(o.Text, "免费") && strings.ContainsAny(o.Text, "微薇➕") {
				adverts++
			}
			hours[o.At.In(p.Zone).Hour()]++
			contents[o.Content]++
			byMember[o.Group+o.Sender.ID]++
		}
	}
	between := func(what string, got, low, high float64) {
		t.Helper()
		t.Logf("%-40s %8.3f", what, got)
		if got < low || got > high {
			t.Errorf("%s: %.3f, want %.3f to %.3f", what, got, low, high)
		}
	}
	expected := DefaultRate * float64(p.Groups*p.Members*p.Days)
	between("messages against the plan", float64(total+lost)/expected, 0.8, 1.2)
	all := slices.Sorted(maps.Values(sizes))
	between("mean size", float64(sum(all))/float64(len(all)), 130, 170)
	between("smallest group", float64(all[0]), 5, 12)
	between("largest group", float64(all[len(all)-1]), 400, 500)
	counts := slices.Sorted(maps.Values(byMember))
	between("share of the top 5 % of members", share(counts, 0.05), 0.40, 0.75)
	between("share of the top 20 % of members", share(counts, 0.20), 0.75, 0.95)
	silent, _ := slices.BinarySearch(counts, 1)
	between("members who never wrote in 60 days", float64(silent)/float64(len(counts)), 0.30, 0.60)
	quiet := float64(sum(hours[1:6])) / float64(total)
	between("share from 1 to 6", quiet, 0.0, 0.03)
	between("20:00 against 10:00", float64(hours[20])/float64(hours[10]), 1.5, 3.5)
	between("text", float64(contents[community.Text])/float64(total), 0.7, 0.95)
	for _, c := range []community.Content{community.Image, community.Voice, community.Sticker, community.Link} {
		between(string(c), float64(contents[c])/float64(total), 0.004, 0.12)
	}
	between(string(community.RedPacket), float64(contents[community.RedPacket])/float64(total), 0.0005, 0.02)
	memberDays := float64(p.Groups * p.Members * p.Days)
	between("joins per 1,000 member days", 1000*float64(kinds[community.MemberJoined])/memberDays, 1.4, 2.6)
	between("leaves per 1,000 member days", 1000*float64(kinds[community.MemberLeft])/memberDays, 1.2, 2.4)
	between("renames per 1,000 member days", 1000*float64(kinds[community.MemberRenamed])/memberDays, 0.3, 0.9)
	between("removed, of those who left", float64(removed)/float64(kinds[community.MemberLeft]), 0.08, 0.3)
	between("adverts per 1,000 messages", 1000*float64(adverts)/float64(total), 0.1, 5)
	between("outages", float64(kinds[community.CoverageLost])/float64(p.Groups), 1, 9)
}

func sum(n []int) int {
	total := 0
	for _, x := range n {
		total += x
	}
	return total
}

// share of the total that the top part of sorted counts has.
func share(sorted []int, top float64) float64 {
	n := int(math.Ceil(float64(len(sorted)) * top))
	return float64(sum(sorted[len(sorted)-n:])) / float64(sum(sorted))
}

// TestTalkDoesNotRepeat reads 10,000 messages of one group of each topic.
func TestTalkDoesNotRepeat(t *testing.T) {
	all, err := topics()
	if err != nil {
		t.Fatal(err)
	}
	p := Plan{Seed: 4, Groups: len(all), Members: 100, Days: 400, Start: 20000, Zone: shanghai(t), MessagesPerMemberDay: 1.2}
	type reader struct {
		n, long, distinctLong int
		texts                 map[string]int
		name                  string
	}
	groups := map[string]*reader{}
	for o := range generator(t, p).Observations() {
		if o.Kind != community.MessagePosted || o.Content != community.Text {
			continue
		}
		r := groups[o.Group]
		if r == nil {
			r = &reader{texts: map[string]int{}, name: o.GroupName}
			groups[o.Group] = r
		}
		if r.n++; r.n > 10_000 {
			continue
		}
		r.texts[o.Text]++
		if len([]rune(o.Text)) >= 12 {
			r.long++
			if r.texts[o.Text] == 1 {
				r.distinctLong++
			}
		}
	}
	for _, r := range groups {
		if r.n < 10_000 {
			t.Logf("%s: only %d messages", r.name, r.n)
			continue
		}
		fresh := float64(r.distinctLong) / float64(r.long)
		most, worst := 0, ""
		for text, n := range r.texts {
			if n > most && len([]rune(text)) >= 10 {
				most, worst = n, text
			}
		}
		t.Logf("%s: %d texts of 10,000, of the long ones %.2f are new; most often %d times %q", r.name, len(r.texts), fresh, most, worst)
		if fresh < 0.5 || most > 60 || len(r.texts) < 3500 {
			t.Errorf("%s repeats itself", r.name)
		}
	}
}

// TestHotWordsNameTheTopic: what a group says is about its subject.
func TestHotWordsNameTheTopic(t *testing.T) {
	words := map[string]string{"跑步": "公里", "读书": "《", "摄影": "ISO", "咖啡": "拿铁", "母婴": "宝宝", "考研": "真题", "英语": "跟读", "运营": "复购率"}
	all, err := topics()
	if err != nil {
		t.Fatal(err)
	}
	r := generator(t, Plan{Seed: 2, Groups: len(all), Members: 80, Days: 30, Start: 20500, MessagesPerMemberDay: 1}).begin()
	subject := map[string]string{}
	for _, g := range r.groups {
		subject[g.id] = g.topic.subject
	}
	if len(maps.Collect(maps.All(words))) != len(all) || len(slices.Compact(slices.Sorted(maps.Values(subject)))) != len(all) {
		t.Fatalf("topics %v, want each once", subject)
	}
	hits := map[string]map[string]int{}
	for range 30 {
		r.day(func(o connector.Observation) bool {
			for topic, word := range words {
				if strings.Contains(o.Text, word) {
					if hits[topic] == nil {
						hits[topic] = map[string]int{}
					}
					hits[topic][subject[o.Group]]++
				}
			}
			return true
		}, nil)
	}
	for topic, by := range hits {
		for other, n := range by {
			if other != topic && n*3 > by[topic] {
				t.Errorf("%q is said %d times in %s, %d in %s", words[topic], n, other, by[topic], topic)
			}
		}
	}
}

func ExampleTruth_Write() {
	g, err := New(Plan{Seed: 1, Groups: 1, Members: 5, Days: 1, Start: 20500})
	if err != nil {
		fmt.Println(err)
		return
	}
	var truth Truth
	for range g.WithTruth(truth.Record) {
	}
	var b strings.Builder
	if err := truth.Write(&b); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.HasPrefix(b.String(), `{"group":"g1","day":"2026-02-16","messages":`), strings.Count(b.String(), "\n"))
	// Output: true 1
}
