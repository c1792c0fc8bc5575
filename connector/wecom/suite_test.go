package wecom

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/connectortest"
	"qunying/connector/wecom/wecomtest"
	"qunying/connector/wire"
)

// talk is an account as far as the suite can try it: WeCom gives an app the text of
// nothing but what people say to it alone, so that conversation is the suite's group.
// Groups are tried by the rest of this package's tests.
type talk struct {
	connector.Connector
	connector.Recaller
	connector.Receiver
	connector.Prober
}

// Send to the suite's group is one to ann.
func (c talk) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	a.Direct, a.Member = true, "ann"
	return c.Connector.Send(ctx, a)
}

type talkDriver struct {
	Driver
	last *atomic.Pointer[Account]
}

func (d talkDriver) Open(account string, config []byte) (connector.Connector, error) {
	c, err := d.Driver.Open(account, config)
	if err != nil {
		return nil, err
	}
	a := c.(*Account)
	d.last.Store(a)
	return talk{a, a, a, a}, nil
}

// whenUp hands calls to the account that was opened last, and waits until it runs:
// the suite says something in the moment in which it starts it.
func whenUp(last *atomic.Pointer[Account]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		over, tick := time.NewTimer(connectortest.TimeLimit), time.NewTicker(time.Millisecond)
		defer over.Stop()
		defer tick.Stop()
		for r.Method == http.MethodPost {
			if a := last.Load(); a != nil && a.up() {
				break
			}
			select {
			case <-tick.C:
			case <-over.C:
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
		}
		last.Load().ServeHTTP(w, r)
	}
}

func (a *Account) up() bool {
	a.serving.RLock()
	defer a.serving.RUnlock()
	return a.running != nil
}

func TestSuite(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Start: func(t *testing.T) *connectortest.Platform {
		sim, err := wecomtest.New(wecomtest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		api := httptest.NewServer(sim)
		t.Cleanup(api.Close)
		d := talkDriver{Driver{Guard: wire.Guard{Private: true}, Base: api.URL}, &atomic.Pointer[Account]{}}
		hook := httptest.NewServer(whenUp(d.last))
		t.Cleanup(hook.Close)
		if _, err := d.Open("first", sim.Config()); err != nil {
			t.Fatal(err)
		}
		if err := sim.Hook(hook.URL); err != nil {
			t.Fatal(err)
		}
		post := func(body []byte) bool {
			res, err := http.Post(hook.URL+"?msg_signature=x", "text/xml", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return false
			}
			res.Body.Close()
			return res.StatusCode >= 400
		}
		const noGroup = "the suite's group is a conversation with one person; TestAGroupIsReadAndWatched"
		return &connectortest.Platform{
			Driver: d, Account: "app", Config: sim.Config(), Secrets: []string{sim.Secret, sim.Token, sim.AESKey},
			Say:       func(_, member, text string, at time.Time) string { return sim.Say(member, text, at) },
			Redeliver: func(_ string, count int) { sim.Redeliver(count) },
			Unknown: func(_ string, raw []byte) {
				sim.Push("<xml><FromUserName>sys</FromUserName><CreateTime>1762920000</CreateTime><MsgType>event</MsgType><Event>unheard_of</Event><Detail><![CDATA[" +
					string(raw) + "]]></Detail></xml>")
			},
			Malformed: func() bool { return post([]byte("<xml><Encrypt>nothing")) },
			Oversized: func() bool { return post([]byte("<xml><Encrypt>" + strings.Repeat("A", 2<<20) + "</Encrypt></xml>")) },
			Slow:      sim.Slow,
			FailNext: func(count int) {
				sim.Fail("/cgi-bin/message/send", count, wecomtest.Fault{Code: -1})
			},
			CutMidSend: func() { sim.Fail("/cgi-bin/message/send", 1, wecomtest.Fault{Cut: true}) },
			Messages: func(string) (texts []string) {
				for _, p := range sim.Posted() {
					texts = append(texts, p.Text)
				}
				return texts
			},
			Lacks: map[string]string{
				"Acknowledges": "WeCom calls three times within seconds and then forgets; what is said of groups is read again, TestNothingIsLostBetweenTheCallAndTheReading",
				"Join":         noGroup, "Leave": noGroup, "Rename": noGroup, "Members": noGroup, "Backfill": noGroup,
				"Recall":     "nobody can take back what they wrote to an app",
				"Disconnect": "there is no connection: calls and answers stand alone; TestStates",
				"Outage":     "WeCom does not tell what it gave up to deliver",
				"Own":        "nobody else writes as the app",
			},
		}
	}})
}

// The capabilities of all kinds of groups agree with what the account does.
func TestCapabilitiesOfGroups(t *testing.T) {
	s := set(t, nil)
	g := s.sim.Found("", "群", "zhang")
	if _, err := s.a.client.CreateAppChat(t.Context(), AppChat{ID: "staff1", Name: "值班群", Members: []string{"a", "b"}}); err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]map[community.ActionKind]connector.Can{
		g: {community.Send: connector.Human, community.Remove: connector.Human, community.Announce: connector.Human, community.Rename: connector.Human,
			community.Invite: connector.Human, community.Recall: connector.Nobody, community.Mute: connector.Nobody, community.MuteAll: connector.Nobody},
		"staff1": {community.Send: connector.Machine, community.Remove: connector.Machine, community.Announce: connector.Human,
			community.Rename: connector.Machine, community.Invite: connector.Machine, community.Recall: connector.Nobody, community.Mute: connector.Nobody},
		"": {community.Send: connector.Machine, community.Recall: connector.Nobody, community.Remove: connector.Nobody},
	} {
		caps := s.a.Capabilities(group)
		for kind, can := range want {
			if got := caps.Of(kind); got != can {
				t.Errorf("%s in %q is %q, want %q", kind, group, got, can)
			}
		}
		if machine := caps.RecallOwn == connector.Machine; machine != (group == "") {
			t.Errorf("recalling our own in %q is %q", group, caps.RecallOwn)
		}
		x := connector.Action{Group: group, Member: "wang", Text: "x", Message: "m"}
		for kind, do := range map[community.ActionKind]func() error{
			community.Send: func() error {
				_, err := s.a.Send(t.Context(), connector.Action{Group: group, Direct: group == "", Member: "wang", Text: "x"})
				return err
			},
			community.Remove: func() error { return s.a.Remove(t.Context(), x) },
			community.Invite: func() error { return s.a.Invite(t.Context(), x) },
			community.Rename: func() error { return s.a.Rename(t.Context(), x) },
		} {
			err := do()
			if machine := caps.Of(kind) == connector.Machine; machine != (err == nil) || !machine && community.CodeOf(err) != community.Unsupported {
				t.Errorf("%s in %q: %v, though the capability is %q", kind, group, err, caps.Of(kind))
			}
		}
		if group != "" {
			if err := s.a.Recall(t.Context(), x); community.CodeOf(err) != community.Unsupported {
				t.Errorf("recall in %q: %v", group, err)
			}
		}
	}
}
