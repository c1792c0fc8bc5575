package onebot_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/connector"
	"qunying/connector/connectortest"
	"qunying/connector/onebot"
	"qunying/connector/wire"
)

// hook is our address for an account: what was opened last answers there.
type hook struct {
	*httptest.Server
	mu sync.Mutex
	to http.Handler
}

func newHook(t *testing.T) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		to := h.to
		h.mu.Unlock()
		if to == nil {
			http.Error(w, "nobody", http.StatusServiceUnavailable)
			return
		}
		to.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) set(to http.Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.to = to
}

// hooked is a driver whose accounts answer at a hook.
type hooked struct {
	onebot.Driver
	hook *hook
}

func (d hooked) Open(account string, config []byte) (connector.Connector, error) {
	c, err := d.Driver.Open(account, config)
	if err == nil {
		d.hook.set(c.(connector.Receiver))
	}
	return c, err
}

// way is how the driver and the implementation find each other in a test.
type way struct {
	name, version, mode string
	roles               []string // of reverse
	asText              bool
}

func (w way) start(t *testing.T) (*implementation, hooked, []byte) {
	m := newImplementation(t, w.version)
	m.asText = w.asText
	h := newHook(t)
	config := map[string]string{"version": w.version, "mode": w.mode, "token": m.token}
	switch w.mode {
	case "forward":
		config["address"] = m.socketAddress()
	case "reverse":
		m.dial("ws"+h.URL[len("http"):]+"/onebot/v11/ws", w.roles...)
	case "http":
		config["api"], config["secret"] = m.server.URL, m.secret
		m.postTo(h.URL + "/")
	}
	b, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return m, hooked{onebot.Driver{Retry: wire.Retry{First: 20 * time.Millisecond}, Patience: 10 * time.Second}, h}, b
}

var ways = []way{
	{name: "11 forward", version: "11", mode: "forward"},
	{name: "11 forward, CQ codes", version: "11", mode: "forward", asText: true},
	{name: "11 reverse", version: "11", mode: "reverse", roles: []string{"Universal"}},
	{name: "11 reverse, two connections", version: "11", mode: "reverse", roles: []string{"API", "Event"}},
	{name: "11 http", version: "11", mode: "http"},
	{name: "12 forward", version: "12", mode: "forward"},
	{name: "12 reverse", version: "12", mode: "reverse", roles: []string{"Universal"}},
	{name: "12 http", version: "12", mode: "http"},
}

func TestSuite(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			connectortest.Run(t, connectortest.Harness{Start: w.platform})
		})
	}
}

func (w way) platform(t *testing.T) *connectortest.Platform {
	m, d, config := w.start(t)
	http := w.mode == "http"
	authors := map[string]string{}
	p := &connectortest.Platform{
		Driver: d, Account: "bot", Config: config, Group: "1000", Others: []string{"2000"}, Acknowledges: http,
		Say: func(group, member, text string, at time.Time) string {
			id, raw := m.said(group, member, text, at)
			authors[id] = member
			m.deliver(raw, http)
			return id
		},
		Join: func(group, member, inviter string, at time.Time) {
			m.deliver(m.joined(group, member, inviter, at), http)
		},
		Leave: func(group, member, remover string, at time.Time) { m.deliver(m.left(group, member, remover, at), http) },
		Recall: func(group, message string, at time.Time) {
			m.deliver(m.recalled(group, message, authors[message], at), http)
		},
		Redeliver: func(group string, count int) {
			m.mu.Lock()
			frames := m.rooms[group].frames
			m.mu.Unlock()
			for _, f := range frames[len(frames)-count:] {
				m.deliver(f.raw, http)
			}
		},
		Unknown: func(group string, raw []byte) {
			if w.version == "12" {
				m.deliver(m.notice12(group, "sim.unheard", "", "ann", time.Now(), map[string]any{"it": json.RawMessage(raw)}), http)
				return
			}
			m.deliver(m.notice(group, "unheard", "", "ann", time.Now(), map[string]any{"it": json.RawMessage(raw)}), http)
		},
		FailNext: func(count int) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.fail = count
		},
		CutMidSend: func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.cut = true
		},
		Messages: m.messages,
		Own: func(group, text string, at time.Time) {
			if w.version == "12" {
				_, raw := m.said(group, m.self, text, at)
				m.deliver(raw, http)
				return
			}
			m.deliver(m.event(at, "message_sent", map[string]any{"message_type": "group", "message_id": m.value(m.number()), "group_id": m.value(group),
				"user_id": m.value(m.self), "message": text}), http)
		},
		Malformed: func() bool { m.deliver([]byte(`{"post_type":`), http); return http },
		Oversized: func() bool {
			long := []byte(`{"post_type":"notice","long":"` + strings.Repeat("x", 17<<20) + `"}`)
			if http {
				m.deliver(long, http)
			} else {
				m.blurt(long)
			}
			return http
		},
		Slow: func(by time.Duration) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.slow = by
		},
		Secrets: []string{m.token, m.secret},
		Lacks: map[string]string{
			"Acknowledges": "nothing is acknowledged over a WebSocket, and nothing is kept for who is away",
			"Outage":       "what is lost shows in the state of the connection, for all groups at once: TestALossIsTold",
			"Disconnect":   "over HTTP there is no connection",
			"Rename":       "v12 has no event for it",
			"Backfill":     "v12 has no action for it",
		},
	}
	if !http {
		p.Disconnect = m.disconnect
	}
	if w.version == "11" {
		p.Rename = func(group, member, name string, at time.Time) {
			m.deliver(m.notice(group, "group_card", "", member, at, map[string]any{"card_new": name, "card_old": member}), http)
		}
	}
	return p
}
