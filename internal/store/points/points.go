// Package points keeps the ledger of points. Everything is written by decide, in
// the transaction of the event that caused it.
package points

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/incentives"
	"qunying/internal/store"
)

// Add books an entry and numbers it. What is booked already, by its key, or taken
// back already, is not booked again: then Add reports false.
func Add(tx *store.Tx, c community.ID, e *incentives.Entry) (bool, error) {
	if err := tx.QueryRowContext(context.Background(), `SELECT COALESCE(MAX(entry_id), 0) + 1 FROM point_entry WHERE community_id = $1`, int64(c)).Scan(&e.ID); err != nil {
		return false, store.Unavailable(err)
	}
	note := strings.ReplaceAll(strings.ToValidUTF8(e.Note, "\uFFFD"), "\x00", "") // PostgreSQL stores neither
	res, err := tx.Exec(`INSERT INTO point_entry (community_id, entry_id, key, identity_id, group_id, amount, reason, verdict_id, reverses, cause_seq, staff_id, at, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
		int64(c), e.ID, e.Key, int64(e.Identity), int64(e.Group), e.Amount, string(e.Reason), e.Verdict, e.Reverses, int64(e.Cause), int64(e.Staff), e.At.UnixMilli(), note)
	if err != nil {
		return false, store.Unavailable(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Balance sums the entries of identities; those of one person are given together.
func Balance(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID) (sum int64, err error) {
	for _, id := range ids {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT COALESCE(SUM(amount), 0) FROM point_entry WHERE community_id = $1 AND identity_id = $2`, int64(c), int64(id)).Scan(&n); err != nil {
			return 0, store.Unavailable(err)
		}
		sum += n
	}
	return sum, nil
}

// Of lists the newest entries of an identity.
func Of(ctx context.Context, q store.Querier, c community.ID, id community.IdentityID, limit int) ([]incentives.Entry, error) {
	return list(ctx, q, `AND e.identity_id = $2 ORDER BY e.entry_id DESC LIMIT $3`, int64(c), int64(id), limit)
}

// standing are entries that nothing has taken back.
const standing = `AND NOT EXISTS (SELECT 1 FROM point_entry r WHERE r.community_id = e.community_id AND r.reverses = e.entry_id AND r.reverses <> 0) ORDER BY e.entry_id`

// TakenFor lists what was taken for a verdict and not given back.
func TakenFor(ctx context.Context, q store.Querier, c community.ID, verdict int64) ([]incentives.Entry, error) {
	return list(ctx, q, `AND e.verdict_id = $2 AND e.verdict_id <> 0 AND e.amount < 0 `+standing, int64(c), verdict)
}

// CausedBy lists what an event brought about and nothing has taken back.
func CausedBy(ctx context.Context, q store.Querier, c community.ID, seq community.Seq) ([]incentives.Entry, error) {
	return list(ctx, q, `AND e.cause_seq = $2 `+standing, int64(c), int64(seq))
}

// Erase empties what staff wrote about identities. The numbers stay.
func Erase(tx *store.Tx, c community.ID, ids []community.IdentityID) error {
	for _, id := range ids {
		if _, err := tx.Exec(`UPDATE point_entry SET note = '' WHERE community_id = $1 AND identity_id = $2`, int64(c), int64(id)); err != nil {
			return store.Unavailable(err)
		}
	}
	return nil
}

func list(ctx context.Context, q store.Querier, where string, args ...any) ([]incentives.Entry, error) {
	rows, err := q.QueryContext(ctx, `SELECT e.entry_id, e.key, e.identity_id, e.group_id, e.amount, e.reason, e.verdict_id, e.reverses, e.cause_seq, e.staff_id, e.at, e.note
		FROM point_entry e WHERE e.community_id = $1 `+where, args...)
	if err != nil {
		return nil, store.Unavailable(err)
	}
	defer rows.Close()
	var all []incentives.Entry
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, store.Unavailable(rows.Err())
}

func scan(rows *sql.Rows) (e incentives.Entry, err error) {
	var at int64
	err = rows.Scan(&e.ID, &e.Key, (*uint32)(&e.Identity), (*int64)(&e.Group), &e.Amount, (*string)(&e.Reason), &e.Verdict, &e.Reverses, (*int64)(&e.Cause),
		(*int64)(&e.Staff), &at, &e.Note)
	e.At = time.UnixMilli(at).UTC()
	return e, err
}
