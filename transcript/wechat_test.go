package transcript

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

func TestSystemTexts(t *testing.T) {
	joined := func(name, by, way string) Record {
		return Record{Kind: community.MemberJoined, SenderName: name, OperatorName: by, Data: map[string]string{"way": way}}
	}
	removed := func(name, by string) Record {
		return Record{Kind: community.MemberLeft, SenderName: name, OperatorName: by, Data: map[string]string{"way": "removed"}}
	}
	byUs := func(r Record) Record { return r.detail("operator", "self") }
	us := func(r Record) Record { r.FromSelf = true; return r }
	for _, c := range []struct {
		text string
		want []Record
	}{
		{`"A"邀请"B"加入了群聊`, []Record{joined("B", "A", "invite")}},
		{`“A”邀请“B”加入了群聊`, []Record{joined("B", "A", "invite")}},
		{`"A"邀请"B、C"加入了群聊`, []Record{joined("B", "A", "invite"), joined("C", "A", "invite")}},
		{`"A"邀请"B"、"C"加入了群聊`, []Record{joined("B", "A", "invite"), joined("C", "A", "invite")}},
		{`"A"邀请你和"B、C"加入了群聊`, []Record{us(joined("", "A", "invite")), joined("B", "A", "invite"), joined("C", "A", "invite")}},
		{`"A"邀请你加入了群聊，群聊参与人还有：B、C`, []Record{us(joined("", "A", "invite"))}},
		{`你邀请"B"加入了群聊`, []Record{byUs(joined("B", "", "invite"))}},
		{`你邀请"B"加入了群聊  撤销`, []Record{byUs(joined("B", "", "invite"))}},
		{`"A"通过扫描"B"分享的二维码加入群聊`, []Record{joined("A", "B", "qrcode")}},
		{`"A"通过扫描你分享的二维码加入群聊`, []Record{byUs(joined("A", "", "qrcode"))}},
		{`"A"通过搜索加入了群聊`, []Record{joined("A", "", "search")}},
		{`X 加入本群。`, []Record{joined("X", "", "direct")}},
		{`X Y加入本群。`, []Record{joined("X Y", "", "direct")}},
		{`你将"B"移出了群聊`, []Record{byUs(removed("B", ""))}},
		{`"A"将"B"移出了群聊`, []Record{removed("B", "A")}},
		{`你被"A"移出群聊`, []Record{us(removed("", "A"))}},
		{`"A"退出了群聊`, []Record{{Kind: community.MemberLeft, SenderName: "A", Data: map[string]string{"way": "direct"}}}},
		{`"A"撤回了一条消息`, []Record{{Kind: community.MessageRecalled, SenderName: "A"}}},
		{`A撤回了一条消息`, []Record{{Kind: community.MessageRecalled, SenderName: "A"}}},
		{`你撤回了一条消息 重新编辑`, []Record{{Kind: community.MessageRecalled, FromSelf: true}}},
		{`"A"撤回了成员"B"的一条消息`, []Record{{Kind: community.MessageRecalled, SenderName: "B", OperatorName: "A"}}},
		{`"A"修改群名为“X”`, []Record{{Kind: community.GroupRenamed, SenderName: "A", Text: "X"}}},
		{`你修改群名为“X、Y”`, []Record{{Kind: community.GroupRenamed, FromSelf: true, Text: "X、Y"}}},
		{`"A"将群昵称修改为"B"`, []Record{{Kind: community.MemberRenamed, SenderName: "B", Data: map[string]string{"old": "A"}}}},
		{"群公告\n明早八点", []Record{{Kind: community.GroupAnnounced}}},
		{"@所有人 明早八点", []Record{{Kind: community.GroupAnnounced, MentionAll: true}}},
		{`"A" 拍了拍 "B"`, []Record{{Kind: community.MessagePosted, SenderName: "A", Content: community.Poke}}},
		{"收到红包，请在手机上查看", []Record{{Kind: community.PlatformOther}}},
		{"由于群聊人数较多，阿强邀请阿花加入了群聊", []Record{{Kind: community.PlatformOther}}},
		{"", []Record{{Kind: community.PlatformOther}}},
	} {
		for i := range c.want {
			if c.want[i].Text == "" {
				c.want[i].Text = c.text
			}
		}
		base := Record{SenderID: "system", SenderName: "系统消息", Content: community.Text}
		if diff := cmp.Diff(c.want, systemRecords(base, c.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestEventsOfOneRowHaveDifferentIDs(t *testing.T) {
	const row = `[{"seq":5,"time":"2024-03-01T09:00:00+08:00","talker":"1@chatroom","isChatRoom":true,"sender":"系统消息","type":10000,"content":"\"A\"邀请\"B、C\"加入了群聊"}]`
	got := readBytes("x.json", []byte(row), Options{}).records()
	if len(got) != 2 || got[0].MessageID != "5" || got[1].MessageID != "5/2" {
		t.Errorf("got %+v", got)
	}
}

func TestMentions(t *testing.T) {
	for _, c := range []struct {
		text  string
		names []string
		all   bool
	}{
		{"你好", nil, false},
		{"@小李 你好", []string{"小李"}, false},
		{"你好@小李", []string{"小李"}, false},
		{"@Oling Cat\u2005在吗 @小李\u2005", []string{"Oling Cat", "小李"}, false},
		{"@小李\n第二行\u2005", []string{"小李"}, false},
		{"@所有人 开会", nil, true},
		{"@ALL hi", nil, true},
		{"@all_of_us hi", []string{"all_of_us"}, false},
		{"a@example.com https://x/@y @", nil, false},
		{"@甲@乙", []string{"甲", "乙"}, false},
	} {
		names, all := mentions(c.text)
		if !cmp.Equal(names, c.names) || all != c.all {
			t.Errorf("mentions(%q) = %q, %v, want %q, %v", c.text, names, all, c.names, c.all)
		}
	}
}
