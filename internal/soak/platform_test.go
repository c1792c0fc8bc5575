package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

const network community.Network = "soak"

// platform is a chat network that misbehaves. It tells its one client what is said
// while the connection lasts, and keeps nothing for who is away; half of its groups
// have a history that can be read back.
type platform struct {
	mu     sync.Mutex
	rng    *rand.Rand
	groups []*group
	number int
	queue  []connector.Observation // said, and not yet delivered
	wake   chan struct{}
	cut    chan struct{} // closed when the connection breaks; nil: there is none
	away   bool          // nobody is let in
	calm   bool          // it behaves from now on

	first time.Time             // when we were let in first: nothing before that is ours
	sent  map[community.Key]int // how often a message arrived
	tried map[string]int        // what it did, for the report
}

// group is one of the platform's.
type group struct {
	id      string
	history bool
	said    []connector.Observation // everything, in order
	heard   []string                // IDs whose delivery was acknowledged, in order
	known   map[string]bool
}

func newPlatform(seed uint64, groups int) *platform {
	p := &platform{rng: rand.New(rand.NewPCG(seed, 1)), wake: make(chan struct{}, 1), sent: map[community.Key]int{}, tried: map[string]int{}}
	for i := range groups {
		p.groups = append(p.groups, &group{id: fmt.Sprintf("g%d", i), history: i%2 == 0, known: map[string]bool{}})
	}
	return p
}

func (p *platform) group(id string) *group {
	return p.groups[slices.IndexFunc(p.groups, func(g *group) bool { return g.id == id })]
}

// chance is true in so many of a hundred cases, and never when the platform behaves.
// p is locked.
func (p *platform) chance(percent int, what string) bool {
	if p.calm || p.rng.IntN(100) >= percent {
		return false
	}
	p.tried[what]++
	return true
}

// between is a random time. p is locked.
func (p *platform) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.rng.Int64N(int64(most-least)))
}

// say posts o in a group. p is locked.
func (p *platform) say(g *group, o connector.Observation) string {
	p.number++
	o.Kind, o.Group, o.GroupName, o.At, o.Content = community.MessagePosted, g.id, g.id, time.Now().UTC().Truncate(time.Millisecond), community.Text
	o.ID = fmt.Sprintf("m%d", p.number)
	g.said = append(g.said, o)
	if p.cut == nil {
		return o.ID
	}
	if n := len(p.queue); n > 0 && p.queue[n-1].Group == g.id && p.chance(20, "swapped") {
		p.queue = slices.Insert(p.queue, n-1, o) // it overtakes
	} else {
		p.queue = append(p.queue, o)
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return o.ID
}

// burst lets somebody talk in every group, just before something breaks.
func (p *platform) burst() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calm {
		return
	}
	for _, g := range p.groups {
		p.say(g, connector.Observation{Sender: connector.Member{ID: "last", Name: "last"}, Text: "last words"})
	}
}

// live lets people talk until ctx ends.
func (p *platform) live(ctx context.Context, every time.Duration) {
	for ctx.Err() == nil {
		p.mu.Lock()
		g := p.groups[p.rng.IntN(len(p.groups))]
		who := fmt.Sprintf("u%d", p.rng.IntN(40))
		for range 1 + p.rng.IntN(4) { // people talk in bursts
			p.say(g, connector.Observation{Sender: connector.Member{ID: who, Name: who}, Text: fmt.Sprintf("%s says %d", who, p.number)})
		}
		wait := p.between(every/10, 2*every)
		p.mu.Unlock()
		sleep(ctx, wait)
	}
}

// disturb breaks the connection again and again until ctx ends.
func (p *platform) disturb(ctx context.Context, every time.Duration) {
	for {
		p.mu.Lock()
		wait, gone := p.between(every/10, 2*every), p.between(time.Millisecond, every/2)
		p.mu.Unlock()
		if !sleep(ctx, wait) {
			break
		}
		p.burst()
		p.hangUp(true)
		sleep(ctx, gone)
		p.hangUp(false)
	}
}

// hangUp breaks the connection; what was not delivered is gone.
func (p *platform) hangUp(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
	if p.cut != nil {
		p.tried["cut"]++
		p.tried["undelivered"] += len(p.queue)
		close(p.cut)
		p.cut, p.queue = nil, nil
	}
}

// sleep reports false when ctx ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// driver opens the one account.
type driver struct{ *platform }

func (driver) Network() community.Network { return network }
func (driver) StableTimes() bool          { return true }
func (driver) About() connector.About     { return connector.About{Name: string(network), Official: true} }
func (d driver) Open(string, []byte) (connector.Connector, error) {
	return &account{platform: d.platform}, nil
}

// account is our login.
type account struct {
	*platform
	last time.Time // the platform's time of what was heard last
}

var (
	_ connector.Historian = (*account)(nil)
	_ connector.Lister    = (*account)(nil)
)

var errCut = community.Errorf(community.Unavailable, "the connection broke")

// connect signs in; at is the first moment of which we hear.
func (a *account) connect() (at time.Time, cut chan struct{}, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.away {
		return at, nil, errCut
	}
	a.cut, a.queue = make(chan struct{}), nil
	at = time.Now().UTC().Truncate(time.Millisecond)
	if a.first.IsZero() {
		a.first = at
	}
	return at, a.cut, nil
}

