package store

import (
	"context"
	"time"

	"qunying/community"
)

// Due is something that a tick will bring about once DueAt has passed.
type Due struct {
	Key      community.Key
	At       time.Time
	Kind     string
	Group    community.GroupID
	CauseSeq community.Seq
	Data     string // JSON
}

// Schedule writes what a later tick will bring about; the same key twice is one.
func (tx *Tx) Schedule(c community.ID, d Due) error {
	_, err := tx.Exec(`INSERT INTO due (community_id, key, due_at, kind, group_id, cause_seq, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		int64(c), d.Key[:], millis(d.At), d.Kind, int64(d.Group), int64(d.CauseSeq), d.Data)
	return unavailable(err)
}

// Dues lists what is due by now, in order.
func Dues(ctx context.Context, q Querier, c community.ID, now time.Time) ([]Due, error) {
	rows, err := q.QueryContext(ctx, `SELECT key, due_at, kind, group_id, cause_seq, data FROM due
		WHERE community_id = $1 AND due_at <= $2 ORDER BY due_at, key LIMIT 1000`, int64(c), millis(now))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Due
	for rows.Next() {
		var d Due
		var key []byte
		var at int64
		if err := rows.Scan(&key, &at, &d.Kind, (*int64)(&d.Group), (*int64)(&d.CauseSeq), &d.Data); err != nil {
			return nil, unavailable(err)
		}
		copy(d.Key[:], key)
		d.At = fromMillis(at)
		list = append(list, d)
	}
	return list, unavailable(rows.Err())
}

// NextDue tells when something falls due first, or zero time.
func NextDue(ctx context.Context, q Querier, c community.ID) (time.Time, error) {
	var at int64
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MIN(due_at), 0) FROM due WHERE community_id = $1`, int64(c)).Scan(&at)
	return fromMillis(at), unavailable(err)
}

// DropDue removes what has been brought about.
func (tx *Tx) DropDue(c community.ID, key community.Key) error {
	_, err := tx.Exec(`DELETE FROM due WHERE community_id = $1 AND key = $2`, int64(c), key[:])
	return unavailable(err)
}
