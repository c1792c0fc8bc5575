package classify

import (
	"math"
	"strings"

	"qunying/internal/moderation/classify/fit"
	"qunying/internal/moderation/normal"
	"qunying/internal/moderation/pinyin"
)

const (
	slotBits = 20
	Slots    = 1 << slotBits // places for the weights of features
	mostRead = 600           // characters of a message that are looked at
	longestN = 3             // characters of an n-gram
	fewest   = 2             // syllables of an n-gram
	longestS = 4
)

// Feature is something in a text that has a weight: an n-gram of characters or
// of syllables. Start and End are runes of Text.Words.
type Feature struct {
	Slot       uint32 // below Slots
	Start, End uint16
}

// Extractor finds the features of a text, each once. It is memory for one
// goroutine.
type Extractor struct {
	found    []Feature
	symbols  []symbol
	sounds   []sound
	pieces   []pinyin.Piece
	seen     [4096]uint32 // open addressing: the slot and, above, the round it was seen in
	round    uint32
	readings pinyin.Table
}

// symbol is a character as the model sees it.
type symbol struct {
	r          rune
	start, end uint16
}

// sound is a syllable, or 0 for a break between what can be read.
type sound struct {
	s          pinyin.Syllable
	start, end uint16
}

// NewExtractor returns an extractor.
func NewExtractor() *Extractor { return &Extractor{readings: pinyin.Get()} }

// edge stands before the first and after the last character.
const edge = 1

// Read returns the features of a normalised text. The slice is good until the
// next call.
func (x *Extractor) Read(t *normal.Text) []Feature {
	x.found = x.found[:0]
	if x.round++; x.round >= 1<<(32-slotBits) {
		x.round = 1
		clear(x.seen[:])
	}
	x.cut(t.Words.Runes)
	for i := range x.symbols {
		var h uint64
		for n := 1; n <= longestN && i+n <= len(x.symbols); n++ {
			last := x.symbols[i+n-1]
			h = (h+uint64(last.r))*0x9E3779B97F4A7C15 + uint64(n)
			if n == 1 && last.r == edge {
				continue
			}
			x.add(h, x.symbols[i].start, last.end)
		}
	}
	for i := range x.sounds {
		h := uint64(1) << 40
		for n := 1; n <= longestS && i+n <= len(x.sounds); n++ {
			last := x.sounds[i+n-1]
			if last.s == 0 {
				break
			}
			h = (h+uint64(last.s))*0xD6E8FEB86659FD93 + uint64(n)
			if n >= fewest {
				x.add(h, x.sounds[i].start, last.end)
			}
		}
	}
	x.thingsSaid()
	return x.found
}

// thingsSaid finds harsh words in a text that names nobody: what is disgusting there
// is the level of a game, or the weather. 人 behind such a word names nobody either.
func (x *Extractor) thingsSaid() {
	for i, s := range x.symbols {
		if somebody[s.r] && (s.r != '人' || !harsh[[2]rune{x.symbols[max(i-2, 0)].r, x.symbols[max(i-1, 0)].r}]) {
			return
		}
	}
	for i := 1; i < len(x.symbols); i++ {
		pair, at := [2]rune{x.symbols[i-1].r, x.symbols[i].r}, x.symbols[i-1].start
		if !harsh[pair] {
			pair[0], at = 0, x.symbols[i].start // a word of one character
		}
		if !harsh[pair] {
			continue
		}
		for k := range uint64(ofThings) {
			x.add((1+k)<<42+uint64(pair[0])<<21+uint64(pair[1]), at, x.symbols[i].end)
		}
	}
}

// ofThings is how many features such a word has: it is said in as many n-grams.
const ofThings = 4

// harsh are words that weigh much against people, and are said of things as often;
// somebody is how people and groups of them are named.
var (
	harsh    = pairs("恶心 垃圾 变态 脑残 弱智 无耻 恶臭 恶毒 阴险 恐怖 折磨 傻逼 智障 废物 去死 烂 贱 蠢 杀 臭 脏 毒 骂 死")
	somebody = each("你妳您他她们人男女妈爸爹娘婆公哥弟姐妹儿孩族裔籍党民众黑白鬼奴狗猪畜婊")
)

