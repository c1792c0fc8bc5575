package onebot_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
)

// session is an account that runs, and what it emitted.
type session struct {
	t *testing.T
	c connector.Connector

	mu      sync.Mutex
	seen    []connector.Observation
	changed chan struct{}
	stop    context.CancelFunc
	ended   chan struct{}
}

func listen(t *testing.T, c connector.Connector) *session {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &session{t: t, c: c, changed: make(chan struct{}), stop: cancel, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		if err := c.Run(ctx, s.emit); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	t.Cleanup(func() { cancel(); <-s.ended })
	return s
}

func (s *session) emit(_ context.Context, o ...connector.Observation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, o...)
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// await waits for the nth observation that fits.
func (s *session) await(what string, n int, fits func(connector.Observation) bool) connector.Observation {
	s.t.Helper()
	limit := time.NewTimer(2 * time.Minute)
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

// count is how often something was emitted so far.
func (s *session) count(fits func(connector.Observation) bool) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.seen {
		if fits(o) {
			n++
		}
	}
	return n
}

func state(x connector.State) func(connector.Observation) bool {
	return func(o connector.Observation) bool {
		return o.Kind == community.ConnectionChanged && o.Data["state"] == string(x)
	}
}

func text(x string) func(connector.Observation) bool {
	return func(o connector.Observation) bool { return o.Kind == community.MessagePosted && o.Text == x }
}

func missed(o connector.Observation) time.Time {
	ms, _ := strconv.ParseInt(o.Data["missed_from"], 10, 64)
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// eventually looks again and again, for what no observation tells.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("in vain: %s", what)
		}
	}
}

// begin opens an account of a way, lets it run and waits until it is online.
func begin(t *testing.T, w way) (*implementation, *session) {
	t.Helper()
	m, d, config := w.start(t)
	c, err := d.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	s := listen(t, c)
	s.await("online", 1, state(connector.Online))
	return m, s
}
