package members

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"qunying/community"
)

// people is a plain partition of identities.
type people map[community.IdentityID]community.PersonID

func (p people) kin(who community.PersonID) (list []community.IdentityID, err error) {
	for id, of := range p {
		if of == who {
			list = append(list, id)
		}
	}
	return list, nil
}

// sets are the people without their numbers.
func (p people) sets() [][]community.IdentityID {
	by := map[community.PersonID][]community.IdentityID{}
	for id, of := range p {
		by[of] = append(by[of], id)
	}
	all := slices.Collect(maps.Values(by))
	for _, s := range all {
		slices.Sort(s)
	}
	slices.SortFunc(all, func(a, b []community.IdentityID) int { return cmp.Compare(a[0], b[0]) })
	return all
}

// Whatever is merged and split: a person's number is the smallest of their
// identities, merged people are one, a split identity is alone, and nobody else moves.
func TestMergeAndSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := people{}
		for id := community.IdentityID(1); id <= 8; id++ {
			p[id] = community.PersonID(id)
		}
		one := rapid.Custom(func(t *rapid.T) community.IdentityID { return community.IdentityID(rapid.IntRange(1, 8).Draw(t, "id")) })
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			before := maps.Clone(p)
			if rapid.Bool().Draw(t, "merge") {
				mergeSome(t, p, rapid.SliceOfN(one, 1, 4).Draw(t, "who"))
			} else {
				splitOne(t, p, one.Draw(t, "who"))
			}
			for _, s := range p.sets() {
				if p[s[0]] != community.PersonID(s[0]) {
					t.Fatalf("%v have the number %d; before: %v", s, p[s[0]], before)
				}
			}
		}
	})
}

func mergeSome(t *rapid.T, p people, who []community.IdentityID) {
	persons, together := []community.PersonID{}, map[community.PersonID]bool{}
	for _, id := range who {
		persons, together[p[id]] = append(persons, p[id]), true
	}
	want := maps.Clone(p)
	for id, of := range want {
		if together[of] {
			want[id] = slices.Min(persons)
		}
	}
	got, links, err := Merge(persons, p.kin)
	if len(together) < 2 {
		if community.CodeOf(err) != community.Invalid {
			t.Fatalf("merging one person: %v", err)
		}
		return
	}
	for _, l := range links {
		p[l.Identity] = l.Person
	}
	if err != nil || got != slices.Min(persons) || !maps.Equal(p, want) {
		t.Fatalf("merging %v gave %d, %v; %v", persons, got, p, err)
	}
}

func splitOne(t *rapid.T, p people, id community.IdentityID) {
	before := maps.Clone(p)
	all, _ := p.kin(p[id])
	links, err := Split(id, p[id], p.kin)
	if len(all) == 1 {
		if community.CodeOf(err) != community.Invalid {
			t.Fatalf("splitting somebody with one identity: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		p[l.Identity] = l.Person
	}
	for other, of := range p {
		apart := other != id && of != p[id]
		same := before[other] == before[id] // they were one person
		if other != id && !apart {
			t.Fatalf("%d is still with %d", other, id)
		}
		if !same && of != before[other] {
			t.Fatalf("%d has moved from %d to %d", other, before[other], of)
		}
	}
}
