package words

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// message is a line of a real group.
type message struct {
	author uint32
	text   string
}

// realMessages reads one of the data sets that lie outside of the repository,
// at most limit messages of it.
func realMessages(t testing.TB, name string, limit int) []message {
	dir := os.Getenv("QUNYING_DATA")
	if dir == "" {
		t.Skip("SKIPPED: QUNYING_DATA does not name the folder with real chats")
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
	numbers := map[string]uint32{}
	var out []message
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && len(out) < limit {
		var author, text string
		if strings.HasSuffix(name, ".jsonl.gz") {
			var m struct{ Author, Text string }
			if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
				t.Fatal(err)
			}
			author, text = m.Author, m.Text
		} else if f := strings.SplitN(lines.Text(), "\t", 3); len(f) == 3 {
			author, text = f[1], f[2]
		}
		if _, ok := numbers[author]; !ok {
			numbers[author] = uint32(len(numbers))
		}
		out = append(out, message{numbers[author], text})
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return out
}

func texts(messages []message) iter.Seq2[uint32, string] {
	return func(yield func(uint32, string) bool) {
		for _, m := range messages {
			if !yield(m.author, m.text) {
				return
			}
		}
	}
}

// TestRealGroups shows what an operator would see (-v) and holds the limits on
// time; whether the words are good ones is for people to judge.
func TestRealGroups(t *testing.T) {
	for _, name := range []string{"haskell-china/messages.jsonl.gz", "live-chat/2020-05.tsv.gz"} {
		t.Run(strings.Split(name, "/")[0], func(t *testing.T) {
			messages := realMessages(t, name, 20_000)
			s := Default()
			counts := Counts{}
			began := time.Now()
			for _, m := range messages {
				for word := range s.Words(m.text) {
					if !IsStop(word) {
						counts[word]++
					}
				}
			}
			t.Logf("%d messages, %d terms, counted in %v", len(messages), len(counts), time.Since(began))
			top := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
				return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
			})
			for _, word := range top[:min(60, len(top))] {
				t.Logf("%5d %s", counts[word], word)
			}
			began = time.Now()
			found := s.Discover(texts(messages), Options{})
			took := time.Since(began)
			t.Logf("%d new words in %v", len(found), took)
			for _, f := range found {
				t.Logf("%5d times, %3d people, cohesion %4.1f, freedom %3.1f  %s", f.Count, f.Authors, f.Cohesion, f.Freedom, f.Word)
			}
			if took > 5*time.Second {
				t.Errorf("the search for new words took %v", took)
			}
			encoded, err := counts.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("the counts are %d bytes", len(encoded))
		})
	}
}
