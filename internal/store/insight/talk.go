package insightdb

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// TalksOf reads who answered whom in a group from a day on.
func TalksOf(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, from community.Day) ([]insight.TalkDay, error) {
	rows, err := q.QueryContext(ctx, `SELECT day, talk FROM view_talk WHERE community_id = $1 AND group_id = $2 AND day >= $3 AND talk IS NOT NULL ORDER BY day`,
		int64(c), int64(g), int64(from))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []insight.TalkDay
	for rows.Next() {
		var day int64
		var b sql.RawBytes
		if err := rows.Scan(&day, &b); err != nil {
			return nil, err
		}
		t, err := decodeTalk(b)
		if err != nil {
			return nil, err
		}
		list = append(list, insight.TalkDay{Day: community.Day(day), Talk: t})
	}
	return list, rows.Err()
}

// talksBetween reads all that is known of who answered whom in groups of adjacent
// numbers, both included.
func talksBetween(ctx context.Context, q store.Querier, c community.ID, first, last community.GroupID) (map[community.GroupID][]insight.TalkDay, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, day, talk FROM view_talk WHERE community_id = $1 AND group_id >= $2 AND group_id <= $3
		AND talk IS NOT NULL ORDER BY group_id, day`, int64(c), int64(first), int64(last))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[community.GroupID][]insight.TalkDay{}
	for rows.Next() {
		var g, day int64
		var b sql.RawBytes
		if err := rows.Scan(&g, &day, &b); err != nil {
			return nil, err
		}
		t, err := decodeTalk(b)
		if err != nil {
			return nil, err
		}
		all[community.GroupID(g)] = append(all[community.GroupID(g)], insight.TalkDay{Day: community.Day(day), Talk: t})
	}
	return all, rows.Err()
}

func decodeTalk(b []byte) (*insight.Talk, error) {
	t, err := insight.DecodeTalk(b)
	if err != nil {
		return nil, &community.Error{Code: community.Internal, Text: "what was counted of answers is damaged", Hint: "run 'qunying rebuild'", Err: err}
	}
	return t, nil
}

// MarkTalks notes the days whose answers have to be counted again; what is known of
// them stays until then.
func MarkTalks(tx *store.Tx, c community.ID, t *Touch) error {
	days := make([]GroupDay, 0, len(t.Talks))
	for d := range t.Talks {
		days = append(days, d)
	}
	slices.SortFunc(days, compareDays)
	if err := tx.Many(`INSERT INTO view_talk (community_id, group_id, day, stale) VALUES ($1, $2, $3, $4)
		ON CONFLICT (community_id, group_id, day) DO UPDATE SET stale = 1 WHERE view_talk.stale = 0`, "iiii", len(days), func(i int) []any {
		return []any{int64(c), int64(days[i].Group), int64(days[i].Day), int64(1)}
	}); err != nil {
		return err
	}
	for g := range t.Linked {
		if _, err := tx.Exec(`UPDATE view_talk SET stale = 1 WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g)); err != nil {
			return err
		}
	}
	return nil
}

func compareDays(a, b GroupDay) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Day, b.Day))
}

// StaleTalks lists days whose answers have to be counted, by group and day, limit
// at most of those after one; the zero value is before all.
func StaleTalks(ctx context.Context, q store.Querier, c community.ID, after GroupDay, limit int) ([]GroupDay, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, day FROM view_talk
		WHERE community_id = $1 AND stale = 1 AND group_id >= $2 AND (group_id > $2 OR day > $3) ORDER BY group_id, day LIMIT $4`,
		int64(c), int64(after.Group), int64(after.Day), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []GroupDay
	for rows.Next() {
		var g, d int64
		if err := rows.Scan(&g, &d); err != nil {
			return nil, err
		}
		list = append(list, GroupDay{community.GroupID(g), community.Day(d)})
	}
	return list, rows.Err()
}

// DayTalk is who answered whom on a day of a group.
type DayTalk struct {
	GroupDay
	*insight.Talk
}

// SaveTalks writes days as they were counted.
func SaveTalks(tx *store.Tx, c community.ID, list []DayTalk) error {
	return tx.Many(`INSERT INTO view_talk (community_id, group_id, day, stale, talk) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (community_id, group_id, day) DO UPDATE SET stale = 0, talk = excluded.talk`, "iiiib", len(list), func(i int) []any {
		return []any{int64(c), int64(list[i].Group), int64(list[i].Day), int64(0), list[i].Talk.AppendBinary(nil)}
	})
}

func scanSaid(rows *sql.Rows) (s insight.Said, err error) {
	var at, flags int64
	var targets []byte
	var id, name, data, text sql.NullString
	if err := rows.Scan((*int64)(&s.Seq), (*uint32)(&s.Author), &at, &flags, (*string)(&s.Content), &targets, &id, &name, &data, &text); err != nil {
		return s, err
	}
	if s.Targets, err = store.DecodeTargets(targets); err != nil {
		return s, err
	}
	f := community.Flags(flags)
	s.At, s.Ours, s.Link = time.UnixMilli(at), f&community.FromUs != 0, f&community.HasLink != 0
	s.ID, s.Name, s.Text = id.String, name.String, text.String
	if data.String != "" {
		var about map[string]string
		if err := json.Unmarshal([]byte(data.String), &about); err != nil {
			return s, err
		}
		s.Quotes = about["reply_to"]
	}
	return s, nil
}
