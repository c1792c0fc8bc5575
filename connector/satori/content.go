package satori

import (
	"strconv"
	"strings"

	"qunying/community"
	"qunying/connector"
)

// Bounds of what is read out of one message.
const (
	mostText     = 64 << 10 // bytes
	mostMentions = 500
	mostDepth    = 64 // of elements within each other; deeper ones are read as if beside
	mostMedia    = 20
)

// said is what the elements of a message come to.
type said struct {
	text     string
	content  community.Content
	mentions []connector.Member
	all      bool
	replyTo  string
	data     map[string]string
	odd      bool // nothing was found that people could read
}

// read makes text, mentions and media of a message's element string. Any string
// has a reading: what is no element is text, and an unknown element stands for
// what is within it.
func read(source string) said {
	r := reader{said: said{content: community.Text}}
	for source != "" {
		at := strings.IndexByte(source, '<')
		if at < 0 {
			r.write(unescape(source))
			break
		}
		r.write(unescape(source[:at]))
		source = source[at:]
		if rest, ok := strings.CutPrefix(source, "<!--"); ok {
			if _, after, ok := strings.Cut(rest, "-->"); ok {
				source = after
				continue
			}
		}
		t, n := tagOf(source)
		if n == 0 {
			r.write("<")
			source = source[1:]
			continue
		}
		source = source[n:]
		switch {
		case t.close:
			r.close(t.name)
		default:
			r.open(t)
		}
	}
	for len(r.stack) > 0 {
		r.close(r.stack[len(r.stack)-1].name)
	}
	return r.finish()
}

// reader goes through the elements of a message.
type reader struct {
	said
	out    strings.Builder
	stack  []opened
	quoted int // within how many quotes: what is quoted is not said again
	media  int
	seen   bool // some element was understood, or there was text
}

// opened is an element that is not closed yet.
type opened struct {
	name, href string
	from       int // of the text
}

func (r *reader) write(s string) {
	if s == "" || r.quoted > 0 {
		return
	}
	r.seen = true
	if room := mostText - r.out.Len(); len(s) > room {
		s = strings.ToValidUTF8(s[:max(room, 0)], "")
	}
	r.out.WriteString(s)
}

// line begins a new line, unless one has just begun.
func (r *reader) line() {
	if s := r.out.String(); s != "" && !strings.HasSuffix(s, "\n") {
		r.write("\n")
	}
}

func (r *reader) open(t tag) {
	if r.quoted == 0 || t.name == "quote" {
		r.element(t)
	}
	if t.empty || len(r.stack) >= mostDepth {
		return
	}
	if t.name == "quote" {
		r.quoted++
	}
	r.stack = append(r.stack, opened{t.name, t.get("href"), r.out.Len()})
}

// close ends the innermost element if it has that name; other ends are ignored,
// as gateways do.
func (r *reader) close(name string) {
	if len(r.stack) == 0 || r.stack[len(r.stack)-1].name != name {
		return
	}
	o := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	switch name {
	case "quote":
		r.quoted--
	case "p", "message":
		r.line()
	case "a":
		label := r.out.String()[min(o.from, r.out.Len()):]
		if o.href != "" && strings.TrimSpace(label) != o.href {
			if label != "" {
				r.write(" ")
			}
			r.write(o.href)
		}
	case "author":
		r.write(": ")
	}
}

func (r *reader) element(t tag) {
	switch t.name {
	case "text":
		r.write(t.get("content"))
	case "at":
		r.mention(t)
	case "sharp":
		r.write("#" + first(t.get("name"), t.get("id")))
	case "emoji", "face":
		if s := first(t.get("name"), t.get("id")); s != "" {
			r.write("[" + s + "]")
		}
	case "br":
		r.write("\n")
	case "p":
		r.line()
	case "a":
		if t.empty {
			r.write(t.get("href"))
		}
	case "img", "image":
		r.attach(community.Image, t)
	case "audio":
		r.attach(community.Voice, t)
	case "video":
		r.attach(community.Video, t)
	case "file":
		r.attach(community.File, t)
	case "mface", "sticker":
		r.attach(community.Sticker, t)
	case "quote":
		if id := t.get("id"); id != "" && r.replyTo == "" {
			r.replyTo = id
		}
	case "message":
		r.line()
		if t.has("forward") {
			r.content, r.seen = community.Forward, true
			if id := t.get("id"); id != "" {
				r.put("forward", id)
			}
		}
	case "author":
		if name := t.get("name"); name != "" {
			r.line()
			r.write(name)
			if t.empty {
				r.write(": ")
			}
		}
	case "button":
		r.write(t.get("text"))
	}
}

