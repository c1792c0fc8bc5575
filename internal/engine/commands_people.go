package engine

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"qunying/community"
	"qunying/internal/members"
	"qunying/internal/store"
	peopledb "qunying/internal/store/people"
)

func (d *decider) kinOf(p community.PersonID) ([]community.IdentityID, error) {
	return append([]community.IdentityID{community.IdentityID(p)}, d.kin[p]...), nil
}

type linked struct {
	Person community.PersonID `json:"person"`
}

// mustKnow refuses identities that nobody has yet: whoever came to be numbered so
// would be somebody else's.
func mustKnow(ctx context.Context, q store.Querier, ev *community.Event) error {
	known, err := store.Identities(ctx, q, ev.Community, ev.Targets)
	for _, id := range ev.Targets {
		if _, ok := known[id]; err == nil && !ok {
			return community.Errorf(community.NotFound, "there is no identity %d", id)
		}
	}
	return err
}

func (d *decider) merge(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	if err := mustKnow(ctx, q, ev); err != nil {
		return nil, err
	}
	var persons []community.PersonID
	for _, id := range ev.Targets {
		persons = append(persons, d.links.Person(id))
	}
	person, links, err := members.Merge(persons, d.kinOf)
	if err != nil {
		return nil, err
	}
	d.link(ev, links, fx)
	return linked{person}, nil
}

func (d *decider) split(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	if len(ev.Targets) != 1 {
		return nil, community.Errorf(community.Invalid, "a split takes one identity")
	}
	if err := mustKnow(ctx, q, ev); err != nil {
		return nil, err
	}
	id := ev.Targets[0]
	links, err := members.Split(id, d.links.Person(id), d.kinOf)
	if err != nil {
		return nil, err
	}
	d.link(ev, links, fx)
	return linked{community.PersonID(id)}, nil
}

// undo brings back who was who before a merge or split, which is named by its command
// or by what this brought about.
func (d *decider) undo(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	of, err := strconv.ParseInt(ev.Body.Data["seq"], 10, 64)
	if err != nil {
		return nil, community.Errorf(community.Invalid, "it is not said what is undone")
	}
	at, err := store.SeqOf(ctx, q, ev.Community, linkedKey(community.Seq(of)))
	if err != nil {
		return nil, err
	}
	if at == 0 {
		at = community.Seq(of)
	}
	before, err := store.LinksBefore(ctx, q, ev.Community, at)
	if err != nil {
		return nil, err
	}
	if len(before) == 0 {
		return nil, community.Errorf(community.NotFound, "event %d merged or split nobody", of)
	}
	links := make([]members.Link, len(before))
	for i, l := range before {
		links[i] = members.Link{Identity: l.Identity, Person: l.Before}
		if l.Now != l.To {
			return nil, community.Errorf(community.Conflict, "the same people were merged or split otherwise since").WithHint("undo that first")
		}
	}
	if err := members.Restore(links, d.kinOf); err != nil {
		return nil, err
	}
	d.link(ev, links, fx)
	return linked{links[0].Person}, nil
}

// tag puts tags on a person, and takes others off all of their identities.
func (e *Engine) tag(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) (any, error) {
	change, err := tagsIn(ev)
	if err != nil {
		return nil, err
	}
	if len(ev.Targets) != 1 {
		return nil, community.Errorf(community.Invalid, "tags are put on one person")
	}
	if err := mustKnow(ctx, q, ev); err != nil {
		return nil, err
	}
	person := d.links.Person(ev.Targets[0])
	kin, err := d.kinOf(person)
	if err != nil {
		return nil, err
	}
	fx.finish = func(tx *store.Tx) (any, error) {
		has, err := peopledb.Tags(ctx, tx, ev.Community, kin)
		if err != nil {
			return nil, err
		}
		before, after := map[string]bool{}, map[string]bool{}
		var records []peopledb.TagChange
		for id, tags := range has {
			for _, tag := range tags {
				before[tag] = true
				if after[tag] = !slices.Contains(change.Take, tag); !after[tag] {
					delete(after, tag)
					records = append(records, peopledb.TagChange{Identity: id, Tag: tag})
				}
			}
		}
		for _, tag := range change.Put {
			if after[tag] = true; !before[tag] {
				records = append(records, peopledb.TagChange{Identity: community.IdentityID(person), Tag: tag, Put: true})
			}
		}
		if len(after) > mostTagsOfOne { // before anything is written
			return nil, community.Errorf(community.Invalid, "a person has at most %d tags", mostTagsOfOne).WithHint("take some off first")
		}
		for _, r := range records {
			r.Staff, r.At = staffOf(ev), ev.LoggedAt.UnixMilli()
			if err := peopledb.RecordTag(tx, ev.Community, ev.Seq, r); err != nil {
				return nil, err
			}
		}
		tx.AfterCommit(func() { e.changes.send(Change{Community: ev.Community, What: "people"}) })
		return linked{person}, auditPerson(tx, ev, "person.tag", person, slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
	}
	return linked{person}, nil
}

const mostTagsOfOne = 50

func tagBody(t members.TagChange, data map[string]string) error {
	t, err := t.Check()
	if err != nil {
		return err
	}
	for name, tags := range map[string][]string{"put": t.Put, "take": t.Take} {
		if len(tags) > 0 {
			if data[name], err = jsonText(tags); err != nil {
				return err
			}
		}
	}
	return nil
}

func tagsIn(ev *community.Event) (t members.TagChange, err error) {
	for name, into := range map[string]*[]string{"put": &t.Put, "take": &t.Take} {
		if text := ev.Body.Data[name]; text != "" {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				return t, community.Errorf(community.Invalid, "the tags cannot be read")
			}
		}
	}
	return t.Check()
}

func auditPerson(tx *store.Tx, ev *community.Event, act string, p community.PersonID, before, after any) error {
	was, err := jsonText(before)
	if err != nil {
		return err
	}
	is, err := jsonText(after)
	if err != nil {
		return err
	}
	return tx.Audit(ev.Community, staffOf(ev), ev.LoggedAt.UnixMilli(), act, "person/"+decimal(int64(p)), was, is)
}

// link records links, tells the views through a derived event, and the audit log
// whose each identity was and is.
func (d *decider) link(ev *community.Event, links []members.Link, fx *effects) {
	var targets []community.IdentityID
	before, after := map[community.IdentityID]community.PersonID{}, map[community.IdentityID]community.PersonID{}
	for _, l := range links {
		fx.links = append(fx.links, link{l.Identity, l.Person})
		targets = append(targets, l.Identity)
		before[l.Identity], after[l.Identity] = d.links.Person(l.Identity), l.Person
	}
	fx.derived = append(fx.derived, store.Draft{Event: community.Event{
		Key: linkedKey(ev.Seq), Kind: community.PersonLinked, At: ev.LoggedAt, Source: "decide", Targets: targets,
	}})
	also := fx.also
	fx.also = func(tx *store.Tx) error {
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return auditPerson(tx, ev, string(ev.Kind), links[0].Person, before, after)
	}
}

// linkedKey is that of what a merge or split brought about.
func linkedKey(command community.Seq) community.Key {
	return community.KeyParts{Kind: community.PersonLinked, Network: "staff", ID: decimal(int64(command))}.Key()
}
