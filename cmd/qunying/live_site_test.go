package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector/wire/signed"
	"qunying/internal/api"
	"qunying/internal/engine"
)

// liveSite is a server that can be stopped and started again on its data, what it
// logged and answered, and the secrets that must not be in either.
type liveSite struct {
	*site
	data    string
	args    []string
	log     *text
	answers *heard
	secrets []string
	stop    func()
}

// heard keeps the bodies of all answers.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) RoundTrip(q *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	h.mu.Lock()
	h.b.Write(body)
	h.mu.Unlock()
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, err
}

const livePassword = "correct horse battery"

func newLiveSite(t *testing.T, args ...string) *liveSite {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &liveSite{data: t.TempDir(), args: args, log: &text{}, answers: &heard{}, secrets: []string{livePassword}}
	l.site = &site{t: t, client: &http.Client{Jar: jar, Timeout: patience, Transport: l.answers}}
	l.start()
	t.Cleanup(func() { l.stop() })
	return l
}

// on is the same site for a part of the test.
func (l *liveSite) on(t *testing.T) *liveSite {
	part := *l
	s := *l.site
	s.t = t
	part.site = &s
	return &part
}

// start starts the server on its data and signs in.
func (l *liveSite) start() {
	l.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(l.t.Context()))
	stdout, w := io.Pipe()
	code := make(chan int, 1)
	args := append([]string{"serve", "--data", l.data, "--listen", "127.0.0.1:0", "--json", "--log-level", "debug"}, l.args...)
	go func() {
		code <- run(ctx, args, w, l.log)
		w.Close()
	}()
	l.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case n := <-code:
			if n != 0 {
				l.t.Errorf("the server ended with %d", n)
			}
		case <-time.After(patience):
			l.t.Error("the server did not stop")
		}
		for line := range strings.Lines(l.log.String()) {
			if strings.Contains(line, `"level":"ERROR"`) || l.t.Failed() && strings.Contains(line, `"level":"WARN"`) {
				l.t.Error("in the log: ", line)
			}
		}
	})
	var hello struct {
		Address string `json:"address"`
		Link    string `json:"setup_link"`
	}
	if err := json.NewDecoder(stdout).Decode(&hello); err != nil {
		l.t.Fatalf("the server said nothing: %v\n%s", err, l.log)
	}
	l.base = hello.Address + "/api/v1"
	in := map[string]string{"name": "群主", "password": livePassword}
	path := "/session"
	if _, token, first := strings.Cut(hello.Link, "token="); first {
		path, in["token"] = "/setup", token
	}
	l.must(http.MethodPost, path, in, nil)
	l.base += "/communities/default"
}

// address of the server itself.
func (l *liveSite) address() string { return strings.TrimSuffix(l.base, "/api/v1/communities/default") }

// connect adds a connection and keeps its secrets in mind.
func (l *liveSite) connect(name, driver string, config map[string]any, secret ...string) {
	l.t.Helper()
	for _, field := range secret {
		l.secrets = append(l.secrets, config[field].(string))
	}
	var a api.ConnectionSavedAnswer
	l.must(http.MethodPut, "/connections/"+name, api.ConnectionInput{Driver: driver, Title: name, Config: config}, &a)
	for _, field := range secret {
		if a.Connection.Config[field] != true {
			l.t.Errorf("%s of %s is shown as %v", field, name, a.Connection.Config[field])
		}
	}
}

// online waits until a connection is.
func (l *liveSite) online(name string) {
	l.t.Helper()
	l.until(name+" online", func() bool { return l.health(name).Health.State == "online" })
}

func (l *liveSite) health(name string) (a api.ConnectionHealthAnswer) {
	l.t.Helper()
	l.must(http.MethodGet, "/connections/"+name+"/health", nil, &a)
	return a
}

// adopt waits until a group is offered, adopts it and returns its number.
func (l *liveSite) adopt(name, group string) (id community.GroupID) {
	l.t.Helper()
	l.until(group+" to be offered", func() bool {
		var a api.OffersAnswer
		l.must(http.MethodGet, "/connections/"+name+"/offers", nil, &a)
		return slices.ContainsFunc(a.Offers, func(o api.OfferView) bool { return o.Group == group })
	})
	var a api.AdoptedAnswer
	l.must(http.MethodPost, "/connections/"+name+"/adopt", api.AdoptInput{Groups: []string{group}}, &a)
	if a.Adopted != 1 {
		l.t.Fatalf("adopted %d groups", a.Adopted)
	}
	l.until(group+" among the groups", func() bool {
		var list api.MatrixAnswer
		l.must(http.MethodGet, "/capabilities", nil, &list)
		for _, row := range list.Groups {
			if row.Connection == name {
				id = row.Group
			}
		}
		return id != 0
	})
	return id
}

func (l *liveSite) stream(group community.GroupID) (a api.StreamAnswer) {
	l.t.Helper()
	l.must(http.MethodGet, fmt.Sprint("/groups/", group, "/stream?limit=200"), nil, &a)
	return a
}

