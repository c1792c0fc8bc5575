package insightdb

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// FunnelAnswer is a funnel's result, with how much of its period is known.
type FunnelAnswer struct {
	*Asked // of messages by nothing: the period, its gaps, the groups and their names
	Lines  []insight.FunnelLine
}

// CohortAnswer is a triangle, with how much of its weeks or months is known.
type CohortAnswer struct {
	*Asked
	Table insight.CohortTable
}

// AskFunnel follows people through the steps of a funnel, in the groups that whoever
// asks may see (nil: all). pools may be nil.
func AskFunnel(ctx context.Context, q store.Querier, c community.ID, want insight.Funnel, within []community.GroupID, pools *Pools, now time.Time) (*FunnelAnswer, error) {
	if err := want.Check(); err != nil {
		return nil, err
	}
	w, _, _, err := worldOf(ctx, q, c, within, now)
	if err != nil {
		return nil, err
	}
	plan, err := want.Scope().Plan(w.World)
	if err != nil {
		return nil, err
	}
	covered := plan.Query
	covered.By = nil
	asked, err := Ask(ctx, q, c, covered, within, pools, now)
	if err != nil {
		return nil, err
	}
	d, err := deedsOf(ctx, q, c, asked.Plan, asked.Heads, within != nil)
	if err != nil {
		return nil, err
	}
	until := map[community.GroupID]int64{0: now.UnixMilli()}
	for g, h := range d.heads {
		until[g] = now.UnixMilli()
		if h.Account == "" {
			until[g] = h.LastAt.UnixMilli()
		}
	}
	run := want.Run(plan, until)
	for _, need := range want.Needs() {
		if err := d.each(ctx, need, insight.Span{From: plan.Period().From, To: want.Until(plan.Period())}, run.Add); err != nil {
			return nil, err
		}
	}
	return &FunnelAnswer{Asked: asked, Lines: run.Result()}, nil
}

// weeksOfCohorts and monthsOfCohorts are how far a triangle goes back where nobody
// says.
const (
	weeksOfCohorts  = 11
	monthsOfCohorts = 5
)

// AskCohorts makes the triangle of those who did something for the first time, in the
// groups that whoever asks may see (nil: all). pools may be nil.
func AskCohorts(ctx context.Context, q store.Querier, c community.ID, want insight.Cohorts, within []community.GroupID, pools *Pools, now time.Time) (*CohortAnswer, error) {
	if err := want.Check(); err != nil {
		return nil, err
	}
	if want.From == 0 {
		w, _, _, err := worldOf(ctx, q, c, within, now)
		if err != nil {
			return nil, err
		}
		plan, err := want.Scope().Plan(w.World)
		if err != nil {
			return nil, err
		}
		want.To = plan.Query.To
		want.From = want.To - 7*weeksOfCohorts
		if want.Grain == insight.ByMonth {
			want.From = want.To - 30*monthsOfCohorts
		}
	}
	asked, err := Ask(ctx, q, c, want.Scope(), within, pools, now)
	if err != nil {
		return nil, err
	}
	d, err := deedsOf(ctx, q, c, asked.Plan, asked.Heads, within != nil)
	if err != nil {
		return nil, err
	}
	last := EverFrom
	for _, h := range d.heads {
		last = max(last, h.last(now))
	}
	run, err := want.Run(asked.Result, last)
	if err != nil {
		return nil, err
	}
	period := asked.Plan.Period()
	for _, x := range []struct {
		pick insight.Pick
		days insight.Span
		add  func(community.PersonID, community.Day)
	}{{want.First, insight.Span{From: EverFrom, To: period.To}, run.AddFirst}, {want.Back, period, run.AddBack}} {
		if x.pick.Plain() && daily[x.pick.Kind] != "" {
			err = d.eachDay(ctx, x.pick.Kind, x.days, x.add)
		} else {
			err = d.each(ctx, x.pick.Needs(), x.days, func(deed *insight.Deed) error {
				if x.pick.Takes(deed) {
					x.add(deed.Person, deed.Day)
				}
				return nil
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return &CohortAnswer{Asked: asked, Table: run.Result()}, nil
}

// deedsOf prepares reading what people did in the groups of a plan.
func deedsOf(ctx context.Context, q store.Querier, c community.ID, p *insight.Plan, heads map[community.GroupID]Head, limited bool) (*deeds, error) {
	d := &deeds{q: q, c: c, heads: map[community.GroupID]Head{}, limited: limited, zone: time.UTC}
	for _, g := range p.Units[len(p.Units)-1].Groups {
		d.heads[g] = heads[g]
	}
	all, err := store.Communities(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.ID == c {
			d.zone = one.Zone
		}
	}
	if d.upTo, err = store.Cursor(ctx, q, c, store.Project); err != nil {
		return nil, err
	}
	d.links, err = LinksNow(ctx, q, c)
	return d, err
}

// addHows reads how people came and went, where a query tells lines apart by it.
func addHows(ctx context.Context, q store.Querier, c community.ID, p *insight.Plan, heads map[community.GroupID]Head, run *insight.Run) error {
	needs, spans := p.Hows()
	if len(needs) == 0 {
		return nil
	}
	d, err := deedsOf(ctx, q, c, p, heads, true)
	if err != nil {
		return err
	}
	for _, need := range needs {
		for _, s := range spans {
			if err := d.each(ctx, need, s, run.AddHow); err != nil {
				return err
			}
		}
	}
	return nil
}