func pairs(list string) map[[2]rune]bool {
	all := map[[2]rune]bool{}
	for word := range strings.FieldsSeq(list) {
		r := []rune(word)
		if len(r) == 1 {
			r = []rune{0, r[0]}
		}
		all[[2]rune{r[0], r[1]}] = true
	}
	return all
}

func each(list string) map[rune]bool {
	all := map[rune]bool{}
	for _, r := range list {
		all[r] = true
	}
	return all
}

// add notes a feature unless it was there before.
func (x *Extractor) add(h uint64, start, end uint16) {
	h ^= h >> 33
	h *= 0xFF51AFD7ED558CCD
	h ^= h >> 33
	slot := uint32(h) & (Slots - 1)
	mark := x.round<<slotBits | slot
	for i, tries := slot*0x9E3779B1>>20, 0; tries < len(x.seen); i, tries = (i+1)&(uint32(len(x.seen))-1), tries+1 {
		switch x.seen[i] {
		case mark:
			return
		default:
			if x.seen[i]>>slotBits == x.round {
				continue
			}
			x.seen[i] = mark
			x.found = append(x.found, Feature{slot, start, end})
			return
		}
	}
}

// cut reads a text as symbols and as syllables. Numbers are all alike but
// for those of public services, and so are spaces.
func (x *Extractor) cut(runes []rune) {
	x.symbols = append(x.symbols[:0], symbol{edge, 0, 0})
	x.sounds = x.sounds[:0]
	if len(runes) > mostRead {
		runes = runes[:mostRead]
	}
	for i := 0; i < len(runes); {
		r, end := runes[i], i+1
		switch {
		case '0' <= r && r <= '9':
			for end < len(runes) && '0' <= runes[end] && runes[end] <= '9' {
				end++
			}
			if r = '0'; normal.Hotline(runes[i:end]) {
				r = '1'
			}
		case r == ' ' || r == '\n' || r == '\t' || r == '\r':
			for end < len(runes) && (runes[end] == ' ' || runes[end] == '\n' || runes[end] == '\t' || runes[end] == '\r') {
				end++
			}
			r = ' '
		case 'a' <= r && r <= 'z':
			for end < len(runes) && 'a' <= runes[end] && runes[end] <= 'z' {
				end++
			}
			x.letters(runes[i:end], i)
			i = end
			continue
		}
		x.symbols = append(x.symbols, symbol{r, uint16(i), uint16(end)})
		if r != ' ' { // what is spelt in letters is written with spaces
			x.sounds = append(x.sounds, sound{x.readings.Of(r), uint16(i), uint16(end)})
		}
		i = end
	}
	x.symbols = append(x.symbols, symbol{edge, uint16(len(runes)), uint16(len(runes))})
}

// letters reads a run of letters that begins at the given place.
func (x *Extractor) letters(run []rune, at int) {
	for i, r := range run {
		x.symbols = append(x.symbols, symbol{r, uint16(at + i), uint16(at + i + 1)})
	}
	var ok bool
	if x.pieces, ok = x.readings.Split(x.pieces[:0], run); !ok {
		x.sounds = append(x.sounds, sound{0, uint16(at), uint16(at + len(run))})
		return
	}
	start := at
	for _, p := range x.pieces {
		x.sounds = append(x.sounds, sound{p.Syllable, uint16(start), uint16(at + p.End)})
		start = at + p.End
	}
}

// few is added to the number of features: a short text says little.
const few = 60

// shapeValue is the value of a shape that a text has.
const shapeValue = 0.3

// Scale is the value that each of n features has: a row of them is about of
// length 1, unless it is so short that it says little.
func Scale(n int) float64 { return 1 / math.Sqrt(float64(n+few)) }

// Example is a text as training sees it.
func (x *Extractor) Example(t *normal.Text, bad bool, cost float64) fit.Example {
	found := x.Read(t)
	e := fit.Example{Slots: make([]uint32, len(found)), Scale: Scale(len(found)), Bad: bad, Cost: cost}
	for i, f := range found {
		e.Slots[i] = f.Slot
	}
	shape := shapeOf(t)
	for k := range shapes {
		if shape.has(k) {
			e.Fixed = append(e.Fixed, fit.Value{Slot: Slots + uint32(k), X: shapeValue})
		}
	}
	return e
}
