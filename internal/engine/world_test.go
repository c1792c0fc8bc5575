package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/automation"
	"qunying/internal/store"
	"qunying/internal/store/search"
	"qunying/internal/testdb/ready"
)

// begin is when these stories begin: a Sunday, 16:00 in Shanghai.
var begin = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

// world is a database, an engine on it and a simulated platform, with one clock.
// Its loops take steps when the test says so.
type world struct {
	t     testing.TB
	dsn   string
	clock *atomic.Int64 // ms
	db    *store.DB
	e     *Engine
	net   *sim.Network
	said  int
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Parallel() // they wait for disks more than they work
	for _, c := range []struct {
		name string
		dsn  func(testing.TB) string
	}{
		{"sqlite", ready.SQLite},
		{"postgres", ready.Postgres},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, c.dsn(t)))
		})
	}
}

// slow says that the race detector is on: SQLite takes ten times as long then,
// and what runs on one goroutine has nothing to show it.
func slow() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// few is how many cases of many are enough.
func few(many, underRace int) int {
	if slow() {
		return underRace
	}
	return many
}

func newWorld(t testing.TB, dsn string) *world {
	w := &world{t: t, dsn: dsn, clock: &atomic.Int64{}}
	w.clock.Store(begin.UnixMilli())
	w.net = sim.NewNetwork(w.now)
	w.db, w.e = w.open()
	return w
}

func (w *world) now() time.Time          { return time.UnixMilli(w.clock.Load()).UTC() }
func (w *world) advance(d time.Duration) { w.clock.Add(d.Milliseconds()) }

// open starts another process on the same database and platform.
func (w *world) open() (*store.DB, *Engine) {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), w.dsn)
	if err != nil {
		w.t.Fatal(err)
	}
	db.Now = w.now
	ix, err := search.Open(w.t.Context(), db)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := errors.Join(ix.Close(), db.Close()); err != nil {
			w.t.Error(err)
		}
	})
	e := New(Options{DB: db, Search: ix, Log: slog.New(slog.DiscardHandler), Now: w.now, Files: w.t.TempDir()})
	if err := e.Connect(1, "wx", sim.Driver{Platform: w.net}, nil); err != nil {
		w.t.Fatal(err)
	}
	return db, e
}

// another is the world as a second process sees it.
func (w *world) another() *world {
	other := *w
	other.db, other.e = w.open()
	return &other
}

// observe lets the account report.
func (w *world) observe(list ...connector.Observation) {
	w.t.Helper()
	if err := w.e.observe(w.t.Context(), w.e.accounts[0], list, false); err != nil {
		w.t.Fatal(err)
	}
}

// decide decides everything that is in the log.
func (w *world) decide() {
	w.t.Helper()
	for more := true; more; {
		var err error
		if more, err = w.e.stepAll(w.t.Context(), w.e.decideStep); err != nil {
			w.t.Fatal(err)
		}
	}
}

// project counts everything that is in the log.
func (w *world) project() {
	w.t.Helper()
	if err := w.e.eachCommunity(w.t.Context(), func(c community.ID) error { return w.e.catchUp(w.t.Context(), c) }); err != nil {
		w.t.Fatal(err)
	}
}

// dispatch sends what is due, until nothing more may go.
func (w *world) dispatch() {
	w.t.Helper()
	for {
		begun := w.e.out.begun
		if _, err := w.e.stepAll(w.t.Context(), w.e.dispatchStep); err != nil {
			w.t.Fatal(err)
		}
		w.e.out.work.Wait()
		if w.e.out.begun == begun {
			return
		}
	}
}

func (w *world) tick() {
	w.t.Helper()
	if _, err := w.e.stepAll(w.t.Context(), w.e.tickStep); err != nil {
		w.t.Fatal(err)
	}
}

// hear lets the account be connected until done is true.
func (w *world) hear(done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	ended := make(chan error, 1)
	heard := make(chan struct{}, 1)
	a := w.e.accounts[0]
	go func() {
		ended <- a.conn.Run(ctx, func(ctx context.Context, o ...connector.Observation) error {
			defer func() {
				select {
				case heard <- struct{}{}:
				default:
				}
			}()
			return w.e.observe(ctx, a, o, false)
		})
	}()
	for !done() {
		select {
		case <-heard:
		case <-ctx.Done():
			w.t.Error("what was waited for did not come")
			cancel()
			<-ended
			return
		}
	}
	cancel()
	if err := <-ended; err != nil {
		w.t.Error(err)
	}
}

// do carries a command out while decide works.
func (w *world) do(cmd Command) (Answer, error) {
	w.t.Helper()
	type outcome struct {
		a   Answer
		err error
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	done := make(chan outcome, 1)
	appended, stop := w.db.Watch()
	defer stop()
	go func() {
		a, err := w.e.Do(ctx, 1, cmd)
		done <- outcome{a, err}
	}()
	for {
		w.decide()
		select {
		case o := <-done:
			return o.a, o.err
		case <-appended:
		}
	}
}

func (w *world) mustDo(cmd Command) Answer {
	w.t.Helper()
	a, err := w.do(cmd)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) read(f func(ctx context.Context, q store.Querier) error) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context(), func(q store.Querier) error { return f(w.t.Context(), q) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) log(c community.ID) (list []community.Event) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = store.Events(ctx, q, c, 0, 1<<20, true)
		return err
	})
	return list
}

// kinds counts the log's events by kind.
func (w *world) kinds() map[community.Kind]int {
	n := map[community.Kind]int{}
	for _, e := range w.log(1) {
		n[e.Kind]++
	}
	return n
}

// outbox lists all actions, the oldest cause first.
func (w *world) outbox() (list []store.Outgoing) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = store.Outbox(ctx, q, 1, "", 0, 0, 10_000)
		return err
	})
	slices.Reverse(list)
	return list
}

// states lists where all actions are, the oldest cause first.
func (w *world) states() (list []store.OutboxState) {
	for _, o := range w.outbox() {
		list = append(list, o.State)
	}
	return list
}

func (w *world) parked() (list []store.ParkedEvent) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = store.Parked(ctx, q, 1)
		return err
	})
	return list
}

// set saves a setting as it is, right or wrong.
func (w *world) set(c community.ID, g community.GroupID, value string) {
	w.t.Helper()
	w.said++
	if err := w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		old, _, err := store.SettingAt(w.t.Context(), tx, c, g, automation.WelcomeKey, 0)
		if err != nil {
			return err
		}
		_, err = tx.SaveSetting(c, store.Setting{Group: g, Key: automation.WelcomeKey, Value: value}, old.Version, 1, store.Draft{Event: community.Event{
			Key: community.KeyParts{Kind: community.SettingsChanged, ID: fmt.Sprint(w.said)}.Key(), At: w.now(), Source: "staff"}})
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

const welcomeOn = `{"on":true,"text":"欢迎 {name}"}`

// join is that somebody joins a group, at some age.
func (w *world) join(group, who string, age time.Duration) connector.Observation {
	return connector.Observation{Kind: community.MemberJoined, Group: group, Sender: connector.Member{ID: who, Name: who}, At: w.now().Add(-age)}
}

// say is that somebody writes.
func (w *world) say(group, who, text string) connector.Observation {
	w.said++
	return connector.Observation{Kind: community.MessagePosted, Group: group, Sender: connector.Member{ID: who, Name: who}, At: w.now(),
		ID: fmt.Sprint("m", w.said), Content: community.Text, Text: text}
}
