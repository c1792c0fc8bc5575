package transcript

import (
	"strconv"
	"strings"

	"qunying/community"
)

// WeFlow writes one JSON document a chat; EchoTrace the same without saying so.

type weFlowSession struct {
	ID      loose `json:"accountId"`
	OldID   loose `json:"wxid"`
	Nick    loose `json:"nickname"`
	Remark  loose `json:"remark"`
	Display loose `json:"displayName"`
	Type    loose `json:"type"`
}

type weFlowMessage struct {
	LocalID   loose `json:"localId"`
	At        loose `json:"createTime"`
	Type      loose `json:"type"`
	LocalType loose `json:"localType"`
	Content   loose `json:"content"`
	IsSend    loose `json:"isSend"`
	Sender    loose `json:"senderUsername"`
	Name      loose `json:"senderDisplayName"`
	MessageID loose `json:"platformMessageId"`
	ReplyTo   loose `json:"replyToMessageId"`
	Quoted    loose `json:"quotedContent"`
}

func knowsWeFlow(in *input) bool {
	return in.hasAll("{", "session", "messages", "senderUsername", "createTime") || in.hasAll("{", "weflow", "session")
}

func readWeFlow(in *input, out *output) error {
	d := newDocument(in)
	var s weFlowSession
	err := d.object(func(key string) error {
		switch key {
		case "session":
			return d.into(&s)
		case "messages":
			return rows(d, out, func(line int, raw string, m *weFlowMessage) error { return m.write(in, out, &s, line, raw) })
		}
		return d.skip()
	})
	if err != nil {
		return err
	}
	return d.end()
}

func (m *weFlowMessage) write(in *input, out *output, s *weFlowSession, line int, raw string) error {
	r := Record{Line: line, Kind: community.MessagePosted, Network: WeChat, GroupID: firstOf(s.ID, s.OldID), GroupName: firstOf(s.Display, s.Remark, s.Nick),
		SenderID: string(m.Sender), SenderName: string(m.Name), FromSelf: m.IsSend.yes(), MessageID: string(m.MessageID), ReplyTo: string(m.ReplyTo), Raw: raw}
	if s.Type == "群聊" && !strings.HasSuffix(r.GroupID, "@chatroom") {
		r.GroupID = "" // it is the account's
	}
	if r.GroupName == "" {
		r.GroupName = in.groupName()
	}
	var ok bool
	var err error
	if r.At, r.Precision, ok, err = looseAt(in, m.At); err != nil {
		return err
	} else if !ok {
		return out.reject(line, raw, badTime, "createTime is Unix seconds")
	}
	// Version 4 of the client keeps the sub-type above the type.
	number, _ := strconv.ParseInt(string(m.LocalType), 10, 64) // 0 where there is none
	kind, sub := number&0xFFFFFFFF, number>>32
	text := string(m.Content)
	if kind == wechatSystem || isSystemType(string(m.Type)) {
		return out.all(systemRecords(r, text))
	}
	if m.LocalID != "" && m.LocalID != "0" {
		r.set("localId", string(m.LocalID))
	}
	word := strings.ToLower(string(m.Type))
	if c, known := contentNames[word]; known {
		r.Content = c
	} else if c, known := contentNames[strings.TrimSuffix(word, "消息")]; known {
		r.Content = c
	} else if c, known := pyWxDumpTypes[word]; known {
		r.Content = c
	} else if word == "引用消息" {
		r.Content = community.Text
	} else {
		r.setWeChatContent(kind, sub)
	}
	if m.Quoted != "" {
		r.set("quoted", string(m.Quoted))
	}
	if isXML(text) {
		text = xmlTitle(text)
	}
	r.setText(text)
	return out.record(r)
}
