// Command matching compares our word matcher with others, in one run and on
// the same messages:
//
//	go run . -words words.txt.gz -texts chat.tsv.gz
//	go run -tags hyperscan . …    with Debian's libhyperscan-dev, as the limit
//
// It prints nanoseconds a message: the least of many short rounds, in which the
// candidates take turns, so that other work on the machine disturbs all alike.
package main

import (
	"bufio"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	bobu "github.com/BobuSumisu/aho-corasick"
	"github.com/anknown/ahocorasick"
	cloudflare "github.com/cloudflare/ahocorasick"
	petar "github.com/petar-dambovaliev/aho-corasick"

	"qunying/internal/moderation/match"
)

// candidate prepares to look for words in texts; what it returns does so once
// and counts what it found. Counts differ: some libraries report a word once a
// message, or only the longest one.
type candidate struct {
	name    string
	prepare func(words, texts []string) (func() int, error)
}

var candidates = []candidate{
	{"ours", func(words, texts []string) (func() int, error) {
		a, err := match.Build(words, nil)
		if err != nil {
			return nil, err
		}
		hits := make([]match.Hit, 0, 1024)
		return func() (n int) {
			for _, t := range texts {
				hits = a.FindString(t, hits[:0], 1024)
				n += len(hits)
			}
			return n
		}, nil
	}},
	{"cloudflare/ahocorasick", func(words, texts []string) (func() int, error) {
		m := cloudflare.NewStringMatcher(words)
		raw := bytesOf(texts)
		return func() (n int) {
			for _, t := range raw {
				n += len(m.Match(t))
			}
			return n
		}, nil
	}},
	{"petar-dambovaliev/aho-corasick", func(words, texts []string) (func() int, error) {
		b := petar.NewAhoCorasickBuilder(petar.Opts{MatchKind: petar.StandardMatch, DFA: true})
		m := b.Build(words)
		return func() (n int) {
			for _, t := range texts {
				it := m.IterOverlapping(t)
				for it.Next() != nil {
					n++
				}
			}
			return n
		}, nil
	}},
	{"BobuSumisu/aho-corasick", func(words, texts []string) (func() int, error) {
		m := bobu.NewTrieBuilder().AddStrings(words).Build()
		raw := bytesOf(texts)
		return func() (n int) {
			for _, t := range raw {
				n += len(m.Match(t))
			}
			return n
		}, nil
	}},
	{"anknown/ahocorasick", func(words, texts []string) (func() int, error) {
		var m goahocorasick.Machine
		var dict [][]rune
		for _, w := range words {
			dict = append(dict, []rune(w))
		}
		if err := m.Build(dict); err != nil {
			return nil, err
		}
		return func() (n int) {
			for _, t := range texts {
				n += len(m.MultiPatternSearch([]rune(t), false))
			}
			return n
		}, nil
	}},
}

func bytesOf(texts []string) (out [][]byte) {
	for _, t := range texts {
		out = append(out, []byte(t))
	}
	return out
}

func main() {
	log.SetFlags(0)
	wordFile := flag.String("words", "", "words, one a line, gzip")
	textFile := flag.String("texts", "", "messages, the last column of tab-separated lines, gzip")
	messages := flag.Int("messages", 1000, "how many messages")
	length := flag.Int("bytes", 93, "length of a message, cut at a character; messages are joined to reach it")
	rounds := flag.Int("rounds", 200, "rounds of which the fastest counts")
	skip := flag.String("skip", "", "names of candidates to leave out, with commas")
	var sizes sizeList
	flag.Var(&sizes, "size", "number of words (may be repeated; default 1200, 20000, 100000)")
	flag.Parse()
	if sizes == nil {
		sizes = sizeList{1_200, 20_000, 100_000}
	}
	texts := cut(lines(*textFile), *messages, *length)
	words := distinct(lines(*wordFile), slices.Max(sizes))
	for _, n := range sizes {
		if err := compare(words[:n], texts, *rounds, strings.Split(*skip, ",")); err != nil {
			log.Fatal(err)
		}
	}
}

// compare lets the candidates take turns.
func compare(words, texts []string, rounds int, skip []string) error {
	var names []string
	var runs []func() int
	for _, c := range candidates {
		if slices.Contains(skip, c.name) {
			continue
		}
		before := heap()
		start := time.Now()
		run, err := c.prepare(words, texts)
		if err != nil {
			fmt.Printf("%-32s refuses: %v\n", c.name, err)
			continue
		}
		took := time.Since(start)
		fmt.Printf("%6d words  %-32s built in %8v, %4d MB of Go heap, %d hits\n",
			len(words), c.name, took.Round(time.Millisecond), (heap()-before)>>20, run())
		names, runs = append(names, c.name), append(runs, run)
	}
	best := make([]time.Duration, len(runs))
	debug.SetGCPercent(400)
	for range rounds {
		for i, run := range runs {
			start := time.Now()
			run()
			if d := time.Since(start); best[i] == 0 || d < best[i] {
				best[i] = d
			}
		}
	}
	for i, name := range names {
		fmt.Printf("%6d words  %-32s %7.0f ns a message\n", len(words), name, float64(best[i].Nanoseconds())/float64(len(texts)))
	}
	return nil
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// lines returns the last columns of a packed file.
func lines(name string) []string {
	file, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		log.Fatal(err)
	}
	var out []string
	s := bufio.NewScanner(unpacked)
	for s.Scan() {
		line := s.Text()
		out = append(out, line[strings.LastIndexByte(line, '\t')+1:])
	}
	if err := s.Err(); err != nil {
		log.Fatal(err)
	}
	return out
}

// cut makes n messages of a length from many short ones.
func cut(chat []string, n, length int) (out []string) {
	var b strings.Builder
	for _, line := range chat {
		if len(out) == n {
			break
		}
		b.WriteString(line)
		if b.Len() < length {
			continue
		}
		text := b.String()[:length]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
		out = append(out, text)
		b.Reset()
	}
	return out
}

// distinct shuffles words, always in the same way, and where there are fewer
// than n joins two of them to one.
func distinct(words []string, n int) []string {
	random := rand.New(rand.NewPCG(7, 7))
	var own []string
	seen := map[string]bool{}
	add := func(w string) {
		if l := utf8.RuneCountInString(w); l > 1 && l <= match.MaxWord && !seen[w] {
			seen[w] = true
			own = append(own, w)
		}
	}
	for _, w := range words {
		add(w)
	}
	random.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	for real := len(own); len(own) < n; {
		a, b := []rune(own[random.IntN(real)]), []rune(own[random.IntN(real)])
		add(string(a[:min(2, len(a))]) + string(b[:min(2, len(b))]))
	}
	return own
}

// sizeList is a flag that may be repeated.
type sizeList []int

func (s *sizeList) String() string { return fmt.Sprint(*s) }

func (s *sizeList) Set(text string) error {
	var n int
	if _, err := fmt.Sscan(text, &n); err != nil {
		return err
	}
	*s = append(*s, n)
	return nil
}
