package lexicon

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunying/internal/moderation/normal"
)

// steps in the order of the table in docs/moderation-quality.md.
var steps = []struct {
	name string
	step normal.Steps
}{
	{"none", 0}, {"width and letters (NFKC)", normal.Compat}, {"case", normal.Case}, {"invisible", normal.Invisible},
	{"enclosed", normal.Enclosed}, {"traditional", normal.Traditional}, {"look-alikes", normal.LookAlikes},
	{"repeats", normal.Repeats}, {"separators", normal.Separators}, {"split characters", normal.Splits}, {"numerals", normal.Numerals},
}

// TestWhatEachStepCosts counts messages of real and mostly harmless talk in
// which words are found, with all steps and without one. It fails only if a
// step makes more than one message of a hundred a hit.
func TestWhatEachStepCosts(t *testing.T) {
	dir := os.Getenv("QUNYING_DATA")
	if dir == "" {
		t.Skip("SKIPPED: QUNYING_DATA does not name the folder with real data")
	}
	var entries []Entry
	for _, name := range []string{"色情词库.txt", "涉枪涉爆.txt", "色情类型.txt"} {
		text, err := os.ReadFile(filepath.Join(dir, "lexicons", name))
		if err != nil {
			t.Skipf("SKIPPED: %v", err)
		}
		for line := range strings.Lines(string(text)) {
			word := strings.TrimSpace(line)
			if _, err := parse(word, normal.Default()); err == nil && !strings.ContainsAny(word, `+~!\/`) {
				entries = append(entries, Entry{Text: word})
			}
		}
	}
	chats := map[string][]string{}
	for _, name := range []string{"haskell-china/messages.jsonl.gz", "live-chat/2020-05.tsv.gz"} {
		chats[name] = realMessages(t, filepath.Join(dir, name), 60_000)
	}
	for name, messages := range chats {
		var all map[int]bool
		for _, s := range steps {
			n := normal.New(normal.All &^ s.step)
			hits := messagesHit(t, entries, n, messages)
			if s.step == 0 {
				all = hits
				t.Logf("%s: %d entries, %d messages, %d hit", name, len(entries), len(messages), len(all))
				continue
			}
			more := []string{}
			for i := range all {
				if !hits[i] {
					more = append(more, messages[i])
				}
			}
			t.Logf("%s: %s adds %d: %.150q", name, s.name, len(more), more[:min(4, len(more))])
			if len(more)*100 > len(messages) {
				t.Errorf("%s: %s alone makes %d of %d messages hits", name, s.name, len(more), len(messages))
			}
		}
	}
}

// messagesHit returns which messages satisfy an entry.
func messagesHit(t *testing.T, entries []Entry, n *normal.Normaliser, messages []string) map[int]bool {
	s, err := Compile(n, Lexicon{Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	var text normal.Text
	var f Finder
	out := map[int]bool{}
	for i, m := range messages {
		n.Read(&text, m)
		if len(f.Find(s, &text)) > 0 {
			out[i] = true
		}
	}
	return out
}

func realMessages(t testing.TB, name string, limit int) (out []string) {
	file, err := os.Open(name)
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && len(out) < limit {
		message := lines.Text()
		if strings.HasSuffix(name, ".jsonl.gz") {
			var m struct{ Text string }
			if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
				t.Fatal(err)
			}
			message = m.Text
		} else {
			message = message[strings.LastIndexByte(message, '\t')+1:]
		}
		out = append(out, message)
	}
	return out
}

// BenchmarkInspect reads real messages and looks for 65,000 words in them.
func BenchmarkInspect(b *testing.B) {
	dir := os.Getenv("QUNYING_DATA")
	if dir == "" {
		b.Skip("SKIPPED: QUNYING_DATA does not name the folder with real data")
	}
	var entries []Entry
	for _, word := range realMessages(b, filepath.Join(dir, "lexicons/scale-65k.txt.gz"), maxEntries) {
		if _, err := parse(word, normal.Default()); err == nil {
			entries = append(entries, Entry{Text: word})
		}
	}
	s, err := Compile(normal.Default(), Lexicon{Entries: entries})
	if err != nil {
		b.Fatal(err)
	}
	messages := realMessages(b, filepath.Join(dir, "haskell-china/messages.jsonl.gz"), 5000)
	var text normal.Text
	var f Finder
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		normal.Default().Read(&text, messages[i%len(messages)])
		f.Find(s, &text)
		i++
	}
}
