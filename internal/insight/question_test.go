package insight

import (
	"strings"
	"testing"
)

func TestIsQuestion(t *testing.T) {
	for _, text := range []string{
		"请问几点开课", "怎么办啊，装不上", "这个可以退吗", "吃了么", "有没有人用过这个牌子", "谁知道快递什么时候发？", "你知道那是什麼嗎",
		"@小李 明天还打卡吗？[呲牙]", "有人知道群规在哪", "为什么装不上", "「李四：明天见」\n- - - - - - - - - - - - - - -\n几点见？",
		"How do I reset my password", "is there a guide for beginners", "bob: did you try turning it off?", "Anyone know a good dentist",
		"https://example.com/a 你们懂这个吗", "hello, how can i mount this disk?", "why not wireshark?",
	} {
		if !IsQuestion(text) {
			t.Errorf("%q asks something", text)
		}
	}
	for _, text := range []string{
		"", "?", "？？？", "啥？", "really?", "what?", "好的", "收到，谢谢", "什么都行", "我不知道怎么装", "怎么说呢，还行", "没有为什么", "这也是为什么我不用它的原因",
		"https://example.com/?q=1&page=2", "is there anything, as he said, is there.", "> 几点见？\n好的", "「李四：几点见？」\n- - - - - - - - - - - - - - -\n好的",
		"how to do it is written in the manual.", "打卡 第3天", strings.Repeat("很长的文章", 100) + "？",
	} {
		if IsQuestion(text) {
			t.Errorf("%q asks nothing", text)
		}
	}
}

func FuzzIsQuestion(f *testing.F) {
	f.Add("请问?\n- - - - - - - -\n>a @b")
	f.Fuzz(func(t *testing.T, text string) {
		if IsQuestion(text) && strings.TrimSpace(text) == "" {
			t.Errorf("%q", text)
		}
	})
}
