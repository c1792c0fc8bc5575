package insight

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"qunying/community"
)

var near = cmpopts.EquateApprox(1e-12, 1e-12)

// same fails unless both values are unknown or (almost) equal.
func same(t *rapid.T, what string, got, want *float64) {
	t.Helper()
	if d := cmp.Diff(want, got, near); d != "" {
		t.Fatalf("%s (-oracle +got):\n%s", what, d)
	}
}

func (s story) oracle(h *History) *oracle {
	return newOracle(s.events, s.zone, s.person, s.last, h.Gaps())
}

func whole(n int, ok bool) *float64 { return maybe(float64(n), ok) }

func TestNumbersAgreeWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, rapid.SampledFrom([]int{8, 8, 500}).Draw(t, "members"))
		h := s.history()
		checkNumbers(t, h, s.oracle(h), drawSpan(t, s), s.last)
	})
}

// Weeks are kept, and dropped only when something of their own days comes in.
func TestWeeksFollowFromTheirOwnDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, rapid.SampledFrom([]int{8, 500}).Draw(t, "members"))
		end := community.Day(rapid.Int32Range(int32(s.first)-3, int32(s.last)).Draw(t, "end"))
		until := s
		until.last, until.events, until.away = end, nil, nil
		for _, e := range s.events {
			if community.DayOf(e.At, s.zone) <= end {
				until.events = append(until.events, e)
			}
		}
		for _, a := range s.away {
			if a = a.meet(Span{a.From, end}); a.Days() > 0 {
				until.away = append(until.away, a)
			}
		}
		if d := cmp.Diff(until.history().Weeks(end), s.history().Weeks(end), near); d != "" {
			t.Fatalf("what came after %v changed the weeks (-without +with):\n%s", end, d)
		}
	})
}

// checkNumbers compares what the oracle knows how to compute.
func checkNumbers(t *rapid.T, h *History, o *oracle, p Span, last community.Day) {
	on := dates(p.From.String(), p.To.String())
	end := p.To
	if p.Has(last) {
		end = last
	}
	back := func(n int) []string { return dates((end - community.Day(n) + 1).String(), end.String()) }
	perDay := func(date string) int { return len(o.messages(date)) }
	speakersOf := func(date string) int { return len(o.spoke(date)) }
	speakers := func(on []string) *float64 { return whole(len(o.spoke(on...)), o.anySome(on)) }
	messages, mentions := 0, 0
	for _, date := range on {
		messages += perDay(date)
		for _, e := range o.messages(date) {
			mentions += e.Mentions
		}
	}
	joins, leaves, knowJoins, knowLeaves := o.changes(on)
	endDate := min(p.To.String(), max(o.final, o.last))
	members, knowMembers := o.members(endDate)
	want := map[string]*float64{
		"messages":            whole(messages, o.anySome(on)),
		"mentions":            whole(mentions, o.anySome(on)),
		"speakers":            speakers(on),
		"dau":                 speakers(back(1)),
		"wau":                 speakers(back(7)),
		"mau":                 speakers(back(30)),
		"messages_mean":       o.dailyMean(on, perDay),
		"dau_mean":            o.dailyMean(on, speakersOf),
		"activity_rate":       o.perMember(on, speakersOf),
		"messages_per_member": o.perMember(on, perDay),
		"joins":               whole(joins, knowJoins),
		"leaves":              whole(leaves, knowLeaves),
		"members":             whole(members, knowMembers && endDate >= on[0] && !o.gap[endDate]),
		"top1_share":          o.topShare(on, 1),
		"top5_share":          o.topShare(on, 5),
		"speaking_share":      o.speakingShare(on, members, knowMembers),
		"next_week_retention": o.nextWeek(on, o.speakingCell),
	}
	for metric, want := range want {
		got, ok := h.Number(metric, p)
		if !ok {
			t.Fatalf("no figure %s", metric)
		}
		same(t, metric, got.Value, want)
		if got.Value == nil && got.Why == "" {
			t.Fatalf("%s is unknown without a reason", metric)
		}
	}
	for _, n := range h.Numbers(p) {
		before, _ := h.Number(n.Metric, p.Before())
		if n.Before != nil {
			same(t, n.Metric+" before", n.Before, before.Value)
		}
		if n.Value != nil && n.Why != "" && n.Why != MembersSeen {
			t.Fatalf("%s is known and has reason %s", n.Metric, n.Why)
		}
	}
}

