package detect

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"qunying/internal/moderation/normal"
)

// Links that are no addresses: a word command (口令) that an app reads from the
// clipboard, and what opens a mini-program.

//go:embed apps.txt
var appText string

type app struct{ host, name string }

// apps are the names of apps that read word commands.
var apps = sync.OnceValue(func() (out []app) {
	for line := range strings.Lines(appText) {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "#" {
			for _, name := range f[1:] {
				out = append(out, app{f[0], name})
			}
		}
	}
	return out
})

// programs are hosts that do nothing but open mini-programs.
var programs = map[string]bool{"wxaurl.cn": true, "wxmpurl.cn": true}

// Bounds of a word command.
const (
	leastToken  = 8
	mostToken   = 14
	mostWorded  = 20 // where the message says that it is a command
	mixedEnough = 3  // changes between capitals, small letters and digits, but for that within Capital
	mixedAtAll  = 2
	mostProgram = 32 // characters of a mini-program's name
	leastTarget = 4  // characters behind it
	toOpen      = 12 // characters between 复制 and 打开
	toApp       = 6  // and to the app's name
)

// How much the marks around a token say: nobody puts anything but a command between
// two signs of pounds; between two of dollars stand variables and formulas too.
const (
	common = iota
	dollar
	money
)

type mark struct {
	end   rune // what closes it
	trust int
}

var marks = map[rune]mark{
	'¥': {'¥', money}, '€': {'€', money}, '₤': {'₤', money}, '£': {'£', money}, '₳': {'₳', money}, '₴': {'₴', money},
	'₰': {'₰', money}, '₪': {'₪', money}, '¢': {'¢', money}, '$': {'$', dollar}, '(': {')', common}, '/': {'/', common},
	'!': {'!', common}, '《': {'《', common}, '「': {'」', common}, '【': {'】', common}, '👉': {'👈', common}, '⇥': {'⇤', common},
}

// mayCommand tells of nearly every character that no link without an address begins
// with it.
func mayCommand(r rune) bool { return r > ' ' && r < 0x3020 || r == '复' || r > 0x1F400 }

// commands looks for links without an address. What the whole message says about
// them is looked for once, and only where it matters.
type commands struct {
	t       *normal.Text
	known   bool
	host    string // of the first app that is named
	copied  bool   // the message says that something is to be copied
	opened  bool   // or that an app is to be opened
	asks    bool   // it is a question
	carries bool   // there is a token or a mark of one
}

// at returns the link that begins at i, or around it, and where it ends.
func (c *commands) at(i int) (link Link, end int) {
	r := c.t.Letters.Runes
	switch {
	case r[i] == ':':
		return c.scheme(i)
	case r[i] == '#':
		return c.program(i)
	case r[i] == '复':
		return c.phrase(i)
	}
	return c.token(i)
}

func (c *commands) link(start, end int, host, path string, kind LinkKind) (Link, int) {
	return Link{At: c.t.Letters.Source(normal.Span{Start: start, End: end}), Host: host, Path: path, Kind: kind}, end
}

// token reads ¥4xJc1gGk0Ym¥.
func (c *commands) token(i int) (Link, int) {
	r := c.t.Letters.Runes
	mark, ok := marks[r[i]]
	if !ok || i > 0 && r[i-1] == r[i] {
		return Link{}, 0
	}
	start := blank(r, i+1)
	end := tokenEnd(r, start)
	if close := blank(r, end); end-start < leastToken || end-start > mostWorded || close == len(r) || r[close] != mark.end {
		return Link{}, 0
	}
	stop, mixed := blank(r, end)+1, c.mixed(start, end) >= mixedEnough
	before := blankBefore(r, i)
	numbered := before >= 0 && unicode.IsDigit(r[before]) && stop < len(r) && r[stop] == '/' // 5 (4xJc1gGk0Ym)/
	switch {
	case !slices.ContainsFunc(r[start:end], isLatin):
		return Link{}, 0
	case end-start <= mostToken && (mixed && numbered || mark.trust == money && c.mixed(start, end) >= mixedAtAll):
	case c.whole().copied && (mixed || mark.trust == money):
	case c.opened && mixed && mark.trust > common:
	default:
		return Link{}, 0
	}
	return c.link(i, stop, c.whole().host, string(r[start:end]), Command)
}

// phrase reads 复制此口令打开拼多多, and 复制打开抖音 beside what is to be copied.
func (c *commands) phrase(i int) (Link, int) {
	r := c.t.Letters.Runes
	if i+1 == len(r) || r[i+1] != '制' {
		return Link{}, 0
	}
	head := string(r[i:min(len(r), i+2+toOpen+2+toApp+4)])
	if line := strings.IndexAny(head, "\n。"); line >= 0 {
		head = head[:line]
	}
	said, rest, ok := strings.Cut(head, "打开")
	if !ok || len([]rune(said)) > 2+toOpen {
		return Link{}, 0
	}
	host, stop := "", 0
	for _, a := range apps() {
		if before, _, ok := strings.Cut(rest, a.name); ok && len([]rune(before)) <= toApp {
			host, stop = a.host, i+len([]rune(said+"打开"+before+a.name))
			break
		}
	}
	machine := strings.ContainsAny(said, "此本整") && strings.ContainsAny(said, "令息段条容字")
	if host == "" || !c.whole().carries && (!machine || c.asks) {
		return Link{}, 0
	}
	return c.link(i, stop, host, "", Command)
}

