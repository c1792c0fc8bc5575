package backup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/backup"
)

// BenchmarkBackup copies the database that QUNYING_BENCH_DATABASE names, which 'qunying
// simulate' filled, while 1,000 events/s are appended to it; between its copies a file
// is copied as it is, and a PostgreSQL database by pg_dump: the figure of
// docs/benchmarks.md.
func BenchmarkBackup(b *testing.B) {
	dsn := os.Getenv("QUNYING_BENCH_DATABASE")
	if dsn == "" {
		b.Skip("QUNYING_BENCH_DATABASE names no filled database")
	}
	db, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	beside := os.Getenv("QUNYING_BENCH_FOLDER")
	if db.Dialect == store.SQLite {
		beside = filepath.Dir(dsn)
	}
	folder, err := os.MkdirTemp(beside, "backup") //nolint:usetesting // on the disk of the database
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(folder) })
	ctx, stop := context.WithCancel(b.Context())
	var waits []float64 // ms, of every append
	var all sync.WaitGroup
	all.Go(func() { waits = appending(ctx, b, db) })
	plain, made, seconds := 0.0, 0.0, 0.0
	dumped := map[string]float64{} // seconds
	n := 0
	for b.Loop() {
		if db.Dialect == store.SQLite {
			plain += plainCopy(b, dsn, filepath.Join(folder, "plain"))
		} else {
			for _, format := range []string{"plain", "custom"} {
				dumped[format] += dump(b, dsn, format, filepath.Join(folder, format))
			}
		}
		m, err := backup.Make(b.Context(), db, backup.Options{Folder: folder, Now: time.Now().Add(time.Duration(n) * time.Second)})
		if err != nil {
			b.Fatal(err)
		}
		made += float64(m.Bytes) / 1e6 / m.Seconds
		seconds += m.Seconds
		b.Logf("%d MB in %.1f s", m.Bytes/1e6, m.Seconds)
		if err := os.Remove(filepath.Join(folder, m.Name)); err != nil {
			b.Fatal(err)
		}
		n++
	}
	stop()
	all.Wait()
	slices.Sort(waits)
	b.ReportMetric(made/float64(n), "MB/s")
	b.ReportMetric(seconds/float64(n), "s")
	if plain > 0 {
		b.ReportMetric(plain/float64(n), "plain-MB/s")
	}
	for format, s := range dumped {
		b.ReportMetric(s/float64(n), "pg_dump-"+format+"-s")
	}
	b.ReportMetric(float64(len(waits))/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(waits[len(waits)/2], "append-p50-ms")
	b.ReportMetric(waits[(len(waits)-1)*99/100], "append-p99-ms")
}

// dump has pg_dump write a database to disk and answers how many seconds it took.
func dump(b *testing.B, url, format, to string) float64 {
	began := time.Now()
	if out, err := exec.CommandContext(b.Context(), "pg_dump", "--format="+format, "--file="+to, url).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	f, err := os.Open(to)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return time.Since(began).Seconds()
}

// plainCopy copies a file to disk and answers at how many MB a second.
func plainCopy(b *testing.B, from, to string) float64 {
	began := time.Now()
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	n, err := io.Copy(out, in)
	if err != nil {
		b.Fatal(err)
	}
	if err := out.Sync(); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	return float64(n) / 1e6 / time.Since(began).Seconds()
}

// appending appends a thousand events a second, a hundred times a second those that
// are due, until it is to stop, and answers how long each batch of them took.
func appending(ctx context.Context, b *testing.B, db *store.DB) (waits []float64) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for i := 0; ; {
		select {
		case <-ctx.Done():
			return waits
		case <-tick.C:
		}
		var drafts []store.Draft
		at := time.Now()
		for due := int(at.Sub(began).Milliseconds()); i < due; i++ {
			drafts = append(drafts, store.Draft{Event: community.Event{Key: community.KeyParts{ID: fmt.Sprint("bench", at.UnixNano(), i)}.Key(), Kind: community.MessagePosted,
				Origin: community.Live, At: at, Content: community.Text, Length: 12, Source: "bench", Body: &community.Body{Name: "小李", Text: "今天跑了五公里，打卡第三天"}},
				Network: "sim", Group: fmt.Sprint("bench", i%50), Subject: store.Outside{ID: fmt.Sprint("u", i%3000), Name: "小李"}})
		}
		if _, err := db.Append(ctx, 1, drafts...); err != nil {
			if ctx.Err() == nil {
				b.Error(err)
			}
			return waits
		}
		wait := float64(time.Since(at).Microseconds()) / 1000
		for range drafts {
			waits = append(waits, wait)
		}
	}
}
