package wecom

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// chat is what was known of a group when it was last read.
type chat struct {
	name, notice, owner string
	joined              map[string]int64 // members, and when they joined in Unix seconds
}

// joinsWithin bounds the joins that are told of a group that is read for the first
// time since we started: they were told before, mostly, and have the same keys.
const joinsWithin = 31 * 24 * time.Hour

// work reads groups until ctx ends.
func (a *Account) work(r *run) {
	pause := wire.Pause{First: time.Second, Most: time.Minute}
	for {
		group, changes, tries, ok := a.queue.next(r.ctx)
		if !ok {
			return
		}
		again, err := a.look(r, group, changes)
		a.queue.done(group)
		switch {
		case r.ctx.Err() != nil:
			a.queue.add(group, len(changes) > 0, tries, changes...) // for the next Run
			return
		case err != nil && (community.CodeOf(err) == community.Unavailable || settings(err)):
			a.queue.add(group, len(changes) > 0, tries, changes...)
			if pause.Wait(r.ctx) != nil {
				return
			}
			continue
		case err == nil && again && tries < len(a.settle):
			// Details lag behind calls.
			time.AfterFunc(a.settle[tries], func() { a.queue.add(group, true, tries+1, changes...) })
		}
		pause.Reset()
		// A corporation has ten thousand calls a minute, and other uses for them.
		if len(changes) == 0 && !rest(r.ctx, pace) {
			return
		}
	}
}

