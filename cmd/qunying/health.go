package main

import (
	"context"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/insight"
	"qunying/internal/moderation/measure"
)

// health shows how groups are doing, and saves by what that is judged.
type health struct {
	*answers.Reader
	console *console
}

// SaveBands saves limits of bands.
func (c health) SaveBands(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, v api.BandsView) (api.BandsAnswer, error) {
	s := insight.BandSettings{Cuts: cutsOf(v.Cuts), References: v.References}
	if len(v.Types) > 0 && of != (api.Scope{}) {
		return api.BandsAnswer{}, community.Errorf(community.Invalid, "limits by type of group are the community's").WithHint("leave types out, or save them for the community")
	}
	for of, cuts := range v.Types {
		if s.Types == nil {
			s.Types = map[insight.GroupType]map[string]insight.Cuts{}
		}
		s.Types[insight.GroupType(of)] = cutsOf(cuts)
	}
	if err := s.Check(); err != nil {
		return api.BandsAnswer{}, err
	}
	if _, err := c.Bands(ctx, id, of); err != nil { // there is no such group or set
		return api.BandsAnswer{}, err
	}
	if err := c.console.saveScoped(ctx, id, of, insight.BandsKey, s, v.Version, by); err != nil {
		return api.BandsAnswer{}, err
	}
	return c.Bands(ctx, id, of)
}

func cutsOf(cuts map[string]api.BandCuts) map[string]insight.Cuts {
	s := make(map[string]insight.Cuts, len(cuts))
	for metric, c := range cuts {
		s[metric] = insight.Cuts(c)
	}
	return s
}

// orderDays are the days that a group's order is shown of: four weeks, because a
// week of most groups has no violation at all.
const orderDays = 28

// Order tells how complete a group's rules are and how well they are kept.
func (c health) Order(ctx context.Context, id community.ID, g community.GroupID) (a api.GroupOrder, err error) {
	if a.Members, err = c.MembersNow(ctx, id, g); err != nil {
		return a, err
	}
	if a.Members != nil {
		usual := measure.UsualOf(*a.Members)
		a.Usual = &usual
	}
	_, today, err := measures{c.console}.period(ctx, id, g, api.Period{})
	if err != nil {
		return a, err
	}
	a.Group, a.Period = g, api.Period{From: today - orderDays, To: today - 1}
	held, err := rules{c.console}.Policy(ctx, id, api.Scope{Group: g})
	if err != nil {
		return a, err
	}
	a.Answer, a.Owner, a.Name, a.Elements, a.Completeness = held.Answer, held.Owner, held.Name, held.Completeness, held.Share
	m, err := c.console.engine.Measure(ctx, id, g, nil, a.Period.From, a.Period.To)
	if err != nil {
		return a, err
	}
	a.Rate, a.Interventions = measure.ShareOf(m.Whole.Violations, m.Whole.Messages), float64(m.Whole.Interventions)*7/orderDays
	return a, nil
}
