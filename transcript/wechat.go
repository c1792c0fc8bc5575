package transcript

import (
	"regexp"
	"strings"
	"sync"

	"qunying/community"
)

// System texts are sentences that the client writes into the chat. WeChat puts
// names into straight or curly quotes, QQ into none; a name without quotes that
// has ，。 or ： in it is not taken for one, since it may be half a sentence.

// sentence is one of them.
type sentence struct {
	re   *regexp.Regexp
	tell func(told) []Record
}

// told is a sentence found.
type told struct {
	base Record // without kind and people
	re   *regexp.Regexp
	m    []string
}

// party is somebody in a sentence.
type party struct {
	name string
	self bool
}

var self = party{self: true}

// who is the party that stands where the pattern has A or B.
func (t told) who(letter string) party {
	if t.group(letter+"self") != "" {
		return self
	}
	return party{name: t.group(letter+"quoted") + t.group(letter+"bare")}
}

// rest is what stands where the pattern has X.
func (t told) rest() party { return party{name: t.group("X")} }

func (t told) group(name string) string {
	if i := t.re.SubexpIndex(name); i >= 0 {
		return t.m[i]
	}
	return ""
}

// event makes a record of kind about p.
func (t told) event(kind community.Kind, p party) Record {
	r := t.base
	r.Kind = kind
	r.SenderName, r.FromSelf = p.name, p.self
	return r
}

// detail returns r with one more detail in a map of its own.
func (r Record) detail(key, value string) Record {
	data := make(map[string]string, len(r.Data)+1)
	for k, v := range r.Data {
		data[k] = v
	}
	data[key] = value
	r.Data = data
	return r
}

func (r Record) by(p party) Record {
	if p.self {
		return r.detail("operator", "self")
	}
	r.OperatorName = p.name
	return r
}

// joined makes one record per member. by may name who invited.
func (t told) joined(who []party, way string, by ...party) []Record {
	var out []Record
	for _, p := range who {
		r := t.event(community.MemberJoined, p).detail("way", way)
		for _, operator := range by {
			r = r.by(operator)
		}
		out = append(out, r)
	}
	return out
}

func (t told) left(who []party, way string, by ...party) []Record {
	var out []Record
	for _, p := range who {
		r := t.event(community.MemberLeft, p).detail("way", way)
		for _, operator := range by {
			r = r.by(operator)
		}
		out = append(out, r)
	}
	return out
}

// each splits B、C, also where each stands in quotes of its own: the pattern took
// the outermost ones. A name with 、 in it cannot be told from two names.
func (p party) each() []party {
	if p.self {
		return []party{p}
	}
	var out []party
	for n := range strings.SplitSeq(p.name, "、") {
		if n = strings.Trim(n, `"“” `); n != "" {
			out = append(out, party{name: n})
		}
	}
	return out
}

// sentences in the order in which they are tried. A, B and X stand for two
// names and for any other text; GROUP for the words that mean it.
var sentences = sync.OnceValue(func() []sentence {
	name := func(letter string) string {
		return `(?:["“](?P<` + letter + `quoted>.+)["”]|(?P<` + letter + `self>你)|(?P<` + letter + `bare>[^"“”\s，。：][^"“”，。：]*?))`
	}
	expand := strings.NewReplacer("A", name("A"), "B", name("B"), "X", `(?P<X>.+?)`, "GROUP", `(?:群聊|本群)`)
	s := func(pattern string, tell func(told) []Record) sentence {
		return sentence{regexp.MustCompile(`^(?:` + expand.Replace(pattern) + `)[。.！!]?(?:\s*(?:撤销|重新编辑))?$`), tell}
	}
	one := func(r Record) []Record { return []Record{r} }
	return []sentence{
		s(`A邀请你和B加入了?GROUP`, func(t told) []Record {
			return t.joined(append([]party{self}, t.who("B").each()...), "invite", t.who("A"))
		}),
		s(`A邀请你加入了?GROUP[，,]?群聊参与人还有.*`, func(t told) []Record {
			return t.joined([]party{self}, "invite", t.who("A"))
		}),
		s(`A邀请B加入了?GROUP`, func(t told) []Record { return t.joined(t.who("B").each(), "invite", t.who("A")) }),
		s(`A通过扫描B分享的二维码加入了?GROUP`, func(t told) []Record {
			return t.joined([]party{t.who("A")}, "qrcode", t.who("B"))
		}),
		s(`A通过扫描?群?二维码加入了?GROUP`, func(t told) []Record { return t.joined([]party{t.who("A")}, "qrcode") }),
		s(`A通过[^"“”]*搜索[^"“”]*加入了?GROUP`, func(t told) []Record { return t.joined([]party{t.who("A")}, "search") }),
		s(`A\s?加入了?GROUP`, func(t told) []Record { return t.joined([]party{t.who("A")}, "direct") }),
		s(`你被A(?:移出|移除|请出)了?GROUP`, func(t told) []Record {
			return t.left([]party{self}, "removed", t.who("A"))
		}),
		s(`A[将把]B(?:移出|移除|请出)了?GROUP`, func(t told) []Record {
			return t.left(t.who("B").each(), "removed", t.who("A"))
		}),
		s(`A(?:退出|离开)了?GROUP`, func(t told) []Record { return t.left([]party{t.who("A")}, "direct") }),
		s(`A\s?撤回了一条(?:成员)?消息`, func(t told) []Record { return one(t.event(community.MessageRecalled, t.who("A"))) }),
		s(`A\s?撤回了(?:成员)?B的一条消息`, func(t told) []Record {
			return one(t.event(community.MessageRecalled, t.who("B")).by(t.who("A")))
		}),
		s(`A(?:修改|更改)群聊?名称?为["“]X["”]`, func(t told) []Record {
			r := t.event(community.GroupRenamed, t.who("A"))
			r.Text = t.rest().name
			return one(r)
		}),
		s(`A(?:修改了?群?昵称为|将群?昵称修?改为|更名为|改名为)["“]?X["”]?`, func(t told) []Record {
			old := t.who("A")
			return one(t.event(community.MemberRenamed, party{t.rest().name, old.self}).detail("old", old.name))
		}),
		s(`A\s?拍了拍.*`, func(t told) []Record {
			r := t.event(community.MessagePosted, t.who("A"))
			r.Content = community.Poke
			return one(r)
		}),
	}
})

// systemRecords turns a system text into what it tells: for joins, one record a
// member. base has everything but kind, people and content. What is not
// understood becomes PlatformOther with the text.
func systemRecords(base Record, text string) []Record {
	text = strings.TrimSpace(text)
	base.Text, base.Content = text, ""
	base.Mentions, base.MentionAll, base.FromSelf = nil, false, false
	base.SenderID, base.SenderName = "", ""
	if strings.HasPrefix(text, "群公告") || strings.HasPrefix(text, "@所有人") {
		base.Kind = community.GroupAnnounced
		base.MentionAll = strings.Contains(text, "@所有人")
		return []Record{base}
	}
	if len(text) <= 4096 && !strings.Contains(text, "\n") {
		for _, s := range sentences() {
			if m := s.re.FindStringSubmatch(text); m != nil {
				return s.tell(told{base, s.re, m})
			}
		}
	}
	base.Kind = community.PlatformOther
	return []Record{base}
}
