package satori

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/rig"
)

// peer is a Koishi server of the Satori project with an account of ours on it.
type peer struct {
	*rig.Rig
	control int
	config  Config
}

func startPeer(t *testing.T, env ...string) *peer {
	t.Helper()
	port, control := rig.Port(t), rig.Port(t)
	env = append(env, fmt.Sprintf("PORT=%d", port), fmt.Sprintf("CTRL_PORT=%d", control), "TOKEN=t0")
	r := rig.Start(t, "satori-server", "server.js", env...)
	return &peer{r, control, Config{Address: fmt.Sprintf("http://127.0.0.1:%d/satori", port), Token: "t0"}}
}

func (p *peer) push(event map[string]any) { p.Post(p.control, "/push", event) }

func (p *peer) say(group, id, text string) {
	p.push(map[string]any{"type": "message-created", "guild": map[string]any{"id": group}, "channel": map[string]any{"id": group, "type": 0},
		"user": map[string]any{"id": "u1", "name": "小李"}, "message": map[string]any{"id": id, "content": text}, "timestamp": time.Now().UnixMilli()})
}

// called waits until the bot of the peer was asked to do something.
func (p *peer) called(api string) rig.Line {
	return p.Await(api, func(l rig.Line) bool { return l["ev"] == "call" && l["api"] == api })
}

// listener collects what an account emits.
type listener struct {
	t       *testing.T
	c       connector.Connector
	cancel  context.CancelFunc
	ended   chan error
	mu      sync.Mutex
	seen    []connector.Observation
	changed chan struct{}
}

