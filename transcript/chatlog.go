package transcript

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"qunying/community"
)

// chatlog writes CSV and JSON of WeChat messages over HTTP.

var chatlogColumns = []string{"Time", "SenderName", "Sender", "TalkerName", "Talker", "Content"}

// chatlogSystem is the sender of system texts.
const chatlogSystem = "系统消息"

func knowsChatlogCSV(in *input) bool {
	line, ok := in.headerLine()
	return ok && slices.Equal(splitHeader(line, ','), chatlogColumns)
}

func readChatlogCSV(in *input, out *output) error {
	t := newTable(in, ',')
	header, err := t.header(in)
	if err != nil {
		return err
	}
	if !slices.Equal(header, chatlogColumns) {
		return invalidHeader(in, "its columns are not those of chatlog")
	}
	return t.rows(in, out, len(header), func() error {
		f := t.fields
		r := Record{Line: t.line, Kind: community.MessagePosted, Network: WeChat, Raw: t.raw, Content: community.Text,
			SenderName: f[1], SenderID: f[2], GroupName: f[3], GroupID: f[4]}
		return chatlogRow(in, out, &r, f[0], f[5])
	})
}

func chatlogRow(in *input, out *output, r *Record, when, text string) error {
	st, ok := parseStamp(when)
	if !ok {
		return out.reject(r.Line, r.Raw, badTime, timeHint)
	}
	var err error
	if r.At, err = st.in(in); err != nil {
		return err
	}
	r.Precision = st.precision
	in.nameGroup(r)
	if r.SenderID == chatlogSystem || r.SenderName == chatlogSystem {
		return out.all(systemRecords(*r, text))
	}
	r.setText(text)
	r.Content = markedContent(text)
	return out.record(*r)
}

// nameGroup fills in the name of a group where a row tells only its ID: the one
// told last, else the file's.
func (in *input) nameGroup(r *Record) {
	switch {
	case r.GroupName != "":
		in.lastID, in.lastName = r.GroupID, r.GroupName
	case in.lastName != "" && in.lastID == r.GroupID:
		r.GroupName = in.lastName
	default:
		r.GroupName = in.groupName()
	}
}

// chatlogMarks are how its plain text writes what is not text.
var chatlogMarks = []struct {
	mark    string
	content community.Content
}{
	{"![图片](", community.Image}, {"[语音](", community.Voice}, {"![视频](", community.Video}, {"[动画表情]", community.Sticker},
	{"[链接|", community.Link}, {"[文件|", community.File}, {"[小程序|", community.MiniProgram}, {"[合并转发|", community.Forward},
	{"[位置|", community.Location}, {"[名片|", community.Card}, {"[转账|", community.Transfer}, {"[红包|", community.RedPacket},
	{"[语音通话]", community.Call},
}

// markedContent finds what a text of chatlog stands for.
func markedContent(text string) community.Content {
	if text == "" || text[0] != '[' && text[0] != '!' {
		return community.Text
	}
	for _, m := range chatlogMarks {
		if strings.HasPrefix(text, m.mark) && (strings.HasSuffix(text, ")") || strings.HasSuffix(text, "]")) {
			return m.content
		}
	}
	return placeholder(text)
}

// chatlogMessage is one element of its JSON array.
type chatlogMessage struct {
	Seq        int64           `json:"seq"`
	Time       string          `json:"time"`
	Talker     string          `json:"talker"`
	TalkerName string          `json:"talkerName"`
	IsChatRoom bool            `json:"isChatRoom"`
	Sender     string          `json:"sender"`
	SenderName string          `json:"senderName"`
	IsSelf     bool            `json:"isSelf"`
	Type       int64           `json:"type"`
	SubType    int64           `json:"subType"`
	Content    string          `json:"content"`
	Contents   json.RawMessage `json:"contents"`
}

func knowsChatlogJSON(in *input) bool {
	head := bytes.TrimLeft(in.head, " \t\r\n")
	return bytes.HasPrefix(head, []byte("[")) && bytes.Contains(head, []byte(`"talker"`)) &&
		bytes.Contains(head, []byte(`"sender"`)) && bytes.Contains(head, []byte(`"content"`))
}

func readChatlogJSON(in *input, out *output) error {
	d := newDocument(in)
	if err := d.expect('['); err != nil {
		return err
	}
	err := d.elements(func(line int, raw string, value []byte) error {
		var m chatlogMessage
		if reason := decodeRow(value, &m); reason != "" {
			return out.reject(line, raw, reason, "")
		}
		return m.write(in, out, line, raw)
	})
	if err != nil {
		return err
	}
	return d.end()
}

func (m *chatlogMessage) write(in *input, out *output, line int, raw string) error {
	st, ok := parseStamp(m.Time)
	if !ok {
		return out.reject(line, raw, badTime, timeHint)
	}
	r := Record{Line: line, Kind: community.MessagePosted, Precision: st.precision, Network: WeChat, Raw: raw,
		GroupID: cleanString(m.Talker), GroupName: cleanString(m.TalkerName),
		SenderID: cleanString(m.Sender), SenderName: cleanString(m.SenderName), FromSelf: m.IsSelf}
	var err error
	if r.At, err = st.in(in); err != nil {
		return err
	}
	in.nameGroup(&r)
	if m.Seq != 0 {
		r.MessageID = formatInt(m.Seq)
	}
	text := cleanString(m.Content)
	if m.Type == wechatSystem {
		return out.all(systemRecords(r, text))
	}
	r.setWeChatContent(m.Type, m.SubType)
	if text == "" {
		text = m.title()
	}
	if m.Type == wechatApp && m.SubType == 57 {
		r.ReplyTo = m.repliesTo()
	}
	r.setText(text)
	return out.record(r)
}

// title is what a card shows, which stands in contents.
func (m *chatlogMessage) title() string {
	var c struct {
		Title string `json:"title"`
	}
	if len(m.Contents) == 0 || json.Unmarshal(m.Contents, &c) != nil {
		return "" // contents of other types have no title
	}
	return cleanString(c.Title)
}

// repliesTo is the number of the quoted message.
func (m *chatlogMessage) repliesTo() string {
	var c struct {
		Refer struct {
			Seq int64 `json:"seq"`
		} `json:"refer"`
	}
	if len(m.Contents) == 0 || json.Unmarshal(m.Contents, &c) != nil || c.Refer.Seq == 0 {
		return ""
	}
	return formatInt(c.Refer.Seq)
}
