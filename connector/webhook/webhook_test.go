package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/webhook"
	"qunying/connector/wire"
	"qunying/connector/wire/signed"
)

// example is a block of the specification.
func example(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "```json "+name+"\n")
	block, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("docs/webhooks.md has no example %s", name)
	}
	return block
}

// account is one that takes events while the test runs.
type account struct {
	connector.Connector
	t    *testing.T
	stop func()

	mu     sync.Mutex
	seen   []connector.Observation
	refuse error
	hold   chan struct{} // not nil: emissions wait until it is closed
	online chan struct{}
}

func running(t *testing.T, config string) *account {
	t.Helper()
	c, err := webhook.Driver{Guard: wire.Guard{Private: true}}.Open("shop", []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	a := &account{Connector: c, t: t, online: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := c.Run(ctx, a.emit); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	a.stop = func() { cancel(); <-ended }
	t.Cleanup(a.stop)
	<-a.online
	return a
}

func (a *account) emit(_ context.Context, o ...connector.Observation) error {
	a.mu.Lock()
	hold, refuse := a.hold, a.refuse
	a.mu.Unlock()
	if o[0].Kind == community.ConnectionChanged {
		close(a.online)
		return nil
	}
	if hold != nil {
		<-hold
	}
	if refuse != nil {
		return refuse
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, o...)
	return nil
}

func (a *account) all() []connector.Observation {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

// post posts a body, signed unless sign changes that.
func (a *account) post(body string, change ...func(*http.Request)) (status int, answer map[string]any, header http.Header) {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	signed.Sign(r.Header, []byte(body), time.Now(), inSecret)
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	a.Connector.(connector.Receiver).ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		a.t.Errorf("answered %s", w.Body)
	}
	return w.Code, answer, w.Header()
}

const inOnly = `{"secret":"` + inSecret + `"}`

func TestTheSpecificationsExamplesAreTaken(t *testing.T) {
	a := running(t, inOnly)
	status, answer, _ := a.post(example(t, "events"))
	if status != http.StatusOK || answer["accepted"] != 10.0 {
		t.Fatalf("%d %v", status, answer)
	}
	seen := a.all()
	first, second := seen[0], seen[1]
	if first.Kind != community.MessagePosted || first.Text != "@阿芳 打卡 第3天" || first.Sender != (connector.Member{ID: "u-42", Name: "小李"}) ||
		first.GroupName != "Tea lovers" || first.Content != community.Text || len(first.Mentions) != 1 || !first.At.Equal(time.UnixMilli(1772323200000)) {
		t.Errorf("the first is %+v", first)
	}
	if second.Content != community.Image || second.Data["url"] == "" || second.ReplyTo != "m-1" {
		t.Errorf("the second is %+v", second)
	}
	if r := seen[2]; r.Data["message"] != "m-2" {
		t.Errorf("the recall is %+v", r)
	}
	if m := seen[5]; m.Data["until"] != "1772326800000" || m.Operator.ID != "u-7" {
		t.Errorf("the mute is %+v", m)
	}
	if r := seen[7]; len(r.Members) != 2 {
		t.Errorf("the roster is %+v", r)
	}
	if d := seen[8]; !d.Direct || d.Group != "" {
		t.Errorf("the direct message is %+v", d)
	}
	if x := seen[9]; x.Kind != community.PlatformOther || !bytes.Contains(x.Raw, []byte(`"order": 991`)) {
		t.Errorf("the sender's own kind is %+v", x)
	}
}

func TestABatchWithAMistakeIsStoredNotAtAll(t *testing.T) {
	a := running(t, inOnly)
	good := `{"kind":"message.posted","id":"1","group":"g","at":1772323260000,"sender":{"id":"u"}}`
	for bad, field := range map[string]string{
		`7`: "",
		`{"kind":"message.posted","id":"1","group":"g","at":1772323260000,"sender":{"id":"u"},"txet":"x"}`:           "",
		`{"kind":"mesage.posted","id":"1","group":"g","at":1772323260000}`:                                           "kind",
		`{"kind":"connection.changed","id":"1","group":"g","at":1772323260000}`:                                      "kind",
		`{"kind":"action.ask","id":"1","group":"g","at":1772323260000}`:                                              "kind",
		`{"kind":"message.posted","group":"g","at":1772323260000,"sender":{"id":"u"}}`:                               "id",
		`{"kind":"message.posted","id":"1","at":1772323260000,"sender":{"id":"u"}}`:                                  "group",
		`{"kind":"message.posted","id":"1","group":"g","direct":true,"at":1772323260000,"sender":{"id":"u"}}`:        "group",
		`{"kind":"message.posted","id":"1","group":"g","sender":{"id":"u"}}`:                                         "at",
		`{"kind":"message.posted","id":"1","group":"g","at":1772323260,"sender":{"id":"u"}}`:                         "at",
		`{"kind":"message.posted","id":"1","group":"g","at":1772323260000}`:                                          "sender",
		`{"kind":"message.posted","id":"1","group":"g","at":1772323260000,"sender":{"id":"u"},"content":"hologram"}`: "content",
		`{"kind":"message.posted","id":"1","group":"g","at":1772323260000,"sender":{"id":"u"},"action_key":"zz"}`:    "action_key",
		`{"kind":"message.posted","id":"1","group":"g","at":1772323260000,"sender":{"id":"u"},"raw":{}}`:             "raw",
		`{"kind":"message.recalled","id":"1","group":"g","at":1772323260000}`:                                        "message",
		`{"kind":"member.renamed","id":"1","group":"g","at":1772323260000,"sender":{"id":"u"}}`:                      "name",
		`{"kind":"group.renamed","id":"1","group":"g","at":1772323260000}`:                                           "text",
		`{"kind":"roster.taken","id":"1","group":"g","at":1772323260000}`:                                            "members",
		`{"kind":"x.y","id":"` + strings.Repeat("1", 201) + `","group":"g","at":1772323260000}`:                      "id",
		`{"kind":"x.y","id":"1","group":"g","at":1772323260000,"text":"` + strings.Repeat("长", 50_001) + `"}`:        "text",
		`{"kind":"x.y","id":"1","group":"g","at":1772323260000,"data":{"a":"` + strings.Repeat("x", 2001) + `"}}`:    "data",
	} {
		status, answer, _ := a.post(`{"events":[` + good + `,` + bad + `]}`)
		list, _ := answer["errors"].([]any)
		if status != http.StatusBadRequest || len(list) != 1 {
			t.Errorf("%.80s: %d %v", bad, status, answer)
			continue
		}
		w := list[0].(map[string]any)
		got, _ := w["field"].(string)
		if w["index"] != 1.0 || got != field || w["text"] == "" {
			t.Errorf("%.80s: %v, want field %q", bad, w, field)
		}
	}
	if n := len(a.all()); n > 0 {
		t.Errorf("%d events of refused batches were stored", n)
	}
}

func TestWhoPostsIsChecked(t *testing.T) {
	a := running(t, inOnly)
	body := `{"events":[]}`
	for about, x := range map[string]struct {
		change func(*http.Request)
		body   string
		want   int
	}{
		"good":        {func(*http.Request) {}, body, 200},
		"unsigned":    {func(r *http.Request) { r.Header.Del(signed.SignatureHeader) }, body, 401},
		"wrong":       {func(r *http.Request) { signed.Sign(r.Header, []byte(body), time.Now(), outSecret) }, body, 401},
		"old":         {func(r *http.Request) { signed.Sign(r.Header, []byte(body), time.Now().Add(-time.Hour), inSecret) }, body, 401},
		"a GET":       {func(r *http.Request) { r.Method = http.MethodGet }, body, 405},
		"too long":    {func(*http.Request) {}, strings.Repeat(" ", 1<<20+1), 413},
		"too many":    {func(*http.Request) {}, `{"events":[0` + strings.Repeat(",0", 500) + `]}`, 413},
		"no JSON":     {func(*http.Request) {}, `<xml/>`, 400},
		"another one": {func(*http.Request) {}, `{"event":{}}`, 400},
		"two":         {func(*http.Request) {}, `{"events":[]}{"events":[]}`, 400},
	} {
		if status, answer, _ := a.post(x.body, x.change); status != x.want || status != 200 && answer["text"] == "" {
			t.Errorf("%s: %d %v, want %d", about, status, answer, x.want)
		}
	}
}

func TestNothingIsAcceptedBeforeItIsStored(t *testing.T) {
	a := running(t, inOnly)
	body := `{"events":[{"kind":"message.posted","id":"1","group":"g","at":1772323260000,"sender":{"id":"u"}}]}`
	a.mu.Lock()
	a.refuse = community.Errorf(community.Unavailable, "the disk is full, says /secret/path")
	a.mu.Unlock()
	status, answer, header := a.post(body)
	if status != 503 || header.Get("Retry-After") == "" || strings.Contains(fmt.Sprint(answer), "secret") {
		t.Errorf("refused by the log: %d %v", status, answer)
	}
	a.mu.Lock()
	a.refuse, a.hold = nil, make(chan struct{})
	hold := a.hold
	a.mu.Unlock()

	var busy sync.WaitGroup
	var release sync.Once
	statuses := make(chan int, 40)
	for range 40 {
		busy.Go(func() {
			status, _, _ := a.post(body)
			statuses <- status
			if status == http.StatusTooManyRequests && len(statuses) == 24 {
				release.Do(func() { close(hold) })
			}
		})
	}
	busy.Wait()
	count := map[int]int{}
	for range 40 {
		count[<-statuses]++
	}
	if count[200] != 16 || count[429] != 24 {
		t.Errorf("of 40 at once while the log stands still: %v, want 16 taken and 24 sent away", count)
	}
	a.stop()
	if status, _, _ := a.post(body); status != 503 {
		t.Errorf("after Run ended: %d", status)
	}
}

func TestWhatAnswersToActionsMean(t *testing.T) {
	status, body := 200, ""
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status == 302 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer to.Close()
	a := running(t, `{"secret":"`+inSecret+`","out_secret":"`+outSecret+`","url":"`+to.URL+`","can":["send"],"people":"remove"}`)
	for _, x := range []struct {
		status    int
		body      string
		code      community.Code
		uncertain bool
		id        string
	}{
		{200, `{"message_id":"m1","at":1772323260000}`, "", false, "m1"},
		{204, ``, "", false, ""},
		{200, `thanks`, "", false, ""},
		{409, `{"message_id":"m1"}`, "", false, "m1"},
		{400, `{"text":"no such sticker"}`, community.Invalid, false, ""},
		{401, ``, community.Forbidden, false, ""},
		{404, ``, community.NotFound, false, ""},
		{501, ``, community.Unsupported, false, ""},
		{302, ``, community.Invalid, false, ""},
		{429, ``, community.Unavailable, false, ""},
		{503, ``, community.Unavailable, false, ""},
		{500, ``, community.Unavailable, true, ""},
	} {
		status, body = x.status, x.body
		r, err := a.Send(t.Context(), connector.Action{Group: "g", Text: "x"})
		var u *connector.Uncertain
		if (err == nil) != (x.code == "") || err != nil && community.CodeOf(err) != x.code || errors.As(err, &u) != x.uncertain || r.MessageID != x.id {
			t.Errorf("%d %s: %+v, %v; want code %q, uncertain %v, message %q", x.status, x.body, r, err, x.code, x.uncertain, x.id)
		}
		if x.status == 400 && !strings.Contains(err.Error(), "no such sticker") {
			t.Errorf("why is not told: %v", err)
		}
	}
	c := a.Capabilities("g")
	if c.Send != connector.Machine || c.Remove != connector.Human || c.Mute != connector.Nobody || !c.Deduplicates {
		t.Errorf("capabilities are %+v", c)
	}
	if err := a.Connector.(connector.Remover).Remove(t.Context(), connector.Action{Group: "g", Member: "u"}); community.CodeOf(err) != community.Unsupported {
		t.Errorf("what only people do: %v", err)
	}
}

func TestTheSpecificationsActionIsWhatGoesOut(t *testing.T) {
	var got []byte
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		got = b.Bytes()
		if err := signed.Verify(r.Header, got, time.Now(), outSecret); err != nil {
			t.Error(err)
		}
	}))
	defer to.Close()
	a := running(t, `{"secret":"`+inSecret+`","out_secret":"`+outSecret+`","url":"`+to.URL+`","can":"send"}`)
	_, err := a.Send(t.Context(), connector.Action{Key: community.Key{0x5b, 0x0c, 0x41, 0xfe, 0x2f, 0x6a, 0x4f, 0x0e, 0x9d, 0x6f, 0x0c, 0x3f, 0x6c, 0x9a, 0x1e, 0x22},
		Group: "tea", Text: "欢迎 @王五", Mentions: []connector.Member{{ID: "u-50", Name: "王五"}}, ReplyTo: "m-1"})
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(example(t, "action"))); err != nil {
		t.Fatal(err)
	}
	if string(got) != want.String() {
		t.Errorf("went out as\n%s\nwant\n%s", got, want.String())
	}
}

