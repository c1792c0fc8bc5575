package cases

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/measure"
	"qunying/internal/store"
)

// each reads rows one after the other, without keeping them.
func each(ctx context.Context, q store.Querier, row func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return store.Unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return store.Unavailable(rows.Err())
}

// among limits a column to groups; nil: to none.
func among(column string, args []any, groups []community.GroupID) (condition string, all []any) {
	if groups == nil {
		return "", args
	}
	places, args := store.Listed(args, groups)
	return " AND " + column + " IN " + places, args
}

// JudgedBetween goes through suggestions and automatic verdicts on what was
// written in [from, to), of groups (nil: of all). Whether people found them to
// be nothing is not told: see Fates. What people were only asked about counts where
// they did something about it, here and in CardsBetween.
func JudgedBetween(ctx context.Context, q store.Querier, c community.ID, of []community.GroupID, from, to time.Time, row func(verdict int64, j measure.Judged)) error {
	where, args := among("group_id", []any{int64(c), millis(from), millis(to)}, of)
	return each(ctx, q, func(rows *sql.Rows) error {
		var j measure.Judged
		var verdict, automatic int64
		err := rows.Scan(&j.At, (*int64)(&j.Group), &automatic, &j.Review, &verdict)
		j.Automatic = automatic == 1
		row(verdict, j)
		return err
	}, `SELECT at, group_id, CASE WHEN stage = 'auto' THEN 1 ELSE 0 END, review_id, verdict_id FROM verdict WHERE community_id = $1 AND at >= $2 AND at < $3
		AND stage IN ('suggest', 'auto') AND (clause <> '`+casework.UncertainClause+`' OR EXISTS (SELECT 1 FROM review r WHERE r.community_id = verdict.community_id
			AND r.review_id = verdict.review_id AND r.state = 'decided' AND r.decision = 'change'))`+where, args...)
}

// CardsBetween goes through the cards of groups (nil: of all) that were opened in
// [from, to), with the decisions over them; who appealed is not told: see Fates.
func CardsBetween(ctx context.Context, q store.Querier, c community.ID, of []community.GroupID, from, to time.Time, row func(card *measure.Card)) error {
	first, err := firstDecisions(ctx, q, c, of, from, to)
	if err != nil {
		return err
	}
	where, args := among("group_id", []any{int64(c), millis(from), millis(to)}, of)
	var card measure.Card
	return each(ctx, q, func(rows *sql.Rows) error {
		card = measure.Card{}
		if err := rows.Scan(&card.OpenedAt, &card.ID, (*string)(&card.Kind), &card.Clause, &card.Decision, (*int64)(&card.DecideBy),
			&card.DecideAt, &card.PagedAt, &card.SaidAt); err != nil {
			return err
		}
		if card.Decision == "" { // one of two has decided, perhaps
			card.DecideBy, card.DecideAt = 0, 0
		}
		card.First = card.Decision
		if earlier, ok := first[card.ID]; ok && card.Decision == casework.Overturn {
			card.First, card.DecideAt, card.DecideBy = earlier.What, millis(earlier.At), earlier.Staff
		}
		row(&card)
		return nil
	}, `SELECT opened_at, review_id, kind, clause, CASE WHEN state = 'decided' THEN decision ELSE '' END, decided_by, decided_at, paged_at, said_at FROM review
		WHERE community_id = $1 AND opened_at >= $2 AND opened_at < $3 AND (kind <> 'unsure' OR state = 'decided' AND decision = 'change')`+where, args...)
}

// firstDecisions are the first decisions that were not taken back of cards that
// were overturned in the end.
func firstDecisions(ctx context.Context, q store.Querier, c community.ID, of []community.GroupID, from, to time.Time) (map[int64]casework.Ruling, error) {
	where, args := among("r.group_id", []any{int64(c), millis(from), millis(to)}, of)
	first := map[int64]casework.Ruling{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		var r casework.Ruling
		var at int64
		if err := rows.Scan(&r.Review, &at, (*int64)(&r.Staff), &r.What); err != nil {
			return err
		}
		r.At = timeOf(at)
		if _, known := first[r.Review]; r.What == casework.Undo {
			delete(first, r.Review) // only the last decision can be taken back, and it was the only one that stood
		} else if !known {
			first[r.Review] = r
		}
		return nil
	}, `SELECT u.review_id, u.at, u.staff_id, u.what FROM review r JOIN ruling u ON u.community_id = r.community_id AND u.review_id = r.review_id
		WHERE r.community_id = $1 AND r.opened_at >= $2 AND r.opened_at < $3 AND r.state = 'decided' AND r.decision = 'overturn'
			AND u.what IN ('accept', 'change', 'overturn', 'undo')`+where+` ORDER BY r.opened_at, r.review_id, u.ruling_id`, args...)
	return first, err
}

// Fate is what became of an appeal.
type Fate struct {
	Verdict, Review int64 // against which, and its card
	Granted         bool
}

// Fates lists what became of the appeals that came in since a time.
func Fates(ctx context.Context, q store.Querier, c community.ID, since time.Time) ([]Fate, error) {
	return list(ctx, q, func(rows *sql.Rows) (f Fate, err error) {
		err = rows.Scan(&f.Verdict, &f.Review, &f.Granted)
		return f, err
	}, `SELECT a.verdict_id, v.review_id, CASE WHEN a.state = 'decided' AND a.decision = 'grant' THEN 1 ELSE 0 END = 1 FROM review a
		JOIN verdict v ON v.community_id = a.community_id AND v.verdict_id = a.verdict_id WHERE a.community_id = $1 AND a.kind = 'appeal' AND a.opened_at >= $2`, int64(c), millis(since))
}

