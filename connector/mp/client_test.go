package mp

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire/wxcrypt"
)

// last is what the stage was sent last.
func (s *stage) last() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sent) == 0 {
		return nil
	}
	return s.sent[len(s.sent)-1]
}

func TestSendingToOnePerson(t *testing.T) {
	s := newStage(t)
	a := s.opened()
	s.set("media/upload", `{"type":"image","media_id":"MEDIA1","created_at":1}`)
	act := func(text string, parts ...community.Part) connector.Action {
		return connector.Action{Key: community.Key{1}, Direct: true, Member: "oAnn", Text: text, Parts: parts}
	}
	if _, err := a.Send(t.Context(), act("在的", community.Part{Content: community.Image, Data: []byte("jpg")},
		community.Part{Content: community.Link, Title: "公告", Text: "见内", URL: "https://x", Picture: "https://x/p.png"})); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"touser": "oAnn", "msgtype": "text", "text": map[string]any{"content": "在的"}},
		{"touser": "oAnn", "msgtype": "image", "image": map[string]any{"media_id": "MEDIA1"}},
		{"touser": "oAnn", "msgtype": "news", "news": map[string]any{"articles": []any{
			map[string]any{"title": "公告", "description": "见内", "url": "https://x", "picurl": "https://x/p.png"}}}},
	}
	if d := cmp.Diff(want, s.sent); d != "" {
		t.Errorf("(-want +sent):\n%s", d)
	}
	for name, c := range map[string]struct {
		act  connector.Action
		code community.Code
	}{
		"a group":             {connector.Action{Group: "g1", Text: "x"}, community.Unsupported},
		"nobody":              {connector.Action{Direct: true, Text: "x"}, community.Invalid},
		"nothing":             {act(""), community.Invalid},
		"a sticker":           {act("", community.Part{Content: community.Sticker}), community.Unsupported},
		"a picture's address": {act("", community.Part{Content: community.Image, URL: "https://x"}), community.Unsupported},
		"too many parts":      {act("", make([]community.Part, mostParts+1)...), community.Unsupported},
		"a link to nowhere":   {act("", community.Part{Content: community.Link}), community.Invalid},
		"a huge file":         {act("", community.Part{Content: community.Image, Data: make([]byte, mostUpload+1)}), community.Invalid},
	} {
		if _, err := a.Send(t.Context(), c.act); community.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for answer, class := range map[string]community.Code{
		`{"errcode":45015,"errmsg":"response out of time limit"}`:  community.Forbidden,
		`{"errcode":45047,"errmsg":"out of response count limit"}`: community.Forbidden,
		`{"errcode":40003,"errmsg":"invalid openid"}`:              community.NotFound,
		`{"errcode":48001,"errmsg":"api unauthorized"}`:            community.Forbidden,
		`{"errcode":-1}`: community.Unavailable,
	} {
		s.set("message/custom/send", answer)
		_, err := a.Send(t.Context(), act("x"))
		if community.CodeOf(err) != class || errors.As(err, new(*connector.Uncertain)) {
			t.Errorf("%s: %v, want %s and certain", answer, err, class)
		}
	}
}

func TestHalfAMessageIsUncertain(t *testing.T) {
	s := newStage(t)
	a := s.opened()
	if _, err := a.Send(t.Context(), connector.Action{Direct: true, Member: "oAnn", Text: "x"}); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.cut = true
	s.mu.Unlock()
	_, err := a.Send(t.Context(), connector.Action{Direct: true, Member: "oAnn", Text: "x", Parts: []community.Part{{Content: community.Image, Media: "m"}}})
	if !errors.As(err, new(*connector.Uncertain)) || strings.Contains(err.Error(), "token-") {
		t.Errorf("a cut: %v, want uncertain and no token", err)
	}
}

