package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/automation"
	"qunying/internal/store"
)

// watchOnce lets the watch look, and decides what it found.
func (w *world) watchOnce() {
	w.t.Helper()
	if err := w.e.watchStep(w.t.Context(), 1); err != nil {
		w.t.Fatal(err)
	}
	w.decide()
}

func (w *world) firing() (list []store.Alert) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = store.FiringAlerts(ctx, q, 1)
		return err
	})
	return list
}

// health sets how the account is.
func (w *world) health(state connector.State) {
	w.t.Helper()
	a := w.e.accounts[0]
	o := connector.Changed(state, w.now(), time.Time{}, nil)
	o.Text = "the gateway said " + string(state)
	if err := w.e.connectionChanged(w.t.Context(), a, &o); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnOutageCallsPeopleOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.typed(0, AlertsKey, `{"outage_minutes":5,"cooldown_minutes":30}`)
		w.health(connector.Online)
		w.watchOnce()
		w.health(connector.Offline)
		w.watchOnce()
		w.advance(4 * time.Minute)
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Fatalf("after four minutes: %+v", got)
		}
		w.advance(2 * time.Minute)
		w.watchOnce()
		w.watchOnce()
		got := w.firing()
		if len(got) != 1 || got[0].Cause != CauseConnection || got[0].Subject != "account/wx" || got[0].Severity != store.Grave ||
			got[0].Data["why"] != "the gateway said offline" || w.now().Sub(got[0].Since) != 6*time.Minute || got[0].MailDue.IsZero() {
			t.Fatalf("%+v", got)
		}
		if _, err := w.do(Command{Kind: community.AlertSee, Key: "see", By: 7, Alert: got[0].ID, Text: "在看"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.do(Command{Kind: community.AlertSee, Key: "see none", By: 7, Alert: 1 << 40}); community.CodeOf(err) != community.NotFound {
			t.Error(err)
		}
		w.health(connector.Online)
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Fatalf("back online: %+v", got)
		}
		// Within the cooldown it is the same alert again, and calls nobody.
		w.health(connector.Offline)
		w.watchOnce()
		w.advance(6 * time.Minute)
		w.watchOnce()
		again := w.firing()
		if len(again) != 1 || again[0].ID != got[0].ID || again[0].Times != 2 || !again[0].MailDue.IsZero() || again[0].SeenBy != 7 || again[0].Note != "在看" {
			t.Fatalf("%+v", again)
		}
		w.health(connector.Online)
		w.watchOnce()
		w.advance(31 * time.Minute)
		w.watchOnce()
		w.health(connector.Offline)
		w.watchOnce()
		w.advance(6 * time.Minute)
		w.watchOnce()
		if after := w.firing(); len(after) != 1 || after[0].ID == got[0].ID {
			t.Errorf("after the cooldown: %+v", after)
		}
		if n := w.kinds(); n[community.AlertOpened] != 3 || n[community.AlertClosed] != 2 {
			t.Errorf("%v", n)
		}
		// Another process that starts now knows of it.
		other := w.another()
		other.advance(20 * time.Minute)
		other.watchOnce()
		if n := w.kinds(); n[community.AlertOpened] != 3 {
			t.Errorf("a second process told of it again: %v", n)
		}
	})
}

