package insightdb

import (
	"context"
	"maps"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// Head is a group with what its history is read with.
type Head struct {
	community.Group
	Account string    // that listens; "" for a group that was only imported
	LastAt  time.Time // of its last event, zero if there is none
	Unread  bool      // no message of a member was ever heard
}

// Heads reads the heads of all groups, by number.
func Heads(ctx context.Context, q store.Querier, c community.ID) ([]Head, map[community.GroupID]GroupTotals, error) {
	groups, err := store.Groups(ctx, q, c)
	if err != nil {
		return nil, nil, err
	}
	totals, err := Totals(ctx, q, c)
	if err != nil {
		return nil, nil, err
	}
	accounts, err := store.Accounts(ctx, q, c)
	if err != nil {
		return nil, nil, err
	}
	heads := make([]Head, len(groups))
	for i, g := range groups {
		heads[i] = Head{Group: g, Account: accounts[g.ID], Unread: totals[g.ID].Messages == 0}
		if t := totals[g.ID]; t.LastAt != 0 {
			heads[i].LastAt = time.UnixMilli(t.LastAt)
		}
	}
	return heads, totals, nil
}

// Shown reads the heads of all groups but those that were put away.
func Shown(ctx context.Context, q store.Querier, c community.ID) ([]Head, map[community.GroupID]GroupTotals, error) {
	heads, totals, err := Heads(ctx, q, c)
	if err != nil {
		return nil, nil, err
	}
	away, err := store.Away(ctx, q, c)
	return slices.DeleteFunc(heads, func(h Head) bool { return away[h.ID] }), totals, err
}

// HeadOf reads one group's head.
func HeadOf(ctx context.Context, q store.Querier, c community.ID, id community.GroupID) (Head, GroupTotals, error) {
	g, err := store.Group(ctx, q, c, id)
	if err != nil {
		return Head{}, GroupTotals{}, err
	}
	t, err := TotalsOf(ctx, q, c, id)
	if err != nil {
		return Head{}, t, err
	}
	h := Head{Group: g, Unread: t.Messages == 0}
	if h.Account, err = store.AccountOf(ctx, q, c, id); err == nil && t.LastAt != 0 {
		h.LastAt = time.UnixMilli(t.LastAt)
	}
	return h, t, err
}

// Today is the day up to which a group's numbers reach: today for one that an
// account of ours listens to, the day of the last event for one that was only
// imported, because its silence since then means nothing.
func (h Head) Today(now time.Time) community.Day {
	today := community.DayOf(now, h.Zone)
	if h.Account == "" && !h.LastAt.IsZero() {
		return min(today, community.DayOf(h.LastAt, h.Zone))
	}
	return today
}

// last is the last day that is known whole.
func (h Head) last(now time.Time) community.Day {
	if d := h.Today(now); h.Account == "" {
		return d
	}
	return community.DayOf(now, h.Zone) - 1
}

// HistoryOf reads what is on file of a group's days from a day on; membership is
// always read whole, because who is in the group follows from all of it.
func HistoryOf(ctx context.Context, q store.Querier, h Head, links store.Links, from community.Day, now time.Time) (*insight.History, error) {
	days, err := queryDays(ctx, q, `SELECT `+dayColumns+` FROM view_group_day WHERE community_id = $1 AND group_id = $2
		AND (day >= $3 OR joined IS NOT NULL OR left_group IS NOT NULL OR roster IS NOT NULL) ORDER BY day`,
		int64(h.Community), int64(h.ID), int64(from))
	if err != nil {
		return nil, err
	}
	away, err := Coverage(ctx, q, h.Community, h.ID)
	if err != nil {
		return nil, err
	}
	talks, err := TalksOf(ctx, q, h.Community, h.ID, from)
	if err != nil {
		return nil, err
	}
	r := insight.Record{Days: days, Talks: talks, Person: links.Person, Last: h.last(now), Unread: h.Unread}
	r.Away = h.daysAway(away, now)
	return insight.NewHistory(r), nil
}

// tooLittle is how much of a day may be missing before the day says nothing: a
// connection that broke for a moment spoils no day, an hour does.
const tooLittle = time.Hour

// daysAway are the days of which too much is missing, ascending; list is too. A
// stretch that is not over counts up to now, or to the end of the last day where
// nobody listens any more.
func (h Head) daysAway(list []Away, now time.Time) []insight.Span {
	zone := h.Zone
	if h.Account == "" {
		now = (h.last(now) + 1).Start(zone)
	}
	missing := map[community.Day]time.Duration{}
	var until time.Time // up to where it is counted: stretches of two accounts may overlap
	for _, a := range list {
		from, to := time.UnixMilli(a.From), now
		if from.Before(until) {
			from = until
		}
		if a.To != 0 {
			to = time.UnixMilli(a.To)
		}
		for from.Before(to) {
			d := community.DayOf(from, zone)
			end := (d + 1).Start(zone)
			if end.After(to) {
				end = to
			}
			missing[d] += end.Sub(from)
			from, until = end, end
		}
	}
	var away []insight.Span
	for _, d := range slices.Sorted(maps.Keys(missing)) {
		if missing[d] < tooLittle {
			continue
		}
		if n := len(away); n > 0 && away[n-1].To == d-1 {
			away[n-1].To = d
			continue
		}
		away = append(away, insight.Span{From: d, To: d})
	}
	return away
}

// History reads all that is on file of a group's days.
func History(ctx context.Context, q store.Querier, g community.Group, now time.Time) (*insight.History, error) {
	h, _, err := HeadOf(ctx, q, g.Community, g.ID)
	if err != nil {
		return nil, err
	}
	links, err := LinksNow(ctx, q, g.Community)
	if err != nil {
		return nil, err
	}
	return HistoryOf(ctx, q, h, links, EverFrom, now)
}

// EverFrom is before every day.
const EverFrom community.Day = -1 << 30

// LinksNow reads the links as the views know them.
func LinksNow(ctx context.Context, q store.Querier, c community.ID) (store.Links, error) {
	seq, err := store.Cursor(ctx, q, c, store.Project)
	if err != nil {
		return nil, err
	}
	return store.LinksAt(ctx, q, c, seq)
}

// DayMessages counts members' messages by group and day in [from, to], from the
// index alone.
func DayMessages(ctx context.Context, q store.Querier, c community.ID, from, to community.Day, yield func(community.GroupID, community.Day, int64)) error {
	rows, err := q.QueryContext(ctx, `SELECT day, group_id, messages FROM view_group_day WHERE community_id = $1 AND day >= $2 AND day <= $3`,
		int64(c), int64(from), int64(to))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var d, g, n int64
		if err := rows.Scan(&d, &g, &n); err != nil {
			return err
		}
		yield(community.GroupID(g), community.Day(d), n)
	}
	return rows.Err()
}

