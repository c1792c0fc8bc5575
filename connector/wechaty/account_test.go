package wechaty

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

func TestOpenNamesTheField(t *testing.T) {
	for want, c := range map[string]Config{
		"endpoint":  {Endpoint: "http://gateway:8788", Token: simToken},
		"token":     {Endpoint: "gateway:8788", Token: "with\nline"},
		"insecure_": {Endpoint: "gateway:8788", Token: "noprefix"},
		"ca":        {Endpoint: "gateway:8788", Token: simToken, TLS: "own", CA: "nothing"},
		"tls":       {Endpoint: "gateway:8788", Token: simToken, TLS: "maybe"},
		"numbering": {Endpoint: "gateway:8788", Token: simToken, Numbering: "roman"},
	} {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Driver{}.Open("bot", b)
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), c.Token) {
			t.Errorf("%+v: %v, want invalid with %q", c, err, want)
		}
	}
}

// online opens an account on a gateway and waits until it is signed in.
func online(t *testing.T, g *simGateway, d Driver) *listening {
	t.Helper()
	l := listen(t, d, g.config())
	l.await("sign-in", 0, state(connector.Online))
	return l
}

func TestWrongTokenIsToldWithoutTheToken(t *testing.T) {
	g := startGateway(t)
	config := strings.Replace(string(g.config()), simToken, "insecure_another", 1)
	l := listen(t, Driver{}, []byte(config))
	o := l.await("refusal", 0, func(o connector.Observation) bool { return o.Data["code"] == "refused" })
	if strings.Contains(o.Text, "another") {
		t.Errorf("the token is in %q", o.Text)
	}
}

func TestGatewaysWordsLoseTheToken(t *testing.T) {
	g := gateway{token: simToken}
	err := g.failure(status.Errorf(codes.Internal, "cannot use %s for this", simToken), nil)
	if strings.Contains(err.Error(), simToken) || !strings.Contains(err.Error(), "cannot use") {
		t.Errorf("the error is %v", err)
	}
}

func TestSilentGatewayIsGivenUp(t *testing.T) {
	g := startGateway(t)
	l := online(t, g, Driver{Quiet: 500 * time.Millisecond})
	from := l.count() // a start that was held up may have been given up before
	g.mu.Lock()
	g.mute = true
	g.mu.Unlock()
	o := l.await("loss", from, func(o connector.Observation) bool { return state(connector.Offline)(o) && o.Text != "" })
	if o.Data["missed_from"] == "" {
		t.Errorf("the loss opens no gap: %+v", o)
	}
	g.mu.Lock()
	g.mute = false
	lost := l.count()
	g.mu.Unlock()
	l.await("return", lost, state(connector.Online))
	// The gateway is asked to start while its events come, in no certain order.
	g.await("another start on another stream", func() bool { return g.streams >= 2 && g.starts >= 2 })
}

func TestPayloadThatIsGoneIsAGap(t *testing.T) {
	g := startGateway(t)
	l := online(t, g, Driver{})
	from := l.count()
	g.mu.Lock()
	g.loseNext = 1
	g.mu.Unlock()
	g.tell(event(puppet.EventType_EVENT_TYPE_MESSAGE, map[string]string{"messageId": "gone"}))
	opened := l.await("gap", from, state(connector.Degraded))
	closed := l.await("its end", from, state(connector.Online))
	if opened.Data["missed_from"] == "" || opened.Data["missed_from"] != closed.Data["missed_from"] {
		t.Errorf("the gap is %+v to %+v", opened, closed)
	}
	if g.streams != 1 {
		t.Errorf("one lost message cost %d connections", g.streams-1)
	}
}

