package wechaty

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/rig"
)

const liveRoom = "room1@chatroom"

// listening is an account that runs, and what it emitted.
type listening struct {
	*account
	t  testing.TB
	mu sync.Mutex

	seen    []connector.Observation
	changed chan struct{}
}

func listen(t testing.TB, d Driver, config []byte) *listening {
	t.Helper()
	c, err := d.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	l := &listening{account: c.(*account), t: t, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, l.emit) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(2 * time.Minute):
			t.Error("Run does not end")
		}
	})
	return l
}

func (l *listening) emit(_ context.Context, o ...connector.Observation) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, o...)
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

// await waits for the first observation from a position on that fits.
func (l *listening) await(what string, from int, fits func(connector.Observation) bool) connector.Observation {
	l.t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for next := from; ; {
		l.mu.Lock()
		fresh, changed := l.seen[next:], l.changed
		l.mu.Unlock()
		if i := slices.IndexFunc(fresh, fits); i >= 0 {
			return fresh[i]
		}
		next += len(fresh)
		select {
		case <-changed:
		case <-limit.C:
			l.mu.Lock()
			defer l.mu.Unlock()
			l.t.Fatalf("no %s among %+v", what, l.seen[from:])
		}
	}
}

func (l *listening) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen)
}

func state(s connector.State) func(connector.Observation) bool {
	return func(o connector.Observation) bool {
		return o.Kind == community.ConnectionChanged && o.Data["state"] == string(s)
	}
}

func wrote(text string) func(connector.Observation) bool {
	return func(o connector.Observation) bool { return o.Kind == community.MessagePosted && o.Text == text }
}

func ofKind(k community.Kind) func(connector.Observation) bool {
	return func(o connector.Observation) bool { return o.Kind == k }
}

// liveGateway starts Wechaty's own server over its mocked WeChat.
func liveGateway(t *testing.T, secure bool) (r *rig.Rig, control int, config []byte) {
	t.Helper()
	port, control := rig.Port(t), rig.Port(t)
	env := []string{fmt.Sprintf("PORT=%d", port), fmt.Sprintf("CTRL_PORT=%d", control), "TOKEN=" + simToken}
	mode := tlsOff
	if secure {
		env, mode = append(env, "TLS=1"), tlsWechaty
	}
	r = rig.Start(t, "wechaty-gateway", "gateway.mjs", env...)
	config, err := json.Marshal(Config{Endpoint: fmt.Sprintf("127.0.0.1:%d", port), Token: simToken, TLS: mode})
	if err != nil {
		t.Fatal(err)
	}
	return r, control, config
}

type post = map[string]any

func TestLiveTalk(t *testing.T) {
	r, control, config := liveGateway(t, true) // with Wechaty's own certificate
	l := listen(t, Driver{Quiet: time.Second, Gap: time.Millisecond}, config)
	l.await("sign-in", 0, state(connector.Online))
	if who := l.Login(); who.Name != "RigBot" || who.Step != "" {
		t.Errorf("signed in as %+v", who)
	}

	r.Post(control, "/say", post{"from": "alice", "room": liveRoom, "text": "大家好", "mention": []string{"bob"}})
	o := l.await("message", 0, wrote("大家好"))
	if o.Group != liveRoom || o.GroupName != "Rig Room" || o.Sender != (connector.Member{ID: "alice", Name: "Alice"}) || o.FromUs ||
		!slices.Equal(o.Mentions, []connector.Member{{ID: "bob", Name: "Bob"}}) || o.Content != community.Text || time.Since(o.At).Abs() > time.Minute {
		t.Errorf("a message is %+v", o)
	}
	r.Post(control, "/say", post{"from": "carol", "to": "bot", "text": "在吗"})
	if o := l.await("private message", 0, wrote("在吗")); !o.Direct || o.Group != "" || o.Sender.ID != "carol" {
		t.Errorf("a private message is %+v", o)
	}
	r.Post(control, "/message", post{"id": "taken-back", "type": 13, "talkerId": "alice", "roomId": liveRoom, "text": o.ID})
	if x := l.await("recall", 0, ofKind(community.MessageRecalled)); x.Data["message"] != o.ID || x.Sender.ID != "alice" {
		t.Errorf("a recall is %+v", x)
	}

	key := community.Key{1}
	if _, err := l.Send(t.Context(), connector.Action{Key: key, Group: liveRoom, Text: "欢迎", Mentions: []connector.Member{{ID: "alice", Name: "Alice"}}}); err != nil {
		t.Fatal(err)
	}
	r.Await("the text", func(x rig.Line) bool { return x["api"] == "MessageSendText" && x["text"] == "@Alice\u2005 欢迎" })
	echo := l.await("echo", 0, func(o connector.Observation) bool { return o.ActionKey == key })
	if !echo.FromUs || echo.ID == "" || echo.Text != "@Alice  欢迎" {
		t.Errorf("the echo is %+v", echo)
	}
	picture := community.Part{Content: community.Image, Name: "a.png", Data: []byte("\x89PNG\r\n\x1a\nno picture")}
	if _, err := l.Send(t.Context(), connector.Action{Key: community.Key{2}, Group: liveRoom, Parts: []community.Part{picture}}); err != nil {
		t.Fatal(err)
	}
	if o := l.await("picture's echo", 0, func(o connector.Observation) bool { return o.ActionKey == community.Key{2} }); o.Content != community.Image {
		t.Errorf("the picture came back as %+v", o)
	}
	if err := l.Recall(t.Context(), connector.Action{Key: community.Key{3}, Group: liveRoom, Message: echo.ID}); err != nil {
		t.Fatal(err)
	}
	r.Await("the recall", func(x rig.Line) bool { return x["api"] == "MessageRecall" && x["message"] == echo.ID })

	from := l.count() // the mocked WeChat gives no sign of life of its own: it must be asked for
	time.AfterFunc(4*time.Second, func() { r.Post(control, "/say", post{"from": "bob", "room": liveRoom, "text": "still there"}) })
	l.await("message after a silence", from, wrote("still there"))
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.seen[from:] {
		if o.Kind == community.ConnectionChanged {
			t.Errorf("a silence was taken for a broken connection: %+v", o)
		}
	}
}

