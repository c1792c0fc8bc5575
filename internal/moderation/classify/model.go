package classify

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"io"
	"math"
	"sync"

	"qunying/community"
	"qunying/internal/moderation/normal"
)

// Class is what a model looks for.
type Class int

const (
	Abuse Class = iota
	Advert
	classes
)

func (c Class) String() string { return [...]string{"abuse", "advert"}[c] }

// Scores are probabilities, 0 to 1: from 0.5 on a text is rather what the class
// says than not, if such texts are as frequent as they were in training.
type Scores struct {
	Abuse  float64 `json:"abuse"`
	Advert float64 `json:"advert"`
}

// linear is the model of one class without its weights for slots, which stand
// with those of the other class.
type linear struct {
	Constant float32
	Steep    float32         // what a margin is multiplied with to be the log of odds
	Unit     float32         // what a companded weight of 1 means
	Shapes   [shapes]float32 // for shapes that the text has
}

// Model judges texts. It is never changed and may be shared.
type Model struct {
	normal  *normal.Normaliser
	linear  [classes]linear
	weights [][classes]int8 // by slot
	value   [classes][256]float32
	scratch sync.Pool // *scratch
}

// scratch is the memory for one text.
type scratch struct {
	text  normal.Text
	x     *Extractor
	forms formReader
}

//go:embed model.bin
var embedded []byte

// Default is the model that ships with the product. It needs 2 MB.
var Default = sync.OnceValue(func() *Model {
	m, err := Read(bytes.NewReader(embedded))
	if err != nil {
		panic(err) // the file is ours, and a test reads it
	}
	return m
})

// magic begins a file; the number is that of the features' meaning.
var magic = [8]byte{'q', 'y', 'c', 'l', 'a', 's', 's', 2}

// Write writes a model of the given weights, first those of slots, then those of
// shapes (see Inputs). Weights of slots become one byte each: the root of their
// size in 127 steps, because most are small.
func Write(w io.Writer, trained [2]Trained) error {
	z, err := flate.NewWriter(w, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(magic[:]); err != nil {
		return err
	}
	plane := make([]int8, Slots)
	for _, t := range trained {
		l := linear{Constant: float32(t.Constant), Steep: float32(t.Steep)}
		for _, v := range t.Weights[:Slots] {
			l.Unit = max(l.Unit, float32(math.Abs(float64(v))))
		}
		copy(l.Shapes[:], t.Weights[Slots:])
		for i, v := range t.Weights[:Slots] {
			plane[i] = compand(v, l.Unit)
		}
		if err := binary.Write(z, binary.LittleEndian, l); err != nil {
			return err
		}
		if err := binary.Write(z, binary.LittleEndian, plane); err != nil {
			return err
		}
	}
	return z.Close()
}

// Trained is what training found for one class.
type Trained struct {
	Weights  []float32 // Inputs of them
	Constant float64
	Steep    float64
}

// Inputs is how many weights a class has.
const Inputs = Slots + int(shapes)

func compand(v, unit float32) int8 {
	if v == 0 || unit == 0 {
		return 0
	}
	return int8(math.Copysign(math.Round(127*math.Sqrt(math.Abs(float64(v))/float64(unit))), float64(v)))
}

// Read reads a model that Write wrote. A file that is none is Invalid.
func Read(r io.Reader) (*Model, error) {
	bad := func(err error) error {
		return &community.Error{Code: community.Invalid, Text: "this is no model for this version", Err: err}
	}
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, bad(err)
	}
	if head != magic {
		return nil, bad(nil)
	}
	z := flate.NewReader(r)
	m := &Model{normal: normal.Default(), weights: make([][classes]int8, Slots)}
	plane := make([]byte, Slots)
	for c := range classes {
		if err := binary.Read(z, binary.LittleEndian, &m.linear[c]); err != nil {
			return nil, bad(err)
		}
		if _, err := io.ReadFull(z, plane); err != nil {
			return nil, bad(err)
		}
		for i, b := range plane {
			m.weights[i][c] = int8(b)
		}
		for i := range m.value[c] {
			v := float32(int8(i)) / 127
			m.value[c][i] = v * float32(math.Abs(float64(v))) * m.linear[c].Unit
		}
	}
	m.scratch.New = func() any { return &scratch{x: NewExtractor()} }
	return m, nil
}

// Score judges a message. It needs no new memory once its scratch has grown.
func (m *Model) Score(message string) Scores {
	s := m.scratch.Get().(*scratch)
	m.normal.Read(&s.text, message)
	margins := m.margins(&s.text, s.x)
	s.text.Source = "" // the pool must not keep messages
	m.scratch.Put(s)
	return Scores{m.probability(Abuse, margins[Abuse]), m.probability(Advert, margins[Advert])}
}

// margins returns how far a text is on the bad side, per class.
func (m *Model) margins(t *normal.Text, x *Extractor) [classes]float64 {
	var sum [classes]float32
	found := x.Read(t)
	for _, f := range found {
		w := m.weights[f.Slot]
		sum[Abuse] += m.value[Abuse][uint8(w[Abuse])]
		sum[Advert] += m.value[Advert][uint8(w[Advert])]
	}
	scale := Scale(len(found))
	shape := shapeOf(t)
	var out [classes]float64
	for c := range classes {
		l := &m.linear[c]
		out[c] = float64(sum[c])*scale + float64(l.Constant)
		for k := range shapes {
			if shape.has(k) {
				out[c] += float64(l.Shapes[k]) * shapeValue
			}
		}
	}
	return out
}

func (m *Model) probability(c Class, margin float64) float64 {
	return 1 / (1 + math.Exp(-margin*float64(m.linear[c].Steep)))
}
