package satori

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunying/connector"
	"qunying/connector/connectortest"
	"qunying/connector/satori/satoritest"
)

// way is one of the ways in which gateways and we find together.
type way struct {
	name    string
	options satoritest.Options
	hook    bool
	empty   bool // the settings do not name the login
}

func TestSuite(t *testing.T) {
	for _, w := range []way{
		{name: "websocket"},
		{name: "websocket, old gateway", options: satoritest.Options{Old: true}, empty: true},
		{name: "websocket that resumes and tells our messages", options: satoritest.Options{Resume: true, Echo: true}},
		{name: "websocket, few features", options: satoritest.Options{Features: []string{"message.create", "message.delete", "message.list", "guild.member.list", "guild.member.mute", "channel.update", "guild.member.kick", "guild.member.approve"}}},
		{name: "webhook", hook: true},
		{name: "webhook, old gateway", hook: true, options: satoritest.Options{Old: true}},
	} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			connectortest.Run(t, connectortest.Harness{Start: w.platform})
		})
	}
}

const token, hookToken = "hush-gateway", "hush-hook"

// driver is ours with little patience, so that a hook finds the account opened last.
type driver struct {
	Driver
	last *atomic.Pointer[http.Handler]
}

func (d driver) Open(name string, config []byte) (connector.Connector, error) {
	c, err := d.Driver.Open(name, config)
	if h, ok := c.(http.Handler); ok {
		d.last.Store(&h)
	}
	return c, err
}

func (w way) platform(t *testing.T) *connectortest.Platform {
	o := w.options
	o.Token = token
	s := satoritest.New(o)
	t.Cleanup(s.Close)
	s.Found("room", "plaza/talk")
	c := Config{Address: s.Address(), Token: token, Platform: "test", SelfID: "514"}
	if w.empty {
		c.Platform, c.SelfID = "", ""
	}
	d := driver{last: &atomic.Pointer[http.Handler]{}}
	p := &connectortest.Platform{
		Account: "ours", Group: "room", Others: []string{"plaza/talk"},
		Say: func(group, member, text string, at time.Time) string {
			return s.Say(group, member, escapeText.Replace(text), at)
		},
		Join: s.Join, Leave: s.Leave, Rename: s.Rename, Recall: s.Recall, Redeliver: s.Redeliver, Unknown: s.Unknown,
		Own:  func(group, text string, at time.Time) { s.Say(group, "514", text, at) },
		Slow: s.SlowBy, FailNext: func(count int) { s.FailNext(count, http.StatusServiceUnavailable) },
		CutMidSend: s.CutMidSend, Messages: s.Messages,
		Secrets: []string{token, hookToken},
		Lacks:   map[string]string{"Acknowledges": "a gateway keeps nothing for who is not connected, or only for some minutes"},
	}
	if w.hook {
		w.byHook(t, s, d, &c, p)
	} else {
		bySocket(t, s, p)
	}
	config, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	p.Driver, p.Config = d, config
	return p
}

func bySocket(t *testing.T, s *satoritest.Server, p *connectortest.Platform) {
	back := func() {
		ctx, cancel := context.WithTimeout(t.Context(), connectortest.TimeLimit)
		defer cancel()
		if err := s.Await(ctx, 1); err != nil {
			t.Error(err)
		}
	}
	p.Disconnect = func() {
		s.Disconnect()
		back()
	}
	p.Outage = func(from, to time.Time) {
		s.Outage(from, to)
		back()
	}
	p.Malformed = func() bool {
		s.Garbage()
		return false
	}
	p.Oversized = func() bool {
		s.Huge(mostFrame + 1)
		return false
	}
}

func (w way) byHook(t *testing.T, s *satoritest.Server, d driver, c *Config, p *connectortest.Platform) {
	us := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		(*d.last.Load()).ServeHTTP(w, q)
	}))
	t.Cleanup(us.Close)
	t.Cleanup(s.Hook(us.URL+"/", hookToken))
	c.Mode, c.HookToken = modeHook, hookToken
	p.Malformed = func() bool { return s.Post([]byte(`{"type":`)) == http.StatusBadRequest }
	p.Oversized = func() bool {
		return s.Post([]byte(`{"type":"`+strings.Repeat("x", mostFrame)+`"}`)) == http.StatusRequestEntityTooLarge
	}
	p.Lacks["Disconnect"] = "there is no connection that could break"
	p.Lacks["Outage"] = "a gateway that calls us does not tell what it could not deliver"
}
