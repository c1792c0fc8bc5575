package insight

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

// talk makes a history in which a number of members write a number of messages
// each, day by day.
func talk(days int, perDay func(day int) (people, messages int), away ...Span) *History {
	const first = community.Day(19000)
	rec := Record{Last: first + community.Day(days) - 1, Away: away}
	for i := range days {
		people, messages := perDay(i)
		d := NewGroupDay(1, first+community.Day(i))
		if i == 0 {
			d.Roster = roaring.New()
			d.Roster.AddRange(1, 21)
		}
		for p := range people {
			d.Posts[community.IdentityID(p+1)] = uint32(messages)
			d.Speakers.Add(uint32(p + 1))
			d.Messages += messages
		}
		if d.Messages > 0 || i == 0 {
			rec.Days = append(rec.Days, d)
		}
	}
	return NewHistory(rec)
}

func judged(h *History, peers Peers, s BandSettings) Health {
	return Judge(h.Weeks(h.LastWhole()), peers, "", s)
}

func steady(int) (int, int) { return 8, 2 }

func wantBand(t *testing.T, h Health, metric string, band Band, by Basis) Reading {
	t.Helper()
	r, ok := h.Reading(metric)
	if !ok {
		t.Fatalf("no reading of %s", metric)
	}
	if r.Band != band || r.By != by {
		t.Errorf("%s is %s by %s, want %s by %s: %+v", metric, r.Band, r.By, band, by, r)
	}
	return r
}

// A slump against the group's own weeks is an alarm; what a steady group does is not.
func TestOwnWeeksGiveTheBand(t *testing.T) {
	h := judged(talk(120, steady), nil, BandSettings{})
	wantBand(t, h, "activity_rate", BandGood, ByOwn)
	if h.Worst != "" || h.Lever != "" {
		t.Errorf("a steady group's worst is %s, its lever %s", h.Worst, h.Lever)
	}
	slump := judged(talk(120, func(day int) (int, int) {
		if day >= 113 {
			return 3, 2
		}
		return 8, 2
	}), nil, BandSettings{})
	r := wantBand(t, slump, "activity_rate", BandAlert, ByOwn)
	if tidy(*r.Value) != 0.15 || r.Usual == nil || tidy(*r.Usual) != 0.4 || r.Course != Steady {
		t.Errorf("the slump reads %v, course %s: one week is no trend", *r.Value, r.Course)
	}
	if slump.Worst != "activity_rate" || slump.Lever != LeverTopics || slump.Counts[BandAlert] < 2 {
		t.Errorf("the worst is %s, the lever %s, %v", slump.Worst, slump.Lever, slump.Counts)
	}
	longer := judged(talk(120, func(day int) (int, int) {
		if day >= 106 {
			return 3, 2
		}
		return 8, 2
	}), nil, BandSettings{})
	if r, _ := longer.Reading("activity_rate"); r.Course != Falling {
		t.Errorf("two weeks in a row are a trend, and this one is %q", r.Course)
	}
}

// An outage is left out of rates, and a week that lies mostly in one has no band.
func TestAnOutageIsNoSlump(t *testing.T) {
	const first = community.Day(19000)
	quiet := func(from, to int) func(int) (int, int) {
		return func(day int) (int, int) {
			if day >= from && day <= to {
				return 0, 0
			}
			return 8, 2
		}
	}
	for _, c := range []struct {
		from, to int
		band     Band
		by       Basis
		why      Why
	}{
		{113, 115, BandGood, ByOwn, ""}, // three of the seven days
		{113, 117, "", "", InGap},       // five of them
		{100, 119, "", "", InGap},
	} {
		gap := Span{first + community.Day(c.from), first + community.Day(c.to)}
		for _, metric := range []string{"activity_rate", "messages_mean", "messages_per_member"} {
			r := wantBand(t, judged(talk(120, quiet(c.from, c.to), gap), nil, BandSettings{}), metric, c.band, c.by)
			if r.Why != c.why {
				t.Errorf("%v: %s is unknown for %q, want %q", gap, metric, r.Why, c.why)
			}
		}
		if h := judged(talk(120, quiet(c.from, c.to)), nil, BandSettings{}); c.to == 119 && h.Counts[BandAlert] == 0 {
			t.Error("twenty silent days that no outage explains raise nothing")
		}
	}
}

