package crashtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
)

// platform is the chat network and the staff. It survives every crash and
// remembers what it was told: that is what the machine is measured by.
type platform struct {
	mu       sync.Mutex
	rng      *rand.Rand
	clock    clock
	rooms    map[string]*room
	sent     map[community.Key]*delivery
	commands []*order
	versions map[string]int64 // of the welcome, by group
	number   int              // of messages, people and commands
	quiet    bool             // nothing new happens
	taken    map[int64]bool   // milliseconds at which something happened: no two things share one
	repeats  int              // acknowledged observations that were delivered once more
	doubles  []string         // what must not happen
}

// room is a group on the platform.
type room struct {
	name    string
	members []string
	posted  []string // IDs of members' messages that can be taken back
	unacked []connector.Observation
	acked   []connector.Observation
}

// delivery is a message of ours, by its key.
type delivery struct {
	connector.Action
	times  int // how often it stands in the group
	echoed bool
	reply  connector.Receipt
}

// order is a command with the answer to it, nil before there is one.
type order struct {
	command
	answer *answer
}

func newPlatform(seed uint64, c clock) *platform {
	p := &platform{rng: rand.New(rand.NewPCG(seed, 1)), clock: c, rooms: map[string]*room{}, sent: map[community.Key]*delivery{}, versions: map[string]int64{}, taken: map[int64]bool{}}
	for _, name := range []string{onceGroup, echoGroup} {
		r := &room{name: name}
		for i := range 40 { // some are in both groups
			r.members = append(r.members, fmt.Sprintf("m%03d", i+20*len(p.rooms)))
		}
		r.unacked = append(r.unacked, p.roster(r, c.now()))
		p.rooms[name] = r
	}
	for _, name := range []string{onceGroup, echoGroup} {
		p.commands = append(p.commands, &order{command: p.setting(name)})
	}
	return p
}

func member(id string) connector.Member { return connector.Member{ID: id, Name: "成员" + id} }

func (p *platform) roster(r *room, at time.Time) connector.Observation {
	p.number++
	o := connector.Observation{Kind: community.RosterTaken, Group: r.name, At: at, Ordinal: p.number}
	for _, id := range r.members {
		o.Members = append(o.Members, member(id))
	}
	return o
}

// next is what the group delivers now: first what was not acknowledged,
// sometimes together with something that was.
func (p *platform) next(r *room) (batch []connector.Observation, fresh int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.quiet && (len(r.unacked) == 0 || p.rng.IntN(3) > 0) {
		r.unacked = append(r.unacked, p.happen(r))
	}
	fresh = min(len(r.unacked), 1+p.rng.IntN(10))
	batch = slices.Clone(r.unacked[:fresh])
	if fresh > 0 && len(r.acked) > 0 && p.rng.IntN(8) == 0 {
		p.repeats++
		batch = slices.Insert(batch, p.rng.IntN(len(batch)+1), r.acked[p.rng.IntN(len(r.acked))])
	}
	return batch, fresh
}

func (p *platform) acknowledge(r *room, fresh int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.acked = append(r.acked, r.unacked[:fresh]...)
	r.unacked = slices.Delete(r.unacked, 0, fresh)
}

var talk = []string{"打卡", "打卡 第3天", "今天跑了五公里", "早上好", "谢谢大家", "周六的活动几点开始", "good morning", "链接 https://example.org/a"}

// happen lets one thing happen in a group: mostly now, sometimes out of order,
// sometimes so late that it may cause suggestions only.
func (p *platform) happen(r *room) connector.Observation {
	p.number++
	at := p.clock.now()
	switch n := p.rng.IntN(100); {
	case n < 15:
		at = at.Add(-time.Duration(p.rng.IntN(120_000)) * time.Millisecond)
	case n < 25:
		at = at.Add(-time.Hour - time.Duration(p.rng.IntN(72*3600_000))*time.Millisecond)
	}
	for p.taken[at.UnixMilli()] {
		at = at.Add(time.Millisecond)
	}
	p.taken[at.UnixMilli()] = true
	who := r.members[p.rng.IntN(len(r.members))]
	o := connector.Observation{Group: r.name, GroupName: "群 " + r.name, At: at, Sender: member(who), Ordinal: p.number}
	switch n := p.rng.IntN(200); {
	case n < 20:
		o.Kind, o.Sender = community.MemberJoined, connector.Member{ID: fmt.Sprintf("n%06d", p.number), Name: fmt.Sprintf("新人%06d", p.number)}
		o.Data = map[string]string{"way": "qrcode"}
		r.members = append(r.members, o.Sender.ID)
	case n < 26 && len(r.members) > 20:
		o.Kind = community.MemberLeft
		r.members = slices.DeleteFunc(r.members, func(id string) bool { return id == who })
	case n < 30:
		o.Kind, o.Data = community.MemberRenamed, map[string]string{"old": o.Sender.Name}
	case n < 36 && len(r.posted) > 0:
		i := p.rng.IntN(len(r.posted))
		o.Kind, o.ID = community.MessageRecalled, r.posted[i]
		o.Data = map[string]string{"message": o.ID}
		r.posted = slices.Delete(r.posted, i, i+1)
	case n == 36:
		return p.roster(r, at)
	case n < 40:
		o.Kind, o.Text = community.GroupAnnounced, fmt.Sprintf("公告 %d", p.number)
	default:
		o.Kind, o.ID, o.Content = community.MessagePosted, fmt.Sprintf("s%d", p.number), community.Text
		if o.Text = talk[p.rng.IntN(len(talk))]; p.rng.IntN(4) == 0 {
			o.Text = fmt.Sprintf("第%d条消息", p.number)
		}
		if p.rng.IntN(10) == 0 {
			o.Content, o.Text = community.Image, ""
		}
		if p.rng.IntN(10) == 0 {
			o.Mentions = []connector.Member{member(r.members[p.rng.IntN(len(r.members))])}
		}
		r.posted = append(r.posted, o.ID)
	}
	return o
}

// send is the platform's side of Send.
func (p *platform) send(a connector.Action) connector.Receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.sent[a.Key]
	once := capabilities(a.Group).Deduplicates
	if d != nil && once {
		return d.reply
	}
	if d == nil {
		d = &delivery{Action: a}
		p.sent[a.Key] = d
	}
	if d.times++; d.times > 1 {
		p.doubles = append(p.doubles, fmt.Sprintf("%q stands %d times in group %s", a.Text, d.times, a.Group))
	}
	p.number++
	now := p.clock.now()
	d.reply = connector.Receipt{MessageID: fmt.Sprintf("o%d", p.number), At: now}
	if d.echoed = once || p.rng.IntN(5) > 0; d.echoed {
		r := p.rooms[a.Group]
		r.unacked = append(r.unacked, connector.Observation{Kind: community.MessagePosted, Group: r.name, At: now, ID: d.reply.MessageID,
			Sender: connector.Member{ID: account, Name: "小助手"}, Content: community.Text, Text: a.Text, FromUs: true, ActionKey: a.Key})
	}
	return d.reply
}

// order is what staff asks for next: what was not answered, sometimes what was,
// mostly something new. It is nil when there is nothing to ask.
func (p *platform) order() *order {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rooms {
		if len(r.acked) == 0 {
			return nil // nobody knows the group yet
		}
	}
	for _, o := range p.commands {
		if o.answer == nil {
			return o
		}
	}
	if p.quiet {
		return nil
	}
	if n := len(p.commands); p.rng.IntN(8) == 0 {
		if o := p.commands[p.rng.IntN(n)]; o.Kind != community.SettingsChanged {
			return o
		}
	}
	o := &order{command: p.wish()}
	p.commands = append(p.commands, o)
	return o
}

func (p *platform) wish() command {
	p.number++
	group := []string{onceGroup, echoGroup}[p.rng.IntN(2)]
	c := command{Kind: community.MessageSend, Key: fmt.Sprintf("c%d", p.number), Group: group, Text: fmt.Sprintf("通知 %d", p.number)}
	switch n := p.rng.IntN(20); {
	case n < 2:
		c.At = p.clock.now().Add(time.Duration(1+p.rng.IntN(120)) * time.Second)
	case n < 4:
		c.Kind, c.Group, c.Text = community.PersonMerge, "", ""
		c.Members = []string{fmt.Sprintf("m%03d", p.rng.IntN(60)), fmt.Sprintf("m%03d", p.rng.IntN(60))}
	case n == 4:
		c.Kind, c.Group, c.Text = community.PersonSplit, "", ""
		c.Members = []string{fmt.Sprintf("m%03d", p.rng.IntN(60))}
	case n == 5:
		return p.setting(group)
	}
	return c
}

func (p *platform) setting(group string) command {
	p.number++
	c := command{Kind: community.SettingsChanged, Key: fmt.Sprintf("c%d", p.number), Group: group, Based: p.versions[group]}
	c.Text = fmt.Sprintf(`{"on":true,"text":"欢迎 {name}, 第%d版"}`, c.Based+1)
	return c
}

// answered keeps what the machine made of a command; a second answer must be
// the first.
func (p *platform) answered(o *order, a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case o.answer != nil && *o.answer != a:
		p.doubles = append(p.doubles, fmt.Sprintf("command %s was answered %+v, then %+v", o.Key, *o.answer, a))
	case o.answer == nil && o.Kind == community.SettingsChanged:
		p.versions[o.Group]++ // a conflict says that the first try arrived
	}
	o.answer = &a
}

// hush lets nothing new happen.
func (p *platform) hush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet = true
}

// left says what was not acknowledged or answered, "" for nothing.
func (p *platform) left() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rooms {
		if n := len(r.unacked); n > 0 {
			return fmt.Sprintf("%d observations of group %s", n, r.name)
		}
	}
	if i := slices.IndexFunc(p.commands, func(o *order) bool { return o.answer == nil }); i >= 0 {
		return fmt.Sprintf("command %+v", p.commands[i].command)
	}
	return ""
}
