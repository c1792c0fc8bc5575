package wecom

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecom/wecomtest"
	"qunying/connector/wire"
)

// timeLimit of every wait.
const timeLimit = 2 * time.Minute

// noon of a day in the middle of a month of 30 days.
var noon = time.Date(2025, 11, 12, 4, 0, 0, 0, time.UTC)

// stage is a simulated corporation, an account of it, and what that emitted.
type stage struct {
	t    *testing.T
	sim  *wecomtest.Server
	api  *httptest.Server
	hook *httptest.Server
	a    *Account

	mu      sync.Mutex
	clock   time.Time
	seen    []connector.Observation
	changed chan struct{}
	refuse  func(o []connector.Observation) error
	stop    func() error
}

// set makes a stage; nothing runs yet.
func set(t *testing.T, more map[string]any) *stage {
	t.Helper()
	s := &stage{t: t, clock: noon, changed: make(chan struct{})}
	sim, err := wecomtest.New(wecomtest.Options{Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	s.sim = sim
	s.api = httptest.NewServer(sim)
	t.Cleanup(s.api.Close)
	s.a = s.open(more)
	s.hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.account().ServeHTTP(w, r) }))
	t.Cleanup(s.hook.Close)
	if err := sim.Hook(s.hook.URL); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *stage) account() *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.a
}

// pass lets time go by.
func (s *stage) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

func (s *stage) open(more map[string]any) *Account {
	s.t.Helper()
	config := map[string]any{}
	if err := json.Unmarshal(s.sim.Config(), &config); err != nil {
		s.t.Fatal(err)
	}
	for k, v := range more {
		config[k] = v
	}
	b, err := json.Marshal(config)
	if err != nil {
		s.t.Fatal(err)
	}
	d := Driver{Guard: wire.Guard{Private: true}, Now: s.now, Base: s.api.URL, Settle: []time.Duration{10 * time.Millisecond, 50 * time.Millisecond}}
	c, err := d.Open("app", b)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.(*Account)
}

// run starts the account and waits until it can be called and has told its state.
func (s *stage) run() *stage {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	a := s.account()
	go func() { ended <- a.Run(ctx, s.emit) }()
	stopped := false
	s.stop = func() error {
		cancel()
		if stopped {
			return nil
		}
		stopped = true
		select {
		case err := <-ended:
			return err
		case <-time.After(timeLimit):
			s.t.Error("Run did not return")
			return nil
		}
	}
	s.t.Cleanup(func() { _ = s.stop() })
	s.await("its state", func(o connector.Observation) bool { return o.Kind == community.ConnectionChanged })
	return s
}

func (s *stage) emit(_ context.Context, o ...connector.Observation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		if err := s.refuse(o); err != nil {
			return err
		}
	}
	s.seen = append(s.seen, o...)
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

func (s *stage) all() []connector.Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

func (s *stage) await(what string, fits func(connector.Observation) bool) connector.Observation {
	s.t.Helper()
	over := time.NewTimer(timeLimit)
	defer over.Stop()
	for {
		s.mu.Lock()
		i, changed := slices.IndexFunc(s.seen, fits), s.changed
		var o connector.Observation
		if i >= 0 {
			o = s.seen[i]
		}
		s.mu.Unlock()
		if i >= 0 {
			return o
		}
		select {
		case <-changed:
		case <-over.C:
			s.t.Fatalf("%s was never emitted; this was: %+v", what, s.all())
		}
	}
}

func of(kind community.Kind, member string) func(connector.Observation) bool {
	return func(o connector.Observation) bool { return o.Kind == kind && (member == "" || o.Sender.ID == member) }
}

func state(s connector.State) func(connector.Observation) bool {
	return func(o connector.Observation) bool {
		return o.Kind == community.ConnectionChanged && o.Data["state"] == string(s)
	}
}

func (s *stage) count(fits func(connector.Observation) bool) (n int) {
	for _, o := range s.all() {
		if fits(o) {
			n++
		}
	}
	return n
}

// until waits for something that no observation tells.
func (s *stage) until(what string, fits func() bool) {
	s.t.Helper()
	over, tick := time.NewTimer(timeLimit), time.NewTicker(2*time.Millisecond)
	defer over.Stop()
	defer tick.Stop()
	for !fits() {
		select {
		case <-tick.C:
		case <-over.C:
			s.t.Fatalf("never: %s", what)
		}
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
