package crashtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/internal/engine"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/store/search"
)

// childEnv makes the test binary a child; its value is a birth as JSON.
const childEnv = "QUNYING_CRASH_CHILD"

func TestMain(m *testing.M) {
	if b := os.Getenv(childEnv); b != "" {
		if err := live([]byte(b)); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// machine is the product in the child, wired as the command wires it.
type machine struct {
	db     *store.DB
	search *search.Index
	engine *engine.Engine

	mu    sync.Mutex
	out   *json.Encoder
	last  int64
	sends map[int64]chan connector.Receipt
	ready fromChild
	emit  chan toChild
}

// live runs until standard input ends, or until the process is killed.
func live(b []byte) error {
	var born birth
	if err := json.Unmarshal(b, &born); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	db, err := store.Open(ctx, born.DSN)
	if err != nil {
		return err
	}
	db.Now = born.Clock.now
	ix, err := search.Open(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	m := &machine{db: db, search: ix, out: json.NewEncoder(os.Stdout), sends: map[int64]chan connector.Receipt{}, emit: make(chan toChild, 16)}
	m.engine = engine.New(engine.Options{DB: db, Search: ix, Now: born.Clock.now, Files: born.Files, Guard: wire.Guard{Private: born.Alone},
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))})
	if !born.Alone {
		if err := m.engine.Connect(community.DefaultID, account, driver{m}, nil); err != nil {
			return err
		}
	}
	states, err := m.engine.ImportStates(ctx, community.DefaultID)
	if err != nil {
		return err
	}
	for _, s := range states {
		if s.State == engine.ImportRunning && s.DoneRows > 0 {
			m.ready.Resumed++
		}
	}
	go func() {
		defer cancel()
		m.listen(ctx)
	}()
	return errors.Join(m.engine.Run(ctx), ix.Close(), db.Close())
}

func (m *machine) say(f fromChild) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.out.Encode(f); err != nil {
		os.Exit(1) // nobody listens any more
	}
}

// listen takes what the parent says, until it says no more.
func (m *machine) listen(ctx context.Context) {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var t toChild
		if err := in.Decode(&t); err != nil {
			return
		}
		switch {
		case t.Receipt != nil:
			m.mu.Lock()
			c := m.sends[t.ID]
			delete(m.sends, t.ID)
			m.mu.Unlock()
			if c != nil {
				c <- *t.Receipt
			}
		case t.Emit != nil:
			m.emit <- t
		default:
			go m.serve(ctx, t)
		}
	}
}

func (m *machine) serve(ctx context.Context, t toChild) {
	f := fromChild{ID: t.ID}
	var err error
	switch {
	case t.Do != nil:
		f.Answer, err = m.do(ctx, t.Do)
	case t.Import != nil:
		f.Imported, err = true, m.bring(ctx, t.Import)
	case t.Drain:
		f.Drained, err = true, m.drain(ctx, t.Settled)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		f = fromChild{ID: t.ID, Failed: err.Error()}
	}
	m.say(f)
}

