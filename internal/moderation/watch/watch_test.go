package watch

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/moderation/lexicon"
	"qunying/internal/moderation/read"
)

var reader = func() *read.Reader {
	r, err := read.New(read.Config{Lexicons: []lexicon.Lexicon{{Name: "own", Entries: []lexicon.Entry{{Text: "代购", Category: "advert"}}}}})
	if err != nil {
		panic(err)
	}
	return r
}()

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// post makes a message some seconds after noon.
func post(seconds float64, group, person int, text string) Post {
	at := noon.Add(time.Duration(seconds * float64(time.Second)))
	r := reader.Read(read.Message{Text: text})
	return Post{
		At: at, Day: community.DayOf(at, time.UTC), Group: community.GroupID(group), Person: community.PersonID(person),
		Form: community.Text, Reading: &r,
	}
}

func TestRates(t *testing.T) {
	w := New(Config{})
	var f Facts
	for _, s := range []float64{0, 40, 55, 59, 60} {
		p := post(s, 1, 1, "哈")
		p.Form = community.Sticker
		f = w.See(p)
		w.See(post(s, 2, 1, "哈")) // another group
		w.See(post(s, 1, 2, "哈")) // another person
	}
	if f.MessagesIn10s != 3 || f.MessagesIn60s != 4 || f.MediaIn60s != 4 {
		t.Errorf("%+v", f)
	}
	for range 50 {
		f = w.See(post(61, 1, 1, "哈"))
	}
	if f.MessagesIn10s != mostMarks {
		t.Errorf("a flood: %+v", f)
	}
}

func TestRepeats(t *testing.T) {
	w := New(Config{})
	for i, c := range []struct {
		seconds float64
		text    string
		want    int
	}{
		{0, "666", 0},
		{1, "666！", 1},
		{2, "777", 0},
		{3, "高薪兼职，日结三百，不限时间地点，宝妈学生都可以做，有兴趣的来", 0},
		{4, "高薪兼职🌹日结三百🌹不限时间地点🌹宝妈学生都可以做🌹有兴趣的来吧", 1},
		{5, "😀", 0},
		{6, "😀", 0}, // nothing to compare
		{602, "666", 0},
		{603, "666", 1},
	} {
		if got := w.See(post(c.seconds, 1, 1, c.text)); got.Repeats != c.want {
			t.Errorf("message %d: %d repeats, want %d", i, got.Repeats, c.want)
		}
	}
}

func TestSameTextInGroups(t *testing.T) {
	w := New(Config{})
	advert := "高薪兼职，日结三百，不限时间地点，宝妈学生都可以做，有兴趣的来%s"
	var f Facts
	for i := range 5 {
		f = w.See(post(float64(i), 1+i, 7+i%2, fmt.Sprintf(advert, strings.Repeat("！", i))))
		w.See(post(float64(i), 1+i, 20+i, "收到"))
		w.See(post(float64(i), 1+i, 40+i, fmt.Sprintf("今天第%d个会议改到会议室%d，请大家准时参加，别迟到", i, 100*i)))
	}
	if f.GroupsWithSame != 5 || f.PeopleWithSame != 2 {
		t.Errorf("%+v", f)
	}
	if f := w.See(post(9, 9, 9, "收到")); f.GroupsWithSame != 0 {
		t.Errorf("a word that everybody says: %+v", f)
	}
	day := Span.Seconds()
	if f := w.See(post(day+2.5, 9, 9, fmt.Sprintf(advert, "吧"))); f.GroupsWithSame != 3 || f.PeopleWithSame != 3 {
		t.Errorf("a day later: %+v", f) // groups 4 and 5 are still within it, and this one
	}
	if f := w.See(post(3*day, 9, 9, fmt.Sprintf(advert, "吧"))); f.GroupsWithSame != 1 {
		t.Errorf("three days later: %+v", f)
	}
}

