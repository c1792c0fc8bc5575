package onebot_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/onebot"
)

var (
	forward11 = way{version: "11", mode: "forward"}
	reverse11 = way{version: "11", mode: "reverse", roles: []string{"Universal"}}
	http11    = way{version: "11", mode: "http"}
	forward12 = way{version: "12", mode: "forward"}
)

func TestOpenSaysWhichSettingIsWrong(t *testing.T) {
	for config, part := range map[string]string{
		`{"version":"13"}`:                          "version",
		`{"mode":"pigeon"}`:                         "mode",
		`{"mode":"forward"}`:                        "address",
		`{"mode":"forward","address":"http://x:1"}`: "address",
		`{"mode":"forward","address":"ws://x:1/?access_token=hush"}`: "address",
		`{"mode":"forward","address":"ws://u:hush@x:1/"}`:            "address",
		`{"mode":"reverse"}`:                                                  "token",
		`{"mode":"reverse","token":"short"}`:                                  "token",
		`{"mode":"http","secret":"12345678"}`:                                 "api",
		`{"mode":"http","api":"http://x:1"}`:                                  "secret",
		`{"mode":"http","version":"12","api":"http://x","secret":"12345678"}`: "token",
	} {
		_, err := onebot.Driver{}.Open("bot", []byte(config))
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, want an error about %s", config, err, part)
		}
	}
}

func TestALossIsTold(t *testing.T) {
	for _, w := range []way{forward11, reverse11, {version: "11", mode: "reverse", roles: []string{"API", "Event"}}, forward12} {
		t.Run(w.version+" "+w.mode, func(t *testing.T) {
			m, s := begin(t, w)
			start := s.await("the start", 1, state(connector.Offline))
			if missed(start).IsZero() {
				t.Error("at the start nobody has listened yet, but nothing is said to be missing")
			}
			_, raw := m.said("1000", "ann", "before", time.Now())
			m.deliver(raw, false)
			before := s.await("before", 1, text("before"))
			n := s.count(state(connector.Offline))
			m.disconnect()
			off := s.await("offline", n+1, state(connector.Offline))
			on := s.await("online", 2, state(connector.Online))
			if from := missed(off); from.IsZero() || from.After(off.At) || from.Before(before.At.Add(-2*time.Second)) {
				t.Errorf("offline at %v, missed from %v, last heard at %v", off.At, from, before.At)
			}
			if !missed(on).Equal(missed(off)) {
				t.Errorf("online again: missed from %v, want %v", missed(on), missed(off))
			}
			// Of two connections either may be noticed to be gone first.
			if code := off.Data["code"]; off.Text == "" || code != "unreachable" && !(len(w.roles) > 1 && code == "no_events") {
				t.Errorf("offline without a reason: %+v", off)
			}
		})
	}
}

func TestAConnectionThatReplacesAnotherOwnsUp(t *testing.T) {
	m, s := begin(t, reverse11)
	var application string
	m.change(func() { application = m.application })
	m.dial(application, "Universal") // as after a break that only the other side noticed
	s.await("online again", 2, state(connector.Online))
	if o := s.await("offline between", 2, state(connector.Offline)); missed(o).IsZero() || !strings.Contains(o.Text, "anew") {
		t.Errorf("between two connections: %+v", o)
	}
}

func TestAnAccountThatIsSignedOutIsOffline(t *testing.T) {
	m, s := begin(t, forward11)
	say := func(online, good bool) {
		b, err := json.Marshal(m.heartbeat(online, good))
		if err != nil {
			t.Fatal(err)
		}
		m.deliver(b, false)
	}
	say(false, true)
	off := s.await("offline", 2, state(connector.Offline))
	if missed(off).IsZero() {
		t.Error("nothing is said to be missing while the account is signed out")
	}
	say(true, false)
	s.await("degraded", 1, state(connector.Degraded))
	say(true, true)
	if on := s.await("online", 2, state(connector.Online)); missed(on).IsZero() {
		t.Error("the gap is not closed")
	}
}

