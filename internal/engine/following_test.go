package engine

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/mp"
	"qunying/connector/wire"
	"qunying/connector/wire/wxcrypt"
)

// front is the interface of an account that people follow, and what calls us for it.
type front struct {
	*world
	hook *httptest.Server

	mu    sync.Mutex
	menu  json.RawMessage // nil: none
	codes []string        // scenes
	fail  int             // errcode of the next call
	calls int             // to our hook
}

const frontToken = "fronttoken"

func newFront(t *testing.T, w *world) *front {
	t.Helper()
	f := &front{world: w}
	api := httptest.NewServer(http.HandlerFunc(f.answer))
	t.Cleanup(api.Close)
	w.plugIn(mp.Driver{Guard: wire.Guard{Private: true}, Base: api.URL, Now: w.now, First: 10 * time.Millisecond})
	t.Cleanup(func() {
		if a := w.e.accountNamed(1, "mp"); a != nil {
			a.halt()
		}
	})
	w.save("mp", AccountSettings{Driver: "mp", Config: map[string]any{"app_id": "wx1", "secret": "s", "token": frontToken, "mode": "plain"}}, 0)
	f.hook = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if h, ok := w.e.Hook(1, "mp"); ok {
			h.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(f.hook.Close)
	w.until("it is online", func() bool { return w.e.accountNamed(1, "mp").health().State == connector.Online })
	return f
}

func (f *front) answer(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var body struct {
		Button json.RawMessage `json:"button"`
		Info   struct {
			Scene struct {
				Text string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
		Seconds int `json:"expire_seconds"`
	}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			f.t.Error(err)
		}
	}
	path := strings.TrimPrefix(r.URL.Path, "/cgi-bin/")
	switch {
	case path == "stable_token":
		fmt.Fprint(w, `{"access_token":"t","expires_in":7200}`)
		return
	case f.fail != 0:
		fmt.Fprintf(w, `{"errcode":%d,"errmsg":"no"}`, f.fail)
		f.fail = 0
		return
	}
	switch path {
	case "qrcode/create":
		f.codes = append(f.codes, body.Info.Scene.Text)
		fmt.Fprintf(w, `{"ticket":"k","expire_seconds":%d,"url":"http://weixin.qq.com/q/%d"}`, body.Seconds, len(f.codes))
		return
	case "menu/get":
		if f.menu == nil {
			fmt.Fprint(w, `{"errcode":46003,"errmsg":"menu no exist"}`)
			return
		}
		fmt.Fprintf(w, `{"menu":{"button":%s}}`, f.menu)
		return
	case "menu/create":
		f.menu = body.Button
	case "menu/delete":
		f.menu = nil
	default:
		f.t.Errorf("called %s", path)
	}
	fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
}

// happen calls us about what somebody did.
func (f *front) happen(who, event, key string) {
	f.t.Helper()
	f.mu.Lock()
	f.calls++
	nonce := fmt.Sprint(f.calls)
	f.mu.Unlock()
	stamp := fmt.Sprint(f.now().Unix())
	query := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "signature": {wxcrypt.SignPlain(frontToken, stamp, nonce)}}
	body := fmt.Sprintf("<xml><ToUserName>gh_1</ToUserName><FromUserName>%s</FromUserName><CreateTime>%s</CreateTime><MsgType>event</MsgType><Event>%s</Event><EventKey>%s</EventKey></xml>", who, stamp, event, key)
	res, err := http.Post(f.hook.URL+"/?"+query.Encode(), "text/xml", strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		f.t.Fatalf("a call was answered with %d", res.StatusCode)
	}
}

