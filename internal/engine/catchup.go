package engine

import (
	"context"
	"errors"
	"strconv"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

const (
	// What a platform tells after so long is history: counted, never decided.
	oldBackfill = 24 * time.Hour
	// How far back a group is read when it is new to us.
	firstBackfill = 91 * 24 * time.Hour
	beatEvery     = 20 * time.Second
	// Away for longer than this is a gap worth showing.
	shortAbsence = time.Minute
)

// unheard returns the groups of a batch that were not heard of since the start.
func (a *account) unheard(list []connector.Observation) (groups []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range list {
		if g := list[i].Group; !a.heard[g] {
			a.heard[g] = true
			groups = append(groups, g)
		}
	}
	return groups
}

// catchUpGroup brings in what happened while nobody listened: from the platform
// where it keeps a history, otherwise the time is noted as not covered.
func (e *Engine) catchUpGroup(ctx context.Context, a *account, outside string, now time.Time) {
	err := guard(func() error {
		var id community.GroupID
		var last int64
		if err := e.db.Read(ctx, func(q store.Querier) error {
			g, ok, err := store.GroupByOutside(ctx, q, a.community, a.network, outside)
			if err != nil || !ok {
				return err
			}
			id = g.ID
			t, err := insightdb.TotalsOf(ctx, q, a.community, g.ID)
			last = t.LastAt
			return err
		}); err != nil || id == 0 {
			return err
		}
		if h, ok := a.conn.(connector.Historian); ok && a.conn.Capabilities(outside).Backfill == connector.Machine {
			from := now.Add(-firstBackfill)
			if last != 0 {
				from = time.UnixMilli(last + 1)
			}
			if !from.Before(now) {
				return nil
			}
			return h.Backfill(ctx, outside, from, now, func(ctx context.Context, o ...connector.Observation) error { return e.observe(ctx, a, o, true) })
		}
		return e.noteAbsence(ctx, a, outside, now)
	})
	if err != nil && ctx.Err() == nil {
		e.log.Warn("what happened meanwhile could not be read back", "account", a.name, "group", outside, "err", err)
	}
}

// noteAbsence logs that the time since the last sign of life is not covered.
func (e *Engine) noteAbsence(ctx context.Context, a *account, outside string, now time.Time) error {
	if a.lastBeat.IsZero() || now.Sub(a.lastBeat) < shortAbsence {
		return nil
	}
	gone := strconv.FormatInt(a.lastBeat.UnixMilli(), 10)
	note := func(kind community.Kind, at time.Time) store.Draft {
		return store.Draft{Network: a.network, Group: outside, Event: community.Event{
			Key:  community.KeyParts{Kind: kind, Network: a.network, Group: outside, ID: a.name + "/" + gone}.Key(),
			Kind: kind, At: at.Truncate(time.Millisecond), Source: a.name,
		}}
	}
	_, err := e.db.Append(ctx, a.community, note(community.CoverageLost, a.lastBeat), note(community.CoverageBack, now))
	return err
}

func (a *account) beatKey() string {
	return "alive/" + strconv.FormatInt(int64(a.community), 10) + "/" + a.name
}

// readBeat learns when the account was last served, before the first new beat.
func (e *Engine) readBeat(ctx context.Context, a *account) error {
	return e.db.Read(ctx, func(q store.Querier) error {
		s, err := store.Fact(ctx, q, a.beatKey())
		if err != nil || s == "" {
			return err
		}
		ms, err := strconv.ParseInt(s, 10, 64)
		a.lastBeat = time.UnixMilli(ms)
		return err
	})
}

// beat writes signs of life, so that after a crash it is known since when nobody
// listened.
func (e *Engine) beat(ctx context.Context, a *account) {
	t := time.NewTicker(beatEvery)
	defer t.Stop()
	for {
		err := e.write(ctx, func(tx *store.Tx) error {
			return tx.SetFact(a.beatKey(), strconv.FormatInt(e.now().UnixMilli(), 10))
		})
		if err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			e.log.Warn("no sign of life could be written", "account", a.name, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
