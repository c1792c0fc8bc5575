package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkRawSQLite is the limit that BenchmarkAppend is held against in the
// same run: the same two inserts under the same unique index with the same
// durability and group commit, and nothing else.
func BenchmarkRawSQLite(b *testing.B) {
	for _, senders := range []int{64, 256} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) { benchmarkRaw(b, senders) })
	}
}

type rawJob struct {
	draft Draft
	done  chan error
}

func benchmarkRaw(b *testing.B, senders int) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "raw.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=cache_size(-65536)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	for _, s := range []string{
		`CREATE TABLE event (community_id BIGINT, seq BIGINT, key BLOB, kind TEXT, origin TEXT, group_id BIGINT, identity_id BIGINT, operator_id BIGINT,
			at BIGINT, logged_at BIGINT, content TEXT, length BIGINT, mentions BIGINT, flags BIGINT, targets BLOB, source TEXT, PRIMARY KEY (community_id, seq)) WITHOUT ROWID`,
		`CREATE UNIQUE INDEX event_key ON event (community_id, key)`,
		`CREATE TABLE event_body (community_id BIGINT, seq BIGINT, name TEXT, text TEXT, message_id TEXT, data TEXT, raw BLOB, PRIMARY KEY (community_id, seq)) WITHOUT ROWID`,
	} {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			b.Fatal(err)
		}
	}
	event, err := conn.PrepareContext(ctx, insertEvent)
	if err != nil {
		b.Fatal(err)
	}
	body, err := conn.PrepareContext(ctx, insertBody)
	if err != nil {
		b.Fatal(err)
	}
	jobs := make(chan *rawJob, 4096)
	go func() {
		seq := int64(0)
		for first := range jobs {
			batch := []*rawJob{first}
			for len(batch) < appendBatch && len(jobs) > 0 {
				batch = append(batch, <-jobs)
			}
			_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
			for _, j := range batch {
				seq++
				e := &j.draft.Event
				if err == nil {
					_, err = event.Exec(1, seq, e.Key[:], string(e.Kind), "live", 1, 1, 0, e.At.UnixMilli(), e.At.UnixMilli(), string(e.Content), 18, 0, 0, nil, e.Source)
				}
				if err == nil {
					_, err = body.Exec(1, seq, e.Body.Name, e.Body.Text, e.Body.MessageID, nil, nil)
				}
			}
			if err == nil {
				_, err = conn.ExecContext(ctx, "COMMIT")
			}
			for _, j := range batch {
				j.done <- err
			}
		}
	}()
	defer close(jobs)
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
}
