package store_test

import (
	"context"
	"testing"

	"qunying/connector"
	"qunying/internal/store"
)

func TestWhatWasMadeIsKnownByItsRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		made := func() (string, bool) {
			t.Helper()
			type found struct {
				id    string
				known bool
			}
			f := read(t, db.DB, func(ctx context.Context, q store.Querier) (f found, err error) {
				f.id, f.known, err = store.Made(ctx, q, 1, "app", "k1")
				return f, err
			})
			return f.id, f.known
		}
		write := func(f func(tx *store.Tx) error) {
			t.Helper()
			if err := db.Write(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		if id, known := made(); known {
			t.Errorf("known as %q before", id)
		}
		write(func(tx *store.Tx) error { return tx.NoteMaking(1, "app", "k1", 7, db.Now()) })
		if id, known := made(); !known || id != "" {
			t.Errorf("under way it is %q, %v", id, known)
		}
		write(func(tx *store.Tx) error { return tx.NoteMade(1, "app", "k1", "cfg9") })
		if id, known := made(); !known || id != "cfg9" {
			t.Errorf("made it is %q, %v", id, known)
		}
		write(func(tx *store.Tx) error { return tx.NoteMade(1, "app", "k1", "") })
		if _, known := made(); known {
			t.Error("what failed is still known")
		}
	})
}

func TestPlatformDaysAddOwnersUp(t *testing.T) {
	onBoth(t, func(t *testing.T, db *opened) {
		list := []connector.OwnerCounts{{Owner: "zhang", PlatformCounts: connector.PlatformCounts{Groups: 2, Messages: 30}},
			{Owner: "li", PlatformCounts: connector.PlatformCounts{Groups: 1, Messages: 12}}}
		for range 2 { // asked again, it does not count twice
			if err := db.Write(t.Context(), func(tx *store.Tx) error {
				if err := tx.SavePlatformDay(1, "app", 20000, list, db.Now()); err != nil {
					return err
				}
				return tx.SavePlatformDay(1, "app", 20001, nil, db.Now())
			}); err != nil {
				t.Fatal(err)
			}
		}
		days := read(t, db.DB, func(ctx context.Context, q store.Querier) ([]store.PlatformDay, error) {
			return store.PlatformDays(ctx, q, 1, "app", 19999, 20001)
		})
		if len(days) != 2 || days[0].Groups != 3 || days[0].Messages != 42 || days[1].PlatformCounts != (connector.PlatformCounts{}) || days[1].Asked.IsZero() {
			t.Errorf("the days are %+v", days)
		}
	})
}
