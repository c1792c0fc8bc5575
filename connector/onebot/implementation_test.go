package onebot_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// implementation simulates a program that holds an account and speaks OneBot. It
// can misbehave on command.
type implementation struct {
	t       *testing.T
	version string
	self    string
	token   string
	secret  string        // of X-Signature
	beat    time.Duration // between heartbeats, 0: none
	asText  bool          // messages are text with CQ codes
	lacks   map[string]bool
	server  *httptest.Server // its WebSocket, and its actions over HTTP
	ctx     context.Context

	application string // that it was to dial

	mu       sync.Mutex
	changed  chan struct{} // closed at every change
	lines    []*line
	rooms    map[string]*simRoom
	names    map[string]string
	lastID   int
	posted   map[string][]string
	requests []simRequest
	fail     int
	cut      bool
	mute     bool // it neither answers nor beats
	slow     time.Duration
	events   [][]byte // to be posted over HTTP, in order
	done     map[string]bool
}

// line is an open WebSocket.
type line struct {
	conn          *websocket.Conn
	events, calls bool
}

type simRoom struct {
	name    string
	role    string // ours
	members []string
	frames  []frame // in order
}

// frame is an event of a group that was sent.
type frame struct {
	at  time.Time
	id  string // of a message
	raw []byte
}

type simRequest struct {
	Action string          `json:"action"`
	Params json.RawMessage `json:"params"`
	Echo   json.RawMessage `json:"echo"`
	Self   json.RawMessage `json:"self"`
}

func newImplementation(t *testing.T, version string) *implementation {
	m := &implementation{t: t, version: version, self: "10001", token: "token-of-tests", secret: "kSLuTF2GC2Q4q4ugm3", ctx: t.Context(),
		changed: make(chan struct{}), rooms: map[string]*simRoom{}, names: map[string]string{}, posted: map[string][]string{},
		lacks: map[string]bool{}, done: map[string]bool{}, lastID: 100}
	m.rooms["1000"] = &simRoom{name: "Tea", role: "admin", members: []string{"10001"}}
	m.rooms["2000"] = &simRoom{name: "Coffee", role: "member", members: []string{"10001"}}
	m.server = httptest.NewServer(m)
	t.Cleanup(m.server.Close)
	return m
}

func (m *implementation) socketAddress() string {
	return "ws" + strings.TrimPrefix(m.server.URL, "http") + "/"
}

// value is an ID as the version writes it.
func (m *implementation) value(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && m.version == "11" {
		return n
	}
	return id
}

func (m *implementation) touch() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// change makes it another one while it runs.
func (m *implementation) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// me is its account.
func (m *implementation) me() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.self
}

// until waits for something to become true.
func (m *implementation) until(what string, holds func() bool) {
	m.t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for {
		m.mu.Lock()
		ok, changed := holds(), m.changed
		m.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			m.t.Fatalf("the implementation waited in vain for %s", what)
		}
	}
}

