package main

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/moderation/measure"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// measures tell how well order is kept.
type measures struct{ *console }

// measuredDays is how long a period is that nobody named: eight whole weeks and
// the one in progress.
const measuredDays = 8 * 7

func (c measures) Measures(ctx context.Context, id community.ID, g community.GroupID, p api.Period) (a api.MeasuresAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	if a.From, a.To, err = c.period(ctx, id, g, p); err != nil {
		return a, err
	}
	m, err := c.engine.Measure(ctx, id, g, api.Within(ctx), a.From, a.To)
	if err != nil {
		return a, err
	}
	a.Whole, a.Weeks, a.Modes, a.Answered, a.Automation = rated(m.Whole), ratedWeeks(m.Weeks), m.Modes, m.Answered, m.Automation
	a.OfGroups, a.Consistency, a.Offences, a.Completeness = m.OfGroups, m.Consistent, m.Offences, m.Completeness[g]
	if a.Offences == nil {
		a.Offences = []measure.Offence{}
	}
	a.Groups, a.Clauses, a.Moderators, a.Names = []api.MeasuredGroup{}, []api.MeasuredClause{}, []api.MeasuredModerator{}, map[string]string{}
	for _, of := range m.Groups {
		a.Groups = append(a.Groups, api.MeasuredGroup{Group: of.Group, Name: m.Names[of.Group], Whole: rated(of.Week), Weeks: ratedWeeks(of.Weeks), Completeness: m.Completeness[of.Group]})
	}
	return a, c.db.Read(ctx, func(q store.Querier) error {
		s, err := newShown(ctx, q, id)
		if err != nil {
			return err
		}
		for _, of := range m.Clauses {
			name, err := s.clause(g, of.Clause)
			if err != nil {
				return err
			}
			a.Names[of.Clause] = name
			a.Clauses = append(a.Clauses, api.MeasuredClause{OfClause: of, Name: name})
		}
		people, err := team.All(ctx, q)
		for _, of := range m.Moderators {
			name := ""
			if i := slices.IndexFunc(people, func(is team.Staff) bool { return is.ID == of.Staff }); i >= 0 {
				name = people[i].Name
			}
			a.Moderators = append(a.Moderators, api.MeasuredModerator{OfModerator: of, Name: name})
		}
		return err
	})
}

// period fills in what nobody said, in the zone of the group or the community.
func (c measures) period(ctx context.Context, id community.ID, g community.GroupID, p api.Period) (from, to community.Day, err error) {
	err = c.db.Read(ctx, func(q store.Querier) error {
		all, err := store.Communities(ctx, q)
		if err != nil {
			return err
		}
		for _, is := range all {
			if is.ID == id {
				to = community.DayOf(c.now(), is.Zone)
			}
		}
		if g != 0 {
			of, err := store.Group(ctx, q, id, g)
			if err != nil {
				return err
			}
			to = community.DayOf(c.now(), of.Zone)
		}
		return nil
	})
	if p.To != 0 {
		to = p.To
	}
	from = (to - measuredDays).Week()
	if p.From != 0 {
		from = p.From
	}
	return from, to, err
}

func rated(w measure.Week) api.MeasuredWeek {
	return api.MeasuredWeek{Week: w, Rate: measure.ShareOf(w.Violations, w.Messages)}
}

func ratedWeeks(list []measure.Week) []api.MeasuredWeek {
	out := make([]api.MeasuredWeek, len(list))
	for i, w := range list {
		out[i] = rated(w)
	}
	return out
}

func (c measures) Trust(ctx context.Context, id community.ID, g community.GroupID) (a api.TrustAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	list, version, owner, set, err := c.engine.Trust(ctx, id, g, api.Within(ctx))
	if err != nil {
		return a, err
	}
	a.Version, a.Own, a.From, a.Enough, a.Limit, a.Window = version, owner == g, set.PromoteFrom(), set.EnoughCases(), set.DemoteFrom(), set.NewestCases()
	a.Clauses = []api.TrustedView{}
	for _, t := range list {
		a.Clauses = append(a.Clauses, api.TrustedView{Clause: t.Clause.ID, Name: t.Clause.Name, Stage: string(t.Clause.Stage), Since: t.Since, Trust: t.Trust, Earned: t.Earned, Lost: t.Lost})
	}
	return a, nil
}

func (c measures) Promote(ctx context.Context, id community.ID, g community.GroupID, clause string, version int64, by community.StaffID) (api.TrustAnswer, error) {
	if err := c.engine.Promote(ctx, id, g, clause, version, by); err != nil {
		return api.TrustAnswer{}, err
	}
	return c.Trust(ctx, id, g)
}
