package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"reflect"
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
	Handed    OutboxState = "handed" // a person has to do it
	Dry       OutboxState = "dry"    // what an account that only rehearses would have done
)

// Outgoing is an action with where it is on its way.
type Outgoing struct {
	community.Action
	State     OutboxState
	ClaimedAt time.Time
	DoneAt    time.Time
	Attempts  int
	Trouble
	Receipt  string
	Account  string    // that carried it, or tried to
	Proposal string    // its ID on a platform where a person completes it
	Handled  time.Time // when people said that they have dealt with what became of it
	Earlier  []Try     // what became of it before a person had it repeated
}

// Trouble is why an action was not done, or not yet.
type Trouble struct {
	Code  string // under which texts have a sentence for people; "" nothing is wrong
	Said  string // the platform's own words, or ""
	Error string // all that is known, in English, for the log and for programs
}

// clean is the trouble as it is written.
func (t Trouble) clean() (code, said, text string) {
	return cleanText(t.Code), cleanText(t.Said), cleanText(t.Error)
}

// Try is what became of an action before a person had it repeated.
type Try struct {
	State OutboxState       `json:"state"`
	At    int64             `json:"at"` // ms; when that was settled
	Code  string            `json:"code,omitempty"`
	Said  string            `json:"said,omitempty"`
	Error string            `json:"error,omitempty"`
	By    community.StaffID `json:"by"` // who had it repeated
}

// Enqueue puts an action into the outbox; the same key twice is one action.
func (tx *Tx) Enqueue(a community.Action, s OutboxState) error {
	if a.Class == "" {
		a.Class = community.Routine
	}
	detail := ""
	if !reflect.DeepEqual(a.Detail, community.Detail{}) {
		b, err := json.Marshal(a.Detail)
		if err != nil {
			return err
		}
		detail = string(b)
	}
	_, err := tx.Exec(`INSERT INTO outbox (community_id, key, group_id, kind, text, target, message_id, state, cause_seq, cause_rule,
		cause_version, ordinal, due_at, expires_at, claimed_at, done_at, attempts, error, receipt, class, until_at, detail, batch)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, 0, '', '', $15, $16, $17, $18) ON CONFLICT DO NOTHING`,
		int64(a.Community), a.Key[:], int64(a.Group), string(a.Kind), cleanText(a.Text), int64(a.Target), cleanText(a.MessageID), string(s),
		int64(a.Cause.Seq), a.Cause.Rule, a.Cause.Version, a.Cause.Ordinal, millis(a.DueAt), millis(a.ExpiresAt),
		string(a.Class), millis(a.Until), cleanText(detail), cleanText(a.Detail.Batch))
	return unavailable(err)
}

const outgoingColumns = `key, group_id, kind, text, target, message_id, state, cause_seq, cause_rule, cause_version, ordinal,
	due_at, expires_at, claimed_at, done_at, attempts, code, said, error, receipt, class, until_at, detail, account, proposal, history, handled_at`

func scanOutgoing(rows *sql.Rows, c community.ID) (Outgoing, error) {
	o := Outgoing{Action: community.Action{Community: c}}
	var key []byte
	var due, expires, claimed, done, until, handled int64
	var detail, history string
	if err := rows.Scan(&key, (*int64)(&o.Group), (*string)(&o.Kind), &o.Text, (*uint32)(&o.Target), &o.MessageID, (*string)(&o.State),
		(*int64)(&o.Cause.Seq), &o.Cause.Rule, &o.Cause.Version, &o.Cause.Ordinal, &due, &expires, &claimed, &done, &o.Attempts, &o.Code, &o.Said, &o.Error, &o.Receipt,
		(*string)(&o.Class), &until, &detail, &o.Account, &o.Proposal, &history, &handled); err != nil {
		return o, err
	}
	copy(o.Key[:], key)
	o.Handled = fromMillis(handled)
	o.DueAt, o.ExpiresAt, o.ClaimedAt, o.DoneAt, o.Until = fromMillis(due), fromMillis(expires), fromMillis(claimed), fromMillis(done), fromMillis(until)
	if detail != "" {
		if err := json.Unmarshal([]byte(detail), &o.Detail); err != nil {
			return o, err
		}
	}
	if history == "" {
		return o, nil
	}
	return o, json.Unmarshal([]byte(history), &o.Earlier)
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

// open repeats the condition of the index outbox_open: SQLite takes a partial
// index only where its condition stands in the query.
const open = `AND state IN ('queued', 'sending') `

// mostDue bounds what one reading of the queue returns.
const mostDue = 5000

// DueActions lists queued actions that are due: of every group and class the
// first each ones, so that a long queue of one group hides nobody's. What keeps
// order comes first, broadcasts last, and within a class the oldest.
func DueActions(ctx context.Context, q Querier, c community.ID, now time.Time, each int) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, open+`AND key IN (SELECT key FROM (
			SELECT key, ROW_NUMBER() OVER (PARTITION BY group_id, class ORDER BY due_at, cause_seq, ordinal) AS place
			FROM outbox WHERE community_id = $1 `+open+`AND state = 'queued' AND due_at <= $2) AS waiting WHERE place <= $3)
		ORDER BY CASE class WHEN 'moderation' THEN 0 WHEN 'reply' THEN 1 WHEN 'broadcast' THEN 3 ELSE 2 END, due_at, cause_seq, ordinal
		LIMIT $4`, millis(now), each, mostDue)
}

