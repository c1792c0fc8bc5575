package connectortest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
)

// noon is when stories begin, well away from any real now.
var noon = time.Date(2025, 11, 3, 4, 0, 0, 0, time.UTC)

// session is a connector that runs, and what it emitted. As the engine would,
// it starts Run again when Run gave up.
type session struct {
	t      *testing.T
	p      *Platform
	c      connector.Connector
	cancel context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	seen    []connector.Observation
	changed chan struct{} // closed at every change
	starts  int           // how often Run was called
	refuse  func(ctx context.Context, o []connector.Observation) error
	within  map[string]int // emissions of a group that have not returned
	overlap bool
}

func open(t *testing.T, p *Platform) connector.Connector {
	t.Helper()
	c, err := p.Driver.Open(p.Account, p.Config)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return c
}

// start runs a newly opened connector and waits until it is online. refuse, if
// given, is asked before anything counts as stored.
func start(t *testing.T, p *Platform, refuse func(context.Context, []connector.Observation) error) *session {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{t: t, p: p, c: open(t, p), cancel: cancel, ended: make(chan struct{}),
		changed: make(chan struct{}), refuse: refuse, within: map[string]int{}}
	go func() {
		defer close(s.ended)
		for ctx.Err() == nil {
			s.mu.Lock()
			s.starts++
			tooOften := s.starts > 100
			s.mu.Unlock()
			if tooOften {
				t.Error("Run gave up a hundred times")
				return
			}
			err := s.c.Run(ctx, s.emit)
			if ctx.Err() != nil && err != nil {
				t.Errorf("Run after its context ended: %v, want nil", err)
			}
			if ctx.Err() == nil && err == nil {
				t.Error("Run returned nil though its context had not ended")
				return
			}
		}
	}()
	t.Cleanup(s.stop)
	s.await("the state online", state(connector.Online))
	return s
}

// hello waits until something that a member said has come, so that the connector
// knows the group; from platforms that only take messages nothing does.
func (s *session) hello() {
	s.t.Helper()
	if s.p.Say == nil {
		return
	}
	s.p.Say(s.p.Group, "ann", "hello", noon)
	s.await("hello", said("hello"))
}

func (s *session) stop() {
	s.cancel()
	select {
	case <-s.ended:
	case <-time.After(TimeLimit):
		s.t.Error("Run did not return after its context had ended")
	}
}

func (s *session) emit(ctx context.Context, o ...connector.Observation) error {
	groups := map[string]bool{}
	s.mu.Lock()
	for _, x := range o {
		groups[x.Group] = true
	}
	for g := range groups {
		s.within[g]++
		s.overlap = s.overlap || s.within[g] > 1
	}
	s.mu.Unlock()
	for _, x := range o {
		s.p.keepsSecrets(s.t, x.Text+string(x.Raw)+fmt.Sprint(x.Data))
	}
	var err error
	if s.refuse != nil {
		err = s.refuse(ctx, o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for g := range groups {
		s.within[g]--
	}
	if err != nil {
		return err
	}
	s.seen = append(s.seen, o...)
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// all is what was emitted and stored so far.
func (s *session) all() []connector.Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// await waits for the first observation that fits.
func (s *session) await(what string, fits func(connector.Observation) bool) connector.Observation {
	s.t.Helper()
	return s.awaitNth(what, 1, fits)
}

// awaitNth waits for the nth observation that fits.
func (s *session) awaitNth(what string, n int, fits func(connector.Observation) bool) connector.Observation {
	s.t.Helper()
	limit := time.NewTimer(TimeLimit)
	defer limit.Stop()
	for {
		s.mu.Lock()
		count := 0
		for _, o := range s.seen {
			if fits(o) {
				if count++; count == n {
					s.mu.Unlock()
					return o
				}
			}
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-limit.C:
			s.t.Fatalf("%s: seen %d times, want %d", what, count, n)
		}
	}
}

// awaitBack waits until the connection was offline and online again since so many
// observations had been seen. Of several connections each may go and come back by
// itself besides.
func (s *session) awaitBack(since int) connector.Observation {
	s.t.Helper()
	limit := time.NewTimer(TimeLimit)
	defer limit.Stop()
	for {
		s.mu.Lock()
		away := false
		for _, o := range s.seen[since:] {
			switch {
			case state(connector.Offline)(o):
				away = true
			case away && state(connector.Online)(o):
				s.mu.Unlock()
				return o
			}
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-limit.C:
			s.t.Fatalf("back online: offline was seen: %v", away)
		}
	}
}

// keepsSecrets checks what leaves the connector.
func (p *Platform) keepsSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range p.Secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret of the settings is in %q", text)
		}
	}
}

func state(is connector.State) func(connector.Observation) bool {
	return func(o connector.Observation) bool {
		return o.Kind == community.ConnectionChanged && o.Data["state"] == string(is)
	}
}

// missedFrom is from when on a change of the state says that something may be
// missing, zero if nothing.
func missedFrom(o connector.Observation) time.Time {
	ms, err := strconv.ParseInt(o.Data["missed_from"], 10, 64)
	if o.Kind != community.ConnectionChanged || err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func said(text string) func(connector.Observation) bool {
	return func(o connector.Observation) bool { return o.Kind == community.MessagePosted && o.Text == text }
}

func kind(k community.Kind, member string) func(connector.Observation) bool {
	return func(o connector.Observation) bool {
		return o.Kind == k && (member == "" || o.Sender.ID == member || o.Sender.ID == "" && o.Sender.Name == member)
	}
}

// messages among observations.
func messages(all []connector.Observation) []connector.Observation {
	return slices.DeleteFunc(slices.Clone(all), func(o connector.Observation) bool { return o.Kind != community.MessagePosted })
}

func texts(all []connector.Observation) []string {
	out := []string{}
	for _, o := range messages(all) {
		out = append(out, o.Text)
	}
	return out
}

// keyOf is the key under which the log keeps an observation.
func keyOf(p *Platform, o connector.Observation) community.Key {
	return community.KeyParts{Kind: o.Kind, Network: p.Driver.Network(), Group: o.Group, ID: o.ID, Revision: o.Revision,
		Subject: subject(o.Sender), Operator: subject(o.Operator), Content: o.Text, Ordinal: o.Ordinal,
		At: o.At, TimeSafe: p.Driver.StableTimes()}.Key()
}

func subject(m connector.Member) string {
	if m.ID != "" {
		return m.ID
	}
	return m.Name
}
