package onebot

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// account is one account of an implementation.
type account struct {
	driver  Driver
	set     settings
	dialect dialect
	client  *http.Client
	rooms   rooms
	health  health

	running sync.Mutex // held by the one Run
	linking sync.Mutex // held while links change and health is told

	mu       sync.Mutex
	run      *run // nil while Run does not run
	self     string
	platform string             // of v12: where the account is
	links    map[string]*socket // by role: events, calls
	sent     recent
}

// run is what belongs to one Run.
type run struct {
	ctx   context.Context
	inbox chan item
	ask   chan lookup
	tasks sync.WaitGroup
	over  chan struct{} // closed when nothing is emitted any more
}

// item is what the one who emits has to do, in order.
type item struct {
	frame []byte                  // an event to translate, or
	ready []connector.Observation // what needs no translation
	done  chan<- error            // told how it went, nil: nobody asks
	at    time.Time               // when it came
}

var (
	_ connector.Connector = (*account)(nil)
	_ connector.Recaller  = (*account)(nil)
	_ connector.Renamer   = (*account)(nil)
	_ connector.Roster    = (*account)(nil)
	_ connector.Lister    = (*account)(nil)
	_ connector.Receiver  = (*account)(nil)
	_ connector.Prober    = (*account)(nil)
)

// waiting is how many frames may wait to be stored: more are left in the
// network's buffers, where the implementation notices.
const waiting = 1024

// most goes into one emission.
const most = 256

func (a *account) now() time.Time { return a.driver.Now() }

// Run listens until ctx ends.
func (a *account) Run(ctx context.Context, emit connector.Emit) error {
	a.running.Lock()
	defer a.running.Unlock()
	inner, cancel := context.WithCancel(ctx)
	r := &run{ctx: inner, inbox: make(chan item, waiting), ask: make(chan lookup, waiting), over: make(chan struct{})}
	var why error
	if a.set.Mode == reverse {
		why = community.Errorf(community.Unavailable, "the implementation has not connected yet").WithHint("let it connect to this account's address")
	}
	a.open(r, why)
	r.tasks.Go(func() { a.learn(r) })
	switch a.set.Mode {
	case forward:
		r.tasks.Go(func() { a.dialOn(r) })
	case overHTTP:
		r.tasks.Go(func() { a.poll(r) })
	}
	lost, err := a.emitAll(inner, r, emit)
	close(r.over)
	a.mu.Lock()
	a.run = nil
	a.mu.Unlock()
	a.health.lose(lost)
	cancel()
	r.tasks.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// open lets connections in. Health begins first: an implementation may connect
// at that very moment, and what it is then told must not be forgotten.
func (a *account) open(r *run, why error) {
	a.linking.Lock()
	defer a.linking.Unlock()
	first := a.health.begin(why)
	r.inbox <- item{ready: []connector.Observation{first}, at: first.At} // it has room
	a.mu.Lock()
	defer a.mu.Unlock()
	a.run, a.links = r, map[string]*socket{}
}

// put hands an item over, waiting while too many wait. It is false when the run
// ended before.
func (a *account) put(i item) bool {
	a.mu.Lock()
	r := a.run
	a.mu.Unlock()
	if r == nil {
		return false
	}
	i.at = a.now()
	select {
	case r.inbox <- i:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// emitAll emits what comes in, in order, until ctx ends or an emission fails for
// good. lost is when the first came that was not emitted.
func (a *account) emitAll(ctx context.Context, r *run, emit connector.Emit) (lost time.Time, err error) {
	for {
		var batch []item
		select {
		case <-ctx.Done():
			select {
			case i := <-r.inbox:
				lost = i.at
			default:
			}
			return lost, ctx.Err()
		case i := <-r.inbox:
			batch = append(batch, i)
		}
	fill:
		for len(batch) < most {
			select {
			case i := <-r.inbox:
				batch = append(batch, i)
			default:
				break fill
			}
		}
		var out []connector.Observation
		for _, i := range batch {
			out = append(out, i.ready...)
			if i.frame != nil {
				out = append(out, a.translate(r, i.frame)...)
			}
		}
		err = wire.Store(ctx, emit, out...)
		for _, i := range batch {
			if i.done != nil {
				i.done <- err
			}
		}
		if err != nil {
			return batch[0].at, err
		}
	}
}

// translate makes observations of an event and learns from it.
func (a *account) translate(r *run, frame []byte) []connector.Observation {
	out := a.dialect.observe(frame, a.known())
	for i := range out {
		o := &out[i]
		if o.At.IsZero() { // it told no time
			o.At = a.now().UTC().Truncate(time.Millisecond)
		}
		if o.Group != "" {
			a.notice(r, o)
		}
		if o.FromUs && o.Kind == community.MessagePosted {
			o.ActionKey = a.sent.key(o.Group, o.ID)
		}
	}
	return out
}

// notice learns names, and asks for our role where it is not known or may have changed.
func (a *account) notice(r *run, o *connector.Observation) {
	a.rooms.called(o.Group, o.Sender)
	if o.GroupName != "" {
		a.rooms.change(o.Group, func(x *room) { x.name = o.GroupName })
	}
	self := a.selfID()
	switch {
	case o.Kind == community.GroupGone:
		a.rooms.change(o.Group, func(x *room) { x.role = "" })
	case o.Kind == community.PlatformOther && (self == "" || o.Sender.ID == self), o.Kind == community.MemberJoined && o.FromUs:
		r.wants(lookup{group: o.Group, fresh: true}) // perhaps made an admin, or no longer
	case a.rooms.rights(o.Group).role == "":
		r.wants(lookup{group: o.Group})
	}
}

func (a *account) known() known {
	return known{self: a.selfID(), group: a.rooms.groupName, member: a.rooms.memberName}
}

func (a *account) selfID() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.self
}

// meet notes which account the implementation holds, and says whether it is ours.
func (a *account) meet(id string) bool {
	if id == "" || id == "0" {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.self == "" {
		a.self = id
	}
	return a.self == id
}

// hear takes a frame that is no answer, and says whether it was handed over. done
// is told when it is stored.
func (a *account) hear(raw []byte, h head, done chan<- error) (interval time.Duration, ok bool) {
	a.health.hear()
	if h.meta() {
		p := a.dialect.pulse(raw, a.selfID())
		if a.meet(p.self) && p.status {
			a.health.status(p.online, p.good)
		}
		if done != nil {
			done <- nil
		}
		return p.interval, true
	}
	if h.Self != nil && h.Self.Platform != "" {
		a.mu.Lock()
		a.platform = string(h.Self.Platform)
		a.mu.Unlock()
	}
	if !a.meet(h.account()) { // of another account on the same connection
		if done != nil {
			done <- nil
		}
		return 0, true
	}
	return 0, a.put(item{frame: raw, done: done})
}

func readHead(raw []byte) (head, bool) {
	var h head
	err := json.Unmarshal(raw, &h)
	return h, err == nil
}

// recent remembers under which keys our last messages were sent, so that their
// echoes can be told.
type recent struct {
	mu    sync.Mutex
	keys  map[string]community.Key
	order []string
}

func (r *recent) add(group, message string, key community.Key) {
	if message == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil {
		r.keys = map[string]community.Key{}
	}
	id := group + " " + message
	if _, ok := r.keys[id]; !ok {
		r.order = append(r.order, id)
	}
	r.keys[id] = key
	if len(r.order) > 1000 {
		delete(r.keys, r.order[0])
		r.order = r.order[1:]
	}
}

func (r *recent) key(group, message string) community.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[group+" "+message]
}

func (r *recent) has(group, message string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.keys[group+" "+message]
	return ok
}
