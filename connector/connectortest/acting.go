package connectortest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

// ability pairs what a capability says with the method that must be there.
type ability struct {
	name string
	can  func(connector.Capabilities) connector.Can
	has  func(connector.Connector) bool
	try  func(t *testing.T, c connector.Connector, group string) error
}

func implements[T any](c connector.Connector) bool {
	_, ok := c.(T)
	return ok
}

func abilitiesOf() []ability {
	type caps = connector.Capabilities
	return []ability{
		{"send", func(c caps) connector.Can { return c.Send }, func(connector.Connector) bool { return true },
			func(t *testing.T, c connector.Connector, group string) error {
				_, err := c.Send(t.Context(), connector.Action{Key: community.Key{1}, Group: group, Text: "x"})
				return err
			}},
		{"recall", func(c caps) connector.Can { return c.RecallOwn }, implements[connector.Recaller],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Recaller).Recall(t.Context(), connector.Action{Key: community.Key{2}, Group: group, Message: "x"})
			}},
		{"mute", func(c caps) connector.Can { return c.Mute }, implements[connector.Muter],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Muter).Mute(t.Context(), connector.Action{Key: community.Key{3}, Group: group, Member: "ann"})
			}},
		{"mute all", func(c caps) connector.Can { return c.MuteAll }, implements[connector.Muter],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Muter).Mute(t.Context(), connector.Action{Key: community.Key{4}, Group: group})
			}},
		{"remove", func(c caps) connector.Can { return c.Remove }, implements[connector.Remover],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Remover).Remove(t.Context(), connector.Action{Key: community.Key{5}, Group: group, Member: "ann"})
			}},
		{"announce", func(c caps) connector.Can { return c.Announce }, implements[connector.Announcer],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Announcer).Announce(t.Context(), connector.Action{Key: community.Key{6}, Group: group, Text: "x"})
			}},
		{"rename", func(c caps) connector.Can { return c.Rename }, implements[connector.Renamer],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Renamer).Rename(t.Context(), connector.Action{Key: community.Key{7}, Group: group, Text: "x"})
			}},
		{"invite", func(c caps) connector.Can { return c.Invite }, implements[connector.Inviter],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Inviter).Invite(t.Context(), connector.Action{Key: community.Key{8}, Group: group, Member: "ann"})
			}},
		{"approve", func(c caps) connector.Can { return c.Approve }, implements[connector.Approver],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Approver).Answer(t.Context(), connector.Action{Key: community.Key{9}, Group: group, Message: "x"}, true)
			}},
		{"members", func(c caps) connector.Can { return c.Members }, implements[connector.Roster],
			func(t *testing.T, c connector.Connector, group string) error {
				_, err := c.(connector.Roster).Members(t.Context(), group)
				return err
			}},
		{"backfill", func(c caps) connector.Can { return c.Backfill }, implements[connector.Historian],
			func(t *testing.T, c connector.Connector, group string) error {
				return c.(connector.Historian).Backfill(t.Context(), group, time.Now().Add(-time.Hour), time.Now(), nil)
			}},
	}
}

func abilities(t *testing.T, p *Platform) {
	c := open(t, p)
	groups := append([]string{p.Group}, p.Others...)
	for _, a := range abilitiesOf() {
		somewhere := false
		for _, group := range groups {
			can := a.can(c.Capabilities(group))
			if !slices.Contains([]connector.Can{"", connector.Machine, connector.Human, connector.Nobody}, can) {
				t.Errorf("%s in %s: %q is no word for how far an ability goes", a.name, group, can)
			}
			somewhere = somewhere || can == connector.Machine
		}
		if somewhere != a.has(c) && a.name != "mute all" && a.name != "mute" && a.name != "send" { // every connector has Send
			t.Errorf("%s: the method is there: %v; some group has it for the machine: %v", a.name, a.has(c), somewhere)
		}
		if somewhere && !a.has(c) {
			t.Errorf("%s is for the machine, but there is no method", a.name)
		}
		if somewhere && a.name == "send" && p.Driver.About().ReadsOnly {
			t.Error("it sends, although the driver says that it only reads")
		}
	}
	for _, group := range groups {
		if caps := c.Capabilities(group); caps.Recall == connector.Machine && caps.RecallOwn != connector.Machine {
			t.Errorf("in %s members' messages are recalled, and ours are for %q", group, caps.RecallOwn)
		}
	}
	caps := c.Capabilities(p.Group)
	if implements[connector.Muter](c) && caps.Mute != connector.Machine && caps.MuteAll != connector.Machine {
		t.Error("there is a method to mute, yet the group that can do the most does neither mute nor mute all")
	}
	if hears := p.Say != nil; hears != (caps.Read == connector.Machine) {
		t.Errorf("read is %q in the group that can do the most; it hears what is said: %v", caps.Read, hears)
	}
}

