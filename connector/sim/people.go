package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"qunying/connector"
)

// Archetype is how somebody behaves in a group.
type Archetype uint8

const (
	Lurker   Archetype = iota // reads, hardly ever writes: about half of a group
	Regular                   // writes now and then, with a long tail
	Core                      // few, and most of the messages are theirs
	Newcomer                  // just joined: curious for ten days
	Spammer                   // joined to advertise
)

const newcomerDays = 10

type member struct {
	id, name string
	weight   float32 // share of conversations, against the others of the group
	kind     Archetype
	leaving  bool  // goes today and begins nothing more
	joined   int32 // day of the plan, -1 before it
	checkins int32 // how many so far
	checked  int32 // day of the last one
	spoke    int32 // messages today
	slot     int32 // place in group.present, or -1
}

func (m *member) out() connector.Member { return connector.Member{ID: m.id, Name: m.name} }

// group is the state of one simulated group.
type group struct {
	id, name string
	number   uint64
	seed     uint64
	topic    *topic
	rng      *rand.Rand
	lively   float64 // against other groups
	trend    float64 // growth of its liveliness a day
	budget   float64 // messages still to be said
	threads  uint64  // conversations begun so far
	members  []member
	present  []int32 // indexes into members
	upTo     []float32
	busy     [3]uint64 // ten-minute slots of the day in which a conversation goes on
	lately   [12]int16 // what was talked about last
	today    tally
}

// tally counts a group's day.
type tally struct {
	messages, lost, joins, leaves, mentions, recalls int
	hours                                            [24]int
	spoke                                            []int32
}

func newGroup(p *Plan, all []*topic, number int) *group {
	seed := mix(p.Seed ^ mix(uint64(number)+1))
	g := &group{number: uint64(number), seed: seed, rng: rand.New(rand.NewPCG(p.Seed, seed)), id: "g" + strconv.Itoa(number+1)}
	g.topic = all[g.subject(all, number)]
	r := g.rng
	g.lively = math.Exp(0.5*r.NormFloat64() - 0.125)
	g.trend = 0.006 * (r.Float64() - 0.5)
	names := g.topic.groupNames
	g.name = string(g.topic.write(nil, names[seed%uint64(len(names))], &voice{group: seed}, seed))
	size := groupSize(r, p.Members)
	g.members = make([]member, 0, size+size/4)
	for i := range size {
		kind := Lurker
		switch x := r.Float64(); {
		case i == 0 || x < 0.05:
			kind = Core
		case i == 1 || x < 0.49:
			kind = Regular
		}
		g.enter(kind, -1)
	}
	g.members[0].weight = 6 // the owner looks after the group
	g.share(0)
	return g
}

// subject gives the first groups one topic each, so that a small demo shows many.
func (g *group) subject(all []*topic, number int) int {
	if number < len(all) {
		return (number*3 + 2) % len(all)
	}
	var w weighted
	for i, t := range all {
		w.add(i, t.weight)
	}
	return w.pick(unit(mix(g.seed + 7)))
}

// groupSize draws a size around mean: some tiny, some full, most in between.
func groupSize(r *rand.Rand, mean int) int {
	x := r.Float64()
	switch {
	case mean <= 8:
		return min(max(2, int(math.Round(float64(mean)*math.Exp(0.3*r.NormFloat64()-0.045)))), MaxMembers)
	case x < 0.06:
		return 5 + r.IntN(min(8, mean-4))
	case x < 0.06+0.02*min(1, float64(mean)/150):
		return MaxMembers
	}
	// what remains has to make up for the tiny and the full ones
	full := 0.02 * min(1, float64(mean)/150)
	rest := (float64(mean) - 0.06*8.5 - full*MaxMembers) / (0.94 - full)
	const sigma = 0.6
	return min(max(5, int(math.Round(rest*1.01*math.Exp(sigma*r.NormFloat64()-sigma*sigma/2)))), MaxMembers)
}

// enter makes somebody a member and returns the index.
func (g *group) enter(kind Archetype, day int) int {
	i := len(g.members)
	key := g.number<<24 | uint64(i)
	if i%17 == 5 { // one in seventeen is in other groups too
		key = 1<<63 | (g.seed>>20+uint64(i)/17)%2048
	}
	h := mix(key ^ 0x70656f706c65)
	m := member{id: "u" + strconv.FormatUint(h, 36), kind: kind, joined: int32(day), checked: -1, slot: int32(len(g.present))}
	m.name = g.nickname(h)
	m.checkins = int32(mix(h+3) % 120)
	if day >= 0 {
		m.checkins = 0
	}
	g.settle(&m)
	g.members = append(g.members, m)
	g.present = append(g.present, int32(i))
	return i
}

func (g *group) nickname(h uint64) string {
	nicks := g.topic.nicks
	return string(g.topic.write(nil, nicks[mix(h+1)%uint64(len(nicks))], &voice{thread: h, line: h}, h))
}

// settle draws how much a member writes.
func (g *group) settle(m *member) {
	x := g.rng.NormFloat64()
	switch m.kind {
	case Core:
		m.weight = float32(6 * math.Exp(0.5*x))
	case Regular:
		m.weight = float32(0.42 * math.Exp(0.9*x))
	case Newcomer:
		m.weight = float32(1.1 * math.Exp(0.8*x))
	case Lurker:
		m.weight = float32(0.006 * math.Exp(0.7*x))
	case Spammer:
		m.weight = 0
	}
}

// share computes who gets which part of the conversations from this day on.
func (g *group) share(day int) {
	g.upTo = g.upTo[:0]
	var total float32
	for _, i := range g.present {
		m := &g.members[i]
		if m.kind == Newcomer && day-int(m.joined) >= newcomerDays {
			switch x := g.rng.Float64(); {
			case x < 0.03:
				m.kind = Core
			case x < 0.42:
				m.kind = Regular
			default:
				m.kind = Lurker
			}
			g.settle(m)
		}
		if !m.leaving {
			total += m.weight
		}
		g.upTo = append(g.upTo, total)
	}
}

// unchecked draws a member who has not checked in on day, or -1.
func (g *group) unchecked(others []int32, day int) int32 {
	for range 6 {
		if i := g.somebody(others); i >= 0 && int(g.members[i].checked) != day {
			return i
		}
	}
	return -1
}

// somebody draws a member who is not among others, or -1.
func (g *group) somebody(others []int32) int32 {
	for try := range 24 {
		var i int32
		if try < 16 {
			k, _ := slices.BinarySearch(g.upTo, g.rng.Float32()*g.upTo[len(g.upTo)-1])
			i = g.present[min(k, len(g.upTo)-1)]
		} else {
			i = g.present[g.rng.IntN(len(g.upTo))]
		}
		m := &g.members[i]
		if m.slot >= 0 && !m.leaving && m.kind != Spammer && !slices.Contains(others, i) {
			return i
		}
	}
	return -1
}

func (g *group) leave(i int32) {
	at, last := g.members[i].slot, g.present[len(g.present)-1]
	g.present[at] = last
	g.members[last].slot = at
	g.present = g.present[:len(g.present)-1]
	g.members[i].slot = -1
}
