package store

import (
	"context"
	"database/sql"
	"time"

	"qunying/community"
)

// OutboxState is where an action is on its way.
type OutboxState string

const (
	Queued    OutboxState = "queued"
	Sending   OutboxState = "sending"
	Done      OutboxState = "done"
	Failed    OutboxState = "failed"
	Unknown   OutboxState = "unknown"   // sent, and nobody knows whether it arrived
	Suggested OutboxState = "suggested" // what the machine would have done for a late event
	Expired   OutboxState = "expired"
	Cancelled OutboxState = "cancelled"
)

// Outgoing is an action with where it is on its way.
type Outgoing struct {
	community.Action
	State     OutboxState
	ClaimedAt time.Time
	DoneAt    time.Time
	Attempts  int
	Error     string
	Receipt   string
}

// Enqueue puts an action into the outbox; the same key twice is one action.
func (tx *Tx) Enqueue(a community.Action, s OutboxState) error {
	_, err := tx.Exec(`INSERT INTO outbox (community_id, key, group_id, kind, text, target, message_id, state, cause_seq, cause_rule,
		cause_version, ordinal, due_at, expires_at, claimed_at, done_at, attempts, error, receipt)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, 0, '', '') ON CONFLICT DO NOTHING`,
		int64(a.Community), a.Key[:], int64(a.Group), string(a.Kind), cleanText(a.Text), int64(a.Target), cleanText(a.MessageID), string(s),
		int64(a.Cause.Seq), a.Cause.Rule, a.Cause.Version, a.Cause.Ordinal, millis(a.DueAt), millis(a.ExpiresAt))
	return unavailable(err)
}

const outgoingColumns = `key, group_id, kind, text, target, message_id, state, cause_seq, cause_rule, cause_version, ordinal,
	due_at, expires_at, claimed_at, done_at, attempts, error, receipt`

func scanOutgoing(rows *sql.Rows, c community.ID) (Outgoing, error) {
	o := Outgoing{Action: community.Action{Community: c}}
	var key []byte
	var due, expires, claimed, done int64
	err := rows.Scan(&key, (*int64)(&o.Group), (*string)(&o.Kind), &o.Text, (*uint32)(&o.Target), &o.MessageID, (*string)(&o.State),
		(*int64)(&o.Cause.Seq), &o.Cause.Rule, &o.Cause.Version, &o.Cause.Ordinal, &due, &expires, &claimed, &done, &o.Attempts, &o.Error, &o.Receipt)
	if err == nil {
		copy(o.Key[:], key)
		o.DueAt, o.ExpiresAt, o.ClaimedAt, o.DoneAt = fromMillis(due), fromMillis(expires), fromMillis(claimed), fromMillis(done)
	}
	return o, err
}

func queryOutgoing(ctx context.Context, q Querier, c community.ID, where string, args ...any) ([]Outgoing, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+outgoingColumns+` FROM outbox WHERE community_id = $1 `+where, append([]any{int64(c)}, args...)...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Outgoing
	for rows.Next() {
		o, err := scanOutgoing(rows, c)
		if err != nil {
			return nil, unavailable(err)
		}
		list = append(list, o)
	}
	return list, unavailable(rows.Err())
}

// DueActions lists queued actions that are due, oldest first.
func DueActions(ctx context.Context, q Querier, c community.ID, now time.Time, limit int) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, `AND state = 'queued' AND due_at <= $2 ORDER BY due_at, cause_seq, ordinal LIMIT $3`, millis(now), limit)
}

// InFlight lists actions that were claimed before the given time and have no
// outcome: their worker is gone.
func InFlight(ctx context.Context, q Querier, c community.ID, before time.Time) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, `AND state = 'sending' AND claimed_at < $2 ORDER BY cause_seq, ordinal`, millis(before))
}

// Outbox lists actions, newest cause first. Zero values do not filter; before
// pages on.
func Outbox(ctx context.Context, q Querier, c community.ID, state OutboxState, g community.GroupID, before community.Seq, limit int) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, `AND (state = $2 OR $2 = '') AND (group_id = $3 OR $3 = 0) AND (cause_seq < $4 OR $4 = 0)
		ORDER BY cause_seq DESC, ordinal DESC LIMIT $5`, string(state), int64(g), int64(before), limit)
}

// OutboxByCause lists the actions that one event caused.
func OutboxByCause(ctx context.Context, q Querier, c community.ID, seq community.Seq) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, `AND cause_seq = $2 ORDER BY ordinal`, int64(seq))
}

// Claim takes an action for sending. It reports whether it is ours now.
func (tx *Tx) Claim(a *Outgoing, now time.Time) (bool, error) {
	res, err := tx.Exec(`UPDATE outbox SET state = 'sending', claimed_at = $3, attempts = attempts + 1
		WHERE community_id = $1 AND key = $2 AND state = $4 AND claimed_at = $5`,
		int64(a.Community), a.Key[:], millis(now), string(a.State), millis(a.ClaimedAt))
	if err != nil {
		return false, unavailable(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Settle writes what became of a claimed action. It reports whether the action
// was still open, which is false when somebody else has settled it.
func (tx *Tx) Settle(c community.ID, key community.Key, s OutboxState, at time.Time, receipt, why string) (bool, error) {
	res, err := tx.Exec(`UPDATE outbox SET state = $3, done_at = $4, receipt = $5, error = $6
		WHERE community_id = $1 AND key = $2 AND state IN ('queued', 'sending', 'unknown')`,
		int64(c), key[:], string(s), millis(at), cleanText(receipt), cleanText(why))
	if err != nil {
		return false, unavailable(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Requeue puts a claimed action back, to be tried again at the given time.
func (tx *Tx) Requeue(c community.ID, key community.Key, due time.Time, why string) error {
	_, err := tx.Exec(`UPDATE outbox SET state = 'queued', due_at = $3, error = $4 WHERE community_id = $1 AND key = $2 AND state = 'sending'`,
		int64(c), key[:], millis(due), cleanText(why))
	return unavailable(err)
}
