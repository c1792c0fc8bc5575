// Package answers reads what the API tells: groups, their numbers, what was
// said and by whom. Every method reads one snapshot of the database.
package answers

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/store/search"
)

// Reader answers from the database.
type Reader struct {
	DB    *store.DB
	Index *search.Index
	Now   func() time.Time
	// Capabilities of a group, which its connector knows; none without one.
	Capabilities func(community.Group) []api.Capability
	// Staff lists under which identities those who work here go in groups; nil: nobody.
	Staff func(ctx context.Context, q store.Querier, c community.ID) ([]community.IdentityID, error)

	memory memory
	pools  insightdb.Pools
	bands  insightdb.Judgements
}

// Communities lists them by number.
func (r *Reader) Communities(ctx context.Context) (list []community.Community, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		list, err = store.Communities(ctx, q)
		return err
	})
	return list, err
}

// asOf is the place up to which the views are complete.
func asOf(ctx context.Context, q store.Querier, c community.ID) (api.Answer, error) {
	seq, err := store.Cursor(ctx, q, c, store.Project)
	return api.Answer{AsOf: seq}, err
}

// mostDays bounds a period: ten years and a bit.
const mostDays = 3700

// resolve settles a period: without days it is the last 30 up to the group's today.
func resolve(p api.Period, today community.Day) (api.Period, insight.Span, error) {
	if p.To == 0 {
		p.To = today
	}
	if p.From == 0 {
		p.From = p.To - 29
	}
	switch s := (insight.Span{From: p.From, To: p.To}); {
	case p.To < p.From:
		return p, s, community.Errorf(community.Invalid, "the period ends before it begins").WithHint("swap from and to")
	case s.Days() > mostDays:
		return p, s, community.Errorf(community.Invalid, "the period is longer than %d days", mostDays).WithHint("choose a shorter one")
	default:
		return p, s, nil
	}
}

func numberOf(n insight.Number) api.Number {
	return api.Number{Metric: n.Metric, Value: n.Value, Before: n.Before, Of: n.Of, Why: string(n.Why), Partial: n.Partial}
}

func numbersOf(list []insight.Number) []api.Number {
	out := make([]api.Number, len(list))
	for i, n := range list {
		out[i] = numberOf(n)
	}
	return out
}

func gapsOf(list []insight.Gap) []api.Gap {
	out := make([]api.Gap, len(list))
	for i, g := range list {
		out[i] = api.Gap{From: g.From, To: g.To, Kind: string(g.Kind), Days: g.Days(), Chance: g.Chance}
	}
	return out
}

// Gaps puts gaps into the API's shape.
func Gaps(list []insight.Gap) []api.Gap { return gapsOf(list) }

// Metrics is the catalogue in the API's shape.
func Metrics() []api.MetricEntry {
	var out []api.MetricEntry
	for _, m := range insight.Catalogue() {
		e := api.MetricEntry{ID: m.ID, Zh: m.Zh, En: m.En, Formula: api.Words(m.Formula), Unit: m.Unit, Grain: m.Grain, Source: m.Source}
		for _, n := range m.Needs {
			e.Needs = append(e.Needs, string(n))
		}
		for _, ref := range m.Refs {
			e.Refs = append(e.Refs, api.Ref{Band: string(ref.Band), Below: ref.Below, Above: ref.Above, Source: ref.Source})
		}
		out = append(out, e)
	}
	return out
}

// history reads one group with all of its days.
func (r *Reader) history(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (insightdb.Head, *insight.History, api.Answer, error) {
	head, _, err := insightdb.HeadOf(ctx, q, c, g)
	if err != nil {
		return head, nil, api.Answer{}, err
	}
	as, err := asOf(ctx, q, c)
	if err != nil {
		return head, nil, as, err
	}
	links, err := insightdb.LinksNow(ctx, q, c)
	if err != nil {
		return head, nil, as, err
	}
	h, err := insightdb.HistoryOf(ctx, q, head, links, insightdb.EverFrom, r.Now())
	return head, h, as, err
}
