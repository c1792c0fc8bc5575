package words

import (
	"cmp"
	"hash/maphash"
	"iter"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Found is a word that the dictionary lacks and the texts suggest.
type Found struct {
	Word     string
	Count    int     // occurrences, repeated lines of one author not counted
	Authors  int     // how many people used it
	Cohesion float64 // bits: pointwise mutual information at its weakest joint
	Freedom  float64 // bits: branching entropy on its narrower side
}

// Options bound a search for new words; zero values stand for the defaults.
type Options struct {
	MinCount    int     // 6
	MinAuthors  int     // 3
	MinCohesion float64 // 4.5 bits
	MinFreedom  float64 // 1.5 bits
	MaxTexts    int     // 20,000; later texts are not read
	MaxChars    int     // 1,000,000; at 40 bytes each at the peak
	Limit       int     // 50 results
}

func (o Options) withDefaults() Options {
	o.MinCount = max(cmp.Or(o.MinCount, 6), 2)
	o.MinAuthors = cmp.Or(o.MinAuthors, 3)
	o.MinCohesion = cmp.Or(o.MinCohesion, 4.5)
	o.MinFreedom = cmp.Or(o.MinFreedom, 1.5)
	o.MaxTexts = cmp.Or(o.MaxTexts, 20_000)
	o.MaxChars = min(cmp.Or(o.MaxChars, 1_000_000), 1<<21)
	o.Limit = cmp.Or(o.Limit, 50)
	return o
}

const (
	longestFound = 6
	copies       = 3 // of the same line by different authors are read; more is chanting
)

// Discover looks in texts, each with the number of its author, for words of two
// to six Chinese characters that the dictionary lacks: their characters keep
// together (mutual information) while what stands before and after them varies
// (branching entropy). It returns the most telling first.
func (s *Segmenter) Discover(texts iter.Seq2[uint32, string], options Options) []Found {
	o := options.withDefaults()
	c := s.readCorpus(texts, o)
	var found []Found
	for n := 2; n <= longestFound; n++ {
		if !c.lengthen(n, o.MinCount) {
			break
		}
		for _, g := range c.groups {
			if f, ok := c.judge(g, n, o); ok && !s.known(f.Word) {
				found = append(found, f)
			}
		}
	}
	slices.SortFunc(found, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.score(), a.score()), strings.Compare(a.Word, b.Word))
	})
	return found[:min(len(found), o.Limit)]
}

// score weighs how many people use a word with how surely it is one.
func (f Found) score() float64 {
	return math.Log2(float64(1+f.Authors)) * f.Cohesion * min(f.Freedom, 4)
}

// known reports whether word is in the dictionary, or is two of its words of
// which one says nothing (我觉得, 这个群).
func (s *Segmenter) known(word string) bool {
	if s.Has(word) || IsStop(word) {
		return true
	}
	for piece := range s.Words(word) {
		if IsStop(piece) {
			return true
		}
	}
	return false
}

// corpus is the texts as one row of characters, 0 between runs.
type corpus struct {
	chars  []uint16
	author []uint32                   // of each run, by the run's number
	run    []uint32                   // number of the run that a position is in
	count  [longestFound + 1][]uint32 // by length and position: occurrences of what begins there, 0 if too few
	id     []uint32                   // by position: number of the frequent piece of the present length that begins there
	groups [][]uint64                 // the occurrences of each frequent piece; the low 28 bits are the position
	total  float64                    // characters that are not 0

	people []uint32 // scratch
	beside []uint32 // scratch
}

const (
	positionBits = 28
	charBits     = 16
)

// readCorpus takes the Chinese runs of the texts, without what an author
// repeats and what more than a few people send in the same words.
func (s *Segmenter) readCorpus(texts iter.Seq2[uint32, string], o Options) *corpus {
	c := &corpus{chars: []uint16{0}, run: []uint32{0}, author: []uint32{0}}
	seed := maphash.MakeSeed()
	type line struct {
		author uint32
		hash   uint64
	}
	said := map[line]struct{}{}
	sent := map[uint64]int{}
	read := 0
	for author, text := range texts {
		if read++; read > o.MaxTexts || len(c.chars) >= o.MaxChars {
			break
		}
		hash := maphash.String(seed, strings.TrimSpace(text))
		if _, again := said[line{author, hash}]; again {
			continue
		}
		said[line{author, hash}] = struct{}{}
		if sent[hash]++; sent[hash] > copies {
			continue
		}
		for i := 0; i < len(text); {
			kind, end := s.next(text, i)
			if kind == Word {
				c.addRun(author, text[i:end], o.MaxChars)
			}
			i = end
		}
	}
	return c
}

func (c *corpus) addRun(author uint32, run string, maxChars int) {
	number := uint32(len(c.author))
	c.author = append(c.author, author)
	for _, r := range run {
		if len(c.chars) >= maxChars-1 {
			break
		}
		if r < HanFirst || r > HanLast {
			r = 0 // letters of a mixed word, rare characters: a boundary
		} else {
			c.total++
		}
		c.chars = append(c.chars, uint16(r))
		c.run = append(c.run, number)
	}
	c.chars = append(c.chars, 0)
	c.run = append(c.run, number)
}

