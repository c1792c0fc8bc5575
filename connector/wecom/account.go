package wecom

import (
	"context"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/wxcrypt"
)

// Account is one self-built app: the connector.
type Account struct {
	client   *Client
	crypt    *wxcrypt.Crypt
	now      func() time.Time
	settle   []time.Duration
	every    time.Duration
	period   period
	appChats []string
	console  string // where staff opens it inside WeCom, or ""
	queue    *queue
	order    locks
	tally    *tally

	serving sync.RWMutex // held for reading while a call is handled
	active  sync.Mutex   // held while Run runs
	running *run         // guarded by serving

	mu      sync.Mutex
	chats   map[string]*chat // what was known of each group when it was last read
	call    time.Time        // when WeCom last called
	stopped time.Time        // when Run last ended
	state   connector.State
	why     string
	lost    time.Time // since when calls may have been missed, while not online
	states  sync.Mutex
}

var (
	_ connector.Connector = (*Account)(nil)
	_ connector.Receiver  = (*Account)(nil)
	_ connector.Recaller  = (*Account)(nil)
	_ connector.Remover   = (*Account)(nil)
	_ connector.Renamer   = (*Account)(nil)
	_ connector.Inviter   = (*Account)(nil)
	_ connector.Roster    = (*Account)(nil)
	_ connector.Lister    = (*Account)(nil)
	_ connector.Historian = (*Account)(nil)
	_ connector.Prober    = (*Account)(nil)
	_ connector.Proposer  = (*Account)(nil)
)

// run is one call of Run.
type run struct {
	ctx  context.Context
	emit connector.Emit
	fail context.CancelCauseFunc
	// doubt asks watch to look whether WeCom can be reached.
	doubt chan struct{}
}

const (
	workers = 4                     // that read groups side by side
	pace    = 40 * time.Millisecond // between a worker's readings of groups of which nothing was told
	pulse   = 2 * time.Minute       // between looks whether WeCom can be reached
)

// Run reads all groups, at first and every few hours, and those that calls tell of as
// they come. It returns what emit failed with, if that was not Unavailable.
func (a *Account) Run(ctx context.Context, emit connector.Emit) error {
	if !a.active.TryLock() {
		return community.Errorf(community.Conflict, "the app is connected already")
	}
	defer a.active.Unlock()
	inner, fail := context.WithCancelCause(ctx)
	r := &run{ctx: inner, emit: emit, fail: fail, doubt: make(chan struct{}, 1)}
	a.mu.Lock()
	a.state, a.lost = "", a.stopped
	a.mu.Unlock()
	a.serving.Lock()
	a.running = r
	a.serving.Unlock()

	var all sync.WaitGroup
	all.Go(func() { a.reconcile(r) })
	all.Go(func() { a.watch(r) })
	for range workers {
		all.Go(func() { a.work(r) })
	}
	<-inner.Done()
	a.serving.Lock() // no call is being handled any more
	a.running = nil
	a.serving.Unlock()
	all.Wait()
	a.mu.Lock()
	a.stopped = a.now()
	a.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(inner)
}

// called notes that WeCom called.
func (a *Account) called() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.call = a.now()
}

// watch finds out whether WeCom can be reached, every so often and at once when a
// worker doubts it. One call that fails among many is no outage.
func (a *Account) watch(r *run) {
	pause := wire.Pause{First: 2 * time.Second, Most: time.Minute}
	failed := 0
	for {
		_, _, err := a.client.groupChatPage(r.ctx, "", 1)
		wait := pulse
		if err == nil {
			failed = 0
			pause.Reset()
		} else {
			failed++
			wait = pause.Next()
		}
		a.mu.Lock()
		first := a.state == ""
		a.mu.Unlock()
		if failed != 1 || first || settings(err) {
			a.report(r, err)
		}
		timer := time.NewTimer(wait)
		doubt := r.doubt
		if failed > 0 {
			doubt = nil // it is looked into already
		}
		select {
		case <-timer.C:
		case <-doubt:
		case <-r.ctx.Done():
		}
		timer.Stop()
		if r.ctx.Err() != nil {
			return
		}
	}
}

