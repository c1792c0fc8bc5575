package wecom

import (
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecom/wecomtest"
)

func TestAProposalIsFollowedToItsEnd(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	x := connector.Action{Group: g, Text: "今晚八点直播", Parts: []community.Part{{Content: community.Link, Title: "直播间", URL: "https://example.com/live"}}}
	if !s.a.Proposes(g, x) || s.a.Proposes("staff1", x) || s.a.Proposes(g, connector.Action{Group: g, Member: customer}) {
		t.Error("what can be proposed is told wrongly")
	}
	r := must[connector.Receipt](t)(s.a.Propose(t.Context(), x))
	p := must[connector.Progress](t)(s.a.Follow(t.Context(), g, r.MessageID))
	if p.State != "open" || len(p.Who) != 1 || p.Who[0].ID != "zhang" {
		t.Errorf("at first: %+v", p)
	}
	if len(s.sim.Posted()) != 0 {
		t.Error("the message arrived without the owner")
	}
	check(t, s.sim.Confirm(r.MessageID, noon.Add(time.Hour)))
	p = must[connector.Progress](t)(s.a.Follow(t.Context(), g, r.MessageID))
	if p.State != "done" || !p.At.Equal(noon.Add(time.Hour)) || len(p.Who) != 0 {
		t.Errorf("after the owner sent it: %+v", p)
	}
	if p := must[connector.Progress](t)(s.a.Follow(t.Context(), g, "no-such")); p.State != "gone" {
		t.Errorf("of none: %+v", p)
	}
}

func TestWhatCannotBeProposed(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	for _, c := range []struct {
		a    connector.Action
		want community.Code
	}{
		{connector.Action{Group: "staff1", Text: "x"}, community.Unsupported},
		{connector.Action{Group: g, Text: "x", MentionAll: true}, community.Unsupported},
		{connector.Action{Group: g, Member: customer, Text: "x"}, community.Unsupported},
		{connector.Action{Group: "wrNoSuchGroup00", Text: "x"}, community.NotFound},
		{connector.Action{Group: g, Text: string(make([]byte, 4001))}, community.Invalid},
		{connector.Action{Group: g, Parts: make([]community.Part, 10)}, community.Invalid},
		{connector.Action{Group: g, Parts: []community.Part{{Content: community.Link}}}, community.Invalid},
	} {
		if _, err := s.a.Propose(t.Context(), c.a); community.CodeOf(err) != c.want {
			t.Errorf("%+v: %v, want %s", c.a, err, c.want)
		}
	}
	if _, err := s.a.Send(t.Context(), connector.Action{Group: g, Text: "x"}); community.CodeOf(err) != community.Unsupported {
		t.Errorf("sending past the owner: %v", err)
	}
}

func TestRemindersAndWithdrawal(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	id := must[connector.Receipt](t)(s.a.Propose(t.Context(), connector.Action{Group: g, Text: "x"})).MessageID
	for range 3 {
		check(t, s.a.Remind(t.Context(), g, id))
	}
	if err := s.a.Remind(t.Context(), g, id); community.CodeOf(err) != community.Conflict {
		t.Errorf("a fourth reminder: %v", err)
	}
	if n := s.sim.Calls("/cgi-bin/externalcontact/remind_groupmsg_send"); n != 3 {
		t.Errorf("WeCom was asked %d times", n)
	}
	again := s.open(nil) // after a restart WeCom itself says no
	if err := again.Remind(t.Context(), g, id); community.CodeOf(err) != community.Conflict {
		t.Errorf("a fourth reminder after a restart: %v", err)
	}
	s.pass(25 * time.Hour)
	check(t, s.a.Remind(t.Context(), g, id))
	check(t, s.a.Cancel(t.Context(), g, id))
	if err := s.sim.Confirm(id, noon); err == nil {
		t.Error("a withdrawn message was sent")
	}
}

