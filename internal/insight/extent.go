package insight

import (
	"slices"

	"qunying/community"
)

// Extent says how much of a group's days answers a question. How many messages a day
// has, and who came, went and was on its list, is always needed of all days, because
// gaps and membership follow from them; the rest is large and read as far as this says.
type Extent struct {
	Speakers community.Day // who spoke, from this day on; Nothing: not at all
	Posts    community.Day // how much each wrote, from this day on; Nothing: not at all
	Hours    bool
	Talks    bool // who answered whom, of all days
}

// Nothing is after every day.
const Nothing community.Day = 1 << 30

// Everything is what any question needs.
func Everything() Extent {
	return Extent{Speakers: -Nothing, Posts: -Nothing, Hours: true, Talks: true}
}

// With is what two questions need together.
func (n Extent) With(o Extent) Extent {
	return Extent{min(n.Speakers, o.Speakers), min(n.Posts, o.Posts), n.Hours || o.Hours, n.Talks || o.Talks}
}

// depth says what a metric reads of the days before a stretch, and of its own.
type depth struct {
	speakers, posts int // days before it begins; not: of no day, ever: of all
	talks           bool
}

const (
	not  = -1
	ever = 1 << 24
)

// depths are those of the metrics; what is not listed reads everything.
var depths = map[string]depth{
	"messages": {not, not, false}, "messages_mean": {not, not, false}, "messages_per_member": {not, not, false},
	"message_decay": {not, not, false}, "mentions": {not, not, false}, "members": {not, not, false}, "joins": {not, not, false},
	"leaves": {not, not, false}, "leave_rate": {not, not, false}, "weekly_leave_rate": {not, not, false}, "stay": {not, not, false}, "membership_retention": {not, not, false},

	"speakers": {0, not, false}, "dau": {0, not, false}, "wau": {weekDays, not, false}, "mau": {monthDays, not, false},
	"dau_mean": {0, not, false}, "activity_rate": {0, not, false}, "silent_share": {monthDays, not, false},

	// Where no member list is known, everybody who ever spoke stands for the members.
	"speaking_share": {ever, not, false}, "silent_members": {ever, not, false}, "lost_members": {ever, not, false},
	"few_share": {ever, fewDays, false}, "kol_members": {ever, monthDays, false}, "kol_share": {ever, monthDays, false},
	"low_activity_days": {ever, not, false}, "next_day_retention": {ever, not, false}, "next_week_retention": {ever, not, false},
	"next_month_retention": {ever, not, false},

	"replies": {not, not, true}, "answered_share": {not, not, true}, "first_reply_minutes": {not, not, true}, "questions": {not, not, true},
	"unanswered_questions": {not, not, true}, "unanswered_share": {not, not, true}, "flat_questions": {not, not, true}, "links": {not, not, true},
	"isolated_share": {0, not, true},

	"top1_share": {not, 0, false}, "top5_share": {not, 0, false}, "gini": {not, 0, false}, "kol_output": {not, monthDays, false},
}

// reach is the first day that a depth reaches before a day.
func reach(day community.Day, depth int) community.Day {
	switch depth {
	case not:
		return Nothing
	case ever:
		return -Nothing
	}
	return day - community.Day(depth)
}

// Extent says what of the groups' days answers the query. united says that the unions
// of all groups' days are there too (see AddUnions).
func (p *Plan) Extent(united bool) Extent {
	n := Extent{Speakers: Nothing, Posts: Nothing}
	first := p.Query.From - p.Shift
	single := len(p.Units) > 1 || len(p.Units[0].Groups) == 1
	for _, m := range p.Query.Metrics {
		if united && !single && slices.Contains(fromUnions, m) {
			continue
		}
		d, ok := depths[m]
		if !ok {
			return Everything()
		}
		n = n.With(Extent{Speakers: reach(first, d.speakers), Posts: reach(first, d.posts), Talks: d.talks})
	}
	if p.has(PerPerson) {
		n.Posts = min(n.Posts, first)
	}
	n.Hours = p.has(PerHour)
	return n
}