// ServeHTTP is its WebSocket and, for plain requests, its actions.
func (m *implementation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got := strings.TrimPrefix(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "Token ")
	if q := r.URL.Query().Get("access_token"); got == "" {
		got = q
	}
	switch {
	case m.token == "":
	case got == "":
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	case got != m.token:
		http.Error(w, "wrong token", http.StatusForbidden)
		return
	}
	if r.Header.Get("Upgrade") == "" {
		m.serveAction(w, r)
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	m.hold(&line{conn: c, events: r.URL.Path != "/api", calls: r.URL.Path != "/event"})
}

// dial connects to an application that listens (reverse), and again when that ends.
func (m *implementation) dial(address string, roles ...string) {
	m.change(func() { m.application = address })
	for _, role := range roles {
		go func() {
			for m.ctx.Err() == nil {
				header := http.Header{"X-Self-ID": {m.me()}, "X-Client-Role": {role}, "User-Agent": {"sim"}}
				if m.token != "" {
					header.Set("Authorization", "Bearer "+m.token)
				}
				o := &websocket.DialOptions{HTTPHeader: header}
				if m.version == "12" {
					header.Del("X-Self-ID")
					header.Del("X-Client-Role")
					o.Subprotocols = []string{"12.sim"}
				}
				c, _, err := websocket.Dial(m.ctx, address, o)
				if err == nil && m.version == "12" && c.Subprotocol() != "12.sim" {
					m.t.Errorf("the sub-protocol 12.sim was answered with %q", c.Subprotocol())
				}
				if err == nil {
					m.hold(&line{conn: c, events: role != "API", calls: role != "Event"})
				}
				select {
				case <-m.ctx.Done():
				case <-time.After(20 * time.Millisecond): // its reconnect_interval
				}
			}
		}()
	}
}

// hold serves a line until it ends.
func (m *implementation) hold(l *line) {
	defer l.conn.CloseNow()
	l.conn.SetReadLimit(16 << 20)
	if l.events {
		m.write(l, m.metaConnect())
		if m.version == "12" {
			m.write(l, m.statusUpdate(true))
		}
	}
	m.mu.Lock()
	m.lines = append(m.lines, l)
	m.touch()
	m.mu.Unlock()
	ctx, cancel := context.WithCancel(m.ctx)
	defer cancel()
	if m.beat > 0 && l.events {
		go m.beats(ctx, l)
	}
	for {
		_, raw, err := l.conn.Read(ctx)
		if err != nil {
			break
		}
		var q simRequest
		if err := json.Unmarshal(raw, &q); err != nil || !l.calls {
			m.t.Errorf("the application wrote %s on a line with actions %v", raw, l.calls)
			continue
		}
		go m.answerOn(l, q)
	}
	m.mu.Lock()
	m.lines = slices.DeleteFunc(m.lines, func(x *line) bool { return x == l })
	m.touch()
	m.mu.Unlock()
}

func (m *implementation) beats(ctx context.Context, l *line) {
	t := time.NewTicker(m.beat)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		m.mu.Lock()
		mute := m.mute
		m.mu.Unlock()
		if !mute {
			m.write(l, m.heartbeat(true, true))
		}
	}
}

func (m *implementation) answerOn(l *line, q simRequest) {
	data, code, said := m.act(q)
	m.mu.Lock()
	cut := m.cut && (q.Action == "send_group_msg" || q.Action == "send_message")
	if cut {
		m.cut = false
	}
	mute := m.mute
	m.mu.Unlock()
	if mute {
		return
	}
	if cut {
		l.conn.CloseNow()
		return
	}
	m.dawdle()
	m.write(l, m.reply(q, data, code, said))
}

// dawdle takes as long as it was told to.
func (m *implementation) dawdle() {
	m.mu.Lock()
	slow := m.slow
	m.mu.Unlock()
	if slow > 0 {
		<-time.After(slow)
	}
}

func (m *implementation) reply(q simRequest, data any, code int, said string) map[string]any {
	out := map[string]any{"status": "ok", "retcode": code, "data": data}
	if code != 0 {
		out["status"], out["data"] = "failed", nil
		out["message"] = said
	} else if m.version == "12" {
		out["message"] = ""
	}
	if len(q.Echo) > 0 {
		out["echo"] = q.Echo
	}
	return out
}

func (m *implementation) write(l *line, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		m.t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(m.ctx, 30*time.Second)
	defer cancel()
	_ = l.conn.Write(ctx, websocket.MessageText, b) // who is gone is gone
}

// serveAction is an action over HTTP.
func (m *implementation) serveAction(w http.ResponseWriter, r *http.Request) {
	if ct := r.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/json") {
		http.Error(w, ct, http.StatusNotAcceptable)
		return
	}
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	q := simRequest{Action: strings.Trim(r.URL.Path, "/"), Params: body.Bytes()}
	if m.version == "12" {
		q = simRequest{}
		if json.Unmarshal(body.Bytes(), &q) != nil {
			http.Error(w, "body", http.StatusBadRequest)
			return
		}
	}
	data, code, said := m.act(q)
	m.mu.Lock()
	cut := m.cut && strings.HasPrefix(q.Action, "send_")
	if cut {
		m.cut = false
	}
	m.mu.Unlock()
	if cut {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
		return
	}
	m.dawdle()
	if code >= 1400 && code < 1600 {
		http.Error(w, said, code-1000)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(m.reply(q, data, code, said))
}

