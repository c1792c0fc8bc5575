package engine

import (
	"cmp"
	"context"
	"math"
	"slices"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	peopledb "qunying/internal/store/people"
)

// SQLite has one writer, and who appends or decides waits for it: a flush of more
// rows than this is written in portions, between which the others have their turn.
// Portions of history may be larger, because each costs a commit. PostgreSQL writes
// side by side and takes many rows at once the best.
const (
	portionLive, portionHistory = 200, 2000
	portionAll                  = math.MaxInt
)

// everyGroup is the place after all groups.
const everyGroup community.GroupID = math.MaxInt64

// flush writes what has been counted, and relinks people when the log says so,
// in the transaction that moves the cursor. What belongs to groups and people
// may be written in several before it; if that is interrupted, the place in the
// cursor's row tells who goes on what not to count again. It answers which groups
// changed.
func (e *Engine) flush(ctx context.Context, p *projector, relink *community.Event) (map[community.GroupID]bool, error) {
	to := p.seen
	if relink != nil {
		to = relink.Seq
	}
	rows, changed, err := p.gather() // before the transaction, which others wait for
	if err != nil {
		return nil, err
	}
	p.took = 0
	write := func(f func(tx *store.Tx) error) error {
		begun := e.now()
		err := e.db.WriteSoon(ctx, f)
		p.took += e.now().Sub(begun)
		return err
	}
	// A moment that is there already stays as it is, so these need no place to be noted.
	for most := e.portion(p.live); relink == nil && len(rows.timeline) > most; rows.timeline = rows.timeline[most:] {
		if err := write(func(tx *store.Tx) error { return insightdb.AddMoments(tx, p.community, rows.timeline[:most]) }); err != nil {
			return nil, err
		}
	}
	part := p.left
	for relink == nil && rows.size() > e.portion(p.live) {
		now := rows.portion(e.portion(p.live))
		next := store.Part{To: to, Group: now.group, Identity: now.identity}
		if err := write(func(tx *store.Tx) error {
			if err := tx.MovePart(p.community, store.Project, p.written, part, next); err != nil {
				return err
			}
			return now.save(tx, p.community)
		}); err != nil {
			return nil, err
		}
		part = next
	}
	if err := write(func(tx *store.Tx) error {
		if err := tx.FinishPart(p.community, store.Project, p.written, part, to); err != nil {
			return err
		}
		if err := rows.save(tx, p.community); err != nil {
			return err
		}
		if relink == nil {
			return nil
		}
		return p.relink(ctx, tx, relink, changed)
	}); err != nil {
		return nil, err
	}
	p.written, p.seen, p.left = to, to, store.Part{}
	p.wrote = e.now()
	p.reset()
	p.trim()
	return changed, nil
}

// portion is how many rows one transaction of a flush writes.
func (e *Engine) portion(live bool) int {
	switch {
	case e.portions > 0:
		return e.portions
	case e.db.Dialect != store.SQLite:
		return portionAll
	case live:
		return portionLive
	}
	return portionHistory
}

// viewRows is what a flush writes, in the order of its keys.
type viewRows struct {
	ofGroups groupRows
	people   peopleRows
	group    community.GroupID    // of a portion: the last group in it
	identity community.IdentityID // of a portion that has all groups: the last identity
	timeline []insightdb.Moment
	unions   []*insightdb.CommunityDay
	recalls  []community.Event
	coverage []community.Event
	moments  []community.Event
}

// groupRows are the rows that belong to a group.
type groupRows struct {
	days    []*insight.GroupDay
	terms   []insightdb.DayWords
	members []insightdb.MemberDelta
	totals  []insightdb.GroupTotals
	sources []insightdb.Source
}

// gather takes what is to be written, and tells of which groups. A projector
// whose rows are not written after all has to be dropped.
func (p *projector) gather() (*viewRows, map[community.GroupID]bool, error) {
	changed := map[community.GroupID]bool{}
	r := &viewRows{timeline: p.timeline, recalls: p.recalls, coverage: p.coverage, moments: p.moments, people: p.people.take(p.links.Person)}
	of := &r.ofGroups
	for k, d := range p.days {
		if !d.dirty {
			continue
		}
		d.dirty = false
		changed[k.group] = true
		of.days = append(of.days, d.GroupDay)
		if len(d.terms) > 0 {
			b, err := d.terms.AppendBinary(nil)
			if err != nil {
				return nil, nil, err
			}
			of.terms = append(of.terms, insightdb.DayWords{Group: k.group, Day: k.day, Terms: b})
		}
	}
	for _, u := range p.unions {
		if u.dirty {
			r.unions = append(r.unions, &u.CommunityDay)
			u.dirty = false
		}
	}
	for _, m := range p.members {
		of.members = append(of.members, *m)
	}
	for id, g := range p.groups {
		if g.dirty {
			changed[id] = true
			g.totals.Group, g.totals.Seen = id, int64(g.seen.GetCardinality())
			of.totals = append(of.totals, g.totals)
			g.dirty = false
		}
	}
	for _, s := range p.sources {
		of.sources = append(of.sources, *s)
	}
	of.sort()
	slices.SortFunc(r.timeline, func(a, b insightdb.Moment) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.At, b.At), cmp.Compare(a.Seq, b.Seq))
	})
	return r, changed, nil
}

