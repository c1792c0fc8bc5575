package mp

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/wxcrypt"
)

const (
	testApp    = "wx5823bf96d3bd56c7"
	testSecret = "s3cret-of-the-app"
	testToken  = "rigtoken"
	testKey    = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

// stage is a platform: it calls the account at hook and answers at api.
type stage struct {
	t     *testing.T
	api   *httptest.Server
	hook  *httptest.Server
	crypt *wxcrypt.Crypt
	plain bool // as in the mode "plain"

	mu      sync.Mutex
	handler http.Handler // of the account that was opened last
	calls   []string     // bodies of what was pushed
	tokens  int
	forced  int
	bad     map[string]bool // tokens that are refused
	sent    []map[string]any
	asked   []string // paths
	answers map[string]string
	fail    int // how many customer messages fail from now on
	cut     bool
	slow    time.Duration
	ids     int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	crypt, err := wxcrypt.New(testToken, testKey, testApp)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, crypt: crypt, bad: map[string]bool{}, answers: map[string]string{}}
	s.api = httptest.NewServer(http.HandlerFunc(s.answer))
	s.hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		h := s.handler
		s.mu.Unlock()
		if h == nil {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.api.Close)
	t.Cleanup(s.hook.Close)
	return s
}

func (s *stage) config() Config {
	c := Config{AppID: testApp, Secret: testSecret, Token: testToken, AESKey: testKey}
	if s.plain {
		c.Mode, c.AESKey = "plain", ""
	}
	return c
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// stageDriver opens accounts that the stage calls.
type stageDriver struct {
	Driver
	stage *stage
}

func (s *stage) driver() stageDriver {
	return stageDriver{Driver{Guard: wire.Guard{Private: true}, Base: s.api.URL, First: 10 * time.Millisecond}, s}
}

func (d stageDriver) Open(name string, config []byte) (connector.Connector, error) {
	c, err := d.Driver.Open(name, config)
	if err != nil {
		return nil, err
	}
	d.stage.mu.Lock()
	defer d.stage.mu.Unlock()
	d.stage.handler = c.(*account)
	return direct{c.(*account)}, nil
}

// direct writes to ann where the suite writes to its group, which is nobody's.
type direct struct{ *account }

func (d direct) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	if !a.Direct && a.Group == "" {
		a.Direct, a.Member = true, "ann"
	}
	return d.account.Send(ctx, a)
}

// opened is an account that nobody runs yet.
func (s *stage) opened() *account {
	s.t.Helper()
	c, err := s.driver().Open("mp", marshal(s.config()))
	if err != nil {
		s.t.Fatal(err)
	}
	return c.(direct).account
}

// started is an account that runs, and what it emits.
func (s *stage) started() (*account, <-chan connector.Observation) {
	s.t.Helper()
	a, seen := s.opened(), make(chan connector.Observation, 1000)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- a.Run(ctx, func(_ context.Context, o ...connector.Observation) error {
			for _, x := range o {
				seen <- x
			}
			return nil
		})
	}()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	})
	next(s.t, seen, "first state", func(o connector.Observation) bool { return o.Kind == community.ConnectionChanged })
	return a, seen
}

func next(t *testing.T, seen <-chan connector.Observation, what string, fits func(connector.Observation) bool) connector.Observation {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		select {
		case o := <-seen:
			if fits(o) {
				return o
			}
		case <-limit:
			t.Fatalf("no %s", what)
		}
	}
}

func of(k community.Kind) func(connector.Observation) bool {
	return func(o connector.Observation) bool { return o.Kind == k }
}

// element is XML of a call: a name and its text.
func element(name, value string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(value))
	return "<" + name + ">" + b.String() + "</" + name + ">"
}

// event is the XML of a call; pairs are names and values.
func event(from string, at time.Time, pairs ...string) string {
	b := element("ToUserName", "gh_1") + element("FromUserName", from) + fmt.Sprintf("<CreateTime>%d</CreateTime>", at.Unix())
	for i := 0; i < len(pairs); i += 2 {
		b += element(pairs[i], pairs[i+1])
	}
	return "<xml>" + b + "</xml>"
}

