package read

import (
	"encoding/json"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/moderation/detect"
	"qunying/internal/moderation/lexicon"
)

func reader(t testing.TB, entries string) *Reader {
	t.Helper()
	list, err := lexicon.Import(strings.NewReader(entries), lexicon.TXT)
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Config{
		Lexicons: []lexicon.Lexicon{{Name: "own", Entries: list}},
		Hosts:    detect.Hosts{Allow: []string{"school.edu.cn"}, Deny: []string{"bad.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const entries = "[advert]\n加微信\n兼职+日结\n!不要加微信\n[fraud]\n/刷单\\d+/"

func TestRead(t *testing.T) {
	r := reader(t, entries)
	for _, c := range []struct {
		name    string
		message Message
		want    []string // what was found, with its place in the text or the name
	}{
		{"nothing", Message{Text: "今天的作业交了吗"}, nil},
		{"a word in disguise", Message{Text: "请加 薇😀信 加.微.信"}, []string{"own/advert/加微信/written 加.微.信"}},
		{"a combination", Message{Text: "日结，招兼职"}, []string{"own/advert/兼职+日结/combined 日结，招兼职"}},
		{"an exception", Message{Text: "不要加微信"}, []string{"own/advert/加微信/written/exception 加微信"}},
		{"in the order of the text", Message{Text: "刷单100加微信"}, []string{`own/fraud//刷单\d+//matched 刷单100`, "own/advert/加微信/written 加微信"}},
		{"links", Message{Text: "www.school.edu.cn m.bad.com/x t.cn/A6 abc.com"}, []string{
			"link-allowed/www.school.edu.cn www.school.edu.cn", "link/m.bad.com/denied m.bad.com/x", "link/t.cn/shortener t.cn/A6", "link/abc.com/plain abc.com"}},
		{"links without an address", Message{Text: "￥4xJc1gGk0Ym￥ 复制此口令打开手淘 #小程序://点餐/AbCd1"}, []string{
			"link/taobao.com/command ￥4xJc1gGk0Ym￥", "link/taobao.com/command 复制此口令打开手淘", "link/点餐/miniprogram #小程序://点餐/AbCd1"}},
		{"a command for no app we know", Message{Text: "￥4xJc1gGk0Ym￥"}, []string{"link/4xjc1ggk0ym/command ￥4xJc1gGk0Ym￥"}},
		{"a command in a code", Message{Form: community.Image, Codes: []string{"weixin://dl/business/?t=x"}}, []string{"qr/weixin://dl/business/?t=x", "link/weixin/miniprogram"}},
		{"a contact", Message{Text: "电话1③8零0一38〇⓪⓿"}, []string{"phone/13800138000 1③8零0一38〇⓪⓿"}},
		{"a card", Message{Form: community.Card, Text: "小王"}, []string{"card"}},
		{"a mini-program", Message{Form: community.MiniProgram, Text: "团购", URL: "https://t.cn/a"}, []string{"link/t.cn/shortener", "miniprogram"}},
		{"a forwarded record", Message{Form: community.Forward}, []string{"forward"}},
		{"a code", Message{Form: community.Image, Codes: []string{"https://u.wechat.com/abc"}}, []string{"qr/https://u.wechat.com/abc", "link/u.wechat.com/invite"}},
		{"a contact in a code", Message{Form: community.Image, Codes: []string{"加微信 abc12345"}}, []string{"qr/加微信 abc12345", "wechat/abc12345"}},
		{"digits in the address of a code", Message{Form: community.Image, Codes: []string{"https://a.example.com/13812345678"}}, []string{"qr/https://a.example.com/13812345678", "link/a.example.com/plain"}},
		{"everyone", Message{Text: "@所有人 开会"}, []string{"everyone @所有人"}},
		{"everyone, by the platform", Message{Text: "开会", MentionsAll: true}, []string{"everyone"}},
		{"many", Message{Text: "开会", Mentions: 7}, []string{"mentions/7"}},
		{"a complaint", Message{Text: "我要退 款"}, []string{"complaint/退款 退 款"}},
		{"no complaint", Message{Text: "退款成功，支持无理由退款"}, nil},
		{"long", Message{Text: strings.Repeat("长文", 300)}, []string{"long/600/characters"}},
		{"many lines", Message{Text: strings.Repeat("长\n", 40)}, []string{"long/41/lines"}},
		{"a name with a number", Message{Name: "小王VX：abc12345", Text: "大家好"}, []string{"name-advert/abc12345/wechat abc12345"}},
		{"a name with a word", Message{Name: "招兼职 日结", Text: "大家好"}, []string{"name-advert/兼职+日结/advert 兼职 日结"}},
		{"a name", Message{Name: "不要加微信", Text: "大家好"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := r.Read(c.message)
			var found []string
			for _, h := range got.Hits {
				parts := []string{h.Lexicon, h.Category, h.Entry, h.Way}
				if h.Exception {
					parts = append(parts, "exception")
				}
				found = append(found, strings.Join(parts, "/")+" "+c.message.Text[h.Start:h.End])
			}
			for _, f := range got.Found {
				text := c.message.Text
				if f.Detector == NameAdvert {
					text = c.message.Name
				}
				line := strings.TrimRight(f.Detector+"/"+f.Value+"/"+f.Kind, "/")
				if f.End > 0 {
					line += " " + text[f.Start:f.End]
				}
				found = append(found, line)
			}
			if diff := cmp.Diff(c.want, found); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnread(t *testing.T) {
	r := reader(t, "")
	for _, c := range []struct {
		message Message
		want    bool
	}{
		{Message{Form: community.Voice}, true},
		{Message{Form: community.Video}, true},
		{Message{Form: community.Voice, Text: "明天见"}, false},
		{Message{Form: community.Image}, false},
		{Message{}, false},
	} {
		if got := r.Read(c.message); got.Unread != c.want {
			t.Errorf("%+v: unread %v", c.message, got.Unread)
		}
	}
}

func TestNewNamesTheLine(t *testing.T) {
	_, err := New(Config{Lexicons: []lexicon.Lexicon{{Name: "own", Entries: []lexicon.Entry{{Text: "甲"}, {Text: "甲+"}}}}})
	if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), "own, line 2") {
		t.Errorf("%v", err)
	}
}

func TestJSON(t *testing.T) {
	got, err := json.Marshal(reader(t, "加微信").Read(Message{Text: "加VX信"}))
	want := `{"normal":"加vx信","hits":null,"found":null,"signature":"0","length":4,"unread":false}`
	if err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestVeryLongText(t *testing.T) {
	text := strings.Repeat("长", maxText) + "加微信"
	got := reader(t, "加微信").Read(Message{Text: text})
	if len(got.Hits) > 0 || got.Length != maxText/3 {
		t.Errorf("%d hits, %d characters", len(got.Hits), got.Length)
	}
}

func TestSignature(t *testing.T) {
	r := reader(t, "")
	advert := "高薪兼职，日结三百，不限时间地点，宝妈学生都可以做，加微信了解"
	s := r.Read(Message{Text: advert}).Signature
	for text, most := range map[string]int{
		advert: 0,
		"高薪兼职🌹日结三百🌹不限时间地点🌹宝妈学生都可以做🌹加微信了解":     0,
		"高薪兼职，日结三百，不限时间地点，宝妈学生都可以做，加微信咨询":     14,
		"【急招】高薪兼职，日结三百，不限时间地点，宝妈学生都可以做，加微信了解": 14,
	} {
		if d := Distance(s, r.Read(Message{Text: text}).Signature); d > most {
			t.Errorf("%s: %d bits away", text, d)
		}
	}
	if d := Distance(s, r.Read(Message{Text: "今天晚上七点在会议室开家长会，请各位家长准时参加，带好笔记本"}).Signature); d < 16 {
		t.Errorf("something else is only %d bits away", d)
	}
	if got := r.Read(Message{Text: "收到收到"}).Signature; got != 0 {
		t.Errorf("a short text has the signature %x", got)
	}
}

func TestReadInParallel(t *testing.T) {
	r := reader(t, entries)
	m := Message{Text: "不要加微信，日结 兼职 刷单100，电话13800138000 www.abc.com"}
	want := r.Read(m)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if diff := cmp.Diff(want, r.Read(m)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestReadNeedsNoMemory(t *testing.T) {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("SKIPPED: the race detector takes memory of its own; tested without it too")
	}
	r := reader(t, entries)
	m := Message{Text: "今天的作业交了吗明天早上八点之前要交给老师", Name: "小明妈妈"}
	r.Read(m)
	if got := testing.AllocsPerRun(100, func() { r.Read(m) }); got >= 1 {
		t.Errorf("%v allocations", got)
	}
}

func FuzzReader(f *testing.F) {
	r := reader(f, entries)
	f.Add("不要加微信，日结 兼职 刷单100 @所有人 www.abc.com 1③8零0一38〇⓪⓿", "VX:abc12345")
	f.Fuzz(func(t *testing.T, text, name string) {
		got := r.Read(Message{Text: text, Name: name})
		inside := func(start, end, length int) bool { return 0 <= start && start <= end && end <= length }
		for _, h := range got.Hits {
			if !inside(h.Start, h.End, len(text)) || h.Start == h.End {
				t.Fatalf("%q: %+v", text, h)
			}
		}
		for _, d := range got.Found {
			length := len(text)
			if d.Detector == NameAdvert {
				length = len(name)
			}
			if !inside(d.Start, d.End, length) {
				t.Fatalf("%q, %q: %+v", text, name, d)
			}
		}
		if !utf8.ValidString(got.Normal) {
			t.Fatalf("%q is read as %q", text, got.Normal)
		}
	})
}
