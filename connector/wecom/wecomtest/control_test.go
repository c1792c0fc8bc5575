package wecomtest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecom"
	"qunying/connector/wecom/wecomtest"
	"qunying/connector/wire"
)

// Another program plays with the corporation while an account listens.
func TestTheCorporationIsScriptedFromOutside(t *testing.T) {
	sim, err := wecomtest.New(wecomtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(sim)
	defer api.Close()
	order := func(what, body string) map[string]any {
		t.Helper()
		res, err := http.Post(api.URL+"/_control/"+what, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]any
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatalf("%s: %s", what, text)
		}
		out["status"] = res.StatusCode
		return out
	}
	c, err := wecom.Driver{Guard: wire.Guard{Private: true}, Base: api.URL}.Open("app", sim.Config())
	if err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(c.(connector.Receiver))
	defer hook.Close()
	seen := make(chan connector.Observation, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- c.Run(ctx, func(_ context.Context, list ...connector.Observation) error {
			for _, o := range list {
				seen <- o
			}
			return nil
		})
	}()
	await := func(kind community.Kind, who string) connector.Observation {
		t.Helper()
		over := time.After(2 * time.Minute)
		for {
			select {
			case o := <-seen:
				if o.Kind == kind && (who == "" || o.Sender.ID == who) {
					return o
				}
			case <-over:
				t.Fatalf("no %s", kind)
			}
		}
	}
	await(community.ConnectionChanged, "")
	if out := order("hook", `{"url":"`+hook.URL+`"}`); out["ok"] != true {
		t.Fatalf("the hook: %v", out)
	}
	order("found", `{"group":"wrScripted00001","name":"群","owner":"zhang"}`)
	await(community.RosterTaken, "")
	order("join", `{"group":"wrScripted00001","member":"wm1","name":"小李","scene":3,"state":"s1"}`)
	if o := await(community.MemberJoined, "wm1"); o.Data["state"] != "s1" || o.Data["way"] != "qrcode" {
		t.Errorf("the join is %+v", o)
	}
	for _, x := range []struct {
		what, body string
		kind       community.Kind
	}{
		{"rename", `{"group":"wrScripted00001","text":"新群"}`, community.GroupRenamed},
		{"announce", `{"group":"wrScripted00001","text":"公告"}`, community.GroupAnnounced},
		{"owner", `{"group":"wrScripted00001","member":"li"}`, community.PlatformOther},
		{"leave", `{"group":"wrScripted00001","member":"wm1","removed":true}`, community.MemberLeft},
		{"say", `{"member":"zhang","text":"在吗"}`, community.MessagePosted},
		{"befriend", `{"member":"wm2","name":"老王","employee":"zhang"}`, community.ContactAdded},
		{"unfriend", `{"member":"wm2","employee":"zhang"}`, community.ContactRemoved},
	} {
		if out := order(x.what, x.body); out["ok"] != true {
			t.Errorf("%s: %v", x.what, out)
		}
		await(x.kind, "")
	}
	r, err := c.(connector.Proposer).Propose(ctx, connector.Action{Group: "wrScripted00001", Text: "直播"})
	if err != nil {
		t.Fatal(err)
	}
	if out := order("confirm", `{"message":"`+r.MessageID+`"}`); out["ok"] != true {
		t.Errorf("confirm: %v", out)
	}
	if out := order("fail", `{"path":"/cgi-bin/message/send","count":1,"code":45009}`); out["ok"] != true {
		t.Errorf("fail: %v", out)
	}
	if _, err := c.Send(ctx, connector.Action{Direct: true, Member: "zhang", Text: "x"}); community.CodeOf(err) != community.Unavailable {
		t.Errorf("a sending that was made to fail: %v", err)
	}
	order("expire", "")
	if p, err := c.(connector.Proposer).Follow(ctx, "wrScripted00001", r.MessageID); err != nil || p.State != "done" {
		t.Errorf("the proposal is %+v, %v", p, err)
	}
	order("dissolve", `{"group":"wrScripted00001"}`)
	await(community.GroupGone, "")
	if out := order("leave", `{"group":"wrScripted00001","member":"x"}`); out["ok"] != false || out["status"] != http.StatusUnprocessableEntity {
		t.Errorf("an order that cannot be: %v", out)
	}
	state, _ := json.Marshal(order("state", "")["result"])
	if !strings.Contains(string(state), "直播") {
		t.Errorf("the state is %s", state)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
