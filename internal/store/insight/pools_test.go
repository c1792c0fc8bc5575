package insightdb_test

import (
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/testdb/ready"
)

// What is remembered of the days of all groups is what a fresh reader finds, while
// days grow, come, and change because people were merged.
func TestPoolsFollowTheDays(t *testing.T) {
	t.Parallel()
	for _, on := range []struct {
		name string
		dsn  func(testing.TB) string
	}{
		{"sqlite", ready.SQLite},
		{"postgres", ready.Postgres},
	} {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			db, err := store.Open(ctx, on.dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			save := func(day community.Day, messages int, speakers ...uint32) {
				t.Helper()
				if err := db.Write(ctx, func(tx *store.Tx) error {
					return insightdb.SaveCommunityDays(tx, community.DefaultID, []*insightdb.CommunityDay{{Day: day, Messages: messages, Speakers: roaring.BitmapOf(speakers...)}})
				}); err != nil {
					t.Fatal(err)
				}
			}
			var pools insightdb.Pools
			links := store.Links{}
			check := func(what string, from, to community.Day) {
				t.Helper()
				if err := db.Read(ctx, func(q store.Querier) error {
					want, _, err := (*insightdb.Pools)(nil).Days(ctx, q, community.DefaultID, links, from, to)
					if err != nil {
						return err
					}
					got, unions, err := pools.Days(ctx, q, community.DefaultID, links, from, to)
					if err != nil {
						return err
					}
					if !slices.EqualFunc(got, want, func(a, b *insight.GroupDay) bool {
						return a.Day == b.Day && a.Messages == b.Messages && a.Speakers.Equals(b.Speakers)
					}) {
						t.Errorf("%s: other days are remembered", what)
					}
					s := insight.Span{From: from, To: to}
					if a, b := unions.Of(s, got), (*insight.Unions)(nil).Of(s, want); !a.Equals(b) {
						t.Errorf("%s: the union is %v, want %v", what, a, b)
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			check("nothing", 10, 20)
			save(10, 3, 1, 2)
			save(11, 2, 2, 3)
			save(12, 1, 9)
			check("the first time", 10, 20)
			check("again", 10, 20)
			check("a part", 11, 12)
			save(12, 4, 9, 10)
			save(14, 1, 11)
			check("the last day grew and one came", 10, 20)
			save(11, 5, 2, 3, 4)
			check("a day in the middle grew", 10, 20)
			save(11, 5, 2, 4)
			links = store.Links{3: 2}
			check("people were merged", 10, 20)
		})
	}
}
