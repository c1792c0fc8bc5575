package read

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"maps"
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
			i, before := 0, processor()
			for b.Loop() {
				r.Read(messages[i%len(messages)])
				i++
			}
			b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// sets are real messages by where they come from.
func sets(t testing.TB) map[string][]string {
	out := map[string][]string{}
	for _, m := range chat(t) {
		out["programmers' group"] = append(out["programmers' group"], m.Text)
	}
	for _, line := range realLines(t, "live-chat/2020-05.tsv.gz")[1:] {
		out["live room"] = append(out["live room"], line[strings.LastIndexByte(line, '\t')+1:])
	}
	out["harmless dialogue"] = append(realLines(t, "harmless/crosswoz-test.txt.gz"), realLines(t, "harmless/kdconv-dev.txt.gz")...)
	segmented := strings.NewReplacer(" ", "", "x", "1")
	for _, kind := range []string{"pass", "spam"} {
		for _, line := range realLines(t, "adverts/tensorlayer-"+kind+".txt.gz") {
			out["word-segmented, "+kind] = append(out["word-segmented, "+kind], segmented.Replace(line))
		}
	}
	for name, file := range map[string]string{"COLD dev": "cold/dev.csv.gz", "group adverts": "adverts/telegram-measure-only.csv.gz"} {
		rows := csv.NewReader(strings.NewReader(strings.Join(realLines(t, file)[1:], "\n")))
		rows.FieldsPerRecord, rows.LazyQuotes = -1, true
		all, err := rows.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range all {
			key := name + ", label " + row[0]
			out[key] = append(out[key], row[1])
		}
	}
	return out
}

// TestOnRealData counts in how many messages words, contacts and links are found,
// for the table in docs/moderation-quality.md. The words were chosen with these
// sets; the bound is there for what is added later.
func TestOnRealData(t *testing.T) {
	r, err := New(Config{Lexicons: lexicon.Starter()})
	if err != nil {
		t.Fatal(err)
	}
	contacts := []string{Phone, WeChat, QQ, Telegram, Number}
	all := sets(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		words, found, links, any := 0, 0, 0, 0
		for _, text := range all[name] {
			reading := r.Read(Message{Text: text})
			w := slices.ContainsFunc(reading.Hits, func(h Hit) bool { return !h.Exception })
			c := slices.ContainsFunc(reading.Found, func(f Found) bool { return slices.Contains(contacts, f.Detector) })
			l := reading.Detector(Link) != nil
			for count, is := range map[*int]bool{&words: w, &found: c, &links: l, &any: w || c || l} {
				if is {
					*count++
				}
			}
		}
		n := len(all[name])
		t.Logf("%s: %d messages; with words %d, contacts %d, links %d, any %d", name, n, words, found, links, any)
		harmless := name == "programmers' group" || name == "live room" || name == "harmless dialogue"
		if harmless && words*1000 > n || harmless && found*200 > n {
			t.Errorf("%s: %d of %d messages have words, %d contacts", name, words, n, found)
		}
	}
}
