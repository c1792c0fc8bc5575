// Package insightdb holds the queries of the insight domain: the views that
// project writes and reports read.
package insightdb

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

const dayColumns = `group_id, day, messages, ours, mentions, recalled, hours, contents, posts, speakers, joined, left_group, roster`

// Days reads a group's days in [from, to], oldest first.
func Days(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, from, to community.Day) ([]*insight.GroupDay, error) {
	return queryDays(ctx, q, `SELECT `+dayColumns+` FROM view_group_day WHERE community_id = $1 AND group_id = $2 AND day >= $3 AND day <= $4 ORDER BY day`,
		int64(c), int64(g), int64(from), int64(to))
}

// Day reads one day of a group, or nil.
func Day(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, d community.Day) (*insight.GroupDay, error) {
	days, err := Days(ctx, q, c, g, d, d)
	if err != nil || len(days) == 0 {
		return nil, err
	}
	return days[0], nil
}

// AllDays reads the days of all groups in [from, to], by group and day.
func AllDays(ctx context.Context, q store.Querier, c community.ID, from, to community.Day) ([]*insight.GroupDay, error) {
	return queryDays(ctx, q, `SELECT `+dayColumns+` FROM view_group_day WHERE community_id = $1 AND day >= $2 AND day <= $3 ORDER BY group_id, day`,
		int64(c), int64(from), int64(to))
}

// MembershipDays reads only those days of a group that say who was in it.
func MembershipDays(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) ([]*insight.GroupDay, error) {
	return queryDays(ctx, q, `SELECT `+dayColumns+` FROM view_group_day WHERE community_id = $1 AND group_id = $2
		AND (joined IS NOT NULL OR left_group IS NOT NULL OR roster IS NOT NULL) ORDER BY day`, int64(c), int64(g))
}

func queryDays(ctx context.Context, q store.Querier, query string, args ...any) ([]*insight.GroupDay, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*insight.GroupDay
	for rows.Next() {
		d, err := scanDay(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

func scanDay(rows *sql.Rows) (*insight.GroupDay, error) {
	d := insight.NewGroupDay(0, 0)
	var hours, posts, speakers, joined, left, roster []byte
	var contents string
	if err := rows.Scan((*int64)(&d.Group), (*int32)(&d.Day), &d.Messages, &d.Ours, &d.Mentions, &d.Recalled, &hours, &contents, &posts,
		&speakers, &joined, &left, &roster); err != nil {
		return nil, err
	}
	for i := range d.Hours {
		v, n := binary.Uvarint(hours)
		if n <= 0 {
			return nil, damaged(d, errors.New("hours"))
		}
		d.Hours[i], hours = uint32(v), hours[n:]
	}
	err := json.Unmarshal([]byte(contents), &d.Contents)
	if err == nil {
		d.Posts, err = insight.DecodePosts(posts)
	}
	for _, set := range []struct {
		b    []byte
		into **roaring.Bitmap
	}{{speakers, &d.Speakers}, {joined, &d.Joined}, {left, &d.Left}, {roster, &d.Roster}} {
		if err == nil && set.b != nil {
			*set.into = roaring.New()
			_, err = (*set.into).FromBuffer(set.b)
		}
	}
	if err != nil {
		return nil, damaged(d, err)
	}
	return d, nil
}

func damaged(d *insight.GroupDay, err error) error {
	return &community.Error{Code: community.Internal, Text: fmt.Sprintf("the counts of group %d on %s are damaged", d.Group, d.Day),
		Hint: "run 'qunying rebuild'", Err: err}
}

// SaveDays writes days as they are now.
func SaveDays(tx *store.Tx, c community.ID, days []*insight.GroupDay) error {
	rows := make([][]any, len(days))
	for i, d := range days {
		row, err := dayRow(c, d)
		if err != nil {
			return err
		}
		rows[i] = row
	}
	return tx.Many(`INSERT INTO view_group_day (community_id, `+dayColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (community_id, group_id, day) DO UPDATE SET
		messages = excluded.messages, ours = excluded.ours, mentions = excluded.mentions, recalled = excluded.recalled,
		hours = excluded.hours, contents = excluded.contents, posts = excluded.posts, speakers = excluded.speakers,
		joined = excluded.joined, left_group = excluded.left_group, roster = excluded.roster`, "iiiiiiibtbbbbb",
		len(rows), func(i int) []any { return rows[i] })
}

func dayRow(c community.ID, d *insight.GroupDay) ([]any, error) {
	hours := make([]byte, 0, 32)
	for _, h := range d.Hours {
		hours = binary.AppendUvarint(hours, uint64(h))
	}
	contents, err := json.Marshal(d.Contents)
	if err != nil {
		return nil, err
	}
	sets := make([][]byte, 4)
	for i, s := range []*roaring.Bitmap{d.Speakers, d.Joined, d.Left, d.Roster} {
		if s == nil || i > 0 && i < 3 && s.IsEmpty() {
			continue
		}
		if sets[i], err = EncodeSet(s); err != nil {
			return nil, err
		}
	}
	return []any{int64(c), int64(d.Group), int64(d.Day), int64(d.Messages), int64(d.Ours), int64(d.Mentions), int64(d.Recalled), hours,
		string(contents), insight.EncodePosts(d.Posts), sets[0], sets[1], sets[2], sets[3]}, nil
}

// EncodeSet writes a set in its smallest form, which is the same for equal sets.
func EncodeSet(s *roaring.Bitmap) ([]byte, error) {
	s.RunOptimize()
	return s.ToBytes()
}

// CommunityDay is the union over all groups of one day.
type CommunityDay struct {
	Day      community.Day
	Messages int
	Speakers *roaring.Bitmap
}

// CommunityDays reads the community's days in [from, to].
func CommunityDays(ctx context.Context, q store.Querier, c community.ID, from, to community.Day) ([]*CommunityDay, error) {
	rows, err := q.QueryContext(ctx, `SELECT day, messages, speakers FROM view_community_day
		WHERE community_id = $1 AND day >= $2 AND day <= $3 ORDER BY day`, int64(c), int64(from), int64(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*CommunityDay
	for rows.Next() {
		d := &CommunityDay{Speakers: roaring.New()}
		var b []byte
		if err := rows.Scan((*int32)(&d.Day), &d.Messages, &b); err != nil {
			return nil, err
		}
		if _, err := d.Speakers.FromBuffer(b); err != nil {
			return nil, damaged(&insight.GroupDay{Day: d.Day}, err)
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// SaveCommunityDays writes them as they are now.
func SaveCommunityDays(tx *store.Tx, c community.ID, days []*CommunityDay) error {
	sets := make([][]byte, len(days))
	for i, d := range days {
		var err error
		if sets[i], err = EncodeSet(d.Speakers); err != nil {
			return err
		}
	}
	return tx.Many(`INSERT INTO view_community_day (community_id, day, messages, speakers) VALUES ($1, $2, $3, $4)
		ON CONFLICT (community_id, day) DO UPDATE SET messages = excluded.messages, speakers = excluded.speakers`, "iiib",
		len(days), func(i int) []any { return []any{int64(c), int64(days[i].Day), int64(days[i].Messages), sets[i]} })
}
