package team

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// APIKey lets a program act in the name of a member of staff, within scopes. The
// key itself is shown once; we keep its hash.
type APIKey struct {
	ID        int64
	Hash      []byte
	Staff     community.StaffID
	Name      string
	Scopes    []string // permissions
	CreatedAt time.Time
	ExpiresAt time.Time
	SeenAt    time.Time // zero: never used
	RevokedAt time.Time // zero: in force
}

// AddKey keeps a key and numbers it.
func AddKey(ctx context.Context, tx *store.Tx, k APIKey) (int64, error) {
	var id int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(key_id), 0) + 1 FROM api_key`).Scan(&id); err != nil {
		return 0, err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO api_key (key_id, key_hash, staff_id, name, scopes, created_at, expires_at, seen_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0)`, id, k.Hash, int64(k.Staff), k.Name, list(k.Scopes), millis(k.CreatedAt), millis(k.ExpiresAt))
	return id, err
}

const keyColumns = `k.key_id, k.staff_id, k.name, k.scopes, k.created_at, k.expires_at, k.seen_at, k.revoked_at`

// Keys lists all keys that were not revoked, the newest first.
func Keys(ctx context.Context, q store.Querier) ([]APIKey, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+keyColumns+` FROM api_key k WHERE k.revoked_at = 0 ORDER BY k.key_id DESC`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []APIKey
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

func scanKey(row interface{ Scan(...any) error }, more ...any) (APIKey, error) {
	var k APIKey
	var scopes string
	var created, expires, seen, revoked int64
	if err := row.Scan(append([]any{&k.ID, (*int64)(&k.Staff), &k.Name, &scopes, &created, &expires, &seen, &revoked}, more...)...); err != nil {
		return APIKey{}, err
	}
	k.CreatedAt, k.ExpiresAt, k.SeenAt, k.RevokedAt = timeOf(created), timeOf(expires), timeOf(seen), timeOf(revoked)
	return k, fromList(scopes, &k.Scopes)
}

// FindKey reads a key that is in force at now, and in whose name it acts. It
// fails with NotFound, for disabled staff too.
func FindKey(ctx context.Context, q store.Querier, hash []byte, now time.Time) (APIKey, Staff, error) {
	var m Staff
	var groups string
	k, err := scanKey(q.QueryRowContext(ctx, `SELECT `+keyColumns+`, s.name, s.role, s.group_ids
		FROM api_key k JOIN staff s ON s.staff_id = k.staff_id
		WHERE k.key_hash = $1 AND k.expires_at > $2 AND k.revoked_at = 0 AND s.disabled_at = 0`, hash, millis(now)), &m.Name, &m.Role, &groups)
	if errors.Is(err, sql.ErrNoRows) {
		return APIKey{}, Staff{}, community.Errorf(community.NotFound, "the key is not valid")
	}
	m.ID = k.Staff
	return k, m, errors.Join(err, fromList(groups, &m.Groups))
}

// KeySeen notes when a key was used.
func KeySeen(ctx context.Context, tx *store.Tx, id int64, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE api_key SET seen_at = $2 WHERE key_id = $1`, id, millis(at))
	return err
}

// RevokeKey ends a key. It fails with NotFound.
func RevokeKey(ctx context.Context, tx *store.Tx, id int64, at time.Time) error {
	found, err := took(tx.ExecContext(ctx, `UPDATE api_key SET revoked_at = $2 WHERE key_id = $1 AND revoked_at = 0`, id, millis(at)))
	if err == nil && !found {
		err = community.Errorf(community.NotFound, "there is no such key")
	}
	return err
}
