package transcript

import (
	"regexp"
	"slices"
	"strings"

	"qunying/community"
)

// PyWxDump writes CSV and JSON of the same rows; a variant of the CSV lacks the
// room.

var (
	pyWxDumpColumns = []string{"id", "MsgSvrID", "type_name", "is_sender", "talker", "room_name", "msg", "src", "CreateTime"}
	weCloneColumns  = []string{"id", "MsgSvrID", "type_name", "is_sender", "talker", "msg", "src", "CreateTime"}
)

// pyWxDumpTypes are its words for messages that have none of contentNames.
var pyWxDumpTypes = map[string]community.Content{
	"引用回复": community.Text, "带有引用的文本消息": community.Text, "粘贴的文本": community.Text, "接龙": community.Text,
	"推荐公众号": community.Card, "用户上传的gif表情": community.Sticker, "合并转发的聊天记录": community.Forward, "位置共享": community.Location,
	"(分享)音乐": community.Link, "(分享)卡片式链接": community.Link, "(分享)笔记": community.Link, "(分享)收藏夹": community.Link,
	"(分享)视频号名片": community.Card, "(分享)视频号视频": community.Video, "(分享)小程序": community.MiniProgram, "(分享)小说(猜)": community.Link,
	"红包封面": community.RedPacket, "文件(猜)": community.File, "视频号直播或直播回放等": community.Link,
}

func knowsPyWxDump(in *input) bool {
	line, ok := in.headerLine()
	if !ok {
		return false
	}
	header := splitHeader(line, ',')
	return slices.Equal(header, pyWxDumpColumns) || slices.Equal(header, weCloneColumns)
}

type pyWxDumpRow struct {
	ID       loose `json:"id"`
	ServerID loose `json:"MsgSvrID"`
	Type     loose `json:"type_name"`
	IsSender loose `json:"is_sender"`
	Talker   loose `json:"talker"`
	Room     loose `json:"room_name"`
	Msg      loose `json:"msg"`
	Source   loose `json:"src"`
	At       loose `json:"CreateTime"`
}

func readPyWxDump(in *input, out *output) error {
	t := newTable(in, ',')
	header, err := t.header(in)
	if err != nil {
		return err
	}
	if !slices.Equal(header, pyWxDumpColumns) && !slices.Equal(header, weCloneColumns) {
		return invalidHeader(in, "its columns are not those of PyWxDump")
	}
	header = slices.Clone(header)
	t.endsInTime = true
	return t.rows(in, out, len(header), func() error {
		cell := func(name string) loose {
			if i := slices.Index(header, name); i >= 0 {
				return loose(t.fields[i])
			}
			return ""
		}
		row := pyWxDumpRow{ID: cell("id"), ServerID: cell("MsgSvrID"), Type: cell("type_name"), IsSender: cell("is_sender"), Talker: cell("talker"),
			Room: cell("room_name"), Msg: cell("msg"), Source: cell("src"), At: cell("CreateTime")}
		return row.write(in, out, t.line, t.raw)
	})
}

func knowsPyWxDumpJSON(in *input) bool {
	return in.hasAll("[", "MsgSvrID", "type_name", "is_sender", "talker", "CreateTime")
}

func readPyWxDumpJSON(in *input, out *output) error {
	d := newDocument(in)
	if err := rows(d, out, func(line int, raw string, row *pyWxDumpRow) error { return row.write(in, out, line, raw) }); err != nil {
		return err
	}
	return d.end()
}

// pyWxDumpFile is how it names files: who the chat is with, and which messages.
var pyWxDumpFile = regexp.MustCompile(`^(.+)_\d+_\d+$`)

func (row *pyWxDumpRow) write(in *input, out *output, line int, raw string) error {
	r := Record{Line: line, Kind: community.MessagePosted, Network: WeChat, GroupID: string(row.Room), SenderID: string(row.Talker),
		FromSelf: row.IsSender.yes(), Raw: raw}
	var ok bool
	var err error
	if r.At, r.Precision, ok, err = looseAt(in, row.At); err != nil {
		return err
	} else if !ok {
		return out.reject(line, raw, badTime, timeHint)
	}
	r.GroupName = in.groupName()
	if m := pyWxDumpFile.FindStringSubmatch(r.GroupName); m != nil {
		r.GroupName = m[1]
	}
	if r.GroupID == "" && strings.HasSuffix(r.GroupName, "@chatroom") {
		r.GroupID = r.GroupName
	}
	if r.SenderID == "我" { // who made the export
		r.SenderID, r.FromSelf = "", true
	}
	if row.ServerID != "0" {
		r.MessageID = string(row.ServerID)
	}
	text, kind := string(row.Msg), string(row.Type)
	if isSystemType(kind) || kind == "系统通知" || kind == "拍一拍" || kind == "邀请加群" || strings.HasPrefix(kind, "消息撤回") {
		return out.all(systemRecords(r, text))
	}
	if kind == "群公告" {
		r.Kind = community.GroupAnnounced
		r.setText(text)
		r.Mentions = nil
		return out.record(r)
	}
	if r.Content, ok = pyWxDumpTypes[strings.ToLower(kind)]; !ok {
		r.setNamedContent(kind)
	}
	if isXML(text) {
		text = xmlTitle(text)
	}
	if row.Source != "" && r.Content != community.Text {
		r.set("src", string(row.Source))
	}
	r.setText(text)
	return out.record(r)
}
