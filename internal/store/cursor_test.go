package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/store"
)

// Many workers take the log step by step; each step is taken by one of them, and
// what a loser has written is gone.
func TestOneWorkerWinsEachStep(t *testing.T) {
	const steps = 30
	onBoth(t, func(t *testing.T, db *opened) {
		mustAppend(t, db.DB, 1, numbered(1))
		all := []*store.DB{db.DB, db.again(t)}
		var won, lost atomic.Int64
		var wg sync.WaitGroup
		for w := range 6 {
			wg.Go(func() {
				mine := all[w%2]
				for {
					at := read(t, mine, func(ctx context.Context, q store.Querier) (community.Seq, error) {
						return store.Cursor(ctx, q, 1, store.Decide)
					})
					if at >= steps {
						return
					}
					err := mine.Write(t.Context(), func(tx *store.Tx) error {
						if err := tx.MoveCursor(1, store.Decide, at, at+1); err != nil {
							return err
						}
						return tx.Schedule(1, store.Due{Key: community.Key{byte(at), byte(w)}, At: begin, Kind: "send", Data: "{}"})
					})
					switch {
					case err == nil:
						won.Add(1)
					case errors.Is(err, store.ErrLost):
						lost.Add(1)
					default:
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		dues := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.Due, error) { return store.Dues(ctx, q, 1, begin) })
		t.Logf("%d steps won, %d lost", won.Load(), lost.Load())
		if won.Load() != steps || len(dues) != steps {
			t.Errorf("%d steps were won and %d effects are there, want %d", won.Load(), len(dues), steps)
		}
	})
}

func TestCursorsAreApart(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		write(t, db.DB, func(tx *store.Tx) error { return tx.MoveCursor(1, store.Decide, 0, 5) })
		for _, c := range []struct {
			community community.ID
			loop      store.Loop
			want      community.Seq
		}{{1, store.Decide, 5}, {1, store.Project, 0}, {2, store.Decide, 0}} {
			got := read(t, db.DB, func(ctx context.Context, q store.Querier) (community.Seq, error) {
				return store.Cursor(ctx, q, c.community, c.loop)
			})
			if got != c.want {
				t.Errorf("community %d, %s: %d, want %d", c.community, c.loop, got, c.want)
			}
		}
		for _, from := range []community.Seq{0, 4, 6} {
			if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.MoveCursor(1, store.Decide, from, 9) }); !errors.Is(err, store.ErrLost) {
				t.Errorf("from %d: %v", from, err)
			}
		}
	})
}

func TestParked(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		mustAppend(t, db.DB, 1, numbered(1), numbered(2))
		write(t, db.DB, func(tx *store.Tx) error { return tx.Park(1, store.Decide, 2, "panic: \x00\xff", 7) })
		list := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.ParkedEvent, error) {
			return store.Parked(ctx, q, 1)
		})
		if len(list) != 1 || list[0].Event.Seq != 2 || list[0].State != "parked" || !utf8.ValidString(list[0].Error) || strings.Contains(list[0].Error, "\x00") {
			t.Errorf("%+v", list)
		}
		for _, want := range []bool{true, false} {
			write(t, db.DB, func(tx *store.Tx) error {
				if got, err := tx.Unpark(1, store.Decide, 2); err != nil || got != want {
					t.Errorf("unparked: %v, %v; want %v", got, err, want)
				}
				return nil
			})
		}
	})
}
