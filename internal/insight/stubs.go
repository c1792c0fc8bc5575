package insight

import "qunying/community"

// SuspectGaps finds the gaps of a group that was active on the days given
// (ascending) and merges them with those known.
func SuspectGaps(active []community.Day, known []Span) []Gap { return nil }

type membership struct{}

func fold(days []*GroupDay, person func(community.IdentityID) community.PersonID) *membership {
	return &membership{}
}

// Members counts the members at the end of the day; ok is false where no member
// list is known.
func (h *History) Members(d community.Day) (n int, ok bool) { return 0, false }

// Joins counts who joined and who left in the span; ok is false where
// neither is known of any of its days.
func (h *History) Joins(s Span) (joins, leaves int, ok bool) { return 0, 0, false }

// Trend draws the period in steps of the grain.
func (h *History) Trend(s Span, g Grain) Trend { return Trend{Grain: g} }

// Rhythm is the weekday × hour heat map of the period.
func (h *History) Rhythm(s Span) Rhythm { return Rhythm{} }

// Retention is the triangle of the cohorts whose week touches the period.
func (h *History) Retention(s Span, of RetentionOf) Retention { return Retention{Of: of} }

// Speakers lists the limit most active persons of the period.
func (h *History) Speakers(s Span, limit int) Speakers { return Speakers{} }

// Numbers computes every figure of the catalogue over the period, with the
// period of equal length before it beside.
func (h *History) Numbers(s Span) []Number { return nil }

// Together unites the rows of several groups, day by day, into the rows of a
// group 0 without members.
func Together(groups ...[]*GroupDay) []*GroupDay { return nil }
