package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what a piece of text is.
type Kind uint8

const (
	Space   Kind = iota
	Mark         // punctuation and symbols
	Word         // a Chinese word, a single character included
	Foreign      // a word in letters: Latin, Cyrillic, kana, …
	Number       // digits, with the signs of a date, a time or a fraction
	Address      // a web or mail address
	Mention      // @ and a name
	Emoji        // one emoji with its modifiers
	Face         // [发呆], also the [图片] of exports
	Repeat       // one character three times and more: 哈哈哈
)

var kindNames = [...]string{"space", "mark", "word", "foreign", "number", "address", "mention", "emoji", "face", "repeat"}

func (k Kind) String() string { return kindNames[k] }

// Fold returns s in lower case and half width; s itself if it is already so.
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' || c == 0xEF || c >= 0xC3 && c < 0xE3 { // may change
			return strings.Map(foldRune, s)
		}
	}
	return s
}

func foldRune(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E {
		r -= 0xFF01 - '!'
	}
	return unicode.ToLower(r)
}

func isHan(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r == '々' || r == '〇' ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0x20000 && r <= 0x323AF
}

func isEmoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF ||
		r >= 0x2B00 && r <= 0x2BFF || r >= 0x2300 && r <= 0x23FF
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// classes of characters, as far as one character decides
const (
	classSpace = iota
	classMark
	classHan
	classLetter
	classDigit
	classEmoji
)

func classOf(r rune) int {
	if r < utf8.RuneSelf {
		c := byte(r)
		switch {
		case isLetter(c):
			return classLetter
		case isDigit(c):
			return classDigit
		case c == ' ' || c >= '\t' && c <= '\r':
			return classSpace
		}
		return classMark
	}
	switch {
	case isHan(r):
		return classHan
	case r >= 0xFF01 && r <= 0xFF5E:
		return classOf(r - (0xFF01 - '!'))
	case r >= 0x3000 && r <= 0x303F && r != 0x3000, r == utf8.RuneError:
		return classMark
	case isEmoji(r):
		return classEmoji
	case unicode.IsSpace(r), r == 0x200B, r == 0x200D, r == 0xFEFF, r >= 0xFE00 && r <= 0xFE0F:
		return classSpace
	case unicode.IsLetter(r), unicode.IsMark(r):
		return classLetter
	case unicode.Is(unicode.Nd, r):
		return classDigit
	}
	return classMark
}

// next returns the kind and the end of the piece that begins at i. For a run of
// Chinese it returns the whole run, which is still to be cut, as Word.
func (s *Segmenter) next(text string, i int) (Kind, int) {
	r, size := utf8.DecodeRuneInString(text[i:])
	class := classOf(r)
	switch class {
	case classHan:
		return hanRun(text, i)
	case classLetter, classDigit:
		kind, end := letters(text, i)
		if kind != Address && end < len(text) && text[end] >= 0xE3 && r < utf8.RuneSelf {
			if long := s.mixed(text, i, end); long > end {
				return Word, long
			}
		}
		return kind, end
	case classEmoji:
		return Emoji, emoji(text, i+size)
	case classMark:
		switch r {
		case '@', '＠':
			if end := mention(text, i+size); end > 0 {
				return Mention, end
			}
		case '[':
			if end := face(text, i); end > 0 {
				return Face, end
			}
		}
	}
	end := i + size
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if classOf(r) != class || r == '@' || r == '＠' || r == '[' {
			break
		}
		end += size
	}
	if class == classSpace {
		return Space, end
	}
	return Mark, end
}

// hanRun returns the run of Chinese characters at i, up to where one character
// begins to repeat itself.
func hanRun(text string, i int) (Kind, int) {
	start, last, same, sameAt := i, rune(-1), 0, i
	for i < len(text) {
		var r rune
		size := 3
		if b := text[i]; b >= 0xE4 && b <= 0xE9 && i+2 < len(text) && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80 {
			r = rune(b&0x0F)<<12 | rune(text[i+1]&0x3F)<<6 | rune(text[i+2]&0x3F)
		} else {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		if r < 0x4E00 || r > 0x9FFF {
			if !isHan(r) {
				break
			}
		}
		if r == last {
			if same++; same == 3 && sameAt > start {
				return Word, sameAt
			}
		} else {
			if same >= 3 {
				return Repeat, i
			}
			last, same, sameAt = r, 1, i
		}
		i += size
	}
	if same >= 3 {
		return Repeat, i
	}
	return Word, i
}

// mixed returns the end of the longest dictionary word that begins with the
// letters text[i:end] and goes on in Chinese (T恤, C语言, 4S店), or 0.
func (s *Segmenter) mixed(text string, i, end int) int {
	var u unit
	longest := 0
	for at := i; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if at > i && u.base() == 0 {
			break
		}
		if u = s.child(u.base(), s.code(unicode.ToLower(r))); u == 0 {
			break
		}
		if at += size; at > end && u.cost() != 0 {
			longest = at
		}
	}
	return longest
}

// emoji returns the end of the emoji whose first character ends at i.
func emoji(text string, i int) int {
	first, _ := utf8.DecodeLastRuneInString(text[:i])
	flag := isFlag(first)
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == 0xFE0F, r == 0x20E3, r >= 0x1F3FB && r <= 0x1F3FF, r >= 0xE0020 && r <= 0xE007F:
			i += size
		case flag && isFlag(r):
			i += size
			flag = false
		case r == 0x200D:
			joined, more := utf8.DecodeRuneInString(text[i+size:])
			if !isEmoji(joined) {
				return i
			}
			i += size + more
		default:
			return i
		}
	}
	return i
}

func isFlag(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// face returns the end of a bracketed name of at most six characters that has
// Chinese in it, or 0: code such as [Int] is none.
func face(text string, i int) int {
	han, chars := false, 0
	for at := i + 1; at < len(text) && chars <= 6; chars++ {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == ']' {
			if han {
				return at + 1
			}
			return 0
		}
		switch classOf(r) {
		case classHan:
			han = true
		case classLetter, classDigit:
		default:
			return 0
		}
		at += size
	}
	return 0
}

const (
	mentionEnd    = "\u2005" // WeChat sets this space after a name
	longestName   = 32       // characters
	mentionBounds = ",，。:：!！?？;；、()（）[]【】<>《》\"“”'@＠"
)

// mention returns the end of the name that begins at i: up to WeChat's own
// space if there is one, else up to white space or punctuation. 0: no name.
func mention(text string, i int) int {
	near := text[i:min(len(text), i+longestName*utf8.UTFMax)]
	if name, _, ok := strings.Cut(near, mentionEnd); ok && name != "" && !strings.ContainsAny(name, "@＠\n") &&
		utf8.RuneCountInString(name) <= longestName {
		return i + len(name)
	}
	chars := 0
	for at, r := range text[i:] {
		if chars == longestName || classOf(r) == classSpace || strings.ContainsRune(mentionBounds, r) {
			if at == 0 {
				return 0
			}
			return i + at
		}
		chars++
	}
	if chars == 0 {
		return 0
	}
	return len(text)
}
