// Package satoritest is a Satori gateway for tests: a scripted platform behind the
// real wire, which can misbehave, and a source of load.
package satoritest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options of a Server. The zero value is a gateway of today with one login.
type Options struct {
	Token    string
	Platform string   // "" is "test"
	Logins   []string // IDs of its logins, nil is {"514"}
	// Old makes a gateway like @satorijs/server 2.2.2: it reads the old headers,
	// lists no features, answers OK, has no meta.
	Old bool
	// Features of the logins; nil is all that the server knows.
	Features []string
	// Resume keeps events and delivers them again to who names the last one seen.
	Resume bool
	// Echo tells our own messages as others' are told.
	Echo bool
}

// Object is JSON.
type Object = map[string]any

// Call is one call of a method that was answered as done.
type Call struct {
	Method string
	Params Object
}

// Server is a gateway.
type Server struct {
	o    Options
	http *httptest.Server

	mu        sync.Mutex
	conns     map[*conn]bool
	connected chan struct{} // closed and made anew with every client that signs in or asks for a sign of life
	pings     int
	guilds    map[string]*guild
	order     []string
	sn        int64
	said      int64
	kept      [][]byte // frames, for Resume; the first is number sn-len+1
	calls     []Call
	faults    faults
	hook      hook
}

type guild struct {
	id, name string
	members  []string
	channels []*channel
}

type channel struct {
	id, name string
	messages []Object
}