// reconcile has every group read, again and again.
func (a *Account) reconcile(r *run) {
	pause := wire.Pause{First: 2 * time.Second, Most: time.Minute}
	for {
		list, err := a.client.GroupChats(r.ctx)
		if err != nil {
			if pause.Wait(r.ctx) != nil {
				return
			}
			continue
		}
		pause.Reset()
		listed := map[string]bool{}
		for _, g := range list {
			listed[g.ID] = true
			a.queue.full(g.ID)
		}
		for _, id := range a.appChats {
			listed[id] = true
			a.queue.full(id)
		}
		for _, id := range a.known() {
			if !listed[id] { // it is gone, or its owner out of our sight: reading it tells
				a.queue.full(id)
			}
		}
		if !rest(r.ctx, a.every) {
			return
		}
	}
}

func (a *Account) known() (ids []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.chats {
		ids = append(ids, id)
	}
	return ids
}

func (a *Account) forget(group string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.chats, group)
}

// rest waits; false if ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// report makes the state of the outcome of a call, and emits it if it is another one.
// That WeCom is busy changes nothing.
func (a *Account) report(r *run, err error) {
	if r.ctx.Err() != nil {
		return
	}
	state := connector.Online
	switch {
	case err == nil:
	case settings(err):
		state = connector.Waiting
	case codeOf(err) == 0 && community.CodeOf(err) == community.Unavailable:
		state = connector.Offline
	default:
		return
	}
	a.states.Lock()
	defer a.states.Unlock()
	why := ""
	if err != nil {
		why = err.Error()
	}
	now := a.now()
	a.mu.Lock()
	if a.state == state && a.why == why {
		a.mu.Unlock()
		return
	}
	if state == connector.Offline && a.lost.IsZero() {
		// Where we reach nobody, nobody may have reached us either.
		a.lost = now
		if heard, _ := a.client.Heard(); !heard.IsZero() {
			a.lost = heard
		}
		if a.call.After(a.lost) {
			a.lost = a.call
		}
	}
	missed := a.lost
	a.mu.Unlock()
	o := connector.Changed(state, now, missed, err)
	if a.put(r.ctx, r, o) != nil {
		return // not told: the next call tries again
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state, a.why = state, why
	if state == connector.Online {
		a.lost = time.Time{}
	}
}

// Capabilities of a customer group, of a group that the app created, or, for "", of
// what the app and one person say to each other.
func (a *Account) Capabilities(group string) connector.Capabilities {
	const machine, human, nobody = connector.Machine, connector.Human, connector.Nobody
	switch {
	case group == "":
		return connector.Capabilities{Read: machine, Joins: nobody, Members: nobody, Send: machine, Recall: nobody, RecallOwn: machine,
			Mute: nobody, MuteAll: nobody, Remove: nobody, Announce: nobody, Rename: nobody, Invite: nobody,
			Approve: nobody, Backfill: nobody, SendsPerMin: 30}
	case customerGroup(group):
		return connector.Capabilities{Read: nobody, Joins: machine, Members: machine, Send: human, Recall: nobody, RecallOwn: nobody,
			Mute: nobody, MuteAll: nobody, Remove: human, Announce: human, Rename: human, Invite: human,
			Approve: nobody, Backfill: machine}
	}
	return connector.Capabilities{Read: nobody, Joins: nobody, Members: machine, Send: machine, Recall: nobody, RecallOwn: nobody,
		Mute: nobody, MuteAll: nobody, Remove: machine, Announce: human, Rename: machine, Invite: machine,
		Approve: nobody, Backfill: nobody, MemberLimit: 2000}
}

// Client gives the interface's calls beside those of a connector.
func (a *Account) Client() *Client { return a.client }
