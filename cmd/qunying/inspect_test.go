package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// inspected runs inspect on lines and returns the objects it prints.
func inspected(t *testing.T, lines string, args ...string) (out []map[string]any, code int) {
	t.Helper()
	o := program(t, append([]string{"inspect", "--json", file(t, "messages.txt", lines)}, args...)...)
	s := bufio.NewScanner(strings.NewReader(o.stdout))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var v map[string]any
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		out = append(out, v)
	}
	return out, o.code
}

func TestInspect(t *testing.T) {
	words := file(t, "words.txt", "[gambling]\n百家乐\n")
	got, code := inspected(t, "今天吃什么\\n去哪\n\n来玩百.家.乐\n高薪兼职，日结三百，加微信 1③8零0一38〇⓪⓿\n河南人没一个好东西，都是骗子\n", "--lexicon", words, "--explain", "--no-starter")
	if code != 0 || len(got) != 5 {
		t.Fatalf("exit %d, %d objects", code, len(got))
	}
	for i, want := range []string{"harmless", "harmless", "gambling", "advert", "abuse"} {
		if v := got[i]["verdict"].(map[string]any)["category"]; v != want {
			t.Errorf("line %d is %v, want %v: %v", i+1, v, want, got[i])
		}
		expect(t, got[i], map[string]any{"line": i + 1})
	}
	expect(t, got[0], map[string]any{"normal": "今天吃什么\n去哪", "hits": "[]", "found": "[]"})
	hit := got[2]["hits"].([]any)[0].(map[string]any)
	expect(t, hit, map[string]any{"category": "gambling", "entry": "百家乐", "start": 6, "end": 17})
	found := got[3]["found"].([]any)[0].(map[string]any)
	expect(t, found, map[string]any{"value": "13800138000"})
	if because := got[3]["because"].(map[string]any)["advert"].([]any); len(because) == 0 {
		t.Error("nothing speaks for the advert")
	}
	scores := got[4]["scores"].(map[string]any)
	if scores["abuse"].(float64) < 0.9 || scores["advert"].(float64) > 0.5 {
		t.Errorf("scores %v", scores)
	}
}

func TestInspectLooksForTheStarterWords(t *testing.T) {
	message := "高薪兼职，日结三百，加微信13800138000\n"
	with, _ := inspected(t, message)
	without, _ := inspected(t, message, "--no-starter")
	if len(with[0]["hits"].([]any)) == 0 || len(without[0]["hits"].([]any)) != 0 {
		t.Errorf("with the words %v, without %v", with[0]["hits"], without[0]["hits"])
	}
}

func TestInspectKeepsTheOrder(t *testing.T) {
	var lines strings.Builder
	const n = 3000
	for i := range n {
		fmt.Fprintf(&lines, "第%d条 %s\n", i+1, strings.Repeat("很长", i%90))
	}
	got, code := inspected(t, lines.String())
	if code != 0 || len(got) != n {
		t.Fatalf("exit %d, %d objects", code, len(got))
	}
	for i, v := range got {
		if !strings.HasPrefix(v["normal"].(string), fmt.Sprintf("第%d条", i+1)) || v["line"] != float64(i+1) {
			t.Fatalf("object %d is %v", i+1, v)
		}
	}
}

func TestInspectBoundsLines(t *testing.T) {
	for name, long := range map[string]int{"just too long": longestLine + 1, "many times too long": 5 * longestLine} {
		t.Run(name, func(t *testing.T) {
			got, code := inspected(t, "好的\n"+strings.Repeat("x", long)+"\n收到\r\n完")
			if code != 1 || len(got) != 4 {
				t.Fatalf("exit %d, %d objects", code, len(got))
			}
			if e, _ := got[1]["error"].(string); !strings.Contains(e, "line 2") {
				t.Errorf("line 2: %v", got[1])
			}
			expect(t, got[2], map[string]any{"line": 3, "normal": "收到", "error": nil})
			expect(t, got[3], map[string]any{"line": 4, "normal": "完"})
		})
	}
}

func TestInspectForPeople(t *testing.T) {
	o := program(t, "inspect", file(t, "messages.txt", "加微信 13800138000\n"+strings.Repeat("长", 200)+"\n"))
	if o.code != 0 || !strings.Contains(o.stdout, "wechat   13800138000") || !strings.Contains(o.stdout, "…") {
		t.Errorf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
}

func TestInspectLearns(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("label,text\n")
	for i := range 40 {
		fmt.Fprintf(&rows, "1,第%d期冷笑话合集来了\n0,\"本店新到凤梨酥%d盒，接龙\"\n", i, i)
	}
	message := "冷笑话合集又来了\n"
	before, _ := inspected(t, message)
	after, code := inspected(t, message, "--decisions", file(t, "decisions.csv", rows.String()))
	score := func(v []map[string]any) float64 { return v[0]["scores"].(map[string]any)["advert"].(float64) }
	if code != 0 || score(before) >= 0.5 || score(after) < 0.5 {
		t.Errorf("exit %d, before %v, after %v", code, before, after)
	}
}

func TestInspectRefuses(t *testing.T) {
	for name, args := range map[string][]string{
		"no file":       {"inspect", "nothing-here.txt"},
		"no preset":     {"inspect", "--preset", "nothing", file(t, "m.txt", "x\n")},
		"a bad lexicon": {"inspect", "--lexicon", file(t, "w.txt", "/(/\n"), file(t, "m.txt", "x\n")},
		"no lexicon":    {"inspect", "--lexicon", file(t, "w.pdf", "x"), file(t, "m.txt", "x\n")},
		"few decisions": {"inspect", "--decisions", file(t, "d.csv", "1,x\n0,y\n"), file(t, "m.txt", "x\n")},
		"bad decisions": {"inspect", "--decisions", file(t, "d.csv", "label,text\nperhaps,y\n"), file(t, "m.txt", "x\n")},
	} {
		if o := program(t, args...); o.code != 1 || o.stdout != "" {
			t.Errorf("%s: exit %d %s", name, o.code, o.stdout)
		}
	}
}

// TestInspectStopsWithItsReader breaks off while messages come without end.
func TestInspectStopsWithItsReader(t *testing.T) {
	in, err := (&inspectCmd{Preset: "general"}).ready()
	if err != nil {
		t.Fatal(err)
	}
	from, to := io.Pipe()
	go func() {
		for {
			if _, err := io.WriteString(to, "好的收到\n"); err != nil {
				return
			}
		}
	}()
	broken := errors.New("nobody reads any more")
	if err := in.stream(t.Context(), from, brokenWriter{broken}, inspection.json); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	from.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := in.stream(ctx, strings.NewReader("x\n"), io.Discard, inspection.json); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func FuzzInspect(f *testing.F) {
	in, err := (&inspectCmd{Preset: "general", Explain: true}).ready()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("加微信 13800138000\n\n好的\\n收到\r\nx")
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		if err := in.stream(t.Context(), strings.NewReader(text), &out, inspection.json); err != nil && len(text) <= longestLine {
			t.Fatal(err)
		}
		want := strings.Count(text, "\n")
		if text != "" && !strings.HasSuffix(text, "\n") {
			want++
		}
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != want {
			t.Fatalf("%d lines become %d", want, got)
		}
	})
}
