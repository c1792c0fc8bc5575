// Package store is the database: SQLite in one file, or PostgreSQL. It knows
// the domain's types; no domain package knows it. The queries of one domain are
// in a package below this one.
//
// Reads see one snapshot. Every write is one transaction: on SQLite a single
// writer goroutine runs them one after the other, appends first, so nobody waits
// for a lock; on PostgreSQL rows are locked.
package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"qunying/community"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Querier is what a read and a write share.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Tx is one write transaction. It is used by one goroutine.
type Tx struct {
	conn
	db    *DB
	fresh []func()          // run after the commit: publish what the transaction learnt
	names map[nameKey]named // numbers handed out so far
}

type conn interface {
	Querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	Dialect Dialect
	Path    string // of the SQLite file, or ""
	// Now dates what is logged; nil is time.Now. Set it before the first append:
	// a story's time is its own.
	Now func() time.Time

	read, write *sql.DB
	writer      *sql.Conn // SQLite's one writing connection
	syncer      *syncer   // nil on PostgreSQL: what is committed is on disk
	names       *nameCache
	appends     chan *appendJob
	writes      chan *writeJob
	short       chan *writeJob // that share a commit with appends
	stop        chan struct{}
	stopped     chan struct{}
	done        sync.WaitGroup

	mu      sync.Mutex
	waiters map[chan struct{}]bool
}

// Open opens the database at dsn, a file's path or postgres://…, and brings its
// tables up to date. The caller closes it.
func Open(ctx context.Context, dsn string) (*DB, error) { return OpenAsOf(ctx, dsn, nil) }

// OpenAsOf is Open for an empty database that is to have the tables of another
// moment: those that the numbered migrations make, or all of them if there are none.
// It is unsupported where this program does not know one of them.
func OpenAsOf(ctx context.Context, dsn string, versions []int64) (*DB, error) {
	db := &DB{
		names: newNameCache(), waiters: map[chan struct{}]bool{},
		appends: make(chan *appendJob, 4096), writes: make(chan *writeJob), short: make(chan *writeJob),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	var err error
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		err = db.openPostgres(dsn)
	} else {
		err = db.openSQLite(dsn)
	}
	if err == nil {
		err = db.migrate(ctx, versions)
	}
	if err != nil {
		return nil, errors.Join(err, db.closeConns())
	}
	if db.Dialect == SQLite {
		if db.writer, err = db.write.Conn(ctx); err != nil {
			return nil, errors.Join(unavailable(err), db.closeConns())
		}
		if db.syncer, err = newSyncer(db.Path); err != nil {
			return nil, errors.Join(err, db.closeConns())
		}
		if err := db.syncer.disk(); err != nil { // what opening wrote
			return nil, errors.Join(unavailable(err), db.closeConns())
		}
	}
	db.start()
	return db, nil
}

// start begins to write. When it is told to stop, what has begun is written and
// answered.
func (db *DB) start() {
	written := make(chan struct{})
	db.done.Go(func() {
		defer close(written)
		db.run()
	})
	db.done.Go(func() {
		defer close(db.stopped)
		if db.syncer != nil {
			db.syncer.run(written)
		}
		<-written
	})
}

func (db *DB) openSQLite(path string) error {
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return &community.Error{Code: community.Unavailable, Text: "the data folder cannot be made", Hint: "check the rights of " + dir, Err: err}
		}
	}
	db.Dialect, db.Path = SQLite, path
	// auto_vacuum must be set before the first table exists; secure_delete makes
	// erased text leave the file. A commit does not wait for the disk (normal): the
	// syncer sees to it.
	pragmas := "?_pragma=busy_timeout(10000)&_pragma=auto_vacuum(2)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)" +
		"&_pragma=secure_delete(on)&_pragma=temp_store(memory)&_pragma=wal_autocheckpoint(4000)"
	file := "file:" + EscapePath(path)
	var err error
	if db.write, err = OpenSQLite(file + pragmas + "&_pragma=cache_size(-32768)&_txlock=immediate"); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	// Setting auto_vacuum takes the writer's lock, and under an import a reader would
	// not get it in time.
	if db.read, err = OpenSQLite(file + "?_pragma=busy_timeout(10000)&_pragma=temp_store(memory)&_pragma=cache_size(-8192)&_pragma=query_only(1)"); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(4)
	db.read.SetMaxIdleConns(4)
	return nil
}

// EscapePath makes a file's path fit for SQLite's file: addresses.
func EscapePath(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
}

