package classify

import (
	"cmp"
	"math"
	"slices"

	"qunying/internal/moderation/normal"
)

// Because is something in a message that spoke for a class.
type Because struct {
	Start  int     `json:"start"` // bytes of the message; Start == End: its shape as a whole
	End    int     `json:"end"`
	Shape  string  `json:"shape,omitempty"` // which one: "link", "price", …
	Weight float64 `json:"weight"`          // log of odds it brought
}

// Explain returns what in a message spoke most for a class, the strongest first,
// at most n places. Features that overlap are one place. What spoke against the
// class is left out.
func (m *Model) Explain(message string, c Class, n int) []Because {
	s := m.scratch.Get().(*scratch)
	m.normal.Read(&s.text, message)
	found := s.x.Read(&s.text)
	unit := Scale(len(found)) * float64(m.linear[c].Steep)
	// What a feature brings is shared out among its characters; places are
	// runs of characters that speak for the class.
	share := make([]float64, min(len(s.text.Words.Runes), mostRead))
	for _, f := range found {
		w := float64(m.value[c][uint8(m.weights[f.Slot][c])]) * unit
		start, end := int(f.Start), min(int(f.End), len(share))
		for i := start; i < end; i++ {
			share[i] += w / float64(end-start)
		}
	}
	out := m.places(share, &s.text)
	shape := shapeOf(&s.text)
	for k := range shapes {
		if w := float64(m.linear[c].Shapes[k]) * shapeValue * float64(m.linear[c].Steep); shape.has(k) && w > 0 {
			out = append(out, Because{Shape: shapeNames[k], Weight: w})
		}
	}
	s.text.Source = ""
	m.scratch.Put(s)
	slices.SortStableFunc(out, func(a, b Because) int { return cmp.Compare(b.Weight, a.Weight) })
	return out[:min(n, len(out))]
}

// places returns the runs of characters that together spoke for the class.
func (m *Model) places(share []float64, t *normal.Text) []Because {
	const least = 0.02 // of one character, to be worth showing
	var out []Because
	for i := 0; i < len(share); {
		if share[i] < least {
			i++
			continue
		}
		from, sum := i, 0.0
		for ; i < len(share) && share[i] >= least; i++ {
			sum += share[i]
		}
		at := t.Words.Source(normal.Span{Start: from, End: i})
		out = append(out, Because{Start: at.Start, End: at.End, Weight: math.Round(sum*1000) / 1000})
	}
	return out
}
