package store

import (
	"context"
	"database/sql"
	"time"

	"qunying/community"
)

// Switch is a group's people having been told where to go instead (应急切换).
type Switch struct {
	ID      community.Seq // the place in the log of the command
	Group   community.GroupID
	Backup  community.GroupID // the group of ours they were sent to, or 0
	Text    string            // what was announced
	Way     string            // "machine": through the outbox; "task": a person says it
	Action  community.Key     // of the outbox row; zero of a task
	BegunAt time.Time
	BegunBy community.StaffID
	EndedAt time.Time // zero: in use
	EndedBy community.StaffID
}

// BeginSwitch notes that a backup channel is in use. A group has one at a time.
func (tx *Tx) BeginSwitch(c community.ID, s Switch) error {
	var action any
	if s.Action != (community.Key{}) {
		action = s.Action[:]
	}
	_, err := tx.Exec(`INSERT INTO contingency (community_id, switch_id, group_id, backup_group, text, way, action, begun_at, begun_by, ended_at, ended_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)`,
		int64(c), int64(s.ID), int64(s.Group), int64(s.Backup), cleanText(s.Text), s.Way, action, millis(s.BegunAt), int64(s.BegunBy))
	return unavailable(err)
}

// EndSwitch notes that a group is itself again. It reports false where no backup
// channel is in use.
func (tx *Tx) EndSwitch(c community.ID, g community.GroupID, at time.Time, by community.StaffID) (bool, error) {
	res, err := tx.Exec(`UPDATE contingency SET ended_at = $3, ended_by = $4 WHERE community_id = $1 AND group_id = $2 AND ended_at = 0`,
		int64(c), int64(g), millis(at), int64(by))
	return moved(res, err)
}

// Switches lists a group's, the newest first.
func Switches(ctx context.Context, q Querier, c community.ID, g community.GroupID, limit int) ([]Switch, error) {
	return querySwitches(ctx, q, c, `AND group_id = $2 ORDER BY switch_id DESC LIMIT $3`, int64(g), limit)
}

// SwitchesInUse lists the groups whose backup channels are in use.
func SwitchesInUse(ctx context.Context, q Querier, c community.ID) (map[community.GroupID]Switch, error) {
	list, err := querySwitches(ctx, q, c, `AND ended_at = 0`)
	all := make(map[community.GroupID]Switch, len(list))
	for _, s := range list {
		all[s.Group] = s
	}
	return all, err
}

func querySwitches(ctx context.Context, q Querier, c community.ID, where string, args ...any) ([]Switch, error) {
	rows, err := q.QueryContext(ctx, `SELECT switch_id, group_id, backup_group, text, way, action, begun_at, begun_by, ended_at, ended_by
		FROM contingency WHERE community_id = $1 `+where, append([]any{int64(c)}, args...)...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Switch
	for rows.Next() {
		var s Switch
		var action sql.RawBytes
		var begun, ended int64
		if err := rows.Scan((*int64)(&s.ID), (*int64)(&s.Group), (*int64)(&s.Backup), &s.Text, &s.Way, &action, &begun, (*int64)(&s.BegunBy), &ended, (*int64)(&s.EndedBy)); err != nil {
			return nil, unavailable(err)
		}
		copy(s.Action[:], action)
		s.BegunAt, s.EndedAt = fromMillis(begun), fromMillis(ended)
		list = append(list, s)
	}
	return list, unavailable(rows.Err())
}
