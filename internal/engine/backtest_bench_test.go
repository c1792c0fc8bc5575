package engine

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

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
	messages := int64(0)
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
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
}
