package detect

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

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
			words = append(words, strings.ReplaceAll(w, "_", " "))
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
	leastPhone   = 7  // digits of a number that a cue calls a telephone's: a hotline has five and is nobody's
	mostNumber   = 11 // of a QQ or phone number
	leastAccount = 6  // characters of a WeChat account
	mostAccount  = 20
	reach        = 6 // characters between a cue and what it announces
	gap          = 3 // characters that may stand between two digits of a number
	leastLone    = 7 // digits that a single character may announce without a colon
	maxContacts  = 50
)

// cue is a place after which a contact detail is expected.
type cue struct {
	start, end int
	kind       ContactKind
	word       []rune
	disguised  bool // a letter in another script than ASCII: nobody writes ⓥ for the letter
}

// weak are cues that mean something else nearly always. Only separators may
// stand between them and the contact, after a single letter a colon.
func (c *cue) weak() bool {
	return len(c.word) == 1 && !c.disguised || string(c.word) == "加我"
}

// leads tells whether what stands between the cue and i lets it mean what
// begins at i.
func (c *cue) leads(r []rune, i int) bool {
	if c.end > i || i-c.end > reach {
		return false
	}
	if !c.weak() {
		return true
	}
	colon := false
	for _, r := range r[c.end:i] {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' {
			return false
		}
		colon = colon || r == ':' || r == '+'
	}
	return colon || !isLatin(c.word[0]) && c.kind != QQ // 扣 20000 元
}

// Contacts returns the contact details in a message, by place; phone numbers with
// letters in them last.
func Contacts(n *normal.Normaliser, t *normal.Text) []Contact {
	runes := t.Words.Runes
	signs := 0 // of which numbers and accounts are made
	for _, r := range runes {
		if accountRune(r) || n.Digit(r) >= 0 {
			if signs++; signs == leastNumber {
				break
			}
		}
	}
	if signs < leastNumber { // letters that stand for digits have as many digits beside them
		return nil
	}
	var buffer [16]match.Hit
	var found []cue
	for _, h := range cues().words.Find(runes, buffer[:0], 200) {
		if before := int(h.Start) - 1; before >= 0 && isLatin(runes[before]) && isLatin(runes[h.Start]) {
			continue
		}
		c := cue{int(h.Start), int(h.End), cues().kinds[h.Word], runes[h.Start:h.End], false}
		c.disguised = len(c.word) == 1 && isLatin(c.word[0]) && enclosed(t, c.start)
		if len(c.word) == 1 && isLatin(c.word[0]) && c.end < len(runes) && accountRune(runes[c.end]) && (c.kind != QQ || n.Digit(runes[c.end]) < 0) {
			continue
		}
		found = append(found, c)
	}
	var out []Contact
	for i := 0; i < len(runes) && len(out) < maxContacts; {
		if latin := isLatin(runes[i]); latin && len(found) == 0 || !latin && n.Digit(runes[i]) < 0 {
			i++ // nothing begins with it
			continue
		}
		c, end, ok := readNumber(n, t, i, found)
		if end == i {
			c, end, ok = readAccount(t, i, found)
		}
		if end == i {
			c, end, ok = readSpelt(n, t, i, found)
		}
		if ok {
			out = append(out, c)
		}
		i = max(end, i+1)
	}
	for i := 0; i+mostNumber <= len(t.Letters.Runes) && len(out) < maxContacts; i++ {
		if c, ok := readLettered(t, i); ok {
			out = append(out, c)
		}
	}
	return out
}

func isLatin(r rune) bool { return 'a' <= r && r <= 'z' }

// announced returns the nearest cue that leads to i, or nil.
func announced(found []cue, r []rune, i int) (nearest *cue) {
	for k := range found {
		if c := &found[k]; c.leads(r, i) && (nearest == nil || c.end >= nearest.end) {
			nearest = c
		}
	}
	return nearest
}

