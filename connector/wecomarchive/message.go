package wecomarchive

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
)

// mostRaw bounds what is kept of a message that is not understood.
const mostRaw = 64 << 10

// message is an archived message, decrypted. "switch" (an employee changed the
// corporation in their client) has only the first two fields.
type message struct {
	ID     string `json:"msgid"`
	Action string `json:"action"` // "send", "recall", "switch"
	From   string `json:"from"`
	Room   string `json:"roomid"` // "" of a private conversation
	Time   int64  `json:"msgtime"`
	Type   string `json:"msgtype"`
	body   body
}

// body holds what the kinds of messages carry; each uses some of it. The platform
// keeps it under the name of the kind, of some kinds under "info" or "doc".
type body struct {
	Content     string          `json:"content"`
	Before      string          `json:"pre_msgid"`
	User        string          `json:"userid"`
	AgreeTime   int64           `json:"agree_time"`
	RefuseTime  int64           `json:"disagree_time"`
	File        string          `json:"sdkfileid"`
	Sum         string          `json:"md5sum"`
	Size        json.Number     `json:"filesize"`
	VoiceSize   json.Number     `json:"voice_size"`
	ImageSize   json.Number     `json:"imagesize"`
	FileName    string          `json:"filename"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	URL         string          `json:"link_url"`
	Picture     string          `json:"image_url"`
	Display     string          `json:"displayname"`
	Longitude   json.Number     `json:"longitude"`
	Latitude    json.Number     `json:"latitude"`
	Address     string          `json:"address"`
	Corporation string          `json:"corpname"`
	Wish        string          `json:"wish"`
	Topic       string          `json:"topic"`
	VoteTitle   string          `json:"votetitle"`
	Feed        string          `json:"feed_desc"`
	Items       []item          `json:"item"`
	Details     []detail        `json:"details"`
	Choices     json.RawMessage `json:"voteitem"`
}

// item is a part of a mixed message, of a forwarded conversation, or an article.
type item struct {
	Type    string `json:"type"`
	Content string `json:"content"` // JSON of the part
	Title   string `json:"title"`
	URL     string `json:"url"`
	Picture string `json:"picurl"`
}

// detail is a question of a form (填表) or a line of a chain (接龙).
type detail struct {
	Question string `json:"ques"`
}

// notUnderstood is what bytes fail with that are no message.
func notUnderstood(why string) error {
	return community.Errorf(community.Invalid, "an archived message cannot be read: %s", why)
}

// parse reads a decrypted message.
func parse(raw []byte) (message, error) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, notUnderstood("it is no JSON of a message")
	}
	if m.ID == "" || m.Action == "" {
		return m, notUnderstood("it has no ID or no action")
	}
	if m.Action == "switch" {
		return m, nil
	}
	if m.Time <= 0 || m.Type == "" {
		return m, notUnderstood("it has no time or no kind")
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return m, notUnderstood("it is no JSON of a message")
	}
	for _, name := range []string{m.Type, inside[m.Type], "info"} {
		b := bytes.TrimSpace(all[name])
		if name == "" || len(b) == 0 || b[0] != '{' {
			continue
		}
		_ = json.Unmarshal(b, &m.body) // a field of another type than expected stays empty, no more
		break
	}
	return m, nil
}

// inside names where the kinds keep their content that do not under their own name.
var inside = map[string]string{"docmsg": "doc", "external_redpacket": "redpacket"}

// contents maps the platform's kinds to ours. What is missing here is kept raw.
var contents = map[string]community.Content{
	"text": community.Text, "markdown": community.Text, "image": community.Image, "voice": community.Voice,
	"video": community.Video, "card": community.Card, "location": community.Location, "emotion": community.Sticker,
	"file": community.File, "qydiskfile": community.File, "voip_doc_share": community.File,
	"link": community.Link, "news": community.Link, "docmsg": community.Link, "sphfeed": community.Link,
	"weapp": community.MiniProgram, "chatrecord": community.Forward, "mixed": community.Other,
	"redpacket": community.RedPacket, "external_redpacket": community.RedPacket,
	"voiptext": community.Call, "meeting_voice_call": community.Call,
	"todo": community.Other, "vote": community.Other, "collect": community.Other, "meeting": community.Other, "calendar": community.Other,
}

// robot says that an ID is one of the corporation's robots, which are no members.
func robot(id string) bool { return strings.HasPrefix(id, "wb") }

// observation makes of a message what it reports, in the group where it was said.
// There is none of private conversations, which are nobody's business here, and
// of "switch". raw is the message's JSON.
func (m message) observation(raw []byte) (connector.Observation, bool) {
	o := connector.Observation{Group: m.Room, ID: m.ID, At: time.UnixMilli(m.Time).UTC(),
		Sender: connector.Member{ID: m.From}, FromUs: robot(m.From)}
	if m.Room == "" || m.Action == "switch" {
		return o, false
	}
	b := m.body
	content, known := contents[m.Type]
	switch {
	case m.Type == "revoke" && b.Before != "":
		o.Kind, o.Data = community.MessageRecalled, map[string]string{"message": b.Before}
	case m.Type == "disagree" || m.Type == "agree":
		consent(&o, m)
	case known && m.Action == "send":
		o.Kind, o.Content = community.MessagePosted, content
		o.Text, o.Data = b.text(m.Type), b.data()
		if m.Type == "mixed" {
			mixed(&o, b.Items)
		}
	default:
		o.Kind, o.Raw = community.PlatformOther, raw[:min(len(raw), mostRaw)]
		o.Data = map[string]string{"type": m.Type}
	}
	return o, true
}

// consent makes of somebody's yes or no to being archived an observation: without
// it what they say is not covered, and a yes ends their own refusal only.
func consent(o *connector.Observation, m message) {
	o.Kind, o.Data = community.CoverageBack, map[string]string{"why": "agree"}
	at := m.body.AgreeTime
	if m.Type == "disagree" {
		o.Kind, o.Data = community.CoverageLost, map[string]string{"why": "disagree"}
		at = max(at, m.body.RefuseTime)
	}
	if at > 0 {
		o.At = time.UnixMilli(at).UTC()
	}
	if m.body.User != "" {
		o.Sender.ID = m.body.User
	}
}

// text is what people read of a message.
func (b body) text(kind string) string {
	switch kind {
	case "text", "markdown":
		return b.Content
	case "card":
		return b.Corporation
	case "location":
		return lines(b.Title, b.Address)
	case "file", "qydiskfile", "voip_doc_share":
		return b.FileName
	case "weapp":
		return lines(b.Title, b.Display)
	case "chatrecord", "news", "mixed":
		return b.itemTexts()
	case "collect":
		parts := []string{b.Title}
		for _, d := range b.Details {
			parts = append(parts, d.Question)
		}
		return lines(parts...)
	case "todo":
		return lines(b.Title, b.Content)
	case "vote":
		var choices []string
		if json.Unmarshal(b.Choices, &choices) != nil {
			choices = nil // in another shape: the title is enough
		}
		return lines(append([]string{b.VoteTitle}, choices...)...)
	}
	return lines(b.Title, b.Topic, b.Description, b.Wish, b.Feed)
}

// itemTexts joins what can be read of the parts.
func (b body) itemTexts() string {
	parts := []string{b.Title}
	for _, i := range b.Items {
		var part body
		if json.Unmarshal([]byte(i.Content), &part) != nil {
			part = body{Content: ""} // no JSON: nothing to read
		}
		parts = append(parts, i.Title, part.Title, part.Content)
	}
	return lines(parts...)
}

// lines joins what is not empty.
func lines(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n")
}

// data is what the text leaves out.
func (b body) data() map[string]string {
	d := map[string]string{"url": b.URL, "picture": b.Picture, "file": b.FileName, "card": b.User,
		"latitude": string(b.Latitude), "longitude": string(b.Longitude)}
	for _, i := range b.Items {
		if i.URL != "" && d["url"] == "" {
			d["url"], d["picture"] = i.URL, i.Picture
		}
	}
	if b.File != "" {
		d["media"] = b.media().String()
	}
	for k, v := range d {
		if v == "" {
			delete(d, k)
		}
	}
	if len(d) == 0 {
		return nil
	}
	return d
}

// media is the file that a message carries.
func (b body) media() fileID {
	var size int64
	for _, n := range []json.Number{b.Size, b.VoiceSize, b.ImageSize} {
		if v, err := n.Int64(); err == nil && v > 0 {
			size = v
		}
	}
	return fileID{sum: b.Sum, size: size, file: b.File}
}

// mixed takes the first file of a message of several parts; one with text is a
// text.
func mixed(o *connector.Observation, items []item) {
	if o.Text != "" {
		o.Content = community.Text
	}
	for _, i := range items {
		var part body
		if json.Unmarshal([]byte(i.Content), &part) != nil || part.File == "" {
			continue
		}
		if content, ok := contents[strings.ToLower(i.Type)]; ok && o.Content == community.Other {
			o.Content = content
		}
		o.Data = part.data()
		return
	}
}
