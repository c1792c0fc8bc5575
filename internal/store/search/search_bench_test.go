package search_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/search"
)

// filled opens the database that 'qunying simulate' filled and
// QUNYING_BENCH_DATABASE names.
func filled(b *testing.B) (*store.DB, *search.Index) {
	dsn := os.Getenv("QUNYING_BENCH_DATABASE")
	if dsn == "" {
		b.Skip("QUNYING_BENCH_DATABASE names no filled database")
	}
	return open(b, dsn)
}

// BenchmarkIndex indexes a filled database anew.
func BenchmarkIndex(b *testing.B) {
	db, ix := filled(b)
	var head community.Seq
	for b.Loop() {
		if err := ix.Drop(b.Context(), community.DefaultID); err != nil {
			b.Fatal(err)
		}
		for more := true; more; {
			var err error
			if more, err = ix.Step(b.Context(), community.DefaultID); err != nil {
				b.Fatal(err)
			}
		}
		if err := db.Read(b.Context(), func(q store.Querier) (err error) {
			head, err = store.Head(b.Context(), q, community.DefaultID)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(head)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkFind asks for the newest 50 messages with a word, of which some are
// in every twentieth message and some in hardly any.
func BenchmarkFind(b *testing.B) {
	_, ix := filled(b)
	for _, group := range []community.GroupID{0, 7} {
		name := "everywhere"
		if group != 0 {
			name = "one group"
		}
		b.Run(name, func(b *testing.B) {
			var took []float64
			for b.Loop() {
				for _, word := range []string{"今天", "跑步", "咖啡", "打卡", "周末", "孩子", "照片", "英语", "我", "今天打卡", "没有人说过"} {
					begun := time.Now()
					if _, _, err := ix.Find(b.Context(), community.DefaultID, search.Query{Text: word, Group: group, Limit: 50}); err != nil {
						b.Fatal(err)
					}
					took = append(took, float64(time.Since(begun).Microseconds())/1000)
				}
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2], "p50-ms")
			b.ReportMetric(took[(len(took)-1)*95/100], "p95-ms")
			b.ReportMetric(took[len(took)-1], "max-ms")
		})
	}
}