// Of few persons a share moves far with each of them: one is no difference, three
// are an alarm, whoever they are compared with.
func TestOnePersonIsNoDifference(t *testing.T) {
	share := func(n, of float64) Window { v := n / of; return Window{Value: &v, Of: of} }
	others := []Weeks{}
	for range peersLeast + 1 {
		others = append(others, Weeks{Values: map[string][]Window{"membership_retention": {share(19, 20)}, "leave_rate": {share(1, 40)}}})
	}
	others = append(others, Weeks{Values: map[string][]Window{"membership_retention": {share(9, 10)}, "leave_rate": {share(2, 40)}}}) // not all alike
	for _, c := range []struct {
		metric string
		past   Window
		now    Window
		band   Band
		by     Basis
	}{
		{"membership_retention", share(5, 5), share(0, 1), BandGood, ByOwn},
		{"membership_retention", share(5, 5), share(1, 2), BandGood, ByOwn},
		{"membership_retention", share(5, 5), share(4, 5), BandGood, ByOwn},
		{"membership_retention", share(5, 5), share(3, 5), BandWatch, ByOwn},
		{"membership_retention", share(5, 5), share(1, 5), BandAlert, ByOwn},
		{"membership_retention", share(40, 40), share(34, 40), BandWatch, ByPeers},
		{"membership_retention", share(40, 40), share(26, 40), BandAlert, ByOwn},
		{"leave_rate", share(0, 7), share(1, 7), BandGood, ByOwn},
		{"leave_rate", share(0, 7), share(2, 7), BandWatch, ByOwn},
		{"leave_rate", share(0, 7), share(4, 7), BandAlert, ByOwn},
	} {
		list := append(slices.Repeat([]Window{c.past}, OwnWeeks), c.now)
		w := Weeks{Values: map[string][]Window{c.metric: list}}
		h := Judge(w, NewPeers(append(slices.Clone(others), w)), "", BandSettings{})
		t.Run(fmt.Sprintf("%s %.2f of %.0f", c.metric, *c.now.Value, c.now.Of), func(t *testing.T) {
			wantBand(t, h, c.metric, c.band, c.by)
		})
	}
}

// A young group that grew by a fifth every month and now stands still or loses a
// little is worth a look, and no alarm: the field calls a decay under 15 % 达标 (S73).
// Levels are held against their own past whatever the field calls them.
func TestGrowthThatEndsIsNoDecay(t *testing.T) {
	for _, c := range []struct {
		metric    string
		past, now float64
		band      Band
	}{
		{"message_decay", -.22, -.20, BandGood},
		{"message_decay", -.22, .07, BandWatch},
		{"message_decay", -.22, .15, BandWatch},
		{"message_decay", -.22, .16, BandAlert},
		{"message_decay", .02, .16, BandWatch}, // three spreads are more than the field's figure
		{"message_decay", .02, .18, BandAlert},
		{"activity_rate", .70, .42, BandAlert},
	} {
		list := append(slices.Repeat([]Window{{Value: &c.past}}, OwnWeeks), Window{Value: &c.now})
		h := Judge(Weeks{Values: map[string][]Window{c.metric: list}}, nil, "", BandSettings{})
		t.Run(fmt.Sprintf("%s %.2f after %.2f", c.metric, c.now, c.past), func(t *testing.T) {
			wantBand(t, h, c.metric, c.band, ByOwn)
		})
	}
}

func TestYoungGroupsAreNotJudgedByTheirPast(t *testing.T) {
	h := judged(talk(30, steady), nil, BandSettings{})
	if r, _ := h.Reading("activity_rate"); r.Band != "" || r.Value == nil || r.Course != "" {
		t.Errorf("after 30 days: %+v", r)
	}
	on := true
	wantBand(t, judged(talk(30, steady), nil, BandSettings{References: &on}), "activity_rate", BandExcellent, ByReference)
}

