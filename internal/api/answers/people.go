package answers

import (
	"cmp"
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// Person answers what is known of somebody over all groups.
func (r *Reader) Person(ctx context.Context, c community.ID, p community.PersonID) (a api.PersonAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		p = links.Person(community.IdentityID(p))
		ids := []community.IdentityID{community.IdentityID(p)}
		for id, person := range links {
			if person == p {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		known, err := store.Identities(ctx, q, c, ids)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			return community.Errorf(community.NotFound, "there is no person %d", p)
		}
		a.Person, err = personView(ctx, q, c, p, ids, known)
		return err
	})
	return a, err
}

func personView(ctx context.Context, q store.Querier, c community.ID, p community.PersonID, ids []community.IdentityID, known map[community.IdentityID]store.Identity) (api.PersonView, error) {
	v := api.PersonView{ID: p, Names: []string{}, Identities: []api.IdentityView{}, Groups: []api.PersonInGroup{}}
	groups := map[community.GroupID]*api.PersonInGroup{}
	for _, id := range ids {
		i, ok := known[id]
		if !ok {
			continue
		}
		v.Identities = append(v.Identities, api.IdentityView{ID: id, Network: string(i.Network), Name: displayName(i), Group: i.Group})
		if n := displayName(i); !slices.Contains(v.Names, n) {
			v.Names = append(v.Names, n)
		}
		in, err := insightdb.GroupsOf(ctx, q, c, id)
		if err != nil {
			return v, err
		}
		for _, m := range in {
			g := groups[m.Group]
			if g == nil {
				head, err := store.Group(ctx, q, c, m.Group)
				if err != nil {
					return v, err
				}
				g = &api.PersonInGroup{Group: m.Group, Name: head.Name, FirstAt: m.FirstAt, LastAt: m.LastAt}
				groups[m.Group] = g
			}
			g.Messages += m.Messages
			g.FirstAt, g.LastAt = min(g.FirstAt, m.FirstAt), max(g.LastAt, m.LastAt)
			v.Messages += m.Messages
			if v.FirstAt == 0 || m.FirstAt < v.FirstAt {
				v.FirstAt = m.FirstAt
			}
			if m.LastAt >= v.LastAt {
				v.LastAt, v.Name = m.LastAt, displayName(i)
			}
		}
	}
	if v.Name == "" && len(v.Names) > 0 {
		v.Name = v.Names[0]
	}
	for _, g := range groups {
		v.Groups = append(v.Groups, *g)
	}
	slices.SortFunc(v.Groups, func(a, b api.PersonInGroup) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Group, b.Group))
	})
	return v, nil
}
