package wechaty

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

// Bounds of what is remembered of a gateway's people and rooms, and of one room.
const (
	mostPeople  = 60_000
	mostRooms   = 10_000
	mostMembers = 2_000
)

// WeChat's own limits: of a group, and the size up to which every member may
// rename it.
const (
	groupLimit  = 500
	renameLimit = 100
)

// callLimit is how long one call of the gateway may take.
const callLimit = 10 * time.Second

// room is what is known of one group.
type room struct {
	topic, owner string
	admins       []string
	members      int
}

// runs says whether somebody is the owner or an administrator.
func (r room) runs(contact string) bool {
	return contact != "" && (r.owner == contact || slices.Contains(r.admins, contact))
}

// seat is a contact in a room; room "" is the contact itself.
type seat struct{ room, contact string }

// names remembers what contacts and rooms are called. It is safe for concurrent
// use.
type names struct {
	now    func() time.Time
	mu     sync.Mutex
	people *cache[seat, string]
	rooms  *cache[string, room]
}

func newNames(now func() time.Time) *names {
	return &names{now: now, people: newCache[seat, string](mostPeople), rooms: newCache[string, room](mostRooms)}
}

// expire makes everything be read again.
func (n *names) expire() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.people.expire(func(seat) bool { return true })
	n.rooms.expire(func(string) bool { return true })
}

func (n *names) expireRoom(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rooms.expire(func(r string) bool { return r == id })
}

// Kinds of payloads that a gateway calls dirty.
const (
	dirtyContact = 2
	dirtyRoom    = 3
	dirtyMember  = 4
)

// dirty makes be read again what the gateway says has changed. Gateways name a
// member in ways of their own, by either ID or by both in one.
func (n *names) dirty(kind int, id string) {
	if id == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch kind {
	case dirtyContact:
		n.people.expire(func(s seat) bool { return s.contact == id })
	case dirtyRoom:
		n.rooms.expire(func(r string) bool { return r == id })
	case dirtyMember:
		n.people.expire(func(s seat) bool {
			return s.contact == id || s.room == id || strings.Contains(id, s.contact) && strings.Contains(id, s.room)
		})
	}
}

func (n *names) person(s seat) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.people.get(s, n.now())
}

func (n *names) setPerson(s seat, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.people.put(s, name, n.now())
}

func (n *names) room(id string) (room, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rooms.get(id, n.now())
}

// known is what was last known of a room.
func (n *names) known(id string) (room, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rooms.peek(id)
}

func (n *names) setRoom(id string, r room) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rooms.put(id, r, n.now())
}

// directory asks a gateway for names and remembers the answers.
type directory struct {
	client puppet.PuppetClient
	names  *names
}

// member finds what somebody is called in a room: the name they took there, else
// their own. Who cannot be found keeps the ID alone.
func (d directory) member(ctx context.Context, roomID, id string) connector.Member {
	m := connector.Member{ID: cut(id, mostID)}
	if id == "" {
		return m
	}
	if roomID == "" {
		m.Name = d.contact(ctx, id)
		return m
	}
	s := seat{roomID, id}
	if name, ok := d.names.person(s); ok {
		m.Name = name
		return m
	}
	ask, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	p, err := d.client.RoomMemberPayload(ask, &puppet.RoomMemberPayloadRequest{Id: roomID, MemberId: id})
	if err == nil {
		m.Name = clean(first(p.GetRoomAlias(), p.GetName()), mostName)
	}
	if m.Name == "" {
		m.Name = d.contact(ctx, id)
	}
	if m.Name != "" {
		d.names.setPerson(s, m.Name)
	}
	return m
}

