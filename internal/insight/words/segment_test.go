package words

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"今天晚上八点直播间抽奖", "今天 晚上 八点 直播间 抽奖"},
		{"群主把二维码发到朋友圈了", "群主 二维码 发到 朋友圈"},
		{"这款面膜拼多多上有优惠券吗", "面膜 拼多多 优惠券"},
		{"打卡第3天，跑步五公里", "打卡 跑步 公里"},
		{"Haskell的类型系统很好", "haskell 类型系统"},
		{"用Ｃ＋＋还是C#写？", "还是 c#"},
		{"C++和node.js都行", "c++ node.js 都行"},
		{"这件T恤在4S店旁边卖", "这件 t恤 4s店 旁边"},
		{"看 https://example.com/a?b=1，里面有教程", "里面 教程"},
		{"到 example.com 下载", "下载"},
		{strings.Repeat("a", 65), ""},
		{"发邮件给 li.lei@example.com 吧", "邮件"},
		{"@张三\u2005明天来加班", "明天 加班"},
		{"@Tom Lee\u2005 明天来加班", "明天 加班"},
		{"@所有人 开会了", "开会"},
		{"哈哈哈哈哈哈笑死我了[捂脸]👍🏻", ""},
		{"2333 666 12:30 2020-05-01 3.14", ""},
		{"资料在GitHub上", "资料 github"},
		{"微信群里的軟體還沒裝", "微信群 軟體"},
		{"", ""},
		{"我", ""},
		{"啊啊啊啊", ""},
		{"don't panic", "don't panic"},
		{"ＷＩＦＩ密码", "wifi 密码"},
	} {
		got := slices.Collect(Default().Words(test.text))
		if diff := cmp.Diff(strings.Fields(test.want), got); diff != "" && (test.want != "" || got != nil) {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"你好，[发呆]world 12%", "word:你好 mark:， face:[发呆] foreign:world space:_ number:12 mark:%"},
		{"👨‍👩‍👧👍🏽🇨🇳", "emoji:👨‍👩‍👧 emoji:👍🏽 emoji:🇨🇳"},
		{"[Int] -> [a]", "mark:[ foreign:Int mark:] space:_ mark:-> space:_ mark:[ foreign:a mark:]"},
		{"@小明，在吗", "mention:@小明 mark:， word:在 word:吗"},
		{"@ 小明", "mark:@ space:_ word:小明"},
		{"http://t.cn/AbC点我", "address:http://t.cn/AbC word:点 word:我"},
		{"(见 github.com/a/b).", "mark:( word:见 space:_ address:github.com/a/b mark:)."},
		{"啊哈哈哈哈嗝", "word:啊 repeat:哈哈哈哈 word:嗝"},
		{"a\xffb\xe4\xbd", "foreign:a mark:\xff foreign:b mark:\xe4\xbd"},
	} {
		var got []string
		for kind, piece := range Default().Tokens(test.text) {
			got = append(got, kind.String()+":"+strings.ReplaceAll(piece, " ", "_"))
		}
		if diff := cmp.Diff(strings.Split(test.want, " "), got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

// checkPieces holds what is true of every text.
func checkPieces(t interface{ Fatalf(string, ...any) }, text string) {
	s := Default()
	var all strings.Builder
	for kind, piece := range s.Tokens(text) {
		all.WriteString(piece)
		chars := utf8.RuneCountInString(piece)
		switch {
		case piece == "":
			t.Fatalf("%q has an empty piece", text)
		case utf8.ValidString(text) && !utf8.ValidString(piece):
			t.Fatalf("%q: the piece %q cuts a character", text, piece)
		case kind == Word && chars > 1 && !s.Has(Fold(piece)):
			t.Fatalf("%q: the piece %q is not in the dictionary", text, piece)
		}
	}
	if all.String() != text {
		t.Fatalf("%q came back as %q", text, all.String())
	}
	for word := range s.Words(text) {
		if utf8.ValidString(text) && Fold(word) != word {
			t.Fatalf("%q: the word %q is not folded", text, word)
		}
	}
}

func TestPiecesMakeUpTheText(t *testing.T) {
	char := rapid.OneOf(
		rapid.SampledFrom([]rune("的一是了我们群主打卡直播间软件軟體哈〇々")),
		rapid.SampledFrom([]rune("aZ09Ａｚ０@#[]./:+-_' \n\u2005，。＠👍🏻\u200d🇨️é")),
		rapid.Rune(),
	)
	rapid.Check(t, func(t *rapid.T) {
		checkPieces(t, rapid.StringOfN(char, 0, 400, -1).Draw(t, "text"))
	})
}

func FuzzTokens(f *testing.F) {
	f.Add("今天晚上八点直播间抽奖 https://a.cn/x @小明\u2005 C++")
	f.Add(strings.Repeat("数据结构", 100))
	f.Add("\xe4\xb8哈\xff@\u2005[")
	f.Fuzz(func(t *testing.T, text string) { checkPieces(t, text) })
}

// TestLongRun checks that no word is broken where one window ends and the next
// begins.
func TestLongRun(t *testing.T) {
	for pad := range 8 {
		text := strings.Repeat("的", 2) + strings.Repeat("我你", pad) + strings.Repeat("数据结构", 200)
		n := 0
		for word := range Default().Words(text) {
			if word == "数据结构" {
				n++
			}
		}
		if n != 200 {
			t.Errorf("with %d characters before them, %d of 200 words were found", 2+2*pad, n)
		}
	}
}

func TestSegmentingDoesNotAllocate(t *testing.T) {
	s, n := Default(), 0
	if got := testing.AllocsPerRun(100, func() {
		for word := range s.Words(sample) {
			n += len(word)
		}
	}); got != 0 {
		t.Errorf("%v allocations a message", got)
	}
}

// TestHostileTextIsLinear: what members send must not cost more than its length.
func TestHostileTextIsLinear(t *testing.T) {
	for _, unit := range []string{"a@", "@", "[", "[哈", "a.", "a-", "a://", "哈哈哈啊", "@a\u2005", "👍\u200d", "的", "4s", "www."} {
		pieces := 0
		text := strings.Repeat(unit, 1<<18/len(unit))
		began := time.Now()
		for range Default().Tokens(text) {
			pieces++
		}
		if took := time.Since(began); took > 20*time.Second { // about 20 ms; a quadratic walk takes minutes
			t.Errorf("%q over and over took %v for %d pieces", unit, took, pieces)
		}
	}
}

func TestWordsCanStop(t *testing.T) {
	for word := range Default().Words("今天晚上八点直播间抽奖") {
		if word != "今天" {
			t.Errorf("the loop went on to %q", word)
		}
		break
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing": nil,
		"other":   make([]byte, len(embedded)),
		"cut off": embedded[:len(embedded)-1],
	} {
		if _, err := Open(b); err == nil {
			t.Errorf("%s was taken for a dictionary", name)
		}
	}
}

func TestIsStop(t *testing.T) {
	for word, want := range map[string]bool{
		"的": true, "我们": true, "哈哈": true, "hhhhh": true, "三十": true, "两个": true, "一百二十": true,
		"好的": true, "图片": true, "the": true, "": true, "x": true, "这家": true, "ohhhhh": true, "233": false,
		"群主": false, "直播间": false, "haskell": false, "妈妈": false, "大家庭": false, "各地": false, "三明治": false, "万达": false, "两会": false,
	} {
		if got := IsStop(word); got != want {
			t.Errorf("IsStop(%q) = %v", word, got)
		}
	}
}

const sample = "今天晚上八点群主在直播间抽奖，记得转发朋友圈打卡，优惠券先到先得"

func BenchmarkWords(b *testing.B) {
	s := Default()
	b.ReportAllocs()
	for b.Loop() {
		for range s.Words(sample) {
		}
	}
}

// TestStopList: an entry that folding or single characters make useless is a slip.
func TestStopList(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(stopText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			if seen[word] || Fold(word) != word || utf8.RuneCountInString(word) < 2 {
				t.Errorf("%q stands twice, is not folded, or is a single character", word)
			}
			seen[word] = true
		}
	}
}
