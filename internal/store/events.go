package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"qunying/community"
)

const eventColumnsSQL = `e.seq, e.key, e.kind, e.origin, e.group_id, e.identity_id, e.operator_id, e.at, e.logged_at,
	e.content, e.length, e.mentions, e.flags, e.targets, e.source`

// Events reads the log of community c after seq, in order, up to limit events
// and no further than seq+span (0: no bound). withBody adds the bodies that
// are still there.
func Events(ctx context.Context, q Querier, c community.ID, after community.Seq, limit int, withBody bool) ([]community.Event, error) {
	query := `SELECT ` + eventColumnsSQL + ` FROM event e WHERE e.community_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3`
	if withBody {
		query = `SELECT ` + eventColumnsSQL + `, b.name, b.text, b.message_id, b.data FROM event e
			LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
			WHERE e.community_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3`
	}
	return queryEvents(ctx, q, c, withBody, query, int64(c), int64(after), limit)
}

// Counted reads the log as the views count it: what counting does not need
// (key, origin, operator, times of ours) stays unread.
func Counted(ctx context.Context, q Querier, c community.ID, after community.Seq, limit int) ([]community.Event, error) {
	rows, err := q.QueryContext(ctx, `SELECT e.seq, e.kind, e.group_id, e.identity_id, e.at, e.content, e.mentions, e.flags, e.targets, e.source,
		b.name, b.text, b.data FROM event e LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3`, int64(c), int64(after), limit)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []community.Event
	for rows.Next() {
		e := community.Event{Community: c}
		var at int64
		var targets sql.RawBytes
		var name, text, data sql.NullString
		if err := rows.Scan((*int64)(&e.Seq), (*string)(&e.Kind), (*int64)(&e.Group), (*uint32)(&e.Identity), &at, (*string)(&e.Content),
			&e.Mentions, (*uint32)(&e.Flags), &targets, &e.Source, &name, &text, &data); err != nil {
			return nil, unavailable(err)
		}
		e.At = fromMillis(at)
		if e.Targets, err = DecodeTargets(targets); err != nil {
			return nil, err
		}
		if text.Valid {
			e.Body = &community.Body{Name: name.String, Text: text.String}
			if data.String != "" {
				if err := json.Unmarshal([]byte(data.String), &e.Body.Data); err != nil {
					return nil, err
				}
			}
		}
		list = append(list, e)
	}
	return list, unavailable(rows.Err())
}

// Undecided reads what decide has to look at among the span events after seq:
// everything that is not history, with bodies.
func Undecided(ctx context.Context, q Querier, c community.ID, after, upTo community.Seq, limit int) ([]community.Event, error) {
	return queryEvents(ctx, q, c, true, `SELECT `+eventColumnsSQL+`, b.name, b.text, b.message_id, b.data FROM event e
		LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.origin <> 'history' ORDER BY e.seq LIMIT $4`,
		int64(c), int64(after), int64(upTo), limit)
}

// EventsAt reads the events at the given places with their bodies, in the order
// of seqs; places without an event are left out.
func EventsAt(ctx context.Context, q Querier, c community.ID, seqs []community.Seq) ([]community.Event, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	places, args := Listed([]any{int64(c)}, seqs)
	found, err := queryEvents(ctx, q, c, true, `SELECT `+eventColumnsSQL+`, b.name, b.text, b.message_id, b.data FROM event e
		LEFT JOIN event_body b ON b.community_id = e.community_id AND b.seq = e.seq
		WHERE e.community_id = $1 AND e.seq IN `+places, args...)
	if err != nil {
		return nil, err
	}
	place := make(map[community.Seq]int, len(seqs))
	for i, s := range seqs {
		place[s] = i
	}
	slices.SortFunc(found, func(a, b community.Event) int { return place[a.Seq] - place[b.Seq] })
	return found, nil
}

// Event reads one event with its body.
func Event(ctx context.Context, q Querier, c community.ID, seq community.Seq) (*community.Event, error) {
	list, err := Events(ctx, q, c, seq-1, 1, true)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || list[0].Seq != seq {
		return nil, community.Errorf(community.NotFound, "there is no event %d", seq)
	}
	return &list[0], nil
}

func queryEvents(ctx context.Context, q Querier, c community.ID, withBody bool, query string, args ...any) ([]community.Event, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []community.Event
	for rows.Next() {
		e, err := scanEvent(rows, c, withBody)
		if err != nil {
			return nil, unavailable(err)
		}
		list = append(list, e)
	}
	return list, unavailable(rows.Err())
}

func scanEvent(rows *sql.Rows, c community.ID, withBody bool) (community.Event, error) {
	e := community.Event{Community: c}
	var key, targets []byte
	var at, logged int64
	var name, text, id, data sql.NullString
	dest := []any{(*int64)(&e.Seq), &key, (*string)(&e.Kind), (*string)(&e.Origin), (*int64)(&e.Group), (*uint32)(&e.Identity),
		(*uint32)(&e.Operator), &at, &logged, (*string)(&e.Content), &e.Length, &e.Mentions, (*uint32)(&e.Flags), &targets, &e.Source}
	if withBody {
		dest = append(dest, &name, &text, &id, &data)
	}
	if err := rows.Scan(dest...); err != nil {
		return e, err
	}
	if len(key) != len(e.Key) {
		return e, community.Errorf(community.Internal, "event %d has a damaged key", e.Seq)
	}
	e.Key, e.At, e.LoggedAt = community.Key(key), fromMillis(at), fromMillis(logged)
	var err error
	if e.Targets, err = DecodeTargets(targets); err != nil {
		return e, err
	}
	if name.Valid {
		e.Body = &community.Body{Name: name.String, Text: text.String, MessageID: id.String}
		if data.Valid && data.String != "" {
			err = json.Unmarshal([]byte(data.String), &e.Body.Data)
		}
	}
	return e, err
}

