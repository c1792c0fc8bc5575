package team_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
	"qunying/internal/testdb"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, db *store.DB)) {
	for name, dsn := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") },
		"postgres": testdb.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			test(t, db)
		})
	}
}

func write(t *testing.T, db *store.DB, f func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func read[T any](t *testing.T, db *store.DB, f func(q store.Querier) (T, error)) (v T) {
	t.Helper()
	err := db.Read(t.Context(), func(q store.Querier) (err error) {
		v, err = f(q)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStaff(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		if read(t, db, func(q store.Querier) (bool, error) { return team.Anybody(ctx, q) }) {
			t.Error("there is staff in a new database")
		}
		li := team.Staff{Name: "小李", Password: "p", Role: "owner", CreatedAt: now}
		write(t, db, func(tx *store.Tx) (err error) {
			li.ID, err = team.Add(ctx, tx, li)
			return err
		})
		write(t, db, func(tx *store.Tx) error {
			id, err := team.Add(ctx, tx, team.Staff{Name: "w", Role: "viewer", CreatedAt: now})
			if id != li.ID+1 {
				t.Errorf("numbers %d and %d", li.ID, id)
			}
			return err
		})
		err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := team.Add(ctx, tx, team.Staff{Name: "小李", Role: "viewer", CreatedAt: now})
			return err
		})
		if community.CodeOf(err) != community.Conflict {
			t.Errorf("a name taken twice: %v", err)
		}
		byName := func(q store.Querier) (team.Staff, error) { return team.ByName(ctx, q, "小李") }
		if got := read(t, db, byName); got != li {
			t.Error(cmp.Diff(li, got))
		}
		write(t, db, func(tx *store.Tx) error { return team.Disable(ctx, tx, li.ID, now) })
		if got := read(t, db, byName); !got.DisabledAt.Equal(now) {
			t.Errorf("%+v", got)
		}
		for _, f := range []func(tx *store.Tx) error{
			func(tx *store.Tx) error { return team.Disable(ctx, tx, 99, now) },
			func(tx *store.Tx) error { return team.SetPassword(ctx, tx, 99, "x") },
			func(tx *store.Tx) error { _, err := team.ByID(ctx, tx, 99); return err },
		} {
			if err := db.Write(ctx, f); community.CodeOf(err) != community.NotFound {
				t.Errorf("nobody: %v", err)
			}
		}
	})
}

func TestSignIns(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		s := team.SignIn{TokenHash: []byte{1, 2}, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour), Agent: "a", Address: "::1"}
		write(t, db, func(tx *store.Tx) (err error) {
			if s.Staff, err = team.Add(ctx, tx, team.Staff{Name: "w", Role: "viewer", CreatedAt: now}); err != nil {
				return err
			}
			return team.AddSignIn(ctx, tx, s)
		})
		find := func(hash []byte, at time.Time) (got team.SignIn, m team.Staff, err error) {
			err = db.Read(ctx, func(q store.Querier) (err error) {
				got, m, err = team.FindSignIn(ctx, q, hash, at)
				return err
			})
			return got, m, err
		}
		got, m, err := find([]byte{1, 2}, now)
		if err != nil || !cmp.Equal(got, s) || m.Role != "viewer" || m.ID != s.Staff {
			t.Errorf("%v %s %+v", err, cmp.Diff(s, got), m)
		}
		for name, c := range map[string]struct {
			hash []byte
			at   time.Time
		}{"expired": {[]byte{1, 2}, now.Add(time.Hour)}, "another": {[]byte{1, 3}, now}} {
			if _, _, err := find(c.hash, c.at); community.CodeOf(err) != community.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		write(t, db, func(tx *store.Tx) error {
			return team.Seen(ctx, tx, s.TokenHash, now.Add(time.Minute), now.Add(2*time.Hour))
		})
		if _, _, err := find([]byte{1, 2}, now.Add(time.Hour)); err != nil {
			t.Errorf("after it was extended: %v", err)
		}
		write(t, db, func(tx *store.Tx) error { return team.DropExpired(ctx, tx, now.Add(time.Hour)) })
		list := func(q store.Querier) ([]team.SignIn, error) { return team.SignIns(ctx, q, s.Staff) }
		if n := len(read(t, db, list)); n != 1 {
			t.Errorf("%d sessions", n)
		}
		write(t, db, func(tx *store.Tx) error { return team.DropExpired(ctx, tx, now.Add(2*time.Hour)) })
		write(t, db, func(tx *store.Tx) error { return team.Revoke(ctx, tx, s.TokenHash) }) // gone already
		if n := len(read(t, db, list)); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestFacts(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		fact := func(q store.Querier) (string, error) { return team.Fact(ctx, q, "k") }
		if got := read(t, db, fact); got != "" {
			t.Errorf("%q", got)
		}
		for _, v := range []string{"a", "b"} {
			write(t, db, func(tx *store.Tx) error { return team.SetFact(ctx, tx, "k", v) })
		}
		take := func(v string) (took bool) {
			write(t, db, func(tx *store.Tx) (err error) {
				took, err = team.TakeFact(ctx, tx, "k", v)
				return err
			})
			return took
		}
		if take("a") || read(t, db, fact) != "b" || !take("b") || take("b") || read(t, db, fact) != "" {
			t.Error("a fact is taken once, by who knows it")
		}
	})
}

func TestAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		var want []team.Entry
		for i := range 5 {
			e := team.Entry{Community: 1, At: now, Staff: 7, Act: "settings.save", Subject: "group 3", Before: `{}`, After: `{"on":true}`}
			write(t, db, func(tx *store.Tx) (err error) {
				if _, err := team.Note(ctx, tx, team.Entry{Community: 2, At: now}); err != nil {
					return err
				}
				e.ID, err = team.Note(ctx, tx, e)
				return err
			})
			if e.ID != int64(i+1) {
				t.Fatalf("number %d", e.ID)
			}
			want = append([]team.Entry{e}, want...)
		}
		page := func(before int64) []team.Entry {
			return read(t, db, func(q store.Querier) ([]team.Entry, error) { return team.Audit(ctx, q, 1, before, 3) })
		}
		if diff := cmp.Diff(want, append(page(0), page(3)...)); diff != "" {
			t.Error(diff)
		}
	})
}
