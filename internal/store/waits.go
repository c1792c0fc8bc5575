package store

import (
	"context"
	"time"

	"qunying/community"
)

// WaitState is what became of a question to us.
type WaitState string

const (
	WaitOpen     WaitState = "waiting"
	WaitTasked   WaitState = "tasked" // there is a task
	WaitAnswered WaitState = "answered"
	WaitVoid     WaitState = "void" // taken back, or nobody will answer
)

// Wait is a member who waits for an answer of ours (待回复).
type Wait struct {
	Seq        community.Seq // of the message
	Group      community.GroupID
	Identity   community.IdentityID
	At         time.Time // of the message
	DueAt      time.Time // when somebody is asked to answer
	State      WaitState
	Task       community.Seq // 0: none
	AnsweredAt time.Time     // zero: not
	Answer     community.Seq // the message that answered; 0: none, or a person said so
	MessageID  string        // the platform's, of open ones
}

// AddWait writes down a question; the same one twice is one.
func (tx *Tx) AddWait(c community.ID, w Wait) error {
	_, err := tx.Exec(`INSERT INTO waiting (community_id, seq, group_id, identity_id, at, due_at, state, task_id, answered_at, answer_seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9) ON CONFLICT DO NOTHING`,
		int64(c), int64(w.Seq), int64(w.Group), int64(w.Identity), millis(w.At), millis(w.DueAt), string(w.State), millis(w.AnsweredAt), int64(w.Answer))
	return unavailable(err)
}

// EndWait ends an open question: it is answered, or void. It reports false where it
// was over already.
func (tx *Tx) EndWait(c community.ID, seq community.Seq, state WaitState, at time.Time, answer community.Seq) (bool, error) {
	res, err := tx.Exec(`UPDATE waiting SET state = $3, answered_at = $4, answer_seq = $5
		WHERE community_id = $1 AND seq = $2 AND state IN ('waiting', 'tasked')`, int64(c), int64(seq), string(state), millis(at), int64(answer))
	return moved(res, err)
}

// TaskWait notes the task of a question that still waits.
func (tx *Tx) TaskWait(c community.ID, seq, task community.Seq) (bool, error) {
	res, err := tx.Exec(`UPDATE waiting SET state = 'tasked', task_id = $3 WHERE community_id = $1 AND seq = $2 AND state = 'waiting'`,
		int64(c), int64(seq), int64(task))
	return moved(res, err)
}

const waitColumns = `w.seq, w.group_id, w.identity_id, w.at, w.due_at, w.state, w.task_id, w.answered_at, w.answer_seq`

// OpenWaits lists a group's questions that wait, the oldest first.
func OpenWaits(ctx context.Context, q Querier, c community.ID, g community.GroupID) ([]Wait, error) {
	return queryWaits(ctx, q, `AND w.group_id = $2 AND w.state IN ('waiting', 'tasked') ORDER BY w.seq`, int64(c), int64(g))
}

// GroupWaits are a group's questions that wait.
type GroupWaits struct {
	Group  community.GroupID
	Open   int
	Tasked int       // of these, those that have waited too long: there is a task
	Oldest time.Time // of the first question
}

// WaitsNow counts the questions that wait, by group.
func WaitsNow(ctx context.Context, q Querier, c community.ID) ([]GroupWaits, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, COUNT(*), SUM(CASE WHEN state = 'tasked' THEN 1 ELSE 0 END), MIN(at) FROM waiting
		WHERE community_id = $1 AND state IN ('waiting', 'tasked') GROUP BY group_id ORDER BY group_id`, int64(c))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []GroupWaits
	for rows.Next() {
		var g GroupWaits
		var at int64
		if err := rows.Scan((*int64)(&g.Group), &g.Open, &g.Tasked, &at); err != nil {
			return nil, unavailable(err)
		}
		g.Oldest = fromMillis(at)
		list = append(list, g)
	}
	return list, unavailable(rows.Err())
}

// WaitBySeq finds a question by its message, false if there is none.
func WaitBySeq(ctx context.Context, q Querier, c community.ID, seq community.Seq) (Wait, bool, error) {
	return oneWait(queryWaits(ctx, q, `AND w.seq = $2`, int64(c), int64(seq)))
}

// WaitByTask finds a question by its task, false if there is none.
func WaitByTask(ctx context.Context, q Querier, c community.ID, g community.GroupID, task community.Seq) (Wait, bool, error) {
	return oneWait(queryWaits(ctx, q, `AND w.group_id = $2 AND w.task_id = $3 AND w.task_id <> 0`, int64(c), int64(g), int64(task)))
}

func oneWait(list []Wait, err error) (Wait, bool, error) {
	if err != nil || len(list) == 0 {
		return Wait{}, false, err
	}
	return list[0], true, nil
}

// WaitsOf lists a group's questions of a time, [from, to), the oldest first.
func WaitsOf(ctx context.Context, q Querier, c community.ID, g community.GroupID, from, to time.Time) ([]Wait, error) {
	return queryWaits(ctx, q, `AND w.group_id = $2 AND w.at >= $3 AND w.at < $4 ORDER BY w.at, w.seq`, int64(c), int64(g), millis(from), millis(to))
}

func queryWaits(ctx context.Context, q Querier, where string, args ...any) ([]Wait, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+waitColumns+`, COALESCE(b.message_id, '') FROM waiting w
		LEFT JOIN event_body b ON b.community_id = w.community_id AND b.seq = w.seq WHERE w.community_id = $1 `+where, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Wait
	for rows.Next() {
		var w Wait
		var at, due, answered int64
		if err := rows.Scan((*int64)(&w.Seq), (*int64)(&w.Group), (*uint32)(&w.Identity), &at, &due, (*string)(&w.State), (*int64)(&w.Task), &answered,
			(*int64)(&w.Answer), &w.MessageID); err != nil {
			return nil, unavailable(err)
		}
		w.At, w.DueAt, w.AnsweredAt = fromMillis(at), fromMillis(due), fromMillis(answered)
		list = append(list, w)
	}
	return list, unavailable(rows.Err())
}

// StaffSaid is what staff said last in a group.
type StaffSaid struct {
	At  time.Time
	Seq community.Seq
	To  community.IdentityID // 0: everybody
}

// NoteStaffSaid keeps it where it is the last.
func (tx *Tx) NoteStaffSaid(c community.ID, g community.GroupID, s StaffSaid) error {
	_, err := tx.Exec(`INSERT INTO staff_said (community_id, group_id, at, seq, to_identity) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (community_id, group_id) DO UPDATE SET at = excluded.at, seq = excluded.seq, to_identity = excluded.to_identity
		WHERE excluded.at >= staff_said.at`, int64(c), int64(g), millis(s.At), int64(s.Seq), int64(s.To))
	return unavailable(err)
}

// LastStaffSaid reads it, zero where staff never said anything.
func LastStaffSaid(ctx context.Context, q Querier, c community.ID, g community.GroupID) (s StaffSaid, err error) {
	rows, err := q.QueryContext(ctx, `SELECT at, seq, to_identity FROM staff_said WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g))
	if err != nil {
		return s, unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		if err := rows.Scan(&at, (*int64)(&s.Seq), (*uint32)(&s.To)); err != nil {
			return s, unavailable(err)
		}
		s.At = fromMillis(at)
	}
	return s, unavailable(rows.Err())
}
