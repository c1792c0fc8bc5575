package lexicon

import (
	"fmt"
	"sync/atomic"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/match"
	"qunying/internal/moderation/normal"
)

// Set is a compiled lexicon. It is never changed and may be shared.
type Set struct {
	Entries  []Entry
	rules    []rule
	uses     []use // by word of the automaton
	words    *match.Automaton
	patterns []int // entries that are regular expressions
}

// use is what a word of the automaton is there for.
type use struct {
	entry int
	part  int // of a combination
}

// Compile makes a set of entries. n must be the normaliser that reads the
// messages. Errors are Invalid and name the number of the entry, from 1.
func Compile(entries []Entry, n *normal.Normaliser) (*Set, error) {
	if len(entries) > maxEntries {
		return nil, community.Errorf(community.Invalid, "%d entries, more than %d", len(entries), maxEntries)
	}
	s := &Set{Entries: entries}
	var words []string
	for i, e := range entries {
		r, err := parse(e.Text, n)
		if err != nil {
			return nil, &community.Error{Code: community.Invalid, Text: fmt.Sprintf("entry %d cannot be used", i+1), Hint: err.Error(), Err: err}
		}
		s.rules = append(s.rules, r)
		if r.pattern != nil {
			if s.patterns = append(s.patterns, i); len(s.patterns) > maxPatterns {
				return nil, community.Errorf(community.Invalid, "more than %d regular expressions", maxPatterns)
			}
		}
		for part, w := range r.words {
			words = append(words, w)
			s.uses = append(s.uses, use{i, part})
		}
	}
	var err error
	s.words, err = match.Build(words, nil)
	return s, err
}

// Current is the set in force. It is swapped while messages are read: who reads
// one keeps to the set that was there when it began.
type Current struct{ p atomic.Pointer[Set] }

// Load returns the set in force, nil before the first Store.
func (c *Current) Load() *Set { return c.p.Load() }

// Store puts another set into force.
func (c *Current) Store(s *Set) { c.p.Store(s) }

// Hit is an entry that a message satisfies.
type Hit struct {
	Entry int         // index in Set.Entries
	Words normal.Span // runes of Text.Words; of a combination from its first word to its last
}

// Finder is the memory for reading messages. It belongs to one goroutine.
type Finder struct {
	found  []match.Hit
	hits   []Hit
	except []exception
	last   map[int]*[maxParts]int32 // where the words of a combination were seen last, plus one
	text   []byte
}

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
	f.hits, f.except = f.hits[:0], f.except[:0]
	clear(f.last)
	f.found = s.words.Find(runes, f.found[:0], maxHits)
	for _, h := range f.found {
		span := normal.Span{Start: int(h.Start), End: int(h.End)}
		if !whole(runes, span) {
			continue
		}
		u := s.uses[h.Word]
		r := &s.rules[u.entry]
		switch {
		case r.except:
			f.except = append(f.except, exception{s.Entries[u.entry].Category, span})
		case len(r.words) == 1:
			f.hits = append(f.hits, Hit{u.entry, span})
		default:
			f.combine(u, r, span)
		}
	}
	if len(s.patterns) > 0 {
		f.findPatterns(s, runes)
	}
	if len(f.except) > 0 {
		f.dropExcepted(s)
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
	seen := f.last[u.entry]
	if seen == nil {
		if f.last == nil {
			f.last = map[int]*[maxParts]int32{}
		}
		seen = new([maxParts]int32)
		f.last[u.entry] = seen
	}
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
		f.hits = append(f.hits, Hit{u.entry, normal.Span{Start: first, End: end}})
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
		if at := s.rules[i].pattern.FindIndex(f.text); at != nil {
			start := utf8.RuneCount(f.text[:at[0]])
			f.hits = append(f.hits, Hit{i, normal.Span{Start: start, End: start + utf8.RuneCount(f.text[at[0]:at[1]])}})
		}
	}
}

// dropExcepted removes the hits that lie inside an exception.
func (f *Finder) dropExcepted(s *Set) {
	kept := f.hits[:0]
next:
	for _, h := range f.hits {
		for _, e := range f.except {
			if (e.category == "" || e.category == s.Entries[h.Entry].Category) && e.span.Start <= h.Words.Start && h.Words.End <= e.span.End {
				continue next
			}
		}
		kept = append(kept, h)
	}
	f.hits = kept
}
