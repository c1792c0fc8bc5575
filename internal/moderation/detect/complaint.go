package detect

import (
	_ "embed"
	"strings"
	"sync"

	"qunying/internal/moderation/match"
	"qunying/internal/moderation/normal"
)

//go:embed complaints.txt
var complaintText string

// complaints finds the words of complaints.txt.
var complaints = sync.OnceValue(func() (c struct {
	words *match.Automaton
	text  []string
}) {
	for line := range strings.Lines(complaintText) {
		if !strings.HasPrefix(line, "#") {
			c.text = append(c.text, strings.Fields(line)...)
		}
	}
	plain := make([]string, len(c.text))
	for i, w := range c.text {
		plain[i] = strings.TrimPrefix(w, "!")
	}
	var err error
	if c.words, err = match.Build(plain, nil); err != nil {
		panic(err) // the file is ours, and a test reads it
	}
	return c
})

// Complaint returns where a member complains of what was sold or promised, and
// by which word. One such message means little: see package watch.
func Complaint(t *normal.Text) (at normal.Span, word string, ok bool) {
	c := complaints()
	var buffer [16]match.Hit
	hits := c.words.Find(t.Words.Runes, buffer[:0], 50)
next:
	for _, h := range hits {
		if c.text[h.Word][0] == '!' {
			continue
		}
		for _, e := range hits {
			if c.text[e.Word][0] == '!' && e.Start <= h.Start && h.End <= e.End {
				continue next
			}
		}
		return t.Words.Source(normal.Span{Start: int(h.Start), End: int(h.End)}), c.text[h.Word], true
	}
	return normal.Span{}, "", false
}
