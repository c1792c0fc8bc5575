package words

import (
	"strings"
	"unicode/utf8"
)

// letters returns the kind and the end of the piece in letters and digits at i.
func letters(text string, i int) (Kind, int) {
	start, onlyDigits := i, true
scan:
	for i < len(text) {
		c := text[i]
		switch {
		case isLetter(c):
			onlyDigits = false
			i++
		case isDigit(c):
			i++
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(text[i:])
			switch classOf(r) {
			case classLetter:
				onlyDigits = false
			case classDigit:
			default:
				break scan
			}
			i += size
		default:
			if i+1 >= len(text) || !joins(c, text[i-1], text[i+1], onlyDigits) {
				break scan
			}
			i++
		}
	}
	word := text[start:i]
	if end := address(text, word, i); end > 0 {
		return Address, end
	}
	if onlyDigits {
		return Number, i
	}
	switch rest := text[i:]; { // C++, C#
	case strings.HasPrefix(rest, "++") && !goesOn(rest, 2):
		i += 2
	case len(word) == 1 && strings.HasPrefix(rest, "#") && !goesOn(rest, 1):
		i++
	}
	return Foreign, i
}

// joins reports whether sign c holds together what stands before and after it:
// node.js, don't, 2020-05-01, 12:30.
func joins(c, before, after byte, onlyDigits bool) bool {
	switch c {
	case '.', '_', '-', '\'':
		return (isLetter(after) || isDigit(after)) && (isLetter(before) || isDigit(before))
	case ',', ':', '/', '%':
		return onlyDigits && isDigit(before) && isDigit(after)
	}
	return false
}

func goesOn(s string, i int) bool {
	return i < len(s) && (isLetter(s[i]) || isDigit(s[i]))
}

// domains that make a name with a dot an address by themselves
var domains = [...]string{".com", ".cn", ".org", ".top", ".xyz", ".vip", ".edu", ".gov"}

// moreDomains make one only before a path: they also end names of software
var moreDomains = [...]string{".net", ".io", ".me", ".co", ".cc", ".tv", ".ly", ".info", ".app", ".dev", ".be", ".gd", ".gg", ".im"}

// address returns the end of the web or mail address of which word, ending at
// i, is the beginning; 0 if it is none.
func address(text, word string, i int) int {
	rest := text[i:]
	switch {
	case strings.HasPrefix(rest, "://") && len(rest) > 3 && isURLByte(rest[3]):
		return urlEnd(text, i+3)
	case strings.HasPrefix(rest, "@") && goesOn(rest, 1):
		end := i + 1
		for goesOn(text, end) || end < len(text) && (text[end] == '.' || text[end] == '-') {
			end++
		}
		end = i + len(strings.TrimRight(text[i:end], ".-"))
		if strings.IndexByte(text[i:end], '.') < 0 {
			return 0
		}
		return end
	}
	if strings.IndexByte(word, '.') < 0 {
		return 0
	}
	path := rest != "" && rest[0] == '/'
	for _, d := range domains {
		if hasSuffixFold(word, d) {
			return urlEnd(text, i)
		}
	}
	for _, d := range moreDomains {
		if path && hasSuffixFold(word, d) {
			return urlEnd(text, i)
		}
	}
	if len(word) > 4 && strings.EqualFold(word[:4], "www.") {
		return urlEnd(text, i)
	}
	return 0
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) > len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

func isURLByte(c byte) bool {
	return c > ' ' && c < 0x7F && !strings.ContainsRune("\"<>\\^`{|}", rune(c))
}

// urlEnd returns where the address that has reached i ends: punctuation at its
// end belongs to the sentence.
func urlEnd(text string, i int) int {
	end := i
	for end < len(text) && isURLByte(text[end]) {
		end++
	}
	for end > i && strings.IndexByte(".,;:!?)]'", text[end-1]) >= 0 {
		end--
	}
	return end
}
