package main

import (
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/automation"
	"qunying/internal/store"
)

// waitedFor is how far back it is measured how long members waited.
const waitedFor = 30 * 24 * time.Hour

func (c *console) Waiting(ctx context.Context, id community.ID, of api.Scope) (a api.WaitingAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		layers, from, err := inherited(ctx, q, id, of, automation.WaitingKey, func(saved automation.Waiting, version int64) { a.Waiting = waitingView(saved, version) })
		if err != nil {
			return err
		}
		values := make([]string, len(layers))
		for i, l := range layers {
			values[i] = l.Value
		}
		a.InForce = waitingView(automation.WaitingIn(values), 0)
		if a.From = from; of.Group == 0 {
			return nil
		}
		now := c.now()
		list, err := store.WaitsOf(ctx, q, id, of.Group, now.Add(-waitedFor), now)
		a.Measured = measureWaits(list)
		return err
	})
	return a, err
}

func waitingView(w automation.Waiting, version int64) api.Waiting {
	return api.Waiting{On: w.On, Minutes: w.Minutes, From: w.From, To: w.To, Days: w.Days, Mentions: w.Mentions, Version: version}
}

// measureWaits tells how long members waited.
func measureWaits(list []store.Wait) *api.WaitingMeasured {
	m := &api.WaitingMeasured{}
	var took []float64
	for _, w := range list {
		switch w.State {
		case store.WaitVoid:
			continue
		case store.WaitAnswered:
			m.Answered++
			took = append(took, w.AnsweredAt.Sub(w.At).Minutes())
			if !w.AnsweredAt.After(w.DueAt) {
				m.InTime++
			}
		default:
			m.Open++
		}
		m.Asked++
	}
	if n := len(took); n > 0 {
		slices.Sort(took)
		m.Median = new((took[(n-1)/2] + took[n/2]) / 2)
	}
	return m
}

func (c *console) SaveWaiting(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, w api.Waiting) (api.WaitingAnswer, error) {
	typed := automation.Waiting{On: w.On, Minutes: w.Minutes, From: w.From, To: w.To, Days: w.Days, Mentions: w.Mentions}
	if err := typed.Check(); err != nil {
		return api.WaitingAnswer{}, err
	}
	if _, err := c.Waiting(ctx, id, of); err != nil { // there is no such group or set
		return api.WaitingAnswer{}, err
	}
	if err := c.saveScoped(ctx, id, of, automation.WaitingKey, typed, w.Version, by); err != nil {
		return api.WaitingAnswer{}, err
	}
	return c.Waiting(ctx, id, of)
}