func TestNamesAreThoseOfTheRoomAndAreForgotten(t *testing.T) {
	g := startGateway(t)
	g.aliases[seat{"g1@chatroom", "ann"}] = "班长"
	l := online(t, g, Driver{})
	say := func(text string) connector.Observation {
		g.say(&puppet.MessagePayloadResponse{RoomId: "g1@chatroom", TalkerId: "ann", Text: text, Type: 7}, time.Now())
		return l.await(text, 0, wrote(text))
	}
	if o := say("one"); o.Sender.Name != "班长" || o.GroupName != "读书群" {
		t.Errorf("a message is %+v", o)
	}
	g.mu.Lock()
	g.aliases[seat{"g1@chatroom", "ann"}] = "前班长"
	g.rooms["g1@chatroom"].Topic = "写作群"
	g.mu.Unlock()
	if o := say("two"); o.Sender.Name != "班长" {
		t.Errorf("a name was not remembered: %+v", o)
	}
	g.tell(event(puppet.EventType_EVENT_TYPE_DIRTY, map[string]any{"payloadType": dirtyMember, "payloadId": "ann"}))
	g.tell(event(puppet.EventType_EVENT_TYPE_DIRTY, map[string]any{"payloadType": dirtyRoom, "payloadId": "g1@chatroom"}))
	if o := say("three"); o.Sender.Name != "前班长" || o.GroupName != "写作群" {
		t.Errorf("after it changed a message is %+v", o)
	}
}

func TestCapabilitiesFollowTheRoomAndLast(t *testing.T) {
	g := startGateway(t)
	l := online(t, g, Driver{})
	if c := l.Capabilities("g2@chatroom"); c.Remove != connector.Human || c.Announce != connector.Human || c.Rename != connector.Machine {
		t.Errorf("as a member: %+v", c)
	}
	g.mu.Lock()
	g.rooms["g2@chatroom"].AdminIds = []string{"bot"}
	g.mu.Unlock()
	g.tell(event(puppet.EventType_EVENT_TYPE_DIRTY, map[string]any{"payloadType": dirtyRoom, "payloadId": "g2@chatroom"}))
	g.say(&puppet.MessagePayloadResponse{RoomId: "g2@chatroom", TalkerId: "ann", Text: "now", Type: 7}, time.Now())
	l.await("a message", 0, wrote("now"))
	if c := l.Capabilities("g2@chatroom"); c.Remove != connector.Machine {
		t.Errorf("as an administrator: %+v", c)
	}
	l.names.expire() // as when a connection is made anew
	if c := l.Capabilities("g2@chatroom"); c.Remove != connector.Machine || c.Mute != connector.Nobody || c.Recall != connector.Nobody || c.RecallOwn != connector.Machine {
		t.Errorf("before it is read again: %+v", c)
	}
}

func TestGatewaysErrorsAreKeptWithoutTheToken(t *testing.T) {
	g := startGateway(t)
	l := online(t, g, Driver{})
	g.tell(event(puppet.EventType_EVENT_TYPE_ERROR, map[string]string{"gerror": "cannot use " + simToken}))
	o := l.await("error", 0, ofKind(community.PlatformOther))
	if !o.Direct || strings.Contains(string(o.Raw), simToken) || !strings.Contains(string(o.Raw), "cannot use") {
		t.Errorf("an error is kept as %+v", o)
	}
}

func TestInvitationsAndContacts(t *testing.T) {
	g := startGateway(t)
	l := online(t, g, Driver{})
	g.tell(event(puppet.EventType_EVENT_TYPE_ROOM_INVITE, map[string]string{"roomInvitationId": "inv1"}))
	o := l.await("invitation", 0, ofKind(community.GroupInvited))
	if !o.Direct || o.ID != "inv1" || o.GroupName != "新群" || o.Sender.Name != "Ann" {
		t.Errorf("an invitation is %+v", o)
	}
	if err := l.Answer(t.Context(), connector.Action{Message: "inv1"}, false); err != nil || g.has("accept inv1") {
		t.Errorf("refusing it: %v, accepted: %v", err, g.has("accept inv1"))
	}
	if err := l.Answer(t.Context(), connector.Action{Message: "inv1"}, true); err != nil || !g.has("accept inv1") {
		t.Errorf("accepting it: %v, accepted: %v", err, g.has("accept inv1"))
	}
	g.tell(event(puppet.EventType_EVENT_TYPE_FRIENDSHIP, map[string]string{"friendshipId": "asked1"}))
	if o := l.await("request", 0, ofKind(community.PlatformOther)); !o.Direct || o.Sender.ID != "dee" || len(o.Raw) == 0 {
		t.Errorf("a request is %+v", o)
	}
	g.tell(event(puppet.EventType_EVENT_TYPE_FRIENDSHIP, map[string]string{"friendshipId": "confirmed1"}))
	if o := l.await("contact", 0, ofKind(community.ContactAdded)); !o.Direct || o.Sender.Name != "Dee" {
		t.Errorf("a contact is %+v", o)
	}
}

