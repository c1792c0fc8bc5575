package store

import (
	"context"

	"qunying/community"
)

// learnPostgres finds and makes identities in two round trips.
func (n *numbers) learnPostgres(missing []nameKey, people map[nameKey]person) error {
	networks, groups, outsides := make([]string, len(missing)), make([]int64, len(missing)), make([]string, len(missing))
	for i, k := range missing {
		networks[i], groups[i], outsides[i] = string(k.network), int64(k.group), k.outside
	}
	rows, err := n.tx.QueryContext(context.Background(), `SELECT i.network, i.group_id, i.outside_id, i.identity_id, i.name, i.named_at
		FROM unnest($2::text[], $3::bigint[], $4::text[]) AS k (network, group_id, outside_id)
		JOIN identity i ON i.community_id = $1 AND i.network = k.network AND i.group_id = k.group_id AND i.outside_id = k.outside_id`,
		int64(n.community), networks, groups, outsides)
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
	networks, groups, outsides = networks[:0], groups[:0], outsides[:0]
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

// insertPostgres writes a batch in three round trips. The log's row is locked,
// so what is found to be new stays new until the commit.
func (tx *Tx) insertPostgres(l *logRow, rows []community.Event, result []Appended) error {
	if len(rows) == 0 {
		return nil
	}
	ctx, c := context.Background(), int64(rows[0].Community)
	keys := make([][]byte, len(rows))
	for i := range rows {
		keys[i] = rows[i].Key[:]
	}
	known := map[community.Key]bool{}
	found, err := tx.QueryContext(ctx, `SELECT key FROM event WHERE community_id = $1 AND key = ANY($2::bytea[])`, c, keys)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var b []byte
		if err := found.Scan(&b); err != nil {
			return err
		}
		known[community.Key(b)] = true
	}
	if err := found.Err(); err != nil {
		return err
	}
	var ev eventColumns
	var body bodyArrays
	for i := range rows {
		e := &rows[i]
		if known[e.Key] {
			result[i].Duplicate = true
			continue
		}
		known[e.Key] = true
		result[i].Seq = community.Seq(l.nextSeq)
		ev.add(l.nextSeq, e)
		if e.Body != nil {
			body.add(l.nextSeq, e.Body)
		}
		l.nextSeq++
	}
	if len(ev.seq) == 0 {
		return nil
	}
	if _, err := tx.Exec(`INSERT INTO event (community_id, logged_at, seq, key, kind, origin, group_id, identity_id, operator_id,
			at, content, length, mentions, flags, targets, source)
		SELECT $1, $2, * FROM unnest($3::bigint[], $4::bytea[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
			$10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bytea[], $16::text[])`,
		c, l.now, ev.seq, ev.key, ev.kind, ev.origin, ev.group, ev.identity, ev.operator, ev.at, ev.content, ev.length,
		ev.mentions, ev.flags, ev.targets, ev.source); err != nil {
		return err
	}
	if len(body.seq) == 0 {
		return nil
	}
	_, err = tx.Exec(`INSERT INTO event_body (community_id, seq, name, text, message_id, data, raw)
		SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])`,
		c, body.seq, body.name, body.text, body.id, body.data, body.raw)
	return err
}

// eventColumns holds a batch column by column, as unnest takes it.
type eventColumns struct {
	seq, group, identity, operator, at, length, mentions, flags []int64
	key, targets                                                [][]byte
	kind, origin, content, source                               []string
}

func (c *eventColumns) add(seq int64, e *community.Event) {
	c.seq, c.key, c.kind = append(c.seq, seq), append(c.key, e.Key[:]), append(c.kind, string(e.Kind))
	c.origin, c.group = append(c.origin, string(e.Origin)), append(c.group, int64(e.Group))
	c.identity, c.operator = append(c.identity, int64(e.Identity)), append(c.operator, int64(e.Operator))
	c.at, c.content = append(c.at, e.At.UnixMilli()), append(c.content, string(e.Content))
	c.length, c.mentions = append(c.length, int64(e.Length)), append(c.mentions, int64(e.Mentions))
	c.flags, c.targets = append(c.flags, int64(e.Flags)), append(c.targets, encodeTargets(e.Targets))
	c.source = append(c.source, e.Source)
}

type bodyArrays struct {
	seq            []int64
	name, text, id []string
	data           []*string
	raw            [][]byte
}

func (c *bodyArrays) add(seq int64, b *community.Body) {
	name, text, id, data := bodyColumns(b)
	var d *string
	if s, ok := data.(string); ok {
		d = &s
	}
	c.seq, c.name, c.text = append(c.seq, seq), append(c.name, name), append(c.text, text)
	c.id, c.data, c.raw = append(c.id, id), append(c.data, d), append(c.raw, b.Raw)
}
