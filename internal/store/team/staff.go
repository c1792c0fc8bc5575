// Package team keeps who runs the installation: staff, their sign-ins, the facts
// of the installation itself, and the audit of what staff changed.
package team

import (
	"context"
	"database/sql"
	"encoding/json"
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
	DisabledAt time.Time           // zero: may sign in
	Second     string              // secret of the second factor, sealed; "" for none
	SecondStep int64               // the last step whose code was used
	Recovery   []string            // hashes of codes that stand in for it, hex
	Groups     []community.GroupID // nothing outside of these; nil: all
}

const columns = `staff_id, name, password, role, created_at, disabled_at, second, second_step, recovery, group_ids`

// Anybody says whether there is any staff at all.
func Anybody(ctx context.Context, q store.Querier) (bool, error) {
	var n int64
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM staff LIMIT 1) AS one`).Scan(&n)
	return n > 0, err
}

// ByName finds staff by name, disabled ones too. It fails with NotFound.
func ByName(ctx context.Context, q store.Querier, name string) (Staff, error) {
	return one(q.QueryRowContext(ctx, `SELECT `+columns+` FROM staff WHERE name = $1`, name))
}

// ByID finds staff by number, disabled ones too. It fails with NotFound.
func ByID(ctx context.Context, q store.Querier, id community.StaffID) (Staff, error) {
	return one(q.QueryRowContext(ctx, `SELECT `+columns+` FROM staff WHERE staff_id = $1`, int64(id)))
}

// All lists everybody who was ever added, by name.
func All(ctx context.Context, q store.Querier) ([]Staff, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+columns+` FROM staff ORDER BY name`)
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
	var recovery, groups string
	err := row.Scan((*int64)(&s.ID), &s.Name, &s.Password, &s.Role, &created, &disabled, &s.Second, &s.SecondStep, &recovery, &groups)
	if errors.Is(err, sql.ErrNoRows) {
		return Staff{}, community.Errorf(community.NotFound, "there is no such member of staff")
	}
	if err != nil {
		return Staff{}, err
	}
	s.CreatedAt, s.DisabledAt = timeOf(created), timeOf(disabled)
	return s, errors.Join(fromList(recovery, &s.Recovery), fromList(groups, &s.Groups))
}

// list writes a list as JSON, an empty one as "".
func list[T any](all []T) string {
	if len(all) == 0 {
		return ""
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // lists of texts and numbers
	}
	return string(text)
}

func fromList[T any](text string, into *[]T) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}

// Add makes a member of staff and numbers them. It fails with Conflict when the
// name is taken.
func Add(ctx context.Context, tx *store.Tx, s Staff) (community.StaffID, error) {
	var id int64
	err := tx.QueryRowContext(ctx, `INSERT INTO staff (staff_id, name, password, role, created_at, disabled_at, group_ids)
		SELECT COALESCE(MAX(staff_id), 0) + 1, CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS TEXT) FROM staff WHERE 1 = 1
		ON CONFLICT (name) DO NOTHING
		RETURNING staff_id`, s.Name, s.Password, s.Role, millis(s.CreatedAt), millis(s.DisabledAt), list(s.Groups)).Scan(&id)
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

// Enable lets somebody sign in again.
func Enable(ctx context.Context, tx *store.Tx, id community.StaffID) error {
	return change(ctx, tx, id, `UPDATE staff SET disabled_at = $2 WHERE staff_id = $1`, int64(0))
}

// SetRole changes what somebody may do and where. Their sign-ins stay and have
// the new role from the next request on. It fails with NotFound.
func SetRole(ctx context.Context, tx *store.Tx, id community.StaffID, role string, groups []community.GroupID) error {
	return update(ctx, tx, `UPDATE staff SET role = $2, group_ids = $3 WHERE staff_id = $1`, int64(id), role, list(groups))
}

// SetSecond changes the second factor: its sealed secret, "" to switch it off,
// and the hashes of the codes that stand in for it.
func SetSecond(ctx context.Context, tx *store.Tx, id community.StaffID, sealed string, recovery []string) error {
	return update(ctx, tx, `UPDATE staff SET second = $2, recovery = $3, second_step = 0 WHERE staff_id = $1`, int64(id), sealed, list(recovery))
}

// UseStep takes the step of a code for used. It is false where that step or a
// later one was used before: of several who come with one code, one gets in.
func UseStep(ctx context.Context, tx *store.Tx, id community.StaffID, step int64) (bool, error) {
	return took(tx.ExecContext(ctx, `UPDATE staff SET second_step = $2 WHERE staff_id = $1 AND second_step < $2`, int64(id), step))
}

// UseRecovery takes a recovery code away: was are the hashes as they were read.
func UseRecovery(ctx context.Context, tx *store.Tx, id community.StaffID, was, left []string) (bool, error) {
	return took(tx.ExecContext(ctx, `UPDATE staff SET recovery = $3 WHERE staff_id = $1 AND recovery = $2`, int64(id), list(was), list(left)))
}

// Owners counts those who may sign in as owner.
func Owners(ctx context.Context, q store.Querier) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM staff WHERE role = 'owner' AND disabled_at = 0`).Scan(&n)
	return n, err
}

func took(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func update(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	found, err := took(tx.ExecContext(ctx, query, args...))
	if err == nil && !found {
		err = community.Errorf(community.NotFound, "there is no such member of staff")
	}
	return err
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
