package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunying/community"
)

// oneConn opens a database with one connection.
func oneConn(t *testing.T) *sql.Conn {
	t.Helper()
	db, err := OpenSQLite("file:" + EscapePath(filepath.Join(t.TempDir(), "one.db")))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	for _, s := range []string{`CREATE TABLE n (v BIGINT NOT NULL UNIQUE)`, `INSERT INTO n VALUES (1), (2), (3)`} {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// keptBy lists what a connection keeps.
func keptBy(t *testing.T, conn *sql.Conn) (kept map[string]*keptStatement) {
	t.Helper()
	if err := conn.Raw(func(c any) error {
		kept = c.(*keepingConn).kept
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestARepeatedQueryIsPreparedOnce(t *testing.T) {
	conn := oneConn(t)
	const query = `SELECT v FROM n WHERE v = $1`
	var first *keptStatement
	for i := range 3 {
		var v int
		if err := conn.QueryRowContext(t.Context(), query, i+1).Scan(&v); err != nil || v != i+1 {
			t.Fatalf("%d, %v, want %d", v, err, i+1)
		}
		s := keptBy(t, conn)[query]
		if first == nil {
			first = s
		}
		if s == nil || s != first {
			t.Fatalf("call %d: kept %p, first %p", i, s, first)
		}
	}
}

// Rows that are being read stay whole while the same query is asked again.
func TestAQueryWithinItself(t *testing.T) {
	conn := oneConn(t)
	var got []string
	values := func(under int, each func(v int)) {
		rows, err := conn.QueryContext(t.Context(), `SELECT v FROM n WHERE v <= $1 ORDER BY v`, under)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var v int
			if err := rows.Scan(&v); err != nil {
				t.Fatal(err)
			}
			each(v)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	values(3, func(v int) { values(v, func(w int) { got = append(got, fmt.Sprint(v, w)) }) })
	if s := strings.Join(got, ","); s != "1 1,2 1,2 2,3 1,3 2,3 3" {
		t.Error(s)
	}
}

func TestStatementsAreKeptWithinBounds(t *testing.T) {
	conn := oneConn(t)
	const often = `SELECT COUNT(*) FROM n`
	ask := func(query string) {
		var v int
		if err := conn.QueryRowContext(t.Context(), query).Scan(&v); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 * statementsKept {
		ask(often)
		ask(fmt.Sprint(`SELECT `, i))
	}
	ask(`SELECT 1 /* ` + strings.Repeat("x", longestStatement) + ` */`)
	kept := keptBy(t, conn)
	if len(kept) != statementsKept || kept[often] == nil {
		t.Errorf("%d statements are kept, the one that is used often among them: %t", len(kept), kept[often] != nil)
	}
}

func TestAKeptStatementAfterAnError(t *testing.T) {
	conn := oneConn(t)
	const insert = `INSERT INTO n VALUES ($1)`
	for i, c := range []struct {
		v     int
		fails bool
	}{{10, false}, {10, true}, {11, false}, {10, true}, {12, false}} {
		if _, err := conn.ExecContext(t.Context(), insert, c.v); (err != nil) != c.fails {
			t.Errorf("insert %d of %d: %v", i, c.v, err)
		}
	}
}

func TestAKeptStatementAfterTheTableChanged(t *testing.T) {
	conn := oneConn(t)
	columns := func() int {
		rows, err := conn.QueryContext(t.Context(), `SELECT * FROM n`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		list, err := rows.Columns()
		if err := errors.Join(err, rows.Err()); err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := columns()
	if _, err := conn.ExecContext(t.Context(), `ALTER TABLE n ADD COLUMN w TEXT`); err != nil {
		t.Fatal(err)
	}
	if after := columns(); before != 1 || after != 2 {
		t.Errorf("%d columns, then %d", before, after)
	}
}

func TestUnnamed(t *testing.T) {
	for query, want := range map[string]string{
		`INSERT INTO n VALUES ($1, $2)`:  `INSERT INTO n VALUES (?, ?)`,
		`SELECT $2, $1`:                  `SELECT $2, $1`,
		`SELECT $1, $1`:                  `SELECT $1, $1`,
		`SELECT $1 WHERE v = '$2'`:       `SELECT $1 WHERE v = '$2'`,
		`SELECT $1 /* $2 */`:             `SELECT $1 /* $2 */`,
		`SELECT v FROM n WHERE v > $1+1`: `SELECT v FROM n WHERE v > ?+1`,
	} {
		if got := unnamed(query); got != want {
			t.Errorf("%s became %s", query, got)
		}
	}
}

// A short write and the appends that wait share a commit and no fault.
func TestAShortWriteSharesACommit(t *testing.T) {
	refused := errors.New("refused")
	for _, c := range []struct {
		name          string
		short, append bool
	}{{"both", true, true}, {"the write fails", false, true}, {"the append fails", true, false}, {"neither", false, false}} {
		t.Run(c.name, func(t *testing.T) {
			db, err := Open(t.Context(), filepath.Join(t.TempDir(), "short.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			told := false
			w := &writeJob{done: make(chan error, 1), f: func(tx *Tx) error {
				tx.AfterCommit(func() { told = true })
				err := tx.SetFact("short", "yes")
				if !c.short {
					err = refused
				}
				return err
			}}
			job := &appendJob{community: community.DefaultID, drafts: []Draft{benchDraft(1, time.UnixMilli(1_800_000_000_000))}, done: make(chan error, 1)}
			if !c.append {
				job.community = 77 // which is not there
			}
			db.commitBoth(w, job) // nobody else writes here
			if err := <-w.done; c.short != (err == nil) || told != c.short {
				t.Errorf("the short write: %v, told %t", err, told)
			}
			if err := <-job.done; c.append != (err == nil) {
				t.Errorf("the append: %v", err)
			}
			var fact string
			var head community.Seq
			if err := db.Read(t.Context(), func(q Querier) error {
				if fact, err = Fact(context.Background(), q, "short"); err != nil {
					return err
				}
				head, err = Head(context.Background(), q, community.DefaultID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if (fact == "yes") != c.short || (head == 1) != c.append {
				t.Errorf("the fact is %q and the log has %d events", fact, head)
			}
		})
	}
}
