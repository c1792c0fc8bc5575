package answers_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/engine"
	"qunying/internal/insight/words"
	"qunying/internal/store"
	"qunying/internal/store/search"
	"qunying/internal/testdb/ready"
)

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

var (
	shanghai = must(community.LoadZone("Asia/Shanghai"))
	start    = must(community.ParseDay("2026-01-20"))
	end      = start + simulatedDays - 1
	now      = (end + 1).Start(shanghai).Add(12 * time.Hour)
)

const (
	c             = community.DefaultID
	simulatedDays = 40
	book          = "读书会" // imported from two files; it ended in 2020
	long          = "长跑团" // one message a day for 200 days, in 2024
	longDays      = 200
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// told is what really happened in one group.
type told struct {
	id    community.GroupID
	name  string
	days  map[community.Day]sim.GroupDay
	seen  map[string]bool // outside IDs
	lost  map[community.Day]bool
	first community.Day // of the first and the last event
	last  community.Day
	words map[community.Day]map[string]int
}

// sum adds something up over days.
func (g *told) sum(from, to community.Day, of func(sim.GroupDay) int) (n int) {
	for d := from; d <= to; d++ {
		n += of(g.days[d])
	}
	return n
}

// posts counts messages by member over days.
func (g *told) posts(from, to community.Day) map[string]int {
	n := map[string]int{}
	for d := from; d <= to; d++ {
		for who, m := range g.days[d].ByMember {
			n[who] += m
		}
	}
	return n
}

func messagesOf(d sim.GroupDay) int { return d.Messages }

// world is a database that was filled with groups whose truth is known.
type world struct {
	*answers.Reader
	engine *engine.Engine
	groups map[string]*told // simulated, by outside ID
	log    []community.Event
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	for _, on := range []struct {
		name string
		dsn  func(testing.TB) string
	}{
		{"sqlite", ready.SQLite},
		{"postgres", ready.Postgres},
	} {
		t.Run(on.name, func(t *testing.T) { test(t, open(t, on.dsn(t))) })
	}
}

// open makes an empty database with an engine at work on it.
func open(t *testing.T, dsn string) *world {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	db.Now = clock
	ix, err := search.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Options{DB: db, Search: ix, Log: slog.New(slog.DiscardHandler), Now: clock, Files: t.TempDir(), Prompt: true})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, ix.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return &world{engine: e, groups: map[string]*told{}, Reader: &answers.Reader{DB: db, Index: ix, Now: clock,
		Capabilities: func(community.Group) []api.Capability { return []api.Capability{} }}}
}

// fill writes the simulated groups, the long one, the imported one and one in
// which nothing happened, and waits until all of it is counted and indexed.
func (w *world) fill(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	gen, err := sim.New(sim.Plan{Seed: 7, Groups: 5, Members: 30, Days: simulatedDays, Start: start, Zone: shanghai, MessagesPerMemberDay: 0.4, OutagesPerMonth: 3})
	if err != nil {
		t.Fatal(err)
	}
	record := func(d sim.GroupDay) { w.told(d.Group).days[d.Day] = d }
	if _, err := w.engine.Fill(ctx, c, "sim", shanghai, w.listen(gen.WithTruth(record)), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.Fill(ctx, c, "sim", shanghai, longStory(), nil); err != nil {
		t.Fatal(err)
	}
	for _, rows := range []string{bookRows(0), bookRows(1)} {
		path := filepath.Join(t.TempDir(), book+".csv")
		if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := w.engine.Import(ctx, c, engine.ImportOptions{Path: path, Name: book + ".csv", GroupAs: book, Zone: shanghai})
		if err != nil || r.Imported == 0 || r.Rejected != 0 {
			t.Fatalf("imported %+v, %v", r, err)
		}
	}
	if _, err := w.engine.GroupNamed(ctx, c, "空群", shanghai); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	for outside, g := range w.groups {
		g.id = w.groupNamed(t, g.name)
		if len(g.days) != simulatedDays {
			t.Fatalf("%s has %d days of truth", outside, len(g.days))
		}
	}
}

// settle waits for views and index, and reads the log.
func (w *world) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var head community.Seq
	err := w.DB.Read(ctx, func(q store.Querier) (err error) {
		if head, err = store.Head(ctx, q, c); err != nil {
			return err
		}
		w.log, err = store.Events(ctx, q, c, 0, 1<<20, true)
		return err
	})
	if err = errors.Join(err, w.engine.Settled(ctx, c, head)); err != nil {
		t.Fatal(err)
	}
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		at, err := w.Index.Position(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		if at >= head {
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatal("the search index did not catch up")
		}
	}
}

