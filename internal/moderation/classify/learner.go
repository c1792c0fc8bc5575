package classify

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"qunying/community"
	"qunying/internal/moderation/classify/fit"
	"qunying/internal/moderation/normal"
)

// Judged is a message that people of a community decided on.
type Judged struct {
	Text string
	Bad  bool // it was what the class says
}

// Bounds of what is learnt from and of what is kept.
const (
	mostJudged  = 20_000 // the latest
	mostLearnt  = 8_000  // features with the greatest weights
	LeastJudged = 10     // of each kind; with fewer nothing is learnt

	MostOrdinary  = 1_000 // messages that nobody decided on; more are not looked at
	LeastOrdinary = 200   // with so many, none needs to have been decided to be nothing
	enoughFine    = 4     // one in so many decided to be nothing tells it better than what nobody looked at
	ordinaryCost  = 0.1   // what a mistake about one costs; 4 about a decision
	ordinaryBelow = -2.2  // log of odds from which the model is not sure enough that it is nothing
)

// Local is what a community's own decisions add to a model: the prior's margin
// times Trust, plus small weights. It is never changed, holds no text, and
// leaving it away gives the prior back.
type Local struct {
	Class    Class
	Trust    float64
	Constant float64
	Shapes   [shapes]float32
	Weights  map[uint32]float32 // by slot
	Forms    map[uint16]float32
	Judged   int // decisions it was learnt from
}

// Learn learns from decisions, of which the latest 20,000 count. What is decided is
// nearly always what the model found, and right; how people here talk when nothing
// is wrong is told by ordinary messages, which nobody had to decide on. They count
// where the model is sure that they are nothing, each of them little and the same
// text once, as long as fewer than a quarter of the decisions are that it was nothing. The same decisions and messages in the same order give the same result.
// It takes about a millisecond per decision and a quarter of a second for a thousand
// messages. Fewer than ten decisions that it was one are Invalid, and so are fewer
// than ten that it was none beside fewer than 200 such messages.
func (m *Model) Learn(c Class, judged []Judged, ordinary []string) (*Local, error) {
	if len(judged) > mostJudged {
		judged = judged[len(judged)-mostJudged:]
	}
	bad := 0
	for _, j := range judged {
		if j.Bad {
			bad++
		}
	}
	l := learner{model: m, class: c, x: NewExtractor()}
	if (len(judged)-bad)*enoughFine < len(judged) {
		l.ordinary(ordinary[:min(len(ordinary), MostOrdinary)])
	}
	if bad < LeastJudged || len(judged)-bad < LeastJudged && len(l.examples) < LeastOrdinary {
		return nil, community.Errorf(community.Invalid, "%d decisions for and %d against are too few to learn from", bad, len(judged)-bad).
			WithHint("at least ten of each")
	}
	for _, j := range judged {
		e, _ := l.example(j, localCost)
		l.examples = append(l.examples, e)
	}
	even := slices.Repeat([]float32{1}, Inputs+1+Forms) // in some hundred texts the ratio of counts is chance
	w, constant := fit.Logistic(l.examples, even, 200, rand.New(rand.NewPCG(1, 1)))
	return learnt(c, w, constant, len(judged)), nil
}

// learner makes examples of texts.
type learner struct {
	model    *Model
	class    Class
	x        *Extractor
	forms    formReader
	text     normal.Text
	examples []fit.Example
}

// example returns a text as an example, and what the model says of it.
func (l *learner) example(j Judged, cost float64) (fit.Example, float64) {
	l.model.normal.Read(&l.text, j.Text)
	prior := l.model.margins(&l.text, l.x)[l.class] * float64(l.model.linear[l.class].Steep)
	e := l.x.Example(&l.text, j.Bad, cost)
	e.Scale *= localScale
	e.Fixed = append(e.Fixed, fit.Value{Slot: uint32(Inputs), X: limited(prior) * priorValue})
	for _, k := range l.forms.read(l.text.Words.Runes) {
		e.Fixed = append(e.Fixed, fit.Value{Slot: uint32(Inputs) + 1 + uint32(k), X: formValue})
	}
	return e, prior
}

// ordinary adds messages that nobody decided on.
func (l *learner) ordinary(texts []string) {
	seen := map[string]bool{}
	for _, text := range texts {
		if seen[text] {
			continue
		}
		seen[text] = true
		if e, prior := l.example(Judged{Text: text}, ordinaryCost); prior <= ordinaryBelow {
			l.examples = append(l.examples, e)
		}
	}
}

// learnt takes over what was fitted.
func learnt(c Class, w []float32, constant float64, judged int) *Local {
	l := &Local{Class: c, Trust: float64(w[Inputs]) * priorValue, Constant: constant, Weights: map[uint32]float32{}, Forms: map[uint16]float32{}, Judged: judged}
	copy(l.Shapes[:], w[Slots:Inputs])
	l.keep(w[:Slots])
	for k, v := range w[Inputs+1:] {
		if v != 0 {
			l.Forms[uint16(k)] = rounded(v * formValue)
		}
	}
	return l
}

