package satori

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/satori/satoritest"
	"qunying/connector/wire"
)

func startGateway(t *testing.T, o satoritest.Options) (*satoritest.Server, Config) {
	t.Helper()
	s := satoritest.New(o)
	t.Cleanup(s.Close)
	s.Found("room")
	return s, Config{Address: s.Address(), Token: o.Token}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ config, names string }{
		{`{"address":"not an address"}`, "address"},
		{`{"address":"ftp://x/satori"}`, "address"},
		{`{"address":"http://x/satori?token=hush"}`, "address"},
		{`{"address":"http://user:hush@x/satori"}`, "address"},
		{`{"address":"http://x","mode":"pigeon"}`, "mode"},
		{`{"address":"http://x","mode":"webhook"}`, "hook_token"},
		{`{"address":"http://x","token":"a\nb"}`, "token"},
		{`{"address":"http://x","platform":"qq"}`, "self_id"},
		{`{"address":7,"token":"hush"}`, ""},
	} {
		_, err := Driver{}.Open("ours", []byte(c.config))
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, want Invalid that names %q", c.config, err, c.names)
		}
	}
	for _, address := range []string{"http://x:5140/satori", "http://x:5140/satori/v1/", "ws://x:5140/satori/v1/events", " http://x:5140/satori/ "} {
		a := openWith(t, Driver{}, Config{Address: address}).(*account)
		if a.config.Address != "http://x:5140/satori" {
			t.Errorf("%q is read as %q", address, a.config.Address)
		}
	}
}

func TestWrongTokenIsTold(t *testing.T) {
	t.Parallel()
	_, c := startGateway(t, satoritest.Options{Token: "right-token"})
	c.Token = "wrong-token"
	l := listenTo(t, openWith(t, Driver{}, c))
	if o := l.state(connector.Offline, 1); o.Data["code"] != "refused" || strings.Contains(o.Text, "wrong-token") {
		t.Errorf("a wrong token is told as %+v", o)
	}
}

func TestALoginThatLosesItsPlatform(t *testing.T) {
	t.Parallel()
	s, c := startGateway(t, satoritest.Options{})
	l := listenTo(t, openWith(t, Driver{}, c))
	l.state(connector.Online, 1)
	before := time.Now()
	s.SetOnline(false)
	l.state(connector.Offline, 1)
	s.SetOnline(true)
	back := l.state(connector.Online, 2)
	var missed number
	if err := missed.UnmarshalJSON([]byte(back.Data["missed_from"])); err != nil || missed == 0 || missed.millis().After(before) {
		t.Errorf("back with %v, want what was missed from before %v", back.Data, before)
	}
}

// What is missing after a loss has the platform's times: a gap must be in them.
func TestAGapIsInThePlatformsTime(t *testing.T) {
	t.Parallel()
	s, c := startGateway(t, satoritest.Options{})
	l := listenTo(t, openWith(t, Driver{}, c))
	l.state(connector.Online, 1)
	behind := func() time.Time { return time.Now().Add(-3 * time.Minute) }
	s.Say("room", "ann", "before", behind())
	l.said("before")
	missing := behind()
	s.Disconnect()
	back := l.state(connector.Online, 2)
	var missed number
	if err := missed.UnmarshalJSON([]byte(back.Data["missed_from"])); err != nil || missed == 0 || missed.millis().After(missing) {
		t.Errorf("what was said at %v is missing, yet only what came after %v is told to be", missing, missed.millis())
	}
}

func TestASilentGatewayIsLeft(t *testing.T) {
	t.Parallel()
	s, c := startGateway(t, satoritest.Options{})
	a := openWith(t, Driver{}, c).(*account)
	a.dead = 300 * time.Millisecond
	l := listenTo(t, a)
	l.state(connector.Online, 1)
	s.SlowBy(time.Hour)
	if o := l.state(connector.Offline, 1); !strings.Contains(o.Text, "silent") {
		t.Errorf("a silent gateway is told as %q", o.Text)
	}
	s.SlowBy(0)
	l.state(connector.Online, 2)
	s.Say("room", "ann", "back", time.Time{})
	l.said("back")
}