// program reads #小程序://name/token.
func (c *commands) program(i int) (Link, int) {
	r := c.t.Letters.Runes
	const opening = "小程序://"
	start := i + 1 + len([]rune(opening))
	if start >= len(r) || string(r[i+1:start]) != opening {
		return Link{}, 0
	}
	name := start
	for name < len(r) && name-start <= mostProgram && r[name] != '/' && r[name] != '\n' {
		name++
	}
	if name == start || name == len(r) || r[name] != '/' {
		return Link{}, 0
	}
	end := name + 1
	for end < len(r) && end-name <= maxPath && (hostRune(r[end]) || r[end] == '_') {
		end++
	}
	if end-name-1 < leastTarget {
		return Link{}, 0
	}
	return c.link(i, end, strings.TrimSpace(string(r[start:name])), string(r[name:end]), MiniProgram)
}

// scheme reads weixin://dl/business/?t=token and mp://token, which have no host: it
// is the app.
func (c *commands) scheme(i int) (Link, int) {
	r := c.t.Letters.Runes
	if i+2 >= len(r) || r[i+1] != '/' || r[i+2] != '/' {
		return Link{}, 0
	}
	start := i
	for start > 0 && hostRune(r[start-1]) && i-start < len("weixin")+1 {
		start--
	}
	scheme := string(r[start:i])
	if scheme != "weixin" && scheme != "mp" {
		return Link{}, 0
	}
	end := readPath(r, i+2)
	path, kind := string(r[i+2:end]), Plain
	switch {
	case scheme == "weixin" && len(path) > leastTarget:
		if strings.HasPrefix(path, "/dl/business") {
			kind = MiniProgram
		}
	case scheme == "mp" && tokenEnd(r, i+3) == end && len(path) > leastToken && c.mixed(i+3, end) >= mixedEnough:
		kind = MiniProgram
	default:
		return Link{}, 0
	}
	return c.link(start, end, "weixin", path, kind)
}

// mixed returns how often capitals, small letters and digits change in what became
// the runes of a token: often, where nobody chose them. It is 0 without both capitals
// and small letters, as in hashes.
func (c *commands) mixed(start, end int) int {
	at := c.t.Letters.Source(normal.Span{Start: start, End: end})
	changes, before, capital, small := 0, ' ', false, false
	for _, r := range c.t.Source[at.Start:at.End] {
		if '！' <= r && r <= '～' {
			r -= '！' - '!' // wide
		}
		var is rune
		switch {
		case unicode.IsUpper(r):
			is, capital = 'X', true
		case unicode.IsLower(r):
			is, small = 'x', true
		case unicode.IsDigit(r):
			is = '0'
		default:
			continue
		}
		if before != ' ' && is != before && (before != 'X' || is != 'x') {
			changes++
		}
		before = is
	}
	if !capital || !small {
		return 0
	}
	return changes
}

// whole reads what the message says of commands.
func (c *commands) whole() *commands {
	if c.known {
		return c
	}
	c.known = true
	r := c.t.Letters.Runes
	text, first := string(r), -1
	for _, a := range apps() {
		if at := strings.Index(text, a.name); at >= 0 && (first < 0 || at < first) {
			first, c.host = at, a.host
		}
	}
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	c.copied = has("复制", "口令")
	c.opened = has("打开", "淘") || c.host != ""
	c.asks = has("吗", "怎么", "为什么", "?")
	for i := 0; i < len(r) && !c.carries; {
		end := tokenEnd(r, i)
		share := r[i] == ':' && i+1 < len(r) && r[i+1] == '/' && // rrE:/ or :/ rrE
			(i > 0 && hostRune(r[i-1]) && (i+2 == len(r) || r[i+2] != '/') || i+3 < len(r) && hostRune(r[blank(r, i+2)]))
		c.carries = share || end-i >= leastToken && end-i <= mostWorded && c.mixed(i, end) >= mixedEnough
		i = max(end, i+1)
	}
	return c
}

func tokenEnd(r []rune, i int) int {
	for i < len(r) && hostRune(r[i]) && r[i] != '-' {
		i++
	}
	return i
}

// blank returns i, or what follows if a blank is there.
func blank(r []rune, i int) int {
	if i < len(r)-1 && r[i] == ' ' {
		i++
	}
	return i
}

// blankBefore returns the place before i, or the one before that if a blank is
// there.
func blankBefore(r []rune, i int) int {
	if i > 1 && r[i-1] == ' ' {
		i--
	}
	return i - 1
}
