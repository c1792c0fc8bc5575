package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

const (
	sendTimeout = 30 * time.Second
	// What is on its way when the process is asked to stop may finish for so long.
	lastWords = 5 * time.Second
	// A claim older than this has lost its worker.
	claimLapses = 2 * time.Minute
	// How long the echo of a message is waited for after a crash.
	echoWait = 5 * time.Minute
	// Tries with pauses that double from the first to the longest: four minutes in all,
	// and on until its time is over while the account itself is offline.
	mostTries    = 8
	firstPause   = 2 * time.Second
	longestPause = time.Minute
	// So many acts of one account are on their way at once, a few more if they
	// keep order: a platform that answers slowly shall not hold those up.
	mostFlying, mostModerating = 8, 12
	// Of a group's queue so many are looked at: one that has to wait may stand
	// before others that need not.
	lookAhead  = 4
	sweepEvery = 5 * time.Second
)

// outgoing is what dispatch remembers. The zero value is ready. What it forgets
// when the process ends it counts again from the outbox.
type outgoing struct {
	mu       sync.Mutex
	lanes    map[lane]bool          // groups to which something is on its way
	flying   map[community.Key]bool // what is on its way
	lines    map[lineKey]*lineState // of accounts
	policies map[community.ID]*policies
	follows  map[community.Key]*follow  // of proposals
	looked   map[community.ID]time.Time // when what was left behind was last looked for
	begun    int                        // actions that were begun since the start
	work     sync.WaitGroup             // what is on its way
	joint    joint
	spoken   map[lane]map[string]time.Time // texts that were said lately
	since    time.Time                     // when spoken began
}

type lane struct {
	community community.ID
	group     community.GroupID
}

type lineKey struct {
	community community.ID
	account   string
}

// lineState is what an account did lately.
type lineState struct {
	acts    meter
	said    map[community.GroupID]*meter
	flying  int
	ready   []*parcel // what may go as soon as there is room, by its urgency
	zone    *time.Location
	counted bool // what was done before this process began
}

func (l *lineState) in(g community.GroupID) *meter {
	if l.said[g] == nil {
		l.said[g] = &meter{}
	}
	return l.said[g]
}

// note counts an act.
func (l *lineState) note(a store.Act) {
	l.acts.add(a.At, l.zone)
	if speaks(a.Kind) {
		l.in(a.Group).add(a.At, l.zone)
	}
}

// parcel is an action with who will do it, where.
type parcel struct {
	store.Outgoing
	group community.Group
	by    *account      // nil: nobody of ours is in the group
	can   connector.Can // how far the action goes there
}

// dispatchStep begins what may be begun now, every group's next one, and does not
// wait for the platforms. It is called again when what it found is used up, when
// an action is queued, and every second.
func (e *Engine) dispatchStep(ctx context.Context, c community.ID) (bool, error) {
	now := e.now()
	if e.out.lookAgain(c, now) {
		if err := errors.Join(e.recoverCommunity(ctx, c, now.Add(-claimLapses)), e.followProposals(ctx, c, now)); err != nil {
			return false, err
		}
	}
	list, soonest, err := e.pick(ctx, c, now)
	e.wakeAt(soonest)
	if err != nil || len(list) == 0 {
		return false, err
	}
	mine := make([]*parcel, 0, len(list))
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		mine = mine[:0]
		for _, p := range list {
			ok, err := e.claim(ctx, tx, p, now)
			if err != nil {
				return err
			}
			if ok {
				mine = append(mine, p)
			}
		}
		return nil
	}); err != nil {
		e.land(list...)
		return false, err
	}
	for _, p := range list {
		if !slices.Contains(mine, p) {
			e.land(p)
		}
	}
	for _, p := range mine {
		e.out.work.Add(1)
		e.work.Go(func() { // Run waits for it
			defer e.out.work.Done()
			e.carry(ctx, p)
		})
	}
	return false, nil
}

// carry carries a claimed action out, and then what else waits for the account:
// the next one is claimed in the transaction that settles the one before.
func (e *Engine) carry(ctx context.Context, p *parcel) {
	for p != nil {
		p.Attempts++
		var write outcome
		err := guard(func() (err error) {
			write, err = e.perform(ctx, p)
			return err
		})
		if err != nil {
			e.log.Error("an action was left in the middle", "community", p.Community, "group", p.Group, "action", p.Key, "err", err)
		}
		e.release(p)
		next := e.take(ctx, p)
		mine := false
		err = e.insist(ctx, func(tx *store.Tx, later drafts) (err error) {
			if next != nil { // first: the outbox is locked before the log
				if mine, err = e.claim(ctx, tx, next, e.now()); err != nil {
					return err
				}
			}
			if write == nil { // we are being stopped
				return nil
			}
			return write(tx, later)
		})
		if err != nil {
			e.log.Error("the outcome of an action could not be written", "community", p.Community, "group", p.Group, "action", p.Key, "err", err)
		}
		e.forget(p)
		if next != nil && (err != nil || !mine) {
			e.land(next)
			next = nil
		}
		p = next
	}
	e.outgoing.fire() // there is room again
}

