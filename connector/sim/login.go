package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
)

// login is an account on a network: the connector.
type login struct {
	network *Network
	name    string
	inbox   *inbox
	realm   string
}

var (
	_ connector.Connector = (*login)(nil)
	_ connector.Realm     = (*login)(nil)
	_ connector.Recaller  = (*login)(nil)
	_ connector.Muter     = (*login)(nil)
	_ connector.Remover   = (*login)(nil)
	_ connector.Announcer = (*login)(nil)
	_ connector.Renamer   = (*login)(nil)
	_ connector.Inviter   = (*login)(nil)
	_ connector.Roster    = (*login)(nil)
	_ connector.Lister    = (*login)(nil)
	_ connector.Historian = (*login)(nil)
	_ connector.Fetcher   = (*login)(nil)
)

// Realm is that of an account whose platform is its own.
func (l *login) Realm() string { return l.realm }

// batch is how many observations are emitted at once.
const batch = 256

// Pauses before a broken connection or a refused emission is tried again.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 10 * time.Second
)

var errCut = errors.New("the connection broke")

// Run delivers the inbox. Where emit fails as Unavailable it tries the same
// again; at any other error it stops, with nothing acknowledged.
func (l *login) Run(ctx context.Context, emit connector.Emit) error {
	if !l.inbox.running.TryLock() {
		return community.Errorf(community.Conflict, "account %s is connected already", l.name)
	}
	defer l.inbox.running.Unlock()
	pause := firstPause
	for told := false; ; {
		progress, err := false, error(nil)
		if !told {
			err = emit(ctx, connector.Changed(connector.Online, l.network.clock(), time.Time{}, nil))
			told = err == nil
		}
		if err == nil {
			progress, err = l.listen(ctx, emit)
		}
		if ctx.Err() != nil {
			return nil
		}
		if !errors.Is(err, errCut) && community.CodeOf(err) != community.Unavailable {
			return err
		}
		if progress {
			pause = firstPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		pause = min(2*pause, lastPause)
	}
}

// listen delivers until the connection breaks, emit fails or ctx ends.
func (l *login) listen(ctx context.Context, emit connector.Emit) (progress bool, err error) {
	n := l.network
	n.mu.Lock()
	cut := l.inbox.cut
	n.mu.Unlock()
	for {
		n.mu.Lock()
		now := n.now()
		next := n.tick(now)
		todo := slices.Clone(l.inbox.queue[:min(batch, len(l.inbox.queue))])
		n.mu.Unlock()
		select {
		case <-cut:
			return progress, errCut
		default:
		}
		if len(todo) == 0 {
			if err := l.wait(ctx, cut, now, next); err != nil {
				return progress, err
			}
			continue
		}
		if err := n.delay(ctx); err != nil {
			return progress, err
		}
		if err := emit(ctx, todo...); err != nil {
			return progress, err
		}
		progress = true
		n.mu.Lock()
		l.inbox.queue = slices.Delete(l.inbox.queue, 0, len(todo))
		n.mu.Unlock()
	}
}

// wait until something may have come, next is due, or no more will come.
func (l *login) wait(ctx context.Context, cut chan struct{}, now, next time.Time) error {
	var due <-chan time.Time
	if !next.IsZero() {
		timer := time.NewTimer(max(next.Sub(now), time.Millisecond))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-l.inbox.wake:
	case <-due:
	case <-cut:
		return errCut
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Capabilities of a group; of one nobody knows, none.
func (l *login) Capabilities(group string) connector.Capabilities {
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	if r, ok := l.network.rooms[group]; ok {
		return r.can
	}
	return connector.Capabilities{}
}

func (l *login) self() connector.Member { return connector.Member{ID: l.name, Name: "小助手"} }

// act does one thing on the platform, once per key where the group says so.
func (l *login) act(ctx context.Context, kind community.ActionKind, a connector.Action, do func(n *Network, r *room, now time.Time) (connector.Receipt, error)) (connector.Receipt, error) {
	n := l.network
	if err := n.delay(ctx); err != nil {
		return connector.Receipt{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.faults.refuse(); err != nil {
		return connector.Receipt{}, err
	}
	r, ok := n.rooms[a.Group]
	if !ok {
		return connector.Receipt{}, community.Errorf(community.NotFound, "there is no group %q", a.Group)
	}
	can := r.can.Of(kind)
	if i := r.message(a.Message); i >= 0 && r.log[i].Sender.ID == l.name {
		can = r.can.OfOwn(kind)
	}
	if can != connector.Machine {
		return connector.Receipt{}, community.Errorf(community.Unsupported, "%s is not possible in this group", kind)
	}
	once := r.can.Deduplicates && a.Key != community.Key{}
	if receipt, ok := n.answers[a.Key]; ok && once {
		return receipt, nil
	}
	now := n.now()
	receipt, err := do(n, r, now)
	if err != nil {
		return receipt, err
	}
	if once {
		n.answers[a.Key] = receipt
	}
	n.done = append(n.done, Done{Account: l.name, Kind: kind, Action: a, At: now, Message: receipt.MessageID})
	if kind == community.Send && n.faults.cutSends > 0 {
		n.faults.cutSends--
		n.disconnect()
		return connector.Receipt{}, &connector.Uncertain{Err: community.Errorf(community.Unavailable, "the connection broke while sending")}
	}
	return receipt, nil
}

// Send posts a.Text; in groups that echo it comes back with a.Key.
func (l *login) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	if a.Text == "" {
		return connector.Receipt{}, community.Errorf(community.Invalid, "the message is empty")
	}
	return l.act(ctx, community.Send, a, func(n *Network, r *room, now time.Time) (connector.Receipt, error) {
		o := connector.Observation{Kind: community.MessagePosted, Group: r.id, GroupName: r.name, Sender: l.self(), At: now,
			ID: n.number("o"), Content: community.Text, Text: a.Text, FromUs: true}
		if r.can.Echoes {
			o.ActionKey = a.Key
		}
		if n.faults.dropEchos > 0 {
			n.faults.dropEchos--
			r.keep(o)
		} else {
			n.post(r, o)
		}
		n.answer(r, now)
		return connector.Receipt{MessageID: o.ID, At: now}, nil
	})
}

// Recall takes a.Message back; taking it back again changes nothing.
func (l *login) Recall(ctx context.Context, a connector.Action) error {
	_, err := l.act(ctx, community.Recall, a, func(n *Network, r *room, now time.Time) (connector.Receipt, error) {
		i := r.message(a.Message)
		if i < 0 {
			return connector.Receipt{}, community.Errorf(community.NotFound, "there is no message %q", a.Message)
		}
		if r.recalled[a.Message] {
			return connector.Receipt{}, nil
		}
		o := connector.Observation{Sender: r.log[i].Sender, At: now, FromUs: true, ActionKey: a.Key}
		if o.Sender.ID != l.name {
			o.Operator = l.self()
		}
		n.recall(r, a.Message, o)
		return connector.Receipt{At: now}, nil
	})
	return err
}

// Mute silences a member until a.Until, or everybody; a time that is over ends it.
func (l *login) Mute(ctx context.Context, a connector.Action) error {
	kind := community.Mute
	if a.Member == "" {
		kind = community.MuteAll
	}
	_, err := l.act(ctx, kind, a, func(n *Network, r *room, now time.Time) (connector.Receipt, error) {
		if a.Member != "" && r.find(a.Member) < 0 {
			return connector.Receipt{}, notMember(a.Member)
		}
		r.muted[a.Member] = a.Until
		return connector.Receipt{At: now}, nil
	})
	return err
}

// Remove puts a.Member out.
func (l *login) Remove(ctx context.Context, a connector.Action) error {
	_, err := l.act(ctx, community.Remove, a, func(n *Network, r *room, now time.Time) (connector.Receipt, error) {
		i := r.find(a.Member)
		if i < 0 {
			return connector.Receipt{}, notMember(a.Member)
		}
		m := r.members[i]
		n.drop(r, m.ID)
		n.post(r, connector.Observation{Kind: community.MemberLeft, Sender: m, Operator: l.self(), At: now, FromUs: true, ActionKey: a.Key})
		return connector.Receipt{At: now}, nil
	})
	return err
}

// Announce sets the group's announcement to a.Text.
func (l *login) Announce(ctx context.Context, a connector.Action) error {
	_, err := l.act(ctx, community.Announce, a, func(n *Network, r *room, now time.Time) (connector.Receipt, error) {
		n.post(r, connector.Observation{Kind: community.GroupAnnounced, Sender: l.self(), At: now, Text: a.Text, FromUs: true, ActionKey: a.Key})
		return connector.Receipt{At: now}, nil
	})
	return err
}

// Rename gives the group another name.
func (l *login) Rename(ctx context.Context, a connector.Action) error {
	_, err := l.act(ctx, community.Rename, a, func(n *Network, r *room, now time.Time) (connector.Receipt, error) {
		r.name = a.Text
		n.post(r, connector.Observation{Kind: community.GroupRenamed, Sender: l.self(), At: now, Text: a.Text, FromUs: true, ActionKey: a.Key})
		return connector.Receipt{At: now}, nil
	})
	return err
}

// Invite brings somebody in.
func (l *login) Invite(ctx context.Context, a connector.Action) error {
	_, err := l.act(ctx, community.Invite, a, func(n *Network, r *room, now time.Time) (connector.Receipt, error) {
		if r.find(a.Member) < 0 {
			n.post(r, connector.Observation{Kind: community.MemberJoined, Sender: r.member(a.Member), Operator: l.self(), At: now, FromUs: true, ActionKey: a.Key})
		}
		return connector.Receipt{At: now}, nil
	})
	return err
}

// Groups lists all groups of the platform: every account is in all of them.
func (l *login) Groups(ctx context.Context) ([]connector.Group, error) {
	if err := l.network.delay(ctx); err != nil {
		return nil, err
	}
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	list := make([]connector.Group, 0, len(l.network.order))
	for _, id := range l.network.order {
		r := l.network.rooms[id]
		list = append(list, connector.Group{ID: r.id, Name: r.name, Members: len(r.members)})
	}
	return list, nil
}

func notMember(id string) error {
	return community.Errorf(community.NotFound, "%q is not in the group", id)
}

// Members lists a group.
func (l *login) Members(ctx context.Context, group string) ([]connector.Member, error) {
	r, err := l.look(ctx, group, "the list of members", func(c connector.Capabilities) connector.Can { return c.Members })
	if err != nil {
		return nil, err
	}
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	return slices.Clone(r.members), nil
}

// look finds a group of which something may be read.
func (l *login) look(ctx context.Context, group, what string, can func(connector.Capabilities) connector.Can) (*room, error) {
	if err := l.network.delay(ctx); err != nil {
		return nil, err
	}
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	r, ok := l.network.rooms[group]
	switch {
	case !ok:
		return nil, community.Errorf(community.NotFound, "there is no group %q", group)
	case can(r.can) != connector.Machine:
		return nil, community.Errorf(community.Unsupported, "%s of this group cannot be read", what)
	}
	return r, nil
}

// Backfill emits what the platform kept of [from, to), in order of time.
func (l *login) Backfill(ctx context.Context, group string, from, to time.Time, emit connector.Emit) error {
	r, err := l.look(ctx, group, "the history", func(c connector.Capabilities) connector.Can { return c.Backfill })
	if err != nil {
		return err
	}
	l.network.mu.Lock()
	var all []connector.Observation
	for _, o := range r.log {
		if !o.At.Before(from) && o.At.Before(to) {
			all = append(all, seenBy(o, l.name))
		}
	}
	l.network.mu.Unlock()
	slices.SortStableFunc(all, func(a, b connector.Observation) int { return a.At.Compare(b.At) })
	for part := range slices.Chunk(all, batch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := emit(ctx, part...); err != nil {
			return fmt.Errorf("backfill of %s: %w", group, err)
		}
	}
	return nil
}

// Fetch reads a picture that was shown; anything else lies at its address.
func (l *login) Fetch(_ context.Context, f connector.File) (connector.Fetched, error) {
	n := l.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if picture, ok := n.pictures[f.ID]; ok {
		return connector.Fetched{Body: io.NopCloser(bytes.NewReader(picture))}, nil
	}
	if f.URL == "" || f.Stale {
		return connector.Fetched{}, community.Errorf(community.Unsupported, "nobody has shown this picture")
	}
	return connector.Fetched{URL: f.URL}, nil
}
