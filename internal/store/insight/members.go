package insightdb

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/store"
)

// GroupTotals is a group's row of view_group.
type GroupTotals struct {
	Group    community.GroupID
	Messages int64 // by members, ever
	Seen     int64 // identities that spoke or were named
	FirstAt  int64 // ms; of the first and last event
	LastAt   int64
	Seq      community.Seq // of the last event counted: what was computed of the group holds while it stays
}

// Totals reads the totals of all groups.
func Totals(ctx context.Context, q store.Querier, c community.ID) (map[community.GroupID]GroupTotals, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, messages, seen, first_at, last_at, seq FROM view_group WHERE community_id = $1`, int64(c))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[community.GroupID]GroupTotals{}
	for rows.Next() {
		var t GroupTotals
		if err := rows.Scan((*int64)(&t.Group), &t.Messages, &t.Seen, &t.FirstAt, &t.LastAt, (*int64)(&t.Seq)); err != nil {
			return nil, err
		}
		all[t.Group] = t
	}
	return all, rows.Err()
}

// TotalsOf reads the totals of one group; zero for one that nothing happened in.
func TotalsOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (GroupTotals, error) {
	t := GroupTotals{Group: g}
	err := q.QueryRowContext(ctx, `SELECT messages, seen, first_at, last_at, seq FROM view_group WHERE community_id = $1 AND group_id = $2`,
		int64(c), int64(g)).Scan(&t.Messages, &t.Seen, &t.FirstAt, &t.LastAt, (*int64)(&t.Seq))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return t, err
}

// SaveTotals writes totals as they are now.
func SaveTotals(tx *store.Tx, c community.ID, list []GroupTotals) error {
	return tx.Many(`INSERT INTO view_group (community_id, group_id, messages, seen, first_at, last_at, seq) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (community_id, group_id) DO UPDATE SET messages = excluded.messages, seen = excluded.seen,
		first_at = excluded.first_at, last_at = excluded.last_at, seq = excluded.seq`, "iiiiiii", len(list), func(i int) []any {
		t := list[i]
		return []any{int64(c), int64(t.Group), t.Messages, t.Seen, t.FirstAt, t.LastAt, int64(t.Seq)}
	})
}

// MemberDelta is what a stretch of the log adds to a member.
type MemberDelta struct {
	Group    community.GroupID
	Identity community.IdentityID
	Messages int64
	FirstAt  int64 // ms
	LastAt   int64
}

// AddMembers adds deltas to view_member.
func AddMembers(tx *store.Tx, c community.ID, list []MemberDelta) error {
	return tx.Many(`INSERT INTO view_member (community_id, group_id, identity_id, messages, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (community_id, group_id, identity_id) DO UPDATE SET messages = view_member.messages + excluded.messages,
		first_at = CASE WHEN excluded.first_at < view_member.first_at THEN excluded.first_at ELSE view_member.first_at END,
		last_at = CASE WHEN excluded.last_at > view_member.last_at THEN excluded.last_at ELSE view_member.last_at END`, "iiiiii",
		len(list), func(i int) []any {
			m := list[i]
			return []any{int64(c), int64(m.Group), int64(m.Identity), m.Messages, m.FirstAt, m.LastAt}
		})
}

// SeenIn reads which identities were seen in a group.
func SeenIn(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (*roaring.Bitmap, error) {
	rows, err := q.QueryContext(ctx, `SELECT identity_id FROM view_member WHERE community_id = $1 AND group_id = $2 ORDER BY identity_id`, int64(c), int64(g))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	set := roaring.New()
	for rows.Next() {
		var id uint32
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		set.Add(id)
	}
	return set, rows.Err()
}

// MembersOf lists who was ever seen in a group, with their counts there.
func MembersOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) ([]MemberDelta, error) {
	rows, err := q.QueryContext(ctx, `SELECT identity_id, messages, first_at, last_at FROM view_member
		WHERE community_id = $1 AND group_id = $2 ORDER BY identity_id`, int64(c), int64(g))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []MemberDelta
	for rows.Next() {
		m := MemberDelta{Group: g}
		if err := rows.Scan((*uint32)(&m.Identity), &m.Messages, &m.FirstAt, &m.LastAt); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// GroupsOf lists the groups in which an identity was seen, with its counts there.
func GroupsOf(ctx context.Context, q store.Querier, c community.ID, id community.IdentityID) ([]MemberDelta, error) {
	// Asked for the rows themselves, SQLite goes through all members of all groups
	// in their order instead of the index by identity.
	rows, err := q.QueryContext(ctx, `SELECT m.group_id, m.messages, m.first_at, m.last_at FROM view_member o CROSS JOIN view_member m
		WHERE o.community_id = $1 AND o.identity_id = $2 AND m.community_id = o.community_id AND m.group_id = o.group_id AND m.identity_id = o.identity_id
		ORDER BY m.group_id`, int64(c), int64(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []MemberDelta
	for rows.Next() {
		m := MemberDelta{Identity: id}
		if err := rows.Scan((*int64)(&m.Group), &m.Messages, &m.FirstAt, &m.LastAt); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// Moment is an event's place in its group's time.
type Moment struct {
	Group community.GroupID
	At    int64 // ms
	Seq   community.Seq
}

// AddMoments adds to view_timeline.
func AddMoments(tx *store.Tx, c community.ID, list []Moment) error {
	return tx.Many(`INSERT INTO view_timeline (community_id, group_id, at, seq) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, "iiii",
		len(list), func(i int) []any {
			m := list[i]
			return []any{int64(c), int64(m.Group), m.At, int64(m.Seq)}
		})
}

