package peopledb

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/store"
)

// AlikeSet are people who may be one, and why.
type AlikeSet struct {
	Reason string // id, renamed, name
	Detail string // the ID or the name
	People []community.PersonID
	Shared int // groups in which more than one of them was seen
	silent int // more who bear the name and never said anything
}

// AlikePlace is where a list of sets goes on: after what a reason has up to a text.
// The zero value is its beginning, and its end.
type AlikePlace struct {
	Stage int // 0 to n-1: pairs of networks that share IDs; n: names
	After string
}

// alikeAtOnce is how many of a platform's IDs, and how many names, are looked through
// in one step.
const alikeAtOnce = 20_000

// AlikeSets lists, a page at a time, all people who may be the same: under one ID on
// two networks, or with a name that fewer than rareName others ever had, written the
// same. Those of whom somebody said that they are not one are left out. A name counts
// as that of people who said something; of those who are only listed it is the ID.
func AlikeSets(ctx context.Context, q store.Querier, c community.ID, links store.Links, at AlikePlace, limit int) (list []AlikeSet, next AlikePlace, err error) {
	pairs, err := networkPairs(ctx, q, c)
	if err != nil {
		return nil, next, err
	}
	for at.Stage <= len(pairs) {
		var found []AlikeSet
		var after string
		if at.Stage < len(pairs) {
			found, after, err = sameID(ctx, q, c, pairs[at.Stage], at.After)
		} else {
			found, after, err = sameName(ctx, q, c, at.After)
		}
		if err != nil {
			return nil, next, err
		}
		for _, s := range found {
			is, err := stillAlike(ctx, q, c, links, s)
			if err != nil {
				return nil, next, err
			}
			if is != nil {
				list = append(list, *is)
			}
			if len(list) == limit {
				return list, AlikePlace{at.Stage, s.Detail}, nil
			}
		}
		if at.After = after; after == "" {
			at.Stage++
		}
	}
	return list, AlikePlace{}, nil
}

// networkPairs are the networks of groups, two and two.
func networkPairs(ctx context.Context, q store.Querier, c community.ID) (pairs [][2]string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT DISTINCT network FROM chat_group WHERE community_id = $1 ORDER BY network`, int64(c))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		for _, other := range all {
			pairs = append(pairs, [2]string{other, n})
		}
		all = append(all, n)
	}
	return pairs, rows.Err()
}

// sameID looks through the IDs of a network for those that another has as well. It
// answers after which one to go on, "" after the last.
func sameID(ctx context.Context, q store.Querier, c community.ID, on [2]string, after string) (found []AlikeSet, next string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT a.outside_id, a.identity_id, b.identity_id FROM
		(SELECT outside_id, identity_id FROM identity WHERE community_id = $1 AND network = $2 AND group_id = 0 AND outside_id > $4 ORDER BY outside_id LIMIT $5) a
		LEFT JOIN identity b ON b.community_id = $1 AND b.network = $3 AND b.group_id = 0 AND b.outside_id = a.outside_id ORDER BY a.outside_id`,
		int64(c), on[0], on[1], after, alikeAtOnce)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var a uint32
		var b *uint32
		if err := rows.Scan(&next, &a, &b); err != nil {
			return nil, "", err
		}
		if b != nil {
			found = append(found, AlikeSet{Reason: "id", Detail: next, People: []community.PersonID{community.PersonID(a), community.PersonID(*b)}})
		}
	}
	if n < alikeAtOnce {
		next = ""
	}
	return found, next, rows.Err()
}

