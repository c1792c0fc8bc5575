package store

import (
	"context"
	"database/sql"
	"errors"

	"qunying/community"
)

// Loop names a loop that follows the log.
type Loop string

const (
	Decide  Loop = "decide"
	Project Loop = "project"
	Insight Loop = "insight" // follows project: what is worked out of whole days
)

// ErrLost says that another worker moved the cursor: what this one has computed
// is void. Drop what is cached and start again from the database.
var ErrLost = errors.New("store: another worker holds the cursor")

// Cursor reads how far a loop is.
func Cursor(ctx context.Context, q Querier, c community.ID, l Loop) (community.Seq, error) {
	var seq int64
	err := q.QueryRowContext(ctx, `SELECT seq FROM cursor WHERE community_id = $1 AND loop = $2`, int64(c), string(l)).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return community.Seq(seq), unavailable(err)
}

// Part is how much of the stretch behind a loop's cursor has been written while
// the loop is in the middle of it; the zero Part is nothing.
type Part struct {
	To       community.Seq        // the end of the stretch
	Group    community.GroupID    // what belongs to groups up to this one is written
	Identity community.IdentityID // and, after all groups, to identities up to this one
}

// CursorPart reads how far a loop is, with what it has written beyond.
func CursorPart(ctx context.Context, q Querier, c community.ID, l Loop) (seq community.Seq, part Part, err error) {
	err = q.QueryRowContext(ctx, `SELECT seq, part_to, part_group, part_identity FROM cursor WHERE community_id = $1 AND loop = $2`, int64(c), string(l)).
		Scan((*int64)(&seq), (*int64)(&part.To), (*int64)(&part.Group), (*uint32)(&part.Identity))
	if errors.Is(err, sql.ErrNoRows) {
		return 0, Part{}, nil
	}
	return seq, part, unavailable(err)
}

// MoveCursor moves a loop from one place to the next. It belongs first into the
// transaction that carries the loop's work: the cursor is the lock.
func (tx *Tx) MoveCursor(c community.ID, l Loop, from, to community.Seq) error {
	return tx.moveCursor(c, l, from, to, Part{}, Part{})
}

// MovePart notes, in the transaction that writes it, that more of the stretch
// behind the cursor is written. The cursor stays at seq.
func (tx *Tx) MovePart(c community.ID, l Loop, seq community.Seq, from, to Part) error {
	return tx.moveCursor(c, l, seq, seq, from, to)
}

// FinishPart is MoveCursor with the last of a stretch of which a part was written.
func (tx *Tx) FinishPart(c community.ID, l Loop, from community.Seq, part Part, to community.Seq) error {
	return tx.moveCursor(c, l, from, to, part, Part{})
}

func (tx *Tx) moveCursor(c community.ID, l Loop, from, to community.Seq, was, is Part) error {
	if from == 0 {
		if _, err := tx.Exec(`INSERT INTO cursor (community_id, loop, seq) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`, int64(c), string(l)); err != nil {
			return unavailable(err)
		}
	}
	res, err := tx.Exec(`UPDATE cursor SET seq = $3, part_to = $4, part_group = $5, part_identity = $6
		WHERE loop = $1 AND community_id = $2 AND seq = $7 AND part_to = $8 AND part_group = $9 AND part_identity = $10`,
		string(l), int64(c), int64(to), int64(is.To), int64(is.Group), int64(is.Identity), int64(from), int64(was.To), int64(was.Group), int64(was.Identity))
	if err != nil {
		return unavailable(err)
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return ErrLost
	}
	return nil
}

// Park sets an event aside that a loop could not take, with why.
func (tx *Tx) Park(c community.ID, l Loop, seq community.Seq, why string, at int64) error {
	_, err := tx.Exec(`INSERT INTO parked (community_id, loop, seq, error, at, state) VALUES ($1, $2, $3, $4, $5, 'parked')
		ON CONFLICT (community_id, loop, seq) DO UPDATE SET error = excluded.error, at = excluded.at, state = 'parked'`,
		int64(c), string(l), int64(seq), cleanText(why), at)
	return unavailable(err)
}

// Unpark marks a parked event as taken after all. It reports whether it was parked.
func (tx *Tx) Unpark(c community.ID, l Loop, seq community.Seq) (bool, error) {
	res, err := tx.Exec(`UPDATE parked SET state = 'retried' WHERE community_id = $1 AND loop = $2 AND seq = $3 AND state = 'parked'`,
		int64(c), string(l), int64(seq))
	if err != nil {
		return false, unavailable(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// ParkedEvent is an event that a loop set aside.
type ParkedEvent struct {
	Event community.Event
	Error string
	State string
}

// Parked lists parked events, newest first.
func Parked(ctx context.Context, q Querier, c community.ID) ([]ParkedEvent, error) {
	rows, err := q.QueryContext(ctx, `SELECT e.seq, e.kind, e.group_id, e.at, p.error, p.state FROM parked p
		JOIN event e ON e.community_id = p.community_id AND e.seq = p.seq
		WHERE p.community_id = $1 ORDER BY p.seq DESC LIMIT 500`, int64(c))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []ParkedEvent
	for rows.Next() {
		var p ParkedEvent
		var at int64
		if err := rows.Scan((*int64)(&p.Event.Seq), (*string)(&p.Event.Kind), (*int64)(&p.Event.Group), &at, &p.Error, &p.State); err != nil {
			return nil, unavailable(err)
		}
		p.Event.At = fromMillis(at)
		list = append(list, p)
	}
	return list, unavailable(rows.Err())
}
