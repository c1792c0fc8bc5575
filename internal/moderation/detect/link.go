package detect

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"

	"qunying/internal/moderation/normal"
)

// LinkKind is what is known of a link from its address alone.
type LinkKind string

const (
	Plain     LinkKind = "plain"
	Allowed   LinkKind = "allowed"   // the operator allows the host
	Denied    LinkKind = "denied"    // the operator denies the host; stronger than allowed
	Shortener LinkKind = "shortener" // leads elsewhere
	Invite    LinkKind = "invite"    // leads into a chat or to an account

	Command     LinkKind = "command"     // words that an app reads from the clipboard (口令)
	MiniProgram LinkKind = "miniprogram" // opens a mini-program
)

// Link is an address in a message, or what leads somewhere like one.
type Link struct {
	At   normal.Span
	Host string // lower case, without port; of a Command the app's, "" if none is named; of a MiniProgram its name, or weixin
	Path string // from the first slash, lower case; of a Command its token, if it has one
	Kind LinkKind
}

// Hosts are lists of host names; a name stands for all names below it too.
type Hosts struct{ Allow, Deny []string }

var (
	//go:embed domains.txt
	domainText string
	//go:embed shorteners.txt
	shortenerText string
	//go:embed invites.txt
	inviteText string

	//go:embed codelike.txt
	codelikeText string
	//go:embed spaced.txt
	spacedText string

	endings    = list(domainText)
	codelike   = list(codelikeText)
	spaced     = list(spacedText)
	shorteners = list(shortenerText)
	invites    = list(inviteText)
)

// list returns the words of an embedded file.
func list(text string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, f := range strings.Fields(line) {
			out[f] = true
		}
	}
	return out
}

// Bounds of an address: longer ones are cut there.
const (
	maxHost  = 253
	maxPath  = 2000
	maxLinks = 100
)

// Links returns the addresses in a message, also those with 。 or 点 for a dot, and
// the links that have none: word commands and mini-programs.
func Links(t *normal.Text, hosts Hosts) []Link {
	r := t.Letters.Runes
	other := commands{t: t}
	var out []Link
	for i := 0; i < len(r) && len(out) < maxLinks; {
		if !hostRune(r[i]) {
			end := 0
			if mayCommand(r[i]) {
				var link Link
				if link, end = other.at(i); end > 0 {
					link.Kind = hosts.kind(link)
					out = append(out, link)
				}
			}
			i = max(end, i+1)
			continue
		}
		if i > 0 && hostRune(r[i-1]) {
			i++
			continue
		}
		if end := nameEnd(r, i); (i == 0 || r[i-1] != '.') && dot(r, i, end) == 0 {
			i = end // a word like most, of no address
			continue
		}
		host, end := readHost(r, i)
		start := i
		if strings.HasPrefix(host, "xn--") && !strings.Contains(host, ".") {
			host, start = hanName(r, i, host)
		}
		stop := readPath(r, end)
		if !isHost(r, i, host, stop > end) {
			i = max(end, i+1)
			continue
		}
		link := Link{At: t.Letters.Source(normal.Span{Start: start, End: stop}), Host: host}
		if slash := strings.IndexByte(string(r[end:stop]), '/'); slash >= 0 {
			link.Path = string(r[end:stop])[slash:]
		}
		link.Kind = hosts.kind(link)
		out = append(out, link)
		i = stop
	}
	return out
}

// isHost tells whether a name that begins at i is one of a host. With http://
// any is; otherwise it must end like one, and not be what programs are made of
// (std.io, self.in).
func isHost(r []rune, i int, host string, path bool) bool {
	dot := strings.LastIndexByte(host, '.')
	switch {
	case dot < 0:
		return false
	case hasScheme(r, i):
		return true
	case below(host, func(d string) bool { return shorteners[d] || invites[d] }):
		return true
	case i > 0 && r[i-1] == '@', !endings[host[dot+1:]] && !strings.HasPrefix(host[dot+1:], "xn--"):
		return false
	case codelike[host[dot+1:]]:
		return path || strings.HasPrefix(host, "www.") || strings.ContainsAny(host[:dot], "0123456789.")
	}
	return true
}

