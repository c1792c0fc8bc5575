package insight

import (
	"cmp"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// Span is a stretch of days, both ends included. It is empty when To is before From.
type Span struct {
	From community.Day
	To   community.Day
}

// Days is the length of the span.
func (s Span) Days() int { return max(0, int(s.To-s.From)+1) }

// Has says whether d lies in the span.
func (s Span) Has(d community.Day) bool { return s.From <= d && d <= s.To }

// Before is the span of equal length that ends the day before s begins.
func (s Span) Before() Span {
	return Span{From: s.From - community.Day(s.Days()), To: s.From - 1}
}

// meet is what both spans share.
func (s Span) meet(t Span) Span { return Span{max(s.From, t.From), min(s.To, t.To)} }

// Record is what is on file of one group: the material of every report.
type Record struct {
	// Days are the group's rows, one a day, in any order. Days without a row
	// are days on which nothing was counted.
	Days []*GroupDay
	// Last is the last day that is known whole, in the group's zone: yesterday
	// for a group that is listened to, the day of the last event for one that
	// was only imported. Up to it a day without a row is a quiet day; after it,
	// it is unknown. Rows after it are of a day in progress: they count in sums,
	// never in means, rates and retention.
	Last community.Day
	// Away are the days on which the connector is known to have been away.
	Away []Span
	// Unread says that no message of a member was ever heard of, though other things
	// may have been: what is counted of messages is not known then, and not none.
	Unread bool
	// Talks are who answered whom, in any order.
	Talks []TalkDay
	// Person maps identities to persons. Nil: every identity is a person.
	Person  func(community.IdentityID) community.PersonID
	tallies map[Span]*tally // of several groups, instead of the days' posts
	// Unions is what is kept of these days from one history to the next; nil: nothing.
	Unions *Unions
}

// History answers questions about one group. Its methods may be called from
// several goroutines; the rows must not change meanwhile.
type History struct {
	days    []*GroupDay // ascending
	talks   []TalkDay   // ascending
	last    community.Day
	person  func(community.IdentityID) community.PersonID
	unions  *Unions
	tallies map[Span]*tally
	away    []Span
	gaps    []Gap
	unread  bool
	heard   Span // the first and the last day on which anything was heard; empty when nothing was

	members       func() *membership // these are worked out when first asked for
	replying      func() float64
	speakingWeeks func() []week
	memberWeeks   func() []week
}

// NewHistory takes the record of a group and finds its gaps.
func NewHistory(r Record) *History {
	h := &History{days: r.Days, last: r.Last, person: r.Person, unions: r.Unions, tallies: r.tallies, away: r.Away, unread: r.Unread, heard: Span{From: 0, To: -1}}
	byDay := func(a, b *GroupDay) int { return cmp.Compare(a.Day, b.Day) }
	if !slices.IsSortedFunc(h.days, byDay) {
		h.days = slices.SortedFunc(slices.Values(h.days), byDay)
	}
	h.talks = slices.SortedFunc(slices.Values(r.Talks), func(a, b TalkDay) int { return cmp.Compare(a.Day, b.Day) })
	if h.person == nil {
		h.person = func(id community.IdentityID) community.PersonID { return community.PersonID(id) }
	}
	active := make([]community.Day, 0, len(h.days))
	for _, d := range h.days {
		if d.heard() {
			active = append(active, d.Day)
		}
	}
	if len(active) > 0 {
		h.heard = Span{active[0], active[len(active)-1]}
	}
	h.gaps = SuspectGaps(active, h.messagesOn, r.Away)
	h.members = sync.OnceValue(func() *membership { return fold(h.days, h.person) })
	h.replying = sync.OnceValue(h.findReplying)
	h.speakingWeeks = sync.OnceValue(h.findSpeakingWeeks)
	h.memberWeeks = sync.OnceValue(h.findMemberWeeks)
	return h
}

// until is the history as it was known when the day was over: a silence that went on
// then was no gap yet, and nobody who wrote first later had been read.
func (h *History) until(end community.Day) *History {
	past, _ := slices.BinarySearchFunc(h.days, end+1, func(d *GroupDay, day community.Day) int { return cmp.Compare(d.Day, day) })
	talks, _ := slices.BinarySearchFunc(h.talks, end+1, func(d TalkDay, day community.Day) int { return cmp.Compare(d.Day, day) })
	r := Record{Days: h.days[:past], Talks: h.talks[:talks], Last: min(h.last, end), Person: h.person, Unions: h.unions}
	for _, a := range h.away {
		if a = a.meet(Span{a.From, end}); a.Days() > 0 {
			r.Away = append(r.Away, a)
		}
	}
	r.Unread = !slices.ContainsFunc(r.Days, func(d *GroupDay) bool { return d.Messages > 0 })
	return NewHistory(r)
}

// messagesOn counts the members' messages of a day.
func (h *History) messagesOn(d community.Day) int {
	i, found := slices.BinarySearchFunc(h.days, d, func(g *GroupDay, d community.Day) int { return cmp.Compare(g.Day, d) })
	if !found {
		return 0
	}
	return h.days[i].Messages
}

// heard says that the day proves that we were listening. A member list proves
// nothing: people type them in.
func (d *GroupDay) heard() bool {
	return d.Messages > 0 || d.Ours > 0 || d.Recalled > 0 || !d.Joined.IsEmpty() || !d.Left.IsEmpty()
}

// Heard is the stretch from the first to the last day on which anything was
// heard of the group; ok is false when nothing ever was.
func (h *History) Heard() (s Span, ok bool) { return h.heard, h.heard.Days() > 0 }

// Gaps are the group's gaps, ascending; they do not touch each other.
func (h *History) Gaps() []Gap { return slices.Clone(h.gaps) }

// GapsIn are the gaps that share a day with the span, whole.
func (h *History) GapsIn(s Span) []Gap {
	var in []Gap
	for _, g := range h.gaps {
		if g.meet(s).Days() > 0 {
			in = append(in, g)
		}
	}
	return in
}

// inGap says whether the day lies in a gap.
func (h *History) inGap(d community.Day) bool {
	i, _ := slices.BinarySearchFunc(h.gaps, d, func(g Gap, d community.Day) int { return cmp.Compare(g.To, d) })
	return i < len(h.gaps) && h.gaps[i].From <= d
}

// covered says whether everything of the day is known: it is not before the
// first day heard, not in a gap, and over.
func (h *History) covered(d community.Day) bool {
	return h.heard.Days() > 0 && d >= h.heard.From && d <= h.last && !h.inGap(d)
}

// coverage counts the covered days of the span, and those about which at least
// something is known: the covered ones and a day in progress.
func (h *History) coverage(s Span) (whole, some int) {
	if h.heard.Days() == 0 {
		return 0, 0
	}
	known := s.meet(Span{h.heard.From, max(h.last, h.heard.To)})
	whole, some = known.meet(Span{h.heard.From, h.last}).Days(), known.Days()
	for _, g := range h.gaps {
		whole -= g.meet(known).meet(Span{h.heard.From, h.last}).Days()
		some -= g.meet(known).Days()
	}
	return whole, some
}

// missing says why nothing is known of a span without a covered day.
func (h *History) missing(s Span) Why {
	switch {
	case h.heard.Days() == 0, h.unread:
		return NoMessages
	case len(h.GapsIn(s)) > 0:
		return InGap
	default:
		return TooYoung
	}
}

// in returns the rows of the span.
func (h *History) in(s Span) []*GroupDay {
	at := func(d *GroupDay, day community.Day) int { return cmp.Compare(d.Day, day) }
	from, _ := slices.BinarySearchFunc(h.days, s.From, at)
	to, _ := slices.BinarySearchFunc(h.days, s.To+1, at)
	return h.days[from:max(from, to)]
}

// speakers is the set of persons who spoke in the span. The caller must not change it.
func (h *History) speakers(s Span) *roaring.Bitmap {
	return h.unions.Of(s, h.in(s))
}

// Level is a kind of data that is known of a group.
type Level string

// The levels, from what every group has to what few have.
const (
	LevelMessages Level = "messages"
	LevelRoster   Level = "roster"
	LevelJoins    Level = "joins"
)

// Levels says what is known of the group.
func (h *History) Levels() []Level {
	var messages, roster, joins bool
	for _, d := range h.days {
		messages = messages || d.Messages > 0
		roster = roster || d.Roster != nil
		joins = joins || !d.Joined.IsEmpty() || !d.Left.IsEmpty()
	}
	var out []Level
	for _, l := range []struct {
		has   bool
		level Level
	}{{messages, LevelMessages}, {roster, LevelRoster}, {joins, LevelJoins}} {
		if l.has {
			out = append(out, l.level)
		}
	}
	return out
}

// Seen counts the persons who ever spoke in the group or were named as members.
func (h *History) Seen() int {
	all := h.speakers(Span{-1 << 30, 1 << 30}).Clone()
	for _, d := range h.days {
		for _, set := range []*roaring.Bitmap{d.Joined, d.Left, d.Roster} {
			if set != nil {
				for id := range roaring.Values(set) {
					all.Add(uint32(h.person(community.IdentityID(id))))
				}
			}
		}
	}
	return int(all.GetCardinality())
}
