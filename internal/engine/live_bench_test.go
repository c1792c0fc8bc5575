package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/search"
)

// BenchmarkLive keeps a steady stream of live events coming while every loop
// runs, and tells how long after its emission an event was decided.
//
//	go test ./internal/engine -run '^$' -bench Live -benchtime 40000x
func BenchmarkLive(b *testing.B) {
	for _, rate := range []int{2000, 0} {
		name := fmt.Sprintf("rate=%d", rate)
		if rate == 0 {
			name = "rate=full,senders=256"
		}
		b.Run(name, func(b *testing.B) { benchmarkLive(b, rate, small) })
	}
	// Everybody says the same everywhere: before long each message is a verdict.
	b.Run("raid,senders=256", func(b *testing.B) {
		benchmarkLive(b, 0, func(int) string { return "今天的打卡完成了，明天继续一起加油呀" })
	})
}

// small is small talk; nobody says the same twice in a while.
func small(i int) string {
	who := []string{"我妈", "隔壁老王", "我同桌", "楼下奶茶店", "小区保安", "孩子他爸", "公司前台", "这只猫", "房东", "教练", "班主任", "我自己"}
	did := []string{"昨晚终于修好了", "今天又忘了带", "刚买了一台", "说要退掉", "梦见了", "花两小时找到", "一直舍不得扔", "在地铁上捡到", "送了我", "弄丢了", "画了张"}
	what := []string{"蓝色的伞", "旧收音机，还能听", "半袋橘子", "那本菜谱", "跑步机，落灰三年", "会唱歌的闹钟", "三张电影票", "登山杖", "奶奶的毛衣", "一盆薄荷", "没拆的快递", "缺口的碗", "高铁票根"}
	return who[i%len(who)] + did[i/len(who)%len(did)] + what[i*7%len(what)]
}

func benchmarkLive(b *testing.B, rate int, text func(i int) string) {
	dsn := os.Getenv("QUNYING_BENCH_DATABASE")
	if dsn == "" {
		dsn = filepath.Join(b.TempDir(), "qunying.db")
	}
	ctx, cancel := context.WithCancel(context.Background())
	db, err := store.Open(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	ix, err := search.Open(ctx, db)
	if err != nil {
		b.Fatal(err)
	}
	e := New(Options{DB: db, Search: ix, Log: slog.New(slog.DiscardHandler)})
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()

	watch := newLatencies()
	go watch.follow(ctx, e)
	// Everybody says something first: meeting 5,000 people in a second is another story.
	const people = 5000
	for from := 0; from < people; from += 500 {
		drafts := make([]store.Draft, 500)
		for j := range drafts {
			drafts[j] = liveDraft(from+j, time.Now(), small(from+j))
		}
		r, err := db.Append(ctx, community.DefaultID, drafts...)
		if err != nil {
			b.Fatal(err)
		}
		for _, a := range r {
			watch.sent(a.Seq, time.Now())
		}
	}
	watch.wait(b, people)
	watch.took = watch.took[:0]
	senders := 256
	if rate > 0 {
		senders = 64
	}
	b.ResetTimer()
	start := time.Now()
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := s; i < b.N; i += senders {
				if rate > 0 {
					time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate)))) // the pace is what is asked for
				}
				at := time.Now()
				r, err := db.Append(ctx, community.DefaultID, liveDraft(i, at, text(people+i)))
				if err != nil {
					b.Error(err)
					return
				}
				watch.sent(r[0].Seq, at)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
	watch.wait(b, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decided/s")
	b.ReportMetric(watch.quantile(0.50), "p50-ms")
	b.ReportMetric(watch.quantile(0.99), "p99-ms")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	ix.Close()
	db.Close()
}

func liveDraft(i int, at time.Time, text string) store.Draft {
	group, id := fmt.Sprintf("g%d", i%200), fmt.Sprint(at.UnixNano(), "/", i)
	key := community.KeyParts{Kind: community.MessagePosted, Network: "sim", Group: group, ID: id, At: at, TimeSafe: true}.Key()
	return store.Draft{Network: "sim", Group: group, Account: "bench", Subject: store.Outside{ID: fmt.Sprintf("u%d", i%5000), Name: "小李"},
		Event: community.Event{Key: key, Kind: community.MessagePosted, At: at.Truncate(time.Millisecond), Content: community.Text, Source: "bench",
			Body: &community.Body{Name: "小李", Text: text, MessageID: id}}}
}

// latencies joins when events were emitted with when decide had passed them.
type latencies struct {
	mu      sync.Mutex
	emitted map[community.Seq]time.Time
	decided community.Seq
	took    []float64 // ms
	more    chan struct{}
}

func newLatencies() *latencies {
	return &latencies{emitted: map[community.Seq]time.Time{}, more: make(chan struct{}, 1)}
}

func (l *latencies) sent(seq community.Seq, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seq <= l.decided {
		l.took = append(l.took, float64(time.Since(at).Microseconds())/1000)
		return
	}
	l.emitted[seq] = at
}

func (l *latencies) follow(ctx context.Context, e *Engine) {
	decided, stop := e.decided.watch()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-decided:
		}
		var at community.Seq
		if err := e.db.Read(ctx, func(q store.Querier) (err error) {
			at, err = store.Cursor(ctx, q, community.DefaultID, store.Decide)
			return err
		}); err != nil {
			return
		}
		now := time.Now()
		l.mu.Lock()
		for seq := l.decided + 1; seq <= at; seq++ {
			if t, ok := l.emitted[seq]; ok {
				l.took = append(l.took, float64(now.Sub(t).Microseconds())/1000)
				delete(l.emitted, seq)
			}
		}
		l.decided = at
		l.mu.Unlock()
		select {
		case l.more <- struct{}{}:
		default:
		}
	}
}

func (l *latencies) wait(b *testing.B, n int) {
	for {
		l.mu.Lock()
		have := len(l.took)
		l.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-l.more:
		case <-time.After(30 * time.Second):
			b.Fatalf("only %d of %d events were decided", have, n)
		}
	}
}

func (l *latencies) quantile(q float64) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.took)
	return l.took[int(q*float64(len(l.took)-1))]
}
