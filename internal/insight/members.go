package insight

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// Inferred are joins and leaves that nobody saw: a member list differs from
// what the events before it made us expect. They happened after the day After
// (that of the list before, or 0 for the first list) and at the latest on the
// day On, to which they are counted.
type Inferred struct {
	After  community.Day
	On     community.Day
	Joined *roaring.Bitmap // identities
	Left   *roaring.Bitmap // identities
}

// memberDay is the state at the end of a day on which something was learnt.
type memberDay struct {
	day      community.Day
	present  *roaring.Bitmap // persons
	newcomer *roaring.Bitmap // persons who joined and had never been members before
	joins    int
	leaves   int
	inferred *Inferred // nil where nothing was
}

// membership is what the rows say about who was in the group, and when.
type membership struct {
	days       []memberDay
	rosters    Span          // from the first member list to the last; empty without one
	events     community.Day // first day with a join or leave that was seen
	seesJoins  bool
	seesLeaves bool
}

// fold follows the members through the days.
//
// The end of a day is (present ∪ joined) − left, but that who joined and left on
// one day stays what they were the day before, as the order is not known. A
// member list replaces what was believed; who joined or left on the same day is
// believed over it, as the list may have been taken before. Membership is known
// from the first list on. Before it, presence holds only those who were seen to join.
func fold(days []*GroupDay, person func(community.IdentityID) community.PersonID) *membership {
	m := &membership{rosters: Span{0, -1}}
	present := roaring.New() // identities
	count := newPersons(person)
	ever := roaring.New() // persons who ever were members
	for _, d := range days {
		if !d.HasMembership() {
			continue
		}
		came, went := roaring.AndNot(d.Joined, d.Left), roaring.AndNot(d.Left, d.Joined)
		var inferred *Inferred
		if d.Roster == nil {
			count.follow(present, came, went)
		} else {
			expected := roaring.AndNot(roaring.Or(present, came), went)
			end := roaring.AndNot(roaring.Or(d.Roster, came), went)
			inferred = m.infer(d.Day, expected, end)
			m.note(d.Day)
			count.change(present, end)
			present = end
		}
		out := memberDay{
			day: d.Day, inferred: inferred,
			joins: int(d.Joined.GetCardinality()), leaves: int(d.Left.GetCardinality()),
		}
		m.see(d.Day, out.joins > 0, out.leaves > 0)

		joined := d.Joined
		if inferred != nil {
			out.joins += int(inferred.Joined.GetCardinality())
			out.leaves += int(inferred.Left.GetCardinality())
			joined = roaring.Or(joined, inferred.Joined)
		}
		out.present = count.set.Clone()
		// Who leaves without having been seen before was there all along.
		ever.Or(personsOf(went, person))
		out.newcomer = roaring.AndNot(personsOf(joined, person), ever)
		ever.Or(out.newcomer)
		if d.Roster != nil { // otherwise nobody is present who had not been, or joined
			ever.Or(out.present)
		}
		m.days = append(m.days, out)
	}
	return m
}

// infer compares a member list with what was expected. The first list tells who
// is missing but not who is new: until then most members were unknown.
func (m *membership) infer(day community.Day, expected, end *roaring.Bitmap) *Inferred {
	in := &Inferred{On: day, Joined: roaring.New(), Left: roaring.AndNot(expected, end)}
	if m.rosters.Days() > 0 {
		in.After, in.Joined = m.rosters.To, roaring.AndNot(end, expected)
	}
	if in.Joined.IsEmpty() && in.Left.IsEmpty() {
		return nil
	}
	return in
}

// note remembers that a member list was taken.
func (m *membership) note(d community.Day) {
	if m.rosters.Days() == 0 {
		m.rosters.From = d
	}
	m.rosters.To = d
}

// see remembers which events the platform lets us see.
func (m *membership) see(d community.Day, joins, leaves bool) {
	if (joins || leaves) && !m.seesJoins && !m.seesLeaves {
		m.events = d
	}
	m.seesJoins = m.seesJoins || joins
	m.seesLeaves = m.seesLeaves || leaves
}

// at is the state at the end of the day, nil before anything was learnt.
func (m *membership) at(d community.Day) *memberDay {
	i, found := slices.BinarySearchFunc(m.days, d, func(x memberDay, d community.Day) int { return cmp.Compare(x.day, d) })
	if !found {
		i--
	}
	if i < 0 {
		return nil
	}
	return &m.days[i]
}

