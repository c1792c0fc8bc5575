package store

import (
	"context"
	"time"

	"qunying/community"
)

// Attention counts what waits for people.
type Attention struct {
	Tasks     int // open
	Overdue   int // open, and past their time
	Failed    int // actions that failed since
	Unknown   int // actions of which nobody knows whether they arrived, since
	Suggested int // what was held back since
}

// AttentionNow counts what waits for people, within some groups or (nil) in all;
// of actions, those caused since the given time.
func AttentionNow(ctx context.Context, q Querier, c community.ID, within []community.GroupID, now, since time.Time) (a Attention, err error) {
	inside, args := insideOf([]any{int64(c), millis(now)}, within)
	if err = q.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN due_at < $2 THEN 1 ELSE 0 END), 0) FROM task
		WHERE community_id = $1 AND state = 'open' `+inside, args...).Scan(&a.Tasks, &a.Overdue); err != nil {
		return a, unavailable(err)
	}
	inside, args = insideOf([]any{int64(c), millis(since)}, within)
	rows, err := q.QueryContext(ctx, `SELECT state, COUNT(*) FROM outbox WHERE community_id = $1 AND state IN ('failed', 'unknown', 'suggested')
		AND due_at >= $2 AND handled_at = 0 `+inside+`GROUP BY state`, args...)
	if err != nil {
		return a, unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s OutboxState
		var n int
		if err := rows.Scan((*string)(&s), &n); err != nil {
			return a, unavailable(err)
		}
		switch s {
		case Failed:
			a.Failed = n
		case Unknown:
			a.Unknown = n
		case Suggested:
			a.Suggested = n
		}
	}
	return a, unavailable(rows.Err())
}