func openWith(t *testing.T, d Driver, c Config) connector.Connector {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := d.Open("ours", b)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func listenTo(t *testing.T, c connector.Connector) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{t: t, c: c, cancel: cancel, ended: make(chan error, 1), changed: make(chan struct{})}
	go func() {
		l.ended <- c.Run(ctx, func(_ context.Context, o ...connector.Observation) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.seen = append(l.seen, o...)
			close(l.changed)
			l.changed = make(chan struct{})
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-l.ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return l
}

// await waits for the nth observation that fits.
func (l *listener) await(what string, n int, fits func(connector.Observation) bool) connector.Observation {
	l.t.Helper()
	over := time.After(2 * time.Minute)
	for {
		l.mu.Lock()
		count := 0
		for _, o := range l.seen {
			if fits(o) {
				if count++; count == n {
					l.mu.Unlock()
					return o
				}
			}
		}
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-over:
			l.mu.Lock()
			defer l.mu.Unlock()
			l.t.Fatalf("%s: seen %d times, want %d, in %+v", what, count, n, l.seen)
		}
	}
}

func (l *listener) state(s connector.State, n int) connector.Observation {
	l.t.Helper()
	return l.await("state "+string(s), n, func(o connector.Observation) bool {
		return o.Kind == community.ConnectionChanged && o.Data["state"] == string(s)
	})
}

func (l *listener) said(text string) connector.Observation {
	l.t.Helper()
	return l.await(text, 1, func(o connector.Observation) bool { return o.Kind == community.MessagePosted && o.Text == text })
}

func TestLiveEvents(t *testing.T) {
	t.Parallel()
	p := startPeer(t)
	l := listenTo(t, openWith(t, Driver{}, p.config))
	l.state(connector.Online, 1)
	p.say("g1", "x1", `早上好 <at id="514" name="小助手"/> 1 &lt; 2`)
	o := l.said("早上好 @小助手 1 < 2")
	want := connector.Observation{Kind: community.MessagePosted, Group: "g1", Sender: connector.Member{ID: "u1", Name: "小李"}, At: o.At, ID: "x1",
		Content: community.Text, Text: o.Text, Mentions: []connector.Member{{ID: "514", Name: "小助手"}}, Data: map[string]string{"platform": "mock"}}
	if d := cmp.Diff(want, o); d != "" || time.Since(o.At) > time.Minute {
		t.Errorf("at %v (-want +emitted):\n%s", o.At, d)
	}
	guild, someone := map[string]any{"id": "g1"}, map[string]any{"id": "u9", "name": "小王"}
	p.push(map[string]any{"type": "guild-member-added", "guild": guild, "user": someone, "operator": map[string]any{"id": "u1"}})
	p.push(map[string]any{"type": "guild-member-request", "guild": guild, "user": someone, "message": map[string]any{"id": "r1", "content": "想加入"}})
	p.push(map[string]any{"type": "message-deleted", "guild": guild, "channel": map[string]any{"id": "g1", "type": 0}, "user": map[string]any{"id": "u1"}, "message": map[string]any{"id": "x1"}})
	p.push(map[string]any{"type": "guild-role-created", "guild": guild, "role": map[string]any{"id": "r"}})
	for _, k := range []community.Kind{community.MemberJoined, community.MemberRequested, community.MessageRecalled, community.PlatformOther} {
		if o := l.await(string(k), 1, func(o connector.Observation) bool { return o.Kind == k }); o.Group != "g1" {
			t.Errorf("%s came as %+v", k, o)
		}
	}
}

func TestLiveActs(t *testing.T) {
	t.Parallel()
	p := startPeer(t)
	c := openWith(t, Driver{}, p.config)
	l := listenTo(t, c)
	l.state(connector.Online, 1)
	act := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	caps := c.Capabilities("g1")
	if caps.Send != connector.Machine || caps.Remove != connector.Machine || caps.Backfill != connector.Nobody || caps.Announce != connector.Human {
		t.Errorf("capabilities %+v do not follow the features of the peer", caps)
	}
	r, err := c.Send(t.Context(), connector.Action{Group: "g1", Text: "你好 小李 <3\n", Mentions: []connector.Member{{ID: "u1", Name: "小李"}}})
	act(err)
	if got := p.called("message.create"); got["content"] != `<at id="u1" name="小李"/> 你好 小李 &lt;3<br/>` || got["id"] != r.MessageID {
		t.Errorf("sent as %v with receipt %+v", got, r)
	}
	act(c.(connector.Recaller).Recall(t.Context(), connector.Action{Group: "g1", Message: r.MessageID}))
	if got := p.called("message.delete"); got["message_id"] != r.MessageID || got["channel_id"] != "g1" {
		t.Errorf("recalled as %v", got)
	}
	act(c.(connector.Muter).Mute(t.Context(), connector.Action{Group: "g1", Member: "u2", Until: time.Now().Add(time.Hour)}))
	if d, ok := p.called("guild.member.mute")["duration"].(float64); !ok || d < 3_590_000 || d > 3_600_000 {
		t.Errorf("muted for %v ms, want an hour", d)
	}
	act(c.(connector.Muter).Mute(t.Context(), connector.Action{Group: "g1", Until: time.Now().Add(time.Hour)}))
	if got := p.called("channel.mute"); got["enable"] != true {
		t.Errorf("the group is muted as %v", got)
	}
	act(c.(connector.Approver).Answer(t.Context(), connector.Action{Group: "g1", Message: "r1", Text: "欢迎"}, true))
	if got := p.called("guild.member.approve"); got["message_id"] != "r1" || got["approve"] != true {
		t.Errorf("approved as %v", got)
	}
	act(c.(connector.Renamer).Rename(t.Context(), connector.Action{Group: "g1", Text: "晨光跑团"}))
	p.called("channel.update")
	act(c.(connector.Remover).Remove(t.Context(), connector.Action{Group: "g1", Member: "u2"}))
	p.called("guild.member.kick")
	members, err := c.(connector.Roster).Members(t.Context(), "g1")
	act(err)
	if d := cmp.Diff([]connector.Member{{ID: "u1", Name: "name-u1"}, {ID: "u3", Name: "name-u3"}, {ID: "514", Name: "name-514"}}, members); d != "" {
		t.Errorf("members after a removal:\n%s", d)
	}
	groups, err := c.(connector.Lister).Groups(t.Context())
	act(err)
	if d := cmp.Diff([]connector.Group{{ID: "g1", Name: "guild-g1"}}, groups); d != "" {
		t.Errorf("groups:\n%s", d)
	}
	if err := c.(connector.Historian).Backfill(t.Context(), "g1", time.Now().Add(-time.Hour), time.Now(), nil); community.CodeOf(err) != community.Unsupported {
		t.Errorf("Backfill of a peer without history: %v, want Unsupported", err)
	}
}

// The peer dies while people talk. What came is there once and in order, and all
// that did not come is within the time that is owned up to.
func TestLivePeerIsKilledDuringTraffic(t *testing.T) {
	t.Parallel()
	p := startPeer(t)
	l := listenTo(t, openWith(t, Driver{}, p.config))
	l.state(connector.Online, 1)
	said := map[string]time.Time{}
	var order []string
	type gap struct{ from, to time.Time }
	var gaps []gap
	for round := range 3 {
		for i := range 60 {
			id := fmt.Sprintf("m%d-%d", round, i)
			said[id], order = time.Now(), append(order, id)
			p.say("g1", id, id)
		}
		p.Kill() // some of it may still be on its way
		l.state(connector.Offline, round+1)
		p.Restart()
		back := l.state(connector.Online, round+2)
		var missed number
		if err := missed.UnmarshalJSON([]byte(back.Data["missed_from"])); err != nil || missed == 0 {
			t.Fatalf("back with %v, want what was missed", back.Data)
		}
		gaps = append(gaps, gap{missed.millis(), back.At})
	}
	p.say("g1", "end", "end")
	l.said("end")
	l.mu.Lock()
	defer l.mu.Unlock()
	came := map[string]int{}
	next := 0
	for _, o := range l.seen {
		if o.Kind != community.MessagePosted || o.ID == "end" {
			continue
		}
		came[o.ID]++
		for next < len(order) && order[next] != o.ID {
			next++
		}
		if next == len(order) {
			t.Fatalf("%s came out of order", o.ID)
		}
	}
	lost := 0
	for _, id := range order {
		at := said[id]
		switch {
		case came[id] > 1:
			t.Errorf("%s came %d times", id, came[id])
		case came[id] == 0:
			lost++
			if !slices.ContainsFunc(gaps, func(g gap) bool { return !at.Before(g.from) && at.Before(g.to) }) {
				t.Errorf("%s, said at %v, did not come and is in none of the gaps %v", id, at, gaps)
			}
		}
	}
	t.Logf("%d of %d did not come", lost, len(order))
}

func TestLiveHistoryIsReadBack(t *testing.T) {
	t.Parallel()
	p := startPeer(t, "HISTORY=1")
	c := openWith(t, Driver{}, p.config)
	l := listenTo(t, c)
	l.state(connector.Online, 1)
	var live []connector.Observation
	for i := range 23 {
		id := fmt.Sprint("h", i)
		p.say("g1", id, id+` <at id="514"/>`)
		live = append(live, l.said(id+" @514"))
	}
	var listed []connector.Observation
	err := c.(connector.Historian).Backfill(t.Context(), "g1", live[2].At, live[20].At, func(_ context.Context, o ...connector.Observation) error {
		listed = append(listed, o...)
		return nil
	})
	live = slices.DeleteFunc(live, func(o connector.Observation) bool { return o.At.Before(live[2].At) || !o.At.Before(live[20].At) })
	if d := cmp.Diff(live, listed); err != nil || d != "" || len(live) == 0 {
		t.Errorf("read back of %d: %v (-live +listed)\n%s", len(live), err, d)
	}
}

func TestLiveWebhook(t *testing.T) {
	t.Parallel()
	var account connector.Connector
	us := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { account.(http.Handler).ServeHTTP(w, q) }))
	defer us.Close()
	p := startPeer(t, "WEBHOOK="+us.URL+"/", "WEBHOOK_TOKEN=hush-hook")
	p.config.Mode, p.config.HookToken, p.config.Platform, p.config.SelfID = modeHook, "hush-hook", "mock", "514"
	account = openWith(t, Driver{}, p.config)
	l := listenTo(t, account)
	l.state(connector.Online, 1)
	p.say("g1", "w1", "by webhook")
	if o := l.said("by webhook"); o.Group != "g1" || o.ID != "w1" {
		t.Errorf("came as %+v", o)
	}
}

