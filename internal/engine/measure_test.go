package engine

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/measure"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// story is what became of a card, as somebody would tell it.
type story struct {
	card     casework.Review
	verdicts []casework.Verdict
	rulings  []casework.Ruling
	appeals  map[int64]string // by place in verdicts: "" open, grant, reject
}

// tellStories makes up case histories of two groups over some weeks.
func tellStories(r *rand.Rand, n int) (list []*story) {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for range n {
		said := begin.Add(time.Duration(r.Int64N(int64(40*24*time.Hour))) - 10*24*time.Hour).Truncate(time.Millisecond)
		s := &story{appeals: map[int64]string{}, card: casework.Review{Kind: casework.Kind(pick("suggest", "suggest", "auto", "report")), State: casework.Open, Severity: policy.Light,
			Clause: pick("advert", "abuse", "flood"), Group: community.GroupID(1 + r.IntN(2)), Identity: 1, SaidAt: said, OpenedAt: said.Add(time.Duration(r.IntN(90_000)) * time.Millisecond)}}
		if r.IntN(4) == 0 {
			s.card.PagedAt = s.card.OpenedAt.Add(15 * time.Minute)
		}
		if s.card.Kind == casework.Acted {
			s.card.State = casework.Done
		}
		for i := range 1 + r.IntN(3) {
			v := casework.Verdict{At: said.Add(time.Duration(i) * 20 * time.Hour), Group: community.GroupID(1 + r.IntN(2)), Identity: 1, Clause: s.card.Clause,
				Stage: policy.Suggest, Strike: 1 + r.IntN(2)}
			if s.card.Kind == casework.Acted {
				v.Stage = policy.Auto
			}
			v.LoggedAt = v.At.Add(time.Second)
			s.verdicts = append(s.verdicts, v)
		}
		s.decide(r)
		for i := range s.verdicts {
			if r.IntN(6) == 0 {
				s.appeals[int64(i)] = pick("", casework.Grant, casework.Reject)
			}
		}
		list = append(list, s)
	}
	return list
}

// decide has people decide, take back and overturn, as cards allow it.
func (s *story) decide(r *rand.Rand) {
	at := s.card.OpenedAt
	rule := func(what string) {
		at = at.Add(time.Duration(1+r.IntN(4_000_000)) * time.Millisecond)
		acts := [][]policy.Act{{{Do: policy.Warn}}, {{Do: policy.Mute, Minutes: 60}, {Do: policy.Recall}}, {{Do: policy.Remove}}}[r.IntN(3)]
		if what == casework.Undo || what == casework.Overturn || what == casework.Train {
			acts = nil
		}
		s.rulings = append(s.rulings, casework.Ruling{At: at, Staff: community.StaffID(1 + r.IntN(3)), What: what, Acts: acts})
	}
	for range r.IntN(4) {
		switch last := s.last(); {
		case r.IntN(6) == 0:
			rule(casework.Train)
		case last == "" && r.IntN(5) == 0:
			rule("asked/accept")
		case last == "":
			rule([]string{casework.Accept, casework.Accept, casework.Change, casework.Overturn}[r.IntN(4)])
		case r.IntN(2) == 0:
			rule(casework.Undo)
		case last != casework.Overturn:
			rule(casework.Overturn)
		}
	}
	s.card.State, s.card.Decision = casework.Open, ""
	if s.card.Kind == casework.Acted {
		s.card.State = casework.Done
	}
	for _, u := range s.rulings {
		switch u.What {
		case casework.Undo:
			s.card.State, s.card.Decision, s.card.DecidedAt, s.card.DecidedBy = casework.Open, "", time.Time{}, 0
		case "asked/accept":
			s.card.State, s.card.Decision, s.card.DecidedAt, s.card.DecidedBy = casework.Asked, casework.Accept, u.At, u.Staff
		case casework.Train:
		default:
			s.card.State, s.card.Decision, s.card.DecidedAt, s.card.DecidedBy = casework.Decided, u.What, u.At, u.Staff
		}
	}
}

// last is the decision that stands.
func (s *story) last() string {
	if list := s.standing(); len(list) > 0 {
		return list[len(list)-1].What
	}
	return ""
}