func TestTokens(t *testing.T) {
	s := newStage(t)
	now := noon
	d := s.driver()
	d.Now = func() time.Time { return now }
	c, err := d.Open("mp", marshal(s.config()))
	if err != nil {
		t.Fatal(err)
	}
	a := c.(direct).account
	fetched := func() (n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, path := range s.asked {
			if path == "stable_token" {
				n++
			}
		}
		return n
	}
	s.set("menu/get", `{"menu":{"button":[{"type":"click","name":"帮助","key":"help"}]}}`)
	menu := func() {
		t.Helper()
		if b, err := a.Menu(t.Context()); err != nil || len(b) != 1 {
			t.Fatalf("menu %v, %v", b, err)
		}
	}
	menu()
	menu()
	if n := fetched(); n != 1 {
		t.Errorf("a token was fetched %d times for two calls", n)
	}
	now = now.Add(2 * time.Hour)
	menu()
	if n := fetched(); n != 2 {
		t.Errorf("a token was fetched %d times over two hours", n)
	}
	s.mu.Lock()
	s.tokens++ // somebody else made it invalid; the platform tells the new one
	s.mu.Unlock()
	menu()
	s.mu.Lock()
	s.bad[s.token()] = true // the stable token itself is refused: only force helps
	s.mu.Unlock()
	menu()
	if s.forced != 1 {
		t.Errorf("a token was forced %d times, want once", s.forced)
	}
	s.mu.Lock()
	s.bad[s.token()] = true
	s.mu.Unlock()
	if _, err := a.Menu(t.Context()); codeOf(err) != codeBadSecret || s.forced != 1 {
		t.Errorf("refused again at once: %v, forced %d times: a day has twenty", err, s.forced)
	}
}

