package wecomtest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"qunying/connector/wire/wxcrypt"
)

// Options of a corporation. Zero fields get values that work.
type Options struct {
	CorpID, Secret, Token, AESKey string
	AgentID                       int64
	Now                           func() time.Time
}

// Server is the platform. It is an http.Handler.
type Server struct {
	Options
	crypt *wxcrypt.Crypt
	mux   *http.ServeMux

	mu       sync.Mutex
	tokens   map[string]time.Time // and until when they are good
	fetches  int                  // of tokens
	faults   map[string][]Fault   // by path
	rates    map[string]*rate     // by path
	trusted  bool
	slow     time.Duration
	calls    map[string]int // by path
	chats    map[string]*Chat
	apps     map[string]*AppChat
	contacts map[string]*Contact
	codes    map[string]welcome // by welcome code
	masses   []*Mass
	posted   []Posted
	things   map[string]map[string]map[string]any // templates, codes, rules … by kind and ID
	tags     []*tagGroup
	serial   int
	files    map[string][]byte // that were uploaded, by media ID
	hook     hook
	seats    map[string][]string  // employees, by edition
	consents map[string][]consent // by group
}

// Chat is a customer group.
type Chat struct {
	ID, Name, Owner, Notice string
	Created                 int64
	Members                 []Member
	Version                 string
	Status                  int // 0 as it should be, 1 the owner resigned, 3 handed over
}

// Member is somebody in a customer group.
type Member struct {
	ID, Name, Invitor, State string
	Joined                   int64 // Unix seconds
	Scene                    int
}

// AppChat is a group that the app created.
type AppChat struct {
	ID, Name, Owner string
	Members         []string
}

// Contact is a customer and the employees who know them.
type Contact struct {
	ID, Name string
	By       map[string]string   // employee → state of the contact code
	Tags     map[string][]string // employee → tags
}

type welcome struct {
	at       time.Time
	customer string
	used     bool
}

// Posted is a message that arrived: To an employee, a group of the app or, as a
// welcome or mass message, a customer or customer group.
type Posted struct {
	To, Kind, Text string
	ID             string
	Recalled       bool
}

// Mass is a mass message that an owner has to send.
type Mass struct {
	ID, Sender, Text string
	Chats            []string
	Created          int64
	Status           map[string]int   // by group: 0 open, 1 sent, 2 refused, 3 over quota
	SentAt           map[string]int64 // by group
	Cancelled        bool
	Reminded         []int64
}

// Fault is a misbehaviour of one call. Its effect on what is stored: Code and Status
// happen instead of the call, Cut after it.
type Fault struct {
	Code   int           // errcode of the answer
	Status int           // HTTP status of the answer
	Cut    bool          // the call is made, but its answer never comes
	Delay  time.Duration // before anything
}

type rate struct {
	most   int
	minute int64
	count  int
}

// New founds a corporation.
func New(o Options) (*Server, error) {
	set := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	set(&o.CorpID, "ww0123456789abcdef")
	set(&o.Secret, "simulated-secret-of-the-app")
	set(&o.Token, "simulatedtoken")
	set(&o.AESKey, "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
	if o.AgentID == 0 {
		o.AgentID = 1000002
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	crypt, err := wxcrypt.New(o.Token, o.AESKey, o.CorpID)
	if err != nil {
		return nil, err
	}
	s := &Server{Options: o, crypt: crypt, tokens: map[string]time.Time{}, faults: map[string][]Fault{}, rates: map[string]*rate{},
		trusted: true, calls: map[string]int{}, chats: map[string]*Chat{}, seats: map[string][]string{}, consents: map[string][]consent{}, apps: map[string]*AppChat{}, contacts: map[string]*Contact{},
		codes: map[string]welcome{}, things: map[string]map[string]map[string]any{}, files: map[string][]byte{}}
	s.hook.tries = 3
	s.routes()
	return s, nil
}

// Config is the JSON of an account of connector/wecom for this corporation.
func (s *Server) Config() []byte {
	b, _ := json.Marshal(map[string]any{"corp_id": s.CorpID, "agent_id": s.AgentID, "secret": s.Secret, "token": s.Token, "aes_key": s.AESKey}) // strings and a number always do
	return b
}

// refuse is an errcode that a call answers with.
type refuse struct {
	code int
	text string
}

func (r refuse) Error() string { return fmt.Sprint(r.code, " ", r.text) }

// object is a body or an answer.
type object = map[string]any

// handle registers a call of the interface: f is called with the lock held.
func (s *Server) handle(path string, f func(in object, r *http.Request) (object, error)) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, path, f) })
}

const mostBody = 32 << 20

