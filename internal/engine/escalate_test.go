package engine

import (
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

func TestATaskGoesOnToTheBackup(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		w.typed(1, KeeperKey, `{"staff":5,"backup":6}`)
		w.typed(1, DeliveryKey, `{"task_minutes":60}`)
		w.asked(ask("1", community.Action{Kind: community.Send, Text: "一"}))
		w.asked(ask("2", community.Action{Kind: community.Announce, Text: "二"}))
		w.dispatch()
		pass := func() (list []store.Task) {
			t.Helper()
			w.tick()
			w.decide()
			return w.tasks(store.TaskFilter{State: store.TaskOpen})
		}
		w.advance(29 * time.Minute)
		for _, task := range pass() {
			if task.Keeper != 5 || task.Backup != 6 {
				t.Fatalf("before half of its time: %+v", task)
			}
		}
		w.mustDo(Command{Kind: community.TaskClose, Key: "done", By: 5, Task: w.tasks(store.TaskFilter{State: store.TaskOpen})[0].ID, How: "done", Text: "好了"})
		w.advance(2 * time.Minute)
		if open := pass(); len(open) != 1 || open[0].Keeper != 6 || open[0].Backup != 0 {
			t.Errorf("after half of its time: %+v", open)
		}
		if done := w.tasks(store.TaskFilter{State: store.TaskDone}); len(done) != 1 || done[0].Keeper != 5 {
			t.Errorf("what was done before: %+v", done)
		}
		w.advance(time.Hour)
		if open := pass(); len(open) != 1 || open[0].Keeper != 6 {
			t.Errorf("it went on: %+v", open)
		}
	})
}

// What failed waits for people until they say that they have dealt with it.
func TestWhatFailedIsDismissed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		w.asked(ask("1", community.Action{Kind: community.Send, Text: "一"}))
		o := w.outbox()[0]
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Settle(1, o.Key, store.Failed, w.now(), "", because(WhyGone))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		failed := func() int {
			t.Helper()
			var a store.Attention
			if err := w.db.Read(t.Context(), func(q store.Querier) (err error) {
				a, err = store.AttentionNow(t.Context(), q, 1, nil, w.now(), w.now().Add(-time.Hour))
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return a.Failed
		}
		if failed() != 1 {
			t.Fatal("it waits for nobody")
		}
		w.mustDo(Command{Kind: community.ActionCancel, Key: "dealt with", By: 7, Action: community.Action{Key: o.Key}})
		if failed() != 0 || w.outbox()[0].State != store.Failed || w.outbox()[0].Handled.IsZero() {
			t.Errorf("%d wait, %+v", failed(), w.outbox()[0])
		}
	})
}