func unsupported(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	for _, group := range append([]string{p.Group}, p.Others...) {
		p.Say(group, "ann", "here", noon)
		s.await("here", func(o connector.Observation) bool { return o.Group == group && said("here")(o) })
		for _, a := range abilitiesOf() {
			if a.can(s.c.Capabilities(group)) == connector.Machine || !a.has(s.c) {
				continue
			}
			if err := a.try(t, s.c, group); community.CodeOf(err) != community.Unsupported {
				t.Errorf("%s in %s: %v, want Unsupported", a.name, group, err)
			}
		}
	}
}

func ownMessages(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	caps := s.c.Capabilities(p.Group)
	if caps.Send != connector.Machine {
		p.need(t, "Send", false)
	}
	s.hello()
	key := community.Key{7, 7, 7}
	receipt, err := s.c.Send(t.Context(), connector.Action{Key: key, Group: p.Group, Text: "from us"})
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	if !caps.Echoes {
		return
	}
	echo := s.await("our own message", said("from us"))
	if !echo.FromUs {
		t.Errorf("our own message is not marked FromUs: %+v", echo)
	}
	if echo.ActionKey != key {
		t.Errorf("our own message carries key %v, want that of the action, %v", echo.ActionKey, key)
	}
	if receipt.MessageID != "" && receipt.MessageID != echo.ID {
		t.Errorf("the receipt names message %q, the echo %q", receipt.MessageID, echo.ID)
	}
	if !caps.Deduplicates {
		return
	}
	repeated, err := s.c.Send(t.Context(), connector.Action{Key: key, Group: p.Group, Text: "from us"})
	if err != nil || repeated.MessageID != receipt.MessageID {
		t.Errorf("Send of the same key: %+v, %v, want the first receipt %+v", repeated, err, receipt)
	}
	p.Say(p.Group, "ann", "marker", noon.Add(time.Minute))
	s.await("marker", said("marker"))
	if d := cmp.Diff([]string{"hello", "from us", "marker"}, texts(s.all())); d != "" {
		t.Errorf("a repeated key (-want +emitted):\n%s", d)
	}
}

// ownElsewhere: what our account says by another client is not a member's.
func ownElsewhere(t *testing.T, p *Platform) {
	p.need(t, "Own", p.Own != nil)
	s := start(t, p, nil)
	p.Own(p.Group, "said by hand", noon)
	p.Say(p.Group, "ann", "marker", noon.Add(time.Second))
	s.await("marker", said("marker"))
	if o := s.await("what our account said", said("said by hand")); !o.FromUs || o.ActionKey != (community.Key{}) {
		t.Errorf("what our account said by hand is not marked FromUs, or as an action: %+v", o)
	}
}

// slow: a platform that takes its time loses nothing and turns nothing around,
// and a message without an answer in time leaves no wrong certainty.
func slow(t *testing.T, p *Platform) {
	p.need(t, "Slow", p.Slow != nil)
	s := start(t, p, nil)
	p.Slow(200 * time.Millisecond)
	want := saySome(p, noon, "slowly", 6)
	s.await("last line", said(want[5]))
	if d := cmp.Diff(want, texts(s.all())); d != "" {
		t.Errorf("messages (-said +emitted):\n%s", d)
	}
	if s.c.Capabilities(p.Group).Send != connector.Machine {
		return
	}
	late, err := tooLate(t, s)
	p.keepsSecrets(t, fmt.Sprint(err))
	if community.CodeOf(err) != community.Unavailable {
		t.Fatalf("Send without an answer in time: %v, want Unavailable", err)
	}
	p.Slow(0)
	if _, err := s.c.Send(t.Context(), connector.Action{Key: community.Key{11}, Group: p.Group, Text: "in time"}); err != nil {
		t.Fatalf("Send to a platform that is quick again: %v", err)
	}
	if p.Messages == nil {
		return
	}
	posted := p.Messages(p.Group)
	if !slices.Contains(posted, "in time") {
		t.Errorf("posted is %q, want the message that was answered among it", posted)
	}
	if !errors.As(err, new(*connector.Uncertain)) && slices.Contains(posted, late) {
		t.Error("a message that was said not to have arrived has arrived")
	}
}

