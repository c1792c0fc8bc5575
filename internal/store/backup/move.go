package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
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
}

func (t *table) list() string { return strings.Join(t.columns, ", ") }

// tables lists what is copied between databases.
func tables(ctx context.Context, q store.Querier) ([]table, error) {
	rows, err := q.QueryContext(ctx, `SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY t.name, c.cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []table
	for rows.Next() {
		var name, column string
		if err := rows.Scan(&name, &column); err != nil {
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
	}
	return list, rows.Err()
}

// dropIndexes drops the indexes of a file and answers the statements that make them.
func dropIndexes(ctx context.Context, file *sql.DB) (statements []string, err error) {
	made, err := indexes(ctx, file)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		if _, err := file.ExecContext(ctx, `DROP INDEX `+name); err != nil {
			return nil, err
		}
		statements = append(statements, made[name])
	}
	return statements, nil
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

// tableIntoSQLite writes the rows of one table into a file, and counts them.
func tableIntoSQLite(ctx context.Context, file *sql.DB, t rowsTable, rows io.Reader) (int64, error) {
	tx, err := file.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, `DELETE FROM `+t.Name); err != nil {
		return 0, err
	}
	places := `(` + strings.Repeat(`?, `, len(t.Columns)-1) + `?)`
	insert := `INSERT INTO ` + t.Name + ` (` + strings.Join(t.Columns, ", ") + `) VALUES ` + places
	several, err := tx.PrepareContext(ctx, insert+strings.Repeat(`, `+places, rowsAtOnce-1))
	if err != nil {
		return 0, err
	}
	defer several.Close()
	width := len(t.Columns)
	waiting := make([]any, 0, rowsAtOnce*width)
	n, err := eachRow(t, rows, func(row [][]byte) error {
		for i, v := range row {
			if v == nil {
				waiting = append(waiting, nil)
			} else {
				waiting = append(waiting, rowTypes[t.Types[i]](v))
			}
		}
		if len(waiting) < cap(waiting) {
			return nil
		}
		_, err := several.ExecContext(ctx, waiting...)
		waiting = waiting[:0]
		return err
	})
	if err != nil {
		return n, err
	}
	for row := range slices.Chunk(waiting, width) {
		if _, err := tx.ExecContext(ctx, insert, row...); err != nil {
			return n, err
		}
	}
	return n, tx.Commit()
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
	copied := filepath.Join(folder, m.Name)
	if to.Database != "" && m.rows() {
		return "", rowsIntoPostgres(ctx, copied, to.Database)
	}
	if to.Database != "" {
		return "", restorePostgres(ctx, copied, to.Database)
	}
	if err := os.MkdirAll(filepath.Dir(to.Path), 0o700); err != nil {
		return "", err
	}
	if err := m.bring(ctx, copied, to.Path+".restoring"); err != nil {
		return "", errors.Join(err, remove(to.Path+".restoring"))
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

// bring makes a database file of a copy.
func (m *Manifest) bring(ctx context.Context, copied, to string) error {
	if !m.rows() {
		return copyFile(ctx, copied, to)
	}
	if err := remove(to); err != nil {
		return err
	}
	if err := rowsIntoSQLite(ctx, copied, to); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
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
	if _, err := emptyPostgres(ctx, url, nil); err != nil {
		return err
	}
	return fillPostgres(ctx, url, func(tx pgx.Tx) error {
		return from.Read(ctx, func(q store.Querier) error {
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
	})
}

// emptyPostgres makes the tables in a database in which nothing has happened yet, and
// tells whether these are the migrations that made them.
func emptyPostgres(ctx context.Context, url string, migrations []int64) (same bool, err error) {
	to, err := store.Open(ctx, url)
	if err != nil {
		return false, err
	}
	if err := mustBeEmpty(ctx, to); err != nil {
		return false, errors.Join(err, to.Close())
	}
	err = to.Snapshot(ctx, func(tx pgx.Tx) error {
		var made []int64
		err := tx.QueryRow(ctx, migrationsMade).Scan(&made)
		same = slices.Equal(made, migrations)
		return err
	})
	return same, errors.Join(store.Unavailable(err), to.Close())
}

// fillPostgres empties the tables, has them filled and makes their keys and indexes
// anew of what is there, all at once: much faster than row by row. All or nothing.
func fillPostgres(ctx context.Context, url string, fill func(tx pgx.Tx) error) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return store.Unavailable(err)
	}
	defer conn.Close(ctx)
	if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		undo, redo, err := keysAndIndexes(ctx, tx)
		if err != nil {
			return store.Unavailable(err)
		}
		for _, s := range undo {
			if _, err := tx.Exec(ctx, s); err != nil {
				return store.Unavailable(err)
			}
		}
		if err := fill(tx); err != nil {
			return err
		}
		for _, s := range redo {
			if _, err := tx.Exec(ctx, s); err != nil {
				return store.Unavailable(err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `ANALYZE`) // queries would be planned as if all tables were empty
	return store.Unavailable(err)
}

// keysAndIndexes lists the statements that empty the tables and take away their keys
// and indexes, and those that make these again.
func keysAndIndexes(ctx context.Context, tx pgx.Tx) (undo, redo []string, err error) {
	redo = []string{`SET LOCAL maintenance_work_mem = '256MB'`}
	rows, err := tx.Query(ctx, `SELECT t.relname, COALESCE(c.conname, ''), COALESCE(pg_get_constraintdef(c.oid), ''), COALESCE(i.indexrelid::regclass::text, ''), COALESCE(pg_get_indexdef(i.indexrelid), '')
		FROM pg_class t LEFT JOIN pg_index i ON i.indrelid = t.oid LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
		WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND t.relname <> ALL($1) AND t.relname NOT LIKE 'view\_search%'
		ORDER BY t.relname, i.indexrelid`, bookkeeping)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	last := ""
	for rows.Next() {
		var table, key, keyIs, index, indexIs string
		if err := rows.Scan(&table, &key, &keyIs, &index, &indexIs); err != nil {
			return nil, nil, err
		}
		name := pgx.Identifier{table}.Sanitize()
		if table != last {
			undo, last = append(undo, `TRUNCATE `+name), table
		}
		switch {
		case key != "":
			constraint := ` CONSTRAINT ` + pgx.Identifier{key}.Sanitize()
			undo = append(undo, `ALTER TABLE `+name+` DROP`+constraint)
			redo = append(redo, `ALTER TABLE `+name+` ADD`+constraint+` `+keyIs)
		case index != "":
			undo = append(undo, `DROP INDEX `+index)
			redo = append(redo, indexIs)
		}
	}
	return undo, redo, rows.Err()
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
