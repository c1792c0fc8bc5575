package engine

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	peopledb "qunying/internal/store/people"
)

// BenchmarkFindPeople asks for the first 20 of those with a name, as the console's
// search does, among 300,000 people of whom half only stand on member lists: the figure of
// docs/benchmarks.md.
func BenchmarkFindPeople(b *testing.B) {
	dsn := os.Getenv("QUNYING_BENCH_DATABASE")
	if dsn == "" {
		dsn = b.TempDir() + "/qunying.db"
	}
	db, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	people(b, db, 300_000)
	var took []float64
	for b.Loop() {
		for _, text := range []string{"小李", "李0", "花开", "静12", "名单里", "299999", "没有人叫", "旧名7"} {
			began := time.Now()
			if err := db.Read(b.Context(), func(q store.Querier) error {
				links, err := insightdb.LinksNow(b.Context(), q, 1)
				if err != nil {
					return err
				}
				_, _, _, err = peopledb.List(b.Context(), q, 1, links, peopledb.Filter{Text: text, Limit: 20})
				return err
			}); err != nil {
				b.Fatal(err)
			}
			took = append(took, float64(time.Since(began).Microseconds())/1000)
		}
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "p50-ms")
	b.ReportMetric(took[(len(took)-1)*95/100], "p95-ms")
	b.ReportMetric(took[len(took)-1], "max-ms")
}

// people lists so many in groups of 500, a tenth of them under another name later, and
// counts every other one as somebody who wrote.
func people(b *testing.B, db *store.DB, n int) {
	b.Helper()
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	words := []string{"小李", "花开富贵", "静", "名单里的人", "张三丰", "阳光"}
	named := func(i int) string { return fmt.Sprint(words[i%len(words)], i) }
	roster := func(group int, at time.Time, members []store.Outside) store.Draft {
		return store.Draft{Event: community.Event{Kind: community.RosterTaken, Origin: community.History, At: at, Source: "roster",
			Key: community.KeyParts{Kind: community.RosterTaken, Group: fmt.Sprint(group), At: at}.Key()}, Network: "sim", Group: fmt.Sprint("g", group), Targets: members}
	}
	const size = 500
	for from := 0; from < n; from += size {
		var first, second []store.Outside
		for i := from; i < from+size; i++ {
			o := store.Outside{ID: fmt.Sprint("id", i), Name: named(i)}
			second = append(second, o)
			if i%10 == 7 {
				o.Name = fmt.Sprint("旧名", i)
			}
			first = append(first, o)
		}
		if _, err := db.Append(b.Context(), 1, roster(from/size, at, first)); err != nil {
			b.Fatal(err)
		}
		if _, err := db.Append(b.Context(), 1, roster(from/size, at.Add(48*time.Hour), second)); err != nil {
			b.Fatal(err)
		}
		if err := db.Write(b.Context(), func(tx *store.Tx) error {
			var seen []peopledb.Seen
			var listed []peopledb.Listed
			var ids []community.IdentityID
			for _, o := range second {
				id, err := store.IdentityByOutside(context.Background(), tx, 1, "sim", 0, o.ID)
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			for k, id := range ids {
				s := peopledb.Seen{Identity: id, FirstAt: at.UnixMilli()}
				if k%2 == 0 {
					s.Messages, s.SpokeAt = 3, at.UnixMilli()+int64(id)
				}
				seen = append(seen, s)
				listed = append(listed, peopledb.Listed{Identity: id, At: at.UnixMilli()}, peopledb.Listed{Identity: id, At: at.Add(48 * time.Hour).UnixMilli()})
			}
			if err := peopledb.AddSeen(tx, 1, seen, func(id community.IdentityID) community.PersonID { return community.PersonID(id) }); err != nil {
				return err
			}
			return peopledb.AddCalled(tx, 1, nil, listed)
		}); err != nil {
			b.Fatal(err)
		}
	}
}
