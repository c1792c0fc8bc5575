package engine

import (
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	peopledb "qunying/internal/store/people"
)

// relink follows a merge or split: it recomputes the speakers of the days on
// which one of the identities concerned spoke, and of the unions of those days
// the persons concerned.
func (p *projector) relink(ctx context.Context, tx *store.Tx, ev *community.Event, changed map[community.GroupID]bool) error {
	links, err := store.LinksAt(ctx, tx, p.community, ev.Seq)
	if err != nil {
		return err
	}
	r := relinking{targets: ev.Targets, links: links, persons: map[community.PersonID]bool{}, there: map[community.Day]*roaring.Bitmap{}, touched: map[community.Day]bool{}}
	for _, id := range ev.Targets {
		r.persons[p.links.Person(id)], r.persons[links.Person(id)] = true, true
	}
	p.links = links
	if err := peopledb.Relink(tx, p.community, ev.Targets, links.Person); err != nil {
		return err
	}
	groups := map[community.GroupID]bool{}
	r.everybody()
	for id := range r.identities {
		list, err := insightdb.GroupsOf(ctx, tx, p.community, id)
		if err != nil {
			return err
		}
		for _, m := range list {
			groups[m.Group] = groups[m.Group] || slices.Contains(ev.Targets, id)
		}
	}
	for g, concerned := range groups {
		days, err := insightdb.Days(ctx, tx, p.community, g, firstDay, lastDay)
		if err != nil {
			return err
		}
		if err := insightdb.SaveDays(tx, p.community, r.days(days)); err != nil {
			return err
		}
		if concerned {
			changed[g] = true
		}
	}
	p.forget() // what is in memory has the old speakers
	return r.unions(ctx, tx, p.community)
}

// relinking is a merge or split on its way into the views.
type relinking struct {
	targets    []community.IdentityID
	links      store.Links // from now on
	persons    map[community.PersonID]bool
	identities map[community.IdentityID]bool     // of the persons, and the targets
	there      map[community.Day]*roaring.Bitmap // which of the persons spoke
	touched    map[community.Day]bool            // days on which a target spoke
}

// everybody finds who the persons consist of.
func (r *relinking) everybody() {
	r.identities = map[community.IdentityID]bool{}
	for _, id := range r.targets {
		r.identities[id] = true
	}
	for id, p := range r.links {
		if r.persons[p] {
			r.identities[id] = true
		}
	}
	for p := range r.persons {
		if id := community.IdentityID(p); r.links.Person(id) == p {
			r.identities[id] = true
		}
	}
}

// days notes who of the persons spoke on the days of a group, and recomputes and
// answers those on which a target did.
func (r *relinking) days(days []*insight.GroupDay) (again []*insight.GroupDay) {
	for _, d := range days {
		for id := range r.identities {
			if d.Posts[id] == 0 {
				continue
			}
			if r.there[d.Day] == nil {
				r.there[d.Day] = roaring.New()
			}
			r.there[d.Day].Add(uint32(r.links.Person(id)))
		}
		if slices.ContainsFunc(r.targets, func(id community.IdentityID) bool { return d.Posts[id] > 0 }) {
			d.Relink(r.links.Person)
			again = append(again, d)
			r.touched[d.Day] = true
		}
	}
	return again
}

// unions writes the unions of the days on which a target spoke.
func (r *relinking) unions(ctx context.Context, tx *store.Tx, c community.ID) error {
	var unions []*insightdb.CommunityDay
	for day := range r.touched {
		list, err := insightdb.CommunityDays(ctx, tx, c, day, day)
		if err != nil {
			return err
		}
		for _, u := range list {
			for person := range r.persons {
				u.Speakers.Remove(uint32(person))
			}
			u.Speakers.Or(r.there[day])
			unions = append(unions, u)
		}
	}
	return insightdb.SaveCommunityDays(tx, c, unions)
}
