package engine

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/measure"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// Measured is how well order was kept in a period.
type Measured struct {
	Weeks        []measure.Week
	Whole        measure.Week // all weeks together
	Modes        []measure.OfMode
	Clauses      []measure.OfClause
	Moderators   []measure.OfModerator
	Answered     measure.Times // appeals, from the appeal to the answer
	Automation   measure.Share
	Consistent   measure.Share
	Offences     []measure.Offence
	Groups       []measure.OfGroup // the most violations first, at most MeasuredGroups
	OfGroups     int               // how many there are in all
	Completeness map[community.GroupID]float64
	Names        map[community.GroupID]string
}

// Bounds of what is measured at once.
const (
	MeasuredGroups   = 50
	MeasuredOffences = 50
	longestMeasured  = 400            // days
	cardAge          = 8 * day        // most messages join a card that is younger
	day              = 24 * time.Hour // of cards, not of calendars
)

// Measure computes, from the records, how well order was kept on the days of a
// period, both ends included, in one group, or (0) in those of a list; nil: in all.
// A message counts in the week of its group's zone in which it was written, a card
// where it was opened in the period in the community's zone.
func (e *Engine) Measure(ctx context.Context, c community.ID, g community.GroupID, within []community.GroupID, from, to community.Day) (*Measured, error) {
	if to < from || to-from >= longestMeasured {
		return nil, community.Errorf(community.Invalid, "the period is empty or longer than %d days", longestMeasured)
	}
	var m *measuring
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		m, err = newMeasuring(ctx, q, c, g, within, from, to)
		return err
	}); err != nil {
		return nil, err
	}
	// Verdicts and penalties need nothing of the cards, so they are read beside
	// them, a moment earlier or later.
	var penalties []measure.Penalty
	beside := make(chan error, 1)
	go func() {
		beside <- guard(func() error {
			return e.db.Read(ctx, func(q store.Querier) (err error) {
				if penalties, err = cases.PenaltiesBetween(ctx, q, c, m.of, m.begin, m.end); err != nil {
					return err
				}
				return m.readVerdicts(ctx, q)
			})
		})
	}()
	err := e.db.Read(ctx, func(q store.Querier) error {
		if err := m.readFates(ctx, q); err != nil {
			return err
		}
		return m.readCards(ctx, q)
	})
	if err = errors.Join(err, <-beside); err != nil {
		return nil, err
	}
	out := &Measured{Modes: m.tally.Modes(), Clauses: m.tally.Clauses(), Moderators: m.tally.Moderators(), Answered: m.tally.Answered(), Automation: m.tally.Automation()}
	out.Consistent, out.Offences = measure.Consistency(penalties)
	out.Offences = out.Offences[:min(len(out.Offences), MeasuredOffences)]
	return out, e.db.Read(ctx, func(q store.Querier) error {
		if err := m.countVerdicts(ctx, q); err != nil {
			return err
		}
		return m.weigh(ctx, q, out)
	})
}

// measuring is a measurement under way.
type measuring struct {
	c          community.ID
	g          community.GroupID
	of         []community.GroupID // which are measured; nil: all
	from, to   community.Day
	begin, end time.Time // of the period in the community's zone
	zones      map[community.GroupID]*time.Location
	names      map[community.GroupID]string
	zone       *time.Location
	granted    map[int64]bool // verdicts
	appealed   map[int64]bool // cards
	won        map[int64]bool // cards with a verdict that was appealed and granted
	fates      map[int64]fate // cards
	said       []saidSo
	tally      measure.Tally
	weeks      *measure.Weeks
}

// saidSo is a verdict before its card's fate is known.
type saidSo struct {
	verdict int64
	measure.Judged
}

// fate is what of a card matters to its verdicts.
type fate struct{ felt, overturned bool }

func newMeasuring(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, within []community.GroupID, from, to community.Day) (*measuring, error) {
	m := &measuring{c: c, g: g, of: within, from: from, to: to, zones: map[community.GroupID]*time.Location{}, names: map[community.GroupID]string{},
		granted: map[int64]bool{}, appealed: map[int64]bool{}, won: map[int64]bool{}, fates: map[int64]fate{}}
	all, err := store.Communities(ctx, q)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(is community.Community) bool { return is.ID == c }); i >= 0 {
		m.zone = all[i].Zone
	} else {
		return nil, community.Errorf(community.NotFound, "there is no community %d", c)
	}
	groups, err := store.Groups(ctx, q, c)
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		m.zones[group.ID], m.names[group.ID] = group.Zone, group.Name
	}
	if g != 0 {
		if m.zones[g] == nil {
			return nil, community.Errorf(community.NotFound, "there is no group %d", g)
		}
		m.zone, m.of = m.zones[g], []community.GroupID{g}
	}
	m.begin, m.end = from.Start(m.zone), (to + 1).Start(m.zone)
	m.weeks = measure.NewWeeks(from, to, func(g community.GroupID) *time.Location {
		if zone := m.zones[g]; zone != nil {
			return zone
		}
		return m.zone
	})
	return m, nil
}

