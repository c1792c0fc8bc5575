package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/api"
)

// patience is how long a test waits for what must come.
const patience = 3 * time.Minute

// site is a running server and somebody who is signed in to it.
type site struct {
	t      *testing.T
	base   string
	client *http.Client
}

// text collects what the server logs.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *text) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *text) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts the server, reads what it prints and sets it up; at the end of
// the test it must stop by itself.
func serve(t *testing.T) *site {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stdout, w := io.Pipe()
	log := &text{}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--setup-link", "--demo"}, w, log)
		w.Close()
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case n := <-code:
			if n != 0 {
				t.Errorf("the server ended with %d:\n%s", n, log)
			}
			for line := range strings.Lines(log.String()) {
				// A file that cannot be read is the person's, not the server's.
				if strings.Contains(line, `"level":"ERROR"`) && !strings.Contains(line, `"import failed"`) {
					t.Error("in the log: ", line)
				} else if t.Failed() && !strings.Contains(line, `"level":"INFO"`) {
					t.Log(line)
				}
			}
		case <-time.After(patience):
			t.Error("the server did not stop")
		}
	})
	lines := bufio.NewScanner(stdout)
	var printed []string
	for len(printed) < 2 && lines.Scan() {
		printed = append(printed, lines.Text())
	}
	if len(printed) < 2 {
		t.Fatalf("printed %q:\n%s", printed, log)
	}
	address, ok := strings.CutPrefix(printed[0], "Qunying is running at ")
	link, err := url.Parse(printed[1])
	if !ok || err != nil || link.Path != "/setup" || link.Scheme+"://"+link.Host != address || strings.HasSuffix(address, ":0") {
		t.Fatalf("printed %q", printed)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, base: address + "/api/v1", client: &http.Client{Jar: jar, Timeout: patience}}
	t.Cleanup(s.client.CloseIdleConnections)

	var before, after api.SessionAnswer
	s.must(http.MethodGet, "/session", nil, &before)
	if !before.SetupNeeded || before.Staff != nil || !before.Demo {
		t.Errorf("before the setup: %+v", before)
	}
	if status := s.do(http.MethodGet, "/communities/default/groups", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("groups are shown to strangers: %d", status)
	}
	in := map[string]string{"token": link.Query().Get("token"), "name": "群主", "password": "correct horse battery"}
	s.must(http.MethodPost, "/setup", in, &after)
	if after.Staff == nil || after.Staff.Name != "群主" || after.Staff.Role != "owner" {
		t.Errorf("after the setup: %+v", after)
	}
	if status := s.do(http.MethodPost, "/setup", in, nil); status != http.StatusForbidden {
		t.Errorf("the link worked twice: %d", status)
	}
	s.base += "/communities/default"
	return s
}

