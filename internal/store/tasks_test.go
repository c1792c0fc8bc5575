package store_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// task opens a task for the action n, due after n minutes.
func task(t *testing.T, db *opened, n byte, keeper community.StaffID) {
	t.Helper()
	write(t, db.DB, func(tx *store.Tx) error {
		a := action(n)
		if err := tx.Enqueue(a, store.Queued); err != nil {
			return err
		}
		return tx.OpenTask(store.Task{Community: 1, ID: community.Seq(n), Kind: store.ActionTask, Group: community.GroupID(n % 2), Keeper: keeper,
			OpenedAt: begin, DueAt: begin.Add(time.Duration(n) * time.Minute), Action: store.Outgoing{Action: a}})
	})
}

func TestTasksByPages(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		for n := range byte(6) {
			task(t, db, n+1, community.StaffID(n%3))
		}
		for n, state := range map[byte]store.TaskState{2: store.TaskDone, 4: store.TaskDropped, 6: store.TaskDone} {
			write(t, db.DB, func(tx *store.Tx) error {
				for i := range 2 { // closed once
					closed, err := tx.CloseTask(1, community.Key{n}, store.Closing{State: state, At: begin.Add(time.Duration(n) * time.Hour), By: 3, How: "person", Proof: "x\x00"})
					if err != nil || closed != (i == 0) {
						return fmt.Errorf("closed %t: %w", closed, err)
					}
				}
				return nil
			})
		}
		list := func(f store.TaskFilter) (ids []int) {
			t.Helper()
			f.Limit = 2
			for {
				page := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Task, error) { return store.Tasks(ctx, q, 1, f) })
				for _, task := range page {
					ids = append(ids, int(task.ID))
					if task.Action.Text != "你好\ufffd" || task.Action.Key != (community.Key{byte(task.ID)}) {
						t.Errorf("%+v", task)
					}
				}
				if len(page) < 2 {
					return ids
				}
				f.After = page[1].Place()
			}
		}
		for name, c := range map[string]struct {
			f    store.TaskFilter
			want []int
		}{
			"open":          {store.TaskFilter{State: store.TaskOpen}, []int{1, 3, 5}},
			"done":          {store.TaskFilter{State: store.TaskDone}, []int{6, 2}},
			"dropped":       {store.TaskFilter{State: store.TaskDropped}, []int{4}},
			"of a group":    {store.TaskFilter{State: store.TaskOpen, Group: 1}, []int{1, 3, 5}},
			"of nobody":     {store.TaskFilter{State: store.TaskOpen, Group: 9}, nil},
			"somebody's":    {store.TaskFilter{State: store.TaskOpen, Keeper: 2}, []int{1, 3}}, // 1 is anybody's
			"not proposed":  {store.TaskFilter{State: store.TaskOpen, Proposed: true}, nil},
			"somebody else": {store.TaskFilter{State: store.TaskOpen, Keeper: 1}, []int{1, 5}},
		} {
			if got := list(c.f); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		all := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Task, error) {
			return store.Tasks(ctx, q, 1, store.TaskFilter{})
		})
		if len(all) != 6 || all[0].ID != 1 || all[5].ID != 2 || all[5].Proof != "x" || all[5].ClosedBy != 3 {
			t.Errorf("%+v", all)
		}
		task(t, db, 2, 1) // handed over again: the same task is open again
		again := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Task, error) {
			task, _, err := store.TaskByAction(ctx, q, 1, community.Key{2})
			return []store.Task{task}, err
		})
		if again[0].State != store.TaskOpen || again[0].Proof != "" || !again[0].ClosedAt.IsZero() {
			t.Errorf("%+v", again)
		}
	})
}

func TestTasksOfActionsAreToldFromOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		other := func(id community.Seq, g community.GroupID) {
			t.Helper()
			write(t, db.DB, func(tx *store.Tx) error {
				return tx.OpenTask(store.Task{Community: 1, ID: id, Kind: "page", Group: g, OpenedAt: begin, DueAt: begin,
					Action: store.Outgoing{Action: community.Action{Key: community.Key{byte(id)}}}})
			})
		}
		task(t, db, 1, 0) // in group 1
		task(t, db, 2, 0) // in group 0
		other(11, 1)
		other(12, 2)
		actions := store.TaskFilter{State: store.TaskOpen, Actions: true, Limit: 2}
		check := func(groups map[community.GroupID]bool, want ...community.Seq) {
			t.Helper()
			var ids []community.Seq
			for _, task := range read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Task, error) {
				return store.Tasks(ctx, q, 1, actions)
			}) {
				ids = append(ids, task.ID)
			}
			got := read(t, db.DB, func(ctx context.Context, q store.Querier) (map[community.GroupID]bool, error) {
				return store.TaskGroups(ctx, q, 1)
			})
			if !slices.Equal(ids, want) || !maps.Equal(got, groups) {
				t.Errorf("%v in the groups %v, want %v in %v", ids, got, want, groups)
			}
		}
		check(map[community.GroupID]bool{0: true, 1: true}, 1, 2)
		write(t, db.DB, func(tx *store.Tx) error {
			_, err := tx.CloseTask(1, community.Key{1}, store.Closing{State: store.TaskDone, At: begin})
			return err
		})
		check(map[community.GroupID]bool{0: true}, 2)
		actions.State, actions.Limit = "", 9
		check(map[community.GroupID]bool{0: true}, 2, 1)
	})
}

func TestAQueueHidesNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		write(t, db.DB, func(tx *store.Tx) error {
			for n := range byte(50) {
				a := action(n + 1)
				if a.Class = community.Broadcast; n == 40 {
					a.Class = community.Moderation
				}
				if n == 45 {
					a.Group = 2
				}
				if err := tx.Enqueue(a, store.Queued); err != nil {
					return err
				}
			}
			return nil
		})
		due := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Outgoing, error) {
			return store.DueActions(ctx, q, 1, begin, 2)
		})
		var got []byte
		for _, o := range due {
			got = append(got, o.Key[0])
		}
		if !slices.Equal(got, []byte{41, 1, 2, 46}) {
			t.Errorf("%v", got)
		}
	})
}

func TestWhatActionsCarry(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		a := action(1)
		a.Class, a.Until = community.Moderation, begin.Add(time.Hour)
		a.Detail = community.Detail{Parts: []community.Part{{Content: community.Image, Data: []byte{0, 1}}}, Mentions: []community.IdentityID{3}, Reason: "广告", Batch: "b", By: 7}
		write(t, db.DB, func(tx *store.Tx) error { return tx.Enqueue(a, store.Queued) })
		got := outbox(t, db.DB)[0]
		if got.Class != a.Class || !got.Until.Equal(a.Until) || got.Detail.Reason != "广告" || len(got.Detail.Parts) != 1 || string(got.Detail.Parts[0].Data) != "\x00\x01" ||
			!slices.Equal(got.Detail.Mentions, a.Detail.Mentions) {
			t.Errorf("%+v", got)
		}
		batch := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Outgoing, error) {
			return store.OutboxByBatch(ctx, q, 1, "b")
		})
		none := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Outgoing, error) {
			return store.OutboxByBatch(ctx, q, 1, "")
		})
		if len(batch) != 1 || len(none) != 0 {
			t.Errorf("%+v, %+v", batch, none)
		}
		write(t, db.DB, func(tx *store.Tx) error {
			got.Account = "wx"
			if ok, err := tx.Claim(&got, begin); err != nil || !ok {
				return fmt.Errorf("claimed %t: %w", ok, err)
			}
			if ok, err := tx.Cancel(1, got.Key, begin, store.Trouble{}); err != nil || ok {
				return fmt.Errorf("cancelled %t while it is sent: %w", ok, err)
			}
			if ok, err := tx.Settle(1, got.Key, store.Failed, begin, "", store.Trouble{Code: "busy", Error: "busy"}); err != nil || !ok {
				return fmt.Errorf("settled %t: %w", ok, err)
			}
			return nil
		})
		acts := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Act, error) {
			return store.ActsSince(ctx, q, 1, "wx", begin)
		})
		if len(acts) != 1 || acts[0] != (store.Act{At: begin, Group: 1, Kind: community.Send}) {
			t.Errorf("%+v", acts)
		}
		for i := range 2 {
			failed := outbox(t, db.DB)[0]
			write(t, db.DB, func(tx *store.Tx) error {
				ok, err := tx.Again(&failed, begin.Add(time.Minute), 7)
				if err != nil || !ok {
					return fmt.Errorf("queued %t: %w", ok, err)
				}
				if ok, err = tx.Again(&failed, begin, 7); err != nil || ok {
					return fmt.Errorf("queued twice %t: %w", ok, err)
				}
				now := failed
				now.State, now.ClaimedAt = store.Queued, time.Time{}
				if _, err := tx.Claim(&now, begin); err != nil {
					return err
				}
				_, err = tx.Settle(1, failed.Key, store.Unknown, begin.Add(time.Hour), "", store.Trouble{Error: "cut"})
				return err
			})
			if o := outbox(t, db.DB)[0]; len(o.Earlier) != i+1 || o.Earlier[0] != (store.Try{State: store.Failed, At: begin.UnixMilli(), Code: "busy", Error: "busy", By: 7}) {
				t.Errorf("%+v", o)
			}
		}
	})
}