// look reads a group and emits what is different. again says that it did not show
// what calls told.
func (a *Account) look(r *run, group string, changes []change) (again bool, err error) {
	g, err := a.details(r.ctx, group)
	if err != nil && community.CodeOf(err) != community.NotFound {
		select {
		case r.doubt <- struct{}{}:
		default:
		}
	}
	a.mu.Lock()
	before := a.chats[group]
	a.mu.Unlock()
	now := a.now().UTC().Truncate(time.Millisecond)
	if community.CodeOf(err) == community.NotFound {
		if before != nil {
			o := connector.Observation{Kind: community.GroupGone, Group: group, At: now, Data: details("why", "gone", "time", "inferred")}
			if err := a.put(r.ctx, r, o); err != nil {
				return false, err
			}
			a.forget(group)
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	seen := compare(before, g, changes, now)
	if len(seen) > 0 {
		if err := a.put(r.ctx, r, seen...); err != nil {
			return false, err
		}
	}
	a.mu.Lock()
	a.chats[group] = remember(g)
	a.mu.Unlock()
	if len(changes) == 0 {
		return false, nil
	}
	told := changes[len(changes)-1]
	if told.version != "" {
		return told.version != g.Version, nil
	}
	return before == nil || len(seen) == 0, nil
}

// remember keeps of a group what the next reading is compared with.
func remember(g GroupChat) *chat {
	c := &chat{name: g.Name, notice: g.Notice, owner: g.Owner, joined: make(map[string]int64, len(g.Members))}
	for _, m := range g.Members {
		c.joined[m.ID] = m.JoinTime
	}
	return c
}

// details reads a group of either kind.
func (a *Account) details(ctx context.Context, group string) (GroupChat, error) {
	if customerGroup(group) {
		return a.client.GroupChat(ctx, group)
	}
	app, err := a.client.AppChat(ctx, group)
	g := GroupChat{ID: group, Name: app.Name, Owner: app.Owner}
	for _, id := range app.Members {
		g.Members = append(g.Members, ChatMember{ID: id, Type: 1})
	}
	return g, err
}

// compare tells what became of a group since it was last read; before is nil if it
// was not. changes, oldest first, are what calls told of it meanwhile.
func compare(before *chat, g GroupChat, changes []change, now time.Time) []connector.Observation {
	d := difference{g: g, changes: changes, now: now}
	here := make(map[string]bool, len(g.Members))
	for _, m := range g.Members {
		here[m.ID] = true
		joined := fromSeconds(m.JoinTime)
		switch {
		case before == nil && now.Sub(joined) > joinsWithin:
		case before != nil && before.joined[m.ID] == m.JoinTime && known(before, m.ID):
		default:
			d.join(m, joined)
		}
	}
	if before == nil {
		for _, c := range changes {
			for _, id := range c.who {
				if c.detail == "del_member" && !here[id] {
					d.left(id)
				}
			}
		}
		d.sort()
		return append(d.out, d.roster())
	}
	for id := range before.joined {
		if !here[id] {
			d.left(id)
		}
	}
	d.settings(before)
	d.sort()
	if d.timeless {
		d.out = append(d.out, d.roster())
	}
	return d.out
}

func known(before *chat, id string) bool {
	_, ok := before.joined[id]
	return ok
}

// difference collects what is told of one group.
type difference struct {
	g       GroupChat
	changes []change
	now     time.Time
	out     []connector.Observation
	// timeless says that somebody came and nobody tells when.
	timeless bool
}

// sort puts what is told into the order in which it happened.
func (d *difference) sort() {
	slices.SortFunc(d.out, func(a, b connector.Observation) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
}

func (d *difference) tell(kind community.Kind, at time.Time, o connector.Observation) {
	o.Kind, o.At, o.Group, o.GroupName = kind, at, d.g.ID, d.g.Name
	d.out = append(d.out, o)
}

// join tells that a member came. Members of groups that the app created have no time
// of joining: who is new there is in the roster only.
func (d *difference) join(m ChatMember, at time.Time) {
	if at.IsZero() {
		d.timeless = true
		return
	}
	way := map[int]string{1: "invite", 2: "link", 3: "qrcode"}[m.Scene]
	d.tell(community.MemberJoined, at, connector.Observation{
		ID:       "join/" + d.g.ID + "/" + m.ID + "/" + strconv.FormatInt(m.JoinTime, 10),
		Sender:   connector.Member{ID: m.ID, Name: m.called()},
		Operator: connector.Member{ID: m.Invitor.UserID},
		Data:     details("way", way, "state", m.State, "unionid", m.UnionID, "type", map[int]string{1: "staff", 2: "customer"}[m.Type]),
	})
}

// when finds the call that told of something: the one that names the member, else the
// newest of that sort. Without one the time is that of our finding out.
func (d *difference) when(detail, member string) (c change, told bool) {
	for _, x := range slices.Backward(d.changes) {
		if x.detail == detail && (len(x.who) == 0 || member == "" || slices.Contains(x.who, member)) {
			return x, true
		}
	}
	return change{at: d.now}, false
}

func (d *difference) left(id string) {
	c, told := d.when("del_member", id)
	way, inferred := "quit", ""
	if c.removed {
		way = "removed"
	}
	if !told {
		way, inferred = "", "inferred"
	}
	d.tell(community.MemberLeft, c.at, connector.Observation{
		ID:     "left/" + d.g.ID + "/" + id + "/" + strconv.FormatInt(c.at.Unix(), 10),
		Sender: connector.Member{ID: id}, Data: details("way", way, "time", inferred),
	})
}

// settings tells of another name, announcement and owner.
func (d *difference) settings(before *chat) {
	for _, x := range []struct {
		detail, was, is string
		kind            community.Kind
	}{
		{"change_name", before.name, d.g.Name, community.GroupRenamed},
		{"change_notice", before.notice, d.g.Notice, community.GroupAnnounced},
		{"change_owner", before.owner, d.g.Owner, community.PlatformOther},
	} {
		if x.was == x.is {
			continue
		}
		c, told := d.when(x.detail, "")
		o := connector.Observation{ID: x.detail + "/" + d.g.ID + "/" + strconv.FormatInt(c.at.Unix(), 10), Text: x.is, Data: details("old", x.was)}
		if !told {
			o.Data["time"] = "inferred"
		}
		if x.kind == community.PlatformOther {
			o.Text, o.Sender = "", connector.Member{ID: x.is}
			o.Data["event"] = x.detail
			o.Raw, _ = json.Marshal(map[string]string{"chat_id": d.g.ID, "old_owner": x.was, "owner": x.is}) // strings always do
		}
		d.tell(x.kind, c.at, o)
	}
}

func (d *difference) roster() connector.Observation {
	o := connector.Observation{Kind: community.RosterTaken, Group: d.g.ID, GroupName: d.g.Name, At: d.now}
	for _, m := range d.g.Members {
		o.Members = append(o.Members, connector.Member{ID: m.ID, Name: m.called()})
	}
	return o
}

// Members reads who is in a group. NotFound if it is not there.
func (a *Account) Members(ctx context.Context, group string) ([]connector.Member, error) {
	if group == "" {
		return nil, unsupported("a conversation with one person has no member list")
	}
	g, err := a.details(ctx, group)
	if err != nil {
		return nil, err
	}
	d := difference{g: g}
	return d.roster().Members, nil
}

// Backfill emits who joined a customer group in [from, to) and is still in it. Nothing
// else ever comes of such a group that the group itself does not show: who left is
// told by the next reading, and what was said by nobody.
func (a *Account) Backfill(ctx context.Context, group string, from, to time.Time, emit connector.Emit) error {
	if !customerGroup(group) {
		return unsupported("WeCom keeps nothing of this group for us")
	}
	g, err := a.client.GroupChat(ctx, group)
	if err != nil {
		return err
	}
	d := difference{g: g}
	for _, m := range g.Members {
		if at := fromSeconds(m.JoinTime); !at.Before(from) && at.Before(to) {
			d.join(m, at)
		}
	}
	if len(d.out) == 0 {
		return nil
	}
	d.sort()
	return emit(ctx, d.out...)
}

// Groups lists the customer groups that the app sees, and its own. Groups that were
// read lately are not read again for their names.
func (a *Account) Groups(ctx context.Context) ([]connector.Group, error) {
	list, err := a.client.GroupChats(ctx)
	if err != nil {
		return nil, err
	}
	ids := slices.Clone(a.appChats)
	for _, g := range list {
		ids = append(ids, g.ID)
	}
	var out []connector.Group
	for _, id := range ids {
		a.mu.Lock()
		c := a.chats[id]
		a.mu.Unlock()
		if c != nil {
			out = append(out, connector.Group{ID: id, Name: c.name, Members: len(c.joined), Owner: connector.Member{ID: c.owner}})
			continue
		}
		g, err := a.details(ctx, id)
		if community.CodeOf(err) == community.NotFound {
			continue // dissolved since it was listed
		}
		if err != nil {
			return nil, err
		}
		out = append(out, connector.Group{ID: id, Name: g.Name, Members: len(g.Members), Owner: connector.Member{ID: g.Owner}})
	}
	return out, nil
}

func unsupported(text string) error { return &community.Error{Code: community.Unsupported, Text: text} }
