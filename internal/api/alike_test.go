package api

import (
	"net/http"
	"testing"

	"qunying/community"
)

func TestAlikeSetsArePagedAndToldApart(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("operator")
	var page AlikeSetsAnswer
	b.do("GET", root+"/communities/default/people/alike", nil).want(http.StatusOK).read(&page)
	if page.AsOf != 42 || page.Next == "" {
		t.Fatalf("%+v", page)
	}
	var last AlikeSetsAnswer
	b.do("GET", root+"/communities/default/people/alike?cursor="+page.Next, nil).want(http.StatusOK).read(&last)
	if last.Next != "" {
		t.Errorf("the last page goes on: %+v", last)
	}
	b.do("GET", root+"/communities/default/people/alike?cursor=nonsense", nil).problem(http.StatusUnprocessableEntity, "invalid")

	var done Answer
	b.do("POST", root+"/communities/default/people/apart", ApartInput{People: []community.PersonID{3, 8}, Apart: true}).want(http.StatusOK).read(&done)
	if done.AsOf != 43 {
		t.Errorf("%+v", done)
	}
	b.do("POST", root+"/communities/default/people/apart", ApartInput{People: []community.PersonID{404, 8}, Apart: true}).problem(http.StatusNotFound, "not_found")
	b.do("POST", root+"/communities/default/people/apart", ApartInput{People: []community.PersonID{3}, Apart: true}).problem(http.StatusUnprocessableEntity, "invalid")
	s.as("viewer").do("POST", root+"/communities/default/people/apart", ApartInput{People: []community.PersonID{3, 8}, Apart: true}).problem(http.StatusForbidden, "forbidden")
}

// Who may be the same person is of the whole community; the session tells the console to
// offer it to nobody who is refused it.
func TestLimitedStaffAreToldSoAndSeeNoAlikeSets(t *testing.T) {
	s := newStand(t, sqlite(t))
	for b, limited := range map[*browser]bool{s.as("lead"): false, s.limitedTo(1): true} {
		var a SessionAnswer
		b.do("GET", root+"/session", nil).want(http.StatusOK).read(&a)
		if a.Staff == nil || a.Staff.Limited != limited {
			t.Errorf("the session says %+v", a.Staff)
		}
		sets := b.do("GET", root+"/communities/default/people/alike", nil)
		if limited {
			sets.problem(http.StatusForbidden, "forbidden")
		} else {
			sets.want(http.StatusOK)
		}
	}
}

func TestAGroupsOrderIsReadByEverybody(t *testing.T) {
	s := newStand(t, sqlite(t))
	var a GroupOrder
	s.as("viewer").do("GET", root+"/communities/default/groups/3/order", nil).want(http.StatusOK).read(&a)
	if a.AsOf != 42 || a.Group != 3 || a.Owner != "default" {
		t.Errorf("%+v", a)
	}
}
