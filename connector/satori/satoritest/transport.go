package satoritest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Operation codes.
const (
	opEvent    = 0
	opPing     = 1
	opPong     = 2
	opIdentify = 3
	opReady    = 4
)

// conn is a client that is signed in.
type conn struct {
	ws     *websocket.Conn
	login  string // of which it hears; "" is all
	cancel context.CancelFunc

	mu    sync.Mutex
	queue [][]byte
	wake  chan struct{}
}

func (c *conn) push(frame []byte) {
	c.mu.Lock()
	c.queue = append(c.queue, frame)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *conn) pop() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		c.queue = nil
		return nil
	}
	f := c.queue[0]
	c.queue = c.queue[1:]
	return f
}

func frameOf(op int, body any) []byte {
	b, err := json.Marshal(Object{"op": op, "body": body})
	if err != nil {
		panic(err)
	}
	return b
}

func (s *Server) loginObject(id string) Object {
	l := Object{"user": who(id), "self_id": id, "platform": s.o.Platform, "status": 1}
	if s.faults.offline {
		l["status"] = 0
	}
	if !s.o.Old {
		l["features"] = s.features()
	}
	return l
}

func (s *Server) features() []string {
	if s.o.Features != nil {
		return s.o.Features
	}
	out := []string{}
	for name := range methods() {
		if name != "meta" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// events serves the WebSocket.
func (s *Server) events(w http.ResponseWriter, q *http.Request) {
	s.mu.Lock()
	away := s.faults.away
	s.mu.Unlock()
	if away {
		http.Error(w, "away", http.StatusBadGateway)
		return
	}
	ws, err := websocket.Accept(w, q, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ctx, cancel := context.WithCancel(q.Context())
	defer cancel()
	c := &conn{ws: ws, cancel: cancel, wake: make(chan struct{}, 1), login: q.Header.Get("Satori-User-ID")}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	}()
	go s.write(ctx, c)
	for {
		_, b, err := ws.Read(ctx)
		if err != nil {
			return
		}
		var f struct {
			Op   int `json:"op"`
			Body struct {
				Token    string `json:"token"`
				SN       int64  `json:"sn"`
				Sequence int64  `json:"sequence"`
			} `json:"body"`
		}
		if json.Unmarshal(b, &f) != nil {
			ws.Close(4000, "invalid message")
			return
		}
		switch f.Op {
		case opIdentify:
			if f.Body.Token != s.o.Token {
				ws.Close(4004, "invalid token")
				return
			}
			last := f.Body.SN
			if s.o.Old {
				last = f.Body.Sequence
			}
			s.signIn(c, last)
		case opPing:
			c.push(frameOf(opPong, Object{}))
			s.mu.Lock()
			s.pings++
			s.changed()
			s.mu.Unlock()
		}
	}
}

// signIn lets a client in, and tells it again what came after the event last.
func (s *Server) signIn(c *conn, last int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	logins := []Object{}
	for _, id := range s.o.Logins {
		if len(s.o.Logins) < 20 || id == c.login {
			logins = append(logins, s.loginObject(id))
		}
	}
	c.push(frameOf(opReady, Object{"logins": logins}))
	if s.o.Resume && last > 0 {
		for _, f := range s.kept[max(0, int64(len(s.kept))-(s.sn-last)):] {
			c.push(f)
		}
	}
	s.conns[c] = true
	s.changed()
}

// changed wakes who awaits something.
func (s *Server) changed() {
	close(s.connected)
	s.connected = make(chan struct{})
}

func (s *Server) write(ctx context.Context, c *conn) {
	for {
		f := c.pop()
		if f == nil {
			select {
			case <-c.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		if !s.delay(ctx) || c.ws.Write(ctx, websocket.MessageText, f) != nil {
			return
		}
	}
}

// tell sends an event of a login to all who hear of it.
func (s *Server) tell(login string, e Object) {
	s.sn++
	e["sn"], e["id"], e["platform"], e["self_id"] = s.sn, s.sn, s.o.Platform, login
	if !s.o.Old {
		e["login"] = Object{"user": Object{"id": login}, "platform": s.o.Platform}
	}
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	frame := slices.Concat([]byte(`{"op":0,"body":`), b, []byte(`}`))
	if s.o.Resume {
		s.kept = append(s.kept, frame)
	}
	if s.missed(e) {
		return
	}
	for c := range s.conns {
		if c.login == "" || c.login == login {
			c.push(frame)
		}
	}
	s.hook.push(b)
}

// hook calls a client that wants to be called.
type hook struct {
	url, token string
	old        bool
	queue      chan []byte
	done       sync.WaitGroup
}

// Hook posts every event from now on to url, one after the other, until stop is
// called. An event that is refused is not sent again.
func (s *Server) Hook(url, token string) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &s.hook
	h.url, h.token, h.old, h.queue = url, token, s.o.Old, make(chan []byte, 100_000)
	queue := h.queue
	h.done.Go(func() {
		for b := range queue {
			if s.delay(context.Background()) {
				s.Post(b)
			}
		}
	})
	return func() {
		s.mu.Lock()
		if h.queue != nil {
			close(h.queue)
			h.queue = nil
		}
		s.mu.Unlock()
		h.done.Wait()
	}
}

func (h *hook) push(body []byte) {
	if h.queue != nil {
		h.queue <- body
	}
}

// Post calls the hook once and returns the status it answered, 0 if none.
func (s *Server) Post(body []byte) int {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, s.hook.url, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+s.hook.token)
	if !s.hook.old {
		q.Header.Set("Satori-Opcode", "0")
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}
