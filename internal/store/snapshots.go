package store

import (
	"context"
	"time"

	"qunying/community"
)

// SnapshotState is how far a snapshot is.
type SnapshotState string

const (
	SnapshotWaiting SnapshotState = "waiting"
	SnapshotDone    SnapshotState = "done"
	SnapshotFailed  SnapshotState = "failed"
)

// Snapshot is members and messages of a group, written to files (群留底). Group
// and Slot name it.
type Snapshot struct {
	Group    community.GroupID
	Slot     time.Time // for which it was planned, to the millisecond
	State    SnapshotState
	By       community.StaffID // who asked for it, 0: the clock
	Tries    int
	Error    string
	AsOf     community.Seq // the last event that is in it
	Messages int64
	Members  int64
	Bytes    int64 // of its files
	DoneAt   time.Time
}

// PlanSnapshot has a snapshot made; the same slot twice is one.
func (tx *Tx) PlanSnapshot(c community.ID, g community.GroupID, slot time.Time, by community.StaffID) error {
	_, err := tx.Exec(`INSERT INTO snapshot (community_id, group_id, slot, state, staff_id, tries, error, as_of, messages, members, bytes, done_at)
		VALUES ($1, $2, $3, 'waiting', $4, 0, '', 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING`, int64(c), int64(g), millis(slot), int64(by))
	return unavailable(err)
}

// NoteSnapshot writes what became of a snapshot that waited. It reports false where
// it no longer does.
func (tx *Tx) NoteSnapshot(c community.ID, x Snapshot) (bool, error) {
	res, err := tx.Exec(`UPDATE snapshot SET state = $4, tries = $5, error = $6, as_of = $7, messages = $8, members = $9, bytes = $10, done_at = $11
		WHERE community_id = $1 AND group_id = $2 AND slot = $3 AND state = 'waiting'`, int64(c), int64(x.Group), millis(x.Slot),
		string(x.State), x.Tries, cleanText(x.Error), int64(x.AsOf), x.Messages, x.Members, x.Bytes, millis(x.DoneAt))
	return moved(res, err)
}

// ForgetSnapshot removes a snapshot that is over.
func (tx *Tx) ForgetSnapshot(c community.ID, g community.GroupID, slot time.Time) error {
	_, err := tx.Exec(`DELETE FROM snapshot WHERE community_id = $1 AND group_id = $2 AND slot = $3 AND state <> 'waiting'`, int64(c), int64(g), millis(slot))
	return unavailable(err)
}

// WaitingSnapshots lists what is to be made, the oldest first.
func WaitingSnapshots(ctx context.Context, q Querier, c community.ID, limit int) ([]Snapshot, error) {
	return querySnapshots(ctx, q, c, `AND state = 'waiting' ORDER BY slot, group_id LIMIT $2`, limit)
}

// Snapshots lists those of a group, the newest first.
func Snapshots(ctx context.Context, q Querier, c community.ID, g community.GroupID, limit int) ([]Snapshot, error) {
	return querySnapshots(ctx, q, c, `AND group_id = $2 ORDER BY slot DESC LIMIT $3`, int64(g), limit)
}

// SnapshotOf finds one, false if there is none.
func SnapshotOf(ctx context.Context, q Querier, c community.ID, g community.GroupID, slot time.Time) (Snapshot, bool, error) {
	list, err := querySnapshots(ctx, q, c, `AND group_id = $2 AND slot = $3`, int64(g), millis(slot))
	if err != nil || len(list) == 0 {
		return Snapshot{}, false, err
	}
	return list[0], true, nil
}

