package engine

import (
	"context"
	"errors"
	"strconv"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

const (
	// How old the list of a group's members may become.
	rosterAge = 20 * time.Hour
	// How many observations of groups that nobody adopted are counted at most
	// before they are written.
	mostOffers = 5000
)

// admit leaves of a batch what may be logged: groups that were adopted, private
// messages, and what the connector tells of itself. The others are counted.
func (e *Engine) admit(ctx context.Context, a *account, list []connector.Observation) ([]connector.Observation, error) {
	var strange []string
	a.mu.Lock()
	for i := range list {
		if g := list[i].Group; g != "" && !list[i].Direct && !a.listens[g] {
			strange = append(strange, g)
		}
	}
	a.mu.Unlock()
	if len(strange) == 0 {
		return list, nil
	}
	if a.adoptAll.Load() {
		if err := e.listenIn(ctx, a, strange); err != nil {
			return nil, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	admitted := make([]connector.Observation, 0, len(list))
	for i := range list {
		o := &list[i]
		if o.Group == "" || o.Direct || a.listens[o.Group] {
			admitted = append(admitted, *o)
			continue
		}
		if known := a.offers[o.Group]; known != nil {
			known.heard++
			if o.GroupName != "" {
				known.name = o.GroupName
			}
		} else if len(a.offers) < mostOffers {
			a.offers[o.Group] = &offer{name: o.GroupName, heard: 1}
		}
	}
	return admitted, nil
}

// listenIn lets an account that adopts everything listen in groups, but for those
// in which another account does and would be told everything twice.
func (e *Engine) listenIn(ctx context.Context, a *account, groups []string) error {
	var mine []string
	if err := e.db.Read(ctx, func(q store.Querier) error {
		for _, outside := range groups {
			g, found, err := store.GroupByOutside(ctx, q, a.community, a.network, outside)
			if err != nil {
				return err
			}
			if !found || g.Account == "" || g.Account == a.name || a.about.SharedIDs || e.accountNamed(a.community, g.Account) == nil {
				mine = append(mine, outside)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range mine {
		a.listens[g] = true
	}
	return nil
}

// listGroups asks which groups the account is in: their names, and those that
// nobody has adopted.
func (e *Engine) listGroups(ctx context.Context, a *account) {
	l, ok := a.conn.(connector.Lister)
	if !ok {
		return
	}
	groups, err := l.Groups(ctx)
	if err != nil {
		if ctx.Err() == nil {
			e.log.Warn("the groups of an account could not be listed", "account", a.name, "err", err)
		}
		return
	}
	now := e.now()
	var strange []string
	var offered []store.Offered
	a.mu.Lock()
	for _, g := range groups {
		if !a.listens[g.ID] {
			strange = append(strange, g.ID)
			offered = append(offered, store.Offered{Account: a.name, OutsideID: g.ID, Name: g.Name, Members: g.Members, SeenAt: now})
		}
	}
	a.mu.Unlock()
	if a.adoptAll.Load() && len(strange) > 0 {
		for _, g := range groups {
			if err := e.adoptQuietly(ctx, a, g); err != nil && ctx.Err() == nil {
				e.log.Warn("a group could not be adopted", "account", a.name, "group", g.ID, "err", err)
			}
		}
		return
	}
	if len(offered) == 0 {
		return
	}
	if err := e.db.Write(ctx, func(tx *store.Tx) error { return tx.Offer(a.community, offered) }); err != nil && ctx.Err() == nil {
		e.log.Warn("offered groups could not be written", "account", a.name, "err", err)
	}
	e.changes.send(Change{Community: a.community, What: "connections"})
}

// adoptQuietly adopts a group for an account that adopts everything.
func (e *Engine) adoptQuietly(ctx context.Context, a *account, g connector.Group) error {
	a.mu.Lock()
	known := a.listens[g.ID]
	a.mu.Unlock()
	if known {
		return nil
	}
	if err := e.listenIn(ctx, a, []string{g.ID}); err != nil {
		return err
	}
	a.mu.Lock()
	mine := a.listens[g.ID]
	a.mu.Unlock()
	if !mine {
		return nil
	}
	_, err := e.db.Append(ctx, a.community, a.adoption(g.ID, g.Name, community.GroupAdopted, e.now(), "first"))
	return err
}

func (a *account) adoption(outside, name string, kind community.Kind, now time.Time, revision string) store.Draft {
	return store.Draft{Network: a.network, Group: outside, GroupName: name, Account: a.name, Event: community.Event{
		Key:  community.KeyParts{Kind: kind, Network: a.network, Group: outside, ID: a.name, Revision: revision}.Key(),
		Kind: kind, At: now.Truncate(time.Millisecond), Source: "staff",
		Body: &community.Body{Text: name, Data: map[string]string{"account": a.name}},
	}}
}

// Offered lists the groups that an account is in and nobody has adopted.
func (e *Engine) Offered(ctx context.Context, c community.ID, name string) (list []store.Offered, err error) {
	if a := e.accountNamed(c, name); a != nil {
		if err := e.write(ctx, func(tx *store.Tx) error { return e.writeBeat(tx, a, e.now()) }); err != nil {
			return nil, err
		}
	}
	err = e.db.Read(ctx, func(q store.Querier) error {
		list, err = store.OfferedTo(ctx, q, c, name)
		return err
	})
	return list, err
}

// Adopt lets an account listen in groups from now on: what was said there before
// is read back where the platform keeps it. It answers how many were adopted.
func (e *Engine) Adopt(ctx context.Context, c community.ID, name string, outside []string, by community.StaffID) (int, error) {
	a := e.accountNamed(c, name)
	if a == nil {
		return 0, community.Errorf(community.NotFound, "there is no connection %s", name)
	}
	now := e.now()
	var taken []string
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		taken = nil
		offers, err := store.OfferedTo(ctx, tx, c, name)
		if err != nil {
			return err
		}
		names := map[string]string{}
		for _, o := range offers {
			names[o.OutsideID] = o.Name
		}
		for _, g := range outside {
			if err := e.adoptOne(ctx, tx, a, g, names[g], now, by); err != nil {
				return err
			}
			taken = append(taken, g)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	a.mu.Lock()
	for _, g := range taken {
		a.listens[g], a.heard[g] = true, true
	}
	online := a.now.State == connector.Online
	a.mu.Unlock()
	e.changes.send(Change{Community: c, What: "all"})
	e.mu.Lock()
	running := e.running
	e.mu.Unlock()
	if online && running != nil {
		e.work.Go(func() {
			e.forEachGroup(running, taken, func(g string) { e.catchUpGroup(running, a, g, now) })
			e.takeRosters(running, a)
		})
	}
	return len(taken), nil
}

func (e *Engine) adoptOne(ctx context.Context, tx *store.Tx, a *account, outside, name string, now time.Time, by community.StaffID) error {
	g, found, err := store.GroupByOutside(ctx, tx, a.community, a.network, outside)
	if err != nil {
		return err
	}
	if found && g.Account == a.name {
		return nil
	}
	if found && name == "" {
		name = g.Name
	}
	done, err := tx.Append(a.community, []store.Draft{a.adoption(outside, name, community.GroupAdopted, now, strconv.FormatInt(now.UnixMilli(), 10))})
	if err != nil {
		return err
	}
	err = errors.Join(tx.SetListener(a.community, done[0].Group, a.name), tx.DropOffer(a.community, a.name, outside))
	if err != nil {
		return err
	}
	return tx.Audit(a.community, by, now.UnixMilli(), "group.adopt", "group/"+strconv.FormatInt(int64(done[0].Group), 10), "", `{"account":`+strconv.Quote(a.name)+`}`)
}

// Drop ends listening in a group; what was logged stays.
func (e *Engine) Drop(ctx context.Context, c community.ID, id community.GroupID, by community.StaffID) error {
	now := e.now()
	var g community.Group
	err := e.db.Write(ctx, func(tx *store.Tx) (err error) {
		if g, err = store.Group(ctx, tx, c, id); err != nil || g.Account == "" {
			return err
		}
		a := account{name: g.Account, network: g.Network}
		d := a.adoption(g.OutsideID, "", community.GroupDropped, now, strconv.FormatInt(now.UnixMilli(), 10))
		d.Account = ""
		if _, err := tx.Append(c, []store.Draft{d}); err != nil {
			return err
		}
		if err := tx.SetListener(c, id, ""); err != nil {
			return err
		}
		return tx.Audit(c, by, now.UnixMilli(), "group.drop", "group/"+strconv.FormatInt(int64(id), 10), `{"account":`+strconv.Quote(g.Account)+`}`, "")
	})
	if err != nil {
		return err
	}
	if a := e.accountNamed(c, g.Account); a != nil {
		a.mu.Lock()
		delete(a.listens, g.OutsideID)
		a.mu.Unlock()
	}
	e.changes.send(Change{Community: c, What: "all"})
	return nil
}

// takeRosters lists the members of the groups whose list is old, so that joins
// and leaves that nobody told of are seen.
func (e *Engine) takeRosters(ctx context.Context, a *account) {
	r, ok := a.conn.(connector.Roster)
	if !ok {
		return
	}
	now := e.now()
	var due []string
	for _, g := range a.listening() {
		a.mu.Lock()
		taken := a.rosters[g]
		a.mu.Unlock()
		if now.Sub(taken) >= rosterAge && a.conn.Capabilities(g).Members == connector.Machine {
			due = append(due, g)
		}
	}
	e.forEachGroup(ctx, due, func(g string) {
		members, err := r.Members(ctx, g)
		if err == nil && len(members) > 0 {
			err = e.observe(ctx, a, []connector.Observation{{Kind: community.RosterTaken, Group: g, At: e.now(), Members: members}}, false)
		}
		if err != nil && ctx.Err() == nil {
			e.log.Warn("the members of a group could not be listed", "account", a.name, "group", g, "err", err)
		}
	})
}