func TestQuota(t *testing.T) {
	s := set(t, nil)
	g, other := s.sim.Found("", "群", "zhang"), s.sim.Found("", "群二", "zhang")
	quota := func(a *Account, group string) [2]int {
		t.Helper()
		left, of, err := a.Quota(t.Context(), group)
		check(t, err)
		return [2]int{left, of}
	}
	if q := quota(s.a, g); q != [2]int{30, 30} {
		t.Errorf("at first %v", q)
	}
	var last string
	for i := range 5 {
		last = must[connector.Receipt](t)(s.a.Propose(t.Context(), connector.Action{Group: g, Text: "x"})).MessageID
		if i < 4 {
			check(t, s.sim.Confirm(last, s.now()))
		}
	}
	if q := quota(s.a, g); q != [2]int{30, 30} {
		t.Errorf("within a minute the count is that of before, not %v", q)
	}
	s.pass(2 * time.Minute)
	if q := quota(s.a, g); q != [2]int{26, 30} {
		t.Errorf("after four sendings and one that is open: %v", q)
	}
	calls := s.sim.Calls("/cgi-bin/externalcontact/get_groupmsg_task")
	check(t, s.sim.Confirm(last, s.now()))
	s.pass(2 * time.Minute)
	if q := quota(s.a, g); q != [2]int{25, 30} {
		t.Errorf("after five: %v", q)
	}
	if n := s.sim.Calls("/cgi-bin/externalcontact/get_groupmsg_task") - calls; n != 1 {
		t.Errorf("%d messages were counted anew, want the one that was open", n)
	}
	if q := quota(s.a, other); q != [2]int{30, 30} {
		t.Errorf("of another group: %v", q)
	}
	week, day := s.open(map[string]any{"quota": "week"}), s.open(map[string]any{"quota": "day"})
	if w, d := quota(week, g), quota(day, g); w != [2]int{2, 7} || d != [2]int{0, 1} {
		t.Errorf("by the week %v, by the day %v", w, d)
	}
	s.pass(24 * time.Hour)
	if d := quota(day, g); d != [2]int{1, 1} {
		t.Errorf("the next day: %v", d)
	}
	s.pass(30 * 24 * time.Hour) // December
	if q := quota(s.a, g); q != [2]int{31, 31} {
		t.Errorf("the next month: %v", q)
	}
	if _, _, err := s.a.Quota(t.Context(), "staff1"); community.CodeOf(err) != community.Unsupported {
		t.Errorf("of an app's group: %v", err)
	}
}

// The month that is counted is the whole one on its last day, too.
func TestQuotaOnThe31st(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	s.pass(19*24*time.Hour - 3*time.Hour) // December 1st, 9:00 in Shanghai
	id := must[connector.Receipt](t)(s.a.Propose(t.Context(), connector.Action{Group: g, Text: "x"})).MessageID
	check(t, s.sim.Confirm(id, s.now()))
	s.pass(30*24*time.Hour + 12*time.Hour)
	left, of, err := s.a.Quota(t.Context(), g)
	if err != nil || left != 30 || of != 31 {
		t.Errorf("on the 31st %d of %d are left, %v", left, of, err)
	}
}

func TestAGroupOverItsQuota(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	var id string
	for range 31 {
		id = must[connector.Receipt](t)(s.a.Propose(t.Context(), connector.Action{Group: g, Text: "x"})).MessageID
		check(t, s.sim.Confirm(id, s.now()))
	}
	if p := must[connector.Progress](t)(s.a.Follow(t.Context(), g, id)); p.State != "limit" {
		t.Errorf("the 31st of November: %+v", p)
	}
	if left, of, err := s.a.Quota(t.Context(), g); err != nil || left != 0 || of != 30 {
		t.Errorf("%d of %d are left, %v", left, of, err)
	}
}

func TestProbeFindsEveryMistake(t *testing.T) {
	found := func(a *Account) map[string]string {
		out := map[string]string{}
		for _, f := range a.Probe(t.Context()) {
			out[f.Check] = f.Code
			if f.OK {
				out[f.Check] = "ok"
			}
		}
		return out
	}
	expect := func(a *Account, check, code string) {
		t.Helper()
		if got := found(a); got[check] != code {
			t.Errorf("%s is %q, want %q; all: %v", check, got[check], code, got)
		}
	}
	s := set(t, nil)
	for _, check := range []string{"address", "sign_in", "trusted_ip", "permission", "clock", "callback"} {
		expect(s.a, check, "ok")
	}
	expect(s.open(map[string]any{"secret": "wrong"}), "sign_in", "40001")
	expect(s.open(nil), "callback", "not_called")
	s.sim.Trust(false)
	expect(s.a, "trusted_ip", "60020")
	expect(s.a, "callback", "ok") // it has to work before an address can be trusted
	s.sim.Trust(true)
	s.sim.Fail(list, 1, wecomtest.Fault{Code: 48002})
	expect(s.a, "permission", "48002")
	ahead := s.a
	ahead.client.now = func() time.Time { return s.now().Add(-5 * time.Minute) }
	expect(ahead, "clock", "clock_off")
	for status, code := range map[int]string{500: "down", 502: "down", 504: "down", 404: "garbled"} {
		s.sim.Fail("/cgi-bin/gettoken", 1, wecomtest.Fault{Status: status})
		expect(s.open(nil), "address", code)
	}
	gone := s.open(nil)
	s.api.Close()
	expect(gone, "address", "unreachable")
	refused := must[connector.Connector](t)(Driver{Base: s.api.URL}.Open("a", s.sim.Config())) // not private
	expect(refused.(*Account), "address", "refused")
}
