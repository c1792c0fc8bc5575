package wecom

import (
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecom/wecomtest"
)

const (
	customer = "wmSIM000000000000000000000001"
	another  = "wmSIM000000000000000000000002"
)

func TestAGroupIsReadAndWatched(t *testing.T) {
	s := set(t, nil)
	old := s.sim.Found("", "销售群", "zhang")
	check(t, s.sim.Join(old, wecomtest.Member{ID: another, Name: "老王", Scene: 1, Invitor: "zhang"}, noon.Add(-40*24*time.Hour)))
	s.run()
	r := s.await("the roster", of(community.RosterTaken, ""))
	if r.Group != old || r.GroupName != "销售群" || len(r.Members) != 2 || r.Members[1].Name != "老王" {
		t.Errorf("the roster is %+v", r)
	}
	if n := s.count(of(community.MemberJoined, another)); n != 0 {
		t.Error("who joined over a month ago was told as new")
	}

	check(t, s.sim.Join(old, wecomtest.Member{ID: customer, Name: "小李", Scene: 3, State: "poster-1", Invitor: ""}, noon.Add(time.Minute)))
	joined := s.await("the join", of(community.MemberJoined, customer))
	if joined.Group != old || joined.Sender.Name != "小李" || !joined.At.Equal(noon.Add(time.Minute)) || joined.Data["way"] != "qrcode" ||
		joined.Data["state"] != "poster-1" || joined.Operator.ID != "" || joined.ID == "" {
		t.Errorf("the join is %+v", joined)
	}
	check(t, s.sim.Leave(old, customer, true, noon.Add(2*time.Minute)))
	left := s.await("the leave", of(community.MemberLeft, customer))
	if left.Data["way"] != "removed" || !left.At.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("the leave is %+v", left)
	}
	check(t, s.sim.Change(old, "售后群", "", "", noon.Add(3*time.Minute)))
	if o := s.await("the new name", of(community.GroupRenamed, "")); o.Text != "售后群" || !o.At.Equal(noon.Add(3*time.Minute)) || o.Data["old"] != "销售群" {
		t.Errorf("the new name is %+v", o)
	}
	check(t, s.sim.Change(old, "", "文明沟通", "", noon.Add(4*time.Minute)))
	if o := s.await("the announcement", of(community.GroupAnnounced, "")); o.Text != "文明沟通" {
		t.Errorf("the announcement is %+v", o)
	}
	check(t, s.sim.Change(old, "", "", "li", noon.Add(5*time.Minute)))
	if o := s.await("the new owner", of(community.PlatformOther, "li")); o.Data["event"] != "change_owner" || len(o.Raw) == 0 {
		t.Errorf("the new owner is %+v", o)
	}
	check(t, s.sim.Dissolve(old, noon.Add(6*time.Minute)))
	if o := s.await("the end", of(community.GroupGone, "")); !o.At.Equal(noon.Add(6*time.Minute)) || o.Group != old {
		t.Errorf("the end is %+v", o)
	}
}

// Copies of calls, in another order, tell nothing twice.
func TestCallsTwiceAndBackwards(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	s.run()
	s.await("the roster", of(community.RosterTaken, ""))
	s.sim.Hold()
	check(t, s.sim.Join(g, wecomtest.Member{ID: customer, Scene: 2, Invitor: "zhang"}, noon.Add(time.Minute)))
	check(t, s.sim.Join(g, wecomtest.Member{ID: another, Scene: 1, Invitor: "zhang"}, noon.Add(2*time.Minute)))
	check(t, s.sim.Leave(g, customer, false, noon.Add(3*time.Minute)))
	check(t, s.sim.Change(g, "群二", "", "", noon.Add(4*time.Minute)))
	s.sim.Release(true, 3)
	s.await("the join", of(community.MemberJoined, another))
	s.await("the new name", of(community.GroupRenamed, ""))
	s.settled()
	for _, x := range []struct {
		kind   community.Kind
		member string
		want   int
	}{{community.MemberJoined, another, 1}, {community.GroupRenamed, "", 1}, {community.MemberJoined, customer, 0}} {
		if n := s.count(of(x.kind, x.member)); n != x.want {
			t.Errorf("%s of %q was told %d times, want %d", x.kind, x.member, n, x.want)
		}
	}
}

// settled waits until no group is to be read any more.
func (s *stage) settled() {
	s.t.Helper()
	g := s.sim.Found("", "marker", "marker")
	s.await("the marker", func(o connector.Observation) bool { return o.Kind == community.RosterTaken && o.Group == g })
	s.until("every group is read", func() bool {
		q := s.account().queue
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.waits) == 0
	})
}

