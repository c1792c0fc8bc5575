package casework

import (
	"bytes"
	"strings"

	"qunying/community"
	"qunying/internal/moderation/lexicon"
)

// LexiconText turns a file of entries into the text that is saved. Errors are
// Invalid and name the line.
func LexiconText(file []byte, format string) (string, error) {
	entries, err := lexicon.Import(bytes.NewReader(file), lexicon.Format(format))
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := lexicon.Export(&out, entries, lexicon.TXT); err != nil {
		return "", err
	}
	if out.Len() > MostLexicon {
		return "", community.Errorf(community.Invalid, "the lexicon is larger than %d MiB", MostLexicon>>20).WithHint("split it")
	}
	return out.String(), nil
}

// LexiconFile is the reverse of LexiconText.
func LexiconFile(text, format string) ([]byte, error) {
	entries, err := lexicon.Import(strings.NewReader(text), lexicon.TXT)
	if err != nil {
		return nil, err
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