// contact finds what somebody calls themselves.
func (d directory) contact(ctx context.Context, id string) string {
	s := seat{contact: id}
	if name, ok := d.names.person(s); ok {
		return name
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	p, err := d.client.ContactPayload(ctx, &puppet.ContactPayloadRequest{Id: id})
	name := clean(p.GetName(), mostName)
	if err == nil && name != "" {
		d.names.setPerson(s, name)
	}
	return name
}

// room finds what is known of a room.
func (d directory) room(ctx context.Context, id string) (room, error) {
	if r, ok := d.names.room(id); ok {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	p, err := d.client.RoomPayload(ctx, &puppet.RoomPayloadRequest{Id: id})
	if err != nil {
		return room{}, err
	}
	r := room{topic: clean(p.GetTopic(), mostName), owner: p.GetOwnerId(), admins: p.GetAdminIds(), members: len(p.GetMemberIds())}
	d.names.setRoom(id, r)
	return r, nil
}

// topic is what a room is called, or "".
func (d directory) topic(ctx context.Context, id string) string {
	r, err := d.room(ctx, id)
	if err != nil {
		return ""
	}
	return r.topic
}

// rooms lists the rooms' IDs.
func (d directory) rooms(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	list, err := d.client.RoomList(ctx, &puppet.RoomListRequest{})
	if err != nil {
		return nil, err
	}
	ids := list.GetIds()
	return ids[:min(len(ids), mostRooms)], nil
}

// each asks for many things, a few at a time.
func each[T any](ctx context.Context, in []T, do func(ctx context.Context, i int, x T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i, x := range in {
		group.Go(func() error { return do(ctx, i, x) })
	}
	return group.Wait()
}

// Groups lists the groups that the account is in. A group of which the gateway
// knows nothing more has its ID alone.
func (a *account) Groups(ctx context.Context) ([]connector.Group, error) {
	d, err := a.directory()
	if err != nil {
		return nil, err
	}
	ids, err := d.rooms(ctx)
	if err != nil {
		return nil, a.gateway.failure(err, nil)
	}
	list := make([]connector.Group, len(ids))
	err = each(ctx, ids, func(ctx context.Context, i int, id string) error {
		list[i] = connector.Group{ID: id}
		r, err := d.room(ctx, id)
		switch {
		case ended(ctx):
			return ctx.Err()
		case err != nil:
			return nil //nolint:nilerr // the group is there, only its name is not known
		}
		list[i].Name, list[i].Members = r.topic, r.members
		if r.owner != "" {
			list[i].Owner = d.member(ctx, id, r.owner)
		}
		return nil
	})
	if err != nil {
		return nil, a.gateway.failure(err, nil)
	}
	return list, nil
}

// Members lists a group's members with the names they have there.
func (a *account) Members(ctx context.Context, group string) ([]connector.Member, error) {
	d, err := a.directory()
	if err != nil {
		return nil, err
	}
	if err := a.inside(ctx, d, group); err != nil {
		return nil, err
	}
	ask, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	answer, err := d.client.RoomMemberList(ask, &puppet.RoomMemberListRequest{Id: group})
	if err != nil {
		return nil, a.gateway.failure(err, nil)
	}
	ids := answer.GetMemberIds()
	ids = ids[:min(len(ids), mostMembers)]
	list := make([]connector.Member, len(ids))
	err = each(ctx, ids, func(ctx context.Context, i int, id string) error {
		list[i] = d.member(ctx, group, id)
		return ctx.Err()
	})
	if err != nil {
		return nil, a.gateway.failure(err, nil)
	}
	return list, nil
}

// inside makes sure that the account is in a group. A gateway answers for rooms
// that it does not have with errors of its own, so its list is asked as well.
func (a *account) inside(ctx context.Context, d directory, group string) error {
	if group == "" {
		return community.Errorf(community.Unsupported, "a talk with one person is no group")
	}
	_, err := d.room(ctx, group)
	if err == nil {
		return nil
	}
	failed := a.gateway.failure(err, nil)
	if community.CodeOf(failed) == community.Unavailable {
		return failed
	}
	ids, err := d.rooms(ctx)
	if err != nil {
		return a.gateway.failure(err, nil)
	}
	if slices.Contains(ids, group) {
		return failed
	}
	return community.Errorf(community.NotFound, "the account is in no group %q", cut(group, mostID))
}

// Capabilities of a group: nobody mutes, nobody takes back what another wrote, and
// nothing is read back; who is neither
// owner nor administrator leaves removing and announcing to a person. Of a group
// that was not read yet the most is said that the account could have there: each
// act looks for itself. Group "" is a talk with one person, where invitations
// are answered too.
func (a *account) Capabilities(group string) connector.Capabilities {
	m := connector.Machine
	c := connector.Capabilities{Read: m, Send: m, Recall: connector.Nobody, RecallOwn: m, Echoes: true, SendsPerMin: perGroup,
		Mute: connector.Nobody, MuteAll: connector.Nobody, Backfill: connector.Nobody}
	if group == "" {
		c.Approve = m
		return c
	}
	c.Joins, c.Members, c.Invite, c.MemberLimit, c.Approve = m, m, m, groupLimit, connector.Human
	c.Remove, c.Announce, c.Rename = m, m, m
	r, ok := a.names.known(group)
	if !ok {
		return c
	}
	if !r.runs(a.self()) {
		c.Remove, c.Announce = connector.Human, connector.Human
		if r.members > renameLimit {
			c.Rename = connector.Human
		}
	}
	return c
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}
