package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// byTime lists the newest messages that the query's group and times allow, of a
// group from its timeline, of all groups from the timelines of those that spoke
// last.
func byTime(ctx context.Context, q store.Querier, c community.ID, want Query, after Place, size int) ([]community.Seq, error) {
	if want.Group != 0 {
		list, err := timeline(ctx, q, c, want.Group, want, after, size)
		return seqsIn(list), err
	}
	groups, err := latest(ctx, q, c, want, after)
	if err != nil {
		return nil, err
	}
	var newest []Place
	for _, g := range groups {
		if len(newest) == size {
			// Nothing older than the last place can belong to the answer any more.
			if g.at.Before(newest[size-1].At) {
				break
			}
			if want.From.Before(newest[size-1].At) {
				want.From = newest[size-1].At
			}
		}
		list, err := timeline(ctx, q, c, g.id, want, after, size)
		if err != nil {
			return nil, err
		}
		newest = append(newest, list...)
		slices.SortFunc(newest, func(a, b Place) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Seq, a.Seq)) })
		newest = newest[:min(size, len(newest))]
	}
	return seqsIn(newest), nil
}

func seqsIn(list []Place) []community.Seq {
	seqs := make([]community.Seq, len(list))
	for i, p := range list {
		seqs[i] = p.Seq
	}
	return seqs
}

// heard is when something last happened in a group, up to where a query looks.
type heard struct {
	id community.GroupID
	at time.Time
}

// latest lists the groups in which something happened at the times asked for,
// those heard of last first.
func latest(ctx context.Context, q store.Querier, c community.ID, want Query, after Place) ([]heard, error) {
	last := int64(1) << 62
	if !want.To.IsZero() {
		last = want.To.UnixMilli() - 1
	}
	if after.Seq != 0 {
		last = min(last, after.At.UnixMilli())
	}
	rows, err := q.QueryContext(ctx, `SELECT g.group_id, (SELECT MAX(t.at) FROM view_timeline t
		WHERE t.community_id = g.community_id AND t.group_id = g.group_id AND t.at <= $2) AS last_at
		FROM chat_group g WHERE g.community_id = $1`, int64(c), last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []heard
	for rows.Next() {
		var g heard
		var at *int64
		if err := rows.Scan((*int64)(&g.id), &at); err != nil {
			return nil, err
		}
		if at == nil {
			continue
		}
		if g.at = time.UnixMilli(*at); !g.at.Before(want.From) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b heard) int { return b.at.Compare(a.at) })
	return list, rows.Err()
}

// timeline lists up to limit messages of a group, newest first.
func timeline(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, want Query, after Place, limit int) ([]Place, error) {
	args := []any{int64(c), int64(g)}
	arg := func(v int64) string { args = append(args, v); return fmt.Sprintf("$%d", len(args)) }
	query := `SELECT t.at, t.seq FROM view_timeline t JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		WHERE t.community_id = $1 AND t.group_id = $2 AND e.kind = 'message.posted'`
	if !want.From.IsZero() {
		query += ` AND t.at >= ` + arg(want.From.UnixMilli())
	}
	if !want.To.IsZero() {
		query += ` AND t.at < ` + arg(want.To.UnixMilli())
	}
	if after.Seq != 0 {
		at := arg(after.At.UnixMilli())
		query += ` AND t.at <= ` + at + ` AND (t.at < ` + at + ` OR t.seq < ` + arg(int64(after.Seq)) + `)`
	}
	rows, err := q.QueryContext(ctx, query+fmt.Sprintf(` ORDER BY t.at DESC, t.seq DESC LIMIT %d`, limit), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Place
	for rows.Next() {
		var at int64
		var p Place
		if err := rows.Scan(&at, (*int64)(&p.Seq)); err != nil {
			return nil, err
		}
		p.At = time.UnixMilli(at)
		list = append(list, p)
	}
	return list, rows.Err()
}