func TestAnotherAccountIsNotOurs(t *testing.T) {
	m, d, _ := forward11.start(t)
	config, err := json.Marshal(map[string]string{"mode": "forward", "address": m.socketAddress(), "token": m.token, "self_id": "7"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	s := listen(t, c)
	off := s.await("offline because of it", 2, state(connector.Offline))
	if off.Data["code"] != "other_account" || !strings.Contains(off.Text, "another account") {
		t.Errorf("offline because %q", off.Text)
	}
	_, raw := m.said("1000", "ann", "not for us", time.Now())
	m.deliver(raw, false)
	m.change(func() { m.self = "7" })
	_, raw = m.said("1000", "ann", "for us", time.Now())
	m.deliver(raw, false)
	s.await("what came behind it", 1, text("for us"))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.seen {
		if text("not for us")(o) {
			t.Error("what another account heard is taken for ours")
		}
	}
}

func TestThreeHeartbeatsMayStayOut(t *testing.T) {
	m, d, config := forward11.start(t)
	m.beat = 700 * time.Millisecond
	c, err := d.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	s := listen(t, c)
	b, err := json.Marshal(m.heartbeat(true, true))
	if err != nil {
		t.Fatal(err)
	}
	m.deliver(b, false) // tells how often it beats
	_, raw := m.said("1000", "ann", "alive", time.Now())
	m.deliver(raw, false)
	s.await("alive", 1, text("alive"))
	m.mu.Lock()
	m.mute = true
	m.mu.Unlock()
	off := s.await("offline", 2, state(connector.Offline))
	if !strings.Contains(off.Text, "nothing was heard") {
		t.Errorf("offline because %q", off.Text)
	}
	m.mu.Lock()
	m.mute = false
	m.mu.Unlock()
	s.await("online", 2, state(connector.Online))
}

func TestHalfOfAPairIsNotEnough(t *testing.T) {
	_, d, config := way{version: "11", mode: "reverse"}.start(t)
	c, err := d.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	s := listen(t, c)
	m := newImplementation(t, "11")
	m.dial("ws"+d.hook.URL[len("http"):]+"/", "Event")
	s.await("degraded", 1, state(connector.Degraded))
	if _, err := c.Send(t.Context(), connector.Action{Group: "1000", Text: "x"}); community.CodeOf(err) != community.Unavailable {
		t.Errorf("Send with no way for actions: %v, want Unavailable", err)
	}
	m.dial("ws"+d.hook.URL[len("http"):]+"/", "API")
	s.await("online", 1, state(connector.Online))
}

func TestWhyItIsOfflineIsTold(t *testing.T) {
	for about, x := range map[string]struct {
		way   way
		spoil func(*implementation)
		code  string
		said  string
	}{
		"nobody there":           {forward11, func(m *implementation) { m.server.Close() }, "unreachable", "cannot be reached"},
		"wrong token":            {forward11, func(m *implementation) { m.token = "another" }, "refused", "refuses our token"},
		"nobody there, HTTP":     {http11, func(m *implementation) { m.server.Close() }, "unreachable", "could not be reached"},
		"wrong token, HTTP":      {http11, func(m *implementation) { m.token = "another" }, "refused", "refuses our token"},
		"nobody has dialled yet": {way{version: "11", mode: "reverse"}, func(*implementation) {}, "waiting", "not connected yet"},
	} {
		t.Run(about, func(t *testing.T) {
			m, d, config := x.way.start(t)
			x.spoil(m)
			c, err := d.Open("bot", config)
			if err != nil {
				t.Fatal(err)
			}
			o := listen(t, c).await("the reason", 1, func(o connector.Observation) bool { return state(connector.Offline)(o) && o.Text != "" })
			if o.Data["code"] != x.code || !strings.Contains(o.Text, x.said) || strings.Contains(o.Text, "token-of-tests") {
				t.Errorf("offline with %s: %s", o.Data["code"], o.Text)
			}
		})
	}
}

func TestWhoDialsUsIsChecked(t *testing.T) {
	m, d, config := way{version: "11", mode: "reverse"}.start(t)
	ask := func(header ...string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.hook.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		for i := 0; i < len(header); i += 2 {
			if header[i] == "query" {
				r.URL.RawQuery = header[i+1]
				continue
			}
			r.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	c, err := d.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	good := []string{"Authorization", "Bearer " + m.token}
	if got := ask(good...); got != http.StatusServiceUnavailable {
		t.Errorf("while Run does not run: %d", got)
	}
	s := listen(t, c)
	s.await("the start", 1, state(connector.Offline))
	for _, x := range []struct {
		header []string
		want   int
	}{
		{nil, 401},
		{[]string{"Authorization", "Basic " + m.token}, 401},
		{[]string{"Authorization", "Bearer wrong"}, 403},
		{append(good, "X-Client-Role", "King"), 400},
		{append(good, "X-Self-ID", "10001"), 101},
		{append(good, "X-Self-ID", "666"), 409},
		{[]string{"query", "access_token=" + m.token}, 101},
		{[]string{"query", "access_token=wrong"}, 403},
	} {
		if got := ask(x.header...); got != x.want {
			t.Errorf("%v: %d, want %d", x.header, got, x.want)
		}
	}
}

func TestPostedEventsAreSigned(t *testing.T) {
	var vector struct {
		Secret    string `json:"secret"`
		Body      string `json:"body"`
		Signature string `json:"x_signature"`
	}
	b, err := os.ReadFile("testdata/signature.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &vector); err != nil {
		t.Fatal(err)
	}
	_, s := begin(t, http11) // its secret is the vector's
	post := func(body, signature string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if signature != "" {
			r.Header.Set("X-Signature", signature)
		}
		w := newRecorder()
		s.c.(connector.Receiver).ServeHTTP(w, r)
		return w.code
	}
	for _, x := range []struct {
		body, signature string
		want            int
	}{
		{vector.Body, vector.Signature, 204},
		{vector.Body, "", 401},
		{vector.Body, "sha1=zz", 403},
		{vector.Body + " ", vector.Signature, 403},
		{strings.Repeat("x", 5<<20), vector.Signature, 413},
	} {
		if got := post(x.body, x.signature); got != x.want {
			t.Errorf("%.40s with %q: %d, want %d", x.body, x.signature, got, x.want)
		}
	}
	s.stop()
	<-s.ended
	event := strings.Replace(vector.Body, "meta_event", "notice", 1)
	if got := post(event, sign(vector.Secret, event)); got != http.StatusServiceUnavailable {
		t.Errorf("after Run ended: %d, want 503", got)
	}
}

type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func newRecorder() *recorder                    { return &recorder{header: http.Header{}, code: 200} }
func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(code int)        { r.code = code }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// words are what the console says of the driver, by language.
func words(t *testing.T) (out map[string]struct {
	Fields, Choices map[string]any
	Checks, Codes   map[string]string
}) {
	t.Helper()
	b, err := os.ReadFile("../../docs/connectors/onebot.texts.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &out); err != nil || len(out) != 2 {
		t.Fatalf("%d languages, %v", len(out), err)
	}
	return out
}

func TestEverySettingHasWords(t *testing.T) {
	for language, w := range words(t) {
		for _, f := range (onebot.Driver{}).About().Fields {
			if w.Fields[f.Name] == nil {
				t.Errorf("%s: no words for %s", language, f.Name)
			}
			for _, c := range f.Choices {
				if w.Choices[f.Name+"."+c] == nil {
					t.Errorf("%s: no words for %s=%s", language, f.Name, c)
				}
			}
		}
	}
}

func TestProbe(t *testing.T) {
	w := words(t)
	codes := func(found []connector.Finding) (out []string) {
		for _, f := range found {
			for language, x := range w {
				if x.Checks[f.Check] == "" || !f.OK && x.Codes[f.Code] == "" {
					t.Errorf("the console has no words in %s for %+v", language, f)
				}
			}
			if strings.Contains(f.Detail, "token-of-tests") {
				t.Errorf("%+v tells the token", f)
			}
			if f.OK != (f.Code == "") {
				t.Errorf("%+v is neither good nor bad", f)
			}
			out = append(out, f.Check+" "+f.Code)
		}
		return out
	}
	probe := func(w way, change func(*implementation, map[string]string)) string {
		m, d, config := w.start(t)
		var c map[string]string
		if err := json.Unmarshal(config, &c); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(m, c)
		}
		config, _ = json.Marshal(c)
		a, err := d.Open("bot", config)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(codes(a.(connector.Prober).Probe(t.Context())), "; ")
	}
	good := "address ; sign_in ; version ; account ; groups "
	for _, x := range []struct {
		about  string
		way    way
		change func(*implementation, map[string]string)
		want   string
	}{
		{"all is well", forward11, nil, good},
		{"the same in v12", forward12, nil, good},
		{"the same over HTTP", http11, nil, good},
		{"nobody there", forward11, func(m *implementation, _ map[string]string) { m.server.Close() }, "address unreachable"},
		{"wrong token", forward11, func(m *implementation, _ map[string]string) { m.token = "another" }, "address refused"},
		{"wrong token over HTTP", http11, func(m *implementation, _ map[string]string) { m.token = "another" }, "address refused"},
		{"another account", forward11, func(_ *implementation, c map[string]string) { c["self_id"] = "7" }, "address ; sign_in ; self other_account"},
		{"nobody has dialled", way{version: "11", mode: "reverse"}, nil, "callback waiting"},
	} {
		if got := probe(x.way, x.change); got != x.want {
			t.Errorf("%s: %q, want %q", x.about, got, x.want)
		}
	}
	_, s := begin(t, reverse11)
	if got := strings.Join(codes(s.c.(connector.Prober).Probe(t.Context())), "; "); got != "callback ; sign_in ; version ; account ; groups " {
		t.Errorf("somebody has dialled: %q", got)
	}
}