// Head is the newest sequence number of the community's log.
func Head(ctx context.Context, q Querier, c community.ID) (community.Seq, error) {
	var next int64
	err := q.QueryRowContext(ctx, `SELECT next_seq FROM log WHERE community_id = $1`, int64(c)).Scan(&next)
	return community.Seq(next - 1), unavailable(err)
}

// Epoch changes when the log was restored or moved: cursors kept outside are void.
func Epoch(ctx context.Context, q Querier, c community.ID) (int64, error) {
	var epoch int64
	err := q.QueryRowContext(ctx, `SELECT epoch FROM log WHERE community_id = $1`, int64(c)).Scan(&epoch)
	return epoch, unavailable(err)
}

// Communities lists all communities by ID.
func Communities(ctx context.Context, q Querier) ([]community.Community, error) {
	rows, err := q.QueryContext(ctx, `SELECT community_id, slug, name, zone FROM community ORDER BY community_id`)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []community.Community
	for rows.Next() {
		var c community.Community
		var zone string
		if err := rows.Scan((*int64)(&c.ID), &c.Slug, &c.Name, &zone); err != nil {
			return nil, unavailable(err)
		}
		if c.Zone, err = community.LoadZone(zone); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, unavailable(rows.Err())
}

// Groups lists the groups of a community by ID.
func Groups(ctx context.Context, q Querier, c community.ID) ([]community.Group, error) {
	return queryGroups(ctx, q, c, ` AND kind <> '`+directKind+`' ORDER BY group_id`)
}

// GroupsByID reads the given groups; unknown ones are left out.
func GroupsByID(ctx context.Context, q Querier, c community.ID, ids []community.GroupID) (map[community.GroupID]community.Group, error) {
	all := make(map[community.GroupID]community.Group, len(ids))
	for part := range slices.Chunk(ids, 1024) {
		places, args := Listed([]any{int64(c)}, part)
		list, err := queryGroups(ctx, q, c, ` AND group_id IN `+places, args[1:]...)
		if err != nil {
			return nil, err
		}
		for _, g := range list {
			all[g.ID] = g
		}
	}
	return all, nil
}

// Group reads one group.
func Group(ctx context.Context, q Querier, c community.ID, g community.GroupID) (community.Group, error) {
	list, err := queryGroups(ctx, q, c, ` AND group_id = $2`, int64(g))
	if err != nil {
		return community.Group{}, err
	}
	if len(list) == 0 {
		return community.Group{}, community.Errorf(community.NotFound, "there is no group %d", g)
	}
	return list[0], nil
}

// GroupNames reads the names of the given groups; unknown ones are left out.
func GroupNames(ctx context.Context, q Querier, c community.ID, groups []community.GroupID) (map[community.GroupID]string, error) {
	places, args := Listed([]any{int64(c)}, groups)
	rows, err := q.QueryContext(ctx, `SELECT group_id, name FROM chat_group WHERE community_id = $1 AND group_id IN `+places, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	names := make(map[community.GroupID]string, len(groups))
	for rows.Next() {
		var g int64
		var name string
		if err := rows.Scan(&g, &name); err != nil {
			return nil, unavailable(err)
		}
		names[community.GroupID(g)] = name
	}
	return names, unavailable(rows.Err())
}

// GroupByOutside finds a group by its network's name for it.
func GroupByOutside(ctx context.Context, q Querier, c community.ID, n community.Network, outside string) (community.Group, bool, error) {
	list, err := queryGroups(ctx, q, c, ` AND network = $2 AND outside_id = $3`, string(n), cleanText(outside))
	if err != nil || len(list) == 0 {
		return community.Group{}, false, err
	}
	return list[0], true, nil
}

func queryGroups(ctx context.Context, q Querier, c community.ID, where string, args ...any) ([]community.Group, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, network, outside_id, name, zone, zone_changes, account, kind FROM chat_group WHERE community_id = $1`+where,
		append([]any{int64(c)}, args...)...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []community.Group
	for rows.Next() {
		g := community.Group{Community: c}
		var zone, changes, kind string
		if err := rows.Scan((*int64)(&g.ID), (*string)(&g.Network), &g.OutsideID, &g.Name, &zone, &changes, &g.Account, &kind); err != nil {
			return nil, unavailable(err)
		}
		g.Direct = kind == directKind
		if g.Zone, err = plannedZone(zone, changes); err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, unavailable(rows.Err())
}

// Accounts tells which account listens to which group; groups that were only
// imported are left out.
func Accounts(ctx context.Context, q Querier, c community.ID) (map[community.GroupID]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT group_id, account FROM chat_group WHERE community_id = $1 AND account <> ''`, int64(c))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	all := map[community.GroupID]string{}
	for rows.Next() {
		var g int64
		var account string
		if err := rows.Scan(&g, &account); err != nil {
			return nil, unavailable(err)
		}
		all[community.GroupID(g)] = account
	}
	return all, unavailable(rows.Err())
}

// AccountOf tells which account listens to a group, "" if none does.
func AccountOf(ctx context.Context, q Querier, c community.ID, g community.GroupID) (string, error) {
	var account string
	err := q.QueryRowContext(ctx, `SELECT account FROM chat_group WHERE community_id = $1 AND group_id = $2`, int64(c), int64(g)).Scan(&account)
	return account, unavailable(err)
}