// do sends a request and answers its status; in is JSON, or bytes as they are.
func (s *site) do(method, path string, in, out any, header ...string) int {
	s.t.Helper()
	var body io.Reader
	kind := "application/json"
	switch v := in.(type) {
	case nil:
	case []byte:
		body, kind = bytes.NewReader(v), "application/octet-stream"
	default:
		b, err := json.Marshal(in)
		if err != nil {
			s.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if into, ok := out.(*string); ok {
		*into = string(b)
	} else if out != nil {
		if err := json.Unmarshal(b, out); err != nil {
			s.t.Fatalf("%s %s: %d %s: %v", method, path, res.StatusCode, b, err)
		}
	}
	if res.StatusCode >= 500 && res.StatusCode != http.StatusNotImplemented {
		s.t.Errorf("%s %s: %d %s", method, path, res.StatusCode, b)
	}
	return res.StatusCode
}

func (s *site) must(method, path string, in, out any, header ...string) {
	s.t.Helper()
	var raw string
	if status := s.do(method, path, in, &raw, header...); status != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s", method, path, status, raw)
	}
	if out == nil {
		return
	}
	if into, ok := out.(*string); ok {
		*into = raw
	} else if err := json.Unmarshal([]byte(raw), out); err != nil {
		s.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
	}
}

// until asks until the answer is there.
func (s *site) until(what string, there func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !there() {
		select {
		case <-poll.C:
		case <-ctx.Done():
			s.t.Fatal("this did not come: ", what)
		}
	}
}

// upload brings a file and waits until it has been looked through.
func (s *site) upload(name, content string) api.Import {
	s.t.Helper()
	var a api.ImportAnswer
	s.must(http.MethodPost, "/files?name="+url.QueryEscape(name), []byte(content), &a)
	return s.await(a.Import.ID, "ready", "failed")
}

// await waits until an import is in one of the states.
func (s *site) await(id int64, states ...string) (i api.Import) {
	s.t.Helper()
	s.until(fmt.Sprint(states), func() bool {
		var a api.ImportAnswer
		s.must(http.MethodGet, fmt.Sprint("/imports/", id), nil, &a)
		i = a.Import
		for _, state := range states {
			if i.State == state {
				return true
			}
		}
		if i.State == "failed" {
			s.t.Fatalf("the import failed: %s (%s)", i.Error, i.Hint)
		}
		return false
	})
	return i
}

func (s *site) step(id int64, step string) {
	s.t.Helper()
	s.must(http.MethodPost, fmt.Sprint("/imports/", id, "/", step), nil, nil)
}

func TestServe(t *testing.T) {
	s := serve(t)
	for _, part := range []struct {
		name string
		test func(*site)
	}{
		{"import", (*site).testImport}, {"unknown columns", (*site).testColumns}, {"cancel and resume", (*site).testCancel},
		{"member list", (*site).testRoster}, {"what is not there", (*site).testNothingThere}, {"send", (*site).testSend},
	} {
		t.Run(part.name, func(t *testing.T) {
			on := *s
			on.t = t
			part.test(&on)
		})
	}
}

func (s *site) testImport() {
	t := s.t
	i := s.upload("读书会.csv", chat)
	if i.State != "ready" || i.By != "群主" || i.Preview == nil || i.Preview.Rows != 4 || i.Preview.Rejects != 1 || len(i.Preview.Groups) != 1 {
		t.Fatalf("preview: %+v %+v", i, i.Preview)
	}
	if g := i.Preview.Groups[0]; g.Name != "读书会" || g.Group != 0 || g.People != 2 || g.Rows != 3 || g.Messages != 3 {
		t.Errorf("the group of the preview: %+v", g)
	}
	s.step(i.ID, "start")
	s.step(i.ID, "start") // twice changes nothing
	i = s.await(i.ID, "done")
	if r := i.Result; r == nil || r.Imported != 3 || r.Duplicates != 0 || r.Rejected != 1 || r.Members != 2 || len(r.Groups) != 1 || len(r.Names) != 1 || r.Names[0] != "读书会" || r.RejectFile != "rejects.csv" {
		t.Fatalf("result: %+v", i.Result)
	}
	var rejects string
	s.must(http.MethodGet, fmt.Sprint("/imports/", i.ID, "/rejects"), nil, &rejects)
	if !strings.Contains(rejects, "nonsense") || !strings.Contains(rejects, "读书会.csv") {
		t.Errorf("rejects:\n%s", rejects)
	}
	s.until("the numbers of the import", func() bool {
		var a api.NumbersAnswer
		s.must(http.MethodGet, fmt.Sprint("/groups/", i.Result.Groups[0], "/numbers"), nil, &a)
		for _, n := range a.Numbers {
			if n.Metric == "messages" && n.Value != nil {
				return *n.Value == 3
			}
		}
		return false
	})
	second := s.upload("读书会.csv", chat)
	if second.Preview.Groups[0].Group != i.Result.Groups[0] {
		t.Errorf("the group is not known again: %+v", second.Preview.Groups[0])
	}
	s.step(second.ID, "start")
	if r := s.await(second.ID, "done").Result; r.Imported != 0 || r.Duplicates != 3 || r.Rejected != 1 {
		t.Errorf("imported twice: %+v", r)
	}
	if status := s.do(http.MethodPatch, fmt.Sprint("/imports/", i.ID), map[string]string{"zone": "UTC"}, nil); status != http.StatusConflict {
		t.Errorf("a finished import was changed: %d", status)
	}
	if status := s.do(http.MethodGet, "/imports/999", nil, nil); status != http.StatusNotFound {
		t.Errorf("there is import 999: %d", status)
	}
}

// testNothingThere asks every reading route for what does not exist: it is told so,
// with what to do, and never answers as if it were there.
func (s *site) testNothingThere() {
	document, err := api.Document()
	if err != nil {
		s.t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
			}
		}
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		s.t.Fatal(err)
	}
	const prefix = "/api/v1/communities/{community}"
	param, asked := regexp.MustCompile(`\{\w+\}`), 0
	for path, methods := range doc.Paths {
		op, reads := methods["get"]
		path, here := strings.CutPrefix(path, prefix)
		if !reads || !here || !strings.Contains(path, "{") {
			continue
		}
		asked++
		query := url.Values{}
		for _, p := range op.Parameters {
			if p.In == "query" && p.Required {
				query.Set(p.Name, "1")
			}
		}
		path = param.ReplaceAllString(path, "999999999") + "?" + query.Encode()
		var p api.Problem
		if status := s.do(http.MethodGet, path, nil, &p); status != http.StatusNotFound && status != http.StatusUnprocessableEntity || p.Detail == "" || p.Hint == "" {
			s.t.Errorf("GET %s, which is not there: %d %+v", path, status, p)
		}
	}
	if asked < 60 {
		s.t.Errorf("only %d routes were asked", asked)
	}
}

