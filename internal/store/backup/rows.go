package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/jackc/pgx/v5"

	"qunying/community"
	"qunying/internal/store"
)

// A copy of PostgreSQL holds its rows as COPY tells them in its binary form, table
// after table, without indexes: nothing is made of them on the way, so it is as fast
// as the server tells them. The file is rowsMark, then blocks, each a length of four
// bytes and its content: a rowsHead, for each table a rowsTable and its rows in as
// many blocks as they take, an empty block, and a block with the number of rows; at
// the end one more empty block.

const (
	rowsMark  = "qunying rows 1\n"
	blockSize = 1 << 18
	mostBlock = 1 << 24 // a heading is smaller than that too
	rowsSeen  = 1 << 24 // bytes between two reports of how far it is
)

// migrationsMade asks PostgreSQL which migrations made its tables.
const migrationsMade = `SELECT array_agg(version_id ORDER BY version_id) FROM goose_db_version WHERE version_id > 0`

// rowsHead begins a copy.
type rowsHead struct {
	Migrations []int64 `json:"migrations"` // that its tables have seen
	Events     int64   `json:"events"`
}

// rowsTable begins a table.
type rowsTable struct {
	Name    string   `json:"table"`
	Columns []string `json:"columns"`
	Types   []string `json:"types"` // one of rowTypes each, as PostgreSQL calls them
}

// rowTypes read a value of COPY for SQLite.
var rowTypes = map[string]func([]byte) any{
	"bigint":           func(b []byte) any { return int64(binary.BigEndian.Uint64(b)) }, //nolint:gosec // two's complement on both sides
	"double precision": func(b []byte) any { return math.Float64frombits(binary.BigEndian.Uint64(b)) },
	"text":             func(b []byte) any { return string(b) },
	"bytea":            func(b []byte) any { return slices.Clone(b) },
}

// copyPostgres writes one snapshot of a PostgreSQL database into a file of rows, and
// says in the manifest what is in it.
func copyPostgres(ctx context.Context, db *store.DB, to string, m *Manifest, seen func(float64, int64)) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w := &rowsWriter{to: f, sum: sha256.New()}
	err = db.Snapshot(ctx, func(tx pgx.Tx) error {
		if err := errors.Join(tx.QueryRow(ctx, migrationsMade).Scan(&w.head.Migrations),
			tx.QueryRow(ctx, `SELECT COALESCE(SUM(next_seq - 1), 0)::bigint FROM log`).Scan(&w.head.Events)); err != nil {
			return store.Unavailable(err)
		}
		all, err := tablesOf(ctx, w.head.Migrations, to+".tables")
		if err != nil {
			return err
		}
		return w.all(ctx, tx, all, seen)
	})
	if err == nil {
		err = f.Sync()
	}
	m.Events, m.Schema = w.head.Events, slices.Max(append(w.head.Migrations, 0))
	m.SHA256, m.Bytes = hex.EncodeToString(w.sum.Sum(nil)), w.bytes
	return errors.Join(err, f.Close())
}

// tablesOf lists the tables that migrations make, by making them in a file.
func tablesOf(ctx context.Context, migrations []int64, file string) (list []table, err error) {
	defer func() { err = errors.Join(err, remove(file, file+"-wal", file+"-shm")) }()
	db, err := store.OpenAsOf(ctx, file, migrations)
	if err != nil {
		return nil, err
	}
	err = db.Read(ctx, func(q store.Querier) (err error) {
		list, err = tables(ctx, q)
		return err
	})
	return list, errors.Join(err, db.Close())
}

// rowsWriter writes blocks and sums them up.
type rowsWriter struct {
	to    io.Writer
	sum   hash.Hash
	bytes int64
	after func(written int) // each block
	head  rowsHead
}

// put writes bytes as they are.
func (w *rowsWriter) put(b []byte) error {
	w.sum.Write(b)
	w.bytes += int64(len(b))
	_, err := w.to.Write(b)
	return err
}

// Write writes a block.
func (w *rowsWriter) Write(b []byte) (int, error) {
	var size [4]byte
	for part := range slices.Chunk(b, mostBlock) {
		binary.BigEndian.PutUint32(size[:], uint32(len(part))) //nolint:gosec // at most mostBlock
		if err := errors.Join(w.put(size[:]), w.put(part)); err != nil {
			return 0, err
		}
		if w.after != nil {
			w.after(len(part))
		}
	}
	return len(b), nil
}

func (w *rowsWriter) end() error { return w.put(make([]byte, 4)) }

