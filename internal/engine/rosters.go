package engine

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/transcript"
)

// RosterInput is a member list (花名册) that somebody brings.
type RosterInput struct {
	Group   community.GroupID
	At      time.Time // when it was taken; zero means now
	Members []transcript.Member
	Apply   bool // false: only say what it would change
}

// RosterResult says what a member list changes.
type RosterResult struct {
	Members []string // names
	Joined  []string // on the list, and not known to be in the group
	Left    []string // known to be in the group, and not on the list
	First   bool     // no list was known before: nobody joined or left
	Applied bool
}

// Roster compares a member list with who is known to be in the group and, if
// asked, puts it into the log. The same list of the same time again adds nothing.
// Joins and leaves between two lists are worked out by the views, so that lists
// may be brought in any order.
func (e *Engine) Roster(ctx context.Context, c community.ID, in RosterInput) (RosterResult, error) {
	now := e.now().Truncate(time.Second)
	if in.At.IsZero() {
		in.At = now
	}
	if in.At.After(now.Add(time.Minute)) {
		return RosterResult{}, community.Errorf(community.Invalid, "the member list is from the future").WithHint("give the time at which it was taken")
	}
	if len(in.Members) == 0 {
		return RosterResult{}, community.Errorf(community.Invalid, "the member list is empty").WithHint("one name a line, or a table with a column of names")
	}
	r := RosterResult{}
	var g community.Group
	targets := make([]store.Outside, 0, len(in.Members))
	if err := e.db.Read(ctx, func(q store.Querier) error {
		var err error
		if g, err = store.Group(ctx, q, c, in.Group); err != nil {
			return err
		}
		byName, err := insightdb.Named(ctx, q, c, in.Group)
		if err != nil {
			return err
		}
		present, known, err := insightdb.Present(ctx, q, c, in.Group, community.DayOf(in.At, g.Zone))
		if err != nil {
			return err
		}
		r.First = !known
		listed := roaring.New()
		for _, m := range in.Members {
			o, id, err := whoIs(ctx, q, c, &g, byName, m)
			if err != nil {
				return err
			}
			targets, r.Members = append(targets, o), append(r.Members, cmp.Or(m.Name, m.ID))
			if known && (id == 0 || !present.Contains(uint32(id))) {
				r.Joined = append(r.Joined, cmp.Or(m.Name, m.ID))
			}
			if id != 0 {
				listed.Add(uint32(id))
			}
		}
		if !known {
			return nil
		}
		gone := roaring.AndNot(present, listed).ToArray()
		ids := make([]community.IdentityID, len(gone))
		for i, id := range gone {
			ids[i] = community.IdentityID(id)
		}
		names, err := store.Identities(ctx, q, c, ids)
		for _, id := range ids {
			r.Left = append(r.Left, cmp.Or(names[id].Name, names[id].Outside))
		}
		return err
	}); err != nil || !in.Apply {
		return r, err
	}
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = outsideKey(t)
	}
	_, err := e.db.Append(ctx, c, store.Draft{Network: g.Network, Group: g.OutsideID, Targets: targets, Event: community.Event{
		Key: community.KeyParts{Kind: community.RosterTaken, Network: g.Network, Group: g.OutsideID, At: in.At,
			Content: strings.Join(names, "\x00")}.Key(),
		Kind: community.RosterTaken, Origin: community.History, At: in.At, Source: "roster",
		Body: &community.Body{Data: map[string]string{"members": strconv.Itoa(len(targets))}},
	}})
	r.Applied = err == nil
	return r, err
}

// whoIs finds who is meant by a line of a member list: by ID where there is one,
// otherwise by the name, if exactly one member of the group goes by it.
func whoIs(ctx context.Context, q store.Querier, c community.ID, g *community.Group, byName map[string][]store.Identity, m transcript.Member) (store.Outside, community.IdentityID, error) {
	if m.ID != "" {
		id, err := store.IdentityByOutside(ctx, q, c, g.Network, 0, m.ID)
		return store.Outside{ID: m.ID, Name: m.Name}, id, err
	}
	if same := byName[m.Name]; len(same) == 1 {
		if same[0].Group == 0 {
			return store.Outside{ID: same[0].Outside, Name: m.Name}, same[0].ID, nil
		}
		return store.Outside{Name: same[0].Outside}, same[0].ID, nil
	}
	id, err := store.IdentityByOutside(ctx, q, c, g.Network, g.ID, m.Name)
	return store.Outside{Name: m.Name}, id, err
}

// GroupNamed finds the group that people call by a name, or makes one for a
// member list that is the first thing known of it.
func (e *Engine) GroupNamed(ctx context.Context, c community.ID, name string, zone *time.Location) (community.GroupID, error) {
	var found []community.Group
	if err := e.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Groups(ctx, q, c)
		for _, g := range list {
			if g.Name == name || g.OutsideID == name {
				found = append(found, g)
			}
		}
		return err
	}); err != nil {
		return 0, err
	}
	switch len(found) {
	case 1:
		return found[0].ID, nil
	case 0:
		return e.db.AddGroup(ctx, c, transcript.Import, name, zone)
	}
	return 0, community.Errorf(community.Conflict, "%d groups are called %q", len(found), name).WithHint("rename one, or use the console, where the group can be chosen")
}
