package peopledb_test

import (
	"testing"

	"qunying/community"
	"qunying/internal/store"
	peopledb "qunying/internal/store/people"
	"qunying/internal/testdb/ready"
)

// TestANameOfVeryMany pages through 6,100 who bear one name. All but one never wrote,
// and stand behind the 1,100 who did; that one is linked, and found by the name that
// another identity of theirs has.
func TestANameOfVeryMany(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": ready.SQLite, "postgres": ready.Postgres} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			const wrote, all, linked, other = 1100, 7200, 5, 1101
			if err := db.Write(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
					INSERT INTO view_person (community_id, identity_id, person_id, own_messages, own_first_at, own_spoke_at, messages, first_at, spoke_at)
					SELECT 1, i, CASE WHEN i = $2 THEN $3 ELSE i END, 1, 1, 1, CASE WHEN i = $2 THEN -1 ELSE 1 END, CASE WHEN i = $2 THEN -1 ELSE 1 END,
						CASE WHEN i = $2 THEN -1 WHEN i <= $4 THEN 1000 + i ELSE 0 END FROM n`, all, other, linked, wrote); err != nil {
					return err
				}
				if _, err := tx.Exec(`INSERT INTO view_name (community_id, identity_id, name, first_day, last_day)
					SELECT 1, identity_id, $1, 1, 1 FROM view_person WHERE identity_id > $2`, "阳光", wrote); err != nil {
					return err
				}
				_, err := tx.Exec(`INSERT INTO view_name_part (community_id, part, identity_id)
					SELECT 1, $1, identity_id FROM view_person WHERE identity_id > $2`, []byte("阳光"), wrote)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			// Few at once: who wrote last does not bear it, and those who do are looked up.
			for _, limit := range []int{2000, 300} {
				var got []community.PersonID
				if err := db.Read(t.Context(), func(q store.Querier) error {
					for f := (peopledb.Filter{Text: "阳", Limit: limit}); ; {
						list, next, _, err := peopledb.List(t.Context(), q, 1, store.Links{}, f)
						for _, l := range list {
							got = append(got, l.Person)
						}
						if err != nil || next == (peopledb.Place{}) {
							return err
						}
						f.After = next
					}
				}); err != nil {
					t.Fatal(err)
				}
				if len(got) != all-wrote || got[0] != linked || got[1] != all || got[len(got)-1] != other+1 {
					t.Fatalf("by %d: %d people, %v … want %d, first the one who wrote, then the others from the last to the first", limit, len(got), got[:min(3, len(got))], all-wrote)
				}
			}
		})
	}
}
