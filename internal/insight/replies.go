package insight

import (
	"cmp"
	"slices"

	"qunying/community"
)

// TalkDay is who answered whom on a day of a group.
type TalkDay struct {
	Day community.Day
	*Talk
}

// talksIn are the span's days on which anything was said.
func (h *History) talksIn(s Span) []TalkDay {
	at := func(t TalkDay, d community.Day) int { return cmp.Compare(t.Day, d) }
	from, _ := slices.BinarySearchFunc(h.talks, s.From, at)
	to, _ := slices.BinarySearchFunc(h.talks, s.To+1, at)
	return h.talks[from:max(from, to)]
}

// How much of what is written must be recognisable answers for them to say
// anything, and for a question without one to say anything: where people hardly
// ever quote or mention, every question would look unanswered.
const (
	repliesLeast    = 0.02
	unansweredLeast = 0.10
)

// SeesReplies says that answers can be told from other messages in this group:
// of its messages, two in a hundred at least are known to be one.
func (h *History) SeesReplies() bool { return h.replying() >= repliesLeast }

// SeesUnanswered says that people answer by quoting and mentioning so often, every
// tenth message, that a question without such an answer was hardly answered.
func (h *History) SeesUnanswered() bool { return h.replying() >= unansweredLeast }

// findReplying is the share of messages that are recognisable answers.
func (h *History) findReplying() float64 {
	answers, all := 0, h.sum(Span{-1 << 30, 1 << 30}, messages)
	for _, t := range h.talks {
		answers += t.Answers()
	}
	if all == 0 {
		return 0
	}
	return float64(answers) / float64(all)
}

// ofTalk is a count over what was said.
func (h *History) ofTalk(s Span, of func(TalkDay) int) figure {
	f, days := h.count(s, messages), h.talksIn(s)
	if !f.known {
		return f
	}
	if f.value > 0 && len(days) == 0 { // they have not been looked through yet
		return unknown(TooYoung)
	}
	f.value = 0
	for _, t := range days {
		f.value += float64(of(t))
	}
	return f
}

// ofReplies is such a count where answers can be seen.
func (h *History) ofReplies(s Span, of func(TalkDay) int) figure {
	if f := h.ofTalk(s, of); !f.known || h.SeesReplies() {
		return f
	}
	return unknown(NoReplies)
}

// ofUnanswered is a count of questions without an answer.
func (h *History) ofUnanswered(s Span) figure {
	if f := h.ofReplies(s, unanswered); !f.known || h.SeesUnanswered() {
		return f
	}
	return unknown(NoReplies)
}

func questions(t TalkDay) int { return len(t.Questions) }

func unanswered(t TalkDay) (n int) {
	for _, q := range t.Questions {
		if !q.Answered {
			n++
		}
	}
	return n
}

func flat(t TalkDay) (n int) {
	for _, q := range t.Questions {
		if q.Flat {
			n++
		}
	}
	return n
}

func answered(t TalkDay) int { return len(t.Waits) }

// shareOf makes a count a share of another over the same days.
func (f figure) shareOf(all figure) figure {
	if !f.known {
		return f
	}
	if all.value == 0 {
		return unknown(NoMessages)
	}
	return figure{value: f.value / all.value, of: all.value, known: true, partial: f.partial}
}

// answeredShare is how much of what members write is answered.
func (h *History) answeredShare(s Span) figure {
	return h.ofReplies(s, answered).shareOf(h.count(s, messages))
}

// firstReply is the median number of minutes to the first answer.
func (h *History) firstReply(s Span) figure {
	f := h.ofReplies(s, answered)
	if !f.known {
		return f
	}
	waits := h.waitsIn(s)
	if len(waits) == 0 {
		return unknown(NoReplies)
	}
	slices.Sort(waits)
	n := len(waits)
	seconds := (float64(waits[(n-1)/2]) + float64(waits[n/2])) / 2
	return figure{value: seconds / 60, of: float64(n), known: true, partial: f.partial}
}

// waitsIn are the seconds to the first answers of the span's messages.
func (h *History) waitsIn(s Span) (waits []uint32) {
	for _, t := range h.talksIn(s) {
		waits = append(waits, t.Waits...)
	}
	return waits
}