// push makes a call once.
func (s *stage) push(body string) (status int, answer string) {
	s.t.Helper()
	var query url.Values
	if s.plain {
		query = url.Values{"timestamp": {"1700000000"}, "nonce": {"n1"}}
	} else {
		q, encrypted := s.crypt.Call([]byte(body), time.Now())
		query, body = q, "<xml><ToUserName>gh_1</ToUserName><Encrypt>"+encrypted+"</Encrypt></xml>"
		query.Set("encrypt_type", "aes")
	}
	query.Set("signature", wxcrypt.SignPlain(testToken, query.Get("timestamp"), query.Get("nonce")))
	return s.call(http.MethodPost, query, body)
}

func (s *stage) call(method string, query url.Values, body string) (status int, answer string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.hook.URL+"/?"+query.Encode(), strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return 0, ""
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Error(err)
	}
	return res.StatusCode, string(b)
}

// deliver makes a call until it is taken, more patiently than the platform.
func (s *stage) deliver(body string) {
	s.t.Helper()
	s.mu.Lock()
	wait := s.slow
	s.mu.Unlock()
	<-time.After(wait)
	for limit := time.Now().Add(20 * time.Second); ; {
		status, answer := s.push(body)
		if status == http.StatusOK && answer == "success" {
			return
		}
		if time.Now().After(limit) {
			s.t.Errorf("a call was answered with %d %s", status, answer)
			return
		}
		<-time.After(5 * time.Millisecond)
	}
}

// say lets somebody write to the account.
func (s *stage) say(_, member, text string, at time.Time) string {
	s.mu.Lock()
	s.ids++
	id := fmt.Sprint(4561255354251345929 + s.ids)
	body := event(member, at, "MsgType", "text", "Content", text, "MsgId", id)
	s.calls = append(s.calls, body)
	s.mu.Unlock()
	s.deliver(body)
	return id
}

func (s *stage) redeliver(_ string, count int) {
	s.mu.Lock()
	again := s.calls[len(s.calls)-count:]
	s.mu.Unlock()
	for _, body := range again {
		s.deliver(body)
	}
}

// answer is the platform's interface.
func (s *stage) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	<-time.After(s.slow)
	path := strings.TrimPrefix(r.URL.Path, "/cgi-bin/")
	s.asked = append(s.asked, path)
	var body map[string]any
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			s.t.Errorf("%s: %v", path, err)
		}
	}
	if path == "stable_token" {
		s.giveToken(w, body)
		return
	}
	if token := r.URL.Query().Get("access_token"); !strings.HasPrefix(r.URL.Path, "/sns/") && (token != s.token() || s.bad[token]) {
		fmt.Fprint(w, `{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest"}`)
		return
	}
	if path == "message/custom/send" {
		s.take(w, body)
		return
	}
	if body != nil {
		s.sent = append(s.sent, body)
	}
	if a, ok := s.answers[path]; ok {
		fmt.Fprint(w, a)
		return
	}
	fmt.Fprint(w, `{"errcode":48001,"errmsg":"api unauthorized"}`)
}

func (s *stage) token() string { return fmt.Sprint("token-", s.tokens) }

func (s *stage) giveToken(w http.ResponseWriter, body map[string]any) {
	if a, ok := s.answers["stable_token"]; ok {
		fmt.Fprint(w, a)
		return
	}
	if body["secret"] != testSecret {
		fmt.Fprint(w, `{"errcode":40125,"errmsg":"invalid appsecret"}`)
		return
	}
	if body["force_refresh"] == true {
		s.forced++
		s.tokens++
	}
	fmt.Fprintf(w, `{"access_token":%q,"expires_in":7200}`, s.token())
}

// take takes a customer message.
func (s *stage) take(w http.ResponseWriter, body map[string]any) {
	if s.fail > 0 {
		s.fail--
		fmt.Fprint(w, `{"errcode":-1,"errmsg":"system error"}`)
		return
	}
	if a, ok := s.answers["message/custom/send"]; ok {
		fmt.Fprint(w, a)
		return
	}
	s.sent = append(s.sent, body)
	if s.cut {
		s.cut = false
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
		return
	}
	fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
}

func (s *stage) set(path, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = answer
}

// texts are what people saw of us.
func (s *stage) texts(string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.sent {
		if text, ok := m["text"].(map[string]any); ok {
			out = append(out, text["content"].(string))
		}
	}
	return out
}
