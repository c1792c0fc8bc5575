package insightdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// ReportGroups lists the groups that a wish is about as things are. It fails with
// NotFound for a group that is not there, and with Invalid where there is none at all.
func ReportGroups(ctx context.Context, q store.Querier, c community.ID, w ReportWish) (of []community.GroupID, err error) {
	world, _, _, err := worldOf(ctx, q, c, w.Within, time.Time{})
	if err != nil {
		return nil, err
	}
	plan, err := insight.Query{Metrics: []string{"messages"}, Groups: w.Groups, From: 1, To: 1}.Plan(world.World)
	if err != nil {
		return nil, err
	}
	if of = plan.GroupsNeeded(); len(of) == 0 {
		return nil, community.Errorf(community.Invalid, "groups: there is no group to report on").WithHint("choose others")
	}
	return of, nil
}

// MakeReport works a report out. It answers also which groups it tells of. It fails
// with NotFound for a group that is not there, and with Invalid where there is no group
// at all. progress may be nil.
func MakeReport(ctx context.Context, q store.Querier, c community.ID, kind insight.ReportKind, w ReportWish, zone *time.Location, now time.Time, progress Progress) (r insight.Report, of []community.GroupID, err error) {
	groups, within, to := w.Groups, w.Within, w.To
	if to == 0 {
		world, heads, _, err := worldOf(ctx, q, c, within, now)
		if err != nil {
			return r, nil, err
		}
		for _, p := range world.Places {
			if len(groups) == 0 || slices.Contains(groups, p.Group) {
				h := heads[p.Group]
				to = max(to, h.last(now))
			}
		}
	}
	asks := kind.Queries(groups, to)
	all, err := askAll(ctx, q, c, []insight.Query{asks.Total, asks.Trend, asks.Groups, asks.Persons}, within, nil, now, progress)
	if err != nil {
		return r, nil, err
	}
	total := all[0]
	parts := insight.ReportParts{Zone: zone.String(), Total: total.Result, Trend: all[1].Result, Groups: all[2].Result, Persons: all[3].Result}
	of = total.Plan.GroupsNeeded()
	if len(of) == 0 {
		return r, nil, community.Errorf(community.Invalid, "groups: there is no group to report on").WithHint("choose others")
	}
	healths, _, err := Healths(ctx, q, c)
	if err != nil {
		return r, nil, err
	}
	period := total.Plan.Period()
	judged := make(map[community.GroupID]*GroupHealth, len(healths))
	for i := range healths {
		judged[healths[i].ID] = &healths[i]
	}
	for _, g := range of {
		j := insight.GroupJudgement{Group: g, Name: total.Heads[g].Name}
		if h := judged[g]; h != nil {
			j.Type = h.Type
			if h.Span.To >= period.From { // what ended before is not of this period
				j.Health = &h.Health
			}
		}
		parts.Judged = append(parts.Judged, j)
	}
	return insight.NewReport(kind, parts), of, nil
}

// MailState is what became of the e-mail of a report.
type MailState string

// The states of an e-mail. One that was being sent when the process died is
// unknown: it is not sent again by itself.
const (
	MailNone    MailState = ""
	MailDue     MailState = "due"
	MailSending MailState = "sending"
	MailSent    MailState = "sent"
	MailFailed  MailState = "failed"
	MailUnknown MailState = "unknown"
)

// ReportState is how far a report is.
type ReportState string

// The states of a report.
const (
	ReportAsked  ReportState = "asked" // nobody works on it yet
	ReportMaking ReportState = "making"
	ReportMade   ReportState = "made"
	ReportFailed ReportState = "failed"
)

// KeptReport is a report as it was made, or as far as it is.
type KeptReport struct {
	ID       int64
	Key      string // unique: of a plan its name and due day
	Plan     string // "": by hand
	Kind     insight.ReportKind
	From, To community.Day
	At       time.Time         // it was made, or asked for
	By       community.StaffID // 0: by a plan
	AsOf     community.Seq
	Groups   []community.GroupID // not read by lists of all
	Size     int                 // how many groups those are
	Language string              // of the e-mail

	State      ReportState
	Done, Todo int    // groups that have been read, while it is made
	Error      string // of one that failed

	MailTo    []string
	Mail      MailState
	MailDue   time.Time
	MailTries int
	MailError string

	Report insight.Report // not read by lists
	// Questions is JSON: what is answered beside its own numbers, not read by lists.
	Questions json.RawMessage
	Whole     bool // while it is made: it is of all groups there are
}

// FileName is what a file of it is called.
func (r *KeptReport) FileName(layout string) string {
	return fmt.Sprintf("qunying-%s-%s.%s", r.Kind, r.To, layout)
}

const reportColumns = `report_id, made_key, plan, kind, from_day, to_day, made_at, staff_id, as_of, language, mail_to, mail_state, mail_due, mail_tries, mail_error,
	state, done, todo, error`

