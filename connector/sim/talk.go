package sim

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"qunying/community"
)

// The files in talk are written in a small language:
//
//	kind: 兴趣 跑步 12        group kind, topic, how many groups have it
//	group TEXT, nick TEXT     names of groups and of members
//	$slot: TEXT|TEXT|TEXT     words that fit one place
//	~ morning 3               a conversation, when it happens and how often
//	! any                     a burst: opening lines, then * reactions
//	A>2 TEXT                  a line: who speaks (A–E, O the owner), which line it answers
//
// In TEXT, {a|b|} chooses for this line, {slot} for the whole conversation,
// {~slot} for this line, {^slot} for the group for ever, {3-9} is a number, {#}
// a count of check-ins, @A a mention. A line may begin with [image], [voice],
// [sticker], [link], [redpacket] or @all.
//
//go:embed talk/*.txt
var talkFiles embed.FS

type scope uint8

const (
	literal scope = iota
	perLine
	perThread
	perGroup
	choice
	number
	streak
	mention
)

type piece struct {
	scope scope
	role  int8
	text  string
	slot  int
	alts  []template
	lo    int
	span  int
}

type template []piece

type line struct {
	role    int8 // 0–4 are A–E, owner is 5
	answers int8 // index of the line answered, or -1
	about   int8 // role mentioned, or -1
	counts  bool // holds {#}
	all     bool
	content community.Content
	text    template
}

const (
	owner = 5
	roles = 6
)

type script struct {
	tag    string
	weight float64
	lines  []line
	pool   int // index of a burst's first reaction, or len(lines)
}

// topic is what groups of one subject say.
type topic struct {
	kind, subject string
	weight        float64
	slots         [][]template
	slotNames     map[string]int
	groupNames    []template
	nicks         []template
	scripts       []script
	byHour        [24]weighted
	byTag         map[string]weighted // react, welcome, advert, answer, and "!" for bursts
}

// weighted is a choice among scripts.
type weighted struct {
	index []int
	upTo  []float64
}

func (w *weighted) add(index int, weight float64) {
	total := weight
	if n := len(w.upTo); n > 0 {
		total += w.upTo[n-1]
	}
	w.index, w.upTo = append(w.index, index), append(w.upTo, total)
}

func (w *weighted) pick(x float64) int {
	i, _ := slices.BinarySearch(w.upTo, x*w.upTo[len(w.upTo)-1])
	return w.index[min(i, len(w.index)-1)]
}

