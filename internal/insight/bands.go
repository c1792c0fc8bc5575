package insight

import (
	"cmp"
	"math"
	"slices"

	"qunying/community"
)

// Better says which way a metric is good.
type Better int

const (
	More Better = 1
	Less Better = -1
)

// Lever is the direction in which a metric is moved (S71, S72): the console has
// its words.
type Lever string

const (
	LeverTopics     Lever = "topics"      // topics more often (话题频次, S71)
	LeverNodes      Lever = "nodes"       // occasions to take part (互动节点, S72)
	LeverEntryValue Lever = "entry_value" // what a newcomer gets in the first days (入群价值, S71)
	LeverWelcome    Lever = "welcome"     // how newcomers are received (迎新, S72)
	LeverVoices     Lever = "voices"      // people who carry topics (KOL, S73)
	LeverBroaden    Lever = "broaden"     // depend on more than one of them (S80)
	LeverRecall     Lever = "recall"      // address those who fell silent (S49, S76)
	LeverAnswer     Lever = "answer"      // answer questions, and sooner (S2)
)

// Banded is a metric that is read in bands.
type Banded struct {
	Metric string
	Better Better
	Lever  Lever
	// Peers says that groups can be compared by it: a share or a rate. A volume
	// is compared with the group's own past only.
	Peers bool
	// Least is the smallest spread between ordinary weeks that is believed, in the
	// metric's unit: below it a difference says nothing.
	Least float64
	// Whole is the greatest possible value, 0 where there is none; the least is 0.
	Whole float64
	// People says that it is a share of persons who are counted: one of them more
	// or less is no difference, however few they are.
	People bool
	// Slow says that it looks back so far that its weeks say nothing of what is
	// usual: it is read by typed limits and the field's figures only.
	Slow bool
}

// among is the metric as it is read where its denominator is so many: a spread is
// at least one person.
func (b Banded) among(of float64) Banded {
	if b.People && of > 0 {
		b.Least = max(b.Least, 1/of)
	}
	return b
}

// banded lists what a group's health is made of, the most telling first: of
// equally bad bands the first is the worst.
var banded = []Banded{
	{"activity_rate", More, LeverTopics, true, 0.01, 1, false, false},
	{"messages_per_member", More, LeverNodes, true, 0.02, 0, false, false},
	{"messages_mean", More, LeverTopics, false, 1, 0, false, false},
	{"speaking_share", More, LeverTopics, true, 0.02, 1, true, false},
	{"next_week_retention", More, LeverEntryValue, true, 0.05, 1, true, false},
	{"membership_retention", More, LeverEntryValue, true, 0.05, 1, true, false},
	{"message_decay", Less, LeverTopics, true, 0.05, 1, false, false},
	{"leave_rate", Less, LeverWelcome, true, 0.01, 1, true, false},
	{"silent_share", Less, LeverRecall, true, 0.02, 1, true, false},
	{"kol_output", More, LeverVoices, true, 0.03, 1, false, false},
	{"top1_share", Less, LeverBroaden, true, 0.03, 1, false, false},
	{"kol_share", More, LeverVoices, true, 0.01, 1, true, false},
	{"few_share", Less, LeverRecall, true, 0.03, 1, true, false},
	{"stay", More, LeverEntryValue, false, 1, 0, false, true},
}

// BandedMetrics lists the metrics that are read in bands.
func BandedMetrics() []Banded { return slices.Clone(banded) }

// BandedByMetric finds one; ok is false for a metric without bands.
func BandedByMetric(metric string) (b Banded, ok bool) {
	i := slices.IndexFunc(banded, func(b Banded) bool { return b.Metric == metric })
	if i < 0 {
		return Banded{}, false
	}
	return banded[i], true
}

// Cuts are where bands change, in the metric's unit, named for the worse side:
// worse than Alert is 警戒, otherwise worse than Watch is 关注, as good as
// Excellent is 优秀, and between them lies 达标. A nil leaves its band out.
type Cuts struct {
	Alert     *float64 `json:"alert,omitempty"`
	Watch     *float64 `json:"watch,omitempty"`
	Excellent *float64 `json:"excellent,omitempty"`
}

