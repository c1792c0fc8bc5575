package match

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"
)

// realLines reads a file of the data that lies outside of the repository.
func realLines(t testing.TB, name string, limit int) []string {
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
	var out []string
	lines := bufio.NewScanner(unpacked)
	for lines.Scan() && len(out) < limit {
		if n := utf8.RuneCountInString(lines.Text()); n > 0 && n <= MaxWord {
			out = append(out, lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRealWords(t *testing.T) {
	words := realLines(t, "lexicons/scale-65k.txt.gz", 1<<20)
	start := time.Now()
	a, err := Build(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d words: %d slots, %d ends, %d codes in tails, filter of %d bytes, built in %v",
		len(words), len(a.slots), len(a.ends), len(a.tails), 8*(len(a.filter.letters)+len(a.filter.triples.bits)), time.Since(start))
	for _, w := range words {
		found := false
		for _, h := range a.Find([]rune(w), nil, many) {
			found = found || words[h.Word] == w
		}
		if !found {
			t.Fatalf("%q is not found in itself", w)
		}
	}
}
