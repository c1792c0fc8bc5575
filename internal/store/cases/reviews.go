package cases

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
)

// AddReview writes a card and numbers it.
func AddReview(tx *store.Tx, c community.ID, r *casework.Review) error {
	proposed, err := acts(r.Acts)
	if err != nil {
		return err
	}
	if r.ID, err = next(tx, c, "review", "review_id"); err != nil {
		return err
	}
	if err := exec(tx, `INSERT INTO review (community_id, review_id, kind, state, clause, category, severity, group_id, identity_id, seq, verdict_id,
			gist, near, acts, items, reporters, opened_at, newest_at, due_at, paged_at, claimed_by, claimed_until, decided_by, decided_at, decision, ruling_seq, undo_until,
			said_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, 0, 0, 0, 0, '', 0, 0, $20)`,
		int64(c), r.ID, string(r.Kind), string(r.State), r.Clause, r.Category, int64(r.Severity), int64(r.Group), int64(r.Identity), int64(r.Seq), r.Verdict,
		int64(r.Gist), flag(r.Near), proposed, int64(r.Items), int64(r.Reporters), millis(r.OpenedAt), millis(r.NewestAt), millis(r.DueAt), millis(r.SaidAt)); err != nil || r.Body == nil {
		return err
	}
	return exec(tx, `INSERT INTO review_body (community_id, review_id, name, text, message_id) VALUES ($1, $2, $3, $4, $5)`,
		int64(c), r.ID, clean(r.Body.Name), clean(r.Body.Text), clean(r.Body.MessageID))
}

// SaveReview writes where a card is now: everything but the message it began with.
func SaveReview(tx *store.Tx, c community.ID, r *casework.Review) error {
	proposed, err := acts(r.Acts)
	if err != nil {
		return err
	}
	return exec(tx, `UPDATE review SET state = $3, severity = $4, acts = $5, items = $6, reporters = $7, newest_at = $8, due_at = $9, paged_at = $10,
			claimed_by = $11, claimed_until = $12, decided_by = $13, decided_at = $14, decision = $15, ruling_seq = $16, undo_until = $17, clause = $18
		WHERE community_id = $1 AND review_id = $2`,
		int64(c), r.ID, string(r.State), int64(r.Severity), proposed, int64(r.Items), int64(r.Reporters), millis(r.NewestAt), millis(r.DueAt), millis(r.PagedAt),
		int64(r.ClaimedBy), millis(r.ClaimedTil), int64(r.DecidedBy), millis(r.DecidedAt), r.Decision, int64(r.RulingSeq), millis(r.UndoUntil), r.Clause)
}

// SaveMediation writes who talks over the dispute of a card, or how that ended.
func SaveMediation(tx *store.Tx, c community.ID, review int64, m *casework.Mediation) error {
	return exec(tx, `INSERT INTO mediation (community_id, review_id, seq, mediator, opened_by, opened_at, outcome, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (community_id, review_id) DO UPDATE SET seq = excluded.seq, mediator = excluded.mediator, opened_by = excluded.opened_by,
			opened_at = excluded.opened_at, outcome = excluded.outcome, ended_at = excluded.ended_at`,
		int64(c), review, int64(m.Seq), int64(m.Mediator), int64(m.OpenedBy), millis(m.OpenedAt), m.Outcome, millis(m.EndedAt))
}

const reviewColumns = `SELECT r.review_id, r.kind, r.state, r.clause, r.category, r.severity, r.group_id, r.identity_id, r.seq, r.verdict_id, r.gist, r.near, r.acts,
	r.items, r.reporters, r.opened_at, r.newest_at, r.due_at, r.paged_at, r.claimed_by, r.claimed_until, r.decided_by, r.decided_at, r.decision, r.ruling_seq,
	r.undo_until, r.said_at, r.lean, b.name, b.text, b.message_id, t.seq, COALESCE(t.mediator, 0), COALESCE(t.opened_by, 0), COALESCE(t.opened_at, 0),
	COALESCE(t.outcome, ''), COALESCE(t.ended_at, 0)
	FROM review r LEFT JOIN review_body b ON b.community_id = r.community_id AND b.review_id = r.review_id
	LEFT JOIN mediation t ON t.community_id = r.community_id AND t.review_id = r.review_id WHERE r.community_id = $1 `