// New starts a gateway on a free port of loopback.
func New(o Options) *Server {
	if o.Platform == "" {
		o.Platform = "test"
	}
	if o.Logins == nil {
		o.Logins = []string{"514"}
	}
	s := &Server{o: o, conns: map[*conn]bool{}, connected: make(chan struct{}), guilds: map[string]*guild{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /satori/v1/events", s.events)
	mux.HandleFunc("POST /satori/v1/{method}", s.method)
	s.http = httptest.NewServer(mux)
	return s
}

// Address is what an account is configured with.
func (s *Server) Address() string { return s.http.URL + "/satori" }

// Close ends the gateway.
func (s *Server) Close() {
	s.cut()
	s.http.Close()
}

// Connections counts the clients that are signed in.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Await waits until that many clients are signed in, or ctx ends.
func (s *Server) Await(ctx context.Context, clients int) error {
	return s.await(ctx, "clients signed in", clients, func() int { return len(s.conns) })
}

// AwaitPings waits until clients have asked so often for a sign of life.
func (s *Server) AwaitPings(ctx context.Context, pings int) error {
	return s.await(ctx, "pings came", pings, func() int { return s.pings })
}

// AwaitCalls waits until so many calls were done.
func (s *Server) AwaitCalls(ctx context.Context, calls int) error {
	return s.await(ctx, "calls done", calls, func() int { return len(s.calls) })
}

func (s *Server) await(ctx context.Context, what string, want int, count func() int) error {
	for {
		s.mu.Lock()
		n, changed := count(), s.connected
		s.mu.Unlock()
		if n >= want {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d %s: %w", n, want, what, ctx.Err())
		}
	}
}

// Calls are those that were done.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// place finds a group, "guild/channel" or a name for both, founding it where new.
func (s *Server) place(group string) (*guild, *channel) {
	g, c, ok := strings.Cut(group, "/")
	if !ok {
		c = g
	}
	x := s.guilds[g]
	if x == nil {
		x = &guild{id: g, name: g, members: slices.Clone(s.o.Logins)}
		s.guilds[g] = x
		s.order = append(s.order, g)
	}
	for _, y := range x.channels {
		if y.id == c {
			return x, y
		}
	}
	y := &channel{id: c, name: c}
	x.channels = append(x.channels, y)
	return x, y
}

// Found makes a group in which nobody has said anything.
func (s *Server) Found(groups ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range groups {
		s.place(g)
	}
}

func millis(at time.Time) int64 {
	if at.IsZero() {
		at = time.Now()
	}
	return at.UnixMilli()
}

func who(id string) Object { return Object{"id": id, "name": id} }

// Say lets somebody, one of our logins as well, write elements in a group.
func (s *Server) Say(group, member, elements string, at time.Time) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.say(group, member, elements, at, s.o.Logins[0])
}

func (s *Server) say(group, member, elements string, at time.Time, login string) (id string) {
	g, c := s.place(group)
	if !slices.Contains(g.members, member) {
		g.members = append(g.members, member)
	}
	s.said++
	id = "m" + strconv.FormatInt(s.said, 10)
	ms := millis(at)
	c.messages = append(c.messages, Object{"id": id, "content": elements, "user": who(member), "created_at": ms})
	s.tell(login, Object{"type": "message-created", "timestamp": ms, "guild": Object{"id": g.id, "name": g.name},
		"channel": Object{"id": c.id, "type": 0, "name": c.name}, "user": who(member), "member": Object{"nick": member},
		"message": Object{"id": id, "content": elements, "created_at": ms}})
	return id
}

// Join lets somebody in, asked by inviter if any.
func (s *Server) Join(group, member, inviter string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, _ := s.place(group)
	g.members = append(g.members, member)
	s.tellOf(g, "guild-member-added", member, inviter, at)
}

// Leave lets somebody go, or be removed.
func (s *Server) Leave(group, member, remover string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, _ := s.place(group)
	g.members = slices.DeleteFunc(g.members, func(m string) bool { return m == member })
	s.tellOf(g, "guild-member-removed", member, remover, at)
}

// tellOf tells of a member, as gateways do without naming a channel.
func (s *Server) tellOf(g *guild, kind, member, operator string, at time.Time) {
	e := Object{"type": kind, "timestamp": millis(at), "guild": Object{"id": g.id, "name": g.name}, "user": who(member), "member": Object{}}
	if operator != "" {
		e["operator"] = who(operator)
	}
	s.tell(s.o.Logins[0], e)
}

// Rename gives a member another name in the guild.
func (s *Server) Rename(group, member, name string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, _ := s.place(group)
	s.tell(s.o.Logins[0], Object{"type": "guild-member-updated", "timestamp": millis(at), "guild": Object{"id": g.id}, "user": who(member), "member": Object{"nick": name}})
}

// Recall takes a member's message back.
func (s *Server) Recall(group, message string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, c := s.place(group)
	author := ""
	c.messages = slices.DeleteFunc(c.messages, func(m Object) bool {
		if m["id"] != message {
			return false
		}
		author = m["user"].(Object)["id"].(string)
		return true
	})
	s.tell(s.o.Logins[0], Object{"type": "message-deleted", "timestamp": millis(at), "guild": Object{"id": g.id}, "channel": Object{"id": c.id, "type": 0},
		"user": who(author), "message": Object{"id": message}})
}

// Push tells an event of the caller's making; sn, platform and login are added.
func (s *Server) Push(event Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(s.o.Logins[0], event)
}

// Unknown tells an event of a type that nobody has heard of.
func (s *Server) Unknown(group string, raw []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, c := s.place(group)
	s.tell(s.o.Logins[0], Object{"type": "novelty", "timestamp": time.Now().UnixMilli(), "_data": json.RawMessage(raw),
		"guild": Object{"id": g.id}, "channel": Object{"id": c.id, "type": 0}})
}

// Redeliver delivers the last messages of a group once more, as new events.
func (s *Server) Redeliver(group string, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, c := s.place(group)
	for _, m := range c.messages[max(0, len(c.messages)-count):] {
		s.tell(s.o.Logins[0], Object{"type": "message-created", "timestamp": m["created_at"], "guild": Object{"id": g.id}, "channel": Object{"id": c.id, "type": 0},
			"user": m["user"], "message": m})
	}
}

// Messages are what our logins wrote in a group through us or otherwise.
func (s *Server) Messages(group string) (elements []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, c := s.place(group)
	elements = []string{}
	for _, m := range c.messages {
		if slices.Contains(s.o.Logins, m["user"].(Object)["id"].(string)) {
			elements = append(elements, m["content"].(string))
		}
	}
	return elements
}