// LastSnapshots tells when the last snapshot of each group was done.
func LastSnapshots(ctx context.Context, q Querier, c community.ID) (map[community.GroupID]time.Time, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, MAX(done_at) FROM snapshot WHERE community_id = $1 AND state = 'done' GROUP BY group_id`, int64(c))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	all := map[community.GroupID]time.Time{}
	for rows.Next() {
		var g, at int64
		if err := rows.Scan(&g, &at); err != nil {
			return nil, unavailable(err)
		}
		all[community.GroupID(g)] = fromMillis(at)
	}
	return all, unavailable(rows.Err())
}

func querySnapshots(ctx context.Context, q Querier, c community.ID, where string, args ...any) ([]Snapshot, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, slot, state, staff_id, tries, error, as_of, messages, members, bytes, done_at
		FROM snapshot WHERE community_id = $1 `+where, append([]any{int64(c)}, args...)...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Snapshot
	for rows.Next() {
		var x Snapshot
		var slot, done int64
		if err := rows.Scan((*int64)(&x.Group), &slot, (*string)(&x.State), (*int64)(&x.By), &x.Tries, &x.Error, (*int64)(&x.AsOf), &x.Messages, &x.Members, &x.Bytes, &done); err != nil {
			return nil, unavailable(err)
		}
		x.Slot, x.DoneAt = fromMillis(slot), fromMillis(done)
		list = append(list, x)
	}
	return list, unavailable(rows.Err())
}

// Said reads what was said in a group, in the order of its times: up to limit
// messages after a place, with their bodies, and the place of the last. Zero
// begins; a place that is zero again ends.
func Said(ctx context.Context, q Querier, c community.ID, g community.GroupID, after SaidPlace, limit int) ([]community.Event, SaidPlace, error) {
	rows, err := q.QueryContext(ctx, `SELECT at, seq FROM view_timeline WHERE community_id = $1 AND group_id = $2 AND (at > $3 OR at = $3 AND seq > $4)
		ORDER BY at, seq LIMIT $5`, int64(c), int64(g), after.At, int64(after.Seq), limit)
	if err != nil {
		return nil, SaidPlace{}, unavailable(err)
	}
	defer rows.Close()
	var seqs []community.Seq
	var last SaidPlace
	for rows.Next() {
		if err := rows.Scan(&last.At, (*int64)(&last.Seq)); err != nil {
			return nil, SaidPlace{}, unavailable(err)
		}
		seqs = append(seqs, last.Seq)
	}
	if err := rows.Err(); err != nil {
		return nil, SaidPlace{}, unavailable(err)
	}
	if len(seqs) < limit {
		last = SaidPlace{}
	}
	events, err := EventsAt(ctx, q, c, seqs)
	return events, last, err
}

// SaidPlace is a place in a group's time.
type SaidPlace struct {
	At  int64 // ms
	Seq community.Seq
}

// ForgetSnapshots removes every line about snapshots of a group.
func (tx *Tx) ForgetSnapshots(c community.ID, g community.GroupID) error {
	_, err := tx.Exec(`DELETE FROM snapshot WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g))
	return unavailable(err)
}

// SnapshotGroupsOf lists the groups that have snapshots and in which one of some
// identities did anything, or had anything done to it.
func SnapshotGroupsOf(ctx context.Context, q Querier, c community.ID, ids []community.IdentityID) ([]community.GroupID, error) {
	places, args := Listed([]any{int64(c)}, ids)
	// The log is read once, whatever number of groups has snapshots.
	rows, err := q.QueryContext(ctx, `SELECT DISTINCT s.group_id FROM snapshot s WHERE s.community_id = $1 AND s.group_id IN (
			SELECT m.group_id FROM view_member m WHERE m.community_id = $1 AND m.identity_id IN `+places+`
			UNION SELECT e.group_id FROM event e WHERE e.community_id = $1 AND (e.identity_id IN `+places+` OR e.operator_id IN `+places+`))
		ORDER BY s.group_id`, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []community.GroupID
	for rows.Next() {
		var g int64
		if err := rows.Scan(&g); err != nil {
			return nil, unavailable(err)
		}
		list = append(list, community.GroupID(g))
	}
	return list, unavailable(rows.Err())
}