// readLettered reads a phone number in which letters stand for digits that look
// like them. It looks at Letters, because three of them in a row are no
// repetition here.
func readLettered(t *normal.Text, i int) (c Contact, ok bool) {
	r := t.Letters.Runes
	plain := func(r rune) rune {
		switch r {
		case 'o':
			return '0'
		case 'l', 'i':
			return '1'
		}
		return r
	}
	if p := plain(r[i]); p != '1' || i > 0 && accountRune(r[i-1]) {
		return c, false
	}
	var digits []byte
	letters := 0
	end := i
	for ; end < len(r) && accountRune(r[end]); end++ {
		p := plain(r[end])
		if p < '0' || p > '9' || len(digits) == mostNumber {
			return c, false
		}
		if p != r[end] {
			letters++
		}
		digits = append(digits, byte(p))
	}
	if len(digits) != mostNumber || letters == 0 || letters > mostNumber/2+1 || digits[1] < '3' {
		return c, false
	}
	return Contact{t.Letters.Source(normal.Span{Start: i, End: end}), Phone, string(digits)}, true
}

// readNumber reads a number that begins at i, separators and all, and returns
// where it ends, also if it is no contact.
func readNumber(n *normal.Normaliser, t *normal.Text, i int, found []cue) (c Contact, end int, ok bool) {
	r := t.Words.Runes
	if n.Digit(r[i]) < 0 || i > 0 && (isLatin(r[i-1]) && !cueEnds(found, i) || strings.ContainsRune("$¥€£", r[i-1])) {
		return c, i, false
	}
	var digits []byte
	scripts, strange, lines := 0, 0, 0
	var grouping [mostNumber + 5]int
	groups := grouping[:0] // lengths of what separators stand between
	end = i
	for k := i; k < len(r) && k-end <= gap; k++ {
		d := n.Digit(r[k])
		if d < 0 {
			if r[k] == '\n' {
				continue
			}
			if k-end == gap-1 && !plainGap(r[end:k+1]) || !n.Separates(r[k]) {
				break
			}
			continue
		}
		if k > end || k == i {
			groups = append(groups, 0)
			if slices.Contains(r[end:k], '\n') {
				lines++
			}
		}
		groups[len(groups)-1]++
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
	var kind ContactKind
	by := announced(found, r, i)
	if by == nil && len(digits) >= leastLone {
		by = lone(found, r, i)
	}
	cued := by != nil
	if cued {
		kind = by.kind
	}
	disguised := scripts&(scripts-1) != 0 && strange >= 2 // 一 and 陆 are words too
	if mailOfQQ(r, end) && len(digits) >= leastNumber && len(digits) <= mostNumber {
		kind, cued = QQ, true
	}
	switch {
	case len(value) == mostNumber && value[0] == '1' && value[1] >= '3' && (lines == 0 || oneNumber(groups)):
		if !cued || kind == QQ || kind == Telegram {
			kind = Phone
		}
		return Contact{at, kind, value}, end, true
	case lines > 0:
	case cued && kind == Phone && len(digits) < leastPhone: // a bank's or the state's, that everybody may dial
	case by != nil && len(by.word) == 1 && said(digits):
	case cued && len(digits) >= leastNumber && len(digits) <= mostNumber && digits[0] != '0':
		return Contact{at, kind, string(digits)}, end, true
	case disguised && len(digits) >= leastNumber+2:
		return Contact{at, Number, string(digits)}, end, true
	}
	return c, end, false
}

// said tells whether digits are what people type to say yes or to laugh: the same
// over and over, also after one other (扣1111111, 扣2333333).
func said(digits []byte) bool {
	return len(bytes.Trim(digits[1:], string(digits[len(digits)-1]))) == 0
}

// plainGap tells whether all that stands between two digits are marks with which
// numbers are written also by those who hide nothing: of these there may be more.
func plainGap(r []rune) bool {
	for _, r := range r {
		if !strings.ContainsRune(" -.·_", r) {
			return false
		}
	}
	return true
}

// oneNumber tells whether the lengths of groups on several lines are those of a
// telephone number: one digit each, or 3, 4 and 4.
func oneNumber(groups []int) bool {
	if len(groups) == 3 {
		return groups[0] == 3 && groups[1] == 4 && groups[2] == 4
	}
	return len(groups) == mostNumber
}

// lone returns the single character right before i, or one blank before it, that
// announces an account of QQ, or nil.
func lone(found []cue, r []rune, i int) *cue {
	for k := range found {
		c := &found[k]
		if c.kind == QQ && len(c.word) == 1 && (c.end == i || c.end == i-1 && r[i-1] == ' ') {
			return c
		}
	}
	return nil
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

// enclosed tells whether a letter was written in a circle or square.
func enclosed(t *normal.Text, i int) bool {
	at := t.Words.Source(normal.Span{Start: i, End: i + 1})
	first, _ := utf8.DecodeRuneInString(t.Source[at.Start:at.End])
	return 0x2460 <= first && first <= 0x24FF || 0x1F110 <= first && first <= 0x1F189
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
	by := announced(found, r, i)
	if by == nil || by.kind != WeChat && by.kind != Telegram || !isLatin(r[i]) || i > 0 && accountRune(r[i-1]) && !cueEnds(found, i) {
		return c, i, false
	}
	if i > 0 && r[i-1] == '.' {
		return c, i, false // wx.request
	}
	digits := false
	for end = i; end < len(r) && end-i <= mostAccount && accountRune(r[end]); end++ {
		digits = digits || !isLatin(r[end])
	}
	if end-i < leastAccount || end-i > mostAccount || !digits && i > 0 && (by.weak() || unicode.IsLetter(r[i-1]) && by.end < i || r[i-1] == ' ' || isLatin(r[i-1])) {
		return c, i, false
	}
	at := t.Words.Source(normal.Span{Start: i, End: end})
	value := string(r[i:end])
	if product(value) {
		return c, end, false
	}
	return Contact{at, by.kind, value}, end, true
}

// readSpelt reads an account in pieces that a cue announces: letters, then digits one
// by one, or two pieces with one face between them.
func readSpelt(n *normal.Normaliser, t *normal.Text, i int, found []cue) (c Contact, end int, ok bool) {
	r := t.Words.Runes
	by := announced(found, r, i)
	if by == nil || by.kind != WeChat && by.kind != Telegram || by.weak() || !isLatin(r[i]) || i > 0 && accountRune(r[i-1]) && !cueEnds(found, i) {
		return c, i, false
	}
	var value []byte
	pieces, digits := 0, 0
	last, ends := 0, i // length of the last piece, and where it ends
	for k := i; k < len(r) && k-ends <= 2; k++ {
		if !accountRune(r[k]) {
			if !n.Separates(r[k]) {
				break
			}
			continue
		}
		faced := pieces == 1 && k == ends+1 && r[ends] > 0xFF
		start := k
		for k < len(r) && accountRune(r[k]) {
			if !isLatin(r[k]) {
				digits++
			}
			value = append(value, byte(r[k]))
			k++
		}
		if last = k - start; last > 1 && pieces > 0 && !faced {
			return c, i, false
		}
		pieces, ends, k = pieces+1, k, k-1
	}
	if product(string(value)) || pieces < 4 && (pieces != 2 || last == 1) || digits < 3 || len(value) < leastAccount || len(value) > mostAccount {
		return c, i, false
	}
	return Contact{t.Words.Source(normal.Span{Start: i, End: ends}), by.kind, string(value)}, ends, true
}

// products are names that have digits behind them and are no accounts.
var products = strings.Fields("iphone ipad android windows win10 win11 office python java macbook version redmi xiaomi1 huawei ubuntu mysql http utf")

func product(value string) bool {
	return slices.ContainsFunc(products, func(name string) bool { return strings.HasPrefix(value, name) })
}

// mailOfQQ tells whether the domain of QQ's mail stands at i.
func mailOfQQ(r []rune, i int) bool {
	const domain = "@qq.com"
	return len(r)-i >= len(domain) && string(r[i:i+len(domain)]) == domain
}

func accountRune(r rune) bool {
	return isLatin(r) || '0' <= r && r <= '9' || r == '_' || r == '-'
}
