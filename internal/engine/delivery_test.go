package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/store"
)

var shanghai = mustZone("Asia/Shanghai")

func mustZone(name string) *time.Location {
	z, err := community.LoadZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

// clockOn reads a time of 2 March 2026, a Monday, in Shanghai; "+1 07:00" is of
// the day after.
func clockOn(t *testing.T, s string) time.Time {
	t.Helper()
	day := "2026-03-02 "
	if len(s) > 3 && s[0] == '+' {
		day, s = "2026-03-03 ", s[3:]
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", day+s, shanghai)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02 15:04", day+s, shanghai)
	}
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWhyAnActionWaits(t *testing.T) {
	number := func(n int) *int { return &n }
	acts := func(times ...string) *meter {
		m := &meter{}
		for _, s := range times {
			m.add(clockOn(t, s), shanghai)
		}
		return m
	}
	type limits = connector.Limits
	const broadcast, reply, order, routine = community.Broadcast, community.Reply, community.Moderation, community.Routine
	for _, c := range []struct {
		name     string
		now      string
		due      string // now if ""
		class    community.Class
		kind     community.ActionKind // send if ""
		state    store.OutboxState    // queued if ""
		attempts int
		batch    string
		whole    Delivery
		group    Delivery
		account  accountSettings
		acts     *meter
		said     *meter
		perGroup int
		person   bool
		reason   string
		until    string
	}{
		{name: "nothing holds it", now: "12:00", class: routine},
		{name: "a suggestion", now: "12:00", state: store.Suggested, reason: WaitApproval},
		{name: "everything is paused", now: "12:00", class: order, whole: Delivery{Paused: true}, reason: WaitPausedAll},
		{name: "all and the group are paused", now: "12:00", whole: Delivery{Paused: true}, group: Delivery{Paused: true}, reason: WaitPausedAll},
		{name: "the group is paused", now: "12:00", class: order, group: Delivery{Paused: true}, reason: WaitPausedGroup},
		{name: "the account is paused", now: "12:00", account: accountSettings{Paused: true}, reason: WaitPausedLine},
		{name: "a person does not care for the account", now: "12:00", account: accountSettings{Paused: true}, person: true},
		{name: "its time has not come", now: "12:00", due: "12:01", reason: WaitScheduled, until: "12:01"},
		{name: "tried again", now: "12:00", due: "12:01", attempts: 1, reason: WaitRetry, until: "12:01"},
		{name: "a broadcast at night", now: "23:00", class: broadcast, reason: WaitQuiet, until: "+1 07:00"},
		{name: "a broadcast before dawn", now: "06:59:59", class: broadcast, reason: WaitQuiet, until: "07:00"},
		{name: "a broadcast in the morning", now: "07:00", class: broadcast},
		{name: "a broadcast late in the evening", now: "22:59:59", class: broadcast},
		{name: "held up into the night", now: "23:10", due: "22:50", class: broadcast, reason: WaitQuiet, until: "+1 07:00"},
		{name: "a reply at night", now: "23:30", class: reply},
		{name: "order at night, whatever people say", now: "23:30", class: order, group: Delivery{QuietFor: []community.Class{order}}},
		{name: "routine at night, if people say so", now: "23:30", class: routine, group: Delivery{QuietFor: []community.Class{routine}}, reason: WaitQuiet, until: "+1 07:00"},
		{name: "the group has its own night", now: "13:00", class: broadcast, group: Delivery{QuietFrom: "12:30", QuietTo: "14:00"}, reason: WaitQuiet, until: "14:00"},
		{name: "the group has half its own night", now: "21:00", class: broadcast, whole: Delivery{QuietTo: "08:00"}, group: Delivery{QuietFrom: "21:00"}, reason: WaitQuiet, until: "+1 08:00"},
		{name: "the group has no night", now: "23:30", class: broadcast, group: Delivery{QuietFrom: "00:00", QuietTo: "00:00"}},
		{name: "a person is not woken either", now: "23:30", class: broadcast, person: true, reason: WaitQuiet, until: "+1 07:00"},
		// The key of the action falls half way into any stretch of time.
		{name: "one of many broadcasts", now: "12:00", class: broadcast, batch: "b", reason: WaitSpread, until: "12:02:30"},
		{name: "its turn has come", now: "12:02:30", due: "12:00", class: broadcast, batch: "b"},
		{name: "many, and not spread", now: "12:00", class: broadcast, batch: "b", whole: Delivery{Spread: number(0)}},
		{name: "many routine messages", now: "12:00", class: routine, batch: "b"},
		{name: "spread after the night", now: "23:30", class: broadcast, batch: "b", reason: WaitSpread, until: "+1 07:02:30"},
		{name: "spread into the night", now: "22:59", class: broadcast, batch: "b", reason: WaitQuiet, until: "+1 07:02:30"},
		{name: "two acts a minute", now: "12:00:30", account: accountSettings{Limits: limits{PerMinute: 2}}, acts: acts("12:00:01", "12:00:20"), reason: WaitRateAccount, until: "12:01:01"},
		{name: "two acts a minute, one is older", now: "12:01:01", account: accountSettings{Limits: limits{PerMinute: 2}}, acts: acts("12:00:01", "12:00:20")},
		{name: "a breath between two acts", now: "12:00:21", account: accountSettings{Limits: limits{Pause: 3 * time.Second}}, acts: acts("12:00:20"), reason: WaitRateAccount, until: "12:00:23"},
		{name: "order keeps to the account's rate", now: "12:00:30", class: order, account: accountSettings{Limits: limits{PerMinute: 1}}, acts: acts("12:00:20"), reason: WaitRateAccount, until: "12:01:20"},
		{name: "enough for today", now: "12:00", account: accountSettings{Limits: limits{PerDay: 2}}, acts: acts("09:00", "10:00"), reason: WaitDaily, until: "+1 00:00"},
		{name: "another day", now: "+1 00:00", account: accountSettings{Limits: limits{PerDay: 2}}, acts: acts("09:00", "10:00")},
		{name: "a new account", now: "12:00", account: accountSettings{Limits: limits{PerDay: 100, Warmup: []int{1, 5}}, NewSince: clockOn(t, "08:00")}, acts: acts("09:00"), reason: WaitWarmUp, until: "+1 00:00"},
		{name: "a new account on its second day", now: "+1 12:00", account: accountSettings{Limits: limits{Warmup: []int{1, 5}}, NewSince: clockOn(t, "08:00")}, acts: acts("+1 09:00")},
		{name: "no longer new", now: "+1 12:00", account: accountSettings{Limits: limits{Warmup: []int{1}}, NewSince: clockOn(t, "08:00")}, acts: acts("+1 09:00")},
		{name: "the platform bears one a minute", now: "12:00:30", perGroup: 1, said: acts("12:00:10"), reason: WaitRateGroup, until: "12:01:10"},
		{name: "the account bears one a minute", now: "12:00:30", account: accountSettings{Limits: limits{PerGroup: 1}}, said: acts("12:00:10"), reason: WaitRateGroup, until: "12:01:10"},
		{name: "people want one a minute", now: "12:00:30", perGroup: 20, whole: Delivery{PerGroup: number(1)}, said: acts("12:00:10"), reason: WaitRateGroup, until: "12:01:10"},
		{name: "a removal is no message", now: "12:00:30", kind: community.Remove, perGroup: 1, said: acts("12:00:10")},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := clockOn(t, c.now)
			o := &store.Outgoing{State: store.Queued, Attempts: c.attempts, Action: community.Action{
				Group: math.MinInt64, // its place is the middle
				Kind:  community.Send, Class: c.class, DueAt: now, Detail: community.Detail{Batch: c.batch}}}
			if c.state != "" {
				o.State = c.state
			}
			if c.kind != "" {
				o.Kind = c.kind
			}
			if c.due != "" {
				o.DueAt = clockOn(t, c.due)
			}
			at := &ration{settings: c.account, zone: shanghai, acts: c.acts, said: c.said, perGroup: c.perGroup}
			if at.acts == nil {
				at.acts = &meter{}
			}
			if at.said == nil {
				at.said = &meter{}
			}
			if c.person {
				at = nil
			}
			p := policyOf(layersOf(t, c.whole, c.group))
			got := judge(o, &p, shanghai, at, now)
			want := Wait{Reason: c.reason}
			if c.until != "" {
				want.Until = clockOn(t, c.until)
			}
			if got.Reason != want.Reason || !got.Until.Equal(want.Until) {
				t.Errorf("it waits for %q until %v, want %q until %v", got.Reason, got.Until, want.Reason, want.Until)
			}
		})
	}
}

