package sim

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
)

// kept is how many observations of a group the platform remembers for Backfill.
const kept = 20_000

// Network stands for the platform inside this process. Tests script it, drivers
// connect to it. It is safe for concurrent use.
type Network struct {
	mu       sync.Mutex
	clock    func() time.Time
	rooms    map[string]*room
	order    []string // of rooms, as they were founded
	inboxes  map[string]*inbox
	said     uint64 // numbers of scripted and of our own messages
	outages  []outage
	agenda   []appointment     // of members who will write
	pictures map[string][]byte // that were posted, by ID
	faults   faults
	done     []Done
	answers  map[community.Key]connector.Receipt
	life     *life // nil: silent unless scripted
}

type room struct {
	id, name string
	members  []connector.Member
	log      []connector.Observation
	can      connector.Capabilities
	muted    map[string]time.Time // by member, "" is everybody
	recalled map[string]bool
}

// inbox is what the platform has yet to deliver to one account.
type inbox struct {
	queue []connector.Observation
	wake  chan struct{} // one token: look again
	cut   chan struct{} // closed when the connection breaks

	running sync.Mutex // held by the one Run
}

func (b *inbox) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

type outage struct {
	from, to time.Time
	began    bool
}

type appointment struct {
	at    time.Time
	group string
	who   connector.Member
	text  string
}

// NewNetwork founds an empty platform that asks clock for the time; nil is time.Now.
func NewNetwork(clock func() time.Time) *Network {
	if clock == nil {
		clock = time.Now
	}
	return &Network{clock: clock, rooms: map[string]*room{}, inboxes: map[string]*inbox{}, pictures: map[string][]byte{}, answers: map[community.Key]connector.Receipt{}}
}

// FullCapabilities are those of a group in which the machine can do everything.
func FullCapabilities() connector.Capabilities {
	m := connector.Machine
	return connector.Capabilities{Read: m, Joins: m, Members: m, Send: m, Recall: m, RecallOwn: m, Mute: m, MuteAll: m, Remove: m,
		Announce: m, Rename: m, Invite: m, Backfill: m, Deduplicates: true, Echoes: true, MemberLimit: MaxMembers, SendsPerMin: 60}
}

// PersonalCapabilities are those of a group as personal chat applications have
// it: nobody can mute or take back what another wrote, a person removes members and writes the announcement,
// and what was missed cannot be read back.
func PersonalCapabilities() connector.Capabilities {
	c := FullCapabilities()
	c.Recall, c.Mute, c.MuteAll, c.Backfill = connector.Nobody, connector.Nobody, connector.Nobody, connector.Nobody
	c.Remove, c.Announce = connector.Human, connector.Human
	c.Deduplicates, c.SendsPerMin = false, 20
	return c
}

// now is the platform's time, to the millisecond as everything that it tells.
func (n *Network) now() time.Time { return n.clock().UTC().Truncate(time.Millisecond) }

// room finds a group, founding it where it is new.
func (n *Network) room(id string) *room {
	r, ok := n.rooms[id]
	if !ok {
		r = &room{id: id, name: id, can: FullCapabilities(), muted: map[string]time.Time{}, recalled: map[string]bool{}}
		n.rooms[id] = r
		n.order = append(n.order, id)
	}
	return r
}

func (r *room) find(member string) int {
	return slices.IndexFunc(r.members, func(m connector.Member) bool { return m.ID == member })
}

// member finds somebody, who was there before where nobody knew.
func (r *room) member(id string) connector.Member {
	if i := r.find(id); i >= 0 {
		return r.members[i]
	}
	m := connector.Member{ID: id, Name: id}
	r.members = append(r.members, m)
	return m
}

func (r *room) silenced(member string, at time.Time) bool {
	return at.Before(r.muted[member]) || at.Before(r.muted[""])
}

func (r *room) roster(at time.Time) connector.Observation {
	return connector.Observation{Kind: community.RosterTaken, Group: r.id, GroupName: r.name, At: at, Members: slices.Clone(r.members)}
}

// post writes o into the group's log and, outside of outages, into every inbox.
func (n *Network) post(r *room, o connector.Observation) {
	o.Group, o.GroupName = r.id, r.name
	n.advance(o.At)
	r.keep(o)
	if slices.ContainsFunc(n.outages, func(x outage) bool { return !o.At.Before(x.from) && o.At.Before(x.to) }) {
		return
	}
	n.deliver(o)
}

func (r *room) keep(o connector.Observation) {
	if r.log = append(r.log, o); len(r.log) > 2*kept {
		r.log = slices.Delete(r.log, 0, len(r.log)-kept)
	}
}

// deliver puts o into every inbox.
func (n *Network) deliver(o connector.Observation) {
	for account, b := range n.inboxes {
		b.queue = append(b.queue, seenBy(o, account))
		b.poke()
	}
}

// seenBy is o as one account sees it: what another account of ours did is what
// anybody did.
func seenBy(o connector.Observation, account string) connector.Observation {
	actor := o.Sender.ID
	if o.Operator.ID != "" {
		actor = o.Operator.ID
	}
	if o.FromUs && actor != account {
		o.FromUs, o.ActionKey = false, community.Key{}
	}
	return o
}

// advance opens and closes the outages due at a time.
func (n *Network) advance(at time.Time) {
	for i := range n.outages {
		if x := &n.outages[i]; !x.began && !at.Before(x.from) {
			x.began = true
			n.tellAll(community.CoverageLost, x.from)
		}
	}
	n.outages = slices.DeleteFunc(n.outages, func(x outage) bool {
		if at.Before(x.to) {
			return false
		}
		n.tellAll(community.CoverageBack, x.to)
		return true
	})
}

func (n *Network) tellAll(kind community.Kind, at time.Time) {
	for _, id := range n.order {
		n.deliver(connector.Observation{Kind: kind, Group: id, GroupName: n.rooms[id].name, At: at})
	}
}

// tick lets happen what is due by now and returns when to look again, the zero
// time where nothing is to come.
func (n *Network) tick(now time.Time) time.Time {
	for len(n.agenda) > 0 && !n.agenda[0].at.After(now) {
		a := n.agenda[0]
		n.agenda = n.agenda[1:]
		if r := n.room(a.group); r.find(a.who.ID) >= 0 && !r.silenced(a.who.ID, a.at) {
			n.say(r, a.who, a.text, a.at)
		}
	}
	n.life.live(n, now)
	n.life.disturb(n, now)
	n.advance(now)
	var next time.Time
	earlier := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if len(n.agenda) > 0 {
		earlier(n.agenda[0].at)
	}
	if n.life != nil && n.life.pace > 0 {
		earlier(n.life.next)
	}
	if n.life != nil && n.life.trouble.every > 0 {
		earlier(n.life.trouble.next)
	}
	for _, x := range n.outages {
		if x.began {
			earlier(x.to)
		} else {
			earlier(x.from)
		}
	}
	return next
}

// number names the next message that is not of the generator's making.
func (n *Network) number(letter string) string {
	n.said++
	return letter + strconv.FormatUint(n.said, 10)
}

func (n *Network) say(r *room, who connector.Member, text string, at time.Time) string {
	o := connector.Observation{Kind: community.MessagePosted, Sender: who, At: at, ID: n.number("s"), Content: community.Text, Text: text}
	n.post(r, o)
	return o.ID
}

// appoint lets somebody write later, if they are there and not muted then.
func (n *Network) appoint(at time.Time, r *room, who connector.Member, text string) {
	n.agenda = append(n.agenda, appointment{at: at, group: r.id, who: who, text: text})
	slices.SortStableFunc(n.agenda, func(a, b appointment) int { return a.at.Compare(b.at) })
}

// answer lets a member answer what we wrote, sometimes.
func (n *Network) answer(r *room, at time.Time) {
	l := n.life
	if l == nil || len(r.members) < 2 || l.rng.Float64() >= l.answers {
		return
	}
	who := r.members[l.rng.IntN(len(r.members))]
	at = at.Add(2*time.Second + time.Duration(l.rng.Int64N(6000))*time.Millisecond)
	n.appoint(at, r, who, l.reply(r.id))
	for _, b := range n.inboxes {
		b.poke()
	}
}
