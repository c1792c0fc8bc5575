package engine

import (
	"context"
	"encoding/json"
	"strconv"

	"qunying/community"
	"qunying/internal/incentives"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
	"qunying/internal/store/points"
)

// Granted is the answer to PointsGive.
type Granted struct {
	Balance int64 `json:"balance"` // of the person, afterwards
}

// fine takes the points that a verdict costs, unless they are taken already.
func fine(tx *store.Tx, ev *community.Event, v *casework.Verdict, acts []policy.Act, by community.StaffID) error {
	amount := int64(0)
	for _, a := range acts {
		if a.Do == policy.Points {
			amount += int64(a.Points)
		}
	}
	if amount <= 0 {
		return nil
	}
	if taken, err := points.TakenFor(context.Background(), tx, ev.Community, v.ID); err != nil || len(taken) > 0 {
		return err
	}
	e := incentives.Fine(v.ID, amount, ev.Seq)
	e.Identity, e.Group, e.Staff, e.At = v.Identity, v.Group, by, ev.LoggedAt
	_, err := points.Add(tx, ev.Community, &e)
	return err
}

// returnFor gives back what a verdict took. It reports whether it took anything.
func (b *bench) returnFor(ctx context.Context, v *casework.Verdict) (bool, error) {
	taken, err := points.TakenFor(ctx, b.q, b.ev.Community, v.ID)
	for _, e := range taken {
		b.reverseEntry(e, incentives.Overturned)
	}
	return len(taken) > 0, err
}

// undoPoints takes back what the decision over a card booked.
func (b *bench) undoPoints(ctx context.Context, r *casework.Review) error {
	booked, err := points.CausedBy(ctx, b.q, b.ev.Community, r.RulingSeq)
	if err != nil || len(booked) == 0 {
		return err
	}
	on := map[int64]bool{r.Verdict: true}
	list, err := cases.VerdictsOf(ctx, b.q, b.ev.Community, r.ID, mostItems)
	if err != nil {
		return err
	}
	for _, v := range list {
		on[v.ID] = true
	}
	for _, e := range booked { // a decision over several cards booked for others, too
		if e.Verdict != 0 && on[e.Verdict] {
			b.reverseEntry(e, incentives.Undone)
		}
	}
	return nil
}

func (b *bench) reverseEntry(e incentives.Entry, why incentives.Reason) {
	back := e.Back(why)
	back.Cause, back.Staff, back.At = b.ev.Seq, b.by, b.ev.LoggedAt
	b.fx.records = append(b.fx.records, func(tx *store.Tx) error {
		_, err := points.Add(tx, b.ev.Community, &back)
		return err
	})
}

// givePoints books points by hand. What is taken by hand cannot be more than the
// person has; a penalty can, and what is given later goes against it.
func (d *decider) givePoints(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	var g incentives.Grant
	if err := json.Unmarshal([]byte(ev.Body.Data["points"]), &g); err != nil {
		return nil, &community.Error{Code: community.Invalid, Text: "the command cannot be read", Err: err}
	}
	if err := g.Check(); err != nil {
		return nil, err
	}
	known, err := store.Identities(ctx, q, ev.Community, []community.IdentityID{g.Member})
	if err != nil {
		return nil, err
	}
	if _, ok := known[g.Member]; !ok {
		return nil, community.Errorf(community.NotFound, "there is no identity %d", g.Member)
	}
	has, err := points.Balance(ctx, q, ev.Community, d.identitiesOf(d.links.Person(g.Member)))
	if err != nil {
		return nil, err
	}
	if g.Amount < 0 && has+g.Amount < 0 {
		return nil, community.Errorf(community.Conflict, "the member has %d points", has).WithHint("take fewer")
	}
	by := staffOf(ev)
	e := g.Entry(ev.Seq, by, ev.LoggedAt)
	fx.records = append(fx.records, func(tx *store.Tx) error {
		if _, err := points.Add(tx, ev.Community, &e); err != nil {
			return err
		}
		after, err := jsonText(map[string]int64{"amount": e.Amount, "entry": e.ID})
		if err != nil {
			return err
		}
		return tx.Audit(ev.Community, by, ev.LoggedAt.UnixMilli(), string(community.PointsGive), strconv.FormatUint(uint64(g.Member), 10), "", after)
	})
	return Granted{has + g.Amount}, nil
}
