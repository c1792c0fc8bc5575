package automation

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

var (
	now   = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	scene = community.Scene{Community: 1, Group: 3, Zone: time.UTC, Now: now}
)

func joined() *community.Event {
	return &community.Event{Community: 1, Seq: 9, Group: 3, Kind: community.MemberJoined, Identity: 5, Body: &community.Body{Name: "小李"}}
}

func TestGreet(t *testing.T) {
	w := Welcome{On: true, Text: "欢迎 {name}，{name}！"}
	a, ok := w.Greet(scene, joined(), 4, "")
	want := community.Action{
		Community: 1, Group: 3, Kind: community.Send, Target: 5, Text: "欢迎 小李，小李！",
		Cause: community.Cause{Seq: 9, Rule: "welcome", Version: 4}, DueAt: now, ExpiresAt: now.Add(10 * time.Minute),
	}
	if diff := cmp.Diff(want, a); !ok || diff != "" {
		t.Error(ok, diff)
	}
	for name, change := range map[string]func(*Welcome, *community.Event){
		"switched off":     func(w *Welcome, _ *community.Event) { w.On = false },
		"a message":        func(_ *Welcome, e *community.Event) { e.Kind = community.MessagePosted },
		"our own account":  func(_ *Welcome, e *community.Event) { e.Flags = community.FromUs },
		"who was erased":   func(_ *Welcome, e *community.Event) { e.Body = nil },
		"somebody leaving": func(_ *Welcome, e *community.Event) { e.Kind = community.MemberLeft },
	} {
		w, e := w, joined()
		change(&w, e)
		if a, ok := w.Greet(scene, e, 4, ""); ok {
			t.Errorf("%s was greeted: %+v", name, a)
		}
	}
}

func TestCheck(t *testing.T) {
	for text, ok := range map[string]bool{
		"": false, " \n\t　": false, "欢迎": true, strings.Repeat("欢", longestWelcome): true, strings.Repeat("欢", longestWelcome+1): false,
	} {
		if err := (Welcome{On: true, Text: text}).Check(); (err == nil) != ok || err != nil && community.CodeOf(err) != community.Invalid {
			t.Errorf("%.20q…: %v", text, err)
		}
	}
	if err := (Welcome{}).Check(); err != nil {
		t.Errorf("one that is off needs no text: %v", err)
	}
}
