package answers

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	peopledb "qunying/internal/store/people"
)

// Who is silent (S49) and who is new, in days.
const (
	silentDays   = 30
	newcomerDays = 7
)

// known is somebody with everything that is asked of them.
type known struct {
	person     community.PersonID
	ids        []community.IdentityID
	identities map[community.IdentityID]store.Identity
	links      store.Links
}

// who finds a person by any identity of theirs.
func (r *Reader) who(ctx context.Context, q store.Querier, c community.ID, p community.PersonID) (k known, err error) {
	if k.links, err = insightdb.LinksNow(ctx, q, c); err != nil {
		return k, err
	}
	k.person = k.links.Person(community.IdentityID(p))
	k.ids = []community.IdentityID{community.IdentityID(k.person)}
	for id, person := range k.links {
		if person == k.person {
			k.ids = append(k.ids, id)
		}
	}
	slices.Sort(k.ids)
	if k.identities, err = store.Identities(ctx, q, c, k.ids); err == nil && len(k.identities) == 0 {
		err = community.Errorf(community.NotFound, "there is no person %d", p)
	}
	return k, err
}

const mostLinks = 50

// Links answers which merges and splits made a person, or parted somebody from them.
func (r *Reader) Links(ctx context.Context, c community.ID, p community.PersonID) (a api.PersonLinksAnswer, err error) {
	a.Links = []api.PersonLink{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		k, err := r.who(ctx, q, c, p)
		if err != nil {
			return err
		}
		list, err := store.LinkHistory(ctx, q, c, k.ids, mostLinks)
		if err != nil {
			return err
		}
		var named []community.IdentityID
		for _, l := range list {
			for _, ch := range l.Changes {
				named = append(named, ch.Identity, community.IdentityID(ch.Before), community.IdentityID(ch.To))
			}
		}
		known, err := store.Identities(ctx, q, c, named)
		if err != nil {
			return err
		}
		for _, l := range list {
			a.Links = append(a.Links, linkView(l, func(id community.IdentityID) string { return displayName(known[id]) }))
		}
		return nil
	})
	return a, err
}

// linkView tells a merge, after which who was a person of their own is another's, from
// a split.
func linkView(l store.Relinking, name func(community.IdentityID) string) api.PersonLink {
	v := api.PersonLink{Undo: l.Seq, At: l.At, By: l.By, Names: []string{}, Open: true}
	for _, ch := range l.Changes {
		v.Joined = v.Joined || community.PersonID(ch.Identity) == ch.Before
		v.Open = v.Open && ch.Now == ch.To
		if n := name(ch.Identity); !slices.Contains(v.Names, n) {
			v.Names = append(v.Names, n)
		}
	}
	if first := l.Changes[0]; v.Joined {
		v.Other = name(community.IdentityID(first.To))
	} else {
		v.Other = name(community.IdentityID(first.Before))
	}
	return v
}

// People answers a page of people.
func (r *Reader) People(ctx context.Context, c community.ID, want api.PeopleQuery) (a api.PeopleAnswer, next api.Place, err error) {
	a.People = []api.PersonLine{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		staff, err := r.staff(ctx, q, c)
		if err != nil {
			return err
		}
		f := peopledb.Filter{Text: want.Text, Group: want.Group, Within: want.Within, Tag: want.Tag, ByFirst: want.Sort == "first", Limit: cmp.Or(want.Limit, 50),
			After: peopledb.Place{At: want.After.Number, Person: community.PersonID(want.After.ID)}}
		switch want.Only {
		case "silent":
			f.SpokeBefore = r.Now().Add(-silentDays * 24 * time.Hour).UnixMilli()
		case "newcomers":
			f.SeenAfter = r.Now().Add(-newcomerDays * 24 * time.Hour).UnixMilli()
		case "staff":
			f.Only = append([]community.IdentityID{}, staff...)
		}
		list, place, total, err := peopledb.List(ctx, q, c, links, f)
		if err != nil {
			return err
		}
		if place != (peopledb.Place{}) {
			next = api.Place{Number: place.At, ID: int64(place.Person)}
		}
		a.Total = total
		a.People, err = personLines(ctx, q, c, links, list, staff)
		return err
	})
	return a, next, err
}

func (r *Reader) staff(ctx context.Context, q store.Querier, c community.ID) ([]community.IdentityID, error) {
	if r.Staff == nil {
		return nil, nil
	}
	return r.Staff(ctx, q, c)
}

