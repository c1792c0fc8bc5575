package store

import (
	"context"
	"encoding/json"
	"time"

	"qunying/community"
)

// GroupEdit is a change of settings in many groups at once.
type GroupEdit struct {
	ID       int64
	By       community.StaffID
	At       time.Time
	Fields   []string // as in "welcome.text"
	Groups   int
	UndoneAt time.Time // zero: it stands
}

// GroupEditPart is what an edit did to one setting of one group.
type GroupEditPart struct {
	Group         community.GroupID
	Key           string
	Before, After int64 // its versions; Before 0: nothing was said
}

// KeepGroupEdit writes one with its parts and numbers it.
func (tx *Tx) KeepGroupEdit(c community.ID, e GroupEdit, parts []GroupEditPart) (id int64, err error) {
	fields, err := json.Marshal(e.Fields)
	if err != nil {
		return 0, err
	}
	if err := tx.QueryRowContext(context.Background(), `INSERT INTO group_edit (community_id, edit_id, staff_id, at, fields, undone_at)
		SELECT CAST($1 AS BIGINT), COALESCE(MAX(edit_id), 0) + 1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), 0 FROM group_edit WHERE community_id = $1 RETURNING edit_id`,
		int64(c), int64(e.By), millis(e.At), string(fields)).Scan(&id); err != nil {
		return 0, unavailable(err)
	}
	return id, tx.Many(`INSERT INTO group_edit_part (community_id, edit_id, group_id, key, before, after) VALUES ($1, $2, $3, $4, $5, $6)`, "iiitii",
		len(parts), func(i int) []any {
			p := parts[i]
			return []any{int64(c), id, int64(p.Group), p.Key, p.Before, p.After}
		})
}

// UndoGroupEdit says that one was taken back.
func (tx *Tx) UndoGroupEdit(c community.ID, id int64, at time.Time) error {
	_, err := tx.Exec(`UPDATE group_edit SET undone_at = $3 WHERE community_id = $1 AND edit_id = $2`, int64(c), id, millis(at))
	return unavailable(err)
}

// GroupEditByID fails with NotFound.
func GroupEditByID(ctx context.Context, q Querier, c community.ID, id int64) (GroupEdit, []GroupEditPart, error) {
	list, err := groupEdits(ctx, q, ` AND e.edit_id = $2`, int64(c), id)
	if err == nil && len(list) == 0 {
		err = community.Errorf(community.NotFound, "there was no edit %d", id)
	}
	if err != nil {
		return GroupEdit{}, nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT group_id, key, before, after FROM group_edit_part WHERE community_id = $1 AND edit_id = $2 ORDER BY group_id, key`, int64(c), id)
	if err != nil {
		return list[0], nil, unavailable(err)
	}
	defer rows.Close()
	var parts []GroupEditPart
	for rows.Next() {
		var p GroupEditPart
		if err := rows.Scan((*int64)(&p.Group), &p.Key, &p.Before, &p.After); err != nil {
			return list[0], nil, unavailable(err)
		}
		parts = append(parts, p)
	}
	return list[0], parts, unavailable(rows.Err())
}

// GroupEdits lists the newest first.
func GroupEdits(ctx context.Context, q Querier, c community.ID, limit int) ([]GroupEdit, error) {
	return groupEdits(ctx, q, ` ORDER BY e.edit_id DESC LIMIT $2`, int64(c), limit)
}

func groupEdits(ctx context.Context, q Querier, where string, args ...any) (list []GroupEdit, err error) {
	rows, err := q.QueryContext(ctx, `SELECT e.edit_id, e.staff_id, e.at, e.fields, e.undone_at, (SELECT COUNT(DISTINCT p.group_id) FROM group_edit_part p
		WHERE p.community_id = e.community_id AND p.edit_id = e.edit_id) FROM group_edit e WHERE e.community_id = $1`+where, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var e GroupEdit
		var at, undone int64
		var fields string
		if err := rows.Scan(&e.ID, (*int64)(&e.By), &at, &fields, &undone, &e.Groups); err != nil {
			return nil, unavailable(err)
		}
		if err := json.Unmarshal([]byte(fields), &e.Fields); err != nil {
			return nil, err
		}
		e.At, e.UndoneAt = fromMillis(at), fromMillis(undone)
		list = append(list, e)
	}
	return list, unavailable(rows.Err())
}

// SettingVersion reads what a version of a setting said; version 0 and one that is
// gone say nothing: "{}".
func SettingVersion(ctx context.Context, q Querier, c community.ID, g community.GroupID, key string, version int64) (string, error) {
	rows, err := q.QueryContext(ctx, `SELECT value FROM setting WHERE community_id = $1 AND group_id = $2 AND key = $3 AND version = $4`, int64(c), int64(g), key, version)
	if err != nil {
		return "", unavailable(err)
	}
	defer rows.Close()
	value := "{}"
	if rows.Next() {
		if err := rows.Scan(&value); err != nil {
			return "", unavailable(err)
		}
	}
	return value, unavailable(rows.Err())
}
