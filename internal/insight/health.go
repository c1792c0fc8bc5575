package insight

import (
	"slices"
	"sort"

	"qunying/community"
)

// GroupType is what a group is for, as far as the field's figures tell types
// apart (S50); "" is not told.
type GroupType string

const (
	Interest GroupType = "interest" // 兴趣
	Business GroupType = "business" // 商业
	Learning GroupType = "learning" // 学习
)

// BandSettings is what people typed about bands, for a group, a set of groups or
// the community. What is left out is inherited, metric by metric.
type BandSettings struct {
	// Cuts by metric replace what would be read from the past and from peers.
	Cuts map[string]Cuts `json:"cuts,omitempty"`
	// Types are cuts for all groups of a type; of the community only.
	Types map[GroupType]map[string]Cuts `json:"types,omitempty"`
	// References lets the field's figures (参考值) count like typed cuts. Off by
	// default: they are somebody's figures.
	References *bool `json:"references,omitempty"`
}

// BandsKey is the key of the setting.
const BandsKey = "bands"

// Check refuses what cannot be read. It fails with Invalid.
func (s BandSettings) Check() error {
	for metric, c := range s.Cuts {
		if err := c.Check(metric); err != nil {
			return err
		}
	}
	for of, cuts := range s.Types {
		if !slices.Contains([]GroupType{Interest, Business, Learning}, of) {
			return community.Errorf(community.Invalid, "there is no type of group %q", string(of)).WithHint("interest, business or learning")
		}
		for metric, c := range cuts {
			if err := c.Check(metric); err != nil {
				return err
			}
		}
	}
	return nil
}

// InheritBands lays settings over each other, the nearest first; cuts for the
// group's type count after those for the group and its sets, before the
// community's, whose settings are the last of the list.
func InheritBands(layers []BandSettings, of GroupType) BandSettings {
	all := BandSettings{Cuts: map[string]Cuts{}}
	take := func(cuts map[string]Cuts) {
		for metric, c := range cuts {
			if _, has := all.Cuts[metric]; !has {
				all.Cuts[metric] = c
			}
		}
	}
	for i, l := range layers {
		if i == len(layers)-1 {
			take(l.Types[of])
		}
		take(l.Cuts)
		if all.References == nil {
			all.References = l.References
		}
	}
	return all
}

// Basis says what a band was read by.
type Basis string

const (
	ByTyped     Basis = "typed"     // people typed the limits
	ByOwn       Basis = "own"       // the group's own last eight weeks (纵向)
	ByPeers     Basis = "peers"     // groups of the same type (横向)
	ByReference Basis = "reference" // the field's figures (参考值)
)

// Judged is a value read by one basis.
type Judged struct {
	By   Basis
	Cuts Cuts
	Band Band
	// Counts says that it takes part in the group's band; what does not stands
	// beside it for comparison.
	Counts bool
}

// Course is where a metric is going, judged by weeks (S75).
type Course string

const (
	Rising  Course = "rising"
	Falling Course = "falling"
	Steady  Course = "steady"
)

// Reading is one metric of a group's health.
type Reading struct {
	Banded
	Window
	Band   Band     // "": not known
	By     Basis    // which basis gave it
	Judged []Judged // everything that it can be read by
	Course Course   // "": too few weeks are known
	Past   []Window // the weeks before, oldest first
	Usual  *float64 // their median; nil: too few are known
	Peers  int      // groups that it is compared with
	Ahead  int      // of these, those that are better
}

// Health is how a group is doing: its bands, and which lever moves the worst of
// them. It is never a score.
type Health struct {
	Span     Span // the seven days that are judged
	Readings []Reading
	Counts   map[Band]int
	Worst    string // the metric of the worst band, "" where none is worse than 达标
	Lever    Lever  // what moves it
}

// Peers are what groups of one type had in the same week, by metric and
// ascending; the group that is judged is among them.
type Peers map[string][]float64

// NewPeers gathers what several groups had in the windows that they are judged
// by. A denominator of members seen is left out.
func NewPeers(groups []Weeks) Peers {
	p := Peers{}
	for _, b := range banded {
		if !b.Peers {
			continue
		}
		for _, w := range groups {
			if now := w.Now(b.Metric); now.Value != nil && now.Why != MembersSeen {
				p[b.Metric] = append(p[b.Metric], *now.Value)
			}
		}
		slices.Sort(p[b.Metric])
	}
	return p
}

