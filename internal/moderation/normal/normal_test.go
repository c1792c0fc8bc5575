package normal

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, message, want string }{
		{"nothing to do", "今天的作业交了吗", "今天的作业交了吗"},
		{"width and case", "ＶＸ：Ａｂｃ１２３", "vx:abc123"},
		{"invisible", "微\u200b信\u2060加\ufe0f我\u00ad", "微信加我"},
		{"right to left", "好\u202e信微加\u202c的", "好加微信的"},
		{"right to left, to the end", "\u202e0008 3100 831", "138 0013 8000"},
		{"right to left, by the line", "\u202e乙甲\n丁丙\u202c戊", "甲乙\n丙丁戊"},
		{"right to left, twice", "\u202e乙甲\u202e丁丙", "甲乙丙丁"},
		{"a tag", "微\U000e0041信", "微信"},
		{"combining marks", "v̷x̶ e\u0301", "vx e"},
		{"mathematical letters", "𝐕𝕏 𝓌𝔢𝒾𝚡𝗶𝘯", "vx weixin"},
		{"circles and squares", "ⓥⓧ 🅥🅧 🅅🅇 🆅🆇 ⒱⒳", "vx vx vx vx vx"},
		{"regional indicators", "🇻🇽", "vx"},
		{"digits of many scripts", "9⓿二肆⁹₈③⑸⒋➃㈤㊄", "902498354455"},
		{"emoji digits", "1️⃣3️⃣8️⃣🔟", "13810"},
		{"digits of other scripts", "٣۷৫๑", "3751"},
		{"traditional", "專業辦證，誠信為本", "专业办证,诚信为本"},
		{"look-alikes", "ѵх wеіхіn café", "vx weixin cafe"},
		{"characters out of use", "妳偸衹靣畱琯攷揹 沵芣", "你偷衹面留管考背你不"},
		{"split, never neighbours", "走召级 亻言", "超级信"},
		{"radicals", "⼯⼯", "工工"},
		{"repeats", "加加加加微信！！！！", "加微信!"},
		{"two are none", "妹妹看看 QQ www.a.cn 1000", "妹妹看看 qq www.a.cn 1000"},
		{"separators", "加.微 信|公*众~~号", "加微信公众号"},
		{"emoji between", "加🌹微❤️信", "加微信"},
		{"three separators", "加...微 . ~ 信", "加微 . ~ 信"},
		{"clauses", "你好，我是谁。在吗", "你好,我是谁。在吗"},
		{"every other", "加，微，信", "加微信"},
		{"single letters", "加 V 信 c a s i n o", "加v信casino"},
		{"words stay apart", "hello big world 2 3", "hello big world 2 3"},
		{"addresses", "a.b/c", "a.b/c"},
		{"lines", "加\n微", "加\n微"},
		{"a character a line", "快来\n加\n微\n信", "快来加微信"},
		{"a list", "苹果\n香蕉\n梨", "苹果\n香蕉\n梨"},
		{"split, bound parts", "氵去轮 讠兑", "法轮说"},
		{"split, free parts", "力口彳敳亻言", "加微信"},
		{"split, other forms", "力口言兑言舌", "加说话"},
		{"one free pair stays", "男女马拉松", "男女马拉松"},
		{"numerals", "一三八零零一三八零零零 一起三五个", "13800138000 一起三五个"},
		{"numerals beside digits", "1三8", "138"},
		{"Hangul stays", "한국", "한국"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Default().String(c.message); got != c.want {
				t.Errorf("%q is read as %q, want %q", c.message, got, c.want)
			}
		})
	}
}

func TestEveryStepCanBeTurnedOff(t *testing.T) {
	for _, c := range []struct {
		step    Steps
		message string
	}{
		{Compat, "１"}, {Case, "A"}, {Invisible, "微\u200b信"}, {Enclosed, "⓿"}, {Traditional, "門"},
		{LookAlikes, "ѕ"}, {Repeats, "哈哈哈"}, {Separators, "加 微"}, {Splits, "氵去"}, {Numerals, "1三8"},
	} {
		if got := New(All &^ c.step).String(c.message); got != c.message {
			t.Errorf("without step %b, %q becomes %q", c.step, c.message, got)
		}
		if got := New(c.step).String(c.message); got == c.message {
			t.Errorf("step %b leaves %q", c.step, c.message)
		}
	}
}

func TestSourceOf(t *testing.T) {
	message := "😀请加🌹微\u200b氵信①"
	var text Text
	Default().Read(&text, message)
	at := strings.Index(text.Words.String(), "加微")
	if at < 0 {
		t.Fatalf("read as %q", text.Words)
	}
	start := utf8.RuneCountInString(text.Words.String()[:at])
	span := text.Words.Source(Span{start, start + 2})
	if got := message[span.Start:span.End]; got != "加🌹微" {
		t.Errorf("the source of 加微 is %q", got)
	}
	if got, want := text.UTF16(span), (Span{3, 7}); got != want {
		t.Errorf("in UTF-16 %v, want %v", got, want)
	}
	if got := text.Words.At(span.Start); got != start {
		t.Errorf("At(%d) = %d, want %d", span.Start, got, start)
	}
	if got := text.Words.Source(Span{99, 100}); got != (Span{len(message), len(message)}) {
		t.Errorf("behind the end: %v", got)
	}
}

// TestMarksBelongToTheirCharacter: a highlight or a redaction does not leave a
// mark behind.
func TestMarksBelongToTheirCharacter(t *testing.T) {
	for _, message := range []string{"加微信\u0336", "1\ufe0f\u20e3", "微\U000e0100"} {
		var text Text
		Default().Read(&text, message+"吧")
		n := utf8.RuneCountInString(text.Words.String()) - 1
		if got := text.Words.Source(Span{n - 1, n}); got.End != len(message) {
			t.Errorf("the last of %q ends at %d, want %d", message, got.End, len(message))
		}
	}
}