func TestLiveGroup(t *testing.T) {
	r, control, config := liveGateway(t, false)
	l := listen(t, Driver{}, config)
	l.await("sign-in", 0, state(connector.Online))
	c := l.Capabilities(liveRoom)
	if c.Remove != connector.Machine || c.Announce != connector.Machine || c.Mute != connector.Nobody {
		t.Errorf("the owner's capabilities are %+v", c)
	}
	groups, err := l.Groups(t.Context())
	if want := (connector.Group{ID: liveRoom, Name: "Rig Room", Members: 4, Owner: connector.Member{ID: "bot", Name: "RigBot"}}); err != nil || !slices.Equal(groups, []connector.Group{want}) {
		t.Errorf("groups: %+v, %v", groups, err)
	}
	members, err := l.Members(t.Context(), liveRoom)
	if err != nil || len(members) != 4 || !slices.Contains(members, connector.Member{ID: "carol", Name: "Carol"}) {
		t.Errorf("members: %+v, %v", members, err)
	}
	if _, err := l.Members(t.Context(), "no-such-room"); community.CodeOf(err) != community.NotFound {
		t.Errorf("members of no group: %v", err)
	}

	r.Post(control, "/join", post{"room": liveRoom, "contacts": []string{"dave"}, "by": "alice"})
	if o := l.await("join", 0, ofKind(community.MemberJoined)); o.Sender.Name != "Dave" || o.Operator.Name != "Alice" || o.Data["way"] != "invite" {
		t.Errorf("a join is %+v", o)
	}
	r.Post(control, "/leave", post{"room": liveRoom, "contacts": []string{"bob"}, "by": "bob"})
	if o := l.await("leave", 0, ofKind(community.MemberLeft)); o.Sender.ID != "bob" || o.Operator.ID != "" {
		t.Errorf("a leave is %+v", o)
	}
	from := l.count()
	if err := l.Remove(t.Context(), connector.Action{Key: community.Key{1}, Group: liveRoom, Member: "carol"}); err != nil {
		t.Fatal(err)
	}
	r.Await("the removal", func(x rig.Line) bool { return x["api"] == "RoomDel" && x["contact"] == "carol" })
	if o := l.await("removal", from, ofKind(community.MemberLeft)); o.Operator.ID != "bot" || !o.FromUs || o.ActionKey != (community.Key{1}) {
		t.Errorf("our removal is %+v", o)
	}
	if err := l.Announce(t.Context(), connector.Action{Key: community.Key{2}, Group: liveRoom, Text: "今晚八点"}); err != nil {
		t.Fatal(err)
	}
	r.Await("the announcement", func(x rig.Line) bool { return x["api"] == "RoomAnnounce" && x["text"] == "今晚八点" })
	if err := l.Rename(t.Context(), connector.Action{Key: community.Key{3}, Group: liveRoom, Text: "新名字"}); err != nil {
		t.Fatal(err)
	}
	if o := l.await("new name", 0, ofKind(community.GroupRenamed)); o.Text != "新名字" || o.Data["old"] != "Rig Room" || o.ActionKey != (community.Key{3}) {
		t.Errorf("a new name is %+v", o)
	}
	if err := l.Invite(t.Context(), connector.Action{Key: community.Key{4}, Group: liveRoom, Member: "carol"}); err != nil {
		t.Fatal(err)
	}
	if o := l.await("our invitation", 0, func(o connector.Observation) bool { return o.ActionKey == community.Key{4} }); o.Kind != community.MemberJoined || o.Sender.ID != "carol" {
		t.Errorf("our invitation is %+v", o)
	}
}

