package engine

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/signed"
)

// receiver is somebody else's address, which can be out of order.
type receiver struct {
	*httptest.Server
	t      *testing.T
	secret string
	now    func() time.Time

	mu     sync.Mutex
	broken int // how many requests fail
	got    []PostedEvent
	calls  int
	news   chan struct{}
}

func newReceiver(t *testing.T, now func() time.Time) *receiver {
	r := &receiver{t: t, now: now, news: make(chan struct{}, 100)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.calls++
		if err := signed.Verify(req.Header, body, now(), r.secret); err != nil {
			t.Errorf("the signature: %v", err)
		}
		if r.broken > 0 {
			r.broken--
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		var p Posted
		if err := json.Unmarshal(body, &p); err != nil {
			t.Error(err)
		}
		r.got = append(r.got, p.Events...)
		r.news <- struct{}{}
	}))
	t.Cleanup(r.Close)
	return r
}

// await waits until n events of messages have come.
func (r *receiver) await(n int) []PostedEvent {
	r.t.Helper()
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		var list []PostedEvent
		r.mu.Lock()
		for _, e := range r.got {
			if e.Kind == community.MessagePosted {
				list = append(list, e)
			}
		}
		r.mu.Unlock()
		if len(list) >= n {
			return list
		}
		select {
		case <-r.news:
		case <-over.C:
			r.t.Fatalf("%d messages came, want %d", len(list), n)
		}
	}
}

func TestWebhooksSendWhatHappensInOrderAndAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.plugIn()
		w.e.guard = wire.Guard{Private: true}
		w.observe(said("g", "m0", "以前的", w.now()))
		r := newReceiver(t, w.now)
		r.broken = 1
		secret, err := w.e.SaveWebhook(t.Context(), 1, "crm", Webhook{URL: r.URL + "/in", Kinds: []community.Kind{community.MessagePosted}}, 0, 1)
		if err != nil || len(secret) != 32 {
			t.Fatalf("saved with secret %q, %v", secret, err)
		}
		r.mu.Lock()
		r.secret = secret
		r.mu.Unlock()
		w.observe(said("g", "m1", "一", w.now()), said("g", "m2", "二", w.now()))
		list := r.await(2)
		if len(list) != 2 || list[0].Text != "一" || list[1].Text != "二" || list[0].Group.Outside != "g" || list[0].Sender.Outside != "li" || list[0].Sender.Name != "小李" {
			t.Fatalf("came: %+v", list)
		}
		if err := w.e.SeekWebhook(t.Context(), 1, "crm", 0, 1); err != nil {
			t.Fatal(err)
		}
		if list = r.await(5); list[2].Text != "以前的" || list[3].Key != list[0].Key {
			t.Errorf("sent again: %+v", list[2:])
		}
		states, err := w.e.Webhooks(t.Context(), 1)
		if err != nil || len(states) != 1 || states[0].Secret != "" {
			t.Fatalf("webhooks: %+v, %v", states, err)
		}
		if err := w.e.RemoveWebhook(t.Context(), 1, "crm", 1, 1); err != nil {
			t.Fatal(err)
		}
		if states, _ = w.e.Webhooks(t.Context(), 1); len(states) != 0 {
			t.Errorf("after it was removed: %+v", states)
		}
	})
}

func TestWebhooksCanDoWithoutNames(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.plugIn()
		w.e.guard = wire.Guard{Private: true}
		r := newReceiver(t, w.now)
		r.secret = "shared-secret-of-both"
		if _, err := w.e.SaveWebhook(t.Context(), 1, "crm", Webhook{URL: r.URL, Secret: r.secret, Bare: true}, 0, 1); err != nil {
			t.Fatal(err)
		}
		w.observe(said("g", "m1", "一", w.now()))
		if e := r.await(1)[0]; e.Text != "" || e.Sender.Name != "" || e.Sender.Outside != "" || e.Sender.Identity == 0 {
			t.Errorf("came: %+v", e)
		}
	})
}

func TestWebhooksKeepAwayFromPrivateAddresses(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.plugIn()
		r := newReceiver(t, w.now)
		if _, err := w.e.SaveWebhook(t.Context(), 1, "crm", Webhook{URL: r.URL}, 0, 1); err != nil {
			t.Fatal(err)
		}
		w.observe(said("g", "m1", "一", w.now()))
		over := time.Now().Add(patience)
		for {
			states, err := w.e.Webhooks(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if states[0].Fails > 0 {
				break
			}
			if time.Now().After(over) {
				t.Fatalf("it did not fail: %+v", states)
			}
		}
		if r.calls != 0 {
			t.Error("a private address was called")
		}
		for _, bad := range []string{"ftp://x/y", "https://user:pass@host/", "nonsense", "https://"} {
			if _, err := w.e.SaveWebhook(t.Context(), 1, "bad", Webhook{URL: bad}, 0, 1); community.CodeOf(err) != community.Invalid {
				t.Errorf("%s: %v", bad, err)
			}
		}
	})
}

func said(group, id, text string, at time.Time) connector.Observation {
	return connector.Observation{Kind: community.MessagePosted, Group: group, ID: id, Text: text, Content: community.Text, At: at,
		Sender: connector.Member{ID: "li", Name: "小李"}}
}
