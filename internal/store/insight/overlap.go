package insightdb

import (
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"qunying/community"
	"qunying/internal/store"
)

// GroupsOfPeople tells of every group which of these persons were ever seen in it.
func GroupsOfPeople(ctx context.Context, q store.Querier, c community.ID, people *roaring.Bitmap, links store.Links) (map[community.GroupID]*roaring.Bitmap, error) {
	identities := people.ToArray()
	for id, person := range links {
		if people.Contains(uint32(person)) {
			identities = append(identities, uint32(id))
		}
	}
	groups := map[community.GroupID]*roaring.Bitmap{}
	for part := range slices.Chunk(identities, 1024) {
		places, args := store.Listed([]any{int64(c)}, part)
		rows, err := q.QueryContext(ctx, `SELECT group_id, identity_id FROM view_member
			WHERE community_id = $1 AND identity_id IN `+places, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var g int64
			var id uint32
			if err := rows.Scan(&g, &id); err != nil {
				return nil, err
			}
			who := groups[community.GroupID(g)]
			if who == nil {
				who = roaring.New()
				groups[community.GroupID(g)] = who
			}
			who.Add(uint32(links.Person(community.IdentityID(id))))
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return groups, nil
}