// InFlight lists actions that were claimed before the given time and have no
// outcome: their worker is gone.
func InFlight(ctx context.Context, q Querier, c community.ID, before time.Time) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, open+`AND state = 'sending' AND claimed_at < $2 ORDER BY cause_seq, ordinal`, millis(before))
}

// NextAction tells when the first queued action falls due after now, or zero time.
func NextAction(ctx context.Context, q Querier, c community.ID, now time.Time) (time.Time, error) {
	var at int64
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MIN(due_at), 0) FROM outbox WHERE community_id = $1 `+open+`AND state = 'queued' AND due_at > $2`,
		int64(c), millis(now)).Scan(&at)
	return fromMillis(at), unavailable(err)
}

// Outbox lists actions, newest cause first. Zero values do not filter; before
// pages on.
func Outbox(ctx context.Context, q Querier, c community.ID, state OutboxState, g community.GroupID, before community.Seq, limit int) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, `AND (state = $2 OR $2 = '') AND (group_id = $3 OR $3 = 0) AND (cause_seq < $4 OR $4 = 0)
		ORDER BY cause_seq DESC, ordinal DESC LIMIT $5`, string(state), int64(g), int64(before), limit)
}

// OutboxWithin is Outbox over some groups only.
func OutboxWithin(ctx context.Context, q Querier, c community.ID, state OutboxState, groups []community.GroupID, before community.Seq, limit int) ([]Outgoing, error) {
	inside, args := insideOf([]any{int64(c), string(state), int64(before), limit}, groups)
	return queryOutgoing(ctx, q, c, `AND (state = $2 OR $2 = '') AND (cause_seq < $3 OR $3 = 0) `+inside+`ORDER BY cause_seq DESC, ordinal DESC LIMIT $4`, args[1:]...)
}

// OutboxByCause lists the actions that one event caused.
func OutboxByCause(ctx context.Context, q Querier, c community.ID, seq community.Seq) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, `AND cause_seq = $2 ORDER BY ordinal`, int64(seq))
}

// OutboxByBatch lists what was done to many groups at once, by group.
func OutboxByBatch(ctx context.Context, q Querier, c community.ID, batch string) ([]Outgoing, error) {
	return queryOutgoing(ctx, q, c, `AND batch = $2 AND batch <> '' ORDER BY group_id, cause_seq, ordinal`, cleanText(batch))
}

// OutboxByKey finds an action, false if there is none.
func OutboxByKey(ctx context.Context, q Querier, c community.ID, key community.Key) (Outgoing, bool, error) {
	list, err := queryOutgoing(ctx, q, c, `AND key = $2`, key[:])
	if err != nil || len(list) == 0 {
		return Outgoing{}, false, err
	}
	return list[0], true, nil
}

// NewestOf finds the action of a kind that was asked for last in a group and was
// or may have been done; false if there is none.
func NewestOf(ctx context.Context, q Querier, c community.ID, g community.GroupID, k community.ActionKind) (Outgoing, bool, error) {
	list, err := queryOutgoing(ctx, q, c, `AND group_id = $2 AND kind = $3 AND state IN ('queued', 'sending', 'done', 'unknown', 'handed')
		ORDER BY cause_seq DESC, ordinal DESC LIMIT 1`, int64(g), string(k))
	if err != nil || len(list) == 0 {
		return Outgoing{}, false, err
	}
	return list[0], true, nil
}

// SaidSince finds a message of the same text and detail that went, or is going,
// to the same group since the given time: false if there is none.
func SaidSince(ctx context.Context, q Querier, o *Outgoing, since time.Time) (bool, error) {
	const same = `AND kind = 'send' AND group_id = $2 AND text = $3 AND key <> $4 `
	for _, where := range []string{`AND state = 'done' AND done_at >= $5`, open + `AND state = 'sending' AND claimed_at >= $5`} {
		list, err := queryOutgoing(ctx, q, o.Community, same+where, int64(o.Group), cleanText(o.Text), o.Key[:], millis(since))
		if err != nil {
			return false, err
		}
		for _, other := range list {
			a, b := other.Detail, o.Detail
			a.Batch, a.By, a.Reason, b.Batch, b.By, b.Reason = "", 0, "", "", 0, ""
			if reflect.DeepEqual(a, b) {
				return true, nil
			}
		}
	}
	return false, nil
}

// Act is one thing that an account did, or tried to do.
type Act struct {
	At    time.Time
	Group community.GroupID
	Kind  community.ActionKind
}

// ActsSince lists what an account did since the given time, the oldest first.
func ActsSince(ctx context.Context, q Querier, c community.ID, account string, since time.Time) ([]Act, error) {
	rows, err := q.QueryContext(ctx, `SELECT claimed_at, group_id, kind FROM outbox
		WHERE community_id = $1 AND account = $2 AND account <> '' AND claimed_at >= $3 AND state IN ('sending', 'done', 'failed', 'unknown')
		ORDER BY claimed_at`, int64(c), account, millis(since))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Act
	for rows.Next() {
		var a Act
		var at int64
		if err := rows.Scan(&at, (*int64)(&a.Group), (*string)(&a.Kind)); err != nil {
			return nil, unavailable(err)
		}
		a.At = fromMillis(at)
		list = append(list, a)
	}
	return list, unavailable(rows.Err())
}

// Touches counts what reached for all people of a group in [from, to):
// broadcasts, mentions of everybody, and what a person was asked to send to many.
// Planned ones are still on their way.
func Touches(ctx context.Context, q Querier, c community.ID, g community.GroupID, from, to time.Time) (done, planned int, err error) {
	list, err := queryOutgoing(ctx, q, c, `AND group_id = $2 AND (class = 'broadcast' OR proposal <> '' OR detail LIKE '%"mention_all":true%')
		AND (state IN ('done', 'unknown') AND done_at >= $3 AND done_at < $4
			OR state IN ('queued', 'sending', 'handed') AND due_at < $4)`, int64(g), millis(from), millis(to))
	for i := range list {
		switch o := &list[i]; {
		case o.Class != community.Broadcast && !o.Detail.MentionAll && o.Proposal == "": // the text only looked like it
		case o.State == Done || o.State == Unknown:
			done++
		default:
			planned++
		}
	}
	return done, planned, err
}

// SettingOfGroups reads the newest version of a setting of every group that has one.
func SettingOfGroups(ctx context.Context, q Querier, c community.ID, key string) (map[community.GroupID]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, value FROM setting s WHERE community_id = $1 AND group_id <> 0 AND key = $2
		AND version = (SELECT MAX(version) FROM setting n WHERE n.community_id = s.community_id AND n.group_id = s.group_id AND n.key = s.key)`,
		int64(c), key)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	all := map[community.GroupID]string{}
	for rows.Next() {
		var g int64
		var value string
		if err := rows.Scan(&g, &value); err != nil {
			return nil, unavailable(err)
		}
		all[community.GroupID(g)] = value
	}
	return all, unavailable(rows.Err())
}

