package insightdb_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/testdb/ready"
)

// How groups were judged is remembered until their weeks, a limit or the groups
// themselves are different.
func TestJudgementsFollowWhatTheyAreMadeOf(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), community.DefaultID
	db, err := store.Open(ctx, ready.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	group := func(n int) {
		t.Helper()
		name := fmt.Sprint("g", n)
		if _, err := db.Append(ctx, c, store.Draft{Network: "sim", Group: name, GroupName: name, Zone: "UTC", Event: community.Event{
			Key:  community.KeyParts{Kind: community.MemberJoined, Network: "sim", Group: name, ID: name}.Key(),
			Kind: community.MemberJoined, At: time.Unix(1_800_000_000, 0), Source: "test",
		}}); err != nil {
			t.Fatal(err)
		}
	}
	write := func(f func(*store.Tx) error) {
		t.Helper()
		if err := db.Write(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	weeks := func(g community.GroupID, last float64) {
		t.Helper()
		w := insight.Weeks{End: 20_000, Values: map[string][]insight.Window{}}
		for _, m := range insight.BandedMetrics() {
			list := make([]insight.Window, insight.OwnWeeks+1)
			for i := range list {
				v := 0.5 + 0.01*float64(i%3)
				if i == insight.OwnWeeks {
					v = last
				}
				list[i].Value = &v
			}
			w.Values[m.Metric] = list
		}
		write(func(tx *store.Tx) error {
			return insightdb.SaveWeeks(tx, c, []insightdb.GroupWeeks{{Group: g, Weeks: w}})
		})
	}
	var kept insightdb.Judgements
	var last []insightdb.GroupHealth
	check := func(what string, differs bool) {
		t.Helper()
		if err := db.Read(ctx, func(q store.Querier) error {
			want, waiting, err := insightdb.Healths(ctx, q, c)
			if err != nil {
				return err
			}
			got, alsoWaiting, err := kept.Bands(ctx, q, c)
			if err != nil {
				return err
			}
			without := []cmp.Option{cmpopts.IgnoreFields(insight.Reading{}, "Judged", "Past"), cmpopts.IgnoreFields(insightdb.GroupHealth{}, "Settings"),
				cmpopts.EquateComparable(community.Group{}), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })}
			if diff := cmp.Diff(want, got, without...); diff != "" || waiting != alsoWaiting {
				t.Errorf("%s: %d and %d wait (-judged anew +remembered):\n%s", what, waiting, alsoWaiting, diff)
			}
			for i := range want {
				one, err := kept.HealthOf(ctx, q, c, want[i].ID, community.Day(20_000).Start(time.UTC).Add(time.Hour))
				if err != nil {
					return err
				}
				if diff := cmp.Diff(want[i], one, without[2:]...); diff != "" {
					t.Errorf("%s: group %d alone (-among all +alone):\n%s", what, want[i].ID, diff)
				}
			}
			if same := cmp.Equal(last, got, without...); same == differs {
				t.Errorf("%s: differs from before: %t, want %t", what, !same, differs)
			}
			last = got
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 7 {
		group(n)
		weeks(community.GroupID(n+1), 0.5)
	}
	check("the first time", true)
	check("again", false)
	weeks(3, 0.1)
	check("a group's week is another", true)
	group(7)
	check("a group is there without weeks", false)
	weeks(8, 0.9)
	check("it has weeks", true)
	write(func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO setting (community_id, group_id, key, version, value, seq, staff_id, at) VALUES ($1, 0, $2, 1, $3, 1, 0, 0)`,
			int64(c), insight.BandsKey, `{"cuts":{"activity_rate":{"watch":0.7}}}`)
		return err
	})
	check("somebody typed a limit", true)
	write(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE chat_group SET name = 'called otherwise' WHERE group_id = 2`)
		return err
	})
	check("a group is called otherwise", true)
}
