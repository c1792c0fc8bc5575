package answers

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

func pickOf(p api.PickInput) insight.Pick {
	return insight.Pick{Kind: community.Kind(p.Kind), Text: p.Text, Content: community.Content(p.Content), Way: p.Way, Code: p.Code, Tag: p.Tag, After: p.After}
}

func typesOf(list []string) (types []insight.GroupType) {
	for _, t := range list {
		types = append(types, insight.GroupType(t))
	}
	return types
}

func funnelOf(in api.FunnelInput) insight.Funnel {
	f := insight.Funnel{Window: in.Window, SameGroup: in.SameGroup, By: insight.FunnelBy(in.By), Groups: in.Groups, Sets: in.Sets, Types: typesOf(in.Types), From: in.From, To: in.To}
	for _, p := range in.Steps {
		f.Steps = append(f.Steps, pickOf(p))
	}
	return f
}

// mostLines is how many lines of a funnel are told at once.
const mostLines = 200

// Funnel counts how many people go from one deed to the next.
func (r *Reader) Funnel(ctx context.Context, c community.ID, in api.FunnelInput) (a api.FunnelAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		a, _, err = r.funnelIn(ctx, q, c, in, mostLines)
		return err
	})
	return a, err
}

func (r *Reader) funnelIn(ctx context.Context, q store.Querier, c community.ID, in api.FunnelInput, most int) (a api.FunnelAnswer, asked *insightdb.FunnelAnswer, err error) {
	if asked, err = insightdb.AskFunnel(ctx, q, c, funnelOf(in), api.Within(ctx), &r.pools, r.Now()); err != nil {
		return a, nil, err
	}
	lines := asked.Lines[:len(asked.Lines)-1]
	a = api.FunnelAnswer{Period: api.Period(asked.Plan.Period()), LinesOf: len(lines), Lines: []api.FunnelLine{}, Coverage: coverageOf(asked.Asked)}
	lines = lines[:min(len(lines), most)]
	var inviters []community.IdentityID
	for _, l := range lines {
		if l.Inviter != 0 {
			inviters = append(inviters, community.IdentityID(l.Inviter))
		}
	}
	names := map[community.IdentityID]store.Identity{}
	if len(inviters) > 0 {
		if names, err = store.Identities(ctx, q, c, inviters); err != nil {
			return a, nil, err
		}
	}
	for _, l := range lines {
		v := funnelLine(l, in.By)
		switch in.By {
		case "group":
			v.Name = asked.Heads[v.Group].Name
		case "set":
			for _, s := range asked.Sets.Sets {
				if s.ID == v.Set {
					v.Name = s.Name
				}
			}
		case "inviter":
			if v.Inviter != 0 {
				v.Name = displayName(names[community.IdentityID(v.Inviter)])
			}
		}
		a.Lines = append(a.Lines, v)
	}
	a.Total = funnelLine(asked.Lines[len(asked.Lines)-1], "")
	a.Answer, err = asOf(ctx, q, c)
	return a, asked, err
}

func coverageOf(a *insightdb.Asked) api.QueryCoverage {
	p := a.Plan
	return api.QueryCoverage{Days: p.Period().Days(), Covered: a.Covered, Gaps: gapsOf(a.Gaps), Groups: len(p.Units[len(p.Units)-1].Groups)}
}

func funnelLine(l insight.FunnelLine, by string) api.FunnelLine {
	v := api.FunnelLine{Steps: make([]api.FunnelStep, len(l.Steps))}
	switch by {
	case "group":
		v.Group = l.Unit.Group
	case "set":
		v.Set = l.Unit.Set
	case "type":
		of := string(l.Unit.Type)
		v.Type = &of
	case "way", "code":
		v.Label = &l.Label
	case "inviter":
		v.Inviter = l.Inviter
	}
	for k, s := range l.Steps {
		step := api.FunnelStep{Reached: s.Reached, Median: s.Median, Lost: s.Lost, Open: s.Open, Share: shareOf(s.Reached, l.Steps[0].Reached)}
		if k > 0 {
			step.Passed = shareOf(s.Reached, l.Steps[k-1].Reached)
		}
		v.Steps[k] = step
	}
	return v
}

func shareOf(n, of int) *float64 {
	if of == 0 {
		return nil
	}
	share := float64(n) / float64(of)
	return &share
}

