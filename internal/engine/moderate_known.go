package engine

import (
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// mostMembers bounds how many members are remembered.
const mostMembers = 100_000

// memberFacts is what is known of who writes.
type memberFacts struct {
	joined, first, last time.Time
	messages            int64
	named               bool // the name was looked at
}

// newName says that a name has to be looked at with a message: nobody told when
// they came in, and it is the first that is heard from them. It may be counted
// already.
func (m *memberFacts) newName(at time.Time) bool {
	return !m.named && m.joined.IsZero() && (m.messages == 0 || m.messages == 1 && m.last.Equal(at))
}

// meet reads about whom a batch is, all at once and outside of decide's
// transaction: who is remembered costs nothing, and one at a time the others
// would hold the database's one writer for most of it.
func (d *decider) meet(ctx context.Context, q store.Querier, c community.ID, events []community.Event) error {
	var groups []community.GroupID
	var seats []cases.Seat
	var people []community.IdentityID
	for i := range events {
		ev := &events[i]
		if ev.Group == 0 || ev.Identity == 0 || ev.Origin == community.History || !judged(ev.Kind) || ev.Flags&community.FromUs != 0 {
			continue
		}
		groups = append(groups, ev.Group)
		if seat := (cases.Seat{Group: ev.Group, Identity: ev.Identity}); d.docket.members[seat] == nil {
			seats = append(seats, seat)
		}
		if _, known := d.docket.staff[ev.Identity]; !known {
			people = append(people, ev.Identity)
		}
	}
	slices.Sort(groups)
	var err error
	if d.groups, err = store.GroupsByID(ctx, q, c, slices.Compact(groups)); err != nil {
		return err
	}
	for id, g := range d.groups {
		if d.zones[id] == nil {
			d.zones[id] = g.Zone
		}
	}
	if err := d.meetStaff(ctx, q, c, people); err != nil {
		return err
	}
	return d.meetMembers(ctx, q, c, seats)
}

func (d *decider) meetMembers(ctx context.Context, q store.Querier, c community.ID, seats []cases.Seat) error {
	if len(seats) == 0 {
		return nil
	}
	if len(d.docket.members)+len(seats) > mostMembers {
		clear(d.docket.members)
	}
	known, err := cases.Memberships(ctx, q, c, seats)
	for seat, m := range known {
		d.docket.members[seat] = &memberFacts{joined: m.JoinedAt, first: m.FirstAt, last: m.LastAt, messages: m.Messages}
	}
	return err
}

func (d *decider) meetStaff(ctx context.Context, q store.Querier, c community.ID, people []community.IdentityID) error {
	if len(people) == 0 {
		return nil
	}
	reach, err := d.reachOfStaff(ctx, q, c)
	if err != nil {
		return err
	}
	var who map[community.IdentityID]store.Identity
	if len(reach) > 0 {
		if who, err = store.Identities(ctx, q, c, people); err != nil {
			return err
		}
	}
	if len(d.docket.staff)+len(people) > mostMembers {
		clear(d.docket.staff)
	}
	for _, id := range people {
		author := who[id]
		d.docket.staff[id] = author.Group == 0 && author.Outside != "" && slices.Contains(reach[author.Network], author.Outside)
	}
	return nil
}

// reachOfStaff is under which IDs those who work for us go on networks.
func (d *decider) reachOfStaff(ctx context.Context, q store.Querier, c community.ID) (map[community.Network][]string, error) {
	if d.docket.reach != nil {
		return d.docket.reach, nil
	}
	list, err := store.SettingsUnder(ctx, q, c, ContactKey)
	if err != nil {
		return nil, err
	}
	reach := map[community.Network][]string{}
	for _, s := range list {
		for n, id := range contactIn(d.sealer, c, s) {
			if id != "" {
				reach[n] = append(reach[n], id)
			}
		}
	}
	d.docket.reach = reach
	return reach, nil
}

// groupOf is the group of an event.
func (d *decider) groupOf(ctx context.Context, q store.Querier, ev *community.Event) (community.Group, error) {
	if g, ok := d.groups[ev.Group]; ok {
		return g, nil
	}
	return store.Group(ctx, q, ev.Community, ev.Group)
}

// member is what is known of who wrote it, before this event.
func (d *decider) member(ctx context.Context, q store.Querier, ev *community.Event) (*memberFacts, error) {
	seat := cases.Seat{Group: ev.Group, Identity: ev.Identity}
	if d.docket.members[seat] == nil {
		if _, err := d.scene(ctx, q, ev); err != nil { // knows the zone from now on
			return nil, err
		}
		if err := d.meetMembers(ctx, q, ev.Community, []cases.Seat{seat}); err != nil {
			return nil, err
		}
	}
	return d.docket.members[seat], nil
}

// isStaff says whether a message is ours: of an account, or of somebody who works
// for us.
func (d *decider) isStaff(ctx context.Context, q store.Querier, ev *community.Event) (bool, error) {
	if ev.Flags&community.FromUs != 0 {
		return true, nil
	}
	if _, known := d.docket.staff[ev.Identity]; !known {
		if err := d.meetStaff(ctx, q, ev.Community, []community.IdentityID{ev.Identity}); err != nil {
			return false, err
		}
	}
	return d.docket.staff[ev.Identity], nil
}
