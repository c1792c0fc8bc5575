package classify

// Forms are how a text is built, whatever its characters: a run of Han characters,
// a plus, four letters, three digits. Adverts of one source have few of them, so a
// handful of decisions teaches much; those of another source have others, so only
// what a community learns looks at them.
const (
	formBits = 12
	Forms    = 1 << formBits // places for the weights of forms
	mostForm = 120           // characters of a text whose forms are looked at
	longForm = 3             // pieces of a form

	formValue = 0.35 // the value of a form that a text has
)

// pieces of a text; numbers and runs are told apart by their lengths, other
// characters of ASCII are themselves.
const (
	edgePiece = 1 + iota
	spacePiece
	emojiPiece
	otherPiece
	digitPiece = 10
	latinPiece = 30
	hanPiece   = 50
	asciiPiece = 70
)

// formReader finds the forms of a text. It is memory for one goroutine.
type formReader struct {
	pieces []uint32
	found  []uint16
	seen   [Forms / 64]uint64
}

// read returns the forms of a text, each once. The slice is good until the next
// call.
func (f *formReader) read(runes []rune) []uint16 {
	f.cut(runes[:min(len(runes), mostForm)])
	for _, k := range f.found {
		f.seen[k/64] = 0
	}
	f.found = f.found[:0]
	for i := range f.pieces {
		var h uint64
		for n := 1; n <= longForm && i+n <= len(f.pieces); n++ {
			h = (h + uint64(f.pieces[i+n-1])) * 0x9E3779B97F4A7C15
			k := uint16(h >> (64 - formBits))
			if bit := uint64(1) << (k % 64); f.seen[k/64]&bit == 0 {
				f.seen[k/64] |= bit
				f.found = append(f.found, k)
			}
		}
	}
	return f.found
}

// cut reads a text as pieces.
func (f *formReader) cut(runes []rune) {
	f.pieces = append(f.pieces[:0], edgePiece)
	for i := 0; i < len(runes); {
		end, piece := i+1, uint32(otherPiece)
		run := func(of func(rune) bool, base uint32, most int) {
			for end < len(runes) && of(runes[end]) {
				end++
			}
			piece = base + uint32(min(end-i, most))
		}
		switch r := runes[i]; {
		case isDigit(r):
			run(isDigit, digitPiece, 12)
		case isLatin(r):
			run(isLatin, latinPiece, 8)
		case isHan(r):
			run(isHan, hanPiece, 6)
		case r == ' ':
			piece = spacePiece
		case isEmoji(r):
			piece = emojiPiece
		case r < 0x80:
			piece = asciiPiece + uint32(r)
		}
		f.pieces = append(f.pieces, piece)
		i = end
	}
	f.pieces = append(f.pieces, edgePiece)
}
