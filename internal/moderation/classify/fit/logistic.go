// Package fit finds the weights of linear models: logistic regression on binary
// features, scaled by how much more often each stands in bad texts.
package fit

import (
	"math"
	"math/rand/v2"
)

// Example is a judged text as the solver sees it.
type Example struct {
	Slots []uint32 // features that have the value Scale
	Scale float64
	Fixed []Value // features with values of their own
	Bad   bool
	Cost  float64 // what a mistake costs, C in the literature; above 0
}

// Value is a feature with its value.
type Value struct {
	Slot uint32
	X    float64
}

// Logistic fits L2-regularised logistic regression on features that are scaled
// by ratio, in the dual, one coordinate after the other (Yu, Huang and Lin,
// Machine Learning 85, 2011), at most the given number of rounds. It returns
// weights that already contain the ratio, and a constant. The same examples and
// the same state of random give the same weights.
func Logistic(examples []Example, ratio []float32, rounds int, random *rand.Rand) (weights []float32, constant float64) {
	p := problem{examples, ratio, make([]float32, len(ratio)), 0}
	square := make([]float64, len(examples))
	alpha := make([][2]float64, len(examples))
	for i := range examples {
		e := &examples[i]
		square[i] = p.square(e)
		alpha[i][0] = min(0.001*e.Cost, 1e-8)
		alpha[i][1] = e.Cost - alpha[i][0]
		p.move(e, alpha[i][0])
	}
	order := random.Perm(len(examples))
	accuracy := 1e-2
	for range rounds {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		worst, steps := 0.0, 0
		for _, i := range order {
			e := &examples[i]
			b := p.margin(e)
			if !e.Bad {
				b = -b
			}
			change, slope, n := solve(&alpha[i], e.Cost, square[i], b, accuracy)
			worst, steps = max(worst, slope), steps+n
			if n > 0 {
				p.move(e, change)
			}
		}
		if worst < 0.05 {
			break
		}
		if steps <= len(order)/10 {
			accuracy = max(1e-8, 0.1*accuracy)
		}
	}
	for i := range p.w {
		p.w[i] *= ratio[i]
	}
	return p.w, p.constant
}

// problem is what is being solved; w does not contain the ratio yet.
type problem struct {
	examples []Example
	ratio, w []float32
	constant float64
}

func (p *problem) square(e *Example) float64 {
	var sum, fixed float64
	for _, s := range e.Slots {
		sum += float64(p.ratio[s]) * float64(p.ratio[s])
	}
	for _, v := range e.Fixed {
		x := float64(p.ratio[v.Slot]) * v.X
		fixed += x * x
	}
	return sum*e.Scale*e.Scale + fixed + 1
}

func (p *problem) margin(e *Example) float64 {
	var sum, fixed float64
	for _, s := range e.Slots {
		sum += float64(p.w[s]) * float64(p.ratio[s])
	}
	for _, v := range e.Fixed {
		fixed += float64(p.w[v.Slot]) * float64(p.ratio[v.Slot]) * v.X
	}
	return sum*e.Scale + fixed + p.constant
}

// move adds an example to the weights.
func (p *problem) move(e *Example, by float64) {
	if !e.Bad {
		by = -by
	}
	step := float32(by * e.Scale)
	for _, s := range e.Slots {
		p.w[s] += step * p.ratio[s]
	}
	for _, v := range e.Fixed {
		p.w[v.Slot] += float32(by*v.X) * p.ratio[v.Slot]
	}
	p.constant += by
}

// solve finds the best value of one coordinate by Newton's method, and returns
// by how much it changed, how steep the goal was before, and the steps taken.
func solve(alpha *[2]float64, c, a, b, accuracy float64) (change, slope float64, steps int) {
	first, sign := 0, 1.0
	if 0.5*a*(alpha[1]-alpha[0])+b < 0 {
		first, sign = 1, -1
	}
	old := alpha[first]
	z := old
	if c-z < 0.5*c {
		z *= 0.1
	}
	gradient := a*(z-old) + sign*b + math.Log(z/(c-z))
	slope = math.Abs(gradient)
	for steps = 0; steps <= 100 && math.Abs(gradient) >= accuracy; steps++ {
		next := z - gradient/(a+c/(c-z)/z)
		if next <= 0 {
			z *= 0.1
		} else {
			z = next
		}
		gradient = a*(z-old) + sign*b + math.Log(z/(c-z))
	}
	if steps > 0 {
		alpha[first], alpha[1-first] = z, c-z
		change = sign * (z - old)
	}
	return change, slope, steps
}

// Ratio tells for each of n features how much more often it stands in bad texts
// than in others: the log of the ratio of counts with one added to each (Wang and
// Manning, ACL 2012). Features that no example has get 0. Fixed features keep 1.
func Ratio(examples []Example, n int) []float32 {
	bad, good := make([]float64, n), make([]float64, n)
	var allBad, allGood float64
	fixed := map[uint32]bool{}
	for _, e := range examples {
		to, all := good, &allGood
		if e.Bad {
			to, all = bad, &allBad
		}
		for _, s := range e.Slots {
			to[s]++
		}
		*all += float64(len(e.Slots))
		for _, v := range e.Fixed {
			fixed[v.Slot] = true
		}
	}
	out := make([]float32, n)
	for i := range out {
		switch {
		case fixed[uint32(i)]:
			out[i] = 1
		case bad[i]+good[i] > 0:
			out[i] = float32(math.Log((bad[i] + 1) / (allBad + float64(n)) * (allGood + float64(n)) / (good[i] + 1)))
		}
	}
	return out
}