func (s *site) testColumns() {
	i := s.upload("table.csv", "A,B,C\n2021-05-01 08:00:00,li,a\n2021-05-01 08:00:01,hua,b\n")
	if i.State != "failed" || i.Error == "" || i.Hint == "" || i.Preview == nil || strings.Join(i.Preview.Columns, " ") != "A B C" {
		s.t.Fatalf("a table that nobody can read: %+v %+v", i, i.Preview)
	}
	path := fmt.Sprint("/imports/", i.ID)
	if status := s.do(http.MethodPatch, path, map[string]string{"map": "colour=A"}, nil); status != http.StatusUnprocessableEntity {
		s.t.Errorf("a bad map: %d", status)
	}
	s.must(http.MethodPatch, path, map[string]string{"map": "time=A,sender=B,text=C"}, nil)
	i = s.await(i.ID, "ready")
	if i.Preview.Rows != 2 || i.Preview.Rejects != 0 || i.Preview.Map == "" || i.Error != "" || len(i.Preview.Sample) != 2 || i.Preview.Sample[0].Text != "a" {
		s.t.Errorf("after the columns were named: %+v %+v", i, i.Preview)
	}
	s.step(i.ID, "start")
	if r := s.await(i.ID, "done").Result; r.Imported != 2 {
		s.t.Errorf("result: %+v", r)
	}
}

func (s *site) testCancel() {
	const rows = 4000
	var b strings.Builder
	b.WriteString("time,sender,text\n")
	at := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range rows {
		fmt.Fprintf(&b, "%s,member%d,line %d\n", at.Add(time.Duration(n)*time.Minute).Format(time.DateTime), n%50, n)
	}
	i := s.upload("long.csv", b.String())
	s.step(i.ID, "cancel")
	s.await(i.ID, "cancelled")
	s.step(i.ID, "resume") // cancelled before it started
	s.step(i.ID, "cancel") // and while it runs
	if i = s.await(i.ID, "cancelled", "done"); i.State == "cancelled" {
		s.step(i.ID, "cancel")
		s.step(i.ID, "resume")
	}
	i = s.await(i.ID, "done")
	if r := i.Result; r.Imported != rows || r.Duplicates != 0 || r.Rejected != 0 {
		s.t.Errorf("after cancel and resume: %+v", r)
	}
	s.until("all messages of the group", func() bool {
		var a api.GroupAnswer
		s.must(http.MethodGet, fmt.Sprint("/groups/", i.Result.Groups[0]), nil, &a)
		return a.Group.Total == rows
	})
}

func (s *site) testRoster() {
	i := s.upload("花名册.csv", chat)
	s.step(i.ID, "start")
	group := s.await(i.ID, "done").Result.Groups[0]
	take := func(names string, apply bool, at int64) (a api.RosterAnswer) {
		s.t.Helper()
		s.must(http.MethodPost, "/rosters", map[string]any{"group": group, "text": names, "apply": apply, "at": at}, &a)
		if a.Preview == apply {
			s.t.Errorf("preview %v of apply %v", a.Preview, apply)
		}
		return a
	}
	const day = int64(24 * time.Hour / time.Millisecond)
	first := time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC).UnixMilli()
	if a := take("小李\n小王\n", true, first); len(a.Members) != 2 || len(a.Joined) != 0 || len(a.Left) != 0 {
		s.t.Errorf("the first list: %+v", a)
	}
	for _, apply := range []bool{false, true} {
		s.until("the differences", func() bool { // the views follow the log
			a := take("小李\n小张\n", false, first+day)
			return len(a.Joined) == 1 && a.Joined[0] == "小张" && len(a.Left) == 1 && a.Left[0] == "小王"
		})
		if apply {
			take("小李\n小张\n", true, first+day)
		}
	}
	s.until("nobody new", func() bool {
		a := take("小李\n小张\n", false, first+day)
		return len(a.Joined) == 0 && len(a.Left) == 0
	})
	if status := s.do(http.MethodPost, "/rosters", map[string]any{"group": group, "apply": true}, nil); status != http.StatusUnprocessableEntity {
		s.t.Errorf("no list at all: %d", status)
	}
}