// MessagesOf counts members' messages of one group by day in [from, to].
func MessagesOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, from, to community.Day, yield func(community.GroupID, community.Day, int64)) error {
	rows, err := q.QueryContext(ctx, `SELECT day, messages FROM view_group_day WHERE community_id = $1 AND group_id = $2 AND day >= $3 AND day <= $4`,
		int64(c), int64(g), int64(from), int64(to))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var d, n int64
		if err := rows.Scan(&d, &n); err != nil {
			return err
		}
		yield(g, community.Day(d), n)
	}
	return rows.Err()
}

// Source is who brought messages of a group, an account or an import.
type Source struct {
	Group    community.GroupID
	Name     string
	Messages int64
	FirstAt  int64 // ms
	LastAt   int64
}

// Sources lists who brought a group's messages.
func Sources(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) ([]Source, error) {
	rows, err := q.QueryContext(ctx, `SELECT source, messages, first_at, last_at FROM view_source WHERE community_id = $1 AND group_id = $2 ORDER BY source`, int64(c), int64(g))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Source
	for rows.Next() {
		s := Source{Group: g}
		if err := rows.Scan(&s.Name, &s.Messages, &s.FirstAt, &s.LastAt); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// AddSources adds what a stretch of the log brought.
func AddSources(tx *store.Tx, c community.ID, list []Source) error {
	return tx.Many(`INSERT INTO view_source (community_id, group_id, source, messages, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (community_id, group_id, source) DO UPDATE SET messages = view_source.messages + excluded.messages,
		first_at = CASE WHEN excluded.first_at < view_source.first_at THEN excluded.first_at ELSE view_source.first_at END,
		last_at = CASE WHEN excluded.last_at > view_source.last_at THEN excluded.last_at ELSE view_source.last_at END`, "iitiii",
		len(list), func(i int) []any {
			s := list[i]
			return []any{int64(c), int64(s.Group), s.Name, s.Messages, s.FirstAt, s.LastAt}
		})
}

// Drop empties every view of a community and sets the cursors of the loops that
// fill them to the beginning of the log.
func Drop(tx *store.Tx, c community.ID) error {
	for _, t := range Views {
		if _, err := tx.Exec(`DELETE FROM `+t+` WHERE community_id = $1`, int64(c)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`DELETE FROM cursor WHERE community_id = $1 AND loop IN ($2, $3)`, int64(c), string(store.Project), string(store.Insight))
	return err
}

// Views are the tables that can be dropped and rebuilt from log and records.
var Views = []string{"view_group", "view_group_day", "view_words", "view_member", "view_community_day", "view_source", "view_timeline", "view_recall", "view_coverage", "view_connection",
	"view_person", "view_name", "view_name_part", "view_weeks", "view_talk"}