// topics reads the talk files once.
var topics = sync.OnceValues(func() ([]*topic, error) {
	names, err := fs.Glob(talkFiles, "talk/*.txt")
	if err != nil {
		return nil, err
	}
	var out []*topic
	for _, name := range names {
		if name == "talk/common.txt" || name == "talk/names.txt" {
			continue
		}
		t := &topic{slotNames: map[string]int{}, byTag: map[string]weighted{}}
		for _, file := range []string{name, "talk/common.txt", "talk/names.txt"} {
			text, err := talkFiles.ReadFile(file)
			if err != nil {
				return nil, err
			}
			share := 1.0
			if file == name {
				share = 2.2 // a group speaks of its subject first
			}
			if err := t.parse(string(text), share); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		if err := t.finish(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, t)
	}
	return out, nil
})

func (t *topic) parse(text string, share float64) error {
	ownNicks := len(t.nicks) > 0
	for n, row := range strings.Split(text, "\n") {
		var err error
		head, rest, _ := strings.Cut(row, " ")
		switch {
		case row == "" || head == "#":
		case head == "kind:":
			_, err = fmt.Sscan(rest, &t.kind, &t.subject, &t.weight)
		case row[0] == '$':
			err = t.define(strings.TrimSuffix(head[1:], ":"), rest)
		case head == "group":
			t.groupNames, err = t.appendTo(t.groupNames, rest)
		case head == "nick":
			if !ownNicks {
				t.nicks, err = t.appendTo(t.nicks, rest)
			}
		case head == "~" || head == "!":
			s := script{tag: "!", weight: share}
			if head == "~" {
				var w float64
				_, err = fmt.Sscan(rest, &s.tag, &w)
				s.weight *= w
			}
			t.scripts = append(t.scripts, s)
		default:
			err = t.addLine(head, rest)
		}
		if err != nil {
			return fmt.Errorf("line %d %q: %w", n+1, row, err)
		}
	}
	return nil
}

func (t *topic) slot(name string) int {
	i, ok := t.slotNames[name]
	if !ok {
		i = len(t.slots)
		t.slotNames[name] = i
		t.slots = append(t.slots, nil)
	}
	return i
}

func (t *topic) define(name, text string) error {
	i := t.slot(name)
	if t.slots[i] != nil {
		return nil // the topic's own words win over the common ones
	}
	alts, err := t.alternatives(text)
	t.slots[i] = alts
	return err
}

func (t *topic) appendTo(list []template, text string) ([]template, error) {
	v, err := t.compile(text)
	return append(list, v), err
}

var contents = map[string]community.Content{
	"[image]": community.Image, "[voice]": community.Voice, "[sticker]": community.Sticker,
	"[link]": community.Link, "[redpacket]": community.RedPacket,
}

func (t *topic) addLine(head, text string) error {
	if len(t.scripts) == 0 {
		return fmt.Errorf("no conversation begun")
	}
	s := &t.scripts[len(t.scripts)-1]
	l := line{answers: -1, about: -1, content: community.Text}
	who, answers, replies := strings.Cut(head, ">")
	switch {
	case who == "*":
		if s.pool == 0 {
			s.pool = len(s.lines)
		}
	case who == "O":
		l.role = owner
	case len(who) == 1 && who[0] >= 'A' && who[0] <= 'E':
		l.role = int8(who[0] - 'A')
	default:
		return fmt.Errorf("%q is nobody", who)
	}
	if replies {
		n, err := strconv.Atoi(answers)
		if err != nil || n < 1 || n > len(s.lines) {
			return fmt.Errorf("%q is no earlier line", answers)
		}
		l.answers = int8(n - 1)
	}
	first, rest, _ := strings.Cut(text, " ")
	if c, ok := contents[first]; ok {
		l.content, text = c, rest
	} else if first == "@all" {
		l.all = true
		text = "@所有人 " + rest
	}
	l.counts = strings.Contains(text, "{#}")
	v, err := t.compile(text)
	if l.content == community.Link {
		v = append(v, piece{text: " https://example.com/"}, piece{scope: number, lo: 1000, span: 90000})
	}
	l.text = v
	for _, p := range v {
		if p.scope == mention {
			l.about = p.role
		}
	}
	s.lines = append(s.lines, l)
	return err
}

// alternatives splits a|b|{c|d} at its outer bars.
func (t *topic) alternatives(text string) ([]template, error) {
	var out []template
	depth, from := 0, 0
	for i := 0; i <= len(text); i++ {
		switch {
		case i < len(text) && text[i] == '{':
			depth++
		case i < len(text) && text[i] == '}':
			depth--
		case i == len(text) || text[i] == '|' && depth == 0:
			v, err := t.sequence(text[from:i])
			if err != nil {
				return nil, err
			}
			out, from = append(out, v), i+1
		}
	}
	if depth != 0 {
		return nil, fmt.Errorf("braces do not match")
	}
	return out, nil
}

func (t *topic) compile(text string) (template, error) {
	alts, err := t.alternatives(text)
	if err != nil || len(alts) == 1 {
		return slices.Concat(alts...), err
	}
	return template{{scope: choice, alts: alts}}, nil
}

// sequence compiles text that has no outer bar.
func (t *topic) sequence(text string) (template, error) {
	var out template
	for text != "" {
		i := strings.IndexAny(text, "{@")
		if i < 0 {
			i = len(text)
		}
		if i > 0 {
			out = append(out, piece{text: text[:i]})
			text = text[i:]
			continue
		}
		if text[0] == '@' {
			role := strings.IndexByte("ABCDEO", append([]byte(text), ' ', ' ')[1])
			if role < 0 {
				out, text = append(out, piece{text: "@"}), text[1:]
				continue
			}
			out, text = append(out, piece{scope: mention, role: int8(role)}), text[2:]
			continue
		}
		end, depth := 0, 0
		for ; end < len(text); end++ {
			if text[end] == '{' {
				depth++
			} else if text[end] == '}' {
				if depth--; depth == 0 {
					break
				}
			}
		}
		p, err := t.brace(text[1:min(end, len(text))])
		if err != nil {
			return nil, err
		}
		out, text = append(out, p), text[min(end+1, len(text)):]
	}
	return out, nil
}

func (t *topic) brace(in string) (piece, error) {
	var lo, hi int
	switch n, _ := fmt.Sscanf(in+"\n", "%d-%d\n", &lo, &hi); {
	case in == "#":
		return piece{scope: streak}, nil
	case n == 2 && hi >= lo && in == fmt.Sprintf("%d-%d", lo, hi):
		return piece{scope: number, lo: lo, span: hi - lo + 1}, nil
	case strings.ContainsAny(in, "|{"):
		alts, err := t.alternatives(in)
		return piece{scope: choice, alts: alts}, err
	}
	p := piece{scope: perThread}
	switch {
	case strings.HasPrefix(in, "~"):
		p.scope, in = perLine, in[1:]
	case strings.HasPrefix(in, "^"):
		p.scope, in = perGroup, in[1:]
	}
	for _, r := range in {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return piece{scope: choice, alts: []template{{{text: in}}}}, nil // one fixed word
		}
	}
	p.slot = t.slot(in)
	return p, nil
}

