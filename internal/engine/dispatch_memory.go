package engine

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// recoverSends finds actions whose worker died between sending and settling.
// Where the platform refuses repeats they are simply sent again; elsewhere our
// own echoed message settles them (decide), or they stay unknown: nothing is
// resent blindly.
func (e *Engine) recoverSends(ctx context.Context) error {
	return e.eachCommunity(ctx, func(c community.ID) error { return e.recoverCommunity(ctx, c, e.now()) })
}

func (e *Engine) eachCommunity(ctx context.Context, f func(community.ID) error) error {
	_, err := e.stepAll(ctx, func(_ context.Context, c community.ID) (bool, error) { return false, f(c) })
	return err
}

func (e *Engine) recoverCommunity(ctx context.Context, c community.ID, claimedBefore time.Time) error {
	var list []store.Outgoing
	var groups map[community.GroupID]community.Group
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if list, err = store.InFlight(ctx, q, c, claimedBefore); err != nil || len(list) == 0 {
			return err
		}
		groups, err = groupsOf(ctx, q, c, list)
		return err
	}); err != nil {
		return err
	}
	for i := range list {
		e.out.mu.Lock()
		ours := e.out.flying[list[i].Key] // it is only slow
		e.out.mu.Unlock()
		if ours {
			continue
		}
		if err := e.recoverOne(ctx, &list[i], groups[list[i].Group]); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) recoverOne(ctx context.Context, o *store.Outgoing, g community.Group) error {
	p := e.address(o, g)
	if o.Account != "" && (p.by == nil || p.by.name != o.Account) {
		for _, a := range e.accountsOf(g) {
			if a.name == o.Account {
				p.by, p.can = a, a.can(g, o.Kind, o.Detail.Own)
			}
		}
	}
	switch {
	case repeatable(o.Kind) || p.by != nil && p.machine() && p.deduplicates():
		return e.db.Write(ctx, func(tx *store.Tx) error {
			return tx.Requeue(o.Community, o.Key, e.now(), because(WhyResent))
		})
	case p.by != nil && p.machine() && p.by.conn.Capabilities(g.OutsideID).Echoes && e.now().Sub(o.ClaimedAt) < echoWait:
		return nil // the echo may still come
	}
	return e.settle(ctx, o, settlement{kind: community.ActionUnknown, state: store.Unknown, why: because(WhyStopped)})
}

// groupsOf reads the groups that actions are for; those that are not there are
// left out.
func groupsOf(ctx context.Context, q store.Querier, c community.ID, list []store.Outgoing) (map[community.GroupID]community.Group, error) {
	groups := map[community.GroupID]community.Group{}
	for i := range list {
		groups[list[i].Group] = community.Group{}
	}
	if len(groups) > 20 {
		all, err := store.Groups(ctx, q, c)
		for _, g := range all {
			if _, wanted := groups[g.ID]; wanted {
				groups[g.ID] = g
			}
		}
		return groups, err
	}
	for id := range groups {
		g, err := store.Group(ctx, q, c, id)
		if err != nil && community.CodeOf(err) != community.NotFound {
			return nil, err
		}
		groups[id] = g
	}
	return groups, nil
}

// policies are the delivery settings of a community, for a moment.
type policies struct {
	whole  pacing // of groups that say nothing themselves
	groups map[community.GroupID]pacing
	readAt time.Time
	stale  bool // somebody has changed them since
}

// policiesLast is how long they are believed. A change that this process decided
// is seen at once.
const policiesLast = 5 * time.Second

// policy of a group. out is locked.
func (out *outgoing) policy(c community.ID, g community.GroupID) *pacing {
	p := out.policies[c]
	if p == nil {
		whole := policyOf(nil)
		return &whole
	}
	if own, ok := p.groups[g]; ok {
		return &own
	}
	return &p.whole
}

// settingsChanged says that what was read of a community's settings is read anew
// before anything else is begun.
func (out *outgoing) settingsChanged(c community.ID) {
	out.mu.Lock()
	defer out.mu.Unlock()
	if p := out.policies[c]; p != nil {
		p.stale = true
	}
}

// line is what is remembered of an account. out is locked.
func (out *outgoing) line(c community.ID, account string) *lineState {
	k := lineKey{c, account}
	if out.lines[k] == nil {
		if out.lines == nil {
			out.lines = map[lineKey]*lineState{}
		}
		out.lines[k] = &lineState{said: map[community.GroupID]*meter{}, zone: time.UTC}
	}
	return out.lines[k]
}

// learn reads what judging needs: the settings, and what the accounts did before
// this process began.
func (e *Engine) learn(ctx context.Context, q store.Querier, c community.ID) error {
	now := e.now()
	e.out.mu.Lock()
	defer e.out.mu.Unlock()
	if p := e.out.policies[c]; p != nil && !p.stale && !now.Before(p.readAt) && now.Sub(p.readAt) < policiesLast {
		return e.learnActs(ctx, q, c, now)
	}
	p, err := readPolicies(ctx, q, c)
	if err != nil {
		return err
	}
	p.readAt = now
	if e.out.policies == nil {
		e.out.policies = map[community.ID]*policies{}
	}
	e.out.policies[c] = p
	return e.learnActs(ctx, q, c, now)
}

