package insight

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

// rows makes days by hand.
type rows struct {
	first community.Day
	days  map[community.Day]*GroupDay
}

func from(first community.Day) *rows {
	return &rows{first: first, days: map[community.Day]*GroupDay{}}
}

func (r *rows) on(n int) *GroupDay {
	d := r.first + community.Day(n)
	if r.days[d] == nil {
		r.days[d] = NewGroupDay(1, d)
	}
	return r.days[d]
}

// say adds n messages by id on the n-th day.
func (r *rows) say(dayNo, n int, ids ...community.IdentityID) {
	for range n {
		for _, id := range ids {
			r.on(dayNo).Add(&community.Event{Kind: community.MessagePosted, Identity: id}, 12, self)
		}
	}
}

func (r *rows) event(dayNo int, k community.Kind, ids ...community.IdentityID) {
	if k == community.RosterTaken {
		r.on(dayNo).Add(&community.Event{Kind: k, Targets: ids}, 12, self)
		return
	}
	for _, id := range ids {
		r.on(dayNo).Add(&community.Event{Kind: k, Identity: id}, 12, self)
	}
}

func (r *rows) history(last int, away ...Span) *History {
	var days []*GroupDay
	for _, d := range r.days { // in any order
		days = append(days, d)
	}
	return NewHistory(Record{Days: days, Last: r.first + community.Day(last), Away: away})
}

func (r *rows) span(a, b int) Span {
	return Span{r.first + community.Day(a), r.first + community.Day(b)}
}

func ids(from, to community.IdentityID) []community.IdentityID {
	var out []community.IdentityID
	for id := from; id <= to; id++ {
		out = append(out, id)
	}
	return out
}

func wantNumbers(t *testing.T, h *History, s Span, want map[string]*float64) {
	t.Helper()
	for metric, v := range want {
		n, ok := h.Number(metric, s)
		if !ok {
			t.Errorf("no figure %s", metric)
		}
		if d := cmp.Diff(v, n.Value, near); d != "" {
			t.Errorf("%s, why %q (-want +got):\n%s", metric, n.Why, d)
		}
	}
}

// Ten members; 60 days. In the first 30 days 1 and 2 write twice a day (120); in
// the last 30 days 1 writes once a day and 3 writes 10 times on one day (40).
// Member 10 leaves on day 40.
func TestMonthFigures(t *testing.T) {
	r := from(day(t, "2026-03-02"))
	r.event(0, community.RosterTaken, ids(1, 10)...)
	for i := range 30 {
		r.say(i, 2, 1, 2)
		r.say(30+i, 1, 1)
	}
	r.say(45, 10, 3)
	r.event(40, community.MemberLeft, 10)
	h := r.history(59)
	wantNumbers(t, h, r.span(30, 59), map[string]*float64{
		"messages":             at(40),
		"messages_mean":        at(40.0 / 30),
		"message_decay":        at(1 - 40.0/120),
		"silent_share":         at(7.0 / 9), // 9 members, 1 and 3 spoke
		"leave_rate":           at(0.1),
		"stay":                 at(10*40 + 9*20), // one left; there is no list before the 60 days
		"kol_output":           at(30.0 / 40),    // 1 wrote 30, 3 wrote 10
		"speaking_share":       at(2.0 / 9),
		"members":              at(9),
		"leaves":               at(1),
		"joins":                nil, // never seen to join, and no second list
		"top1_share":           at(30.0 / 40),
		"dau_mean":             at(31.0 / 30),
		"activity_rate":        at((10*0.1 + 19*(1.0/9) + 2.0/9) / 30),
		"next_week_retention":  at(0), // of the cohorts whose next week ends in April only 3's, who was silent in it
		"membership_retention": nil,
	})
}

