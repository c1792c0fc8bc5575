package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"qunying/community"
	"qunying/internal/store"
)

// bookkeeping are tables that every database keeps for itself.
var bookkeeping = []string{"goose_db_version", "sqlite_sequence"}

// table is a table with its columns, as SQLite has them.
type table struct {
	name    string
	columns []string
	key     []string // the primary key
}

func (t *table) list() string { return strings.Join(t.columns, ", ") }

// tables lists what is copied between databases.
func tables(ctx context.Context, q store.Querier) ([]table, error) {
	rows, err := q.QueryContext(ctx, `SELECT t.name, c.name, c.pk FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY t.name, c.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []table
	for rows.Next() {
		var name, column string
		var place int // in the primary key, from 1
		if err := rows.Scan(&name, &column, &place); err != nil {
			return nil, err
		}
		if slices.Contains(bookkeeping, name) {
			continue
		}
		if len(list) == 0 || list[len(list)-1].name != name {
			list = append(list, table{name: name})
		}
		t := &list[len(list)-1]
		t.columns = append(t.columns, column)
		if place > 0 {
			t.key = append(t.key, make([]string, max(0, place-len(t.key)))...)
			t.key[place-1] = column
		}
	}
	return list, rows.Err()
}

// copyPostgres writes one snapshot of a PostgreSQL database into a new file.
func copyPostgres(ctx context.Context, db *store.DB, to string, seen func(float64, int64)) (err error) {
	fresh, err := store.Open(ctx, to) // makes the tables
	if err != nil {
		return err
	}
	if err := fresh.Close(); err != nil {
		return err
	}
	file, err := store.OpenSQLite("file:" + store.EscapePath(to) + "?_pragma=journal_mode(delete)&_pragma=synchronous(off)&_pragma=cache_size(-65536)")
	if err != nil {
		return err
	}
	file.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, file.Close()) }()
	all, err := tables(ctx, file)
	if err != nil {
		return err
	}
	// An index is made in one go from what is there: much faster than row by row.
	made, err := indexes(ctx, file)
	if err != nil {
		return err
	}
	for name := range made {
		if _, err := file.ExecContext(ctx, `DROP INDEX `+name); err != nil {
			return err
		}
	}
	if err := db.Read(ctx, func(q store.Querier) error {
		for i, t := range all {
			if err := intoSQLite(ctx, q, file, &t); err != nil {
				return fmt.Errorf("table %s: %w", t.name, err)
			}
			if info, err := os.Stat(to); err == nil {
				seen(float64(i+1)/float64(len(all)+1), info.Size())
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		if _, err := file.ExecContext(ctx, made[name]); err != nil {
			return err
		}
	}
	return nil
}

// indexes lists the statements that make the indexes of a file, by name.
func indexes(ctx context.Context, q store.Querier) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	made := map[string]string{}
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			return nil, err
		}
		made[name] = statement
	}
	return made, rows.Err()
}

// rowsAtOnce is how many rows go into SQLite with a statement; more are no faster.
const rowsAtOnce = 16

// intoSQLite copies one table into a file, in the order of its key.
func intoSQLite(ctx context.Context, q store.Querier, file *sql.DB, t *table) error {
	tx, err := file.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, `DELETE FROM `+t.name); err != nil {
		return err
	}
	places := `(` + strings.Repeat(`?, `, len(t.columns)-1) + `?)`
	insert := `INSERT INTO ` + t.name + ` (` + t.list() + `) VALUES ` + places
	several, err := tx.PrepareContext(ctx, insert+strings.Repeat(`, `+places, rowsAtOnce-1))
	if err != nil {
		return err
	}
	defer several.Close()
	order := ""
	if len(t.key) > 0 {
		order = ` ORDER BY ` + strings.Join(t.key, ", ")
	}
	rows, err := q.QueryContext(ctx, `SELECT `+t.list()+` FROM `+t.name+order)
	if err != nil {
		return err
	}
	defer rows.Close()
	width := len(t.columns)
	batch := newRow(rowsAtOnce * width)
	n := 0 // columns of rows that wait
	for rows.Next() {
		if err := rows.Scan(batch.places[n : n+width]...); err != nil {
			return err
		}
		if n += width; n < len(batch.values) {
			continue
		}
		n = 0
		if _, err := several.ExecContext(ctx, batch.values...); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for row := range slices.Chunk(batch.values[:n], width) {
		if _, err := tx.ExecContext(ctx, insert, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// row is one row of any table, or several.
type row struct{ values, places []any }

func newRow(columns int) *row {
	r := &row{make([]any, columns), make([]any, columns)}
	for i := range r.values {
		r.places[i] = &r.values[i]
	}
	return r
}

// Target is where a copy is brought back to.
type Target struct {
	Path     string // of the SQLite file, or ""
	Database string // postgres://…
	Replace  bool   // a file that is there is put aside, not refused
	Now      time.Time
}

// Restore verifies a copy and brings it back. The database must not be in use.
// PostgreSQL must be empty. It answers where the old file was put, if there was
// one. What the machine must not simply go on with is marked by Settle.
func Restore(ctx context.Context, folder string, m Manifest, to Target) (aside string, err error) {
	if err := Verify(ctx, folder, m); err != nil {
		return "", err
	}
	if to.Database != "" {
		return "", restorePostgres(ctx, filepath.Join(folder, m.Name), to.Database)
	}
	if err := os.MkdirAll(filepath.Dir(to.Path), 0o700); err != nil {
		return "", err
	}
	if err := copyFile(ctx, filepath.Join(folder, m.Name), to.Path+".restoring"); err != nil {
		return "", err
	}
	search := strings.TrimSuffix(to.Path, ".db") + "-search.db"
	if _, err := os.Stat(to.Path); err == nil {
		if !to.Replace {
			return "", errors.Join(community.Errorf(community.Conflict, "there is a database already").
				WithHint("stop the server, and add --replace: the old one is put aside, not deleted"), remove(to.Path+".restoring"))
		}
		aside = to.Path + ".before-" + to.Now.UTC().Format("20060102T150405Z")
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Rename(to.Path+end, aside+end); err != nil && !errors.Is(err, os.ErrNotExist) {
				return aside, err
			}
		}
	}
	if err := remove(to.Path+"-wal", to.Path+"-shm", search, search+"-wal", search+"-shm"); err != nil {
		return aside, err
	}
	return aside, os.Rename(to.Path+".restoring", to.Path)
}

// restorePostgres fills an empty PostgreSQL database from a copy.
func restorePostgres(ctx context.Context, copied, url string) (err error) {
	// The copy is brought up to date before it is read, and the backup itself stays as it is.
	work, err := os.MkdirTemp("", "qunying-restore-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	file := filepath.Join(work, "copy.db")
	if err := copyFile(ctx, copied, file); err != nil {
		return err
	}
	from, err := store.Open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := store.Open(ctx, url) // makes the tables
	if err != nil {
		return err
	}
	if err := errors.Join(mustBeEmpty(ctx, to), to.Close()); err != nil {
		return err
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return store.Unavailable(err)
	}
	defer conn.Close(ctx)
	tx, err := conn.Begin(ctx)
	if err != nil {
		return store.Unavailable(err)
	}
	defer tx.Rollback(ctx) //nolint:errcheck // after a commit there is nothing to roll back
	err = from.Read(ctx, func(q store.Querier) error {
		all, err := tables(ctx, q)
		if err != nil {
			return err
		}
		for _, t := range all {
			if err := intoPostgres(ctx, q, tx, &t); err != nil {
				return fmt.Errorf("table %s: %w", t.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// mustBeEmpty refuses a database in which anything has happened.
func mustBeEmpty(ctx context.Context, db *store.DB) error {
	return db.Read(ctx, func(q store.Querier) error {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM staff) + (SELECT COUNT(*) FROM (SELECT 1 FROM event LIMIT 1) AS one)`).Scan(&n); err != nil {
			return store.Unavailable(err)
		}
		if n > 0 {
			return community.Errorf(community.Conflict, "the PostgreSQL database is not empty").WithHint("make a new one: createdb, and give its address")
		}
		return nil
	})
}

