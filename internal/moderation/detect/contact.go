package detect

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"qunying/internal/moderation/match"
	"qunying/internal/moderation/normal"
)

// ContactKind is what kind of address a contact detail is.
type ContactKind string

const (
	Phone    ContactKind = "phone" // a mobile number of China, 11 digits
	WeChat   ContactKind = "wechat"
	QQ       ContactKind = "qq"
	Telegram ContactKind = "telegram"
	Number   ContactKind = "number" // written in several scripts, so meant to be dialled or added and not to be found
)

// Contact is a way to reach somebody outside of the group.
type Contact struct {
	At    normal.Span
	Kind  ContactKind
	Value string // digits plain, letters in lower case
}

//go:embed cues.txt
var cueText string

// cues finds the words that say what follows.
var cues = sync.OnceValue(func() (c struct {
	words *match.Automaton
	kinds []ContactKind
}) {
	var words []string
	for line := range strings.Lines(cueText) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		for _, w := range f[1:] {
			words = append(words, w)
			c.kinds = append(c.kinds, ContactKind(f[0]))
		}
	}
	var err error
	if c.words, err = match.Build(words, nil); err != nil {
		panic(err) // the file is ours, and a test reads it
	}
	return c
})

const (
	leastNumber  = 5  // digits of an account
	mostNumber   = 11 // of a QQ or phone number
	leastAccount = 6  // characters of a WeChat account
	mostAccount  = 20
	reach        = 6 // characters between a cue and what it announces
	gap          = 2 // characters that may stand between two digits of a number
	maxContacts  = 50
)

// cue is a place after which a contact detail is expected.
type cue struct {
	end  int
	kind ContactKind
}

// Contacts returns the contact details in a message, by place.
func Contacts(n *normal.Normaliser, t *normal.Text) []Contact {
	var buffer [16]match.Hit
	var found []cue
	runes := t.Words.Runes
	for _, h := range cues().words.Find(runes, buffer[:0], 200) {
		if before := int(h.Start) - 1; before >= 0 && isLatin(runes[before]) && isLatin(runes[h.Start]) {
			continue
		}
		found = append(found, cue{int(h.End), cues().kinds[h.Word]})
	}
	var out []Contact
	for i := 0; i < len(runes) && len(out) < maxContacts; {
		c, end, ok := readNumber(n, t, i, found)
		if end == i {
			c, end, ok = readAccount(t, i, found)
		}
		if ok {
			out = append(out, c)
		}
		i = max(end, i+1)
	}
	return out
}

func isLatin(r rune) bool { return 'a' <= r && r <= 'z' }

// announced returns the kind that the nearest cue before i announces.
func announced(found []cue, i int) (kind ContactKind, ok bool) {
	nearest := -1
	for _, c := range found {
		if c.end <= i && i-c.end <= reach && c.end >= nearest {
			nearest, kind = c.end, c.kind
		}
	}
	return kind, nearest >= 0
}

// readNumber reads a number that begins at i, separators and all, and returns
// where it ends, also if it is no contact.
func readNumber(n *normal.Normaliser, t *normal.Text, i int, found []cue) (c Contact, end int, ok bool) {
	r := t.Words.Runes
	if n.Digit(r[i]) < 0 || i > 0 && (isLatin(r[i-1]) && !cueEnds(found, i)) {
		return c, i, false
	}
	var digits []byte
	scripts, strange := 0, 0
	end = i
	for k := i; k < len(r) && k-end <= gap; k++ {
		d := n.Digit(r[k])
		if d < 0 {
			if unicode.IsLetter(r[k]) || r[k] == '\n' {
				break
			}
			continue
		}
		digits = append(digits, byte('0'+d))
		s := script(t, k)
		scripts |= s
		if s != plainDigit {
			strange++
		}
		end = k + 1
	}
	value := strings.TrimPrefix(strings.TrimPrefix(string(digits), "0086"), "86")
	at := t.Words.Source(normal.Span{Start: i, End: end})
	kind, cued := announced(found, i)
	disguised := scripts&(scripts-1) != 0 && strange >= 2 // 一 and 陆 are words too
	switch {
	case len(value) == 11 && value[0] == '1' && value[1] >= '3':
		if !cued || kind == QQ || kind == Telegram {
			kind = Phone
		}
		return Contact{at, kind, value}, end, true
	case cued && len(digits) >= leastNumber && len(digits) <= mostNumber && digits[0] != '0':
		return Contact{at, kind, string(digits)}, end, true
	case disguised && len(digits) >= leastNumber+2:
		return Contact{at, Number, string(digits)}, end, true
	}
	return c, end, false
}

// cueEnds tells whether a cue ends right before i.
func cueEnds(found []cue, i int) bool {
	for _, c := range found {
		if c.end == i {
			return true
		}
	}
	return false
}

// plainDigit is the script of 0 to 9.
const plainDigit = 1

// script tells in which way a digit was written, as one bit.
func script(t *normal.Text, i int) int {
	at := t.Words.Source(normal.Span{Start: i, End: i + 1})
	first := rune(0)
	for _, r := range t.Source[at.Start:at.End] {
		first = r
		break
	}
	switch {
	case first < 0x80:
		return plainDigit
	case unicode.Is(unicode.Han, first):
		return 2
	case 0xFF10 <= first && first <= 0xFF19:
		return 4
	}
	return 8
}

// readAccount reads a WeChat or Telegram account that a cue announces.
func readAccount(t *normal.Text, i int, found []cue) (c Contact, end int, ok bool) {
	r := t.Words.Runes
	kind, cued := announced(found, i)
	if !cued || kind != WeChat && kind != Telegram || !isLatin(r[i]) || i > 0 && accountRune(r[i-1]) && !cueEnds(found, i) {
		return c, i, false
	}
	digits := false
	for end = i; end < len(r) && end-i <= mostAccount && accountRune(r[end]); end++ {
		digits = digits || !isLatin(r[end])
	}
	if end-i < leastAccount || end-i > mostAccount || !digits && i > 0 && (r[i-1] == ' ' || isLatin(r[i-1])) {
		return c, i, false
	}
	at := t.Words.Source(normal.Span{Start: i, End: end})
	return Contact{at, kind, string(r[i:end])}, end, true
}

func accountRune(r rune) bool {
	return isLatin(r) || '0' <= r && r <= '9' || r == '_' || r == '-'
}
