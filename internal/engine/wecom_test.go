package engine

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	driver "qunying/connector/wecom"
	"qunying/connector/wecom/wecomtest"
	"qunying/connector/wire"
	"qunying/internal/automation"
	"qunying/internal/store"
)

// corporation is a simulated one that the world's engine is connected to as "app".
type corporation struct {
	*world
	*wecomtest.Server
}

func newCorporation(t *testing.T, w *world) *corporation {
	t.Helper()
	sim, err := wecomtest.New(wecomtest.Options{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	w.plugIn(driver.Driver{Guard: wire.Guard{Private: true}, Base: api.URL, Now: w.now})
	t.Cleanup(func() {
		if a := w.e.accountNamed(1, "app"); a != nil {
			a.halt()
		}
	})
	var config map[string]any
	if err := json.Unmarshal(sim.Config(), &config); err != nil {
		t.Fatal(err)
	}
	w.save("app", AccountSettings{Driver: "wecom", Config: config, AdoptAll: true}, 0)
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if h, ok := w.e.Hook(1, "app"); ok {
			h.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(hook.Close)
	c := &corporation{w, sim}
	c.until("it is online", func() bool { return w.e.accountNamed(1, "app").health().State == connector.Online })
	if err := sim.Hook(hook.URL); err != nil {
		t.Fatal(err)
	}
	return c
}

// until waits for what must come.
func (c *corporation) until(what string, is func() bool) {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		if time.Now().After(deadline) {
			c.t.Fatal("not in time: ", what)
		}
		<-tick.C
	}
}

// welcomes are those that arrived.
func (c *corporation) welcomes() (texts []string) {
	for _, p := range c.Posted() {
		if p.Kind == "welcome" {
			texts = append(texts, p.To+" "+p.Text)
		}
	}
	return texts
}

const customer, another = "wmSIM000000000000000000000001", "wmSIM000000000000000000000002"

func TestNewContactsAreWelcomedWithinTwentySeconds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := newCorporation(t, w)
		ctx := t.Context()
		if err := w.e.SaveContactWelcome(ctx, 1, "app", automation.ContactWelcome{On: true, Text: "你好，{name}"}, 0, 1); err != nil {
			t.Fatal(err)
		}
		settle := func() { w.decide(); w.dispatch() }
		settle()

		// Two at once, whom nothing tells apart but who they are.
		c.Befriend(customer, "小李", "zhang", "", w.now())
		c.Befriend(another, "小李", "zhang", "", w.now())
		w.decide()
		c.until("both welcomes", func() bool { w.dispatch(); return len(c.welcomes()) == 2 })
		if got := c.welcomes(); !slices.Contains(got, customer+" 你好，小李") || !slices.Contains(got, another+" 你好，小李") {
			t.Errorf("welcomed: %q", got)
		}

		// The platform takes a code once, for twenty seconds: what comes too late is
		// said to have failed, and is not sent again.
		c.Befriend("wmSIM000000000000000000000003", "小王", "zhang", "", w.now())
		w.decide()
		w.advance(21 * time.Second)
		c.until("the late one is given up", func() bool { w.dispatch(); return slices.Contains(w.states(), store.Expired) })
		c.Fail("/cgi-bin/externalcontact/send_welcome_msg", 1, wecomtest.Fault{Code: 41051})
		c.Befriend("wmSIM000000000000000000000004", "小张", "zhang", "", w.now())
		w.decide()
		c.until("the refused one has failed", func() bool { w.dispatch(); return slices.Contains(w.states(), store.Failed) })
		if n := len(c.welcomes()); n != 2 {
			t.Errorf("%d welcomes arrived, want 2", n)
		}

		// Off, nothing is said; and what WeCom tells late needs no welcome any more.
		if err := w.e.SaveContactWelcome(ctx, 1, "app", automation.ContactWelcome{Text: "你好"}, 1, 1); err != nil {
			t.Fatal(err)
		}
		before := len(w.outbox())
		w.decide()
		c.Befriend("wmSIM000000000000000000000005", "小赵", "zhang", "", w.now())
		settle()
		if n := len(w.outbox()); n != before {
			t.Errorf("%d actions, want %d", n, before)
		}
	})
}

// audits lists what the audit says of one sort.
func (c *corporation) audits(prefix string) (acts []string) {
	c.look(func(q store.Querier) error {
		rows, err := q.QueryContext(c.t.Context(), `SELECT act FROM audit WHERE community_id = 1 AND subject LIKE $1 ORDER BY audit_id`, prefix+"%")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var act string
			if err := rows.Scan(&act); err != nil {
				return err
			}
			acts = append(acts, act)
		}
		return rows.Err()
	})
	return acts
}

func TestGreetingsAndJoinCodesAreMadeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := newCorporation(t, w)
		ctx, e := t.Context(), w.e
		g := c.Found("", "福利群", "zhang")

		// The same request twice makes one, a request that failed may be repeated.
		const add = "/cgi-bin/externalcontact/group_welcome_template/add"
		c.Fail(add, 1, wecomtest.Fault{Code: 45009})
		if _, err := e.AddGreeting(ctx, 1, "app", "key-1", connector.Greeting{Text: "欢迎"}, true, 7); community.CodeOf(err) != community.Unavailable {
			t.Fatalf("refused for its rate: %v", err)
		}
		w.advance(time.Minute)
		var ids []string
		for range 2 {
			id, err := e.AddGreeting(ctx, 1, "app", "key-1", connector.Greeting{Text: "欢迎 %NICKNAME%"}, true, 7)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if ids[0] != ids[1] || c.Calls(add) != 2 {
			t.Errorf("made %v in %d calls", ids, c.Calls(add))
		}
		// Of one whose answer never came nobody knows; it is not made again.
		c.Fail(add, 1, wecomtest.Fault{Cut: true})
		if _, err := e.AddGreeting(ctx, 1, "app", "key-2", connector.Greeting{Text: "再欢迎"}, false, 7); !unsure(err) {
			t.Errorf("an answer that never came: %v", err)
		}
		if _, err := e.AddGreeting(ctx, 1, "app", "key-2", connector.Greeting{Text: "再欢迎"}, false, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("and again: %v", err)
		}
		list, err := e.Greetings(ctx, 1, "app")
		if err != nil || len(list) != 1 || list[0].Version != 1 || list[0].Value.Text != "欢迎 %NICKNAME%" {
			t.Fatalf("greetings %+v, %v", list, err)
		}
		changed := connector.Greeting{ID: ids[0], Text: "你好", Link: &connector.LinkedPage{Title: "群规", URL: "https://example.com"}}
		if err := e.ChangeGreeting(ctx, 1, "app", changed, 0, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("changed on an old version: %v", err)
		}
		if err := e.ChangeGreeting(ctx, 1, "app", changed, 1, 7); err != nil {
			t.Fatal(err)
		}
		p, err := able[connector.Greeter](e, 1, "app")
		if err != nil {
			t.Fatal(err)
		}
		if is, err := p.ReadGreeting(ctx, ids[0]); err != nil || is.Text != "你好" || is.Link == nil || is.Link.Title != "群规" {
			t.Errorf("on the platform it is %+v, %v", is, err)
		}
		if err := e.DeleteGreeting(ctx, 1, "app", ids[0], 2, 7); err != nil {
			t.Fatal(err)
		}
		if list, err := e.Greetings(ctx, 1, "app"); err != nil || len(list) != 0 {
			t.Errorf("greetings %+v, %v", list, err)
		}
		if got := c.audits("wecom/app/greeting/"); len(got) != 3 {
			t.Errorf("audited: %v", got)
		}

		id, err := e.AddJoinCode(ctx, 1, "app", "key-3", connector.JoinCode{Remark: "海报", Groups: []string{g}, Found: true, Name: "福利群", From: 2}, 7)
		if err != nil {
			t.Fatal(err)
		}
		code, err := e.JoinCode(ctx, 1, "app", id)
		if err != nil || code.State == "" || !code.Found || len(code.Rooms) != 1 || code.Rooms[0].Name != "福利群" {
			t.Fatalf("the code is %+v, %v", code, err)
		}
		for i, state := range []string{code.State, "", code.State} {
			m := wecomtest.Member{ID: customer + string(rune('a'+i)), Scene: 3, State: state}
			if err := c.Join(g, m, w.now()); err != nil {
				t.Fatal(err)
			}
		}
		if code, err = e.JoinCode(ctx, 1, "app", id); err != nil || code.Rooms[0].Members != 4 || code.Rooms[0].ByCode != 2 {
			t.Errorf("used it is %+v, %v", code, err)
		}
		if b, err := e.JoinCodePicture(ctx, 1, "app", id); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
			t.Errorf("its picture is %.8q, %v", b, err)
		}
		if err := e.ChangeJoinCode(ctx, 1, "app", connector.JoinCode{ID: id, Remark: "门店", Groups: []string{g}}, 1, 7); err != nil {
			t.Fatal(err)
		}
		if is, err := e.JoinCode(ctx, 1, "app", id); err != nil || is.State != code.State || is.Remark != "门店" || is.Found {
			t.Errorf("changed it is %+v, %v", is, err)
		}
		if err := e.DeleteJoinCode(ctx, 1, "app", id, 2, 7); err != nil {
			t.Error(err)
		}
	})
}

