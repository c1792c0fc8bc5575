// Package members decides who is who: which identities are one person.
package members

import (
	"slices"

	"qunying/community"
)

// Link says that an identity belongs to a person.
type Link struct {
	Identity community.IdentityID
	Person   community.PersonID
}

// Kin tells which identities belong to a person now, that of the person's own
// number included.
type Kin func(community.PersonID) ([]community.IdentityID, error)

// Merge makes one person of everybody whose identities are given. It answers
// the links that change: the smallest identity number becomes the person's.
func Merge(persons []community.PersonID, kin Kin) (community.PersonID, []Link, error) {
	persons = slices.Compact(slices.Sorted(slices.Values(persons)))
	if len(persons) < 2 {
		return 0, nil, community.Errorf(community.Invalid, "a merge needs two different people").WithHint("they may be one person already")
	}
	var links []Link
	for _, p := range persons[1:] {
		identities, err := kin(p)
		if err != nil {
			return 0, nil, err
		}
		for _, id := range identities {
			links = append(links, Link{id, persons[0]})
		}
	}
	return persons[0], links, nil
}

// Split takes an identity out of its person. Where it gave the person the
// number, the others move to the smallest number that is left.
func Split(id community.IdentityID, person community.PersonID, kin Kin) ([]Link, error) {
	identities, err := kin(person)
	if err != nil {
		return nil, err
	}
	rest := slices.DeleteFunc(slices.Sorted(slices.Values(identities)), func(i community.IdentityID) bool { return i == id })
	if len(rest) == 0 {
		return nil, community.Errorf(community.Invalid, "this is the person's only identity").WithHint("there is nothing to split")
	}
	links := []Link{{id, community.PersonID(id)}}
	if community.PersonID(id) == person {
		for _, other := range rest {
			links = append(links, Link{other, community.PersonID(rest[0])})
		}
	}
	return links, nil
}

// Restore undoes what a merge or split did: before holds the links that it changed,
// as they were before it. It fails with Conflict where people were merged with the
// outcome since, so that going back would tear them apart.
func Restore(before []Link, kin Kin) error {
	back := map[community.IdentityID]community.PersonID{}
	for _, l := range before {
		back[l.Identity] = l.Person
	}
	for id, person := range back {
		if community.PersonID(id) == person {
			continue
		}
		mine, err := kin(community.PersonID(id)) // who has this identity's number, which it gives up
		if err != nil {
			return err
		}
		for _, other := range mine {
			if _, also := back[other]; !also {
				return community.Errorf(community.Conflict, "people were merged with the outcome since").WithHint("undo that first, or split them by hand")
			}
		}
	}
	return nil
}
