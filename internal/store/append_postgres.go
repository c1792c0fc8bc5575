package store

import (
	"context"

	"qunying/community"
)

// knownIdentities finds who is known. It is written as it is for the same reason
// as appendEvents.
const knownIdentities = `SELECT k.network, k.group_id, k.outside_id, i.identity_id, i.name, i.named_at
	FROM unnest($2::text[], $3::bigint[], $4::text[]) AS k (network, group_id, outside_id) CROSS JOIN LATERAL (
		SELECT * FROM identity
		WHERE (community_id, network, group_id, outside_id) >= ($1, k.network, k.group_id, k.outside_id)
		ORDER BY community_id, network, group_id, outside_id LIMIT 1) i
	WHERE i.community_id = $1 AND i.network = k.network AND i.group_id = k.group_id AND i.outside_id = k.outside_id`

// learnPostgres finds and makes identities in two round trips.
func (n *numbers) learnPostgres(missing []nameKey, people map[nameKey]person) error {
	var networks, outsides []string
	var groups []int64
	for _, k := range missing {
		networks, groups, outsides = append(networks, string(k.network)), append(groups, int64(k.group)), append(outsides, k.outside)
	}
	rows, err := n.tx.QueryContext(context.Background(), knownIdentities, int64(n.community), networks, groups, outsides)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		k, v := nameKey{community: n.community}, named{}
		if err := rows.Scan((*string)(&k.network), (*int64)(&k.group), &k.outside, &v.number, &v.name, &v.at); err != nil {
			return err
		}
		n.fresh[k] = v
	}
	if err := rows.Err(); err != nil {
		return err
	}
	var ids, ats []int64
	var names []string
	networks, groups, outsides = nil, nil, nil
	for _, k := range missing {
		if _, ok := n.fresh[k]; ok {
			continue
		}
		p := people[k]
		n.fresh[k] = named{number: n.log.nextIdentity, name: p.name, at: p.at}
		ids, ats, names = append(ids, n.log.nextIdentity), append(ats, p.at), append(names, p.name)
		networks, groups, outsides = append(networks, string(k.network)), append(groups, int64(k.group)), append(outsides, k.outside)
		n.log.nextIdentity++
	}
	if len(ids) == 0 {
		return nil
	}
	_, err = n.tx.Exec(`INSERT INTO identity (community_id, identity_id, network, group_id, outside_id, name, named_at)
		SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])`,
		int64(n.community), ids, networks, groups, outsides, names, ats)
	return err
}

// insertPostgres writes a batch within a transaction that has locked the log's row.
func (tx *Tx) insertPostgres(n *numbers, before *logRow, rows []community.Event, result []Appended) error {
	ctx := context.Background()
	if sql, args := n.keepGroups(); sql != "" {
		if _, err := tx.ExecContext(ctx, sql, args...); err != nil {
			return err
		}
	}
	if sql, args := n.keepNames(); sql != "" {
		written, err := tx.QueryContext(ctx, sql, args...) //nolint:rowserrcheck // namesKept does
		if err != nil {
			return err
		}
		defer written.Close()
		if err := n.namesKept(written); err != nil {
			return err
		}
	}
	if l := n.log; l.nextGroup != before.nextGroup || l.nextIdentity != before.nextIdentity {
		if _, err := tx.ExecContext(ctx, `UPDATE log SET next_group = $2, next_identity = $3 WHERE community_id = $1`,
			int64(n.community), l.nextGroup, l.nextIdentity); err != nil {
			return err
		}
	}
	ev := columnsOfEvents(rows, result)
	if len(ev.place) == 0 {
		return nil
	}
	written, err := tx.QueryContext(ctx, appendEvents, ev.args(n.community, n.log.now)...) //nolint:rowserrcheck // numbered does
	if err != nil {
		return err
	}
	defer written.Close()
	return ev.numbered(written, result)
}

// appendEvents numbers and writes the events whose keys are not in the log yet,
// and tells which they were. The log's row must be locked: what is new stays new
// until the commit. The time is that of the log, which never runs back, and an
// event that is no history is late or live by it.
//
// A statement's plan is made once, perhaps while the table is empty or of a few
// pages. Then reading all of it, or any index that begins with the community,
// looks as good as the index over keys, and every batch would read the whole log
// until PostgreSQL next counts its rows. Asked for the first key from here on,
// the planner has only one index that gives them in order.
const appendEvents = `WITH fresh AS (
	SELECT d.*, l.next_seq - 1 + row_number() OVER (ORDER BY d.place) AS seq, greatest(l.last_at, $2) AS logged_at
	FROM log l, unnest($4::bigint[], $5::bytea[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[],
		$13::bigint[], $14::bigint[], $15::bigint[], $16::bytea[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::bytea[])
		AS d (place, key, kind, origin, group_id, identity_id, operator_id, at, content,
		length, mentions, flags, targets, source, name, text, message_id, data, raw)
	WHERE l.community_id = $1 AND (
		SELECT e.community_id = $1 AND e.key = d.key FROM event e
		WHERE (e.community_id, e.key) >= ($1, d.key) ORDER BY e.community_id, e.key LIMIT 1) IS NOT TRUE
), events AS (
	INSERT INTO event (community_id, seq, key, kind, origin, group_id, identity_id, operator_id, at, logged_at, content, length, mentions, flags, targets, source)
	SELECT $1, seq, key, kind, CASE WHEN origin = 'history' THEN origin WHEN logged_at - at > $3 THEN 'late' ELSE 'live' END,
		group_id, identity_id, operator_id, at, logged_at, content, length, mentions, flags, targets, source FROM fresh
), bodies AS (
	INSERT INTO event_body (community_id, seq, name, text, message_id, data, raw)
	SELECT $1, seq, name, text, message_id, data, raw FROM fresh WHERE name IS NOT NULL
), moved AS (
	UPDATE log SET next_seq = next_seq + (SELECT count(*) FROM fresh), last_at = greatest(last_at, $2)
	WHERE community_id = $1 AND (SELECT 1 FROM fresh LIMIT 1) IS NOT NULL
)
SELECT place, seq FROM fresh`