// intoPostgres copies one table, row after row, through COPY.
func intoPostgres(ctx context.Context, q store.Querier, tx pgx.Tx, t *table) error {
	if _, err := tx.Exec(ctx, `DELETE FROM `+t.name); err != nil {
		return err
	}
	rows, err := q.QueryContext(ctx, `SELECT `+t.list()+` FROM `+t.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	source := &copySource{rows: rows, row: newRow(len(t.columns))}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, source); err != nil {
		return err
	}
	return rows.Err()
}

// copySource hands rows of SQLite to COPY.
type copySource struct {
	rows *sql.Rows
	row  *row
}

func (s *copySource) Next() bool { return s.rows.Next() }
func (s *copySource) Err() error { return s.rows.Err() }

// Values are the columns of a row. SQLite's driver hands out an empty BLOB as a slice
// that is nil, which COPY would write as NULL; a NULL has no type.
func (s *copySource) Values() ([]any, error) {
	err := s.rows.Scan(s.row.places...)
	for i, v := range s.row.values {
		if b, ok := v.([]byte); ok && b == nil {
			s.row.values[i] = []byte{}
		}
	}
	return s.row.values, err
}

// Settle marks in a database that was brought back what cannot simply go on: its
// log gets a new epoch, so that cursors outside are void, and what was being sent
// when the copy was made may have arrived or not. It answers how many those are.
func Settle(tx *store.Tx, now time.Time) (unknown int64, err error) {
	if _, err := tx.Exec(`UPDATE log SET epoch = CASE WHEN epoch >= $1 THEN epoch + 1 ELSE $1 END`, now.Unix()); err != nil {
		return 0, store.Unavailable(err)
	}
	done, err := tx.Exec(`UPDATE outbox SET state = 'unknown', done_at = $1, code = 'restored', said = '', error = 'the database was restored while it was being sent' WHERE state = 'sending'`, now.UnixMilli())
	if err != nil {
		return 0, store.Unavailable(err)
	}
	return done.RowsAffected()
}