// sort puts rows in the order of their keys: pages are touched once each then.
func (r *groupRows) sort() {
	slices.SortFunc(r.days, func(a, b *insight.GroupDay) int {
		return compareDays(dayKey{a.Group, a.Day}, dayKey{b.Group, b.Day})
	})
	slices.SortFunc(r.terms, func(a, b insightdb.DayWords) int {
		return compareDays(dayKey{a.Group, a.Day}, dayKey{b.Group, b.Day})
	})
	slices.SortFunc(r.members, func(a, b insightdb.MemberDelta) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Identity, b.Identity))
	})
	slices.SortFunc(r.totals, func(a, b insightdb.GroupTotals) int { return cmp.Compare(a.Group, b.Group) })
	slices.SortFunc(r.sources, func(a, b insightdb.Source) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
}

func compareDays(a, b dayKey) int {
	return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.day, b.day))
}

func (r *groupRows) size() int {
	return len(r.days) + len(r.terms) + len(r.members) + len(r.totals) + len(r.sources)
}

// first is the group that comes next, everyGroup after the last.
func (r *groupRows) first() community.GroupID {
	next := everyGroup
	note := func(n int, group func(i int) community.GroupID) {
		if n > 0 {
			next = min(next, group(0))
		}
	}
	note(len(r.days), func(i int) community.GroupID { return r.days[i].Group })
	note(len(r.terms), func(i int) community.GroupID { return r.terms[i].Group })
	note(len(r.members), func(i int) community.GroupID { return r.members[i].Group })
	note(len(r.totals), func(i int) community.GroupID { return r.totals[i].Group })
	note(len(r.sources), func(i int) community.GroupID { return r.sources[i].Group })
	return next
}

// take moves the rows of the groups up to one from the front of r to the end of
// into.
func (r *groupRows) take(g community.GroupID, into *groupRows) {
	r.days, into.days = cut(r.days, into.days, func(d *insight.GroupDay) bool { return d.Group <= g })
	r.terms, into.terms = cut(r.terms, into.terms, func(d insightdb.DayWords) bool { return d.Group <= g })
	r.members, into.members = cut(r.members, into.members, func(m insightdb.MemberDelta) bool { return m.Group <= g })
	r.totals, into.totals = cut(r.totals, into.totals, func(t insightdb.GroupTotals) bool { return t.Group <= g })
	r.sources, into.sources = cut(r.sources, into.sources, func(s insightdb.Source) bool { return s.Group <= g })
}

// cut moves the first elements for which goes holds to the end of what was cut off
// the same list before.
func cut[T any](list, off []T, goes func(T) bool) (rest, more []T) {
	n := 0
	for n < len(list) && goes(list[n]) {
		n++
	}
	if len(off) == 0 {
		return list[n:], list[:n]
	}
	return list[n:], off[:len(off)+n] // what follows it in memory
}

func (r *viewRows) size() int { return r.ofGroups.size() + r.people.rows() }

// portion takes about so many rows off the front: first of groups, whole, then of
// people.
func (r *viewRows) portion(most int) *viewRows {
	now := &viewRows{}
	for now.group = r.ofGroups.first(); now.group != everyGroup; now.group = r.ofGroups.first() {
		r.ofGroups.take(now.group, &now.ofGroups)
		if now.ofGroups.size() >= most {
			return now
		}
	}
	now.people, now.identity = r.people.portion(most - now.ofGroups.size())
	return now
}

func (r *viewRows) save(tx *store.Tx, c community.ID) error {
	of := &r.ofGroups
	for _, write := range []func() error{
		func() error { return insightdb.SaveDays(tx, c, of.days) },
		func() error { return insightdb.SaveWords(tx, c, of.terms) },
		func() error { return insightdb.SaveCommunityDays(tx, c, r.unions) },
		func() error { return insightdb.AddMembers(tx, c, of.members) },
		func() error { return insightdb.SaveTotals(tx, c, of.totals) },
		func() error { return insightdb.AddSources(tx, c, of.sources) },
		func() error { return insightdb.AddMoments(tx, c, r.timeline) },
		func() error { return insightdb.AddRecalls(tx, c, r.recalls) },
		func() error { return insightdb.AddCoverage(tx, c, r.coverage) },
		func() error { return addMoments(tx, r.moments) },
		func() error { return r.people.save(tx, c) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func addMoments(tx *store.Tx, list []community.Event) error {
	for i := range list {
		if err := tx.AddMoment(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// portion takes about so many rows off the front, whole identities, and answers
// the last of them.
func (r *peopleRows) portion(most int) (now peopleRows, last community.IdentityID) {
	now.person = r.person
	for now.rows() < most || last == 0 {
		switch {
		case len(r.seen) > 0 && (len(r.called) == 0 || r.seen[0].Identity <= r.called[0].Identity) && (len(r.listed) == 0 || r.seen[0].Identity <= r.listed[0].Identity):
			last = r.seen[0].Identity
		case len(r.called) > 0 && (len(r.listed) == 0 || r.called[0].Identity <= r.listed[0].Identity):
			last = r.called[0].Identity
		case len(r.listed) > 0:
			last = r.listed[0].Identity
		default:
			return now, last
		}
		r.seen, now.seen = cut(r.seen, now.seen, func(s peopledb.Seen) bool { return s.Identity <= last })
		r.called, now.called = cut(r.called, now.called, func(n peopledb.Called) bool { return n.Identity <= last })
		r.listed, now.listed = cut(r.listed, now.listed, func(l peopledb.Listed) bool { return l.Identity <= last })
	}
	return now, last
}

func (r *peopleRows) rows() int { return len(r.seen) + len(r.called) + len(r.listed) }
