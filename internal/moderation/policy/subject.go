package policy

import (
	"slices"
	"sync"
	"time"

	"qunying/internal/moderation/read"
	"qunying/internal/rule"
)

// longestText bounds a message in the cost of a condition, in characters.
const longestText = 5000

// aspects are what conditions can ask about. The same names are the variables of
// expressions and the What of tests.
var aspects = []aspect{
	{name: "text", kind: rule.Text, longest: longestText, about: "message", text: func(s *subject) string { return s.reading.Normal }},
	{name: "length", kind: rule.Int, about: "message", number: func(s *subject) float64 { return float64(s.reading.Length) }},
	{name: "form", kind: rule.Text, longest: 20, about: "message", text: func(s *subject) string { return s.facts.Form }},
	{name: "words", kind: rule.Texts, longest: 16, about: "word", needs: hasWords, hit: func(h *read.Hit) string { return h.Category }},
	{name: "lexicons", kind: rule.Texts, longest: 64, about: "word", needs: hasWords, hit: func(h *read.Hit) string { return h.Lexicon }},
	{name: "found", kind: rule.Texts, longest: 64, about: "found", needs: hasFindings, found: func(f *read.Found) (string, bool) { return f.Detector, true }},
	{name: "hosts", kind: rule.Texts, longest: 64, about: "found", needs: hasFindings, found: func(f *read.Found) (string, bool) { return f.Value, f.Detector == read.Link }},
	{name: "score.abuse", kind: rule.Number, about: "score", needs: hasAbuse, number: func(s *subject) float64 { return s.facts.Scores.Abuse }},
	{name: "score.advert", kind: rule.Number, about: "score", needs: hasAdvert, number: func(s *subject) float64 { return s.facts.Scores.Advert }},
	{name: "member.hours", kind: rule.Number, about: "member", number: (*subject).hours},
	{name: "member.messages", kind: rule.Int, about: "member", number: func(s *subject) float64 { return float64(s.facts.Member.Messages) }},
	{name: "member.strikes", kind: rule.Int, about: "member", number: func(s *subject) float64 { return float64(s.facts.Member.Strikes) }},
	{name: "member.role", kind: rule.Text, longest: 20, about: "member", text: func(s *subject) string { return s.facts.Member.Role }},
	{name: "member.blocked", kind: rule.Bool, about: "member", is: func(s *subject) bool { return s.facts.Member.Blocked }},
	{name: "recent.in_10s", kind: rule.Int, about: "recent", number: func(s *subject) float64 { return float64(s.facts.Recent.In10s) }},
	{name: "recent.in_60s", kind: rule.Int, about: "recent", number: func(s *subject) float64 { return float64(s.facts.Recent.In60s) }},
	{name: "recent.repeats", kind: rule.Int, about: "recent", number: func(s *subject) float64 { return float64(s.facts.Recent.Repeats) }},
	{name: "recent.groups", kind: rule.Int, about: "recent", number: func(s *subject) float64 { return float64(s.facts.Recent.Groups) }},
	{name: "recent.media_60s", kind: rule.Int, about: "recent", number: func(s *subject) float64 { return float64(s.facts.Recent.Media60s) }},
	{name: "recent.promotions", kind: rule.Int, about: "recent", number: func(s *subject) float64 { return float64(s.facts.Recent.Promotions) }},
	{name: "recent.quarrel", kind: rule.Int, about: "recent", number: func(s *subject) float64 { return float64(s.facts.Recent.Quarrel) }},
	{name: "recent.complaints", kind: rule.Int, about: "recent", number: func(s *subject) float64 { return float64(s.facts.Recent.Complaints) }},
	{name: "members", kind: rule.Int, about: "group", number: func(s *subject) float64 { return float64(s.facts.Members) }},
	{name: "check_in", kind: rule.Bool, about: "message", is: func(s *subject) bool { return s.facts.CheckIn }},
	{name: "minute", kind: rule.Int, about: "clock", number: func(s *subject) float64 { return float64(minute(s.facts.Now)) }},
	{name: "weekday", kind: rule.Int, about: "clock", number: func(s *subject) float64 { return float64(weekday(s.facts.Now)) }},
}

// aspect is something that a condition can ask about. One of the last five gives
// its value: most messages are asked about most aspects, and a value in an interface
// takes memory each time.
type aspect struct {
	name    string
	kind    rule.Type
	longest uint64
	about   string // Reason.Kind
	needs   traits // of the message, without which it is empty or 0

	number func(*subject) float64 // of Int too
	text   func(*subject) string
	is     func(*subject) bool
	hit    func(*read.Hit) string // of Texts, one of these two: what an entry is called
	found  func(*read.Found) (string, bool)
}

// value is what the aspect holds, in the Go type that its kind names.
func (a *aspect) value(s *subject) any {
	switch a.kind {
	case rule.Text:
		return a.text(s)
	case rule.Texts:
		return a.list(s)
	case rule.Bool:
		return a.is(s)
	case rule.Int:
		return int(a.number(s))
	}
	return a.number(s)
}

// each goes through what a Texts aspect holds, until one is enough. The same may
// come several times.
func (a *aspect) each(s *subject, enough func(string) bool) {
	if a.hit != nil {
		for i := range s.reading.Hits {
			if h := &s.reading.Hits[i]; !h.Exception && enough(a.hit(h)) {
				return
			}
		}
		return
	}
	for i := range s.reading.Found {
		if name, ok := a.found(&s.reading.Found[i]); ok && enough(name) {
			return
		}
	}
}

// list names each thing once.
func (a *aspect) list(s *subject) (names []string) {
	a.each(s, func(name string) bool {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		return false
	})
	return names
}

// has says whether one of the values is among what the aspect holds.
func (a *aspect) has(s *subject, values []string) (held bool) {
	a.each(s, func(name string) bool {
		held = slices.Contains(values, name)
		return held
	})
	return held
}

var byName = func() map[string]*aspect {
	all := map[string]*aspect{}
	for i := range aspects {
		all[aspects[i].name] = &aspects[i]
	}
	return all
}()

// language is what expressions can say. It is made when the first one is read.
var language = sync.OnceValue(func() *rule.Language {
	l, err := rule.New(Aspects()...)
	if err != nil {
		panic(err) // the table above is wrong: every test says so
	}
	return l
})

// Aspects lists what conditions can ask about, with the type of each.
func Aspects() []rule.Var {
	var vars []rule.Var
	for _, a := range aspects {
		vars = append(vars, rule.Var{Name: a.name, Type: a.kind, Longest: a.longest})
	}
	return vars
}

// subject is a message with all that is known of it: rule.Vars.
type subject struct {
	reading *read.Reading
	facts   *Facts
}

func (s *subject) Value(name string) any { return byName[name].value(s) }

// notNew are the hours of a member of whom it is not known since when they are
// in the group: nobody is taken for a newcomer without proof.
const notNew = 1e6

func (s *subject) hours() float64 {
	if s.facts.Member.Hours < 0 {
		return notNew
	}
	return s.facts.Member.Hours
}

// weekday counts from Monday, 1, to Sunday, 7 (ISO 8601).
func weekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// minute counts from midnight.
func minute(t time.Time) int { return t.Hour()*60 + t.Minute() }