// An alert about a connection says how it ended, and by how much it was over what.
func TestAnAlertSaysHowItEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.typed(0, AlertsKey, `{"outage_minutes":5,"cooldown_minutes":60}`)
		accounts, err := w.e.Accounts(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, end := range []struct {
			how, zh, en string
			state       connector.State
			removed     bool
		}{
			{"removed", "已移除", "was removed", connector.Offline, true},
			{"unwatched", "没有恢复", "is not back", connector.Offline, false},
			{"", "已恢复在线", "is online again", connector.Online, false},
		} {
			w.health(connector.Offline)
			w.watchOnce()
			w.advance(6 * time.Minute)
			w.watchOnce()
			firing := w.firing()
			if len(firing) != 1 {
				t.Fatalf("%q: %+v", end.how, firing)
			}
			if text, err := alertWords(&firing[0], "", time.UTC, chinese, "", ""); err != nil || !strings.Contains(text, " 分钟（界线 5 分钟）") {
				t.Errorf("%q: %v %q", end.how, err, text)
			}
			accounts[0].Health.State, accounts[0].Removed = end.state, end.removed
			var drafts []store.Draft
			w.read(func(ctx context.Context, q store.Querier) (err error) {
				if drafts, err = w.e.differences(ctx, q, 1, nil, firing, map[string]bool{CauseConnection: true}, w.now()); err != nil {
					return err
				}
				return endings(ctx, q, 1, drafts, firing, accounts)
			})
			if _, err := w.db.Append(t.Context(), 1, drafts...); err != nil {
				t.Fatal(err)
			}
			w.decide()
			var over store.Alert
			w.read(func(ctx context.Context, q store.Querier) error {
				over, _, err = store.AlertByID(ctx, q, 1, firing[0].ID)
				return err
			})
			for language, want := range map[string]string{chinese: end.zh, "en": end.en} {
				if text, err := alertWords(&over, "", time.UTC, language, "", ""); err != nil || over.Data["ended"] != end.how || !strings.Contains(text, want) {
					t.Errorf("%q: %v %q", end.how, err, text)
				}
			}
		}
	})
}

func TestAGroupThatFallsSilent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.health(connector.Online)
		talk := func(group string, n int) {
			for i := range n {
				w.observe(w.say(group, fmt.Sprint("u", i%5), "早"))
			}
		}
		for range 16 {
			talk("g", 8)
			talk("quiet", 1)
			w.advance(24 * time.Hour)
		}
		talk("g", 8)
		w.project()
		w.typed(0, AlertsKey, `{"silent_from":5,"silent_hours":10}`)
		w.health(connector.Online)
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
		w.advance(14 * time.Hour) // of which eight are night
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Fatalf("after six hours by day: %+v", got)
		}
		w.advance(5 * time.Hour)
		w.watchOnce()
		got := w.firing()
		if len(got) != 1 || got[0].Cause != CauseSilent || got[0].Group != 1 || got[0].Data["usual"] != "8" || got[0].Data["hours"] != "11" || got[0].Severity != store.Watch {
			t.Fatalf("%+v", got)
		}
		talk("g", 1)
		w.project()
		w.advance(silenceEvery)
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Errorf("it spoke again: %+v", got)
		}
		w.ended(got[0].ID, "")
		// What could not be heard is no silence.
		w.observe(connector.Observation{Kind: community.CoverageLost, Group: "g", At: w.now(), ID: "away"})
		w.advance(30 * time.Hour)
		w.project()
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Errorf("while nothing could be heard: %+v", got)
		}
	})
}

func TestOverdueTasksCallTheKeeper(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		w.health(connector.Online)
		w.typed(1, DeliveryKey, `{"task_minutes":60}`)
		w.asked(ask("1", community.Action{Kind: community.Send, Text: "一"}))
		w.dispatch()
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
		w.advance(61 * time.Minute)
		w.watchOnce()
		got := w.firing()
		if len(got) != 1 || got[0].Cause != CauseOverdue || got[0].Group != 1 || got[0].Data["count"] != "1" {
			t.Fatalf("%+v", got)
		}
		opened := w.tasks(store.TaskFilter{State: store.TaskOpen})[0].OpenedAt.Format("01-02 15:04")
		for language, want := range map[string]string{chinese: "· 发送消息，" + opened + " 起\n", "en": "- To send a message, since " + opened + "\n"} {
			if text, err := alertWords(&got[0], "群", time.UTC, language, "https://qun.example.com", alertPage(&got[0])); err != nil || !strings.Contains(text, want) || !strings.HasSuffix(text, " https://qun.example.com/tasks?group=1") && !strings.HasSuffix(text, "：https://qun.example.com/tasks?group=1") {
				t.Errorf("%v %q", err, text)
			}
		}
		w.mustDo(Command{Kind: community.TaskClose, Key: "done", By: 7, Task: w.tasks(store.TaskFilter{State: store.TaskOpen})[0].ID, How: "done", Text: "做完了"})
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if err := w.e.SaveSetting(t.Context(), 1, 1, AlertsKey, json.RawMessage(`{"overdue":false}`), 0, 7); err != nil {
			t.Fatal(err)
		}
		w.asked(ask("2", community.Action{Kind: community.Send, Text: "二"}))
		w.dispatch()
		w.advance(2 * time.Hour)
		w.watchOnce()
		if got := w.firing(); len(got) != 0 {
			t.Errorf("where nobody wants to know: %+v", got)
		}
	})
}

