package automation

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

func befriended() *community.Event {
	return &community.Event{Community: 1, Seq: 9, Group: 3, Kind: community.ContactAdded, Identity: 5, At: now.Add(-time.Second),
		Body: &community.Body{Name: "小李", Data: map[string]string{"welcome": "CODE"}}}
}

func TestANewContactIsGreeted(t *testing.T) {
	link := community.Part{Content: community.Link, Title: "群规", URL: "https://example.com"}
	w := ContactWelcome{On: true, Text: "{name}，你好", Link: &link}
	a, ok := w.Greet(scene, befriended(), 4)
	want := community.Action{
		Community: 1, Group: 3, Kind: community.Send, Class: community.Reply, Target: 5, Text: "小李，你好", MessageID: "CODE",
		Detail: community.Detail{Parts: []community.Part{link}}, Cause: community.Cause{Seq: 9, Rule: "contact_welcome", Version: 4},
		DueAt: now, ExpiresAt: now.Add(19 * time.Second),
	}
	if diff := cmp.Diff(want, a); !ok || diff != "" {
		t.Error(ok, diff)
	}
	for name, change := range map[string]func(*ContactWelcome, *community.Event){
		"switched off":        func(w *ContactWelcome, _ *community.Event) { w.On = false },
		"without a code":      func(_ *ContactWelcome, e *community.Event) { e.Body.Data = nil },
		"who was erased":      func(_ *ContactWelcome, e *community.Event) { e.Body = nil },
		"told too late":       func(_ *ContactWelcome, e *community.Event) { e.At = now.Add(-21 * time.Second) },
		"who is not a friend": func(_ *ContactWelcome, e *community.Event) { e.Kind = community.ContactRemoved },
	} {
		w, e := w, befriended()
		change(&w, e)
		if a, ok := w.Greet(scene, e, 4); ok {
			t.Errorf("%s was greeted: %+v", name, a)
		}
	}
}

func TestContactWelcomesAreChecked(t *testing.T) {
	link := func(title, address string) *community.Part {
		return &community.Part{Content: community.Link, Title: title, URL: address}
	}
	for name, c := range map[string]struct {
		w  ContactWelcome
		ok bool
	}{
		"off":                {ContactWelcome{}, true},
		"a text":             {ContactWelcome{On: true, Text: "你好"}, true},
		"a link alone":       {ContactWelcome{On: true, Link: link("群规", "https://example.com")}, true},
		"nothing":            {ContactWelcome{On: true, Text: " "}, false},
		"too long":           {ContactWelcome{Text: strings.Repeat("欢", 1167)}, false},
		"as long as may be":  {ContactWelcome{Text: strings.Repeat("欢", 1166)}, true},
		"a link of no title": {ContactWelcome{Link: link("", "https://example.com")}, false},
		"a strange address":  {ContactWelcome{Link: link("群规", "javascript:alert(1)")}, false},
	} {
		if err := c.w.Check(); (err == nil) != c.ok || err != nil && community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
