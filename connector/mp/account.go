package mp

import (
	"context"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/wxcrypt"
)

// account is an Official Account: the connector.
type account struct {
	*Client
	secretToken string         // of the callback
	crypt       *wxcrypt.Crypt // nil in plain mode
	first       time.Duration
	order       [64]sync.Mutex // one person's calls are emitted one after the other

	mu     sync.Mutex
	emit   connector.Emit  // nil while Run does not run
	during context.Context // of Run
	called time.Time       // when the platform last called with a good signature
	missed time.Time       // since when calls may be lost, zero if none are
	wake   chan struct{}   // tells Run that missed changed
}

var (
	_ connector.Connector = (*account)(nil)
	_ connector.Receiver  = (*account)(nil)
	_ connector.Prober    = (*account)(nil)

	_ connector.SceneCodes = (*account)(nil)
	_ connector.Menus      = (*account)(nil)
)

func (d Driver) open(c Config, crypt *wxcrypt.Crypt) *account {
	now, base, first := d.Now, d.Base, d.First
	if now == nil {
		now = time.Now
	}
	if base == "" {
		base = official
	}
	if first <= 0 {
		first = time.Second
	}
	client := &Client{http: d.Guard.Client(15 * time.Second), base: base, appID: c.AppID, secret: c.Secret, now: now}
	return &account{Client: client, secretToken: c.Token, crypt: crypt, first: first, wake: make(chan struct{}, 1)}
}

// Capabilities: no group is there. Direct, with the group "", messages are read and
// can be answered for as long as the platform allows.
func (a *account) Capabilities(group string) connector.Capabilities {
	if group != "" {
		return connector.Capabilities{}
	}
	return connector.Capabilities{Read: connector.Machine, Send: connector.Machine}
}

// signAgain is how often Run looks whether it still has a token that is good.
const signAgain = time.Minute

// Run takes calls until ctx ends and keeps a token ready. It tells Online while the
// platform takes our secret, Waiting while it refuses it, Degraded while it cannot
// be asked: calls may come all the same.
func (a *account) Run(ctx context.Context, emit connector.Emit) error {
	a.open(ctx, emit)
	defer a.close()
	pause := wire.Pause{First: a.first}
	t := teller{emit: emit, now: a.now}
	for {
		_, err := a.sign(ctx, "", false)
		if ctx.Err() != nil {
			return nil
		}
		missed := a.takeMissed()
		if err := t.tell(ctx, stateOf(err), missed, err); err != nil {
			a.lostSince(missed) // to be told by the next Run
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		wait := signAgain
		if err != nil {
			wait = pause.Next()
		} else {
			pause.Reset()
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-a.wake:
			timer.Stop()
		}
	}
}

func stateOf(err error) connector.State {
	switch {
	case err == nil:
		return connector.Online
	case community.CodeOf(err) == community.Unavailable:
		return connector.Degraded
	}
	return connector.Waiting // a secret or an address: somebody has to set it right
}

// open lets calls in.
func (a *account) open(ctx context.Context, emit connector.Emit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.emit, a.during = emit, ctx
}

// close keeps calls out: from now on they are lost after three tries.
func (a *account) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.emit = nil
	if a.missed.IsZero() {
		a.missed = a.now()
	}
}

// lostSince notes that calls may be lost from then on, unless they were before.
func (a *account) lostSince(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.missed.IsZero() || !at.IsZero() && at.Before(a.missed) {
		a.missed = at
	}
}

// kept notes a call that is on disk, with which a gap ends.
func (a *account) kept() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.called = a.now()
	if a.missed.IsZero() {
		return
	}
	select {
	case a.wake <- struct{}{}:
	default: // Run is told already
	}
}

// takeMissed returns since when calls may be lost, once.
func (a *account) takeMissed() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.missed
	a.missed = time.Time{}
	return m
}

// teller tells states that are new.
type teller struct {
	emit  connector.Emit
	now   func() time.Time
	told  bool
	state connector.State
	why   string
}

// tell emits a state that is another one than before, has another reason, or ends a
// gap. It repeats what could not be stored for now.
func (t *teller) tell(ctx context.Context, s connector.State, missed time.Time, why error) error {
	reason := ""
	if why != nil {
		reason = why.Error()
	}
	if t.told && t.state == s && t.why == reason && missed.IsZero() {
		return nil
	}
	if err := wire.Store(ctx, t.emit, connector.Changed(s, t.now(), missed, why)); err != nil {
		return err
	}
	t.told, t.state, t.why = true, s, reason
	return nil
}
