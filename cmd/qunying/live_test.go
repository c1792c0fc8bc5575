package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector/wecom/wecomtest"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/rig"
)

const (
	koishiToken  = "koishi-token-2f7d81c0"
	wechatyToken = "insecure_wechaty-token-9b1e"
	hookSecret   = "webhook-secret-51c7a3f2"
)

// post is the body of a control call.
type post = map[string]any

// live is a server and the endpoints that others made, or made like them.
type live struct {
	*liveSite
	koishi, gateway         *rig.Rig
	koishiCtrl, gatewayCtrl int
	corp                    *wecomtest.Server
	receiver                *receiver
	room, chat, customers   community.GroupID // of Satori, Wechaty and WeCom
}

func (l *live) on(t *testing.T) *live {
	part := *l
	part.liveSite = l.liveSite.on(t)
	return &part
}

// call is a line of a third-party program about a call that it served.
func call(name string, fields post) func(rig.Line) bool {
	return func(l rig.Line) bool {
		for k, v := range fields {
			if l[k] != v {
				return false
			}
		}
		return l["ev"] == "call" && l["api"] == name
	}
}

// newCorp is a WeCom on a port.
func newCorp(t *testing.T) (*wecomtest.Server, string) {
	t.Helper()
	corp, err := wecomtest.New(wecomtest.Options{Secret: "wecom-secret-77d0b4", Token: "wecomcallbacktoken5"})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(corp)
	t.Cleanup(s.Close)
	return corp, s.URL
}

func (l *liveSite) connectCorp(corp *wecomtest.Server) {
	l.t.Helper()
	l.connect("wecom", "wecom", post{"corp_id": corp.CorpID, "agent_id": corp.AgentID, "secret": corp.Secret, "token": corp.Token, "aes_key": corp.AESKey},
		"secret", "token", "aes_key")
	l.online("wecom")
	l.callBack(corp)
}

// callBack tells the platform where the server is.
func (l *liveSite) callBack(corp *wecomtest.Server) {
	l.t.Helper()
	if err := corp.Hook(l.address() + "/hooks/default/wecom/"); err != nil {
		l.t.Fatal(err)
	}
}

// TestLive is a day of an operator in short: real third-party endpoints and a
// simulated WeCom, connected, used, lost and found again over the public API.
func TestLive(t *testing.T) {
	corp, corpAPI := newCorp(t)
	port, port2 := rig.Port(t), rig.Port(t)
	l := &live{corp: corp, koishiCtrl: rig.Port(t), gatewayCtrl: rig.Port(t)}
	l.koishi = rig.Start(t, "satori-server", "server.js", fmt.Sprint("PORT=", port), fmt.Sprint("CTRL_PORT=", l.koishiCtrl), "TOKEN="+koishiToken)
	l.gateway = rig.Start(t, "wechaty-gateway", "gateway.mjs", fmt.Sprint("PORT=", port2), fmt.Sprint("CTRL_PORT=", l.gatewayCtrl), "TOKEN="+wechatyToken)
	l.liveSite = newLiveSite(t, "--wecom-api", corpAPI, "--allow-private")

	l.receiver = newReceiver(t, hookSecret)
	l.secrets = append(l.secrets, hookSecret)
	l.must(http.MethodPut, "/webhooks/all", api.WebhookInput{URL: l.receiver.URL, Secret: hookSecret}, nil)

	corp.Found("wrCustomers", "老客户群", "zhangsan")
	l.connect("koishi", "satori", post{"address": fmt.Sprintf("http://127.0.0.1:%d/satori", port), "token": koishiToken}, "token")
	l.connect("wechat", "wechaty", post{"endpoint": fmt.Sprintf("127.0.0.1:%d", port2), "token": wechatyToken, "tls": "off"}, "token")
	l.connectCorp(corp)
	l.online("koishi")
	l.online("wechat")
	l.room, l.chat, l.customers = l.adopt("koishi", "g1"), l.adopt("wechat", "room1@chatroom"), l.adopt("wecom", "wrCustomers")

	for _, part := range []struct {
		name string
		test func(*live)
	}{
		{"satori", (*live).testSatori}, {"wechaty", (*live).testWechaty}, {"wecom", (*live).testWecom},
		{"endpoint lost", (*live).testLost}, {"server restarted", (*live).testRestarted}, {"webhook", (*live).testWebhook},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.test(l.on(t)) }) {
			break
		}
	}
	l.stop()
	l.keepsSecrets()
}

