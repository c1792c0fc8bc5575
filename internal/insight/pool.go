package insight

import (
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// together says how a metric of several groups follows from what is known of each.
type together int

const (
	// apart: it means nothing of several groups.
	apart together = iota
	// asOne: computed as if the groups were one: who wrote in two of them counts once.
	asOne
	// added: the groups' values are added up; a member of two groups counts in each.
	added
	// weighted: the mean of the groups' values, weighted by their denominators; a
	// member of two groups counts in each.
	weighted
	// distinct: persons who are a member of any of the groups.
	distinct
	// middle: the median over everything that was waited for in any of the groups.
	middle
)

// pooling says it for every metric; what is not listed is apart.
var pooling = map[string]together{
	"messages": asOne, "messages_mean": asOne, "message_decay": asOne, "speakers": asOne, "dau": asOne, "wau": asOne, "mau": asOne,
	"dau_mean": asOne, "next_day_retention": asOne, "next_week_retention": asOne, "next_month_retention": asOne, "mentions": asOne,
	"top1_share": asOne, "top5_share": asOne, "gini": asOne, "kol_output": asOne,

	"joins": added, "leaves": added, "silent_members": added, "lost_members": added, "kol_members": added,

	"messages_per_member": weighted, "activity_rate": weighted, "speaking_share": weighted, "silent_share": weighted, "few_share": weighted,
	"kol_share": weighted, "leave_rate": weighted, "weekly_leave_rate": weighted, "stay": weighted, "membership_retention": weighted,

	"members": distinct,

	// Groups in which answers cannot be told are left out.
	"links": added, "questions": added, "flat_questions": added, "replies": added, "unanswered_questions": added,
	"answered_share": weighted, "unanswered_share": weighted, "first_reply_minutes": middle,
}

// fromUnions are the metrics that need of the groups' days only how many messages
// there were and who spoke.
var fromUnions = []string{
	"messages", "messages_mean", "message_decay", "speakers", "dau", "wau", "mau", "dau_mean",
	"next_day_retention", "next_week_retention", "next_month_retention",
}

// Part is what the pool of several groups must know of each besides its days.
type Part struct {
	First community.Day // on which anything was heard of it
	Last  community.Day // the last day that is known whole
	Away  []Span        // days on which the connector is known to have been away
	Ended bool          // it was only imported: nothing is heard of it after Last
}

// pool gathers the messages of several groups.
type pool struct {
	days   map[community.Day]*GroupDay
	parts  []Part
	person func(community.IdentityID) community.PersonID
	unions *Unions

	speakers bool            // who spoke is asked about
	posts    bool            // and how much each wrote,
	tallies  map[Span]*tally // in these stretches; nil: by day
}

// add counts a group's messages.
func (p *pool) add(h *History) {
	if p.days == nil {
		p.days = map[community.Day]*GroupDay{}
	}
	p.person = h.person
	for _, d := range h.days {
		if d.Messages == 0 {
			continue
		}
		sum := p.days[d.Day]
		if sum == nil {
			sum = NewGroupDay(0, d.Day)
			p.days[d.Day] = sum
		}
		sum.Messages += d.Messages
		sum.Mentions += d.Mentions
		for i, n := range d.Hours {
			sum.Hours[i] += n
		}
		if p.speakers {
			sum.Speakers.Or(d.Speakers)
		}
		if p.posts {
			p.addPosts(sum, d)
		}
	}
}

func (p *pool) addPosts(sum, d *GroupDay) {
	if p.tallies == nil {
		for id, n := range d.posts() {
			sum.Posts[id] += n
		}
		return
	}
	for s, t := range p.tallies {
		if s.Has(d.Day) {
			for id, n := range d.posts() {
				t.add(p.person(id), n)
			}
		}
	}
}

// history is that of all the groups as one. Its last day is that of the group that
// is known the longest. A day is away when every group that was there is.
func (p *pool) history() *History {
	r := Record{Last: p.last(), Person: p.person, Unions: p.unions, tallies: p.tallies}
	for _, d := range p.days {
		r.Days = append(r.Days, d)
	}
	r.Away = p.away()
	return NewHistory(r)
}

// last is the last day that is known whole of any of the groups.
func (p *pool) last() community.Day {
	last := -Nothing
	for _, part := range p.parts {
		last = max(last, part.Last)
	}
	return last
}

// away are the days on which every group that was heard by then is away.
func (p *pool) away() []Span {
	days := map[community.Day]bool{}
	for _, part := range p.parts {
		for _, s := range part.Away {
			for d := s.From; d <= s.To; d++ {
				days[d] = true
			}
		}
	}
	var list []Span
	for d := range days {
		missing := true
		for _, part := range p.parts {
			missing = missing && (part.lacks(d) || d < part.First)
		}
		if missing {
			list = append(list, Span{d, d})
		}
	}
	slices.SortFunc(list, func(a, b Span) int { return int(a.From - b.From) })
	return list
}

// lacks says that nothing can have been heard of the group on a day.
func (p *Part) lacks(d community.Day) bool {
	return p.Ended && d > p.Last || slices.ContainsFunc(p.Away, func(s Span) bool { return s.Has(d) })
}

// partial says that something of a span is missing of one of the groups.
func (p *pool) partial(s Span) bool {
	for i := range p.parts {
		part := &p.parts[i]
		if part.Ended && part.Last < s.To || slices.ContainsFunc(part.Away, func(a Span) bool { return a.meet(s).Days() > 0 }) {
			return true
		}
	}
	return false
}

// sum puts the values of several groups together.
type sum struct {
	value, of         float64 // added up: value × denominator, denominators
	seenValue, seenOf float64 // of groups whose denominator is the members seen
	known, seen       int     // how many groups have a value, by those
	days              int
	partial           bool
	why               Why             // of the first group without a value
	members           *roaring.Bitmap // of distinct
	waits             *waits          // of middle
}

// waits are what many messages waited for. Few are listed; many are counted by their
// seconds, of which a day has 86,400 however many messages were answered.
type waits struct {
	list []uint32
	by   *[int(AnswerWithin/time.Second) + 1]uint32
	n    int
}

func (w *waits) add(seconds []uint32) {
	w.n += len(seconds)
	if w.by == nil {
		w.list = append(w.list, seconds...)
		if w.n < len(w.by) {
			return
		}
		seconds, w.list, w.by = w.list, nil, new([len(w.by)]uint32)
	}
	for _, s := range seconds {
		w.by[min(int(s), len(w.by)-1)]++
	}
}

// at is the wait at a place, from 0, of all in their order.
func (w *waits) at(place int) uint32 {
	if w.by == nil {
		slices.Sort(w.list)
		return w.list[place]
	}
	for s, n := range w.by {
		if place -= int(n); place < 0 {
			return uint32(s)
		}
	}
	return uint32(len(w.by) - 1)
}

// minutes is the median wait.
func (w *waits) minutes() float64 { return (float64(w.at((w.n-1)/2)) + float64(w.at(w.n/2))) / 2 / 60 }

func (a *sum) wait(seconds []uint32) {
	if a.waits == nil {
		a.waits = &waits{}
	}
	a.waits.add(seconds)
}

func (a *sum) add(how together, f figure) {
	a.partial = a.partial || f.partial || !f.known
	if !f.known {
		if a.why == "" {
			a.why = f.why
		}
		return
	}
	weight := 1.0
	if how == weighted {
		weight = f.of
	}
	if f.why == MembersSeen {
		a.seen++
		a.seenValue, a.seenOf = a.seenValue+f.value*weight, a.seenOf+f.of
		return
	}
	a.known++
	a.value, a.of, a.days = a.value+f.value*weight, a.of+f.of, a.days+f.days
}

// figure is the value of all groups together, and of how many it is. Groups whose
// denominator means something else are taken only where there are no others.
func (a *sum) figure(how together) (f figure, groups int) {
	value, of, groups, why := a.value, a.of, a.known, Why("")
	f.partial = a.partial || a.seen > 0 && a.known > 0
	if groups == 0 {
		value, of, groups, why = a.seenValue, a.seenOf, a.seen, MembersSeen
	}
	if groups == 0 {
		return unknown(a.why), 0
	}
	f.value, f.known, f.why, f.days = value, true, why, a.days
	switch how {
	case weighted:
		if of == 0 {
			return unknown(NoMessages), 0
		}
		f.value, f.of = value/of, of
	case distinct:
		f.value = float64(a.members.GetCardinality())
	case middle:
		f.value, f.of = a.waits.minutes(), float64(a.waits.n)
	}
	return f, groups
}