func scanReview(rows *sql.Rows) (r casework.Review, err error) {
	var gist, near, opened, newest, due, paged, claimed, decided, undo, said int64
	var proposed string
	var name, text, message sql.NullString
	var moved sql.NullInt64
	var talk casework.Mediation
	var talkOpened, talkEnded int64
	if err := rows.Scan(&r.ID, (*string)(&r.Kind), (*string)(&r.State), &r.Clause, &r.Category, (*int)(&r.Severity), (*int64)(&r.Group), (*uint32)(&r.Identity),
		(*int64)(&r.Seq), &r.Verdict, &gist, &near, &proposed, &r.Items, &r.Reporters, &opened, &newest, &due, &paged, (*int64)(&r.ClaimedBy), &claimed,
		(*int64)(&r.DecidedBy), &decided, &r.Decision, (*int64)(&r.RulingSeq), &undo, &said, &r.Lean, &name, &text, &message,
		&moved, (*int64)(&talk.Mediator), (*int64)(&talk.OpenedBy), &talkOpened, &talk.Outcome, &talkEnded); err != nil {
		return r, err
	}
	r.Gist, r.Near = uint64(gist), near == 1
	r.OpenedAt, r.NewestAt, r.DueAt, r.PagedAt = timeOf(opened), timeOf(newest), timeOf(due), timeOf(paged)
	r.ClaimedTil, r.DecidedAt, r.UndoUntil, r.SaidAt = timeOf(claimed), timeOf(decided), timeOf(undo), timeOf(said)
	if moved.Valid {
		talk.Seq, talk.OpenedAt, talk.EndedAt = community.Seq(moved.Int64), timeOf(talkOpened), timeOf(talkEnded)
		r.Talk = &talk
	}
	if name.Valid {
		r.Body = &casework.ReviewBody{Name: name.String, Text: text.String, MessageID: message.String}
	}
	return r, json.Unmarshal([]byte(proposed), &r.Acts)
}

func reviews(ctx context.Context, q store.Querier, c community.ID, where string, args ...any) ([]casework.Review, error) {
	return list(ctx, q, scanReview, reviewColumns+where, append([]any{int64(c)}, args...)...)
}

// Review finds a card. It fails with NotFound.
func Review(ctx context.Context, q store.Querier, c community.ID, id int64) (casework.Review, error) {
	found, err := reviews(ctx, q, c, `AND r.review_id = $2`, id)
	if err != nil {
		return casework.Review{}, err
	}
	if len(found) == 0 {
		return casework.Review{}, community.Errorf(community.NotFound, "there is no card %d", id)
	}
	return found[0], nil
}

// ReviewsSince lists the cards of kinds on which something came since the given
// time: what a new message may be added to.
func ReviewsSince(ctx context.Context, q store.Querier, c community.ID, since time.Time) ([]casework.Review, error) {
	return reviews(ctx, q, c, `AND r.newest_at >= $2 AND r.kind IN ('suggest', 'auto', 'unsure') ORDER BY r.review_id`, millis(since))
}

// ReviewsOf lists the cards of a kind that began with an event or are against a
// verdict; zero values do not filter.
func ReviewsOf(ctx context.Context, q store.Querier, c community.ID, kind casework.Kind, seq community.Seq, verdict int64) ([]casework.Review, error) {
	return reviews(ctx, q, c, `AND r.kind = $2 AND (r.seq = $3 OR $3 = 0) AND (r.verdict_id = $4 OR $4 = 0) ORDER BY r.review_id`, string(kind), int64(seq), verdict)
}

// Filter says which cards are wanted; zero values do not filter.
type Filter struct {
	State    string // open: also those that wait for a second person; claimed; a casework.State
	Kind     casework.Kind
	Group    community.GroupID
	Clause   string
	Category string
	Claimed  community.StaffID // held by somebody
	Now      time.Time         // tells which claims still hold
	After    Place
	Limit    int // 0: 50

	Within []community.GroupID // only cards whose first message is in one of these; nil: any
}

// Place is a card's place in the queue: the riskiest first, of these what a second
// opinion agrees with and last what it finds harmless, then the newest.
type Place struct {
	Severity policy.Severity
	Lean     int
	At       time.Time
	ID       int64
}

