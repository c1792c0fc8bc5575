package wecom

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecom/wecomtest"
)

func TestStaffAreWrittenTo(t *testing.T) {
	s := set(t, nil)
	r := must[connector.Receipt](t)(s.a.Send(t.Context(), connector.Action{Direct: true, Member: "zhang", Text: "有新待办", Parts: []community.Part{
		{Content: community.Image, Data: []byte("not really a picture"), Name: "图 1.png"},
		{Content: community.Link, Title: "查看", URL: "https://example.com/tasks/1"},
	}}))
	posted := s.sim.Posted()
	if len(posted) != 3 || posted[0].To != "zhang" || posted[0].Text != "有新待办" || posted[1].Kind != "image" ||
		!strings.HasPrefix(posted[1].Text, "MEDIA-image-") || posted[2].Text != "查看" {
		t.Fatalf("posted is %+v", posted)
	}
	check(t, s.a.Recall(t.Context(), connector.Action{Message: r.MessageID}))
	for _, p := range s.sim.Posted() {
		if !p.Recalled {
			t.Errorf("%+v was not recalled", p)
		}
	}
	for _, c := range []struct {
		a    connector.Action
		want community.Code
	}{
		{connector.Action{Direct: true, Member: "nobody", Text: "x"}, community.NotFound},
		{connector.Action{Direct: true, Text: "x"}, community.Invalid},
		{connector.Action{Direct: true, Member: "zhang"}, community.Invalid},
		{connector.Action{Direct: true, Member: "zhang", Text: strings.Repeat("x", 2049)}, community.Invalid},
		{connector.Action{Direct: true, Member: customer, Text: "x"}, community.Unsupported},
		{connector.Action{Direct: true, Member: "zhang", Parts: []community.Part{{Content: community.Card}}}, community.Unsupported},
		{connector.Action{Direct: true, Member: "zhang", Parts: []community.Part{{Content: community.Image}}}, community.Invalid},
		{connector.Action{Group: "no-such", Text: "x"}, community.NotFound},
	} {
		if _, err := s.a.Send(t.Context(), c.a); community.CodeOf(err) != c.want {
			t.Errorf("%+v: %v, want %s", c.a, err, c.want)
		}
	}
}

func TestHalfASendingIsUncertain(t *testing.T) {
	s := set(t, nil)
	s.sim.Fail("/cgi-bin/message/send", 1, wecomtest.Fault{})
	s.sim.Fail("/cgi-bin/message/send", 1, wecomtest.Fault{Code: 45009})
	_, err := s.a.Send(t.Context(), connector.Action{Direct: true, Member: "zhang", Text: "x", Parts: []community.Part{{Content: community.Text, Text: "y"}}})
	var u *connector.Uncertain
	if !errors.As(err, &u) || len(s.sim.Posted()) != 1 {
		t.Errorf("half a sending: %v, posted %+v", err, s.sim.Posted())
	}
}

func TestANewCustomerIsWelcomed(t *testing.T) {
	s := set(t, nil)
	code := s.sim.Befriend(customer, "小李", "zhang", "", noon)
	hello := connector.Action{Direct: true, Member: customer, Message: code, Text: "欢迎"}
	must[connector.Receipt](t)(s.a.Send(t.Context(), hello))
	if p := s.sim.Posted(); len(p) != 1 || p[0].To != customer || p[0].Text != "欢迎" {
		t.Fatalf("posted is %+v", p)
	}
	if _, err := s.a.Send(t.Context(), hello); community.CodeOf(err) != community.Conflict || codeOf(err) != 41051 {
		t.Errorf("a second welcome: %v", err)
	}
	hello.Message = s.sim.Befriend(another, "老王", "zhang", "", noon)
	s.pass(21 * time.Second)
	if _, err := s.a.Send(t.Context(), hello); community.CodeOf(err) != community.Conflict {
		t.Errorf("a late welcome: %v", err)
	}
}

func TestTheAppsOwnGroups(t *testing.T) {
	s := set(t, nil)
	id := must[string](t)(s.a.client.CreateAppChat(t.Context(), AppChat{Name: "值班群", Owner: "zhang", Members: []string{"zhang", "li"}}))
	must[connector.Receipt](t)(s.a.Send(t.Context(), connector.Action{Group: id, Text: "开会"}))
	check(t, s.a.Invite(t.Context(), connector.Action{Group: id, Member: "wang"}))
	check(t, s.a.Remove(t.Context(), connector.Action{Group: id, Member: "li"}))
	check(t, s.a.Rename(t.Context(), connector.Action{Group: id, Text: "夜班群"}))
	g := must[AppChat](t)(s.a.client.AppChat(t.Context(), id))
	if g.Name != "夜班群" || !slices.Equal(g.Members, []string{"zhang", "wang"}) || s.sim.Posted()[0].To != id {
		t.Errorf("the group is %+v", g)
	}
	if _, err := s.a.client.CreateAppChat(t.Context(), AppChat{Members: []string{"one"}}); community.CodeOf(err) != community.Invalid {
		t.Errorf("a group of one: %v", err)
	}
	if _, err := s.a.Members(t.Context(), "no-such"); community.CodeOf(err) != community.NotFound {
		t.Errorf("members of no group: %v", err)
	}
}

func TestBackfillReadsWhoJoined(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	check(t, s.sim.Join(g, wecomtest.Member{ID: another, Scene: 1}, noon.Add(-2*time.Hour)))
	check(t, s.sim.Join(g, wecomtest.Member{ID: customer, Scene: 1}, noon.Add(-time.Hour)))
	s.run()
	live := s.await("the join", of(community.MemberJoined, customer))
	s.mu.Lock()
	s.seen = nil
	s.mu.Unlock()
	check(t, s.a.Backfill(t.Context(), g, noon.Add(-90*time.Minute), noon, s.emit))
	all := s.all()
	if len(all) != 1 || all[0].ID != live.ID || !all[0].At.Equal(live.At) {
		t.Errorf("back-filled is %+v", all)
	}
	if err := s.a.Backfill(t.Context(), "staff1", noon, noon, s.emit); community.CodeOf(err) != community.Unsupported {
		t.Errorf("back-fill of an app's group: %v", err)
	}
}
