package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/backup"
	"qunying/internal/testdb"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func open(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// fill appends messages, and rows with every kind of column.
func fill(t *testing.T, db *store.DB, from, to int) {
	t.Helper()
	fillWith(t, db, from, to, []byte{0, 1, 255})
}

func fillWith(t *testing.T, db *store.DB, from, to int, raw []byte) {
	t.Helper()
	var list []store.Draft
	for i := from; i < to; i++ {
		list = append(list, store.Draft{
			Event: community.Event{Key: community.KeyParts{ID: strconv.Itoa(i)}.Key(), Kind: community.MessagePosted, Origin: community.Live,
				At: now.Add(time.Duration(i) * time.Second), Content: community.Text, Length: 2, Source: "test", Body: &community.Body{Name: "小李", Text: "打卡 '第3天'", Raw: raw}},
			Network: "sim", Group: "g", GroupName: "群", Subject: store.Outside{ID: "u", Name: "小李"},
		})
	}
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Append(1, list); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO outbox (community_id, key, group_id, kind, text, target, message_id, state, cause_seq, cause_rule, cause_version, ordinal, due_at, expires_at,
			claimed_at, done_at, attempts, error, receipt) VALUES (1, $1, 1, 'send', 'hi', 0, '', 'sending', 1, '', 0, 0, 0, 0, 0, 0, 0, '', '') ON CONFLICT DO NOTHING`, []byte("0123456789abcdef"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// bodies reads what was said, with the numbers around it.
func bodies(t *testing.T, db *store.DB) (list []community.Event) {
	t.Helper()
	if err := db.Read(t.Context(), func(q store.Querier) (err error) {
		list, err = store.Events(t.Context(), q, 1, 0, 1000, true)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func same(t *testing.T, want, got []community.Event) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i := range want {
		w, g := want[i], got[i]
		if w.Seq != g.Seq || w.Key != g.Key || !w.At.Equal(g.At) || w.Identity != g.Identity || g.Body == nil || w.Body.Text != g.Body.Text || w.Body.Name != g.Body.Name {
			t.Fatalf("event %d is %+v %+v, want %+v %+v", i, g, g.Body, w, w.Body)
		}
	}
}

var kinds = map[string]func(t *testing.T) string{
	"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "it's.db") },
	"postgres": func(t *testing.T) string { return testdb.Postgres(t) },
}

// TestThereAndBack moves a database from each kind to each kind.
func TestThereAndBack(t *testing.T) {
	for from, dsn := range kinds {
		for to, target := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				db := open(t, dsn(t))
				fill(t, db, 0, 40)
				folder := t.TempDir()
				m, err := backup.Make(t.Context(), db, backup.Options{Folder: folder, Program: "test", Now: now})
				if err != nil {
					t.Fatal(err)
				}
				fill(t, db, 40, 41) // later: not in the copy
				if m.Events != 40 || m.Database != db.Dialect || m.Schema < 40 || m.Bytes == 0 {
					t.Errorf("%+v", m)
				}
				list, err := backup.List(folder)
				if err != nil || len(list) != 1 || list[0].SHA256 != m.SHA256 {
					t.Fatalf("%+v, %v", list, err)
				}
				where := target(t)
				into := backup.Target{Path: where, Now: now}
				if strings.HasPrefix(where, "postgres") {
					into = backup.Target{Database: where, Now: now}
				}
				if _, err := backup.Restore(t.Context(), folder, m, into); err != nil {
					t.Fatal(err)
				}
				back := open(t, where)
				same(t, bodies(t, db)[:40], bodies(t, back))
				fill(t, back, 0, 41)
				if n := len(bodies(t, back)); n != 41 {
					t.Errorf("what the copy knows was taken again: %d events", n)
				}
			})
		}
	}
}

func TestARestoreIsSettled(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	fill(t, db, 0, 1)
	var before, after int64
	epoch := func() (n int64) {
		if err := db.Read(t.Context(), func(q store.Querier) (err error) {
			n, err = store.Epoch(t.Context(), q, 1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before = epoch()
	for range 2 { // the second within the same second
		var unknown int64
		if err := db.Write(t.Context(), func(tx *store.Tx) (err error) {
			unknown, err = backup.Settle(tx, now)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if after = epoch(); after <= before {
			t.Errorf("the epoch went from %d to %d", before, after)
		}
		if want := int64(1); before < now.Unix() && unknown != want {
			t.Errorf("%d actions are unknown, want %d", unknown, want)
		}
		before = after
	}
}

func TestWhatIsNotWholeIsRefused(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	fill(t, db, 0, 5)
	folder := t.TempDir()
	m, err := backup.Make(t.Context(), db, backup.Options{Folder: folder, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Make(t.Context(), db, backup.Options{Folder: folder, Now: now}); community.CodeOf(err) != community.Conflict {
		t.Errorf("twice in one second: %v", err)
	}
	if err := backup.Verify(t.Context(), folder, m); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "b.db")
	if err := os.WriteFile(path, []byte("something"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), folder, m, backup.Target{Path: path, Now: now}); community.CodeOf(err) != community.Conflict {
		t.Errorf("over a file that is there: %v", err)
	}
	aside, err := backup.Restore(t.Context(), folder, m, backup.Target{Path: path, Replace: true, Now: now})
	if old, readErr := os.ReadFile(aside); err != nil || readErr != nil || string(old) != "something" {
		t.Errorf("put aside: %q, %q, %v, %v", aside, old, err, readErr)
	}
	elsewhere := filepath.Join(t.TempDir(), "disk")
	if err := backup.Carry(t.Context(), folder, elsewhere, m); err != nil {
		t.Fatal(err)
	}
	if list, err := backup.List(elsewhere); err != nil || len(list) != 1 {
		t.Errorf("elsewhere: %+v, %v", list, err)
	}
	if got := backup.Share(m, 20); got != 0.25 {
		t.Errorf("5 of 20 events are elsewhere: %v", got)
	}
	file := filepath.Join(folder, m.Name)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := backup.Verify(t.Context(), folder, m); community.CodeOf(err) != community.Invalid {
		t.Errorf("one bit has changed: %v", err)
	}
	if _, err := backup.Restore(t.Context(), folder, m, backup.Target{Path: filepath.Join(t.TempDir(), "c.db"), Now: now}); community.CodeOf(err) != community.Invalid {
		t.Errorf("restoring it: %v", err)
	}
}

func TestRotation(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	folder := t.TempDir()
	for i := range 4 {
		if _, err := backup.Make(t.Context(), db, backup.Options{Folder: folder, Now: now.Add(time.Duration(i) * time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := backup.Prune(folder, 2)
	if err != nil || len(gone) != 2 {
		t.Fatalf("%v, %v", gone, err)
	}
	list, err := backup.List(folder)
	if err != nil || len(list) != 2 || !list[0].At.Equal(now.Add(3*time.Hour)) || !list[1].At.Equal(now.Add(2*time.Hour)) {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := backup.Prune(folder, 0); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 2 {
		t.Errorf("the last backup and its manifest must stay: %v, %v", files, err)
	}
}

func TestACancelledBackupLeavesNothing(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := backup.Make(ctx, db, backup.Options{Folder: folder, Now: now}); err == nil {
		t.Error("it went on")
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
		t.Errorf("%v, %v", files, err)
	}
}

// TestTheCopyIsOfOneMoment writes between the portions of a copy, and stops another
// one there.
func TestTheCopyIsOfOneMoment(t *testing.T) {
	for kind, dsn := range kinds {
		t.Run(kind, func(t *testing.T) {
			db := open(t, dsn(t))
			large := make([]byte, 1_000_000) // 40 of them are three portions
			random := rand.NewChaCha8([32]byte{})
			for i := range 40 {
				random.Read(large) //nolint:errcheck // never fails
				fillWith(t, db, i, i+1, large)
			}
			folder := t.TempDir()
			portions, share := 0, 0.0
			m, err := backup.Make(t.Context(), db, backup.Options{Folder: folder, Now: now, Seen: func(s float64, _ int64) {
				if portions++; s <= share {
					t.Fatalf("%v of the copy after %v: it began anew", s, share)
				}
				share = s
				fill(t, db, 40+portions, 41+portions)
			}})
			if err != nil {
				t.Fatal(err)
			}
			if portions < 3 || share != 1 || m.Events != 40 {
				t.Errorf("%d portions to %v, %d events", portions, share, m.Events)
			}
			if err := backup.Verify(t.Context(), folder, m); err != nil {
				t.Error(err)
			}
			if n := len(bodies(t, db)); n != 40+portions {
				t.Errorf("%d events beside the copy", n)
			}
			path := filepath.Join(t.TempDir(), "back.db")
			if _, err := backup.Restore(t.Context(), folder, m, backup.Target{Path: path, Now: now}); err != nil {
				t.Fatal(err)
			}
			same(t, bodies(t, db)[:40], bodies(t, open(t, path)))

			ctx, cancel := context.WithCancel(t.Context())
			folder = t.TempDir()
			if _, err := backup.Make(ctx, db, backup.Options{Folder: folder, Now: now, Seen: func(float64, int64) { cancel() }}); !errors.Is(err, context.Canceled) {
				t.Errorf("stopped in the middle: %v", err)
			}
			if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
				t.Errorf("%v, %v", files, err)
			}
		})
	}
}

// TestACopyOfOlderTables brings back what a program without the last migration wrote.
func TestACopyOfOlderTables(t *testing.T) {
	var made []int64
	if err := open(t, filepath.Join(t.TempDir(), "now.db")).Read(t.Context(), func(q store.Querier) error {
		rows, err := q.QueryContext(t.Context(), `SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY version_id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var v int64
			if err := rows.Scan(&v); err != nil {
				return err
			}
			made = append(made, v)
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	made = made[:slices.Index(made, 84)] // what it changes no event needs
	db, err := store.OpenAsOf(t.Context(), testdb.Postgres(t), made)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fill(t, db, 0, 20)
	folder := t.TempDir()
	m, err := backup.Make(t.Context(), db, backup.Options{Folder: folder, Now: now})
	if err != nil || m.Schema != made[len(made)-1] {
		t.Fatalf("%+v, %v", m, err)
	}
	for kind, dsn := range kinds {
		t.Run("into "+kind, func(t *testing.T) {
			where := dsn(t)
			into := backup.Target{Path: where, Now: now}
			if kind == "postgres" {
				into = backup.Target{Database: where, Now: now}
			}
			if _, err := backup.Restore(t.Context(), folder, m, into); err != nil {
				t.Fatal(err)
			}
			same(t, bodies(t, db), bodies(t, open(t, where)))
		})
	}
	if _, err := store.OpenAsOf(t.Context(), filepath.Join(t.TempDir(), "newer.db"), append(made, 99999)); community.CodeOf(err) != community.Unsupported {
		t.Errorf("a migration that is not known: %v", err)
	}
}

// TestRestoredTablesHaveTheirIndexes compares what a restore made with what the
// migrations make.
func TestRestoredTablesHaveTheirIndexes(t *testing.T) {
	list := func(dsn string) (list []string) {
		if err := open(t, dsn).Snapshot(t.Context(), func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT (SELECT array_agg(indexdef ORDER BY indexdef) FROM pg_indexes WHERE schemaname = current_schema())
				|| (SELECT array_agg(conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace)`).Scan(&list)
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(list)
		return list
	}
	from, to := testdb.Postgres(t), testdb.Postgres(t)
	want := list(from)
	if len(want) < 100 {
		t.Fatalf("only %d keys and indexes", len(want))
	}
	folder := t.TempDir()
	m, err := backup.Make(t.Context(), open(t, from), backup.Options{Folder: folder, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), folder, m, backup.Target{Database: to, Now: now}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, list(to)); diff != "" {
		t.Error(diff)
	}
}

// FuzzRows reads what is no copy of rows, or a damaged one.
func FuzzRows(f *testing.F) {
	f.Add([]byte("qunying rows 1\n\x00\x00\x00\x02{}\x00\x00\x00\x00"))
	f.Add([]byte("qunying rows 1\n\x00\x00\x00\x02{}\x00\x00\x00\x2d{\"table\":\"log\",\"columns\":[\"a\"],\"types\":[\"text\"]}\x00\x00\x00\x20PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01a\xff\xff\x00\x00\x00\x00\x00\x00\x00\x011\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		m := backup.Manifest{Form: 2, Name: "qunying-a.rows", Bytes: int64(len(content)), SHA256: fmt.Sprintf("%x", sha256.Sum256(content))}
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, m.Name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		whole := bytes.HasPrefix(content, []byte("qunying rows 1\n")) && bytes.HasSuffix(content, make([]byte, 4))
		if err := backup.Verify(t.Context(), folder, m); err == nil && !whole || err != nil && community.CodeOf(err) != community.Invalid {
			t.Errorf("%v", err)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"form":1,"name":"qunying-20260301T080000Z.db"}`))
	f.Add([]byte(`{"form":1,"name":"../x.db"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "m.json")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if m, err := backup.Read(file); err == nil && (m.Name == "" || strings.ContainsAny(m.Name, "/\\") && filepath.Base(m.Name) != m.Name) {
			t.Errorf("%q leads out of its folder", m.Name)
		}
	})
}
