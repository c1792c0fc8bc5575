package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/connectortest"
	"qunying/connector/webhook"
	"qunying/connector/wire"
	"qunying/connector/wire/signed"
)

const (
	inSecret  = "in-secret-of-the-tests"
	outSecret = "out-secret-of-the-tests"
)

// other is the other side: it posts what happens in its groups, keeps what was
// not taken, and carries actions out, each key once.
type other struct {
	t      *testing.T
	ctx    context.Context
	hook   *httptest.Server // our address
	server *httptest.Server // its own

	mu      sync.Mutex
	to      http.Handler
	queue   []event
	changed chan struct{}
	log     []event // of what was put into the queue
	last    int
	done    map[string]map[string]any // answers by key
	posted  map[string][]string
	asked   []map[string]any
	members map[string][]string
	fail    int
	cut     bool
	slow    time.Duration
}

type event map[string]any

func newOther(t *testing.T) *other {
	o := &other{t: t, ctx: t.Context(), changed: make(chan struct{}), done: map[string]map[string]any{}, posted: map[string][]string{}, members: map[string][]string{}}
	o.hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		to := o.to
		o.mu.Unlock()
		if to == nil {
			http.Error(w, "nobody", http.StatusServiceUnavailable)
			return
		}
		to.ServeHTTP(w, r)
	}))
	o.server = httptest.NewServer(http.HandlerFunc(o.carryOut))
	t.Cleanup(o.hook.Close)
	t.Cleanup(o.server.Close)
	go o.send()
	return o
}

func (o *other) config(extra map[string]any) []byte {
	c := map[string]any{"secret": inSecret, "url": o.server.URL, "out_secret": outSecret,
		"can": "send, recall, mute, mute_all, remove, announce, rename, invite, approve, members, groups"}
	for k, v := range extra {
		c[k] = v
	}
	b, err := json.Marshal(c)
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

// put tells of something: it is posted until it is taken.
func (o *other) put(e event) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := e["id"]; !ok {
		o.last++
		e["id"] = fmt.Sprint("e", o.last)
	}
	o.queue, o.log = append(o.queue, e), append(o.log, e)
	close(o.changed)
	o.changed = make(chan struct{})
	return e["id"].(string)
}

// post posts a body, signed, and returns the status and the answer.
func (o *other) post(body []byte) (int, string) {
	r, err := http.NewRequestWithContext(o.ctx, http.MethodPost, o.hook.URL+"/", bytes.NewReader(body))
	if err != nil {
		return 0, ""
	}
	signed.Sign(r.Header, body, time.Now(), inSecret)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	var b bytes.Buffer
	_, _ = b.ReadFrom(res.Body)
	return res.StatusCode, b.String()
}

