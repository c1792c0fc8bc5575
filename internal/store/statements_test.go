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

	"github.com/google/go-cmp/cmp"

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
	type text struct {
		query  string
		places []int
	}
	for query, want := range map[string]text{
		`INSERT INTO n VALUES ($1, $2)`:          {`INSERT INTO n VALUES (?, ?)`, nil},
		`SELECT $2, $1`:                          {`SELECT ?, ?`, []int{1, 0}},
		`SELECT $1, $1`:                          {`SELECT ?, ?`, []int{0, 0}},
		`SELECT $1 WHERE v = '$2' AND "$3" = $2`: {`SELECT ? WHERE v = '$2' AND "$3" = ?`, nil},
		`SELECT 'it''s $1', $1`:                  {`SELECT 'it''s $1', ?`, nil},
		`SELECT $1 /* $2 ' */, $3`:               {`SELECT ? /* $2 ' */, ?`, []int{0, 2}},
		"SELECT $1 -- don't $2\n, $2 - $3 / $4":  {"SELECT ? -- don't $2\n, ? - ? / ?", nil},
		`SELECT v FROM n WHERE v > $1+1`:         {`SELECT v FROM n WHERE v > ?+1`, nil},
		`SELECT $12, $`:                          {`SELECT ?, $`, []int{11}},
		`SELECT ?, $1`:                           {`SELECT ?, $1`, nil},
		`SELECT $1 WHERE v = '$2`:                {`SELECT ? WHERE v = '$2`, nil},
	} {
		got, places := unnamed(query)
		if diff := cmp.Diff(want, text{got, places}, cmp.AllowUnexported(text{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", query, diff)
		}
	}
}

// Arguments find their places, and the same statement serves others afterwards.
func TestArgumentsInAnyOrder(t *testing.T) {
	conn := oneConn(t)
	for i := range 3 {
		var a, b, c int
		if err := conn.QueryRowContext(t.Context(), `SELECT $3, $1, v FROM n WHERE v = $2 AND v < $1 AND $1 > 0`, 10+i, 1+i, 20+i).Scan(&a, &b, &c); err != nil {
			t.Fatal(err)
		}
		if a != 20+i || b != 10+i || c != 1+i {
			t.Errorf("%d, %d, %d", a, b, c)
		}
	}
	if err := conn.QueryRowContext(t.Context(), `SELECT $2, $1`, 1).Scan(new(int), new(int)); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("an argument too few: %v", err)
	}
}

// A list of a thousand, some of which stand in two places.
func BenchmarkALongList(b *testing.B) {
	db, err := OpenSQLite("file:" + EscapePath(filepath.Join(b.TempDir(), "one.db")))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	numbers := make([]int64, 1024)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	places, args := Listed([]any{int64(1)}, numbers)
	var n int
	for b.Loop() {
		if err := db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE $1 = $1 AND rootpage IN `+places, args...).Scan(&n); err != nil {
			b.Fatal(err)
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