func (db *DB) openPostgres(dsn string) error {
	db.Dialect = PostgreSQL
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return &community.Error{Code: community.Invalid, Text: "the database address is not understood", Hint: "write it as postgres://user:password@host:5432/name", Err: err}
	}
	conn := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(planAnew))
	conn.SetMaxOpenConns(16)
	conn.SetMaxIdleConns(8)
	db.read, db.write = conn, conn
	return nil
}

// planAnew has statements planned each time they run. A plan that is kept was
// perhaps made while the tables were empty, and then compares every event with
// every body. Nothing is compiled or shared among workers either: what the loops
// ask for is the next few thousand rows of an index, and workers read far ahead of
// that. It is a statement, because PgBouncer refuses a connection that asks for it
// as it opens.
func planAnew(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config('plan_cache_mode', 'force_custom_plan', false), set_config('jit', 'off', false),
		set_config('max_parallel_workers_per_gather', '0', false)`)
	return err
}

// Schema names the tables that this program makes: the same name, the same
// tables.
func Schema() string {
	h := sha256.New()
	files, err := fs.Glob(migrations, "migrations/*.sql")
	for _, name := range files {
		var text []byte
		if text, err = migrations.ReadFile(name); err != nil {
			break
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	if err != nil {
		panic(err) // they are part of the program
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (db *DB) migrate(ctx context.Context, versions []int64) error {
	dialect := goose.DialectSQLite3
	if db.Dialect == PostgreSQL {
		dialect = goose.DialectPostgres
	}
	fsys, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	// Numbers are given out before the work is done, so a later one may have run first.
	p, err := goose.NewProvider(dialect, db.write, migrationFS{fsys, db.Dialect}, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return err
	}
	if versions == nil {
		_, err = p.Up(ctx)
	}
	for _, v := range versions {
		if err == nil {
			_, err = p.ApplyVersion(ctx, v, true)
		}
	}
	if errors.Is(err, goose.ErrVersionNotFound) {
		return &community.Error{Code: community.Unsupported, Text: "this was made by a newer program", Hint: "install that version, or a newer one", Err: err}
	}
	if err != nil {
		return &community.Error{Code: community.Unavailable, Text: "the database could not be opened or brought up to date", Hint: "check that it is reachable, writable and not newer than this program", Err: err}
	}
	return db.ensureDefault(ctx)
}

// ensureDefault makes the community that every installation has.
func (db *DB) ensureDefault(ctx context.Context) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if err := addCommunity(ctx, tx, community.DefaultID, "default", "Qunying", "Asia/Shanghai"); err != nil {
		return err
	}
	return tx.Commit()
}

// AddCommunity makes a community, or leaves it as it is when it exists.
func (db *DB) AddCommunity(ctx context.Context, id community.ID, slug, name, zone string) error {
	return db.Write(ctx, func(tx *Tx) error { return addCommunity(ctx, tx, id, slug, name, zone) })
}

func addCommunity(ctx context.Context, tx conn, id community.ID, slug, name, zone string) error {
	if _, err := community.LoadZone(zone); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO community (community_id, slug, name, zone, created_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, int64(id), slug, name, zone, time.Now().UnixMilli()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO log (community_id, next_seq, next_group, next_identity, last_at, epoch)
		VALUES ($1, 1, 1, 1, 0, 1) ON CONFLICT DO NOTHING`, int64(id))
	return err
}

// Read runs f on one snapshot. Keep it short: a long reader keeps SQLite's
// write-ahead log from being cut.
func (db *DB) Read(ctx context.Context, f func(q Querier) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.Dialect == PostgreSQL {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.read.BeginTx(ctx, opts)
	if err != nil {
		return unavailable(err)
	}
	defer tx.Rollback() //nolint:errcheck // a read has nothing to lose
	return f(tx)
}

// Snapshot is Read on PostgreSQL for who needs the connection itself, as COPY does.
func (db *DB) Snapshot(ctx context.Context, f func(tx pgx.Tx) error) error {
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		return pgx.BeginTxFunc(ctx, driver.(*stdlib.Conn).Conn(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
	})
}

// Write runs f in one transaction and commits it; an error from f rolls it
// back and is returned as it is. It returns when all is on disk. On SQLite f runs
// on the writer goroutine: it must not call Write or Append itself.
func (db *DB) Write(ctx context.Context, f func(tx *Tx) error) error {
	return db.handOver(ctx, db.writes, f, false)
}

// WriteSoon is Write for what can be made again from the log: on SQLite it returns
// when the transaction is committed, and does not wait until the disk has it. A
// crash loses nothing of it; a power cut may, together with its cursor.
func (db *DB) WriteSoon(ctx context.Context, f func(tx *Tx) error) error {
	return db.handOver(ctx, db.writes, f, true)
}

// WriteShort is WriteSoon for what takes a few milliseconds at most. On SQLite it
// shares its transaction with the appends that wait, which wait for it in return.
func (db *DB) WriteShort(ctx context.Context, f func(tx *Tx) error) error {
	return db.handOver(ctx, db.short, f, true)
}

func (db *DB) handOver(ctx context.Context, to chan<- *writeJob, f func(tx *Tx) error, soon bool) error {
	if db.Dialect == PostgreSQL {
		return db.inTx(ctx, f)
	}
	job := &writeJob{f: f, done: make(chan error, 1), soon: soon}
	select {
	case to <- job:
		return <-job.done
	case <-ctx.Done():
		return ctx.Err()
	case <-db.stop:
		return errClosed
	}
}

type writeJob struct {
	f    func(tx *Tx) error
	done chan error
	soon bool // answered when it is committed
}

var errClosed = community.Errorf(community.Unavailable, "the database is closed")

func (db *DB) inTx(ctx context.Context, f func(tx *Tx) error) error {
	if db.Dialect == SQLite {
		return db.inWriter(f)
	}
	sqlTx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(err)
	}
	defer sqlTx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	tx := &Tx{conn: sqlTx, db: db}
	if err := f(tx); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return unavailable(err)
	}
	tx.publish()
	return nil
}

