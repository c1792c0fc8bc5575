package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/store"
)

// ready founds a group that can do what c says, known to the log, and queues messages.
func (w *world) ready(c connector.Capabilities, texts ...string) {
	w.t.Helper()
	w.net.AddGroup("g", "群", connector.Member{ID: "a", Name: "a"})
	w.net.SetCapabilities("g", c)
	w.hear(func() bool { return w.kinds()[community.RosterTaken] > 0 })
	for _, text := range texts {
		w.mustDo(sendCommand(text, text))
	}
}

func personal() connector.Capabilities {
	c := sim.FullCapabilities()
	c.Deduplicates = false
	return c
}

func silent() connector.Capabilities {
	c := personal()
	c.Echoes = false
	return c
}

// is fails unless the actions are in these states and the platform did so much.
func (w *world) is(sent int, states ...store.OutboxState) {
	w.t.Helper()
	if got := w.states(); !slices.Equal(got, states) || len(w.net.Sent()) != sent {
		w.t.Errorf("%d were sent and the actions are %v, want %d and %v", len(w.net.Sent()), got, sent, states)
	}
}

func TestSent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities(), "一", "二")
		w.dispatch()
		w.dispatch()
		w.is(2, store.Done, store.Done)
		for i, o := range w.outbox() {
			if sent := w.net.Sent()[i]; o.Receipt != sent.Message || o.Text != sent.Action.Text || o.Key != sent.Action.Key || o.Attempts != 1 {
				t.Errorf("%+v was sent as %+v", o, sent)
			}
		}
		if n := w.kinds()[community.ActionDone]; n != 2 {
			t.Errorf("%d outcomes in the log", n)
		}
		w.hear(func() bool { return w.kinds()[community.MessagePosted] == 2 }) // the echoes
		w.decide()
		w.project()
		w.is(2, store.Done, store.Done)
	})
}

func TestWhatNobodyCanSendFails(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		can := sim.FullCapabilities()
		can.Send = connector.Nobody
		w.ready(can, "一")
		w.dispatch()
		w.is(0, store.Failed)
		if n := w.kinds()[community.ActionFailed]; n != 1 || w.outbox()[0].Trouble != because(WhyNobodyCan) {
			t.Errorf("%d outcomes, %+v", n, w.outbox())
		}
	})
}

func TestARefusalIsFinalAndTheOthersGoOn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities(), "一", "二")
		// One to a group that is not there stands before them.
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			return tx.Enqueue(community.Action{Community: 1, Group: 99, Key: community.Key{1}, Kind: community.Send, Text: "零", DueAt: begin.Add(-time.Hour)}, store.Queued)
		}); err != nil {
			t.Fatal(err)
		}
		w.net.FailNext(1, community.Errorf(community.Forbidden, "muted"))
		w.dispatch()
		w.is(1, store.Failed, store.Failed, store.Done)
		w.advance(time.Hour)
		w.dispatch()
		w.is(1, store.Failed, store.Failed, store.Done)
	})
}

func TestUnavailableIsTriedAgainLater(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(personal(), "一")
		w.net.FailNext(2, community.Errorf(community.Unavailable, "busy"))
		for i, pause := range []time.Duration{2 * time.Second, 4 * time.Second} {
			w.dispatch()
			o := w.outbox()[0]
			if o.State != store.Queued || o.Attempts != i+1 || !o.DueAt.Equal(w.now().Add(pause)) || o.Error == "" {
				t.Errorf("after %d tries: %+v", i+1, o)
			}
			w.advance(pause - time.Millisecond)
			w.dispatch() // not yet
			if o := w.outbox()[0]; o.Attempts != i+1 {
				t.Errorf("tried again too early: %+v", o)
			}
			w.advance(time.Millisecond)
		}
		w.dispatch()
		w.is(1, store.Done)
	})
}

func TestAfterManyTriesItFails(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities(), "一")
		w.net.FailNext(mostTries, community.Errorf(community.Unavailable, "down"))
		for range mostTries + 1 {
			w.dispatch()
			w.advance(time.Minute)
		}
		w.is(0, store.Failed)
		if n := w.outbox()[0].Attempts; n != mostTries {
			t.Errorf("%d tries", n)
		}
	})
}

// While its account is known to be offline an action waits, as long as it may.
func TestAnOutageOutlastsTheTries(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(personal(), "一")
		turn := func(s connector.State) {
			w.e.accounts[0].mu.Lock()
			w.e.accounts[0].now.State = s
			w.e.accounts[0].mu.Unlock()
		}
		turn(connector.Offline)
		w.net.FailNext(80, community.Errorf(community.Unavailable, "down"))
		for range 80 {
			w.dispatch()
			if o := w.outbox()[0]; o.State != store.Queued || o.DueAt.After(w.now().Add(longestPause)) || !o.DueAt.After(w.now()) {
				t.Fatalf("%+v", o)
			}
			w.advance(longestPause)
		}
		turn(connector.Online)
		w.dispatch()
		w.is(1, store.Done)
	})
}