func TestProbe(t *testing.T) {
	s := newStage(t)
	codes := func(a *account) string {
		var out []string
		for _, f := range a.Probe(t.Context()) {
			out = append(out, f.Check+"="+f.Code)
			if f.OK != (f.Code == "") || strings.Contains(f.Detail, testSecret) {
				t.Errorf("finding %+v", f)
			}
		}
		return strings.Join(out, " ")
	}
	expect := func(what, want string, a *account) {
		t.Helper()
		if got := codes(a); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	expect("not verified", "sign_in= clock= permission=48001 callback=not_running", s.opened())
	s.set("menu/get", `{"errcode":46003,"errmsg":"menu no exist"}`)
	a, _ := s.started()
	expect("no call yet", "sign_in= clock= permission= callback=not_seen", a)
	s.say("", "oAnn", "hello", noon)
	expect("all is well", "sign_in= clock= permission= callback=", a)
	d := s.driver()
	d.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	c, err := d.Open("mp", marshal(s.config()))
	if err != nil {
		t.Fatal(err)
	}
	expect("a slow clock", "sign_in= clock=clock_off permission= callback=not_running", c.(direct).account)
	s.set("stable_token", `{"errcode":40164,"errmsg":"invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist"}`)
	expect("an address that is not listed", "sign_in=40164 callback=not_running", s.opened())
	s.set("stable_token", `<html>Bad Gateway</html>`)
	expect("something in between", "sign_in=garbled callback=not_running", s.opened())
	s.api.Close()
	expect("nobody there", "sign_in=unreachable callback=not_running", s.opened())
}

func TestNoticesCodesAndMenus(t *testing.T) {
	s := newStage(t)
	c := s.opened().Client
	s.set("message/template/send", `{"errcode":0,"errmsg":"ok","msgid":200228332}`)
	n := Notice{To: "oAnn", Template: "T1", URL: "https://x", Values: map[string]string{"thing1": "到货"}, Key: "k1"}
	if id, err := c.SendTemplate(t.Context(), n); err != nil || id != 200228332 {
		t.Errorf("SendTemplate: %d, %v", id, err)
	}
	value := map[string]any{"thing1": map[string]any{"value": "到货"}}
	if d := cmp.Diff(map[string]any{"touser": "oAnn", "template_id": "T1", "url": "https://x", "client_msg_id": "k1", "data": value}, s.last()); d != "" {
		t.Errorf("template (-want +sent):\n%s", d)
	}
	s.set("message/subscribe/bizsend", `{"errcode":43101,"errmsg":"user refuse to accept the msg"}`)
	n.Mini = &MiniProgram{AppID: "wx1", Path: "a/b"}
	if err := c.SendNotice(t.Context(), n); community.CodeOf(err) != community.Forbidden || codeOf(err) != 43101 {
		t.Errorf("SendNotice: %v", err)
	}
	if d := cmp.Diff(map[string]any{"touser": "oAnn", "template_id": "T1", "page": "https://x", "data": value,
		"miniprogram": map[string]any{"appid": "wx1", "pagepath": "a/b"}}, s.last()); d != "" {
		t.Errorf("notice (-want +sent):\n%s", d)
	}

	s.set("qrcode/create", `{"ticket":"gQ==&x","expire_seconds":604800,"url":"http://weixin.qq.com/q/kZ"}`)
	code, err := c.CreateCode(t.Context(), "g-123", 7*24*time.Hour)
	if d := cmp.Diff(Code{Ticket: "gQ==&x", URL: "http://weixin.qq.com/q/kZ", Lasts: 7 * 24 * time.Hour,
		Picture: "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQ%3D%3D%26x"}, code); err != nil || d != "" {
		t.Errorf("CreateCode: %v (-want +got):\n%s", err, d)
	}
	scene := map[string]any{"scene": map[string]any{"scene_str": "g-123"}}
	if d := cmp.Diff(map[string]any{"action_name": "QR_STR_SCENE", "expire_seconds": 604800.0, "action_info": scene}, s.last()); d != "" {
		t.Errorf("code (-want +sent):\n%s", d)
	}
	if _, err := c.CreateCode(t.Context(), "g-123", 0); err != nil || s.last()["action_name"] != "QR_LIMIT_STR_SCENE" {
		t.Errorf("a code for ever: %v, %v", s.last(), err)
	}
	for scene, lasts := range map[string]time.Duration{"": 0, strings.Repeat("群", 65): 0, "a": -1, "b": 31 * 24 * time.Hour, "c": time.Second} {
		if _, err := c.CreateCode(t.Context(), scene, lasts); community.CodeOf(err) != community.Invalid {
			t.Errorf("CreateCode(%q, %v): %v, want Invalid", scene, lasts, err)
		}
	}

	s.set("menu/create", `{"errcode":0,"errmsg":"ok"}`)
	s.set("menu/delete", `{"errcode":0,"errmsg":"ok"}`)
	s.set("message/custom/typing", `{"errcode":0,"errmsg":"ok"}`)
	menu := []Button{{Type: "view", Name: "签到", URL: "https://x"}, {Name: "更多", Sub: []Button{{Type: "click", Name: "帮助", Key: "help"}}}}
	if err := errors.Join(c.SetMenu(t.Context(), menu), c.DeleteMenu(t.Context()), c.Typing(t.Context(), "oAnn")); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]Button{nil, slices.Repeat(menu, 2), {{Type: "view"}}, {{Name: "x"}}, {{Name: "x", Sub: slices.Repeat(menu, 3)}}} {
		if err := c.SetMenu(t.Context(), bad); community.CodeOf(err) != community.Invalid {
			t.Errorf("SetMenu(%v): %v, want Invalid", bad, err)
		}
	}
}