func TestCodes(t *testing.T) {
	w := New(Config{})
	coded := func(seconds float64, group int, text string, codes ...string) Facts {
		p := post(seconds, group, 1, text)
		p.Form = community.Image
		w.See(p)
		r := reader.Read(read.Message{Text: text, Form: p.Form, Codes: codes})
		p.Reading, p.Codes = &r, true
		return w.See(p)
	}
	const one, other = "https://u.wechat.com/abc", "https://u.wechat.com/xyz"
	coded(0, 1, "看图", one)
	coded(1, 2, "", other)
	if f := coded(2, 2, "扫我", one); f.GroupsWithSame != 2 || f.PeopleWithSame != 1 {
		t.Errorf("the same code beside another text: %+v", f)
	}
	if f := coded(3, 3, "看图", other, one); f.GroupsWithSame != 1 {
		t.Errorf("other codes beside the same text: %+v", f)
	}
	// The message was counted when it came, and what it promotes in its own words too.
	if f := coded(4, 1, "", one); f.MessagesIn10s != 0 || f.MediaIn60s != 0 || f.PromotionsToday != 2 {
		t.Errorf("counted with its code: %+v", f)
	}
	if f := coded(5, 1, "代购", one); f.PromotionsToday != 0 {
		t.Errorf("promotes in words and with a code: %+v", f)
	}
	if f := w.See(post(6, 1, 1, "代购")); f.PromotionsToday != 4 || f.MessagesIn10s != 4 {
		t.Errorf("after that: %+v", f)
	}
}

func TestPromotions(t *testing.T) {
	w := New(Config{})
	for i, text := range []string{"代购开单", "看 www.abc.com", "加VX：abc12345"} {
		if f := w.See(post(float64(i), 1, 1, text)); f.PromotionsToday != i+1 {
			t.Errorf("%s: %+v", text, f)
		}
	}
	if f := w.See(post(9, 1, 1, "大家好")); f.PromotionsToday != 0 {
		t.Errorf("no promotion: %+v", f)
	}
	if f := w.See(post(86_400, 1, 1, "代购开单")); f.PromotionsToday != 1 {
		t.Errorf("the next day: %+v", f)
	}
}

func TestNewcomer(t *testing.T) {
	w := New(Config{})
	w.Join(noon, 1, 1)
	if f := w.See(post(90, 1, 1, "大家好")); f.SinceJoined != 90*time.Second {
		t.Errorf("%+v", f)
	}
	if f := w.See(post(90, 2, 1, "大家好")); f.SinceJoined != 0 {
		t.Errorf("in another group: %+v", f)
	}
	if f := w.See(post(Span.Seconds()+1, 1, 1, "大家好")); f.SinceJoined != 0 {
		t.Errorf("a day later: %+v", f)
	}
}

func TestQuarrel(t *testing.T) {
	type line struct {
		seconds float64
		person  int
		hostile float64
	}
	for _, c := range []struct {
		name  string
		lines []line
		want  int // lines at which it is told, counted from 1; 0 never
	}{
		{"two who answer each other", []line{{0, 1, .9}, {5, 2, .8}, {9, 3, 0}, {20, 1, .9}, {30, 2, .9}, {40, 1, .9}}, 5},
		{"one alone", []line{{0, 1, .9}, {5, 1, .9}, {20, 1, .9}, {30, 1, .9}, {40, 1, .9}}, 0},
		{"one and many who call out once", []line{{0, 1, .9}, {5, 2, .9}, {10, 1, .9}, {15, 3, .9}, {20, 1, .9}, {25, 4, .9}}, 0},
		{"not hostile enough", []line{{0, 1, .5}, {5, 2, .5}, {20, 1, .5}, {30, 2, .5}, {40, 1, .5}}, 0},
		{"too slow", []line{{0, 1, .9}, {200, 2, .9}, {400, 1, .9}, {600, 2, .9}, {800, 1, .9}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := New(Config{})
			told := 0
			for i, l := range c.lines {
				p := post(l.seconds, 1, l.person, "你")
				p.Hostile = l.hostile
				if f := w.See(p); f.Quarrel != nil {
					if told != 0 {
						t.Error("told twice")
					}
					told = i + 1
					if diff := cmp.Diff([]community.PersonID{1, 2}, f.Quarrel); diff != "" {
						t.Error(diff)
					}
				}
			}
			if told != c.want {
				t.Errorf("told at line %d, want %d", told, c.want)
			}
		})
	}
}