// What was acknowledged and not read when the process ended is found again by the
// next one, and copies of what was told have the same keys.
func TestNothingIsLostBetweenTheCallAndTheReading(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	check(t, s.sim.Join(g, wecomtest.Member{ID: another, Scene: 1}, noon.Add(-time.Hour)))
	s.run()
	first := s.await("the join", of(community.MemberJoined, another))
	early := s.sim.Unacknowledged() // before Run ran
	s.sim.Fail("/cgi-bin/externalcontact/groupchat/get", 1000, wecomtest.Fault{Status: 502})
	check(t, s.sim.Join(g, wecomtest.Member{ID: customer, Scene: 3, State: "s"}, noon.Add(time.Minute)))
	check(t, s.sim.Leave(g, another, false, noon.Add(2*time.Minute)))
	if n := s.sim.Unacknowledged(); n != early {
		t.Fatalf("%d calls were not acknowledged", n)
	}
	check(t, s.stop())
	if s.count(of(community.MemberJoined, customer)) != 0 {
		t.Fatal("the join was told: the story proves nothing")
	}

	again := set(t, nil) // another process
	again.sim, again.api = s.sim, s.api
	again.a = again.open(nil)
	s.sim.Mend()
	again.run()
	joined := again.await("the join", of(community.MemberJoined, customer))
	if !joined.At.Equal(noon.Add(time.Minute)) || joined.Data["state"] != "s" {
		t.Errorf("the join is %+v", joined)
	}
	r := again.await("the roster", of(community.RosterTaken, ""))
	for _, m := range r.Members {
		if m.ID == another {
			t.Error("who left is on the roster")
		}
	}
	// A third process reads the same: the same events.
	third := set(t, nil)
	third.sim, third.api = s.sim, s.api
	third.a = third.open(nil)
	third.run()
	copied := third.await("the join", of(community.MemberJoined, customer))
	if copied.ID != joined.ID || !copied.At.Equal(joined.At) {
		t.Errorf("two readings: %s %v and %s %v", joined.ID, joined.At, copied.ID, copied.At)
	}
	if first.ID == joined.ID {
		t.Error("two members have one ID")
	}
}

// Calls that never came are made up for by the next full reading.
func TestLostCallsAreReconciled(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	gone := s.sim.Found("", "旧群", "zhang")
	check(t, s.sim.Join(g, wecomtest.Member{ID: another, Scene: 1}, noon.Add(-time.Hour)))
	s.run()
	s.await("the roster", of(community.RosterTaken, ""))
	s.until("both groups are known", func() bool { return len(s.a.known()) == 2 })
	s.sim.Hold()
	check(t, s.sim.Join(g, wecomtest.Member{ID: customer, Scene: 1, Invitor: "zhang"}, noon.Add(time.Minute)))
	check(t, s.sim.Leave(g, another, false, noon.Add(2*time.Minute)))
	check(t, s.sim.Dissolve(gone, noon.Add(2*time.Minute)))
	s.sim.Lose()
	check(t, s.stop())
	s.run() // the same account, which knows what was
	if o := s.await("the join", of(community.MemberJoined, customer)); !o.At.Equal(noon.Add(time.Minute)) || o.Operator.ID != "zhang" {
		t.Errorf("the join is %+v", o)
	}
	if o := s.await("the leave", of(community.MemberLeft, another)); o.Data["time"] != "inferred" || o.Data["way"] != "" {
		t.Errorf("nobody told when and how they left, but it is emitted as %+v", o)
	}
	if o := s.await("the end", of(community.GroupGone, "")); o.Group != gone {
		t.Errorf("the end is %+v", o)
	}
}

// A call may come before the details show what it tells.
func TestDetailsLagBehindCalls(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	s.run()
	s.await("the roster", of(community.RosterTaken, ""))
	const get = "/cgi-bin/externalcontact/groupchat/get"
	reads := s.sim.Calls(get)
	s.sim.Push("<xml><FromUserName>sys</FromUserName><CreateTime>1762920000</CreateTime><MsgType>event</MsgType><Event>change_external_chat</Event>" +
		"<ChangeType>update</ChangeType><ChatId>" + g + "</ChatId><UpdateDetail>change_name</UpdateDetail></xml>")
	s.until("the details are read too early", func() bool { return s.sim.Calls(get) > reads })
	s.sim.Hold()
	check(t, s.sim.Change(g, "新名字", "", "", noon))
	s.sim.Lose()
	if o := s.await("the new name", of(community.GroupRenamed, "")); o.Text != "新名字" || o.At.Unix() != 1762920000 {
		t.Errorf("the new name is %+v", o)
	}
}

func TestAppChatsAreReadToo(t *testing.T) {
	s := set(t, map[string]any{"app_chats": "staff1, gone2"})
	must[string](t)(s.a.client.CreateAppChat(t.Context(), AppChat{ID: "staff1", Name: "值班群", Owner: "zhang", Members: []string{"zhang", "li"}}))
	s.run()
	if o := s.await("the roster", of(community.RosterTaken, "")); o.Group != "staff1" || len(o.Members) != 2 {
		t.Errorf("the roster is %+v", o)
	}
	groups := must[[]connector.Group](t)(s.a.Groups(t.Context()))
	if len(groups) != 1 || groups[0].Name != "值班群" || groups[0].Members != 2 || groups[0].Owner.ID != "zhang" {
		t.Errorf("the groups are %+v", groups)
	}
	check(t, s.a.Invite(t.Context(), connector.Action{Group: "staff1", Member: "wang"}))
	check(t, s.stop())
	s.run()
	s.await("the new roster", func(o connector.Observation) bool { return o.Kind == community.RosterTaken && len(o.Members) == 3 })
}

func TestManyGroupsAreListedByPages(t *testing.T) {
	s := set(t, nil)
	for range 1005 {
		s.sim.Found("", "群", "zhang")
	}
	list := must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
	if len(list) != 1005 {
		t.Errorf("%d of 1005 groups are listed", len(list))
	}
	if n := s.sim.Calls("/cgi-bin/externalcontact/groupchat/list"); n != 2 {
		t.Errorf("it took %d pages", n)
	}
}
