package engine

import (
	"context"
	"strconv"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

const (
	// What a platform tells after so long is history: counted, never decided.
	oldBackfill = 24 * time.Hour
	// How far back a group is read when it is new to us.
	firstBackfill = 91 * 24 * time.Hour
	// Away for longer than this is a gap worth showing.
	shortAbsence = time.Minute
)

// catchUpGroup brings in what happened while nobody listened: from the platform
// where it keeps a history, otherwise the time is noted as not covered. now is
// when the account began to hear: not when it began to try.
func (e *Engine) catchUpGroup(ctx context.Context, a *account, outside string, now time.Time) {
	err := guard(func() error {
		h, ok := a.conn.(connector.Historian)
		if !ok || a.conn.Capabilities(outside).Backfill != connector.Machine {
			return e.noteAbsence(ctx, a, outside, now)
		}
		from, err := e.unheardSince(ctx, a, outside, now)
		if err != nil || !from.Before(now) {
			return err
		}
		// What breaks off is begun again from the same place at the next start.
		if err := e.setFact(ctx, a.catchUpKey(outside), strconv.FormatInt(from.UnixMilli(), 10)); err != nil {
			return err
		}
		if err := h.Backfill(ctx, outside, from, now, func(ctx context.Context, o ...connector.Observation) error { return e.observe(ctx, a, o, true) }); err != nil {
			return err
		}
		return e.setFact(ctx, a.catchUpKey(outside), "")
	})
	if err != nil && ctx.Err() == nil {
		e.log.Warn("what happened meanwhile could not be read back", "account", a.name, "group", outside, "err", err)
	}
}

// unheardSince is from when on a group has to be read back: where an earlier
// attempt began that was not finished, else the last sign of life, else, for an
// account that never listened, some months ago.
func (e *Engine) unheardSince(ctx context.Context, a *account, outside string, now time.Time) (time.Time, error) {
	var begun string
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		begun, err = store.Fact(ctx, q, a.catchUpKey(outside))
		return err
	}); err != nil {
		return now, err
	}
	if ms, err := strconv.ParseInt(begun, 10, 64); err == nil {
		return time.UnixMilli(ms), nil
	}
	if !a.lastBeat.IsZero() {
		return a.lastBeat.Add(-overlap), nil
	}
	return now.Add(-firstBackfill), nil
}

func (a *account) catchUpKey(outside string) string {
	return "catch-up/" + strconv.FormatInt(int64(a.community), 10) + "/" + a.name + "/" + outside
}

func (e *Engine) setFact(ctx context.Context, key, value string) error {
	return e.db.Write(ctx, func(tx *store.Tx) error { return tx.SetFact(key, value) })
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
