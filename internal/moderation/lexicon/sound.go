package lexicon

import (
	"strings"
	"sync"

	"qunying/internal/moderation/match"
	"qunying/internal/moderation/normal"
	"qunying/internal/moderation/pinyin"
)

// How entries are found by sound. A word becomes a row of syllables without
// tones, each a rune of its own, and so does the message: Han characters by
// their first reading, runs of Latin letters if they can be read as syllables
// from beginning to end. Words of two syllables sound like too many others: they
// count only where at least one syllable is spelled out.

const (
	firstSyllable = 0x4E00 // the rune for the first syllable: any would do, these are one load
	noSyllable    = ' '
	leastSpelled  = 2 // syllables of a word that is found where it is spelled out,
	leastLetters  = 3 // with so many letters
	leastSounded  = 3 // where only other characters sound the same
	leastInitials = 3 // letters
)

var readings = sync.OnceValue(pinyin.Get)

// syllables returns the syllables of a word as runes, or "" if it has other
// characters than Han or too few.
func syllables(word string) string {
	var b strings.Builder
	n := 0
	for _, r := range word {
		s := readings().Of(r)
		if s == 0 {
			return ""
		}
		b.WriteRune(firstSyllable + rune(s))
		n++
	}
	if n < leastSpelled {
		return ""
	}
	return b.String()
}

// initials returns the first letters of the syllables of a word, or "" if it
// has other characters than Han or too few.
func initials(word string) string {
	var b strings.Builder
	for _, r := range word {
		s := readings().Of(r)
		if s == 0 {
			return ""
		}
		b.WriteByte(readings().Name(s)[0])
	}
	if b.Len() < leastInitials {
		return ""
	}
	return b.String()
}

// sounds finds entries by their syllables.
type sounds struct {
	words *match.Automaton
	uses  []int // entries by word
}

// heard is a message in syllables. Its memory is used again.
type heard struct {
	runes  []rune
	at     []normal.Span // runes of Text.Words
	run    []normal.Span // the run of letters that a syllable was spelled in; empty for Han characters
	places bool          // at and run are filled in: only of a message in which something is found
	pieces []pinyin.Piece
	found  []match.Hit
}

func (h *heard) push(r rune, at, run normal.Span) {
	h.runes = append(h.runes, r)
	if h.places {
		h.at, h.run = append(h.at, at), append(h.run, run)
	}
}

// listen reads a message as syllables.
func (h *heard) listen(runes []rune, places bool) {
	h.places = places
	table := readings()
	h.runes, h.at, h.run = h.runes[:0], h.at[:0], h.run[:0]
	for i := 0; i < len(runes); {
		r := runes[i]
		if s := table.Of(r); s != 0 {
			h.push(firstSyllable+rune(s), normal.Span{Start: i, End: i + 1}, normal.Span{})
			i++
			continue
		}
		end := i
		for end < len(runes) && latin(runes[end]) {
			end++
		}
		if end == i {
			if !strings.ContainsRune(" .-_*'·", r) { // between syllables these mean nothing
				h.push(noSyllable, normal.Span{Start: i, End: i + 1}, normal.Span{})
			}
			i++
			continue
		}
		ok := mayBeSyllables(runes[i:end])
		if ok {
			h.pieces, ok = table.Split(h.pieces[:0], runes[i:end])
		}
		if !ok {
			h.pieces = h.pieces[:0]
			h.push(noSyllable, normal.Span{Start: i, End: end}, normal.Span{})
		}
		start := i
		for _, p := range h.pieces {
			h.push(firstSyllable+rune(p.Syllable), normal.Span{Start: start, End: i + p.End}, normal.Span{Start: i, End: end})
			start = i + p.End
		}
		i = end
	}
}

// mayBeSyllables is false for most runs of letters that are no syllables, and
// cheap to ask: syllables begin and end with few letters.
func mayBeSyllables(run []rune) bool {
	switch run[0] {
	case 'i', 'u', 'v':
		return false
	}
	switch run[len(run)-1] {
	case 'a', 'e', 'i', 'o', 'u', 'v', 'n', 'g', 'r':
		return true
	}
	return false
}

// findSounds appends the entries that a message has by sound and that were not
// found at the same place as they are written.
func (f *Finder) findSounds(s *Set, runes []rune) {
	h := &f.heard
	h.listen(runes, false)
	if h.found = s.sounds.words.Find(h.runes, h.found[:0], maxHits); len(h.found) == 0 {
		return
	}
	h.listen(runes, true)
	written := len(f.hits)
next:
	for _, w := range h.found {
		if !h.plausible(int(w.Start), int(w.End)) {
			continue
		}
		hit := Hit{
			Entry: s.sounds.uses[w.Word], Way: Sounded,
			Words: normal.Span{Start: h.at[w.Start].Start, End: h.at[w.End-1].End},
		}
		for _, other := range f.hits[:written] {
			if other.Entry == hit.Entry && other.Words == hit.Words {
				continue next
			}
		}
		f.hits = append(f.hits, hit)
	}
}

// plausible tells whether the syllables of a word were meant: none is cut out of
// a longer run of letters, and there are enough of them or of letters.
func (h *heard) plausible(start, end int) bool {
	letters := 0
	for i := start; i < end; i++ {
		run := h.run[i]
		if run == (normal.Span{}) {
			continue
		}
		if run.Start < h.at[start].Start || run.End > h.at[end-1].End {
			return false
		}
		letters += h.at[i].End - h.at[i].Start
	}
	return end-start >= leastSounded || letters >= leastLetters
}
