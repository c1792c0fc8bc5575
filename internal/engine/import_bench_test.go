package engine

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/search"
	"qunying/transcript"
)

// BenchmarkImport brings a month of a public live room in, until the views have
// counted it: the figure of docs/benchmarks.md. The search index follows behind.
func BenchmarkImport(b *testing.B) {
	path := filepath.Join(os.Getenv("QUNYING_DATA"), "live-chat", "2020-05.tsv.gz")
	if _, err := os.Stat(path); err != nil {
		b.Skip("SKIPPED: QUNYING_DATA does not hold live-chat/2020-05.tsv.gz")
	}
	zone, err := community.LoadZone("Asia/Shanghai")
	if err != nil {
		b.Fatal(err)
	}
	columns, err := transcript.ParseMap("time=time,sender_id=member,text=text")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		dsn := os.Getenv("QUNYING_BENCH_DATABASE")
		if dsn == "" {
			dsn = filepath.Join(b.TempDir(), "qunying.db")
		}
		db, err := store.Open(context.Background(), dsn)
		if err != nil {
			b.Fatal(err)
		}
		ix, err := search.Open(context.Background(), db)
		if err != nil {
			b.Fatal(err)
		}
		e := New(Options{DB: db, Search: ix, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		r, err := e.Import(ctx, community.DefaultID, ImportOptions{Path: path, GroupAs: "live", Zone: zone, Map: columns})
		if err != nil {
			b.Fatal(err)
		}
		read := b.Elapsed()
		if err := e.Settled(ctx, community.DefaultID, community.Seq(r.Imported)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.Imported)/read.Seconds(), "appended/s")
		b.ReportMetric(float64(r.Imported)/b.Elapsed().Seconds(), "dashboards/s")
		for {
			at, err := ix.Position(ctx, community.DefaultID)
			if err != nil {
				b.Fatal(err)
			}
			if at >= community.Seq(r.Imported) {
				break
			}
			time.Sleep(20 * time.Millisecond) // what is measured takes seconds
		}
		b.ReportMetric(float64(r.Imported)/b.Elapsed().Seconds(), "searchable/s")
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		if err := ix.Close(); err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
