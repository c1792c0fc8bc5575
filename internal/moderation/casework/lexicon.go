package casework

import (
	"bytes"
	"strings"

	"qunying/community"
	"qunying/internal/moderation/lexicon"
	"qunying/internal/moderation/normal"
)

// LexiconText turns a file of entries, in UTF-8, into the text that is saved; plain
// takes the guard against spreadsheets from the cells of a csv. Errors are Invalid
// and name the lines of the file.
func LexiconText(file []byte, format string, plain func(cell string) string) (string, error) {
	l := lexicon.Lexicon{}
	var err error
	if l.Entries, err = lexicon.Import(bytes.NewReader(file), lexicon.Format(format)); err != nil {
		return "", err
	}
	if lexicon.Format(format) == lexicon.CSV {
		lexicon.EachCell(l.Entries, plain)
	}
	if err := l.Usable(normal.Default()); err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := lexicon.Export(&out, l.Entries, lexicon.TXT); err != nil {
		return "", err
	}
	if out.Len() > MostLexicon {
		return "", community.Errorf(community.Invalid, "the lexicon is larger than %d MiB", MostLexicon>>20).WithHint("split it")
	}
	return out.String(), nil
}

// LexiconFile is the reverse of LexiconText: guard keeps spreadsheets from taking
// the cells of a csv for formulas.
func LexiconFile(text, format string, guard func(cell string) string) ([]byte, error) {
	entries, err := lexicon.Import(strings.NewReader(text), lexicon.TXT)
	if err != nil {
		return nil, err
	}
	if lexicon.Format(format) == lexicon.CSV {
		lexicon.EachCell(entries, guard)
	}
	var out bytes.Buffer
	err = lexicon.Export(&out, entries, lexicon.Format(format))
	return out.Bytes(), err
}

// StarterText is the text of the lists that the product comes with, and how many
// entries they have.
func StarterText() (text string, entries int, err error) {
	var all []lexicon.Entry
	for _, l := range lexicon.Starter() {
		for _, e := range l.Entries {
			if e.Category == "" {
				e.Category = l.Name
			}
			all = append(all, e)
		}
	}
	var out bytes.Buffer
	err = lexicon.Export(&out, all, lexicon.TXT)
	return out.String(), len(all), err
}

// StarterNames are the names under which these lists are found in readings.
func StarterNames() (names []string) {
	for _, l := range lexicon.Starter() {
		names = append(names, l.Name)
	}
	return names
}
