package team

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Invitation is a link that lets somebody in once: somebody new, or one of the
// staff who needs a new password. The link's token is known to its holder only.
type Invitation struct {
	TokenHash []byte
	Staff     community.StaffID // who gets a new password; 0: somebody new
	Name      string            // whom it is meant for
	Role      string
	Groups    []community.GroupID
	By        community.StaffID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Invite keeps an invitation. One for a new password replaces those before.
func Invite(ctx context.Context, tx *store.Tx, i Invitation) error {
	if i.Staff != 0 {
		if _, err := tx.ExecContext(ctx, `DELETE FROM invitation WHERE staff_id = $1`, int64(i.Staff)); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO invitation (token_hash, staff_id, name, role, group_ids, by_staff, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, i.TokenHash, int64(i.Staff), i.Name, i.Role, list(i.Groups), int64(i.By), millis(i.CreatedAt), millis(i.ExpiresAt))
	return err
}

const invited = `SELECT token_hash, staff_id, name, role, group_ids, by_staff, created_at, expires_at FROM invitation`

func oneInvitation(row interface{ Scan(...any) error }) (Invitation, error) {
	var i Invitation
	var groups string
	var created, expires int64
	if err := row.Scan(&i.TokenHash, (*int64)(&i.Staff), &i.Name, &i.Role, &groups, (*int64)(&i.By), &created, &expires); err != nil {
		return Invitation{}, err
	}
	i.CreatedAt, i.ExpiresAt = timeOf(created), timeOf(expires)
	return i, fromList(groups, &i.Groups)
}

// Invitations lists those that are open at now, the newest first.
func Invitations(ctx context.Context, q store.Querier, now time.Time) ([]Invitation, error) {
	rows, err := q.QueryContext(ctx, invited+` WHERE expires_at > $1 ORDER BY created_at DESC, token_hash`, millis(now))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Invitation
	for rows.Next() {
		i, err := oneInvitation(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, rows.Err()
}

// FindInvitation reads one that is open at now. It fails with NotFound.
func FindInvitation(ctx context.Context, q store.Querier, hash []byte, now time.Time) (Invitation, error) {
	i, err := oneInvitation(q.QueryRowContext(ctx, invited+` WHERE token_hash = $1 AND expires_at > $2`, hash, millis(now)))
	if errors.Is(err, sql.ErrNoRows) {
		return Invitation{}, community.Errorf(community.NotFound, "the invitation is not valid, or was used").WithHint("ask for a new one")
	}
	return i, err
}

// TakeInvitation removes one, and says whether it was there: of several who use
// the same link, one gets in.
func TakeInvitation(ctx context.Context, tx *store.Tx, hash []byte) (bool, error) {
	return took(tx.ExecContext(ctx, `DELETE FROM invitation WHERE token_hash = $1`, hash))
}