// comes waits until something is on the group's timeline.
func (l *liveSite) comes(what string, group community.GroupID, fits func(api.Message) bool) (m api.Message) {
	l.t.Helper()
	l.until(what, func() bool {
		list := l.stream(group).Messages
		i := slices.IndexFunc(list, fits)
		if i >= 0 {
			m = list[i]
		}
		return i >= 0
	})
	return m
}

func saying(text string) func(api.Message) bool {
	return func(m api.Message) bool { return m.Kind == string(community.MessagePosted) && m.Text == text }
}

func joined(name string) func(api.Message) bool {
	return func(m api.Message) bool { return m.Kind == string(community.MemberJoined) && m.Name == name }
}

// identity is under which a person is known to the platform.
func (l *liveSite) identity(p community.PersonID) community.IdentityID {
	l.t.Helper()
	var a api.PersonAnswer
	l.must(http.MethodGet, fmt.Sprint("/people/", p), nil, &a)
	if len(a.Person.Identities) != 1 {
		l.t.Fatalf("person %d is %+v", p, a.Person)
	}
	return a.Person.Identities[0].ID
}

// act asks for an action, twice as a browser may, and returns what it is one of.
func (l *liveSite) act(group community.GroupID, key string, in api.ActionInput) api.OutboxEntry {
	l.t.Helper()
	var first, again api.OutboxEntryAnswer
	for _, a := range []*api.OutboxEntryAnswer{&first, &again} {
		l.must(http.MethodPost, fmt.Sprint("/groups/", group, "/actions"), in, a, "Idempotency-Key", key)
	}
	if first.Entry.Key == "" || first.Entry.Key != again.Entry.Key {
		l.t.Errorf("one key, two actions: %+v, %+v", first.Entry, again.Entry)
	}
	return first.Entry
}

// becomes waits until an action is in a state.
func (l *liveSite) becomes(key, state string) (e api.OutboxEntry) {
	l.t.Helper()
	l.until("action "+state, func() bool {
		var a api.OutboxEntryAnswer
		l.must(http.MethodGet, "/outbox/"+key, nil, &a)
		e = a.Entry
		if e.State != state && (e.State == "failed" || e.State == "unknown") {
			l.t.Fatalf("the action is %+v", e)
		}
		return e.State == state
	})
	return e
}

// task of an action, in a state.
func (l *liveSite) task(id int64, state string) (t api.TaskView, found bool) {
	l.t.Helper()
	var a api.TasksAnswer
	l.must(http.MethodGet, "/tasks?state="+state, nil, &a)
	i := slices.IndexFunc(a.Tasks, func(t api.TaskView) bool { return t.ID == id })
	if i < 0 {
		return t, false
	}
	return a.Tasks[i], true
}

// keepsSecrets looks for secrets where they must not be.
func (l *liveSite) keepsSecrets() {
	l.t.Helper()
	places := map[string]string{"the log": l.log.String()}
	l.answers.mu.Lock()
	places["the answers"] = l.answers.b.String()
	l.answers.mu.Unlock()
	files := 0
	err := filepath.WalkDir(l.data, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		places["the file "+d.Name()] = string(b)
		files++
		return err
	})
	if err != nil || files < 2 || len(places["the answers"]) == 0 {
		l.t.Fatalf("%d files, %d bytes of answers: %v", files, len(places["the answers"]), err)
	}
	for place, b := range places {
		for i, secret := range l.secrets {
			if len(secret) < 8 {
				l.t.Fatalf("secret %d is too short to be looked for", i)
			}
			if strings.Contains(b, secret) {
				l.t.Errorf("secret %d (%s…) is in %s", i, secret[:4], place)
			}
		}
	}
}

// receiver takes what a webhook sends, and refuses the first call.
type receiver struct {
	*httptest.Server
	secret string

	mu      sync.Mutex
	refused bool
	wrong   []string
	upTo    community.Seq
	events  []engine.PostedEvent
}

func newReceiver(t *testing.T, secret string) *receiver {
	t.Helper()
	r := &receiver{secret: secret}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.refused {
		r.refused = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var p engine.Posted
	if err == nil {
		err = signed.Verify(q.Header, body, time.Now(), r.secret)
	}
	if err == nil {
		err = json.Unmarshal(body, &p)
	}
	switch {
	case err != nil:
		r.wrong = append(r.wrong, err.Error())
	case r.upTo != 0 && p.After > r.upTo:
		r.wrong = append(r.wrong, fmt.Sprintf("after %d came what follows %d", r.upTo, p.After))
	}
	for _, e := range p.Events {
		last := community.Seq(0)
		if n := len(r.events); n > 0 {
			last = r.events[n-1].Seq
		}
		if e.Seq <= last {
			continue // sent again
		}
		if last != 0 && e.Seq != last+1 {
			r.wrong = append(r.wrong, fmt.Sprintf("event %d came after %d", e.Seq, last))
		}
		r.events = append(r.events, e)
	}
	r.upTo = max(r.upTo, p.UpTo)
}

// got says whether an event came.
func (r *receiver) got(fits func(engine.PostedEvent) bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.events, fits)
}
