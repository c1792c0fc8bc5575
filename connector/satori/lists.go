package satori

import (
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Bounds of lists.
const (
	mostMembers = 100_000
	mostGroups  = 10_000
	mostHistory = 100_000 // messages read back of one group at once
	pageSize    = 100
	emitSize    = 256
)

// Members lists a group's guild.
func (a *account) Members(ctx context.Context, group string) ([]connector.Member, error) {
	g, _ := placeOf(group)
	all, err := list[member](ctx, a, memberList, params{"guild_id": g}, mostMembers)
	if err != nil {
		return nil, err
	}
	out := make([]connector.Member, 0, len(all))
	for i := range all {
		e := event{Member: &all[i]}
		if m, _ := e.people(); m.ID != "" {
			out = append(out, m)
		}
	}
	if len(out) == 0 { // our own account would be there
		return nil, community.Errorf(community.NotFound, "the gateway lists nobody in group %q", group)
	}
	return out, nil
}

// Groups lists the channels of every guild that the login is in.
func (a *account) Groups(ctx context.Context) ([]connector.Group, error) {
	guilds, err := list[guild](ctx, a, guildList, params{}, mostGuilds)
	if err != nil {
		return nil, err
	}
	var out []connector.Group
	for _, g := range guilds {
		channels, err := a.channels(ctx, g.ID)
		if err != nil && community.CodeOf(err) != community.Unsupported {
			return nil, err
		}
		if len(channels) == 0 { // the guild is its one channel
			channels = []channel{{ID: g.ID}}
		}
		for _, c := range channels {
			if c.ID == "" || c.Type == directChannel || c.Type == categoryChannel || len(out) >= mostGroups {
				continue
			}
			a.rooms.see(g.ID, c.ID)
			out = append(out, connector.Group{ID: groupID(g.ID, c.ID), Name: nameOf(g.Name, c.Name, g.ID == c.ID)})
		}
	}
	return out, nil
}

// channels of a guild.
func (a *account) channels(ctx context.Context, g id) ([]channel, error) {
	return list[channel](ctx, a, channelList, params{"guild_id": g}, mostChannels)
}

// Backfill reads the channel's messages back, newest page first as gateways give
// them, and emits them oldest first.
func (a *account) Backfill(ctx context.Context, group string, from, to time.Time, emit connector.Emit) error {
	found, err := a.history(ctx, group, from, to)
	if err != nil {
		return err
	}
	slices.SortStableFunc(found, func(x, y connector.Observation) int { return x.At.Compare(y.At) })
	for part := range slices.Chunk(found, emitSize) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := emit(ctx, part...); err != nil {
			return err
		}
	}
	return nil
}

// history collects the messages of [from, to).
func (a *account) history(ctx context.Context, group string, from, to time.Time) ([]connector.Observation, error) {
	g, c := placeOf(group)
	self := a.login()
	var found []connector.Observation
	seen := map[id]bool{}
	p := params{"channel_id": c, "direction": "before", "limit": pageSize, "order": "asc"}
	for range mostPages {
		var x page[message]
		if err := a.call(ctx, messageList, p, &x); err != nil {
			return nil, certain(err)
		}
		older, fresh := false, false // reached what is before from; the page held something new
		for i := range x.Data {
			m := &x.Data[i]
			if m.CreatedAt.millis().IsZero() { // where it belongs, nobody knows
				return nil, community.Errorf(community.Unsupported, "the gateway lists messages without their times")
			}
			if m.ID == "" || seen[m.ID] {
				continue
			}
			seen[m.ID], fresh = true, true
			at := m.CreatedAt.millis()
			older = older || at.Before(from)
			if at.Before(from) || !at.Before(to) {
				continue
			}
			if o, ok := a.listed(m, g, c, self); ok {
				found = append(found, o)
			}
		}
		next := first(x.Prev, x.Next) // older gateways have lists that go one way only
		if older || !fresh || next == "" || next == p["next"] {
			return found, nil
		}
		if len(found) > mostHistory {
			break
		}
		p["next"] = next
	}
	return nil, community.Errorf(community.Invalid, "there are more messages in that time than can be read back at once").WithHint("read back a shorter time")
}

// listed makes of a listed message what it was live.
func (a *account) listed(m *message, g, c id, self login) (connector.Observation, bool) {
	e := event{Type: "message-created", Timestamp: m.CreatedAt, Message: m, Guild: &guild{ID: g}, Channel: &channel{ID: c}}
	e.said = read(m.Content)
	if e.said.odd {
		e.raw = []byte(m.Content[:min(len(m.Content), mostRaw)])
	}
	m.Channel, m.Guild = nil, nil
	e.merge(m)
	o := connector.Observation{Kind: community.MessagePosted, Group: groupID(g, c), At: m.CreatedAt.millis(), Data: map[string]string{"platform": self.Platform}}
	o.Sender, _ = e.people()
	o.FromUs = isUs(self, &e)
	return o, fillMessage(&o, &e, a.own)
}
