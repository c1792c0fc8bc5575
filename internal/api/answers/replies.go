package answers

import (
	"cmp"
	"context"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// Replies answers who answers whom in a period (S39, S80).
func (r *Reader) Replies(ctx context.Context, c community.ID, g community.GroupID, p api.Period, limit int) (a api.RepliesAnswer, err error) {
	limit = cmp.Or(limit, 10)
	a = api.RepliesAnswer{Period: p, Forms: []api.FormReplies{}, Pairs: []api.ReplyPair{}, People: []api.ReplyPartner{}, Alone: []api.ReplyPerson{}, Open: []api.Message{}}
	err = r.read(ctx, c, g, &a.Period, &a.Answer, func(q store.Querier, _ insightdb.Head, h *insight.History, s insight.Span) error {
		a.Known = h.SeesReplies()
		a.Quoted, a.Mentioned, a.Called = h.Ways(s)
		for _, f := range h.FormReplies(s) {
			a.Forms = append(a.Forms, api.FormReplies{Content: string(f.Content), Messages: f.Messages, Share: f.Share, Answered: f.Answered, Answers: f.Answers})
		}
		if a.Known {
			if err := network(ctx, q, c, h, s, limit, &a); err != nil {
				return err
			}
		}
		open, why := h.Open(s, limit)
		a.OpenFlat = why != ""
		events, err := store.EventsAt(ctx, q, c, open)
		if err != nil {
			return err
		}
		list, err := r.messages(ctx, q, c, events, "")
		a.Open = append(a.Open, list...)
		return err
	})
	return a, err
}

// network fills in who talks to whom, with names.
func network(ctx context.Context, q store.Querier, c community.ID, h *insight.History, s insight.Span, limit int, a *api.RepliesAnswer) error {
	net := h.Network(s)
	a.PairCount, a.AloneAll = int64(len(net.Bonds)), int64(len(net.Alone))
	if n, ok := h.Number("speakers", s); ok && n.Value != nil {
		a.Spoke = int64(*n.Value)
	}
	net.Bonds = net.Bonds[:min(limit, len(net.Bonds))]
	net.Partners = net.Partners[:min(limit, len(net.Partners))]
	net.Alone = net.Alone[:min(limit, len(net.Alone))]
	var ids []community.IdentityID
	for _, b := range net.Bonds {
		ids = append(ids, community.IdentityID(b.A), community.IdentityID(b.B))
	}
	for _, p := range net.Partners {
		ids = append(ids, community.IdentityID(p.Person))
	}
	for _, p := range net.Alone {
		ids = append(ids, community.IdentityID(p))
	}
	names, err := store.Identities(ctx, q, c, ids)
	if err != nil {
		return err
	}
	who := func(p community.PersonID) api.ReplyPerson {
		return api.ReplyPerson{Person: p, Name: displayName(names[community.IdentityID(p)])}
	}
	for _, b := range net.Bonds {
		a.Pairs = append(a.Pairs, api.ReplyPair{A: who(b.A), B: who(b.B), AToB: b.AToB, BToA: b.BToA})
	}
	for _, p := range net.Partners {
		a.People = append(a.People, api.ReplyPartner{ReplyPerson: who(p.Person), With: p.With, Given: p.Given, Received: p.Received})
	}
	for _, p := range net.Alone {
		a.Alone = append(a.Alone, who(p))
	}
	return nil
}
