package webhook

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector"
)

// Bounds of a request. docs/webhooks.md tells them.
const (
	mostBody     = 1 << 20
	mostEvents   = 500
	mostText     = 50_000 // characters
	mostID       = 200    // bytes
	mostName     = 200    // characters
	mostMentions = 200
	mostMembers  = 5_000
	mostData     = 32
	mostValue    = 2_000 // bytes
	mostRaw      = 64 << 10
	mostErrors   = 50 // that are told
)

// batch is the body of a request.
type batch struct {
	Events []json.RawMessage `json:"events"`
}

// event is one thing that happened, as the sender tells it.
type event struct {
	Kind       community.Kind    `json:"kind"`
	ID         string            `json:"id"`
	Group      string            `json:"group"`
	GroupName  string            `json:"group_name"`
	Direct     bool              `json:"direct"`
	At         moment            `json:"at"`
	Sender     member            `json:"sender"`
	Operator   member            `json:"operator"`
	Revision   string            `json:"revision"`
	Content    community.Content `json:"content"`
	Text       string            `json:"text"`
	Mentions   []member          `json:"mentions"`
	MentionAll bool              `json:"mention_all"`
	ReplyTo    string            `json:"reply_to"`
	Message    string            `json:"message"` // concerned by a recall, an edit, a reaction
	Until      *moment           `json:"until"`   // of a mute
	Members    []member          `json:"members"`
	Data       map[string]string `json:"data"`
	FromUs     bool              `json:"from_us"`
	ActionKey  string            `json:"action_key"`
	Raw        json.RawMessage   `json:"raw"`
}

type member struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// moment is RFC 3339, or milliseconds since 1970.
type moment struct{ time.Time }

// UnmarshalJSON reads both.
func (m *moment) UnmarshalJSON(b []byte) error {
	if ms, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		m.Time = time.UnixMilli(ms).UTC()
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	m.Time = t.UTC().Truncate(time.Millisecond)
	return err
}

// wrong says what is wrong with one event.
type wrong struct {
	Index int    `json:"index"`
	Field string `json:"field,omitempty"`
	Text  string `json:"text"`
}

// kinds that a sender can tell, and what each needs beside id, group and at.
var kinds = map[community.Kind][]string{
	community.MessagePosted: {"sender"}, community.MessageRecalled: {"message"}, community.MessageEdited: {"message"},
	community.MemberJoined: {"sender"}, community.MemberLeft: {"sender"}, community.MemberRenamed: {"sender", "name"},
	community.GroupRenamed: {"text"}, community.GroupAnnounced: {"text"}, community.RosterTaken: {"members"}, community.MemberMuted: nil,
	community.MemberRequested: {"sender"}, community.GroupInvited: nil, community.GroupGone: nil, community.ReactionAdded: {"sender", "message"},
	community.ContactAdded: {"sender"}, community.ContactRemoved: {"sender"}, community.CodeScanned: {"sender"},
	community.CoverageLost: nil, community.CoverageBack: nil, community.PlatformOther: nil,
}

// ownKind begins the names of kinds that a sender makes up.
const ownKind = "x."

var forms = []community.Content{community.Text, community.Image, community.Voice, community.Video, community.File, community.Sticker, community.Link,
	community.Location, community.Card, community.MiniProgram, community.Forward, community.RedPacket, community.Transfer, community.Poke,
	community.Call, community.Other}

// read makes observations of a body. Either all events are good, or there are
// errors and nothing may be stored.
func read(body []byte) ([]connector.Observation, []wrong, error) {
	var b batch
	if err := strict(body, &b); err != nil {
		return nil, nil, &community.Error{Code: community.Invalid, Text: "the body is not as it should be", Hint: `post {"events":[…]}`, Err: err}
	}
	if len(b.Events) > mostEvents {
		return nil, nil, errTooMany
	}
	out := make([]connector.Observation, 0, len(b.Events))
	var bad []wrong
	for i, raw := range b.Events {
		o, w := readEvent(raw)
		if w != nil {
			if w.Index = i; len(bad) < mostErrors {
				bad = append(bad, *w)
			}
			continue
		}
		out = append(out, o)
	}
	return out, bad, nil
}

var errTooMany = community.Errorf(community.Invalid, "more than %d events at once", mostEvents).WithHint("post several batches, one after the other")

// strict refuses members that nobody knows: they are mistakes in writing.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("there is something behind the end")
	}
	return nil
}

