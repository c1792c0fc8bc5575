package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
)

// life makes a network talk by itself, with the people of a generator.
type life struct {
	run     *run
	rng     *rand.Rand
	pace    time.Duration // between two messages at the liveliest hour
	answers float64       // how likely somebody answers us
	next    time.Time
	upTo    []float64         // liveliness of groups, summed
	pending map[int32][]item  // conversations begun, by group
	byID    map[string]*group // groups by outside ID
	trouble trouble
}

// catchUp is how long ago something may have been due and is still said.
const catchUp = time.Minute

// Populate brings a generator's groups to life: history, where the plan has
// days, goes into what can be back-filled; from now on somebody speaks every
// pace (0: nobody does), more slowly at quiet hours. answers is how likely it
// is that a member answers what we write.
func (n *Network) Populate(g *Generator, pace time.Duration, answers float64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	n.said = uint64(now.UnixMilli()) // a platform that is founded anew repeats no numbers
	l := &life{run: g.begin(), rng: rand.New(rand.NewPCG(g.plan.Seed, 0x6c697665)), pace: pace, answers: answers,
		pending: map[int32][]item{}, byID: map[string]*group{}}
	for _, sg := range l.run.groups { // whoever reads the history back learns who was there at its beginning
		n.room(sg.id).keep(sg.roster(g.plan.Start.Start(g.plan.Zone)))
	}
	for range g.plan.Days {
		l.run.day(func(o connector.Observation) bool {
			if o.At.Before(now) && o.Kind != community.CoverageLost && o.Kind != community.CoverageBack {
				r := n.room(o.Group)
				r.name = o.GroupName
				r.keep(o)
			}
			return true
		}, nil)
	}
	total := 0.0
	for _, sg := range l.run.groups {
		r := n.room(sg.id)
		r.name, r.members = sg.name, sg.roster(now).Members
		l.byID[sg.id] = sg
		total += sg.lively * float64(len(sg.present)) * g.plan.slump(sg.number, g.plan.Days)
		l.upTo = append(l.upTo, total)
		sg.share(g.plan.Days)
		n.deliver(r.roster(now))
	}
	l.next = now.Add(l.gap(now))
	n.life = l
}

// gap until the next message: longer at quiet hours, at most eight times.
func (l *life) gap(now time.Time) time.Duration {
	mean := float64(l.pace) / max(0.125, liveliness(now.In(l.run.plan.Zone)))
	return time.Duration(mean * (0.6 + 0.8*l.rng.Float64())).Truncate(time.Millisecond)
}

// live lets happen what was due by now. Without a life or a pace nothing is.
func (l *life) live(n *Network, now time.Time) {
	if l == nil || l.pace <= 0 {
		return
	}
	if now.Sub(l.next) > catchUp {
		l.next = now
	}
	for !l.next.After(now) {
		at := l.next
		l.next = at.Add(max(l.gap(at), time.Millisecond))
		for range 8 {
			if l.step(n, at) {
				break
			}
		}
	}
}

// step lets one thing happen and reports whether it did.
func (l *life) step(n *Network, at time.Time) bool {
	i := l.where()
	g := l.run.groups[i]
	r := n.rooms[g.id]
	if l.rng.Float64() < 0.008 && len(g.present) < MaxMembers {
		l.joins(n, g, at)
		return true
	}
	queue := l.pending[i]
	if len(queue) == 0 {
		zoned := at.In(l.run.plan.Zone)
		day := int(community.DayOf(at, l.run.plan.Zone) - l.run.plan.Start)
		script := g.subjectAt(zoned.Hour())
		if l.rng.Float64() < 0.006 {
			ads := g.topic.byTag["advert"]
			script = ads.pick(l.rng.Float64())
		}
		queue = g.converse(script, at.UnixMilli(), at.Add(24*time.Hour).UnixMilli(), day, [roles]int32{-1, -1, -1, -1, -1, -1}, nil)
	}
	if len(queue) == 0 {
		return false
	}
	it := queue[0]
	if l.pending[i] = queue[1:]; len(queue) == 1 {
		delete(l.pending, i)
	}
	who := g.members[it.member].id
	if r.find(who) < 0 || r.silenced(who, at) {
		return false
	}
	it.at = at.UnixMilli()
	var o connector.Observation
	l.run.happen(&it, &o)
	if o.Kind == community.MessageRecalled {
		if r.recalled[o.ID] || !slices.ContainsFunc(r.log, func(x connector.Observation) bool { return x.ID == o.ID }) {
			return false
		}
		r.recalled[o.ID] = true
	}
	n.post(r, o)
	return true
}

// where the next message is said: mostly a conversation goes on.
func (l *life) where() int32 {
	if len(l.pending) > 0 && l.rng.Float64() < 0.75 {
		open := make([]int32, 0, len(l.pending))
		for i := range l.pending {
			open = append(open, i)
		}
		slices.Sort(open)
		return open[l.rng.IntN(len(open))]
	}
	i, _ := slices.BinarySearch(l.upTo, l.rng.Float64()*l.upTo[len(l.upTo)-1])
	return int32(min(i, len(l.upTo)-1))
}

func (l *life) joins(n *Network, g *group, at time.Time) {
	r := n.rooms[g.id]
	day := int(community.DayOf(at, l.run.plan.Zone) - l.run.plan.Start)
	it := item{at: at.UnixMilli(), group: int32(g.number), about: -1, act: join}
	if l.rng.Float64() < 0.6 {
		it.about = g.somebody(nil)
	}
	it.member = int32(g.enter(Newcomer, day))
	g.share(day)
	var o connector.Observation
	l.run.happen(&it, &o)
	r.members = append(r.members, o.Sender)
	n.post(r, o)
	w := g.topic.byTag["welcome"]
	cast := [roles]int32{it.member, -1, -1, -1, -1, -1}
	welcome := g.converse(w.pick(l.rng.Float64()), at.UnixMilli(), at.Add(24*time.Hour).UnixMilli(), day, cast, nil)
	l.pending[it.group] = append(l.pending[it.group], welcome...)
}

// reply is what a member of a group answers to us.
func (l *life) reply(group string) string {
	g, ok := l.byID[group]
	if !ok {
		return "收到"
	}
	h := l.rng.Uint64()
	w := g.topic.byTag["answer"]
	text := g.topic.scripts[w.pick(unit(h))].lines[0].text
	return string(g.topic.write(nil, text, &voice{group: g.seed, thread: h, line: h}, h))
}

// gone makes the generator's people forget somebody.
func (l *life) gone(group, member string) {
	if l == nil {
		return
	}
	g, ok := l.byID[group]
	if !ok {
		return
	}
	for i := range g.members {
		if m := &g.members[i]; m.id == member && m.slot >= 0 && len(g.present) > 1 {
			g.leave(int32(i))
			g.share(l.run.next)
			return
		}
	}
}
