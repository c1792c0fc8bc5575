package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

func TestCommandsReachTheMachine(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	var a OutboxEntryAnswer
	b.do("POST", root+"/communities/default/groups/7/messages", SendInput{Text: "早", At: 1772352000000}).want(http.StatusOK).read(&a)
	want := Command{Kind: community.MessageSend, Key: "a key of a test", By: 1, Group: 7, Text: "早", At: time.UnixMilli(1772352000000).UTC()}
	if diff := cmp.Diff(want, s.rest.command); diff != "" || a.AsOf != 9 || a.Entry.Text != "早" {
		t.Errorf("%s %+v", diff, a)
	}
	b.do("POST", root+"/communities/default/people/merge", MergeInput{[]community.IdentityID{4, 9}}).want(http.StatusOK)
	want = Command{Kind: community.PersonMerge, Key: "a key of a test", By: 1, Targets: []community.IdentityID{4, 9}}
	if diff := cmp.Diff(want, s.rest.command); diff != "" {
		t.Error(diff)
	}
	p := b.do("POST", root+"/communities/default/groups/7/messages", SendInput{Text: "早"}, "Idempotency-Key", "").problem(http.StatusUnprocessableEntity, "invalid")
	if len(p.Errors) != 1 || p.Errors[0].Location != "header.Idempotency-Key" {
		t.Errorf("%+v", p)
	}
}

func TestAnswersHaveNoNullLists(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("viewer")
	r := b.do("GET", root+"/communities/default/groups", nil).want(http.StatusOK)
	if body := string(r.Body); strings.Contains(body, "null") || !strings.Contains(body, `"groups":[]`) || !strings.Contains(body, `"as_of":42`) {
		t.Error(body)
	}
	r = b.do("GET", root+"/communities/default/groups/1/trend", nil).want(http.StatusOK)
	if body := string(r.Body); strings.Contains(body, "null") || !strings.Contains(body, `"messages":[]`) {
		t.Error(body)
	}
	n := 3.0
	shared := []*float64{nil, &n}
	in := TrendAnswer{Trend: Trend{Messages: shared}}
	out := noNullLists(in).(TrendAnswer)
	if in.Trend.T != nil || out.Trend.T == nil || out.Trend.Messages[0] != nil || *out.Trend.Messages[1] != 3 {
		t.Errorf("in %+v, out %+v", in, out)
	}
}

func TestDaysAndFilters(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("viewer")
	var a NumbersAnswer
	b.do("GET", root+"/communities/default/groups/1/numbers?from=2026-02-01&to=2026-02-28", nil).want(http.StatusOK).read(&a)
	if a.Period.From.String() != "2026-02-01" || a.Period.To.String() != "2026-02-28" {
		t.Errorf("%+v", a.Period)
	}
	b.do("GET", root+"/communities/default/messages?q=%E6%89%93%E5%8D%A1&group=3&person=4&content=text&from=2026-02-01&limit=7", nil).want(http.StatusOK)
	from, _ := community.ParseDay("2026-02-01")
	want := SearchQuery{Text: "打卡", Group: 3, Person: 4, Content: community.Text, Period: Period{From: from}, Limit: 7}
	if diff := cmp.Diff(want, s.rest.search); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{
		"groups/1/numbers?from=yesterday", "groups/1/numbers?from=2026-02-30", "groups/1/trend?grain=hour", "groups/0", "groups/x",
		"groups?limit=0", "groups?limit=201", "groups?sort=money", "messages?content=smoke", "groups/1/stream?before=4&after=5",
		"groups?cursor=x", "groups/1/numbers?from=2026-03-01&to=2026-02-01",
	} {
		b.do("GET", root+"/communities/default/"+bad, nil).problem(http.StatusUnprocessableEntity, "invalid")
	}
	b.do("GET", root+"/communities/elsewhere/groups", nil).problem(http.StatusNotFound, "not_found")
}