// tooLate sends to a platform that does not answer in time, and returns the
// text and what Send said. Where the machine is so busy that the answer, slow
// as it is, is there when the end of the time is noticed, another is tried.
func tooLate(t *testing.T, s *session) (text string, err error) {
	for try := range byte(20) {
		text = fmt.Sprint("too late ", try)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err = s.c.Send(ctx, connector.Action{Key: community.Key{10, try}, Group: s.p.Group, Text: text})
		cancel()
		if err != nil {
			break
		}
	}
	return text, err
}

func failures(t *testing.T, p *Platform) {
	p.need(t, "FailNext", p.FailNext != nil)
	p.need(t, "Messages", p.Messages != nil)
	s := start(t, p, nil)
	s.hello()
	p.FailNext(1)
	a := connector.Action{Key: community.Key{8}, Group: p.Group, Text: "second try"}
	_, err := s.c.Send(t.Context(), a)
	var uncertain *connector.Uncertain
	p.keepsSecrets(t, fmt.Sprint(err))
	if community.CodeOf(err) != community.Unavailable || errors.As(err, &uncertain) {
		t.Fatalf("Send that did nothing: %v, want Unavailable and certain", err)
	}
	if _, err := s.c.Send(t.Context(), a); err != nil {
		t.Fatalf("Send again: %v", err)
	}
	if d := cmp.Diff([]string{"second try"}, p.Messages(p.Group)); d != "" {
		t.Errorf("posted (-want +got):\n%s", d)
	}
}

func cutMidSend(t *testing.T, p *Platform) {
	p.need(t, "CutMidSend", p.CutMidSend != nil)
	p.need(t, "Messages", p.Messages != nil)
	s := start(t, p, nil)
	s.hello()
	p.CutMidSend()
	a := connector.Action{Key: community.Key{9}, Group: p.Group, Text: "perhaps"}
	_, err := s.c.Send(t.Context(), a)
	p.keepsSecrets(t, fmt.Sprint(err))
	var uncertain *connector.Uncertain
	if !errors.As(err, &uncertain) || community.CodeOf(err) != community.Unavailable {
		t.Fatalf("Send over a connection that broke: %v, want Unavailable in *connector.Uncertain", err)
	}
	caps := s.c.Capabilities(p.Group)
	if caps.Deduplicates {
		if _, err := s.c.Send(t.Context(), a); err != nil {
			t.Errorf("Send of the same key: %v", err)
		}
	}
	if caps.Echoes {
		if echo := s.await("the message that arrived", said("perhaps")); echo.ActionKey != a.Key || !echo.FromUs {
			t.Errorf("the echo resolves nothing: %+v", echo)
		}
	}
	if d := cmp.Diff([]string{"perhaps"}, p.Messages(p.Group)); d != "" {
		t.Errorf("posted (-want +got):\n%s", d)
	}
}

func roster(t *testing.T, p *Platform) {
	s := start(t, p, nil)
	r, ok := s.c.(connector.Roster)
	p.need(t, "Members", ok && s.c.Capabilities(p.Group).Members == connector.Machine)
	s.hello()
	list, err := r.Members(t.Context(), p.Group)
	if err != nil {
		t.Fatalf("Members: %v", err)
	}
	if !slices.ContainsFunc(list, func(m connector.Member) bool { return subject(m) == "ann" }) {
		t.Errorf("ann, who has just written, is not among %v", list)
	}
	if _, err := r.Members(t.Context(), "no-such-group"); community.CodeOf(err) != community.NotFound && community.CodeOf(err) != community.Unsupported {
		t.Errorf("Members of a group that is not there: %v, want NotFound", err)
	}
}