func scanReport(scan func(...any) error, more ...any) (r KeptReport, err error) {
	var at, due int64
	var to string
	if err = scan(append([]any{&r.ID, &r.Key, &r.Plan, (*string)(&r.Kind), (*int32)(&r.From), (*int32)(&r.To), &at, (*int64)(&r.By), (*int64)(&r.AsOf), &r.Language,
		&to, (*string)(&r.Mail), &due, &r.MailTries, &r.MailError, (*string)(&r.State), &r.Done, &r.Todo, &r.Error}, more...)...); err != nil {
		return r, err
	}
	r.At, r.MailDue = time.UnixMilli(at), time.UnixMilli(due)
	return r, json.Unmarshal([]byte(to), &r.MailTo)
}

// Reports lists the newest reports all of whose groups lie within (nil: all), before
// one (0: the newest), limit at most.
func Reports(ctx context.Context, q store.Querier, c community.ID, within []community.GroupID, before int64, limit int) (list []KeptReport, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+reportColumns+` FROM report WHERE community_id = $1 AND (report_id < $2 OR $2 = 0) ORDER BY report_id DESC LIMIT 2000`, int64(c), before)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanReport(rows.Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	rows.Close()
	kept := list[:0]
	for _, r := range list {
		if len(kept) == limit {
			break
		}
		if within == nil {
			if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM report_group WHERE community_id = $1 AND report_id = $2`, int64(c), r.ID).Scan(&r.Size); err != nil {
				return nil, err
			}
			kept = append(kept, r)
			continue
		}
		if r.Groups, err = reportGroups(ctx, q, c, r.ID); err != nil {
			return nil, err
		}
		r.Size = len(r.Groups)
		if !slices.ContainsFunc(r.Groups, func(g community.GroupID) bool { return !slices.Contains(within, g) }) {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

func reportGroups(ctx context.Context, q store.Querier, c community.ID, id int64) (list []community.GroupID, err error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id FROM report_group WHERE community_id = $1 AND report_id = $2 ORDER BY group_id`, int64(c), id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var g int64
		if err := rows.Scan(&g); err != nil {
			return nil, err
		}
		list = append(list, community.GroupID(g))
	}
	return list, rows.Err()
}

// ReadReport reads one report as it was made, or as far as it is. It fails with NotFound.
func ReadReport(ctx context.Context, q store.Querier, c community.ID, id int64) (r KeptReport, err error) {
	r, err = scanReport(q.QueryRowContext(ctx, `SELECT `+reportColumns+` FROM report WHERE community_id = $1 AND report_id = $2`, int64(c), id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, community.Errorf(community.NotFound, "there is no report %d", id)
	}
	if err != nil {
		return r, err
	}
	if r.State == ReportMade {
		var result, questions []byte
		if err := q.QueryRowContext(ctx, `SELECT result, questions FROM report_result WHERE community_id = $1 AND report_id = $2`, int64(c), id).Scan(&result, &questions); err != nil {
			return r, err
		}
		r.Questions = questions
		if err := json.Unmarshal(result, &r.Report); err != nil {
			return r, err
		}
	}
	r.Groups, err = reportGroups(ctx, q, c, id)
	r.Size = len(r.Groups)
	return r, err
}

// ReportThere says whether there is a report of a key.
func ReportThere(ctx context.Context, q store.Querier, c community.ID, key string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM report WHERE community_id = $1 AND made_key = $2`, int64(c), key).Scan(&n)
	return n > 0, err
}

// ReportsToMail lists the numbers of reports whose e-mail is due.
func ReportsToMail(ctx context.Context, q store.Querier, c community.ID, now time.Time) (ids []int64, err error) {
	rows, err := q.QueryContext(ctx, `SELECT report_id FROM report WHERE community_id = $1 AND state = 'made' AND mail_state = 'due' AND mail_due <= $2 ORDER BY report_id LIMIT 20`, int64(c), now.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// ClaimReportMail marks an e-mail as being sent; false: another did.
func ClaimReportMail(tx *store.Tx, c community.ID, id int64, now time.Time) (bool, error) {
	res, err := tx.Exec(`UPDATE report SET mail_state = 'sending', mail_due = $3, mail_tries = mail_tries + 1 WHERE community_id = $1 AND report_id = $2 AND mail_state = 'due'`,
		int64(c), id, now.UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// SettleReportMail notes what became of an e-mail that was claimed.
func SettleReportMail(tx *store.Tx, c community.ID, id int64, state MailState, next time.Time, why string) error {
	_, err := tx.Exec(`UPDATE report SET mail_state = $3, mail_due = $4, mail_error = $5 WHERE community_id = $1 AND report_id = $2 AND mail_state = 'sending'`,
		int64(c), id, string(state), next.UnixMilli(), why)
	return err
}

// LoseReportMails says of e-mails that have been on their way since before a moment
// that nobody knows whether they arrived.
func LoseReportMails(tx *store.Tx, c community.ID, before time.Time) error {
	_, err := tx.Exec(`UPDATE report SET mail_state = 'unknown' WHERE community_id = $1 AND mail_state = 'sending' AND mail_due < $2`, int64(c), before.UnixMilli())
	return err
}
