// Package engine runs the loops between the log and the world: observe brings
// what connectors see into the log, decide turns events into records and
// actions, dispatch carries actions out, project counts events into views, tick
// lets time pass. Each loop's place is a cursor that moves in the transaction of
// its work, so that every event takes effect exactly once.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/internal/moderation/classify"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/store/search"
)

// Options are what an Engine is made of.
type Options struct {
	DB     *store.DB
	Search *search.Index // nil: no full-text search
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
	Files  string           // folder for uploads, rejects and backups
	// Elsewhere is a folder on another disk or machine to which backups are carried; "": none.
	Elsewhere string
	Program   string // its version, for backups
	// Passive counts and indexes only: nothing is decided or sent. For commands
	// that bring in history while a server may be running on the same database.
	Passive bool
	// Drivers are the networks that people can connect, by the names of their About.
	Drivers []connector.Driver
	Guard   wire.Guard // which addresses webhooks may call
	Sealer  Sealer     // keeps the secrets of accounts; nil: none can be added
	// Prompt puts nothing off: views are written with every step, and what was
	// missed is read back before anything else is heard. For stories, in which
	// time stands still until somebody moves it.
	Prompt bool
	// Follow is how soon a platform is asked what became of a proposal; then it is
	// asked less and less often. 0: two minutes.
	Follow time.Duration
	// Score says what classifiers make of a message; nil: there are none. It must be
	// pure and fit for parallel use.
	Score Scorer
	// Workbook writes a report as the workbook (.xlsx) that goes with its e-mail; nil:
	// none goes with it.
	Workbook func(w io.Writer, r *insightdb.KeptReport) error
	// Questions answers the composed questions that a report is asked beside its own
	// numbers, both as JSON; nil: they are left out.
	Questions func(ctx context.Context, c community.ID, asks json.RawMessage, of *insightdb.KeptReport) (json.RawMessage, error)
}

// Scorer says what classifiers make of a message, with what a community's own
// decisions have taught (nil: nothing).
type Scorer func(read.Message, *read.Reading, *classify.Local) policy.Scores

// Engine is one process's worker on all communities of a database.
type Engine struct {
	db      *store.DB
	search  *search.Index
	log     *slog.Logger
	now     func() time.Time
	files   string
	passive bool

	elsewhere, program string
	jobs               jobs // copying and removing

	prompt    bool
	portions  int // rows that one transaction writes of the views; 0: as the database likes it
	follow    time.Duration
	drivers   map[string]connector.Driver
	sealer    Sealer
	workbook  func(w io.Writer, r *insightdb.KeptReport) error
	questions func(ctx context.Context, c community.ID, asks json.RawMessage, of *insightdb.KeptReport) (json.RawMessage, error)
	guard     wire.Guard

	score    Scorer
	rulebook rulebook // compiled rules
	advisers advisers // who is asked for second opinions

	decided   signal // after every transaction of decide
	counted   signal // when the views have grown
	outgoing  signal // when there is something to send
	mails     signal // when there may be an e-mail to send
	snapshots signal // when there may be an export to make
	reports   signal // when there may be a report to make
	lessons   signal // when there may be something to learn
	asking    signal // when there may be somebody to ask for a second opinion
	kept      signal // when a picture or file was fetched
	changes   *hub

	out outgoing // what dispatch remembers

	deciding sync.Mutex // one transaction of decide, or one retry, at a time
	decides  map[community.ID]*decider
	projects map[community.ID]*projector // of the project loop alone
	talks    map[community.ID]*talkPace  // of the insight loop alone
	weeks    map[community.ID]*weekPace  // of the insight loop alone

	watched map[community.ID]*watches // of watching alone

	pictures *pictures

	sightings map[string]sighting // of the loop of the watched folder alone

	reloading sync.Mutex // one change of the accounts at a time
	saving    sync.Mutex // of accounts: no two agree on a file at once

	mu       sync.Mutex
	accounts []*account
	postings map[postingKey]*posting
	troubles map[troubleKey]string // why accounts that people typed could not be opened
	imports  map[importKey]*importRun
	running  context.Context // of Run, while it works
	work     sync.WaitGroup  // imports
	reading  atomic.Int32    // files that are being read
}

// New prepares an engine; Run starts it.
func New(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Follow == 0 {
		o.Follow = followFirst
	}
	e := &Engine{
		db: o.DB, search: o.Search, log: o.Log, now: o.Now, files: o.Files, elsewhere: o.Elsewhere, program: o.Program, passive: o.Passive, prompt: o.Prompt, follow: o.Follow, changes: newHub(),
		projects: map[community.ID]*projector{}, talks: map[community.ID]*talkPace{}, weeks: map[community.ID]*weekPace{}, decides: map[community.ID]*decider{}, imports: map[importKey]*importRun{},
		drivers: map[string]connector.Driver{}, sealer: o.Sealer, guard: o.Guard, score: o.Score, workbook: o.Workbook, questions: o.Questions, postings: map[postingKey]*posting{}, troubles: map[troubleKey]string{},
		pictures: newPictures(o.Files),
	}
	for _, d := range o.Drivers {
		e.drivers[d.About().Name] = d
	}
	return e
}