func (w *rowsWriter) heading(v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

func (w *rowsWriter) all(ctx context.Context, tx pgx.Tx, all []table, seen func(float64, int64)) error {
	parts := make([]rowsTable, len(all))
	sizes := make([]int64, len(all)) // as a part of the whole they tell how far it is
	total := int64(1)
	for i, t := range all {
		parts[i] = rowsTable{Name: t.name, Columns: t.columns}
		if err := tx.QueryRow(ctx, `SELECT pg_table_size($1::regclass), (SELECT array_agg(format_type(atttypid, NULL) ORDER BY array_position($2, attname::text))
			FROM pg_attribute WHERE attrelid = $1::regclass AND attname = ANY($2))`, t.name, t.columns).Scan(&sizes[i], &parts[i].Types); err != nil {
			return store.Unavailable(err)
		}
		total += sizes[i]
	}
	if err := errors.Join(w.put([]byte(rowsMark)), w.heading(w.head)); err != nil {
		return err
	}
	done := int64(0)
	for i, t := range parts {
		written, told := int64(0), int64(0)
		w.after = func(n int) {
			if written += int64(n); written-told >= rowsSeen {
				told = written
				seen(float64(done+min(written, sizes[i]))/float64(total), w.bytes)
			}
		}
		if err := w.table(ctx, tx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		done += sizes[i]
	}
	w.after = nil
	seen(1, w.bytes)
	return w.end()
}

func (w *rowsWriter) table(ctx context.Context, tx pgx.Tx, t rowsTable) error {
	if err := w.heading(t); err != nil {
		return err
	}
	rows := bufio.NewWriterSize(w, blockSize) // COPY hands over one row at a time
	tag, err := tx.Conn().PgConn().CopyTo(ctx, rows, `COPY `+pgx.Identifier{t.Name}.Sanitize()+` (`+identifiers(t.Columns)+`) TO STDOUT (FORMAT binary)`)
	if err != nil {
		return store.Unavailable(err)
	}
	if err := errors.Join(rows.Flush(), w.end()); err != nil {
		return err
	}
	return w.heading(tag.RowsAffected())
}

func identifiers(columns []string) string {
	list := ""
	for i, c := range columns {
		if i > 0 {
			list += ", "
		}
		list += pgx.Identifier{c}.Sanitize()
	}
	return list
}

// rowsReader reads a copy of rows.
type rowsReader struct {
	from *bufio.Reader
	head rowsHead
}

// errRows says that a copy of rows is not one.
func errRows(err error) error {
	return &community.Error{Code: community.Invalid, Text: "the copy is damaged", Hint: "take another backup", Err: err}
}

func readRows(from io.Reader) (*rowsReader, error) {
	r := &rowsReader{from: bufio.NewReaderSize(from, blockSize)}
	mark := make([]byte, len(rowsMark))
	if _, err := io.ReadFull(r.from, mark); err != nil || string(mark) != rowsMark {
		return nil, errRows(err)
	}
	return r, r.heading(&r.head)
}

// block is the length of the next block.
func (r *rowsReader) block() (uint32, error) {
	var size [4]byte
	if _, err := io.ReadFull(r.from, size[:]); err != nil {
		return 0, errRows(err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > mostBlock {
		return 0, errRows(nil)
	}
	return n, nil
}

// heading reads a block of JSON; io.EOF is an empty one.
func (r *rowsReader) heading(v any) error {
	n, err := r.block()
	if err != nil {
		return err
	}
	if n == 0 {
		return io.EOF
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r.from, text); err != nil {
		return errRows(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return errRows(err)
	}
	return nil
}

// each hands over every table with a reader of its rows; f says how many it found, and
// they have to be as many as were written.
func (r *rowsReader) each(f func(t rowsTable, rows io.Reader) (int64, error)) error {
	for {
		var t rowsTable
		if err := r.heading(&t); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if len(t.Columns) == 0 || len(t.Columns) != len(t.Types) || slices.ContainsFunc(t.Types, func(s string) bool { return rowTypes[s] == nil }) {
			return errRows(fmt.Errorf("table %q has columns that are not known", t.Name))
		}
		rows := &rowsBlocks{of: r}
		found, err := f(t, rows)
		if err == nil {
			_, err = io.Copy(io.Discard, rows)
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		var want int64
		if err := r.heading(&want); err != nil {
			return err
		}
		if found != want {
			return errRows(fmt.Errorf("table %s has %d rows of %d", t.Name, found, want))
		}
	}
}

// rowsBlocks reads the rows of one table.
type rowsBlocks struct {
	of    *rowsReader
	left  uint32 // of the block
	ended bool
}

func (b *rowsBlocks) Read(p []byte) (int, error) {
	if b.left == 0 && !b.ended {
		var err error
		if b.left, err = b.of.block(); err != nil {
			return 0, err
		}
		b.ended = b.left == 0
	}
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.of.from.Read(p[:min(len(p), int(b.left))])
	b.left -= uint32(n) //nolint:gosec // at most what is left
	if errors.Is(err, io.EOF) {
		err = errRows(io.ErrUnexpectedEOF)
	}
	return n, err
}

// copyMark begins what COPY tells in its binary form; two numbers of four bytes follow.
const copyMark = "PGCOPY\n\xff\r\n\x00"

// eachRow takes what COPY told apart. A value is only good until f returns; nil is NULL.
func eachRow(t rowsTable, from io.Reader, f func(row [][]byte) error) (n int64, err error) {
	in := bufio.NewReaderSize(from, blockSize)
	if _, err := io.ReadFull(in, make([]byte, len(copyMark)+8)); err != nil {
		return 0, errRows(err)
	}
	row := make([][]byte, len(t.Columns))
	var content []byte
	ends := make([]int, len(row)) // in content; -1 is NULL
	var size [4]byte
	for {
		if _, err := io.ReadFull(in, size[:2]); err != nil {
			return n, errRows(err)
		}
		columns := int16(binary.BigEndian.Uint16(size[:])) //nolint:gosec // -1 is the end
		if columns == -1 {
			return n, nil
		}
		if int(columns) != len(row) {
			return n, errRows(fmt.Errorf("a row of %d columns", columns))
		}
		content = content[:0]
		for i := range row {
			if _, err := io.ReadFull(in, size[:]); err != nil {
				return n, errRows(err)
			}
			long := int32(binary.BigEndian.Uint32(size[:])) //nolint:gosec // -1 is NULL
			if ends[i] = -1; long < 0 {
				continue
			}
			if fixed := t.Types[i] == "bigint" || t.Types[i] == "double precision"; long > 1<<30 || fixed && long != 8 {
				return n, errRows(fmt.Errorf("a value of %d bytes", long))
			}
			at := len(content)
			content = slices.Grow(content, int(long))[:at+int(long)]
			if _, err := io.ReadFull(in, content[at:]); err != nil {
				return n, errRows(err)
			}
			ends[i] = len(content)
		}
		at := 0
		for i, end := range ends {
			if row[i] = nil; end >= 0 {
				row[i], at = content[at:end:end], end
			}
		}
		n++
		if err := f(row); err != nil {
			return n, err
		}
	}
}

// soundRows reads a copy of rows to its end.
func soundRows(from io.Reader) error {
	r, err := readRows(from)
	if err != nil {
		return err
	}
	if err := r.each(func(t rowsTable, rows io.Reader) (int64, error) {
		return eachRow(t, rows, func([][]byte) error { return nil })
	}); err != nil {
		return err
	}
	if _, err := r.from.ReadByte(); !errors.Is(err, io.EOF) {
		return errRows(err)
	}
	return nil
}

// rowsIntoSQLite fills a new file from a copy of rows.
func rowsIntoSQLite(ctx context.Context, from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := readRows(in)
	if err != nil {
		return err
	}
	laid, err := store.OpenAsOf(ctx, to, r.head.Migrations)
	if err != nil {
		return err
	}
	if err := laid.Close(); err != nil {
		return err
	}
	// Nobody else sees the file before it is whole.
	file, err := store.OpenSQLite("file:" + store.EscapePath(to) + "?_pragma=journal_mode(delete)&_pragma=synchronous(off)&_pragma=cache_size(-65536)")
	if err != nil {
		return err
	}
	file.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, file.Close()) }()
	// An index is made in one go from what is there: much faster than row by row.
	made, err := dropIndexes(ctx, file)
	if err != nil {
		return err
	}
	if err := r.each(func(t rowsTable, rows io.Reader) (int64, error) { return tableIntoSQLite(ctx, file, t, rows) }); err != nil {
		return err
	}
	for _, statement := range made {
		if _, err := file.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// rowsIntoPostgres fills an empty database from a copy of rows.
func rowsIntoPostgres(ctx context.Context, from, url string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := readRows(in)
	if err != nil {
		return err
	}
	same, err := emptyPostgres(ctx, url, r.head.Migrations)
	if err != nil {
		return err
	}
	if !same { // the tables have changed since: SQLite's migrations see to the rows
		work, err := os.MkdirTemp("", "qunying-restore-")
		if err != nil {
			return err
		}
		file := filepath.Join(work, "copy.db")
		if err = rowsIntoSQLite(ctx, from, file); err == nil {
			err = restorePostgres(ctx, file, url)
		}
		return errors.Join(err, os.RemoveAll(work))
	}
	return fillPostgres(ctx, url, func(tx pgx.Tx) error {
		return r.each(func(t rowsTable, rows io.Reader) (int64, error) {
			tag, err := tx.Conn().PgConn().CopyFrom(ctx, stopping{ctx, rows}, `COPY `+pgx.Identifier{t.Name}.Sanitize()+` (`+identifiers(t.Columns)+`) FROM STDIN (FORMAT binary, FREEZE)`)
			return tag.RowsAffected(), err
		})
	})
}
