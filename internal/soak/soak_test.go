package soak

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunying/community"
	"qunying/internal/engine"
	"qunying/internal/store"
)

// longEnv names the variable with how long the machine lives ("24h"); without it a
// short while is enough to find most of what a day does.
const longEnv = "QUNYING_SOAK"

// pace says how long the machine lives and how soon something breaks, on average.
type pace struct {
	length, works, breaks, calm time.Duration
}

// usual is the pace without longEnv. The race detector makes SQLite ten times slower.
func usual() pace {
	info, ok := debug.ReadBuildInfo()
	if ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return pace{length: 4 * time.Minute, works: 80 * time.Second, breaks: 30 * time.Second, calm: 3 * time.Minute}
	}
	return pace{length: 12 * time.Minute, works: 4 * time.Minute, breaks: 2 * time.Minute, calm: 12 * time.Minute}
}

func TestNothingIsLostOverADay(t *testing.T) {
	how := usual()
	if text := os.Getenv(longEnv); text != "" {
		var err error
		if how.length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	synctest.Test(t, func(t *testing.T) { soak(t, 1, how) })
	t.Logf("%v passed in %v", how.length, time.Since(began).Round(time.Millisecond))
}

// life is a platform and the machine that lives on it.
type life struct {
	t     *testing.T
	p     *platform
	db    *store.DB
	log   *journal
	mu    sync.Mutex
	e     *engine.Engine               // nil while the machine is stopped
	asked map[string]community.Key     // what staff asked to be sent, by idempotency key
	ids   map[string]community.GroupID // of groups, by outside ID
}

// span is a gap, both ends included.
type span struct{ from, to time.Time }

// journal keeps what is wrong.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func soak(t *testing.T, seed uint64, how pace) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "soak.db"))
	if err != nil {
		t.Fatal(err)
	}
	l := &life{t: t, p: newPlatform(seed, 12), db: db, log: &journal{}, asked: map[string]community.Key{}, ids: map[string]community.GroupID{}}
	ctx, stop := context.WithTimeout(context.Background(), how.length)
	var world sync.WaitGroup
	world.Go(func() { l.p.live(ctx, 2*time.Second) })
	world.Go(func() { l.p.disturb(ctx, how.breaks) })
	world.Go(func() { l.staff(ctx, 10*time.Second) })
	for ctx.Err() == nil {
		l.run(ctx, how.works)
	}
	stop()
	world.Wait()
	l.p.mu.Lock()
	l.p.calm, l.p.away = true, false
	l.p.mu.Unlock()
	calm, end := context.WithTimeout(context.Background(), how.calm) // what is left is done
	l.run(calm, 2*how.calm)
	end()
	l.books()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// run lets the machine work for a random time, and rest a while after it.
func (l *life) run(ctx context.Context, most time.Duration) {
	e := engine.New(engine.Options{DB: l.db, Log: slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelError}))})
	if err := e.Connect(community.DefaultID, "wx", driver{l.p}, nil); err != nil {
		l.t.Fatal(err)
	}
	l.p.mu.Lock()
	works, rests := l.p.between(most/2, most), l.p.between(65*time.Second, 90*time.Second)
	l.p.mu.Unlock()
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- e.Run(running) }()
	l.set(e)
	sleep(ctx, works)
	l.p.burst() // something is on its way
	stop()
	l.set(nil)
	if err := <-done; err != nil {
		l.t.Error(err)
	}
	sleep(context.Background(), rests)
}

func (l *life) set(e *engine.Engine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.e = e
}

func (l *life) now() *engine.Engine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.e
}

// staff asks for messages, each again until it was taken, sometimes twice.
func (l *life) staff(ctx context.Context, every time.Duration) {
	for n := 0; ctx.Err() == nil; n++ {
		l.p.mu.Lock()
		g, wait, twice := l.p.groups[l.p.rng.IntN(len(l.p.groups))].id, l.p.between(every/10, 2*every), l.p.rng.IntN(5) == 0
		l.p.mu.Unlock()
		if !sleep(ctx, wait) {
			return
		}
		key := fmt.Sprint("ask-", n)
		for taken := 0; taken == 0 || twice && taken < 2; {
			e := l.now()
			if e != nil && l.ask(ctx, e, key, g) {
				taken++
			} else if !sleep(ctx, time.Second) {
				return
			}
		}
	}
}

func (l *life) ask(ctx context.Context, e *engine.Engine, key, group string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	id, ok := l.ids[group]
	if !ok {
		if err := l.db.Read(ctx, func(q store.Querier) error {
			g, found, err := store.GroupByOutside(ctx, q, community.DefaultID, network, group)
			id, ok = g.ID, found
			return err
		}); err != nil || !ok {
			return false
		}
		l.ids[group] = id
	}
	a, err := e.Do(ctx, community.DefaultID, engine.Command{Kind: community.MessageSend, Key: key, By: 1, Group: id, Text: "staff says " + key})
	if err != nil {
		return false
	}
	k := keyIn(a.Result)
	if had, again := l.asked[key]; again && had != k {
		l.t.Errorf("%s became %s and %s", key, had, k)
	}
	l.asked[key] = k
	return true
}

// keyIn reads the action's key of an answer.
func keyIn(result string) (k community.Key) {
	_, rest, _ := strings.Cut(result, `"key":"`)
	for i := range k {
		fmt.Sscanf(rest[2*i:2*i+2], "%02x", &k[i])
	}
	return k
}