// hanName reads the Han characters and the dot before an ending in Punycode.
func hanName(r []rune, i int, ending string) (host string, start int) {
	const longest = 10
	if i == 0 || r[i-1] != '.' {
		return ending, i
	}
	start = i - 1
	for start > 0 && i-start <= longest && unicode.Is(unicode.Han, r[start-1]) {
		start--
	}
	if start == i-1 {
		return ending, i
	}
	return string(r[start:i]) + ending, start
}

func hostRune(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-'
}

// hanEnding returns the length of an ending in Han characters at i, or 0.
func hanEnding(r []rune, i int) int {
	for n := 2; n <= 4 && i+n <= len(r); n++ {
		if unicode.Is(unicode.Han, r[i]) && endings[string(r[i:i+n])] {
			return n
		}
	}
	return 0
}

// nameEnd returns where the letters and digits that begin at i end, at the latest
// where a host does.
func nameEnd(r []rune, i int) int {
	end := i
	for end < len(r) && end-i < maxHost && hostRune(r[end]) {
		end++
	}
	return end
}

// readHost reads a host name from i and returns where it ends. Names without a
// dot are returned as well.
func readHost(r []rune, i int) (host string, end int) {
	var b strings.Builder
	for {
		start := i
		for i < len(r) && hostRune(r[i]) && b.Len() < maxHost {
			b.WriteRune(r[i])
			i++
		}
		if i == start {
			return b.String(), i
		}
		end = i
		width := dot(r, start, i)
		if width == 0 || b.Len() >= maxHost {
			return b.String(), end
		}
		if n := hanEnding(r, i+width); n > 0 {
			return b.String() + "." + string(r[i+width:i+width+n]), i + width + n
		}
		if i+width == len(r) || !hostRune(r[i+width]) {
			return b.String(), end
		}
		b.WriteByte('.')
		i += width
		if n := comAt(r, i); n > 0 {
			b.WriteString("com")
			return b.String(), i + n
		}
	}
}

// comAt returns the length of a com at i that is written with a zero or spaces, or 0.
func comAt(r []rune, i int) int {
	for _, com := range []string{"c0m", "c o m", "c.o.m", "c 0 m"} {
		end := i + len(com)
		if end <= len(r) && string(r[i:end]) == com && (end == len(r) || !hostRune(r[end])) {
			return len(com)
		}
	}
	return 0
}

// ending returns the length of the letters and digits at i.
func ending(r []rune, i int) int {
	end := i
	for end < len(r) && hostRune(r[end]) {
		end++
	}
	return end - i
}

// dots are the ways in which a dot is written in an address. The odd ones are
// believed only before an ending that is rarely a word (spaced.txt).
var dots = []struct {
	text []rune
	odd  bool
}{
	{[]rune("."), false}, {[]rune(" ."), false}, {[]rune("。"), false}, {[]rune(" 。"), false}, {[]rune("点"), false}, {[]rune("·"), false},
	{[]rune("•"), false}, {[]rune(". "), true}, {[]rune(" . "), true}, {[]rune(" 点 "), true}, {[]rune(" 点"), true}, {[]rune("点 "), true},
	{[]rune("(.)"), true}, {[]rune("[.]"), true}, {[]rune("(点)"), true}, {[]rune("[点]"), true}, {[]rune("{点}"), true}, {[]rune("(dot)"), true},
	{[]rune("[dot]"), true}, {[]rune(" dot "), true}, {[]rune(","), true}, {[]rune("丶"), true}, {[]rune("、"), true}, {[]rune("。 "), true},
}

