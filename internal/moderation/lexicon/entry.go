package lexicon

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/match"
	"qunying/internal/moderation/normal"
)

// Lexicon is a list of entries under one name.
type Lexicon struct {
	Name    string
	Flags   Flags // of all its entries, beside their own
	Entries []Entry
}

// Entry is one line of a lexicon.
type Entry struct {
	Text     string // as it was typed, see the package
	Category string // one of Categories or the operator's own name, or ""
	Note     string // for people
	Author   string // who added it, for people
	Flags    Flags
	Line     int // of the file that it was read from; 0 if it was typed
}

// Categories are those that the rules of a group (群规) know from the start.
// Politics is empty until the operator fills it.
var Categories = []string{
	"advert", "fraud", "gambling", "pornography", "abuse", "drugs-weapons", "politics", "custom",
}

// Flags say in which other ways an entry is found. They mean nothing to
// combinations, regular expressions, exceptions and words that are too short.
type Flags uint8

const (
	Pinyin    Flags = 1 << iota // by its syllables without tones: spelled out, or from three syllables on in other characters
	LookAlike                   // with characters that look alike in place of one of three or two of four and more
	Initials                    // by the first letters of its syllables, at least three, where they stand as a word of their own
)

// flagNames are what Flags are called in files, in the order of the bits.
var flagNames = []string{"pinyin", "look-alike", "initials"}

func (f Flags) String() string {
	var out []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}

// ParseFlags reads names with commas or spaces between them. A name that there
// is not is an Invalid error.
func ParseFlags(text string) (Flags, error) {
	var f Flags
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		i := slices.Index(flagNames, strings.ToLower(name))
		if i < 0 {
			return 0, community.Errorf(community.Invalid, "%q is no flag of an entry", name).WithHint(strings.Join(flagNames, ", "))
		}
		f |= 1 << i
	}
	return f, nil
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