// Place of a card in the queue.
func PlaceOf(r *casework.Review) Place { return Place{r.Severity, r.Lean, r.NewestAt, r.ID} }

// Reviews lists cards in the order of their places.
func Reviews(ctx context.Context, q store.Querier, c community.ID, f Filter) ([]casework.Review, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	args := []any{}
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args)+1)
	}
	where := ``
	switch f.State {
	case "":
	case string(casework.Open):
		where += `AND r.state IN ('open', 'asked') `
	case "claimed":
		where += `AND r.state IN ('open', 'asked') AND r.claimed_until > ` + arg(millis(f.Now)) + ` `
	default:
		where += `AND r.state = ` + arg(f.State) + ` `
	}
	for column, v := range map[string]string{"r.kind": string(f.Kind), "r.clause": f.Clause, "r.category": f.Category} {
		if v != "" {
			where += `AND ` + column + ` = ` + arg(v) + ` `
		}
	}
	if f.Group != 0 { // of any of its messages
		g := arg(int64(f.Group))
		where += `AND (r.group_id = ` + g + ` OR EXISTS (SELECT 1 FROM verdict v WHERE v.community_id = r.community_id AND v.review_id = r.review_id AND v.group_id = ` + g + `)) `
	}
	if f.Within != nil {
		places := make([]string, 0, len(f.Within))
		for _, g := range f.Within {
			places = append(places, arg(int64(g)))
		}
		where += `AND r.group_id IN (` + cmp.Or(strings.Join(places, ", "), "NULL") + `) `
	}
	if f.Claimed != 0 {
		where += `AND r.claimed_by = ` + arg(int64(f.Claimed)) + ` AND r.claimed_until > ` + arg(millis(f.Now)) + ` `
	}
	if f.After != (Place{}) {
		rank, at, id := arg(f.After.rank()), arg(millis(f.After.At)), arg(f.After.ID)
		where += `AND (` + rankOf + ` > ` + rank + ` OR ` + rankOf + ` = ` + rank + ` AND (r.newest_at < ` + at + ` OR r.newest_at = ` + at + ` AND r.review_id < ` + id + `)) `
	}
	return reviews(ctx, q, c, where+`ORDER BY `+rankOf+`, r.newest_at DESC, r.review_id DESC LIMIT `+arg(f.Limit), args...)
}

