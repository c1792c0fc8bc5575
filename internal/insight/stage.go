package insight

import "qunying/community"

// Phase is a part of a group's life (S110).
type Phase string

const (
	Burst  Phase = "burst"  // 爆发: the first three months
	Stable Phase = "stable" // 稳定: up to a year
	Decay  Phase = "decay"  // 衰退: after it
)

// The months after which a phase ends, in days.
const (
	burstDays  = 91
	stableDays = 365
)

// Stage is where a group is in its life: by its age, and by what it does.
type Stage struct {
	Age     int    // days since it was founded, or first heard where nobody says when that was
	Founded bool   // the age is that since it was founded
	ByAge   Phase  // what groups of that age usually are
	Course  Course // what it does: whether its messages grow or decay from month to month; "" is not known
	Change  *float64
	Differs bool // it does not do what its age says: an old group that grows, a young one that falls
}

// courseLeast is the change from month to month below which a group is steady.
const courseLeast = 0.15

// Stage judges a group at the end of a day; ok is false before anything was heard. A
// group is as old as the day on which it was founded says (nil: not known), if that
// is before it was first heard: many are connected when they are years old.
func (h *History) Stage(at community.Day, founded *community.Day) (st Stage, ok bool) {
	if h.heard.Days() == 0 || at < h.heard.From {
		return st, false
	}
	since := h.heard.From
	if founded != nil && *founded <= since {
		since, st.Founded = *founded, true
	}
	st.Age = int(at - since)
	switch {
	case st.Age < burstDays:
		st.ByAge = Burst
	case st.Age < stableDays:
		st.ByAge = Stable
	default:
		st.ByAge = Decay
	}
	decay := h.messageDecay(Span{at, at})
	if !decay.known {
		return st, true
	}
	change := -decay.value
	st.Change, st.Course = &change, Steady
	switch {
	case change > courseLeast:
		st.Course = Rising
	case change < -courseLeast:
		st.Course = Falling
	}
	st.Differs = st.ByAge == Decay && st.Course != Falling || st.ByAge != Decay && st.Course == Falling
	return st, true
}
