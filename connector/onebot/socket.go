package onebot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"qunying/community"
	"qunying/connector"
)

const (
	mostFrame    = 16 << 20 // a list of members, or a message with its picture inside
	pingEvery    = 30 * time.Second
	pingPatience = 10 * time.Second
	beats        = 3 // heartbeats that may stay out
)

// socket is a WebSocket to an implementation.
type socket struct {
	conn  *websocket.Conn
	ended chan struct{}

	mu      sync.Mutex
	last    uint64
	waiting map[string]chan answer
	over    bool
}

// answer to an action. v11's family says why it failed in three places.
type answer struct {
	Status  scalar          `json:"status"`
	Retcode scalar          `json:"retcode"`
	Data    json.RawMessage `json:"data"`
	Message scalar          `json:"message"`
	Msg     scalar          `json:"msg"`
	Wording scalar          `json:"wording"`
	Echo    scalar          `json:"echo"`
}

func (a answer) said() string {
	for _, s := range []scalar{a.Wording, a.Message, a.Msg} {
		if s != "" {
			return string(s)
		}
	}
	return "code " + string(a.Retcode)
}

// result is the answer's data, or the error that it stands for.
func (a answer) result(d dialect) (json.RawMessage, error) {
	if a.Status == "ok" || a.Status == "async" || a.Status == "" && a.Retcode == "0" {
		return a.Data, nil
	}
	return nil, d.failure(a.Retcode.number(), a.said())
}

func newSocket(conn *websocket.Conn) *socket {
	conn.SetReadLimit(mostFrame)
	return &socket{conn: conn, ended: make(chan struct{}), waiting: map[string]chan answer{}}
}

// errGone is why a connection ended that nobody closed politely.
var errGone = errors.New("the connection broke")

// serve reads until the connection ends and hands events to hear, which says how
// far heartbeats are apart. After beats of them have stayed out it is dead.
func (s *socket) serve(ctx context.Context, hear func(raw []byte, h head) (time.Duration, bool)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.end()
	go s.ping(ctx)
	var limit time.Duration
	for {
		raw, err := s.read(ctx, limit)
		if err != nil {
			return err
		}
		h, _ := readHead(raw) // what is no JSON is kept as an event that nobody knows
		if h.answer() {
			s.answered(raw)
			continue
		}
		interval, ok := hear(raw, h)
		if !ok {
			return ctx.Err()
		}
		if interval > 0 {
			limit = beats * min(max(interval, 50*time.Millisecond), 10*time.Minute)
		}
	}
}

func (s *socket) read(ctx context.Context, limit time.Duration) ([]byte, error) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	_, raw, err := s.conn.Read(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, community.Errorf(community.Unavailable, "nothing was heard for %v", limit)
	}
	if err != nil {
		return nil, closed(err)
	}
	return raw, nil
}

// closed says why a connection ended, without what the other side wrote.
func closed(err error) error {
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return community.Errorf(community.Unavailable, "the implementation sent more than %d MiB at once", mostFrame>>20)
	}
	if c := websocket.CloseStatus(err); c >= 0 {
		return community.Errorf(community.Unavailable, "the implementation closed the connection with %d", c)
	}
	return &community.Error{Code: community.Unavailable, Text: "the connection to the implementation broke", Err: errGone}
}

// ping finds connections that are open on our side only.
func (s *socket) ping(ctx context.Context) {
	t := time.NewTicker(pingEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		p, cancel := context.WithTimeout(ctx, pingPatience)
		err := s.conn.Ping(p)
		cancel()
		if err != nil {
			s.conn.CloseNow()
			return
		}
	}
}

func (s *socket) end() {
	s.conn.CloseNow()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.over = true
		close(s.ended)
	}
}

func (s *socket) answered(raw []byte) {
	var a answer
	if json.Unmarshal(raw, &a) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.waiting[string(a.Echo)]; ok {
		delete(s.waiting, string(a.Echo))
		w <- a
	}
}

// request is an action on its way.
type request struct {
	Action string         `json:"action"`
	Params map[string]any `json:"params"`
	Echo   string         `json:"echo,omitempty"`
	Self   *self12out     `json:"self,omitempty"`
}

type self12out struct {
	Platform string `json:"platform,omitempty"`
	UserID   string `json:"user_id"`
}

