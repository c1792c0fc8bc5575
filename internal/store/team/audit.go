package team

import (
	"context"
	"strings"
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

// Filter narrows the audit. Zero values ask for nothing.
type Filter struct {
	Before int64 // entries with smaller numbers; 0 begins with the newest
	Staff  community.StaffID
	Act    string // whole, or up to a dot: "setting" is setting.save
	Text   string // in the subject, before or after
	From   time.Time
	To     time.Time // not included
	Limit  int
}

// Audit reads entries, newest first.
func Audit(ctx context.Context, q store.Querier, c community.ID, f Filter) ([]Entry, error) {
	rows, err := q.QueryContext(ctx, `SELECT audit_id, at, staff_id, act, subject, before_json, after_json
		FROM audit WHERE community_id = $1 AND (CAST($2 AS BIGINT) = 0 OR audit_id < $2) AND (CAST($3 AS BIGINT) = 0 OR staff_id = $3)
		AND (CAST($4 AS TEXT) = '' OR act = $4 OR act LIKE $5 ESCAPE '!') AND (CAST($6 AS TEXT) = '' OR subject LIKE $7 ESCAPE '!' OR before_json LIKE $7 ESCAPE '!' OR after_json LIKE $7 ESCAPE '!')
		AND (CAST($8 AS BIGINT) = 0 OR at >= $8) AND (CAST($9 AS BIGINT) = 0 OR at < $9)
		ORDER BY audit_id DESC LIMIT $10`, int64(c), f.Before, int64(f.Staff), f.Act, like(f.Act)+".%", f.Text, "%"+like(f.Text)+"%",
		millis(f.From), millis(f.To), f.Limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Entry
	for rows.Next() {
		e := Entry{Community: c}
		var at int64
		if err := rows.Scan(&e.ID, &at, (*int64)(&e.Staff), &e.Act, &e.Subject, &e.Before, &e.After); err != nil {
			return nil, err
		}
		e.At = timeOf(at)
		all = append(all, e)
	}
	return all, rows.Err()
}

// like is text that LIKE takes by the letter.
func like(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}