// sendable finds a group to which the machine can send, and one to which it cannot.
func (s *site) sendable() (yes, no community.GroupID) {
	s.until("the demo's groups", func() bool {
		var list api.GroupsAnswer
		s.must(http.MethodGet, "/groups?limit=200", nil, &list)
		for _, card := range list.Groups {
			var g api.GroupAnswer
			s.must(http.MethodGet, fmt.Sprint("/groups/", card.ID), nil, &g)
			can := false
			for _, c := range g.Capabilities {
				can = can || c.Ability == "send" && c.Can == "machine"
			}
			if can {
				yes = card.ID
			} else {
				no = card.ID
			}
		}
		return yes != 0 && no != 0
	})
	return yes, no
}

func (s *site) testSend() {
	group, without := s.sendable()
	stale := s.listen()
	in := map[string]string{"text": "大家好"}
	path := fmt.Sprint("/groups/", group, "/messages")
	var first, again api.OutboxEntryAnswer
	s.must(http.MethodPost, path, in, &first, "Idempotency-Key", "hello-0001")
	s.must(http.MethodPost, path, in, &again, "Idempotency-Key", "hello-0001")
	if first.Entry.Key == "" || again.Entry.Key != first.Entry.Key || again.Entry.CauseSeq != first.Entry.CauseSeq {
		s.t.Errorf("one key, two messages: %+v, %+v", first.Entry, again.Entry)
	}
	s.until("the message to be sent", func() bool {
		var a api.OutboxAnswer
		s.must(http.MethodGet, fmt.Sprint("/outbox?group=", group), nil, &a)
		var ours []api.OutboxEntry
		for _, e := range a.Entries {
			if e.Cause == "staff" {
				ours = append(ours, e)
			}
		}
		if len(ours) != 1 || ours[0].Text != "大家好" {
			s.t.Fatalf("outbox %+v", ours)
		}
		return ours[0].State == "done" && ours[0].DoneAt != 0
	})
	s.awaitStale(stale, group, first.Entry.CauseSeq)
	if status := s.do(http.MethodPost, path, in, nil); status != http.StatusUnprocessableEntity {
		s.t.Errorf("sent without a key: %d", status)
	}
	var p api.Problem
	status := s.do(http.MethodPost, fmt.Sprint("/groups/", without, "/messages"), in, &p, "Idempotency-Key", "hello-0002")
	if status != http.StatusNotImplemented || p.Hint == "" {
		s.t.Errorf("sent to a group that nobody listens to: %d %+v", status, p)
	}
}

// awaitStale waits to be told that a group changed, as of a place in the log or later.
func (s *site) awaitStale(stale <-chan api.StaleEvent, group community.GroupID, since community.Seq) {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-stale:
			if e.AsOf >= since && slices.Contains(e.Groups, group) {
				return
			}
		case <-deadline:
			s.t.Fatal("nobody was told that the group changed")
		}
	}
}

// listen opens the stream of what became stale.
func (s *site) listen() <-chan api.StaleEvent {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := (&http.Client{Jar: s.client.Jar}).Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		s.t.Fatalf("events: %s %s", res.Status, res.Header.Get("Content-Type"))
	}
	events := make(chan api.StaleEvent)
	done := make(chan struct{})
	s.t.Cleanup(func() { cancel(); <-done; res.Body.Close() })
	go func() {
		defer close(done)
		kind := ""
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if k, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				kind = k
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok || kind != "stale" {
				continue
			}
			var e api.StaleEvent
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				s.t.Error(err)
				return
			}
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events
}

func TestATakenPortLeavesTheDatabaseAlone(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	folder := filepath.Join(t.TempDir(), "data")
	o := program(t, "serve", "--data", folder, "--listen", ln.Addr().String())
	if o.code == 0 || !strings.Contains(o.stderr, "choose one with --listen") {
		t.Errorf("it ended with %d: %s", o.code, o.stderr)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}