func (w *world) told(outside string) *told {
	g := w.groups[outside]
	if g == nil {
		g = &told{days: map[community.Day]sim.GroupDay{}, seen: map[string]bool{}, lost: map[community.Day]bool{}, words: map[community.Day]map[string]int{}}
		w.groups[outside] = g
	}
	return g
}

// listen notes of a history what its truth does not tell.
func (w *world) listen(list func(func(connector.Observation) bool)) func(func(connector.Observation) bool) {
	lost := map[string]time.Time{}
	return func(yield func(connector.Observation) bool) {
		for o := range list {
			g, day := w.told(o.Group), community.DayOf(o.At, shanghai)
			g.name = o.GroupName
			for _, m := range slices.Concat(o.Members, o.Mentions, []connector.Member{o.Sender}) {
				if m.ID != "" {
					g.seen[m.ID] = true
				}
			}
			switch o.Kind {
			case community.CoverageLost:
				lost[o.Group] = o.At
			case community.CoverageBack:
				for d := community.DayOf(lost[o.Group], shanghai); d <= day; d++ {
					from, to := d.Start(shanghai), (d + 1).Start(shanghai)
					if lost[o.Group].After(from) {
						from = lost[o.Group]
					}
					if o.At.Before(to) {
						to = o.At
					}
					g.lost[d] = g.lost[d] || to.Sub(from) >= time.Hour // no other outage is as near
				}
			case community.RosterTaken:
			default:
				if g.first == 0 {
					g.first = day
				}
				g.last = day
			}
			if o.Kind == community.MessagePosted && o.Content == community.Text {
				if g.words[day] == nil {
					g.words[day] = map[string]int{}
				}
				for word := range words.Default().Words(o.Text) {
					if !words.IsStop(word) {
						g.words[day][strings.Clone(word)]++
					}
				}
			}
			if !yield(o) {
				return
			}
		}
	}
}

var (
	bookStart = must(community.ParseDay("2020-03-01"))
	longStart = must(community.ParseDay("2024-01-01"))
)

const bookDays = 50

// bookRows are four messages a day; the two parts have the same times, so that
// in the log what happened at once lies apart.
func bookRows(part int) string {
	var b strings.Builder
	b.WriteString("time,sender,text\n")
	for day := range bookDays {
		for i := range 2 {
			at := (bookStart + community.Day(day)).Start(shanghai).Add(20 * time.Hour)
			who := []string{"小李", "小李子", "阿花"}[(day+i+part)%3]
			fmt.Fprintf(&b, "%s,%s,😀%d-%d-%d 你好 Hello %s\n", at.Format("2006-01-02 15:04:05"), who, day, i, part, []string{"再见", "世界"}[part])
		}
	}
	return b.String()
}

// longStory has one message a day and somebody new every ten days.
func longStory() func(func(connector.Observation) bool) {
	return func(yield func(connector.Observation) bool) {
		for day := range longDays {
			at := (longStart + community.Day(day)).Start(shanghai).Add(9 * time.Hour).UTC()
			who := connector.Member{ID: fmt.Sprint("runner", day/10), Name: fmt.Sprint("跑者", day/10)}
			if day%10 == 0 && !yield(connector.Observation{Kind: community.MemberJoined, Group: "long", GroupName: long, Sender: who, At: at.Add(-time.Hour)}) {
				return
			}
			if !yield(connector.Observation{Kind: community.MessagePosted, Group: "long", GroupName: long, Sender: who, At: at,
				ID: fmt.Sprint("run", day), Content: community.Text, Text: "今天跑了五公里"}) {
				return
			}
		}
	}
}

func (w *world) groupNamed(t *testing.T, name string) community.GroupID {
	t.Helper()
	id, err := w.engine.GroupNamed(t.Context(), c, name, shanghai)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// person finds the person of a simulated member.
func (w *world) person(t *testing.T, outside string) (p community.PersonID) {
	t.Helper()
	if err := w.DB.Read(t.Context(), func(q store.Querier) error {
		id, err := store.IdentityByOutside(t.Context(), q, c, "sim", 0, outside)
		p = community.PersonID(id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

func wantCode(t *testing.T, what string, err error, want community.Code) {
	t.Helper()
	if err == nil || community.CodeOf(err) != want {
		t.Errorf("%s: error %v, want %s", what, err, want)
	}
}
