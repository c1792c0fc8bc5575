package team

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Entry is one line of the audit: who changed what, and how it was before.
type Entry struct {
	Community community.ID
	ID        int64
	At        time.Time
	Staff     community.StaffID
	Act       string // such as settings.save
	Subject   string // what it was done to
	Before    string // JSON, or ""
	After     string // JSON, or ""
}

// Note appends an entry and numbers it. It belongs into the transaction of the
// change. Callers of one community must come one after the other, as they do
// when they hold its log row or, on SQLite, always.
func Note(ctx context.Context, tx *store.Tx, e Entry) (int64, error) {
	var id int64
	err := tx.QueryRowContext(ctx, `INSERT INTO audit (community_id, audit_id, at, staff_id, act, subject, before_json, after_json)
		SELECT CAST($1 AS BIGINT), COALESCE(MAX(audit_id), 0) + 1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT)
		FROM audit WHERE community_id = $1
		RETURNING audit_id`,
		int64(e.Community), millis(e.At), int64(e.Staff), e.Act, e.Subject, e.Before, e.After).Scan(&id)
	return id, err
}

// Audit reads up to limit entries before the given one, newest first; before 0
// begins with the newest.
func Audit(ctx context.Context, q store.Querier, c community.ID, before int64, limit int) ([]Entry, error) {
	rows, err := q.QueryContext(ctx, `SELECT audit_id, at, staff_id, act, subject, before_json, after_json
		FROM audit WHERE community_id = $1 AND ($2 = 0 OR audit_id < $2) ORDER BY audit_id DESC LIMIT $3`, int64(c), before, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Entry
	for rows.Next() {
		e := Entry{Community: c}
		var at int64
		if err := rows.Scan(&e.ID, &at, (*int64)(&e.Staff), &e.Act, &e.Subject, &e.Before, &e.After); err != nil {
			return nil, err
		}
		e.At = timeOf(at)
		list = append(list, e)
	}
	return list, rows.Err()
}
