package main

import (
	"context"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/insight"
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