func TestPagesFollowEachOther(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("viewer")
	var first, second GroupsAnswer
	b.do("GET", root+"/communities/default/groups?sort=name", nil).want(http.StatusOK).read(&first)
	if first.Next == "" {
		t.Fatal("no second page")
	}
	b.do("GET", root+"/communities/default/groups?sort=name&cursor="+first.Next, nil).want(http.StatusOK).read(&second)
	if second.Next != "" || s.rest.after != (Place{Number: 7, Text: "群", ID: 3}) {
		t.Errorf("next %q, after %+v", second.Next, s.rest.after)
	}
	b.do("GET", root+"/communities/default/groups?sort=last&cursor="+first.Next, nil).problem(http.StatusUnprocessableEntity, "invalid")
	b.do("GET", root+"/communities/default/outbox?cursor="+first.Next, nil).problem(http.StatusUnprocessableEntity, "invalid")
}

func TestErrorsBecomeProblems(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	path := root + "/communities/default/groups/1"
	for code, status := range statusOf {
		s.rest.fail = &community.Error{Code: code, Text: "said", Hint: "advice", Err: errors.New("secret cause")}
		r := b.do("GET", path, nil)
		p := r.problem(status, string(code))
		if strings.Contains(string(r.Body), "secret") {
			t.Errorf("%s leaks its cause: %s", code, r.Body)
		}
		if code != community.Internal && (p.Detail != "said" || p.Hint != "advice") {
			t.Errorf("%s: %+v", code, p)
		}
		if code == community.Unavailable && r.Header.Get("Retry-After") == "" {
			t.Error("unavailable without Retry-After")
		}
	}
	for name, fail := range map[string]func(){
		"an error of elsewhere": func() { s.rest.fail = errors.New("secret cause") },
		"a panic":               func() { s.rest.crash = "secret cause" },
	} {
		s.rest.fail, s.rest.crash = nil, ""
		fail()
		r := b.do("GET", path, nil)
		p := r.problem(http.StatusInternalServerError, "internal")
		if strings.Contains(string(r.Body), "secret") || p.RequestID == "" || p.RequestID != r.Header.Get("X-Request-Id") {
			t.Errorf("%s: %s", name, r.Body)
		}
		found := false
		for line := range strings.Lines(s.log.String()) {
			found = found || strings.Contains(line, p.RequestID) && strings.Contains(line, "secret cause")
		}
		if !found {
			t.Errorf("%s: the log does not tell the cause under the request's ID", name)
		}
	}
	p := b.do("PUT", path+"/settings/welcome", Welcome{Text: new("hi"), Version: 1}).problem(http.StatusConflict, "conflict")
	if p.Hint == "" {
		t.Error("no hint")
	}
}

func TestBodies(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	path := root + "/communities/default/groups/1/messages"
	for name, c := range map[string]struct {
		body   string
		status int
		slug   string
	}{
		"empty":           {"", 400, "bad_request"},
		"half":            {`{"text": "a`, 400, "bad_request"},
		"no JSON":         {`text=a`, 400, "bad_request"},
		"another type":    {`{"text": 3}`, 422, "invalid"},
		"a list":          {`[]`, 422, "invalid"},
		"null":            {`null`, 422, "invalid"},
		"nothing in it":   {`{}`, 422, "invalid"},
		"an unknown name": {`{"text": "a", "texts": "b"}`, 422, "invalid"},
		"too long a text": {`{"text": "` + strings.Repeat("a", 5001) + `"}`, 422, "invalid"},
		"deep":            {strings.Repeat("[", 100_000), 400, "bad_request"},
		"large":           {`{"text": "` + strings.Repeat("a", smallBody) + `"}`, 413, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.do("POST", path, c.body, "Content-Type", "application/json")
			r.t = t
			r.problem(c.status, c.slug)
		})
	}
	b.do("POST", path, `text=a`, "Content-Type", "application/x-www-form-urlencoded").want(http.StatusUnsupportedMediaType)
}

