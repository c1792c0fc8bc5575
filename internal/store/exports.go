package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"qunying/community"
)

// ExportPlace is a place in a group's timeline.
type ExportPlace struct {
	At  time.Time
	Seq community.Seq
}

// ExportSpan says which of a group's events are asked for: of the log's
// (After, UpTo], of the platform's times [From, To); zero times do not bound.
type ExportSpan struct {
	Group       community.GroupID
	After, UpTo community.Seq
	From, To    time.Time
}

// Exported is an event with how the platform calls those concerned.
type Exported struct {
	Event    community.Event // Body is nil where it was forgotten
	Subject  Outside         // ID is "" of who has only a name
	Operator Outside
}

// ExportPage reads up to limit of a group's events by the platform's time, as far
// as the views know them, beginning after a place.
func ExportPage(ctx context.Context, q Querier, c community.ID, want ExportSpan, after ExportPlace, limit int) ([]Exported, error) {
	from, to := int64(-1)<<62, int64(1)<<62
	if !want.From.IsZero() {
		from = millis(want.From)
	}
	if !want.To.IsZero() {
		to = millis(want.To)
	}
	if after.Seq != 0 {
		from = max(from, millis(after.At))
	}
	rows, err := q.QueryContext(ctx, `SELECT e.seq, e.kind, e.identity_id, e.at, e.content, e.flags, b.name, b.text, b.message_id, b.data,
			COALESCE(i.group_id, 0), COALESCE(i.outside_id, ''), COALESCE(i.name, ''), COALESCE(o.group_id, 0), COALESCE(o.outside_id, ''), COALESCE(o.name, '')
		FROM view_timeline t JOIN event e ON e.community_id = t.community_id AND e.seq = t.seq
		LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		LEFT JOIN identity i ON i.community_id = e.community_id AND i.identity_id = e.identity_id
		LEFT JOIN identity o ON o.community_id = e.community_id AND o.identity_id = e.operator_id
		WHERE t.community_id = $1 AND t.group_id = $2 AND t.at >= $3 AND t.at < $4 AND (t.at > $5 OR t.seq > $6)
			AND t.seq > $7 AND t.seq <= $8 ORDER BY t.at, t.seq LIMIT $9`,
		int64(c), int64(want.Group), from, to, millis(after.At), int64(after.Seq), int64(want.After), int64(want.UpTo), limit)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Exported
	for rows.Next() {
		x, err := scanExported(rows, c, want.Group)
		if err != nil {
			return nil, unavailable(err)
		}
		list = append(list, x)
	}
	return list, unavailable(rows.Err())
}

func scanExported(rows *sql.Rows, c community.ID, g community.GroupID) (Exported, error) {
	x := Exported{Event: community.Event{Community: c, Group: g}}
	e := &x.Event
	var at, subjectGroup, operatorGroup int64
	var name, text, id, data sql.NullString
	if err := rows.Scan((*int64)(&e.Seq), (*string)(&e.Kind), (*uint32)(&e.Identity), &at, (*string)(&e.Content), (*uint32)(&e.Flags),
		&name, &text, &id, &data, &subjectGroup, &x.Subject.ID, &x.Subject.Name, &operatorGroup, &x.Operator.ID, &x.Operator.Name); err != nil {
		return x, err
	}
	e.At = fromMillis(at)
	if name.Valid {
		e.Body = &community.Body{Name: name.String, Text: text.String, MessageID: id.String}
		if data.String != "" {
			if err := json.Unmarshal([]byte(data.String), &e.Body.Data); err != nil {
				return x, err
			}
		}
		if name.String != "" {
			x.Subject.Name = name.String
		}
	}
	for _, p := range []struct {
		who   *Outside
		group int64
	}{{&x.Subject, subjectGroup}, {&x.Operator, operatorGroup}} {
		if p.group != 0 { // a name alone, which counts in its group
			p.who.Name, p.who.ID = p.who.ID, ""
		}
	}
	return x, nil
}

// ExportNews is a group of which something new was logged, with the
// platform's times of the first and last of it.
type ExportNews struct {
	Group    community.GroupID
	From, To time.Time // both included
}

// ExportNewsSince lists the groups of which something was logged in (after, upTo].
func ExportNewsSince(ctx context.Context, q Querier, c community.ID, after, upTo community.Seq) ([]ExportNews, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, MIN(at), MAX(at) FROM event
		WHERE community_id = $1 AND seq > $2 AND seq <= $3 AND group_id > 0 GROUP BY group_id ORDER BY group_id`, int64(c), int64(after), int64(upTo))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []ExportNews
	for rows.Next() {
		var n ExportNews
		var from, to int64
		if err := rows.Scan((*int64)(&n.Group), &from, &to); err != nil {
			return nil, unavailable(err)
		}
		n.From, n.To = fromMillis(from), fromMillis(to)
		list = append(list, n)
	}
	return list, unavailable(rows.Err())
}

// ExportRun is what the last run of a saved export took out of the log.
type ExportRun struct {
	Name        string
	Epoch       int64 // of the log: after a restore its places are void
	After, UpTo community.Seq
	Rows        int64
	Forgotten   int64
	Staff       community.StaffID
	At          time.Time
}

// LastExport reads the last run of a saved export; ok is false before the first.
func LastExport(ctx context.Context, q Querier, c community.ID, name string) (r ExportRun, ok bool, err error) {
	r.Name = name
	var at int64
	err = q.QueryRowContext(ctx, `SELECT epoch, after_seq, up_to_seq, rows_written, forgotten, staff_id, at FROM export_run WHERE community_id = $1 AND name = $2`,
		int64(c), name).Scan(&r.Epoch, (*int64)(&r.After), (*int64)(&r.UpTo), &r.Rows, &r.Forgotten, (*int64)(&r.Staff), &at)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	r.At = fromMillis(at)
	return r, err == nil, unavailable(err)
}

// SaveExportRun writes what a run took. It reports false, and changes nothing,
// when another run came between: was is the run that it went on from.
func (tx *Tx) SaveExportRun(c community.ID, r, was ExportRun) (bool, error) {
	res, err := tx.Exec(`INSERT INTO export_run (community_id, name, epoch, after_seq, up_to_seq, rows_written, forgotten, staff_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (community_id, name) DO UPDATE SET epoch = excluded.epoch, after_seq = excluded.after_seq,
			up_to_seq = excluded.up_to_seq, rows_written = excluded.rows_written, forgotten = excluded.forgotten, staff_id = excluded.staff_id, at = excluded.at
		WHERE export_run.up_to_seq = $10 AND export_run.epoch = $11`,
		int64(c), r.Name, r.Epoch, int64(r.After), int64(r.UpTo), r.Rows, r.Forgotten, int64(r.Staff), millis(r.At), int64(was.UpTo), was.Epoch)
	if err != nil {
		return false, unavailable(err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// ForgetExport makes the next run of a saved export begin at the beginning.
func (tx *Tx) ForgetExport(c community.ID, name string) error {
	_, err := tx.Exec(`DELETE FROM export_run WHERE community_id = $1 AND name = $2`, int64(c), name)
	return unavailable(err)
}