// pushed lets Koishi's bot hear a message.
func (l *live) pushed(id, user, text string) {
	l.t.Helper()
	l.koishi.Post(l.koishiCtrl, "/push", post{"type": "message-created", "guild": post{"id": "g1"}, "channel": post{"id": "g1", "type": 0},
		"user": post{"id": user, "name": user}, "message": post{"id": id, "content": text}})
}

func (l *live) testSatori() {
	l.pushed("x1", "u2", "有人在吗")
	m := l.comes("a message of Koishi", l.room, saying("有人在吗"))
	u2 := l.identity(m.Person)

	e := l.act(l.room, "satori-send-1", api.ActionInput{Kind: "send", Text: "在的，请说"})
	l.koishi.Await("the reply", call("message.create", post{"channel_id": "g1", "content": "在的，请说"}))
	if e = l.becomes(e.Key, "done"); e.Connection != "koishi" || e.Attempts != 1 {
		l.t.Errorf("the reply is %+v", e)
	}
	e = l.act(l.room, "satori-mute-1", api.ActionInput{Kind: "mute", Member: u2, Minutes: 10})
	muted := l.koishi.Await("the mute", call("guild.member.mute", post{"guild_id": "g1", "user_id": "u2"}))
	if ms, ok := muted["duration"].(float64); !ok || ms < 500_000 || ms > 600_000 {
		l.t.Errorf("ten minutes became %v", muted["duration"])
	}
	l.becomes(e.Key, "done")
	e = l.act(l.room, "satori-remove-1", api.ActionInput{Kind: "remove", Seq: m.Seq, Reason: "spam"})
	l.koishi.Await("the removal", call("guild.member.kick", post{"guild_id": "g1", "user_id": "u2"}))
	l.becomes(e.Key, "done")
	// Satori has no announcements: a person may make one in the platform's client.
	e = l.act(l.room, "satori-announce-1", api.ActionInput{Kind: "announce", Text: "今晚八点"})
	if e = l.becomes(e.Key, "handed"); e.Task == 0 {
		l.t.Errorf("nobody was asked to announce: %+v", e)
	}
}

func (l *live) testWechaty() {
	l.gateway.Post(l.gatewayCtrl, "/say", post{"from": "carol", "room": "room1@chatroom", "text": "大家好"})
	m := l.comes("a message of Wechaty", l.chat, saying("大家好"))
	if m.Name != "Carol" {
		l.t.Errorf("the message is %+v", m)
	}
	e := l.act(l.chat, "wechaty-send-1", api.ActionInput{Kind: "send", Text: "欢迎", Mentions: []community.IdentityID{l.identity(m.Person)}})
	l.gateway.Await("the reply", call("MessageSendText", post{"text": "@Carol\u2005 欢迎"}))
	l.becomes(e.Key, "done")
	own := l.comes("our own message", l.chat, func(m api.Message) bool { return m.FromUs && strings.Contains(m.Text, "欢迎") })
	e = l.act(l.chat, "wechaty-recall-1", api.ActionInput{Kind: "recall", Seq: own.Seq})
	l.gateway.Await("that it is taken back", func(x rig.Line) bool { return x["api"] == "MessageRecall" })
	l.becomes(e.Key, "done")
	// WeChat lets nobody take back what another wrote.
	if status := l.do(http.MethodPost, fmt.Sprint("/groups/", l.chat, "/actions"), api.ActionInput{Kind: "recall", Seq: m.Seq}, nil, "Idempotency-Key", "wechaty-recall-2"); status != http.StatusNotImplemented {
		l.t.Errorf("a member's message is to be recalled: status %d", status)
	}
	e = l.act(l.chat, "wechaty-announce-1", api.ActionInput{Kind: "announce", Text: "今晚八点"})
	l.gateway.Await("the announcement", call("RoomAnnounce", post{"text": "今晚八点"}))
	l.becomes(e.Key, "done")
	e = l.act(l.chat, "wechaty-remove-1", api.ActionInput{Kind: "remove", Seq: m.Seq})
	l.gateway.Await("the removal", call("RoomDel", post{"contact": "carol"}))
	l.becomes(e.Key, "done")
	l.comes("the removal on the timeline", l.chat, func(m api.Message) bool { return m.Kind == string(community.MemberLeft) })

	state := l.gateway.Post(l.gatewayCtrl, "/state", nil)
	if text := fmt.Sprint(state["announce"]); !strings.Contains(text, "今晚八点") {
		l.t.Errorf("the gateway's announcement is %s", text)
	}
	if rooms := fmt.Sprint(state["rooms"]); strings.Contains(rooms, "carol") || !strings.Contains(rooms, "bob") {
		l.t.Errorf("the gateway's rooms are %s", rooms)
	}
}

