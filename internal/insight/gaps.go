package insight

import (
	"cmp"
	"math"
	"slices"

	"qunying/community"
)

// When a silence is suspected to be a gap.
const (
	// gapChance is the threshold: so long a silence would happen by chance less
	// than once in a million.
	gapChance = 1e-6
	// gapDays is the shortest silence, in whole days, that is ever suspected.
	gapDays = 3
	// gapMargin is how far to each side of a silence the group's habits are
	// read: four weeks, so that every weekday weighs the same.
	gapMargin = 28
	// gapBasis is how many days must be readable there.
	gapBasis = 14
	// gapActive is how many of those must have been active: a group that is
	// heard once in a while has no habits to break.
	gapActive = 7
	// gapBusy is how many messages the least lively day there must have had for a
	// silence shorter than gapDays to be suspected.
	gapBusy = 100
	// gapLively is how many messages a group's days must have, nine in ten of those
	// on which it was heard at all, for any silence to be taken for a gap.
	gapLively = 500
	// gapLivelyDays is on how many days it must have been heard for that.
	gapLivelyDays = 3
	// gapLeast is the smallest chance that is told: nobody knows a group so well
	// that smaller ones differ.
	gapLeast = 1e-15
)

// SuspectGaps finds the silences of a group that chance does not explain and
// merges them with the known gaps. active are the days on which the group was
// heard, ascending; messages counts a day's messages, nil where nobody counted.
// The gaps come back ascending; none touches another.
//
// Of the four weeks before and the four after a silence (without known gaps,
// and without the two days that border it: those are active by definition) a
// were active and b were not. A silence of n days then has the chance
//
//	((b + ½) / (a + b + 1))ⁿ
//
// which is (1-p)ⁿ, but that a day of silence never counts as impossible just
// because none was seen yet. It is suspected below one in a million, from 3
// days on, where at least 14 days could be read and 7 of them were active. A group that is active every
// day is so suspected after 3 days, one active every other day after 20, one
// active at weekends only after 6 weeks; no weekly pattern can make a gap,
// because days of rest count as silence wherever they fall. In simulation, groups
// whose days are independent give a false gap less than once in 100 years.
//
// Where people talk all the time a single day is enough: a shorter silence is
// suspected if every one of those days was active, none had fewer than 100
// messages, and the chance is below one in a million that so many messages come
// to none: see busyChance.
//
// Where a group is so lively that nine in ten of the days on which it was heard had
// 500 messages or more, each of its silences is judged by them in the same way:
// whoever exports a day here and a week there leaves nothing but holes around, and
// days around that are holes themselves tell nothing. That so many holes are alike
// makes them no habit.
//
// Two exceptions keep it from crying wolf. Silences before the first and after
// the last active day are not gaps. And a silence is a habit, not a gap, when
// at least three silences half as long or longer fill more than a quarter of
// the group's history (courses with terms, say).
func SuspectGaps(active []community.Day, messages func(community.Day) int, known []Span) []Gap {
	known = mergeSpans(known)
	pieces := make([]Gap, 0, len(known))
	for _, k := range known {
		pieces = append(pieces, Gap{Span: k, Kind: Known})
	}
	silences := silencesOf(active, known)
	none, lively := livelyChance(active, messages, known)
	for _, s := range silences {
		if lively {
			if chance := max(math.Pow(none, float64(s.n)), gapLeast); chance < gapChance {
				pieces = append(pieces, Gap{Span: s.Span, Kind: Suspected, Chance: chance})
			}
			continue
		}
		if isHabit(s, silences, active) {
			continue
		}
		if s.n < gapDays {
			if messages == nil {
				continue
			}
			if chance, ok := busyChance(s, active, messages, known); ok && chance < gapChance {
				pieces = append(pieces, Gap{Span: s.Span, Kind: Suspected, Chance: chance})
			}
			continue
		}
		chance, ok := chanceOf(s, active, known)
		if ok && chance < gapChance {
			pieces = append(pieces, Gap{Span: s.Span, Kind: Suspected, Chance: chance})
		}
	}
	return mergeGaps(pieces)
}

// silence is a stretch between two active days.
type silence struct {
	Span
	n int // its days that are not in a known gap
}

func silencesOf(active []community.Day, known []Span) []silence {
	var out []silence
	for i := 1; i < len(active); i++ {
		s := Span{active[i-1] + 1, active[i] - 1}
		if n := s.Days() - overlap(s, known); n > 0 {
			out = append(out, silence{s, n})
		}
	}
	return out
}

// chanceOf is how likely so long a silence is by chance; ok is false where too
// few days are known around it.
func chanceOf(s silence, active []community.Day, known []Span) (chance float64, ok bool) {
	heard, days := 0, 0
	for _, side := range sidesOf(s, active) {
		heard += countIn(active, side)
		days += side.Days() - overlap(side, known)
		for _, k := range known { // days of a known gap on which something got through say nothing either
			heard -= countIn(active, k.meet(side))
		}
	}
	if days < gapBasis || heard < gapActive {
		return 1, false
	}
	return max(math.Pow((float64(days-heard)+0.5)/(float64(days)+1), float64(s.n)), gapLeast), true
}

// sidesOf are the days by which a silence is judged: four weeks before it and
// after, without the two that border it.
func sidesOf(s silence, active []community.Day) [2]Span {
	first, last := active[0], active[len(active)-1]
	return [2]Span{
		{max(first, s.From-1-gapMargin), s.From - 2},
		{s.To + 2, min(last, s.To+1+gapMargin)},
	}
}

