package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

const (
	dispatchBatch = 100
	sendTimeout   = 30 * time.Second
	// A claim older than this has lost its worker.
	claimLapses = 2 * time.Minute
	// How long the echo of a message is waited for after a crash.
	echoWait   = 5 * time.Minute
	mostTries  = 5
	firstPause = 2 * time.Second
)

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
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		list, err = store.InFlight(ctx, q, c, claimedBefore)
		return err
	}); err != nil {
		return err
	}
	for i := range list {
		o := &list[i]
		a, g, err := e.accountOf(ctx, o)
		if err != nil {
			return err
		}
		switch {
		case a != nil && a.conn.Capabilities(g.OutsideID).Deduplicates:
			err = e.db.Write(ctx, func(tx *store.Tx) error {
				return tx.Requeue(c, o.Key, e.now(), "sent again after a restart, under the same key")
			})
		case a != nil && a.conn.Capabilities(g.OutsideID).Echoes && e.now().Sub(o.ClaimedAt) < echoWait:
			continue // the echo may still come
		default:
			err = e.settle(ctx, o, community.ActionUnknown, store.Unknown, "", "the process stopped between sending and hearing back")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// accountOf finds the account that serves an action's group, nil if none does.
func (e *Engine) accountOf(ctx context.Context, o *store.Outgoing) (*account, community.Group, error) {
	var g community.Group
	err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		g, err = store.Group(ctx, q, o.Community, o.Group)
		return err
	})
	if community.CodeOf(err) == community.NotFound {
		return nil, g, nil // nobody can serve a group that is not there
	}
	if err != nil {
		return nil, g, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.accounts {
		if a.community == o.Community && a.network == g.Network {
			return a, g, nil
		}
	}
	return nil, g, nil
}

// dispatchStep sends what is due.
func (e *Engine) dispatchStep(ctx context.Context, c community.ID) (more bool, err error) {
	now := e.now()
	if err := e.recoverCommunity(ctx, c, now.Add(-claimLapses)); err != nil {
		return false, err
	}
	var list []store.Outgoing
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		list, err = store.DueActions(ctx, q, c, now, dispatchBatch)
		return err
	}); err != nil || len(list) == 0 {
		return false, err
	}
	// Each is claimed just before it is sent: a crash must not leave what was
	// never tried as unknown.
	var errs []error
	tried := 0
	for i := range list {
		if ctx.Err() != nil {
			break
		}
		o := &list[i]
		if ok, err := e.mayNow(ctx, o); err != nil || !ok {
			errs = append(errs, err)
			continue
		}
		tried++
		mine := false
		if err := e.db.Write(ctx, func(tx *store.Tx) (err error) {
			mine, err = tx.Claim(o, e.now())
			return err
		}); err != nil {
			errs = append(errs, err)
			break
		}
		if mine {
			o.Attempts++
			errs = append(errs, e.dispatchOne(ctx, o))
		}
	}
	return len(list) == dispatchBatch && tried > 0, errors.Join(errs...)
}

// mayNow says whether the group's rate allows another message: what the platform
// would refuse, or punish, stays queued.
func (e *Engine) mayNow(ctx context.Context, o *store.Outgoing) (bool, error) {
	a, g, err := e.accountOf(ctx, o)
	if err != nil || a == nil {
		return err == nil, err
	}
	return a.allow(g.OutsideID, a.conn.Capabilities(g.OutsideID).SendsPerMin, e.now()), nil
}

// allow counts a message against the group's rate, 0 for one that is not known.
func (a *account) allow(group string, perMinute int, now time.Time) bool {
	if perMinute <= 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	recent := slices.DeleteFunc(a.sends[group], func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if len(recent) < perMinute {
		a.sends[group] = append(recent, now)
		return true
	}
	a.sends[group] = recent
	return false
}

// dispatchOne sends a claimed action and settles it.
func (e *Engine) dispatchOne(ctx context.Context, o *store.Outgoing) error {
	if !o.ExpiresAt.IsZero() && e.now().After(o.ExpiresAt) {
		return e.settle(ctx, o, community.ActionFailed, store.Expired, "", "it was not sent in time and would have come too late")
	}
	a, g, err := e.accountOf(ctx, o)
	if err != nil {
		return err
	}
	if a == nil {
		return e.settle(ctx, o, community.ActionFailed, store.Failed, "", "no account of ours is in this group")
	}
	if can := a.conn.Capabilities(g.OutsideID).Of(o.Kind); can != connector.Machine {
		return e.settle(ctx, o, community.ActionFailed, store.Failed, "", "this cannot be done by machine in this group")
	}
	sendCtx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	var receipt connector.Receipt
	err = guard(func() error {
		var err error
		receipt, err = a.conn.Send(sendCtx, connector.Action{Key: o.Key, Group: g.OutsideID, Text: o.Text, Message: o.MessageID})
		return err
	})
	var uncertain *connector.Uncertain
	if err != nil && ctx.Err() != nil {
		return nil // we are being stopped: the claim stays, and the next start finds out (recoverSends)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = &connector.Uncertain{Err: err}
	}
	switch {
	case err == nil:
		return e.settle(ctx, o, community.ActionDone, store.Done, receipt.MessageID, "")
	case errors.As(err, &uncertain) && !a.conn.Capabilities(g.OutsideID).Deduplicates:
		// The echo may still tell; until then nobody knows.
		return e.settle(ctx, o, community.ActionUnknown, store.Unknown, "", err.Error())
	case (errors.As(err, &uncertain) || community.CodeOf(err) == community.Unavailable) && o.Attempts < mostTries:
		due := e.now().Add(firstPause << (o.Attempts - 1))
		return e.write(ctx, func(tx *store.Tx) error { return tx.Requeue(o.Community, o.Key, due, err.Error()) })
	}
	if uncertain != nil {
		return e.settle(ctx, o, community.ActionUnknown, store.Unknown, "", err.Error())
	}
	return e.settle(ctx, o, community.ActionFailed, store.Failed, "", err.Error())
}

// settle writes the outcome into the log and the outbox, in one transaction.
func (e *Engine) settle(ctx context.Context, o *store.Outgoing, kind community.Kind, s store.OutboxState, receipt, why string) error {
	now := e.now().Truncate(time.Millisecond)
	return e.write(ctx, func(tx *store.Tx) error {
		open, err := tx.Settle(o.Community, o.Key, s, now, receipt, why)
		if err != nil || !open {
			return err
		}
		_, err = tx.Append(o.Community, []store.Draft{outcomeDraft(kind, o.Key, o.Group, now, receipt, why)})
		tx.AfterCommit(func() {
			e.changes.send(Change{Community: o.Community, Groups: []community.GroupID{o.Group}, What: "outbox"})
		})
		return err
	})
}

// outcomeDraft is the event that says what became of an action; one of each kind
// an action.
func outcomeDraft(kind community.Kind, key community.Key, g community.GroupID, at time.Time, receipt, why string) store.Draft {
	return store.Draft{Event: community.Event{
		Key:  community.KeyParts{Kind: kind, Network: "outbox", ID: key.String()}.Key(),
		Kind: kind, Group: g, At: at, Source: "dispatch",
		Body: &community.Body{Text: why, MessageID: receipt, Data: map[string]string{"action": key.String()}},
	}}
}

// write is for what must be written even while the engine is being stopped:
// a message that was sent has to be known as sent.
func (e *Engine) write(ctx context.Context, f func(tx *store.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return e.db.Write(ctx, f)
}
