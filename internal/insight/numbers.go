package insight

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
)

// The windows that metrics with a length of their own look back over, from the
// end of the period.
const (
	weekDays  = 7
	monthDays = 30
	// kolPosts is what a KOL (S49) exceeds in 30 days.
	kolPosts = 20
	// LowActivity is the 日活率 below which a day is low (S73, S74).
	LowActivity = 0.15
)

// figure is a metric's value over one period.
type figure struct {
	value   float64
	of      float64 // denominator, 0 where there is none
	known   bool
	why     Why
	partial bool
	// days is, of counts, how many days they were counted over. Counts over
	// different numbers of days are not compared; means and rates are.
	days int
	// thin is, of means over days, that fewer than half of the days are covered.
	// Such a mean stands for too few days to be compared.
	thin bool
}

func unknown(why Why) figure { return figure{why: why} }

// figures maps the metrics that are numbers of a period to their arithmetic.
var figures = map[string]func(*History, Span) figure{
	"messages":             func(h *History, s Span) figure { return h.count(s, messages) },
	"messages_mean":        func(h *History, s Span) figure { return h.dailyMean(s, messages) },
	"messages_per_member":  func(h *History, s Span) figure { return h.memberRate(s, messages) },
	"message_decay":        (*History).messageDecay,
	"speakers":             (*History).distinct,
	"dau":                  func(h *History, s Span) figure { return h.distinct(h.lookBack(s, 1)) },
	"wau":                  func(h *History, s Span) figure { return h.distinct(h.lookBack(s, weekDays)) },
	"mau":                  func(h *History, s Span) figure { return h.distinct(h.lookBack(s, monthDays)) },
	"dau_mean":             func(h *History, s Span) figure { return h.dailyMean(s, spoke) },
	"activity_rate":        func(h *History, s Span) figure { return h.memberRate(s, spoke) },
	"low_activity_days":    (*History).lowActivityDays,
	"speaking_share":       (*History).speakingShare,
	"silent_share":         (*History).silentShare,
	"few_share":            func(h *History, s Span) figure { return h.few(s).ratio() },
	"silent_members":       func(h *History, s Span) figure { return h.silentFor(s, monthDays) },
	"lost_members":         func(h *History, s Span) figure { return h.silentFor(s, lostDays) },
	"kol_members":          (*History).kols,
	"kol_share":            func(h *History, s Span) figure { return h.kols(s).ratio() },
	"gini":                 (*History).gini,
	"next_day_retention":   (*History).nextDay,
	"next_month_retention": (*History).nextMonth,
	"weekly_leave_rate":    func(h *History, s Span) figure { return h.leftWithin(s, weekDays) },
	"next_week_retention":  func(h *History, s Span) figure { return h.nextWeek(s, Speaking) },
	"membership_retention": func(h *History, s Span) figure { return h.nextWeek(s, Membership) },
	"members":              (*History).memberCount,
	"joins":                func(h *History, s Span) figure { return h.changes(s, h.joins) },
	"leaves":               func(h *History, s Span) figure { return h.changes(s, h.leaves) },
	"leave_rate":           func(h *History, s Span) figure { return h.leftWithin(s, monthDays) },
	"stay":                 (*History).stay,
	"mentions":             func(h *History, s Span) figure { return h.count(s, func(d *GroupDay) int { return d.Mentions }) },
	"replies":              func(h *History, s Span) figure { return h.ofReplies(s, func(t TalkDay) int { return t.Answers() }) },
	"answered_share":       (*History).answeredShare,
	"first_reply_minutes":  (*History).firstReply,
	"questions":            func(h *History, s Span) figure { return h.ofTalk(s, questions) },
	"unanswered_questions": (*History).ofUnanswered,
	"unanswered_share": func(h *History, s Span) figure {
		return h.ofUnanswered(s).shareOf(h.ofTalk(s, questions))
	},
	"flat_questions": func(h *History, s Span) figure { return h.ofTalk(s, flat) },
	"links":          func(h *History, s Span) figure { return h.ofTalk(s, func(t TalkDay) int { return int(t.Links) }) },
	"isolated_share": (*History).isolated,
	"top1_share":     func(h *History, s Span) figure { return h.topShare(s, 1) },
	"top5_share":     func(h *History, s Span) figure { return h.topShare(s, 5) },
	"kol_output":     (*History).kolOutput,
}

func messages(d *GroupDay) int { return d.Messages }

// Numbers computes every figure of the catalogue over the period, in its order,
// with the period of equal length before it beside.
//
// Before is nil where the period before is unknown, where a count was counted
// over another number of days (a gap, the beginning of the history), where a mean
// over days has fewer than half of them on either side, and where the denominator
// is only MembersSeen, which grows by itself.
func (h *History) Numbers(s Span) []Number {
	out := make([]Number, 0, len(figures))
	for _, m := range catalogue {
		if n, ok := h.Number(m.ID, s); ok {
			out = append(out, n)
		}
	}
	return out
}

