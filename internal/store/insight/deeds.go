package insightdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// mostRead is how many rows of the log one question may look at.
const mostRead = 6_000_000

// deedKinds is the condition of the index event_deed, word for word: without it
// SQLite does not use the index.
const deedKinds = `kind IN ('member.joined', 'member.left', 'member.requested', 'member.renamed', 'message.recalled', 'reaction.added', 'code.scanned', 'contact.added', 'contact.removed')`

// deeds reads what people did in some groups, and outside of groups.
type deeds struct {
	q       store.Querier
	c       community.ID
	heads   map[community.GroupID]Head // the groups
	limited bool                       // whoever asks sees nothing outside of groups
	zone    *time.Location             // of the community
	links   store.Links
	upTo    community.Seq // as far as the views know the log
	read    int
}

// each yields the deeds of a kind on some days, in no particular order.
func (d *deeds) each(ctx context.Context, need insight.Needs, days insight.Span, yield func(*insight.Deed) error) error {
	// Wide enough for every zone; the days themselves are looked at below.
	from, to := int64(-1)<<60, (days.To + 2).Start(time.UTC).UnixMilli()
	if days.From > EverFrom {
		from = (days.From - 1).Start(time.UTC).UnixMilli()
	}
	switch need.Kind {
	case community.PersonTag:
		return d.records(ctx, need.Kind, `SELECT identity_id, 0, at, seq, tag FROM person_tag WHERE community_id = $1 AND put = 1 AND at >= $2 AND at < $3`, days, from, to, yield)
	case community.PointsGive:
		return d.records(ctx, need.Kind, `SELECT identity_id, group_id, at, cause_seq, '' FROM point_entry WHERE community_id = $1 AND amount > 0 AND at >= $2 AND at < $3`, days, from, to, yield)
	case community.MessagePosted:
		for _, g := range d.groups() {
			if err := d.events(ctx, need, timelineFirst, `FROM t JOIN event e ON e.community_id = $1 AND e.seq = t.seq`, `e.kind = 'message.posted'`,
				days, []any{int64(d.c), from, to, int64(d.upTo), int64(g)}, yield); err != nil {
				return err
			}
		}
		return nil
	}
	return d.events(ctx, need, "", `FROM event e`, `e.community_id = $1 AND e.`+deedKinds+` AND e.kind = $5 AND e.at >= $2 AND e.at < $3 AND e.seq <= $4`,
		days, []any{int64(d.c), from, to, int64(d.upTo), string(need.Kind)}, yield)
}

// timelineFirst makes both databases begin with the group's timeline. PostgreSQL, as
// long as it has no statistics, otherwise takes every message for the one row that it
// expects, and looks through the timeline for each.
const timelineFirst = `WITH t AS MATERIALIZED (SELECT seq FROM view_timeline WHERE community_id = $1 AND group_id = $5 AND at >= $2 AND at < $3 AND seq <= $4) `

func (d *deeds) groups() []community.GroupID {
	list := make([]community.GroupID, 0, len(d.heads))
	for g := range d.heads {
		list = append(list, g)
	}
	slices.Sort(list)
	return list
}

// events yields deeds that are events; those of nobody known are left out, and those of
// our own accounts unless they are needed.
func (d *deeds) events(ctx context.Context, need insight.Needs, with, from, where string, days insight.Span, args []any, yield func(*insight.Deed) error) error {
	columns, join := `SELECT e.identity_id, e.group_id, e.at, e.seq, e.operator_id, e.content, '', '' `, ""
	if need.Text || need.Data {
		columns = `SELECT e.identity_id, e.group_id, e.at, e.seq, e.operator_id, e.content, COALESCE(b.text, ''), COALESCE(b.data, '') `
		join = ` LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq`
	}
	if !need.Ours {
		where += ` AND e.flags % 2 = 0`
	}
	rows, err := d.q.QueryContext(ctx, with+columns+from+join+` WHERE `+where+` AND e.identity_id > 0`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	deed := insight.Deed{Kind: need.Kind}
	for rows.Next() {
		var identity, operator uint32
		var content, text, data sql.RawBytes
		if err := rows.Scan(&identity, (*int64)(&deed.Group), &deed.At, (*int64)(&deed.Seq), &operator, &content, &text, &data); err != nil {
			return err
		}
		if d.read++; d.read > mostRead {
			return insight.ErrTooMuch
		}
		if !d.place(&deed, days) {
			continue
		}
		deed.As, deed.By, deed.Content = community.IdentityID(identity), 0, community.Content(content)
		deed.Person = d.links.Person(deed.As)
		if operator != 0 {
			deed.By = d.links.Person(community.IdentityID(operator))
		}
		deed.Text, deed.Way, deed.Code = "", "", ""
		if need.Text {
			deed.Text = string(text)
		}
		if need.Data && len(data) > 0 {
			var about struct{ Way, State string }
			if err := json.Unmarshal(data, &about); err != nil {
				return err
			}
			deed.Way, deed.Code = about.Way, about.State
		}
		if err := yield(&deed); err != nil {
			return err
		}
	}
	return rows.Err()
}

// records yields deeds that are told by records.
func (d *deeds) records(ctx context.Context, kind community.Kind, query string, days insight.Span, from, to int64, yield func(*insight.Deed) error) error {
	rows, err := d.q.QueryContext(ctx, query, int64(d.c), from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		deed := insight.Deed{Kind: kind}
		var identity uint32
		if err := rows.Scan(&identity, (*int64)(&deed.Group), &deed.At, (*int64)(&deed.Seq), &deed.Tag); err != nil {
			return err
		}
		if deed.Person = d.links.Person(community.IdentityID(identity)); !d.place(&deed, days) {
			continue
		}
		if err := yield(&deed); err != nil {
			return err
		}
	}
	return rows.Err()
}

// place tells on which day a deed was; false: it does not count.
func (d *deeds) place(deed *insight.Deed, days insight.Span) bool {
	zone := d.zone
	h, here := d.heads[deed.Group]
	switch {
	case here:
		zone = h.Zone
	case d.limited || deed.Group != 0:
		return false
	}
	deed.Day = community.DayOf(time.UnixMilli(deed.At), zone)
	return days.Has(deed.Day)
}

// daily are the kinds that the groups' days tell of by themselves.
var daily = map[community.Kind]string{community.MessagePosted: "speakers", community.MemberJoined: "joined", community.MemberLeft: "left_group"}

// eachDay yields who did something on which day, from the views of days.
func (d *deeds) eachDay(ctx context.Context, kind community.Kind, days insight.Span, yield func(community.PersonID, community.Day)) error {
	for part := range slices.Chunk(d.groups(), 512) {
		places, args := store.Listed([]any{int64(d.c), int64(days.From), int64(days.To)}, part)
		rows, err := d.q.QueryContext(ctx, `SELECT day, `+daily[kind]+` FROM view_group_day WHERE community_id = $1 AND day >= $2 AND day <= $3
			AND `+daily[kind]+` IS NOT NULL AND group_id IN `+places, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var day int64
			var packed []byte
			if err := rows.Scan(&day, &packed); err != nil {
				return err
			}
			set := roaring.New()
			if _, err := set.FromBuffer(packed); err != nil {
				return err
			}
			for it := set.Iterator(); it.HasNext(); {
				yield(d.links.Person(community.IdentityID(it.Next())), community.Day(day))
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
	}
	return nil
}
