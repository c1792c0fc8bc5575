package classify

import (
	"unicode/utf8"

	"qunying/internal/moderation/normal"
)

// shape is something that a whole text is like, whatever its words.
type shape uint8

const (
	hasLink shape = iota
	hasCode       // letters and digits mixed, as accounts are
	hasHandle
	hasNumber   // of 5 to 12 digits
	hasNumbers  // two or more numbers of 4 digits
	manyDigits  // 8 or more in all
	hasPrice    // a number before a word for money, a percentage, a discount
	hasMoney    // a number of 3 or more digits with a plus, or a range
	disguised   // one in ten characters was written otherwise
	allDisguise // one in three
	hasHidden   // characters that cannot be seen
	emoji1
	emoji3
	emoji6
	lines3
	lines6
	mostlyLatin // more letters and digits than Han characters
	allLatin    // no Han character
	isQuestion
	length4 // characters without spaces: up to 4, 8, 15, 30, 60, 120, more
	length8
	length15
	length30
	length60
	length120
	longer
	// Those below came later: what was learnt before them has no weight for them.
	oddCharacters // one in six Han characters is out of use
	strange       // characters of scripts that nobody here writes
	dressedCode   // disguised, and an account or a number
	shortCode     // an account or a number with at most a dozen other characters
	shortNumber
	shortHidden
	plus      // a plus behind Han characters or letters
	repeating // the same over and over
	hotline   // a public number and none else
	shapes    // how many there are
)

// leastShapes is how many the first version knew.
const leastShapes = int(longer) + 1

// shapeNames are what a receipt says of a shape; the console has the texts.
var shapeNames = [shapes]string{
	"link", "code", "handle", "number", "numbers", "digits", "price", "money", "disguised", "disguised", "hidden",
	"emoji", "emoji", "emoji", "lines", "lines", "latin", "latin", "question",
	"length", "length", "length", "length", "length", "length", "length",
	"disguised", "strange", "disguised", "code", "number", "hidden", "plus", "repeating", "hotline",
}

// shapeSet says which shapes a text has.
type shapeSet uint64

func (s shapeSet) has(k shape) bool { return s>>k&1 != 0 }

func (s *shapeSet) set(k shape, on bool) {
	if on {
		*s |= 1 << k
	}
}

// tally is what is counted in a text.
type tally struct {
	han, latin, digits, emoji, lines, visible int
	runs4, runs5                              int // numbers of at least 4 digits; of 5 to 12
	code, handle, price, money, dots, plus    bool
	public                                    bool
}

// shapeOf looks at a text once.
func shapeOf(t *normal.Text) shapeSet {
	runes := t.Words.Runes
	if len(runes) > mostRead {
		runes = runes[:mostRead]
	}
	c := tally{lines: 1}
	for i := 0; i < len(runes); {
		i = c.next(runes, i)
	}
	var s shapeSet
	d := disguises(t.Source)
	s.set(hasLink, c.dots)
	s.set(hasCode, c.code)
	s.set(hasHandle, c.handle)
	s.set(hasNumber, c.runs5 > 0)
	s.set(hasNumbers, c.runs4 > 1)
	s.set(manyDigits, c.digits >= 8)
	s.set(hasPrice, c.price)
	s.set(hasMoney, c.money)
	s.set(disguised, d.changed*10 >= c.visible && d.changed > 0)
	s.set(allDisguise, d.changed*3 >= c.visible && d.changed > 0)
	s.set(hasHidden, d.hidden > 0)
	s.set(emoji1, c.emoji >= 1)
	s.set(emoji3, c.emoji >= 3)
	s.set(emoji6, c.emoji >= 6)
	s.set(lines3, c.lines >= 3)
	s.set(lines6, c.lines >= 6)
	s.set(mostlyLatin, c.latin+c.digits > c.han)
	s.set(allLatin, c.han == 0)
	s.set(isQuestion, len(runes) > 0 && (runes[len(runes)-1] == '?' || runes[len(runes)-1] == '吗'))
	s.set(oddCharacters, d.odd*6 >= c.han && d.odd > 0)
	s.set(strange, d.strange > 0)
	s.set(dressedCode, d.changed > 1 && (c.code || c.runs5 > 0))
	s.set(shortCode, c.code && c.visible <= 18)
	s.set(shortNumber, c.runs5 > 0 && c.visible <= 18)
	s.set(shortHidden, d.hidden > 0 && c.visible <= 18)
	s.set(plus, c.plus)
	s.set(repeating, repeats(runes))
	s.set(hotline, c.public && c.runs5 == 0)
	k := length4
	for _, most := range []int{4, 8, 15, 30, 60, 120} {
		if c.visible > most {
			k++
		}
	}
	s.set(k, true)
	return s
}

