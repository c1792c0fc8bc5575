package main

import (
	"context"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// actions shows what is on its way, what people have to do, and when what may be
// sent.
type actions struct{ *console }

func (c actions) Matrix(ctx context.Context, id community.ID, after api.Place, limit int) (a api.MatrixAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	a.Groups = []api.MatrixRow{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := store.GroupsAfter(ctx, q, id, community.GroupID(after.ID), limit+1)
		if len(list) > limit {
			list = list[:limit]
			next = api.Place{ID: int64(list[limit-1].ID)}
		}
		for _, g := range list {
			a.Groups = append(a.Groups, api.MatrixRow{Group: g.ID, Name: g.Name, Connection: g.Account, Network: string(g.Network), Capabilities: c.capabilities(g)})
		}
		return err
	})
	return a, next, err
}

func (c actions) Staff(ctx context.Context, id community.ID) (a api.StaffAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Staff = []api.ColleagueView{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := team.All(ctx, q)
		for _, s := range list {
			if s.DisabledAt.IsZero() {
				a.Staff = append(a.Staff, api.ColleagueView{ID: s.ID, Name: s.Name, Role: s.Role})
			}
		}
		return err
	})
	return a, err
}

var errSoon = community.Errorf(community.Unavailable, "this is not wired yet")

func (actions) Preview(context.Context, community.ID, []community.GroupID, community.Action) (a api.PreviewAnswer, err error) {
	return a, errSoon
}

func (actions) Action(context.Context, community.ID, string) (e api.OutboxEntry, err error) {
	return e, errSoon
}

func (actions) Attention(context.Context, community.ID) (a api.AttentionAnswer, err error) {
	return a, nil
}

func (actions) Tasks(context.Context, community.ID, api.TasksQuery) (a api.TasksAnswer, p api.Place, err error) {
	return a, p, errSoon
}

func (actions) Task(context.Context, community.ID, int64) (t api.TaskView, err error) {
	return t, errSoon
}

func (actions) Delivery(context.Context, community.ID, community.GroupID) (a api.DeliveryAnswer, err error) {
	return a, errSoon
}

func (actions) SaveDelivery(context.Context, community.ID, community.GroupID, community.StaffID, api.DeliveryView) (a api.DeliveryAnswer, err error) {
	return a, errSoon
}

func (actions) SaveKeeper(context.Context, community.ID, community.GroupID, community.StaffID, api.KeeperView) (k api.KeeperView, err error) {
	return k, errSoon
}
