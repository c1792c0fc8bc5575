package wecom

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecom/wecomtest"
	"qunying/connector/wire"
)

const list = "/cgi-bin/externalcontact/groupchat/list"

func TestOneTokenIsFetchedForAll(t *testing.T) {
	s := set(t, nil)
	s.sim.Fail("/cgi-bin/gettoken", 1, wecomtest.Fault{Delay: 20 * time.Millisecond})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := s.a.client.GroupChats(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.sim.Tokens(); n != 1 {
		t.Errorf("%d tokens were fetched for 20 calls", n)
	}
}

func TestARefusedTokenIsFetchedAnewOnce(t *testing.T) {
	s := set(t, nil)
	must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
	s.sim.Expire() // 42001
	must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
	if n := s.sim.Tokens(); n != 2 {
		t.Errorf("%d tokens were fetched, want 2", n)
	}
	s.sim.Fail(list, 1, wecomtest.Fault{Code: 40014})
	must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
	s.sim.Fail(list, 2, wecomtest.Fault{Code: 40014})
	if _, err := s.a.client.GroupChats(t.Context()); community.CodeOf(err) != community.Unavailable || codeOf(err) != 40014 {
		t.Errorf("a token that is always refused: %v", err)
	}
	s.pass(3 * time.Hour)
	before := s.sim.Calls(list)
	must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
	if n := s.sim.Calls(list) - before; n != 1 {
		t.Errorf("an old token was tried: %d calls", n)
	}
}

func TestAFailedSignInIsNotHammered(t *testing.T) {
	s := set(t, nil)
	s.sim.Fail("/cgi-bin/gettoken", 1, wecomtest.Fault{Code: 40001})
	for range 5 {
		if _, err := s.a.client.GroupChats(t.Context()); community.CodeOf(err) != community.Forbidden || codeOf(err) != 40001 {
			t.Errorf("with a wrong secret: %v", err)
		}
	}
	if n := s.sim.Calls("/cgi-bin/gettoken"); n != 1 {
		t.Errorf("the sign-in was tried %d times at once", n)
	}
	s.pass(afterFailure)
	must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
}

func TestBusyIsTriedAgainWhenReading(t *testing.T) {
	s := set(t, nil)
	s.sim.Fail(list, 2, wecomtest.Fault{Code: -1})
	must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
	s.sim.Fail(list, 3, wecomtest.Fault{Code: -1})
	if _, err := s.a.client.GroupChats(t.Context()); community.CodeOf(err) != community.Unavailable {
		t.Errorf("busy for long: %v", err)
	}
}

func TestARateIsKeptToUntilTheNextMinute(t *testing.T) {
	s := set(t, nil)
	s.sim.Limit(list, 2)
	for range 2 {
		must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
	}
	for range 3 {
		if _, err := s.a.client.GroupChats(t.Context()); community.CodeOf(err) != community.Unavailable || codeOf(err) != 45009 {
			t.Errorf("over the rate: %v", err)
		}
	}
	if n := s.sim.Calls(list); n != 3 {
		t.Errorf("%d calls were made, want 2 and the one that was refused", n)
	}
	s.pass(time.Minute)
	must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
}

func TestErrorsSayWhatToDoAndKeepSecrets(t *testing.T) {
	for code, want := range map[int]community.Code{
		-1: community.Unavailable, 40001: community.Forbidden, 40013: community.Invalid, 40014: community.Unavailable, 42001: community.Unavailable,
		45009: community.Unavailable, 45033: community.Unavailable, 48002: community.Forbidden, 60011: community.Forbidden, 60020: community.Forbidden,
		41051: community.Conflict, 84061: community.NotFound, 40096: community.NotFound, 81013: community.NotFound, 701008: community.Forbidden,
		600018: community.Invalid, 99999: community.Invalid,
	} {
		err := refusal(code, "bad s3cret and t0ken, from ip: 203.0.113.7, more info", "s3cret", "t0ken", "")
		if community.CodeOf(err) != want || codeOf(err) != code {
			t.Errorf("%d is %s, want %s", code, community.CodeOf(err), want)
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%d tells a secret: %v", code, err)
		}
		if code == 60020 && !strings.Contains(err.Error(), "our address 203.0.113.7") {
			t.Errorf("the address is not named: %v", err)
		}
	}
	if len(refusal(1, strings.Repeat("好", 1000)).Error()) > 2000 {
		t.Error("a long message is not cut")
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	s := set(t, nil)
	must[[]ListedChat](t)(s.a.client.GroupChats(t.Context()))
	answer := ""
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/gettoken" {
			s.sim.ServeHTTP(w, r)
			return
		}
		fmt.Fprint(w, answer)
	}))
	defer odd.Close()
	c := newClient(odd.URL, s.sim.CorpID, s.sim.AgentID, s.sim.Secret, wire.Guard{Private: true}.Client(time.Second), s.now)
	for _, answer = range []string{"", "<html>", "[]", `{"errcode":"x"}`, `{"errcode":0,"group_chat_list":7}`, strings.Repeat("[", 1<<20)} {
		_, err := c.GroupChats(t.Context())
		var u *connector.Uncertain
		if community.CodeOf(err) != community.Unavailable || errors.As(err, &u) {
			t.Errorf("%.20q: %v, want Unavailable and, since nothing was to change, certain", answer, err)
		}
	}
	answer = `{"errcode":0,"group_chat_list":[],"next_cursor":"same"}`
	if _, err := c.GroupChats(t.Context()); err == nil {
		t.Error("a list without end is read")
	}
	s.sim.Fail("/cgi-bin/message/send", 1, wecomtest.Fault{Status: 502})
	_, err := s.a.Send(t.Context(), connector.Action{Direct: true, Member: "zhang", Text: "x"})
	var u *connector.Uncertain
	if !errors.As(err, &u) {
		t.Errorf("a sending that a proxy answered: %v, want uncertain", err)
	}
}

