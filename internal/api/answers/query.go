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

// QueryOf puts a question into the domain's words.
func QueryOf(in api.QueryInput) insight.Query {
	q := insight.Query{Metrics: in.Metrics, Groups: in.Groups, Sets: in.Sets, From: in.From, To: in.To, Compare: insight.Comparison(in.Compare), Limit: in.Limit}
	for _, d := range in.By {
		q.By = append(q.By, insight.Dimension(d))
	}
	for _, t := range in.Types {
		q.Types = append(q.Types, insight.GroupType(t))
	}
	return q
}

// Ask answers a composed question.
func (r *Reader) Ask(ctx context.Context, c community.ID, in api.QueryInput) (a api.QueryAnswer, err error) {
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a, err = askIn(ctx, q, c, QueryOf(in), api.Within(ctx), r); err != nil {
			return err
		}
		a.Answer, err = asOf(ctx, q, c)
		return err
	})
	return a, err
}

func askIn(ctx context.Context, q store.Querier, c community.ID, want insight.Query, within []community.GroupID, r *Reader) (a api.QueryAnswer, err error) {
	asked, err := insightdb.Ask(ctx, q, c, want, within, &r.pools, r.Now())
	if err != nil {
		return a, err
	}
	names, err := personNames(ctx, q, c, asked.Rows)
	if err != nil {
		return a, err
	}
	return answerOf(asked, names), nil
}

func personNames(ctx context.Context, q store.Querier, c community.ID, rows []insight.Row) (map[community.IdentityID]store.Identity, error) {
	var ids []community.IdentityID
	for _, row := range rows {
		for _, p := range []community.PersonID{row.Person, row.Inviter} {
			if p != 0 {
				ids = append(ids, community.IdentityID(p))
			}
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return nil, nil
	}
	return store.Identities(ctx, q, c, ids)
}

// answerOf puts a result into the API's shape.
func answerOf(asked *insightdb.Asked, names map[community.IdentityID]store.Identity) api.QueryAnswer {
	p := asked.Plan
	a := api.QueryAnswer{Period: api.Period(p.Period()), By: []string{}, Metrics: []api.QueryMetric{}, Rows: make([]api.QueryRow, 0, len(asked.Rows)),
		LinesOf: asked.Lines, Total: cellsOf(asked.Total), Coverage: coverageOf(asked)}
	if s, ok := p.Compared(); ok {
		compared := api.Period(s)
		a.Compared = &compared
	}
	for _, d := range p.Query.By {
		a.By = append(a.By, string(d))
	}
	for _, id := range p.Query.Metrics {
		a.Metrics = append(a.Metrics, queryMetric(id))
	}
	sets := map[int64]string{}
	for _, s := range asked.Sets.Sets {
		sets[s.ID] = s.Name
	}
	for _, row := range asked.Rows {
		u, at := p.Units[row.Unit], p.Steps[row.Step]
		v := api.QueryRow{Group: u.Group, Set: u.Set, Person: row.Person, Inviter: row.Inviter, From: at.Span.From, To: at.Span.To, Groups: len(u.Groups), Cells: cellsOf(row.Cells)}
		switch {
		case row.Person != 0:
			v.Name = displayName(names[community.IdentityID(row.Person)])
		case row.Inviter != 0:
			v.Name = displayName(names[community.IdentityID(row.Inviter)])
		case u.Group != 0:
			v.Name = asked.Heads[u.Group].Name
		case u.Set != 0:
			v.Name = sets[u.Set]
		}
		if slices.Contains(p.Query.By, insight.PerType) {
			of := string(u.Type)
			v.Type = &of
		}
		if slices.Contains(p.Query.By, insight.PerWay) || slices.Contains(p.Query.By, insight.PerCode) {
			v.Label = &row.Label
		}
		switch {
		case at.Weekday >= 0:
			v.Weekday = &at.Weekday
		case at.Hour >= 0:
			v.Hour = &at.Hour
		case at.At != 0:
			v.Day = &at.At
		}
		a.Rows = append(a.Rows, v)
	}
	return a
}

func queryMetric(id string) api.QueryMetric {
	m, _ := insight.MetricByID(id)
	v := api.QueryMetric{ID: m.ID, Zh: m.Zh, En: m.En, Unit: m.Unit, Formula: api.Words(m.Formula), Pooled: insight.Pooled()[id]}
	if v.Pooled == "" {
		v.Pooled = "none"
	}
	return v
}

func cellsOf(list []insight.Cell) []api.QueryCell {
	out := make([]api.QueryCell, len(list))
	for i, c := range list {
		out[i] = api.QueryCell{Value: c.Value, Before: c.Before, Of: c.Of, Why: string(c.Why), Partial: c.Partial, Groups: c.Groups, Peers: c.Peers, PeersOf: c.PeersOf}
	}
	return out
}
