package sim

import (
	"encoding/json"
	"io"
	"maps"
	"slices"

	"qunying/community"
)

// GroupDay is the truth about one group on one day of its zone: what a report
// must come to.
type GroupDay struct {
	Group    string         `json:"group"` // outside ID
	Day      community.Day  `json:"day"`
	Messages int            `json:"messages"`  // emitted
	Lost     int            `json:"lost"`      // said during an outage, never emitted
	Hours    [24]int        `json:"hours"`     // Messages by hour of the local clock
	ByMember map[string]int `json:"by_member"` // Messages by member's outside ID; the keys are the day's speakers
	Mentions int            `json:"mentions"`  // members mentioned, @所有人 not counted
	Recalls  int            `json:"recalls"`
	Joins    int            `json:"joins"`
	Leaves   int            `json:"leaves"`
	Present  []string       `json:"present"` // members at the end of the day, sorted
}

// Speakers are the members who wrote, sorted.
func (d *GroupDay) Speakers() []string { return slices.Sorted(maps.Keys(d.ByMember)) }

// Truth is the truth about a whole history, in order of days, then of groups.
// It grows with groups × days × members; for long histories pass a function of
// your own to Generator.WithTruth and keep what you need.
type Truth struct{ Days []GroupDay }

// Record keeps a day.
func (t *Truth) Record(d GroupDay) { t.Days = append(t.Days, d) }

// Write writes one JSON object per line and day.
func (t *Truth) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	for i := range t.Days {
		if err := enc.Encode(&t.Days[i]); err != nil {
			return &community.Error{Code: community.Unavailable, Text: "the truth could not be written", Err: err}
		}
	}
	return nil
}

// settleDay hands today's tally over, where somebody wants it, and begins anew.
func (g *group) settleDay(f *frame, record func(GroupDay)) {
	t := &g.today
	if record != nil {
		d := GroupDay{Group: g.id, Day: f.day, Messages: t.messages, Lost: t.lost, Hours: t.hours, Mentions: t.mentions,
			Recalls: t.recalls, Joins: t.joins, Leaves: t.leaves, ByMember: make(map[string]int, len(t.spoke))}
		for _, i := range t.spoke {
			d.ByMember[g.members[i].id] = int(g.members[i].spoke)
		}
		d.Present = make([]string, 0, len(g.present))
		for _, i := range g.present {
			d.Present = append(d.Present, g.members[i].id)
		}
		slices.Sort(d.Present)
		record(d)
	}
	for _, i := range t.spoke {
		g.members[i].spoke = 0
	}
	*t = tally{spoke: t.spoke[:0]}
}
