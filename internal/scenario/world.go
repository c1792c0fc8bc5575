package scenario

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/engine"
	"qunying/internal/store"
	"qunying/internal/store/media"
	"qunying/internal/store/search"
)

// Options say where a story takes place.
type Options struct {
	// Open opens the story's database, a new and empty one at first; it is called
	// again after every crash and must then open the same.
	Open func(ctx context.Context) (*store.DB, error)
	Dir  string                // for the story's files; must exist
	Log  *slog.Logger          // of the machine; nil: errors only, to standard error
	Told func(n int, s string) // is told every line before it happens; may be nil
}

// Run tells a story to the machine. It ends at the first line that does not come
// true, with a *Failure.
func Run(ctx context.Context, s *Story, o Options) error {
	w := &world{story: s, o: o, clock: &clock{}, ids: map[string]string{}, said: map[string]string{}}
	if o.Log == nil {
		w.o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	for name, text := range s.Files {
		if name != filepath.Base(name) {
			return community.Errorf(community.Invalid, "%s: the file %q has a folder in its name", s.Name, name)
		}
		if err := os.WriteFile(filepath.Join(o.Dir, name), text, 0o600); err != nil {
			return err
		}
	}
	if len(s.communities) == 0 {
		zone, err := community.LoadZone("Asia/Shanghai")
		if err != nil {
			return err
		}
		w.places = []place{{"default", zone}}
	} else {
		w.places = s.communities
	}
	for range w.places {
		w.networks = append(w.networks, sim.NewNetwork(w.clock.Now))
	}
	err := w.tell(ctx)
	return errors.Join(err, w.halt())
}

// world is where a story takes place.
type world struct {
	story    *Story
	o        Options
	clock    *clock
	zone     *time.Location // in which lines write their times
	places   []place
	networks []*sim.Network // one for each place

	db      *store.DB // nil while the machine is down
	search  *search.Index
	engine  *engine.Engine
	stop    context.CancelFunc
	stopped chan error

	ids      map[string]string // outside ID of a member, by place and name
	said     map[string]string // ID of the last message, by group, author and text
	commands int
	imported engine.ImportResult // the last one
}

func (w *world) tell(ctx context.Context) error {
	for i := range w.story.steps {
		st := &w.story.steps[i]
		if w.o.Told != nil {
			w.o.Told(st.line, st.text)
		}
		if err := w.step(ctx, st); err != nil {
			return &Failure{File: w.story.Name, Line: st.line, Text: st.text, Err: err}
		}
	}
	return nil
}

func (w *world) step(ctx context.Context, st *step) error {
	if st.when != nil {
		t, err := st.when.in(w.zone, w.clock.Now())
		if err != nil {
			return err
		}
		if err := w.moveTo(ctx, t); err != nil {
			return err
		}
	}
	c := &call{w: w, at: w.clock.Now(), where: st.where, words: st.words}
	if st.heardOf != nil {
		var err error
		if c.at, err = st.heardOf.in(w.zone, c.at); err != nil {
			return err
		}
	}
	if !st.do.first && w.db == nil && !st.do.down {
		return community.Errorf(community.Invalid, "the machine is down").WithHint("write: restart")
	}
	if err := st.do.do(ctx, c); err != nil {
		return err
	}
	return w.settle(ctx)
}

// moveTo lets time pass, minute by minute where something falls due.
func (w *world) moveTo(ctx context.Context, t time.Time) error {
	if t.Before(w.clock.Now()) {
		return community.Errorf(community.Invalid, "time runs forward only: it is %s already", w.clock.Now().In(w.zone).Format(time.DateTime)).
			WithHint("write the date as well, or 'hear' for what comes late")
	}
	for w.db != nil {
		next, err := w.nextDue(ctx)
		if err != nil {
			return err
		}
		if minute := next.Add(time.Minute - 1).Truncate(time.Minute); !next.IsZero() && !minute.After(t) && minute.After(w.clock.Now()) {
			w.clock.set(minute)
			w.prod()
			if err := w.settle(ctx); err != nil {
				return err
			}
			continue
		}
		break
	}
	w.clock.set(t)
	for _, n := range w.networks {
		n.Pass()
	}
	w.prod()
	return w.settle(ctx)
}

// prod says that the clock has moved: what waited may go now.
func (w *world) prod() {
	if w.engine != nil {
		w.engine.Prod()
	}
}

// nextDue is when something happens by itself: what a tick brings about, and what
// is queued for later or has to wait.
func (w *world) nextDue(ctx context.Context) (next time.Time, err error) {
	earlier := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	err = w.each(func(c community.ID) error {
		var queued []store.Outgoing
		if err := w.db.Read(ctx, func(q store.Querier) error {
			due, err := store.NextDue(ctx, q, c)
			if err != nil {
				return err
			}
			earlier(due)
			queued, err = store.Outbox(ctx, q, c, store.Queued, 0, 0, 1000)
			return err
		}); err != nil {
			return err
		}
		waits, err := w.engine.Waiting(ctx, c, queued)
		for _, wait := range waits {
			earlier(wait.Until)
		}
		return err
	})
	return next, err
}

// id numbers the communities of the story. Those that it names come after the
// one that every installation has.
func (w *world) id(where int) community.ID {
	if len(w.story.communities) > 0 {
		where++
	}
	return community.DefaultID + community.ID(where)
}

func (w *world) each(f func(community.ID) error) error {
	for i := range w.places {
		if err := f(w.id(i)); err != nil {
			return err
		}
	}
	return nil
}

// start opens the database and lets the machine run.
func (w *world) start(ctx context.Context) error {
	db, err := w.o.Open(ctx)
	if err != nil {
		return err
	}
	db.Now = w.clock.Now
	ix, err := search.Open(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	w.db, w.search = db, ix
	for i, p := range w.places {
		if len(w.story.communities) == 0 {
			break // it is there already
		}
		if err := db.AddCommunity(ctx, w.id(i), fmt.Sprintf("community-%d", i+1), p.name, p.zone.String()); err != nil {
			return err
		}
	}
	w.engine = engine.New(engine.Options{DB: db, Search: ix, Log: w.o.Log, Now: w.clock.Now, Files: w.o.Dir, Prompt: true})
	for i, n := range w.networks {
		if err := w.engine.Connect(w.id(i), fmt.Sprintf("sim-%d", i+1), sim.Driver{Platform: n}, nil); err != nil {
			return err
		}
	}
	run, cancel := context.WithCancel(ctx)
	w.stop, w.stopped = cancel, make(chan error, 1)
	go func() { w.stopped <- w.engine.Run(run) }()
	return nil
}

// pause stops the loops, and leaves the database open.
func (w *world) pause() error {
	if w.stop == nil {
		return nil
	}
	w.stop()
	w.stop = nil
	return <-w.stopped
}

// halt stops the machine. Doing it twice changes nothing.
func (w *world) halt() error {
	if w.db == nil {
		return nil
	}
	err := errors.Join(w.pause(), w.search.Close(), w.db.Close())
	w.db, w.search, w.engine = nil, nil, nil
	return err
}

// patience is how long, in real time, a line's effects may take.
const patience = 30 * time.Second

// settle waits until everything that happened has had its effects.
func (w *world) settle(ctx context.Context) error {
	if w.db == nil {
		return nil
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for {
		open, err := w.unsettled(ctx)
		if err != nil || open == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.stopped:
			w.stopped <- err
			return fmt.Errorf("the machine has stopped: %w", err)
		case <-deadline.C:
			return fmt.Errorf("the machine does not come to rest: %s", open)
		case <-look.C:
		}
	}
}

// unsettled says what is still to be done, "" for nothing.
func (w *world) unsettled(ctx context.Context) (open string, err error) {
	now := w.clock.Now()
	if open = w.unheard(); open != "" {
		return open, nil
	}
	before, err := w.heads(ctx)
	if err != nil {
		return "", err
	}
	err = w.each(func(c community.ID) error {
		// First: what is read in one goes into the log.
		var unread bool
		if err := w.db.Read(ctx, func(q store.Querier) (err error) {
			unread, err = pictures(ctx, q, c, now)
			return err
		}); err != nil {
			return err
		}
		if unread {
			open = "a picture has not been looked at"
		}
		s, err := w.engine.Status(ctx, c)
		if err != nil {
			return err
		}
		for _, l := range s.Loops {
			if l.Cursor < s.Head {
				open = fmt.Sprintf("%s is at event %d of %d", l.Name, l.Cursor, s.Head)
			}
		}
		var queued []store.Outgoing
		if err := w.db.Read(ctx, func(q store.Querier) error {
			sending, err := store.Outbox(ctx, q, c, store.Sending, 0, 0, 100)
			if err != nil {
				return err
			}
			for _, o := range sending {
				open = fmt.Sprintf("%q is %s", o.Text, o.State)
			}
			if queued, err = store.Outbox(ctx, q, c, store.Queued, 0, 0, 1000); err != nil {
				return err
			}
			due, err := store.NextDue(ctx, q, c)
			if err == nil && !due.IsZero() && !due.After(now.Truncate(time.Minute)) {
				open = "something has been due since " + due.In(w.zone).Format(time.DateTime)
			}
			return err
		}); err != nil {
			return err
		}
		waits, err := w.engine.Waiting(ctx, c, queued)
		for _, o := range queued {
			if _, waiting := waits[o.Key]; !waiting {
				open = fmt.Sprintf("%q is %s", o.Text, o.State)
			}
		}
		return err
	})
	if err != nil || open != "" {
		return open, err
	}
	// What was sent while the rest was looked at came back, and is on its way or in the log.
	if open = w.unheard(); open != "" {
		return open, nil
	}
	if after, err := w.heads(ctx); err != nil || !slices.Equal(before, after) {
		return "something was written meanwhile", err
	}
	return "", nil
}

// unheard says what platforms told that nobody has acknowledged, "" for nothing.
func (w *world) unheard() string {
	for i, n := range w.networks {
		if k := n.Waiting(); k > 0 {
			return fmt.Sprintf("%d observations of %s are not acknowledged", k, w.places[i].name)
		}
	}
	return ""
}

// heads are where the logs of all communities end.
func (w *world) heads(ctx context.Context) (heads []community.Seq, err error) {
	err = w.each(func(c community.ID) error {
		s, err := w.engine.Status(ctx, c)
		heads = append(heads, s.Head)
		return err
	})
	return heads, err
}

// pictures says whether a picture that was posted is still to be found, fetched or
// looked into for codes.
func pictures(ctx context.Context, q store.Querier, c community.ID, now time.Time) (bool, error) {
	seen, err := store.Cursor(ctx, q, c, "media")
	if err != nil {
		return false, err
	}
	head, err := store.Head(ctx, q, c)
	if err != nil {
		return false, err
	}
	fresh, err := media.Carrying(ctx, q, c, seen, head, now.Add(-time.Hour), []community.Content{community.Image})
	if err != nil || len(fresh) > 0 {
		return true, err
	}
	due, err := media.Due(ctx, q, c, now, 1)
	if err != nil || len(due) > 0 {
		return true, err
	}
	unread, err := media.Unread(ctx, q, c, 1)
	return len(unread) > 0, err
}
