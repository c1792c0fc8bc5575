package lexicon

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/match"
	"qunying/internal/moderation/normal"
)

// Set is what lexicons were compiled to. It is never changed and may be shared.
type Set struct {
	entries  []member
	uses     []use // by word of the automaton
	words    *match.Automaton
	sounds   *sounds // nil if no entry is found by sound
	patterns []int   // entries that are regular expressions
}

// member is an entry and what it means.
type member struct {
	rule
	lexicon *Lexicon
	entry   *Entry
}

// use is what a word of the automaton is there for.
type use struct {
	entry int
	part  int // of a combination
	way   Way // of a single word
}

// Lexicon returns the name of the lexicon that a hit's entry belongs to.
func (s *Set) Lexicon(entry int) string { return s.entries[entry].lexicon.Name }

// Entry returns a hit's entry.
func (s *Set) Entry(entry int) Entry { return *s.entries[entry].entry }

// Fault is an entry that cannot be used.
type Fault struct {
	Line  int // of the file; where it was typed, its number, from 1
	Entry string
	Err   error // Invalid, says why
}

// Check returns the entries that cannot be used, at most limit.
func (l *Lexicon) Check(n *normal.Normaliser, limit int) (out []Fault) {
	for i := range l.Entries {
		if len(out) == limit {
			break
		}
		if _, err := parse(l.Entries[i].Text, n); err != nil {
			out = append(out, l.fault(i, err))
		}
	}
	return out
}

// mostNamed is how many entries that cannot be used one error names.
const mostNamed = 10

// Usable fails with Invalid, which names the first lines that cannot be used.
func (l *Lexicon) Usable(n *normal.Normaliser) error {
	faults := l.Check(n, mostNamed+1)
	if len(faults) < 2 {
		for _, f := range faults {
			return l.unusable(f)
		}
		return nil
	}
	var s strings.Builder
	for i, f := range faults {
		if i == mostNamed {
			s.WriteString("; there are more")
			break
		}
		why := &community.Error{Text: f.Err.Error()}
		errors.As(f.Err, &why)
		fmt.Fprintf(&s, "%sline %d, %.60q: %s", []string{"", "; "}[min(i, 1)], f.Line, f.Entry, why.Text)
	}
	return community.Errorf(community.Invalid, "%s: several lines cannot be read", cmp.Or(l.Name, "lexicon")).WithHint(s.String())
}

func (l *Lexicon) fault(i int, err error) Fault {
	return Fault{cmp.Or(l.Entries[i].Line, i+1), l.Entries[i].Text, err}
}

// Compile makes a set of lexicons, which must not be changed afterwards. n must
// be the normaliser that reads the messages. Errors are Invalid and name the
// lexicon and the line.
func Compile(n *normal.Normaliser, lexicons ...Lexicon) (*Set, error) {
	s := &Set{}
	var words, heard []string
	for k := range lexicons {
		l := &lexicons[k]
		if len(s.entries)+len(l.Entries) > maxEntries {
			return nil, community.Errorf(community.Invalid, "the lexicons have more than %d entries together", maxEntries)
		}
		for i := range l.Entries {
			r, err := parse(l.Entries[i].Text, n)
			if err != nil {
				return nil, l.unusable(l.fault(i, err))
			}
			if r.pattern != nil {
				if s.patterns = append(s.patterns, len(s.entries)); len(s.patterns) > maxPatterns {
					return nil, l.unusable(l.fault(i, community.Errorf(community.Invalid, "there are more than %d regular expressions", maxPatterns)))
				}
			}
			for part, w := range r.words {
				words = append(words, w)
				s.uses = append(s.uses, use{len(s.entries), part, Written})
			}
			if flags := l.Flags | l.Entries[i].Flags; flags != 0 && len(r.words) == 1 && !r.except {
				if words, heard = s.vary(words, heard, r.words[0], flags); len(words) > mostShapeSum {
					return nil, l.unusable(l.fault(i, community.Errorf(community.Invalid, "up to here there are more than %d look-alikes", mostShapeSum)))
				}
			}
			s.entries = append(s.entries, member{r, l, &l.Entries[i]})
		}
	}
	var err error
	if len(heard) > 0 {
		if s.sounds.words, err = match.Build(heard, nil); err != nil {
			return nil, err
		}
	}
	s.words, err = match.Build(words, nil)
	return s, err
}

// vary adds the other ways in which the word of the entry to come is found.
func (s *Set) vary(words, heard []string, word string, flags Flags) ([]string, []string) {
	entry := len(s.entries)
	add := func(w string, way Way) {
		words = append(words, w)
		s.uses = append(s.uses, use{entry, 0, way})
	}
	if flags&Pinyin != 0 {
		if sound := syllables(word); sound != "" {
			if s.sounds == nil {
				s.sounds = &sounds{}
			}
			heard = append(heard, sound)
			s.sounds.uses = append(s.sounds.uses, entry)
		}
	}
	if flags&Initials != 0 {
		if w := initials(word); w != "" {
			add(w, Initial)
		}
	}
	if flags&LookAlike != 0 {
		for _, w := range lookAlikes(word) {
			add(w, Shaped)
		}
	}
	return words, heard
}

// unusable is the error for a fault.
func (l *Lexicon) unusable(f Fault) error {
	why := &community.Error{Text: f.Err.Error()}
	errors.As(f.Err, &why)
	return &community.Error{
		Code: community.Invalid, Hint: why.Hint, Err: why.Err,
		Text: fmt.Sprintf("%s, line %d, %.60q: %s", cmp.Or(l.Name, "lexicon"), f.Line, f.Entry, why.Text),
	}
}

// Current is the set in force. It is swapped while messages are read: who reads
// one keeps to the set that was there when it began.
type Current struct{ p atomic.Pointer[Set] }

