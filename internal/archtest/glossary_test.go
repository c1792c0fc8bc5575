package archtest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// term is a line of docs/GLOSSARY.md.
type term struct {
	line    int
	code    string
	chinese string
	english []string // forms that are right
	console []string // keys of web/texts; after ~ those of sentences
}

// glossary reads the tables of docs/GLOSSARY.md.
func glossary(t *testing.T) []term {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "GLOSSARY.md"))
	if err != nil {
		t.Fatal(err)
	}
	var terms []term
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 2 || strings.Contains(line, "---") || strings.TrimSpace(cells[1]) == "code" {
			continue
		}
		if len(cells) != 7 {
			t.Errorf("GLOSSARY.md:%d has %d columns, not 5", n, len(cells)-2)
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		w := term{line: n, code: strings.Trim(cells[1], "`"), chinese: cells[2], console: strings.Fields(strings.ReplaceAll(cells[4], "`", ""))}
		for form := range strings.SplitSeq(cells[3], "/") {
			w.english = append(w.english, strings.TrimSpace(form))
		}
		if w.code == "" || w.chinese == "" || w.english[0] == "" {
			t.Errorf("GLOSSARY.md:%d is incomplete", n)
		}
		terms = append(terms, w)
	}
	return terms
}

// texts flattens a text file of the console: "band.alert" to 警戒.
func texts(t *testing.T, language string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "web", "texts", language+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	flat := map[string]string{}
	var walk func(prefix string, node any)
	walk = func(prefix string, node any) {
		switch v := node.(type) {
		case string:
			flat[prefix] = v
		case map[string]any:
			for k, child := range v {
				walk(strings.TrimPrefix(prefix+"."+k, "."), child)
			}
		}
	}
	walk("", tree)
	return flat
}

// TestConsoleSpeaksTheGlossary: where the glossary names a text of the console,
// that text uses the glossary's words, in both languages.
func TestConsoleSpeaksTheGlossary(t *testing.T) {
	zh, en := texts(t, "zh-CN"), texts(t, "en")
	bound := 0
	for _, w := range glossary(t) {
		for _, key := range w.console {
			path, sentence := strings.CutPrefix(key, "~")
			for _, in := range []struct {
				file  string
				texts map[string]string
				words []string
			}{{"zh-CN", zh, []string{w.chinese}}, {"en", en, w.english}} {
				said, ok := in.texts[path]
				if !ok {
					t.Errorf("GLOSSARY.md:%d: web/texts/%s.json has no %s", w.line, in.file, path)
					continue
				}
				bound++
				if !slices.ContainsFunc(in.words, func(word string) bool { return says(said, word, sentence) }) {
					t.Errorf("%s.json says %q at %s; the glossary says %s (line %d)", in.file, said, path, strings.Join(in.words, " or "), w.line)
				}
			}
		}
	}
	if bound < 100 {
		t.Errorf("the glossary binds %d texts only", bound)
	}
}

// says reports whether a text is the word, in singular or plural, or, if it is a
// sentence, holds it. Capitals do not matter.
func says(text, word string, sentence bool) bool {
	text, word = strings.ToLower(text), strings.ToLower(word)
	if sentence {
		return strings.Contains(text, word)
	}
	return text == word || text == word+"s"
}

// TestGlossaryHasOneWordForOneThing: no two lines explain the same word, and no
// text of the console is bound to two different terms exactly.
func TestGlossaryHasOneWordForOneThing(t *testing.T) {
	codes, keys := map[string]int{}, map[string]int{}
	for _, w := range glossary(t) {
		if at, twice := codes[w.code]; twice {
			t.Errorf("GLOSSARY.md:%d: %s stands in line %d, too", w.line, w.code, at)
		}
		codes[w.code] = w.line
		for _, key := range w.console {
			if strings.HasPrefix(key, "~") {
				continue
			}
			if at, twice := keys[key]; twice {
				t.Errorf("GLOSSARY.md:%d: %s is bound in line %d, too", w.line, key, at)
			}
			keys[key] = w.line
		}
	}
}
