package main

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/incentives"
	"qunying/internal/store"
	"qunying/internal/store/points"
)

// ledger shows the points of people.
type ledger struct{ *console }

const mostEntries = 100 // of one identity, shown at once

func (c ledger) PersonPoints(ctx context.Context, id community.ID, p community.PersonID) (a api.PointsAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Entries = []api.PointEntry{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		s, err := newShown(ctx, q, id)
		if err != nil {
			return err
		}
		a.Person = s.links.Person(community.IdentityID(p))
		ids := s.identitiesOf(a.Person)
		known, err := store.Identities(ctx, q, id, ids)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			return community.Errorf(community.NotFound, "there is no person %d", p)
		}
		if a.Balance, err = points.Balance(ctx, q, id, ids); err != nil {
			return err
		}
		for _, is := range ids {
			list, err := points.Of(ctx, q, id, is, mostEntries)
			if err != nil {
				return err
			}
			for i := range list {
				line, err := s.points(&list[i])
				if err != nil {
					return err
				}
				a.Entries = append(a.Entries, line)
			}
		}
		slices.SortFunc(a.Entries, func(x, y api.PointEntry) int { return int(y.ID - x.ID) })
		return nil
	})
	return a, err
}

func (s *shown) points(e *incentives.Entry) (v api.PointEntry, err error) {
	v = api.PointEntry{ID: e.ID, At: milli(e.At), Amount: e.Amount, Reason: string(e.Reason), Verdict: e.Verdict, Reverses: e.Reverses, Group: e.Group, By: e.Staff, Note: e.Note}
	v.GroupName, err = s.group(e.Group)
	return v, err
}

// identitiesOf are all under whom a person was seen.
func (s *shown) identitiesOf(p community.PersonID) []community.IdentityID {
	ids := []community.IdentityID{community.IdentityID(p)}
	for is, of := range s.links {
		if of == p {
			ids = append(ids, is)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
