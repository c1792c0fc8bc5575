// Package pinyin knows how Han characters sound: for each its first reading,
// without the tone, as a small number. It also reads syllables that are written
// in Latin letters.
//
// The readings come from mozillazg/go-pinyin v0.20.0 (MIT License, copyright
// 2016 mozillazg), see NOTICE. Only simplified characters are known: texts are
// meant to be normalised first.
package pinyin

import (
	_ "embed"
	"strings"
	"sync"
)

// Syllable is a syllable without its tone; 0 is none. The numbers follow the
// alphabet, and no reading was ever taken away: they may be kept in models.
type Syllable uint16

const (
	first   = 0x4E00
	last    = 0x9FFF
	longest = 6 // letters of a syllable
)

//go:embed readings.txt
var readings string

// table is what was read from readings.
type table struct {
	of    [last - first + 1]Syllable
	named map[string]Syllable
	names []string
}

var known = sync.OnceValue(func() *table {
	t := &table{named: map[string]Syllable{}, names: []string{""}}
	for line := range strings.Lines(readings) {
		name, characters, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found || name == "#" {
			continue
		}
		s := Syllable(len(t.names))
		t.names = append(t.names, name)
		t.named[name] = s
		for _, r := range characters {
			t.of[r-first] = s
		}
	}
	return t
})

// Table gives the readings. Take it once: it is made at the first call.
type Table struct{ t *table }

// Get returns the readings.
func Get() Table { return Table{known()} }

// Of returns the first reading of a simplified character, 0 if it has none.
func (t Table) Of(r rune) Syllable {
	if r < first || r > last {
		return 0
	}
	return t.t.of[r-first]
}

// Name returns how a syllable is written, with v for ü.
func (t Table) Name(s Syllable) string {
	if int(s) >= len(t.t.names) {
		return ""
	}
	return t.t.names[s]
}

// Count returns how many syllables there are; the greatest has this number.
func (t Table) Count() int { return len(t.t.names) - 1 }

// Each calls f for every character that has a reading.
func (t Table) Each(f func(r rune, s Syllable)) {
	for i, s := range t.t.of {
		if s != 0 {
			f(rune(first+i), s)
		}
	}
}

// Piece is a syllable in a run of letters: it ends before the letter End.
type Piece struct {
	Syllable Syllable
	End      int
}

// Split reads a run of small Latin letters as syllables and appends them to out.
// It takes the longest syllable after which the rest can be read too, and
// reports whether the whole run could be read; if not, nothing is appended.
func (t Table) Split(out []Piece, run []rune) ([]Piece, bool) {
	const most = 48
	if len(run) == 0 || len(run) > most {
		return out, false
	}
	var next [most + 1]uint8 // where the syllable from here ends; 0 if the rest cannot be read
	var what [most + 1]Syllable
	var buffer [longest]byte
	for i := len(run) - 1; i >= 0; i-- {
		for n := 1; n <= longest && i+n <= len(run); n++ {
			r := run[i+n-1]
			if r < 'a' || r > 'z' {
				break
			}
			buffer[n-1] = byte(r)
			if i+n < len(run) && next[i+n] == 0 {
				continue
			}
			if s := t.t.named[string(buffer[:n])]; s != 0 {
				next[i], what[i] = uint8(i+n), s
			}
		}
	}
	if next[0] == 0 {
		return out, false
	}
	for i := 0; i < len(run); i = int(next[i]) {
		out = append(out, Piece{what[i], int(next[i])})
	}
	return out, true
}
