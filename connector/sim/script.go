package sim

import (
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
)

// The script of a network: what its people do. A time of zero is now. Members
// and groups nobody heard of yet were there before; a member's name is the ID
// until AddGroup or Rename give another.

func (n *Network) when(at time.Time) time.Time {
	if at.IsZero() {
		return n.now()
	}
	return at.UTC().Truncate(time.Millisecond)
}

// AddGroup founds a group with its first members and tells the roster.
func (n *Network) AddGroup(id, name string, members ...connector.Member) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.room(id)
	r.name = name
	r.members = append(r.members, members...)
	n.deliver(r.roster(n.now()))
}

// SetCapabilities says what can be done in a group from now on.
func (n *Network) SetCapabilities(group string, c connector.Capabilities) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.room(group).can = c
}

// Groups are the IDs of all groups, as they were founded.
func (n *Network) Groups() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.order)
}

// Say lets a member write, and returns the message's ID; "" if the member is muted.
func (n *Network) Say(group, member, text string, at time.Time) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, at := n.room(group), n.when(at)
	if r.silenced(member, at) {
		return ""
	}
	return n.say(r, r.member(member), text, at)
}

// Post lets happen what no other function has: the group, the time where it is
// zero and the ID of a message are filled in. It returns the ID.
func (n *Network) Post(group string, o connector.Observation) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	o.At = n.when(o.At)
	if o.Kind == community.MessagePosted && o.ID == "" {
		o.ID = n.number("s")
	}
	r := n.room(group)
	if o.Sender.ID != "" && o.Sender.Name == "" {
		o.Sender = r.member(o.Sender.ID)
	}
	n.post(r, o)
	return o.ID
}

// Show lets a member post a picture, and returns the message's ID.
func (n *Network) Show(group, member string, picture []byte, at time.Time) string {
	n.mu.Lock()
	id := n.number("p")
	n.pictures[id] = picture
	n.mu.Unlock()
	return n.Post(group, connector.Observation{Kind: community.MessagePosted, Sender: connector.Member{ID: member}, At: at, Content: community.Image, Data: map[string]string{"media": id}})
}

// Join lets somebody in, invited by a member or, with inviter "", by QR code.
func (n *Network) Join(group, member, inviter string, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.room(group)
	o := connector.Observation{Kind: community.MemberJoined, Sender: r.member(member), At: n.when(at), Data: map[string]string{"way": "qrcode"}}
	if inviter != "" {
		o.Operator = r.member(inviter)
		o.Data["way"] = "invite"
	}
	n.post(r, o)
}

// Leave lets a member go, removed by a member or, with remover "", by choice.
func (n *Network) Leave(group, member, remover string, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.room(group)
	o := connector.Observation{Kind: community.MemberLeft, Sender: r.member(member), At: n.when(at)}
	if remover != "" {
		o.Operator = r.member(remover)
	}
	n.drop(r, member)
	n.post(r, o)
}

func (n *Network) drop(r *room, member string) {
	r.members = slices.DeleteFunc(r.members, func(m connector.Member) bool { return m.ID == member })
	n.life.gone(r.id, member)
}

// Rename gives a member another name.
func (n *Network) Rename(group, member, name string, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.room(group)
	old := r.member(member)
	m := connector.Member{ID: member, Name: name}
	r.members[r.find(member)] = m
	n.post(r, connector.Observation{Kind: community.MemberRenamed, Sender: m, At: n.when(at), Data: map[string]string{"old": old.Name}})
}

// Recall lets an author take a message back; one nobody knows is left alone.
func (n *Network) Recall(group, message string, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.room(group)
	if i := r.message(message); i >= 0 && !r.recalled[message] {
		n.recall(r, message, connector.Observation{Sender: r.log[i].Sender, At: n.when(at)})
	}
}

func (r *room) message(id string) int {
	return slices.IndexFunc(r.log, func(o connector.Observation) bool {
		return o.Kind == community.MessagePosted && o.ID == id
	})
}

// recall completes and posts the observation that a message was taken back.
func (n *Network) recall(r *room, message string, o connector.Observation) {
	r.recalled[message] = true
	o.Kind, o.ID, o.Data = community.MessageRecalled, message, map[string]string{"message": message}
	n.post(r, o)
}

// Outage breaks the reception of all groups in [from, to): what is said with a
// time in it can only be had by Backfill.
func (n *Network) Outage(from, to time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.outages = append(n.outages, outage{from: n.when(from), to: n.when(to)})
	for _, b := range n.inboxes {
		b.poke()
	}
}

// Redeliver delivers the last count observations of a group once more.
func (n *Network) Redeliver(group string, count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.room(group)
	for _, o := range r.log[max(0, len(r.log)-count):] {
		n.deliver(o)
	}
}

// Disconnect breaks every connection; drivers connect anew.
func (n *Network) Disconnect() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.disconnect()
}

func (n *Network) disconnect() {
	for _, b := range n.inboxes {
		close(b.cut)
		b.cut = make(chan struct{})
	}
}
