package insightdb_test

import (
	"context"
	"fmt"
	"testing"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/testdb/ready"
)

// Who goes on after the last day that was counted comes to all of them, though the
// first ones are marked again meanwhile.
func TestStaleTalksGoOnAfterOne(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{
		"sqlite":   ready.SQLite,
		"postgres": ready.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			db, err := store.Open(ctx, dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			days := []insightdb.GroupDay{{Group: 1, Day: 5}, {Group: 1, Day: 6}, {Group: 2, Day: 5}, {Group: 3, Day: 4}}
			mark := func(days ...insightdb.GroupDay) {
				t.Helper()
				touch := insightdb.Touch{Talks: map[insightdb.GroupDay]bool{}}
				for _, d := range days {
					touch.Talks[d] = true
				}
				if err := db.Write(ctx, func(tx *store.Tx) error { return insightdb.MarkTalks(tx, community.DefaultID, &touch) }); err != nil {
					t.Fatal(err)
				}
			}
			mark(days...)
			after := insightdb.GroupDay{}
			for i, want := range []string{"[{1 5} {1 6}]", "[{2 5} {3 4}]", "[]"} {
				var got []insightdb.GroupDay
				if err := db.Read(ctx, func(q store.Querier) (err error) {
					got, err = insightdb.StaleTalks(ctx, q, community.DefaultID, after, 2)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				var shown []string
				var counted []insightdb.DayTalk
				for _, d := range got {
					shown = append(shown, fmt.Sprintf("{%d %d}", d.Group, int64(d.Day)))
					counted = append(counted, insightdb.DayTalk{GroupDay: d, Talk: insight.NewListener(nil).Take(d.Day)})
					after = d
				}
				if s := fmt.Sprint(shown); s != want {
					t.Errorf("step %d: %s, want %s", i, s, want)
				}
				if err := db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return insightdb.SaveTalks(tx, community.DefaultID, counted) }); err != nil {
					t.Fatal(err)
				}
				mark(days[0])
			}
		})
	}
}
