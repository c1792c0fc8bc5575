// Package peopledb holds the queries about people: the list of everybody, what
// they were called, their tags, what is on file of one of them.
package peopledb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/insight/words"
	"qunying/internal/store"
)

// Seen is what a stretch of the log adds to what is known of an identity.
type Seen struct {
	Identity community.IdentityID
	Messages int64
	FirstAt  int64 // ms
	SpokeAt  int64 // ms, 0: said nothing
}

// Called says that an identity bore a name on some days of UTC.
type Called struct {
	Identity    community.IdentityID
	Name        string
	First, Last community.Day
}

// AddSeen adds to view_person. person maps identities to persons, as the log has
// it where these were seen. No identity may be in the list twice.
func AddSeen(tx *store.Tx, c community.ID, list []Seen, person func(community.IdentityID) community.PersonID) error {
	var linked []community.PersonID
	slices.SortFunc(list, func(a, b Seen) int { return cmp.Compare(a.Identity, b.Identity) })
	if err := tx.Many(`INSERT INTO view_person (community_id, identity_id, person_id, own_messages, own_first_at, own_spoke_at, messages, first_at, spoke_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (community_id, identity_id) DO UPDATE SET own_messages = view_person.own_messages + excluded.own_messages,
			own_first_at = CASE WHEN view_person.own_first_at = 0 OR excluded.own_first_at < view_person.own_first_at THEN excluded.own_first_at ELSE view_person.own_first_at END,
			own_spoke_at = CASE WHEN excluded.own_spoke_at > view_person.own_spoke_at THEN excluded.own_spoke_at ELSE view_person.own_spoke_at END,
			messages = CASE WHEN view_person.person_id <> view_person.identity_id THEN -1 ELSE view_person.messages + excluded.own_messages END,
			first_at = CASE WHEN view_person.person_id <> view_person.identity_id THEN -1
				WHEN view_person.first_at = 0 OR excluded.own_first_at < view_person.first_at THEN excluded.own_first_at ELSE view_person.first_at END,
			spoke_at = CASE WHEN view_person.person_id <> view_person.identity_id THEN -1
				WHEN excluded.own_spoke_at > view_person.spoke_at THEN excluded.own_spoke_at ELSE view_person.spoke_at END`, "iiiiiiiii",
		len(list), func(i int) []any {
			s := list[i]
			p := person(s.Identity)
			if p != community.PersonID(s.Identity) {
				linked = append(linked, p)
				return []any{int64(c), int64(s.Identity), int64(p), s.Messages, s.FirstAt, s.SpokeAt, int64(-1), int64(-1), int64(-1)}
			}
			return []any{int64(c), int64(s.Identity), int64(p), s.Messages, s.FirstAt, s.SpokeAt, s.Messages, s.FirstAt, s.SpokeAt}
		}); err != nil {
		return err
	}
	return sumUp(tx, c, linked)
}