// The field's figures stand beside, and count only where they are switched on.
func TestReferencesRaiseNothingUnlessSwitchedOn(t *testing.T) {
	low := talk(120, func(int) (int, int) { return 2, 1 }) // 10 % a day
	off := judged(low, nil, BandSettings{})
	r := wantBand(t, off, "activity_rate", BandGood, ByOwn)
	if !slices.ContainsFunc(r.Judged, func(j Judged) bool { return j.By == ByReference && j.Band == BandAlert && !j.Counts }) {
		t.Errorf("the reference does not stand beside: %+v", r.Judged)
	}
	on := true
	wantBand(t, judged(low, nil, BandSettings{References: &on}), "activity_rate", BandAlert, ByReference)
}

// Who a group should consist of depends on what it is for (S50).
func TestStructureOfATypeIsAReference(t *testing.T) {
	h := talk(120, func(int) (int, int) { return 1, 2 }) // one of twenty writes 60 messages a month
	on := true
	for of, want := range map[GroupType]Band{"": "", Interest: BandWatch, Business: BandExcellent, Learning: BandGood} {
		r, _ := func() (Reading, bool) {
			j := Judge(h.Weeks(h.LastWhole()), nil, of, BandSettings{References: &on})
			return j.Reading("kol_share")
		}()
		got := Band("")
		for _, j := range r.Judged {
			if j.By == ByReference {
				got = j.Band
			}
		}
		if got != want {
			t.Errorf("%q: 5 %% KOLs are %s, want %s", of, got, want)
		}
	}
}

// How long a member stays depends on it too, and is read by nothing else: ninety
// days say nothing of what is usual from week to week.
func TestStayIsReadByTheTypeOnly(t *testing.T) {
	on := true
	was, is := 300.0, 100.0
	w := Weeks{Values: map[string][]Window{"stay": append(slices.Repeat([]Window{{Value: &was}}, OwnWeeks), Window{Value: &is})}}
	for of, want := range map[GroupType]Band{"": "", Interest: BandWatch, Business: BandGood, Learning: BandWatch} {
		h := Judge(w, Peers{"stay": {90, 100, 300, 300, 300, 300, 300, 300, 300, 300}}, of, BandSettings{References: &on})
		r, _ := h.Reading("stay")
		if r.Band != want || r.Course != "" {
			t.Errorf("%q: a stay of 100 days is %q, %q, want %q", of, r.Band, r.Course, want)
		}
	}
}

func TestTypedLimitsReplaceThePast(t *testing.T) {
	alert, watch := 0.5, 0.6
	typed := BandSettings{Cuts: map[string]Cuts{"activity_rate": {Alert: &alert, Watch: &watch}}}
	h := judged(talk(120, steady), nil, typed)
	r := wantBand(t, h, "activity_rate", BandAlert, ByTyped)
	if !slices.ContainsFunc(r.Judged, func(j Judged) bool { return j.By == ByOwn && !j.Counts }) {
		t.Errorf("the group's own past no longer stands beside: %+v", r.Judged)
	}
	wantBand(t, h, "messages_mean", BandGood, ByOwn)
}

// Peers make somebody 关注, never 警戒: somebody is always last.
func TestPeersOfTheSameWeek(t *testing.T) {
	few, many := talk(120, func(int) (int, int) { return 2, 2 }), talk(120, func(int) (int, int) { return 14, 2 })
	among := func(h *History, others ...float64) Peers {
		mine := *h.Weeks(h.LastWhole()).Now("activity_rate").Value
		return Peers{"activity_rate": slices.Sorted(slices.Values(append(others, mine)))}
	}
	others := []float64{0.30, 0.35, 0.4, 0.42, 0.45, 0.5, 0.55, 0.6, 0.65}
	r := wantBand(t, judged(few, among(few, others...), BandSettings{}), "activity_rate", BandWatch, ByPeers)
	if r.Peers != 9 || r.Ahead != 9 {
		t.Errorf("%d peers, %d ahead", r.Peers, r.Ahead)
	}
	r = wantBand(t, judged(many, among(many, others...), BandSettings{}), "activity_rate", BandGood, ByOwn)
	if r.Ahead != 0 || !slices.ContainsFunc(r.Judged, func(j Judged) bool { return j.By == ByPeers && j.Band == BandExcellent }) {
		t.Errorf("the best of ten: %+v", r)
	}
	wantBand(t, judged(few, among(few, 0.5, 0.6, 0.7, 0.8), BandSettings{}), "activity_rate", BandGood, ByOwn)
}