// Pings keep a quiet connection open.
func TestAQuietGatewayIsKept(t *testing.T) {
	t.Parallel()
	s, c := startGateway(t, satoritest.Options{})
	a := openWith(t, Driver{}, c).(*account)
	a.dead = 10 * time.Second // far more than a starved machine delays an answer
	l := listenTo(t, a)
	l.state(connector.Online, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 120*time.Second)
	defer cancel()
	if err := s.AwaitPings(ctx, 4); err != nil { // three a silence that would be too long
		t.Fatal(err)
	}
	s.Say("room", "ann", "still here", time.Time{})
	l.said("still here")
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.seen {
		if o.Data["state"] == string(connector.Offline) {
			t.Errorf("a quiet gateway was left: %s", o.Text)
		}
	}
}

func TestWhatAGatewayKeepsIsResumed(t *testing.T) {
	for name, old := range map[string]bool{"sn": false, "sequence": true} {
		t.Run(name, func(t *testing.T) {
			s, c := startGateway(t, satoritest.Options{Resume: true, Old: old})
			l := listenTo(t, openWith(t, Driver{}, c))
			l.state(connector.Online, 1)
			s.Say("room", "ann", "one", time.Time{})
			l.said("one")
			s.Away(true)
			l.state(connector.Offline, 1)
			s.Say("room", "ann", "two", time.Time{})
			s.Say("room", "ann", "three", time.Time{})
			s.Away(false)
			l.said("three")
			l.mu.Lock()
			defer l.mu.Unlock()
			var got []string
			for _, o := range l.seen {
				if o.Kind == community.MessagePosted {
					got = append(got, o.Text)
				}
			}
			if d := cmp.Diff([]string{"one", "two", "three"}, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestEchoesNameTheirAction(t *testing.T) {
	t.Parallel()
	s, c := startGateway(t, satoritest.Options{Echo: true})
	conn := openWith(t, Driver{}, c)
	l := listenTo(t, conn)
	l.state(connector.Online, 1)
	if conn.Capabilities("room").Echoes {
		t.Error("echoes are promised before one was heard")
	}
	if _, err := conn.Send(t.Context(), connector.Action{Key: community.Key{1}, Group: "room", Text: "answered <"}); err != nil {
		t.Fatal(err)
	}
	s.CutMidSend()
	var uncertain *connector.Uncertain
	if _, err := conn.Send(t.Context(), connector.Action{Key: community.Key{2}, Group: "room", Text: "cut"}); !errors.As(err, &uncertain) {
		t.Fatalf("a cut send: %v", err)
	}
	s.Say("room", "514", "cut", time.Time{}) // by hand, the same text
	for i, text := range []string{"answered <", "cut"} {
		if o := l.said(text); !o.FromUs || o.ActionKey != (community.Key{byte(i + 1)}) {
			t.Errorf("the echo of %q is %+v", text, o)
		}
	}
	byHand := l.await("the same by hand", 2, func(o connector.Observation) bool { return o.Text == "cut" })
	if byHand.ActionKey != (community.Key{}) || !byHand.FromUs {
		t.Errorf("what was said by hand is taken for an action: %+v", byHand)
	}
	if !conn.Capabilities("room").Echoes {
		t.Error("echoes were heard and are not told")
	}
}

func TestAnswersAreJudged(t *testing.T) {
	for _, c := range []struct {
		status    int
		body      string
		code      community.Code
		uncertain bool
		method    bool // is taken for one that the gateway does not have
	}{
		{200, "OK", "", false, false},
		{204, "", "", false, false},
		{301, "", community.Invalid, false, false},
		{400, "bad", community.Invalid, false, false},
		{401, "", community.Forbidden, false, false},
		{403, "invalid token", community.Forbidden, false, false},
		{403, "login not found", community.NotFound, false, false},
		{404, "method not found", community.Unsupported, false, true},
		{404, "Not Found", community.NotFound, false, false},
		{429, "slow down", community.Unavailable, false, false},
		{500, "Internal Server Error", community.Unavailable, true, false},
		{500, "TypeError: bot[method.name] is not a function", community.Unsupported, false, true},
		{501, "", community.Unsupported, false, true},
		{502, "", community.Unavailable, true, false},
		{503, "", community.Unavailable, false, false},
	} {
		a := known(t)
		err := a.judge(messageCreate, wire.Answer{Status: c.status, Body: []byte(c.body)})
		var uncertain *connector.Uncertain
		if (err != nil || c.code != "") && community.CodeOf(err) != c.code || errors.As(err, &uncertain) != c.uncertain {
			t.Errorf("%d %s: %v, want %s, uncertain %v", c.status, c.body, err, c.code, c.uncertain)
		}
		if can := a.Capabilities("g").Send; (can == connector.Machine) == c.method {
			t.Errorf("%d %s: sending is for %s afterwards", c.status, c.body, can)
		}
	}
}

// WeChat lets nobody take back what another wrote, whatever the gateway lists.
func TestWhatAnotherWroteStaysOnWeChat(t *testing.T) {
	for platform, recall := range map[string]connector.Can{"wechat": connector.Nobody, "discord": connector.Machine} {
		a := openWith(t, Driver{}, Config{Address: "http://127.0.0.1:1"}).(*account)
		if _, err := a.meet([]login{{User: user{ID: "514"}, Platform: platform, Features: []string{messageDelete}}}); err != nil {
			t.Fatal(err)
		}
		if c := a.Capabilities("g"); c.Recall != recall || c.RecallOwn != connector.Machine {
			t.Errorf("on %s others' messages are recalled by %s, ours by %s", platform, c.Recall, c.RecallOwn)
		}
	}
}

// A gateway whose list does not say when messages were, or never ends, has no
// history that could fill a gap.
func TestHistoriesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		list string
		want community.Code
	}{
		"without times": {`{"data":[{"id":"1","content":"x","user":{"id":"u"}}]}`, community.Unsupported},
		"without end":   {`{"data":[{"id":"%d","content":"x","created_at":1800000000000,"user":{"id":"u"}}],"prev":"p%d"}`, community.Invalid},
		"no list":       {`OK`, ""},
		"the same page": {`{"data":[{"id":"1","content":"x","created_at":1800000000000,"user":{"id":"u"}}],"prev":"p"}`, ""},
	} {
		calls := 0
		gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls++
			_, _ = w.Write([]byte(strings.ReplaceAll(c.list, "%d", strconv.Itoa(calls))))
		}))
		h := openWith(t, Driver{}, Config{Address: gateway.URL}).(connector.Historian)
		err := h.Backfill(t.Context(), "g", time.UnixMilli(1), time.UnixMilli(2), nil)
		if (err != nil || c.want != "") && community.CodeOf(err) != c.want || calls > mostPages {
			t.Errorf("%s: %v after %d pages, want %q", name, err, calls, c.want)
		}
		gateway.Close()
	}
}