func (r *reader) mention(t tag) {
	name := t.get("name")
	switch {
	case t.get("type") == "all" || t.get("type") == "here":
		r.all = true
		r.write("@" + first(name, "所有人"))
	case t.get("role") != "":
		r.write("@" + first(name, t.get("role")))
	default:
		m := connector.Member{ID: t.get("id"), Name: name}
		if s := first(name, m.ID); s != "" {
			r.write("@" + s)
		}
		if m.ID != "" && len(r.mentions) < mostMentions {
			r.mentions = append(r.mentions, m)
		}
	}
}

// attach notes a picture or file: the first gives the message its form.
func (r *reader) attach(c community.Content, t tag) {
	r.seen = true
	if r.media++; r.media > mostMedia {
		return
	}
	if r.content == community.Text {
		r.content = c
	}
	suffix := ""
	if r.media > 1 {
		suffix = strconv.Itoa(r.media)
	}
	url := first(t.get("src"), t.get("url"))
	if strings.HasPrefix(url, "data:") { // the thing itself: too long to keep
		url = ""
		r.put("inline"+suffix, "true")
	}
	r.put("url"+suffix, url)
	r.put("file"+suffix, first(t.get("title"), t.get("name")))
	r.put("media"+suffix, t.get("id"))
}

func (r *reader) put(k, v string) {
	if v == "" || len(v) > 4096 {
		return
	}
	if r.data == nil {
		r.data = map[string]string{}
	}
	r.data[k] = v
}

func (r *reader) finish() said {
	r.text = strings.TrimSuffix(strings.ToValidUTF8(r.out.String(), "�"), "\n")
	if !r.seen && r.replyTo == "" {
		r.content, r.odd = community.Other, true
	}
	return r.said
}

func first(of ...string) string {
	for _, s := range of {
		if s != "" {
			return s
		}
	}
	return ""
}

// tag is one tag of an element: <name k="v" flag no-flag> or </name> or <name/>.
type tag struct {
	name         string
	attrs        [][2]string
	close, empty bool
}

func (t *tag) get(name string) string {
	for _, a := range t.attrs {
		if a[0] == name {
			return a[1]
		}
	}
	return ""
}

// has tells a boolean attribute.
func (t *tag) has(name string) bool {
	for _, a := range t.attrs {
		if a[0] == name {
			return a[1] != "false"
		}
	}
	return false
}

// mostAttrs bounds what is kept of one tag.
const mostAttrs = 32

// tagOf reads the tag with which s begins and returns its length, 0 if it is none.
func tagOf(s string) (t tag, n int) {
	i := 1
	if i < len(s) && s[i] == '/' {
		t.close = true
		i++
	}
	from := i
	for i < len(s) && nameByte(s[i]) {
		i++
	}
	if t.name = strings.ToLower(s[from:i]); t.name == "" || len(t.name) > 64 {
		return tag{}, 0
	}
	for {
		for i < len(s) && space(s[i]) {
			i++
		}
		if i >= len(s) {
			return tag{}, 0
		}
		if s[i] == '>' {
			return t, i + 1
		}
		if s[i] == '/' {
			if i+1 < len(s) && s[i+1] == '>' {
				t.empty = true
				return t, i + 2
			}
			i++
			continue
		}
		var key, value string
		key, value, i = attrOf(s, i)
		if key == "" {
			return tag{}, 0
		}
		if len(t.attrs) < mostAttrs {
			t.attrs = append(t.attrs, [2]string{key, value})
		}
	}
}

// attrOf reads one attribute from i on and returns where it ends.
func attrOf(s string, i int) (key, value string, end int) {
	from := i
	for i < len(s) && !space(s[i]) && s[i] != '=' && s[i] != '>' && s[i] != '<' && !(s[i] == '/' && i+1 < len(s) && s[i+1] == '>') {
		i++
	}
	key = s[from:i]
	if i >= len(s) || s[i] != '=' {
		return key, "", i
	}
	if i++; i >= len(s) {
		return "", "", i
	}
	if q := s[i]; q == '"' || q == '\'' {
		to := strings.IndexByte(s[i+1:], q)
		if to < 0 {
			return "", "", i
		}
		return key, unescape(s[i+1 : i+1+to]), i + to + 2
	}
	from = i
	for i < len(s) && !space(s[i]) && s[i] != '>' {
		i++
	}
	return key, unescape(strings.TrimSuffix(s[from:i], "/")), i
}

func space(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

func nameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == ':' || b == '.'
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

// unescape undoes escape. Only what Satori escapes is undone: "&copy=1" of an
// address that a gateway left as it was stays what it is.
func unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "&#")
		out.WriteString(entities.Replace(before))
		if !ok {
			return out.String()
		}
		digits, after, ok := strings.Cut(rest[:min(len(rest), 10)], ";")
		if r, err := codePoint(digits); ok && err == nil {
			out.WriteRune(r)
			s = rest[len(rest[:min(len(rest), 10)])-len(after):]
			continue
		}
		out.WriteString("&#")
		s = rest
	}
}

func codePoint(digits string) (rune, error) {
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err
}
