package transcript

import (
	"encoding/json"
	"strings"

	"qunying/community"
)

// Telegram's desktop program writes result.json: one chat, or all of an account.

// Networks of programs whose chats are known by their exports only.
const (
	Telegram community.Network = "telegram"
	Discord  community.Network = "discord"
	Slack    community.Network = "slack"
)

func knowsTelegram(in *input) bool {
	return in.hasAll("{", "date_unixtime", "from_id") || in.hasAll("{", "date", "from_id", "text", "messages") || in.hasAll("{", "chats", "personal_information") ||
		in.hasAll("{", "chats", "list", "about") || in.hasAll("{", "messages", "actor_id", "action")
}

// telegramChat is what stands before a chat's messages.
type telegramChat struct {
	name, kind, id string
	within         bool // an export of everything
}

// group says whether the chat has more than two sides.
func (c *telegramChat) group() bool {
	return strings.Contains(c.kind, "group") || strings.Contains(c.kind, "channel")
}

func readTelegram(in *input, out *output) error {
	d := newDocument(in)
	if err := telegramObject(d, in, out, false); err != nil {
		return err
	}
	return d.end()
}

// telegramObject reads a chat, or the export of an account with its lists of chats.
func telegramObject(d *document, in *input, out *output, within bool) error {
	c := telegramChat{within: within}
	return d.object(func(key string) error {
		var text loose
		switch key {
		case "name", "type", "id":
			if err := d.into(&text); err != nil {
				return err
			}
			*map[string]*string{"name": &c.name, "type": &c.kind, "id": &c.id}[key] = string(text)
			return nil
		case "messages":
			return c.messages(d, in, out)
		case "chats", "left_chats":
			if within {
				return d.skip()
			}
			return telegramList(d, in, out)
		}
		return d.skip()
	})
}

// telegramList reads {"about": …, "list": [chats]}.
func telegramList(d *document, in *input, out *output) error {
	return d.object(func(key string) error {
		if key != "list" {
			return d.skip()
		}
		if err := d.expect('['); err != nil {
			return err
		}
		for d.dec.More() {
			if err := telegramObject(d, in, out, true); err != nil {
				return err
			}
		}
		return d.expect(']')
	})
}

type telegramMessage struct {
	ID        loose           `json:"id"`
	Type      loose           `json:"type"`
	Date      loose           `json:"date"`
	Unix      loose           `json:"date_unixtime"`
	From      loose           `json:"from"`
	FromID    loose           `json:"from_id"`
	Actor     loose           `json:"actor"`
	ActorID   loose           `json:"actor_id"`
	Action    loose           `json:"action"`
	Title     loose           `json:"title"`
	Inviter   loose           `json:"inviter"`
	Members   []loose         `json:"members"`
	Text      json.RawMessage `json:"text"`
	ReplyTo   loose           `json:"reply_to_message_id"`
	Forwarded loose           `json:"forwarded_from"`
	Photo     loose           `json:"photo"`
	File      loose           `json:"file"`
	Media     loose           `json:"media_type"`
	Mime      loose           `json:"mime_type"`
	Location  json.RawMessage `json:"location_information"`
	Contact   json.RawMessage `json:"contact_information"`
	Poll      json.RawMessage `json:"poll"`
}

