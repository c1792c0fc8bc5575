package lexicon

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/match"
	"qunying/internal/moderation/normal"
)

// Entry is one line of a lexicon.
type Entry struct {
	Text     string // as it was typed, see the package
	Category string // the operator's name for it, or ""
	Note     string // for people
}

// Bounds of what may be typed.
const (
	maxEntry    = 500 // bytes of one entry
	maxParts    = 5   // words of a combination
	nearby      = 20  // characters between the beginnings of its words, if not said
	maxNearby   = 500
	maxEntries  = 200_000
	maxPatterns = 500 // regular expressions of one lexicon: each is run on every message
)

// rule is what an entry means.
type rule struct {
	words   []string // normalised: one, or the parts of a combination
	within  int      // for combinations
	pattern *regexp.Regexp
	except  bool
}

// parse reads an entry. Errors are Invalid and say what is wrong with it.
func parse(text string, n *normal.Normaliser) (rule, error) {
	var r rule
	text = strings.TrimSpace(text)
	switch {
	case len(text) > maxEntry:
		return r, community.Errorf(community.Invalid, "the entry has more than %d bytes", maxEntry)
	case len(text) > 1 && text[0] == '/' && strings.HasSuffix(text, "/") && !strings.HasSuffix(text, `\/`):
		return parsePattern(text[1 : len(text)-1])
	case strings.HasPrefix(text, "!"):
		r.except = true
		text = text[1:]
	}
	parts, distance, limited := cutEntry(text)
	if len(parts) > 1 && r.except {
		return r, community.Errorf(community.Invalid, "an exception is one word")
	}
	if len(parts) > maxParts {
		return r, community.Errorf(community.Invalid, "%d words are combined, more than %d", len(parts), maxParts)
	}
	r.within = nearby
	if limited {
		d, err := strconv.Atoi(distance)
		if err != nil || d < 1 || d > maxNearby || len(parts) < 2 {
			return r, community.Errorf(community.Invalid, "~%s is no distance between words", distance).WithHint("a+b~30; write \\~ for the character itself")
		}
		r.within = d
	}
	for _, part := range parts {
		word := n.String(strings.TrimSpace(part))
		if count := utf8.RuneCountInString(word); count == 0 || count > match.MaxWord {
			return r, community.Errorf(community.Invalid, "%q has %d characters, not 1 to %d", part, count, match.MaxWord)
		}
		r.words = append(r.words, word)
	}
	return r, nil
}

// cutEntry cuts at + and ~ that no backslash stands before.
func cutEntry(text string) (parts []string, distance string, limited bool) {
	var b strings.Builder
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
			b.WriteRune(r)
		case r == '\\':
			escaped = true
		case (r == '+' || r == '~') && !limited:
			parts = append(parts, b.String())
			b.Reset()
			limited = r == '~'
		default:
			b.WriteRune(r)
		}
	}
	if limited {
		return parts, b.String(), true
	}
	return append(parts, b.String()), "", false
}

func parsePattern(text string) (rule, error) {
	pattern, err := regexp.Compile("(?i:" + text + ")")
	if err != nil {
		return rule{}, &community.Error{Code: community.Invalid, Text: "the regular expression cannot be read", Hint: err.Error(), Err: err}
	}
	if pattern.MatchString("") {
		return rule{}, community.Errorf(community.Invalid, "the regular expression is satisfied by nothing at all")
	}
	return rule{pattern: pattern}, nil
}
