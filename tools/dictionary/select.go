package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunying/internal/insight/words"
)

// Words of the lowest frequency are kept if few enough texts had them: the
// source's inverse document frequency of a word found in one text is 13.9.
const (
	rarest     = 3    // frequency below which nothing is kept
	knownName  = 50   // of a person's name: most of the rarer ones are from novels
	knownCount = 20   // of a number with its measure
	commonIDF  = 12.0 // a rarer name or number is kept all the same if its IDF is below
	known      = 4    // of a word without IDF
	knownTrad  = 10   // of a word in traditional characters, for which no IDF is given
)

// selectWords reads the lists and returns the words to keep with their frequency.
func selectWords(dir, own string) (map[string]int, error) {
	idf := map[string]float64{}
	err := eachLine(filepath.Join(dir, "idf.txt"), func(f []string) error {
		v, err := strconv.ParseFloat(f[1], 64)
		idf[f[0]] = v
		return err
	})
	if err != nil {
		return nil, err
	}
	list := map[string]int{}
	for _, name := range []string{"s_1.txt", "t_1.txt"} {
		traditional := name == "t_1.txt"
		err := eachLine(filepath.Join(dir, name), func(f []string) error {
			if len(f) < 3 {
				return nil
			}
			n, err := strconv.Atoi(f[1])
			if err != nil {
				return err
			}
			word := words.Fold(f[0])
			rarity, has := idf[f[0]]
			if n > 0 && fits(word) && useful(word, n, f[2], rarity, has, traditional) {
				list[word] = max(list[word], n)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	err = eachLine(own, func(f []string) error {
		n, err := strconv.Atoi(f[0])
		for _, word := range f[1:] {
			if !fits(word) {
				return fmt.Errorf("%q does not fit into the dictionary", word)
			}
			list[word] = max(list[word], n)
		}
		return err
	})
	return list, err
}

// fits reports whether the format can hold a word: Chinese of at most eight
// characters, perhaps beginning with ASCII letters.
func fits(word string) bool {
	chars, han := 0, false
	for _, r := range word {
		chars++
		switch {
		case r >= words.HanFirst && r <= words.HanLast && unicode.Is(unicode.Han, r):
			han = true
		case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9') && !han:
		default:
			return false
		}
	}
	return han && chars <= words.LongestWord
}

func useful(word string, n int, class string, idf float64, hasIDF, traditional bool) bool {
	switch {
	case utf8.RuneCountInString(word) == 1, word[0] < utf8.RuneSelf: // T恤: few, and of today
		return true
	case traditional:
		return n >= knownTrad && !strings.HasPrefix(class, "nr") && class != "m"
	case n < rarest:
		return false
	case strings.HasPrefix(class, "nr"):
		return n >= knownName || hasIDF && idf < commonIDF
	case class == "m":
		return n >= knownCount || hasIDF && idf < commonIDF
	}
	return n >= known || hasIDF
}

// eachLine hands the fields of every line that is not empty or a comment to f.
func eachLine(path string, f func(fields []string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		if err := f(fields); err != nil {
			return fmt.Errorf("%s, line %d: %w", path, n, err)
		}
	}
	return lines.Err()
}