// CardsByID reads cards whatever their age.
func CardsByID(ctx context.Context, q store.Querier, c community.ID, ids []int64) ([]casework.Review, error) {
	var all []casework.Review
	const most = 500 // in one query
	for begin := 0; begin < len(ids); begin += most {
		args, marks := []any{}, []string{}
		for _, id := range ids[begin:min(begin+most, len(ids))] {
			args = append(args, id)
			marks = append(marks, "$"+strconv.Itoa(len(args)+1))
		}
		found, err := reviews(ctx, q, c, `AND r.review_id IN (`+strings.Join(marks, ", ")+`)`, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// PenaltiesBetween counts what people decided on cards that were opened in
// [from, to), of groups (nil: of all), by clause, strike, acts and who decided.
// The strike is that of the card's first verdict.
func PenaltiesBetween(ctx context.Context, q store.Querier, c community.ID, of []community.GroupID, from, to time.Time) ([]measure.Penalty, error) {
	where, args := among("r.group_id", []any{int64(c), millis(from), millis(to)}, of)
	return list(ctx, q, func(rows *sql.Rows) (p measure.Penalty, err error) {
		err = rows.Scan(&p.Clause, &p.Strike, &p.Acts, &p.Staff, &p.N)
		return p, err
	}, `SELECT r.clause, COALESCE(v.strike, 0), u.acts, u.staff_id, COUNT(*) FROM review r
		JOIN ruling u ON u.community_id = r.community_id AND u.review_id = r.review_id AND u.what = r.decision AND u.at = r.decided_at
		LEFT JOIN verdict v ON v.community_id = r.community_id AND v.verdict_id = (
			SELECT MIN(f.verdict_id) FROM verdict f WHERE f.community_id = r.community_id AND f.review_id = r.review_id)
		WHERE r.community_id = $1 AND r.opened_at >= $2 AND r.opened_at < $3 AND r.kind IN ('suggest', 'report') AND r.state = 'decided'
			AND r.decision IN ('accept', 'change')`+where+`
		GROUP BY r.clause, COALESCE(v.strike, 0), u.acts, u.staff_id`, args...)
}

// MessagesBetween goes through how much members said on days of a period, both
// ends included: of the whole community by day, or of groups by group and day.
func MessagesBetween(ctx context.Context, q store.Querier, c community.ID, of []community.GroupID, from, to community.Day, row func(g community.GroupID, day community.Day, messages int64)) error {
	query, args := `SELECT 0, day, messages FROM view_community_day WHERE community_id = $1 AND day >= $2 AND day <= $3`, []any{int64(c), int64(from), int64(to)}
	if of != nil {
		where, all := among("group_id", args, of)
		query, args = `SELECT group_id, day, messages FROM view_group_day WHERE community_id = $1 AND day >= $2 AND day <= $3`+where, all
	}
	return each(ctx, q, func(rows *sql.Rows) error {
		var g, day, n int64
		err := rows.Scan(&g, &day, &n)
		row(community.GroupID(g), community.Day(day), n)
		return err
	}, query, args...)
}

// Under is a clause under a policy.
type Under struct {
	Clause string
	Group  community.GroupID // whose policy; 0: a set's, or the community's
	Set    int64             // whose policy, 0: no set's
	Since  int64             // the version of the policy since which cases count
}

// Decided tells, of the cases of a clause, which people found right and which they
// overturned, the newest first; at most limit. automatic takes only those where the
// machine had acted, within those of some groups, nil for all. A case is a card; what
// was appealed and granted counts as overturned.
func Decided(ctx context.Context, q store.Querier, c community.ID, u Under, within []community.GroupID, automatic bool, limit int) ([]bool, error) {
	where, args := among("v.group_id", []any{int64(c), u.Clause, int64(u.Group), u.Since, flag(automatic), limit, u.Set}, within)
	return list(ctx, q, func(rows *sql.Rows) (overturned bool, err error) {
		err = rows.Scan(&overturned)
		return overturned, err
	}, `SELECT wrong = 1 FROM (
		SELECT r.review_id AS id, CASE WHEN r.state = 'decided' THEN r.decided_at ELSE 0 END AS at,
			CASE WHEN r.decision = 'settled' THEN '' ELSE r.state END AS state, -- who settled it said nothing of who was right
			CASE WHEN r.state = 'decided' AND r.decision = 'overturn' OR EXISTS (SELECT 1 FROM verdict w JOIN review a ON a.community_id = w.community_id AND a.verdict_id = w.verdict_id
				WHERE w.community_id = r.community_id AND w.review_id = r.review_id AND a.kind = 'appeal' AND a.state = 'decided' AND a.decision = 'grant') THEN 1 ELSE 0 END AS wrong
		FROM review r WHERE r.community_id = $1 AND r.kind IN ('suggest', 'auto') AND (r.kind = 'auto' OR $5 = 0 OR EXISTS (SELECT 1 FROM verdict o WHERE o.community_id = r.community_id AND o.review_id = r.review_id AND (o.at_once = 1 OR o.lowered = 'second')))
			AND r.review_id IN (
			SELECT v.review_id FROM verdict v WHERE v.community_id = $1 AND v.clause = $2 AND v.policy_group = $3 AND v.policy_set = $7 AND v.policy_version >= $4 AND v.review_id > 0`+where+`)
	) AS known WHERE state = 'decided' OR wrong = 1 ORDER BY id DESC LIMIT $6`, args...)
}