func TestPrivateMessages(t *testing.T) {
	s, c := startGateway(t, satoritest.Options{})
	conn := openWith(t, Driver{}, c)
	l := listenTo(t, conn)
	l.state(connector.Online, 1)
	for range 2 {
		if r, err := conn.Send(t.Context(), connector.Action{Key: community.Key{1}, Direct: true, Member: "ann", Text: "hello"}); err != nil || r.MessageID == "" {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	var methods []string
	for _, c := range s.Calls() {
		if c.Method != "guild.list" {
			methods = append(methods, c.Method)
		}
	}
	if d := cmp.Diff([]string{"user.channel.create", "message.create", "message.create"}, methods); d != "" {
		t.Error(d)
	}
}

func TestJoiningAGuildIsToldWhereItsChannelsAre(t *testing.T) {
	s, c := startGateway(t, satoritest.Options{})
	s.Found("plaza/talk", "plaza/help")
	l := listenTo(t, openWith(t, Driver{}, c))
	l.state(connector.Online, 1)
	s.Join("plaza/talk", "dee", "", time.Time{})
	for _, group := range []string{"plaza/talk", "plaza/help"} {
		l.await("dee in "+group, 1, func(o connector.Observation) bool {
			return o.Kind == community.MemberJoined && o.Group == group && o.Sender.ID == "dee"
		})
	}
}

// A Run that gives up because what it read cannot be stored leaves a gap, and the
// next one owns up to it.
func TestARunThatGivesUpLeavesAGap(t *testing.T) {
	t.Parallel()
	s, c := startGateway(t, satoritest.Options{})
	conn := openWith(t, Driver{}, c)
	full := errors.New("full")
	online := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- conn.Run(t.Context(), func(_ context.Context, o ...connector.Observation) error {
			if o[0].Kind == community.ConnectionChanged {
				online <- struct{}{}
				return nil
			}
			return full
		})
	}()
	<-online
	if err := conn.Run(t.Context(), nil); community.CodeOf(err) != community.Conflict {
		t.Errorf("a second Run: %v, want Conflict", err)
	}
	before := time.Now()
	s.Say("room", "ann", "lost", time.Time{})
	if err := <-ended; !errors.Is(err, full) {
		t.Fatalf("Run: %v, want what emit said", err)
	}
	l := listenTo(t, conn)
	back := l.state(connector.Online, 1)
	var missed number
	if err := missed.UnmarshalJSON([]byte(back.Data["missed_from"])); err != nil || missed == 0 || missed.millis().After(before) {
		t.Errorf("back with %v, want what was missed from before %v", back.Data, before)
	}
}

// A gateway that calls us is looked at again and again, and it stays online.
func TestAGatewayThatCallsIsLookedAt(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]satoritest.Options{"today's": {}, "old": {Old: true}, "few features": {Features: []string{"message.create"}}} {
		t.Run(name, func(t *testing.T) {
			s, c := startGateway(t, o)
			c.Mode, c.HookToken, c.Platform, c.SelfID = modeHook, "hush-hook", "test", "514"
			a := openWith(t, Driver{}, c).(*account)
			a.dead = 50 * time.Millisecond
			l := listenTo(t, a)
			l.state(connector.Online, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 120*time.Second)
			defer cancel()
			if err := s.AwaitCalls(ctx, 5); err != nil {
				t.Fatal(err)
			}
			s.FailNext(1000, http.StatusBadGateway)
			l.state(connector.Offline, 1)
			s.FailNext(0, 0)
			l.state(connector.Online, 2)
		})
	}
}