// SuggestedSince counts what was only suggested since the given time because the
// event that led to it came late.
func SuggestedSince(ctx context.Context, q Querier, c community.ID, since time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM outbox WHERE community_id = $1 AND state = 'suggested' AND due_at >= $2`,
		int64(c), millis(since)).Scan(&n)
	return n, unavailable(err)
}

// Claim takes an action for sending by a.Account. It reports whether it is ours now.
func (tx *Tx) Claim(a *Outgoing, now time.Time) (bool, error) {
	res, err := tx.Exec(`UPDATE outbox SET state = 'sending', claimed_at = $3, attempts = attempts + 1, account = $6
		WHERE community_id = $1 AND key = $2 AND state = $4 AND claimed_at = $5`,
		int64(a.Community), a.Key[:], millis(now), string(a.State), millis(a.ClaimedAt), a.Account)
	return moved(res, err)
}

// moved says whether a conditional update found its row.
func moved(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, unavailable(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Settle writes what became of a claimed action. It reports whether the action
// was still open, which is false when somebody else has settled it.
func (tx *Tx) Settle(c community.ID, key community.Key, s OutboxState, at time.Time, receipt string, why Trouble) (bool, error) {
	code, said, text := why.clean()
	res, err := tx.Exec(`UPDATE outbox SET state = $3, done_at = $4, receipt = $5, error = $6, code = $7, said = $8
		WHERE community_id = $1 AND key = $2 AND state IN ('queued', 'sending', 'unknown', 'handed')`,
		int64(c), key[:], string(s), millis(at), cleanText(receipt), text, code, said)
	return moved(res, err)
}

// Hand says that a person has to complete a claimed action; proposal is its ID on
// the platform, or "". It reports whether the action was still claimed.
func (tx *Tx) Hand(c community.ID, key community.Key, proposal string) (bool, error) {
	res, err := tx.Exec(`UPDATE outbox SET state = 'handed', proposal = $3, error = '', code = '', said = '' WHERE community_id = $1 AND key = $2 AND state = 'sending'`,
		int64(c), key[:], cleanText(proposal))
	return moved(res, err)
}

// Again queues an action anew, with what became of it kept in its history. It
// reports false when the action is not any more where o says.
func (tx *Tx) Again(o *Outgoing, due time.Time, by community.StaffID) (bool, error) {
	at := o.DoneAt
	if at.IsZero() {
		at = o.DueAt
	}
	history, err := json.Marshal(append(o.Earlier[:len(o.Earlier):len(o.Earlier)], Try{State: o.State, At: millis(at), Code: o.Code, Said: o.Said, Error: o.Error, By: by}))
	if err != nil {
		return false, err
	}
	res, err := tx.Exec(`UPDATE outbox SET state = 'queued', due_at = $4, expires_at = 0, claimed_at = 0, done_at = 0, attempts = 0, error = '', code = '', said = '',
		receipt = '', proposal = '', handled_at = 0, history = $5 WHERE community_id = $1 AND key = $2 AND state = $3`,
		int64(o.Community), o.Key[:], string(o.State), millis(due), cleanText(string(history)))
	return moved(res, err)
}

// Cancel ends an action that has not begun. It reports false when it has begun,
// or is over.
func (tx *Tx) Cancel(c community.ID, key community.Key, at time.Time, why Trouble) (bool, error) {
	code, said, text := why.clean()
	res, err := tx.Exec(`UPDATE outbox SET state = 'cancelled', done_at = $3, error = $4, code = $5, said = $6
		WHERE community_id = $1 AND key = $2 AND state IN ('queued', 'suggested', 'handed')`, int64(c), key[:], millis(at), text, code, said)
	return moved(res, err)
}

// Dismiss notes that people have dealt with an action that failed, or of which
// nobody knows: it waits for nobody any more. It reports false for others.
func (tx *Tx) Dismiss(c community.ID, key community.Key, at time.Time) (bool, error) {
	res, err := tx.Exec(`UPDATE outbox SET handled_at = $3 WHERE community_id = $1 AND key = $2 AND state IN ('failed', 'unknown')`,
		int64(c), key[:], millis(at))
	return moved(res, err)
}

// Requeue puts a claimed action back, to be tried again at the given time.
func (tx *Tx) Requeue(c community.ID, key community.Key, due time.Time, why Trouble) error {
	code, said, text := why.clean()
	_, err := tx.Exec(`UPDATE outbox SET state = 'queued', due_at = $3, error = $4, code = $5, said = $6 WHERE community_id = $1 AND key = $2 AND state = 'sending'`,
		int64(c), key[:], millis(due), text, code, said)
	return unavailable(err)
}

// DropScheduled ends a message that was to be written later and is not in the
// outbox yet. It reports whether there was one.
func (tx *Tx) DropScheduled(c community.ID, key community.Key) (bool, error) {
	res, err := tx.Exec(`DELETE FROM due WHERE community_id = $1 AND key = $2 AND kind = 'send'`, int64(c), key[:])
	return moved(res, err)
}
