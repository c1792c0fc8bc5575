package api

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// throttle slows guessing down: after a few failures every further one doubles
// the wait. It counts per name, whoever asks, and per address, whichever name.
// The longest wait for a name is short, so that a stranger cannot lock an owner
// out; it still leaves a guesser about 1,400 tries a day. The state is in memory:
// a restart forgives.
type throttle struct {
	mu    sync.Mutex
	lines map[string]*tries
}

type tries struct {
	failures int
	last     time.Time
	until    time.Time // no try before
}

type limit struct {
	free    int // failures without a wait
	longest time.Duration
}

var (
	nameLimit    = limit{free: 5, longest: time.Minute}
	addressLimit = limit{free: 20, longest: 15 * time.Minute}
)

const (
	triesForgotten = time.Hour
	triesKept      = 10_000 // lines; beyond it old ones are dropped
)

func newThrottle() *throttle { return &throttle{lines: map[string]*tries{}} }

// begin counts a try as failed, before the password is looked at, so that many
// at once do not slip through together. It returns how long to wait instead
// when it is too early for one.
func (t *throttle) begin(name string, from netip.Addr, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := keysOf(name, from)
	var wait time.Duration
	for _, key := range keys {
		if l := t.lines[key]; l != nil {
			wait = max(wait, l.until.Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	t.sweep(now)
	for i, key := range keys {
		lim := [...]limit{nameLimit, addressLimit}[i]
		l := t.lines[key]
		if l == nil || now.Sub(l.last) > triesForgotten {
			l = &tries{}
			t.lines[key] = l
		}
		l.failures++
		l.last = now
		if over := l.failures - lim.free; over >= 0 {
			l.until = now.Add(min(lim.longest, time.Second<<min(over, 20)))
		}
	}
	return 0
}

// succeed takes back what begin counted: the name is clean, the address is as it was.
func (t *throttle) succeed(name string, from netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := keysOf(name, from)
	delete(t.lines, keys[0])
	if l := t.lines[keys[1]]; l != nil {
		l.failures--
		l.until = time.Time{}
	}
}

func (t *throttle) sweep(now time.Time) {
	if len(t.lines) < triesKept {
		return
	}
	for key, l := range t.lines {
		if now.Sub(l.last) > triesForgotten {
			delete(t.lines, key)
		}
	}
	for key, l := range t.lines { // still full: drop what does not wait
		if len(t.lines) < triesKept {
			return
		}
		if !l.until.After(now) {
			delete(t.lines, key)
		}
	}
}

// keysOf names the two lines. An IPv6 network counts as one address.
func keysOf(name string, from netip.Addr) [2]string {
	if from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			from = p.Addr()
		}
	}
	return [2]string{"name " + strings.ToLower(strings.TrimSpace(name)), "address " + from.String()}
}