// sameName looks through names for those that several bear, but not many.
func sameName(ctx context.Context, q store.Querier, c community.ID, after string) (found []AlikeSet, next string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT n.name, n.identity_id, COALESCE(p.own_messages, 0), CASE WHEN i.group_id <> 0 AND i.outside_id <> n.name THEN 1 ELSE 0 END FROM
		(SELECT name, identity_id FROM view_name WHERE community_id = $1 AND name > $2 ORDER BY name, identity_id LIMIT $3) n
		LEFT JOIN view_person p ON p.community_id = $1 AND p.identity_id = n.identity_id
		LEFT JOIN identity i ON i.community_id = $1 AND i.identity_id = n.identity_id ORDER BY n.name, n.identity_id`,
		int64(c), after, alikeAtOnce)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	s, n := AlikeSet{Reason: "name"}, 0
	take := func() {
		if len(s.People) > 1 && len([]rune(s.Detail)) > 1 {
			found = append(found, s)
		}
	}
	for ; rows.Next(); n++ {
		var name string
		var id uint32
		var said int64
		var other bool // the identity is another name, so it was renamed from this one
		if err := rows.Scan(&name, &id, &said, &other); err != nil {
			return nil, "", err
		}
		if name != s.Detail {
			take()
			next = s.Detail // the last of these may go on beyond them
			s = AlikeSet{Reason: "name", Detail: name}
		}
		if said == 0 {
			s.silent++
			continue
		}
		if other {
			s.Reason = "renamed"
		}
		s.People = append(s.People, community.PersonID(id))
	}
	switch {
	case n < alikeAtOnce:
		take()
		next = ""
	case next == after: // one name fills all of it: nobody's suggestion
		next = s.Detail
	}
	return found, next, rows.Err()
}

// stillAlike makes persons of a set's identities, nil where they are one already, too
// many bear the name, or all of them are known to be different.
func stillAlike(ctx context.Context, q store.Querier, c community.ID, links store.Links, s AlikeSet) (*AlikeSet, error) {
	if len(s.People) > 50 { // identities: no rare name, and not worth a look at each
		return nil, nil
	}
	var persons []community.PersonID
	for _, id := range s.People {
		if p := links.Person(community.IdentityID(id)); !slices.Contains(persons, p) {
			persons = append(persons, p)
		}
	}
	slices.Sort(persons)
	if len(persons) < 2 || s.Reason != "id" && len(persons)+s.silent > rareName {
		return nil, nil
	}
	of, err := Of(ctx, q, c, persons)
	if err != nil {
		return nil, err
	}
	persons = slices.DeleteFunc(persons, func(p community.PersonID) bool { return len(of[p]) == 0 }) // of ours, or in no group
	apart, err := Apart(ctx, q, c, persons)
	if err != nil || len(persons) < 2 || apart == len(persons)*(len(persons)-1)/2 {
		return nil, err
	}
	seen := map[community.GroupID]int{}
	for _, p := range persons {
		groups, err := GroupsOf(ctx, q, c, of[p])
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			seen[g.Group]++
		}
	}
	for _, n := range seen {
		if n > 1 {
			s.Shared++
		}
	}
	s.People = persons
	return &s, nil
}

// Apart counts the pairs among people of whom somebody said that they are not one.
func Apart(ctx context.Context, q store.Querier, c community.ID, persons []community.PersonID) (n int, err error) {
	if len(persons) < 2 {
		return 0, nil
	}
	places, args := store.Listed([]any{int64(c)}, persons)
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM person_apart WHERE community_id = $1 AND identity_a IN `+places+` AND identity_b IN `+places, args...).Scan(&n)
	return n, err
}

// SayApart keeps that people are not one, pair by pair, or takes that back. A repeat
// changes nothing.
func SayApart(tx *store.Tx, c community.ID, persons []community.PersonID, apart bool, by community.StaffID, at int64) error {
	for i, a := range persons {
		for _, b := range persons[i+1:] {
			a, b := min(a, b), max(a, b)
			var err error
			if apart {
				_, err = tx.Exec(`INSERT INTO person_apart (community_id, identity_a, identity_b, staff_id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
					int64(c), int64(a), int64(b), int64(by), at)
			} else {
				_, err = tx.Exec(`DELETE FROM person_apart WHERE community_id = $1 AND identity_a = $2 AND identity_b = $3`, int64(c), int64(a), int64(b))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
