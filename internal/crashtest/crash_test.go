package crashtest

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/testdb"
)

// The environment may ask for another history and for more or fewer deaths.
const (
	seedEnv   = "QUNYING_CRASH_SEED"
	deathsEnv = "QUNYING_CRASH_DEATHS"
)

func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv(name), strconv.FormatUint(otherwise, 10)), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func TestCrashSQLite(t *testing.T) {
	t.Parallel()
	crash(t, store.SQLite, filepath.Join(t.TempDir(), "crash.db"))
}

func TestCrashPostgreSQL(t *testing.T) {
	t.Parallel()
	crash(t, store.PostgreSQL, testdb.Postgres(t))
}

// crash kills the machine again and again. After each start nothing that was
// acknowledged is missing and nothing stands twice; in the end the log is what
// happened, the outbox is what stands in the groups, and the views are what a
// plain count of the log gives.
func crash(t *testing.T, dialect store.Dialect, dsn string) {
	deaths := fromEnv(t, deathsEnv, 100)
	seed := fromEnv(t, seedEnv, 20260302)
	t.Logf("%s=%d %s=%d", seedEnv, seed, deathsEnv, deaths)
	rng := rand.New(rand.NewPCG(seed, 3))
	started := time.Now()
	c := clock{From: started.Truncate(0), Shows: time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC), Speed: 3} // a local midnight and more lie ahead
	born := birth{DSN: dsn, Files: t.TempDir(), Clock: c}
	p := newPlatform(seed, c)
	files, rows := exports(t, rng)
	books := &books{t: t, p: p, dialect: dialect, dsn: dsn}
	plainRules(t, dsn, c)

	resumed := 0
	for death := range deaths {
		l := begin(t, p, born)
		resumed += l.awake().Resumed
		books.open()
		books.glance()
		if death%10 == 9 {
			books.views()
		}
		books.close()
		l.serve()
		if death >= deaths/4 {
			l.streams.Go(func() { _, _ = l.ask(toChild{Import: files}) }) // it dies with the child, and is asked for again
		}
		time.Sleep(time.Duration(20+rng.IntN(280)) * time.Millisecond) // the child lives for so long: this is the test, not a wait
		l.kill()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d deaths in %.1f s; imports found half done: %d", deaths, time.Since(started).Seconds(), resumed)

	// Two more lives end well: one that does what is left, and one after the time
	// in which what was sent without an outcome may still explain itself.
	p.hush()
	l := begin(t, p, born)
	l.awake()
	l.serve()
	if _, err := l.ask(toChild{Import: files}); err != nil {
		t.Fatalf("import: %v", err)
	}
	t.Logf("imported after %.1f s", time.Since(started).Seconds())
	l.drain(false)
	l.end()
	t.Logf("drained after %.1f s", time.Since(started).Seconds())
	born.Clock = c.jump(10 * time.Minute)
	p.mu.Lock()
	p.clock = born.Clock
	p.mu.Unlock()
	l = begin(t, p, born)
	l.awake()
	l.serve()
	l.drain(true)
	l.end()
	t.Logf("settled after %.1f s", time.Since(started).Seconds())

	books.open()
	books.glance()
	books.heads()
	books.log(rows)
	books.outbox()
	books.views()
	books.close()
	books.rebuild(born.Clock)
	t.Logf("%d events, %d outbox rows, %d observations delivered again; %.1f s in all", books.seen, books.rows, p.repeats, time.Since(started).Seconds())
}

// export is a row of a chat export.
type export struct {
	at           string
	sender, text string
}

const exportedGroup = "旧群"

// exports writes two exports of one chat that overlap, with equal lines in one
// second, and returns the rows that the chat has.
func exports(t *testing.T, rng *rand.Rand) (paths []string, rows []export) {
	t.Helper()
	const most, from, to = 6000, 2000, 4000
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	var cuts []int // where the overlap begins and the first file ends, between two moments
	for len(rows) < most {
		at = at.Add(time.Duration(1+rng.IntN(600)) * time.Second)
		for _, n := range []int{from, to} {
			if len(rows) >= n && (len(cuts) == 0 && n == from || len(cuts) == 1 && n == to) {
				cuts = append(cuts, len(rows))
			}
		}
		for range 1 + rng.IntN(3)/2 {
			r := export{at.Format(time.DateTime), fmt.Sprintf("老友%02d", rng.IntN(30)), talk[rng.IntN(len(talk))]}
			rows = append(rows, r)
			if rng.IntN(20) == 0 {
				rows = append(rows, r)
			}
		}
	}
	dir := t.TempDir()
	for i, part := range [][]export{rows[:cuts[1]], rows[cuts[0]:]} {
		path := filepath.Join(dir, fmt.Sprintf("%s-%d.csv", exportedGroup, i+1))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(f)
		lines := [][]string{{"时间", "昵称", "内容", "群"}}
		for _, r := range part {
			lines = append(lines, []string{r.at, r.sender, r.text, exportedGroup})
		}
		if err := w.WriteAll(lines); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths, rows
}

// plainRules has messages judged by rules that are ready at once: with the words
// that come with the product a child under the race detector would die before it
// has decided anything.
func plainRules(t *testing.T, dsn string, c clock) {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.Now = c.now
	for key, value := range map[string]string{
		"lexicon/starter": `{"name":"starter","starter":true,"off":true}`,
		"policy":          `{"clauses":[{"id":"long","name":"too long","layer":"basic","category":"flood","severity":3,"stage":"suggest","when":{"tests":[{"what":"length","min":5000}]},"texts":{}}]}`,
	} {
		change := store.Draft{Event: community.Event{Key: community.KeyParts{Kind: community.SettingsChanged, Network: "staff", ID: key}.Key(), At: c.now(), Source: "staff"}}
		if err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.SaveSetting(community.DefaultID, store.Setting{Key: key, Value: value}, 0, 1, change)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
