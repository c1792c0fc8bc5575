package main

import (
	"context"
	"encoding/json"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/engine"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// profiles is what groups are for, and whose they become.
type profiles struct{ *console }

func (c profiles) Profile(ctx context.Context, id community.ID, of api.Scope) (a api.ProfileAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		layers, own, err := answers.LayersOf(ctx, q, id, of, insight.ProfileKey)
		if err != nil {
			return err
		}
		value, _, err := store.Inherit(layers)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(value, &a.InForce); err != nil { // the fields have the same names
			return err
		}
		a.InForce.Version = 0
		if own != nil {
			if err := json.Unmarshal([]byte(own.Value), &a.Profile); err != nil {
				return err
			}
			a.Profile.Version = own.Version
		}
		a.From, err = answers.SourcesOf(layers)
		return err
	})
	return a, err
}

func (c profiles) SaveProfile(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, v api.ProfileView) (api.ProfileAnswer, error) {
	p := insight.Profile{Type: (*insight.Kind)(v.Type), Goal: v.Goal, Direction: v.Direction, Value: v.Value, Founded: v.Founded}
	if v.Founded != nil && of.Group == 0 {
		return api.ProfileAnswer{}, community.Errorf(community.Invalid, "several groups were not founded on one day").WithHint("save it for each group")
	}
	if v.Material != nil {
		list := []insight.Material{}
		for _, m := range *v.Material {
			list = append(list, insight.Material(m))
		}
		p.Material = &list
	}
	if err := p.Check(); err != nil {
		return api.ProfileAnswer{}, err
	}
	if _, err := c.Profile(ctx, id, of); err != nil { // there is no such group or set
		return api.ProfileAnswer{}, err
	}
	if err := c.saveScoped(ctx, id, of, insight.ProfileKey, p, v.Version, by); err != nil {
		return api.ProfileAnswer{}, err
	}
	return c.Profile(ctx, id, of)
}

func (c profiles) Zone(ctx context.Context, id community.ID, g community.GroupID) (a api.ZoneAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Changes = []api.ZoneChange{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		group, err := store.Group(ctx, q, id, g)
		if err != nil {
			return err
		}
		if a.First, err = store.FirstZone(ctx, q, id, g); err != nil {
			return err
		}
		var plan store.ZonePlan
		if a.Version, err = store.ReadSetting(ctx, q, id, g, store.ZoneKey, &plan); err != nil {
			return err
		}
		a.Now, a.Today, a.Begun = a.First, community.DayOf(c.now(), group.Zone), plan.Begun(c.now())
		for i, is := range plan.Changes {
			a.Changes = append(a.Changes, api.ZoneChange(is))
			if i < a.Begun {
				a.Now = is.Zone
			}
		}
		return nil
	})
	return a, err
}

func (c profiles) SaveZone(ctx context.Context, id community.ID, g community.GroupID, by community.StaffID, v api.ZoneInput) (api.ZoneAnswer, error) {
	plan := store.ZonePlan{Changes: []store.ZoneChange{}}
	for _, is := range v.Changes {
		plan.Changes = append(plan.Changes, store.ZoneChange(is))
	}
	if err := c.engine.SaveSetting(ctx, id, g, store.ZoneKey, plan, v.Version, by); err != nil {
		return api.ZoneAnswer{}, err
	}
	return c.Zone(ctx, id, g)
}

func (c profiles) Kept(ctx context.Context, id community.ID, who community.StaffID) ([]community.GroupID, error) {
	return c.answers.Kept(ctx, id, who)
}

func (c profiles) Leave(ctx context.Context, id community.ID, g community.GroupID, away bool, by community.StaffID) error {
	return c.engine.Leave(ctx, id, g, away, by)
}

func (c profiles) Return(ctx context.Context, id community.ID, g community.GroupID, by community.StaffID) (bool, error) {
	return c.engine.Return(ctx, id, g, by)
}

func (c profiles) Handover(ctx context.Context, id community.ID, by community.StaffID, in api.HandoverInput) (a api.HandoverAnswer, err error) {
	h := engine.HandOver{From: in.From, To: in.To, Keeper: in.Keeper, Backup: in.Backup, Tasks: in.Tasks}
	var n engine.Handed
	if in.Apply {
		var done engine.HandingOver
		done, err = c.engine.HandKeeping(ctx, id, h, by)
		a.ID, n = done.ID, done.Handed
	} else {
		n, err = c.engine.CountKeeping(ctx, id, h)
	}
	if err != nil {
		return a, err
	}
	a.Count = api.HandoverCount(n)
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}

func (c profiles) Handovers(ctx context.Context, id community.ID) (a api.HandoversAnswer, err error) {
	const most = 10
	a.Handovers = []api.HandoverView{}
	list, err := c.engine.HandOvers(ctx, id, most)
	if err != nil {
		return a, err
	}
	for _, h := range list {
		a.Handovers = append(a.Handovers, api.HandoverView{ID: h.ID, By: h.By, At: milli(h.At), From: h.From, To: h.To,
			Count: api.HandoverCount(h.Handed), Undone: milli(h.UndoneAt)})
	}
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}

func (c profiles) TakeBack(ctx context.Context, id community.ID, by community.StaffID, handover int64) (a api.TakeBackAnswer, err error) {
	n, stayed, err := c.engine.TakeBack(ctx, id, handover, by)
	if err != nil {
		return a, err
	}
	a.Count, a.Stayed = api.HandoverCount(n), stayed
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}
