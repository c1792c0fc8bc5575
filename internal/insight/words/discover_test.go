package words

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// chatter returns n messages in which the made-up word 桼黹 (unknown to the
// dictionary) stands among ordinary ones; author picks who sends message i.
func chatter(n int, author func(i int) uint32, line func(i int, before, after string) string) []message {
	before := []string{"今天", "昨天", "大家", "北京", "上海", "公司", "学校", "朋友", "老板", "厨房", "花园", "电影"}
	after := []string{"好看", "涨价", "开门", "下雨", "吃饭", "跑步", "睡觉", "发货", "到了", "缺货", "打折", "出发"}
	random := rand.New(rand.NewPCG(1, 2))
	var out []message
	for i := range n {
		out = append(out, message{author(i), line(i, before[random.IntN(len(before))], after[random.IntN(len(after))])})
	}
	return out
}

func everyTenth(word string) func(int, string, string) string {
	return func(i int, before, after string) string {
		if i%10 == 0 {
			return before + word + after
		}
		return before + after + fmt.Sprint(i)
	}
}

func TestDiscover(t *testing.T) {
	many := func(i int) uint32 { return uint32(i / 10 % 7) }
	one := func(i int) uint32 { return uint32(i % 10) } // every tenth message is number 0's
	for _, test := range []struct {
		name string
		in   []message
		word string
		want bool
	}{
		{"a word that many use", chatter(1000, many, everyTenth("桼黹")), "桼黹", true},
		{"a longer word, not its part", chatter(1000, many, everyTenth("桼黹鼗")), "桼黹鼗", true},
		{"the part of a longer word", chatter(1000, many, everyTenth("桼黹鼗")), "黹鼗", false},
		{"a word that one member uses", chatter(1000, one, everyTenth("桼黹")), "桼黹", false},
		{"a word of the dictionary", chatter(1000, many, everyTenth("直播间")), "直播间", false},
		{"laughter", chatter(1000, many, everyTenth("嘿嘿嘿")), "嘿嘿嘿", false},
		{"laughter of two", chatter(1000, many, everyTenth("桼桼")), "桼桼", false},
		{"a unit over and over", chatter(1000, many, everyTenth("桼黹桼黹")), "桼黹桼黹", false},
		{"across punctuation", chatter(1000, many, everyTenth("桼，黹")), "桼黹", false},
		{"one line 500 times", chatter(500, func(int) uint32 { return 1 },
			func(int, string, string) string { return "买桼黹找我" }), "桼黹", false},
		{"one line chanted by all", chatter(500, func(i int) uint32 { return uint32(i) },
			func(int, string, string) string { return "买桼黹找我" }), "桼黹", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := Default().Discover(texts(test.in), Options{})
			got := false
			for _, f := range found {
				got = got || f.Word == test.word
			}
			if got != test.want {
				t.Errorf("found %v: %v, of %+v", test.word, got, found)
			}
		})
	}
}

func TestDiscoverCounts(t *testing.T) {
	in := chatter(1000, func(i int) uint32 { return uint32(i / 10 % 7) }, everyTenth("桼黹"))
	found := Default().Discover(texts(in), Options{})
	if len(found) == 0 || found[0].Word != "桼黹" {
		t.Fatalf("found %+v", found)
	}
	distinct := map[message]bool{}
	for i, m := range in {
		if i%10 == 0 {
			distinct[m] = true
		}
	}
	if f := found[0]; f.Authors != 7 || f.Count > len(distinct) || f.Count < len(distinct)*8/10 {
		t.Errorf("found %+v, of %d different lines by 7 people", f, len(distinct))
	}
}

func TestDiscoverIsBounded(t *testing.T) {
	in := chatter(1000, func(i int) uint32 { return uint32(i / 10 % 7) }, everyTenth("桼黹"))
	for name, o := range map[string]Options{"texts": {MaxTexts: 10}, "characters": {MaxChars: 30}} {
		if found := Default().Discover(texts(in), o); len(found) != 0 {
			t.Errorf("%s: found %+v in the first few", name, found)
		}
	}
	if found := Default().Discover(texts(nil), Options{}); len(found) != 0 {
		t.Errorf("found %+v in nothing", found)
	}
}

func BenchmarkDiscover(b *testing.B) {
	in := realMessages(b, "haskell-china/messages.jsonl.gz", 12_000)
	b.ReportAllocs()
	for b.Loop() {
		Default().Discover(texts(in), Options{})
	}
}
