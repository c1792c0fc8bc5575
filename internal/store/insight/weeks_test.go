package insightdb_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/testdb/ready"
)

// After an update weeks that cannot be read any more are counted at once, and not
// only when their day is over.
func TestWeeksOfAnotherFormAreStale(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{
		"sqlite":   ready.SQLite,
		"postgres": ready.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, c, now := t.Context(), community.DefaultID, time.Unix(1_800_000_000, 0)
			db, err := store.Open(ctx, dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			write := func(f func(*store.Tx) error) {
				t.Helper()
				if err := db.Write(ctx, f); err != nil {
					t.Fatal(err)
				}
			}
			stale := func() (groups []community.GroupID) {
				t.Helper()
				if err := db.Read(ctx, func(q store.Querier) error {
					heads, err := insightdb.StaleWeeks(ctx, q, c, now, 10)
					for _, h := range heads {
						groups = append(groups, h.ID)
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return groups
			}
			for _, g := range []string{"one", "two"} {
				if _, err := db.Append(ctx, c, store.Draft{Network: "sim", Group: g, GroupName: g, Zone: "UTC", Event: community.Event{
					Key:  community.KeyParts{Kind: community.MemberJoined, Network: "sim", Group: g, ID: g}.Key(),
					Kind: community.MemberJoined, At: now, Source: "test",
				}}); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff([]community.GroupID{1, 2}, stale()); diff != "" {
				t.Fatalf("before they are counted: %s", diff)
			}
			var rows []insightdb.GroupWeeks
			if err := db.Read(ctx, func(q store.Querier) error {
				heads, _, err := insightdb.Heads(ctx, q, c)
				for _, h := range heads {
					rows = append(rows, insightdb.GroupWeeks{Group: h.ID, Weeks: insight.Weeks{End: h.Today(now)}})
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			write(func(tx *store.Tx) error { return insightdb.SaveWeeks(tx, c, rows) })
			if list := stale(); len(list) != 0 {
				t.Fatalf("counted, %v are stale", list)
			}
			write(func(tx *store.Tx) error {
				_, err := tx.Exec(`UPDATE view_weeks SET weeks = $1 WHERE group_id = 2`, []byte{insight.WeeksForm - 1, 0, 0})
				return err
			})
			if diff := cmp.Diff([]community.GroupID{2}, stale()); diff != "" {
				t.Errorf("written by another version: %s", diff)
			}
		})
	}
}