func TestBandsAreInheritedMetricByMetric(t *testing.T) {
	n := func(v float64) Cuts { return Cuts{Alert: &v} }
	on, off := true, false
	layers := []BandSettings{
		{Cuts: map[string]Cuts{"activity_rate": n(1)}},
		{Cuts: map[string]Cuts{"activity_rate": n(2), "leave_rate": n(2)}, References: &off},
		{Cuts: map[string]Cuts{"activity_rate": n(3), "leave_rate": n(3), "kol_output": n(3), "silent_share": n(3)}, References: &on,
			Types: map[GroupType]map[string]Cuts{Learning: {"kol_output": n(4), "leave_rate": n(4)}}},
	}
	got := InheritBands(layers, Learning)
	want := BandSettings{References: &off, Cuts: map[string]Cuts{"activity_rate": n(1), "leave_rate": n(2), "kol_output": n(4), "silent_share": n(3)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := InheritBands(layers, Interest).Cuts["kol_output"]; *got.Alert != 3 {
		t.Errorf("limits for another type count: %v", *got.Alert)
	}
}

func TestCutsOutOfOrderAreRefused(t *testing.T) {
	low, high := 0.1, 0.2
	for _, c := range []struct {
		metric string
		cuts   Cuts
		ok     bool
	}{
		{"activity_rate", Cuts{Alert: &low, Watch: &high}, true},
		{"activity_rate", Cuts{Alert: &high, Watch: &low}, false},
		{"activity_rate", Cuts{Alert: &high, Excellent: &low}, false},
		{"leave_rate", Cuts{Alert: &high, Watch: &low}, true},
		{"leave_rate", Cuts{Alert: &low, Watch: &high}, false},
		{"messages", Cuts{}, false},
		{"activity_rate", Cuts{}, true},
	} {
		err := BandSettings{Cuts: map[string]Cuts{c.metric: c.cuts}}.Check()
		if (err == nil) != c.ok || err != nil && community.CodeOf(err) != community.Invalid {
			t.Errorf("%s %+v: %v", c.metric, c.cuts, err)
		}
	}
}

// Every band that a metric can be read in leads somewhere, and the cuts of
// references agree with the catalogue to the point.
func TestBandedMetricsAreInTheCatalogue(t *testing.T) {
	for _, b := range BandedMetrics() {
		m, ok := MetricByID(b.Metric)
		if !ok || figures[b.Metric] == nil || b.Lever == "" || b.Least <= 0 || b.Better != More && b.Better != Less {
			t.Errorf("%+v is not whole", b)
		}
		ref, ok := b.Reference()
		if ok != (len(m.Refs) > 0) {
			t.Errorf("%s: references %v", b.Metric, ref)
		}
		if !ok {
			continue
		}
		for v := -0.503; v < 2; v += 0.01 { // beside the edges, on which the catalogue decides
			if want, told := m.Band(v); told && ref.Band(v, b.Better) != want {
				t.Errorf("%s at %v is %s by its cuts, %s by the catalogue", b.Metric, v, ref.Band(v, b.Better), want)
			}
		}
	}
}

func FuzzDecodeWeeks(f *testing.F) {
	full, _ := talk(120, steady).Weeks(19100).AppendBinary(nil)
	empty, _ := Weeks{End: -5}.AppendBinary(nil)
	f.Add(full)
	f.Add(empty)
	f.Add(full[:len(full)/2])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, ok := DecodeWeeks(b)
		if !ok {
			return
		}
		again, _ := w.AppendBinary(nil)
		back, ok := DecodeWeeks(again)
		if !ok {
			t.Fatalf("%x is not read again", again)
		}
		if len(back.Values) > len(w.Values) || back.End != w.End {
			t.Fatalf("%v became %v", w, back)
		}
	})
}

func TestWeeksSurvive(t *testing.T) {
	w := talk(90, steady).Weeks(19070)
	b, err := w.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	back, ok := DecodeWeeks(b)
	if !ok || !cmp.Equal(w, back) {
		t.Fatal(cmp.Diff(w, back))
	}
	again, _ := back.AppendBinary(nil)
	if !bytes.Equal(b, again) || len(slices.Collect(maps.Keys(back.Values))) != len(banded) {
		t.Error("the same weeks have other bytes")
	}
}