func TestOwnersTagsAndRules(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := newCorporation(t, w)
		ctx, e := t.Context(), w.e
		g, h := c.Found("", "群一", "zhang"), c.Found("", "群二", "li")
		c.Resign("zhang")
		c.until("both groups are read", func() bool {
			list, err := e.OwnedGroups(ctx, 1, "app")
			return err == nil && len(list) == 2 && list[0].Owner != "" && list[1].Owner != "" && list[0].ID != 0 && list[1].ID != 0
		})
		list, err := e.OwnedGroups(ctx, 1, "app")
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			if want := map[string]string{g: "resigned", h: "owned"}[o.Group]; o.State != want || o.Quota.Of != 31 || o.Quota.Left != 31 {
				t.Errorf("%+v, want it %s", o, want)
			}
		}
		failed, err := e.HandOver(ctx, 1, "app", []string{g, h}, "wang", true, 7)
		if err != nil || len(failed) != 1 || failed[0].Group != h || failed[0].Code != 90500 {
			t.Errorf("failed are %+v, %v", failed, err)
		}
		if is, _ := c.Chat(g); is.Owner != "wang" {
			t.Errorf("the owner is %s", is.Owner)
		}

		for range 2 { // what is there already stays
			if _, err := e.AddCorpTags(ctx, 1, "app", "意向", []string{"高", " 低 "}, 7); err != nil {
				t.Fatal(err)
			}
		}
		tags, err := e.CorpTags(ctx, 1, "app")
		if err != nil || len(tags) != 1 || len(tags[0].Tags) != 2 {
			t.Fatalf("the tags are %+v, %v", tags, err)
		}
		c.Befriend(customer, "小李", "zhang", "", w.now())
		if err := e.MarkCustomer(ctx, 1, "app", "zhang", customer, []string{tags[0].Tags[0].ID}, nil, 7); err != nil {
			t.Fatal(err)
		}
		who, next, err := e.CorpCustomers(ctx, 1, "app", "zhang", "")
		if err != nil || next != "" || len(who) != 1 || who[0].Name != "小李" || len(who[0].Tags) != 1 || who[0].Tags[0].ID != tags[0].Tags[0].ID {
			t.Errorf("the customers are %+v, %v", who, err)
		}
		if err := e.DeleteCorpTags(ctx, 1, "app", nil, []string{tags[0].ID}, 7); err != nil {
			t.Error(err)
		}

		id, err := e.AddWordRule(ctx, 1, "app", "key-1", connector.WordRule{Name: "广告", Words: []string{"返利"}, Colleagues: []string{"zhang"}}, 7)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.ChangeWordRule(ctx, 1, "app", connector.WordRule{ID: id, Name: "广告", Words: []string{"返利", "加微信"}, Phones: true, Colleagues: []string{"zhang"}}, 7); err != nil {
			t.Fatal(err)
		}
		if r, err := e.WordRule(ctx, 1, "app", id); err != nil || len(r.Words) != 2 || !r.Phones {
			t.Errorf("the rule is %+v, %v", r, err)
		}
		if err := e.DeleteWordRule(ctx, 1, "app", id, 7); err != nil {
			t.Error(err)
		}
		want := "group.hand_over tag.add tag.add tag.mark tag.delete word_rule.add word_rule.change word_rule.delete"
		if got := strings.Join(c.audits("connection/app/"), " "); got != want {
			t.Errorf("audited: %s", got)
		}
		if _, err := able[connector.Witness](e, 1, "app"); community.CodeOf(err) != community.Unsupported {
			t.Errorf("an app has no archive: %v", err)
		}
		if _, err := e.CorpTags(ctx, 1, "nobody"); community.CodeOf(err) != community.NotFound {
			t.Errorf("no connection: %v", err)
		}
	})
}

func TestPlatformCountsAreFetchedOnceADay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := newCorporation(t, w)
		c.Found("", "群一", "zhang")
		a := w.e.accountNamed(1, "app")
		const call = "/cgi-bin/externalcontact/groupchat/statistic"
		fetched := func() int {
			days, err := w.e.CountedDays(t.Context(), 1, "app", 30)
			if err != nil || len(days) != 30 {
				t.Fatalf("%d days, %v", len(days), err)
			}
			n := 0
			for _, d := range days {
				if d.Theirs != nil {
					n++
				}
			}
			return n
		}
		c.until("the first thirty days", func() bool { return fetched() == 30 })
		a.mend.Lock()   // what began with its being online is over
		a.mend.Unlock() //nolint:staticcheck // waiting is all
		before := c.Calls(call)
		w.e.fetchCounts(t.Context(), a)
		if n := c.Calls(call); n != before {
			t.Errorf("asked %d times more for what is known", n-before)
		}
		w.advance(24 * time.Hour)
		w.e.fetchCounts(t.Context(), a)
		if n := c.Calls(call); n != before+1 {
			t.Errorf("asked %d times for a new day", n-before)
		}
		days, err := w.e.CountedDays(t.Context(), 1, "app", 2)
		if err != nil || days[1].Theirs == nil || days[1].Theirs.NewGroups != 1 || days[1].Theirs.Members != 1 {
			t.Errorf("yesterday is %+v, %v", days[1].Theirs, err)
		}
	})
}
