// Package automation is what the machine says and does by itself: welcomes now,
// flows later. It is pure; engine gives it the settings in force and carries
// out what it answers.
package automation

import (
	"strings"
	"unicode/utf8"

	"qunying/community"
)

// Welcome is the setting for what newcomers of a group are told (入群欢迎语, S12).
type Welcome struct {
	On   bool   `json:"on"`
	Text string `json:"text"` // {name} stands for the newcomer's name, {link} for their own page
}

// WelcomeKey is the key under which the setting is kept, per group.
const WelcomeKey = "welcome"

const longestWelcome = 2000

// Check says what is wrong with a welcome before it is saved.
func (w Welcome) Check() error {
	switch {
	case w.On && strings.TrimSpace(w.Text) == "":
		return community.Errorf(community.Invalid, "a welcome that is on needs a text").WithHint("write the text, or switch the welcome off")
	case utf8.RuneCountInString(w.Text) > longestWelcome:
		return community.Errorf(community.Invalid, "the welcome is longer than %d characters", longestWelcome).WithHint("shorten it, or link to a longer page")
	}
	return nil
}

// Greet answers a newcomer: the action to take, or false when there is none.
// version is that of the setting, link that of the newcomer's own page. Our own account joining a group is no newcomer.
func (w Welcome) Greet(s community.Scene, e *community.Event, version int64, link string) (community.Action, bool) {
	if !w.On || e.Kind != community.MemberJoined || e.Flags&community.FromUs != 0 || e.Body == nil {
		return community.Action{}, false
	}
	return community.Action{
		Community: s.Community, Group: s.Group, Kind: community.Send, Target: e.Identity,
		Text:  strings.NewReplacer("{name}", e.Body.Name, "{link}", link).Replace(w.Text),
		Cause: community.Cause{Seq: e.Seq, Rule: WelcomeKey, Version: version},
		DueAt: s.Now, ExpiresAt: s.Now.Add(community.LateAfter),
	}, true
}