// call sends an action and waits for its answer, as long as ctx allows.
func (s *socket) call(ctx context.Context, q request) (answer, error) {
	w := make(chan answer, 1)
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return answer{}, errNotConnected()
	}
	s.last++
	q.Echo = "q" + strconv.FormatUint(s.last, 10)
	s.waiting[q.Echo] = w
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, q.Echo)
	}()
	b, err := json.Marshal(q)
	if err != nil {
		return answer{}, err
	}
	if err := s.conn.Write(ctx, websocket.MessageText, b); err != nil {
		return answer{}, uncertain("the connection broke while the action was sent")
	}
	select {
	case a := <-w:
		return a, nil
	case <-s.ended:
		return answer{}, uncertain("the connection broke before the answer came")
	case <-ctx.Done():
		return answer{}, uncertain("no answer came in time")
	}
}

func uncertain(text string) error {
	return &connector.Uncertain{Err: community.Errorf(community.Unavailable, "%s", text)}
}

func errNotConnected() error {
	return connector.Because(connector.NotLinked, community.Errorf(community.Unavailable, "the implementation is not connected").WithHint("look at the account's state"))
}

// attach makes a socket the way for events, actions, or both, and tells health.
// What was there before ends: it may have been dead for a while, so events may
// have been lost. It is false when the run is over.
func (a *account) attach(r *run, s *socket, events, calls bool) bool {
	a.linking.Lock()
	defer a.linking.Unlock()
	deaf := false
	a.mu.Lock()
	over := a.run != r
	for role, wanted := range map[string]bool{"events": events, "calls": calls} {
		if over || !wanted {
			continue
		}
		if before := a.links[role]; before != nil {
			deaf = deaf || role == "events"
			go before.end()
		}
		a.links[role] = s
	}
	a.mu.Unlock()
	if deaf {
		a.health.link(false, false, community.Errorf(community.Unavailable, "the implementation connected anew"))
	}
	if !over {
		a.linked(nil)
	}
	return !over
}

// detach takes a socket away again.
func (a *account) detach(s *socket, why error) {
	a.linking.Lock()
	defer a.linking.Unlock()
	a.mu.Lock()
	mine := false
	for role, x := range a.links {
		if x == s {
			delete(a.links, role)
			mine = true
		}
	}
	a.mu.Unlock()
	if mine {
		a.linked(why)
	}
}

// linked tells health which ways are open. Who changes them holds linking.
func (a *account) linked(why error) {
	a.mu.Lock()
	events, calls := a.links["events"] != nil, a.links["calls"] != nil
	a.mu.Unlock()
	a.health.link(events, calls, why)
}

// use serves a socket until it ends.
func (a *account) use(r *run, s *socket, events, calls bool) error {
	if !a.attach(r, s, events, calls) {
		s.end()
		return nil
	}
	if calls {
		r.wants(lookup{greet: true})
	}
	err := s.serve(r.ctx, func(raw []byte, h head) (time.Duration, bool) {
		if !events {
			return 0, true // of a way for actions only
		}
		return a.hear(raw, h, nil)
	})
	a.detach(s, err)
	return err
}

// dialOn keeps a connection to the implementation's WebSocket.
func (a *account) dialOn(r *run) {
	retry := a.driver.Retry
	for r.ctx.Err() == nil {
		conn, err := a.dial(r.ctx)
		if err != nil {
			a.health.link(false, false, err)
		} else {
			began := a.now()
			if err = a.use(r, newSocket(conn), true, true); a.now().Sub(began) > time.Minute {
				retry.Reset()
			}
		}
		if retry.Wait(r.ctx, err) != nil {
			return
		}
	}
}

func (a *account) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	client := *a.client
	client.Timeout = 0 // it would end the connection
	header := http.Header{"User-Agent": {"Qunying"}}
	if a.set.Token != "" {
		header.Set("Authorization", "Bearer "+a.set.Token)
	}
	conn, res, err := websocket.Dial(ctx, a.set.Address, &websocket.DialOptions{HTTPClient: &client, HTTPHeader: header})
	if err == nil {
		return conn, nil
	}
	if res != nil && res.StatusCode != http.StatusSwitchingProtocols {
		switch err := ofStatus(res.StatusCode, ""); {
		case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
			return nil, err
		default:
			return nil, community.Errorf(community.Unavailable, "the address answers %d and no WebSocket", res.StatusCode).WithHint("look at the port and the path: most implementations listen at /")
		}
	}
	return nil, connector.Because(connector.Unreachable, &community.Error{Code: community.Unavailable, Text: "the implementation cannot be reached", Hint: "look whether it runs and listens there", Err: plain(err)})
}

// plain is the innermost of an error: what wraps it names the whole address.
func plain(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Errorf("%w", err)
		}
		err = inner
	}
}
