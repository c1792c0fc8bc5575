package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"qunying/community"
)

// AlertState is whether a trouble is still there.
type AlertState string

const (
	Firing   AlertState = "firing"
	Resolved AlertState = "resolved"
)

// Severity says how an alert is shown, and whom it calls.
type Severity string

const (
	Grave Severity = "alert" // somebody has to act
	Watch Severity = "watch" // somebody should look
)

// Alert is something that is wrong, or was (预警). Cause and Subject together name
// the trouble: one of them is firing at most once.
type Alert struct {
	Community  community.ID
	ID         community.Seq // the place in the log of the event that opened it
	Cause      string        // "connection", "silent", "overdue", …
	Subject    string        // in the cause's own terms: "account/wx", "group/12"
	Group      community.GroupID
	Severity   Severity
	State      AlertState
	Data       map[string]string // what a sentence about it needs
	Since      time.Time         // when the trouble began
	OpenedAt   time.Time
	ResolvedAt time.Time // zero: it is still so
	Times      int       // how often it came back within its cooldown, with the first
	SeenAt     time.Time // when somebody said that they look after it
	SeenBy     community.StaffID
	Note       string
	MailDue    time.Time // when an e-mail about it is tried next, zero: none is to be sent
	MailTries  int
	MailError  string
	MailTold   []string // languages in which it went out, while others are tried again
}

// OpenAlert writes an alert that begins to fire. One of the same cause and
// subject that still fires stays as it is; one about the same metric that ended less
// than cooldown ago fires again, with what is known now. It reports whether the alert is new: only then people are called.
func (tx *Tx) OpenAlert(a Alert, cooldown time.Duration) (fresh bool, err error) {
	var id, resolved int64
	var state AlertState
	var former string
	err = tx.QueryRowContext(context.Background(), `SELECT alert_id, state, resolved_at, data FROM alert WHERE community_id = $1 AND cause = $2 AND subject = $3
		ORDER BY alert_id DESC LIMIT 1`, int64(a.Community), a.Cause, a.Subject).Scan(&id, (*string)(&state), &resolved, &former)
	var was map[string]string
	if former != "" {
		if err := json.Unmarshal([]byte(former), &was); err != nil {
			return false, unavailable(err)
		}
	}
	data, bad := json.Marshal(a.Data)
	if bad != nil {
		return false, bad
	}
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return false, unavailable(err)
	case err == nil && state == Firing:
		return false, nil
	case err == nil && a.OpenedAt.Sub(fromMillis(resolved)) < cooldown && was["metric"] == a.Data["metric"]:
		_, err := tx.Exec(`UPDATE alert SET state = 'firing', resolved_at = 0, times = times + 1, mail_due = 0, mail_told = '', data = $3 WHERE community_id = $1 AND alert_id = $2`,
			int64(a.Community), id, cleanText(string(data)))
		return false, unavailable(err)
	}
	_, err = tx.Exec(`INSERT INTO alert (community_id, alert_id, cause, subject, group_id, severity, state, data, since, opened_at, resolved_at, times,
			seen_at, seen_by, note, mail_due, mail_tries, mail_error)
		VALUES ($1, $2, $3, $4, $5, $6, 'firing', $7, $8, $9, 0, 1, 0, 0, '', $10, 0, '')`,
		int64(a.Community), int64(a.ID), a.Cause, cleanText(a.Subject), int64(a.Group), string(a.Severity), cleanText(string(data)),
		millis(a.Since), millis(a.OpenedAt), millis(a.MailDue))
	return true, unavailable(err)
}

// ResolveAlert ends an alert. It reports false where it was over already.
// Where an e-mail told of it, another is due that tells of its end. ended says how
// in Data["ended"], where the trouble did not just pass.
func (tx *Tx) ResolveAlert(c community.ID, id community.Seq, at time.Time, ended string) (bool, error) {
	a, ok, err := AlertByID(context.Background(), tx, c, id)
	if err != nil || !ok {
		return false, err
	}
	if a.Data == nil {
		a.Data = map[string]string{}
	}
	a.Data["ended"] = ended // it may have ended otherwise before it came back
	data, err := json.Marshal(a.Data)
	if err != nil {
		return false, err
	}
	res, err := tx.Exec(`UPDATE alert SET state = 'resolved', resolved_at = CAST($3 AS BIGINT), data = $4,
			mail_due = CASE WHEN mail_tries > 0 AND mail_due = 0 AND mail_error = '' THEN CAST($3 AS BIGINT) ELSE 0 END, mail_tries = 0, mail_told = ''
		WHERE community_id = $1 AND alert_id = $2 AND state = 'firing'`, int64(c), int64(id), millis(at), cleanText(string(data)))
	return moved(res, err)
}

