package sim

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector"
)

// Generator writes the history of a Plan.
type Generator struct {
	plan   Plan
	topics []*topic
}

// New prepares a generator. Errors are Invalid and name the number to change.
func New(p Plan) (*Generator, error) {
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	all, err := topics()
	if err != nil {
		return nil, &community.Error{Code: community.Internal, Text: "the simulated talk cannot be read", Err: err}
	}
	return &Generator{plan: p, topics: all}, nil
}

// Observations is the history in order of time over all groups: first every
// group's roster, then what happens. Each iteration begins anew and gives the
// same. It needs memory for the groups, their members and one day.
func (g *Generator) Observations() iter.Seq[connector.Observation] { return g.WithTruth(nil) }

// WithTruth is Observations; record gets the truth of each group's day when the
// day is over. A day that the caller broke off is not recorded.
func (g *Generator) WithTruth(record func(GroupDay)) iter.Seq[connector.Observation] {
	return func(yield func(connector.Observation) bool) {
		r := g.begin()
		if !r.rosters(yield) {
			return
		}
		for range g.plan.Days {
			if !r.day(yield, record) {
				return
			}
		}
	}
}

// run is a history on its way.
type run struct {
	plan   *Plan
	groups []*group
	next   int // index of the day to come
	items  []item
	buf    []byte
}

func (g *Generator) begin() *run {
	r := &run{plan: &g.plan, groups: make([]*group, g.plan.Groups)}
	for i := range r.groups {
		r.groups[i] = newGroup(&g.plan, g.topics, i)
	}
	return r
}

func (r *run) rosters(yield func(connector.Observation) bool) bool {
	at := r.plan.Start.Start(r.plan.Zone).UTC()
	for _, g := range r.groups {
		if !yield(g.roster(at)) {
			return false
		}
	}
	return true
}

func (g *group) roster(at time.Time) connector.Observation {
	o := connector.Observation{Kind: community.RosterTaken, Group: g.id, GroupName: g.name, At: at}
	for _, i := range g.present {
		o.Members = append(o.Members, g.members[i].out())
	}
	return o
}

// day plans the next day of all groups, then lets it happen.
func (r *run) day(yield func(connector.Observation) bool, record func(GroupDay)) bool {
	f := r.plan.frame(r.next)
	r.next++
	r.items = r.items[:0]
	for _, g := range r.groups {
		r.items = g.plan(r.plan, &f, r.items)
	}
	slices.SortFunc(r.items, func(a, b item) int {
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.act, b.act), cmp.Compare(a.thread, b.thread), cmp.Compare(a.nth, b.nth), cmp.Compare(a.member, b.member))
	})
	for i := range r.items {
		it := &r.items[i]
		g := r.groups[it.group]
		if f.lost(it.at) && it.act != lose {
			if it.act == say {
				g.today.lost++
			}
			continue
		}
		var o connector.Observation
		r.happen(it, &o)
		g.today.count(g, it, &o, &f)
		if !yield(o) {
			return false
		}
	}
	for _, g := range r.groups {
		g.settleDay(&f, record)
	}
	return true
}

func (t *tally) count(g *group, it *item, o *connector.Observation, f *frame) {
	switch it.act {
	case say:
		t.messages++
		t.mentions += len(o.Mentions)
		t.hours[f.hour(it.at)]++
		m := &g.members[it.member]
		if m.spoke == 0 {
			t.spoke = append(t.spoke, it.member)
		}
		m.spoke++
	case recall:
		t.recalls++
	case join:
		t.joins++
	case leave:
		t.leaves++
	}
}

// happen carries an item out and describes it in o.
func (r *run) happen(it *item, o *connector.Observation) {
	g := r.groups[it.group]
	o.Group, o.GroupName, o.At = g.id, g.name, time.UnixMilli(it.at).UTC()
	if it.member >= 0 {
		o.Sender = g.members[it.member].out()
	}
	switch it.act {
	case say:
		o.Kind = community.MessagePosted
		r.speak(g, it, o)
	case recall:
		o.Kind = community.MessageRecalled
		o.ID = r.id(g, it.thread, it.nth)
		o.Data = map[string]string{"message": o.ID}
	case join:
		o.Kind = community.MemberJoined
		o.Data = map[string]string{"way": "qrcode"}
		if it.about >= 0 {
			o.Operator = g.members[it.about].out()
			o.Data["way"] = "invite"
		}
	case leave:
		o.Kind = community.MemberLeft
		if it.about >= 0 {
			o.Operator = g.members[it.about].out()
		}
		g.leave(it.member)
	case rename:
		o.Kind = community.MemberRenamed
		m := &g.members[it.member]
		o.Data = map[string]string{"old": m.name}
		m.name = g.nickname(mix(uint64(it.at) ^ g.seed))
		o.Sender.Name = m.name
	case lose:
		o.Kind = community.CoverageLost
	case back:
		o.Kind = community.CoverageBack
	}
}

func (r *run) id(g *group, thread uint64, nth int16) string {
	b := append(r.buf[:0], 'm')
	b = strconv.AppendUint(b, messageID(g.number, thread, nth), 36)
	return string(b)
}

func (r *run) speak(g *group, it *item, o *connector.Observation) {
	s := &g.topic.scripts[it.script]
	l := &s.lines[it.line]
	o.ID = r.id(g, it.thread, it.nth)
	o.Content, o.MentionAll = l.content, l.all
	if it.answers >= 0 {
		o.ReplyTo = r.id(g, it.thread, it.answers)
	}
	v := voice{group: g.seed, thread: mix(g.seed + it.thread), count: int(it.count)}
	v.line = mix(v.thread + uint64(it.nth) + 1)
	if it.about >= 0 {
		m := &g.members[it.about]
		o.Mentions = []connector.Member{m.out()}
		v.about = m.name
	}
	if len(l.text) == 0 {
		return
	}
	r.buf = g.topic.write(r.buf[:0], l.text, &v, v.line)
	if l.content == community.Text && it.count == 0 {
		r.buf = manner(r.buf, mix(g.seed+uint64(it.member)), v.line, it.nth == 0, l.role == s.lines[0].role)
	}
	o.Text = string(r.buf)
}

// How people like to begin what opens a conversation, what continues it, and to end.
var (
	openers = [4]string{"话说", "哎，", "对了，", "那个，"}
	fillers = [4]string{"嗯，", "哈哈，", "嗯嗯，", "emm "}
	manners = [12]string{"～", "～", "哈哈", "！", "😂", "😄", "呀", "。", "", "", "", ""}
)

// manner begins and ends some texts as their author likes to: the first line of a
// conversation, and what others than its opener say to it. Only sentences
// are touched, not numbers, mentions or what ends in a sign already.
func manner(b []byte, author, line uint64, first, opener bool) []byte {
	if len(b) < 12 {
		return b
	}
	h := mix(line + 1)
	if head, _ := utf8.DecodeRune(b); h%7 == 0 && first == opener && len(b) > 24 && unicode.Is(unicode.Han, head) {
		word := fillers[author>>8%4]
		if first {
			word = openers[author>>8%4]
		}
		b = slices.Insert(b, 0, []byte(word)...)
	}
	if h>>8%4 != 0 {
		return b
	}
	if last, _ := utf8.DecodeLastRune(b); !unicode.Is(unicode.Han, last) || slices.Contains([]rune("吗呢吧哈呀啊"), last) {
		return b
	}
	return append(b, manners[author%uint64(len(manners))]...)
}