// Relink follows a merge or split of the given identities.
func Relink(tx *store.Tx, c community.ID, ids []community.IdentityID, person func(community.IdentityID) community.PersonID) error {
	var touched []community.PersonID
	for _, id := range ids {
		p := person(id)
		var was uint32
		err := tx.QueryRowContext(context.Background(), `SELECT person_id FROM view_person WHERE community_id = $1 AND identity_id = $2`, int64(c), int64(id)).Scan(&was)
		if errors.Is(err, sql.ErrNoRows) {
			continue // never seen in a group: only a number so far
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE view_person SET person_id = $3, messages = -1, first_at = -1, spoke_at = -1 WHERE community_id = $1 AND identity_id = $2`,
			int64(c), int64(id), int64(p)); err != nil {
			return err
		}
		touched = append(touched, community.PersonID(was), p)
	}
	return sumUp(tx, c, touched)
}

// sumUp writes the sums of persons that consist of several identities, or did.
func sumUp(tx *store.Tx, c community.ID, persons []community.PersonID) error {
	slices.Sort(persons)
	for _, p := range slices.Compact(persons) {
		// Where the identity that gives the number was never seen itself, it has a row
		// for the person's sake.
		if _, err := tx.Exec(`INSERT INTO view_person (community_id, identity_id, person_id, own_messages, own_first_at, own_spoke_at, messages, first_at, spoke_at)
			SELECT community_id, person_id, person_id, 0, 0, 0, 0, 0, 0 FROM view_person WHERE community_id = $1 AND person_id = $2 AND identity_id <> $2
			LIMIT 1 ON CONFLICT (community_id, identity_id) DO NOTHING`, int64(c), int64(p)); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE view_person SET
				messages = (SELECT SUM(o.own_messages) FROM view_person o WHERE o.community_id = $1 AND o.person_id = $2),
				first_at = (SELECT COALESCE(MIN(NULLIF(o.own_first_at, 0)), 0) FROM view_person o WHERE o.community_id = $1 AND o.person_id = $2),
				spoke_at = (SELECT MAX(o.own_spoke_at) FROM view_person o WHERE o.community_id = $1 AND o.person_id = $2)
			WHERE community_id = $1 AND identity_id = $2 AND person_id = $2`, int64(c), int64(p)); err != nil {
			return err
		}
		// And none when nobody else is the person any more.
		if _, err := tx.Exec(`DELETE FROM view_person WHERE community_id = $1 AND identity_id = $2 AND own_first_at = 0
			AND NOT EXISTS (SELECT 1 FROM view_person o WHERE o.community_id = $1 AND o.person_id = $2 AND o.identity_id <> $2)`, int64(c), int64(p)); err != nil {
			return err
		}
	}
	return nil
}

const (
	longestPart = 12 // characters of a part that is looked up; more are compared afterwards
	mostParts   = 32 // of one name
)

// fold is how names are compared: lower case, half width, without space around.
func fold(name string) string { return words.Fold(strings.TrimSpace(name)) }

// parts are the ends of a name.
func parts(name string) [][]byte {
	runes := []rune(fold(name))
	var all [][]byte
	for i := range min(len(runes), mostParts) {
		if runes[i] != ' ' {
			all = append(all, []byte(string(runes[i:min(len(runes), i+longestPart)])))
		}
	}
	return all
}

// AddCalled adds to view_name and to the parts by which names are found, also what
// those were called who are only listed. No name of an identity may be in the list
// twice. Most names are known and only go on: their parts are there.
func AddCalled(tx *store.Tx, c community.ID, list []Called, listed []Listed) error {
	more, err := calledThen(context.Background(), tx, c, listed)
	if err != nil {
		return err
	}
	list = together(append(list[:len(list):len(list)], more...))
	slices.SortFunc(list, func(a, b Called) int {
		return cmp.Or(cmp.Compare(a.Identity, b.Identity), cmp.Compare(a.Name, b.Name))
	})
	known, err := knownNames(tx, c, list)
	if err != nil {
		return err
	}
	if err := tx.Many(`INSERT INTO view_name (community_id, identity_id, name, first_day, last_day) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (community_id, identity_id, name) DO UPDATE SET
			first_day = CASE WHEN excluded.first_day < view_name.first_day THEN excluded.first_day ELSE view_name.first_day END,
			last_day = CASE WHEN excluded.last_day > view_name.last_day THEN excluded.last_day ELSE view_name.last_day END`, "iitii",
		len(list), func(i int) []any {
			n := list[i]
			return []any{int64(c), int64(n.Identity), n.Name, int64(n.First), int64(n.Last)}
		}); err != nil {
		return err
	}
	var rows []partRow
	for _, n := range list {
		if !known[nameOf{n.Identity, n.Name}] {
			rows = addParts(rows, n.Identity, n.Name)
		}
	}
	return saveParts(tx, c, rows)
}

// together makes one of what tells of the same name of an identity.
func together(list []Called) []Called {
	at := map[nameOf]int{}
	all := list[:0:0]
	for _, n := range list {
		k := nameOf{n.Identity, n.Name}
		if i, ok := at[k]; ok {
			all[i].First, all[i].Last = min(all[i].First, n.First), max(all[i].Last, n.Last)
			continue
		}
		at[k] = len(all)
		all = append(all, n)
	}
	return all
}

// nameOf is one of the names of an identity.
type nameOf struct {
	id   community.IdentityID
	name string
}