// inWriter runs f on SQLite's one writing connection.
func (db *DB) inWriter(f func(tx *Tx) error) error {
	ctx := context.Background()
	if err := db.syncer.err(); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return unavailable(err)
	}
	tx := &Tx{conn: db.writer, db: db}
	err := safely(f, tx)
	if err == nil {
		if _, err = db.writer.ExecContext(ctx, "COMMIT"); err == nil {
			db.syncer.made.Add(1)
			tx.publish()
			return nil
		}
		err = unavailable(err)
	}
	if _, rollback := db.writer.ExecContext(ctx, "ROLLBACK"); rollback != nil {
		return errors.Join(err, rollback)
	}
	return err
}

// safely turns a panic of f into an error, so that the writer survives it.
func safely(f func(tx *Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return f(tx)
}

func (tx *Tx) publish() {
	for _, f := range tx.fresh {
		f()
	}
}

// attempt runs f so that what it wrote can be taken back alone. It reports whether
// that stays; an error means that the whole transaction must go. SQLite only.
func (tx *Tx) attempt(f func(tx *Tx) error) (stays bool, err error) {
	if _, err := tx.Exec("SAVEPOINT attempt"); err != nil {
		return false, unavailable(err)
	}
	part := &Tx{conn: tx.conn, db: tx.db, names: tx.names}
	if failed := safely(f, part); failed != nil {
		_, err := tx.Exec("ROLLBACK TO attempt")
		return false, unavailable(err)
	}
	if _, err := tx.Exec("RELEASE attempt"); err != nil {
		return false, unavailable(err)
	}
	tx.fresh, tx.names = append(tx.fresh, part.fresh...), part.names
	return true, nil
}

// AfterCommit runs f once the transaction has committed.
func (tx *Tx) AfterCommit(f func()) { tx.fresh = append(tx.fresh, f) }

// Exec runs a statement. It ignores cancellation, because a half-done
// transaction is worth nothing.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	return tx.ExecContext(context.Background(), query, args...)
}

// Close stops the writer after what it has begun and closes the connections.
func (db *DB) Close() error {
	close(db.stop)
	db.done.Wait()
	return db.closeConns()
}

func (db *DB) closeConns() error {
	var errs []error
	if db.syncer != nil {
		errs = append(errs, db.syncer.close())
	}
	if db.writer != nil {
		errs = append(errs, db.writer.Close())
	}
	if db.read != nil {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil && db.write != db.read {
		errs = append(errs, db.write.Close())
	}
	return errors.Join(errs...)
}

// unavailable marks errors of the database itself as worth a retry.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	var ce *community.Error
	if errors.As(err, &ce) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &community.Error{Code: community.Unavailable, Text: "the database did not answer", Err: err}
}

// Unavailable marks an error of the database as worth a retry, for the packages
// below this one.
func Unavailable(err error) error { return unavailable(err) }

// IsBusy says that err is a lock or serialisation conflict: the transaction may
// simply be run again.
func IsBusy(err error) bool {
	var se *sqlite.Error
	if errors.As(err, &se) {
		return se.Code()&0xff == 5 || se.Code()&0xff == 6 // SQLITE_BUSY, SQLITE_LOCKED
	}
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

// millis and fromMillis carry times as the database has them; 0 is no time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