// personLines adds to a page of people what is shown of each.
func personLines(ctx context.Context, q store.Querier, c community.ID, links store.Links, list []peopledb.Line, staff []community.IdentityID) ([]api.PersonLine, error) {
	persons := make([]community.PersonID, len(list))
	for i, l := range list {
		persons[i] = l.Person
	}
	of, err := peopledb.Of(ctx, q, c, persons)
	if err != nil {
		return nil, err
	}
	var all []community.IdentityID
	for _, ids := range of {
		all = append(all, ids...)
	}
	identities, err := store.Identities(ctx, q, c, all)
	if err != nil {
		return nil, err
	}
	called, err := peopledb.Names(ctx, q, c, all)
	if err != nil {
		return nil, err
	}
	tags, err := peopledb.Tags(ctx, q, c, all)
	if err != nil {
		return nil, err
	}
	names := map[community.PersonID][]string{}
	for _, n := range called {
		if p := links.Person(n.Identity); !slices.Contains(names[p], n.Name) {
			names[p] = append(names[p], n.Name)
		}
	}
	works := map[community.PersonID]bool{}
	for _, id := range staff {
		works[links.Person(id)] = true
	}
	out := make([]api.PersonLine, len(list))
	for i, l := range list {
		v := api.PersonLine{ID: l.Person, Messages: l.Messages, FirstAt: l.FirstAt, SpokeAt: l.SpokeAt, Staff: works[l.Person],
			Earlier: []string{}, Networks: []string{}, Some: []string{}, Tags: []string{}}
		for _, id := range of[l.Person] {
			if is, ok := identities[id]; ok {
				if name := displayName(is); !slices.Contains(names[l.Person], name) && len(names[l.Person]) == 0 {
					names[l.Person] = append(names[l.Person], name)
				}
				v.Networks = append(v.Networks, string(is.Network))
			}
			v.Tags = append(v.Tags, tags[id]...)
		}
		slices.Sort(v.Networks)
		v.Networks = slices.Compact(v.Networks)
		slices.Sort(v.Tags)
		v.Tags = slices.Compact(v.Tags)
		if n := names[l.Person]; len(n) > 0 {
			v.Name, v.Earlier = n[0], append(v.Earlier, n[1:min(len(n), 4)]...)
		}
		groups, err := peopledb.GroupsOf(ctx, q, c, of[l.Person])
		if err != nil {
			return nil, err
		}
		if v.Groups = len(groups); v.Groups > 0 {
			slices.SortStableFunc(groups, func(a, b peopledb.InGroup) int { return cmp.Compare(b.Messages, a.Messages) })
			var some []community.GroupID
			for _, g := range groups[:min(3, len(groups))] {
				some = append(some, g.Group)
			}
			titles, err := store.GroupNames(ctx, q, c, some)
			if err != nil {
				return nil, err
			}
			for _, g := range some {
				v.Some = append(v.Some, titles[g])
			}
		}
		out[i] = v
	}
	return out, nil
}

// Person answers what is known of somebody over all groups.
func (r *Reader) Person(ctx context.Context, c community.ID, p community.PersonID) (a api.PersonAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		k, err := r.who(ctx, q, c, p)
		if err != nil {
			return err
		}
		a.Person, err = r.personView(ctx, q, c, &k)
		return err
	})
	return a, err
}

