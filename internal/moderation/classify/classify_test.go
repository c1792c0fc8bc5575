package classify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

func TestScore(t *testing.T) {
	const no, abuse, advert = "", "abuse", "advert"
	for message, want := range map[string]string{
		"今天的作业什么时候交？":                      no,
		"好的收到":                             no,
		"反对歧视黑人，人人平等":                      no,
		"不要给女司机贴标签，哪里都有好人和坏人":              no,
		"这关打了一下午，气死我了，垃圾手柄":                no,
		"我的电话是13800138000，有事打我":            no,
		"联系电话12345":                        no, // everybody may dial it, and nobody sells anything there
		"客服热线95588打不通，打12306也没人接":          no,
		"10000000 条数据":                     no,
		"👨‍👩‍👧‍👦🏳️‍🌈🔥":                     no, // joined by what hides in adverts
		"https://github.com/haskell/cabal": no,
		"":                                 no,
		"河南人没一个好东西，都是骗子":                   abuse,
		"女人就是矫情，只会要彩礼，真恶心":                 abuse,
		"你这种人渣怎么还不去死":                      abuse,
		"河楠人 mei 一个好东西，都是 pian子":           abuse,
		"高薪兼职，日结三百，宝妈学生都可以做，加微信abc12345": advert,
		"诚招兼职打字员，薇❤信：xy78901，日赚300+，无押金": advert,
		"澳门百家乐注册送88，大额无忧 www.ab12.vip":   advert,
	} {
		s := Default().Score(message)
		got := no
		if s.Abuse >= 0.5 {
			got += abuse
		}
		if s.Advert >= 0.5 {
			got += advert
		}
		if got != want {
			t.Errorf("%q is %q (%.3f), want %q", message, got, s, want)
		}
	}
}

// What is harsh is taken for abuse of somebody sooner than of a thing.
func TestHarshWordsOfThings(t *testing.T) {
	for thing, person := range map[string]string{
		"这机制太恶心了": "这女人太恶心了", "最后一关好变态": "那个女的好变态", "这手柄真垃圾": "他们真垃圾", "恶心人的地图": "恶心人的男人", "这味道真臭": "黑人真臭",
	} {
		t1, p1 := Default().Score(thing).Abuse, Default().Score(person).Abuse
		if t1 >= 0.4 || p1 < t1+0.1 {
			t.Errorf("%q %.3f, %q %.3f", thing, t1, person, p1)
		}
	}
}

func TestExplain(t *testing.T) {
	message := "早上好，高薪兼职，日结三百，加微信abc12345"
	because := Default().Explain(message, Advert, 5)
	if len(because) == 0 || !slices.IsSortedFunc(because, func(a, b Because) int { return int(math.Copysign(1, b.Weight-a.Weight)) }) {
		t.Fatalf("%+v", because)
	}
	var said []string
	for _, b := range because {
		said = append(said, message[b.Start:b.End]+b.Shape)
	}
	if all := strings.Join(said, " "); !strings.Contains(all, "兼职") && !strings.Contains(all, "日结") {
		t.Errorf("the reasons are %q", said)
	}
	if got := Default().Explain("", Advert, 5); len(got) > 1 {
		t.Errorf("of nothing: %+v", got)
	}
}

// lessons are decisions of a group in which shops are welcome and jokes are not.
func lessons() []Judged {
	var out []Judged
	for i := range 60 {
		out = append(out,
			Judged{fmt.Sprintf("本店新到凤梨酥%d盒，团长手里有，接龙下单", i), false},
			Judged{fmt.Sprintf("第%d期冷笑话合集来了，搬好板凳", i), true})
	}
	return out
}

func TestLearn(t *testing.T) {
	m := Default()
	l, err := m.Learn(Advert, lessons(), nil)
	if err != nil {
		t.Fatal(err)
	}
	shop, joke := "本店新到绿豆糕，接龙下单", "冷笑话合集又来了"
	if s := m.ScoreWith(shop, l); s.Advert >= 0.5 || s.Abuse != m.Score(shop).Abuse {
		t.Errorf("the shop is %+v", s)
	}
	if s := m.ScoreWith(joke, l); s.Advert < 0.5 || s.Advert > 0.74 { // turned over, and no further
		t.Errorf("the joke is %+v", s)
	}
	// Without it the prior is back.
	if got, want := m.ScoreWith(joke, nil), m.Score(joke); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	again, err := m.Learn(Advert, lessons(), nil)
	if err != nil || !cmp.Equal(l, again) {
		t.Errorf("the same decisions teach something else: %v", err)
	}
	data, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back Local
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if got, want := m.ScoreWith(joke, &back), m.ScoreWith(joke, l); got != want {
		t.Errorf("after export and import %+v, want %+v", got, want)
	}
	if strings.Contains(string(data), "笑话") {
		t.Error("the export has words in it")
	}
	if got := testing.AllocsPerRun(100, func() { m.ScoreWith(joke, l) }); got >= 1 {
		t.Errorf("%v allocations", got)
	}
}