// take finds what else may go by the account that has just come free, and books it.
func (e *Engine) take(ctx context.Context, p *parcel) *parcel {
	if p.by == nil || ctx.Err() != nil {
		return nil
	}
	now := e.now()
	out := &e.out
	out.mu.Lock()
	defer out.mu.Unlock()
	if pol := out.policies[p.Community]; pol == nil || pol.stale {
		return nil
	}
	s := out.line(p.Community, p.by.name)
	for i, next := range s.ready {
		if !out.lanes[lane{next.Community, next.Group}] && e.waits(next, now) == (Wait{}) && e.book(next, now) {
			s.ready = slices.Delete(s.ready, i, i+1)
			return next
		}
	}
	return nil
}

// lookAgain says, every few seconds, that what was left behind should be looked for.
func (out *outgoing) lookAgain(c community.ID, now time.Time) bool {
	out.mu.Lock()
	defer out.mu.Unlock()
	if last, ok := out.looked[c]; ok && now.Sub(last) < sweepEvery {
		return false
	}
	if out.looked == nil {
		out.looked = map[community.ID]time.Time{}
	}
	out.looked[c] = now
	return true
}

// wakeAt looks at the outbox again at a time that comes before the next poll.
func (e *Engine) wakeAt(at time.Time) {
	if in := at.Sub(e.now()); !at.IsZero() && in > 0 && in < time.Second {
		time.AfterFunc(in, e.outgoing.fire)
	}
}

// Prod looks at the outbox now, as when somebody has moved the clock.
func (e *Engine) Prod() { e.outgoing.fire() }

// claim takes an action for its account, unless the same was just said in its group:
// then it is over. What is said to single people is for each of them.
func (e *Engine) claim(ctx context.Context, tx *store.Tx, p *parcel, now time.Time) (bool, error) {
	e.out.mu.Lock()
	pol := e.out.policy(p.Community, p.Group)
	doubtful := p.Kind == community.Send && pol.same > 0 && !p.group.Direct && len(p.Earlier) == 0 && e.out.mayRepeat(p, pol.same, now)
	e.out.mu.Unlock()
	if doubtful {
		said, err := store.SaidSince(ctx, tx, &p.Outgoing, now.Add(-pol.same))
		if err != nil {
			return false, err
		}
		if said {
			_, err := tx.Cancel(p.Community, p.Key, now, because(WhyRepeated))
			tx.AfterCommit(func() { e.tell(&p.Outgoing) })
			return false, err
		}
	}
	return tx.Claim(&p.Outgoing, now)
}

// mayRepeat says that a text may have been said in its group within the given
// time: the outbox knows. out is locked.
func (out *outgoing) mayRepeat(p *parcel, within time.Duration, now time.Time) bool {
	if out.spoken == nil {
		out.spoken, out.since = map[lane]map[string]time.Time{}, now
	}
	k := lane{p.Community, p.Group}
	texts := out.spoken[k]
	if texts == nil {
		texts = map[string]time.Time{}
		out.spoken[k] = texts
	}
	maps.DeleteFunc(texts, func(_ string, at time.Time) bool { return now.Sub(at) > within })
	_, said := texts[p.Text]
	texts[p.Text] = now
	return said || now.Sub(out.since) <= within // before this process began, perhaps
}

// tell says that something changed in the outbox of a group.
func (e *Engine) tell(o *store.Outgoing) {
	e.changes.send(Change{Community: o.Community, Groups: []community.GroupID{o.Group}, What: "outbox"})
}