func (m *measuring) readFates(ctx context.Context, q store.Querier) error {
	list, err := cases.Fates(ctx, q, m.c, m.begin.Add(-cardAge)) // an appeal comes after its message
	for _, f := range list {
		m.appealed[f.Review] = true
		if f.Granted {
			m.granted[f.Verdict], m.won[f.Review] = true, true
		}
	}
	return err
}

// readCards counts the cards of the period, and remembers the fates of those that
// its messages may be on. Of a group those count that began there.
func (m *measuring) readCards(ctx context.Context, q store.Querier) error {
	return cases.CardsBetween(ctx, q, m.c, m.of, m.begin.Add(-cardAge), m.end.Add(cardAge), func(card *measure.Card) {
		card.Appealed, card.Granted = m.appealed[card.ID], m.won[card.ID]
		m.fates[card.ID] = fate{card.Felt(), card.Decision == casework.Overturn}
		if card.OpenedAt >= m.begin.UnixMilli() && card.OpenedAt < m.end.UnixMilli() {
			m.tally.Add(card)
		}
	})
}

// readVerdicts reads the verdicts of the weeks. Zones reach a day to both sides of
// the period in the community's.
func (m *measuring) readVerdicts(ctx context.Context, q store.Querier) error {
	return cases.JudgedBetween(ctx, q, m.c, m.of, m.begin.Add(-2*day), m.end.Add(2*day), func(verdict int64, j measure.Judged) {
		m.said = append(m.said, saidSo{verdict, j})
	})
}

// countVerdicts counts what was read. Some are on cards that were opened long
// before, or in other groups.
func (m *measuring) countVerdicts(ctx context.Context, q store.Querier) error {
	var later []saidSo
	for _, j := range m.said {
		if _, known := m.fates[j.Review]; known {
			m.count(j.verdict, j.Judged)
		} else {
			later = append(later, j)
		}
	}
	ids := map[int64]bool{}
	for _, j := range later {
		ids[j.Review] = true
	}
	list, err := cases.CardsByID(ctx, q, m.c, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return err
	}
	for _, r := range list {
		first := measure.Card{Kind: r.Kind, First: r.Decision}
		if r.State != casework.Decided {
			first.First = ""
		}
		if r.State == casework.Decided && r.Decision == casework.Overturn {
			rulings, err := cases.Rulings(ctx, q, m.c, r.ID)
			if err != nil {
				return err
			}
			first.First = firstStanding(rulings)
		}
		m.fates[r.ID] = fate{first.Felt(), r.State == casework.Decided && r.Decision == casework.Overturn}
	}
	for _, j := range later {
		m.count(j.verdict, j.Judged)
	}
	return nil
}

// firstStanding is the first decision over a card that was not taken back.
func firstStanding(list []casework.Ruling) (what string) {
	for _, r := range list {
		switch r.What {
		case casework.Undo:
			what = ""
		case casework.Accept, casework.Change, casework.Overturn:
			if what == "" {
				what = r.What
			}
		}
	}
	return what
}

func (m *measuring) count(verdict int64, j measure.Judged) {
	f := m.fates[j.Review]
	j.Felt, j.Violation = f.felt, !f.overturned && !m.granted[verdict]
	m.weeks.Add(j)
}

// weigh adds what was said, and how complete the rules of groups are.
func (m *measuring) weigh(ctx context.Context, q store.Querier, out *Measured) error {
	out.Weeks, out.Names = m.weeks.All(), m.names
	if err := cases.MessagesBetween(ctx, q, m.c, m.of, m.from, m.to, func(_ community.GroupID, day community.Day, n int64) { out.Weeks[m.weeks.Of(day)].Messages += n }); err != nil {
		return err
	}
	out.Whole = m.weeks.Sum(out.Weeks)
	out.Groups = m.weeks.Groups()
	out.OfGroups = len(out.Groups)
	out.Groups = out.Groups[:min(len(out.Groups), MeasuredGroups)]
	shown := make([]community.GroupID, len(out.Groups))
	for i, g := range out.Groups {
		shown[i] = g.Group
	}
	if err := cases.MessagesBetween(ctx, q, m.c, shown, m.from, m.to, m.weeks.Said); err != nil {
		return err
	}
	out.Groups = m.weeks.Groups()[:len(out.Groups)]
	out.Completeness = map[community.GroupID]float64{}
	for _, g := range out.Groups {
		share, err := completeness(ctx, q, m.c, g.Group)
		if err != nil {
			return err
		}
		out.Completeness[g.Group] = share
	}
	share, err := completeness(ctx, q, m.c, m.g)
	out.Completeness[m.g] = share
	return err
}

// completeness is the share of what a complete set of rules settles that the
// policy in force in a group does (S25).
func completeness(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (float64, error) {
	p, _, err := policyNow(ctx, q, c, g)
	if err != nil {
		return 0, err
	}
	list, met := p.Completeness(), 0
	for _, is := range list {
		if is.Met {
			met++
		}
	}
	return float64(met) / float64(max(1, len(list))), nil
}

// policyNow reads the policy in force in a group, or in the community (0), and
// whose it is.
func policyNow(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (p policy.Policy, of store.Layer, err error) {
	if of, err = PolicyFor(ctx, q, c, g, 0); err != nil || of.Level == store.OfNobody {
		return policy.Default(), of, err
	}
	err = json.Unmarshal([]byte(of.Value), &p)
	return p, of, err
}
