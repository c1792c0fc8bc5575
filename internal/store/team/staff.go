// Package team keeps who runs the installation: staff, their sign-ins, the facts
// of the installation itself, and the audit of what staff changed.
package team

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Staff is a member of staff.
type Staff struct {
	ID         community.StaffID
	Name       string
	Password   string // encoded hash
	Role       string
	CreatedAt  time.Time
	DisabledAt time.Time // zero: may sign in
}

// Anybody says whether there is any staff at all.
func Anybody(ctx context.Context, q store.Querier) (bool, error) {
	var n int64
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM staff LIMIT 1) AS one`).Scan(&n)
	return n > 0, err
}

// ByName finds staff by name, disabled ones too. It fails with NotFound.
func ByName(ctx context.Context, q store.Querier, name string) (Staff, error) {
	return one(q.QueryRowContext(ctx, `SELECT staff_id, name, password, role, created_at, disabled_at FROM staff WHERE name = $1`, name))
}

// ByID finds staff by number, disabled ones too. It fails with NotFound.
func ByID(ctx context.Context, q store.Querier, id community.StaffID) (Staff, error) {
	return one(q.QueryRowContext(ctx, `SELECT staff_id, name, password, role, created_at, disabled_at FROM staff WHERE staff_id = $1`, int64(id)))
}

// All lists everybody who was ever added, by name.
func All(ctx context.Context, q store.Querier) ([]Staff, error) {
	rows, err := q.QueryContext(ctx, `SELECT staff_id, name, password, role, created_at, disabled_at FROM staff ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Staff
	for rows.Next() {
		s, err := one(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

func one(row interface{ Scan(...any) error }) (Staff, error) {
	var s Staff
	var created, disabled int64
	err := row.Scan((*int64)(&s.ID), &s.Name, &s.Password, &s.Role, &created, &disabled)
	if errors.Is(err, sql.ErrNoRows) {
		return Staff{}, community.Errorf(community.NotFound, "there is no such member of staff")
	}
	s.CreatedAt, s.DisabledAt = timeOf(created), timeOf(disabled)
	return s, err
}

// Add makes a member of staff and numbers them. It fails with Conflict when the
// name is taken.
func Add(ctx context.Context, tx *store.Tx, s Staff) (community.StaffID, error) {
	var id int64
	err := tx.QueryRowContext(ctx, `INSERT INTO staff (staff_id, name, password, role, created_at, disabled_at)
		SELECT COALESCE(MAX(staff_id), 0) + 1, CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT) FROM staff WHERE 1 = 1
		ON CONFLICT (name) DO NOTHING
		RETURNING staff_id`, s.Name, s.Password, s.Role, millis(s.CreatedAt), millis(s.DisabledAt)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, community.Errorf(community.Conflict, "the name %q is taken", s.Name).WithHint("choose another name")
	}
	return community.StaffID(id), err
}

// SetPassword changes the password and ends every sign-in of theirs. It fails
// with NotFound.
func SetPassword(ctx context.Context, tx *store.Tx, id community.StaffID, encoded string) error {
	return change(ctx, tx, id, `UPDATE staff SET password = $2 WHERE staff_id = $1`, encoded)
}

// Disable keeps somebody from signing in and ends every sign-in of theirs. It
// fails with NotFound.
func Disable(ctx context.Context, tx *store.Tx, id community.StaffID, at time.Time) error {
	return change(ctx, tx, id, `UPDATE staff SET disabled_at = $2 WHERE staff_id = $1`, millis(at))
}

func change(ctx context.Context, tx *store.Tx, id community.StaffID, update string, value any) error {
	res, err := tx.ExecContext(ctx, update, int64(id), value)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, community.Errorf(community.NotFound, "there is no such member of staff"))
	}
	return RevokeAll(ctx, tx, id)
}

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