func (s *Server) serve(w http.ResponseWriter, r *http.Request, path string, f func(in object, r *http.Request) (object, error)) {
	fault := s.fault(path)
	s.mu.Lock()
	fault.Delay += s.slow
	s.mu.Unlock()
	if fault.Delay > 0 {
		t := time.NewTimer(fault.Delay)
		select {
		case <-t.C:
		case <-r.Context().Done():
			t.Stop()
			return
		}
	}
	if fault.Status != 0 {
		w.WriteHeader(fault.Status)
		return
	}
	var in object
	if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, &in)
		}
		if err != nil {
			s.answer(w, nil, refuse{40058, "Warning: wrong json format."})
			return
		}
	}
	s.mu.Lock()
	err := s.admit(path, r, fault)
	var out object
	if err == nil {
		out, err = f(in, r)
	}
	s.mu.Unlock()
	if fault.Cut {
		panic(http.ErrAbortHandler)
	}
	s.answer(w, out, err)
}

// admit checks what comes before the call itself.
func (s *Server) admit(path string, r *http.Request, fault Fault) error {
	s.calls[path]++
	if fault.Code != 0 {
		return refuse{fault.Code, "made to fail, hint: [1700000000_1], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e=" + strconv.Itoa(fault.Code)}
	}
	if path == "/cgi-bin/gettoken" {
		return nil
	}
	token := r.URL.Query().Get("access_token")
	until, ok := s.tokens[token]
	switch {
	case !ok:
		return refuse{40014, "invalid access_token"}
	case !s.Now().Before(until):
		return refuse{42001, "access_token expired"}
	case !s.trusted:
		return refuse{60020, "not allow to access from your ip, hint: [1700000000_1], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e=60020"}
	}
	if l := s.rates[path]; l != nil {
		if minute := s.Now().Unix() / 60; l.minute != minute {
			l.minute, l.count = minute, 0
		}
		if l.count++; l.count > l.most {
			return refuse{45009, "api freq out of limit"}
		}
	}
	return nil
}

func (s *Server) fault(path string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range []string{path, ""} {
		if list := s.faults[p]; len(list) > 0 {
			s.faults[p] = list[1:]
			return list[0]
		}
	}
	return Fault{}
}

func (s *Server) answer(w http.ResponseWriter, out object, err error) {
	if data, ok := out[plainly].([]byte); ok && err == nil {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(data)
		return
	}
	all := object{"errcode": 0, "errmsg": "ok"}
	for k, v := range out {
		all[k] = v
	}
	if err != nil {
		all = object{"errcode": 40058, "errmsg": err.Error()}
		if r := (refuse{}); errors.As(err, &r) {
			all = object{"errcode": r.code, "errmsg": r.text}
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	_ = json.NewEncoder(w).Encode(all) // whoever asked may be gone
}

// ServeHTTP answers as the platform.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Fail lets the next count calls of a path fail, "" any.
func (s *Server) Fail(path string, count int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range count {
		s.faults[path] = append(s.faults[path], f)
	}
}

// Mend takes every misbehaviour back.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
	clear(s.rates)
	s.trusted = true
}

// Slow lets every answer and every call to the app take so much longer from now on.
func (s *Server) Slow(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow = by
}

// Limit allows a path so many calls a minute.
func (s *Server) Limit(path string, perMinute int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rates[path] = &rate{most: perMinute}
}

// Expire makes every token that was given out worthless.
func (s *Server) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.tokens {
		s.tokens[t] = s.Now()
	}
}

// Trust says whether the address that calls is one of the app's trusted ones.
func (s *Server) Trust(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trusted = yes
}

// Calls counts the calls of a path.
func (s *Server) Calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[path]
}

// Tokens counts how often a token was fetched.
func (s *Server) Tokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches
}

// Posted lists the messages that arrived, as those see them who received them.
func (s *Server) Posted() []Posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Posted(nil), s.posted...)
}

func (s *Server) getToken(_ object, r *http.Request) (object, error) {
	q := r.URL.Query()
	switch {
	case q.Get("corpid") != s.CorpID:
		return nil, refuse{40013, "invalid corpid"}
	case q.Get("corpsecret") != s.Secret:
		return nil, refuse{40001, "invalid credential"}
	}
	s.fetches++
	for t, until := range s.tokens {
		if s.Now().Add(time.Minute).Before(until) { // the same one while it is good
			return object{"access_token": t, "expires_in": int(until.Sub(s.Now()).Seconds())}, nil
		}
		delete(s.tokens, t)
	}
	t := rand.Text() + rand.Text()
	s.tokens[t] = s.Now().Add(2 * time.Hour)
	return object{"access_token": t, "expires_in": 7200}, nil
}

// id makes an ID with the platform's beginning: "wr" of groups, "wm" of customers.
func (s *Server) id(prefix string) string {
	s.serial++
	return fmt.Sprintf("%sSIM%024d", prefix, s.serial)
}

func text(in object, name string) string {
	v, _ := in[name].(string)
	return v
}

func number(in object, name string) int64 {
	v, _ := in[name].(float64)
	return int64(v)
}

func texts(in object, name string) (out []string) {
	list, _ := in[name].([]any)
	for _, x := range list {
		if v, ok := x.(string); ok {
			out = append(out, v)
		}
	}
	return out
}

func inner(in object, name string) object {
	v, _ := in[name].(object)
	return v
}
