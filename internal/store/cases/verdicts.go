package cases

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
)

// AddVerdict writes a verdict and numbers it.
func AddVerdict(tx *store.Tx, c community.ID, v *casework.Verdict) error {
	var err error
	if v.ID, err = next(tx, c, "verdict", "verdict_id"); err != nil {
		return err
	}
	if err := exec(tx, `INSERT INTO verdict (community_id, verdict_id, seq, at, logged_at, group_id, identity_id, clause, category, policy_group,
			policy_version, policy_set, severity, stage, lowered, strike, review_id, at_once)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		int64(c), v.ID, int64(v.Seq), millis(v.At), millis(v.LoggedAt), int64(v.Group), int64(v.Identity), v.Clause, v.Category, int64(v.PolicyGroup),
		v.PolicyVersion, v.PolicySet, int64(v.Severity), string(v.Stage), v.Lowered, int64(v.Strike), v.Review, flag(v.AtOnce)); err != nil || v.Body == nil {
		return err
	}
	return exec(tx, `INSERT INTO verdict_body (community_id, verdict_id, name, text, message_id, receipt) VALUES ($1, $2, $3, $4, $5, $6)`,
		int64(c), v.ID, clean(v.Body.Name), clean(v.Body.Text), clean(v.Body.MessageID), clean(v.Body.Receipt))
}

const verdictColumns = `SELECT v.verdict_id, v.seq, v.at, v.logged_at, v.group_id, v.identity_id, v.clause, v.category, v.policy_group, v.policy_version, v.policy_set,
	v.severity, v.stage, v.lowered, v.strike, v.review_id, v.at_once, b.name, b.text, b.message_id, b.receipt
	FROM verdict v LEFT JOIN verdict_body b ON b.community_id = v.community_id AND b.verdict_id = v.verdict_id WHERE v.community_id = $1 `

func scanVerdict(rows *sql.Rows) (v casework.Verdict, err error) {
	var at, logged int64
	var name, text, message, receipt sql.NullString
	var atOnce int64
	err = rows.Scan(&v.ID, (*int64)(&v.Seq), &at, &logged, (*int64)(&v.Group), (*uint32)(&v.Identity), &v.Clause, &v.Category, (*int64)(&v.PolicyGroup),
		&v.PolicyVersion, &v.PolicySet, (*int)(&v.Severity), (*string)(&v.Stage), &v.Lowered, &v.Strike, &v.Review, &atOnce, &name, &text, &message, &receipt)
	v.At, v.LoggedAt, v.AtOnce = timeOf(at), timeOf(logged), atOnce == 1
	if name.Valid {
		v.Body = &casework.VerdictBody{Name: name.String, Text: text.String, MessageID: message.String, Receipt: receipt.String}
	}
	return v, err
}

func verdicts(ctx context.Context, q store.Querier, c community.ID, where string, args ...any) ([]casework.Verdict, error) {
	return list(ctx, q, scanVerdict, verdictColumns+where, append([]any{int64(c)}, args...)...)
}

// Verdict finds a verdict. It fails with NotFound.
func Verdict(ctx context.Context, q store.Querier, c community.ID, id int64) (casework.Verdict, error) {
	found, err := verdicts(ctx, q, c, `AND v.verdict_id = $2`, id)
	if err != nil {
		return casework.Verdict{}, err
	}
	if len(found) == 0 {
		return casework.Verdict{}, community.Errorf(community.NotFound, "there is no verdict %d", id)
	}
	return found[0], nil
}

// VerdictsOf lists the verdicts on a card, the oldest first.
func VerdictsOf(ctx context.Context, q store.Querier, c community.ID, review int64, limit int) ([]casework.Verdict, error) {
	return verdicts(ctx, q, c, `AND v.review_id = $2 AND v.review_id <> 0 ORDER BY v.verdict_id LIMIT $3`, review, limit)
}

// VerdictsOn lists the verdicts on one event.
func VerdictsOn(ctx context.Context, q store.Querier, c community.ID, seq community.Seq) ([]casework.Verdict, error) {
	return verdicts(ctx, q, c, `AND v.seq = $2 ORDER BY v.verdict_id`, int64(seq))
}

// VerdictsAgainst lists the newest verdicts against an identity.
func VerdictsAgainst(ctx context.Context, q store.Querier, c community.ID, id community.IdentityID, limit int) ([]casework.Verdict, error) {
	return verdicts(ctx, q, c, `AND v.identity_id = $2 ORDER BY v.verdict_id DESC LIMIT $3`, int64(id), limit)
}

// VerdictsSince lists verdicts that were given in [from, to), the oldest first.
func VerdictsSince(ctx context.Context, q store.Querier, c community.ID, from, to time.Time) ([]casework.Verdict, error) {
	return verdicts(ctx, q, c, `AND v.logged_at >= $2 AND v.logged_at < $3 ORDER BY v.verdict_id`, millis(from), millis(to))
}

// VerdictsAfter lists verdicts by number, from the one after a given number on.
func VerdictsAfter(ctx context.Context, q store.Querier, c community.ID, after int64, limit int) ([]casework.Verdict, error) {
	return verdicts(ctx, q, c, `AND v.verdict_id > $2 ORDER BY v.verdict_id LIMIT $3`, after, limit)
}

// AutomaticSince lists when the machine acted by itself in each group since the
// given time.
func AutomaticSince(ctx context.Context, q store.Querier, c community.ID, since time.Time) (map[community.GroupID][]time.Time, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, logged_at FROM verdict WHERE community_id = $1 AND logged_at >= $2 AND (stage = 'auto' OR at_once = 1) ORDER BY logged_at`,
		int64(c), millis(since))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[community.GroupID][]time.Time{}
	for rows.Next() {
		var g, at int64
		if err := rows.Scan(&g, &at); err != nil {
			return nil, err
		}
		all[community.GroupID(g)] = append(all[community.GroupID(g)], timeOf(at))
	}
	return all, rows.Err()
}