// Empty says that nothing is cut.
func (c Cuts) Empty() bool { return c.Alert == nil && c.Watch == nil && c.Excellent == nil }

// Band reads a value.
func (c Cuts) Band(v float64, better Better) Band {
	worse := func(cut *float64) bool { return cut != nil && float64(better)*tidy(v-*cut) < 0 }
	switch {
	case worse(c.Alert):
		return BandAlert
	case worse(c.Watch):
		return BandWatch
	case c.Excellent != nil && !worse(c.Excellent):
		return BandExcellent
	}
	return BandGood
}

// tidy takes away what adding up rates leaves behind the ninth digit, so that a
// mean of 40 % every day is 40 %.
func tidy(v float64) float64 { return math.Round(v*1e9) / 1e9 }

// Check refuses cuts that are out of order or no numbers. It fails with Invalid.
func (c Cuts) Check(metric string) error {
	b, ok := BandedByMetric(metric)
	if !ok {
		return community.Errorf(community.Invalid, "%s has no bands", metric).WithHint("the catalogue says which metrics have")
	}
	var last *float64
	for _, cut := range []*float64{c.Alert, c.Watch, c.Excellent} {
		if cut == nil {
			continue
		}
		if math.IsNaN(*cut) || math.IsInf(*cut, 0) {
			return community.Errorf(community.Invalid, "%s: a limit is no number", metric)
		}
		if last != nil && float64(b.Better)*(*cut-*last) < 0 {
			return community.Errorf(community.Invalid, "%s: the limits are out of order", metric).
				WithHint("from alert over watch to excellent they must get better")
		}
		last = cut
	}
	return nil
}

// How own cuts follow from the weeks before.
const (
	// OwnWeeks is how many weeks before the one that is judged make a group's own.
	OwnWeeks = 8
	// ownLeast is how many of them must be known.
	ownLeast = 4
	// ownFloor is the least spread, as a part of what is usual.
	ownFloor = 0.1
	// madSigma makes a median absolute deviation of normal values their standard deviation.
	madSigma              = 1.4826
	ownAlert, ownNoticed  = 3, 1.5
	peersLeast            = 5
	peersWorst, peersBest = 0.1, 0.9
)

// Usual is a metric's ordinary week: the median, and how far ordinary weeks are
// from it; ok is false where fewer than four weeks are known.
func (b Banded) Usual(weeks []*float64) (centre, spread float64, ok bool) {
	known := knownOf(weeks)
	if len(known) < ownLeast {
		return 0, 0, false
	}
	centre = Quantile(known, 0.5)
	off := make([]float64, len(known))
	for i, v := range known {
		off[i] = math.Abs(v - centre)
	}
	slices.Sort(off)
	return centre, max(madSigma*Quantile(off, 0.5), ownFloor*math.Abs(centre), b.Least), true
}

// OwnCuts are a group's cuts by its own last weeks (纵向, S77): 1.5 spreads worse
// than usual is 关注, 3 are 警戒, 1.5 better 优秀. The spread is the weeks' median
// absolute deviation as a standard deviation, at least a tenth of what is usual
// and at least b.Least, so that a steady group does not raise an alarm for
// nothing. What no value could reach is left out. A metric that compares the group
// with its own past already (decision 0016) is 警戒 only where it is not 达标 by the
// field's figures either: growth that ends is no decay.
func (b Banded) OwnCuts(weeks []*float64) (Cuts, bool) {
	centre, spread, ok := b.Usual(weeks)
	if !ok {
		return Cuts{}, false
	}
	at := func(spreads float64) *float64 { return b.reachable(centre + float64(b.Better)*spreads*spread) }
	c := Cuts{Alert: at(-ownAlert), Watch: at(-ownNoticed), Excellent: at(ownNoticed)}
	if ref, _ := b.Reference(); b.change() && c.Alert != nil && ref.Watch != nil && float64(b.Better)*(*c.Alert-*ref.Watch) > 0 {
		c.Alert = ref.Watch
	}
	return c, true
}

// change says that the metric is itself a change against the weeks before.
func (b Banded) change() bool { return b.Metric == "message_decay" }

