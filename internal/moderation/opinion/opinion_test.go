package opinion

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"qunying/community"
)

// judge answers what it is told to, and remembers what it was asked.
type judge struct {
	mu     sync.Mutex
	answer string
	err    error
	hang   bool
	asked  []string
}

func (j *judge) Ask(ctx context.Context, _, question string) (string, error) {
	j.mu.Lock()
	j.asked = append(j.asked, question)
	answer, err, hang := j.answer, j.err, j.hang
	j.mu.Unlock()
	if hang {
		<-ctx.Done()
		return "", ctx.Err()
	}
	return answer, err
}

const fine = `{"class":"advert","probability":0.9,"why":"拉人加微信"}`

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.FixedZone("", 8*3600))

func TestAsk(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		want         Opinion
		code         community.Code
	}{
		{"plain", fine, Opinion{Class: "advert", Probability: 0.9, Why: "拉人加微信"}, ""},
		{"with words around it", "好的：\n```json\n" + fine + "\n```", Opinion{Class: "advert", Probability: 0.9, Why: "拉人加微信"}, ""},
		{"nothing", "", Opinion{}, community.Invalid},
		{"a refusal", "我不能回答", Opinion{}, community.Invalid},
		{"half an object", `{"class":"adv`, Opinion{}, community.Invalid},
		{"another class", `{"class":"ok","probability":1}`, Opinion{}, community.Invalid},
		{"no probability", `{"class":"abuse"}`, Opinion{}, community.Invalid},
		{"percent", `{"class":"abuse","probability":90}`, Opinion{}, community.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := New(&judge{answer: c.answer}, Settings{}).Ask(t.Context(), noon, "加我", nil)
			if got != c.want || community.CodeOf(err) != c.code && err != nil || (err == nil) != (c.code == "") {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	long := `{"class":"abuse","probability":1,"why":"` + strings.Repeat("长", 5000) + `"}`
	if o, err := New(&judge{answer: long}, Settings{}).Ask(t.Context(), noon, "x", nil); err != nil || utf8.RuneCountInString(o.Why) != longestWhy {
		t.Errorf("%d characters, %v", utf8.RuneCountInString(o.Why), err)
	}
}

func TestWhatIsKnownIsNotAskedAgain(t *testing.T) {
	j := &judge{answer: fine}
	a := New(j, Settings{PerDay: 2})
	ask := func(now time.Time, message string) (Opinion, error) { return a.Ask(t.Context(), now, message, nil) }
	if _, err := ask(noon, "加我 13800138000"); err != nil {
		t.Fatal(err)
	}
	// The same but for the number, which is masked.
	if o, err := ask(noon, "加我 13900139000"); err != nil || !o.Known {
		t.Errorf("%+v %v", o, err)
	}
	if o, err := ask(noon.Add(knownFor+time.Second), "加我 13900139000"); err != nil || o.Known {
		t.Errorf("after a week: %+v %v", o, err)
	}
	if len(j.asked) != 2 {
		t.Errorf("asked %d times", len(j.asked))
	}
}

func TestDailyBudget(t *testing.T) {
	j := &judge{answer: fine}
	a := New(j, Settings{PerDay: 1})
	_, first := a.Ask(t.Context(), noon, "甲甲", nil)
	_, second := a.Ask(t.Context(), noon, "乙乙", nil)
	_, nextDay := a.Ask(t.Context(), noon.Add(12*time.Hour), "乙乙", nil)
	if first != nil || community.CodeOf(second) != community.Unavailable || nextDay != nil {
		t.Errorf("%v; %v; %v", first, second, nextDay)
	}
	if _, err := New(j, Settings{PerDay: -1}).Ask(t.Context(), noon, "甲", nil); community.CodeOf(err) != community.Unavailable {
		t.Errorf("with no questions: %v", err)
	}
}

func TestBreaker(t *testing.T) {
	j := &judge{err: community.Errorf(community.Unavailable, "down")}
	a := New(j, Settings{})
	now := noon
	ask := func(message string) error { _, err := a.Ask(t.Context(), now, message, nil); return err }
	for _, m := range []string{"一个", "两个", "三个", "四个", "五个"} {
		if ask(m) == nil {
			t.Fatal("no error")
		}
	}
	if len(j.asked) != mostFailed {
		t.Errorf("asked %d times while it was down", len(j.asked))
	}
	now = now.Add(firstPause)
	if ask("六个"); len(j.asked) != mostFailed+1 {
		t.Errorf("asked %d times after the pause", len(j.asked))
	}
	now = now.Add(firstPause)
	if ask("七个"); len(j.asked) != mostFailed+1 {
		t.Error("the second pause is no longer than the first")
	}
	now = now.Add(firstPause)
	j.err, j.answer = nil, fine
	if err := errors.Join(ask("八个"), ask("九个")); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

func TestTimeout(t *testing.T) {
	_, err := New(&judge{hang: true}, Settings{Timeout: time.Millisecond}).Ask(t.Context(), noon, "x", nil)
	if community.CodeOf(err) != community.Unavailable {
		t.Errorf("%v", err)
	}
}

func TestMask(t *testing.T) {
	for message, want := range map[string]string{
		"今天吃什么":                   "今天吃什么",
		"加微信 13800138000":         "加微信 〔号码〕",
		"电话1③8零0一38〇⓪⓿":           "电话〔号码〕",
		"看 https://a.com/x?u=1 吧": "看 〔链接〕 吧",
		"@张三 你好":                  "@〔名字〕 你好",
		"李小明说得对":                  "〔名字〕说得对",
		"写信 a.b@c.com":            "写信 〔账号〕",
		"文件名abc12345":             "文件名〔账号〕",
		"第3题选2":                   "第3题选2",
		"身份证 11010119900101 123X": "身份证 〔号码〕x",
	} {
		if got := Mask(message, []string{"李小明", "吃"}); got != want {
			t.Errorf("%q is masked as %q, want %q", message, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("加微信 13800138000 @张三 a@b.com https://a.com", "张三")
	f.Fuzz(func(t *testing.T, message, name string) {
		got := Mask(message, []string{name})
		if !utf8.ValidString(got) {
			t.Fatalf("%q", got)
		}
		run := 0
		for _, r := range got {
			if run++; r < '0' || r > '9' {
				run = 0
			}
			if run >= 5 {
				t.Fatalf("%q is masked as %q", message, got)
			}
		}
	})
}

func TestWeigh(t *testing.T) {
	for _, c := range []struct {
		p    float64
		o    Opinion
		more bool
	}{
		{0.5, Opinion{Class: "abuse", Probability: 0.9}, true},
		{0.5, Opinion{Class: "harmless", Probability: 0.9}, false},
		{0.5, Opinion{Class: "advert", Probability: 0.9}, false},
	} {
		if got := Weigh("abuse", c.p, c.o); (got > c.p) != c.more {
			t.Errorf("%v with %+v is %v", c.p, c.o, got)
		}
	}
	if got := Weigh("abuse", 0.95, Opinion{Class: "harmless", Probability: 1}); got < 0.49 {
		t.Errorf("an opinion outweighs the classifier: %v", got)
	}
}

func TestDesk(t *testing.T) {
	j := &judge{answer: fine}
	answers := make(chan Opinion, mostWaiting)
	d := NewDesk(New(j, Settings{}), func() time.Time { return noon }, func(_ Question, o Opinion, err error) {
		if err != nil {
			t.Error(err)
		}
		answers <- o
	})
	for range mostWaiting {
		if !d.Submit(Question{Message: "加我"}) {
			t.Fatal("a question was not taken")
		}
	}
	if d.Submit(Question{}) {
		t.Error("one question too many was taken")
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { d.Run(ctx); close(done) }()
	for range mostWaiting {
		if o := <-answers; o.Class != "advert" {
			t.Errorf("%+v", o)
		}
	}
	stop()
	<-done
}

func FuzzParse(f *testing.F) {
	f.Add(fine)
	f.Fuzz(func(t *testing.T, text string) {
		o, err := Parse(text)
		if err == nil && (o.Probability < 0 || o.Probability > 1 || o.Class == "") {
			t.Fatalf("%+v", o)
		}
	})
}
