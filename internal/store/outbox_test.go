package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

func action(n byte) community.Action {
	return community.Action{Community: 1, Group: 1, Key: community.Key{n}, Kind: community.Send, Text: "你好\x00\xff",
		Cause: community.Cause{Seq: community.Seq(n), Rule: "staff"}, DueAt: begin}
}

func outbox(t *testing.T, db *store.DB) []store.Outgoing {
	t.Helper()
	return read(t, db, func(ctx context.Context, q store.Querier) ([]store.Outgoing, error) {
		return store.Outbox(ctx, q, 1, "", 0, 0, 100)
	})
}

func TestAnActionIsClaimedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		const actions = 20
		write(t, db.DB, func(tx *store.Tx) error {
			for n := range byte(actions) {
				for range 2 { // the same key twice is one action
					if err := tx.Enqueue(action(n+1), store.Queued); err != nil {
						return err
					}
				}
			}
			return nil
		})
		all := []*store.DB{db.DB, db.again(t)}
		var claimed atomic.Int64
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				mine := all[w%2]
				due := read(t, mine, func(ctx context.Context, q store.Querier) ([]store.Outgoing, error) {
					return store.DueActions(ctx, q, 1, begin, 100)
				})
				for i := range due {
					if err := mine.Write(t.Context(), func(tx *store.Tx) error {
						ok, err := tx.Claim(&due[i], begin.Add(time.Second))
						if ok {
							claimed.Add(1)
						}
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if claimed.Load() != actions {
			t.Errorf("%d actions were claimed %d times", actions, claimed.Load())
		}
	})
}

func TestTheWayOfAnAction(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		write(t, db.DB, func(tx *store.Tx) error { return tx.Enqueue(action(1), store.Queued) })
		o := outbox(t, db.DB)[0]
		if o.Text != "你好\uFFFD" {
			t.Errorf("text %q", o.Text)
		}
		write(t, db.DB, func(tx *store.Tx) error {
			if ok, err := tx.Claim(&o, begin); err != nil || !ok {
				t.Errorf("claimed: %v, %v", ok, err)
			}
			if err := tx.Requeue(1, o.Key, begin.Add(time.Minute), store.Trouble{Code: "satori/busy", Said: "wait", Error: "busy"}); err != nil {
				return err
			}
			return tx.Requeue(1, o.Key, begin, store.Trouble{Error: "not claimed: left alone"})
		})
		if o = outbox(t, db.DB)[0]; o.State != store.Queued || o.Attempts != 1 || !o.DueAt.Equal(begin.Add(time.Minute)) || o.Trouble != (store.Trouble{Code: "satori/busy", Said: "wait", Error: "busy"}) {
			t.Errorf("%+v", o)
		}
		for i, want := range []bool{true, true, false} { // queued → unknown → done, and that is the end
			s := []store.OutboxState{store.Unknown, store.Done, store.Failed}[i]
			write(t, db.DB, func(tx *store.Tx) error {
				if ok, err := tx.Settle(1, o.Key, s, begin, "m\x001", store.Trouble{Code: "why", Said: "no\xff", Error: "why\xff"}); err != nil || ok != want {
					t.Errorf("settled as %s: %v, %v", s, ok, err)
				}
				return nil
			})
		}
		if o = outbox(t, db.DB)[0]; o.State != store.Done || o.Receipt != "m1" {
			t.Errorf("%+v", o)
		}
	})
}

// Numbers beyond 32 bits are numbers too.
func TestLargeNumbersAreAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		const far = 1 << 40
		write(t, db.DB, func(tx *store.Tx) error {
			a := action(1)
			a.Cause.Seq, a.Group = far, far
			return tx.Enqueue(a, store.Queued)
		})
		read(t, db.DB, func(ctx context.Context, q store.Querier) (int, error) {
			if list, err := store.Outbox(ctx, q, 1, store.Queued, far, far+1, 10); err != nil || len(list) != 1 {
				t.Errorf("outbox: %v, %v", list, err)
			}
			if _, found, err := store.SettingAt(ctx, q, 1, far, "welcome", far); err != nil || found {
				t.Errorf("setting: %v, %v", found, err)
			}
			if list, err := store.Imports(ctx, q, 1, far); err != nil || len(list) != 0 {
				t.Errorf("imports: %v, %v", list, err)
			}
			return 0, nil
		})
	})
}

func TestASettingIsSavedByWhoSawTheLast(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		save := func(based int64, value string) (s store.Setting, err error) {
			err = db.Write(t.Context(), func(tx *store.Tx) (err error) {
				change := store.Draft{Event: community.Event{At: begin, Source: "staff",
					Key: community.KeyParts{Kind: community.SettingsChanged, ID: value}.Key()}}
				s, err = tx.SaveSetting(1, store.Setting{Group: 3, Key: "welcome", Value: value}, based, 7, change)
				return err
			})
			return s, err
		}
		for i := range int64(3) {
			mustAppend(t, db.DB, 1, numbered(int(i)))
			s, err := save(i, `{"text":"`+string(rune('a'+i))+`"}`)
			if err != nil || s.Version != i+1 || s.Seq != community.Seq(2*i+2) {
				t.Errorf("%+v, %v", s, err)
			}
			if _, err := save(i, `{"text":"stale"}`); community.CodeOf(err) != community.Conflict {
				t.Errorf("based on an older version: %v", err)
			}
		}
		for seq, want := range map[community.Seq]int64{1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 99: 3, 0: 3} {
			read(t, db.DB, func(ctx context.Context, q store.Querier) (int, error) {
				s, found, err := store.SettingAt(ctx, q, 1, 3, "welcome", seq)
				if err != nil || s.Version != want || found != (want > 0) {
					t.Errorf("at %d: %+v, %v", seq, s, err)
				}
				return 0, err
			})
		}
		log := logOf(t, db.DB, 1)
		checkDense(t, log)
		if len(log) != 6 || log[1].Kind != community.SettingsChanged || log[1].Body.Data["key"] != "welcome" || log[5].Body.Data["version"] != "3" {
			t.Errorf("%+v", log)
		}
	})
}
