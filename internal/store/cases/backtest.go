package cases

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
)

// Moment is when something was said, and where it is in the log.
type Moment struct {
	At    int64 // ms
	Seq   community.Seq
	Group community.GroupID
}

// Moments lists what happened in a group in [from, to), in the order of the
// platform's times.
func Moments(ctx context.Context, q store.Querier, c community.ID, g community.GroupID, from, to time.Time) ([]Moment, error) {
	return list(ctx, q, func(rows *sql.Rows) (Moment, error) {
		m := Moment{Group: g}
		return m, rows.Scan(&m.At, (*int64)(&m.Seq))
	},
		`SELECT at, seq FROM view_timeline WHERE community_id = $1 AND group_id = $2 AND at >= $3 AND at < $4 ORDER BY at, seq`, int64(c), int64(g), millis(from), millis(to))
}

// Utterance is what judging needs of something that happened in a group: a message,
// what was read in one's pictures, or that somebody came in.
type Utterance struct {
	Moment
	Kind     community.Kind // message.posted, member.joined, or what codes are told by
	Identity community.IdentityID
	Content  community.Content
	Mentions int
	Flags    community.Flags
	Text     string
	Data     map[string]string // where it leads, what codes say; nil of most
	Gone     bool              // retention or an erasure took what it said
}

// Bounds of reading the log in stretches.
const (
	gap      = 3   // places between two of one stretch: more, and reading what lies between costs more than it saves
	stretch  = 16  // places from which a stretch is worth a query of its own
	inOneAsk = 500 // places in one query
)

// Said reads what happened at moments that judging is about, in their order, into
// out, which it returns. Places that follow each other are read by their bounds: that
// takes half the time of looking each one up.
func Said(ctx context.Context, q store.Querier, c community.ID, moments []Moment, codes community.Kind, out []Utterance) ([]Utterance, error) {
	order := make([]int32, len(moments)) // places in moments, in the order of the log
	for i := range order {
		order[i] = int32(i)
	}
	if !slices.IsSortedFunc(moments, func(a, b Moment) int { return cmp.Compare(a.Seq, b.Seq) }) {
		slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(moments[a].Seq, moments[b].Seq) })
	}
	out = slices.Grow(out[:0], len(moments))[:len(moments)]
	clear(out)
	r := sayer{ctx: ctx, q: q, c: c, codes: codes, moments: moments, out: out}
	var single []int32
	for len(order) > 0 {
		n := 1
		for n < len(order) && moments[order[n]].Seq-moments[order[n-1]].Seq <= gap {
			n++
		}
		if n < stretch {
			single = append(single, order[:n]...)
		} else if err := r.between(order[:n]); err != nil {
			return nil, err
		}
		order = order[n:]
	}
	for part := range slices.Chunk(single, inOneAsk) {
		if err := r.each(part); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(out, func(u Utterance) bool { return u.Seq == 0 }), nil
}

// sayer reads rows into their places.
type sayer struct {
	ctx     context.Context
	q       store.Querier
	c       community.ID
	codes   community.Kind
	moments []Moment
	out     []Utterance
}

// What a row has of most messages is one number for each: every column of a row costs
// as much as reading a short text.
const saidColumns = `SELECT e.seq, e.identity_id, e.flags + 4294967296 * e.mentions, CASE WHEN e.kind = 'message.posted' THEN NULL ELSE e.kind END,
	CASE WHEN e.content = 'text' THEN NULL ELSE e.content END, b.text,
	CASE WHEN b.data LIKE '%"url"%' OR b.data LIKE '%"codes"%' THEN b.data ELSE NULL END FROM event e
	LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
	WHERE e.community_id = $1 AND e.kind IN ('message.posted', 'member.joined', $2) AND `

// between reads the places from the first to the last of some that are in order.
func (r *sayer) between(order []int32) error {
	first, last := r.moments[order[0]].Seq, r.moments[order[len(order)-1]].Seq
	return r.read(order, saidColumns+`e.seq BETWEEN $3 AND $4 ORDER BY e.seq`, int64(r.c), string(r.codes), int64(first), int64(last))
}

// each reads places one by one.
func (r *sayer) each(order []int32) error {
	args, marks := []any{int64(r.c), string(r.codes)}, make([]string, 0, len(order))
	for _, i := range order {
		args = append(args, int64(r.moments[i].Seq))
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	return r.read(order, saidColumns+`e.seq IN (`+strings.Join(marks, ", ")+`) ORDER BY e.seq`, args...)
}

func (r *sayer) read(order []int32, query string, args ...any) error {
	rows, err := r.q.QueryContext(r.ctx, query, args...)
	if err != nil {
		return store.Unavailable(err)
	}
	defer rows.Close()
	var seq, packed int64
	var kind, content, text, data sql.NullString
	var identity uint32
	into := []any{&seq, &identity, &packed, &kind, &content, &text, &data}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return store.Unavailable(err)
		}
		for len(order) > 0 && int64(r.moments[order[0]].Seq) < seq {
			order = order[1:]
		}
		if len(order) == 0 || int64(r.moments[order[0]].Seq) != seq {
			continue // of another group
		}
		u := &r.out[order[0]]
		*u = Utterance{Moment: r.moments[order[0]], Kind: community.MessagePosted, Identity: community.IdentityID(identity), Content: community.Text,
			Mentions: int(packed >> 32), Flags: community.Flags(uint32(packed)), Text: text.String, Gone: !text.Valid}
		if kind.Valid {
			u.Kind = community.Kind(kind.String)
		}
		if content.Valid {
			u.Content = community.Content(content.String)
		}
		if data.Valid {
			if err := json.Unmarshal([]byte(data.String), &u.Data); err != nil {
				return fmt.Errorf("event %d: %w", seq, err)
			}
		}
	}
	return store.Unavailable(rows.Err())
}

// NamesAt reads under which names messages were written.
func NamesAt(ctx context.Context, q store.Querier, c community.ID, places []community.Seq) (map[community.Seq]string, error) {
	names := map[community.Seq]string{}
	for part := range slices.Chunk(places, inOneAsk) {
		args, marks := []any{int64(c)}, make([]string, 0, len(part))
		for _, seq := range part {
			args = append(args, int64(seq))
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		if _, err := list(ctx, q, func(rows *sql.Rows) (none struct{}, err error) {
			var seq int64
			var name string
			err = rows.Scan(&seq, &name)
			names[community.Seq(seq)] = name
			return none, err
		}, `SELECT seq, name FROM event_body WHERE community_id = $1 AND seq IN (`+strings.Join(marks, ", ")+`)`, args...); err != nil {
			return nil, err
		}
	}
	return names, nil
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
