package match

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const many = 1 << 20

// naive looks for every word at every place.
func naive(words []string, text string, fold func(rune) rune) []Hit {
	same := func(a, b rune) bool { return fold(a) == fold(b) }
	runes := []rune(text)
	var hits []Hit
	for i := range runes {
		for w, word := range words {
			r := []rune(word)
			if len(r) <= len(runes)-i && slices.EqualFunc(r, runes[i:i+len(r)], same) {
				hits = append(hits, Hit{int32(w), int32(i), int32(i + len(r))})
			}
		}
	}
	return sorted(hits)
}

func sorted(hits []Hit) []Hit {
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Word, b.Word))
	})
	return hits
}

// inRunes counts the places of hits in runes instead of bytes.
func inRunes(text string, hits []Hit) []Hit {
	for i, h := range hits {
		hits[i].Start = int32(utf8.RuneCountInString(text[:h.Start]))
		hits[i].End = int32(utf8.RuneCountInString(text[:h.End]))
	}
	return sorted(hits)
}

func same(r rune) rune { return r }

func TestFind(t *testing.T) {
	words := []string{"加微信", "微信", "微", "兼职", "兼职日结", "加微信", "信用卡套现", "😀😀"}
	a, err := Build(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "微", "请加微信", "兼职日结，信用卡套", "信用卡套现", "😀😀😀", "没有"} {
		if diff := gocmp.Diff(naive(words, text, same), sorted(a.Find([]rune(text), nil, many))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if got := a.FindString("请加微信", nil, many); got[0] != (Hit{0, 3, 12}) {
		t.Errorf("in bytes %v", got)
	}
	if got := a.Find([]rune("微微微微微"), nil, 3); len(got) != 3 {
		t.Errorf("%d hits, want the limit of 3", len(got))
	}
}

// TestFindsAtEveryPlace has a word at each place of a block and across its end.
func TestFindsAtEveryPlace(t *testing.T) {
	words := []string{"微信", "微信号", "号"}
	a, err := Build(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * block {
		text := strings.Repeat("无", i) + "微信号" + strings.Repeat("x", i%5)
		want := naive(words, text, same)
		if diff := gocmp.Diff(want, sorted(a.Find([]rune(text), nil, many))); diff != "" {
			t.Fatalf("from %d (-want +got):\n%s", i, diff)
		}
		if diff := gocmp.Diff(want, inRunes(text, a.FindString(text, nil, many))); diff != "" {
			t.Fatalf("from %d, not decoded (-want +got):\n%s", i, diff)
		}
	}
}

func TestFindsNothingOfNothing(t *testing.T) {
	a, err := Build(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Find([]rune("微信"), nil, many); got != nil {
		t.Errorf("found %v", got)
	}
}

func TestWordsThatCannotBe(t *testing.T) {
	for _, word := range []string{"", strings.Repeat("长", MaxWord+1)} {
		if _, err := Build([]string{"好", word}, nil); err == nil {
			t.Errorf("%q was taken", word)
		}
	}
}

// texts draws from few letters of one to four bytes, so that words overlap and
// share beginnings.
func texts(least, most int) *rapid.Generator[string] {
	letters := rapid.SampledFrom([]rune("一二三四五aAbB微信𝄞éก한"))
	return rapid.Map(rapid.SliceOfN(letters, least, most), func(r []rune) string { return string(r) })
}

func TestFindsWhatTheNaiveWayFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(texts(1, 6), 0, 40).Draw(t, "words")
		text := texts(0, block+16).Draw(t, "text")
		for name, fold := range map[string]func(rune) rune{"": nil, "folding": unicode.ToLower} {
			a, err := Build(words, fold)
			if err != nil {
				t.Fatal(err)
			}
			if fold == nil {
				fold = same
			}
			want := naive(words, text, fold)
			if diff := gocmp.Diff(want, sorted(a.Find([]rune(text), nil, many))); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", name, diff)
			}
			if diff := gocmp.Diff(want, inRunes(text, a.FindString(text, nil, many))); diff != "" {
				t.Fatalf("%s, not decoded (-want +got):\n%s", name, diff)
			}
		}
	})
}

// TestManyWords has enough of them for every part of the double array.
func TestManyWords(t *testing.T) {
	words := invent(200_000)
	a, err := Build(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, w := range words {
		known[w] = true
	}
	var hits []Hit
	for i, w := range words {
		hits = a.Find([]rune(w), hits[:0], many)
		if !slices.ContainsFunc(hits, func(h Hit) bool { return words[h.Word] == w }) {
			t.Fatalf("word %d %q is not found in itself", i, w)
		}
		for _, h := range hits {
			if !known[string([]rune(w)[h.Start:h.End])] {
				t.Fatalf("%q in %q is no word", string([]rune(w)[h.Start:h.End]), w)
			}
		}
	}
	t.Logf("%d slots of which %d are ends, %d codes in tails", len(a.slots), len(a.ends), len(a.tails))
}

// invent returns different words of two to six Han characters, frequent ones
// more often, the same at every call.
func invent(n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	out := make([]string, 0, n)
	for len(out) < n {
		r := make([]rune, 2+random.IntN(5))
		for i := range r {
			r[i] = 0x4E00 + rune(random.IntN(1+random.IntN(3000)))
		}
		if !seen[string(r)] {
			seen[string(r)] = true
			out = append(out, string(r))
		}
	}
	return out
}

func FuzzFind(f *testing.F) {
	f.Add("微信\n加微信\n信", "请加微信\xff")
	f.Add("\uFFFD\uFFFD", "half \xed\xa0\x80 of a pair")
	f.Add("a\n\uFFFD", "three bytes \xe0\x81\xa1 for a letter")
	f.Fuzz(func(t *testing.T, list, text string) {
		words := strings.Split(list, "\n")
		a, err := Build(words, nil)
		if err != nil {
			return
		}
		got := sorted(a.Find([]rune(text), nil, many))
		if diff := gocmp.Diff(naive(words, text, same), got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if diff := gocmp.Diff(got, inRunes(text, a.FindString(text, nil, many))); diff != "" {
			t.Fatalf("not decoded (-want +got):\n%s", diff)
		}
	})
}

func TestFindNeedsNoMemory(t *testing.T) {
	a, err := Build([]string{"微信", "加微信"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	hits := make([]Hit, 0, 8)
	if got := testing.AllocsPerRun(100, func() { hits = a.FindString("请加微信", hits[:0], 8) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{20_000, 200_000} {
		words := invent(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Build(words, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
