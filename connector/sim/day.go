package sim

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Rates per member and day of what changes a roster.
const (
	joinRate   = 0.002
	leaveRate  = 0.0018
	renameRate = 0.0006
	spamShare  = 0.12 // of those who join
)

type act uint8

// In this order when they fall on the same millisecond.
const (
	lose act = iota
	back
	join
	rename
	say
	recall
	leave
)

// item is something that will happen: who, when and which line of which
// conversation. Its text is a function of these, written when its time comes.
type item struct {
	at      int64
	thread  uint64
	group   int32
	member  int32
	about   int32 // member mentioned, who invited or who removed, or -1
	count   int32 // check-ins so far
	script  int16
	nth     int16 // message of the thread
	answers int16 // message of the thread answered, or -1
	line    uint8
	act     act
}

// plan adds to out what will happen in the group on f's day.
func (g *group) plan(p *Plan, f *frame, out []item) []item {
	g.share(f.index)
	if f.lostTo > 0 {
		out = append(out, item{at: f.lostFrom, group: int32(g.number), member: -1, act: lose},
			item{at: f.lostTo, group: int32(g.number), member: -1, act: back})
	}
	out = g.planAdverts(f, out)
	out = g.planLeaves(f, out)
	out = g.planJoins(f, out)
	for range poisson(g.rng, renameRate*float64(len(g.upTo))) {
		if i := g.present[g.rng.IntN(len(g.upTo))]; !g.members[i].leaving {
			at := f.afterOutage(f.moment(g.rng))
			out = append(out, item{at: at, group: int32(g.number), member: i, about: -1, act: rename})
		}
	}
	if len(g.upTo) >= 15 && g.rng.Float64() < 0.015 {
		out = g.burst(f, out)
	}
	g.budget += g.expected(p, f) * math.Exp(0.35*g.rng.NormFloat64()-0.061)
	g.busy = [3]uint64{}
	for g.budget > 0 {
		start := g.quiet()
		script := g.subjectAt(int(start / 3600_000))
		was := len(out)
		out = g.converse(script, f.start+start, f.end, f.index, [roles]int32{-1, -1, -1, -1, -1, -1}, out)
		g.budget -= max(0.2, float64(len(out)-was))
		if len(out) > was {
			g.occupy(start, out[len(out)-1].at-f.start)
		}
	}
	return out
}

// subjectAt draws what to talk about at an hour, rather not what was talked
// about lately, unless it is checking in.
func (g *group) subjectAt(hour int) int {
	script := 0
	for range 4 {
		script = g.topic.byHour[hour].pick(g.rng.Float64())
		if g.topic.scripts[script].lines[0].counts || !slices.Contains(g.lately[:], int16(script+1)) {
			break
		}
	}
	g.lately[g.threads%12] = int16(script + 1)
	return script
}

// quiet draws a moment, rather one at which nobody else is talking.
func (g *group) quiet() int64 {
	for range 3 {
		start := moment(g.rng)
		if slot := start / 600_000; g.busy[slot/64]>>(slot%64)&1 == 0 {
			return start
		}
	}
	return moment(g.rng)
}

func (g *group) occupy(from, to int64) {
	for slot := from / 600_000; slot <= to/600_000 && slot < 192; slot++ {
		g.busy[slot/64] |= 1 << (slot % 64)
	}
}

// expected is the number of messages that ordinary conversation brings today.
// Bursts, adverts and welcomes come on top: together about a twentieth.
func (g *group) expected(p *Plan, f *frame) float64 {
	trend := math.Exp(g.trend * (float64(f.index) - float64(p.Days)/2))
	return 0.95 * p.MessagesPerMemberDay * float64(len(g.upTo)) * g.lively * p.slump(g.number, f.index) * trend * weekdays[g.topic.kind][f.day.Weekday()]
}

func (g *group) planJoins(f *frame, out []item) []item {
	n := poisson(g.rng, joinRate*float64(len(g.upTo)))
	for range min(n, MaxMembers-len(g.present)) {
		kind := Newcomer
		if g.rng.Float64() < spamShare {
			kind = Spammer
		}
		inviter := int32(-1)
		if g.rng.Float64() < 0.6 {
			inviter = g.somebody(nil)
		}
		i := int32(g.enter(kind, f.index))
		at := f.afterOutage(f.moment(g.rng))
		out = append(out, item{at: at, group: int32(g.number), member: i, about: inviter, act: join})
		if kind == Spammer {
			out = g.advertise(i, at, f, out)
		} else if w := g.topic.byTag["welcome"]; g.rng.Float64() < 0.8 {
			cast := [roles]int32{i, -1, -1, -1, -1, -1}
			out = g.converse(w.pick(g.rng.Float64()), at+int64(20_000+g.rng.IntN(240_000)), f.end, f.index, cast, out)
		}
	}
	return out
}

func (g *group) planLeaves(f *frame, out []item) []item {
	left := len(g.present)
	for range poisson(g.rng, leaveRate*float64(len(g.upTo))) {
		i := g.present[g.rng.IntN(len(g.upTo))]
		m := &g.members[i]
		if i == 0 || m.leaving || left <= 5 || m.kind == Spammer || m.kind == Core && g.rng.Float64() < 0.8 {
			continue
		}
		left--
		m.leaving = true
		remover := int32(-1)
		if g.rng.Float64() < 0.06 {
			remover = 0
		}
		at := f.afterOutage(f.moment(g.rng))
		out = append(out, item{at: at, group: int32(g.number), member: i, about: remover, act: leave})
	}
	return out
}