// joins lets somebody come into the customer group, and finds them.
func (l *liveSite) joins(corp *wecomtest.Server, group community.GroupID, id, name string) community.IdentityID {
	l.t.Helper()
	if err := corp.Join("wrCustomers", wecomtest.Member{ID: id, Name: name, Scene: 3}, time.Now()); err != nil {
		l.t.Fatal(err)
	}
	return l.identity(l.comes(name+" joining", group, joined(name)).Person)
}

func (l *live) testWecom() {
	var g api.GroupAnswer
	l.must(http.MethodGet, fmt.Sprint("/groups/", l.customers), nil, &g)
	can := map[string]string{}
	for _, c := range g.Capabilities {
		can[c.Ability] = c.Can
	}
	for ability, want := range map[string]string{"read": "nobody", "joins": "machine", "send": "person", "remove": "person", "announce": "person", "mute": "nobody", "recall": "nobody"} {
		if can[ability] != want {
			l.t.Errorf("in a customer group %s is for %q, want %q", ability, can[ability], want)
		}
	}
	if status := l.do(http.MethodPost, fmt.Sprint("/groups/", l.customers, "/actions"), api.ActionInput{Kind: "mute_all", Minutes: 5}, nil, "Idempotency-Key", "wecom-mute-1"); status != http.StatusNotImplemented {
		l.t.Errorf("what nobody can was asked for: %d", status)
	}
	who := l.joins(l.corp, l.customers, "wmSpammer", "推销员")
	e := l.act(l.customers, "wecom-remove-1", api.ActionInput{Kind: "remove", Member: who, Reason: "广告"})
	e = l.becomes(e.Key, "handed")
	card, found := l.task(e.Task, "open")
	if !found || card.Action != "remove" || card.Name != "推销员" || card.MemberID != "wmSpammer" || card.Reason != "广告" || card.Proposal || card.DueAt == 0 {
		l.t.Fatalf("the task is %+v", card)
	}
	if err := l.corp.Leave("wrCustomers", "wmSpammer", true, time.Now()); err != nil {
		l.t.Fatal(err)
	}
	l.until("the task to close itself", func() bool { card, found = l.task(e.Task, "done"); return found })
	if card.How != string(community.MemberLeft) || card.ClosedBy != 0 {
		l.t.Errorf("the task closed as %+v", card)
	}
	l.becomes(e.Key, "done")
}

// testLost kills Koishi in the middle of traffic.
func (l *live) testLost() {
	gap := func() bool {
		var g api.GroupAnswer
		l.must(http.MethodGet, fmt.Sprint("/groups/", l.room), nil, &g)
		if len(g.Coverage.Gaps) > 0 {
			l.t.Fatalf("a moment spoilt a whole day: %+v", g.Coverage.Gaps)
		}
		return slices.ContainsFunc(g.Coverage.Partial, func(g api.PartialGap) bool { return g.Why == "away" && g.To > g.From })
	}
	if gap() {
		l.t.Fatal("there is a gap before anything was lost")
	}
	for i := range 20 {
		l.pushed(fmt.Sprint("before", i), "u1", fmt.Sprint("before ", i))
	}
	l.koishi.Kill()
	l.until("the loss to be noticed", func() bool { return l.health("koishi").Health.State == "offline" })
	e := l.act(l.room, "satori-send-away", api.ActionInput{Kind: "send", Text: "稍后见"})
	l.koishi.Restart()
	l.online("koishi")
	for i := range 20 {
		l.pushed(fmt.Sprint("after", i), "u1", fmt.Sprint("after ", i))
	}
	l.comes("a message after the loss", l.room, saying("after 19"))
	l.becomes(e.Key, "done")
	l.until("the gap to be drawn", gap)

	said := map[string]int{}
	for _, m := range l.stream(l.room).Messages {
		said[m.Text]++
	}
	for i := range 20 {
		if n := said[fmt.Sprint("after ", i)]; n != 1 {
			l.t.Errorf("after %d is there %d times", i, n)
		}
		if n := said[fmt.Sprint("before ", i)]; n > 1 {
			l.t.Errorf("before %d is there %d times", i, n)
		}
	}
	h := l.health("koishi")
	if len(h.Timeline) < 3 || h.Timeline[0].State != "online" || h.Timeline[0].MissedFrom == 0 {
		l.t.Fatalf("the timeline is %+v", h.Timeline)
	}
	if i := slices.IndexFunc(h.Timeline, func(m api.HealthMark) bool { return m.State == "offline" }); i < 1 || h.Timeline[i].MissedFrom == 0 || h.Timeline[i].Why == "" {
		l.t.Errorf("the timeline is %+v", h.Timeline)
	}
}