func TestLiveProbe(t *testing.T) {
	t.Parallel()
	p := startPeer(t)
	codes := func(c Config) []string {
		var out []string
		for _, f := range openWith(t, Driver{}, c).(connector.Prober).Probe(t.Context()) {
			out = append(out, f.Check+":"+f.Code)
		}
		return out
	}
	wrong, elsewhere, nobody, page := p.config, p.config, p.config, p.config
	wrong.Token = "t1"
	elsewhere.Platform, elsewhere.SelfID = "mock", "515"
	nobody.Address = fmt.Sprintf("http://127.0.0.1:%d/satori", rig.Port(t))
	page.Address = fmt.Sprintf("http://127.0.0.1:%d", p.control)
	for _, c := range []struct {
		name   string
		config Config
		want   []string
	}{
		{"right", p.config, []string{"address:", "sign_in:", "login:", "online:", "groups:", "history:not_kept"}},
		{"wrong token", wrong, []string{"address:", "sign_in:refused"}},
		{"no such login", elsewhere, []string{"address:", "sign_in:", "login:login_missing"}},
		{"nobody there", nobody, []string{"address:nobody_listens"}},
		{"something else there", page, []string{"address:not_satori"}},
	} {
		if d := cmp.Diff(c.want, codes(c.config)); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
	}
	if _, err := openWith(t, Driver{}, wrong).Send(t.Context(), connector.Action{Group: "g1", Text: "x"}); community.CodeOf(err) != community.NotFound && community.CodeOf(err) != community.Forbidden || errors.As(err, new(*connector.Uncertain)) {
		t.Errorf("Send with a wrong token: %v", err)
	}
	if !slices.Contains(codes(elsewhere), "login:login_missing") {
		t.Error("the login that is missing is not named")
	}
}