func TestUploads(t *testing.T) {
	s := newStand(t, sqlite(t), func(o *Options) { o.MaxUpload = 3 << 20 })
	b := s.as("owner")
	path := root + "/communities/default/files?name=chat.txt"
	var a ImportAnswer
	b.do("POST", path, strings.Repeat("x", 2<<20), "Content-Type", "application/octet-stream").want(http.StatusOK).read(&a)
	if s.rest.uploaded != 2<<20 || a.Import.File != "chat.txt" {
		t.Errorf("%d bytes, %+v", s.rest.uploaded, a.Import)
	}
	b.do("POST", path, strings.Repeat("x", 3<<20+1)).problem(http.StatusRequestEntityTooLarge, "too_large")
	unsized := io.MultiReader(strings.NewReader(strings.Repeat("x", 3<<20)), strings.NewReader("x"))
	b.do("POST", path, unsized).problem(http.StatusRequestEntityTooLarge, "too_large")
	b.do("POST", root+"/communities/default/files", "x").problem(http.StatusUnprocessableEntity, "invalid")
	r := b.do("GET", root+"/communities/default/imports/1/rejects", nil).want(http.StatusOK)
	if string(r.Body) != "line,why\n3,no time\n" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("%s: %s", r.Header.Get("Content-Type"), r.Body)
	}
}

func TestUnknownPaths(t *testing.T) {
	b := newStand(t, sqlite(t)).browser()
	b.do("GET", "/api/v1/nothing", nil).problem(http.StatusNotFound, "not_found")
	b.do("GET", "/api/", nil).problem(http.StatusNotFound, "not_found")
	r := b.do("PATCH", root+"/session", nil)
	r.problem(http.StatusMethodNotAllowed, "method_not_allowed")
	if r.Header.Get("Allow") != "GET, POST, DELETE" {
		t.Errorf("Allow: %s", r.Header.Get("Allow"))
	}
}

func TestProbesAndMetrics(t *testing.T) {
	var notReady error
	s := newStand(t, sqlite(t), func(o *Options) {
		o.MetricsToken = "a token for metrics"
		o.Ready = func(context.Context) error { return notReady }
	})
	b := s.browser()
	b.do("GET", "/healthz", nil).want(http.StatusOK)
	b.do("GET", "/readyz", nil).want(http.StatusOK)
	notReady = errors.New("secret cause")
	if r := b.do("GET", "/readyz", nil).want(http.StatusServiceUnavailable); strings.Contains(string(r.Body), "secret") {
		t.Error("the probe leaks")
	}
	text := string(b.do("GET", "/metrics", nil).want(http.StatusOK).Body)
	if want := `qunying_http_requests_total{method="GET",route="GET /healthz",status="200"} 1`; !strings.Contains(text, want) {
		t.Errorf("no %s in\n%s", want, text)
	}
	b.do("GET", "/metrics", nil, "X-Forwarded-For", "192.0.2.7").problem(http.StatusForbidden, "forbidden") // through a proxy
	b.do("GET", "/metrics", nil, "X-Forwarded-For", "192.0.2.7", "Authorization", "Bearer wrong").want(http.StatusForbidden)
	b.do("GET", "/metrics", nil, "X-Forwarded-For", "192.0.2.7", "Authorization", "Bearer a token for metrics").want(http.StatusOK)

	r := httptest.NewRequest("GET", "http://192.0.2.1/metrics", nil)
	r.RemoteAddr = "192.0.2.9:4000"
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("metrics for a stranger: %d", w.Code)
	}
}

func TestShutdownIsClean(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("viewer")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(ctx, ln) }()
	s.url = strings.Replace("http://"+ln.Addr().String(), "[::]", "127.0.0.1", 1)
	b.do("GET", "/readyz", nil).want(http.StatusOK)
	l := b.listen("")
	cancel()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if _, _, ok := l.next(); ok || l.lines.Err() != nil {
		t.Errorf("the stream did not end: %v", l.lines.Err())
	}
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/readyz", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("ready after the end: %d", w.Code)
	}
}

func TestNeedsAreChecked(t *testing.T) {
	if _, err := New(Options{}); err == nil || !strings.Contains(err.Error(), "Needs.Groups") {
		t.Errorf("%v", err)
	}
}
