package privacy_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"qunying/internal/store"
	"qunying/internal/store/backup"
	"qunying/internal/store/privacy"
	"qunying/internal/testdb/ready"
)

// TestNothingStaysBetweenRows (S97) writes, changes and removes rows whose pages are
// divided and joined all the time. SQLite overwrites what it removes, but not where it
// moved a row away from.
func TestNothingStaysBetweenRows(t *testing.T) {
	file := ready.SQLite(t)
	db, err := store.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	write := func(f func(tx *store.Tx) error) {
		t.Helper()
		if err := db.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx *store.Tx) error {
		_, err := tx.Exec(`CREATE TABLE person (number INTEGER PRIMARY KEY, name TEXT, note TEXT)`)
		if err == nil {
			_, err = tx.Exec(`CREATE INDEX person_name ON person (name, note)`)
		}
		if err == nil {
			_, err = tx.Exec(`CREATE TABLE word (name TEXT PRIMARY KEY, note TEXT) WITHOUT ROWID`)
		}
		return err
	})
	const sign = "name:" // every name begins with it
	random := rand.New(rand.NewPCG(1, 2))
	var here, gone []string
	for range 300 {
		write(func(tx *store.Tx) error {
			both := func(person, word string, args ...any) error {
				if _, err := tx.Exec(person, args...); err != nil {
					return err
				}
				_, err := tx.Exec(word, args...)
				return err
			}
			for range 60 {
				name := fmt.Sprintf("%s%016x", sign, random.Uint64())
				here = append(here, name)
				if err := both(`INSERT INTO person (name, note) VALUES ($1, $2)`, `INSERT INTO word (name, note) VALUES ($1, $2)`, name, strings.Repeat("x", random.IntN(250))); err != nil {
					return err
				}
			}
			for range 50 {
				i := random.IntN(len(here))
				name := here[i]
				if random.IntN(3) == 0 {
					if err := both(`UPDATE person SET note = $2 WHERE name = $1`, `UPDATE word SET note = $2 WHERE name = $1`, name, strings.Repeat("y", random.IntN(2500))); err != nil {
						return err
					}
					continue
				}
				if err := both(`DELETE FROM person WHERE name = $1`, `DELETE FROM word WHERE name = $1`, name); err != nil {
					return err
				}
				here, gone = slices.Delete(here, i, i+1), append(gone, name)
			}
			return nil
		})
	}
	left := func(file string, names []string) int {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for part := range bytes.SplitSeq(content, []byte(sign)) {
			seen[sign+string(part[:min(len(part), 16)])] = true
		}
		return len(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !seen[name] }))
	}
	if err := db.EmptyLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left(file, gone) == 0 {
		t.Fatal("nothing was left behind: the test shows nothing")
	}
	if err := privacy.Compact(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	m, err := backup.Make(t.Context(), db, backup.Options{Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	if err := backup.Verify(t.Context(), folder, m); err != nil {
		t.Error(err)
	}
	if n := left(file, gone); n > 0 {
		t.Errorf("%d of %d are in the file", n, len(gone))
	}
	if n := left(file, here); n != len(here) {
		t.Errorf("%d of %d who stay are in the file", n, len(here))
	}
	if err := db.Read(t.Context(), func(q store.Querier) error {
		var verdict string
		var people, words int
		if err := q.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict); err != nil {
			return err
		}
		err := q.QueryRowContext(t.Context(), `SELECT (SELECT COUNT(*) FROM person), (SELECT COUNT(*) FROM word)`).Scan(&people, &words)
		if verdict != "ok" || people != len(here) || words != len(here) {
			t.Errorf("%s, %d people and %d words of %d", verdict, people, words, len(here))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
