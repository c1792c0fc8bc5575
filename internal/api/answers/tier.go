package answers

import (
	"cmp"
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// Tier lists who of a group is silent, lost, says little, or carries it, at the end
// of a period, or who joined or left in it.
func (r *Reader) Tier(ctx context.Context, c community.ID, g community.GroupID, tier string, days api.Period, limit int) (a api.TierAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		_, h, as, err := r.history(ctx, q, c, g)
		if err != nil {
			return err
		}
		a.Answer, a.People = as, []api.TierPerson{}
		of, end := insight.Tier(tier), h.LastWhole()
		if days.To != 0 && (days.To < end || of.OfPeriod()) {
			end = days.To
		}
		s := insight.Span{From: end - of.Days() + 1, To: end}
		if of.OfPeriod() && days.From != 0 {
			s.From = days.From
		}
		a.Period = api.Period(s)
		who, why := h.TierOf(of, s)
		a.Why, a.Total = string(why), int64(who.GetCardinality())
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		seen, err := insightdb.MembersOf(ctx, q, c, g)
		if err != nil {
			return err
		}
		byPerson := map[community.PersonID]*api.TierPerson{}
		for it := who.Iterator(); it.HasNext(); {
			p := community.PersonID(it.Next())
			byPerson[p] = &api.TierPerson{Person: p}
		}
		for _, m := range seen {
			if p := byPerson[links.Person(m.Identity)]; p != nil {
				p.Messages += m.Messages
				p.LastAt = max(p.LastAt, m.LastAt)
			}
		}
		for _, p := range byPerson {
			a.People = append(a.People, *p)
		}
		slices.SortFunc(a.People, func(x, y api.TierPerson) int {
			return cmp.Or(cmp.Compare(y.LastAt, x.LastAt), cmp.Compare(x.Person, y.Person))
		})
		a.People = a.People[:min(limit, len(a.People))]
		ids := make([]community.IdentityID, len(a.People))
		for i, p := range a.People {
			ids[i] = community.IdentityID(p.Person)
		}
		names, err := store.Identities(ctx, q, c, ids)
		for i := range a.People {
			a.People[i].Name = displayName(names[ids[i]])
		}
		return err
	})
	return a, err
}
