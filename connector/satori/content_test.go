package satori

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

func TestRead(t *testing.T) {
	type m = connector.Member
	for _, c := range []struct {
		name, in string
		want     said
	}{
		{"text", "hello", said{text: "hello", content: community.Text}},
		{"escapes", "1 &lt; 2 &amp;&amp; &quot;x&quot; &#39; &#x4f60; &copy=1 &#xZZ;", said{text: `1 < 2 && "x" ' 你 &copy=1 &#xZZ;`, content: community.Text}},
		{"no element", "a < b > c <3 <", said{text: "a < b > c <3 <", content: community.Text}},
		{"mentions", `<at id="1" name="小李"/> 和 <at id='2'/>`, said{text: "@小李 和 @2", content: community.Text, mentions: []m{{ID: "1", Name: "小李"}, {ID: "2"}}}},
		{"all", `<at type="all"/> 开会`, said{text: "@所有人 开会", content: community.Text, all: true}},
		{"role", `<at role="r" name="管理"/>`, said{text: "@管理", content: community.Text}},
		{"quote", `<quote id="7"><author id="1"/>旧话<img src="x"/></quote>是的`, said{text: "是的", content: community.Text, replyTo: "7"}},
		{"form", `<b>a</b><br/><p>b</p><p>c</p>`, said{text: "a\nb\nc", content: community.Text}},
		{"link", `看 <a href="https://a.cn?x=1&amp;y=2">这里</a>`, said{text: "看 这里 https://a.cn?x=1&y=2", content: community.Text}},
		{"bare link", `<a href="https://a.cn">https://a.cn</a>`, said{text: "https://a.cn", content: community.Text}},
		{"picture", `<img src="https://a.cn/1.png" title="一.png"/>`, said{content: community.Image, data: map[string]string{"url": "https://a.cn/1.png", "file": "一.png"}}},
		{"picture of today's and yesterday's name", `<image url="u"/>字<img src="v"/>`, said{text: "字", content: community.Image, data: map[string]string{"url": "u", "url2": "v"}}},
		{"inline picture", `<img src="data:image/png;base64,AAAA"/>`, said{content: community.Image, data: map[string]string{"inline": "true"}}},
		{"voice", `<audio src="a"/>`, said{content: community.Voice, data: map[string]string{"url": "a"}}},
		{"file", `<file src="f" title="表.xlsx"/>`, said{content: community.File, data: map[string]string{"url": "f", "file": "表.xlsx"}}},
		{"unknown keeps children", `<weird a=1>里面 <deep>更深</deep></weird>`, said{text: "里面 更深", content: community.Text}},
		{"nothing to read", `<onebot:json data="{}"/>`, said{content: community.Other, odd: true}},
		{"forwarded", `<message forward><message><author name="甲"/>一</message><message>二</message></message>`, said{text: "甲: 一\n二", content: community.Forward}},
		{"emoji", `<emoji id="1" name="笑"/>`, said{text: "[笑]", content: community.Text}},
		{"comment", "a<!-- <b> -->b", said{text: "ab", content: community.Text}},
		{"unclosed", `<a href="h">x <b>y`, said{text: "x y h", content: community.Text}},
		{"quotes in attributes", `<at name="a>b" id="1"/>`, said{text: "@a>b", content: community.Text, mentions: []m{{ID: "1", Name: "a>b"}}}},
	} {
		if d := cmp.Diff(c.want, read(c.in), cmp.AllowUnexported(said{})); d != "" {
			t.Errorf("%s: %s (-want +read)\n%s", c.name, c.in, d)
		}
	}
}

func TestComposedIsReadAsItWasMeant(t *testing.T) {
	for _, a := range []connector.Action{
		{Text: "hello"},
		{Text: "1 < 2 && <b>not bold</b> &amp; \"x\""},
		{Text: "\n两行\n字\n"},
		{Text: "@小李 你好 @小王", Mentions: []connector.Member{{ID: "1", Name: "小李"}, {ID: "2", Name: "小王"}}},
		{Text: "@所有人 开会", MentionAll: true, ReplyTo: `a"b`},
	} {
		content, err := compose(a)
		if err != nil {
			t.Fatal(err)
		}
		got := read(content)
		want := said{text: strings.TrimSuffix(a.Text, "\n"), content: community.Text, mentions: a.Mentions, all: a.MentionAll, replyTo: a.ReplyTo}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(said{})); d != "" {
			t.Errorf("%s (-meant +read)\n%s", content, d)
		}
	}
}

func TestCompose(t *testing.T) {
	type p = community.Part
	for _, c := range []struct {
		name string
		a    connector.Action
		want string
		code community.Code
	}{
		{"reply", connector.Action{Text: "好", ReplyTo: "7"}, `<quote id="7"/>好`, ""},
		{"mention in front", connector.Action{Text: "好", Mentions: []connector.Member{{ID: "1"}}}, `<at id="1"/> 好`, ""},
		{"all in front", connector.Action{Text: "好", MentionAll: true}, `<at type="all"/> 好`, ""},
		{"picture by address", connector.Action{Parts: []p{{Content: community.Image, URL: "https://a.cn/?a=1&b=2"}}}, `<img src="https://a.cn/?a=1&amp;b=2"/>`, ""},
		{"picture itself", connector.Action{Text: "看", Parts: []p{{Content: community.Image, Name: "a.gif", Data: []byte("GIF89a")}}}, `看<img src="data:image/gif;base64,R0lGODlh" title="a.gif"/>`, ""},
		{"link", connector.Action{Text: "看", Parts: []p{{Content: community.Link, Title: "这里", URL: "https://a.cn", Text: "说明"}}}, `看<br/><a href="https://a.cn">这里</a><br/>说明`, ""},
		{"nothing", connector.Action{}, "", community.Invalid},
		{"picture without anything", connector.Action{Parts: []p{{Content: community.Image}}}, "", community.Invalid},
		{"mini program", connector.Action{Parts: []p{{Content: community.MiniProgram}}}, "", community.Unsupported},
		{"too long", connector.Action{Text: strings.Repeat("x", mostSaid+1)}, "", community.Invalid},
	} {
		got, err := compose(c.a)
		if got != c.want || (err != nil || c.code != "") && community.CodeOf(err) != c.code {
			t.Errorf("%s: %s, %v, want %s %s", c.name, got, err, c.want, c.code)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"a", `<at id="1" name="x"/>`, `<quote id="7"><b>x</quote>`, "<!-- x --><p>a</p>", `<a href='x'>y`, "&#x41;&lt;&#", "</b></quote>", "<a b=\"", strings.Repeat("<b>", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := read(s)
		if len(got.text) > mostText || len(got.mentions) > mostMentions || len(got.data) > 4*mostMedia+1 {
			t.Errorf("more was read than is allowed: %d bytes, %d mentions, %d media", len(got.text), len(got.mentions), len(got.data))
		}
		if !utf8.ValidString(got.text) {
			t.Errorf("%q is read as %q, which is no UTF-8", s, got.text)
		}
		if !strings.ContainsAny(s, "<&") && utf8.ValidString(s) && got.text != strings.TrimSuffix(s[:min(len(s), mostText)], "\n") && len(s) < mostText {
			t.Errorf("plain text %q is read as %q", s, got.text)
		}
		// What was read, written again, is read as the same text.
		again, err := compose(connector.Action{Text: got.text})
		if err == nil && len(got.text) < mostText && read(again).text != strings.TrimSuffix(got.text, "\n") {
			t.Errorf("%q was composed as %q and read as %q", got.text, again, read(again).text)
		}
	})
}
