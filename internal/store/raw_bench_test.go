package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// BenchmarkRawSQLite and BenchmarkRawPostgres are the limits that
// BenchmarkAppend is held against in the same run: the same two inserts under
// the same unique index with the same durability and group commit, and nothing
// else. The second needs QUNYING_BENCH_DATABASE.
func BenchmarkRawSQLite(b *testing.B)   { benchmarkRaw(b, openRawSQLite) }
func BenchmarkRawPostgres(b *testing.B) { benchmarkRaw(b, openRawPostgres) }

// rawLog writes batches of drafts, numbered from seq on.
type rawLog interface {
	write(seq int64, batch []*rawJob) error
}

type rawJob struct {
	draft Draft
	done  chan error
}

func benchmarkRaw(b *testing.B, open func(b *testing.B) rawLog) {
	for _, senders := range []int{64, 256} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			log, jobs := open(b), make(chan *rawJob, 4096)
			defer close(jobs)
			go func() {
				seq := int64(1)
				for first := range jobs {
					batch := []*rawJob{first}
					for waiting := -1; waiting < len(jobs); {
						waiting = len(jobs)
						runtime.Gosched()
					}
					for len(batch) < appendBatch && len(jobs) > 0 {
						batch = append(batch, <-jobs)
					}
					err := log.write(seq, batch)
					seq += int64(len(batch))
					for _, j := range batch {
						j.done <- err
					}
				}
			}()
			var next atomic.Int64
			start := time.Now()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range senders {
				wg.Go(func() {
					done := make(chan error, 1)
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						jobs <- &rawJob{benchDraft(i, start), done}
						if err := <-done; err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
		})
	}
}

// rawTables are the log's two tables and their indexes in either dialect.
func rawTables(d Dialect) []string {
	return []string{
		d.translate(`CREATE TABLE event (community_id BIGINT, seq BIGINT, key BLOB, kind TEXT, origin TEXT, group_id BIGINT, identity_id BIGINT, operator_id BIGINT,
			at BIGINT, logged_at BIGINT, content TEXT, length BIGINT, mentions BIGINT, flags BIGINT, targets BLOB, source TEXT, PRIMARY KEY (community_id, seq)) WITHOUT ROWID;`),
		`CREATE UNIQUE INDEX event_key ON event (community_id, key)`,
		d.translate(`CREATE TABLE event_body (community_id BIGINT, seq BIGINT, name TEXT, text TEXT, message_id TEXT, data TEXT, raw BLOB, PRIMARY KEY (community_id, seq)) WITHOUT ROWID;`),
	}
}

type rawSQLite struct {
	conn        *sql.Conn
	event, body *sql.Stmt
}

func openRawSQLite(b *testing.B) rawLog {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "raw.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=cache_size(-65536)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	var r rawSQLite
	if r.conn, err = db.Conn(ctx); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { r.conn.Close() })
	for _, s := range rawTables(SQLite) {
		if _, err := r.conn.ExecContext(ctx, s); err != nil {
			b.Fatal(err)
		}
	}
	if r.event, err = r.conn.PrepareContext(ctx, insertEvent+unlessKnown); err != nil {
		b.Fatal(err)
	}
	if r.body, err = r.conn.PrepareContext(ctx, insertBody); err != nil {
		b.Fatal(err)
	}
	return &r
}

func (r *rawSQLite) write(seq int64, batch []*rawJob) error {
	ctx := context.Background()
	if _, err := r.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for i, j := range batch {
		e, seq := &j.draft.Event, seq+int64(i)
		if _, err := r.event.Exec(1, seq, e.Key[:], string(e.Kind), "live", 1, 1, 0, e.At.UnixMilli(), e.At.UnixMilli(), string(e.Content), 18, 0, 0, nil, e.Source); err != nil {
			return err
		}
		if _, err := r.body.Exec(1, seq, e.Body.Name, e.Body.Text, e.Body.MessageID, nil, nil); err != nil {
			return err
		}
	}
	_, err := r.conn.ExecContext(ctx, "COMMIT")
	return err
}

// rawPostgres sends both inserts and the commit in one flush.
type rawPostgres struct{ conn *pgx.Conn }

func openRawPostgres(b *testing.B) rawLog {
	dsn := os.Getenv("QUNYING_BENCH_DATABASE")
	if dsn == "" {
		b.Skip("SKIPPED: QUNYING_BENCH_DATABASE names no PostgreSQL")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close(ctx) })
	for _, s := range append([]string{`DROP SCHEMA IF EXISTS raw CASCADE`, `CREATE SCHEMA raw`, `SET search_path TO raw`}, rawTables(PostgreSQL)...) {
		if _, err := conn.Exec(ctx, s); err != nil {
			b.Fatal(err)
		}
	}
	return &rawPostgres{conn}
}

func (r *rawPostgres) write(seq int64, batch []*rawJob) error {
	var c eventColumns
	for i, j := range batch {
		e := j.draft.Event
		e.Origin, e.Group, e.Identity, e.Length = "live", 1, 1, 18
		c.add(int(seq)+i, &e)
	}
	var both pgx.Batch
	both.Queue(`INSERT INTO event (community_id, logged_at, seq, key, kind, origin, group_id, identity_id, operator_id,
			at, content, length, mentions, flags, targets, source)
		SELECT $1, $2, * FROM unnest($3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
			$10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bytea[], $16::text[])
		ON CONFLICT (community_id, key) DO NOTHING`,
		1, c.at[0], c.place, c.key, c.kind, c.origin, c.group, c.identity, c.operator, c.at, c.content, c.length, c.mentions, c.flags, c.targets, c.source)
	both.Queue(`INSERT INTO event_body (community_id, seq, name, text, message_id, data, raw)
		SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])`,
		1, c.place, c.name, c.text, c.id, c.data, c.raw)
	return r.conn.SendBatch(context.Background(), &both).Close()
}
