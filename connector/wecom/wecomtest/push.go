package wecomtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// hook is how the platform calls an app's address.
type hook struct {
	mu       sync.Mutex
	address  string
	tries    int
	hold     bool
	pending  []string // plain calls that were made while the lock was held
	held     []string
	sent     []string
	failures int
}

// client gives up as the platform does.
var client = &http.Client{Timeout: 5 * time.Second}

// Hook sets the app's address, and tries it as the platform does when somebody saves
// it. Refused if what comes back is not what was sent.
func (s *Server) Hook(address string) error {
	echo := fmt.Sprint(s.Now().UnixNano())
	q, encrypted := s.crypt.Call([]byte(echo), s.Now())
	q.Set("echostr", encrypted)
	res, err := client.Get(address + "?" + q.Encode())
	if err != nil {
		return fmt.Errorf("openapi回调地址请求不通过: %w", err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil || string(got) != echo {
		return fmt.Errorf("openapi回调地址请求不通过: status %d", res.StatusCode)
	}
	s.hook.mu.Lock()
	defer s.hook.mu.Unlock()
	s.hook.address = address
	return nil
}

// Hold keeps calls back until Release.
func (s *Server) Hold() {
	s.hook.mu.Lock()
	defer s.hook.mu.Unlock()
	s.hook.hold = true
}

// Release makes the calls that were kept back, each so many times, the last one first
// if backwards.
func (s *Server) Release(backwards bool, times int) {
	s.hook.mu.Lock()
	held := s.hook.held
	s.hook.held, s.hook.hold = nil, false
	s.hook.mu.Unlock()
	if backwards {
		slices.Reverse(held)
	}
	for range times {
		for _, plain := range held {
			s.Push(plain)
		}
	}
}

// Lose forgets the calls that were kept back, as the platform does after its tries.
func (s *Server) Lose() {
	s.hook.mu.Lock()
	defer s.hook.mu.Unlock()
	s.hook.held, s.hook.hold = nil, false
}

// Redeliver makes the last count calls once more.
func (s *Server) Redeliver(count int) {
	s.hook.mu.Lock()
	again := slices.Clone(s.hook.sent[max(0, len(s.hook.sent)-count):])
	s.hook.mu.Unlock()
	for _, plain := range again {
		s.Push(plain)
	}
}

// Push calls the app's address with a plain call, up to three times, and tells
// whether it was acknowledged.
func (s *Server) Push(plain string) bool {
	s.hook.mu.Lock()
	address, tries := s.hook.address, s.hook.tries
	s.hook.mu.Unlock()
	if address == "" {
		return false
	}
	s.mu.Lock()
	slow := time.NewTimer(s.slow)
	s.mu.Unlock()
	<-slow.C
	for range tries {
		q, encrypted := s.crypt.Call([]byte(plain), s.Now())
		body := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><AgentID><![CDATA[%d]]></AgentID><Encrypt><![CDATA[%s]]></Encrypt></xml>", s.CorpID, s.AgentID, encrypted)
		res, err := client.Post(address+"?"+q.Encode(), "text/xml", strings.NewReader(body))
		if err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
			res.Body.Close()
		}
		if err == nil && res.StatusCode == http.StatusOK {
			return true
		}
	}
	s.hook.mu.Lock()
	defer s.hook.mu.Unlock()
	s.hook.failures++
	return false
}

// Unacknowledged counts the calls that were given up.
func (s *Server) Unacknowledged() int {
	s.hook.mu.Lock()
	defer s.hook.mu.Unlock()
	return s.hook.failures
}

// tell notes a call that is made when the lock is free again.
func (h *hook) tell(plain string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pending = append(h.pending, plain)
}

// take takes what was noted; unless it is held back, it is to be delivered.
func (h *hook) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.pending
	h.pending = nil
	if h.hold {
		h.held = append(h.held, list...)
		return nil
	}
	h.sent = append(h.sent, list...)
	h.sent = slices.Delete(h.sent, 0, max(0, len(h.sent)-1000))
	return list
}

// do runs a change under the lock and makes the calls that it told.
func (s *Server) do(f func() error) error {
	s.mu.Lock()
	err := f()
	push := s.hook.take()
	s.mu.Unlock()
	for _, plain := range push {
		s.Push(plain)
	}
	return err
}

// event notes a call of an event; pairs are element names and values, "" left out.
func (s *Server) event(at time.Time, event, change string, pairs ...string) {
	s.hook.tell(s.xml(at, "sys", append([]string{"MsgType", "event", "Event", event, "ChangeType", change}, pairs...)...))
}

func (s *Server) xml(at time.Time, from string, pairs ...string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime>", s.CorpID, from, at.Unix())
	for i := 0; i < len(pairs); i += 2 {
		if name, value := pairs[i], pairs[i+1]; value != "" {
			if name != "MemChangeList" {
				value = "<![CDATA[" + strings.ReplaceAll(value, "]]>", "]]]]><![CDATA[>") + "]]>"
			}
			fmt.Fprintf(&b, "<%s>%s</%s>", name, value, name)
		}
	}
	b.WriteString("</xml>")
	return b.String()
}
