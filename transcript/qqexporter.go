package transcript

import (
	"encoding/json"
	"path"
	"strings"

	"qunying/community"
)

// QQChatExporter writes one JSON document a chat, or a folder: manifest.json and
// chunks of JSON lines.

type qqChatInfo struct {
	Name loose `json:"name"`
	Type loose `json:"type"`
	UID  loose `json:"peerUid"`
	UIN  loose `json:"peerUin"`
}

type qqExported struct {
	ID        loose `json:"id"`
	OldID     loose `json:"messageId"`
	At        loose `json:"timestamp"`
	Type      loose `json:"type"`
	Recalled  loose `json:"recalled"`
	WasTaken  loose `json:"isRecalled"`
	System    loose `json:"system"`
	WasSystem loose `json:"isSystemMessage"`
	Sender    struct {
		UID    loose `json:"uid"`
		UIN    loose `json:"uin"`
		Name   loose `json:"name"`
		Nick   loose `json:"nickname"`
		Card   loose `json:"groupCard"`
		Remark loose `json:"remark"`
		Title  loose `json:"title"`
	} `json:"sender"`
	Content struct {
		Text     loose `json:"text"`
		Elements []struct {
			Type loose           `json:"type"`
			Data json.RawMessage `json:"data"`
		} `json:"elements"`
	} `json:"content"`
	Raw struct {
		Card loose `json:"sendMemberName"`
	} `json:"rawMessage"`
}

func knowsQQExporter(in *input) bool {
	return in.hasAll("{", "chatInfo") && (in.hasAll("{", "metadata") || in.hasAll("{", "messages") || in.hasAll("{", "statistics") || path.Base(in.file) == "manifest.json")
}

func readQQExporter(in *input, out *output) error {
	d := newDocument(in)
	var chat qqChatInfo
	err := d.object(func(key string) error {
		switch key {
		case "chatInfo":
			err := d.into(&chat)
			if in.packed && path.Base(in.file) == "manifest.json" {
				in.names.chat = &chat
			}
			return err
		case "messages":
			return rows(d, out, func(line int, raw string, m *qqExported) error { return m.write(in, out, &chat, line, raw) })
		}
		return d.skip()
	})
	if err != nil {
		return err
	}
	return d.end()
}

func knowsQQExporterLines(in *input) bool {
	lines := in.headLines(1)
	if len(lines) == 0 {
		return false
	}
	var m struct {
		Sender struct {
			UID *loose `json:"uid"`
		} `json:"sender"`
		Content *struct {
			Elements *json.RawMessage `json:"elements"`
			Text     *loose           `json:"text"`
		} `json:"content"`
		At loose `json:"timestamp"`
	}
	return json.Unmarshal([]byte(lines[0]), &m) == nil && m.Sender.UID != nil && m.Content != nil && m.At != "" && (m.Content.Elements != nil || m.Content.Text != nil)
}

func readQQExporterLines(in *input, out *output) error {
	chat := in.names.chat
	if chat == nil {
		chat = &qqChatInfo{}
	}
	return jsonLines(in, out, func(line int, raw string, value []byte) error {
		var m qqExported
		if reason := decodeRow(value, &m); reason != "" {
			return out.reject(line, raw, reason, "")
		}
		return m.write(in, out, chat, line, raw)
	})
}

func (m *qqExported) write(in *input, out *output, chat *qqChatInfo, line int, raw string) error {
	r := Record{Line: line, Kind: community.MessagePosted, Network: QQ, GroupID: firstOf(chat.UIN, chat.UID), GroupName: string(chat.Name),
		MessageID: firstOf(m.ID, m.OldID), SenderID: firstOf(m.Sender.UIN, m.Sender.UID), Raw: raw,
		SenderName: firstOf(m.Sender.Card, m.Raw.Card, m.Sender.Name, m.Sender.Nick)}
	if r.GroupName == "" {
		r.GroupName = in.groupName()
	}
	if r.SenderID == "0" {
		r.SenderID = string(m.Sender.UID)
	}
	var ok bool
	var err error
	if r.At, r.Precision, ok, err = looseAt(in, m.At); err != nil {
		return err
	} else if !ok {
		return out.reject(line, raw, badTime, "timestamp is Unix milliseconds, or a date with a time")
	}
	text := string(m.Content.Text)
	if m.System.yes() || m.WasSystem.yes() || m.Type == "system" {
		return out.all(systemRecords(r, text))
	}
	for key, value := range map[string]loose{"title": m.Sender.Title, "remark": m.Sender.Remark} {
		if value != "" && string(value) != r.SenderName {
			r.set(key, string(value))
		}
	}
	r.setText(text)
	r.Content = m.content(&r)
	if !m.Recalled.yes() && !m.WasTaken.yes() {
		return out.record(r)
	}
	recall := r.detail("time", "inferred").detail("message", r.MessageID)
	recall.Kind, recall.Content, recall.Text, recall.Mentions, recall.MentionAll, recall.ReplyTo = community.MessageRecalled, "", "", nil, false, ""
	return out.all([]Record{r, recall})
}

// qqElements are its words for parts of a message that have none of contentNames.
var qqElements = map[string]community.Content{
	"pic": community.Image, "ptt": community.Voice, "record": community.Voice, "market_face": community.Sticker, "mface": community.Sticker,
	"multi_forward": community.Forward, "json": community.Link, "ark": community.Link, "share": community.Link, "wallet": community.RedPacket,
}

// content is the form of a message: text if there is any beside what it answers,
// otherwise that of its first part. The answered message is noted in r.
func (m *qqExported) content(r *Record) community.Content {
	found := community.Content("")
	text := len(m.Content.Elements) == 0
	for _, e := range m.Content.Elements {
		switch kind := strings.ToLower(string(e.Type)); kind {
		case "text", "at", "face", "emoji":
			text = true
		case "reply":
			var to struct {
				Referenced loose `json:"referencedMessageId"`
				ReplyID    loose `json:"replyMsgId"`
				MessageID  loose `json:"messageId"`
				MsgID      loose `json:"msgId"`
			}
			_ = decodeRow(e.Data, &to) // an answer to something unknown is an answer still
			r.ReplyTo = firstOf(to.Referenced, to.ReplyID, to.MessageID, to.MsgID)
		default:
			c, ok := qqElements[kind]
			if !ok {
				c, ok = contentNames[kind]
			}
			if !ok {
				c = community.Other
			}
			if found == "" {
				found = c
			}
		}
	}
	switch {
	case found == "" && text:
		return placeholder(r.Text)
	case found == "" || found == community.Other && r.Text != "" && text:
		return community.Text
	case text && found == community.Image:
		return community.Text // a text with a picture
	case found == community.Other:
		r.set("type", string(m.Type))
	}
	return found
}