func (r *Reader) personView(ctx context.Context, q store.Querier, c community.ID, k *known) (api.PersonView, error) {
	v := api.PersonView{ID: k.person, Names: []string{}, Identities: []api.IdentityView{}, Groups: []api.PersonInGroup{},
		Called: []api.NameView{}, Stays: []api.StayView{}, Tags: []string{}}
	for _, id := range k.ids {
		i, ok := k.identities[id]
		if !ok {
			continue
		}
		is := api.IdentityView{ID: id, Network: string(i.Network), Name: displayName(i), Group: i.Group}
		if i.Group == 0 {
			is.Outside = i.Outside
		}
		v.Identities = append(v.Identities, is)
	}
	called, err := peopledb.Names(ctx, q, c, k.ids)
	if err != nil {
		return v, err
	}
	for _, n := range called {
		if i := slices.IndexFunc(v.Called, func(is api.NameView) bool { return is.Name == n.Name }); i >= 0 {
			v.Called[i].From, v.Called[i].To = min(v.Called[i].From, n.First), max(v.Called[i].To, n.Last)
			continue
		}
		v.Called = append(v.Called, api.NameView{Name: n.Name, From: n.First, To: n.Last})
		v.Names = append(v.Names, n.Name)
	}
	for _, i := range v.Identities {
		if !slices.Contains(v.Names, i.Name) {
			v.Names = append(v.Names, i.Name)
		}
	}
	v.Name = v.Names[0]
	if err := r.inGroups(ctx, q, c, k, &v); err != nil {
		return v, err
	}
	tags, err := peopledb.Tags(ctx, q, c, k.ids)
	if err != nil {
		return v, err
	}
	v.Tags = slices.Sorted(maps.Keys(gathered(tags)))
	if v.Tags == nil {
		v.Tags = []string{}
	}
	sums, err := peopledb.SumsOf(ctx, q, c, k.person)
	if err != nil {
		return v, err
	}
	v.SpokeAt = sums.SpokeAt
	staff, err := r.staff(ctx, q, c)
	v.Staff = slices.ContainsFunc(staff, func(id community.IdentityID) bool { return k.links.Person(id) == k.person })
	return v, err
}

func gathered(tags map[community.IdentityID][]string) map[string]bool {
	all := map[string]bool{}
	for _, list := range tags {
		for _, tag := range list {
			all[tag] = true
		}
	}
	return all
}

// inGroups adds a person's part in each group, and when they came and went.
func (r *Reader) inGroups(ctx context.Context, q store.Querier, c community.ID, k *known, v *api.PersonView) error {
	groups, err := peopledb.GroupsOf(ctx, q, c, k.ids)
	if err != nil {
		return err
	}
	var operators []community.IdentityID
	for _, g := range groups {
		head, err := store.Group(ctx, q, c, g.Group)
		if err != nil {
			return err
		}
		v.Groups = append(v.Groups, api.PersonInGroup{Group: g.Group, Name: head.Name, Network: string(head.Network), Messages: g.Messages, FirstAt: g.FirstAt, LastAt: g.LastAt})
		v.Messages += g.Messages
		if v.FirstAt == 0 || g.FirstAt < v.FirstAt {
			v.FirstAt = g.FirstAt
		}
		v.LastAt = max(v.LastAt, g.LastAt)
		stays, err := peopledb.Stays(ctx, q, head, k.ids)
		if err != nil {
			return err
		}
		for _, s := range stays {
			v.Stays = append(v.Stays, api.StayView{Group: g.Group, At: s.At, Left: s.Left, Way: s.Way, By: community.PersonID(s.Operator)})
			operators = append(operators, s.Operator)
		}
	}
	names, err := store.Identities(ctx, q, c, operators)
	if err != nil {
		return err
	}
	for i := range v.Stays {
		if by := community.IdentityID(v.Stays[i].By); by != 0 {
			v.Stays[i].By, v.Stays[i].Operator = k.links.Person(by), displayName(names[by])
		}
	}
	slices.SortFunc(v.Stays, func(a, b api.StayView) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Group, b.Group)) })
	slices.SortFunc(v.Groups, func(a, b api.PersonInGroup) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Group, b.Group))
	})
	return nil
}

// Year counts what somebody wrote by day, in each group's zone.
func (r *Reader) Year(ctx context.Context, c community.ID, p community.PersonID) (a api.YearAnswer, err error) {
	a.Days, a.Messages = []community.Day{}, []int64{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		k, err := r.who(ctx, q, c, p)
		if err != nil {
			return err
		}
		zone, err := zoneOf(ctx, q, c)
		if err != nil {
			return err
		}
		a.From, a.To = peopledb.Year(r.Now(), zone)
		// Whoever wrote only long ago is shown the year of their last message.
		if sums, err := peopledb.SumsOf(ctx, q, c, k.person); err != nil {
			return err
		} else if last := community.DayOf(time.UnixMilli(sums.SpokeAt), zone); sums.SpokeAt != 0 && last < a.From {
			a.From, a.To = peopledb.Year(time.UnixMilli(sums.SpokeAt), zone)
		}
		list, err := peopledb.Activity(ctx, q, c, k.ids, a.From, a.To)
		if err != nil {
			return err
		}
		sum := map[community.Day]int64{}
		for _, d := range list {
			sum[d.Day] += d.Messages
		}
		for _, d := range slices.Sorted(maps.Keys(sum)) {
			a.Days, a.Messages = append(a.Days, d), append(a.Messages, sum[d])
		}
		return nil
	})
	return a, err
}

