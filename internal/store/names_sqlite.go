package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
)

func sortKeys(keys []nameKey, people map[nameKey]person) {
	slices.SortFunc(keys, func(a, b nameKey) int { return cmp.Compare(people[a].order, people[b].order) })
}

const insertIdentity = `INSERT INTO identity (community_id, identity_id, network, group_id, outside_id, name, named_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7)`

func (n *numbers) learnSQLite(missing []nameKey, people map[nameKey]person) error {
	for _, k := range missing {
		var v named
		err := n.tx.QueryRowContext(context.Background(), `SELECT identity_id, name, named_at FROM identity
			WHERE community_id = $1 AND network = $2 AND group_id = $3 AND outside_id = $4`,
			int64(k.community), string(k.network), int64(k.group), k.outside).Scan(&v.number, &v.name, &v.at)
		if errors.Is(err, sql.ErrNoRows) {
			p := people[k]
			v = named{number: n.log.nextIdentity, name: p.name, at: p.at}
			n.log.nextIdentity++
			_, err = n.tx.Exec(insertIdentity, int64(k.community), v.number, string(k.network), int64(k.group), k.outside, p.name, p.at)
		}
		if err != nil {
			return err
		}
		n.fresh[k] = v
	}
	return nil
}

// keepSQLite writes what is new of known groups and people.
func (n *numbers) keepSQLite() error {
	for _, k := range n.groups {
		g := n.fresh[k]
		if _, err := n.tx.Exec(`UPDATE chat_group SET name = $3, account = $4 WHERE community_id = $1 AND group_id = $2`,
			int64(n.community), g.number, g.name, g.account); err != nil {
			return err
		}
	}
	for _, r := range n.renames {
		if r.was != r.to.name {
			if _, err := n.tx.Exec(`INSERT INTO former_name (community_id, identity_id, name, named_at) SELECT community_id, identity_id,
				CASE WHEN named_at <= $4 THEN name ELSE $3 END, CASE WHEN named_at <= $4 THEN named_at ELSE $4 END FROM identity
				WHERE community_id = $1 AND identity_id = $2 AND name <> '' AND name <> $3 `+heardAgain,
				int64(n.community), r.to.number, r.to.name, r.to.at); err != nil {
				return err
			}
		}
		if r.older {
			continue
		}
		res, err := n.tx.Exec(`UPDATE identity SET name = $3, named_at = $4
			WHERE community_id = $1 AND identity_id = $2 AND named_at <= $4`, int64(n.community), r.to.number, r.to.name, r.to.at)
		if err != nil {
			return err
		}
		written, err := res.RowsAffected()
		if err != nil {
			return err
		}
		n.renamed(r, written > 0)
	}
	return nil
}