// Run keeps connected. Now and then it gives up.
func (a *account) Run(ctx context.Context, emit connector.Emit) error {
	pause := wire.Pause{Most: 10 * time.Second}
	var missed time.Time
	for ctx.Err() == nil {
		at, cut, err := a.connect()
		if err == nil {
			pause.Reset()
			a.last = at
			if err = emit(ctx, connector.Changed(connector.Online, at, missed, nil)); err == nil {
				err = a.listen(ctx, cut, emit)
			}
			missed = a.last
		}
		if ctx.Err() != nil {
			break
		}
		a.mu.Lock()
		gone := a.chance(10, "gave up")
		a.mu.Unlock()
		if gone {
			return err
		}
		if err := emit(ctx, connector.Changed(connector.Offline, time.Now(), missed, err)); err != nil {
			break
		}
		if pause.Wait(ctx) != nil {
			break
		}
	}
	a.hangUpOurs()
	return nil //nolint:nilerr // a connection that ends is no failure
}

// hangUpOurs ends the connection from our side.
func (a *account) hangUpOurs() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tried["undelivered at a stop"] += len(a.queue)
	a.cut, a.queue = nil, nil
}

// listen delivers until the connection breaks.
func (a *account) listen(ctx context.Context, cut chan struct{}, emit connector.Emit) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-cut:
			return errCut
		case <-a.wake:
		}
		for {
			a.mu.Lock()
			latency := a.between(0, 400*time.Millisecond)
			a.mu.Unlock()
			if !sleep(ctx, latency) {
				return nil
			}
			batch := a.take(cut)
			if len(batch) == 0 {
				break
			}
			if err := emit(ctx, batch...); err != nil {
				return err
			}
			a.acknowledge(batch)
		}
	}
}

// take takes some of what is to be delivered: of several groups in any order, of one
// in its own, sometimes with something that was delivered before.
func (a *account) take(cut chan struct{}) (batch []connector.Observation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cut != cut || len(a.queue) == 0 {
		return nil
	}
	n := 1 + a.rng.IntN(min(8, len(a.queue)))
	batch = slices.Clone(a.queue[:n])
	a.queue = slices.Delete(a.queue, 0, n)
	order := a.rng.Perm(len(a.groups))
	place := map[string]int{}
	for i, g := range a.groups {
		place[g.id] = order[i]
	}
	slices.SortStableFunc(batch, func(x, y connector.Observation) int { return place[x.Group] - place[y.Group] })
	g := a.group(batch[0].Group)
	if len(g.heard) > 0 && a.chance(15, "repeated") {
		again := g.heard[max(0, len(g.heard)-1-a.rng.IntN(20))]
		i := slices.IndexFunc(g.said, func(o connector.Observation) bool { return o.ID == again })
		batch = slices.Insert(batch, a.rng.IntN(len(batch)+1), g.said[i])
	}
	return batch
}

func (a *account) acknowledge(batch []connector.Observation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range batch {
		g := a.group(o.Group)
		if !g.known[o.ID] {
			g.known[o.ID] = true
			g.heard = append(g.heard, o.ID)
		}
		if o.At.After(a.last) {
			a.last = o.At
		}
	}
}

// Capabilities: every third group recognises what is sent again.
func (a *account) Capabilities(id string) connector.Capabilities {
	m, n := connector.Machine, connector.Nobody
	c := connector.Capabilities{Read: m, Joins: n, Members: n, Send: m, Recall: n, Mute: n, MuteAll: n, Remove: n, Announce: n, Rename: n,
		Invite: n, Approve: n, Backfill: n, Echoes: true, Deduplicates: a.deduplicates(id)}
	if a.group(id).history {
		c.Backfill = m
	}
	return c
}

func (a *account) deduplicates(id string) bool {
	return slices.IndexFunc(a.groups, func(g *group) bool { return g.id == id })%3 == 0
}

// Groups lists them, when there is a connection.
func (a *account) Groups(context.Context) (list []connector.Group, err error) {
	for _, g := range a.groups {
		list = append(list, connector.Group{ID: g.id, Name: g.id})
	}
	return list, nil
}

// Backfill reads a group's history back, and breaks off now and then.
func (a *account) Backfill(ctx context.Context, id string, from, to time.Time, emit connector.Emit) error {
	a.mu.Lock()
	var list []connector.Observation
	for _, o := range a.group(id).said {
		if !o.At.Before(from) && o.At.Before(to) {
			list = append(list, o)
		}
	}
	breaks := a.chance(10, "history broke off")
	a.mu.Unlock()
	if breaks {
		list = list[:len(list)/2]
	}
	for chunk := range slices.Chunk(list, 50) {
		if err := emit(ctx, chunk...); err != nil {
			return err
		}
	}
	if breaks {
		return errCut
	}
	return nil
}

// Send takes a message, slowly, not at all, or without saying so.
func (a *account) Send(ctx context.Context, x connector.Action) (connector.Receipt, error) {
	a.mu.Lock()
	takes := a.between(time.Millisecond, 2*time.Second)
	refuse, slow, mute := a.chance(8, "refused"), a.chance(6, "slow"), a.chance(6, "answered nothing")
	down := a.cut == nil
	a.mu.Unlock()
	if !sleep(ctx, takes) || refuse || down {
		return connector.Receipt{}, community.Errorf(community.Unavailable, "not now")
	}
	a.mu.Lock()
	id := ""
	if a.sent[x.Key] == 0 || !a.deduplicates(x.Group) {
		a.sent[x.Key]++
		id = a.say(a.group(x.Group), connector.Observation{Sender: connector.Member{ID: "us", Name: "us"}, Text: x.Text, FromUs: true, ActionKey: x.Key})
	}
	a.mu.Unlock()
	if slow && !sleep(ctx, time.Minute) || mute {
		return connector.Receipt{}, &connector.Uncertain{Err: errCut}
	}
	return connector.Receipt{MessageID: id}, nil
}
