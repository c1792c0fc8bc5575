package lexicon

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/moderation/normal"
)

// found returns the entries that a message satisfies, with the part of the
// message each was found in.
func found(t *testing.T, entries, message string) (out []string) {
	t.Helper()
	list, err := Import(strings.NewReader(entries), TXT)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compile(normal.Default(), Lexicon{Entries: list})
	if err != nil {
		t.Fatal(err)
	}
	var text normal.Text
	normal.Default().Read(&text, message)
	for _, h := range new(Finder).Find(s, &text) {
		if h.Excepted {
			continue
		}
		at := text.Words.Source(h.Words)
		out = append(out, s.Entry(h.Entry).Text+"="+message[at.Start:at.End])
	}
	return out
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, entries, message string
		want                   []string
	}{
		{"a word", "加微信", "请加微信", []string{"加微信=加微信"}},
		{"disguised", "加微信", "请加 微🌹信吧", []string{"加微信=加 微🌹信"}},
		{"a disguised entry", "加V信", "加ｖ.信", []string{"加V信=加ｖ.信"}},
		{"Latin words are whole", "sm\nqq", "small QQ123 qqs", []string{"qq=QQ"}},
		{"numbers are whole", "138", "1380 138元", []string{"138=138"}},
		{"both words", "兼职+日结", "日结，招兼职", []string{"兼职+日结=日结，招兼职"}},
		{"one of two", "兼职+日结", "招兼职兼职", nil},
		{"near enough", "甲+乙~3", "甲一二乙", []string{"甲+乙~3=甲一二乙"}},
		{"too far", "甲+乙~3", "甲一二丁乙", nil},
		{"the nearer one", "甲+乙~3", "甲一二丁甲乙", []string{"甲+乙~3=甲乙"}},
		{"once", "甲+乙", "甲乙甲乙", []string{"甲+乙=甲乙"}},
		{"escaped", `50\+20`, "套餐５０+20元", []string{`50\+20=５０+20`}},
		{"pattern", `/加[vw]x?\d{3}/`, "加ＶＸ123", []string{`/加[vw]x?\d{3}/=加ＶＸ123`}},
		{"exception", "微信\n!微信支付", "用微信支付，加微信", []string{"微信=微信"}},
		{"exception of another category", "[a]\n微信\n[b]\n!微信支付", "微信支付", []string{"微信=微信"}},
		{"exception for all", "!微信支付\n[a]\n微信", "微信支付", nil},
		{"the same twice", "微信\n微信", "微信", []string{"微信=微信", "微信=微信"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, found(t, c.entries, c.message)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", c.message, diff)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		entries, message, want string
	}{
		{"加微信\tpinyin", "请加威信", "sounded 加威信"},
		{"加微信\tpinyin", "请jia wei xin吧", "sounded jia wei xin"},
		{"加微信\tpinyin", "加WEIXIN", "sounded 加WEIXIN"},
		{"加微信\tpinyin", "加微信", "written 加微信"},
		{"加微信\tpinyin", "加weixinx", ""},
		{"加微信", "请加威信", ""},
		{"兼职\tpinyin", "jianzhi", "sounded jianzhi"},
		{"兼职\tpinyin", "兼zhi", "sounded 兼zhi"},
		{"兼职\tpinyin", "简直", ""},
		{"批嘴\tpinyin", "api最好", ""},
		{"批嘴\tpinyin", "pi最好", ""},
		{"加微信\tinitials", "有意者 jwx", "initial jwx"},
		{"加微信\tinitials", "jwxy", ""},
		{"微信\tinitials", "wx", ""},
		{"加微信\tlook-alike", "加徽信", "shaped 加徽信"},
		{"贷款\tlook-alike", "货款", ""},
		{"信用贷款\tlook-alike", "倍用货款", "shaped 倍用货款"},
		{"!加微信\tpinyin", "加威信", ""},
		{"加+微信\tpinyin", "加威信", ""},
	} {
		list, err := Import(strings.NewReader(c.entries), TXT)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Compile(normal.Default(), Lexicon{Entries: list})
		if err != nil {
			t.Fatal(err)
		}
		var text normal.Text
		normal.Default().Read(&text, c.message)
		got := ""
		for _, h := range new(Finder).Find(s, &text) {
			at := text.Words.Source(h.Words)
			got += string(h.Way) + " " + c.message[at.Start:at.End]
		}
		if got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.entries, c.message, got, c.want)
		}
	}
}

func TestErrorNamesTheLine(t *testing.T) {
	entries, err := Import(strings.NewReader("# remark\n甲\n\n甲+\n/(/"), TXT)
	if err != nil {
		t.Fatal(err)
	}
	l := Lexicon{Name: "own", Entries: entries}
	if _, err := Compile(normal.Default(), l); err == nil || !strings.Contains(err.Error(), `own, line 4, "甲+"`) {
		t.Errorf("%v", err)
	}
	if err := l.Usable(normal.Default()); err == nil || !strings.Contains(err.(*community.Error).Hint, `line 4, "甲+": `) || !strings.Contains(err.(*community.Error).Hint, `; line 5, "/(/": `) {
		t.Errorf("both faults at once: %v", err)
	}
	if got := l.Check(normal.Default(), 10); len(got) != 2 || got[0].Line != 4 || got[1].Line != 5 {
		t.Errorf("faults: %v", got)
	}
}