func TestHookTakesOnlyWhatItShould(t *testing.T) {
	t.Parallel()
	_, c := startGateway(t, satoritest.Options{})
	c.Mode, c.HookToken = modeHook, "hush-hook"
	conn := openWith(t, Driver{}, c)
	event := `{"type":"message-created","timestamp":1700000000000,"platform":"test","self_id":"514","channel":{"id":"room","type":0},"user":{"id":"u"},"message":{"id":"m1","content":"called"}}`
	post := func(method, token, op, body string) int {
		q := httptest.NewRequest(method, "/", strings.NewReader(body))
		q.Header.Set("Authorization", "Bearer "+token)
		if op != "" {
			q.Header.Set("Satori-Opcode", op)
		}
		w := httptest.NewRecorder()
		conn.(http.Handler).ServeHTTP(w, q)
		return w.Code
	}
	if got := post("POST", "hush-hook", "", event); got != http.StatusServiceUnavailable {
		t.Errorf("before Run: %d, want 503", got)
	}
	l := listenTo(t, conn)
	l.state(connector.Online, 1)
	for _, x := range []struct {
		method, token, op, body string
		want                    int
	}{
		{"GET", "hush-hook", "", "", http.StatusMethodNotAllowed},
		{"POST", "hush", "", event, http.StatusUnauthorized},
		{"POST", "", "0", event, http.StatusUnauthorized},
		{"POST", "hush-hook", "5", `{"proxy_urls":[]}`, http.StatusOK},
		{"POST", "hush-hook", "0", "{", http.StatusBadRequest},
		{"POST", "hush-hook", "0", event, http.StatusOK},
		{"POST", "hush-hook", "", event, http.StatusOK},
	} {
		if got := post(x.method, x.token, x.op, x.body); got != x.want {
			t.Errorf("%s with %q, opcode %q: %d, want %d", x.method, x.token, x.op, got, x.want)
		}
	}
	l.await("the event", 2, func(o connector.Observation) bool { return o.Text == "called" && o.Group == "room" })
	l.state(connector.Degraded, 1)
	l.state(connector.Online, 2)
	q := httptest.NewRequest("POST", "/", strings.NewReader(event))
	q.Header.Set("Authorization", "Bearer ")
	w := httptest.NewRecorder()
	openWith(t, Driver{}, Config{Address: c.Address}).(http.Handler).ServeHTTP(w, q)
	if w.Code != http.StatusNotFound {
		t.Errorf("an account without a hook: %d, want 404", w.Code)
	}
}
