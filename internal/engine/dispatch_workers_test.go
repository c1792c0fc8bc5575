package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/store"
)

// held is a platform that does not answer until it is let go.
type held struct {
	connector.Connector
	began chan string // texts, as their sending begins
	let   chan struct{}
}

func (h held) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	h.began <- a.Text
	select {
	case <-h.let:
	case <-ctx.Done():
		return connector.Receipt{}, ctx.Err()
	}
	return h.Connector.Send(ctx, a)
}

// begun waits until n sends have begun, and tells which.
func (h held) begun(t *testing.T, n int) (texts []string) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for range n {
		select {
		case text := <-h.began:
			texts = append(texts, text)
		case <-deadline.C:
			t.Fatalf("only %q have begun", texts)
		}
	}
	return texts
}

func (w *world) step() {
	w.t.Helper()
	if _, err := w.e.stepAll(w.t.Context(), w.e.dispatchStep); err != nil {
		w.t.Fatal(err)
	}
}

// queue puts a message into the outbox of a group.
func (w *world) queue(g community.GroupID, text string, change ...func(*community.Action)) {
	w.t.Helper()
	w.said++
	a := community.Action{Community: 1, Group: g, Kind: community.Send, Text: text, DueAt: w.now(), Cause: community.Cause{Seq: community.Seq(1000 + w.said), Rule: "staff"}}
	a.Key = actionKey(a)
	for _, c := range change {
		c(&a)
	}
	if err := w.db.Write(w.t.Context(), func(tx *store.Tx) error { return tx.Enqueue(a, store.Queued) }); err != nil {
		w.t.Fatal(err)
	}
}

func class(c community.Class) func(*community.Action) {
	return func(a *community.Action) { a.Class = c }
}

// groups founds n groups that are known, with these capabilities.
func (w *world) groups(n int, can connector.Capabilities) {
	w.t.Helper()
	for i := range n {
		name := fmt.Sprint("g", i+1)
		w.net.AddGroup(name, name, connector.Member{ID: "a", Name: "a"})
		w.net.SetCapabilities(name, can)
		w.observe(w.say(name, "a", "hi"))
	}
	w.decide()
}

// One platform does not answer: the others' messages go out, and so does what
// keeps order on the same account, as long as there is room for it.
func TestASlowAccountHoldsUpNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.groups(mostModerating+2, personal())
		h := held{w.e.accounts[0].conn, make(chan string, 100), make(chan struct{})}
		w.e.accounts[0].conn = h
		office := sim.NewNetwork(w.now)
		office.AddGroup("office", "office", connector.Member{ID: "b", Name: "b"})
		if err := w.e.Connect(1, "office", wecom{sim.Driver{Platform: office}}, nil); err != nil {
			t.Fatal(err)
		}
		if err := w.e.observe(t.Context(), w.e.accounts[1], []connector.Observation{w.say("office", "b", "hi")}, false); err != nil {
			t.Fatal(err)
		}
		w.decide()
		for i := range mostFlying + 2 {
			w.queue(community.GroupID(i+1), fmt.Sprint("广告", i), class(community.Broadcast))
		}
		w.step()
		h.begun(t, mostFlying)
		w.queue(mostModerating+1, "警告", class(community.Moderation))
		w.queue(mostModerating+3, "别处") // the office
		w.step()
		if got := h.begun(t, 1); got[0] != "警告" {
			t.Errorf("%q", got)
		}
		look := time.NewTicker(time.Millisecond)
		defer look.Stop()
		for deadline := time.After(patience); len(office.Sent()) == 0; {
			select {
			case <-look.C:
			case <-deadline:
				t.Fatal("the office has to wait for another account's platform")
			}
		}
		select {
		case text := <-h.began:
			t.Errorf("%q has begun: there was no room", text)
		default:
		}
		close(h.let)
		w.e.out.work.Wait()
		w.dispatch()
		if n := len(w.net.Sent()); n != mostFlying+3 {
			t.Errorf("%d were sent", n)
		}
		for _, o := range w.outbox() {
			if o.State != store.Done || o.Attempts != 1 {
				t.Errorf("%+v", o)
			}
		}
	})
}

// What goes to one group goes in its order, one after the other, what keeps order first.
func TestTheOrderInAGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.groups(3, personal())
		var want []string
		w.queue(1, "群发", class(community.Broadcast))
		for i := range 20 {
			text := fmt.Sprint(i)
			want = append(want, text)
			w.queue(1, text)
			w.queue(2, "二"+text)
			w.queue(3, "三"+text)
		}
		w.queue(1, "警告", class(community.Moderation))
		want = slices.Concat([]string{"警告"}, want[:19], []string{"19", "群发"})
		var mu sync.Mutex
		flying := map[string]int{}
		conn := w.e.accounts[0].conn
		w.e.accounts[0].conn = watched{conn, func(a connector.Action, n int) {
			mu.Lock()
			defer mu.Unlock()
			if flying[a.Group] += n; flying[a.Group] > 1 {
				t.Errorf("%d at once to %s", flying[a.Group], a.Group)
			}
		}}
		for range 3 { // the rate of the group is twenty a minute
			w.dispatch()
			w.advance(time.Minute)
		}
		var got []string
		for _, d := range w.net.Sent() {
			if d.Action.Group == "g1" {
				got = append(got, d.Action.Text)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// watched tells when sending begins (1) and ends (-1).
type watched struct {
	connector.Connector
	tell func(connector.Action, int)
}

func (c watched) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	c.tell(a, 1)
	defer c.tell(a, -1)
	return c.Connector.Send(ctx, a)
}

// Being stopped, what is on its way may finish, and is known as sent.
func TestWhatIsOnItsWayFinishes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.groups(1, silent())
		h := held{w.e.accounts[0].conn, make(chan string, 1), make(chan struct{})}
		w.e.accounts[0].conn = h
		w.queue(1, "一")
		w.queue(1, "二")
		ctx, stop := context.WithCancel(t.Context())
		if _, err := w.e.dispatchStep(ctx, 1); err != nil {
			t.Fatal(err)
		}
		h.begun(t, 1)
		stop()
		close(h.let)
		w.e.work.Wait() // as Run does
		w.is(1, store.Done, store.Queued)
	})
}