// ended wants to know why an alert about a group ended: "" is that all is well.
func (w *world) ended(id community.Seq, want string) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		a, _, err := store.AlertByID(ctx, q, 1, id)
		if a.State != store.Resolved || a.Data["ended"] != want {
			w.t.Errorf("alert %d is %s and ended %q, not %q", id, a.State, a.Data["ended"], want)
		}
		return err
	})
}

// That nobody wants to be told any more, or that a silence has become usual, is not
// told as "all is well".
func TestAnAlertAboutAGroupSaysHowItEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		w.health(connector.Online)
		w.typed(1, DeliveryKey, `{"task_minutes":60}`)
		w.typed(0, AlertsKey, `{"silent_from":5,"silent_hours":10,"outage_minutes":0}`)
		for range 16 {
			for i := range 8 {
				w.observe(w.say("g", fmt.Sprint("u", i), "早"))
			}
			w.advance(24 * time.Hour)
		}
		one := func(cause string) store.Alert {
			t.Helper()
			w.project()
			w.watchOnce()
			got := w.firing()
			at := slices.IndexFunc(got, func(a store.Alert) bool { return a.Cause == cause })
			if at < 0 {
				t.Fatalf("no alert of %s: %+v", cause, got)
			}
			return got[at]
		}
		silent := one(CauseSilent)
		w.advance(8 * 24 * time.Hour) // now its middle day has no message
		w.watchOnce()
		w.ended(silent.ID, "unwatched")
		w.asked(ask("1", community.Action{Kind: community.Send, Text: "一"}))
		w.dispatch()
		w.advance(61 * time.Minute)
		late := one(CauseOverdue)
		w.typed(1, AlertsKey, `{"overdue":false}`)
		w.watchOnce()
		w.ended(late.ID, "unwatched")
		for language, want := range map[string]string{chinese: "设置里不再为它预警", "en": "no alert about them"} {
			late.State, late.Data["ended"] = store.Resolved, "unwatched"
			if text, err := alertWords(&late, "群", time.UTC, language, "", ""); err != nil || !strings.Contains(text, want) {
				t.Errorf("%v %q", err, text)
			}
		}
	})
}

// An alert about a question says since when it was asked, not since when it is a task.
func TestALateQuestionIsToldByWhenItWasAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.typed(1, automation.WaitingKey, `{"on":true,"minutes":5,"from":0,"to":1439}`)
		asked := w.now()
		w.observe(w.say("g", "u1", "请问几点开门？"))
		w.decide()
		w.advance(6 * time.Minute)
		w.tick()
		w.decide() // it is due
		w.decide() // and a task
		tasks := w.tasks(store.TaskFilter{State: store.TaskOpen})
		if len(tasks) != 1 {
			t.Fatalf("%+v", tasks)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			lines, err := taskLines(ctx, q, 1, tasks)
			got := lateTasks(map[string]string{"tasks": lines}, time.UTC)
			if len(got) != 1 || got[0].Kind != WaitingTask || got[0].Since != asked.Format("01-02 15:04") || !strings.HasPrefix(got[0].Link, "/messages?group=1&at=") {
				t.Errorf("%q: %+v, asked %v", lines, got, asked)
			}
			return err
		})
	})
}
