package transcript

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"qunying/community"
)

// chatLabOwn is what ChatLab's format has no field for. Other programs pass over
// it; with it nothing is lost on the way from one installation to another.
type chatLabOwn struct {
	Kind     community.Kind    `json:"kind,omitempty"`     // "": message.posted
	Content  community.Content `json:"content,omitempty"`  // where the type does not tell
	Millis   int64             `json:"ms,omitempty"`       // of the time, beyond its seconds
	NameOnly bool              `json:"nameOnly,omitempty"` // sender is a name, no ID
	Nobody   bool              `json:"nobody,omitempty"`   // nobody is known to have done it
	Text     *string           `json:"text,omitempty"`     // where content is a sentence made of the rest
	Operator *chatLabParty     `json:"operator,omitempty"`
	Data     map[string]string `json:"data,omitempty"`
}

type chatLabParty struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

func (o *chatLabOwn) isZero() bool {
	return o.Kind == "" && o.Content == "" && o.Millis == 0 && !o.NameOnly && !o.Nobody && o.Text == nil && o.Operator == nil && len(o.Data) == 0
}

// chatLabTypes are the types of its messages by content, the reverse of
// chatLabContents.
var chatLabTypes = map[community.Content]int{
	community.Text: 0, community.Image: 1, community.Voice: 2, community.Video: 3, community.File: 4, community.Sticker: 5,
	community.Link: 7, community.Location: 8, community.RedPacket: 20, community.Transfer: 21, community.Poke: 22,
	community.Call: 23, community.MiniProgram: 24, community.Forward: 26, community.Card: 27, community.Other: 99,
}

// chatLabWriter writes lines: a header per group, a member before what they say
// first, the messages.
type chatLabWriter struct {
	w     *bufio.Writer
	enc   *json.Encoder
	made  Made
	seen  map[chatLabParty]bool // of the group
	group Group
}

func newChatLabWriter(w io.Writer, made Made) Writer {
	b := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return &chatLabWriter{w: b, enc: enc, made: made}
}

func (c *chatLabWriter) Begin(g Group) error {
	c.group, c.seen = g, map[chatLabParty]bool{}
	meta := map[string]string{"name": g.Name, "platform": string(g.Network), "type": "group"}
	if g.Network == WeChat {
		meta["platform"] = "weixin"
	}
	if g.ID != "" {
		meta["groupId"] = g.ID
	}
	return c.enc.Encode(map[string]any{
		"_type":   "header",
		"chatlab": map[string]any{"version": "0.0.2", "exportedAt": c.made.At.Unix(), "generator": "Qunying"},
		"meta":    meta,
	})
}

func (c *chatLabWriter) Write(r *Record) error {
	sender := r.SenderID
	var own chatLabOwn
	if sender == "" {
		sender, own.NameOnly = r.SenderName, r.SenderName != ""
		own.Nobody = r.SenderName == ""
	}
	if p := (chatLabParty{sender, r.SenderName}); sender != "" && !c.seen[p] {
		c.seen[p] = true
		if err := c.enc.Encode(map[string]string{"_type": "member", "platformId": p.ID, "accountName": p.Name}); err != nil {
			return err
		}
	}
	kind, content := chatLabSystem, r.Text
	switch r.Kind {
	case community.MessagePosted:
		kind = chatLabTypes[r.Content]
		if chatLabContents[kind] != r.Content {
			own.Content = r.Content
		}
	case community.MessageRecalled:
		kind = chatLabRecall
	default:
		own.Kind = r.Kind
		if content == "" || r.Kind == community.GroupRenamed || r.Kind == community.ReactionAdded {
			if content = sentenceOf(r); content != r.Text {
				own.Text = &r.Text
			}
		}
	}
	own.Millis = r.At.UnixMilli() - r.At.Unix()*1000
	if r.OperatorID != "" || r.OperatorName != "" {
		own.Operator = &chatLabParty{r.OperatorID, r.OperatorName}
	}
	own.Data = r.Data
	m := map[string]any{"_type": "message", "sender": sender, "accountName": r.SenderName, "timestamp": r.At.Unix(), "type": kind, "content": content}
	if r.MessageID != "" {
		m["platformMessageId"] = r.MessageID
	}
	if r.ReplyTo != "" {
		m["replyToMessageId"] = r.ReplyTo
	}
	if !own.isZero() {
		m["qunying"] = &own
	}
	return c.enc.Encode(m)
}

func (c *chatLabWriter) Close() error { return c.w.Flush() }

func (c *chatLabWriter) Drop() {}

// sentenceOf tells what happened as clients write it into a chat, so that
// programs that know only such sentences understand it.
func sentenceOf(r *Record) string {
	who, by := `"`+r.SenderName+`"`, `"`+r.OperatorName+`"`
	switch {
	case r.Kind == community.MemberJoined && r.OperatorName != "":
		return by + "邀请" + who + "加入了群聊"
	case r.Kind == community.MemberJoined:
		return who + "加入了群聊"
	case r.Kind == community.MemberLeft && r.OperatorName != "":
		return by + "将" + who + "移出了群聊"
	case r.Kind == community.MemberLeft:
		return who + "退出了群聊"
	case r.Kind == community.MemberRenamed:
		return `"` + r.Data["old"] + `"修改群昵称为` + who
	case r.Kind == community.GroupRenamed:
		return who + `修改群名称为"` + r.Text + `"`
	}
	return r.Text
}

// writeOwn reads a message that carries what the format has no field for.
func (c *chatLab) writeOwn(r Record, m *chatLabMessage, out *output) error {
	own := m.Own
	if own.Kind != "" && !isExported(own.Kind) || own.Millis < 0 || own.Millis > 999 {
		return out.reject(r.Line, r.Raw, "the part named qunying holds what is not known", "")
	}
	if own.Millis > 0 {
		r.At, r.Precision = r.At.Add(time.Duration(own.Millis)*time.Millisecond), time.Millisecond
	}
	if own.NameOnly || own.Nobody {
		r.SenderID = ""
	}
	if own.Operator != nil {
		r.OperatorID, r.OperatorName = cleanString(own.Operator.ID), cleanString(own.Operator.Name)
	}
	for k, v := range own.Data {
		r.set(cleanString(k), cleanString(v))
	}
	text := ""
	if m.Content != nil {
		text = cleanString(*m.Content)
	}
	if own.Text != nil {
		text = cleanString(*own.Text)
	}
	switch {
	case m.Type == chatLabRecall && own.Kind == "":
		r.Kind = community.MessageRecalled
	case own.Kind != "":
		r.Kind = own.Kind
	case own.Content != "":
		r.Content = knownContent(own.Content)
	default:
		r.Content = knownContent(chatLabContents[m.Type])
	}
	r.setText(text)
	if r.Kind != community.MessagePosted {
		r.Content, r.Mentions = "", nil
	} else if r.Content == "" {
		r.Content = community.Other
	}
	return out.record(r)
}

func isExported(k community.Kind) bool {
	for _, known := range Exported() {
		if k == known {
			return true
		}
	}
	return false
}

// knownContent is c, or Other where there is no such form.
func knownContent(c community.Content) community.Content {
	if _, ok := chatLabTypes[c]; ok {
		return c
	}
	return community.Other
}
