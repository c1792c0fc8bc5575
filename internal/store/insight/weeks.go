package insightdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// WeeksOf reads a group's weeks as they were counted last; ok is false where they
// were not, or not since they changed.
func WeeksOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (w insight.Weeks, ok bool, err error) {
	var b []byte
	err = q.QueryRowContext(ctx, `SELECT weeks FROM view_weeks WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g)).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return w, false, nil
	}
	if err != nil {
		return w, false, err
	}
	w, ok = insight.DecodeWeeks(b)
	return w, ok, nil
}

// weeksRow is a group's weeks as they are on file.
type weeksRow struct {
	group community.GroupID
	weeks []byte
}

// allWeeks reads those of all groups, by number.
func allWeeks(ctx context.Context, q store.Querier, c community.ID) (list []weeksRow, err error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, weeks FROM view_weeks WHERE community_id = $1 ORDER BY group_id`, int64(c))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row weeksRow
		if err := rows.Scan((*int64)(&row.group), &row.weeks); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// GroupWeeks are a group's weeks.
type GroupWeeks struct {
	Group community.GroupID
	insight.Weeks
	Found Found // of the days that end with the weeks
}

// SaveWeeks writes weeks as they are now.
func SaveWeeks(tx *store.Tx, c community.ID, list []GroupWeeks) error {
	rows := make([][]any, len(list))
	for i, w := range list {
		b, err := w.AppendBinary(nil)
		if err != nil {
			return err
		}
		found, err := json.Marshal(w.Found)
		if err != nil {
			return err
		}
		rows[i] = []any{int64(c), int64(w.Group), int64(w.End), b, string(found)}
	}
	return tx.Many(`INSERT INTO view_weeks (community_id, group_id, end_day, weeks, found) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (community_id, group_id) DO UPDATE SET end_day = excluded.end_day, weeks = excluded.weeks, found = excluded.found`, "iiibt",
		len(rows), func(i int) []any { return rows[i] })
}

// DropWeeks forgets the weeks of groups where they reach up to the group's day or
// further, and says whether any did. It looks before it deletes: live events are of
// a day that no weeks reach.
func DropWeeks(tx *store.Tx, c community.ID, from map[community.GroupID]community.Day) (dropped bool, err error) {
	for part := range slices.Chunk(slices.Sorted(maps.Keys(from)), 1024) {
		ends, err := weekEnds(context.Background(), tx, c, part)
		if err != nil {
			return dropped, err
		}
		for g, end := range ends {
			if end < from[g] {
				continue
			}
			if _, err := tx.Exec(`DELETE FROM view_weeks WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g)); err != nil {
				return dropped, err
			}
			dropped = true
		}
	}
	return dropped, nil
}

// weekEnds are the last days of the weeks that some groups have, of all of them
// for nil. Weeks that another version wrote cannot be read and count as none.
func weekEnds(ctx context.Context, q store.Querier, c community.ID, groups []community.GroupID) (map[community.GroupID]community.Day, error) {
	where, args := "", []any{int64(c), []byte{insight.WeeksForm}}
	if groups != nil {
		where, args = store.Listed(args, groups)
		where = " AND group_id IN " + where
	}
	rows, err := q.QueryContext(ctx, `SELECT group_id, end_day FROM view_weeks WHERE community_id = $1 AND substr(weeks, 1, 1) = $2`+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ends := map[community.GroupID]community.Day{}
	for rows.Next() {
		var g, end int64
		if err := rows.Scan(&g, &end); err != nil {
			return nil, err
		}
		ends[community.GroupID(g)] = community.Day(end)
	}
	return ends, rows.Err()
}

// StaleWeeks lists groups whose weeks have to be counted, limit at most: they are
// not there, or the last whole day is another one by now.
func StaleWeeks(ctx context.Context, q store.Querier, c community.ID, now time.Time, limit int) ([]Head, error) {
	heads, _, err := Heads(ctx, q, c)
	if err != nil {
		return nil, err
	}
	ends, err := weekEnds(ctx, q, c, nil)
	if err != nil {
		return nil, err
	}
	var stale []Head
	for _, h := range heads {
		if end, has := ends[h.ID]; (!has || end != h.last(now)) && !h.Direct && len(stale) < limit {
			stale = append(stale, h)
		}
	}
	return stale, nil
}

// CountWeeks computes a group's weeks from its days.
func CountWeeks(ctx context.Context, q store.Querier, h Head, links store.Links, now time.Time) (insight.Weeks, error) {
	all, err := HistoryOf(ctx, q, h, links, EverFrom, now)
	if err != nil {
		return insight.Weeks{}, err
	}
	return all.Weeks(all.LastWhole()), nil
}

// Touch is what a stretch of the log has changed.
type Touch struct {
	To     community.Seq // the stretch's end
	Groups map[community.GroupID]community.Day
	Talks  map[GroupDay]bool           // days whose answers have to be counted again
	First  map[community.GroupID]int64 // ms: the earliest of the messages
	// Linked are groups with persons who were merged or split.
	Linked map[community.GroupID]bool
}

// GroupDay is a day of a group.
type GroupDay struct {
	Group community.GroupID
	Day   community.Day
}

// Touched looks through the log after a place, up to another and over limit events
// at most: of every group the first day that has changed, which is before all
// days where a gap or a merge of persons may have changed any.
func Touched(ctx context.Context, q store.Querier, c community.ID, after, upTo community.Seq, limit int) (t Touch, err error) {
	t = Touch{To: upTo, Groups: map[community.GroupID]community.Day{}, Talks: map[GroupDay]bool{}, First: map[community.GroupID]int64{}, Linked: map[community.GroupID]bool{}}
	groups, err := store.Groups(ctx, q, c)
	if err != nil {
		return t, err
	}
	zones, direct := make(map[community.GroupID]*time.Location, len(groups)), map[community.GroupID]bool{}
	for _, g := range groups {
		zones[g.ID], direct[g.ID] = g.Zone, g.Direct
	}
	rows, err := q.QueryContext(ctx, `SELECT seq, kind, group_id, at, mentions, flags FROM event WHERE community_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`,
		int64(c), int64(after), int64(upTo), limit)
	if err != nil {
		return t, err
	}
	defer rows.Close()
	n, linked := 0, []community.Seq(nil)
	for rows.Next() {
		var seq, g, at, mentions, flags int64
		var kind string
		if err := rows.Scan(&seq, &kind, &g, &at, &mentions, &flags); err != nil {
			return t, err
		}
		if n++; n == limit {
			t.To = community.Seq(seq)
		}
		if community.Kind(kind) == community.PersonLinked {
			linked = append(linked, community.Seq(seq))
		}
		zone := zones[community.GroupID(g)]
		if zone == nil {
			continue
		}
		d := community.DayOf(time.UnixMilli(at), zone)
		switch community.Kind(kind) {
		case community.CoverageLost, community.CoverageBack:
			t.mark(community.GroupID(g), EverFrom)
		case community.MessagePosted, community.MessageRecalled, community.MemberJoined, community.MemberLeft, community.RosterTaken:
			t.mark(community.GroupID(g), d)
			if community.Kind(kind) == community.MessagePosted && !direct[community.GroupID(g)] {
				if first, has := t.First[community.GroupID(g)]; !has || at < first {
					t.First[community.GroupID(g)] = at
				}
				t.said(community.GroupID(g), d, time.UnixMilli(at).In(zone), mentions > 0 || community.Flags(flags)&community.Replies != 0)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return t, err
	}
	rows.Close()
	for _, seq := range linked {
		ev, err := store.Event(ctx, q, c, seq)
		if err != nil {
			return t, err
		}
		for _, id := range ev.Targets {
			list, err := GroupsOf(ctx, q, c, id)
			if err != nil {
				return t, err
			}
			for _, m := range list {
				t.Linked[m.Group] = true
				t.mark(m.Group, EverFrom)
			}
		}
	}
	return t, nil
}

func (t *Touch) mark(g community.GroupID, d community.Day) {
	if was, has := t.Groups[g]; !has || d < was {
		t.Groups[g] = d
	}
}

// said marks the days whose answers a message may change: its own, and the one
// before where it may answer something of it.
func (t *Touch) said(g community.GroupID, d community.Day, local time.Time, answers bool) {
	t.Talks[GroupDay{g, d}] = true
	if answers || local.Hour() == 0 {
		t.Talks[GroupDay{g, d - 1}] = true
	}
}
