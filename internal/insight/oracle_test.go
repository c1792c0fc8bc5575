package insight

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"qunying/community"
)

// oracle answers the same questions from the raw events, the slow way: maps of
// dates as people write them, clock times, no bitmaps, no rows. It is told the
// gaps, which have an oracle of their own.
type oracle struct {
	zone   *time.Location
	person func(community.IdentityID) community.PersonID
	last   string // date
	gap    map[string]bool
	byDate map[string][]community.Event // in log order, without duplicates
	first  string                       // first date heard, or ""
	final  string                       // last date with any event, or ""

	state map[string]memberState
}

// memberState is what was known at the end of a date.
type memberState struct {
	present map[community.PersonID]bool
	known   bool
	joins   int
	leaves  int
	fresh   map[community.PersonID]bool
}

const dateForm = "2006-01-02"

func newOracle(events []community.Event, zone *time.Location, person func(community.IdentityID) community.PersonID, last community.Day, gaps []Gap) *oracle {
	o := &oracle{zone: zone, person: person, last: last.String(), gap: map[string]bool{}, byDate: map[string][]community.Event{}}
	seen := map[community.Key]bool{}
	for _, e := range events {
		if seen[e.Key] {
			continue
		}
		seen[e.Key] = true
		date := e.At.In(zone).Format(dateForm)
		o.byDate[date] = append(o.byDate[date], e)
		o.final = max(o.final, date)
		if e.Kind != community.RosterTaken && (o.first == "" || date < o.first) {
			o.first = date
		}
	}
	for _, g := range gaps {
		for d := g.From; d <= g.To; d++ {
			o.gap[d.String()] = true
		}
	}
	o.followMembers()
	return o
}

func shift(date string, days int) string {
	t, err := time.Parse(dateForm, date)
	if err != nil {
		panic(err)
	}
	return t.AddDate(0, 0, days).Format(dateForm)
}

// dates lists from … to.
func dates(from, to string) []string {
	var out []string
	for d := from; d <= to; d = shift(d, 1) {
		out = append(out, d)
	}
	return out
}

func (o *oracle) covered(date string) bool {
	return o.first != "" && date >= o.first && date <= o.last && !o.gap[date]
}

// some: anything known of the date, be it in progress.
func (o *oracle) some(date string) bool {
	return o.covered(date) || o.first != "" && date >= o.first && date > o.last && date <= o.lastHeard() && !o.gap[date]
}

func (o *oracle) lastHeard() string {
	last := ""
	for date, events := range o.byDate {
		for _, e := range events {
			if e.Kind != community.RosterTaken {
				last = max(last, date)
			}
		}
	}
	return last
}

// messages are those by members.
func (o *oracle) messages(date string) []community.Event {
	var out []community.Event
	for _, e := range o.byDate[date] {
		if e.Kind == community.MessagePosted && e.Flags&community.FromUs == 0 {
			out = append(out, e)
		}
	}
	return out
}

func (o *oracle) spoke(on ...string) map[community.PersonID]bool {
	who := map[community.PersonID]bool{}
	for _, date := range on {
		for _, e := range o.messages(date) {
			if e.Identity != 0 {
				who[o.person(e.Identity)] = true
			}
		}
	}
	return who
}

// followMembers keeps a note per identity, date by date.
func (o *oracle) followMembers() {
	o.state = map[string]memberState{}
	if len(o.byDate) == 0 {
		return
	}
	in := map[community.IdentityID]bool{}
	ever := map[community.PersonID]bool{}
	known := false
	from := slices.Min(slices.Collect(keys(o.byDate)))
	for _, date := range dates(from, max(o.final, o.last)) {
		joined, left := map[community.IdentityID]bool{}, map[community.IdentityID]bool{}
		var roster map[community.IdentityID]bool
		for _, e := range o.byDate[date] {
			switch e.Kind {
			case community.MemberJoined:
				joined[e.Identity] = true
			case community.MemberLeft:
				left[e.Identity] = true
			case community.RosterTaken:
				roster = map[community.IdentityID]bool{}
				for _, id := range e.Targets {
					roster[id] = true
				}
			}
		}
		st := memberState{joins: len(joined), leaves: len(left), present: map[community.PersonID]bool{}, fresh: map[community.PersonID]bool{}}
		newIDs := map[community.IdentityID]bool{}
		for id := range joined {
			newIDs[id] = true
		}
		for id := community.IdentityID(1); id <= 600; id++ {
			expect := in[id]
			if joined[id] != left[id] {
				expect = joined[id]
			}
			now := expect
			if roster != nil && joined[id] == left[id] {
				now = roster[id]
			}
			switch {
			case expect && !now:
				st.leaves++
			case now && !expect && known:
				st.joins++
				newIDs[id] = true
			}
			in[id] = now
			if now {
				st.present[o.person(id)] = true
			}
			if left[id] && !joined[id] {
				ever[o.person(id)] = true
			}
		}
		for id := range newIDs {
			if !ever[o.person(id)] {
				st.fresh[o.person(id)] = true
			}
		}
		for p := range st.fresh {
			ever[p] = true
		}
		for p := range st.present {
			ever[p] = true
		}
		known = known || roster != nil
		st.known = known
		o.state[date] = st
	}
}