func (c *telegramChat) messages(d *document, in *input, out *output) error {
	if c.within && !c.group() {
		line := d.feed.now()
		if err := d.skip(); err != nil {
			return err
		}
		return out.reject(line, "", "a chat of two people is left out of an export of everything", "export that chat alone if it is meant to be brought in")
	}
	if c.name == "" {
		c.name = in.groupName()
	}
	return rows(d, out, func(line int, raw string, m *telegramMessage) error {
		r := Record{Line: line, Kind: community.MessagePosted, Network: Telegram, GroupID: c.id, GroupName: c.name, MessageID: string(m.ID), Raw: raw}
		when := m.Unix
		if when == "" {
			when = m.Date
		}
		var ok bool
		var err error
		if r.At, r.Precision, ok, err = looseAt(in, when); err != nil {
			return err
		} else if !ok {
			return out.reject(line, raw, badTime, timeHint)
		}
		if m.Type == "service" {
			return m.service(r, out)
		}
		if m.Type != "message" {
			return out.reject(line, raw, "its type is neither message nor service", "")
		}
		r.SenderID, r.SenderName, r.ReplyTo = string(m.FromID), string(m.From), string(m.ReplyTo)
		if m.Forwarded != "" {
			r.set("forwarded_from", string(m.Forwarded))
		}
		r.setText(telegramText(m.Text))
		r.Content = m.content()
		return out.record(r)
	})
}

// telegramText joins what is a text, or a list of texts and of marked ones.
func telegramText(value json.RawMessage) string {
	var text loose
	if len(value) == 0 || value[0] != '[' {
		if json.Unmarshal(value, &text) != nil {
			return ""
		}
		return string(text)
	}
	var parts []json.RawMessage
	if json.Unmarshal(value, &parts) != nil {
		return ""
	}
	var b strings.Builder
	for _, p := range parts {
		var marked struct {
			Text loose `json:"text"`
		}
		if len(p) > 0 && p[0] == '{' {
			_ = decodeRow(p, &marked) // what has no text adds none
			text = marked.Text
		} else if json.Unmarshal(p, &text) != nil {
			continue
		}
		b.WriteString(string(text))
	}
	return b.String()
}

func (m *telegramMessage) content() community.Content {
	switch m.Media {
	case "sticker", "animation":
		return community.Sticker
	case "voice_message", "audio_file":
		return community.Voice
	case "video_message", "video_file":
		return community.Video
	}
	switch {
	case m.Photo != "":
		return community.Image
	case m.File != "":
		return fileContent(string(m.File), string(m.Mime))
	case len(m.Location) > 0:
		return community.Location
	case len(m.Contact) > 0:
		return community.Card
	case len(m.Poll) > 0:
		return community.Other
	}
	return community.Text
}

// service reads what the platform itself says in the chat.
func (m *telegramMessage) service(r Record, out *output) error {
	actor, id := string(m.Actor), string(m.ActorID)
	r.Text = string(m.Action)
	switch m.Action {
	case "invite_members", "create_group", "migrate_from_group":
		return out.all(m.moved(r, community.MemberJoined, "invite"))
	case "remove_members":
		return out.all(m.moved(r, community.MemberLeft, "removed"))
	case "join_group_by_link", "join_group_by_request":
		r.SenderID, r.SenderName = id, actor
		if m.Inviter != "" {
			r.OperatorName = string(m.Inviter)
		}
		way := "link"
		if m.Action == "join_group_by_request" {
			way = "request"
		}
		return out.record(membership(r, community.MemberJoined, way))
	case "edit_group_title":
		r.Kind, r.Text, r.SenderID, r.SenderName = community.GroupRenamed, string(m.Title), id, actor
		return out.record(r)
	}
	r.Kind, r.SenderID, r.SenderName = community.PlatformOther, id, actor
	return out.record(r)
}

// moved makes a record for every member: somebody else did it, or they themselves.
func (m *telegramMessage) moved(r Record, kind community.Kind, way string) []Record {
	var list []Record
	for _, name := range m.Members {
		one := r
		if name == "" {
			continue // a deleted account
		}
		if name == m.Actor {
			one.SenderID, one.SenderName = string(m.ActorID), string(m.Actor)
			list = append(list, membership(one, kind, "direct"))
			continue
		}
		one.SenderName, one.OperatorID, one.OperatorName = string(name), string(m.ActorID), string(m.Actor)
		list = append(list, membership(one, kind, way))
	}
	if len(list) == 0 {
		r.Kind, r.SenderID, r.SenderName = community.PlatformOther, string(m.ActorID), string(m.Actor)
		list = append(list, r)
	}
	return list
}
