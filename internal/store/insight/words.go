package insightdb

import (
	"context"

	"qunying/community"
	"qunying/internal/store"
)

// DayWords is the term counts of a group's day, encoded (words.Counts).
type DayWords struct {
	Group community.GroupID
	Day   community.Day
	Terms []byte
}

// Words reads the term counts of a group's days in [from, to].
func Words(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, from, to community.Day) ([]DayWords, error) {
	rows, err := q.QueryContext(ctx, `SELECT day, terms FROM view_words WHERE community_id = $1 AND group_id = $2 AND day >= $3 AND day <= $4 ORDER BY day`,
		int64(c), int64(g), int64(from), int64(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []DayWords
	for rows.Next() {
		w := DayWords{Group: g}
		if err := rows.Scan((*int32)(&w.Day), &w.Terms); err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

// SaveWords writes term counts as they are now.
func SaveWords(tx *store.Tx, c community.ID, list []DayWords) error {
	return tx.Many(`INSERT INTO view_words (community_id, group_id, day, terms) VALUES ($1, $2, $3, $4)
		ON CONFLICT (community_id, group_id, day) DO UPDATE SET terms = excluded.terms`, "iiib", len(list), func(i int) []any {
		return []any{int64(c), int64(list[i].Group), int64(list[i].Day), list[i].Terms}
	})
}
