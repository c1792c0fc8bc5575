package normal

import (
	_ "embed"
	"strings"
	"unicode/utf8"
)

var (
	//go:embed split.txt
	splitText string
	//go:embed parts.txt
	partsText string
)

// splits knows the characters that are written as two parts.
type splits struct {
	whole   map[[2]rune]rune
	sure    map[[2]rune]bool // one part is no character of its own, or they are never neighbours
	maybe   [1 << 10]uint64  // for nearly all pairs that are none a zero bit: a map is slow to ask
	firsts  map[rune]bool
	seconds map[rune]bool
}

// bound are the parts that nobody writes by themselves.
const bound = "讠钅饣纟亻扌忄氵艹衤礻犭刂阝攵灬⺮宀辶疒冂囗覀⺌爫耂吅㐬㐫丬乂"

func readSplits() *splits {
	s := &splits{whole: map[[2]rune]rune{}, sure: map[[2]rune]bool{}, firsts: map[rune]bool{}, seconds: map[rune]bool{}}
	forms := map[rune][]rune{}
	for _, row := range rows(splitText) {
		for _, field := range row {
			r := []rune(field)
			if r[0] == '=' {
				forms[r[1]] = r[2:]
				continue
			}
			for _, a := range append(forms[r[1]], r[1]) {
				for _, b := range append(forms[r[2]], r[2]) {
					s.add(r[0], a, b)
				}
			}
		}
	}
	alone := false
	for _, row := range rows(partsText) {
		for _, field := range row {
			r := []rune(field)
			if r[0] < utf8.RuneSelf {
				alone = field == "alone"
				continue
			}
			s.add(r[0], r[1], r[2])
			s.sure[[2]rune{r[1], r[2]}] = s.sure[[2]rune{r[1], r[2]}] || alone
		}
	}
	return s
}

// add lets a and b stand for whole. What is listed first stays.
func (s *splits) add(whole, a, b rune) {
	pair := [2]rune{a, b}
	if _, ok := s.whole[pair]; ok {
		return
	}
	s.whole[pair] = whole
	h := place(a, b)
	s.maybe[h/64] |= 1 << (h % 64)
	s.firsts[a], s.seconds[b] = true, true
	s.sure[pair] = strings.ContainsRune(bound, a) || strings.ContainsRune(bound, b)
}

// place is where the bit of a pair is.
func place(a, b rune) uint32 { return (uint32(a)*0x9E3779B1 ^ uint32(b)*0x85EBCA6B) >> 16 }

// of returns the character that a pair of parts stands for, or 0.
func (s *splits) of(a, b rune) rune {
	if h := place(a, b); s.maybe[h/64]>>(h%64)&1 == 0 {
		return 0
	}
	return s.whole[[2]rune{a, b}]
}
