package lexicon

import (
	"embed"
	"path"
	"strings"
	"sync"
)

//go:embed starter
var starterFiles embed.FS

// Starter returns the words that every community begins with (S89): a lexicon
// for each category that has any, named as its category. Politics has none; the
// operator supplies it. The lexicons are copies and may be changed.
func Starter() []Lexicon {
	var out []Lexicon
	for _, l := range starter() {
		l.Entries = append([]Entry(nil), l.Entries...)
		out = append(out, l)
	}
	return out
}

var starter = sync.OnceValue(func() (out []Lexicon) {
	for _, category := range Categories {
		text, err := starterFiles.ReadFile(path.Join("starter", category+".txt"))
		if err != nil {
			continue // ships empty
		}
		entries, err := Import(strings.NewReader(string(text)), TXT)
		if err != nil {
			panic(err) // the files are ours, and a test reads them
		}
		out = append(out, Lexicon{Name: category, Entries: entries})
	}
	return out
})