// FunnelPeople lists who came how far.
func (r *Reader) FunnelPeople(ctx context.Context, c community.ID, in api.FunnelPeopleInput) (a api.FunnelPeopleAnswer, err error) {
	if in.Limit == 0 {
		in.Limit = 100
	}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		_, asked, err := r.funnelIn(ctx, q, c, in.Funnel, mostLines)
		if err != nil {
			return err
		}
		paths, err := pathsOf(asked, in)
		if err != nil {
			return err
		}
		a.Total = len(paths)
		if a.People, err = funnelPeople(ctx, q, c, asked, paths[:min(len(paths), in.Limit)]); err != nil {
			return err
		}
		a.Answer, err = asOf(ctx, q, c)
		return err
	})
	return a, err
}

// pathsOf are the paths of a line that came to a step, who entered last first.
func pathsOf(asked *insightdb.FunnelAnswer, in api.FunnelPeopleInput) ([]insight.Path, error) {
	steps := len(in.Funnel.Steps)
	if in.Step > steps {
		return nil, community.Errorf(community.Invalid, "step: there are %d of them", steps).WithHint("steps are counted from 1")
	}
	line := &asked.Lines[len(asked.Lines)-1]
	if in.Group != 0 || in.Set != 0 || in.Type != nil || in.Label != nil || in.Inviter != 0 {
		i := slices.IndexFunc(asked.Lines[:len(asked.Lines)-1], func(l insight.FunnelLine) bool {
			return l.Unit.Group == in.Group && l.Unit.Set == in.Set && (in.Type == nil || string(l.Unit.Type) == *in.Type) &&
				(in.Label == nil || l.Label == *in.Label) && l.Inviter == in.Inviter
		})
		if i < 0 {
			return []insight.Path{}, nil
		}
		line = &asked.Lines[i]
	}
	step := max(in.Step, 1)
	paths := slices.DeleteFunc(slices.Clone(line.Paths), func(p insight.Path) bool {
		switch in.Which {
		case "lost":
			return len(p.At) != step || p.Open || step == steps
		case "open":
			return len(p.At) != step || !p.Open
		default:
			return len(p.At) < step
		}
	})
	slices.Reverse(paths)
	return paths, nil
}

func funnelPeople(ctx context.Context, q store.Querier, c community.ID, asked *insightdb.FunnelAnswer, paths []insight.Path) ([]api.FunnelPerson, error) {
	list := make([]api.FunnelPerson, len(paths))
	names := map[community.IdentityID]store.Identity{}
	for part := range slices.Chunk(paths, 1024) {
		ids := make([]community.IdentityID, len(part))
		for i, p := range part {
			ids[i] = community.IdentityID(p.Person)
		}
		some, err := store.Identities(ctx, q, c, ids)
		if err != nil {
			return nil, err
		}
		for id, name := range some {
			names[id] = name
		}
	}
	for i, p := range paths {
		list[i] = api.FunnelPerson{Person: p.Person, Name: displayName(names[community.IdentityID(p.Person)]), Group: p.Group, At: p.At, Open: p.Open}
		if p.Group != 0 {
			list[i].GroupName = asked.Heads[p.Group].Name
		}
	}
	return list, nil
}

// Cohorts makes the triangle.
func (r *Reader) Cohorts(ctx context.Context, c community.ID, in api.CohortsInput) (a api.CohortsAnswer, err error) {
	want := insight.Cohorts{First: pickOf(in.First), Back: pickOf(in.Back), Grain: insight.Grain(in.Grain), Groups: in.Groups, Sets: in.Sets, Types: typesOf(in.Types), From: in.From, To: in.To}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		asked, err := insightdb.AskCohorts(ctx, q, c, want, api.Within(ctx), &r.pools, r.Now())
		if err != nil {
			return err
		}
		a = api.CohortsAnswer{Period: api.Period(asked.Plan.Period()), Grain: in.Grain, Rows: []api.CohortRow{}, Coverage: coverageOf(asked.Asked)}
		for i, row := range asked.Table.Rows {
			a.Rows = append(a.Rows, api.CohortRow{At: row.At, Size: row.Size, Partial: asked.Table.Partial[i], Back: row.Back})
		}
		a.Mean = cohortMeans(asked.Table.Rows)
		a.Answer, err = asOf(ctx, q, c)
		return err
	})
	return a, err
}

// cohortMeans puts the shares of all cohorts together, by how many people they are of.
func cohortMeans(rows []insight.CohortRow) []api.CohortMean {
	means := make([]api.CohortMean, max(0, len(rows)-1))
	for k := range means {
		back := int64(0)
		for _, row := range rows {
			if k < len(row.Back) && row.Back[k] != nil {
				back, means[k].Of = back+*row.Back[k], means[k].Of+row.Size
			}
		}
		means[k].Share = shareOf(int(back), int(means[k].Of))
	}
	return means
}
