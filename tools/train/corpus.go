package main

import (
	_ "embed"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	//go:embed prejudice.txt
	prejudiceText string
	//go:embed chat.txt
	chatText string
	//go:embed abuse.txt
	abuseText string
	//go:embed adverts.txt
	advertText string
	//go:embed schemes.txt
	schemeText string
)

// newRandom returns randomness of a purpose, the same every time.
func newRandom(purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(20261101, purpose)) }

// corpus is the data that is read.
type corpus struct {
	train, dev   []row    // comments, offensive or not
	dialogue     []row    // harmless
	spam, passed []row    // messages
	adult, trade []string // words
}

// inputs are the files that the model is made from, in the folder with the data.
func inputs() []string {
	return []string{
		"cold/train.csv.gz", "harmless/crosswoz-test.txt.gz", "harmless/kdconv-dev.txt.gz",
		"adverts/tensorlayer-spam.txt.gz", "adverts/tensorlayer-pass.txt.gz",
		"lexicons/色情类型.txt", "lexicons/色情词库.txt", "lexicons/广告类型.txt",
	}
}

func readCorpus(dir string) (c corpus, err error) {
	type source struct {
		to   *[]row
		name string
		bad  bool
	}
	for _, s := range []source{{&c.train, "cold/train.csv.gz", false}, {&c.dev, "cold/dev.csv.gz", false}} {
		if *s.to, err = readCSV(filepath.Join(dir, s.name)); err != nil {
			return c, err
		}
	}
	for _, s := range []source{
		{&c.dialogue, "harmless/crosswoz-test.txt.gz", false},
		{&c.dialogue, "harmless/kdconv-dev.txt.gz", false},
		{&c.spam, "adverts/tensorlayer-spam.txt.gz", true},
		{&c.passed, "adverts/tensorlayer-pass.txt.gz", false},
	} {
		rows, err := readLines(filepath.Join(dir, s.name), s.bad)
		if err != nil {
			return c, err
		}
		*s.to = append(*s.to, rows...)
	}
	for name, to := range map[string]*[]string{"色情类型": &c.adult, "色情词库": &c.adult, "广告类型": &c.trade} {
		words, err := os.ReadFile(filepath.Join(dir, "lexicons", name+".txt"))
		if err != nil {
			return c, err
		}
		*to = append(*to, strings.Fields(string(words))...)
	}
	slices.Sort(c.adult)
	c.adult = slices.Compact(c.adult)
	for _, rows := range [][]row{c.spam, c.passed} {
		for i := range rows {
			rows[i].text, rows[i].shapeless = joined(rows[i].text), true
		}
	}
	return c, nil
}

// joined undoes what was done to messages that were published in words with x for
// every digit: no message has these blanks, and the x would give them away.
func joined(text string) string {
	var b strings.Builder
	latin := false
	for _, word := range strings.Fields(text) {
		if strings.Trim(word, "xX.") == "" {
			continue
		}
		word = strings.NewReplacer("xxx", "", "xx", "").Replace(word)
		if word == "" {
			continue
		}
		ascii := word[0] < 0x80 && word[0] >= 'A'
		if latin && ascii {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		latin = ascii
	}
	return b.String()
}

func weighted(rows []row, weight float64) []row {
	out := make([]row, len(rows))
	for i, r := range rows {
		r.weight *= weight
		out[i] = r
	}
	return out
}

// abuseRows puts together what the model of abuse learns from.
func abuseRows(c corpus, random *rand.Rand) []row {
	rows := reconsider(c.train)
	rows = append(rows, readTemplates(prejudiceText).rows(4500, 0.45, 0.5, random)...)
	rows = append(rows, readTemplates(abuseText).rows(3500, 1, 1, random)...)
	rows = append(rows, readTemplates(chatText).rows(11_000, 0, 0.72, random)...)
	rows = append(rows, weighted(c.dialogue, 0.5)...)
	rows = append(rows, weighted(c.passed, 0.5)...)
	rows = newPerturber(rows, random).withCopies(rows, 0.5)
	for i := range rows {
		rows[i].shapeless = true // of the shape of abuse the data knows nothing
	}
	return rows
}

// adverts is how many lines are made from our templates of adverts and of what
// looks like them.
const adverts = 50_000

// advertRows puts together what the model of adverts learns from.
func advertRows(c corpus, random *rand.Rand) []row {
	templates := readTemplates(advertText + schemeText)
	templates.named["adult"], templates.named["trade"] = plain(c.adult), plain(c.trade)
	own := templates.rows(adverts, 0.36, 1, random)
	rows := newPerturber(c.passed, random).withCopies(own, 0.5)
	dressUp(rows[len(own):], 0.7, 0.15, random)
	chat := readTemplates(chatText).rows(22_000, 0, 1, random)
	dressUp(chat, 0, 0.08, random)
	rows = append(rows, chat...)
	rows = append(rows, weighted(c.dialogue, 0.4)...)
	rows = append(rows, weighted(c.spam, 0.6)...)
	rows = append(rows, weighted(c.passed, 0.6)...)
	for _, r := range c.train {
		rows = append(rows, row{text: r.text, weight: 0.5})
	}
	return rows
}

// plain leaves out words of one character, and what templates would misread.
func plain(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return utf8.RuneCountInString(w) < 2 || strings.ContainsAny(w, `{}()|?\`)
	})
}