// testRestarted stops the server and starts it on the same data: everything is
// connected again by what lies sealed there.
func (l *live) testRestarted() {
	l.stop()
	l.start()
	defer l.stop()
	for _, name := range []string{"koishi", "wechat", "wecom"} {
		l.online(name)
	}
	l.callBack(l.corp)
	l.pushed("x2", "u3", "重启之后")
	l.comes("a message after the restart", l.room, saying("重启之后"))
	l.gateway.Post(l.gatewayCtrl, "/say", post{"from": "bob", "room": "room1@chatroom", "text": "还在"})
	l.comes("a message after the restart", l.chat, saying("还在"))
	l.joins(l.corp, l.customers, "wmNew", "新客户")
	for _, c := range l.koishi.Lines() {
		if call("message.create", nil)(c) && c["content"] == "在的，请说" && c["id"] != "m1" {
			l.t.Errorf("sent again after the restart: %v", c)
		}
	}
	l.until("the webhook to catch up", func() bool {
		return l.receiver.got(func(e engine.PostedEvent) bool {
			return e.Kind == community.MemberJoined && e.Sender.Name == "新客户"
		})
	})
}

func (l *live) testWebhook() {
	for what, fits := range map[string]func(engine.PostedEvent) bool{
		"a message of Koishi":       func(e engine.PostedEvent) bool { return e.Text == "有人在吗" && e.Sender.Outside == "u2" },
		"a message of Wechaty":      func(e engine.PostedEvent) bool { return e.Text == "大家好" && e.Group.Outside == "room1@chatroom" },
		"a removal by hand":         func(e engine.PostedEvent) bool { return e.Kind == community.MemberLeft && e.Group.Network == "wecom" },
		"an action that was done":   func(e engine.PostedEvent) bool { return e.Kind == community.ActionDone },
		"an action for a person":    func(e engine.PostedEvent) bool { return e.Kind == community.ActionHanded },
		"the beginning of the gap":  func(e engine.PostedEvent) bool { return e.Kind == community.CoverageLost },
		"the end of the gap":        func(e engine.PostedEvent) bool { return e.Kind == community.CoverageBack },
		"a change of a connection":  func(e engine.PostedEvent) bool { return e.Kind == community.ConnectionChanged },
		"what came after a restart": func(e engine.PostedEvent) bool { return e.Text == "重启之后" },
	} {
		if !l.receiver.got(fits) {
			l.t.Errorf("the webhook was not told of %s", what)
		}
	}
	l.receiver.mu.Lock()
	defer l.receiver.mu.Unlock()
	if len(l.receiver.wrong) > 0 {
		l.t.Errorf("what the webhook was told: %v", l.receiver.wrong)
	}
}

// TestProposalIsFollowed: what is said to a customer group is put before its owner,
// and what they do is found out.
func TestProposalIsFollowed(t *testing.T) {
	t.Parallel()
	corp, corpAPI := newCorp(t)
	l := newLiveSite(t, "--wecom-api", corpAPI, "--allow-private", "--follow-after", "2s")
	corp.Found("wrCustomers", "老客户群", "zhangsan")
	l.connectCorp(corp)
	group := l.adopt("wecom", "wrCustomers")
	e := l.becomes(l.act(group, "wecom-send-1", api.ActionInput{Kind: "send", Text: "本周活动"}).Key, "handed")
	card, found := l.task(e.Task, "open")
	if !found || !card.Proposal || card.Action != "send" || card.Text != "本周活动" {
		t.Fatalf("the task is %+v", card)
	}
	masses := corp.Masses()
	if len(masses) != 1 || masses[0].Text != "本周活动" || masses[0].Sender != "zhangsan" {
		t.Fatalf("before the owner lies %+v", masses)
	}
	l.must(http.MethodPost, fmt.Sprint("/tasks/", e.Task, "/remind"), nil, nil, "Idempotency-Key", "wecom-remind-1")
	l.until("the owner to be reminded", func() bool { return len(corp.Masses()[0].Reminded) == 1 })
	if err := corp.Confirm(masses[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	l.until("it to be noticed that the owner has sent it", func() bool { card, found = l.task(e.Task, "done"); return found })
	if card.How != "platform" {
		t.Errorf("the task closed as %+v", card)
	}
	l.becomes(e.Key, "done")
	l.stop()
	l.keepsSecrets()
}