// layersOf is what a group and its community typed.
func layersOf(t *testing.T, whole, group Delivery) (layers []store.Layer) {
	t.Helper()
	for _, l := range []struct {
		level store.Level
		typed Delivery
	}{{store.OfGroup, group}, {store.OfCommunity, whole}} {
		text, err := json.Marshal(l.typed)
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, store.Layer{Level: l.level, Setting: store.Setting{Value: string(text)}})
	}
	return layers
}

func TestWhenATaskIsDue(t *testing.T) {
	p := policyOf(nil)
	for _, c := range []struct {
		class    community.Class
		now, due string
	}{
		{community.Routine, "09:00", "13:00"},
		{community.Routine, "21:00", "+1 09:00"}, // two hours before the night, two after
		{community.Routine, "23:30", "+1 11:00"},
		{community.Routine, "03:00", "11:00"},
		{community.Moderation, "23:30", "23:45"},
	} {
		if got := p.taskDue(c.class, shanghai, clockOn(t, c.now)); !got.Equal(clockOn(t, c.due)) {
			t.Errorf("%s at %s is due %v, want %s", c.class, c.now, got.In(shanghai), c.due)
		}
	}
	p = policyOf(layersOf(t, Delivery{QuietFrom: "00:00", QuietTo: "00:00"}, Delivery{}))
	if got := p.taskDue(community.Routine, shanghai, clockOn(t, "22:00")); !got.Equal(clockOn(t, "+1 02:00")) {
		t.Errorf("where there is no night it is due %v", got)
	}
}

