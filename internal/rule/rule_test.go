package rule

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

type values map[string]any

func (v values) Value(name string) any { return v[name] }

func language(t testing.TB) *Language {
	t.Helper()
	l, err := New(Var{"text", Text, 5000}, Var{"words", Texts, 32}, Var{"length", Int, 0}, Var{"score.advert", Number, 0},
		Var{"member.strikes", Int, 0}, Var{"late", Bool, 0})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var said = values{"text": "加微信领红包", "words": []string{"advert", "fraud"}, "length": 6, "score.advert": 0.93, "member.strikes": 1, "late": false}

func TestHolds(t *testing.T) {
	l := language(t)
	for text, want := range map[string]bool{
		`"advert" in words`:                                 true,
		`"abuse" in words || score.advert > 0.9`:            true,
		`length > 5 && member.strikes == 0`:                 false,
		`score.advert >= 1`:                                 false, // numbers of both kinds compare
		`text.contains("红包") && !late`:                      true,
		`text.matches("加.{0,2}信")`:                          true,
		`size(text) == length`:                              true, // characters, not bytes
		`words.exists(w, w.startsWith("adv"))`:              true,
		`words.size() > 1 ? member.strikes > 0 : late`:      true,
		"length > 1 &&\n  member.strikes >= 1 // two lines": true,
		`member.strikes + 1 == 2 && length in [5, 6, 7]`:    true,
	} {
		r, err := l.Compile(text)
		if err != nil {
			t.Errorf("Compile(%s): %v", text, err)
			continue
		}
		if got, err := r.Holds(said); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestMistakesAreTold(t *testing.T) {
	l := language(t)
	for text, want := range map[string]string{
		"":                             "empty",
		`"advert" in word`:             `column 13: there is no variable "word"`,
		"length > 1 &&\n  strikes > 1": `line 2, column 3: there is no variable "strikes"`,
		`length`:                       "is a int, not a yes or no",
		`length > "a"`:                 "column 8: ",
		`length >`:                     "column ",
		strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100):                  "column",
		`words.exists(a, words.exists(b, words.exists(c, text.contains(a + b + c))))`: "too long",
		strings.Repeat("late || ", 400) + "late":                                      "more than 2000 bytes",
	} {
		_, err := l.Compile(text)
		if community.CodeOf(err) != community.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("Compile(%.40s): %v, want Invalid with %q", text, err, want)
		}
	}
}

func TestExplain(t *testing.T) {
	r, err := language(t).Compile(`("abuse" in words || "advert" in words) && (member.strikes > 2 || !late)`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Explain(said)
	if err != nil {
		t.Fatal(err)
	}
	want := []Term{{`"abuse" in words`, false}, {`"advert" in words`, true}, {"member.strikes > 2", false}, {"!late", true}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("terms (-want +got):\n%s", d)
	}
	if r, err = language(t).Compile(`late || words.exists(w, w in ["fraud", "abuse"]) && length > 1`); err != nil {
		t.Fatal(err)
	}
	got, err = r.Explain(said)
	if err != nil {
		t.Fatal(err)
	}
	want = []Term{{"late", false}, {`words.exists(w, w in ["fraud", "abuse"])`, true}, {"length > 1", true}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("terms of a rule with exists (-want +got):\n%s", d)
	}
}

func TestManyEvaluateOneRule(t *testing.T) {
	r, err := language(t).Compile(`"advert" in words && member.strikes < 3`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for strikes := range 8 {
		wg.Go(func() {
			v := values{"words": said["words"], "member.strikes": strikes}
			for range 200 {
				if held, err := r.Holds(v); err != nil || held != (strikes < 3) {
					t.Errorf("with %d strikes: %v, %v", strikes, held, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func FuzzCompile(f *testing.F) {
	l := language(f)
	for _, seed := range []string{`"advert" in words`, "length > 1 && late", "text.matches('(')", "words[5] == 'x'", "1/0 == 1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := l.Compile(text)
		if err != nil {
			if community.CodeOf(err) != community.Invalid {
				t.Errorf("Compile(%q): %v, want Invalid", text, err)
			}
			return
		}
		if _, err := r.Holds(said); err != nil && community.CodeOf(err) != community.Invalid {
			t.Errorf("Holds(%q): %v, want Invalid", text, err)
		}
		if _, err := r.Explain(said); err != nil && community.CodeOf(err) != community.Invalid {
			t.Errorf("Explain(%q): %v", text, err)
		}
	})
}

func BenchmarkHolds(b *testing.B) {
	r, err := language(b).Compile(`"abuse" in words || score.advert > 0.9 && member.strikes < 3`)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.Holds(said); err != nil {
			b.Fatal(err)
		}
	}
}