// do carries a command out. A refusal is an answer, too.
func (m *machine) do(ctx context.Context, c *command) (*answer, error) {
	cmd := engine.Command{Kind: c.Kind, Key: c.Key, By: 1, Text: c.Text, At: c.At}
	if err := m.db.Read(ctx, func(q store.Querier) error {
		if c.Group != "" {
			g, ok, err := store.GroupByOutside(ctx, q, community.DefaultID, network, c.Group)
			if err != nil || !ok {
				return errors.Join(err, fmt.Errorf("group %q known: %t", c.Group, ok))
			}
			cmd.Group = g.ID
		}
		for _, who := range c.Members {
			id, err := store.IdentityByOutside(ctx, q, community.DefaultID, network, 0, who)
			if err != nil || id == 0 {
				return errors.Join(err, fmt.Errorf("member %q is number %d", who, id))
			}
			cmd.Targets = append(cmd.Targets, id)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	var a answer
	var err error
	if c.Kind == community.SettingsChanged {
		a.Seq, err = m.set(ctx, cmd.Group, c)
	} else {
		var done engine.Answer
		done, err = m.engine.Do(ctx, community.DefaultID, cmd)
		a.Seq, a.Result = done.Seq, done.Result
	}
	var ce *community.Error
	if errors.As(err, &ce) && ce.Code != community.Internal && ce.Code != community.Unavailable {
		a.Code, a.Text, err = ce.Code, ce.Text, nil
	}
	return &a, err
}

func (m *machine) set(ctx context.Context, g community.GroupID, c *command) (community.Seq, error) {
	var saved store.Setting
	err := m.db.Write(ctx, func(tx *store.Tx) error {
		var err error
		saved, err = tx.SaveSetting(community.DefaultID, store.Setting{Group: g, Key: "welcome", Value: c.Text}, c.Based, 1,
			store.Draft{Event: community.Event{
				Key: community.KeyParts{Kind: community.SettingsChanged, Network: "staff", ID: c.Key}.Key(), At: m.db.Now(), Source: "staff",
			}})
		return err
	})
	return saved.Seq, err
}

// bring imports files, going on with whatever an earlier life has begun.
func (m *machine) bring(ctx context.Context, paths []string) error {
	for _, path := range paths {
		for {
			s, err := m.importOf(ctx, filepath.Base(path))
			if err != nil {
				return err
			}
			switch {
			case s == nil:
				f, err := os.Open(path)
				if err != nil {
					return err
				}
				_, err = m.engine.Upload(ctx, community.DefaultID, 1, filepath.Base(path), f)
				if err := errors.Join(err, f.Close()); err != nil {
					return err
				}
				continue
			case s.State == engine.ImportReady:
				if _, err := m.engine.StartImport(ctx, community.DefaultID, s.ID); err != nil {
					return err
				}
			case s.State == engine.ImportFailed || s.State == engine.ImportCancelled:
				return fmt.Errorf("import of %s: %s: %s", s.File, s.State, s.Error)
			}
			if s.State == engine.ImportDone {
				break
			}
			if err := pause(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *machine) importOf(ctx context.Context, file string) (*engine.ImportState, error) {
	states, err := m.engine.ImportStates(ctx, community.DefaultID)
	if err != nil {
		return nil, err
	}
	for _, s := range states {
		if s.File == file {
			return &s, nil
		}
	}
	return nil, nil
}

// uncounted is how much the loop that counts whole days has left.
func (m *machine) uncounted(ctx context.Context, q store.Querier, projected community.Seq) (int, error) {
	counted, err := store.Cursor(ctx, q, community.DefaultID, store.Insight)
	if err != nil {
		return 0, err
	}
	talks, err := insightdb.StaleTalks(ctx, q, community.DefaultID, insightdb.GroupDay{}, 1)
	if err != nil {
		return 0, err
	}
	weeks, err := insightdb.StaleWeeks(ctx, q, community.DefaultID, m.db.Now(), 1)
	return int(projected-counted) + len(talks) + len(weeks), err
}

// drain waits until every loop is at the head of the log and nothing is queued,
// nor, if asked, sent without an outcome.
func (m *machine) drain(ctx context.Context, settled bool) error {
	for {
		var left int
		var head, decided, projected community.Seq
		if err := m.db.Read(ctx, func(q store.Querier) error {
			var err error
			if head, err = store.Head(ctx, q, community.DefaultID); err != nil {
				return err
			}
			if decided, err = store.Cursor(ctx, q, community.DefaultID, store.Decide); err != nil {
				return err
			}
			if projected, err = store.Cursor(ctx, q, community.DefaultID, store.Project); err != nil {
				return err
			}
			due, err := store.NextDue(ctx, q, community.DefaultID)
			if err != nil {
				return err
			}
			if now := m.db.Now(); !due.IsZero() && due.Before(now.Truncate(time.Minute)) {
				left++
			}
			open, err := store.Outbox(ctx, q, community.DefaultID, store.Queued, 0, 0, 10)
			if left += len(open); err != nil || !settled {
				return err
			}
			if open, err = store.Outbox(ctx, q, community.DefaultID, store.Sending, 0, 0, 10); err != nil {
				return err
			}
			uncounted, err := m.uncounted(ctx, q, projected)
			left += len(open) + uncounted
			return err
		}); err != nil {
			return err
		}
		indexed, err := m.search.Position(ctx, community.DefaultID)
		if err != nil {
			return err
		}
		if left == 0 && head == decided && head == projected && head == indexed {
			return nil
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// pause is how long the machine's state is left alone between two looks at it.
func pause(ctx context.Context) error {
	t := time.NewTimer(10 * time.Millisecond)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// driver connects the machine to the platform in the parent.
type driver struct{ m *machine }

func (driver) About() connector.About                             { return connector.About{Name: "wire"} }
func (driver) Network() community.Network                         { return network }
func (driver) StableTimes() bool                                  { return true }
func (d driver) Open(string, []byte) (connector.Connector, error) { return d, nil }
func (driver) Capabilities(group string) connector.Capabilities   { return capabilities(group) }

// Run acknowledges to the platform only after emit has returned.
func (d driver) Run(ctx context.Context, emit connector.Emit) error {
	d.m.ready.Ready = true
	d.m.say(d.m.ready)
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case t := <-d.m.emit:
			wg.Go(func() {
				err := emit(ctx, t.Emit...)
				switch {
				case err == nil:
					d.m.say(fromChild{ID: t.ID, Acked: true})
				case ctx.Err() == nil:
					d.m.say(fromChild{ID: t.ID, Failed: err.Error()})
				}
			})
		}
	}
}

func (d driver) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	c := make(chan connector.Receipt, 1)
	d.m.mu.Lock()
	d.m.last++
	id := d.m.last
	d.m.sends[id] = c
	d.m.mu.Unlock()
	d.m.say(fromChild{ID: id, Send: &a})
	select {
	case r := <-c:
		return r, nil
	case <-ctx.Done():
		return connector.Receipt{}, &connector.Uncertain{Err: community.Errorf(community.Unavailable, "the platform did not answer")}
	}
}