func TestOpenNamesTheField(t *testing.T) {
	const key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	good := `"corp_id":"ww1","agent_id":1000002,"secret":"s","token":"t","aes_key":"` + key + `"`
	if _, err := (Driver{}).Open("a", []byte("{"+good+`,"quota":"week","reconcile_hours":12}`)); err != nil {
		t.Errorf("good settings: %v", err)
	}
	for config, want := range map[string]string{
		strings.Replace(good, "ww1", " ", 1):          "corp_id",
		strings.Replace(good, "1000002", "0", 1):      "agent_id",
		strings.Replace(good, `"s"`, `""`, 1):         "secret",
		strings.Replace(good, `"t"`, `""`, 1):         "token",
		strings.Replace(good, key, key[1:], 1):        "EncodingAESKey",
		good + `,"quota":"year"`:                      "quota",
		good + `,"reconcile_hours":1000`:              "reconcile_hours",
		strings.Replace(good, "1000002", `"many"`, 1): "settings",
	} {
		_, err := Driver{}.Open("a", []byte("{"+config+"}"))
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), key[2:20]) {
			t.Errorf("%s: %v, want Invalid and %s", config, err, want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"errcode":0,"errmsg":"ok","group_chat":{"chat_id":"wr","member_list":[{"userid":"a","join_time":1}]}}`))
	f.Add([]byte(`{"errcode":60020,"errmsg":"not allow to access from your ip, from ip: 1.2.3.4"}`))
	c := newClient("", "ww", 1, "s", http.DefaultClient, time.Now)
	f.Fuzz(func(t *testing.T, body []byte) {
		var got struct {
			Chat GroupChat `json:"group_chat"`
		}
		if c.answered(wire.Answer{Status: 200, Header: http.Header{}, Body: body}, "token", &got) != nil {
			return
		}
		compare(nil, got.Chat, []change{{at: noon, detail: "del_member", who: []string{"x"}}}, noon)
		compare(&chat{joined: map[string]int64{"x": 1}}, got.Chat, nil, noon)
	})
}
