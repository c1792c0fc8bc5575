package store

import (
	"context"
	"time"

	"qunying/community"
)

// Told is an event as another source told it, with how that source calls the author.
type Told struct {
	Event   community.Event
	Outside string // ID, or the name where there is none
}

// HasOtherSource says whether any other source than the given one told of a group.
func HasOtherSource(ctx context.Context, q Querier, c community.ID, g community.GroupID, source string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM view_timeline t
		JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		WHERE t.community_id = $1 AND t.group_id = $2 AND e.source <> $3 LIMIT 1) AS x`, int64(c), int64(g), source).Scan(&n)
	return n > 0, unavailable(err)
}

// ToldByOthers reads what other sources told of a group in [from, to], as far as
// the timeline knows it.
func ToldByOthers(ctx context.Context, q Querier, c community.ID, g community.GroupID, source string, from, to time.Time) ([]Told, error) {
	return queryTold(ctx, q, c, `SELECT e.seq, e.kind, e.group_id, e.at, e.content, e.source, b.name, b.text, COALESCE(i.outside_id, '')
		FROM view_timeline t JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		LEFT JOIN identity i ON i.community_id = e.community_id AND i.identity_id = e.identity_id
		WHERE t.community_id = $1 AND t.group_id = $2 AND t.at >= $3 AND t.at <= $4 AND e.source <> $5 ORDER BY t.at, t.seq`,
		int64(c), int64(g), from.UnixMilli(), to.UnixMilli(), source)
}

// ToldSince reads what other sources told after a place in the log, and how far
// it looked.
func ToldSince(ctx context.Context, q Querier, c community.ID, after community.Seq, source string) ([]Told, community.Seq, error) {
	head, err := Head(ctx, q, c)
	if err != nil || head == after {
		return nil, after, err
	}
	list, err := queryTold(ctx, q, c, `SELECT e.seq, e.kind, e.group_id, e.at, e.content, e.source, b.name, b.text, COALESCE(i.outside_id, '')
		FROM event e JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		LEFT JOIN identity i ON i.community_id = e.community_id AND i.identity_id = e.identity_id
		WHERE e.community_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.source <> $4 ORDER BY e.seq`,
		int64(c), int64(after), int64(head), source)
	return list, head, err
}

func queryTold(ctx context.Context, q Querier, c community.ID, query string, args ...any) ([]Told, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Told
	for rows.Next() {
		t := Told{Event: community.Event{Community: c, Body: &community.Body{}}}
		var at int64
		if err := rows.Scan((*int64)(&t.Event.Seq), (*string)(&t.Event.Kind), (*int64)(&t.Event.Group), &at, (*string)(&t.Event.Content),
			&t.Event.Source, &t.Event.Body.Name, &t.Event.Body.Text, &t.Outside); err != nil {
			return nil, unavailable(err)
		}
		t.Event.At = fromMillis(at)
		list = append(list, t)
	}
	return list, unavailable(rows.Err())
}

// KnownKeys tells where in the log those of the keys are that are there.
func KnownKeys(ctx context.Context, q Querier, c community.ID, keys []community.Key) (map[community.Key]community.Seq, error) {
	known := map[community.Key]community.Seq{}
	for _, k := range keys {
		var seq int64
		if err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM event WHERE community_id = $1 AND key = $2`, int64(c), k[:]).Scan(&seq); err != nil {
			return nil, unavailable(err)
		}
		if seq > 0 {
			known[k] = community.Seq(seq)
		}
	}
	return known, nil
}
