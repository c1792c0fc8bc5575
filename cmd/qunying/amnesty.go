package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// Bounds of what is told of amnesties.
const (
	amnestyPeople = 100
	pastAmnesties = 10
)

// Amnesty says what forgiving many would mean. Decide forgives by the same measure.
func (c reviews) Amnesty(ctx context.Context, id community.ID, what casework.Command) (a api.AmnestyAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.People, a.Past = []api.AmnestyPerson{}, []api.AmnestyView{}
	return a, c.db.Read(ctx, func(q store.Querier) error {
		standing, err := cases.StandingStrikes(ctx, q, id, time.Time{})
		if err != nil {
			return err
		}
		links, err := store.LinksAt(ctx, q, id, 1<<62)
		if err != nil {
			return err
		}
		count, who := map[community.PersonID]int{}, map[community.IdentityID]bool{}
		for _, s := range engine.Pardonable(standing, &what) {
			count[links.Person(s.Identity)]++
			who[s.Identity] = true
			a.Strikes++
		}
		a.Members = len(who)
		for p, n := range count {
			a.People = append(a.People, api.AmnestyPerson{Person: p, Strikes: n})
		}
		slices.SortFunc(a.People, func(x, y api.AmnestyPerson) int {
			return cmp.Or(cmp.Compare(y.Strikes, x.Strikes), cmp.Compare(x.Person, y.Person))
		})
		a.People = a.People[:min(len(a.People), amnestyPeople)]
		ids := make([]community.IdentityID, len(a.People))
		for i := range a.People {
			ids[i] = community.IdentityID(a.People[i].Person)
		}
		known, err := store.Identities(ctx, q, id, ids)
		if err != nil {
			return err
		}
		for i := range a.People {
			a.People[i].Name = known[ids[i]].Name
		}
		past, err := cases.Amnesties(ctx, q, id, casework.Amnesty, pastAmnesties)
		for _, p := range past {
			if mine, err := amongOnly(ctx, q, id, p.Seq, api.Within(ctx)); err != nil {
				return err
			} else if !mine {
				continue
			}
			a.Past = append(a.Past, api.AmnestyView{Seq: p.Seq, At: milli(p.At), Staff: p.Staff, Members: p.Members, Strikes: p.Strikes, Left: p.Left})
		}
		return err
	})
}

// amongOnly tells whether an amnesty forgave strikes of these groups only; nil: of
// any.
func amongOnly(ctx context.Context, q store.Querier, id community.ID, amnesty community.Seq, within []community.GroupID) (bool, error) {
	if within == nil {
		return true, nil
	}
	strikes, err := cases.StrikesCausedBy(ctx, q, id, amnesty)
	return err == nil && !slices.ContainsFunc(strikes, func(s casework.Strike) bool { return !slices.Contains(within, s.Group) }), err
}
