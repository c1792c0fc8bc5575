package detect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/internal/moderation/normal"
)

func read(message string) *normal.Text {
	t := new(normal.Text)
	normal.Default().Read(t, message)
	return t
}

func TestLinks(t *testing.T) {
	hosts := Hosts{Allow: []string{"school.edu.cn"}, Deny: []string{"bad.com"}}
	for _, c := range []struct {
		message string
		want    []string // kind host path, as written
	}{
		{"看https://Example.com/A?b=1。好", []string{"plain example.com /a?b=1 | Example.com/A?b=1"}},
		{"ｗｗｗ。ａｂｃ。ｃｏｍ快来", []string{"plain www.abc.com  | ｗｗｗ。ａｂｃ。ｃｏｍ"}},
		{"abc点com abc .com", []string{"plain abc.com  | abc点com", "plain abc.com  | abc .com"}},
		{"t.cn/A6abc", []string{"shortener t.cn /a6abc | t.cn/A6abc"}},
		{"https://t.me/joinchat", []string{"invite t.me /joinchat | t.me/joinchat"}},
		{"discord.com/invite/x discord.com/x", []string{"invite discord.com /invite/x | discord.com/invite/x", "plain discord.com /x | discord.com/x"}},
		{"www.school.edu.cn m.bad.com", []string{"allowed www.school.edu.cn  | www.school.edu.cn", "denied m.bad.com  | m.bad.com"}},
		{"http://10.0.0.1:80/x", []string{"plain 10.0.0.1 /x | 10.0.0.1:80/x"}},
		{"abc.公司", []string{"plain abc.公司  | abc.公司"}},
		{"3.5元，main.go README.md 12.30 a@b.com 好。com", nil},
		{"node.js e.g. 1.2.3", nil},
	} {
		var got []string
		for _, l := range Links(read(c.message), hosts) {
			got = append(got, strings.Join([]string{string(l.Kind), l.Host, l.Path, "|", c.message[l.At.Start:l.At.End]}, " "))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.message, diff)
		}
	}
}

func TestContacts(t *testing.T) {
	for _, c := range []struct {
		message string
		want    []string // kind value, as written
	}{
		{"电话13800138000", []string{"phone 13800138000 | 13800138000"}},
		{"138-0013 8000找我", []string{"phone 13800138000 | 138-0013 8000"}},
		{"+86 138 0013 8000", []string{"phone 13800138000 | 86 138 0013 8000"}},
		{"一三八零零一三八零零零", []string{"phone 13800138000 | 一三八零零一三八零零零"}},
		{"1③8零0一38〇⓪⓿", []string{"phone 13800138000 | 1③8零0一38〇⓪⓿"}},
		{"9⓿二肆⁹₈③⑸⒋➃㈤㊄", []string{"number 902498354455 | 9⓿二肆⁹₈③⑸⒋➃㈤㊄"}},
		{"加V信：abc_12345", []string{"wechat abc_12345 | abc_12345"}},
		{"薇❤信 13800138000", []string{"wechat 13800138000 | 13800138000"}},
		{"vx:xiaoming888", []string{"wechat xiaoming888 | xiaoming888"}},
		{"扣扣 12 34 56 7", []string{"qq 1234567 | 12 34 56 7"}},
		{"Q群123456789", []string{"qq 123456789 | 123456789"}},
		{"ＱＱ１２３４５６７", []string{"qq 1234567 | １２３４５６７"}},
		{"微信支付了100元", nil},
		{"拨打12345热线投诉，或者打12315", nil},
		{"请拨打客服热线 95588，联系电话10086，报警打110，反诈96110", nil},
		{"订单号 20261122001 价格1999 2026-11-22", nil},
		{"今天三五个人，12:30到", nil},
		{"微信小程序好用", nil},
		{"600一抽，一#180000 老陆233333", nil},
		{"估计是 wxerlang 吧", nil},
		{"vxabc888", []string{"wechat abc888 | abc888"}},
	} {
		var got []string
		for _, l := range Contacts(normal.Default(), read(c.message)) {
			got = append(got, string(l.Kind)+" "+l.Value+" | "+c.message[l.At.Start:l.At.End])
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.message, diff)
		}
	}
}

func TestEveryone(t *testing.T) {
	for message, want := range map[string]string{
		"@所有人 开会":       "@所有人",
		"＠ 全体成员":        "＠ 全体成员",
		"hi @ALL!":      "@ALL",
		"@allen @here2": "",
		"a@all.com":     "",
		"所有人":           "",
	} {
		at, ok := Everyone(read(message))
		if got := message[at.Start:at.End]; got != want || ok != (want != "") {
			t.Errorf("%q: %q", message, got)
		}
	}
}

func TestSize(t *testing.T) {
	for message, want := range map[string]Size{
		"": {}, "你 好\u200b\n😀": {3, 2}, "a\n\n": {1, 3},
	} {
		if got := SizeOf(read(message)); got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("7.0 复制此口令打开手淘 ￥4xJc1gGk0Ym￥ #小程序://点餐/AbCd1 weixin://dl/business/?t=x 5(4xJc1gGk0Ym)/")
	f.Add("加V信：abc_12345 https://t.cn/x @所有人 1③8零0一38〇⓪⓿")
	f.Fuzz(func(t *testing.T, message string) {
		text := read(message)
		var spans []normal.Span
		for _, l := range Links(text, Hosts{}) {
			if !strings.Contains(l.Host, ".") && l.Kind != Command && l.Kind != MiniProgram && l.Host != "weixin" {
				t.Fatalf("%q: host %q", message, l.Host)
			}
			spans = append(spans, l.At)
		}
		for _, c := range Contacts(normal.Default(), text) {
			if c.Value == "" {
				t.Fatalf("%q: an empty %s", message, c.Kind)
			}
			spans = append(spans, c.At)
		}
		if at, ok := Everyone(text); ok {
			spans = append(spans, at)
		}
		for _, s := range spans {
			if s.Start < 0 || s.Start >= s.End || s.End > len(message) {
				t.Fatalf("%q: %v", message, s)
			}
		}
	})
}
