package team_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/team"
	"qunying/internal/testdb/ready"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, db *store.DB)) {
	for name, dsn := range map[string]func(testing.TB) string{
		"sqlite":   ready.SQLite,
		"postgres": ready.Postgres,
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
		if diff := cmp.Diff(li, read(t, db, byName)); diff != "" {
			t.Error(diff)
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
			return read(t, db, func(q store.Querier) ([]team.Entry, error) {
				return team.Audit(ctx, q, 1, team.Filter{Before: before, Limit: 3})
			})
		}
		if diff := cmp.Diff(want, append(page(0), page(3)...)); diff != "" {
			t.Error(diff)
		}
		for _, c := range []struct {
			filter team.Filter
			want   int
		}{
			{team.Filter{Staff: 7}, 5}, {team.Filter{Staff: 8}, 0}, {team.Filter{Act: "settings"}, 5}, {team.Filter{Act: "settings.save"}, 5},
			{team.Filter{Act: "set"}, 0}, {team.Filter{Text: `"on":t`}, 5}, {team.Filter{Text: "GROUP 4"}, 0}, {team.Filter{Text: "%"}, 0},
			{team.Filter{From: now, To: now.Add(time.Millisecond)}, 5}, {team.Filter{From: now.Add(time.Millisecond)}, 0}, {team.Filter{To: now}, 0},
		} {
			c.filter.Limit = 10
			got := read(t, db, func(q store.Querier) ([]team.Entry, error) { return team.Audit(ctx, q, 1, c.filter) })
			if len(got) != c.want {
				t.Errorf("%+v: %d entries, want %d", c.filter, len(got), c.want)
			}
		}
	})
}

func TestInvitations(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		in := team.Invitation{TokenHash: []byte("a"), Name: "小红", Role: "operator", Groups: []community.GroupID{3, 4}, By: 1, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		reset := team.Invitation{TokenHash: []byte("b"), Staff: 1, By: 1, CreatedAt: now.Add(-1), ExpiresAt: now.Add(time.Hour)}
		newer := reset
		newer.TokenHash, newer.CreatedAt = []byte("c"), now.Add(-time.Minute)
		write(t, db, func(tx *store.Tx) error {
			for _, i := range []team.Invitation{in, reset, newer} {
				if err := team.Invite(ctx, tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		open := func(at time.Time) []team.Invitation {
			return read(t, db, func(q store.Querier) ([]team.Invitation, error) { return team.Invitations(ctx, q, at) })
		}
		if diff := cmp.Diff([]team.Invitation{in, newer}, open(now)); diff != "" {
			t.Errorf("a new link for a password must replace the one before:\n%s", diff)
		}
		if n := len(open(now.Add(time.Hour))); n != 0 {
			t.Errorf("%d are open after their time", n)
		}
		err := db.Read(ctx, func(q store.Querier) error {
			_, err := team.FindInvitation(ctx, q, []byte("b"), now)
			return err
		})
		if community.CodeOf(err) != community.NotFound {
			t.Errorf("the replaced one: %v", err)
		}
		for _, want := range []bool{true, false} {
			write(t, db, func(tx *store.Tx) error {
				if took, err := team.TakeInvitation(ctx, tx, []byte("a")); err != nil || took != want {
					t.Errorf("taken: %v, %v, want %v", took, err, want)
				}
				return nil
			})
		}
	})
}

func TestKeys(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		k := team.APIKey{Hash: []byte("k"), Name: "报表", Scopes: []string{"read"}, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		write(t, db, func(tx *store.Tx) (err error) {
			if k.Staff, err = team.Add(ctx, tx, team.Staff{Name: "小李", Role: "lead", Groups: []community.GroupID{5}, CreatedAt: now}); err != nil {
				return err
			}
			k.ID, err = team.AddKey(ctx, tx, k)
			return err
		})
		find := func(at time.Time) (k team.APIKey, m team.Staff, err error) {
			err = db.Read(ctx, func(q store.Querier) (err error) {
				k, m, err = team.FindKey(ctx, q, []byte("k"), at)
				return err
			})
			return k, m, err
		}
		got, m, err := find(now)
		k.Hash = nil
		if diff := cmp.Diff(k, got); diff != "" || err != nil || m.Role != "lead" || len(m.Groups) != 1 {
			t.Errorf("%v %+v\n%s", err, m, diff)
		}
		if _, _, err := find(now.Add(time.Hour)); community.CodeOf(err) != community.NotFound {
			t.Errorf("after its time: %v", err)
		}
		write(t, db, func(tx *store.Tx) error { return team.KeySeen(ctx, tx, k.ID, now) })
		if all := read(t, db, func(q store.Querier) ([]team.APIKey, error) { return team.Keys(ctx, q) }); len(all) != 1 || !all[0].SeenAt.Equal(now) {
			t.Errorf("%+v", all)
		}
		write(t, db, func(tx *store.Tx) error { return team.RevokeKey(ctx, tx, k.ID, now) })
		if _, _, err := find(now); community.CodeOf(err) != community.NotFound {
			t.Errorf("revoked: %v", err)
		}
		err = db.Write(ctx, func(tx *store.Tx) error { return team.RevokeKey(ctx, tx, k.ID, now) })
		if community.CodeOf(err) != community.NotFound {
			t.Errorf("revoked again: %v", err)
		}
	})
}

func TestSecondFactor(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		var id community.StaffID
		write(t, db, func(tx *store.Tx) (err error) {
			if id, err = team.Add(ctx, tx, team.Staff{Name: "小李", Role: "owner", CreatedAt: now}); err != nil {
				return err
			}
			return team.SetSecond(ctx, tx, id, "sealed", []string{"x", "y"})
		})
		for _, c := range []struct {
			step int64
			want bool
		}{{7, true}, {7, false}, {6, false}, {8, true}} {
			write(t, db, func(tx *store.Tx) error {
				if took, err := team.UseStep(ctx, tx, id, c.step); err != nil || took != c.want {
					t.Errorf("step %d: %v, %v", c.step, took, err)
				}
				return nil
			})
		}
		for _, want := range []bool{true, false} {
			write(t, db, func(tx *store.Tx) error {
				if took, err := team.UseRecovery(ctx, tx, id, []string{"x", "y"}, []string{"y"}); err != nil || took != want {
					t.Errorf("recovery: %v, %v", took, err)
				}
				return nil
			})
		}
		write(t, db, func(tx *store.Tx) error { return team.SetRole(ctx, tx, id, "viewer", nil) })
		m := read(t, db, func(q store.Querier) (team.Staff, error) { return team.ByID(ctx, q, id) })
		owners := read(t, db, func(q store.Querier) (int, error) { return team.Owners(ctx, q) })
		if m.Second != "sealed" || len(m.Recovery) != 1 || m.SecondStep != 8 || m.Role != "viewer" || owners != 0 {
			t.Errorf("%+v, %d owners", m, owners)
		}
	})
}