// AddRecalls notes which messages were taken back.
func AddRecalls(tx *store.Tx, c community.ID, list []community.Event) error {
	for _, e := range list {
		if e.Body == nil || e.Body.Data["message"] == "" {
			continue
		}
		if _, err := tx.Exec(`INSERT INTO view_recall (community_id, group_id, message_id, seq) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			int64(c), int64(e.Group), e.Body.Data["message"], int64(e.Seq)); err != nil {
			return err
		}
	}
	return nil
}

// AddCoverage notes when a connector says that it was away: coverage.lost opens
// a stretch of the group, coverage.back closes the open ones before it. One that
// is closed where it began was read back: nothing is missing, also where that
// was found only after it had been closed otherwise. A stretch in which
// somebody refuses to be read (Data["why"]) is theirs: open until they agree, whatever
// others do.
func AddCoverage(tx *store.Tx, c community.ID, list []community.Event) error {
	for _, e := range list {
		query := `INSERT INTO view_coverage (community_id, group_id, from_at, to_at, why, identity_id) VALUES ($1, $2, $3, 0, $4, $5) ON CONFLICT DO NOTHING`
		if e.Kind == community.CoverageBack {
			query = `UPDATE view_coverage SET to_at = $3 WHERE community_id = $1 AND group_id = $2 AND (to_at = 0 AND from_at <= $3 OR from_at = $3) AND why = $4 AND identity_id IN ($5, 0)`
		}
		why, who := refusal(&e), int64(0)
		if why != "" {
			who = int64(e.Identity)
		}
		if _, err := tx.Exec(query, int64(c), int64(e.Group), e.At.UnixMilli(), why, who); err != nil {
			return err
		}
	}
	return nil
}

// refusal is why a part of a group is not covered, "" where all of it is not.
func refusal(e *community.Event) string {
	if e.Body != nil && (e.Body.Data["why"] == "disagree" || e.Body.Data["why"] == "agree") {
		return "disagree"
	}
	return ""
}

// Away is a stretch in which a connector was away.
type Away struct {
	From, To int64                // ms; To 0: still
	Why      string               // "disagree": somebody refuses to be read, the others are
	Who      community.IdentityID // who refuses, 0 where nobody does
}

// Coverage lists the stretches of a group in which everything may be missing.
func Coverage(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) ([]Away, error) {
	all, err := CoverageAndRefusals(ctx, q, c, g)
	return slices.DeleteFunc(all, func(a Away) bool { return a.Why != "" }), err
}

// CoverageAndRefusals lists also those in which only a part is missing.
func CoverageAndRefusals(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) ([]Away, error) {
	rows, err := q.QueryContext(ctx, `SELECT from_at, to_at, why, identity_id FROM view_coverage WHERE community_id = $1 AND group_id = $2
		AND to_at <> from_at ORDER BY from_at, identity_id`, int64(c), int64(g))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Away
	for rows.Next() {
		var a Away
		if err := rows.Scan(&a.From, &a.To, &a.Why, (*uint32)(&a.Who)); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// Present folds who is in a group at the end of a day; known is false when no
// member list, join or leave says anything of it.
func Present(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, upTo community.Day) (present *roaring.Bitmap, known bool, err error) {
	days, err := MembershipDays(ctx, q, c, g)
	present = roaring.New()
	for _, d := range days {
		if d.Day > upTo {
			break
		}
		if d.Roster != nil {
			present, known = d.Roster.Clone(), true
		}
		// As in insight: who came and went on one day is what they were before, and
		// the day's events are believed over its list, which may be older.
		came, went := roaring.AndNot(d.Joined, d.Left), roaring.AndNot(d.Left, d.Joined)
		present.Or(came)
		present.AndNot(went)
	}
	return present, known, err
}

// Named lists the identities seen in a group by the name they go by.
func Named(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (map[string][]store.Identity, error) {
	rows, err := q.QueryContext(ctx, `SELECT i.identity_id, i.group_id, i.outside_id, i.name FROM view_member m
		JOIN identity i ON i.community_id = m.community_id AND i.identity_id = m.identity_id
		WHERE m.community_id = $1 AND m.group_id = $2`, int64(c), int64(g))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string][]store.Identity{}
	for rows.Next() {
		var i store.Identity
		if err := rows.Scan((*uint32)(&i.ID), (*int64)(&i.Group), &i.Outside, &i.Name); err != nil {
			return nil, err
		}
		all[i.Name] = append(all[i.Name], i)
	}
	return all, rows.Err()
}

// SeenTwice counts the identities seen in a group that are not the first of their
// person there: Seen less these are people.
func SeenTwice(ctx context.Context, q store.Querier, c community.ID, links store.Links, g community.GroupID) (n int64, err error) {
	if len(links) == 0 {
		return 0, nil
	}
	rows, err := q.QueryContext(ctx, `SELECT identity_id FROM view_member WHERE community_id = $1 AND group_id = $2 AND identity_id IN
		(SELECT identity_id FROM identity_link WHERE community_id = $1 UNION SELECT person_id FROM identity_link WHERE community_id = $1)`, int64(c), int64(g))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	persons := map[community.PersonID]bool{}
	for rows.Next() {
		var id community.IdentityID
		if err := rows.Scan((*uint32)(&id)); err != nil {
			return 0, err
		}
		if p := links.Person(id); persons[p] {
			n++
		} else {
			persons[p] = true
		}
	}
	return n, rows.Err()
}
