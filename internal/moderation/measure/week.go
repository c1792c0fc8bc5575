package measure

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"qunying/community"
)

// Judged is a verdict as far as it is measured: a suggestion or an automatic one.
type Judged struct {
	Group     community.GroupID
	At        int64 // ms, the platform's time of the message
	Review    int64 // its card
	Violation bool  // nobody overturned it
	Felt      bool  // something was done to the member
	Automatic bool  // by the machine
}

// Week is what happened in a calendar week (Monday to Sunday) of the groups' own
// zones, or in the part of it that belongs to the period.
type Week struct {
	Begins        community.Day `json:"begins" doc:"its Monday, or the first day of the period"`
	Days          int           `json:"days" doc:"of it that belong to the period"`
	Messages      int64         `json:"messages" doc:"of members, imported ones included"`
	Violations    int64         `json:"violations" doc:"messages that a clause fired for, less those that people overturned"`
	Interventions int64         `json:"interventions" doc:"cards because of which something was done to a member, once for each group"`
	Automatic     int64         `json:"automatic" doc:"of these, by the machine alone"`
}

// OfGroup are the weeks of a group with their sum.
type OfGroup struct {
	Group community.GroupID `json:"group"`
	Week
	Weeks []Week `json:"weeks"`
}

// Weeks counts verdicts by group and week.
type Weeks struct {
	from, to community.Day
	begins   []community.Day
	zone     func(community.GroupID) *time.Location
	edges    map[*time.Location][]int64 // where weeks begin and the last one ends, in ms
	groups   map[community.GroupID]*OfGroup
	seen     map[cardIn]bool
}

type cardIn struct {
	card  int64
	group community.GroupID
}

// NewWeeks counts the weeks of a period of days, both ends included.
func NewWeeks(from, to community.Day, zone func(community.GroupID) *time.Location) *Weeks {
	w := &Weeks{from: from, to: to, zone: zone, edges: map[*time.Location][]int64{}, groups: map[community.GroupID]*OfGroup{}, seen: map[cardIn]bool{}}
	for day := from; day <= to; day = day.Week() + 7 {
		w.begins = append(w.begins, day)
	}
	return w
}

// Empty are the weeks with nothing in them.
func (w *Weeks) Empty() []Week {
	list := make([]Week, len(w.begins))
	for i, day := range w.begins {
		list[i] = Week{Begins: day, Days: int(min(day.Week()+6, w.to)-day) + 1}
	}
	return list
}

// Of is the number of the week in which a day of the period is.
func (w *Weeks) Of(day community.Day) int { return int((day.Week() - w.from.Week()) / 7) }

// index is the number of the week in which something was in a zone, −1: outside.
func (w *Weeks) index(at int64, zone *time.Location) int {
	edges := w.edges[zone]
	if edges == nil {
		for _, day := range w.begins {
			edges = append(edges, day.Start(zone).UnixMilli())
		}
		edges = append(edges, (w.to + 1).Start(zone).UnixMilli())
		w.edges[zone] = edges
	}
	i, found := slices.BinarySearch(edges, at)
	if !found {
		i--
	}
	if i == len(w.begins) {
		return -1
	}
	return i
}

// Add counts a verdict.
func (w *Weeks) Add(j Judged) {
	i := w.index(j.At, w.zone(j.Group))
	if i < 0 {
		return
	}
	g := w.groups[j.Group]
	if g == nil {
		g = &OfGroup{Group: j.Group, Weeks: w.Empty()}
		w.groups[j.Group] = g
	}
	week := &g.Weeks[i]
	if j.Violation {
		week.Violations++
	}
	if in := (cardIn{j.Review, j.Group}); j.Felt && !w.seen[in] {
		w.seen[in] = true
		week.Interventions++
		if j.Automatic {
			week.Automatic++
		}
	}
}

// Said tells how much was said in a group on a day of the period.
func (w *Weeks) Said(g community.GroupID, day community.Day, messages int64) {
	if of := w.groups[g]; of != nil && day >= w.from && day <= w.to {
		of.Weeks[w.Of(day)].Messages += messages
	}
}

// Groups are those in which anything happened, with the most violations first.
func (w *Weeks) Groups() []OfGroup {
	list := []OfGroup{}
	for _, id := range slices.Sorted(maps.Keys(w.groups)) {
		g := *w.groups[id]
		g.Week = sum(w.from, int(w.to-w.from)+1, g.Weeks)
		list = append(list, g)
	}
	slices.SortStableFunc(list, func(a, b OfGroup) int {
		return cmp.Or(cmp.Compare(b.Violations, a.Violations), cmp.Compare(b.Interventions, a.Interventions))
	})
	return list
}

// All are the weeks of all groups together; what was said is not in them.
func (w *Weeks) All() []Week {
	all := w.Empty()
	for _, g := range w.groups {
		for i, week := range g.Weeks {
			all[i].Violations += week.Violations
			all[i].Interventions += week.Interventions
			all[i].Automatic += week.Automatic
		}
	}
	return all
}

// Sum adds weeks up.
func (w *Weeks) Sum(weeks []Week) Week { return sum(w.from, int(w.to-w.from)+1, weeks) }

func sum(from community.Day, days int, weeks []Week) Week {
	total := Week{Begins: from, Days: days}
	for _, week := range weeks {
		total.Messages += week.Messages
		total.Violations += week.Violations
		total.Interventions += week.Interventions
		total.Automatic += week.Automatic
	}
	return total
}