// eventColumns holds a batch column by column, as unnest takes it. A row without
// a body has no name.
type eventColumns struct {
	place, group, identity, operator, at, length, mentions, flags []int64
	key, targets, raw                                             [][]byte
	kind, origin, content, source                                 []string
	name, text, id, data                                          []*string
}

// columnsOfEvents holds rows but those whose key came before in the batch: they
// are duplicates. So far are all others in result.
func columnsOfEvents(rows []community.Event, result []Appended) *eventColumns {
	c := &eventColumns{}
	met := make(map[community.Key]bool, len(rows))
	for i := range rows {
		result[i].Duplicate = true
		if e := &rows[i]; !met[e.Key] {
			met[e.Key] = true
			c.add(i, e)
		}
	}
	return c
}

func (c *eventColumns) add(place int, e *community.Event) {
	c.place, c.key, c.kind = append(c.place, int64(place)), append(c.key, e.Key[:]), append(c.kind, string(e.Kind))
	c.origin, c.group = append(c.origin, string(e.Origin)), append(c.group, int64(e.Group))
	c.identity, c.operator = append(c.identity, int64(e.Identity)), append(c.operator, int64(e.Operator))
	c.at, c.content = append(c.at, e.At.UnixMilli()), append(c.content, string(e.Content))
	c.length, c.mentions = append(c.length, int64(e.Length)), append(c.mentions, int64(e.Mentions))
	c.flags, c.targets = append(c.flags, int64(e.Flags)), append(c.targets, encodeTargets(e.Targets))
	c.source = append(c.source, e.Source)
	var name, text, id, data *string
	var raw []byte
	if b := e.Body; b != nil {
		n, t, m, d := bodyColumns(b)
		name, text, id, raw = &n, &t, &m, b.Raw
		if s, ok := d.(string); ok {
			data = &s
		}
	}
	c.name, c.text, c.id = append(c.name, name), append(c.text, text), append(c.id, id)
	c.data, c.raw = append(c.data, data), append(c.raw, raw)
}

// args are those of appendEvents; now is in ms.
func (c *eventColumns) args(id community.ID, now int64) []any {
	return []any{int64(id), now, community.LateAfter.Milliseconds(), c.place, c.key, c.kind, c.origin, c.group, c.identity, c.operator, c.at,
		c.content, c.length, c.mentions, c.flags, c.targets, c.source, c.name, c.text, c.id, c.data, c.raw}
}

// written are rows of numbers, as database/sql and pgx have them.
type written interface {
	Next() bool
	Scan(...any) error
	Err() error
}

// numbered takes the numbers that appendEvents gave.
func (c *eventColumns) numbered(rows written, result []Appended) error {
	for rows.Next() {
		var place, seq int64
		if err := rows.Scan(&place, &seq); err != nil {
			return err
		}
		result[place].Seq, result[place].Duplicate = community.Seq(seq), false
	}
	return rows.Err()
}

// keepGroups is the statement that writes what is new of known groups, "" for none.
func (n *numbers) keepGroups() (string, []any) {
	if len(n.groups) == 0 {
		return "", nil
	}
	var ids []int64
	var names, accounts []string
	for _, k := range n.groups {
		g := n.fresh[k]
		ids, names, accounts = append(ids, g.number), append(names, g.name), append(accounts, g.account)
	}
	return `UPDATE chat_group g SET name = k.name, account = k.account
		FROM unnest($2::bigint[], $3::text[], $4::text[]) AS k (group_id, name, account)
		WHERE g.community_id = $1 AND g.group_id = k.group_id`, []any{int64(n.community), ids, names, accounts}
}

// keepNames is the statement that writes the newest names of people, "" for
// none, and tells whose it wrote.
func (n *numbers) keepNames() (string, []any) {
	if len(n.renames) == 0 {
		return "", nil
	}
	var ids, ats []int64
	var names []string
	for _, r := range n.renames {
		ids, names, ats = append(ids, r.to.number), append(names, r.to.name), append(ats, r.to.at)
	}
	return `WITH k AS (SELECT * FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS k (identity_id, name, at)), former AS (
		INSERT INTO former_name (community_id, identity_id, name, named_at)
		SELECT i.community_id, i.identity_id, CASE WHEN i.named_at <= k.at THEN i.name ELSE k.name END, least(i.named_at, k.at)
		FROM k JOIN identity i ON i.community_id = $1 AND i.identity_id = k.identity_id
		WHERE i.name <> '' AND i.name <> k.name ` + heardAgain + `)
		UPDATE identity i SET name = k.name, named_at = k.at FROM k
		WHERE i.community_id = $1 AND i.identity_id = k.identity_id AND i.named_at <= k.at
		RETURNING i.identity_id`, []any{int64(n.community), ids, names, ats}
}

// namesKept remembers which names keepNames wrote.
func (n *numbers) namesKept(rows written) error {
	wrote := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		wrote[id] = true
	}
	for _, r := range n.renames {
		if !r.older {
			n.renamed(r, wrote[r.to.number])
		}
	}
	return rows.Err()
}