// TestTables looks at every character once: what it becomes is normal, and no
// mapping goes in a circle.
func TestTables(t *testing.T) {
	l := readLetters(All)
	for r := rune(0); r <= lastMapped; r++ {
		for _, to := range l.all(r) {
			if back := l.all(to); len(back) != 1 || back[0] != to {
				t.Errorf("%U becomes %q, and that %q", r, to, string(back))
			}
		}
	}
	parts := readSplits()
	for pair, whole := range parts.whole {
		for _, r := range append(pair[:], whole) {
			if to := l.all(r); string(to) != string(r) {
				t.Errorf("split.txt has %c, which is read as %q and can never be met", r, string(to))
			}
		}
	}
	for _, row := range rows(splitText) {
		for _, field := range row {
			r := []rune(field)
			switch {
			case r[0] == '=':
			case len(r) != 3:
				t.Errorf("split.txt: %s is not a character and two parts", field)
			case parts.whole[[2]rune{r[1], r[2]}] != r[0]:
				t.Errorf("split.txt: %s, but these parts are %c already", field, parts.whole[[2]rune{r[1], r[2]}])
			}
		}
	}
}

func TestShapes(t *testing.T) {
	l := readLetters(All)
	for r, others := range shapes() {
		if to := l.all(r); string(to) != string(r) || len(others) == 0 {
			t.Errorf("%c is read as %q and can never be met, or has no likes: %c", r, string(to), others)
		}
	}
	if !strings.ContainsRune(string(Shapes('微')), '徽') || !strings.ContainsRune(string(Shapes('情')), '清') {
		t.Error("微 or 情 is not like what it should be")
	}
}

func TestOutOfUse(t *testing.T) {
	o := OutOfUse()
	for _, r := range "乬俻蓅亁" {
		if !o.Has(r) {
			t.Errorf("%c is in use", r)
		}
	}
	for _, r := range "注册门們a好\u0000\U0010FFFF" {
		if o.Has(r) {
			t.Errorf("%U is out of use", r)
		}
	}
}

func TestHotline(t *testing.T) {
	for _, n := range strings.Fields("110 119 120 12345 12306 12315 95588 10086 10000 11185 96110 962288 955888") {
		if !Hotline([]rune(n)) {
			t.Errorf("%s is none", n)
		}
	}
	for _, n := range strings.Fields("1 12 100 111 1234 54321 13800 123456 88888 958888888 13800138000") {
		if Hotline([]rune(n)) {
			t.Errorf("%s is one", n)
		}
	}
}

// messages draws text from what the steps care for.
func messages() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom(strings.Split("加 微 信 法 氵 去 亻 言 力 口 女 马 一 二 三 九 1 8 ① ⓿ 🔟 v X w 門 ， 。 , . * ~ | 🌹 ❤️ \u200b \u202e \u202c \u0301 é ㎏ （ \n \x20 \xff \xe5\x8a 😀 ѕ", " ")),
		rapid.String(),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 30), func(p []string) string { return strings.Join(p, "") })
}

// checkText is what holds for every message.
func checkText(t interface{ Fatalf(string, ...any) }, message string) {
	n := Default()
	var text Text
	n.Read(&text, message)
	for _, v := range []*View{&text.Letters, text.Words} {
		before := Span{}
		for i := range v.Runes {
			s := v.Source(Span{i, i + 1})
			if s.Start < before.Start || s.End < before.End || s.End <= s.Start || s.End > len(message) {
				t.Fatalf("%q: rune %d of %q comes from %v after %v", message, i, v, s, before)
			}
			before = s
		}
		if len(v.Runes) == 0 {
			continue
		}
		whole := v.Source(Span{0, len(v.Runes)})
		units := text.UTF16(whole)
		if want := len(utf16.Encode([]rune(message[whole.Start:whole.End]))); units.End-units.Start != want {
			t.Fatalf("%q: %v is %v in UTF-16, want a length of %d", message, whole, units, want)
		}
	}
	if text.Same && text.Words.String() != message {
		t.Fatalf("%q is read as %q, and that is said to be the same", message, text.Words)
	}
	if once, twice := text.Words.String(), n.String(text.Words.String()); once != twice {
		t.Fatalf("%q is read as %q and that as %q", message, once, twice)
	}
}

func TestEveryMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkText(t, messages().Draw(t, "message")) })
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"加.微 信", "9⓿二肆⁹₈③⑸⒋➃㈤㊄", "力口微亻言", "a\xff\u200b😀", "\u202e信\u0301微\n加\u202c我"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) { checkText(t, message) })
}

func TestReadNeedsNoMemory(t *testing.T) {
	n, text := Default(), new(Text)
	message := "加.微 信 ①②③ 力口彳敳亻言 今天的作业交了吗"
	n.Read(text, message)
	if got := testing.AllocsPerRun(100, func() { n.Read(text, message) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(All)
	}
}

func BenchmarkRead(b *testing.B) {
	for name, message := range map[string]string{
		"tidy":      strings.Repeat("今天的作业交了吗我们", 3) + "的",
		"disguised": "专业辦證＋薇 ❤信①3⑧零零①③八〇〇〇，诚 信 為 本",
	} {
		b.Run(name, func(b *testing.B) {
			n, text := Default(), new(Text)
			b.SetBytes(int64(len(message)))
			b.ReportAllocs()
			for b.Loop() {
				n.Read(text, message)
			}
		})
	}
}