func TestComplaint(t *testing.T) {
	w := New(Config{})
	for i, c := range []struct {
		seconds float64
		person  int
		text    string
		want    []community.PersonID
	}{
		{0, 1, "我要退款", nil},
		{10, 1, "不退我就投诉", nil},
		{20, 2, "退款成功了", nil},
		{30, 3, "我也要维权", []community.PersonID{1, 3}},
		{40, 3, "退钱！", nil},
		{50, 2, "一起去12315", []community.PersonID{1, 2, 3}},
		{7200, 4, "退费", nil},
	} {
		f := w.See(post(c.seconds, 1, c.person, c.text))
		if diff := cmp.Diff(c.want, f.Complaint); diff != "" {
			t.Errorf("message %d: %s", i, diff)
		}
	}
}

// chatter makes a log of messages, most of them harmless.
func chatter(n int) []Post {
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"今天", "作业", "会议", "老师", "加微信", "兼职", "日结", "退款", "优惠", "代购", "明天", "下班", "吃饭", "群里", "大家", "谁有", "链接"}
	var out []Post
	for i := range n {
		var b strings.Builder
		for range 1 + random.IntN(10) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		p := post(float64(i)*7, 1+random.IntN(9), 1+random.IntN(60), b.String())
		p.Hostile = random.Float64()
		out = append(out, p)
	}
	return out
}

// TestRebuild feeds the last 24 hours to a new watch: it must know the same.
func TestRebuild(t *testing.T) {
	log := chatter(15_000) // 29 hours
	w := New(Config{})
	half := len(log) - 500
	for _, p := range log[:half] {
		w.See(p)
	}
	again := New(Config{})
	from := log[half-1].At.Add(-Span)
	for _, p := range log[:half] {
		if p.At.After(from) {
			again.See(p)
		}
	}
	for i, p := range log[half:] {
		got, want := again.See(p), w.See(p)
		if p.Day != log[half-1].Day { // the first day is not whole
			got.PromotionsToday, want.PromotionsToday = 0, 0
		}
		// Which text stands for those near it depends on which came first.
		got.GroupsWithSame, want.GroupsWithSame, got.PeopleWithSame, want.PeopleWithSame = 0, 0, 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("message %d after the restart (-want +got):\n%s", i, diff)
		}
	}
}

// TestForgets keeps to small limits and checks what is found by.
func TestForgets(t *testing.T) {
	w := New(Config{Limits: Limits{Members: 10, Texts: 20, Groups: 3}})
	for _, p := range chatter(3_000) {
		w.See(p)
		if len(w.texts.clusters) > 20 || len(w.texts.exact) > 20 || len(w.members.of) > 10 || w.members.used.Len() > 10 || len(w.talks.of) > 3 {
			t.Fatal("over the limits")
		}
	}
	used := 0
	for i := w.texts.newest; i != none; i = w.texts.clusters[i].older {
		used++
	}
	if used != len(w.texts.clusters) {
		t.Errorf("%d of %d texts are in use", used, len(w.texts.clusters))
	}
	for b := range bands {
		there := map[int32]bool{} // each has its place where there is room for it
		for k := range w.texts.added[b] {
			r := &w.texts.added[b][k]
			for n, i := range r.clusters {
				there[i] = there[i] || w.texts.signatures[i] == r.signatures[n]
			}
			if len(r.signatures) > mostTried || len(r.clusters) != len(r.signatures) {
				t.Fatalf("%d signatures of %d texts", len(r.signatures), len(r.clusters))
			}
		}
		for i := range w.texts.clusters {
			if !there[int32(i)] {
				t.Errorf("band %d lacks text %d", b, i)
			}
		}
	}
}

func TestTooOld(t *testing.T) {
	w := New(Config{})
	w.See(post(0, 1, 1, "哈"))
	if f := w.See(post(-2*Span.Seconds(), 1, 1, "哈")); f.MessagesIn10s != 0 {
		t.Errorf("%+v", f)
	}
}

// BenchmarkSee sees texts that are all unlike each other, the worst case.
func BenchmarkSee(b *testing.B) {
	random := rand.New(rand.NewPCG(3, 4))
	var log []Post
	for i := range 40_000 {
		text := make([]rune, 12)
		for k := range text {
			text[k] = 0x4E00 + rune(random.IntN(3000))
		}
		log = append(log, post(float64(i), 1+random.IntN(200), 1+random.IntN(5000), string(text)))
	}
	w := New(Config{})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := log[i%len(log)]
		p.At = p.At.Add(time.Duration(i/len(log)) * 39 * time.Hour)
		w.See(p)
		i++
	}
}