func TestWrongDelivery(t *testing.T) {
	number := func(n int) *int { return &n }
	for name, d := range map[string]Delivery{
		"no time":         {QuietFrom: "25:00"},
		"never ends":      {QuietTo: "noon"},
		"order waits":     {QuietFor: []community.Class{community.Moderation}},
		"negative":        {Spread: number(-1)},
		"a year of tasks": {Task: number(1 << 20)},
	} {
		if community.CodeOf(d.Check()) != community.Invalid {
			t.Errorf("%s: %v", name, d.Check())
		}
	}
	if err := DefaultDelivery().Check(); err != nil {
		t.Error(err)
	}
}

// The places of many broadcasts fill the stretch of time evenly, and stay.
func TestBroadcastsAreSpread(t *testing.T) {
	var quarters [4]int
	for i := range 1000 {
		j := turnOf(community.GroupID(i+1), 8*time.Minute)
		if j < 0 || j >= 8*time.Minute {
			t.Fatalf("%v", j)
		}
		quarters[j/(2*time.Minute)]++
	}
	for i, n := range quarters {
		if n < 245 || n > 255 {
			t.Errorf("%d of 1000 go out in quarter %d", n, i)
		}
	}
}

// What is written to many groups twice arrives in each as it was written.
func TestBroadcastsKeepTheirOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		for i := range 6 {
			w.mustDo(Command{Kind: community.ActionAsk, Key: fmt.Sprint("batch", i), Batch: fmt.Sprint("b", i), By: 7, Group: 1,
				Action: community.Action{Kind: community.Send, Class: community.Broadcast, Text: fmt.Sprint(i)}})
			w.advance(time.Second)
		}
		for range 40 {
			w.dispatch()
			w.advance(15 * time.Second)
		}
		var got []string
		for _, s := range w.net.Sent() {
			got = append(got, s.Action.Text)
		}
		if !slices.Equal(got, []string{"0", "1", "2", "3", "4", "5"}) {
			t.Errorf("%v", got)
		}
	})
}