func zoneOf(ctx context.Context, q store.Querier, c community.ID) (*time.Location, error) {
	list, err := store.Communities(ctx, q)
	for _, is := range list {
		if is.ID == c {
			return is.Zone, err
		}
	}
	return time.UTC, err
}

// Talks answers whom somebody talks with.
func (r *Reader) Talks(ctx context.Context, c community.ID, p community.PersonID, limit int) (a api.TalksAnswer, err error) {
	a.Talks = []api.TalkLine{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		k, err := r.who(ctx, q, c, p)
		if err != nil {
			return err
		}
		list, since, err := peopledb.Talks(ctx, q, c, k.links, k.person, k.ids)
		if err != nil {
			return err
		}
		a.Since = since
		var ids []community.IdentityID
		for _, t := range list[:min(limit, len(list))] {
			ids = append(ids, community.IdentityID(t.With))
			a.Talks = append(a.Talks, api.TalkLine{Person: t.With, To: t.To, From: t.From})
		}
		names, err := store.Identities(ctx, q, c, ids)
		for i := range a.Talks {
			a.Talks[i].Name = displayName(names[community.IdentityID(a.Talks[i].Person)])
		}
		return err
	})
	return a, err
}

// Alike answers who may be the same person.
func (r *Reader) Alike(ctx context.Context, c community.ID, p community.PersonID) (a api.AlikeAnswer, err error) {
	a.People = []api.AlikeLine{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		k, err := r.who(ctx, q, c, p)
		if err != nil {
			return err
		}
		list, err := peopledb.Suggest(ctx, q, c, k.links, k.ids)
		if err != nil {
			return err
		}
		for _, is := range list[:min(len(list), 20)] {
			if apart, err := peopledb.Apart(ctx, q, c, []community.PersonID{k.person, is.Person}); err != nil || apart > 0 {
				if err != nil {
					return err
				}
				continue
			}
			names, err := store.Identities(ctx, q, c, []community.IdentityID{community.IdentityID(is.Person)})
			if err != nil {
				return err
			}
			sums, err := peopledb.SumsOf(ctx, q, c, is.Person)
			if err != nil {
				return err
			}
			a.People = append(a.People, api.AlikeLine{Person: is.Person, Name: displayName(names[community.IdentityID(is.Person)]), Reason: is.Reason,
				Detail: is.Detail, Groups: is.Groups, Messages: sums.Messages})
		}
		return nil
	})
	return a, err
}

// Tags answers the tags in use.
func (r *Reader) Tags(ctx context.Context, c community.ID) (a api.TagsAnswer, err error) {
	a.Tags = []api.TagLine{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		links, err := insightdb.LinksNow(ctx, q, c)
		if err != nil {
			return err
		}
		list, err := peopledb.AllTags(ctx, q, c, links)
		for _, t := range list {
			a.Tags = append(a.Tags, api.TagLine{Tag: t.Tag, People: t.People})
		}
		return err
	})
	return a, err
}

// Collect answers everything that the log and the views hold of a person.
func (r *Reader) Collect(ctx context.Context, c community.ID, p community.PersonID) (all api.PersonExport, err error) {
	all = api.PersonExport{MadeAt: r.Now().UnixMilli(), IDs: []api.OutsideID{}, Events: []api.PersonEvent{}}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		k, err := r.who(ctx, q, c, p)
		if err != nil {
			return err
		}
		if all.Person, err = r.personView(ctx, q, c, &k); err != nil {
			return err
		}
		for _, id := range k.ids {
			if is := k.identities[id]; is.Group == 0 && is.Outside != "" {
				all.IDs = append(all.IDs, api.OutsideID{Network: string(is.Network), ID: is.Outside})
			}
		}
		names := map[community.GroupID]string{}
		for _, g := range all.Person.Groups {
			names[g.Group] = g.Name
		}
		return peopledb.EachEvent(ctx, q, c, k.ids, func(e *community.Event) error {
			v := api.PersonEvent{At: e.At.UnixMilli(), Kind: string(e.Kind), Group: e.Group, Name: names[e.Group], Content: string(e.Content)}
			if e.Body != nil {
				v.Called, v.Text = e.Body.Name, e.Body.Text
			}
			all.Events = append(all.Events, v)
			return nil
		})
	})
	return all, err
}