// pick chooses what may be begun now, and books it: at most one a group, and not
// too many an account. soonest is when the first of the others may go.
func (e *Engine) pick(ctx context.Context, c community.ID, now time.Time) (list []*parcel, soonest time.Time, err error) {
	var due []store.Outgoing
	var groups map[community.GroupID]community.Group
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if due, err = store.DueActions(ctx, q, c, now, lookAhead); err != nil || len(due) == 0 {
			return err
		}
		if groups, err = groupsOf(ctx, q, c, due); err != nil {
			return err
		}
		return e.learn(ctx, q, c)
	}); err != nil {
		return nil, soonest, err
	}
	e.out.mu.Lock()
	defer e.out.mu.Unlock()
	if pol := e.out.policies[c]; pol != nil && pol.stale { // just now
		e.outgoing.fire()
		return nil, soonest, nil
	}
	for k, s := range e.out.lines {
		if k.community == c {
			s.ready = nil
		}
	}
	type queue struct {
		group community.GroupID
		class community.Class
	}
	free := map[queue]int{}             // how many of those looked at may go
	cut := map[community.GroupID]bool{} // more of a class may be to come before the next class
	for i := range due {
		o := &due[i]
		if cut[o.Group] {
			continue
		}
		p := e.address(o, groups[o.Group])
		if w := e.waits(p, now); w != (Wait{}) && !p.stale(now) {
			if !w.Until.IsZero() && (soonest.IsZero() || w.Until.Before(soonest)) {
				soonest = w.Until
			}
			continue
		}
		switch {
		case !e.out.lanes[lane{c, o.Group}] && e.book(p, now):
			list = append(list, p)
		case p.by != nil:
			s := e.out.line(c, p.by.name)
			s.ready = append(s.ready, p)
		}
		k := queue{o.Group, o.Class}
		free[k]++
		cut[o.Group] = free[k] == lookAhead
	}
	return list, soonest, nil
}

// stale says that it is too late for an action.
func (p *parcel) stale(now time.Time) bool { return !p.ExpiresAt.IsZero() && now.After(p.ExpiresAt) }

// book takes the group's lane and a place of the account, if there is one.
func (e *Engine) book(p *parcel, now time.Time) bool {
	out := &e.out
	if p.by != nil {
		s := out.line(p.Community, p.by.name)
		most := mostFlying
		if p.Class == community.Moderation {
			most = mostModerating
		}
		if s.flying >= most {
			return false
		}
		s.flying++
		if p.machine() && !p.by.settings.DryRun {
			s.note(store.Act{At: now, Group: p.Group, Kind: p.Kind})
		}
		p.Account = p.by.name
	}
	if out.lanes == nil {
		out.lanes, out.flying = map[lane]bool{}, map[community.Key]bool{}
	}
	out.lanes[lane{p.Community, p.Group}] = true
	out.flying[p.Key] = true
	out.begun++
	return true
}

// land gives back what book took.
func (e *Engine) land(list ...*parcel) {
	for _, p := range list {
		e.release(p)
		e.forget(p)
	}
}

// release frees the group's lane and the account's place: the platform has answered.
func (e *Engine) release(p *parcel) {
	e.out.mu.Lock()
	defer e.out.mu.Unlock()
	delete(e.out.lanes, lane{p.Community, p.Group})
	if p.by != nil {
		e.out.line(p.Community, p.by.name).flying--
	}
}

// forget says that an action's outcome is written: it is not on its way any more.
func (e *Engine) forget(p *parcel) {
	e.out.mu.Lock()
	defer e.out.mu.Unlock()
	delete(e.out.flying, p.Key)
}

// unknown says that the account knows nothing of the group: it is not connected
// yet, or not in it.
func (p *parcel) unknown() bool {
	return !p.group.Direct && p.by.conn.Capabilities(p.group.OutsideID) == connector.Capabilities{}
}

// machine says whether it is done without a person.
func (p *parcel) machine() bool { return p.can == connector.Machine }

// address says which account will do an action: the first of those that serve
// the group, the group's own one before others, that can do it by itself, else
// the first that can put it before a person.
func (e *Engine) address(o *store.Outgoing, g community.Group) *parcel {
	p := &parcel{Outgoing: *o, group: g, can: connector.Nobody}
	for _, a := range e.accountsOf(g) {
		can := a.can(g, o.Kind, o.Detail.Own)
		if p.by == nil || can == connector.Machine && p.can != connector.Machine || can == connector.Human && p.can == connector.Nobody {
			p.by, p.can = a, can
		}
	}
	return p
}

// can tells how far an action goes in a group; own says that it concerns a message of
// ours. What is said to the account alone can be answered, and an answer taken back
// where the platform does that.
func (a *account) can(g community.Group, k community.ActionKind, own bool) connector.Can {
	switch {
	case g.Direct && k == community.Send:
		return connector.Machine
	case g.Direct && k == community.Recall && own:
		return a.conn.Capabilities("").OfOwn(k)
	case g.Direct:
		return connector.Nobody
	}
	if own {
		return a.conn.Capabilities(g.OutsideID).OfOwn(k)
	}
	return a.conn.Capabilities(g.OutsideID).Of(k)
}