// SeeAlert notes that somebody looks after an alert, and what they say. It
// reports false where there is none.
func (tx *Tx) SeeAlert(c community.ID, id community.Seq, by community.StaffID, at time.Time, note string) (bool, error) {
	res, err := tx.Exec(`UPDATE alert SET seen_at = $3, seen_by = $4, note = $5 WHERE community_id = $1 AND alert_id = $2`,
		int64(c), int64(id), millis(at), int64(by), cleanText(note))
	return moved(res, err)
}

// MailedAlert notes what became of an e-mail: zero next ends the attempts.
func (tx *Tx) MailedAlert(c community.ID, id community.Seq, next time.Time, why string) error {
	_, err := tx.Exec(`UPDATE alert SET mail_due = CAST($3 AS BIGINT), mail_tries = mail_tries + 1, mail_error = $4,
			mail_told = CASE WHEN CAST($3 AS BIGINT) = 0 THEN '' ELSE mail_told END WHERE community_id = $1 AND alert_id = $2`,
		int64(c), int64(id), millis(next), cleanText(why))
	return unavailable(err)
}

// ToldAlert notes that an e-mail went out in a language, while others are to follow.
func (tx *Tx) ToldAlert(c community.ID, id community.Seq, language string) error {
	_, err := tx.Exec(`UPDATE alert SET mail_told = mail_told || ',' || $3 WHERE community_id = $1 AND alert_id = $2`, int64(c), int64(id), cleanText(language))
	return unavailable(err)
}

// UnmailAlert says that no e-mail about an alert is to be sent: there is no server.
func (tx *Tx) UnmailAlert(c community.ID, id community.Seq) error {
	_, err := tx.Exec(`UPDATE alert SET mail_due = 0 WHERE community_id = $1 AND alert_id = $2`, int64(c), int64(id))
	return unavailable(err)
}

const alertColumns = `alert_id, cause, subject, group_id, severity, state, data, since, opened_at, resolved_at, times, seen_at, seen_by, note,
	mail_due, mail_tries, mail_error, mail_told`

func queryAlerts(ctx context.Context, q Querier, c community.ID, where string, args ...any) ([]Alert, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+alertColumns+` FROM alert WHERE community_id = $1 `+where, append([]any{int64(c)}, args...)...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Alert
	for rows.Next() {
		a := Alert{Community: c}
		var data, told string
		var since, opened, resolved, seen, due int64
		if err := rows.Scan((*int64)(&a.ID), &a.Cause, &a.Subject, (*int64)(&a.Group), (*string)(&a.Severity), (*string)(&a.State), &data, &since, &opened,
			&resolved, &a.Times, &seen, (*int64)(&a.SeenBy), &a.Note, &due, &a.MailTries, &a.MailError, &told); err != nil {
			return nil, unavailable(err)
		}
		a.Since, a.OpenedAt, a.ResolvedAt, a.SeenAt, a.MailDue = fromMillis(since), fromMillis(opened), fromMillis(resolved), fromMillis(seen), fromMillis(due)
		if err := json.Unmarshal([]byte(data), &a.Data); err != nil {
			return nil, err
		}
		if told != "" {
			a.MailTold = strings.Split(strings.TrimPrefix(told, ","), ",")
		}
		list = append(list, a)
	}
	return list, unavailable(rows.Err())
}

// FiringAlerts lists what is wrong now, the gravest first and of these the newest.
func FiringAlerts(ctx context.Context, q Querier, c community.ID) ([]Alert, error) {
	return queryAlerts(ctx, q, c, `AND state = 'firing' ORDER BY CASE severity WHEN 'alert' THEN 0 ELSE 1 END, alert_id DESC`)
}

// ResolvedAlerts lists what was wrong, the last ended first; before pages on, zero
// begins. With groups only those of them, and of none in particular; nil: all.
func ResolvedAlerts(ctx context.Context, q Querier, c community.ID, groups []community.GroupID, before time.Time, beforeID community.Seq, limit int) ([]Alert, error) {
	if groups != nil {
		groups = append([]community.GroupID{0}, groups...)
	}
	inside, args := insideOf([]any{int64(c), millis(before), int64(beforeID), limit}, groups)
	return queryAlerts(ctx, q, c, `AND state = 'resolved' AND (resolved_at < $2 OR resolved_at = $2 AND alert_id < $3 OR $2 = 0) `+inside+`
		ORDER BY resolved_at DESC, alert_id DESC LIMIT $4`, args[1:]...)
}

// AlertByID finds an alert, false if there is none.
func AlertByID(ctx context.Context, q Querier, c community.ID, id community.Seq) (Alert, bool, error) {
	list, err := queryAlerts(ctx, q, c, `AND alert_id = $2`, int64(id))
	if err != nil || len(list) == 0 {
		return Alert{}, false, err
	}
	return list[0], true, nil
}

// AlertsToMail lists those about which an e-mail is due.
func AlertsToMail(ctx context.Context, q Querier, c community.ID, now time.Time) ([]Alert, error) {
	return queryAlerts(ctx, q, c, `AND mail_due > 0 AND mail_due <= $2 ORDER BY alert_id LIMIT 50`, millis(now))
}
