// Command characters makes two tables of internal/moderation/normal: variants.txt,
// rare characters that are written instead of plain ones, and parts.txt, characters
// that are written as two parts.
//
//	go run ./tools/characters -sources DIR -data DATA
//
// What the sources are is told in README.md. DATA has cold/, harmless/ and
// adverts/tensorlayer-pass; only how often two characters stand side by side is
// taken from it. The same sources give the same files.
package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qunying/internal/moderation/lexicon"
)

const folder = "internal/moderation/normal"

func main() {
	sources := flag.String("sources", "", "folder with the sources")
	data := flag.String("data", os.Getenv("QUNYING_DATA"), "folder with texts")
	flag.Parse()
	if err := run(*sources, *data); err != nil {
		fmt.Fprintln(os.Stderr, "characters:", err)
		os.Exit(1)
	}
}

func run(sources, data string) error {
	seen, err := count(data)
	if err != nil {
		return err
	}
	list, err := variants(sources, seen)
	if err != nil {
		return err
	}
	if err := write("variants.txt", variantsHead, list); err != nil {
		return err
	}
	alone, paired, err := parts(sources, seen)
	if err != nil {
		return err
	}
	return write("parts.txt", partsHead, append(append([]string{"alone"}, alone...), append([]string{"paired"}, paired...)...))
}

// write writes fields, some to a line; a field of letters is a line by itself.
func write(name, head string, fields []string) error {
	var b strings.Builder
	b.WriteString(head)
	n := 0
	for _, f := range fields {
		if f[0] < 0x80 && n > 0 {
			b.WriteByte('\n')
		}
		if b.WriteString(f); f[0] < 0x80 || n == 29 {
			b.WriteByte('\n')
			n = 0
			continue
		}
		b.WriteByte(' ')
		n++
	}
	text := strings.ReplaceAll(strings.TrimRight(b.String(), " \n")+"\n", " \n", "\n")
	return os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644)
}

// counts tells how often characters stand in harmless and other texts, alone and
// side by side.
type counts struct {
	one map[rune]int // in comments, which are of everything: dialogues are of hotels
	two map[[2]rune]int
}

func count(data string) (*counts, error) {
	c := &counts{map[rune]int{}, map[[2]rune]int{}}
	for i, name := range []string{"cold/train.csv.gz", "harmless/crosswoz-test.txt.gz", "harmless/kdconv-dev.txt.gz", "adverts/tensorlayer-pass.txt.gz"} {
		f, err := os.Open(filepath.Join(data, name))
		if err != nil {
			return nil, err
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, err
		}
		r := bufio.NewReader(z)
		last := rune(0)
		for {
			now, _, err := r.ReadRune()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			if now == ' ' { // of one set words stand apart
				continue
			}
			if unicode.Is(unicode.Han, now) {
				if i == 0 {
					c.one[now]++
				}
				if last != 0 {
					c.two[[2]rune{last, now}]++
				}
				last = now
			} else {
				last = 0
			}
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	// What is looked for must not be mistaken for the parts of something else.
	for _, l := range lexicon.Starter() {
		for _, e := range l.Entries {
			r := []rune(e.Text)
			for i := 1; i < len(r); i++ {
				c.two[[2]rune{r[i-1], r[i]}]++
			}
		}
	}
	return c, nil
}

// common returns the characters of GB 2312: all, or those of its first level, which
// are in everyday use.
func common(lastRow byte) map[rune]bool {
	out := map[rune]bool{}
	decoder := simplifiedchinese.GBK.NewDecoder()
	for row := byte(0xB0); row <= lastRow; row++ {
		for cell := byte(0xA1); cell <= 0xFE; cell++ {
			if s, err := decoder.String(string([]byte{row, cell})); err == nil {
				for _, r := range s {
					if unicode.Is(unicode.Han, r) {
						out[r] = true
					}
				}
			}
		}
	}
	return out
}
