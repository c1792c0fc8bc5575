package engine

import (
	"cmp"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/store"
	peopledb "qunying/internal/store/people"
)

// namesKept is of how many people it is remembered what they were called last, so
// that nobody's name is written again at every message.
const namesKept = 200_000

// peopleSeen collects what the views of people are to be told.
type peopleSeen struct {
	seen   map[community.IdentityID]*peopledb.Seen
	called map[calledKey]*peopledb.Called
	listed map[peopledb.Listed]bool                 // of whom an event tells without a name
	dated  map[community.IdentityID]community.Day   // of these: when that was last
	last   map[community.IdentityID]peopledb.Called // was taken to be written
}

type calledKey struct {
	identity community.IdentityID
	name     string
}

// peopleRows is what a flush writes of people.
type peopleRows struct {
	seen   []peopledb.Seen
	called []peopledb.Called
	listed []peopledb.Listed
	person func(community.IdentityID) community.PersonID
}

func (p *peopleSeen) reset() {
	p.seen = map[community.IdentityID]*peopledb.Seen{}
	p.called = map[calledKey]*peopledb.Called{}
	p.listed = map[peopledb.Listed]bool{}
}

func (p *peopleSeen) rows() int { return len(p.seen) + len(p.called) + len(p.listed) }

// note takes in an event of a group that is not ours, but for those whose rows were
// written already.
func (p *peopleSeen) note(ev *community.Event, posted bool, left store.Part) {
	see := func(id community.IdentityID, posted bool) {
		if ev.Seq > left.To || id > left.Identity {
			p.see(ev, id, posted)
		}
	}
	see(ev.Identity, posted)
	for _, t := range ev.Targets {
		see(t, false)
		p.list(t, ev)
	}
	if ev.Identity == 0 {
		return
	}
	if ev.Body == nil || ev.Body.Name == "" {
		p.list(ev.Identity, ev)
		return
	}
	day := community.DayOf(ev.At, time.UTC)
	p.call(ev.Identity, ev.Body.Name, day)
	if ev.Kind == community.MemberRenamed {
		p.call(ev.Identity, ev.Body.Data["old"], day)
	}
}

func (p *peopleSeen) see(ev *community.Event, id community.IdentityID, posted bool) {
	if id == 0 {
		return
	}
	at := ev.At.UnixMilli()
	s := p.seen[id]
	if s == nil {
		s = &peopledb.Seen{Identity: id, FirstAt: at}
		p.seen[id] = s
	}
	s.FirstAt = min(s.FirstAt, at)
	if posted {
		s.Messages++
		s.SpokeAt = max(s.SpokeAt, at)
	}
}

func (p *peopleSeen) call(id community.IdentityID, name string, day community.Day) {
	if name == "" {
		return
	}
	if was, ok := p.last[id]; ok && was.Name == name && was.First <= day && day <= was.Last {
		return
	}
	k := calledKey{id, name}
	n := p.called[k]
	if n == nil {
		n = &peopledb.Called{Identity: id, Name: name, First: day, Last: day}
		p.called[k] = n
	}
	n.First, n.Last = min(n.First, day), max(n.Last, day)
}

// list notes somebody whose name the event does not hold. Once a day is enough, but a
// member list may tell of another name.
func (p *peopleSeen) list(id community.IdentityID, ev *community.Event) {
	day := community.DayOf(ev.At, time.UTC)
	if was, ok := p.dated[id]; id == 0 || ok && was == day && ev.Kind != community.RosterTaken {
		return
	}
	if p.dated == nil || len(p.dated) > namesKept {
		p.dated = map[community.IdentityID]community.Day{}
	}
	p.dated[id] = day
	p.listed[peopledb.Listed{Identity: id, At: ev.At.UnixMilli()}] = true
}

// take answers what is to be written. A projector whose rows are not written
// after all has to be dropped.
func (p *peopleSeen) take(person func(community.IdentityID) community.PersonID) peopleRows {
	r := peopleRows{person: person, seen: make([]peopledb.Seen, 0, len(p.seen)), called: make([]peopledb.Called, 0, len(p.called))}
	for _, s := range p.seen {
		r.seen = append(r.seen, *s)
	}
	if p.last == nil || len(p.last) > namesKept {
		p.last = map[community.IdentityID]peopledb.Called{}
	}
	for _, n := range p.called {
		r.called = append(r.called, *n)
		p.last[n.Identity] = *n
	}
	for l := range p.listed {
		r.listed = append(r.listed, l)
	}
	slices.SortFunc(r.listed, func(a, b peopledb.Listed) int {
		return cmp.Or(cmp.Compare(a.Identity, b.Identity), cmp.Compare(a.At, b.At))
	})
	slices.SortFunc(r.seen, func(a, b peopledb.Seen) int { return cmp.Compare(a.Identity, b.Identity) })
	slices.SortFunc(r.called, func(a, b peopledb.Called) int {
		return cmp.Or(cmp.Compare(a.Identity, b.Identity), cmp.Compare(a.Name, b.Name))
	})
	return r
}

func (r *peopleRows) save(tx *store.Tx, c community.ID) error {
	if err := peopledb.AddSeen(tx, c, r.seen, r.person); err != nil {
		return err
	}
	return peopledb.AddCalled(tx, c, r.called, r.listed)
}