// AddStrike writes a strike, or that one is taken back, and numbers it.
func AddStrike(tx *store.Tx, c community.ID, s *casework.Strike) error {
	var err error
	if s.ID, err = next(tx, c, "strike", "strike_id"); err != nil {
		return err
	}
	return exec(tx, `INSERT INTO strike (community_id, strike_id, identity_id, group_id, verdict_id, delta, at, cause_seq, why)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		int64(c), s.ID, int64(s.Identity), int64(s.Group), s.Verdict, int64(s.Delta), millis(s.At), int64(s.CauseSeq), s.Why)
}

func scanStrike(rows *sql.Rows) (s casework.Strike, err error) {
	var at int64
	err = rows.Scan(&s.ID, (*uint32)(&s.Identity), (*int64)(&s.Group), &s.Verdict, &s.Delta, &at, (*int64)(&s.CauseSeq), &s.Why)
	s.At = timeOf(at)
	return s, err
}

const strikeColumns = `SELECT s.strike_id, s.identity_id, s.group_id, s.verdict_id, s.delta, s.at, s.cause_seq, s.why FROM strike s WHERE s.community_id = $1 `

// standing are strikes that nobody has taken back. A verdict may give a strike
// again after it was taken back: the newest line of a verdict counts.
const standing = `AND s.delta = 1 AND NOT EXISTS (SELECT 1 FROM strike r WHERE r.community_id = s.community_id AND r.verdict_id = s.verdict_id
	AND r.identity_id = s.identity_id AND r.delta = -1 AND r.strike_id > s.strike_id) `

// StandingStrikes lists the strikes since the given time that nobody has taken
// back, of everybody.
func StandingStrikes(ctx context.Context, q store.Querier, c community.ID, since time.Time) ([]casework.Strike, error) {
	return list(ctx, q, scanStrike, strikeColumns+standing+`AND s.at >= $2 ORDER BY s.strike_id`, int64(c), millis(since))
}

// StrikesOf lists all lines about an identity, the oldest first.
func StrikesOf(ctx context.Context, q store.Querier, c community.ID, id community.IdentityID) ([]casework.Strike, error) {
	return list(ctx, q, scanStrike, strikeColumns+`AND s.identity_id = $2 ORDER BY s.strike_id`, int64(c), int64(id))
}

// StrikesFor lists the standing strikes that a verdict gave.
func StrikesFor(ctx context.Context, q store.Querier, c community.ID, verdict int64) ([]casework.Strike, error) {
	return list(ctx, q, scanStrike, strikeColumns+standing+`AND s.verdict_id = $2`, int64(c), verdict)
}

// ForgivenBy lists the strikes that a command took back and that have stayed so, as
// they were given.
func ForgivenBy(ctx context.Context, q store.Querier, c community.ID, seq community.Seq, why string) ([]casework.Strike, error) {
	return list(ctx, q, scanStrike, strikeColumns+`AND s.delta = 1 AND EXISTS (SELECT 1 FROM strike p WHERE p.community_id = s.community_id AND p.cause_seq = $2 AND p.why = $3
		AND p.delta = -1 AND p.verdict_id = s.verdict_id AND p.identity_id = s.identity_id AND p.strike_id > s.strike_id
		AND NOT EXISTS (SELECT 1 FROM strike n WHERE n.community_id = s.community_id AND n.verdict_id = s.verdict_id AND n.identity_id = s.identity_id
			AND n.strike_id > s.strike_id AND n.strike_id <> p.strike_id)) ORDER BY s.strike_id`, int64(c), int64(seq), why)
}

// PastAmnesty is one that was given.
type PastAmnesty struct {
	Seq              community.Seq
	At               time.Time
	Staff            community.StaffID
	Members, Strikes int
	Left             int // strikes that could be given back
}

// Amnesties lists the last that were given, the newest first.
func Amnesties(ctx context.Context, q store.Querier, c community.ID, why string, limit int) ([]PastAmnesty, error) {
	all, err := list(ctx, q, func(rows *sql.Rows) (a PastAmnesty, err error) {
		var at int64
		err = rows.Scan((*int64)(&a.Seq), &at, &a.Members, &a.Strikes)
		a.At = timeOf(at)
		return a, err
	}, `SELECT cause_seq, MIN(at), COUNT(DISTINCT identity_id), COUNT(*) FROM strike WHERE community_id = $1 AND why = $2 AND delta = -1
		GROUP BY cause_seq ORDER BY cause_seq DESC LIMIT $3`, int64(c), why, limit)
	for i := range all {
		left, err := ForgivenBy(ctx, q, c, all[i].Seq, why)
		if err != nil {
			return nil, err
		}
		all[i].Left = len(left)
		ev, err := store.Event(ctx, q, c, all[i].Seq)
		if err != nil {
			return nil, err
		}
		if ev.Body != nil {
			if n, err := strconv.ParseInt(ev.Body.Data["staff"], 10, 64); err == nil {
				all[i].Staff = community.StaffID(n)
			}
		}
	}
	return all, err
}

// StrikesCausedBy lists the lines that a command brought about.
func StrikesCausedBy(ctx context.Context, q store.Querier, c community.ID, seq community.Seq) ([]casework.Strike, error) {
	return list(ctx, q, scanStrike, strikeColumns+`AND s.cause_seq = $2 ORDER BY s.strike_id`, int64(c), int64(seq))
}