// TestWhatEarlierVersionsLearnt: they knew fewer shapes and no forms.
func TestWhatEarlierVersionsLearnt(t *testing.T) {
	text := fmt.Sprintf(`{"format":"qunying-local-1","class":"advert","judged":20,"trust":1,"constant":0.5,"shapes":[%s0],"slots":[],"weights":[]}`,
		strings.Repeat("0,", leastShapes-1))
	var l Local
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatal(err)
	}
	odds := func(p float64) float64 { return math.Log(p / (1 - p)) }
	message := "今天的作业什么时候交"
	before, after := odds(Default().Score(message).Advert), odds(Default().ScoreWith(message, &l).Advert)
	if want := limited(before) + 0.5; math.Abs(after-want) > 1e-6 {
		t.Errorf("log of odds %.3f after %.3f, want %.3f", after, before, want)
	}
}

func TestForms(t *testing.T) {
	var f formReader
	of := func(text string) map[uint16]bool {
		out := map[uint16]bool{}
		for _, k := range f.read([]rune(text)) {
			if out[k] {
				t.Errorf("%q has a form twice", text)
			}
			out[k] = true
		}
		return out
	}
	if one, other := of("芳-薇心 cad571"), of("莹-卫星 xyz820"); !maps.Equal(one, other) {
		t.Errorf("the same form is %v and %v", one, other)
	}
	if one, other := of("加abc12"), of("加abc123456"); maps.Equal(one, other) {
		t.Error("numbers of another length are the same form")
	}
}

func TestLearnRefuses(t *testing.T) {
	_, err := Default().Learn(Advert, lessons()[:15], nil)
	if community.CodeOf(err) != community.Invalid {
		t.Errorf("too few decisions: %v", err)
	}
	for _, text := range []string{`{}`, `[]`, `{"format":"qunying-local-1","class":"advert","shapes":[]}`, `{"format":"qunying-local-1","class":"none"}`,
		`{"format":"qunying-local-1","class":"advert","shapes":[` + strings.Repeat("0,", leastShapes-1) + `0],"slots":[],"weights":[],"forms":[4096],"form_weights":[1]}`} {
		var l Local
		if err := json.Unmarshal([]byte(text), &l); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing": nil, "something": []byte("something else"), "half": embedded[:len(embedded)/2],
		"another version": append([]byte("qyclass\xff"), embedded[8:]...),
	} {
		if _, err := Read(bytes.NewReader(data)); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSize holds both models to what they may take of the binary.
func TestSize(t *testing.T) {
	if len(embedded) > 10<<20 {
		t.Errorf("%d bytes", len(embedded))
	}
}

func TestScoreNeedsNoMemory(t *testing.T) {
	m, message := Default(), "高薪兼职，日结三百，加微信abc12345，今天的作业交了吗"
	m.Score(message)
	if got := testing.AllocsPerRun(100, func() { m.Score(message) }); got >= 1 {
		t.Errorf("%v allocations", got)
	}
}

func TestFeaturesAreFoundOnce(t *testing.T) {
	m := Default()
	s := m.scratch.Get().(*scratch)
	for range 5000 { // the rounds of the set of slots begin anew in between
		m.normal.Read(&s.text, "哈哈哈 haha 哈哈，哈哈哈 haha")
		found := s.x.Read(&s.text)
		seen := map[uint32]bool{}
		for _, f := range found {
			if seen[f.Slot] {
				t.Fatal("a feature was found twice")
			}
			seen[f.Slot] = true
		}
	}
}

func FuzzScore(f *testing.F) {
	f.Add("高薪兼职，日结三百，加微信abc12345")
	f.Add("a\xff\u200b😀𝐕𝐗 ①")
	f.Add(strings.Repeat("加", 5000))
	m := Default()
	f.Fuzz(func(t *testing.T, message string) {
		s := m.Score(message)
		for _, p := range []float64{s.Abuse, s.Advert} {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("%q: %+v", message, s)
			}
		}
		for c := range classes {
			for _, b := range m.Explain(message, c, 10) {
				if b.Start < 0 || b.End < b.Start || b.End > len(message) || utf8.ValidString(message) && !utf8.ValidString(message[b.Start:b.End]) {
					t.Fatalf("%q: %+v", message, b)
				}
			}
		}
	})
}

func FuzzUnmarshalLocal(f *testing.F) {
	l, err := Default().Learn(Advert, lessons(), nil)
	if err != nil {
		f.Fatal(err)
	}
	data, err := json.Marshal(l)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var l Local
		if json.Unmarshal(data, &l) == nil {
			Default().ScoreWith("加微信", &l)
		}
	})
}