// Two weeks by hand, Monday to Sunday: 1, 2 and 3 first speak in week 0, 4 in
// week 1; 1 and 2 come back in week 1, 1 alone in week 2.
func TestRetentionByHand(t *testing.T) {
	r := from(day(t, "2026-03-02")) // a Monday
	r.say(0, 1, 1, 2, 3)
	r.say(13, 1, 1, 2, 4) // the Sunday of week 1
	r.say(14, 5, 1)
	n := func(v int64) *int64 { return &v }
	for _, tt := range []struct {
		last int
		want []Cohort
		next *float64
	}{
		{last: 20, want: []Cohort{{Week: r.first, Size: 3, Back: []*int64{n(2), n(1)}}, {Week: r.first + 7, Size: 1, Back: []*int64{n(0)}}, {Week: r.first + 14}}, next: at(2.0 / 4)},
		{last: 19, want: []Cohort{{Week: r.first, Size: 3, Back: []*int64{n(2), nil}}, {Week: r.first + 7, Size: 1, Back: []*int64{nil}}, {Week: r.first + 14}}, next: at(2.0 / 3)},
	} {
		got := r.history(tt.last).Retention(r.span(0, 20), Speaking)
		if d := cmp.Diff(tt.want, got.Cohorts); d != "" {
			t.Errorf("last day %d (-want +got):\n%s", tt.last, d)
		}
		if d := cmp.Diff(tt.next, got.Next.Value); d != "" {
			t.Errorf("last day %d, next (-want +got):\n%s", tt.last, d)
		}
	}
	// Four days of week 1 in a gap: its cells are unknown. Three: they are not.
	four := r.history(20, r.span(7, 10)).Retention(r.span(0, 20), Speaking)
	three := r.history(20, r.span(7, 9)).Retention(r.span(0, 20), Speaking)
	if four.Cohorts[0].Back[0] != nil || three.Cohorts[0].Back[0] == nil {
		t.Errorf("gap of 4 days: %v, of 3 days: %v", four.Cohorts[0].Back[0], three.Cohorts[0].Back[0])
	}
}

func TestLowActivityDays(t *testing.T) {
	r := from(day(t, "2026-03-02"))
	r.event(0, community.RosterTaken, ids(1, 20)...)
	for i := range 30 {
		r.say(i, 1, 1, 2, 3) // 15%: not low
	}
	for _, i := range []int{27, 28, 29} {
		delete(r.days, r.first+community.Day(i))
		r.say(i, 4, 1, 2) // 10%
	}
	low := func(last int, want float64, away ...Span) {
		t.Helper()
		wantNumbers(t, r.history(last, away...), r.span(0, last), map[string]*float64{"low_activity_days": &want})
	}
	low(26, 0)
	low(27, 1)
	low(29, 3)
	low(29, 2, r.span(28, 28)) // the gap day is passed over
	low(30, 4)                 // a quiet day without a row
}