func readEvent(raw []byte) (connector.Observation, *wrong) {
	var e event
	if err := strict(raw, &e); err != nil {
		return connector.Observation{}, &wrong{Text: clip(err.Error(), 200)}
	}
	if w := e.check(); w != nil {
		return connector.Observation{}, w
	}
	o := connector.Observation{Kind: e.Kind, Group: e.Group, GroupName: e.GroupName, Direct: e.Direct, At: e.At.Time, ID: e.ID,
		Sender: connector.Member(e.Sender), Operator: connector.Member(e.Operator), Revision: e.Revision, Content: e.Content, Text: e.Text,
		MentionAll: e.MentionAll, ReplyTo: e.ReplyTo, Data: e.Data, FromUs: e.FromUs, Mentions: members(e.Mentions), Members: members(e.Members)}
	if e.Kind == community.MessagePosted && o.Content == "" {
		o.Content = community.Text
	}
	put := func(key, value string) {
		if o.Data == nil {
			o.Data = map[string]string{}
		}
		o.Data[key] = value
	}
	if e.Message != "" {
		put("message", e.Message)
	}
	if e.Until != nil {
		put("until", strconv.FormatInt(e.Until.UnixMilli(), 10))
	}
	if e.ActionKey != "" {
		b, _ := hex.DecodeString(e.ActionKey) // check has seen it
		copy(o.ActionKey[:], b)
	}
	if strings.HasPrefix(string(e.Kind), ownKind) || e.Kind == community.PlatformOther {
		o.Kind = community.PlatformOther
		o.Raw = slices.Clone(raw[:min(len(raw), mostRaw)])
	}
	return o, nil
}

func members(in []member) []connector.Member {
	if len(in) == 0 {
		return nil
	}
	out := make([]connector.Member, len(in))
	for i, m := range in {
		out[i] = connector.Member(m)
	}
	return out
}

// check says what is missing, wrong or too long.
func (e event) check() *wrong {
	needs, known := kinds[e.Kind]
	own := strings.HasPrefix(string(e.Kind), ownKind)
	switch {
	case !known && !own:
		return &wrong{Field: "kind", Text: fmt.Sprintf("%q is no kind of event; kinds of your own begin with x.", clip(string(e.Kind), 50))}
	case e.ID == "":
		return &wrong{Field: "id", Text: "is missing: it makes the event known when it comes again"}
	case e.Group == "" && !e.Direct:
		return &wrong{Field: "group", Text: "is missing"}
	case e.Group != "" && e.Direct:
		return &wrong{Field: "group", Text: "what is direct was said in no group"}
	case e.At.IsZero():
		return &wrong{Field: "at", Text: "is missing: when it happened"}
	case e.At.Year() < 2000 || e.At.Year() > 2200:
		return &wrong{Field: "at", Text: "is no time; numbers are milliseconds since 1970"}
	case e.Content != "" && !slices.Contains(forms, e.Content):
		return &wrong{Field: "content", Text: fmt.Sprintf("%q is no form of a message", clip(string(e.Content), 50))}
	case e.Raw != nil && !own && e.Kind != community.PlatformOther:
		return &wrong{Field: "raw", Text: "belongs to platform.other and to kinds of your own"}
	}
	if e.ActionKey != "" {
		if b, err := hex.DecodeString(e.ActionKey); err != nil || len(b) != len(community.Key{}) {
			return &wrong{Field: "action_key", Text: "is not the key of an action"}
		}
	}
	for _, n := range needs {
		if e.lacks(n) {
			return &wrong{Field: n, Text: "is missing for " + string(e.Kind)}
		}
	}
	return e.tooLong()
}

func (e event) lacks(field string) bool {
	switch field {
	case "sender":
		return e.Sender == member{}
	case "name":
		return e.Sender.Name == ""
	case "message":
		return e.Message == ""
	case "text":
		return e.Text == ""
	default: // members
		return e.Members == nil
	}
}

func (e event) tooLong() *wrong {
	for _, x := range []struct{ field, value string }{{"kind", string(e.Kind)}, {"id", e.ID}, {"group", e.Group}, {"revision", e.Revision}, {"reply_to", e.ReplyTo},
		{"message", e.Message}} {
		if len(x.value) > mostID {
			return &wrong{Field: x.field, Text: fmt.Sprintf("has more than %d bytes", mostID)}
		}
	}
	if utf8.RuneCountInString(e.Text) > mostText {
		return &wrong{Field: "text", Text: fmt.Sprintf("has more than %d characters", mostText)}
	}
	if utf8.RuneCountInString(e.GroupName) > mostName {
		return &wrong{Field: "group_name", Text: fmt.Sprintf("has more than %d characters", mostName)}
	}
	for _, l := range []struct {
		field string
		all   []member
		most  int
	}{{"sender", []member{e.Sender}, 1}, {"operator", []member{e.Operator}, 1}, {"mentions", e.Mentions, mostMentions}, {"members", e.Members, mostMembers}} {
		if len(l.all) > l.most {
			return &wrong{Field: l.field, Text: fmt.Sprintf("has more than %d entries", l.most)}
		}
		for _, m := range l.all {
			if len(m.ID) > mostID || utf8.RuneCountInString(m.Name) > mostName {
				return &wrong{Field: l.field, Text: fmt.Sprintf("an ID has more than %d bytes, or a name more than %d characters", mostID, mostName)}
			}
		}
	}
	if len(e.Data) > mostData {
		return &wrong{Field: "data", Text: fmt.Sprintf("has more than %d entries", mostData)}
	}
	for k, v := range e.Data {
		if len(k) > mostID || len(v) > mostValue {
			return &wrong{Field: "data", Text: fmt.Sprintf("an entry has more than %d bytes", mostValue)}
		}
	}
	return nil
}

func clip(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}
