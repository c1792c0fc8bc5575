package main

import (
	"cmp"
	"math"
	"math/rand/v2"

	"qunying/internal/moderation/classify"
	"qunying/internal/moderation/classify/fit"
	"qunying/internal/moderation/normal"
)

const mostRounds = 25

// examples reads rows as the models do.
func examples(rows []row, cost float64) []fit.Example {
	x, n := classify.NewExtractor(), normal.Default()
	var t normal.Text
	out := make([]fit.Example, len(rows))
	for i, r := range rows {
		n.Read(&t, r.text)
		out[i] = x.Example(&t, r.bad, cost*r.weight)
		if r.shapeless {
			out[i].Fixed = nil
		}
	}
	return out
}

func solve(ex []fit.Example, root bool, random *rand.Rand) ([]float32, float64) {
	ratio := fit.Ratio(ex, classify.Inputs)
	if root {
		for i, r := range ratio[:classify.Slots] {
			ratio[i] = float32(math.Copysign(math.Sqrt(math.Abs(float64(r))), float64(r)))
		}
	}
	return fit.Logistic(ex, ratio, mostRounds, random)
}

// margin is what the model says before it is rounded.
func margin(w []float32, constant float64, e fit.Example) float64 {
	var sum float64
	for _, k := range e.Slots {
		sum += float64(w[k])
	}
	sum *= e.Scale
	for _, v := range e.Fixed {
		sum += float64(w[v.Slot]) * v.X
	}
	return sum + constant
}

// train fits a model on all rows, and how steep it is on a tenth of them that
// another model, of the other nine tenths, has not seen.
func train(rows []row, by way) classify.Trained {
	ex := examples(rows, by.cost)
	random := newRandom(4)
	apart := make([]bool, len(rows))
	var seen, unseen []fit.Example
	for i, e := range ex {
		if apart[i] = random.IntN(10) == 0; rows[i].copied > 0 {
			apart[i] = apart[rows[i].copied-1]
		}
		if apart[i] {
			unseen = append(unseen, e)
		} else {
			seen = append(seen, e)
		}
	}
	w, constant := solve(seen, by.root, newRandom(5))
	steep := steepness(w, constant, unseen) * cmp.Or(by.sure, 1)
	w, constant = solve(ex, by.root, newRandom(6))
	for i, v := range w[:classify.Slots] {
		if -by.tiny < v && v < by.tiny {
			w[i] = 0
		}
	}
	return classify.Trained{Weights: w, Constant: constant, Steep: steep}
}

// steepness returns what margins must be multiplied with to be the log of odds:
// the value under which the labels of unseen rows are likeliest (Platt's method
// with the middle kept in its place).
func steepness(w []float32, constant float64, unseen []fit.Example) float64 {
	loss := func(a float64) float64 {
		var sum float64
		for _, e := range unseen {
			m := a * margin(w, constant, e)
			if e.Bad {
				m = -m
			}
			sum += e.Cost * math.Log1p(math.Exp(m))
		}
		return sum
	}
	low, high := 0.05, 5.0
	for range 40 {
		a, b := low+(high-low)/3, high-(high-low)/3
		if loss(a) < loss(b) {
			high = b
		} else {
			low = a
		}
	}
	return (low + high) / 2
}
