package insightdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// ReportWish is of what a report was asked for.
type ReportWish struct {
	Groups []community.GroupID `json:"groups,omitempty"` // none: all that Within allows
	Within []community.GroupID `json:"within"`           // nil: all there are
	To     community.Day       `json:"to,omitempty"`     // 0: the last day that is known whole
	// Questions is JSON: what is to be answered beside.
	Questions json.RawMessage `json:"questions,omitempty"`
}

// AskReport writes down that a report is wanted and numbers it, to be begun at r.At.
// Where there is one of that key, or the same is being made for the same person, r
// becomes that one, and it answers false. r.Groups are those that it will tell of.
func AskReport(ctx context.Context, tx *store.Tx, c community.ID, r *KeptReport, w ReportWish) (bool, error) {
	wish, err := json.Marshal(w)
	if err != nil {
		return false, err
	}
	err = tx.QueryRowContext(ctx, `SELECT report_id FROM report WHERE community_id = $1 AND (made_key = $2 OR
			state IN ('asked', 'making') AND kind = $3 AND plan = $4 AND wish = $5 AND staff_id = $6 AND mail_state = $7) ORDER BY report_id LIMIT 1`,
		int64(c), r.Key, string(r.Kind), r.Plan, string(wish), int64(r.By), string(r.Mail)).Scan(&r.ID)
	if !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	to, err := json.Marshal(r.MailTo)
	if err != nil {
		return false, err
	}
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(report_id), 0) + 1 FROM report WHERE community_id = $1`, int64(c)).Scan(&r.ID); err != nil {
		return false, err
	}
	if _, err := tx.Exec(`INSERT INTO report (community_id, report_id, made_key, kind, plan, from_day, to_day, made_at, staff_id, as_of, result, language,
			mail_to, mail_state, mail_due, mail_tries, mail_error, state, wish, done, todo, tries, touched_at, error)
			VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, 0, '', $8, $9, $10, $6, 0, '', 'asked', $11, 0, $12, 0, $6, '')`,
		int64(c), r.ID, r.Key, string(r.Kind), r.Plan, r.At.UnixMilli(), int64(r.By), r.Language, string(to), string(r.Mail), string(wish), len(r.Groups)); err != nil {
		return false, err
	}
	return true, saveReportGroups(tx, c, r)
}

func saveReportGroups(tx *store.Tx, c community.ID, r *KeptReport) error {
	if _, err := tx.Exec(`DELETE FROM report_group WHERE community_id = $1 AND report_id = $2`, int64(c), r.ID); err != nil {
		return err
	}
	return tx.Many(`INSERT INTO report_group (community_id, report_id, group_id) VALUES ($1, $2, $3)`, "iii", len(r.Groups),
		func(i int) []any { return []any{int64(c), r.ID, int64(r.Groups[i])} })
}

// ReportTurn is one attempt at a report. Who has lost it, because nothing was heard of
// them for long, changes nothing any more.
type ReportTurn struct {
	KeptReport
	Wish ReportWish
	Try  int // from 1
}

// ReportWaits says whether there is a report to take.
func ReportWaits(ctx context.Context, q store.Querier, c community.ID, now, heard time.Time) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM report WHERE community_id = $1 AND state IN ('asked', 'making') AND `+reportWaits,
		int64(c), now.UnixMilli(), heard.UnixMilli()).Scan(&n)
	return n > 0, err
}

const reportWaits = `(state = 'asked' AND touched_at <= $2 OR state = 'making' AND touched_at < $3)`

// TakeReport takes the first report that waits, or of whose maker nothing was heard
// since a moment; ok is false where there is none.
func TakeReport(ctx context.Context, tx *store.Tx, c community.ID, now, heard time.Time) (t ReportTurn, ok bool, err error) {
	var wish string
	t.KeptReport, err = scanReport(tx.QueryRowContext(ctx, `SELECT `+reportColumns+`, wish, tries FROM report WHERE community_id = $1 AND state IN ('asked', 'making')
		AND `+reportWaits+` ORDER BY report_id LIMIT 1`,
		int64(c), now.UnixMilli(), heard.UnixMilli()).Scan, &wish, &t.Try)
	if errors.Is(err, sql.ErrNoRows) {
		return t, false, nil
	}
	if err != nil {
		return t, false, err
	}
	if err := json.Unmarshal([]byte(wish), &t.Wish); err != nil {
		return t, false, err
	}
	res, err := tx.Exec(`UPDATE report SET state = 'making', tries = tries + 1, done = 0, touched_at = $3 WHERE community_id = $1 AND report_id = $2 AND tries = $4`,
		int64(c), t.ID, now.UnixMilli(), t.Try)
	t.Try++
	return t, changed(res, err), err
}

// TellReport notes how far a report is; false: somebody else makes it now.
func TellReport(tx *store.Tx, c community.ID, t *ReportTurn, done, todo int, now time.Time) (bool, error) {
	res, err := tx.Exec(`UPDATE report SET done = $4, todo = $5, touched_at = $6 WHERE community_id = $1 AND report_id = $2 AND state = 'making' AND tries = $3`,
		int64(c), t.ID, t.Try, done, todo, now.UnixMilli())
	return changed(res, err), err
}

// KeepReport writes down what a report says; false: somebody else made it.
func KeepReport(tx *store.Tx, c community.ID, t *ReportTurn) (bool, error) {
	res, err := tx.Exec(`UPDATE report SET state = 'made', from_day = $4, to_day = $5, made_at = $6, as_of = $7
			WHERE community_id = $1 AND report_id = $2 AND state = 'making' AND tries = $3`,
		int64(c), t.ID, t.Try, int64(t.From), int64(t.To), t.At.UnixMilli(), int64(t.AsOf))
	if err != nil || !changed(res, err) {
		return false, err
	}
	result, err := json.Marshal(t.Report)
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(`INSERT INTO report_result (community_id, report_id, result, questions) VALUES ($1, $2, $3, $4)`, int64(c), t.ID, string(result), string(t.Questions)); err != nil {
		return false, err
	}
	return true, saveReportGroups(tx, c, &t.KeptReport)
}

// PutOffReport lets a report be made at a later moment, or says why it is not.
func PutOffReport(tx *store.Tx, c community.ID, t *ReportTurn, state ReportState, again time.Time, why string) error {
	_, err := tx.Exec(`UPDATE report SET state = $4, touched_at = $5, error = $6 WHERE community_id = $1 AND report_id = $2 AND state = 'making' AND tries = $3`,
		int64(c), t.ID, t.Try, string(state), again.UnixMilli(), why)
	return err
}

func changed(res sql.Result, err error) bool {
	if err != nil {
		return false
	}
	n, err := res.RowsAffected()
	return err == nil && n == 1
}