// Counts tells how many cards wait, by kind, and how many are past their time:
// those that begin in some groups, or (nil) all.
func Counts(ctx context.Context, q store.Querier, c community.ID, within []community.GroupID, now time.Time) (open map[casework.Kind]int, overdue int, err error) {
	inside, args := ``, []any{int64(c), millis(now)}
	if within != nil {
		var places string
		places, args = store.Listed(args, within)
		inside = `AND group_id IN ` + places
	}
	rows, err := q.QueryContext(ctx, `SELECT kind, COUNT(*), SUM(CASE WHEN due_at > 0 AND due_at <= $2 THEN 1 ELSE 0 END) FROM review
		WHERE community_id = $1 AND state IN ('open', 'asked') `+inside+` GROUP BY kind`, args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	open = map[casework.Kind]int{}
	for rows.Next() {
		var kind string
		var n, late int
		if err := rows.Scan(&kind, &n, &late); err != nil {
			return nil, 0, err
		}
		open[casework.Kind(kind)] = n
		overdue += late
	}
	return open, overdue, rows.Err()
}

// AddReporter notes who reported a message; the same one twice is one.
func AddReporter(tx *store.Tx, c community.ID, review int64, id community.IdentityID, seq community.Seq, at time.Time) (bool, error) {
	return changed(tx.Exec(`INSERT INTO reporter (community_id, review_id, identity_id, seq, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		int64(c), review, int64(id), int64(seq), millis(at)))
}

// AddRuling writes a decision and numbers it.
func AddRuling(tx *store.Tx, c community.ID, r *casework.Ruling) error {
	what, err := acts(r.Acts)
	if err != nil {
		return err
	}
	if r.ID, err = next(tx, c, "ruling", "ruling_id"); err != nil {
		return err
	}
	return exec(tx, `INSERT INTO ruling (community_id, ruling_id, review_id, seq, at, staff_id, what, acts, label, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		int64(c), r.ID, r.Review, int64(r.Seq), millis(r.At), int64(r.Staff), r.What, what, clean(r.Label), clean(r.Note))
}

const rulingColumns = `SELECT ruling_id, review_id, seq, at, staff_id, what, acts, label, note FROM ruling WHERE community_id = $1 `

func scanRuling(rows *sql.Rows) (r casework.Ruling, err error) {
	var at int64
	var what string
	if err := rows.Scan(&r.ID, &r.Review, (*int64)(&r.Seq), &at, (*int64)(&r.Staff), &r.What, &what, &r.Label, &r.Note); err != nil {
		return r, err
	}
	r.At = timeOf(at)
	return r, json.Unmarshal([]byte(what), &r.Acts)
}

// Rulings lists the decisions over a card, the oldest first.
func Rulings(ctx context.Context, q store.Querier, c community.ID, review int64) ([]casework.Ruling, error) {
	return list(ctx, q, scanRuling, rulingColumns+`AND review_id = $2 ORDER BY ruling_id`, int64(c), review)
}

// RulingsSince lists decisions of [from, to), the oldest first.
func RulingsSince(ctx context.Context, q store.Querier, c community.ID, from, to time.Time) ([]casework.Ruling, error) {
	return list(ctx, q, scanRuling, rulingColumns+`AND at >= $2 AND at < $3 ORDER BY ruling_id`, int64(c), millis(from), millis(to))
}

// Numbers writes a place as two numbers; PlaceFrom reads them.
func (p Place) Numbers() (n, id int64) { return millis(p.At)*ranks + p.rank(), p.ID }

// PlaceFrom is the reverse of Numbers.
func PlaceFrom(n, id int64) Place {
	rank := n % ranks
	return Place{Severity: policy.Severity(rank / 3), Lean: int(1 - rank%3), At: timeOf(n / ranks), ID: id}
}

// rankOf orders cards before their times do, as Place.rank.
const (
	rankOf = `(r.severity * 3 + 1 - r.lean)`
	ranks  = 16 // more than there are
)

func (p Place) rank() int64 { return int64(p.Severity)*3 + 1 - int64(p.Lean) }

// Spread tells in how many groups the messages of a card are, and of how many
// members.
func Spread(ctx context.Context, q store.Querier, c community.ID, review int64) (groups, people int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(DISTINCT group_id), COUNT(DISTINCT identity_id) FROM verdict WHERE community_id = $1 AND review_id = $2`,
		int64(c), review).Scan(&groups, &people)
	return groups, people, store.Unavailable(err)
}

// AskedSince counts the cards on which people teach that were opened since a time.
func AskedSince(ctx context.Context, q store.Querier, c community.ID, since time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM review WHERE community_id = $1 AND kind = 'unsure' AND opened_at >= $2`, int64(c), millis(since)).Scan(&n)
	return n, store.Unavailable(err)
}

// Waiting counts the cards that wait for somebody, within some groups or (nil) in
// all, and tells since when the oldest does; zero where none does. Those on which
// people teach wait for nobody.
func Waiting(ctx context.Context, q store.Querier, c community.ID, within []community.GroupID) (n int, oldest time.Time, err error) {
	where, args := "", []any{int64(c)}
	if within != nil {
		var places string
		places, args = store.Listed(args, within)
		where = ` AND group_id IN ` + places
	}
	var since int64
	err = q.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(MIN(opened_at), 0) FROM review WHERE community_id = $1 AND kind <> 'unsure' AND state IN ('open', 'asked')`+where, args...).Scan(&n, &since)
	return n, timeOf(since), err
}

// WaitingByGroup counts the cards that wait for somebody, by group.
func WaitingByGroup(ctx context.Context, q store.Querier, c community.ID) (map[community.GroupID]int, error) {
	return store.CountByGroup(ctx, q, `SELECT group_id, COUNT(*) FROM review WHERE community_id = $1 AND kind <> 'unsure' AND state IN ('open', 'asked') GROUP BY group_id`, c)
}

// TipsBy counts the reports without a message that a member wrote since the given
// time.
func TipsBy(ctx context.Context, q store.Querier, c community.ID, id community.IdentityID, since time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM review WHERE community_id = $1 AND newest_at >= $2 AND kind = 'report' AND seq = 0 AND identity_id = $3`,
		int64(c), millis(since), int64(id)).Scan(&n)
	return n, store.Unavailable(err)
}