// standing are the decisions since the last that was taken back.
func (s *story) standing() (list []casework.Ruling) {
	for _, u := range s.rulings {
		switch u.What {
		case casework.Undo:
			list = nil
		case casework.Accept, casework.Change, casework.Overturn:
			list = append(list, u)
		}
	}
	return list
}

// write puts stories on record.
func (w *world) write(list []*story) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		for _, s := range list {
			if err := cases.AddReview(tx, 1, &s.card); err != nil {
				return err
			}
			if err := cases.SaveReview(tx, 1, &s.card); err != nil {
				return err
			}
			for i := range s.verdicts {
				s.verdicts[i].Review = s.card.ID
				if err := cases.AddVerdict(tx, 1, &s.verdicts[i]); err != nil {
					return err
				}
				what, ok := s.appeals[int64(i)]
				if !ok {
					continue
				}
				appeal := casework.Review{Kind: casework.Appeal, State: casework.Open, Clause: s.card.Clause, Verdict: s.verdicts[i].ID, OpenedAt: s.verdicts[i].LoggedAt}
				if err := cases.AddReview(tx, 1, &appeal); err != nil {
					return err
				}
				if what != "" {
					appeal.State, appeal.Decision, appeal.DecidedAt, appeal.DecidedBy = casework.Decided, what, appeal.OpenedAt.Add(time.Hour), 9
					if err := cases.SaveReview(tx, 1, &appeal); err != nil {
						return err
					}
				}
			}
			for i := range s.rulings {
				s.rulings[i].Review = s.card.ID
				if err := cases.AddRuling(tx, 1, &s.rulings[i]); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// told is what the stories themselves say, counted the slow way.
type told struct {
	violations, interventions, automatic map[string]int64 // group and week
	cards, open, escalated               map[string]int64 // by mode
	decided, overturned                  map[string]int64 // by mode, and by clause
	felt, appealed, granted              map[string]int64 // by clause
	by, fine, acted, felled              map[community.StaffID]int64
	detect, handle                       map[string][]float64
	machine, all                         int64
	penalties                            map[string]map[string]int64
}

func isoWeekOf(at time.Time, zone *time.Location) string {
	y, week := at.In(zone).ISOWeek()
	return fmt.Sprintf("%d-%02d", y, week)
}

func tell(list []*story, from, to string, g community.GroupID, zones map[community.GroupID]*time.Location, zone *time.Location) *told {
	o := &told{}
	for _, m := range []*map[string]int64{&o.violations, &o.interventions, &o.automatic, &o.cards, &o.open, &o.escalated, &o.decided, &o.overturned, &o.felt, &o.appealed, &o.granted} {
		*m = map[string]int64{}
	}
	for _, m := range []*map[community.StaffID]int64{&o.by, &o.fine, &o.acted, &o.felled} {
		*m = map[community.StaffID]int64{}
	}
	o.detect, o.handle, o.penalties = map[string][]float64{}, map[string][]float64{}, map[string]map[string]int64{}
	within := func(at time.Time, zone *time.Location) bool {
		date := at.In(zone).Format(time.DateOnly)
		return date >= from && date <= to
	}
	seen := map[string]bool{}
	for _, s := range list {
		standing := s.standing()
		felt := s.card.Kind == casework.Acted || slices.ContainsFunc(standing, func(u casework.Ruling) bool { return u.What != casework.Overturn })
		appealed, won := len(s.appeals) > 0, false
		for i, v := range s.verdicts {
			lost := s.last() == casework.Overturn || s.appeals[int64(i)] == casework.Grant
			won = won || s.appeals[int64(i)] == casework.Grant
			if g != 0 && v.Group != g || !within(v.At, zones[v.Group]) {
				continue
			}
			key := fmt.Sprint(v.Group, " ", isoWeekOf(v.At, zones[v.Group]))
			if !lost {
				o.violations[key]++
			}
			if in := fmt.Sprint(s.card.ID, " ", v.Group); felt && !seen[in] {
				seen[in] = true
				o.interventions[key]++
				if s.card.Kind == casework.Acted {
					o.automatic[key]++
				}
			}
		}
		if g != 0 && s.card.Group != g || !within(s.card.OpenedAt, zone) {
			continue
		}
		o.add(s, standing, felt, appealed, won)
	}
	return o
}

func (o *told) add(s *story, standing []casework.Ruling, felt, appealed, won bool) {
	mode := map[casework.Kind]string{casework.Report: "human", casework.Suggestion: "assisted", casework.Acted: "automatic"}[s.card.Kind]
	o.cards[mode]++
	wait := s.card.OpenedAt.Sub(s.card.SaidAt)
	o.detect[mode] = append(o.detect[mode], wait.Seconds())
	if !s.card.PagedAt.IsZero() || appealed {
		o.escalated[mode]++
	}
	wrong := s.last() == casework.Overturn || won
	if len(standing) > 0 || won {
		o.decided[mode]++
		o.decided[s.card.Clause]++
		if wrong {
			o.overturned[mode]++
			o.overturned[s.card.Clause]++
		}
	}
	if felt {
		o.felt[s.card.Clause]++
		o.all++
		if appealed {
			o.appealed[s.card.Clause]++
		}
		if appealed && won {
			o.granted[s.card.Clause]++
		}
	}
	switch {
	case mode == "automatic":
		o.machine++
		o.handle[mode] = append(o.handle[mode], wait.Seconds())
		return
	case len(standing) == 0:
		o.open[mode]++
		return
	}
	first := standing[0]
	o.handle[mode] = append(o.handle[mode], first.At.Sub(s.card.SaidAt).Seconds())
	o.by[first.Staff]++
	if first.What == casework.Overturn {
		o.fine[first.Staff]++
	} else {
		o.acted[first.Staff]++
		if wrong {
			o.felled[first.Staff]++
		}
	}
	if last := standing[len(standing)-1]; last.What != casework.Overturn {
		offence := fmt.Sprint(s.card.Clause, " ", s.verdicts[0].Strike)
		if o.penalties[offence] == nil {
			o.penalties[offence] = map[string]int64{}
		}
		o.penalties[offence][fmt.Sprint(last.Acts)]++
	}
}

// consistent counts the decisions with the most frequent penalty of their offence.
func (o *told) consistent() (usual, of int64) {
	for _, given := range o.penalties {
		var most, n int64
		for _, times := range given {
			most, n = max(most, times), n+times
		}
		if n >= 2 {
			usual, of = usual+most, of+n
		}
	}
	return usual, of
}

// lines writes what is told and what was measured in the same words.
func (o *told) lines() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for key, n := range o.violations {
		add("violations %s: %d", key, n)
	}
	for key, n := range o.interventions {
		add("interventions %s: %d, automatic %d", key, n, o.automatic[key])
	}
	for mode, n := range o.cards {
		add("%s: %d cards, %d open, %d escalated, %d of %d overturned, detect %v, handle %v", mode, n, o.open[mode], o.escalated[mode], o.overturned[mode], o.decided[mode],
			ranked(o.detect[mode]), ranked(o.handle[mode]))
	}
	for _, clause := range []string{"advert", "abuse", "flood"} {
		add("%s: %d of %d overturned, %d of %d appealed, %d granted", clause, o.overturned[clause], o.decided[clause], o.appealed[clause], o.felt[clause], o.granted[clause])
	}
	for staff, n := range o.by {
		add("staff %d: %d, %d fine, %d of %d overturned", staff, n, o.fine[staff], o.felled[staff], o.acted[staff])
	}
	usual, of := o.consistent()
	add("%d of %d automatic, %d of %d as usual", o.machine, o.all, usual, of)
	slices.Sort(list)
	return list
}

func ranked(list []float64) string {
	if len(list) == 0 {
		return "-"
	}
	slices.SortFunc(list, cmp.Compare)
	at := func(percent int) float64 { return list[(len(list)*percent+99)/100-1] }
	return fmt.Sprintf("%.3f %.3f", at(50), at(90))
}

func measuredLines(m *Measured, zones map[community.GroupID]*time.Location) (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for _, g := range m.Groups {
		for _, week := range g.Weeks {
			key := fmt.Sprint(g.Group, " ", isoWeekOf(week.Begins.Start(zones[g.Group]).Add(time.Hour), zones[g.Group]))
			if week.Violations > 0 {
				add("violations %s: %d", key, week.Violations)
			}
			if week.Interventions > 0 {
				add("interventions %s: %d, automatic %d", key, week.Interventions, week.Automatic)
			}
		}
	}
	times := func(t measure.Times) string {
		if t.N == 0 {
			return "-"
		}
		return fmt.Sprintf("%.3f %.3f", *t.Median, *t.P90)
	}
	for _, o := range m.Modes {
		if o.Cards > 0 {
			add("%s: %d cards, %d open, %d escalated, %d of %d overturned, detect %v, handle %v", o.Mode, o.Cards, o.Open, o.Escalated.Hits, o.Overturned.Hits, o.Overturned.Of,
				times(o.Detect), times(o.Handle))
		}
	}
	for _, o := range m.Clauses {
		add("%s: %d of %d overturned, %d of %d appealed, %d granted", o.Clause, o.Overturned.Hits, o.Overturned.Of, o.Appealed.Hits, o.Appealed.Of, o.Granted.Hits)
	}
	for _, o := range m.Moderators {
		add("staff %d: %d, %d fine, %d of %d overturned", o.Staff, o.Decided, o.Fine.Hits, o.Overturned.Hits, o.Overturned.Of)
	}
	add("%d of %d automatic, %d of %d as usual", m.Automation.Hits, m.Automation.Of, m.Consistent.Hits, m.Consistent.Of)
	slices.Sort(list)
	return list
}

// What is measured is what the histories themselves say.
func TestMeasuresSayWhatHappened(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"), w.say("h", "a", "hi"))
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE chat_group SET zone = 'America/New_York' WHERE community_id = 1 AND group_id = 2`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		zones := map[community.GroupID]*time.Location{}
		w.read(func(ctx context.Context, q store.Querier) error {
			groups, err := store.Groups(ctx, q, 1)
			for _, g := range groups {
				zones[g.ID] = g.Zone
			}
			return err
		})
		list := tellStories(rand.New(rand.NewPCG(42, 25)), few(400, 100))
		w.write(list)
		for _, c := range []struct {
			from, to string
			group    community.GroupID
			within   []community.GroupID // of who is limited to them
		}{{"2026-02-20", "2026-04-01", 0, nil}, {"2026-03-02", "2026-03-08", 0, nil}, {"2026-03-05", "2026-03-20", 1, nil}, {"2026-03-05", "2026-03-20", 2, nil}, {"2026-03-10", "2026-03-10", 0, nil},
			{"2026-02-20", "2026-04-01", 0, []community.GroupID{2}}, {"2026-03-05", "2026-03-20", 0, []community.GroupID{1, 2}}, {"2026-03-05", "2026-03-20", 0, []community.GroupID{}}} {
			from, err := community.ParseDay(c.from)
			if err != nil {
				t.Fatal(err)
			}
			to, err := community.ParseDay(c.to)
			if err != nil {
				t.Fatal(err)
			}
			m, err := w.e.Measure(t.Context(), 1, c.group, c.within, from, to)
			if err != nil {
				t.Fatal(err)
			}
			if m.OfGroups != len(m.Groups) { // few enough to be told all
				t.Errorf("%d of %d groups are told", len(m.Groups), m.OfGroups)
			}
			zone := zones[1]
			if c.group != 0 {
				zone = zones[c.group]
			}
			of := c.group
			switch {
			case len(c.within) == 1:
				of = c.within[0]
			case c.within != nil && len(c.within) == 0:
				of = -1 // nobody is in it
			}
			want := slices.DeleteFunc(tell(list, c.from, c.to, of, zones, zone).lines(), func(s string) bool {
				return strings.HasSuffix(s, ": 0 of 0 overturned, 0 of 0 appealed, 0 granted") // of a clause without cards, perhaps
			})
			got := slices.DeleteFunc(measuredLines(m, zones), func(s string) bool {
				return strings.HasSuffix(s, ": 0 of 0 overturned, 0 of 0 appealed, 0 granted")
			})
			if d := diff.Diff(want, got); d != "" {
				t.Errorf("%s to %s in %d of %v:\n%s", c.from, c.to, c.group, c.within, d)
			}
		}
	})
}
