package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

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

// Stamp differs for different links, whatever their order.
func (l Links) Stamp() (stamp uint64) {
	for id, p := range l {
		h := (uint64(id)<<32 | uint64(p)) * 0x9e3779b97f4a7c15
		stamp += h ^ h>>29
	}
	return stamp
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

// Relinked is what a merge or split changed of an identity.
type Relinked struct {
	Identity community.IdentityID
	Before   community.PersonID // whose it was
	To       community.PersonID // whose it became
	Now      community.PersonID // whose it is, after what came since
}

// LinksBefore reads what the links were that the person.linked at a place in the log
// changed, by identity.
func LinksBefore(ctx context.Context, q Querier, c community.ID, at community.Seq) ([]Relinked, error) {
	rows, err := q.QueryContext(ctx, `SELECT l.identity_id,
			COALESCE((SELECT b.person_id FROM identity_link b WHERE b.community_id = $1 AND b.identity_id = l.identity_id AND b.seq < $2 ORDER BY b.seq DESC LIMIT 1), l.identity_id),
			l.person_id,
			(SELECT n.person_id FROM identity_link n WHERE n.community_id = $1 AND n.identity_id = l.identity_id ORDER BY n.seq DESC LIMIT 1)
		FROM identity_link l WHERE l.community_id = $1 AND l.seq = $2 ORDER BY l.identity_id`, int64(c), int64(at))
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	var list []Relinked
	for rows.Next() {
		var r Relinked
		if err := rows.Scan((*uint32)(&r.Identity), (*uint32)(&r.Before), (*uint32)(&r.To), (*uint32)(&r.Now)); err != nil {
			return nil, unavailable(err)
		}
		list = append(list, r)
	}
	return list, unavailable(rows.Err())
}

// Relinking is one merge or split, or one that was undone.
type Relinking struct {
	Seq     community.Seq     // of its person.linked
	At      int64             // ms
	By      community.StaffID // 0: not on record any more
	Changes []Relinked
}

// LinkHistory lists the newest merges and splits that changed whose the identities
// are, at most so many.
func LinkHistory(ctx context.Context, q Querier, c community.ID, ids []community.IdentityID, most int) (list []Relinking, err error) {
	places, args := Listed([]any{int64(c), most}, ids)
	rows, err := q.QueryContext(ctx, `SELECT e.seq, e.at, COALESCE((SELECT MAX(a.staff_id) FROM audit a
			WHERE a.community_id = $1 AND a.at = e.at AND a.act IN ('person.merge', 'person.split', 'person.undo')), 0)
		FROM event e WHERE e.community_id = $1 AND e.seq IN (SELECT seq FROM identity_link WHERE community_id = $1 AND identity_id IN `+places+`)
		ORDER BY e.seq DESC LIMIT $2`, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Relinking
		if err := rows.Scan((*int64)(&r.Seq), &r.At, (*int64)(&r.By)); err != nil {
			return nil, unavailable(err)
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable(err)
	}
	for i := range list {
		if list[i].Changes, err = LinksBefore(ctx, q, c, list[i].Seq); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// SeqOf finds the event with a key, 0 if there is none.
func SeqOf(ctx context.Context, q Querier, c community.ID, key community.Key) (seq community.Seq, err error) {
	err = q.QueryRowContext(ctx, `SELECT seq FROM event WHERE community_id = $1 AND key = $2`, int64(c), key[:]).Scan((*int64)(&seq))
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, unavailable(err)
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
	found := make(map[community.IdentityID]Identity, len(ids))
	for part := range slices.Chunk(ids, 1024) {
		places, args := Listed([]any{int64(c)}, part)
		rows, err := q.QueryContext(ctx, `SELECT identity_id, network, group_id, outside_id, name FROM identity
			WHERE community_id = $1 AND identity_id IN `+places, args...)
		if err != nil {
			return nil, unavailable(err)
		}
		defer rows.Close()
		for rows.Next() {
			var i Identity
			if err := rows.Scan((*uint32)(&i.ID), (*string)(&i.Network), (*int64)(&i.Group), &i.Outside, &i.Name); err != nil {
				return nil, unavailable(err)
			}
			found[i.ID] = i
		}
		if err := rows.Err(); err != nil {
			return nil, unavailable(err)
		}
	}
	return found, nil
}

// IdentityByOutside finds the number of an identity, 0 if it has none yet. Group
// is 0 for a platform's ID.
func IdentityByOutside(ctx context.Context, q Querier, c community.ID, n community.Network, g community.GroupID, outside string) (community.IdentityID, error) {
	var id uint32
	err := q.QueryRowContext(ctx, `SELECT identity_id FROM identity WHERE community_id = $1 AND network = $2 AND group_id = $3 AND outside_id = $4`,
		int64(c), string(n), int64(g), cleanText(outside)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return community.IdentityID(id), unavailable(err)
}

// AddGroup makes a group that no event has told of yet, or finds it.
func (db *DB) AddGroup(ctx context.Context, c community.ID, n community.Network, name string, zone *time.Location) (community.GroupID, error) {
	var id community.GroupID
	err := db.Write(ctx, func(tx *Tx) error {
		l, err := tx.lockLog(c)
		if err != nil {
			return err
		}
		names := &numbers{tx: tx, log: l, community: c, fresh: map[nameKey]named{}}
		if id, err = names.group(&Draft{Network: n, Group: name, GroupName: name, Zone: zone.String()}); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE log SET next_group = $2 WHERE community_id = $1`, int64(c), l.nextGroup)
		return unavailable(err)
	})
	return id, err
}