func TestACutWhereThePlatformRefusesRepeats(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities(), "一")
		w.net.CutMidSend()
		w.dispatch()
		w.is(1, store.Queued)
		w.advance(time.Minute)
		w.dispatch()
		w.is(1, store.Done) // recognised as a repeat
		if o := w.outbox()[0]; o.Receipt != w.net.Sent()[0].Message {
			t.Errorf("%+v", o)
		}
	})
}

// Cut so often that the tries are used up, it is not known to have failed.
func TestACutEveryTimeStaysUnknown(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities(), "一")
		w.net.FailNext(mostTries, &connector.Uncertain{Err: errors.New("cut")})
		for range mostTries + 1 {
			w.dispatch()
			w.advance(time.Minute)
		}
		w.is(0, store.Unknown)
	})
}

func TestACutWhereRepeatsWouldShow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(personal(), "一", "二")
		w.net.CutMidSend()
		w.dispatch()
		w.is(2, store.Unknown, store.Done)
		w.advance(time.Hour)
		w.dispatch()
		w.is(2, store.Unknown, store.Done) // never resent blindly
		w.hear(func() bool { return w.kinds()[community.MessagePosted] == 2 })
		w.decide()
		w.is(2, store.Done, store.Done) // our own message came back
		if o := w.outbox()[0]; o.Receipt != w.net.Sent()[0].Message {
			t.Errorf("%+v", o)
		}
	})
}

// A process dies between sending and writing down that it has sent.
func TestACrashBetweenClaimAndOutcome(t *testing.T) {
	for name, c := range map[string]struct {
		can   connector.Capabilities
		sent  bool // before the crash
		echo  bool // comes after it
		waits store.OutboxState
		state store.OutboxState
		total int
	}{
		"repeats are refused, it was sent": {sim.FullCapabilities(), true, false, store.Done, store.Done, 1},
		"repeats are refused, it was not":  {sim.FullCapabilities(), false, false, store.Done, store.Done, 1},
		"the echo tells":                   {personal(), true, true, store.Sending, store.Done, 1},
		"the echo does not come":           {personal(), false, false, store.Sending, store.Unknown, 0},
		"there are no echoes":              {silent(), true, false, store.Unknown, store.Unknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.ready(c.can, "一")
				o := w.outbox()[0]
				if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Claim(&o, w.now())
					return err
				}); err != nil {
					t.Fatal(err)
				}
				if c.sent {
					if _, err := w.e.accounts[0].conn.Send(t.Context(), connector.Action{Key: o.Key, Group: "g", Text: o.Text}); err != nil {
						t.Fatal(err)
					}
				}
				w.advance(time.Second)
				next := w.another()
				if err := next.e.recoverSends(t.Context()); err != nil {
					t.Fatal(err)
				}
				next.dispatch()
				if got := next.states(); got[0] != c.waits {
					t.Errorf("at first it is %s, want %s", got[0], c.waits)
				}
				if c.echo {
					next.hear(func() bool { return next.kinds()[community.MessagePosted] == 1 })
					next.decide()
				}
				next.advance(echoWait)
				next.dispatch()
				next.is(c.total, c.state)
			})
		})
	}
}

// stopper stops the engine in the middle of the first message.
type stopper struct {
	connector.Connector
	stop context.CancelFunc
}

func (s stopper) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	r, err := s.Connector.Send(ctx, a)
	s.stop()
	return r, err
}

func TestBeingStoppedLeavesTheRestInTheQueue(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(silent(), "一", "二", "三")
		ctx, stop := context.WithCancel(t.Context())
		conn := w.e.accounts[0].conn
		w.e.accounts[0].conn = stopper{conn, stop}
		if _, err := w.e.dispatchStep(ctx, 1); err != nil {
			t.Error(err)
		}
		w.e.out.work.Wait()
		w.is(1, store.Done, store.Queued, store.Queued)
		w.e.accounts[0].conn = conn
		w.dispatch()
		w.is(3, store.Done, store.Done, store.Done)
	})
}

func TestAWelcomeThatWouldComeTooLateExpires(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.set(1, 1, welcomeOn)
		w.observe(w.join("g", "1", 0))
		w.decide()
		w.advance(community.LateAfter + time.Second)
		w.observe(w.join("g", "2", 0))
		w.decide()
		w.dispatch()
		w.is(1, store.Expired, store.Done)
		w.advance(time.Hour)
		w.dispatch()
		w.is(1, store.Expired, store.Done)
	})
}

// Two processes send from one outbox: everything goes out once.
func TestTwoProcessesSendOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var texts []string
		for i := range 12 {
			texts = append(texts, fmt.Sprint(i))
		}
		w.ready(silent(), texts...)
		other := w.another()
		done := make(chan struct{})
		go func() {
			defer close(done)
			other.dispatch()
		}()
		w.dispatch()
		<-done
		var got []string
		for _, d := range w.net.Sent() {
			got = append(got, d.Action.Text)
		}
		slices.Sort(got)
		slices.Sort(texts)
		if !slices.Equal(got, texts) {
			t.Errorf("sent %q", got)
		}
	})
}