func TestLiveScan(t *testing.T) {
	r, control, config := liveGateway(t, false)
	l := listen(t, Driver{}, config)
	l.await("sign-in", 0, state(connector.Online))
	from := l.count()
	r.Post(control, "/emit", post{"event": "logout", "payload": post{"contactId": "bot", "data": "signed out on the telephone"}})
	if o := l.await("signing out", from, state(connector.Waiting)); o.Data["missed_from"] == "" {
		t.Errorf("signed out without a gap: %+v", o)
	}
	r.Post(control, "/emit", post{"event": "scan", "payload": post{"status": 2, "qrcode": "https://login.example/l/abc"}})
	awaitStep(t, l, "waiting")
	if got := l.Login(); got.Code != "https://login.example/l/abc" || got.At.IsZero() {
		t.Errorf("the code is %+v", got)
	}
	r.Post(control, "/emit", post{"event": "scan", "payload": post{"status": 3}})
	awaitStep(t, l, "scanned")
	if _, err := l.Send(t.Context(), connector.Action{Group: liveRoom, Text: "x"}); community.CodeOf(err) != community.Unavailable {
		t.Errorf("Send while nobody is signed in: %v", err)
	}
	r.Post(control, "/emit", post{"event": "login", "payload": post{"contactId": "bot"}})
	if o := l.await("signing in", from, state(connector.Online)); o.Data["missed_from"] == "" {
		t.Errorf("signed in again without closing the gap: %+v", o)
	}
	if got := l.Login(); got.Step != "" || got.Code != "" {
		t.Errorf("after signing in the step is %+v", got)
	}
}

// awaitStep waits until the login is as far; steps change with no observation of
// their own, so it looks again and again.
func awaitStep(t *testing.T, l *listening, step string) {
	t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for l.Login().Step != step {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("the step is %+v, want %s", l.Login(), step)
		}
	}
}

func TestLiveKilledAndStartedAgain(t *testing.T) {
	r, control, config := liveGateway(t, false)
	l := listen(t, Driver{}, config)
	l.await("sign-in", 0, state(connector.Online))
	for i := range 5 {
		r.Post(control, "/say", post{"from": "alice", "room": liveRoom, "text": fmt.Sprint("before ", i)})
	}
	l.await("the last before", 0, wrote("before 4"))
	from := l.count()
	r.Kill()
	lost := l.await("loss", from, state(connector.Offline))
	if _, err := l.Send(t.Context(), connector.Action{Group: liveRoom, Text: "x"}); community.CodeOf(err) != community.Unavailable {
		t.Errorf("Send while the gateway is gone: %v", err)
	}
	r.Restart()
	back := l.await("return", from, state(connector.Online))
	if back.Data["missed_from"] == "" || back.Data["missed_from"] != lost.Data["missed_from"] {
		t.Errorf("the gap begins at %q when it opens and at %q when it ends", lost.Data["missed_from"], back.Data["missed_from"])
	}
	r.Post(control, "/say", post{"from": "bob", "room": liveRoom, "text": "after"})
	l.await("message after", from, wrote("after"))
}

func TestLiveSecondListener(t *testing.T) {
	_, _, config := liveGateway(t, false)
	first := listen(t, Driver{}, config)
	first.await("sign-in", 0, state(connector.Online))
	second := listen(t, Driver{}, config)
	o := second.await("refusal", 0, func(o connector.Observation) bool { return o.Data["code"] == string(community.Conflict) })
	if o.Data["state"] != string(connector.Offline) {
		t.Errorf("the second listener is %+v", o)
	}
}

func TestLiveProbe(t *testing.T) {
	_, _, config := liveGateway(t, true)
	c, err := Driver{}.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.(connector.Prober).Probe(t.Context()) {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
	var wrong Config
	if err := json.Unmarshal(config, &wrong); err != nil {
		t.Fatal(err)
	}
	wrong.Token = "insecure_wrong"
	b, err := json.Marshal(wrong)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = (Driver{}).Open("bot", b); err != nil {
		t.Fatal(err)
	}
	found := c.(connector.Prober).Probe(t.Context())
	if last := found[len(found)-1]; last.Check != "sign_in" || last.Code != "refused" {
		t.Errorf("a wrong token is found as %+v", found)
	}
}