// in are the states of the span.
func (m *membership) in(s Span) []memberDay {
	at := func(x memberDay, d community.Day) int { return cmp.Compare(x.day, d) }
	from, _ := slices.BinarySearchFunc(m.days, s.From, at)
	to, _ := slices.BinarySearchFunc(m.days, s.To+1, at)
	return m.days[from:max(from, to)]
}

// persons counts how many identities of each person are present.
type persons struct {
	of  func(community.IdentityID) community.PersonID
	n   map[community.PersonID]int
	set *roaring.Bitmap
}

func newPersons(of func(community.IdentityID) community.PersonID) *persons {
	return &persons{of: of, n: map[community.PersonID]int{}, set: roaring.New()}
}

// change follows the identities from before to after.
func (p *persons) change(before, after *roaring.Bitmap) {
	for id := range roaring.Values(roaring.AndNot(after, before)) {
		p.add(id)
	}
	for id := range roaring.Values(roaring.AndNot(before, after)) {
		p.remove(id)
	}
}

// follow lets identities come and go; present is who is there, and changes.
func (p *persons) follow(present, came, went *roaring.Bitmap) {
	for id := range roaring.Values(came) {
		if present.CheckedAdd(id) {
			p.add(id)
		}
	}
	for id := range roaring.Values(went) {
		if present.CheckedRemove(id) {
			p.remove(id)
		}
	}
}

func (p *persons) add(id uint32) {
	who := p.of(community.IdentityID(id))
	p.n[who]++
	p.set.Add(uint32(who))
}

func (p *persons) remove(id uint32) {
	who := p.of(community.IdentityID(id))
	if p.n[who]--; p.n[who] == 0 {
		delete(p.n, who)
		p.set.Remove(uint32(who))
	}
}

func personsOf(ids *roaring.Bitmap, of func(community.IdentityID) community.PersonID) *roaring.Bitmap {
	out := roaring.New()
	for id := range roaring.Values(ids) {
		out.Add(uint32(of(community.IdentityID(id))))
	}
	return out
}

// Members counts the persons who were members at the end of the day; ok is
// false before the first member list.
func (h *History) Members(d community.Day) (n int, ok bool) {
	m := h.members()
	if m.rosters.Days() == 0 || d < m.rosters.From {
		return 0, false
	}
	return int(m.at(d).present.GetCardinality()), true
}

// Joins counts the joins of the span: seen ones, and inferred ones on the day
// of the list that gave them away. An identity counts once a day. ok is false
// when joins are known on no day of the span.
func (h *History) Joins(s Span) (n int, ok bool) {
	n, days := h.joins(s)
	return n, days > 0
}

// Leaves counts the leaves of the span in the same way.
func (h *History) Leaves(s Span) (n int, ok bool) {
	n, days := h.leaves(s)
	return n, days > 0
}

// joins counts joins, and the days on which they are known.
func (h *History) joins(s Span) (n, days int) {
	m := h.members()
	for _, x := range m.in(s) {
		n += x.joins
	}
	return n, h.changesKnown(s, m.seesJoins)
}

// leaves counts leaves, and the days on which they are known.
func (h *History) leaves(s Span) (n, days int) {
	m := h.members()
	for _, x := range m.in(s) {
		n += x.leaves
	}
	return n, h.changesKnown(s, m.seesLeaves)
}

// changesKnown counts the days of the span on which joins (or leaves) are
// known: they are in no gap and not in the future, and the changes are seen as
// they happen or two member lists enclose the day. Platforms show joins and hide
// leaves, so that each must have been seen once to be believed when absent.
func (h *History) changesKnown(s Span, seen bool) int {
	m, days := h.members(), 0
	if len(m.days) == 0 {
		return 0
	}
	for d := max(s.From, m.days[0].day); d <= min(s.To, h.end()); d++ {
		if (seen && d >= m.events || m.rosters.Has(d)) && !h.inGap(d) {
			days++
		}
	}
	return days
}

// end is the last day about which anything is known.
func (h *History) end() community.Day {
	if n := len(h.days); n > 0 {
		return max(h.last, h.days[n-1].Day)
	}
	return h.last
}

// Inferred lists the joins and leaves that member lists of the span gave away.
func (h *History) Inferred(s Span) []Inferred {
	var out []Inferred
	for _, x := range h.members().in(s) {
		if x.inferred != nil {
			out = append(out, *x.inferred)
		}
	}
	return out
}
