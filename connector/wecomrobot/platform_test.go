package wecomrobot

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/connector/wire"
)

const simKey = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"

// simPlatform stands for the platform: it checks messages and counts them as the
// documentation says, and can misbehave.
type simPlatform struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	now     time.Time
	sent    []map[string]any // what appeared in the group
	times   []time.Time
	files   map[string]string // uploads by ID: kind, name, content
	calls   int
	removed bool
	busy    int                                         // so many messages are not taken for now
	next    func(w http.ResponseWriter, deliver func()) // misbehaves once
}

func startPlatform(t *testing.T) *simPlatform {
	p := &simPlatform{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), files: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cgi-bin/webhook/send", p.send)
	mux.HandleFunc("POST /cgi-bin/webhook/upload_media", p.upload)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *simPlatform) open() *robot {
	p.t.Helper()
	c, err := Driver{Guard: wire.Guard{Private: true}, Base: p.URL, Gap: time.Millisecond}.Open("robot", []byte(`{"key":"`+simKey+`","group":"notices","title":"通知群"}`))
	if err != nil {
		p.t.Fatal(err)
	}
	return c.(*robot)
}

func reply(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	fmt.Fprintf(w, `{"errcode":%d,"errmsg":%q}`, code, text)
}

// judge is what the platform says of a message. The platform is locked.
func (p *simPlatform) judge(m map[string]any) (code int, text string) {
	kind, _ := m["msgtype"].(string)
	body, _ := m[kind].(map[string]any)
	if body == nil {
		return 40058, "invalid Request Parameter"
	}
	content, _ := body["content"].(string)
	most := map[string]int{"text": 2048, "markdown": 4096, "markdown_v2": 4096}
	switch kind {
	case "text", "markdown", "markdown_v2":
		if content == "" {
			return codeEmpty, "empty content"
		}
		if len(content) > most[kind] {
			return 45002, "content size out of limit"
		}
	case "image":
		b, err := base64.StdEncoding.DecodeString(body["base64"].(string))
		if err != nil || len(b) > 2<<20 {
			return 40009, "invalid image size"
		}
	case "news":
		if n := len(body["articles"].([]any)); n < 1 || n > 8 {
			return 40058, "articles"
		}
	case "file", "voice":
		if _, ok := p.files[body["media_id"].(string)]; !ok {
			return 40007, "invalid media_id"
		}
	case "template_card":
		if body["card_type"] != "text_notice" && body["card_type"] != "news_notice" {
			return 40058, "card_type"
		}
	default:
		return 40008, "invalid message type"
	}
	recent := 0
	for _, at := range p.times {
		if p.now.Sub(at) < time.Minute {
			recent++
		}
	}
	if recent >= 20 {
		return codeTooOften, "api freq out of limit, key " + simKey
	}
	return codeOK, "ok"
}

func (p *simPlatform) admit(w http.ResponseWriter, r *http.Request) bool {
	p.calls++
	switch {
	case r.URL.Query().Get("key") != simKey:
		reply(w, codeNoRobot, "invalid webhook url, hint: [1], from ip: 10.0.0.1")
	case p.removed:
		reply(w, codeRemoved, "robot is removed")
	default:
		return true
	}
	return false
}

func (p *simPlatform) send(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.admit(w, r) {
		return
	}
	var m map[string]any
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		reply(w, 47001, "data format error")
		return
	}
	if p.busy > 0 {
		p.busy--
		reply(w, codeBusy, "system busy")
		return
	}
	code, text := p.judge(m)
	deliver := func() {
		if code == codeOK {
			p.sent, p.times = append(p.sent, m), append(p.times, p.now)
		}
	}
	if next := p.next; next != nil {
		p.next = nil
		next(w, deliver)
		return
	}
	deliver()
	reply(w, code, text)
}

func (p *simPlatform) upload(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.admit(w, r) {
		return
	}
	if next := p.next; next != nil {
		p.next = nil
		next(w, func() {})
		return
	}
	file, head, err := r.FormFile("media")
	if err != nil {
		reply(w, 40058, "no media")
		return
	}
	b, err := io.ReadAll(file)
	if err != nil || len(b) < 5 {
		reply(w, 40006, "invalid file size")
		return
	}
	id := fmt.Sprint("media", len(p.files)+1)
	p.files[id] = strings.Join([]string{r.URL.Query().Get("type"), head.Filename, string(b)}, "|")
	fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","type":%q,"media_id":%q,"created_at":"1380000000"}`, r.URL.Query().Get("type"), id)
}

// cut answers nothing, after the message arrived or before.
func cut(arrives bool) func(http.ResponseWriter, func()) {
	return func(w http.ResponseWriter, deliver func()) {
		if arrives {
			deliver()
		}
		panic(http.ErrAbortHandler)
	}
}

func status(code int, body string) func(http.ResponseWriter, func()) {
	return func(w http.ResponseWriter, _ func()) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}
