package engine

import (
	"context"
	"errors"
	"strconv"
	"strings"
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
//
// What breaks off is noted as not covered too, and begun again from the same
// place at the next start; what is read then was not missing.
func (e *Engine) catchUpGroup(ctx context.Context, a *account, outside string, now time.Time) {
	err := guard(func() error {
		h, ok := a.conn.(connector.Historian)
		if !ok || a.conn.Capabilities(outside).Backfill != connector.Machine {
			return e.noteAbsence(ctx, a, outside, now)
		}
		begun, err := e.unheardSince(ctx, a, outside, now)
		if err != nil || !begun.from.Before(now) {
			return err
		}
		key := a.catchUpKey(outside)
		if err := e.setFact(ctx, key, begun.String()); err != nil {
			return err
		}
		if err := h.Backfill(ctx, outside, begun.from, now, func(ctx context.Context, o ...connector.Observation) error { return e.observe(ctx, a, o, true) }); err != nil {
			if ctx.Err() != nil {
				return err
			}
			a.mu.Lock()
			away := a.away
			a.mu.Unlock()
			if !away.IsZero() {
				return err // mendGap reads it too, and closes what is open
			}
			begun.noted = append(begun.noted, a.lastBeat)
			return errors.Join(err, e.noteAbsence(ctx, a, outside, now), e.setFact(ctx, key, begun.String()))
		}
		for _, gone := range begun.noted {
			if _, err := e.db.Append(ctx, a.community, a.absence(community.CoverageBack, outside, gone, gone, "read")); err != nil {
				return err
			}
		}
		return e.setFact(ctx, key, "")
	})
	if err != nil && ctx.Err() == nil {
		e.log.Warn("what happened meanwhile could not be read back", "account", a.name, "group", outside, "err", err)
	}
}

// catching is how far reading a group back has come.
type catching struct {
	from  time.Time
	noted []time.Time // where absences begin that were noted because it broke off
}

// String is kept until the group is read: milliseconds with spaces between.
func (c catching) String() string {
	s := strconv.FormatInt(c.from.UnixMilli(), 10)
	for _, at := range c.noted {
		s += " " + strconv.FormatInt(at.UnixMilli(), 10)
	}
	return s
}

// unheardSince is from when on a group has to be read back: where an earlier
// attempt began that was not finished, else the last sign of life, else, for an
// account that never listened, some months ago.
func (e *Engine) unheardSince(ctx context.Context, a *account, outside string, now time.Time) (catching, error) {
	var kept string
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		kept, err = store.Fact(ctx, q, a.catchUpKey(outside))
		return err
	}); err != nil {
		return catching{from: now}, err
	}
	var times []time.Time
	for s := range strings.FieldsSeq(kept) {
		if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
			times = append(times, time.UnixMilli(ms))
		}
	}
	switch {
	case len(times) > 0:
		return catching{times[0], times[1:]}, nil
	case !a.lastBeat.IsZero():
		return catching{from: a.lastBeat.Add(-overlap)}, nil
	}
	return catching{from: now.Add(-firstBackfill)}, nil
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
	_, err := e.db.Append(ctx, a.community, a.absence(community.CoverageLost, outside, a.lastBeat, a.lastBeat, ""),
		a.absence(community.CoverageBack, outside, now, a.lastBeat, ""))
	return err
}

// absence is the event that opens or closes a gap that began while no server ran;
// gone tells such gaps of one account apart.
func (a *account) absence(kind community.Kind, outside string, at, gone time.Time, revision string) store.Draft {
	return store.Draft{Network: a.network, Group: outside, Event: community.Event{
		Key: community.KeyParts{Kind: kind, Network: a.network, Group: outside,
			ID: a.name + "/" + strconv.FormatInt(gone.UnixMilli(), 10), Revision: revision}.Key(),
		Kind: kind, At: at.Truncate(time.Millisecond), Source: a.name,
	}}
}
