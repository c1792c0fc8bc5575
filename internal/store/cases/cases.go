// Package cases keeps what was judged and what people made of it: verdicts,
// strikes, cards, decisions, the lists, notes and the case log. Everything is
// written by decide, in the transaction of the event that caused it.
package cases

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
)

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// clean takes out what PostgreSQL does not store.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// next is the number after the highest. Whoever writes holds decide's cursor, so
// that nobody else numbers meanwhile.
func next(tx *store.Tx, c community.ID, table, column string) (n int64, err error) {
	err = tx.QueryRowContext(context.Background(), `SELECT COALESCE(MAX(`+column+`), 0) + 1 FROM `+table+` WHERE community_id = $1`, int64(c)).Scan(&n)
	return n, store.Unavailable(err)
}

func exec(tx *store.Tx, query string, args ...any) error {
	_, err := tx.Exec(query, args...)
	return store.Unavailable(err)
}

func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, store.Unavailable(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

func acts(list []policy.Act) (string, error) {
	if len(list) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// list reads rows.
func list[T any](ctx context.Context, q store.Querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, store.Unavailable(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, store.Unavailable(rows.Err())
}