// busyChance is how likely a short silence is by chance where people talk so much
// on every day around it that days alone tell nothing; ok is false where they do
// not, or too few days are known.
//
// A day's messages are taken to be spread as a negative binomial with mean m and
// size k, which leaves (1 + m/k)^-k for a day of none; for days of the silence
// these are multiplied. m is the mean of the days around, or of those of the same
// weekday where that is less. k = M²/(V-M) comes from the mean M and the variance
// V of all days around; where they vary no more than chance has it (V ≤ M), the
// spread is Poisson's and a day of none has e^-m.
func busyChance(s silence, active []community.Day, messages func(community.Day) int, known []Span) (chance float64, ok bool) {
	isKnown := func(d community.Day) bool {
		return slices.ContainsFunc(known, func(k Span) bool { return k.Has(d) })
	}
	var all []float64
	var sum [7]float64 // by weekday
	var count [7]float64
	for _, side := range sidesOf(s, active) {
		for d := side.From; d <= side.To; d++ {
			if isKnown(d) {
				continue
			}
			n := messages(d)
			if n < gapBusy {
				return 1, false
			}
			all = append(all, float64(n))
			sum[d.Weekday()] += float64(n)
			count[d.Weekday()]++
		}
	}
	if len(all) < gapBasis {
		return 1, false
	}
	mean, variance := moments(all)
	log := 0.0
	for d := s.From; d <= s.To; d++ {
		if isKnown(d) {
			continue
		}
		m := mean
		if n := count[d.Weekday()]; n > 0 {
			m = min(m, sum[d.Weekday()]/n)
		}
		log += noneOf(m, mean, variance)
	}
	return max(math.Exp(log), gapLeast), true
}

// noneOf is the logarithm of the chance that a day has no message which has m in
// the mean, where days have the given mean and variance.
func noneOf(m, mean, variance float64) float64 {
	if variance <= mean {
		return -m
	}
	k := mean * mean / (variance - mean)
	return -k * math.Log1p(m/k)
}

// livelyChance is how likely a day without a message is in a group that is lively
// whenever it is heard; lively is false for all others.
func livelyChance(active []community.Day, messages func(community.Day) int, known []Span) (none float64, lively bool) {
	if messages == nil {
		return 1, false
	}
	var all []float64
	quiet := 0
	for _, d := range active {
		if slices.ContainsFunc(known, func(k Span) bool { return k.Has(d) }) {
			continue
		}
		n := messages(d)
		if n < gapLively {
			quiet++
		}
		all = append(all, float64(n))
	}
	if len(all) < gapLivelyDays || 10*quiet > len(all) {
		return 1, false
	}
	mean, variance := moments(all)
	return math.Exp(noneOf(mean, mean, variance)), true
}

// moments are the mean and the variance of a sample of two or more.
func moments(list []float64) (mean, variance float64) {
	for _, x := range list {
		mean += x / float64(len(list))
	}
	for _, x := range list {
		variance += (x - mean) * (x - mean) / float64(len(list)-1)
	}
	return mean, variance
}

// isHabit says whether the group often falls silent for so long.
func isHabit(s silence, all []silence, active []community.Day) bool {
	count, total := 0, 0
	for _, o := range all {
		if 2*o.n >= s.n {
			count++
			total += o.n
		}
	}
	return count >= 3 && 4*total > Span{active[0], active[len(active)-1]}.Days()
}

// countIn counts the days (ascending) that lie in the span.
func countIn(days []community.Day, s Span) int {
	if s.Days() == 0 {
		return 0
	}
	from, _ := slices.BinarySearch(days, s.From)
	to, _ := slices.BinarySearch(days, s.To+1)
	return to - from
}

// overlap counts the days of s that lie in the spans, which do not overlap.
func overlap(s Span, spans []Span) int {
	n := 0
	for _, k := range spans {
		n += k.meet(s).Days()
	}
	return n
}

// mergeSpans sorts the spans, drops empty ones and unites those that touch.
func mergeSpans(in []Span) []Span {
	var out []Span
	for _, s := range slices.SortedFunc(slices.Values(in), func(a, b Span) int { return cmp.Compare(a.From, b.From) }) {
		switch n := len(out); {
		case s.Days() == 0:
		case n > 0 && s.From <= out[n-1].To+1:
			out[n-1].To = max(out[n-1].To, s.To)
		default:
			out = append(out, s)
		}
	}
	return out
}

// mergeGaps unites the gaps that touch. A united gap is of the kind that holds
// for most of its days; the known one wins a tie.
func mergeGaps(in []Gap) []Gap {
	slices.SortFunc(in, func(a, b Gap) int { return cmp.Compare(a.From, b.From) })
	var out []Gap
	known := 0 // days of the last gap that are known to be missing
	for _, g := range in {
		k := 0
		if g.Kind == Known {
			k = g.Days()
		}
		n := len(out)
		if n == 0 || g.From > out[n-1].To+1 {
			out, known = append(out, g), k
			continue
		}
		last := &out[n-1]
		last.To = max(last.To, g.To)
		last.Chance = max(last.Chance, g.Chance)
		known += k
		last.Kind = Suspected
		if 2*known >= last.Days() {
			last.Kind, last.Chance = Known, 0
		}
	}
	return out
}
