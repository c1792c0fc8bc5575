package main

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
)

// scale is what matters with many groups.
type scale struct {
	*answers.Reader
	console *console
}

func (c scale) SaveCaps(ctx context.Context, id community.ID, by community.StaffID, v api.CapsView) (api.CapsView, error) {
	seen := map[string]bool{}
	for _, is := range v.Caps {
		if seen[is.Network] {
			return v, community.Errorf(community.Invalid, "the network %s is listed twice", is.Network)
		}
		seen[is.Network] = true
	}
	if err := c.console.engine.SaveSetting(ctx, id, 0, answers.CapsKey, api.CapsView{Caps: v.Caps}, v.Version, by); err != nil {
		return v, err
	}
	return c.Caps(ctx, id)
}

func (c scale) SaveSets(ctx context.Context, id community.ID, by community.StaffID, v api.SetsView) (api.SetsView, error) {
	seen := map[string]bool{}
	for i, s := range v.Sets {
		if seen[s.Name] {
			return v, community.Errorf(community.Invalid, "there are two sets named %s", s.Name)
		}
		seen[s.Name] = true
		slices.Sort(s.Groups)
		v.Sets[i].Groups = slices.Compact(s.Groups)
	}
	if err := c.console.engine.SaveSetting(ctx, id, 0, answers.SetsKey, api.SetsView{Sets: v.Sets}, v.Version, by); err != nil {
		return v, err
	}
	return c.Sets(ctx, id)
}