// reachable is a cut that a value can be on both sides of, or nil.
func (b Banded) reachable(v float64) *float64 {
	if (v < 0 && !b.change()) || b.Whole != 0 && v > b.Whole {
		return nil
	}
	return &v
}

// PeerCuts are the cuts by other groups of the same type in the same week (横向,
// S77): the worst tenth is 关注, the best tenth 优秀, where they are at least 1.5
// times b.Least from the middle. There is no 警戒: somebody is always last, and that
// is no emergency. peers ascend, and own, the group's own value, is left out of
// them once. ok is false below five other groups.
func (b Banded) PeerCuts(peers []float64, own float64) (Cuts, bool) {
	skip, found := slices.BinarySearch(peers, own)
	others := len(peers)
	if found {
		others--
	} else { // it is not counted among them yet
		skip = len(peers)
	}
	if !b.Peers || others < peersLeast {
		return Cuts{}, false
	}
	of := func(q float64) float64 {
		return quantileOf(others, q, func(i int) float64 {
			if i >= skip {
				i++
			}
			return peers[i]
		})
	}
	low, high := of(peersWorst), of(peersBest)
	if low == high { // they are all alike
		return Cuts{}, false
	}
	middle, noticed := of(0.5), ownNoticed*b.Least
	low, high = min(low, middle-noticed), max(high, middle+noticed)
	if b.Better == Less {
		low, high = high, low
	}
	return Cuts{Watch: b.reachable(low), Excellent: b.reachable(high)}, true
}

// Reference are the cuts of the field's figures (参考值), to be shown: Metric.Band
// reads them to the point. ok is false where nobody gave any.
func (b Banded) Reference() (Cuts, bool) {
	m, _ := MetricByID(b.Metric)
	var c Cuts
	for _, r := range m.Refs {
		better, worse := r.Below, r.Above // the ends of the reference's band
		if b.Better == Less {
			better, worse = worse, better
		}
		switch r.Band {
		case BandAlert:
			c.Alert = better
		case BandWatch:
			c.Watch = better
		case BandExcellent:
			c.Excellent = worse
		}
	}
	return c, !c.Empty()
}

// structure are the field's figures about who a group of a type consists of and
// how many months of 30 days they stay (S50): below what is usual for KOLs and the
// stay, or above it for silent members, is 关注.
func (b Banded) structure(of GroupType) (Cuts, bool) {
	usual, ok := map[string]map[GroupType][2]float64{
		"kol_share":    {Interest: {0.08, 0.12}, Business: {0.03, 0.05}, Learning: {0.05, 0.08}},
		"silent_share": {Interest: {0, 0.30}, Business: {0.40, 0.60}, Learning: {0.25, 0.45}},
		"stay":         {Interest: {4.2 * 30, 0}, Business: {2.8 * 30, 0}, Learning: {5.1 * 30, 0}},
	}[b.Metric][of]
	if !ok {
		return Cuts{}, false
	}
	watch, excellent := &usual[0], &usual[1]
	if b.Better == Less {
		watch, excellent = excellent, watch
	}
	if *excellent == 0 { // there is only one end
		excellent = nil
	}
	return Cuts{Watch: watch, Excellent: excellent}, true
}

// Quantile interpolates between values that ascend; there must be one.
func Quantile(sorted []float64, q float64) float64 {
	return quantileOf(len(sorted), q, func(i int) float64 { return sorted[i] })
}

// quantileOf interpolates between n values that ascend with their place.
func quantileOf(n int, q float64, value func(int) float64) float64 {
	at := q * float64(n-1)
	i := int(at)
	if i+1 >= n {
		return value(n - 1)
	}
	return value(i) + (at-float64(i))*(value(i+1)-value(i))
}

// knownOf are the values that are known, ascending.
func knownOf(list []*float64) []float64 {
	var known []float64
	for _, v := range list {
		if v != nil {
			known = append(known, *v)
		}
	}
	slices.Sort(known)
	return known
}

// worseBand orders bands from the worst; unknown comes last.
func worseBand(a, b Band) int { return cmp.Compare(gravity(b), gravity(a)) }

func gravity(b Band) int {
	return slices.Index([]Band{BandExcellent, BandGood, BandWatch, BandAlert}, b)
}