// Run works until ctx ends, and returns nil then. What it has begun is finished
// or will be found again: nothing is lost by stopping.
func (e *Engine) Run(ctx context.Context) error {
	e.mu.Lock()
	e.running = ctx
	e.mu.Unlock()
	var wg sync.WaitGroup
	loop := func(name string, p pace, step func(context.Context, community.ID) (bool, error)) {
		wg.Go(func() { e.runLoop(ctx, name, p, step) })
	}
	loop("project", pace{every: 200 * time.Millisecond, log: true, rest: 40 * time.Millisecond}, e.projectStep)
	loop("insight", pace{every: 5 * time.Second, wake: &e.counted, rest: 2 * time.Second}, e.insightStep)
	if e.search != nil {
		loop("search", pace{every: time.Second, log: true, rest: 200 * time.Millisecond}, e.searchStep)
	}
	if e.passive {
		wg.Wait()
		return nil
	}
	if err := e.eachCommunity(ctx, func(c community.ID) error { return e.sealContacts(ctx, c) }); err != nil && ctx.Err() == nil {
		e.log.Error("contacts of staff could not be sealed; it will be tried again at the next start", "err", err)
	}
	if err := errors.Join(e.recoverSends(ctx), e.resumeImports(ctx)); err != nil && ctx.Err() == nil {
		e.log.Error("what was under way could not be found; it will be tried again", "err", err)
	}
	loop("decide", pace{every: time.Second, log: true}, e.decideStep)
	loop("dispatch", pace{every: time.Second, log: true, wake: &e.outgoing, rest: 10 * time.Millisecond}, e.dispatchStep)
	loop("tick", pace{every: time.Second, wake: &e.decided, rest: 100 * time.Millisecond}, e.tickStep)
	e.mu.Lock()
	wired := slices.Clone(e.accounts)
	e.mu.Unlock()
	for _, a := range wired {
		if err := e.readAccount(ctx, a); err != nil && ctx.Err() == nil {
			e.log.Warn("the last sign of life could not be read", "account", a.name, "err", err)
		}
		e.startAccount(a)
	}
	if err := e.loadAccounts(ctx); err != nil && ctx.Err() == nil {
		e.log.Error("accounts could not be read", "err", err)
	}
	if err := e.eachCommunity(ctx, func(c community.ID) error { return e.reloadWebhooks(ctx, c) }); err != nil && ctx.Err() == nil {
		e.log.Error("webhooks could not be read", "err", err)
	}
	wg.Go(func() { e.beat(ctx) })
	wg.Go(func() { e.runWatch(ctx) })
	loop("opinion", pace{every: 5 * time.Second, wake: &e.asking}, e.opinionStep)
	loop("learn", pace{every: time.Minute, wake: &e.lessons}, e.learnStep)
	wg.Go(func() { e.keepHouse(ctx) })
	loop("folder", pace{every: 10 * time.Second}, e.folderStep)
	loop("mail", pace{every: 10 * time.Second, wake: &e.mails}, e.mailStep)
	loop("report", pace{every: 20 * time.Second, wake: &e.reports}, e.reportStep)
	loop("snapshot", pace{every: 20 * time.Second, wake: &e.snapshots}, e.snapshotStep)
	loop("media", pace{every: 5 * time.Second, log: true, rest: 500 * time.Millisecond}, e.mediaStep)
	loop("codes", pace{every: 30 * time.Second, wake: &e.kept}, e.codesStep)
	wg.Wait()
	e.work.Wait()
	return nil
}

// pace says when a loop works, besides once in every while, which sees what
// other processes wrote.
type pace struct {
	every time.Duration
	log   bool          // when the log grows
	wake  *signal       // and when this fires
	rest  time.Duration // after that: what comes together is done together
}

// runLoop calls step for every community until none has more to do, then waits
// until its pace says that there may be.
func (e *Engine) runLoop(ctx context.Context, name string, p pace, step func(context.Context, community.ID) (bool, error)) {
	var appended <-chan struct{}
	if p.log {
		var stop func()
		appended, stop = e.db.Watch()
		defer stop()
	}
	woken, unwatch := p.wake.watch()
	defer unwatch()
	poll := time.NewTicker(p.every)
	defer poll.Stop()
	if e.prompt {
		p.rest = 0
	}
	var list []community.Community // read anew with every poll
	for ctx.Err() == nil {
		more, err := false, error(nil)
		if len(list) == 0 {
			list, err = e.communities(ctx)
		}
		if err == nil {
			more, err = stepEach(ctx, list, step)
		}
		if err != nil && ctx.Err() == nil {
			e.log.Error("loop failed; it will try again", "loop", name, "err", err)
			more = false
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
		case <-appended:
			pause(ctx, p.rest)
		case <-woken:
			pause(ctx, p.rest)
		case <-poll.C:
			list = nil
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// stepAll calls step for every community.
func (e *Engine) stepAll(ctx context.Context, step func(context.Context, community.ID) (bool, error)) (more bool, err error) {
	list, err := e.communities(ctx)
	if err != nil {
		return false, err
	}
	return stepEach(ctx, list, step)
}

func (e *Engine) communities(ctx context.Context) (list []community.Community, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		list, err = store.Communities(ctx, q)
		return err
	})
	return list, err
}

func stepEach(ctx context.Context, list []community.Community, step func(context.Context, community.ID) (bool, error)) (more bool, err error) {
	var errs []error
	for _, c := range list {
		var m bool
		err := guard(func() (err error) { // one community's damage must not end the others' process
			m, err = step(ctx, c.ID)
			return err
		})
		if err != nil && !errors.Is(err, store.ErrLost) {
			errs = append(errs, fmt.Errorf("community %d: %w", c.ID, err))
			continue
		}
		more = more || m
	}
	return more && ctx.Err() == nil, errors.Join(errs...)
}

// guard runs f and turns a panic into an error with its stack.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// signal wakes those who watch it. The zero value is ready, nil never wakes.
type signal struct {
	mu      sync.Mutex
	waiters map[chan struct{}]bool
}

func (s *signal) watch() (<-chan struct{}, func()) {
	if s == nil {
		return nil, func() {}
	}
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiters == nil {
		s.waiters = map[chan struct{}]bool{}
	}
	s.waiters[c] = true
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiters, c)
	}
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.waiters {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
