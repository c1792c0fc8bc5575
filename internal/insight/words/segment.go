package words

import (
	"iter"
	"unicode/utf8"
)

// window is how many characters are cut at once; longer runs are cut piece by
// piece.
const window = 128

// unknown is the cost of a character that the dictionary does not have: that of
// a word seen once in about 300 million.
const unknown = 1250

// lattice holds the working memory of one cut, on the caller's stack.
type lattice struct {
	code  [window]uint16
	start [window + 1]uint16 // byte at which a character begins
	cost  [window + 1]uint32 // of the cheapest way to here
	back  [window + 1]uint8  // characters in that way's last word
	ends  [window]uint16     // bytes at which the words end
}

// cut divides the beginning of a run of Chinese characters into its most
// probable words and returns how many bytes they cover; l.ends[:n] are the ends.
func (s *Segmenter) cut(run string, l *lattice) (n, covered int) {
	chars, i := 0, 0
	for i < len(run) && chars < window {
		l.start[chars] = uint16(i)
		if b := run[i]; b >= 0xE3 && b <= 0xE9 && i+2 < len(run) {
			r := rune(b&0x0F)<<12 | rune(run[i+1]&0x3F)<<6 | rune(run[i+2]&0x3F)
			l.code[chars] = s.code(r)
			i += 3
		} else {
			r, size := utf8.DecodeRuneInString(run[i:])
			l.code[chars] = s.code(r)
			i += size
		}
		chars++
		l.cost[chars] = 1 << 30
	}
	l.start[chars] = uint16(i)
	l.cost[0] = 0

	for from := range chars {
		here := l.cost[from]
		u := s.child(0, l.code[from])
		cost := u.cost()
		if cost == 0 {
			cost = unknown
		}
		if cost += here; cost < l.cost[from+1] {
			l.cost[from+1], l.back[from+1] = cost, 1
		}
		for to := from + 1; to < chars && u.base() != 0; {
			if u = s.child(u.base(), l.code[to]); u == 0 {
				break
			}
			to++
			if cost := u.cost(); cost != 0 && here+cost < l.cost[to] {
				l.cost[to], l.back[to] = here+cost, uint8(to-from)
			}
		}
	}

	for at := chars; at > 0; at -= int(l.back[at]) {
		n++
		l.ends[window-n] = l.start[at]
	}
	copy(l.ends[:n], l.ends[window-n:])
	if i < len(run) { // the last words may go on beyond the window
		for n > 1 && int(l.ends[n-1]) > i-3*LongestWord {
			n--
		}
	}
	return n, int(l.ends[n-1])
}

// Tokens yields the pieces of text and what they are. The pieces are substrings
// of text and, one after the other, make it up.
func (s *Segmenter) Tokens(text string) iter.Seq2[Kind, string] {
	return func(yield func(Kind, string) bool) {
		var l lattice
		for i := 0; i < len(text); {
			kind, end := s.next(text, i)
			if kind != Word || end-i <= utf8.UTFMax-1 {
				if !yield(kind, text[i:end]) {
					return
				}
				i = end
				continue
			}
			if text[i] < utf8.RuneSelf { // a dictionary word that begins with letters
				if !yield(Word, text[i:end]) {
					return
				}
				i = end
				continue
			}
			for i < end {
				n, covered := s.cut(text[i:end], &l)
				from := 0
				for _, to := range l.ends[:n] {
					if !yield(Word, text[i+from:i+int(to)]) {
						return
					}
					from = int(to)
				}
				i += covered
			}
		}
	}
}

// longestCounted is the length in bytes of the longest word that Words yields:
// longer ones are keys and garbage.
const longestCounted = 64

// Words yields the words of text that are worth counting, folded to lower case
// and half width: Chinese words of two characters and more, and words in
// letters. Addresses, numbers, mentions, emoji and faces are not words. It
// allocates only for a word that folding changes. Stop words are yielded too:
// see IsStop.
func (s *Segmenter) Words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for kind, piece := range s.Tokens(text) {
			switch kind {
			case Word:
				if len(piece) <= 3 || utf8.RuneCountInString(piece) < 2 {
					continue
				}
			case Foreign:
				if len(piece) > longestCounted || utf8.RuneCountInString(piece) < 2 {
					continue
				}
			default:
				continue
			}
			if !yield(Fold(piece)) {
				return
			}
		}
	}
}
