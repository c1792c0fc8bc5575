package policy

import (
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
	{"text", rule.Text, longestText, "message", func(s *subject) any { return s.reading.Normal }},
	{"length", rule.Int, 0, "message", func(s *subject) any { return s.reading.Length }},
	{"form", rule.Text, 20, "message", func(s *subject) any { return s.facts.Form }},
	{"words", rule.Texts, 16, "word", func(s *subject) any { return s.categories }},
	{"lexicons", rule.Texts, 64, "word", func(s *subject) any { return s.lexicons }},
	{"found", rule.Texts, 64, "found", func(s *subject) any { return s.detectors }},
	{"hosts", rule.Texts, 64, "found", func(s *subject) any { return s.hosts }},
	{"score.abuse", rule.Number, 0, "score", func(s *subject) any { return s.facts.Scores.Abuse }},
	{"score.advert", rule.Number, 0, "score", func(s *subject) any { return s.facts.Scores.Advert }},
	{"member.hours", rule.Number, 0, "member", func(s *subject) any { return s.hours() }},
	{"member.messages", rule.Int, 0, "member", func(s *subject) any { return s.facts.Member.Messages }},
	{"member.strikes", rule.Int, 0, "member", func(s *subject) any { return s.facts.Member.Strikes }},
	{"member.role", rule.Text, 20, "member", func(s *subject) any { return s.facts.Member.Role }},
	{"member.blocked", rule.Bool, 0, "member", func(s *subject) any { return s.facts.Member.Blocked }},
	{"recent.in_10s", rule.Int, 0, "recent", func(s *subject) any { return s.facts.Recent.In10s }},
	{"recent.in_60s", rule.Int, 0, "recent", func(s *subject) any { return s.facts.Recent.In60s }},
	{"recent.repeats", rule.Int, 0, "recent", func(s *subject) any { return s.facts.Recent.Repeats }},
	{"recent.groups", rule.Int, 0, "recent", func(s *subject) any { return s.facts.Recent.Groups }},
	{"recent.media_60s", rule.Int, 0, "recent", func(s *subject) any { return s.facts.Recent.Media60s }},
	{"recent.promotions", rule.Int, 0, "recent", func(s *subject) any { return s.facts.Recent.Promotions }},
	{"recent.quarrel", rule.Int, 0, "recent", func(s *subject) any { return s.facts.Recent.Quarrel }},
	{"recent.complaints", rule.Int, 0, "recent", func(s *subject) any { return s.facts.Recent.Complaints }},
	{"members", rule.Int, 0, "group", func(s *subject) any { return s.facts.Members }},
	{"check_in", rule.Bool, 0, "message", func(s *subject) any { return s.facts.CheckIn }},
	{"minute", rule.Int, 0, "clock", func(s *subject) any { return s.facts.Now.Hour()*60 + s.facts.Now.Minute() }},
	{"weekday", rule.Int, 0, "clock", func(s *subject) any { return weekday(s.facts.Now) }},
}

// aspect is something that a condition can ask about.
type aspect struct {
	name    string
	kind    rule.Type
	longest uint64
	about   string // Reason.Kind
	value   func(*subject) any
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

	categories, lexicons, detectors, hosts []string
}

func about(r *read.Reading, f *Facts) *subject {
	counts := func(h *read.Hit) bool { return !h.Exception }
	return &subject{r, f,
		collect(r.Hits, func(h *read.Hit) (string, bool) { return h.Category, counts(h) }),
		collect(r.Hits, func(h *read.Hit) (string, bool) { return h.Lexicon, counts(h) }),
		collect(r.Found, func(f *read.Found) (string, bool) { return f.Detector, true }),
		collect(r.Found, func(f *read.Found) (string, bool) { return f.Value, f.Detector == read.Link }),
	}
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

// collect names each thing once.
func collect[T any](all []T, name func(*T) (string, bool)) []string {
	var names []string
next:
	for i := range all {
		n, ok := name(&all[i])
		if !ok {
			continue
		}
		for _, have := range names {
			if have == n {
				continue next
			}
		}
		names = append(names, n)
	}
	return names
}