// isolated is how many of those who spoke answered nobody and were answered by
// nobody, as a share.
func (h *History) isolated(s Span) figure {
	f := h.ofReplies(s, func(TalkDay) int { return 0 })
	if !f.known {
		return f
	}
	spoke := h.distinct(s)
	if spoke.value == 0 {
		return unknown(NoMessages)
	}
	return figure{value: float64(len(h.Network(s).Alone)) / spoke.value, of: spoke.value, known: true, partial: f.partial}
}

// Bond is how often two persons answered each other.
type Bond struct {
	A, B   community.PersonID // A is the smaller
	AToB   int64              // answers of A to B
	BToA   int64
	Mutual bool // both did
}

// Partner is with how many others somebody talks.
type Partner struct {
	Person   community.PersonID
	With     int   // persons
	Given    int64 // answers
	Received int64
}

// Network is who talks to whom in a period.
type Network struct {
	Bonds    []Bond               // the strongest first
	Partners []Partner            // who talks with most others, first
	Alone    []community.PersonID // spoke, and neither answered anybody nor was answered; ascending
}

// Network follows the answers of a period between persons. Answers to oneself, as
// two identities of one person, count for nothing.
func (h *History) Network(s Span) Network {
	bonds, people := map[[2]community.PersonID]*Bond{}, map[community.PersonID]*Partner{}
	of := func(p community.PersonID) *Partner {
		if people[p] == nil {
			people[p] = &Partner{Person: p}
		}
		return people[p]
	}
	for _, t := range h.talksIn(s) {
		for pair, n := range t.Pairs {
			from, to := h.person(pair.From), h.person(pair.To)
			if from == to {
				continue
			}
			key := [2]community.PersonID{min(from, to), max(from, to)}
			b := bonds[key]
			if b == nil {
				b = &Bond{A: key[0], B: key[1]}
				bonds[key] = b
				of(from).With++
				of(to).With++
			}
			if from == b.A {
				b.AToB += int64(n)
			} else {
				b.BToA += int64(n)
			}
			of(from).Given += int64(n)
			of(to).Received += int64(n)
		}
	}
	var net Network
	for _, b := range bonds {
		b.Mutual = b.AToB > 0 && b.BToA > 0
		net.Bonds = append(net.Bonds, *b)
	}
	slices.SortFunc(net.Bonds, func(x, y Bond) int {
		return cmp.Or(cmp.Compare(y.AToB+y.BToA, x.AToB+x.BToA), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	for _, p := range people {
		net.Partners = append(net.Partners, *p)
	}
	slices.SortFunc(net.Partners, func(x, y Partner) int {
		return cmp.Or(cmp.Compare(y.With, x.With), cmp.Compare(y.Given+y.Received, x.Given+x.Received), cmp.Compare(x.Person, y.Person))
	})
	for it := h.speakers(s).Iterator(); it.HasNext(); {
		if p := community.PersonID(it.Next()); people[p] == nil {
			net.Alone = append(net.Alone, p)
		}
	}
	return net
}

// FormReplies is how a form of message is answered (S39).
type FormReplies struct {
	Format
	Answered int64 // messages with an answer
	Answers  int64
}

// FormReplies is the mix of forms with the answers to each, the most frequent first.
func (h *History) FormReplies(s Span) []FormReplies {
	by := map[community.Content]FormTalk{}
	for _, t := range h.talksIn(s) {
		for c, f := range t.Forms {
			sum := by[c]
			by[c] = FormTalk{sum.Answered + f.Answered, sum.Answers + f.Answers}
		}
	}
	formats := h.Formats(s)
	out := make([]FormReplies, len(formats))
	for i, f := range formats {
		out[i] = FormReplies{f, int64(by[f.Content].Answered), int64(by[f.Content].Answers)}
	}
	return out
}

// Ways counts the answers of a period by how they are known.
func (h *History) Ways(s Span) (quotes, mentions, called int64) {
	for _, t := range h.talksIn(s) {
		quotes += int64(t.Quotes)
		mentions += int64(t.Mentions)
		called += int64(t.Called)
	}
	return quotes, mentions, called
}

// Open are the questions of a period that nobody answered, the newest first; where
// answers cannot be seen, those that fell flat.
func (h *History) Open(s Span, limit int) (list []community.Seq, why Why) {
	if !h.SeesUnanswered() {
		why = NoReplies
	}
	for _, t := range slices.Backward(h.talksIn(s)) {
		for _, q := range slices.Backward(t.Questions) {
			if len(list) < limit && (why == "" && !q.Answered || why != "" && q.Flat) {
				list = append(list, q.Seq)
			}
		}
	}
	return list, why
}