// Number computes one figure; ok is false when the metric is not a number of a period.
func (h *History) Number(metric string, s Span) (n Number, ok bool) {
	if figures[metric] == nil {
		return Number{}, false
	}
	now, before := unknown(TooYoung), unknown(TooYoung)
	if s.Days() > 0 {
		now, before = h.figure(metric, s), h.figure(metric, s.Before())
	}
	return Number{
		Metric: metric, Why: now.why, Partial: now.partial,
		Value:  maybe(now.value, now.known),
		Of:     maybe(now.of, now.known && now.of > 0),
		Before: maybe(before.value, mayCompare(now, before)),
	}, true
}

// figure computes one metric; of messages that nobody can read it knows nothing.
func (h *History) figure(metric string, s Span) figure {
	if h.unread && ofMessages[metric] {
		return unknown(NoMessages)
	}
	return figures[metric](h, s)
}

// ofMessages are the metrics that are made of messages.
var ofMessages = func() map[string]bool {
	of := map[string]bool{}
	for _, m := range catalogue {
		of[m.ID] = slices.Contains(m.Needs, LevelMessages)
	}
	return of
}()

// mayCompare says whether a figure may stand beside the one of the stretch before.
func mayCompare(now, was figure) bool {
	return now.known && was.known && now.days == was.days && !now.thin && !was.thin && now.why != MembersSeen && was.why != MembersSeen
}

// lookBack is the window of the given length that ends with the period, or with
// the last day that is known whole.
func (h *History) lookBack(s Span, days int) Span { return lookBack(h.last, s, days) }

func lookBack(last community.Day, s Span, days int) Span {
	end := s.To
	if s.Has(last) {
		end = last
	}
	return Span{end - community.Day(days) + 1, end}
}

// count adds something up over the days of which anything is known.
func (h *History) count(s Span, of func(*GroupDay) int) figure {
	whole, some := h.coverage(s)
	if some == 0 {
		return unknown(h.missing(s))
	}
	return figure{value: float64(h.sum(s, of)), known: true, days: some, partial: whole < s.Days()}
}

// distinct counts the persons who spoke.
func (h *History) distinct(s Span) figure {
	f := h.count(s, spoke)
	if f.known {
		f.value = float64(h.speakers(s).GetCardinality())
	}
	return f
}

// dailyMean is the mean of something over the covered days.
func (h *History) dailyMean(s Span, of func(*GroupDay) int) figure {
	whole, _ := h.coverage(s)
	if whole == 0 {
		return unknown(h.missing(s))
	}
	n := 0
	for _, d := range h.in(s) {
		if h.covered(d.Day) {
			n += of(d)
		}
	}
	return figure{value: float64(n) / float64(whole), known: true, partial: whole < s.Days(), thin: 2*whole < s.Days()}
}

// memberRate is something a day / members, mean over the covered days with known members.
func (h *History) memberRate(s Span, of func(*GroupDay) int) figure {
	whole, _ := h.coverage(s)
	if whole == 0 {
		return unknown(h.missing(s))
	}
	mean, members, ok := h.perMember(s, of)
	if !ok {
		return unknown(NoRoster)
	}
	return figure{value: mean, of: members, known: true, partial: whole < s.Days(), thin: 2*whole < s.Days()}
}

// half is a figure over a window that must be covered for at least half its
// days, or says little; it returns why not.
func (h *History) half(s Span) (why Why, partial bool) {
	whole, _ := h.coverage(s)
	if 2*whole >= s.Days() {
		return "", whole < s.Days()
	}
	return h.missing(s), true
}

// messageDecay is how much less a day was written in the 30 days to the end of
// the period than in the 30 before (S73); it is negative when more was written.
func (h *History) messageDecay(s Span) figure {
	month := h.lookBack(s, monthDays)
	for _, w := range []Span{month, month.Before()} {
		if why, _ := h.half(w); why != "" {
			return unknown(why)
		}
	}
	now, before := h.dailyMean(month, messages), h.dailyMean(month.Before(), messages)
	if before.value == 0 {
		return unknown(NoMessages)
	}
	return figure{value: 1 - now.value/before.value, of: before.value, known: true, partial: now.partial || before.partial}
}

// speakingShare is who spoke in the period / members at its end (S75), or,
// where no member list is known, / who ever spoke until then.
func (h *History) speakingShare(s Span) figure {
	f := h.distinct(s)
	if !f.known {
		return f
	}
	spoke := f.value
	members, ok := h.Members(min(s.To, h.end()))
	f.of, f.days = float64(members), 0
	if !ok {
		f.of, f.why = float64(h.speakers(Span{h.heard.From, s.To}).GetCardinality()), MembersSeen
	}
	if f.of == 0 {
		return unknown(NoMessages)
	}
	f.value = spoke / f.of
	return f
}