// Limits of the day and of the minute count what was done before a restart.
func TestLimitsOutliveARestart(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.groups(5, sim.FullCapabilities())
		limit := func(e *Engine, l connector.Limits) { e.accounts[0].settings.Limits = l }
		limit(w.e, connector.Limits{PerMinute: 2, PerDay: 3})
		for g := range 5 {
			w.queue(community.GroupID(g+1), fmt.Sprint(g))
		}
		why := func(w *world, reason string, until time.Time) {
			t.Helper()
			waits, err := w.e.Waiting(t.Context(), 1, w.outbox())
			for _, o := range w.outbox() {
				if wait := waits[o.Key]; o.State == store.Queued && (wait.Reason != reason || !wait.Until.Equal(until)) {
					t.Errorf("%q waits for %+v, want %s until %v: %v", o.Text, wait, reason, until, err)
				}
			}
		}
		w.dispatch()
		w.is(2, store.Done, store.Done, store.Queued, store.Queued, store.Queued)
		why(w, WaitRateAccount, w.now().Add(time.Minute))
		next := w.another()
		limit(next.e, connector.Limits{PerMinute: 2, PerDay: 3})
		next.dispatch()
		next.is(2, store.Done, store.Done, store.Queued, store.Queued, store.Queued)
		w.advance(time.Minute)
		next.dispatch()
		next.is(3, store.Done, store.Done, store.Done, store.Queued, store.Queued)
		midnight := time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC) // in Shanghai
		why(next, WaitDaily, midnight)
		third := w.another()
		limit(third.e, connector.Limits{PerMinute: 2, PerDay: 3})
		third.dispatch()
		third.is(3, store.Done, store.Done, store.Done, store.Queued, store.Queued)
		w.advance(midnight.Sub(w.now()))
		third.dispatch()
		third.is(5, store.Done, store.Done, store.Done, store.Done, store.Done)
	})
}

func TestEqualTextsAreOne(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.groups(2, sim.FullCapabilities())
		w.queue(1, "欢迎新人")
		w.queue(1, "欢迎新人")
		w.queue(1, "欢迎新人", func(a *community.Action) { a.Detail.MentionAll = true }) // says more
		w.queue(2, "欢迎新人")
		w.dispatch()
		w.is(3, store.Done, store.Cancelled, store.Done, store.Done)
		next := w.another() // a process that has just begun knows as well
		next.queue(1, "欢迎新人")
		next.dispatch()
		next.is(3, store.Done, store.Cancelled, store.Done, store.Done, store.Cancelled)
		w.advance(time.Minute)
		next.queue(1, "欢迎新人")
		next.dispatch()
		if n := len(w.net.Sent()); n != 4 {
			t.Errorf("%d were sent", n)
		}
	})
}

func TestPausedAndRehearsed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.groups(2, sim.FullCapabilities())
		w.typed(1, DeliveryKey, `{"paused":true}`)
		w.queue(1, "一", class(community.Moderation))
		w.queue(2, "二")
		w.dispatch()
		w.is(1, store.Queued, store.Done)
		w.typed(0, DeliveryKey, `{"paused":true}`)
		w.queue(2, "三")
		w.dispatch()
		w.is(1, store.Queued, store.Done, store.Queued)
		for g := range community.GroupID(2) {
			if err := w.e.SaveSetting(t.Context(), 1, g, DeliveryKey, Delivery{}, 1, 7); err != nil {
				t.Fatal(err)
			}
		}
		w.decide()
		w.e.accounts[0].settings.DryRun = true
		w.dispatch()
		w.is(1, store.Dry, store.Done, store.Dry)
	})
}

// The platform reconnects after a long outage and tells everything at once:
// nobody is greeted hours later, and it is counted what would have been said.
func TestNoFloodAfterAnOutage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.set(1, 1, welcomeOn)
		w.net.Outage(w.now(), w.now().Add(6*time.Hour))
		for i := range 50 {
			w.advance(7 * time.Minute)
			w.net.Join("g", fmt.Sprint("new", i), "", w.now())
		}
		w.advance(11 * time.Minute)
		back := w.now()
		w.net.Join("g", "now", "", back)
		a := w.e.accounts[0]
		if err := a.conn.(connector.Historian).Backfill(t.Context(), "g", begin, back, func(ctx context.Context, o ...connector.Observation) error {
			return w.e.observe(ctx, a, o, true)
		}); err != nil {
			t.Fatal(err)
		}
		w.hear(func() bool { return w.kinds()[community.MemberJoined] == 51 })
		w.decide()
		w.dispatch()
		var said []string
		for _, d := range w.net.Sent() {
			said = append(said, d.Action.Text)
		}
		if !slices.Equal(said, []string{"欢迎 now"}) {
			t.Errorf("%q", said)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			n, err := store.SuggestedSince(ctx, q, 1, begin)
			if err != nil || n != 50 {
				t.Errorf("%d were suggested: %v", n, err)
			}
			return nil
		})
	})
}
