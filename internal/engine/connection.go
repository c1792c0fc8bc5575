package engine

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// atOnce is how many groups of one account are read back at the same time.
const atOnce = 4

// connectionChanged logs how an account's connection is from now on. Where events
// may be missing, the gap is opened in every group that it listens in: a chart
// shows it while it lasts.
func (e *Engine) connectionChanged(ctx context.Context, a *account, o *connector.Observation) error {
	at := o.At.Truncate(time.Millisecond)
	state := connector.State(o.Data["state"])
	missed := time.Time{}
	if ms, err := strconv.ParseInt(o.Data["missed_from"], 10, 64); err == nil {
		missed = time.UnixMilli(ms)
	}
	a.mu.Lock()
	away := a.away
	same := a.now.State == state && a.now.Why == o.Text && (missed.IsZero() || state != connector.Online && missed.Equal(away))
	a.mu.Unlock()
	if same {
		return nil // told again
	}
	if away.IsZero() {
		away = missed
	}
	change := store.Draft{Event: community.Event{
		Key: community.KeyParts{Kind: community.ConnectionChanged, Network: a.network, Group: a.name, Subject: string(state),
			Content: o.Text, At: at}.Key(),
		Kind: community.ConnectionChanged, At: at, Source: a.name, Body: &community.Body{Text: o.Text, Data: o.Data},
	}}
	drafts := []store.Draft{change}
	if state != connector.Online && !away.IsZero() {
		for _, g := range a.listening() {
			drafts = append(drafts, a.coverage(community.CoverageLost, g, away, away))
		}
	}
	if err := e.db.Write(ctx, func(tx *store.Tx) error {
		if !away.IsZero() {
			if err := tx.SetFact(a.factKey("away"), strconv.FormatInt(away.UnixMilli(), 10)); err != nil {
				return err
			}
		}
		_, err := tx.Append(a.community, drafts)
		return err
	}); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.away = away
	if a.now.State != state {
		a.now.Since = at
	}
	a.now.State, a.now.Why, a.now.Code = state, o.Text, o.Data["code"]
	switch state {
	case connector.Online:
		a.now.Retries = 0
	case connector.Offline, connector.Degraded:
		a.now.Errors++
	}
	e.changes.send(Change{Community: a.community, What: "connections"})
	return nil
}

// gaveUp notes that a connector has ended, and why.
func (e *Engine) gaveUp(ctx context.Context, a *account, why error) error {
	a.mu.Lock()
	a.now.Retries++
	missed := a.now.EventAt.Add(-a.now.Lag) // the platform's time: what was on its way is gone
	heard := !a.now.EventAt.IsZero()
	online := a.now.State == connector.Online || a.now.State == connector.Degraded
	a.mu.Unlock()
	now := e.now()
	if !online {
		missed = time.Time{}
	} else if !heard {
		missed = now
	}
	o := connector.Changed(connector.Offline, now, missed, why)
	return e.connectionChanged(ctx, a, &o)
}

// listening lists the groups that are logged.
func (a *account) listening() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]string, 0, len(a.listens))
	for g := range a.listens {
		list = append(list, g)
	}
	return list
}

// coverage is the event that opens or closes a gap in a group; began tells gaps
// of one account apart.
func (a *account) coverage(kind community.Kind, outside string, at, began time.Time) store.Draft {
	return store.Draft{Network: a.network, Group: outside, Event: community.Event{
		Key: community.KeyParts{Kind: kind, Network: a.network, Group: outside,
			ID: a.name + "/" + strconv.FormatInt(began.UnixMilli(), 10)}.Key(),
		Kind: kind, At: at.Truncate(time.Millisecond), Source: a.name,
	}}
}

// cameOnline brings in what an account missed, lists its groups, and catches up
// with those that it has not heard since the start.
func (e *Engine) cameOnline(ctx context.Context, a *account, at time.Time) {
	a.mend.Lock()
	defer a.mend.Unlock()
	e.listGroups(ctx, a)
	a.mu.Lock()
	away := a.away
	var fresh []string
	for g := range a.listens {
		if !a.heard[g] {
			a.heard[g] = true
			fresh = append(fresh, g)
		}
	}
	a.mu.Unlock()
	e.forEachGroup(ctx, fresh, func(g string) { e.catchUpGroup(ctx, a, g, at) })
	if !away.IsZero() {
		e.mendGap(ctx, a, away, at)
	}
	e.takeRosters(ctx, a)
	e.fetchCounts(ctx, a)
}

// forEachGroup calls f for some groups at a time; of a prompt engine, in order.
func (e *Engine) forEachGroup(ctx context.Context, groups []string, f func(outside string)) {
	slots := make(chan struct{}, atOnce)
	if e.prompt {
		slots = make(chan struct{}, 1)
	}
	for _, g := range groups {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		go func() {
			defer func() { <-slots }()
			f(g)
		}()
	}
	for range cap(slots) {
		slots <- struct{}{}
	}
}

// mendGap reads back what happened in [away, at) where the platform keeps it, and
// closes the gap: where it began if nothing is missing, otherwise where it ended.
func (e *Engine) mendGap(ctx context.Context, a *account, away, at time.Time) {
	var partly atomic.Bool
	e.forEachGroup(ctx, a.listening(), func(g string) {
		if err := e.mendGroup(ctx, a, g, away, at); err != nil {
			partly.Store(true)
			if ctx.Err() == nil {
				e.log.Warn("a gap could not be closed", "account", a.name, "group", g, "err", err)
			}
		}
	})
	if partly.Load() || ctx.Err() != nil {
		return // it stays open, and the next start sees it
	}
	a.mu.Lock()
	over := a.away.Equal(away) && a.now.State == connector.Online
	if over {
		a.away = time.Time{}
	}
	a.mu.Unlock()
	if !over {
		return // it was lost again meanwhile
	}
	if err := e.setFact(ctx, a.factKey("away"), ""); err != nil && ctx.Err() == nil {
		e.log.Warn("the end of a gap could not be written", "account", a.name, "err", err)
	}
}

func (e *Engine) mendGroup(ctx context.Context, a *account, g string, away, at time.Time) error {
	until := at
	if h, ok := a.conn.(connector.Historian); ok && a.conn.Capabilities(g).Backfill == connector.Machine {
		err := h.Backfill(ctx, g, away.Add(-overlap), at, func(ctx context.Context, o ...connector.Observation) error {
			return e.observe(ctx, a, o, true)
		})
		switch {
		case err == nil:
			until = away // nothing is missing
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			e.log.Warn("what was missed could not be read back", "account", a.name, "group", g, "err", err)
		}
	}
	_, err := e.db.Append(ctx, a.community, a.coverage(community.CoverageLost, g, away, away), a.coverage(community.CoverageBack, g, until, away))
	return err
}

// overlap is how much more than the gap is read back: clocks differ.
const overlap = 30 * time.Second
