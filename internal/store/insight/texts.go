package insightdb

import (
	"context"
	"iter"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// Texts are what members wrote, with the identity who wrote it.
type Texts []Text

// Text is one message.
type Text struct {
	Author uint32
	Text   string
}

// All yields author and text.
func (t Texts) All() iter.Seq2[uint32, string] {
	return func(yield func(uint32, string) bool) {
		for _, x := range t {
			if !yield(x.Author, x.Text) {
				return
			}
		}
	}
}

// LatestTexts reads the last messages of a group in [from, to), newest first.
func LatestTexts(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, from, to time.Time, limit int) (Texts, error) {
	rows, err := q.QueryContext(ctx, `SELECT e.identity_id, b.text FROM view_timeline t
		JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		JOIN event_body b ON b.community_id = t.community_id AND b.seq = t.seq
		WHERE t.community_id = $1 AND t.group_id = $2 AND t.at >= $3 AND t.at < $4
		AND e.kind = 'message.posted' AND e.content = 'text' AND e.flags % 2 = 0 ORDER BY t.at DESC, t.seq DESC LIMIT $5`,
		int64(c), int64(g), from.UnixMilli(), to.UnixMilli(), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list Texts
	for rows.Next() {
		var t Text
		if err := rows.Scan(&t.Author, &t.Text); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// Recalled tells which of the messages of a group were taken back.
func Recalled(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, messages []string) (map[string]bool, error) {
	var n int
	if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM view_recall WHERE community_id = $1 AND group_id = $2 LIMIT 1) AS x`,
		int64(c), int64(g)).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	found := map[string]bool{}
	for _, id := range messages {
		if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM view_recall WHERE community_id = $1 AND group_id = $2 AND message_id = $3`,
			int64(c), int64(g), id).Scan(&n); err != nil {
			return nil, err
		}
		found[id] = n > 0
	}
	return found, nil
}

// Around lists places of a group's timeline: older ones (newest first) when
// older is set, otherwise newer ones (oldest first), beyond the given moment.
func Around(ctx context.Context, q store.Querier, c community.ID, m Moment, older bool, limit int) ([]community.Seq, error) {
	query := `SELECT t.seq FROM view_timeline t JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		WHERE t.community_id = $1 AND t.group_id = $2 AND (t.at, t.seq) > ($3, $4) AND e.kind IN (` + told + `) ORDER BY t.at, t.seq LIMIT $5`
	if older {
		query = `SELECT t.seq FROM view_timeline t JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		WHERE t.community_id = $1 AND t.group_id = $2 AND (t.at, t.seq) < ($3, $4) AND e.kind IN (` + told + `) ORDER BY t.at DESC, t.seq DESC LIMIT $5`
	}
	rows, err := q.QueryContext(ctx, query, int64(c), int64(m.Group), m.At, int64(m.Seq), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []community.Seq
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		list = append(list, community.Seq(seq))
	}
	return list, rows.Err()
}

// told are the kinds that a group's timeline shows.
const told = `'message.posted', 'message.recalled', 'member.joined', 'member.left', 'member.renamed', 'group.renamed', 'group.announced'`