// lengthen goes from pieces of n-1 characters to those of n: one can be frequent
// only if both its ends are. It reports whether any is.
func (c *corpus) lengthen(n, minCount int) bool {
	if n == 2 {
		c.countCharacters()
	}
	var keys []uint64
	for at := range len(c.chars) - n + 1 {
		last := c.chars[at+n-1]
		if last == 0 || c.count[n-1][at] == 0 || c.count[n-1][at+1] == 0 {
			continue
		}
		keys = append(keys, uint64(c.id[at])<<(charBits+positionBits)|uint64(last)<<positionBits|uint64(at))
	}
	slices.Sort(keys)
	c.count[n] = make([]uint32, len(c.chars))
	id := make([]uint32, len(c.chars))
	c.groups = c.groups[:0]
	for from := 0; from < len(keys); {
		to := from + 1
		for to < len(keys) && keys[to]>>positionBits == keys[from]>>positionBits {
			to++
		}
		if to-from >= minCount {
			group := keys[from:to]
			c.groups = append(c.groups, group)
			for _, key := range group {
				at := key & (1<<positionBits - 1)
				c.count[n][at] = uint32(len(group))
				id[at] = uint32(len(c.groups))
			}
		}
		from = to
	}
	c.id = id
	return len(c.groups) > 0
}

func (c *corpus) countCharacters() {
	var seen [1 << charBits]uint32
	for _, char := range c.chars {
		seen[char]++
	}
	seen[0] = 0
	c.count[1] = make([]uint32, len(c.chars))
	c.id = make([]uint32, len(c.chars))
	for at, char := range c.chars {
		c.count[1][at] = seen[char]
		c.id[at] = uint32(char)
	}
}

// Characters that hardly ever begin or end a name of something: a piece with
// one of them there is a phrase.
const (
	neverFirst = "的了着过们吗呢吧啊呀嘛啦哦么地得和与及或是在有就也都还又再才很太最更会能要可想把被让给跟对从到为因所而但如若不没无别这那哪怎什谁我你他她它您咱几每某个只以用去来说看做当并且些点里上下挺另" +
		"這麼們嗎還會讓給對從為個裡說"
	neverLast = "的了着过们吗呢吧啊呀嘛啦哦么地得和与及或是在有就也都还又再才很太最更会能要可想把被让给跟对从到为因所而但如若不没无别这那哪怎什谁我你他她它您咱几每某只以用去来说看做当并且个些里一" +
		"這麼們嗎還會讓給對從為個說"
)

// judge decides whether the occurrences of one piece of n characters are those
// of a word.
func (c *corpus) judge(group []uint64, n int, o Options) (Found, bool) {
	at := int(group[0] & (1<<positionBits - 1))
	chars := c.chars[at : at+n]
	if strings.ContainsRune(neverFirst, rune(chars[0])) || strings.ContainsRune(neverLast, rune(chars[n-1])) || repeats(chars) {
		return Found{}, false
	}
	f := Found{Count: len(group), Cohesion: c.cohesion(at, n)}
	if f.Cohesion < o.MinCohesion {
		return Found{}, false
	}
	if strings.ContainsRune(measures, rune(chars[0])) && c.counted(group) {
		return Found{}, false
	}
	if f.Authors = c.authors(group); f.Authors < o.MinAuthors {
		return Found{}, false
	}
	f.Freedom = min(c.freedom(group, -1), c.freedom(group, n))
	if f.Freedom < o.MinFreedom {
		return Found{}, false
	}
	word := make([]byte, 0, n*utf8.UTFMax)
	for _, char := range chars {
		word = utf8.AppendRune(word, rune(char))
	}
	f.Word = string(word)
	return f, true
}

// repeats reports whether chars is one unit over and over: 嘿嘿, 走起走起.
func repeats(chars []uint16) bool {
	for unit := 1; unit <= len(chars)/2; unit++ {
		if len(chars)%unit == 0 && slices.Equal(chars[unit:], chars[:len(chars)-unit]) {
			return true
		}
	}
	return false
}

// counted reports whether the piece mostly follows a numeral or the like, so
// that its first character is a measure: 一句话, 这种写法.
func (c *corpus) counted(group []uint64) bool {
	after := 0
	for _, key := range group {
		if before := c.chars[key&(1<<positionBits-1)-1]; before != 0 && strings.ContainsRune(numerals+pointers+"整", rune(before)) {
			after++
		}
	}
	return 2*after > len(group)
}

// cohesion is the least, over all ways to part the piece in two, of
// log2 P(piece) / (P(left) P(right)).
func (c *corpus) cohesion(at, n int) float64 {
	least := math.Inf(1)
	whole := float64(c.count[n][at])
	for k := 1; k < n; k++ {
		left, right := float64(c.count[k][at]), float64(c.count[n-k][at+k])
		least = min(least, math.Log2(whole*c.total/(left*right)))
	}
	return least
}

func (c *corpus) authors(group []uint64) int {
	c.people = c.people[:0]
	for _, key := range group {
		c.people = append(c.people, c.author[c.run[key&(1<<positionBits-1)]])
	}
	slices.Sort(c.people)
	return len(slices.Compact(c.people))
}

// freedom is the entropy, in bits, of the characters at an offset from the
// piece. The edge of a run counts as a different character each time, for
// nothing binds the piece there.
func (c *corpus) freedom(group []uint64, offset int) float64 {
	c.beside = c.beside[:0]
	for i, key := range group {
		char := uint32(c.chars[int(key&(1<<positionBits-1))+offset])
		if char == 0 {
			char = 1<<charBits + uint32(i)
		}
		c.beside = append(c.beside, char)
	}
	slices.Sort(c.beside)
	total, bits := float64(len(c.beside)), 0.0
	for from := 0; from < len(c.beside); {
		to := from + 1
		for to < len(c.beside) && c.beside[to] == c.beside[from] {
			to++
		}
		p := float64(to-from) / total
		bits -= p * math.Log2(p)
		from = to
	}
	return bits
}