func TestPartsAreMessagesOfTheirOwn(t *testing.T) {
	g := startGateway(t)
	g.withIDs = false
	l := online(t, g, Driver{Gap: time.Millisecond})
	act := connector.Action{Key: community.Key{5}, Group: "g1@chatroom", Text: "看", Parts: []community.Part{
		{Content: community.File, Name: "a.txt", Data: []byte("abc")},
		{Content: community.Image, URL: "https://example.org/pics/b.png"},
		{Content: community.Link, Title: "题", URL: "https://example.org"},
		{Content: community.Card, Media: "dee"},
	}}
	if _, err := l.Send(t.Context(), act); err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{"text 看", "file 1 a.txt 3 ", "file 2 b.png 0 https://example.org/pics/b.png", "url https://example.org", "contact dee"} {
		if !g.has(call) {
			t.Errorf("no call %q among %q", call, g.calls)
		}
	}
	last := l.await("the last one's echo", 0, func(o connector.Observation) bool { return o.Content == community.Card })
	if last.ActionKey != act.Key {
		t.Errorf("the last echo is %+v", last)
	}
	if o := l.await("the first one's echo", 0, wrote("看")); o.ActionKey != (community.Key{}) || !o.FromUs {
		t.Errorf("the first echo settles it: %+v", o)
	}
	for what, parts := range map[string][]community.Part{
		"place":     {{Content: community.Location}},
		"too big":   {{Content: community.File, Data: make([]byte, mostFile+1)}},
		"no bytes":  {{Content: community.Image}},
		"bad path":  {{Content: community.Image, URL: "file:///etc/passwd"}},
		"no title":  {{Content: community.Link, URL: "https://example.org"}},
		"no card":   {{Content: community.Card}},
		"no pieces": nil,
	} {
		calls := len(g.calls)
		_, err := l.Send(t.Context(), connector.Action{Group: "g1@chatroom", Parts: parts})
		if code := community.CodeOf(err); code != community.Invalid && code != community.Unsupported || len(g.calls) != calls {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestHalfAMessageIsUncertain(t *testing.T) {
	g := startGateway(t)
	l := online(t, g, Driver{Gap: time.Millisecond})
	g.mu.Lock()
	g.failNext, g.failOn = 1, "contact"
	g.mu.Unlock()
	act := connector.Action{Key: community.Key{6}, Group: "g1@chatroom", Text: "half", Parts: []community.Part{{Content: community.Card, Media: "nobody"}}}
	_, err := l.Send(t.Context(), act)
	var uncertain *connector.Uncertain
	if !errors.As(err, &uncertain) || community.CodeOf(err) != community.Unavailable {
		t.Errorf("half a message: %v, want uncertain", err)
	}
}

func TestFailuresOfActs(t *testing.T) {
	g := startGateway(t)
	l := online(t, g, Driver{})
	for words, want := range map[string]community.Code{
		"contact not found":    community.NotFound,
		"not supported by it":  community.Unsupported,
		"puppet not logged in": community.Unavailable,
		"something broke":      community.Conflict,
	} {
		g.mu.Lock()
		g.failNext, g.failWith = 1, status.Error(codes.Unknown, words)
		g.mu.Unlock()
		err := l.Remove(t.Context(), connector.Action{Key: community.Key{7}, Group: "g1@chatroom", Member: "bo"})
		var uncertain *connector.Uncertain
		if community.CodeOf(err) != want || errors.As(err, &uncertain) {
			t.Errorf("%s: %v, want %s", words, err, want)
		}
	}
	g.mu.Lock()
	g.failNext, g.failWith = 1, status.Error(codes.Unknown, "timeout of WeChat")
	g.mu.Unlock()
	var uncertain *connector.Uncertain
	if err := l.Remove(t.Context(), connector.Action{Key: community.Key{7}, Group: "g1@chatroom", Member: "bo"}); !errors.As(err, &uncertain) {
		t.Errorf("after a timeout behind the gateway: %v, want uncertain", err)
	}
	g.mu.Lock()
	g.refuseAll = true
	g.mu.Unlock()
	if err := l.Recall(t.Context(), connector.Action{Key: community.Key{8}, Group: "g1@chatroom", Message: "m1"}); community.CodeOf(err) != community.Conflict {
		t.Errorf("a recall that WeChat refuses: %v", err)
	}
	if _, err := l.Send(t.Context(), connector.Action{Group: "g9@chatroom", Text: "x"}); community.CodeOf(err) != community.NotFound {
		t.Errorf("Send to a group that is not there: %v", err)
	}
	if _, err := l.Send(t.Context(), connector.Action{Group: "g1@chatroom", Text: "x", MentionAll: true}); community.CodeOf(err) != community.Unsupported {
		t.Errorf("a mention of everybody: %v", err)
	}
	if err := l.Remove(t.Context(), connector.Action{Group: "g2@chatroom", Member: "bo"}); community.CodeOf(err) != community.Unsupported {
		t.Errorf("Remove where we are nobody: %v", err)
	}
}

func TestEqualActsAreToldApartByOrder(t *testing.T) {
	e := echoes{now: time.Now}
	x := trace{community.MessagePosted, "g", "hi"}
	for i := range byte(3) {
		e.expect(x, community.Key{i + 1}, true)
	}
	for i := range byte(3) {
		if k := e.match(x, fmt.Sprint("m", i)); k != (community.Key{i + 1}) {
			t.Errorf("echo %d carries %v", i, k)
		}
	}
	if k := e.match(x, "m9"); k != (community.Key{}) {
		t.Errorf("what nobody did carries %v", k)
	}
	now := time.Now()
	e.now = func() time.Time { return now }
	e.expect(x, community.Key{9}, true)
	now = now.Add(echoWindow + time.Second)
	if k := e.match(x, "late"); k != (community.Key{}) {
		t.Errorf("an echo long after carries %v", k)
	}
}

func TestCacheIsBoundedAndForgets(t *testing.T) {
	c, now := newCache[int, int](100), time.Now()
	for i := range 10_000 {
		c.put(i, i, now)
		if n := len(c.young) + len(c.old); n > 100 {
			t.Fatalf("it holds %d", n)
		}
	}
	if v, ok := c.get(9_999, now); !ok || v != 9_999 {
		t.Errorf("the newest is %d, %v", v, ok)
	}
	if _, ok := c.get(9_999, now.Add(fresh+time.Second)); ok {
		t.Error("what is out of date is believed")
	}
	c.expire(func(k int) bool { return k == 9_999 })
	if _, ok := c.get(9_999, now); ok {
		t.Error("what has expired is believed")
	}
	if v, ok := c.peek(9_999); !ok || v != 9_999 {
		t.Error("what has expired is gone")
	}
	if _, ok := c.get(9_998, now); !ok {
		t.Error("what has not expired is gone")
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plate := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "insecure"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, plate, plate, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	g := startGatewayWith(t, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	ours := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	for _, c := range []struct {
		name, tls, ca, token string
		check, code          string // of the last finding
	}{
		{"our authority and its name", tlsOwn, ours, simToken, "groups", ""},
		{"another name", tlsOwn, ours, "secure_x", "encryption", "certificate"},
		{"another authority", tlsWechaty, "", simToken, "encryption", "certificate"},
		{"not encrypted by us", tlsOff, "", simToken, "sign_in", "no_gateway"},
	} {
		b, err := json.Marshal(Config{Endpoint: g.address, Token: c.token, TLS: c.tls, CA: c.ca})
		if err != nil {
			t.Fatal(err)
		}
		a, err := Driver{}.Open("bot", b)
		if err != nil {
			t.Fatal(err)
		}
		found := a.(connector.Prober).Probe(t.Context())
		if last := found[len(found)-1]; last.Check != c.check || last.Code != c.code {
			t.Errorf("%s: found %+v", c.name, found)
		}
	}
	plain := startGateway(t)
	b, err := json.Marshal(Config{Endpoint: plain.address, Token: simToken})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Driver{}.Open("bot", b)
	if err != nil {
		t.Fatal(err)
	}
	found := a.(connector.Prober).Probe(t.Context())
	if last := found[len(found)-1]; last.Code != "not_encrypted" {
		t.Errorf("a gateway without encryption: %+v", found)
	}
}