func TestCodesOfAnAccountThatPeopleFollow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		f := newFront(t, w)
		ctx, e := t.Context(), w.e

		if _, err := e.AddSceneCode(ctx, 1, "wx", "key-0", NewSceneCode{Name: "海报"}, 7); community.CodeOf(err) != community.Unsupported {
			t.Errorf("of a network without codes: %v", err)
		}
		f.mu.Lock()
		f.fail = 48001
		f.mu.Unlock()
		if _, err := e.AddSceneCode(ctx, 1, "mp", "key-1", NewSceneCode{Name: "海报", Scene: "store", Lasts: 7 * 24 * time.Hour}, 7); community.CodeOf(err) != community.Forbidden {
			t.Fatalf("refused: %v", err)
		}
		var ids []string
		for range 2 { // what was refused may be repeated, what was made is not made again
			id, err := e.AddSceneCode(ctx, 1, "mp", "key-1", NewSceneCode{Name: "海报", Scene: "store", Lasts: 7 * 24 * time.Hour}, 7)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if _, err := e.AddSceneCode(ctx, 1, "mp", "key-2", NewSceneCode{Name: "另一张", Scene: "store"}, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("the same scene again: %v", err)
		}
		made, err := e.AddSceneCode(ctx, 1, "mp", "key-3", NewSceneCode{Name: "名片"}, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.codes) != 2 || ids[0] != ids[1] || f.codes[0] != "store" || len(f.codes[1]) < 10 {
			t.Errorf("made %v of %v", ids, f.codes)
		}

		f.happen("oAnn", "subscribe", "qrscene_store")
		f.happen("oBob", "subscribe", "")
		w.advance(time.Minute)
		f.happen("oAnn", "SCAN", "store")
		f.happen("oBob", "SCAN", "store")
		f.happen("oCid", "SCAN", f.codes[1])
		list, err := e.SceneCodes(ctx, 1, "mp")
		if err != nil || len(list) != 2 {
			t.Fatalf("codes %+v, %v", list, err)
		}
		at := map[string]UsedCode{list[0].ID: list[0], list[1].ID: list[1]}
		if u := at[ids[0]].Use; u.Followed != 1 || u.Scanned != 2 || u.People != 2 || !u.LastAt.Equal(w.now().Truncate(time.Second)) {
			t.Errorf("the poster was used %+v", u)
		}
		if u := at[made].Use; u.Followed != 0 || u.Scanned != 1 || u.People != 1 {
			t.Errorf("the card was used %+v", u)
		}
		if v := at[ids[0]].Value; v.Until != begin.Add(7*24*time.Hour).UnixMilli() || v.Holds != "http://weixin.qq.com/q/1" {
			t.Errorf("the poster is %+v", v)
		}

		if err := e.ChangeSceneCode(ctx, 1, "mp", ids[0], "门口海报", true, 0, 1, 7); err != nil {
			t.Fatal(err)
		}
		if err := e.ChangeSceneCode(ctx, 1, "mp", ids[0], "旧版本", false, 0, 1, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("changed on an old version: %v", err)
		}
		if err := e.ForgetSceneCode(ctx, 1, "mp", made, 1, 7); err != nil {
			t.Fatal(err)
		}
		if list, err = e.SceneCodes(ctx, 1, "mp"); err != nil || len(list) != 1 || list[0].Value != (SceneCode{"门口海报", "store", "http://weixin.qq.com/q/3", 0}) {
			t.Errorf("codes %+v, %v", list, err)
		}
		if got := (&corporation{world: w}).audits("following/mp/scene_code/"); len(got) != 4 {
			t.Errorf("audited: %v", got)
		}
	})
}

func TestMenuOfAnAccountThatPeopleFollow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		newFront(t, w)
		ctx, e := t.Context(), w.e
		list, mark, err := e.Menu(ctx, 1, "mp")
		if err != nil || len(list) != 0 || mark == "" {
			t.Fatalf("menu %+v %q, %v", list, mark, err)
		}
		view := connector.MenuButton{Type: "view", Name: "签到", URL: "https://qun.example/m"}
		menu := []connector.MenuButton{view, {Name: "更多", Sub: []connector.MenuButton{{Type: "miniprogram", Name: "商城", AppID: "wx2", Path: "index", URL: "https://x"}, view}}}
		for what, bad := range map[string][]connector.MenuButton{
			"four":          {view, view, view, view},
			"no name":       {{Type: "view", URL: "https://x"}},
			"a long name":   {{Type: "view", URL: "https://x", Name: "一二三四五六七八九"}},
			"no address":    {{Type: "view", Name: "签到", URL: "javascript:alert(1)"}},
			"no page":       {{Type: "miniprogram", Name: "商城", AppID: "wx2"}},
			"nothing to do": {{Name: "空"}},
			"three levels":  {{Name: "一", Sub: []connector.MenuButton{{Name: "二", Sub: menu}}}},
		} {
			if err := e.SaveMenu(ctx, 1, "mp", bad, mark, 7); community.CodeOf(err) != community.Invalid {
				t.Errorf("%s: %v, want Invalid", what, err)
			}
		}
		if err := e.SaveMenu(ctx, 1, "mp", menu, mark, 7); err != nil {
			t.Fatal(err)
		}
		if err := e.SaveMenu(ctx, 1, "mp", nil, mark, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("saved over what nobody saw: %v", err)
		}
		list, mark, err = e.Menu(ctx, 1, "mp")
		if d := cmp.Diff(menu, list); err != nil || d != "" {
			t.Errorf("%v (-saved +read):\n%s", err, d)
		}
		if err := e.SaveMenu(ctx, 1, "mp", nil, mark, 7); err != nil {
			t.Fatal(err)
		}
		if list, _, err = e.Menu(ctx, 1, "mp"); err != nil || len(list) != 0 {
			t.Errorf("taken away it is %+v, %v", list, err)
		}
		if got := (&corporation{world: w}).audits("connection/mp/menu"); len(got) != 2 {
			t.Errorf("audited: %v", got)
		}
	})
}
