package read

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qunying/internal/moderation/lexicon"
	"qunying/internal/moderation/normal"
)

// realLines reads a packed file of the data that lies outside of the repository.
func realLines(t testing.TB, name string) (out []string) {
	dir := os.Getenv("QUNYING_DATA")
	if dir == "" {
		t.Skip("SKIPPED: QUNYING_DATA does not name the folder with real data")
	}
	file, err := os.Open(filepath.Join(dir, name))
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
	for lines.Scan() {
		out = append(out, lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// chat returns the messages of a real group.
func chat(t testing.TB) (out []Message) {
	for _, line := range realLines(t, "haskell-china/messages.jsonl.gz") {
		var m struct{ Author, Text string }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, Message{Text: m.Text, Name: m.Author})
	}
	return out
}

// BenchmarkRead reads real messages with 65,000 words and all detectors.
func BenchmarkRead(b *testing.B) {
	words := lexicon.Lexicon{Name: "scale"}
	for _, word := range realLines(b, "lexicons/scale-65k.txt.gz") {
		if !strings.ContainsAny(word, `+~!/\`) {
			words.Entries = append(words.Entries, lexicon.Entry{Text: word})
		}
	}
	unusable := map[string]bool{}
	for _, f := range words.Check(normal.Default(), len(words.Entries)) {
		unusable[f.Entry] = true
	}
	words.Entries = slices.DeleteFunc(words.Entries, func(e lexicon.Entry) bool { return unusable[e.Text] })
	b.Logf("%d words", len(words.Entries))
	for _, c := range []struct {
		name     string
		lexicons []lexicon.Lexicon
		names    bool
	}{
		{"65k", []lexicon.Lexicon{words}, false},
		{"65k and starter", append(lexicon.Starter(), words), false},
		{"65k and starter, with names", append(lexicon.Starter(), words), true},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, err := New(Config{Lexicons: c.lexicons})
			if err != nil {
				b.Fatal(err)
			}
			messages := chat(b)
			if !c.names {
				for i := range messages {
					messages[i].Name = ""
				}
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r.Read(messages[i%len(messages)])
				i++
			}
		})
	}
}
