package policy

import (
	"math"
	"slices"
	"strconv"

	"qunying/internal/rule"
)

// maxAlternatives bounds how many ways of holding a condition may have to be told in words.
const maxAlternatives = 6

// Alternatives says an expression as the form would: it holds when all tests of one
// of the lists do. It is nil where an expression says more than tests can, or says
// it in too many ways; such a one is read as it is written.
func (w *When) Alternatives() [][]Test {
	if w.Expr == "" {
		return nil
	}
	r, err := language().Compile(w.Expr)
	if err != nil {
		return nil
	}
	o, ok := r.Outline()
	if !ok {
		return nil
	}
	return alternatives(&o, false)
}

// alternatives are those of an outline, or of its opposite; nil where there are none
// in words.
func alternatives(o *rule.Outline, opposite bool) [][]Test {
	switch {
	case o.Op == rule.Not:
		return alternatives(&o.Kids[0], !opposite)
	case o.Op == rule.Any && !opposite, o.Op == rule.All && opposite:
		var all [][]Test
		for i := range o.Kids {
			ways := alternatives(&o.Kids[i], opposite)
			if ways == nil || len(all)+len(ways) > maxAlternatives {
				return nil
			}
			all = append(all, ways...)
		}
		return all
	case o.Op == rule.Any || o.Op == rule.All:
		all := [][]Test{nil}
		for i := range o.Kids {
			ways := alternatives(&o.Kids[i], opposite)
			if len(all)*len(ways) > maxAlternatives || ways == nil {
				return nil
			}
			var product [][]Test
			for _, one := range all {
				for _, other := range ways {
					product = append(product, slices.Concat(one, other))
				}
			}
			all = product
		}
		return all
	}
	if t, ok := testOf(o, opposite); ok {
		return [][]Test{{t}}
	}
	return nil
}

// testOf is one comparison as a test.
func testOf(o *rule.Outline, opposite bool) (Test, bool) {
	t := Test{What: o.Var}
	a := byName[o.Var]
	switch o.Op {
	case rule.Has, rule.Among:
		if len(o.Values) == 0 {
			return t, false
		}
		if t.Any = o.Values; opposite {
			t.Any, t.None = nil, o.Values
		}
		return t, true
	case rule.Is:
		t.Any = []string{strconv.FormatBool(!opposite)}
		return t, true
	case rule.Equal:
		if a.kind != rule.Int || o.Number != math.Trunc(o.Number) {
			return t, false
		}
		n := []string{strconv.Itoa(int(o.Number))}
		if t.Any = n; opposite {
			t.Any, t.None = nil, n
		}
		return t, true
	}
	n := o.Number
	least := (o.Op == rule.More || o.Op == rule.MoreEqual) != opposite
	if strict := (o.Op == rule.More || o.Op == rule.Less) != opposite; strict {
		if a.kind != rule.Int || n != math.Trunc(n) {
			return t, false
		}
		if n--; least {
			n += 2
		}
	}
	if t.Max = &n; least {
		t.Min, t.Max = &n, nil
	}
	return t, true
}
