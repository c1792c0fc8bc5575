//go:build unix

package engine

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/search"
	"qunying/transcript"
)

// BenchmarkBacktest tries the product's rules on real chats that were imported,
// without classifiers, from the database to the result: the figure of
// docs/benchmarks.md.
func BenchmarkBacktest(b *testing.B) {
	for name, chat := range map[string]struct{ file, columns string }{
		"live-chat":     {"live-chat/2020-05.tsv.gz", "time=time,sender_id=member,text=text"},
		"haskell-china": {"haskell-china/qq-export.txt.gz", ""},
	} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(os.Getenv("QUNYING_DATA"), chat.file)
			if _, err := os.Stat(path); err != nil {
				b.Skip("SKIPPED: QUNYING_DATA does not hold " + chat.file)
			}
			benchBacktest(b, path, chat.columns)
		})
	}
}

func benchBacktest(b *testing.B, path, columns string) {
	zone, err := community.LoadZone("Asia/Shanghai")
	if err != nil {
		b.Fatal(err)
	}
	o := ImportOptions{Path: path, GroupAs: "tried", Zone: zone}
	if columns != "" {
		if o.Map, err = transcript.ParseMap(columns); err != nil {
			b.Fatal(err)
		}
	}
	db, err := store.Open(context.Background(), filepath.Join(b.TempDir(), "qunying.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	ix, err := search.Open(context.Background(), db)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ix.Close() })
	e := New(Options{DB: db, Search: ix, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	r, err := e.Import(ctx, community.DefaultID, o)
	if err != nil {
		b.Fatal(err)
	}
	if err := e.Settled(ctx, community.DefaultID, community.Seq(r.Imported)); err != nil {
		b.Fatal(err)
	}
	cancel() // the loops would be measured, too
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	from, _ := community.ParseDay("2012-01-01")
	to, _ := community.ParseDay("2021-12-31")
	scanned := scanSaid(b, db)
	messages, begun := int64(0), processor(b)
	for b.Loop() {
		out, err := e.RunBacktest(context.Background(), community.DefaultID, Backtest{Policy: policy.Default(), From: from, To: to, Samples: 10})
		if err != nil {
			b.Fatal(err)
		}
		if out.Messages < r.Imported/2 {
			b.Fatalf("%d of %d messages were tried", out.Messages, r.Imported)
		}
		messages += out.Messages
	}
	each := float64((processor(b) - begun).Microseconds()) / float64(messages)
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(each, "µs/message")
	b.ReportMetric(each/scanned, "×scan")
}

// processor is the time that this process has had of all processors: on a machine
// that others use too, elapsed time says little.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// scanSaid goes through the same messages and only looks at who said what when: the
// limit, in µs of processor time a message.
func scanSaid(b *testing.B, db *store.DB) float64 {
	begun, n, bytes := processor(b), 0, 0
	if err := db.Read(b.Context(), func(q store.Querier) error {
		rows, err := q.QueryContext(b.Context(), `SELECT e.seq, e.group_id, e.identity_id, e.at, b.text FROM event e
			JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq WHERE e.community_id = $1 AND e.kind = 'message.posted' ORDER BY e.seq`, int64(community.DefaultID))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var seq, group, who, at int64
			var text string
			if err := rows.Scan(&seq, &group, &who, &at, &text); err != nil {
				return err
			}
			n, bytes = n+1, bytes+len(text)
		}
		return rows.Err()
	}); err != nil || n == 0 || bytes == 0 {
		b.Fatal(n, bytes, err)
	}
	return float64((processor(b) - begun).Microseconds()) / float64(n)
}