// readPolicies reads the delivery settings of a community, its sets and groups.
func readPolicies(ctx context.Context, q store.Querier, c community.ID) (*policies, error) {
	whole, err := store.LayersAt(ctx, q, c, 0, DeliveryKey, 0)
	if err != nil {
		return nil, err
	}
	sets, _, err := store.SetsAt(ctx, q, c, 0)
	if err != nil {
		return nil, err
	}
	layers := map[community.GroupID][]store.Layer{} // of those that do not only inherit from the community
	typed, err := store.SettingOfGroups(ctx, q, c, DeliveryKey)
	if err != nil {
		return nil, err
	}
	for g, value := range typed {
		layers[g] = []store.Layer{{Level: store.OfGroup, Setting: store.Setting{Value: value}}}
	}
	for _, set := range sets.Sets {
		s, found, err := store.SettingAt(ctx, q, c, 0, store.SetKey(set.ID, DeliveryKey), 0)
		if err != nil {
			return nil, err
		}
		for _, g := range set.Groups {
			if found && set.ID != 0 {
				layers[g] = append(layers[g], store.Layer{Level: store.OfSet, Setting: s})
			}
		}
	}
	p := &policies{whole: policyOf(whole), groups: make(map[community.GroupID]pacing, len(layers))}
	for g, own := range layers {
		p.groups[g] = policyOf(append(own, whole...))
	}
	return p, nil
}

// parseDelivery reads a setting. One that is wrong is as none: it was checked
// before it was saved.
func parseDelivery(value string) (d Delivery) {
	if json.Unmarshal([]byte(value), &d) != nil || d.Check() != nil {
		return Delivery{}
	}
	return d
}

// learnActs counts what accounts did today before this process began. out is locked.
func (e *Engine) learnActs(ctx context.Context, q store.Querier, c community.ID, now time.Time) error {
	var zone *time.Location
	e.mu.Lock()
	accounts := append([]*account(nil), e.accounts...)
	e.mu.Unlock()
	for _, a := range accounts {
		if a.community != c || e.out.line(c, a.name).counted {
			continue
		}
		if zone == nil {
			list, err := store.Communities(ctx, q)
			if err != nil {
				return err
			}
			for _, k := range list {
				if k.ID == c {
					zone = k.Zone
				}
			}
		}
		acts, err := store.ActsSince(ctx, q, c, a.name, community.DayOf(now, zone).Start(zone))
		if err != nil {
			return err
		}
		s := e.out.line(c, a.name)
		s.zone, s.counted = zone, true
		for _, act := range acts {
			s.note(act)
		}
	}
	return nil
}

// Waiting says of actions that are not over why they wait; those that do not are
// left out.
func (e *Engine) Waiting(ctx context.Context, c community.ID, list []store.Outgoing) (map[community.Key]Wait, error) {
	waits := map[community.Key]Wait{}
	var groups map[community.GroupID]community.Group
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if groups, err = groupsOf(ctx, q, c, list); err != nil {
			return err
		}
		return e.learn(ctx, q, c)
	}); err != nil {
		return nil, err
	}
	now := e.now()
	e.out.mu.Lock()
	defer e.out.mu.Unlock()
	for i := range list {
		o := &list[i]
		if o.State != store.Queued && o.State != store.Suggested || e.out.flying[o.Key] {
			continue
		}
		if w := e.waits(e.address(o, groups[o.Group]), now); w != (Wait{}) {
			waits[o.Key] = w
		}
	}
	return waits, nil
}

// Tiredness is how often all people of a group were reached in a week of the
// group (S38): by broadcasts, mentions of everybody and mass sends.
type Tiredness struct {
	Week    community.Day // Monday
	Done    int
	Planned int // on their way this week
	Plus    int // what is about to be asked for
	Most    int // beyond this it is too much; 0: no limit is set
}

// Over says that it is more than is good.
func (t Tiredness) Over() bool { return t.Most > 0 && t.Done+t.Planned+t.Plus > t.Most }

// Fatigue tells how often a group was reached this week, with plus more. It warns
// only: what a platform allows is the platform's to refuse.
func (e *Engine) Fatigue(ctx context.Context, c community.ID, g community.GroupID, plus int) (t Tiredness, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		group, err := store.Group(ctx, q, c, g)
		if err != nil {
			return err
		}
		layers, err := store.LayersAt(ctx, q, c, g, DeliveryKey, 0)
		if err != nil {
			return err
		}
		d, _ := DeliveryIn(layers)
		t, err = fatigue(ctx, q, group, *d.Fatigue, plus, e.now())
		return err
	})
	return t, err
}

func fatigue(ctx context.Context, q store.Querier, g community.Group, most, plus int, now time.Time) (Tiredness, error) {
	t := Tiredness{Week: community.DayOf(now, g.Zone).Week(), Plus: plus, Most: most}
	var err error
	t.Done, t.Planned, err = store.Touches(ctx, q, g.Community, g.ID, t.Week.Start(g.Zone), (t.Week + 7).Start(g.Zone))
	return t, err
}

// caps are what all accounts in a group can do together for one kind of action; own
// says that it concerns a message of ours.
func (e *Engine) caps(g community.Group, k community.ActionKind, own bool) (best connector.Can, served, known bool) {
	best = connector.Nobody
	for _, a := range e.accountsOf(g) {
		served = true
		if g.Direct || a.conn.Capabilities(g.OutsideID) != (connector.Capabilities{}) {
			known = true
		}
		if can := a.can(g, k, own); can == connector.Machine || can == connector.Human && best == connector.Nobody {
			best = can
		}
	}
	return best, served, known
}