// postTo posts its events to an application, one after the other, each until it
// is taken.
func (m *implementation) postTo(address string) {
	go func() {
		for {
			m.mu.Lock()
			changed := m.changed
			var next []byte
			if len(m.events) > 0 {
				next = m.events[0]
			}
			m.mu.Unlock()
			if next == nil {
				select {
				case <-m.ctx.Done():
					return
				case <-changed:
				}
				continue
			}
			m.dawdle()
			if status := m.postEvent(address, next); status == http.StatusNoContent || status >= 400 && status < 500 { // taken, or never to be
				m.mu.Lock()
				m.events = m.events[1:]
				m.mu.Unlock()
				continue
			}
			select {
			case <-m.ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
}

// postEvent returns the status of the answer, 0 where there is none.
func (m *implementation) postEvent(address string, event []byte) (status int) {
	r, err := http.NewRequestWithContext(m.ctx, http.MethodPost, address, bytes.NewReader(event))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json")
	if m.version == "12" {
		r.Header.Set("X-OneBot-Version", "12")
		r.Header.Set("X-Impl", "sim")
		r.Header.Set("Authorization", "Bearer "+m.token)
	} else {
		h := hmac.New(sha1.New, []byte(m.secret))
		h.Write(event)
		r.Header.Set("X-Self-ID", m.me())
		r.Header.Set("X-Signature", "sha1="+hex.EncodeToString(h.Sum(nil)))
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// deliver sends an event to every line that is there for events, waiting for one.
func (m *implementation) deliver(raw []byte, overHTTP bool) {
	m.t.Helper()
	if overHTTP {
		m.mu.Lock()
		m.events = append(m.events, raw)
		m.touch()
		m.mu.Unlock()
		return
	}
	m.dawdle()
	for sent := false; !sent; {
		m.until("a line for events", func() bool { return slices.ContainsFunc(m.lines, func(l *line) bool { return l.events }) })
		m.mu.Lock()
		lines := slices.Clone(m.lines)
		m.mu.Unlock()
		for _, l := range lines {
			if !l.events {
				continue
			}
			ctx, cancel := context.WithTimeout(m.ctx, 30*time.Second)
			if l.conn.Ping(ctx) == nil && l.conn.Write(ctx, websocket.MessageText, raw) == nil {
				sent = true
			}
			cancel()
		}
		if !sent && m.t.Context().Err() != nil {
			return
		}
	}
}

// blurt sends something once to who is there, whether it arrives or not.
func (m *implementation) blurt(raw []byte) {
	m.mu.Lock()
	lines := slices.Clone(m.lines)
	m.mu.Unlock()
	for _, l := range lines {
		if l.events {
			m.write(l, json.RawMessage(raw))
		}
	}
}

// disconnect breaks all lines and waits until there are as many new ones.
func (m *implementation) disconnect() {
	m.mu.Lock()
	old := slices.Clone(m.lines)
	m.mu.Unlock()
	for _, l := range old {
		l.conn.CloseNow()
	}
	m.until("new lines", func() bool {
		return len(m.lines) >= len(old) && !slices.ContainsFunc(old, func(l *line) bool { return slices.Contains(m.lines, l) })
	})
}

func (m *implementation) took(action string) []simRequest {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.requests), func(q simRequest) bool { return q.Action != action })
}

func (m *implementation) messages(group string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.posted[group])
}

func (m *implementation) with(extra map[string]any, base map[string]any) []byte {
	maps.Copy(base, extra)
	b, err := json.Marshal(base)
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

func (m *implementation) number() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastID++
	return fmt.Sprint(m.lastID)
}
