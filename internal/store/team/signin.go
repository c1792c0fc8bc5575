package team

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// SignIn is one browser's session. The token itself is known to the browser
// only; we keep its hash.
type SignIn struct {
	TokenHash []byte
	Staff     community.StaffID
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	Agent     string // the browser's own name
	Address   string
}

// AddSignIn keeps a session.
func AddSignIn(ctx context.Context, tx *store.Tx, s SignIn) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO sign_in (token_hash, staff_id, created_at, seen_at, expires_at, agent, address)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.TokenHash, int64(s.Staff), millis(s.CreatedAt), millis(s.SeenAt), millis(s.ExpiresAt), s.Agent, s.Address)
	return err
}

// FindSignIn reads a session that has not expired at now, and whose it is. It
// fails with NotFound, for disabled staff too.
func FindSignIn(ctx context.Context, q store.Querier, hash []byte, now time.Time) (SignIn, Staff, error) {
	var s SignIn
	var m Staff
	var created, seen, expires, madeAt int64
	var groups string
	err := q.QueryRowContext(ctx, `SELECT i.token_hash, i.staff_id, i.created_at, i.seen_at, i.expires_at, i.agent, i.address, s.name, s.role, s.created_at, s.second, s.group_ids
		FROM sign_in i JOIN staff s ON s.staff_id = i.staff_id
		WHERE i.token_hash = $1 AND i.expires_at > $2 AND s.disabled_at = 0`, hash, millis(now)).
		Scan(&s.TokenHash, (*int64)(&s.Staff), &created, &seen, &expires, &s.Agent, &s.Address, &m.Name, &m.Role, &madeAt, &m.Second, &groups)
	if errors.Is(err, sql.ErrNoRows) {
		return SignIn{}, Staff{}, community.Errorf(community.NotFound, "nobody is signed in with this session")
	}
	s.CreatedAt, s.SeenAt, s.ExpiresAt = timeOf(created), timeOf(seen), timeOf(expires)
	m.ID, m.CreatedAt = s.Staff, timeOf(madeAt)
	return s, m, errors.Join(err, fromList(groups, &m.Groups))
}

// Seen extends a session.
func Seen(ctx context.Context, tx *store.Tx, hash []byte, at, expires time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE sign_in SET seen_at = $2, expires_at = $3 WHERE token_hash = $1`, hash, millis(at), millis(expires))
	return err
}

// Revoke ends a session; one that is not there has ended already.
func Revoke(ctx context.Context, tx *store.Tx, hash []byte) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM sign_in WHERE token_hash = $1`, hash)
	return err
}

// RevokeAll ends every session of a member of staff.
func RevokeAll(ctx context.Context, tx *store.Tx, id community.StaffID) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM sign_in WHERE staff_id = $1`, int64(id))
	return err
}

// SignIns lists the sessions of a member of staff, the last seen first.
func SignIns(ctx context.Context, q store.Querier, id community.StaffID) ([]SignIn, error) {
	rows, err := q.QueryContext(ctx, `SELECT token_hash, created_at, seen_at, expires_at, agent, address
		FROM sign_in WHERE staff_id = $1 ORDER BY seen_at DESC, token_hash`, int64(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []SignIn
	for rows.Next() {
		s := SignIn{Staff: id}
		var created, seen, expires int64
		if err := rows.Scan(&s.TokenHash, &created, &seen, &expires, &s.Agent, &s.Address); err != nil {
			return nil, err
		}
		s.CreatedAt, s.SeenAt, s.ExpiresAt = timeOf(created), timeOf(seen), timeOf(expires)
		list = append(list, s)
	}
	return list, rows.Err()
}

// DropExpired removes sessions that have expired at now.
func DropExpired(ctx context.Context, tx *store.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM sign_in WHERE expires_at <= $1`, millis(now))
	return err
}
