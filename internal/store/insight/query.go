package insightdb

import (
	"context"
	"maps"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// Asked is a query's plan with its answer, and the groups that it may choose from.
type Asked struct {
	*insight.Result
	Heads map[community.GroupID]Head
	Sets  store.GroupSets
}

// Ask plans a query over the groups that whoever asks may see (nil: all) and
// answers it from the views. It is the one place where queries meet the database:
// pages, exports and reports all come here. pools may be nil. Errors of the plan are
// Invalid.
func Ask(ctx context.Context, q store.Querier, c community.ID, want insight.Query, within []community.GroupID, pools *Pools, now time.Time) (*Asked, error) {
	all, err := askAll(ctx, q, c, []insight.Query{want}, within, pools, now, nil)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Progress is told how many of the groups have been read.
type Progress func(done, of int)

// askAll answers several queries, and reads every group once for all of them, as far as
// they need it. progress may be nil.
func askAll(ctx context.Context, q store.Querier, c community.ID, wants []insight.Query, within []community.GroupID, pools *Pools, now time.Time, progress Progress) ([]*Asked, error) {
	w, heads, sets, err := worldOf(ctx, q, c, within, now)
	if err != nil {
		return nil, err
	}
	links, err := LinksNow(ctx, q, c)
	if err != nil {
		return nil, err
	}
	parts, err := partsOf(ctx, q, c, heads, w.first, now)
	if err != nil {
		return nil, err
	}
	runs := make([]*insight.Run, len(wants))
	needs := map[community.GroupID][]*insight.Run{}
	extent := insight.Extent{Speakers: insight.Nothing, Posts: insight.Nothing}
	for i, want := range wants {
		plan, err := want.Plan(w.World)
		if err != nil {
			return nil, err
		}
		runs[i] = insight.NewRun(plan, parts)
		if err := addHows(ctx, q, c, plan, heads, runs[i]); err != nil {
			return nil, err
		}
		need := plan.GroupsNeeded()
		united := plan.HasUnions() && len(plan.Units[len(plan.Units)-1].Groups) == w.groups
		if united {
			days, unions, err := pools.Days(ctx, q, c, links, EverFrom, -EverFrom)
			if err != nil {
				return nil, err
			}
			runs[i].AddUnions(days, unions, links.Person)
			if plan.FromUnions() {
				continue
			}
		}
		extent = extent.With(plan.Extent(united))
		for _, g := range need {
			needs[g] = append(needs[g], runs[i])
		}
	}
	s := stream{community: c, heads: heads, parts: parts, links: links, extent: extent, now: now}
	done := 0
	if err := s.each(ctx, q, slices.Sorted(maps.Keys(needs)), func(g community.GroupID, h *insight.History) {
		for _, run := range needs[g] {
			run.Add(g, h)
		}
		if done++; progress != nil {
			progress(done, len(needs))
		}
	}); err != nil {
		return nil, err
	}
	all := make([]*Asked, len(runs))
	for i, run := range runs {
		all[i] = &Asked{Result: run.Result(), Heads: heads, Sets: sets}
	}
	return all, nil
}

// world is what a query can choose from, and how many groups there are altogether.
type world struct {
	insight.World
	groups int
	first  map[community.GroupID]int64 // ms, of the first event
}

func worldOf(ctx context.Context, q store.Querier, c community.ID, within []community.GroupID, now time.Time) (w world, by map[community.GroupID]Head, sets store.GroupSets, err error) {
	heads, totals, err := Heads(ctx, q, c)
	if err != nil {
		return w, nil, sets, err
	}
	types, err := GroupTypes(ctx, q, c)
	if err != nil {
		return w, nil, sets, err
	}
	if sets, _, err = store.SetsAt(ctx, q, c, 0); err != nil {
		return w, nil, sets, err
	}
	in := map[community.GroupID][]int64{}
	for _, s := range sets.Sets {
		if s.ID == 0 {
			continue
		}
		w.Sets = append(w.Sets, s.ID)
		for _, g := range s.Groups {
			in[g] = append(in[g], s.ID)
		}
	}
	by, w.first = map[community.GroupID]Head{}, map[community.GroupID]int64{}
	for _, h := range heads {
		if h.Direct {
			continue
		}
		w.groups++
		if within != nil && !slices.Contains(within, h.ID) {
			continue
		}
		by[h.ID], w.first[h.ID] = h, totals[h.ID].FirstAt
		w.Places = append(w.Places, insight.Place{Group: h.ID, Type: types[h.ID], Sets: in[h.ID], Today: h.Today(now)})
	}
	return w, by, sets, nil
}

// partsOf tells of every group how far its days reach and when nothing could be heard.
func partsOf(ctx context.Context, q store.Querier, c community.ID, heads map[community.GroupID]Head, first map[community.GroupID]int64, now time.Time) (map[community.GroupID]insight.Part, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, from_at, to_at FROM view_coverage
		WHERE community_id = $1 AND to_at <> from_at AND why = '' ORDER BY group_id, from_at`, int64(c))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	away := map[community.GroupID][]Away{}
	for rows.Next() {
		var g int64
		var a Away
		if err := rows.Scan(&g, &a.From, &a.To); err != nil {
			return nil, err
		}
		away[community.GroupID(g)] = append(away[community.GroupID(g)], a)
	}
	parts := make(map[community.GroupID]insight.Part, len(heads))
	for g, h := range heads {
		p := insight.Part{Last: h.last(now), Ended: h.Account == "", Away: h.daysAway(away[g], now), First: EverFrom}
		if at := first[g]; at != 0 {
			p.First = community.DayOf(time.UnixMilli(at), h.Zone)
		}
		parts[g] = p
	}
	return parts, rows.Err()
}