// knownNames tells which names of those in the list, who come in order, are in
// view_name.
func knownNames(tx *store.Tx, c community.ID, list []Called) (map[nameOf]bool, error) {
	var ids []community.IdentityID
	for i := range list {
		if i == 0 || list[i].Identity != list[i-1].Identity {
			ids = append(ids, list[i].Identity)
		}
	}
	known := map[nameOf]bool{}
	if len(ids) == 0 {
		return known, nil
	}
	names, err := Names(context.Background(), tx, c, ids)
	for _, n := range names {
		known[nameOf{n.Identity, n.Name}] = true
	}
	return known, err
}

// nameOutside is the name of an identity that has no ID.
func nameOutside(i store.Identity) string {
	if i.Group != 0 && !strings.HasPrefix(i.Outside, "erased:") {
		return i.Outside
	}
	return ""
}

type partRow struct {
	part string
	id   community.IdentityID
}

func addParts(rows []partRow, id community.IdentityID, name string) []partRow {
	for _, p := range parts(name) {
		rows = append(rows, partRow{string(p), id})
	}
	return rows
}

func saveParts(tx *store.Tx, c community.ID, rows []partRow) error {
	slices.SortFunc(rows, func(a, b partRow) int { return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(a.id, b.id)) })
	rows = slices.Compact(rows)
	return tx.Many(`INSERT INTO view_name_part (community_id, part, identity_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, "ibi",
		len(rows), func(i int) []any { return []any{int64(c), []byte(rows[i].part), int64(rows[i].id)} })
}

// DropNames forgets the names that nobody was called by since a day of UTC.
func DropNames(ctx context.Context, db *store.DB, c community.ID, before community.Day) error {
	if err := db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM former_name WHERE community_id = $1 AND named_at < $2`, int64(c), before.Start(time.UTC).UnixMilli())
		return err
	}); err != nil {
		return err
	}
	for {
		var ids []community.IdentityID
		err := db.Write(ctx, func(tx *store.Tx) (err error) {
			ids, err = identities(ctx, tx, `SELECT DISTINCT identity_id FROM view_name WHERE community_id = $1 AND last_day < $2 LIMIT $3`, int64(c), int64(before), 500)
			if err != nil || len(ids) == 0 {
				return err
			}
			places, args := store.Listed([]any{int64(c)}, ids)
			if _, err := tx.Exec(`DELETE FROM view_name_part WHERE community_id = $1 AND identity_id IN `+places, args...); err != nil {
				return err
			}
			places, args = store.Listed([]any{int64(c), int64(before)}, ids)
			if _, err := tx.Exec(`DELETE FROM view_name WHERE community_id = $1 AND last_day < $2 AND identity_id IN `+places, args...); err != nil {
				return err
			}
			left, err := Names(ctx, tx, c, ids)
			if err != nil {
				return err
			}
			var rows []partRow
			for _, n := range left {
				rows = addParts(rows, n.Identity, n.Name)
			}
			now, err := store.Identities(ctx, tx, c, ids) // that name is kept, and shown
			if err != nil {
				return err
			}
			for id, i := range now {
				rows = addParts(rows, id, cmp.Or(i.Name, nameOutside(i)))
			}
			return saveParts(tx, c, rows)
		})
		if err != nil || len(ids) == 0 {
			return err
		}
	}
}

// Names lists what identities were called, the last name first.
func Names(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID) ([]Called, error) {
	var list []Called
	for part := range slices.Chunk(ids, 1024) {
		places, args := store.Listed([]any{int64(c)}, part)
		rows, err := q.QueryContext(ctx, `SELECT identity_id, name, first_day, last_day FROM view_name WHERE community_id = $1 AND identity_id IN `+places, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var n Called
			if err := rows.Scan((*uint32)(&n.Identity), &n.Name, (*int32)(&n.First), (*int32)(&n.Last)); err != nil {
				return nil, err
			}
			list = append(list, n)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b Called) int {
		return cmp.Or(cmp.Compare(b.Last, a.Last), cmp.Compare(b.First, a.First), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Identity, b.Identity))
	})
	return list, nil
}