// next counts what stands at i, and returns what comes after it.
func (c *tally) next(runes []rune, i int) int {
	r := runes[i]
	switch {
	case isDigit(r) || isLatin(r):
		return c.token(runes, i)
	case r == '\n':
		c.lines++
	case r == '+':
		c.plus = c.plus || i > 0 && (isHan(runes[i-1]) || isLatin(runes[i-1]))
		c.visible++
	case r == ' ' || r == '\t' || r == '\r':
	case isHan(r):
		c.han++
		c.visible++
	default:
		if isEmoji(r) {
			c.emoji++
		}
		c.visible++
	}
	return i + 1
}

// token counts a run of letters and digits.
func (c *tally) token(runes []rune, i int) int {
	start, letters, digits, turns := i, 0, 0, 0
	for ; i < len(runes) && (isDigit(runes[i]) || isLatin(runes[i])); i++ {
		if isDigit(runes[i]) {
			digits++
		} else {
			letters++
		}
		if i > start && isDigit(runes[i]) != isDigit(runes[i-1]) {
			turns++
		}
	}
	if letters == 0 && normal.Hotline(runes[start:i]) {
		c.public = true
		c.visible += digits
		return i
	}
	c.latin, c.digits, c.visible = c.latin+letters, c.digits+digits, c.visible+letters+digits
	c.code = c.code || letters >= 1 && digits >= 3 && letters+digits >= 5 && turns <= 4
	c.handle = c.handle || start > 0 && runes[start-1] == '@' && letters+digits >= 4
	if letters == 0 {
		if digits >= 4 {
			c.runs4++
		}
		if digits >= 5 && digits <= 12 {
			c.runs5++
		}
		if i < len(runes) {
			switch runes[i] {
			case '元', '块', '万', '折', '%', '¥', '毛', '刀', 'u':
				c.price = true
			case '+', '-', '~':
				c.money = c.money || digits >= 3
			}
		}
	}
	// A dot between letters, as in an address.
	c.dots = c.dots || i+2 < len(runes) && runes[i] == '.' && isLatin(runes[i+1]) && isLatin(runes[i+2]) && letters+digits >= 1
	return i
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }
func isLatin(r rune) bool { return 'a' <= r && r <= 'z' }
func isHan(r rune) bool   { return r >= 0x4E00 && r <= 0x9FFF }

func isEmoji(r rune) bool {
	return r >= 0x1F300 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r >= 0x2500 && r <= 0x25FF || r >= 0x2B00 && r <= 0x2BFF
}

// disguise counts characters that people write to be read and not to be found.
type disguise struct {
	changed int // mathematical, circled and full-width letters and digits, letters of other scripts that look Latin
	hidden  int // cannot be seen
	odd     int // Han characters out of use
	strange int // of scripts that nobody writes here: runes, Canadian syllables; kana are in many a face
}

// disguises looks at a message as it was written.
func disguises(source string) (d disguise) {
	outOfUse := normal.OutOfUse()
	var last rune
	for i := 0; i < len(source); {
		if source[i] < utf8.RuneSelf {
			i, last = i+1, 0
			continue
		}
		r, width := utf8.DecodeRuneInString(source[i:])
		before := last
		i, last = i+width, r
		switch {
		case r == 0x200D && (isEmoji(before) || before == 0xFE0F): // a family of emoji
		case r >= 0x4E00 && r <= 0x9FFF:
			if outOfUse.Has(r) {
				d.odd++
			}
		case r >= 0x1D400 && r <= 0x1D7FF, r >= 0x2460 && r <= 0x24FF, r >= 0x2776 && r <= 0x2793, r >= 0x1F100 && r <= 0x1F1FF,
			r >= 0xFF10 && r <= 0xFF19, r >= 0xFF21 && r <= 0xFF3A, r >= 0xFF41 && r <= 0xFF5A,
			r >= 0x0370 && r <= 0x058F, r >= 0x2070 && r <= 0x209F, r >= 0x3220 && r <= 0x33FF, r >= 0x1D00 && r <= 0x1DBF:
			d.changed++
		case r >= 0x1400 && r <= 0x169F:
			d.changed++
			d.strange++
		case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r == 0xFEFF, r == 0xAD:
			d.hidden++
		case r >= 0x16A0 && r <= 0x16FF:
			d.strange++
		}
	}
	return d
}

// repeats tells whether most pairs of neighbours in a text of a dozen characters
// and more were there before.
func repeats(runes []rune) bool {
	if len(runes) < 12 {
		return false
	}
	var seen [32]uint64
	different := 0
	for i := 1; i < len(runes); i++ {
		h := (uint32(runes[i-1])*0x9E3779B1 + uint32(runes[i])) * 0x85EBCA6B >> 21
		if bit := uint64(1) << (h % 64); seen[h/64]&bit == 0 {
			seen[h/64] |= bit
			different++
		}
	}
	return different*2 < len(runes)-1 && len(runes) < 300
}