func TestEntriesThatCannotBe(t *testing.T) {
	for _, text := range []string{
		"", "!", "甲+", "甲+乙~", "甲+乙~0", "甲~3", "甲+乙~x", "!甲+乙", "a+b+c+d+e+f", "/(/", "/a*/",
		strings.Repeat("长短", 33), strings.Repeat("a", maxEntry+1),
	} {
		_, err := Compile(normal.Default(), Lexicon{Entries: []Entry{{Text: text}}})
		if community.CodeOf(err) != community.Invalid {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func TestFiles(t *testing.T) {
	entries := []Entry{
		{Text: "加微信", Flags: Pinyin | Initials},
		{Text: "兼职+日结", Category: "advert", Note: "“刷单”, 常见", Author: "小王"},
		{Text: "/a,b/", Category: "advert"},
		{Text: "!甲", Category: "其他", Author: "小李"},
	}
	for _, format := range []Format{TXT, CSV, XLSX} {
		var b bytes.Buffer
		if err := Export(&b, entries, format); err != nil {
			t.Fatal(err)
		}
		file := b.String()
		if marked := strings.HasPrefix(file, "\ufeff"); marked != (format == CSV) {
			t.Errorf("%s begins with a byte order mark: %v", format, marked)
		}
		if format == TXT {
			file = "\ufeff" + file
		}
		got, err := Import(strings.NewReader(file), format)
		for i := range got {
			if got[i].Line == 0 {
				t.Errorf("%s: entry %d has no line", format, i+1)
			}
			got[i].Line = 0
		}
		if diff := cmp.Diff(entries, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", format, err, diff)
		}
	}
	got, err := Import(strings.NewReader("备注,敏感词,其他\n注,甲乙,x\n"), CSV)
	if diff := cmp.Diff([]Entry{{Text: "甲乙", Note: "注", Line: 2}}, got); err != nil || diff != "" {
		t.Errorf("own columns: %v (-want +got):\n%s", err, diff)
	}
	if _, err := Import(strings.NewReader("甲\n乙\tloud"), TXT); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("an unknown flag: %v", err)
	}
	if _, err := Import(strings.NewReader("PK\x03\x04 no sheet"), XLSX); community.CodeOf(err) != community.Invalid {
		t.Errorf("no spreadsheet: %v", err)
	}
	for _, broken := range []string{"\xff", "\"a"} {
		if _, err := Import(strings.NewReader(broken), CSV); community.CodeOf(err) != community.Invalid {
			t.Errorf("%q: %v", broken, err)
		}
	}
	if _, err := Import(strings.NewReader(""), "doc"); community.CodeOf(err) != community.Unsupported {
		t.Errorf("doc: %v", err)
	}
}

// TestSwap reads with one set while another takes its place.
func TestSwap(t *testing.T) {
	var current Current
	for _, word := range []string{"甲", "乙"} {
		s, err := Compile(normal.Default(), Lexicon{Entries: []Entry{{Text: word}}})
		if err != nil {
			t.Fatal(err)
		}
		before := current.Load()
		current.Store(s)
		var text normal.Text
		normal.Default().Read(&text, "甲乙")
		var f Finder
		if hits := f.Find(current.Load(), &text); len(hits) != 1 || current.Load().Entry(hits[0].Entry).Text != word {
			t.Errorf("%s: %v", word, hits)
		}
		if before != nil && len(f.Find(before, &text)) != 1 {
			t.Error("the old set does not work any more")
		}
	}
}

func TestFindNeedsNoMemory(t *testing.T) {
	s, err := Compile(normal.Default(), Lexicon{Entries: []Entry{{Text: "加微信", Flags: Pinyin}, {Text: "!微信支付"}}})
	if err != nil {
		t.Fatal(err)
	}
	var text normal.Text
	normal.Default().Read(&text, "用微信支付，加微信 jia wei xin")
	var f Finder
	f.Find(s, &text)
	if got := testing.AllocsPerRun(100, func() { f.Find(s, &text) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func FuzzLexicon(f *testing.F) {
	f.Add("加微信\n甲+乙~3\n/a+/\n!微信支付", "加微信 甲乙aa")
	f.Add("text,category,note\n甲+乙~,a\\,b", "甲")
	f.Fuzz(func(t *testing.T, file, message string) {
		for _, format := range []Format{TXT, CSV} {
			entries, err := Import(strings.NewReader(file), format)
			if err != nil {
				continue
			}
			s, err := Compile(normal.Default(), Lexicon{Entries: entries})
			if err != nil {
				continue
			}
			var text normal.Text
			normal.Default().Read(&text, message)
			for _, h := range new(Finder).Find(s, &text) {
				if h.Words.Start < 0 || h.Words.End > len(text.Words.Runes) || h.Words.Start > h.Words.End {
					t.Fatalf("%v in %d characters", h, len(text.Words.Runes))
				}
			}
		}
	})
}

func FuzzSheet(f *testing.F) {
	var b bytes.Buffer
	if err := Export(&b, []Entry{{Text: "甲+乙~", Category: "advert", Flags: Pinyin, Note: "注"}}, XLSX); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := Import(bytes.NewReader(file), XLSX); err != nil && community.CodeOf(err) != community.Invalid {
			t.Fatal(err)
		}
	})
}
