package peopledb

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/store"
)

// TagChange is that a tag is put on an identity, or taken off.
type TagChange struct {
	Identity community.IdentityID
	Tag      string
	Put      bool
	Staff    community.StaffID
	At       int64 // ms
}

// RecordTag writes it as of the event seq.
func RecordTag(tx *store.Tx, c community.ID, seq community.Seq, t TagChange) error {
	put := 0
	if t.Put {
		put = 1
	}
	_, err := tx.Exec(`INSERT INTO person_tag (community_id, identity_id, tag, seq, put, staff_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (community_id, identity_id, tag, seq) DO UPDATE SET put = excluded.put`,
		int64(c), int64(t.Identity), t.Tag, int64(seq), put, int64(t.Staff), t.At)
	return err
}

// standing leaves of person_tag t what is in force.
const standing = ` AND t.put = 1 AND NOT EXISTS (SELECT 1 FROM person_tag n WHERE n.community_id = t.community_id
	AND n.identity_id = t.identity_id AND n.tag = t.tag AND n.seq > t.seq)`

// Tagged lists the identities that have a tag.
func Tagged(ctx context.Context, q store.Querier, c community.ID, tag string) ([]community.IdentityID, error) {
	return identities(ctx, q, `SELECT t.identity_id FROM person_tag t WHERE t.community_id = $1 AND t.tag = $2`+standing, int64(c), tag)
}

// Tags lists the tags of identities.
func Tags(ctx context.Context, q store.Querier, c community.ID, ids []community.IdentityID) (map[community.IdentityID][]string, error) {
	all := map[community.IdentityID][]string{}
	for part := range slices.Chunk(ids, 1024) {
		places, args := store.Listed([]any{int64(c)}, part)
		rows, err := q.QueryContext(ctx, `SELECT t.identity_id, t.tag FROM person_tag t WHERE t.community_id = $1`+standing+` AND t.identity_id IN `+places+` ORDER BY t.tag`, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var id uint32
			var tag string
			if err := rows.Scan(&id, &tag); err != nil {
				return nil, err
			}
			all[community.IdentityID(id)] = append(all[community.IdentityID(id)], tag)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// TagCount is a tag and how many people have it.
type TagCount struct {
	Tag    string
	People int
}

// AllTags lists the tags that are in use, the most used first.
func AllTags(ctx context.Context, q store.Querier, c community.ID, links store.Links) ([]TagCount, error) {
	rows, err := q.QueryContext(ctx, `SELECT t.tag, t.identity_id FROM person_tag t WHERE t.community_id = $1`+standing+` ORDER BY t.tag`, int64(c))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []TagCount
	counted := map[community.PersonID]bool{}
	for rows.Next() {
		var tag string
		var id uint32
		if err := rows.Scan(&tag, &id); err != nil {
			return nil, err
		}
		if len(list) == 0 || list[len(list)-1].Tag != tag {
			list = append(list, TagCount{Tag: tag})
			clear(counted)
		}
		if p := links.Person(community.IdentityID(id)); !counted[p] {
			counted[p] = true
			list[len(list)-1].People++
		}
	}
	slices.SortStableFunc(list, func(a, b TagCount) int { return b.People - a.People })
	return list, rows.Err()
}