func (o *oracle) members(date string) (int, bool) {
	st, ok := o.state[min(date, max(o.final, o.last))]
	return len(st.present), ok && st.known
}

// changes counts joins and leaves, and says for each whether it is known.
func (o *oracle) changes(on []string) (joins, leaves int, knowJoins, knowLeaves bool) {
	var joinSeen, leaveSeen bool
	firstEvent, firstRoster, lastRoster := "", "", ""
	for date, events := range o.byDate {
		for _, e := range events {
			switch e.Kind {
			case community.MemberJoined, community.MemberLeft:
				joinSeen = joinSeen || e.Kind == community.MemberJoined
				leaveSeen = leaveSeen || e.Kind == community.MemberLeft
				if firstEvent == "" || date < firstEvent {
					firstEvent = date
				}
			case community.RosterTaken:
				lastRoster = max(lastRoster, date)
				if firstRoster == "" || date < firstRoster {
					firstRoster = date
				}
			}
		}
	}
	for _, date := range on {
		joins += o.state[date].joins
		leaves += o.state[date].leaves
		if o.gap[date] || date > max(o.final, o.last) {
			continue
		}
		between := firstRoster != "" && firstRoster <= date && date <= lastRoster
		knowJoins = knowJoins || between || joinSeen && date >= firstEvent
		knowLeaves = knowLeaves || between || leaveSeen && date >= firstEvent
	}
	return joins, leaves, knowJoins, knowLeaves
}

// perMember is the mean of of(date) / members.
func (o *oracle) perMember(on []string, of func(date string) int) *float64 {
	var rates []float64
	for _, date := range on {
		if n, ok := o.members(date); ok && n > 0 && o.covered(date) {
			rates = append(rates, float64(of(date))/float64(n))
		}
	}
	return mean(rates)
}

func mean(v []float64) *float64 {
	if len(v) == 0 {
		return nil
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	sum /= float64(len(v))
	return &sum
}

// dailyMean is the mean of of(date) over the covered dates.
func (o *oracle) dailyMean(on []string, of func(date string) int) *float64 {
	var v []float64
	for _, date := range on {
		if o.covered(date) {
			v = append(v, float64(of(date)))
		}
	}
	return mean(v)
}

// topShare is the share of the n most active persons.
func (o *oracle) topShare(on []string, n int) *float64 {
	by, all := map[community.PersonID]int{}, 0
	for _, date := range on {
		for _, e := range o.messages(date) {
			all++
			if e.Identity != 0 {
				by[o.person(e.Identity)]++
			}
		}
	}
	if all == 0 || !slices.ContainsFunc(on, o.some) {
		return nil
	}
	counts := slices.SortedFunc(values(by), func(a, b int) int { return cmp.Compare(b, a) })
	top := 0
	for _, c := range counts[:min(n, len(counts))] {
		top += c
	}
	share := float64(top) / float64(all)
	return &share
}

// isoWeek names the week of a date, "2017-W35".
func isoWeek(date string) string {
	t, err := time.Parse(dateForm, date)
	if err != nil {
		panic(err)
	}
	y, w := t.ISOWeek()
	return fmt.Sprintf("%d-W%02d", y, w)
}

// weekDates are the seven dates of the week of a date.
func weekDates(date string) []string {
	d := date
	for isoWeek(shift(d, -1)) == isoWeek(date) {
		d = shift(d, -1)
	}
	return dates(d, shift(d, 6))
}

// countable says whether the week of date can be counted.
func (o *oracle) countable(date string) bool {
	gaps := 0
	for _, d := range weekDates(date) {
		if d > o.last {
			return false
		}
		if o.gap[d] {
			gaps++
		}
	}
	return gaps <= 3
}

// speakingCell counts who first spoke in the week of a and spoke in the week of b.
func (o *oracle) speakingCell(a, b string) (size int, back *int64) {
	began, again := map[community.PersonID]string{}, map[community.PersonID]bool{}
	for date := range o.byDate {
		for p := range o.spoke(date) {
			if w := isoWeek(date); began[p] == "" || w < began[p] {
				began[p] = w
			}
			if isoWeek(date) == isoWeek(b) {
				again[p] = true
			}
		}
	}
	return cell(began, again, isoWeek(a), o.countable(b))
}

// membershipCell counts who first joined in the week of a and was there at the
// end of the week of b.
func (o *oracle) membershipCell(a, b string) (size int, back *int64) {
	began := map[community.PersonID]string{}
	leaves, lastRoster := false, ""
	for date, st := range o.state {
		for p := range st.fresh {
			began[p] = isoWeek(date)
		}
		for _, e := range o.byDate[date] {
			leaves = leaves || e.Kind == community.MemberLeft
			if e.Kind == community.RosterTaken {
				lastRoster = max(lastRoster, date)
			}
		}
	}
	sunday := weekDates(b)[6]
	there := o.state[min(sunday, max(o.final, o.last))].present
	return cell(began, there, isoWeek(a), o.countable(b) && (leaves || lastRoster >= sunday))
}

func cell(began map[community.PersonID]string, there map[community.PersonID]bool, week string, countable bool) (size int, back *int64) {
	n := int64(0)
	for p, w := range began {
		if w == week {
			size++
			if there[p] {
				n++
			}
		}
	}
	if !countable {
		return size, nil
	}
	return size, &n
}
