package insight

import "qunying/community"

// Why says why a number is unknown (不可得), or what its denominator stands for.
type Why string

const (
	NoRoster    Why = "no_roster"    // no member list was known then, nor joins where joins would do
	NoMessages  Why = "no_messages"  // nothing was ever heard of the group, or nobody spoke where a share of messages is asked for
	InGap       Why = "gap"          // the days lie in a gap
	TooYoung    Why = "too_young"    // the history does not reach far enough, or the time is not over
	NoReplies   Why = "no_replies"   // hardly any message of the group is known to answer another: its network does not tell, or people do not quote and mention
	MembersSeen Why = "members_seen" // known, but of the members who ever spoke, as no member list is known
)

// Number is a metric's value over a period.
type Number struct {
	Metric  string   // ID in the catalogue
	Value   *float64 // nil: cannot be known, see Why
	Before  *float64 // the same in the period before; nil where it is unknown or must not be compared
	Of      *float64 // the denominator, where the metric is a share or a rate
	Why     Why
	Partial bool // some days of the period are not covered
}

// GapKind says how a gap is known.
type GapKind string

const (
	Suspected GapKind = "suspected" // a silence longer than chance explains
	Known     GapKind = "known"     // the connector was away
)

// Gap is a stretch of whole days in which events are missing or may be (数据缺失).
type Gap struct {
	Span
	Kind   GapKind
	Chance float64 // of suspected gaps: how likely so long a silence is by chance
}

// Grain is the step of a trend.
type Grain string

const (
	ByDay   Grain = "day"
	ByWeek  Grain = "week"  // Monday to Sunday
	ByMonth Grain = "month" // calendar months
)

// Trend is a group's course. All slices have the length of T; a nil is unknown.
type Trend struct {
	Grain    Grain
	T        []community.Day // first day of each step: the day, the Monday, the first of the month
	Messages []*float64      // by members
	Speakers []*float64      // persons
	Activity []*float64      // 日活率 (S73): speakers a day / members, mean over the covered days of the step
	Joins    []*float64
	Leaves   []*float64
	Members  []*float64 // at the end of the step
	Partial  []bool     // not every day of the step is covered, or the period cuts the step
	Inferred []bool     // some of the step's joins or leaves were inferred from member lists
	Gaps     []Gap
}

// Rhythm is how a group's week runs, over the covered days of a period. Rows
// are Monday to Sunday, columns local hours. Where clocks change, the hour that
// is repeated holds both and the one that is skipped holds nothing.
type Rhythm struct {
	Mean  [7][24]*float64 // messages an hour; nil: no such weekday was covered
	Total [7][24]int64
	Days  [7]int // how many of each weekday were covered
}

// RetentionOf says whose coming back is counted.
type RetentionOf string

const (
	Speaking   RetentionOf = "speaking"   // 发言留存: who first spoke in a week, and spoke again
	Membership RetentionOf = "membership" // 在群留存: who first joined in a week, and is still in the group
)

// Retention is the weekly cohort triangle.
type Retention struct {
	Of      RetentionOf
	Known   bool
	Why     Why // where it is not
	Cohorts []Cohort
	Next    Number // next-week retention over the cohorts shown
}

// Cohort is a row of the triangle.
type Cohort struct {
	Week community.Day // its Monday
	Size int64
	Back []*int64 // in week 1, 2, … after it, to the week in which the period ends; nil: in a gap, or not over
}

// Speaker is a line of "who carries it".
type Speaker struct {
	Person   community.PersonID
	Messages int64
	Share    float64       // of all messages by members in the period
	Days     int           // on which they spoke
	Last     community.Day // the last of them
}

// Speakers is who carries a group in a period.
type Speakers struct {
	Top      []Speaker // most messages first, then the smaller PersonID
	Others   int       // persons who spoke and are not in Top
	Rest     int64     // messages by members that are not by Top, those without a known author included
	Messages int64     // all messages by members
}