func TestSignIn(t *testing.T) {
	s := newStage(t)
	now := noon
	c := s.opened().Client
	c.now = func() time.Time { return now }
	address, err := c.AuthorizeURL("https://qun.example/m/back?c=1", ScopeBase, "session-1")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^https://open\.weixin\.qq\.com/connect/oauth2/authorize\?appid=` + testApp +
		`&redirect_uri=https%3A%2F%2Fqun\.example%2Fm%2Fback%3Fc%3D1&response_type=code&scope=snsapi_base&state=([a-zA-Z0-9]{1,128})#wechat_redirect$`)
	m := form.FindStringSubmatch(address)
	if m == nil {
		t.Fatalf("the address is %s", address)
	}
	state := m[1]
	if err := c.CheckState(state, "session-1"); err != nil {
		t.Error(err)
	}
	for what, c2 := range map[string][2]string{"another session": {state, "session-2"}, "no session": {state, ""}, "no state": {"", "session-1"},
		"a changed one": {"00" + state[2:], "session-1"}, "a cut one": {state[:20], "session-1"}} {
		if err := c.CheckState(c2[0], c2[1]); community.CodeOf(err) != community.Forbidden {
			t.Errorf("%s: %v, want Forbidden", what, err)
		}
	}
	now = now.Add(12 * time.Minute)
	if err := c.CheckState(state, "session-1"); community.CodeOf(err) != community.Forbidden {
		t.Errorf("after twelve minutes: %v, want Forbidden", err)
	}
	for _, bad := range [][3]string{{"qun", ScopeBase, "s"}, {"https://x", "all", "s"}, {"https://x", ScopeBase, ""}} {
		if _, err := c.AuthorizeURL(bad[0], bad[1], bad[2]); community.CodeOf(err) != community.Invalid {
			t.Errorf("AuthorizeURL%v: %v, want Invalid", bad, err)
		}
	}

	s.set("/sns/oauth2/access_token", `{"access_token":"person-token","expires_in":7200,"openid":"oAnn","scope":"snsapi_userinfo","unionid":"u1"}`)
	s.set("/sns/userinfo", `{"openid":"oAnn","nickname":"安","headimgurl":"https://p","unionid":"u1"}`)
	v, err := c.Visitor(t.Context(), "CODE")
	if err != nil || v.OpenID != "oAnn" || v.UnionID != "u1" || v.Snapshot {
		t.Errorf("Visitor: %+v, %v", v, err)
	}
	if p, err := c.Profile(t.Context(), v); err != nil || p != (Profile{OpenID: "oAnn", UnionID: "u1", Name: "安", Picture: "https://p"}) {
		t.Errorf("Profile: %+v, %v", p, err)
	}
	s.set("/sns/oauth2/access_token", `{"errcode":40163,"errmsg":"code been used"}`)
	if _, err := c.Visitor(t.Context(), "CODE"); community.CodeOf(err) != community.Conflict {
		t.Errorf("a code that was used: %v, want Conflict", err)
	}
	s.api.Close()
	if _, err := c.Visitor(t.Context(), "CODE"); community.CodeOf(err) != community.Unavailable || strings.Contains(err.Error(), testSecret) {
		t.Errorf("nobody there: %v, want Unavailable without the secret", err)
	}
}

func TestSignPage(t *testing.T) {
	s := newStage(t)
	c := s.opened().Client
	s.set("ticket/getticket", `{"errcode":0,"errmsg":"ok","ticket":"bxLd","expires_in":7200}`)
	for range 2 {
		p, err := c.SignPage(t.Context(), "https://qun.example/m?a=1#x")
		if err != nil || p.AppID != testApp || p.Signature != wxcrypt.SignPage("bxLd", p.Nonce, p.Timestamp, "https://qun.example/m?a=1") {
			t.Errorf("SignPage: %+v, %v", p, err)
		}
	}
	n := 0
	for _, path := range s.asked {
		if path == "ticket/getticket" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the ticket was fetched %d times", n)
	}
}

func TestOpenNamesTheFieldThatIsWrong(t *testing.T) {
	good := Config{AppID: "wx1", Secret: "s", Token: "abc", AESKey: testKey}
	for field, change := range map[string]func(*Config){
		"app_id":  func(c *Config) { c.AppID = " " },
		"secret":  func(c *Config) { c.Secret = "" },
		"token":   func(c *Config) { c.Token = "a b" },
		"aes_key": func(c *Config) { c.AESKey = "short" },
		"mode":    func(c *Config) { c.Mode = "mixed" },
	} {
		c := good
		change(&c)
		if _, err := (Driver{}).Open("mp", marshal(c)); community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), field) {
			t.Errorf("a wrong %s: %v, want Invalid with its name", field, err)
		}
	}
	if _, err := (Driver{}).Open("mp", marshal(good)); err != nil {
		t.Errorf("good settings with the zero driver: %v", err)
	}
}