// hours in which conversations with a tag begin.
var hours = map[string][2]int{"morning": {6, 10}, "noon": {11, 14}, "evening": {17, 23}, "night": {22, 26}, "any": {0, 24}}

func (t *topic) finish() error {
	for name, i := range t.slotNames {
		if t.slots[i] == nil {
			return fmt.Errorf("slot %q has no words", name)
		}
	}
	for i := range t.scripts {
		s := &t.scripts[i]
		if len(s.lines) == 0 {
			return fmt.Errorf("conversation %d says nothing", i)
		}
		if s.pool == 0 {
			s.pool = len(s.lines)
		}
		span, ok := hours[s.tag]
		if !ok {
			w := t.byTag[s.tag]
			w.add(i, s.weight)
			t.byTag[s.tag] = w
			continue
		}
		weight := s.weight
		if s.tag != "any" {
			weight *= 3 // what belongs to an hour is said at that hour
		}
		for h := span[0]; h < span[1]; h++ {
			t.byHour[h%24].add(i, weight)
		}
	}
	return nil
}

// voice is what a text depends on: the seeds of its scopes and the people in it.
type voice struct {
	group, thread, line uint64
	count               int    // for {#}
	about               string // the mentioned member's name
}

func (t *topic) write(b []byte, text template, v *voice, seed uint64) []byte {
	for i := range text {
		p := &text[i]
		seed = seed*0x9e3779b97f4a7c15 + 0x7f4a7c15
		switch p.scope {
		case literal:
			b = append(b, p.text...)
		case choice:
			h := mix(seed)
			b = t.write(b, p.alts[h%uint64(len(p.alts))], v, h)
		case number:
			b = strconv.AppendInt(b, int64(p.lo)+int64(mix(seed)%uint64(p.span)), 10)
		case streak:
			b = strconv.AppendInt(b, int64(v.count), 10)
		case mention:
			b = append(b, '@')
			b = append(b, v.about...)
		default:
			h := seed
			if p.scope == perThread {
				h = v.thread
			} else if p.scope == perGroup {
				h = v.group
			}
			words := t.slots[p.slot]
			h = mix(h ^ uint64(p.slot+1)*0xd6e8feb86659fd93)
			b = t.write(b, words[h%uint64(len(words))], v, h)
		}
	}
	return b
}
