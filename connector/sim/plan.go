package sim

import (
	"math/rand/v2"
	"time"

	"qunying/community"
)

// DefaultRate is the number of messages that a member writes a day, on average.
// 2,000 groups of 150 write about 10 million messages in 180 days.
const DefaultRate = 0.185

// In a slump, the last slumpDays of a plan and what follows, a group says slumpShare
// of what it used to.
const (
	slumpDays  = 10
	slumpShare = 0.2
)

// MaxMembers is the size at which a group is full.
const MaxMembers = 500

// Plan says what history to write. Equal plans give equal histories.
type Plan struct {
	Seed                 uint64         `json:"seed"`
	Groups               int            `json:"groups"`
	Members              int            `json:"members"` // mean per group at the start; sizes run from 5 to MaxMembers
	Days                 int            `json:"days"`
	Start                community.Day  `json:"start"`
	Zone                 *time.Location `json:"-"`                       // of all groups; nil is UTC
	MessagesPerMemberDay float64        `json:"messages_per_member_day"` // 0 is DefaultRate
	OutagesPerMonth      float64        `json:"outages_per_month"`       // of the account, all groups at once; at most one a day
	Slumps               int            `json:"slumps"`                  // how many of the first groups fall silent, nearly, in the last days
}

func (p Plan) check() (Plan, error) {
	switch {
	case p.Groups < 1 || p.Groups > 1<<20:
		return p, community.Errorf(community.Invalid, "%d groups cannot be simulated", p.Groups).WithHint("ask for 1 to 1048576")
	case p.Members < 2 || p.Members > MaxMembers:
		return p, community.Errorf(community.Invalid, "groups of %d members cannot be simulated", p.Members).WithHint("ask for 2 to 500 on average")
	case p.Days < 0 || p.Days > 36500:
		return p, community.Errorf(community.Invalid, "%d days cannot be simulated", p.Days).WithHint("ask for 0 to 36500")
	case p.MessagesPerMemberDay < 0 || p.MessagesPerMemberDay > 1000:
		return p, community.Errorf(community.Invalid, "%g messages per member and day cannot be simulated", p.MessagesPerMemberDay).WithHint("ask for 0 to 1000")
	case p.Slumps < 0 || p.Slumps > p.Groups:
		return p, community.Errorf(community.Invalid, "%d of %d groups cannot fall silent", p.Slumps, p.Groups).WithHint("ask for none to all")
	case p.OutagesPerMonth < 0 || p.OutagesPerMonth > 30:
		return p, community.Errorf(community.Invalid, "%g outages a month cannot be simulated", p.OutagesPerMonth).WithHint("ask for 0 to 30")
	}
	if p.MessagesPerMemberDay == 0 {
		p.MessagesPerMemberDay = DefaultRate
	}
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	return p, nil
}

// slump is the share of its usual talk that a group still has on a day.
func (p *Plan) slump(group uint64, day int) float64 {
	if group < uint64(p.Slumps) && day >= p.Days-slumpDays {
		return slumpShare
	}
	return 1
}

// frame is one day of a plan: where it lies and what happens to all groups in it.
type frame struct {
	index      int // 0 is the plan's first day
	day        community.Day
	start, end int64 // milliseconds since 1970: [start, end)
	zone       *time.Location
	lostFrom   int64 // outage [lostFrom, lostTo), or both 0
	lostTo     int64
}

func (f *frame) lost(at int64) bool { return at >= f.lostFrom && at < f.lostTo }

// afterOutage moves what would fall into the outage behind it.
func (f *frame) afterOutage(at int64) int64 {
	if f.lost(at) {
		return f.lostTo + (at-f.lostFrom)%600_000 + 1000
	}
	return at
}

// moment draws an instant of the day by its rhythm. Where clocks change the
// rhythm is off by the change, and a shorter day ends at its end.
func (f *frame) moment(r *rand.Rand) int64 { return min(f.start+moment(r), f.end-1) }

// hour of the local clock, 0 to 23.
func (f *frame) hour(at int64) int {
	if f.end-f.start == 24*3600_000 {
		return int(at-f.start) / 3600_000
	}
	return time.UnixMilli(at).In(f.zone).Hour()
}

func (p *Plan) frame(index int) frame {
	day := p.Start + community.Day(index)
	f := frame{index: index, day: day, zone: p.Zone,
		start: day.Start(p.Zone).UnixMilli(), end: (day + 1).Start(p.Zone).UnixMilli()}
	h := mix(p.Seed ^ mix(uint64(index)+0x6f75746167650001))
	if unit(h) < p.OutagesPerMonth/30 { // an outage of 10 minutes to 4 hours between 08:00 and 22:00
		f.lostFrom = f.start + 8*3600_000 + int64(unit(mix(h+1))*10*3600_000)
		f.lostTo = f.lostFrom + 600_000 + int64(unit(mix(h+2))*230*60_000)
	}
	return f
}

// mix is a bijection on 64 bits that leaves no pattern (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// unit maps 64 random bits to [0, 1).
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }
