package pinyin

import (
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	table := Get()
	for r, want := range map[rune]string{'微': "wei", '信': "xin", '女': "nv", 'a': "", '門': "", '。': ""} {
		if got := table.Name(table.Of(r)); got != want {
			t.Errorf("%c sounds %q, want %q", r, got, want)
		}
	}
	seen := 0
	table.Each(func(r rune, s Syllable) {
		seen++
		if table.Of(r) != s || int(s) > table.Count() {
			t.Errorf("%c: %d and %d", r, s, table.Of(r))
		}
	})
	if seen < 15_000 {
		t.Errorf("only %d characters have a reading", seen)
	}
	if table.Name(9999) != "" {
		t.Error("an unknown syllable has a name")
	}
}

func TestSplit(t *testing.T) {
	table := Get()
	for run, want := range map[string]string{
		"jiaweixin": "jia wei xin", "xian": "xian", "fangan": "fang an", "shabi": "sha bi",
		"hello": "", "sb": "", "": "", "nvren": "nv ren", "jiaVx": "",
		strings.Repeat("a", 100): "",
	} {
		pieces, ok := table.Split(nil, []rune(run))
		var got []string
		for _, p := range pieces {
			got = append(got, table.Name(p.Syllable))
		}
		if strings.Join(got, " ") != want || ok != (want != "") {
			t.Errorf("%q is read as %q (%v), want %q", run, got, ok, want)
		}
		if n := len(pieces); n > 0 && pieces[n-1].End != len(run) {
			t.Errorf("%q ends at %d", run, pieces[n-1].End)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("jiaweixin")
	table := Get()
	f.Fuzz(func(t *testing.T, run string) {
		pieces, ok := table.Split(nil, []rune(run))
		if !ok && len(pieces) > 0 {
			t.Fatalf("%q: %v", run, pieces)
		}
		at := 0
		for _, p := range pieces {
			if name := table.Name(p.Syllable); string([]rune(run)[at:p.End]) != name {
				t.Fatalf("%q: %q at %d to %d", run, name, at, p.End)
			}
			at = p.End
		}
	})
}