// How far the prior is believed, and how far a community's decisions. Chosen on
// adverts of our own writing beside messages of the MIT-licensed set.
const (
	localCost  = 4
	localScale = 8 // how much more a word counts than in the prior, that has seen a thousand times as many texts
	priorValue = 0.25
	mostPrior  = 6 // log of odds; more certain than this the prior must not be
	mostMoved  = 7 // log of odds; so far decisions move the prior: the surest is turned over, and not much more
)

func limited(prior float64) float64 { return min(max(prior, -mostPrior), mostPrior) }

// keep takes over the greatest weights.
func (l *Local) keep(w []float32) {
	var slots []uint32
	for i, v := range w {
		if v != 0 {
			slots = append(slots, uint32(i))
		}
	}
	slices.SortFunc(slots, func(a, b uint32) int {
		return cmp.Or(-cmp.Compare(math.Abs(float64(w[a])), math.Abs(float64(w[b]))), cmp.Compare(a, b))
	})
	for _, s := range slots[:min(len(slots), mostLearnt)] {
		l.Weights[s] = rounded(w[s] * localScale)
	}
}

// rounded leaves four places: a weight is not known better.
func rounded(v float32) float32 { return float32(math.Round(float64(v)*1e4) / 1e4) }

// ScoreWith judges a message by the model and by what was learnt; with nil it is
// Score.
func (m *Model) ScoreWith(message string, locals ...*Local) Scores {
	s := m.scratch.Get().(*scratch)
	m.normal.Read(&s.text, message)
	margins := m.margins(&s.text, s.x)
	odds := [classes]float64{}
	for c := range classes {
		odds[c] = margins[c] * float64(m.linear[c].Steep)
	}
	for _, l := range locals {
		if l != nil {
			odds[l.Class] = l.odds(odds[l.Class], s.x.found, shapeOf(&s.text), s.forms.read(s.text.Words.Runes))
		}
	}
	s.text.Source = ""
	m.scratch.Put(s)
	return Scores{sigmoid(odds[Abuse]), sigmoid(odds[Advert])}
}

// odds returns the log of odds of a text with these features.
func (l *Local) odds(prior float64, found []Feature, shape shapeSet, forms []uint16) float64 {
	var sum, built float32
	for _, f := range found {
		sum += l.Weights[f.Slot]
	}
	for _, k := range forms {
		built += l.Forms[k]
	}
	out := l.Trust*limited(prior) + l.Constant + float64(sum)*Scale(len(found)) + float64(built)
	for k := range shapes {
		if shape.has(k) {
			out += float64(l.Shapes[k]) * shapeValue
		}
	}
	prior = limited(prior)
	return min(max(out, prior-mostMoved), prior+mostMoved)
}

// local is how a Local is exported.
type local struct {
	Format   string    `json:"format"`
	Class    string    `json:"class"`
	Judged   int       `json:"judged"`
	Trust    float64   `json:"trust"`
	Constant float64   `json:"constant"`
	Shapes   []float32 `json:"shapes"`
	Slots    []uint32  `json:"slots"`
	Weights  []float32 `json:"weights"`

	// Not in what earlier versions learnt.
	Forms       []uint16  `json:"forms,omitempty"`
	FormWeights []float32 `json:"form_weights,omitempty"`
}

const localFormat = "qunying-local-1"

// MarshalJSON writes what was learnt: numbers only, from which no message can be
// read back. It holds for this version of the features.
func (l *Local) MarshalJSON() ([]byte, error) {
	out := local{localFormat, l.Class.String(), l.Judged, l.Trust, l.Constant, l.Shapes[:], nil, nil, slices.Sorted(maps.Keys(l.Forms)), nil}
	for s := range l.Weights {
		out.Slots = append(out.Slots, s)
	}
	slices.Sort(out.Slots)
	for _, s := range out.Slots {
		out.Weights = append(out.Weights, l.Weights[s])
	}
	for _, k := range out.Forms {
		out.FormWeights = append(out.FormWeights, l.Forms[k])
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads it. Anything else is Invalid.
func (l *Local) UnmarshalJSON(data []byte) error {
	bad := func(err error) error {
		return &community.Error{Code: community.Invalid, Text: "this is nothing that was learnt by this version", Err: err}
	}
	var in local
	if err := json.Unmarshal(data, &in); err != nil {
		return bad(err)
	}
	c := Class(slices.Index([]string{Abuse.String(), Advert.String()}, in.Class))
	if in.Format != localFormat || c < 0 || len(in.Shapes) < leastShapes || len(in.Shapes) > int(shapes) || len(in.Slots) != len(in.Weights) || len(in.Slots) > mostLearnt ||
		len(in.Forms) != len(in.FormWeights) || len(in.Forms) > Forms {
		return bad(nil)
	}
	*l = Local{Class: c, Trust: in.Trust, Constant: in.Constant, Judged: in.Judged, Weights: make(map[uint32]float32, len(in.Slots)), Forms: make(map[uint16]float32, len(in.Forms))}
	copy(l.Shapes[:], in.Shapes)
	for i, k := range in.Forms {
		if k >= Forms {
			return bad(nil)
		}
		l.Forms[k] = in.FormWeights[i]
	}
	for i, s := range in.Slots {
		if s >= Slots {
			return bad(nil)
		}
		l.Weights[s] = in.Weights[i]
	}
	return nil
}

func sigmoid(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }
