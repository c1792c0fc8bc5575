package sim

import (
	"time"

	"qunying/community"
	"qunying/connector"
)

// trouble is when a life breaks the rules next, and how.
type trouble struct {
	every  time.Duration // 0: never
	next   time.Time
	passed int
}

// troubles come in turn: what the conversations are tagged with.
var troubles = [...]string{"advert", "insult", "advert", "complaint"}

// Trouble lets a populated network break the rules every so often, at once for the
// first time: a stranger joins two groups and advertises in both, members insult
// each other or demand their money back. 0 ends it.
func (n *Network) Trouble(every time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.life != nil {
		n.life.trouble = trouble{every: every, next: n.now().Add(firstTrouble)}
	}
}

// firstTrouble gives the groups time to become known.
const firstTrouble = 5 * time.Second

// disturb lets the trouble happen that is due by now.
func (l *life) disturb(n *Network, now time.Time) {
	if l == nil || l.trouble.every <= 0 || l.trouble.next.After(now) {
		return
	}
	t := &l.trouble
	t.next = now.Add(t.every)
	tag := troubles[t.passed%len(troubles)]
	t.passed++
	i := l.where()
	g := l.run.groups[i]
	choice := g.topic.byTag[tag]
	s := &g.topic.scripts[choice.pick(l.rng.Float64())]
	for s.lines[0].content != community.Text {
		s = &g.topic.scripts[choice.pick(l.rng.Float64())]
	}
	if tag == "advert" {
		l.advertise(n, s, now, g, l.run.groups[(int(i)+1)%len(l.run.groups)])
		return
	}
	v := voice{group: g.seed, thread: l.rng.Uint64()}
	cast := [roles]int32{-1, -1, -1, -1, -1, -1}
	for k, line := range s.lines {
		who := g.play(line.role, &cast)
		if who < 0 {
			return
		}
		v.line = mix(v.thread + uint64(k) + 1)
		n.appoint(now, n.rooms[g.id], g.members[who].out(), string(g.topic.write(nil, line.text, &v, v.line)))
		now = now.Add(3*time.Second + time.Duration(l.rng.Int64N(6000))*time.Millisecond)
	}
}

// advertise lets a stranger join some groups and post the same in each.
func (l *life) advertise(n *Network, s *script, at time.Time, groups ...*group) {
	h := l.rng.Uint64()
	g := groups[0]
	text := string(g.topic.write(nil, s.lines[0].text, &voice{group: g.seed, thread: h, line: h}, h))
	who := connector.Member{ID: n.number("x"), Name: g.nickname(h)}
	for _, g := range groups {
		r := n.rooms[g.id]
		if r.find(who.ID) >= 0 || len(r.members) >= MaxMembers {
			continue // one group twice, where there is but one
		}
		r.members = append(r.members, who)
		n.post(r, connector.Observation{Kind: community.MemberJoined, Sender: who, At: at, Data: map[string]string{"way": "qrcode"}})
		at = at.Add(4*time.Second + time.Duration(l.rng.Int64N(6000))*time.Millisecond)
		n.appoint(at, r, who, text)
	}
}