// waits says why an action may not go now. out is locked.
func (e *Engine) waits(p *parcel, now time.Time) Wait {
	zone := p.group.Zone
	if zone == nil { // there is no such group: it fails when it is tried
		return Wait{}
	}
	pol := e.out.policy(p.Community, p.Group)
	if p.by == nil || !p.machine() {
		w := judge(&p.Outgoing, pol, zone, nil, now)
		if w == (Wait{}) && p.by != nil && p.unknown() && now.Sub(p.DueAt) < community.LateAfter {
			return Wait{Reason: WaitNotConnected}
		}
		return w
	}
	perGroup := 0
	if !p.group.Direct {
		perGroup = p.by.conn.Capabilities(p.group.OutsideID).SendsPerMin
	}
	return judge(&p.Outgoing, pol, zone, e.ration(p.by, p.group, perGroup), now)
}

func (e *Engine) ration(a *account, g community.Group, perGroup int) *ration {
	s := e.out.line(g.Community, a.name)
	return &ration{settings: a.settings, zone: s.zone, acts: &s.acts, said: s.in(g.ID), perGroup: perGroup, direct: g.Direct}
}

// perform carries a claimed action out and answers what is to be written of it;
// nil where that shall be found out after the next start.
func (e *Engine) perform(ctx context.Context, p *parcel) (outcome, error) {
	o := &p.Outgoing
	switch {
	case p.stale(e.now()):
		return e.failed(o, store.Expired, because(WhyExpired)), nil
	case p.by == nil:
		return e.failed(o, store.Failed, because(WhyNoAccount)), nil
	case p.can == connector.Nobody:
		return e.failed(o, store.Failed, because(WhyNobodyCan)), nil
	}
	a, named, err := e.translate(ctx, p)
	if err != nil { // the database; nothing was done
		return e.missed(p, err), nil
	}
	if named { // only a person finds somebody by a name
		p.can = connector.Human
	}
	if p.by.settings.DryRun {
		return e.outcome(o, settlement{state: store.Dry}), nil
	}
	sendCtx, cancel := graceful(ctx)
	defer cancel()
	var receipt connector.Receipt
	err = guard(func() (err error) {
		if p.machine() {
			receipt, err = act(sendCtx, p.by.conn, o.Kind, a)
			return err
		}
		if pr, ok := p.by.conn.(connector.Proposer); ok && !named && pr.Proposes(p.group.OutsideID, a) {
			receipt, err = pr.Propose(sendCtx, a)
		}
		return err
	})
	switch {
	case ctx.Err() != nil && (unsure(err) || errors.Is(err, context.Canceled)):
		return nil, nil // we are being stopped: the claim stays, and the next start finds out (recoverSends)
	case err != nil:
		return e.missed(p, err), nil
	case p.machine():
		return e.outcome(o, settlement{kind: community.ActionDone, state: store.Done, receipt: receipt.MessageID}), nil
	}
	return e.hand(ctx, p, receipt.MessageID), nil // receipt is zero where nothing was proposed
}

// unsure says that nobody knows whether the platform acted.
func unsure(err error) bool {
	var uncertain *connector.Uncertain
	return errors.As(err, &uncertain)
}

// repeatable says that doing it twice is doing it once.
func repeatable(k community.ActionKind) bool {
	return k == community.Mute || k == community.MuteAll || k == community.Rename
}

// missed is what is to be written of an action that was not, or not surely, done.
func (e *Engine) missed(p *parcel, err error) outcome {
	o := &p.Outgoing
	unsure := unsure(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	once := repeatable(o.Kind) || p.machine() && p.deduplicates()
	cutOff := !unsure && p.by.health().State == connector.Offline
	again := o.Attempts < mostTries || cutOff
	switch {
	case unsure && !once:
		// The echo may still tell; until then nobody knows.
		return e.outcome(o, settlement{kind: community.ActionUnknown, state: store.Unknown, why: troubleOf(p, err)})
	case again && (unsure || community.CodeOf(err) == community.Unavailable):
		due := e.now().Add(min(firstPause<<min(o.Attempts-1, mostTries), longestPause))
		return func(tx *store.Tx, _ drafts) error { return tx.Requeue(o.Community, o.Key, due, troubleOf(p, err)) }
	case unsure:
		return e.outcome(o, settlement{kind: community.ActionUnknown, state: store.Unknown, why: troubleOf(p, err)})
	}
	return e.failed(o, store.Failed, troubleOf(p, err))
}

// deduplicates says that the platform does a repeated key once.
func (p *parcel) deduplicates() bool {
	return p.Kind == community.Send && p.by.conn.Capabilities(p.group.OutsideID).Deduplicates
}

func (e *Engine) failed(o *store.Outgoing, s store.OutboxState, why store.Trouble) outcome {
	return e.outcome(o, settlement{kind: community.ActionFailed, state: s, why: why})
}
