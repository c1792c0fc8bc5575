package cases

import (
	"context"
	"database/sql"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
)

// WantOpinion writes that another judge is to be asked about a verdict.
func WantOpinion(tx *store.Tx, c community.ID, o *casework.Opinion) error {
	return exec(tx, `INSERT INTO opinion (community_id, verdict_id, review_id, class, score, wanted_at, state, tries, next_at, error, given_at, given_seq, says,
			probability, joint, why, model)
		VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $6, '', 0, 0, '', 0, 0, '', '')`,
		int64(c), o.Verdict, o.Review, o.Class, o.Score, millis(o.WantedAt))
}

// GiveOpinion writes what the other judge said.
func GiveOpinion(tx *store.Tx, c community.ID, o *casework.Opinion) error {
	return exec(tx, `UPDATE opinion SET state = 'given', error = '', given_at = $3, given_seq = $4, says = $5, probability = $6, joint = $7, why = $8, model = $9
		WHERE community_id = $1 AND verdict_id = $2`,
		int64(c), o.Verdict, millis(o.GivenAt), int64(o.GivenSeq), o.Says, o.Probability, o.Joint, clean(o.Why), clean(o.Model))
}

// PutOff writes that an attempt failed: when the next may be, or, with a zero
// time, that there is none. Nothing is written of an opinion that is there.
func PutOff(tx *store.Tx, c community.ID, verdict int64, tries int, next time.Time, why string) error {
	state := casework.OpinionWaiting
	if next.IsZero() {
		state = casework.OpinionFailed
	}
	return exec(tx, `UPDATE opinion SET state = $3, tries = $4, next_at = $5, error = $6 WHERE community_id = $1 AND verdict_id = $2 AND state = 'waiting'`,
		int64(c), verdict, string(state), int64(tries), millis(next), clean(why))
}

// GiveUp writes that nobody will be asked any more about what was wanted before a
// time.
func GiveUp(tx *store.Tx, c community.ID, before time.Time) error {
	return exec(tx, `UPDATE opinion SET state = 'failed' WHERE community_id = $1 AND state = 'waiting' AND wanted_at < $2`, int64(c), millis(before))
}

const opinionColumns = `SELECT verdict_id, review_id, class, score, wanted_at, state, tries, error, given_at, given_seq, says, probability, joint, why, model
	FROM opinion WHERE community_id = $1 `

func scanOpinion(rows *sql.Rows) (o casework.Opinion, err error) {
	var wanted, given int64
	err = rows.Scan(&o.Verdict, &o.Review, &o.Class, &o.Score, &wanted, (*string)(&o.State), &o.Tries, &o.Error, &given, (*int64)(&o.GivenSeq), &o.Says, &o.Probability,
		&o.Joint, &o.Why, &o.Model)
	o.WantedAt, o.GivenAt = timeOf(wanted), timeOf(given)
	return o, err
}

// OpinionOn finds what was asked about a verdict; found is false where nothing was.
func OpinionOn(ctx context.Context, q store.Querier, c community.ID, verdict int64) (o casework.Opinion, found bool, err error) {
	all, err := list(ctx, q, scanOpinion, opinionColumns+`AND verdict_id = $2`, int64(c), verdict)
	if err != nil || len(all) == 0 {
		return o, false, err
	}
	return all[0], true, nil
}

// OpinionsOf lists what was asked about the verdicts of a card.
func OpinionsOf(ctx context.Context, q store.Querier, c community.ID, review int64) ([]casework.Opinion, error) {
	return list(ctx, q, scanOpinion, opinionColumns+`AND review_id = $2 ORDER BY verdict_id`, int64(c), review)
}

// Wanted lists what is to be asked by now, the oldest first.
func Wanted(ctx context.Context, q store.Querier, c community.ID, now time.Time, limit int) ([]casework.Opinion, error) {
	return list(ctx, q, scanOpinion, opinionColumns+`AND state = 'waiting' AND next_at <= $2 ORDER BY next_at, verdict_id LIMIT $3`, int64(c), millis(now), limit)
}

// Asked is how often another judge was asked on a day.
type Asked struct{ Asked, Answered, Known int }

// AskedOn reads it; day is as in 2026-11-22.
func AskedOn(ctx context.Context, q store.Querier, c community.ID, day string) (a Asked, err error) {
	all, err := list(ctx, q, func(rows *sql.Rows) (a Asked, err error) { return a, rows.Scan(&a.Asked, &a.Answered, &a.Known) },
		`SELECT asked, answered, known FROM opinion_day WHERE community_id = $1 AND day = $2`, int64(c), day)
	if len(all) > 0 {
		a = all[0]
	}
	return a, err
}

// CountAsked adds to it.
func CountAsked(tx *store.Tx, c community.ID, day string, a Asked) error {
	return exec(tx, `INSERT INTO opinion_day (community_id, day, asked, answered, known) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (community_id, day) DO UPDATE SET asked = opinion_day.asked + excluded.asked, answered = opinion_day.answered + excluded.answered,
			known = opinion_day.known + excluded.known`, int64(c), day, int64(a.Asked), int64(a.Answered), int64(a.Known))
}

// LeanReview moves a card that waits beside others of its severity. It reports
// whether there was such a card.
func LeanReview(tx *store.Tx, c community.ID, review int64, lean int) (bool, error) {
	return changed(tx.Exec(`UPDATE review SET lean = $3 WHERE community_id = $1 AND review_id = $2 AND state IN ('open', 'asked')`, int64(c), review, int64(lean)))
}

// WaitingOpinions counts what is to be asked.
func WaitingOpinions(ctx context.Context, q store.Querier, c community.ID) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM opinion WHERE community_id = $1 AND state = 'waiting'`, int64(c)).Scan(&n)
	return n, store.Unavailable(err)
}