func TestPrivateAddressesAreNotCalled(t *testing.T) {
	c, err := webhook.Driver{}.Open("shop", []byte(`{"secret":"`+inSecret+`","out_secret":"`+outSecret+`","url":"http://127.0.0.1:1/","can":"send"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), connector.Action{Group: "g", Text: "x"}); community.CodeOf(err) != community.Forbidden {
		t.Errorf("Send to a private address: %v, want Forbidden", err)
	}
	found := c.(connector.Prober).Probe(t.Context())
	if len(found) != 2 || found[0].Code != "waiting" || found[1].Code != "private" {
		t.Errorf("found %+v", found)
	}
}

func TestOpenSaysWhichSettingIsWrong(t *testing.T) {
	for config, part := range map[string]string{
		`{}`:                 "secret",
		`{"secret":"short"}`: "secret",
		`{"secret":"` + inSecret + `","url":"ftp://x"}`:                                                                   "url",
		`{"secret":"` + inSecret + `","url":"https://u:p@x"}`:                                                             "url",
		`{"secret":"` + inSecret + `","url":"https://x"}`:                                                                 "out_secret",
		`{"secret":"` + inSecret + `","url":"https://x","out_secret":"` + inSecret + `"}`:                                 "out_secret",
		`{"secret":"` + inSecret + `","url":"https://x","out_secret":"` + outSecret + `","can":"send,fly"}`:               "can",
		`{"secret":"` + inSecret + `","url":"https://x","out_secret":"` + outSecret + `","can":"send","people":["swim"]}`: "people",
	} {
		_, err := webhook.Driver{}.Open("shop", []byte(config))
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), inSecret) {
			t.Errorf("%s: %v, want an error about %s", config, err, part)
		}
	}
}

func TestEverythingHasWords(t *testing.T) {
	b, err := os.ReadFile("../../docs/connectors/webhook.texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var languages map[string]struct {
		Fields        map[string]any
		Checks, Codes map[string]string
	}
	if err := json.Unmarshal(b, &languages); err != nil || len(languages) != 2 {
		t.Fatalf("%d languages, %v", len(languages), err)
	}
	for language, w := range languages {
		for _, f := range (webhook.Driver{}).About().Fields {
			if w.Fields[f.Name] == nil {
				t.Errorf("%s: no words for %s", language, f.Name)
			}
		}
		for _, x := range []string{"callback", "address"} {
			if w.Checks[x] == "" {
				t.Errorf("%s: no words for the check %s", language, x)
			}
		}
		for _, x := range []string{"waiting", "refused", "unreachable", "private", "failed"} {
			if w.Codes[x] == "" {
				t.Errorf("%s: no words for the code %s", language, x)
			}
		}
	}
}