// send posts the queue, up to three events at a time, in order.
func (o *other) send() {
	for o.ctx.Err() == nil {
		o.mu.Lock()
		batch, changed, slow := slices.Clone(o.queue[:min(3, len(o.queue))]), o.changed, o.slow
		o.mu.Unlock()
		if len(batch) == 0 {
			select {
			case <-changed:
			case <-o.ctx.Done():
			}
			continue
		}
		<-time.After(slow)
		body, err := json.Marshal(map[string]any{"events": batch})
		if err != nil {
			o.t.Error(err)
			return
		}
		status, said := o.post(body)
		if status == http.StatusOK {
			o.mu.Lock()
			o.queue = o.queue[len(batch):]
			o.mu.Unlock()
			continue
		}
		if status >= 400 && status < 500 && status != http.StatusTooManyRequests {
			o.t.Errorf("events were refused with %d: %s", status, said)
			return
		}
		select {
		case <-o.ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// carryOut does what we ask for.
func (o *other) carryOut(w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	_, _ = b.ReadFrom(r.Body)
	if err := signed.Verify(r.Header, b.Bytes(), time.Now(), outSecret); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var q map[string]any
	if err := json.Unmarshal(b.Bytes(), &q); err != nil {
		o.t.Errorf("we posted %s", b.Bytes())
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	<-time.After(o.slow)
	o.asked = append(o.asked, q)
	group, _ := q["group"].(string)
	key, _ := q["key"].(string)
	if key != r.Header.Get("Idempotency-Key") {
		o.t.Errorf("key %q, in the header %q", key, r.Header.Get("Idempotency-Key"))
	}
	answer, status := map[string]any{}, http.StatusOK
	switch q["kind"] {
	case "members":
		if o.members[group] == nil {
			status = http.StatusNotFound
			break
		}
		var list []any
		for _, m := range o.members[group] {
			list = append(list, map[string]any{"id": m, "name": m})
		}
		answer["members"] = list
	case "groups":
		answer["groups"] = []any{map[string]any{"id": "tea", "name": "Tea", "members": 2, "owner": map[string]any{"id": "ann"}}}
	case "send":
		if before, ok := o.done[key]; ok {
			answer, status = before, http.StatusConflict
			break
		}
		if o.fail > 0 {
			o.fail--
			status = http.StatusServiceUnavailable
			break
		}
		text, _ := q["text"].(string)
		o.posted[group] = append(o.posted[group], text)
		o.last++
		answer["message_id"] = fmt.Sprint("m", o.last)
		o.done[key] = answer
		if o.cut {
			o.cut = false
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				c.Close()
			}
			return
		}
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// hooked opens accounts that answer at the hook.
type hooked struct {
	webhook.Driver
	other *other
}

func (d hooked) Open(account string, config []byte) (connector.Connector, error) {
	c, err := d.Driver.Open(account, config)
	if err == nil {
		d.other.mu.Lock()
		defer d.other.mu.Unlock()
		d.other.to = c.(connector.Receiver)
	}
	return c, err
}

func TestSuite(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Start: platform})
}

func platform(t *testing.T) *connectortest.Platform {
	o := newOther(t)
	who := func(id string) event { return event{"id": id, "name": id} }
	about := func(kind community.Kind, group, member string, at time.Time) event {
		return event{"kind": kind, "group": group, "at": at, "sender": who(member)}
	}
	refused := func(body []byte, want int) bool {
		if status, said := o.post(body); status != want {
			t.Errorf("%.30q: %d %s, want %d", body, status, said, want)
		}
		return true
	}
	return &connectortest.Platform{
		Driver: hooked{webhook.Driver{Guard: wire.Guard{Private: true}}, o}, Account: "shop", Config: o.config(nil), Group: "tea", Others: []string{"coffee"},
		Acknowledges: true, Secrets: []string{inSecret, outSecret},
		Say: func(group, member, text string, at time.Time) string {
			o.mu.Lock()
			if !slices.Contains(o.members[group], member) {
				o.members[group] = append(o.members[group], member)
			}
			o.mu.Unlock()
			e := about(community.MessagePosted, group, member, at)
			e["text"], e["group_name"] = text, "The group "+group
			return o.put(e)
		},
		Join: func(group, member, inviter string, at time.Time) {
			e := about(community.MemberJoined, group, member, at)
			e["operator"] = who(inviter)
			o.put(e)
		},
		Leave: func(group, member, remover string, at time.Time) {
			e := about(community.MemberLeft, group, member, at)
			if remover != "" {
				e["operator"] = who(remover)
			}
			o.put(e)
		},
		Rename: func(group, member, name string, at time.Time) {
			e := about(community.MemberRenamed, group, member, at)
			e["sender"] = event{"id": member, "name": name}
			o.put(e)
		},
		Recall: func(group, message string, at time.Time) {
			e := about(community.MessageRecalled, group, "ann", at)
			e["message"] = message
			o.put(e)
		},
		Redeliver: func(_ string, count int) {
			o.mu.Lock()
			again := slices.Clone(o.log[len(o.log)-count:])
			o.mu.Unlock()
			for _, e := range again {
				o.put(e)
			}
		},
		Unknown: func(group string, raw []byte) {
			o.put(event{"kind": "x.unheard", "group": group, "at": time.Now(), "raw": json.RawMessage(raw)})
		},
		Own: func(group, text string, at time.Time) {
			e := about(community.MessagePosted, group, "us", at)
			e["text"], e["from_us"] = text, true
			o.put(e)
		},
		Malformed: func() bool { return refused([]byte(`{"events":[{]}`), http.StatusBadRequest) },
		Oversized: func() bool {
			return refused(bytes.Repeat([]byte("x"), 2<<20), http.StatusRequestEntityTooLarge)
		},
		Slow: func(by time.Duration) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.slow = by
		},
		FailNext: func(count int) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.fail = count
		},
		CutMidSend: func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.cut = true
		},
		Messages: func(group string) []string {
			o.mu.Lock()
			defer o.mu.Unlock()
			return slices.Clone(o.posted[group])
		},
		Lacks: map[string]string{
			"Disconnect": "there is no connection",
			"Outage":     "the sender keeps what was not taken",
			"Backfill":   "the sender keeps what was not taken, so there is nothing to read back",
		},
	}
}
