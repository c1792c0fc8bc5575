package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qunying/community"
)

// BenchmarkAppend acknowledges single appends one by one, from many senders,
// while no loop runs: the figure of docs/benchmarks.md.
func BenchmarkAppend(b *testing.B) {
	for _, senders := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			db := benchDB(b)
			var next atomic.Int64
			start := time.Now()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range senders {
				wg.Go(func() {
					for {
						i := next.Add(1)
						if i > int64(b.N) {
							return
						}
						if _, err := db.Append(context.Background(), 1, benchDraft(i, start)); err != nil {
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

func benchDB(b *testing.B) *DB {
	dsn := os.Getenv("QUNYING_BENCH_DATABASE")
	if dsn == "" {
		dsn = filepath.Join(b.TempDir(), "qunying.db")
	}
	db, err := Open(context.Background(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

func benchDraft(i int64, start time.Time) Draft {
	at := start.Add(time.Duration(i) * time.Millisecond)
	group := fmt.Sprintf("g%d", i%200)
	id := fmt.Sprint(start.UnixNano(), "/", i)
	key := community.KeyParts{Kind: community.MessagePosted, Network: "sim", Group: group, ID: id, At: at, TimeSafe: true}.Key()
	return Draft{
		Network: "sim", Group: group, Zone: "Asia/Shanghai", Subject: Outside{ID: fmt.Sprintf("u%d", i%5000), Name: "小李"},
		Event: community.Event{Key: key, Kind: community.MessagePosted, At: at, Content: community.Text, Source: "sim",
			Body: &community.Body{Name: "小李", Text: "今天的打卡完成了，明天继续一起加油呀", MessageID: id}},
	}
}
