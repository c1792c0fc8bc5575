package main

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/store"
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
	var old store.GroupSets
	if err := c.console.db.Read(ctx, func(q store.Querier) (err error) {
		old, _, err = store.SetsAt(ctx, q, id, 0)
		return err
	}); err != nil {
		return v, err
	}
	sets := store.GroupSets{Sets: []store.GroupSet{}, Last: old.Last}
	seen := map[string]bool{}
	for _, s := range v.Sets {
		if seen[s.Name] {
			return v, community.Errorf(community.Invalid, "there are two sets named %s", s.Name)
		}
		seen[s.Name] = true
		slices.Sort(s.Groups)
		if i := slices.IndexFunc(old.Sets, func(was store.GroupSet) bool { return was.Name == s.Name }); s.ID == 0 && i >= 0 {
			s.ID = old.Sets[i].ID
		}
		known := func(was store.GroupSet) bool { return was.ID == s.ID && s.ID != 0 }
		if !slices.ContainsFunc(old.Sets, known) || slices.ContainsFunc(sets.Sets, known) { // a number is never given twice
			sets.Last++
			s.ID = sets.Last
		}
		sets.Sets = append(sets.Sets, store.GroupSet{ID: s.ID, Name: s.Name, Groups: slices.Compact(s.Groups)})
	}
	if err := c.console.engine.SaveSetting(ctx, id, 0, store.SetsKey, sets, v.Version, by); err != nil {
		return v, err
	}
	return c.Sets(ctx, id)
}
