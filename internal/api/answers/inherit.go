package answers

import (
	"context"
	"encoding/json"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/automation"
	"qunying/internal/store"
)

// LayersOf reads what is said under a key for a group, a set or the community,
// the nearest first, and which of them is what people save there: nil where it
// was never saved. It fails with NotFound where there is no such group or set.
func LayersOf(ctx context.Context, q store.Querier, c community.ID, of api.Scope, key string) (layers []store.Layer, own *store.Layer, err error) {
	level := store.OfCommunity
	switch {
	case of.Group != 0:
		level = store.OfGroup
		if _, err := store.Group(ctx, q, c, of.Group); err != nil {
			return nil, nil, err
		}
		layers, err = store.LayersAt(ctx, q, c, of.Group, key, 0)
	case of.Set != 0:
		level = store.OfSet
		sets, _, err := store.SetsAt(ctx, q, c, 0)
		if err != nil {
			return nil, nil, err
		}
		i := slices.IndexFunc(sets.Sets, func(s store.GroupSet) bool { return s.ID == of.Set })
		if i < 0 {
			return nil, nil, community.Errorf(community.NotFound, "there is no set of groups %d", of.Set)
		}
		if layers, err = store.SetLayersAt(ctx, q, c, of.Set, key, 0); err != nil {
			return nil, nil, err
		}
		for j := range layers {
			if layers[j].Level == store.OfSet {
				layers[j].Name = sets.Sets[i].Name
			}
		}
	default:
		layers, err = store.LayersAt(ctx, q, c, 0, key, 0)
	}
	if len(layers) > 0 && layers[0].Level == level {
		own = &layers[0]
	}
	return layers, own, err
}

// SourcesOf says whose each field of a setting is.
func SourcesOf(layers []store.Layer) (map[string]api.SourceView, error) {
	_, from, err := store.Inherit(layers)
	sources := map[string]api.SourceView{}
	for field, l := range from {
		sources[field] = api.SourceView{Level: string(l.Level), Set: l.Set, Name: l.Name}
	}
	return sources, err
}

// Welcome answers the greeting of new members.
func (r *Reader) Welcome(ctx context.Context, c community.ID, of api.Scope) (a api.WelcomeAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		as, err := asOf(ctx, q, c)
		if err != nil {
			return err
		}
		layers, own, err := LayersOf(ctx, q, c, of, automation.WelcomeKey)
		if err != nil {
			return err
		}
		a, err = welcomeIn(layers, own)
		a.Answer = as
		return err
	})
	return a, err
}

// welcomeIn is the greeting that layers make; own is what was saved there.
func welcomeIn(layers []store.Layer, own *store.Layer) (a api.WelcomeAnswer, err error) {
	value, _, err := store.Inherit(layers)
	if err != nil {
		return a, err
	}
	var w automation.Welcome
	if err := json.Unmarshal(value, &w); err != nil {
		return a, err
	}
	a.InForce = api.Welcome{On: &w.On, Text: &w.Text}
	if own != nil {
		if err := json.Unmarshal([]byte(own.Value), &a.Welcome); err != nil {
			return a, err
		}
		a.Welcome.Version = own.Version
	}
	a.From, err = SourcesOf(layers)
	return a, err
}