func (g *group) planAdverts(f *frame, out []item) []item {
	for _, i := range g.present {
		m := &g.members[i]
		if m.kind == Spammer && !m.leaving && g.rng.Float64() < 0.25 {
			out = g.advertise(i, f.moment(g.rng), f, out)
		}
	}
	return out
}

// advertise lets a spammer post once to three times after at; mostly the owner
// removes them soon after.
func (g *group) advertise(i int32, at int64, f *frame, out []item) []item {
	g.threads++
	ads := g.topic.byTag["advert"]
	script := int16(ads.pick(g.rng.Float64()))
	for n := range 1 + g.rng.IntN(3) {
		at += int64(g.rng.ExpFloat64() * 900_000)
		if at += 1000; at >= f.end-60_000 {
			return out
		}
		out = append(out, item{at: at, thread: g.threads, group: int32(g.number), member: i, about: -1,
			script: script, nth: int16(n), answers: -1, act: say})
	}
	if gone := f.afterOutage(at + 60_000 + int64(g.rng.ExpFloat64()*1500_000)); gone < f.end && g.rng.Float64() < 0.8 {
		g.members[i].leaving = true
		out = append(out, item{at: gone, group: int32(g.number), member: i, about: 0, act: leave})
	}
	return out
}

// converse adds one conversation beginning at at, cut off at end. cast holds
// who plays which role already.
func (g *group) converse(script int, at, end int64, day int, cast [roles]int32, out []item) []item {
	g.threads++
	s := &g.topic.scripts[script]
	for i := range s.lines {
		if s.lines[i].role == owner {
			cast[owner] = 0
		}
	}
	if cast[owner] == cast[0] && cast[0] == 0 { // the owner welcomes nobody but others
		return out
	}
	reactions := g.topic.byTag["react"]
	var places [16]int16
	nth := int16(0)
	for i := range s.lines {
		l := &s.lines[i]
		if l.counts && cast[l.role] < 0 {
			cast[l.role] = g.unchecked(cast[:], day)
			if cast[l.role] < 0 {
				return out
			}
		}
		who := g.play(l.role, &cast)
		if who < 0 || at >= end {
			return out
		}
		it := item{at: at, thread: g.threads, group: int32(g.number), member: who, about: -1,
			script: int16(script), nth: nth, answers: -1, line: uint8(i), act: say}
		if l.about >= 0 {
			it.about = g.play(l.about, &cast)
		}
		if l.answers >= 0 {
			it.answers = places[l.answers]
		}
		if l.counts {
			m := &g.members[who]
			if int(m.checked) != day {
				m.checked = int32(day)
				m.checkins++
			}
			it.count = m.checkins
		}
		places[i&15] = nth
		nth++
		out = append(out, it)
		if x := g.rng.Float64(); x < 0.003 {
			if then := at + 3000 + int64(g.rng.ExpFloat64()*30_000); then < end {
				out = append(out, item{at: then, thread: g.threads, group: int32(g.number), member: who, about: -1, nth: nth - 1, act: recall})
			}
		} else if i > 0 && x < 0.1 {
			then := at + 2000 + g.rng.Int64N(9000)
			if other := g.somebody(cast[:]); other >= 0 && then < end {
				out = append(out, item{at: then, thread: g.threads, group: int32(g.number), member: other, about: -1,
					script: int16(reactions.pick(g.rng.Float64())), nth: nth, answers: -1, act: say})
				nth++
			}
		}
		at += g.pause()
	}
	return out
}

// play says who plays a role, casting somebody where it is still open.
func (g *group) play(role int8, cast *[roles]int32) int32 {
	if cast[role] < 0 {
		cast[role] = g.somebody(cast[:])
	}
	return cast[role]
}

// pause between two lines of a conversation: mostly half a minute, at times long.
func (g *group) pause() int64 {
	mean := 26_000.0
	if g.rng.Float64() < 0.12 {
		mean = 300_000
	}
	return 2500 + int64(g.rng.ExpFloat64()*mean)
}

// burst lets a topic explode: a fifth to two thirds of a group's worth of
// messages within half an hour.
func (g *group) burst(f *frame, out []item) []item {
	bursts := g.topic.byTag["!"]
	script := bursts.pick(g.rng.Float64())
	s := &g.topic.scripts[script]
	size := min(int(float64(len(g.upTo))*(0.2+0.45*g.rng.Float64())), 150)
	at := f.moment(g.rng)
	g.threads++
	cast := [roles]int32{-1, -1, -1, -1, -1, -1}
	for n := range size {
		line := n
		var who int32
		if n >= s.pool {
			line = s.pool + g.rng.IntN(len(s.lines)-s.pool)
			who = g.somebody(nil)
		} else if who = 0; s.lines[n].role != owner {
			who = g.play(s.lines[n].role, &cast)
		}
		if who < 0 || at >= f.end {
			break
		}
		out = append(out, item{at: at, thread: g.threads, group: int32(g.number), member: who, about: -1,
			script: int16(script), nth: int16(n), answers: -1, line: uint8(line), act: say})
		at += 900 + int64(g.rng.ExpFloat64()*1_300_000/float64(size))
	}
	return out
}

// messageID names the nth message of a group's thread; no two are the same.
func messageID(group, thread uint64, nth int16) uint64 {
	return mix(group<<44 | thread&(1<<32-1)<<12 | uint64(nth)&(1<<12-1))
}

func poisson(r *rand.Rand, mean float64) int {
	limit, n := math.Exp(-mean), 0
	for x := r.Float64(); x > limit; x *= r.Float64() {
		n++
	}
	return n
}