// silentShare is the share of the members at the end of the period who wrote
// nothing in the 30 days to it (S47, S49).
func (h *History) silentShare(s Span) figure {
	month := h.lookBack(s, monthDays)
	why, partial := h.half(month)
	if why != "" {
		return unknown(why)
	}
	n, ok := h.Members(month.To)
	if !ok || n == 0 {
		return unknown(NoRoster)
	}
	silent := roaring.AndNot(h.members().at(month.To).present, h.speakers(month)).GetCardinality()
	return figure{value: float64(silent) / float64(n), of: float64(n), known: true, partial: partial}
}

// lowActivityDays counts the days in a row, back from the end of the period,
// with a 日活率 below 15% (S74). Gap days are passed over.
func (h *History) lowActivityDays(s Span) figure {
	end := h.lookBack(s, 1).To
	if !h.covered(end) {
		return unknown(h.missing(Span{end, end}))
	}
	if _, ok := h.Members(end); !ok {
		return unknown(NoRoster)
	}
	n := 0
	for d := end; d >= h.heard.From; d-- {
		if !h.covered(d) {
			continue
		}
		rate, _, ok := h.perMember(Span{d, d}, spoke)
		if !ok || rate >= LowActivity {
			break
		}
		n++
	}
	return figure{value: float64(n), known: true}
}

// memberCount is the number of members at the end of the period.
func (h *History) memberCount(s Span) figure {
	end := min(s.To, h.end())
	n, ok := h.Members(end)
	switch {
	case !ok:
		return unknown(NoRoster)
	case end < s.From:
		return unknown(TooYoung)
	case h.inGap(end):
		return unknown(InGap)
	}
	return figure{value: float64(n), known: true}
}

// changes counts joins or leaves over the days on which they are known.
func (h *History) changes(s Span, count func(Span) (n, days int)) figure {
	n, days := count(s)
	if days == 0 {
		if h.changesHidden(s) {
			return unknown(InGap)
		}
		return unknown(NoRoster)
	}
	return figure{value: float64(n), known: true, days: days, partial: days < s.Days()}
}

// changesHidden says whether the whole span lies in a gap.
func (h *History) changesHidden(s Span) bool {
	in := h.GapsIn(s)
	return len(in) > 0 && in[0].meet(s) == s
}

// leftWithin is who left in so many days to the end of the period / members
// before them (退群率, S72).
func (h *History) leftWithin(s Span, days int) figure {
	month := h.lookBack(s, days)
	why, partial := h.half(month)
	if why != "" {
		return unknown(why)
	}
	had, ok := h.Members(month.From - 1)
	left, seen := h.Leaves(month)
	if !ok || !seen || had == 0 {
		return unknown(NoRoster)
	}
	return figure{value: float64(left) / float64(had), of: float64(had), known: true, partial: partial}
}

// stay is how many days a member stays (S50): member-days / leaves, as there are
// as many in a queue as come, times how long they wait.
func (h *History) stay(s Span) figure {
	lists, days := h.members().rosters, h.lookBack(s, lostDays)
	if lists.Days() == 0 {
		return unknown(NoRoster)
	}
	days.From = max(days.From, lists.From)
	if days.Days() < monthDays {
		return unknown(TooYoung)
	}
	why, partial := h.half(days)
	if why != "" {
		return unknown(why)
	}
	memberDays := 0
	for d := days.From; d <= days.To; d++ {
		n, _ := h.Members(d)
		memberDays += n
	}
	left, seen := h.Leaves(days)
	if !seen || memberDays == 0 {
		return unknown(NoRoster)
	}
	of := float64(max(left, 1))
	return figure{value: float64(memberDays) / of, of: of, known: true, partial: partial}
}

// topShare is the share of the n most active persons in the messages (S80).
func (h *History) topShare(s Span, n int) figure {
	f := h.count(s, messages)
	if !f.known {
		return f
	}
	if f.value == 0 {
		return unknown(NoMessages)
	}
	top := h.Speakers(s, n)
	return figure{
		value: float64(top.Messages-top.Rest) / float64(top.Messages), of: float64(top.Messages),
		known: true, partial: f.partial,
	}
}

// kolOutput is the share of the messages of 30 days, to the end of the period,
// that came from persons with more than 20 (KOL产出比, S49, S73).
func (h *History) kolOutput(s Span) figure {
	month := h.lookBack(s, monthDays)
	why, partial := h.half(month)
	if why != "" {
		return unknown(why)
	}
	all := h.sum(month, messages)
	if all == 0 {
		return unknown(NoMessages)
	}
	var by int64
	for _, n := range h.wroteIn(month) {
		if n > kolPosts {
			by += n
		}
	}
	return figure{value: float64(by) / float64(all), of: float64(all), known: true, partial: partial}
}

// Figures lists the IDs of the metrics that Numbers computes.
func Figures() []string {
	var ids []string
	for _, m := range catalogue {
		if _, ok := figures[m.ID]; ok {
			ids = append(ids, m.ID)
		}
	}
	return slices.Clip(ids)
}
