package store

import (
	"context"
	"database/sql"
	"errors"

	"qunying/community"
)

// Links maps identities that were merged to their person; who is not in it is a
// person of their own.
type Links map[community.IdentityID]community.PersonID

// Person of an identity.
func (l Links) Person(id community.IdentityID) community.PersonID {
	if p, ok := l[id]; ok {
		return p
	}
	return community.PersonID(id)
}

// LinksAt reads the links as of a place in the log: the newest record of each
// identity counts.
func LinksAt(ctx context.Context, q Querier, c community.ID, seq community.Seq) (Links, error) {
	rows, err := q.QueryContext(ctx, `SELECT identity_id, person_id FROM identity_link
		WHERE community_id = $1 AND seq <= $2 ORDER BY identity_id, seq`, int64(c), int64(seq))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	links := Links{}
	for rows.Next() {
		var id, person uint32
		if err := rows.Scan(&id, &person); err != nil {
			return nil, unavailable(err)
		}
		if id == person {
			delete(links, community.IdentityID(id))
			continue
		}
		links[community.IdentityID(id)] = community.PersonID(person)
	}
	return links, unavailable(rows.Err())
}

// Link records that an identity belongs to a person from the event seq on.
func (tx *Tx) Link(c community.ID, seq community.Seq, id community.IdentityID, p community.PersonID) error {
	_, err := tx.Exec(`INSERT INTO identity_link (community_id, identity_id, seq, person_id) VALUES ($1, $2, $3, $4)
		ON CONFLICT (community_id, identity_id, seq) DO UPDATE SET person_id = excluded.person_id`,
		int64(c), int64(id), int64(seq), int64(p))
	return unavailable(err)
}

// Outcome is decide's answer to a command.
type Outcome struct {
	Seq    community.Seq
	Code   community.Code // "" when it was done
	Result string         // JSON, or the sentence of the error
}

// RecordOutcome writes decide's answer to the command at seq.
func (tx *Tx) RecordOutcome(c community.ID, o Outcome) error {
	_, err := tx.Exec(`INSERT INTO outcome (community_id, seq, code, result) VALUES ($1, $2, $3, $4)
		ON CONFLICT (community_id, seq) DO UPDATE SET code = excluded.code, result = excluded.result`,
		int64(c), int64(o.Seq), string(o.Code), o.Result)
	return unavailable(err)
}

// OutcomeOf reads decide's answer to the command with the given key, which may
// have been given long ago. It reports false while there is none.
func OutcomeOf(ctx context.Context, q Querier, c community.ID, key community.Key) (Outcome, bool, error) {
	var o Outcome
	err := q.QueryRowContext(ctx, `SELECT o.seq, o.code, o.result FROM event e
		JOIN outcome o ON o.community_id = e.community_id AND o.seq = e.seq
		WHERE e.community_id = $1 AND e.key = $2`, int64(c), key[:]).Scan((*int64)(&o.Seq), (*string)(&o.Code), &o.Result)
	if errors.Is(err, sql.ErrNoRows) {
		return o, false, nil
	}
	return o, err == nil, unavailable(err)
}

// Identity is a name or platform ID under which somebody was seen.
type Identity struct {
	ID      community.IdentityID
	Network community.Network
	Group   community.GroupID // 0 for a platform ID
	Outside string
	Name    string
}

// Identities reads the given identities; unknown ones are left out.
func Identities(ctx context.Context, q Querier, c community.ID, ids []community.IdentityID) (map[community.IdentityID]Identity, error) {
	found := map[community.IdentityID]Identity{}
	for _, id := range ids {
		i := Identity{ID: id}
		err := q.QueryRowContext(ctx, `SELECT network, group_id, outside_id, name FROM identity WHERE community_id = $1 AND identity_id = $2`,
			int64(c), int64(id)).Scan((*string)(&i.Network), (*int64)(&i.Group), &i.Outside, &i.Name)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, unavailable(err)
		}
		found[id] = i
	}
	return found, nil
}
