package detect

import (
	_ "embed"
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
)

// Link is an address in a message.
type Link struct {
	At   normal.Span
	Host string // lower case, without port
	Path string // from the first slash, lower case
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

	endings    = list(domainText)
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

// Links returns the addresses in a message, also those with 。 or 点 for a dot.
func Links(t *normal.Text, hosts Hosts) []Link {
	r := t.Letters.Runes
	var out []Link
	for i := 0; i < len(r) && len(out) < maxLinks; {
		if !hostRune(r[i]) || i > 0 && hostRune(r[i-1]) {
			i++
			continue
		}
		host, end := readHost(r, i)
		schemed := hasScheme(r, i)
		if !schemed && (!endings[host[strings.LastIndexByte(host, '.')+1:]] || i > 0 && r[i-1] == '@') || !strings.Contains(host, ".") {
			i = max(end, i+1)
			continue
		}
		stop := readPath(r, end)
		link := Link{At: t.Letters.Source(normal.Span{Start: i, End: stop}), Host: host}
		if slash := strings.IndexByte(string(r[end:stop]), '/'); slash >= 0 {
			link.Path = string(r[end:stop])[slash:]
		}
		link.Kind = hosts.kind(link)
		out = append(out, link)
		i = stop
	}
	return out
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
		width := dot(r, i)
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
	}
}

// dot returns the length of what stands for a dot inside an address at i, or 0.
func dot(r []rune, i int) int {
	spaced := 0
	if i < len(r) && r[i] == ' ' {
		spaced = 1
	}
	k := i + spaced
	if k >= len(r) {
		return 0
	}
	switch r[k] {
	case '.':
		return spaced + 1
	case '。', '点', '·', '•':
		if k+1 < len(r) && hostRune(r[k+1]) {
			return spaced + 1
		}
	}
	return 0
}

// hasScheme tells whether http:// or https:// stands before i.
func hasScheme(r []rune, i int) bool {
	before := string(r[max(0, i-8):i])
	before = strings.NewReplacer("\\", "/", "：", ":").Replace(before)
	return strings.HasSuffix(before, "http://") || strings.HasSuffix(before, "https://")
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