// dot returns the length of what stands for a dot at i, after a part of a name
// that begins at start, or 0.
func dot(r []rune, start, i int) int {
	if i == len(r) || hostRune(r[i]) {
		return 0
	}
	width := 0
	for _, d := range dots {
		if len(d.text) <= width || len(r)-i <= len(d.text) || !slices.Equal(r[i:i+len(d.text)], d.text) {
			continue
		}
		next := i + len(d.text)
		if n := ending(r, next); d.odd && !spaced[string(r[next:next+n])] {
			continue
		}
		if d.text[0] == '点' && !hasLetter(r[start:i]) && i-start < 3 {
			continue // a time
		}
		if d.text[0] != '.' && d.text[0] != ' ' && hanEnding(r, next) == 0 && !hostRune(r[next]) {
			continue
		}
		width = len(d.text)
	}
	if width == 0 || i+width < len(r) && !hostRune(r[i+width]) && hanEnding(r, i+width) == 0 {
		if n := strangeDot(r, i); n > 0 {
			return n
		}
	}
	return width
}

// strangeDot returns the length of a dot at i between whatever else, as long as an
// ending that is rarely a word follows, or one with a path.
func strangeDot(r []rune, i int) int {
	const longest = 5
	dotted := false
	for k := i; k < len(r) && k-i < longest; k++ {
		switch {
		case strings.ContainsRune(".。·•‧∙⋅", r[k]):
			dotted = true
		case r[k] == '点':
			dotted = dotted || k > i && r[k-1] != ' ' // else it is a time
		case hostRune(r[k]):
			n := ending(r, k)
			word := string(r[k : k+n])
			if dotted && (spaced[word] || comAt(r, k) > 0 || k+n < len(r) && r[k+n] == '/' && endings[word]) {
				return k - i
			}
			return 0
		case unicode.IsLetter(r[k]):
			return 0
		}
	}
	return 0
}

func hasLetter(r []rune) bool { return slices.ContainsFunc(r, isLatin) }

// schemes writes what stands before a name as it is meant.
var schemes = strings.NewReplacer("\\", "/", "：", ":", " ", "")

// hasScheme tells whether http:// or https:// stands before i.
func hasScheme(r []rune, i int) bool {
	if i == 0 || r[i-1] != '/' && r[i-1] != '\\' {
		return false
	}
	before := schemes.Replace(string(r[max(0, i-12):i]))
	for _, s := range []string{"http://", "https://", "hxxp://", "hxxps://"} {
		if strings.HasSuffix(before, s) {
			return true
		}
	}
	return false
}

// readPath returns where an address that had its host up to i ends.
func readPath(r []rune, i int) int {
	if i >= len(r) || r[i] != '/' && r[i] != ':' && r[i] != '?' && r[i] != '#' {
		return i
	}
	end := i
	for end < len(r) && end-i < maxPath && r[end] > ' ' && r[end] < 0x7F && r[end] != '"' && r[end] != '<' && r[end] != '>' {
		end++
	}
	for end > i && strings.ContainsRune(".,;:!?)'", r[end-1]) {
		end--
	}
	return end
}

// kind says what an address is by the lists.
func (h Hosts) kind(l Link) LinkKind {
	switch {
	case below(l.Host, func(d string) bool { return contains(h.Deny, d) }):
		return Denied
	case below(l.Host, func(d string) bool { return contains(h.Allow, d) }):
		return Allowed
	case l.Kind != "":
		return l.Kind
	case below(l.Host, func(d string) bool { return programs[d] }):
		return MiniProgram
	case below(l.Host, func(d string) bool { return shorteners[d] }):
		return Shortener
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(l.Path, "/"), "/")
	if below(l.Host, func(d string) bool { return invites[d] || invites[d+"/"+first] }) {
		return Invite
	}
	return Plain
}

func contains(list []string, host string) bool {
	for _, l := range list {
		if strings.EqualFold(l, host) {
			return true
		}
	}
	return false
}

// below tells whether a host or one of those above it is known.
func below(host string, known func(string) bool) bool {
	for {
		if known(host) {
			return true
		}
		_, rest, ok := strings.Cut(host, ".")
		if !ok {
			return false
		}
		host = rest
	}
}
