package cases

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
)

// Moment is when something was said, and where it is in the log.
type Moment struct {
	At  int64 // ms
	Seq community.Seq
}

// Moments lists what happened in a group in [from, to).
func Moments(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, from, to time.Time) ([]Moment, error) {
	return list(ctx, q, func(rows *sql.Rows) (m Moment, err error) {
		err = rows.Scan(&m.At, (*int64)(&m.Seq))
		return m, err
	},
		`SELECT at, seq FROM view_timeline WHERE community_id = $1 AND group_id = $2 AND at >= $3 AND at < $4 ORDER BY at, seq`, int64(c), int64(g), millis(from), millis(to))
}

// Said reads the messages and the joins among moments, in their order, with what
// judging needs of them.
func Said(ctx context.Context, q store.Querier, c community.ID, moments []Moment) ([]community.Event, error) {
	place := make(map[community.Seq]int, len(moments))
	out := make([]community.Event, len(moments))
	const most = 500 // in one query
	for begin := 0; begin < len(moments); begin += most {
		part := moments[begin:min(begin+most, len(moments))]
		args, marks := []any{int64(c)}, make([]string, 0, len(part))
		for i, m := range part {
			place[m.Seq] = begin + i
			args = append(args, int64(m.Seq))
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		found, err := list(ctx, q, func(rows *sql.Rows) (ev community.Event, err error) {
			ev.Community = c
			var at int64
			var name, text, data sql.NullString
			if err := rows.Scan((*int64)(&ev.Seq), (*string)(&ev.Kind), (*int64)(&ev.Group), (*uint32)(&ev.Identity), &at, (*string)(&ev.Content), &ev.Mentions,
				(*uint32)(&ev.Flags), &name, &text, &data); err != nil {
				return ev, err
			}
			ev.At = time.UnixMilli(at).UTC()
			if name.Valid {
				ev.Body = &community.Body{Name: name.String, Text: text.String}
				if strings.Contains(data.String, `"url"`) {
					err = json.Unmarshal([]byte(data.String), &ev.Body.Data)
				}
			}
			return ev, err
		}, `SELECT e.seq, e.kind, e.group_id, e.identity_id, e.at, e.content, e.mentions, e.flags, b.name, b.text, b.data FROM event e
			LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
			WHERE e.community_id = $1 AND e.kind IN ('message.posted', 'member.joined') AND e.seq IN (`+strings.Join(marks, ", ")+`)`, args...)
		if err != nil {
			return nil, err
		}
		for _, ev := range found {
			out[place[ev.Seq]] = ev
		}
	}
	kept := out[:0]
	for _, ev := range out {
		if ev.Seq != 0 {
			kept = append(kept, ev)
		}
	}
	return kept, nil
}

// Labels tells what people said messages were: a category, or casework.Fine, by
// the event of the message. A report that was nothing has no verdict, and counts
// by the message that it names.
func Labels(ctx context.Context, q store.Querier, c community.ID) (map[community.Seq]string, error) {
	type labelled struct {
		seq   community.Seq
		label string
	}
	found, err := list(ctx, q, func(rows *sql.Rows) (l labelled, err error) {
		err = rows.Scan((*int64)(&l.seq), &l.label)
		return l, err
	},
		`SELECT seq, label FROM (
			SELECT v.seq, u.label, u.ruling_id FROM verdict v JOIN review r ON r.community_id = v.community_id AND r.review_id = v.review_id
			JOIN ruling u ON u.community_id = r.community_id AND u.review_id = r.review_id
			WHERE v.community_id = $1 AND u.label <> '' AND (r.state = 'decided' OR u.what = 'train')
			UNION SELECT r.seq, u.label, u.ruling_id FROM review r JOIN ruling u ON u.community_id = r.community_id AND u.review_id = r.review_id
			WHERE r.community_id = $1 AND r.kind = 'report' AND r.seq <> 0 AND u.label <> '' AND (r.state = 'decided' OR u.what = 'train')
		) AS said ORDER BY ruling_id`, int64(c))
	if err != nil {
		return nil, err
	}
	all := map[community.Seq]string{}
	for _, l := range found {
		all[l.seq] = l.label
	}
	// An appeal that was granted says that the verdict was nothing.
	granted, err := reviews(ctx, q, c, `AND r.kind = $2 AND r.state = 'decided' AND r.decision = $3`, string(casework.Appeal), casework.Grant)
	for _, r := range granted {
		all[r.Seq] = casework.Fine
	}
	return all, err
}
