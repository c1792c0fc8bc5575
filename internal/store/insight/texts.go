package insightdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
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

// Sent names a message by its group and the platform's ID.
type Sent struct {
	Group   community.GroupID
	Message string
}

// Recalled tells which of the messages were taken back.
func Recalled(ctx context.Context, q store.Querier, c community.ID, messages []Sent) (map[Sent]bool, error) {
	found := map[Sent]bool{}
	for part := range slices.Chunk(messages, 256) {
		args := []any{int64(c)}
		var pairs strings.Builder
		for i := range store.ListLength(len(part)) { // in steps, as store.Listed
			m := part[min(i, len(part)-1)]
			args = append(args, int64(m.Group), m.Message)
			fmt.Fprintf(&pairs, ", (CAST($%d AS BIGINT), CAST($%d AS TEXT))", len(args)-1, len(args))
		}
		rows, err := q.QueryContext(ctx, `SELECT group_id, message_id FROM view_recall
			WHERE community_id = $1 AND (group_id, message_id) IN (VALUES `+pairs.String()[2:]+`)`, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var m Sent
			if err := rows.Scan((*int64)(&m.Group), &m.Message); err != nil {
				return nil, err
			}
			found[m] = true
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
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

// LastMessageAt tells when the newest message of a group was said, zero where
// there is none.
func LastMessageAt(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) (time.Time, error) {
	var at int64
	err := q.QueryRowContext(ctx, `SELECT t.at FROM view_timeline t JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		WHERE t.community_id = $1 AND t.group_id = $2 AND e.kind = 'message.posted' ORDER BY t.at DESC, t.seq DESC LIMIT 1`, int64(c), int64(g)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return time.UnixMilli(at).UTC(), err
}
