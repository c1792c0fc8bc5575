package transcript

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"qunying/community"
)

// ChatLab's interchange format, version 0.0.2, as one document or as lines.

type chatLabMeta struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Type     string `json:"type"`
	GroupID  string `json:"groupId"`
	OwnerID  string `json:"ownerId"`
}

type chatLabMessage struct {
	Sender        string  `json:"sender"`
	AccountName   string  `json:"accountName"`
	GroupNickname string  `json:"groupNickname"`
	Timestamp     int64   `json:"timestamp"`
	Type          int     `json:"type"`
	Content       *string `json:"content"`
	MessageID     string  `json:"platformMessageId"`
	ReplyTo       string  `json:"replyToMessageId"`

	Own *chatLabOwn `json:"qunying"`
}

// chatLabContents are its message types.
var chatLabContents = map[int]community.Content{
	0: community.Text, 1: community.Image, 2: community.Voice, 3: community.Video, 4: community.File, 5: community.Sticker,
	7: community.Link, 8: community.Location, 20: community.RedPacket, 21: community.Transfer, 22: community.Poke,
	23: community.Call, 24: community.Link, 25: community.Text, 26: community.Forward, 27: community.Card, 99: community.Other,
}

const (
	chatLabSystem = 80
	chatLabRecall = 81
)

// chatLab is what the head of the document says of its messages.
type chatLab struct {
	network     community.Network
	group, name string
	owner       string
}

func (c *chatLab) use(in *input, m chatLabMeta) {
	c.group, c.name, c.owner = cleanString(m.GroupID), cleanString(m.Name), cleanString(m.OwnerID)
	if c.name == "" {
		c.name = in.groupName()
	}
	c.network = Import
	switch p := strings.ToLower(cleanString(m.Platform)); p {
	case "":
	case "weixin", "wechat":
		c.network = WeChat
	default:
		c.network = community.Network(p)
	}
}

func (c *chatLab) write(m *chatLabMessage, out *output, line int, raw string) error {
	r := Record{Line: line, Kind: community.MessagePosted, Network: c.network, GroupID: c.group, GroupName: c.name, Raw: raw,
		SenderID: cleanString(m.Sender), SenderName: cleanString(m.GroupNickname), MessageID: cleanString(m.MessageID), ReplyTo: cleanString(m.ReplyTo)}
	var ok bool
	if r.At, r.Precision, ok = secondsAt(m.Timestamp); !ok {
		return out.reject(line, raw, badTime, "timestamp is Unix seconds")
	}
	account := cleanString(m.AccountName)
	if r.SenderName == "" {
		r.SenderName = account
	} else if account != "" && account != r.SenderName {
		r.set("account_name", account)
	}
	r.FromSelf = c.owner != "" && r.SenderID == c.owner
	if m.Own != nil {
		return c.writeOwn(r, m, out)
	}
	var text string
	if m.Content != nil {
		text = cleanString(*m.Content)
	}
	switch m.Type {
	case chatLabSystem:
		return out.all(systemRecords(r, text))
	case chatLabRecall:
		r.Kind, r.Text = community.MessageRecalled, text
		return out.record(r)
	}
	if r.Content, ok = chatLabContents[m.Type]; !ok {
		r.Content = community.Other
		r.set("type", formatInt(int64(m.Type)))
	}
	r.setText(text)
	return out.record(r)
}

func knowsChatLab(in *input) bool {
	head := bytes.TrimLeft(in.head, " \t\r\n")
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"chatlab"`)) && !bytes.Contains(head, []byte(`"_type"`))
}

func readChatLab(in *input, out *output) error {
	d := newDocument(in)
	if err := d.expect('{'); err != nil {
		return err
	}
	var c chatLab
	c.use(in, chatLabMeta{})
	for d.dec.More() {
		key, err := d.token()
		if err != nil {
			return err
		}
		switch key {
		case "meta":
			var value json.RawMessage
			if err := d.dec.Decode(&value); err != nil {
				return d.fail(err)
			}
			var meta chatLabMeta
			if reason := decodeRow(value, &meta); reason != "" {
				return community.Errorf(community.Invalid, "%s: meta: %s", in.file, reason)
			}
			c.use(in, meta)
		case "messages":
			if err := d.expect('['); err != nil {
				return err
			}
			err := d.elements(func(line int, raw string, value []byte) error {
				var m chatLabMessage
				if reason := decodeRow(value, &m); reason != "" {
					return out.reject(line, raw, reason, "")
				}
				return c.write(&m, out, line, raw)
			})
			if err != nil {
				return err
			}
		default:
			if err := d.skip(); err != nil {
				return err
			}
		}
	}
	if err := d.expect('}'); err != nil {
		return err
	}
	return d.end()
}

func knowsChatLabLines(in *input) bool {
	for _, line := range in.headLines(20) {
		if isComment(line) {
			continue
		}
		var head struct {
			Type string `json:"_type"`
			Lab  any    `json:"chatlab"`
		}
		return json.Unmarshal([]byte(line), &head) == nil && head.Type == "header" && head.Lab != nil
	}
	return false
}

func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
}

func readChatLabLines(in *input, out *output) error {
	var c chatLab
	c.use(in, chatLabMeta{})
	return jsonLines(in, out, func(line int, raw string, value []byte) error {
		var row struct {
			Type string `json:"_type"`
		}
		if reason := decodeRow(value, &row); reason != "" {
			return out.reject(line, raw, reason, "")
		}
		switch row.Type {
		case "header":
			var head struct {
				Meta chatLabMeta `json:"meta"`
			}
			if reason := decodeRow(value, &head); reason != "" {
				return out.reject(line, raw, reason, "")
			}
			c.use(in, head.Meta)
		case "member":
		case "message":
			var m chatLabMessage
			if reason := decodeRow(value, &m); reason != "" {
				return out.reject(line, raw, reason, "")
			}
			return c.write(&m, out, line, raw)
		default:
			return out.reject(line, raw, "_type is none of header, member and message", "")
		}
		return nil
	})
}

// jsonLines calls do for every line that is not blank or a comment. A broken
// value, also of a last line that was cut, is for do to find.
func jsonLines(in *input, out *output, do func(line int, raw string, value []byte) error) error {
	lines := lineReader{br: in.br}
	for {
		b, _, err := lines.next()
		switch {
		case err == io.EOF:
			return nil
		case err == errLongRow:
			err = out.reject(lines.n, "", err.Error(), "")
		case err != nil:
			return in.cut(lines.n, err)
		default:
			raw := clean(b)
			if s := strings.TrimSpace(raw); s == "" || isComment(s) {
				continue
			}
			err = do(lines.n, raw, b)
		}
		if err != nil {
			return err
		}
	}
}
