package store

import (
	"context"
	"time"

	"qunying/community"
)

// Handover is what one colleague gave to another.
type Handover struct {
	ID       int64
	By       community.StaffID
	At       time.Time
	From, To community.StaffID
	Moved    string    // JSON of who gave it
	UndoneAt time.Time // zero: it stands
}

// KeepHandover writes one and numbers it.
func (tx *Tx) KeepHandover(c community.ID, h Handover) (id int64, err error) {
	err = tx.QueryRowContext(context.Background(), `INSERT INTO handover (community_id, handover_id, staff_id, at, from_staff, to_staff, moved, undone_at)
		SELECT $1, COALESCE(MAX(handover_id), 0) + 1, $2, $3, $4, $5, $6, 0 FROM handover WHERE community_id = $1 RETURNING handover_id`,
		int64(c), int64(h.By), millis(h.At), int64(h.From), int64(h.To), h.Moved).Scan(&id)
	return id, unavailable(err)
}

// UndoHandover says that one was taken back.
func (tx *Tx) UndoHandover(c community.ID, id int64, at time.Time) error {
	_, err := tx.Exec(`UPDATE handover SET undone_at = $3 WHERE community_id = $1 AND handover_id = $2`, int64(c), id, millis(at))
	return unavailable(err)
}

// HandoverByID fails with NotFound.
func HandoverByID(ctx context.Context, q Querier, c community.ID, id int64) (Handover, error) {
	list, err := handovers(ctx, q, ` AND handover_id = $2`, int64(c), id)
	if err == nil && len(list) == 0 {
		return Handover{}, community.Errorf(community.NotFound, "there was no hand-over %d", id)
	}
	if err != nil {
		return Handover{}, err
	}
	return list[0], nil
}

// Handovers lists the newest first.
func Handovers(ctx context.Context, q Querier, c community.ID, limit int) ([]Handover, error) {
	return handovers(ctx, q, ` ORDER BY handover_id DESC LIMIT $2`, int64(c), limit)
}

func handovers(ctx context.Context, q Querier, where string, args ...any) (list []Handover, err error) {
	rows, err := q.QueryContext(ctx, `SELECT handover_id, staff_id, at, from_staff, to_staff, moved, undone_at FROM handover WHERE community_id = $1`+where, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var h Handover
		var at, undone int64
		if err := rows.Scan(&h.ID, (*int64)(&h.By), &at, (*int64)(&h.From), (*int64)(&h.To), &h.Moved, &undone); err != nil {
			return nil, unavailable(err)
		}
		h.At, h.UndoneAt = fromMillis(at), fromMillis(undone)
		list = append(list, h)
	}
	return list, unavailable(rows.Err())
}

// OpenTasksOf lists the open tasks that wait for a colleague, now or as backup.
func OpenTasksOf(ctx context.Context, q Querier, c community.ID, who community.StaffID) ([]Task, error) {
	return queryTasks(ctx, q, c, `AND state = 'open' AND (keeper = $2 OR backup = $2) ORDER BY task_id`, int64(who))
}

// GiveTask makes an open task others'. It reports false where it is over, or not
// theirs any more whose it was.
func (tx *Tx) GiveTask(c community.ID, id community.Seq, keeper, backup, newKeeper, newBackup community.StaffID) (bool, error) {
	return moved(tx.Exec(`UPDATE task SET keeper = $5, backup = $6 WHERE community_id = $1 AND task_id = $2 AND state = 'open' AND keeper = $3 AND backup = $4`,
		int64(c), int64(id), int64(keeper), int64(backup), int64(newKeeper), int64(newBackup)))
}
