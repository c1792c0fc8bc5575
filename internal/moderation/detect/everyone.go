package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"qunying/internal/moderation/normal"
)

// everyone are the names that chat programs call all members by.
var everyone = []string{"所有人", "全体成员", "全体", "全员", "everyone", "all", "here", "channel"}

// Everyone returns where a message mentions everyone, in text. Where a platform
// marks such mentions itself, its mark counts as well; it is not seen here.
func Everyone(t *normal.Text) (normal.Span, bool) {
	r := t.Letters.Runes
	for i := range r {
		if r[i] != '@' || i > 0 && accountRune(r[i-1]) {
			continue
		}
		k := i + 1
		for k < len(r) && k-i <= 2 && r[k] == ' ' {
			k++
		}
		rest := string(r[k:min(len(r), k+12)])
		for _, name := range everyone {
			if !strings.HasPrefix(rest, name) {
				continue
			}
			next, _ := utf8.DecodeRuneInString(rest[len(name):])
			if isLatin(rune(name[0])) && (accountRune(next) || next == '.' || k > i+1) {
				continue // a longer name, or an @ that stands for "at"
			}
			return t.Letters.Source(normal.Span{Start: i, End: k + utf8.RuneCountInString(name)}), true
		}
	}
	return normal.Span{}, false
}

// Size is how much room a message takes.
type Size struct {
	Characters int // visible ones, after undoing disguises and without spaces
	Lines      int // 0 for an empty message
}

// SizeOf measures a message.
func SizeOf(t *normal.Text) Size {
	var s Size
	if t.Source != "" {
		s.Lines = 1 + strings.Count(t.Source, "\n")
	}
	for _, r := range t.Letters.Runes {
		if r > 0x3000 || !unicode.IsSpace(r) { // the ideographic space is the last there is
			s.Characters++
		}
	}
	return s
}