// Load returns the set in force, nil before the first Store.
func (c *Current) Load() *Set { return c.p.Load() }

// Store puts another set into force.
func (c *Current) Store(s *Set) { c.p.Store(s) }

// Way says how an entry was found.
type Way string

const (
	Written  Way = "written"  // the word itself, whatever disguise was undone
	Combined Way = "combined" // all words of a combination
	Matched  Way = "matched"  // by a regular expression
	Sounded  Way = "sounded"  // by its syllables (Pinyin)
	Shaped   Way = "shaped"   // as characters that look alike (LookAlike)
	Initial  Way = "initial"  // by its first letters (Initials)
)

// Hit is an entry that a message satisfies.
type Hit struct {
	Entry    int         // for Set.Entry and Set.Lexicon
	Words    normal.Span // runes of Text.Words; of a combination from its first word to its last
	Way      Way
	Excepted bool // lies inside an exception, so it does not count
}

// Finder is the memory for reading messages. It belongs to one goroutine.
type Finder struct {
	found      []match.Hit
	hits       []Hit
	exceptions []exception
	begun      map[int]begun // combinations of which a word was seen
	round      uint64        // of Find, by which begun is told from what earlier messages left
	last       []seen
	text       []byte
	heard      heard
}

// begun is where a combination is noted in Finder.last, in one round.
type begun struct {
	round uint64
	index int
}

// mostBegun bounds the combinations that are remembered: clearing a map for each
// message takes longer than all else that is done about combinations.
const mostBegun = 4096

// seen is where the words of a combination were seen last, plus one.
type seen [maxParts]int32

type exception struct {
	category string
	span     normal.Span
}

// maxHits bounds what is looked at in one message: one with more than this is
// made of nothing else.
const maxHits = 1000

// Find returns the entries that a message satisfies, words first and by place,
// each combination at most once. The slice is good until the next Find.
func (f *Finder) Find(s *Set, t *normal.Text) []Hit {
	runes := t.Words.Runes
	f.hits, f.exceptions = f.hits[:0], f.exceptions[:0]
	f.last = f.last[:0]
	if f.round++; len(f.begun) > mostBegun {
		clear(f.begun)
	}
	f.found = s.words.Find(runes, f.found[:0], maxHits)
	for _, h := range f.found {
		span := normal.Span{Start: int(h.Start), End: int(h.End)}
		if !whole(runes, span) {
			continue
		}
		u := s.uses[h.Word]
		r := &s.entries[u.entry]
		switch {
		case r.except:
			f.exceptions = append(f.exceptions, exception{r.entry.Category, span})
		case len(r.words) == 1:
			f.hits = append(f.hits, Hit{Entry: u.entry, Words: span, Way: u.way})
		default:
			f.combine(u, &r.rule, span)
		}
	}
	if s.sounds != nil {
		f.findSounds(s, runes)
	}
	if len(s.patterns) > 0 {
		f.findPatterns(s, runes)
	}
	if len(f.exceptions) > 0 {
		f.except(s)
	}
	return f.hits
}

// whole tells whether Latin words and numbers at the ends of a span do not run
// on: "sm" is not in "small".
func whole(runes []rune, s normal.Span) bool {
	joined := func(a, b rune) bool {
		return latin(a) && latin(b) || decimal(a) && decimal(b)
	}
	return (s.Start == 0 || !joined(runes[s.Start-1], runes[s.Start])) &&
		(s.End == len(runes) || !joined(runes[s.End-1], runes[s.End]))
}

func latin(r rune) bool   { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
func decimal(r rune) bool { return '0' <= r && r <= '9' }

// combine notes a word of a combination, and the combination once all of its
// words were seen near each other. Words come in the order of their starts, so
// the last place of each is the nearest.
func (f *Finder) combine(u use, r *rule, span normal.Span) {
	const done = -1
	at := f.begun[u.entry]
	if at.round != f.round {
		if f.begun == nil {
			f.begun = map[int]begun{}
		}
		at = begun{f.round, len(f.last)}
		f.begun[u.entry] = at
		f.last = append(f.last, seen{})
	}
	seen := &f.last[at.index]
	if seen[0] == done {
		return
	}
	seen[u.part] = int32(span.Start) + 1
	first, end := span.Start, span.End
	for part, word := range r.words {
		at := int(seen[part]) - 1
		if at < 0 {
			return
		}
		first = min(first, at)
		end = max(end, at+utf8.RuneCountInString(word))
	}
	if span.Start-first <= r.within {
		f.hits = append(f.hits, Hit{Entry: u.entry, Words: normal.Span{Start: first, End: end}, Way: Combined})
		seen[0] = done
	}
}

// findPatterns runs the regular expressions.
func (f *Finder) findPatterns(s *Set, runes []rune) {
	f.text = f.text[:0]
	for _, r := range runes {
		f.text = utf8.AppendRune(f.text, r)
	}
	for _, i := range s.patterns {
		if at := s.entries[i].pattern.FindIndex(f.text); at != nil {
			start := utf8.RuneCount(f.text[:at[0]])
			f.hits = append(f.hits, Hit{Entry: i, Words: normal.Span{Start: start, End: start + utf8.RuneCount(f.text[at[0]:at[1]])}, Way: Matched})
		}
	}
}

// except marks the hits that lie inside an exception.
func (f *Finder) except(s *Set) {
	for i := range f.hits {
		h := &f.hits[i]
		for _, e := range f.exceptions {
			if (e.category == "" || e.category == s.entries[h.Entry].entry.Category) && e.span.Start <= h.Words.Start && h.Words.End <= e.span.End {
				h.Excepted = true
			}
		}
	}
}