func TestMembersByHand(t *testing.T) {
	r := from(day(t, "2026-03-02"))
	r.event(0, community.MemberJoined, 1)      // nothing known yet but joins
	r.event(2, community.RosterTaken, 2, 3, 4) // 1 is gone
	r.event(3, community.MemberJoined, 5, 6)
	r.event(4, community.MemberJoined, 6) // joined and left: as the day before
	r.event(4, community.MemberLeft, 6)
	r.event(5, community.MemberJoined, 7) // new, joined and left: not there
	r.event(5, community.MemberLeft, 7)
	r.event(8, community.RosterTaken, 2, 5, 8, 9) // 3, 4 and 6 are gone, 8 and 9 are new
	r.event(8, community.MemberLeft, 9)           // after the list
	r.event(8, community.MemberJoined, 10)        // after the list too
	h := r.history(12)

	for i, want := range []*float64{nil, nil, at(3), at(5), at(5), at(5), at(5), at(5), at(4), at(4)} {
		n, ok := h.Members(r.first + community.Day(i))
		if d := cmp.Diff(want, maybe(float64(n), ok)); d != "" {
			t.Errorf("members on day %d (-want +got):\n%s", i, d)
		}
	}
	got := h.Inferred(r.span(0, 12))
	if len(got) != 2 {
		t.Fatalf("%d inferred changes", len(got))
	}
	type change struct {
		After, On    community.Day
		Joined, Left []uint32
	}
	var flat []change
	for _, in := range got {
		flat = append(flat, change{in.After, in.On, in.Joined.ToArray(), in.Left.ToArray()})
	}
	want := []change{
		{0, r.first + 2, []uint32{}, []uint32{1}},
		{r.first + 2, r.first + 8, []uint32{8}, []uint32{3, 4, 6}},
	}
	if d := cmp.Diff(want, flat); d != "" {
		t.Errorf("inferred (-want +got):\n%s", d)
	}
	wantNumbers(t, h, r.span(8, 12), map[string]*float64{"joins": at(2), "leaves": at(4), "members": at(4)})
	for of, want := range map[Tier][]uint32{Joined: {8, 10}, Left: {3, 4, 6, 9}} {
		who, why := h.TierOf(of, r.span(8, 12))
		if d := cmp.Diff(want, who.ToArray()); d != "" || why != "" {
			t.Errorf("%s (-want +got), why %q:\n%s", of, why, d)
		}
	}
	if who, why := h.TierOf(Left, r.span(-9, -1)); why == "" || !who.IsEmpty() {
		t.Errorf("before anything was known %v left, %q", who, why)
	}
	tr := h.Trend(r.span(0, 9), ByDay)
	if d := cmp.Diff([]bool{false, false, true, false, false, false, false, false, true, false}, tr.Inferred); d != "" {
		t.Errorf("trend's inferred (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]Level{LevelRoster, LevelJoins}, h.Levels()); d != "" {
		t.Errorf("levels (-want +got):\n%s", d)
	}
}

// Members who are seen to join on a platform that hides leaves are not known to
// have stayed.
func TestUnseenLeavesAreUnknown(t *testing.T) {
	r := from(day(t, "2026-03-02"))
	for i := range 28 {
		r.say(i, 1, 1)
	}
	r.event(1, community.MemberJoined, 2, 3)
	h := r.history(27)
	wantNumbers(t, h, r.span(0, 27), map[string]*float64{"joins": at(2), "leaves": nil, "membership_retention": nil, "members": nil})

	r.event(14, community.RosterTaken, 1, 2) // the list proves who stayed for week 1 alone
	h = r.history(27)
	got := h.Retention(r.span(0, 27), Membership).Cohorts[0]
	n := int64(2)
	if d := cmp.Diff(Cohort{Week: r.first, Size: 2, Back: []*int64{&n, nil, nil}}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestWhyNumbersAreUnknown(t *testing.T) {
	r := from(day(t, "2026-03-02"))
	for i := range 60 {
		if i < 20 || i >= 40 {
			r.say(i, 1, 1, 2)
		}
	}
	h := r.history(59)
	for _, tt := range []struct {
		metric string
		span   Span
		want   Why
	}{
		{"messages", r.span(20, 39), InGap},
		{"messages", r.span(-9, -1), TooYoung},
		{"messages", r.span(60, 70), TooYoung},
		{"messages", r.span(0, 9), ""},
		{"activity_rate", r.span(0, 9), NoRoster},
		{"speaking_share", r.span(0, 9), MembersSeen},
		{"joins", r.span(0, 9), NoRoster},
		{"joins", r.span(20, 39), InGap},
		{"members", r.span(0, 9), NoRoster},
		{"next_week_retention", r.span(0, 5), TooYoung},
		{"message_decay", r.span(30, 44), InGap},
		{"messages", Span{r.first, r.first - 1}, TooYoung},
	} {
		n, _ := h.Number(tt.metric, tt.span)
		if n.Why != tt.want || (n.Value == nil) != (tt.want != "" && tt.want != MembersSeen) {
			t.Errorf("%s in %s–%s: %v because %q, want %q", tt.metric, tt.span.From, tt.span.To, n.Value, n.Why, tt.want)
		}
	}
	// A count is not compared with one over fewer days; a mean is, where it stands
	// for half of its days or more.
	for metric, compared := range map[string]bool{"messages": false, "dau_mean": true} {
		if n, _ := h.Number(metric, r.span(40, 59)); n.Before != nil {
			t.Errorf("%s is compared with a period of gap days only", metric)
		}
		if n, _ := h.Number(metric, r.span(48, 59)); (n.Before != nil) != compared {
			t.Errorf("%s, 12 days after 8 covered ones: before is %v", metric, n.Before)
		}
		if n, _ := h.Number(metric, r.span(45, 59)); n.Before != nil {
			t.Errorf("%s, 15 days after 5 covered ones: before is %v", metric, *n.Before)
		}
	}
}

// Who comes and goes may be known where nobody can read what is said.
func TestUnreadGroup(t *testing.T) {
	r := from(day(t, "2026-03-02"))
	r.event(0, community.RosterTaken, 1, 2, 3)
	r.event(1, community.MemberJoined, 4)
	r.event(9, community.MemberLeft, 1)
	h := r.history(10)
	rec := Record{Days: h.days, Last: h.last, Unread: true}
	h = NewHistory(rec)
	s := r.span(2, 9)
	for _, n := range h.Numbers(s) {
		ofThem := n.Metric == "members" || n.Metric == "joins" || n.Metric == "leaves"
		switch {
		case ofThem && n.Value == nil:
			t.Errorf("%s is unknown because %q", n.Metric, n.Why)
		case ofMessages[n.Metric] && (n.Value != nil || n.Why != NoMessages):
			t.Errorf("%s is %v because %q", n.Metric, n.Value, n.Why)
		}
	}
	if tr := h.Trend(s, ByDay); slices.ContainsFunc(tr.Messages, known) || slices.ContainsFunc(tr.Speakers, known) || slices.ContainsFunc(tr.Activity, known) || *tr.Members[7] != 3 {
		t.Errorf("trend: %+v", tr)
	}
	if r := h.Retention(s, Speaking); r.Known || r.Why != NoMessages {
		t.Errorf("speaking: %+v", r)
	}
	for _, f := range []figure{h.ofWeekday("messages", s, 0), h.ofHour("messages_mean", s, 9)} {
		if f.known || f.why != NoMessages {
			t.Errorf("a part of the week: %+v", f)
		}
	}
	r.say(11, 5, 2) // the first, after the weeks were over
	if w := r.history(11).Weeks(r.first + 10).Now("speaking_share"); w.Value != nil || w.Why != NoMessages {
		t.Errorf("of a week in which nobody was read: %+v", w)
	}
}

func known(v *float64) bool { return v != nil }

func TestEmptyGroup(t *testing.T) {
	h := NewHistory(Record{})
	s := Span{0, 6}
	for _, n := range h.Numbers(s) {
		if n.Value != nil || n.Before != nil || (n.Why != NoMessages && n.Why != NoRoster) {
			t.Errorf("%s is %v because %q", n.Metric, n.Value, n.Why)
		}
	}
	if tr := h.Trend(s, ByWeek); len(tr.T) != 2 || tr.Messages[0] != nil || !tr.Partial[0] {
		t.Errorf("trend: %+v", tr)
	}
	if r := h.Retention(s, Speaking); r.Known || r.Why != NoMessages {
		t.Errorf("speaking: %+v", r)
	}
	if r := h.Retention(s, Membership); r.Known || r.Why != NoRoster {
		t.Errorf("membership: %+v", r)
	}
	if sp := h.Speakers(s, 5); len(sp.Top) != 0 || sp.Messages != 0 {
		t.Errorf("speakers: %+v", sp)
	}
	if _, ok := h.Heard(); ok || h.Seen() != 0 || h.Levels() != nil || h.Gaps() != nil || h.Rhythm(s).Days != [7]int{} {
		t.Error("the empty group has a history")
	}
}

// The hour that New York repeats in autumn holds both, the one it skips in
// spring nothing; both days are one day.
func TestClockChanges(t *testing.T) {
	ny := zone(t, "America/New_York")
	for date, hours := range map[string]int{"2026-03-08": 23, "2026-11-01": 25} {
		d := day(t, date)
		var events []community.Event
		for at := d.Start(ny); at.Before((d + 1).Start(ny)); at = at.Add(time.Hour) {
			events = append(events, community.Event{Kind: community.MessagePosted, Identity: 1, At: at, Key: keyOf(len(events))})
		}
		days := count(events, ny, self)
		if len(days) != 1 || days[0].Messages != hours {
			t.Fatalf("%s: %d days, %d messages, want one of %d", date, len(days), days[0].Messages, hours)
		}
		if days[0].Hours[1]+days[0].Hours[2] != uint32(hours-22) {
			t.Errorf("%s: hours %v", date, days[0].Hours)
		}
	}
}

func TestTogether(t *testing.T) {
	a, b := from(100), from(101)
	a.say(0, 2, 1)
	a.say(1, 1, 1, 2)
	b.say(0, 3, 2, 3)
	b.event(0, community.MemberJoined, 9)
	got := Together([]*GroupDay{a.on(0), a.on(1)}, []*GroupDay{b.on(0)})
	if len(got) != 2 || got[0].Day != 100 || got[1].Messages != 8 || got[1].Posts[2] != 4 || got[1].Hours[12] != 8 {
		t.Fatalf("%+v", got)
	}
	if d := cmp.Diff([]uint32{1, 2, 3}, got[1].Speakers.ToArray()); d != "" || got[1].HasMembership() {
		t.Errorf("speakers: %s", d)
	}
	if a.on(1).Speakers.GetCardinality() != 2 {
		t.Error("the rows of a group were changed")
	}
}
