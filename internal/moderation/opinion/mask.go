package opinion

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"qunying/internal/moderation/detect"
	"qunying/internal/moderation/normal"
)

// What stands in the place of personal data; prompt.txt names the same.
const (
	someNumber  = "〔号码〕"
	someName    = "〔名字〕"
	someLink    = "〔链接〕"
	someAccount = "〔账号〕"
)

const mostAsked = 500 // characters of a message that leave the house

var (
	mention = regexp.MustCompile(`[@＠][^\s@＠:：,，]{1,30}`)
	address = regexp.MustCompile(`[A-Za-z0-9._%+-]+[@＠][A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
	scheme  = regexp.MustCompile(`[a-z]{2,10}://[^\s]+`)
	account = regexp.MustCompile(`[a-z_-]*[a-z][a-z_-]*[0-9][a-z0-9_-]*|[0-9]+[a-z_-]+[a-z0-9_-]*`)
	digits  = regexp.MustCompile(`[0-9][0-9 .-]*[0-9]`)
)

// cover is a part of a message and what is said in its place.
type cover struct {
	at   normal.Span
	with string
}

// Mask returns a message without what tells whom it is from or about: contact
// details, numbers of three digits and more, accounts, addresses, links,
// mentions, and the given names (of the author, of members). Disguises are
// undone before, so that a number in circles is masked as well. Of a long message
// the beginning is returned.
func Mask(message string, names []string) string {
	n := normal.Default()
	var t normal.Text
	n.Read(&t, message)
	var covers []cover
	for _, l := range detect.Links(&t, detect.Hosts{}) {
		covers = append(covers, cover{l.At, someLink})
	}
	for _, c := range detect.Contacts(n, &t) {
		covers = append(covers, cover{c.At, someNumber})
	}
	for with, pattern := range map[string]*regexp.Regexp{"@" + someName: mention, someAccount: address, someLink: scheme} {
		for _, at := range pattern.FindAllStringIndex(message, -1) {
			covers = append(covers, cover{normal.Span{Start: at[0], End: at[1]}, with})
		}
	}
	for _, name := range names {
		if utf8.RuneCountInString(name) < 2 {
			continue // a single character is a word more often than a name
		}
		for from := 0; ; {
			i := strings.Index(message[from:], name)
			if i < 0 {
				break
			}
			covers = append(covers, cover{normal.Span{Start: from + i, End: from + i + len(name)}, someName})
			from += i + len(name)
		}
	}
	text := covered(message, covers, n)
	if runes := []rune(text); len(runes) > mostAsked {
		text = string(runes[:mostAsked])
	}
	return text
}

// covered normalises a message and replaces parts of it. Of parts that overlap the
// first counts, and the rest of the others goes too.
func covered(message string, covers []cover, n *normal.Normaliser) string {
	slices.SortFunc(covers, func(a, b cover) int {
		return cmp.Or(cmp.Compare(a.at.Start, b.at.Start), cmp.Compare(b.at.End, a.at.End), cmp.Compare(a.with, b.with))
	})
	var b strings.Builder
	at := 0
	for _, c := range covers {
		if c.at.Start >= at {
			b.WriteString(cleaned(n.String(message[at:c.at.Start])))
			b.WriteString(c.with)
		}
		at = max(at, c.at.End)
	}
	b.WriteString(cleaned(n.String(message[at:])))
	return b.String()
}

// cleaned masks what can be told by its look alone.
func cleaned(text string) string {
	long := func(least int, with string) func(string) string {
		return func(s string) string {
			if len(s) < least {
				return s
			}
			return with
		}
	}
	text = account.ReplaceAllStringFunc(text, long(5, someAccount))
	return digits.ReplaceAllStringFunc(text, long(3, someNumber))
}