func (o *oracle) anySome(on []string) bool {
	for _, date := range on {
		if o.some(date) {
			return true
		}
	}
	return false
}

func (o *oracle) speakingShare(on []string, members int, known bool) *float64 {
	of := members
	if !known {
		var past []string
		for date := range o.byDate {
			if date <= on[len(on)-1] {
				past = append(past, date)
			}
		}
		of = len(o.spoke(past...))
	}
	if of == 0 || !o.anySome(on) {
		return nil
	}
	share := float64(len(o.spoke(on...))) / float64(of)
	return &share
}

// nextWeek adds up the cells of week 1 whose Sunday lies in the period.
func (o *oracle) nextWeek(on []string, cell func(a, b string) (int, *int64)) *float64 {
	size, back := 0, int64(0)
	for _, date := range on {
		if weekDates(date)[6] != date {
			continue
		}
		if n, b := cell(shift(date, -7), date); b != nil {
			size, back = size+n, back+*b
		}
	}
	return maybe(float64(back)/float64(max(size, 1)), size > 0)
}

func TestTrendAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, 8)
		h := s.history()
		o := s.oracle(h)
		p := drawSpan(t, s)
		grain := rapid.SampledFrom([]Grain{ByDay, ByWeek, ByMonth}).Draw(t, "grain")
		name := func(date string) string {
			return map[Grain]string{ByDay: date, ByWeek: isoWeek(date), ByMonth: date[:7]}[grain]
		}
		var steps [][]string
		for _, date := range dates(p.From.String(), p.To.String()) {
			if n := len(steps); n > 0 && name(steps[n-1][0]) == name(date) {
				steps[n-1] = append(steps[n-1], date)
			} else {
				steps = append(steps, []string{date})
			}
		}
		got := h.Trend(p, grain)
		if len(got.T) != len(steps) {
			t.Fatalf("%d steps, the oracle has %d", len(got.T), len(steps))
		}
		for i, on := range steps {
			if name(got.T[i].String()) != name(on[0]) {
				t.Fatalf("step %d begins on %s, should hold %s", i, got.T[i], on[0])
			}
			messages := 0
			for _, date := range on {
				messages += len(o.messages(date))
			}
			joins, leaves, knowJoins, knowLeaves := o.changes(on)
			end := min(on[len(on)-1], max(o.final, o.last))
			members, ok := o.members(end)
			same(t, on[0]+" messages", got.Messages[i], whole(messages, o.anySome(on)))
			same(t, on[0]+" speakers", got.Speakers[i], whole(len(o.spoke(on...)), o.anySome(on)))
			same(t, on[0]+" activity", got.Activity[i], o.perMember(on, func(d string) int { return len(o.spoke(d)) }))
			same(t, on[0]+" joins", got.Joins[i], whole(joins, knowJoins))
			same(t, on[0]+" leaves", got.Leaves[i], whole(leaves, knowLeaves))
			same(t, on[0]+" members", got.Members[i], whole(members, ok && end >= on[0] && !o.gap[end]))
		}
	})
}

func TestRetentionAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, 8)
		h := s.history()
		o := s.oracle(h)
		p := drawSpan(t, s)
		for of, cell := range map[RetentionOf]func(a, b string) (int, *int64){Speaking: o.speakingCell, Membership: o.membershipCell} {
			r := h.Retention(p, of)
			total := 0
			for _, c := range r.Cohorts {
				size, _ := cell(c.Week.String(), c.Week.String())
				total += size
				if int64(size) != c.Size {
					t.Fatalf("%s cohort of %s has %d, the oracle %d", of, c.Week, c.Size, size)
				}
				for k, got := range c.Back {
					_, want := cell(c.Week.String(), (c.Week + community.Day(7*(k+1))).String())
					if d := cmp.Diff(want, got); d != "" {
						t.Fatalf("%s cohort of %s, week %d (-oracle +got):\n%s", of, c.Week, k+1, d)
					}
				}
			}
			if n, _ := h.Number(of.metric(), p); n.Value != nil || r.Known {
				same(t, of.metric(), n.Value, o.nextWeek(dates(p.From.String(), p.To.String()), cell))
			}
		}
	})
}

func TestRhythmAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, 8)
		h := s.history()
		o := s.oracle(h)
		p := drawSpan(t, s)
		names := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
		total, days := map[string]int64{}, map[string]int{}
		for _, date := range dates(p.From.String(), p.To.String()) {
			if !o.covered(date) {
				continue
			}
			d, _ := community.ParseDay(date)
			days[d.Weekday().String()]++
			for _, e := range o.messages(date) {
				total[e.At.In(s.zone).Format("Monday 15")]++
			}
		}
		got := h.Rhythm(p)
		for w, name := range names {
			if got.Days[w] != days[name] {
				t.Fatalf("%d covered %ss, the oracle has %d", got.Days[w], name, days[name])
			}
			for hour := range 24 {
				sum := total[fmt.Sprintf("%s %02d", name, hour)]
				if got.Total[w][hour] != sum {
					t.Fatalf("%s %d: %d, the oracle has %d", name, hour, got.Total[w][hour], sum)
				}
				same(t, name, got.Mean[w][hour], maybe(float64(sum)/float64(max(1, days[name])), days[name] > 0))
			}
		}
	})
}

func TestSpeakersAgreeWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, rapid.SampledFrom([]int{4, 500}).Draw(t, "members"))
		h := s.history()
		o := s.oracle(h)
		p := drawSpan(t, s)
		posts, days, all := map[community.PersonID]int64{}, map[community.PersonID]map[string]bool{}, int64(0)
		for _, date := range dates(p.From.String(), p.To.String()) {
			for _, e := range o.messages(date) {
				all++
				if e.Identity == 0 {
					continue
				}
				who := s.person(e.Identity)
				posts[who]++
				if days[who] == nil {
					days[who] = map[string]bool{}
				}
				days[who][date] = true
			}
		}
		got := h.Speakers(p, 3)
		if got.Messages != all || got.Others+len(got.Top) != len(posts) {
			t.Fatalf("%d messages by %d, the oracle has %d by %d", got.Messages, got.Others+len(got.Top), all, len(posts))
		}
		rest := all
		for i, sp := range got.Top {
			rest -= sp.Messages
			if sp.Messages != posts[sp.Person] || sp.Days != len(days[sp.Person]) || !days[sp.Person][sp.Last.String()] {
				t.Fatalf("%+v, the oracle has %d messages on %v", sp, posts[sp.Person], days[sp.Person])
			}
			if i > 0 && got.Top[i-1].Messages < sp.Messages {
				t.Fatalf("out of order: %+v", got.Top)
			}
		}
		if rest != got.Rest {
			t.Fatalf("the rest is %d, should be %d", got.Rest, rest)
		}
	})
}

// A merge after the fact gives the rows that a merge before would have given,
// and so does any order of the events but for that of member lists.
func TestRelinkAndOrderDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, 8)
		want := canonical(t, count(s.events, s.zone, s.person))
		later := count(s.events, s.zone, self)
		for _, d := range later {
			d.Relink(s.person)
		}
		if d := cmp.Diff(want, canonical(t, later)); d != "" {
			t.Fatalf("relinked (-counted +relinked):\n%s", d)
		}
		var lists, rest []community.Event
		for _, e := range s.events {
			if e.Kind == community.RosterTaken {
				lists = append(lists, e)
			} else {
				rest = append(rest, e)
			}
		}
		shuffled := append(rapid.Permutation(rest).Draw(t, "order"), lists...)
		if d := cmp.Diff(want, canonical(t, count(shuffled, s.zone, s.person))); d != "" {
			t.Fatalf("shuffled (-counted +shuffled):\n%s", d)
		}
	})
}

// canonical serialises the rows and proves that the bytes can be read back.
func canonical(t *rapid.T, rows []*GroupDay) [][]byte {
	var out [][]byte
	for _, d := range rows {
		d.Speakers.RunOptimize()
		b, err := d.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeGroupDay(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := back.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(b, again); d != "" {
			t.Fatal(d)
		}
		out = append(out, b)
	}
	return out
}

// Reports may run side by side, and leave the rows as they were.
func TestReportsLeaveTheRowsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, 8)
		rows, p := count(s.events, s.zone, s.person), drawSpan(t, s)
		before := canonical(t, rows)
		h := NewHistory(Record{Days: rows, Last: s.last, Away: s.away, Person: s.person})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				h.Numbers(p)
				h.Trend(p, ByWeek)
				h.Retention(p, Membership)
				h.Seen()
			})
		}
		wg.Wait()
		if d := cmp.Diff(before, canonical(t, rows)); d != "" {
			t.Fatal(d)
		}
	})
}
