package automation

import (
	"strings"
	"time"

	"qunying/community"
)

// ContactWelcome is the setting for what somebody from outside is told who has just
// become a contact of one of our people (好友欢迎语), by connection. The platform sends
// it in that person's name, by a code that is good once and for twenty seconds.
type ContactWelcome struct {
	On   bool            `json:"on"`
	Text string          `json:"text"`           // {name} stands for the contact's name
	Link *community.Part `json:"link,omitempty"` // a page that goes with it
}

// ContactWelcomeKey is the beginning of the key under which the setting is kept; the
// connection's name follows.
const ContactWelcomeKey = "contact_welcome/"

// welcomeCode is how long a code for a contact's welcome is good (WeCom's rule).
const welcomeCode = 20 * time.Second

// mostContactWelcome bounds the text, in bytes as the platform counts them; a name
// takes up to mostName of the platform's 4,000.
const mostContactWelcome = 3500

// Check says what is wrong with it before it is saved.
func (w ContactWelcome) Check() error {
	switch {
	case w.On && strings.TrimSpace(w.Text) == "" && w.Link == nil:
		return community.Errorf(community.Invalid, "a welcome that is on needs a text").WithHint("write the text, or switch the welcome off")
	case len(w.Text) > mostContactWelcome:
		return community.Errorf(community.Invalid, "the welcome has %d bytes", len(w.Text)).WithHint("at most 3,500: a Chinese character takes three")
	case w.Link != nil && (w.Link.Content != community.Link || w.Link.Title == "" || !strings.HasPrefix(w.Link.URL, "https://") && !strings.HasPrefix(w.Link.URL, "http://")):
		return community.Errorf(community.Invalid, "the link of the welcome needs a title and an address").WithHint("the address begins with https://")
	case w.Link != nil && (len(w.Link.Title) > 128 || len(w.Link.Text) > 512):
		return community.Errorf(community.Invalid, "the link's title or description is too long").WithHint("up to 128 and 512 bytes")
	}
	return nil
}

// Greet answers a new contact: the action to take, or false when there is none. What
// comes when the code is worthless already is not tried: it is the outage that is
// shown.
func (w ContactWelcome) Greet(s community.Scene, e *community.Event, version int64) (community.Action, bool) {
	if !w.On || e.Kind != community.ContactAdded || e.Body == nil || e.Body.Data["welcome"] == "" {
		return community.Action{}, false
	}
	until := e.At.Add(welcomeCode)
	if s.Now.After(until) {
		return community.Action{}, false
	}
	a := community.Action{
		Community: s.Community, Group: s.Group, Kind: community.Send, Class: community.Reply, Target: e.Identity, MessageID: e.Body.Data["welcome"],
		Text:  strings.ReplaceAll(w.Text, "{name}", shortened(e.Body.Name)),
		Cause: community.Cause{Seq: e.Seq, Rule: strings.TrimSuffix(ContactWelcomeKey, "/"), Version: version},
		DueAt: s.Now, ExpiresAt: until,
	}
	if w.Link != nil {
		a.Detail.Parts = []community.Part{*w.Link}
	}
	return a, true
}

// mostName bounds a name in a text, in characters.
const mostName = 40

func shortened(name string) string {
	if r := []rune(name); len(r) > mostName {
		return string(r[:mostName])
	}
	return name
}