// Judge reads a group's weeks in bands. Of several bases the worse band counts:
// limits that people typed replace the past and the peers; the field's figures
// count only where settings say so. A denominator of members seen is compared
// with the group's own past alone: elsewhere it means something else.
func Judge(w Weeks, peers Peers, of GroupType, s BandSettings) Health {
	h := Health{Span: Span{w.End - 6, w.End}, Counts: map[Band]int{}}
	for _, b := range banded {
		now := w.Now(b.Metric)
		r := Reading{Banded: b.among(now.Of), Window: now}
		if list := w.Values[b.Metric]; len(list) > 0 {
			r.Past = list[:len(list)-1]
		}
		if r.Value != nil {
			r.judge(peers[b.Metric], of, s)
			r.course()
		}
		if r.Band != "" {
			h.Counts[r.Band]++
		}
		h.Readings = append(h.Readings, r)
	}
	for _, r := range h.Readings {
		if gravity(r.Band) >= gravity(BandWatch) && (h.Worst == "" || worseBand(r.Band, h.band(h.Worst)) < 0) {
			h.Worst, h.Lever = r.Metric, r.Lever
		}
	}
	return h
}

func (h *Health) band(metric string) Band {
	for _, r := range h.Readings {
		if r.Metric == metric {
			return r.Band
		}
	}
	return ""
}

// Reading finds a metric's reading.
func (h *Health) Reading(metric string) (Reading, bool) {
	for _, r := range h.Readings {
		if r.Metric == metric {
			return r, true
		}
	}
	return Reading{}, false
}

// judge reads the value by everything it can be read by.
func (r *Reading) judge(peers []float64, of GroupType, s BandSettings) {
	typed, hasTyped := s.Cuts[r.Metric]
	hasTyped = hasTyped && !typed.Empty()
	seen := r.Why == MembersSeen
	add := func(by Basis, c Cuts, ok, counts bool) {
		if ok {
			r.Judged = append(r.Judged, Judged{By: by, Cuts: c, Band: c.Band(*r.Value, r.Better), Counts: counts})
		}
	}
	add(ByTyped, typed, hasTyped, true)
	own, ok := r.OwnCuts(valuesOf(r.Past))
	add(ByOwn, own, ok && !r.Slow, !hasTyped)
	if !seen {
		r.compare(peers)
		cuts, ok := r.PeerCuts(peers, *r.Value)
		add(ByPeers, cuts, ok && !r.Slow, !hasTyped)
	}
	referred := s.References != nil && *s.References && !hasTyped
	if ref, ok := r.structure(of); ok && !seen {
		add(ByReference, ref, true, referred)
	} else if ref, ok := r.Reference(); ok && !seen {
		m, _ := MetricByID(r.Metric)
		if band, ok := m.Band(tidy(*r.Value)); ok {
			r.Judged = append(r.Judged, Judged{By: ByReference, Cuts: ref, Band: band, Counts: referred})
		}
	}
	for _, j := range r.Judged {
		if j.Counts && (r.Band == "" || worseBand(j.Band, r.Band) < 0) {
			r.Band, r.By = j.Band, j.By
		}
	}
}

// compare counts the other groups, and those of them that are better.
func (r *Reading) compare(peers []float64) {
	if r.Peers = len(peers); r.Peers > 0 {
		if _, found := slices.BinarySearch(peers, *r.Value); found {
			r.Peers-- // the group itself
		}
	}
	if r.Better == Less {
		r.Ahead = sort.Search(len(peers), func(i int) bool { return tidy(peers[i]-*r.Value) >= 0 })
		return
	}
	r.Ahead = len(peers) - sort.Search(len(peers), func(i int) bool { return tidy(peers[i]-*r.Value) > 0 })
}

// course names a trend when two weeks in a row lie to the same side of what is
// usual, by more than a spread.
func (r *Reading) course() {
	past := valuesOf(r.Past)
	centre, spread, ok := r.Banded.Usual(past)
	if !ok || r.Slow {
		return
	}
	r.Course, r.Usual = Steady, &centre
	last := past[len(past)-1]
	if last == nil {
		return
	}
	switch {
	case *r.Value > centre+spread && *last > centre+spread:
		r.Course = Rising
	case *r.Value < centre-spread && *last < centre-spread:
		r.Course = Falling
	}
}

func valuesOf(list []Window) []*float64 {
	out := make([]*float64, len(list))
	for i, w := range list {
		out[i] = w.Value
	}
	return out
}
