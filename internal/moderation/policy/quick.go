package policy

import (
	"slices"

	"qunying/internal/rule"
)

// Nearly every message is harmless, and nearly every clause asks for something that
// it has not. So a clause knows what a message must have, and is not asked about
// others; and an expression that is made of comparisons only is evaluated as such.

// traits are what a message has at all, as a set.
type traits uint8

const (
	hasWords    traits = 1 << iota // of a lexicon
	hasFindings                    // of a detector
	hasAbuse                       // a score above 0
	hasAdvert                      // the same
)

// traitsOf are a message's.
func traitsOf(s *subject) (all traits) {
	if len(s.reading.Hits) > 0 {
		all |= hasWords
	}
	if len(s.reading.Found) > 0 {
		all |= hasFindings
	}
	if s.facts.Scores.Abuse > 0 {
		all |= hasAbuse
	}
	if s.facts.Scores.Advert > 0 {
		all |= hasAdvert
	}
	return all
}

// node is a rule.Outline with the aspects that it names.
type node struct {
	op     rule.Op
	kids   []node
	aspect *aspect
	values []string
	number float64
}

// quick makes an expression ready, nil if it says more than an outline can.
func quick(r *rule.Rule) *node {
	o, ok := r.Outline()
	if !ok {
		return nil
	}
	n := nodeOf(&o)
	return &n
}

func nodeOf(o *rule.Outline) node {
	n := node{op: o.Op, aspect: byName[o.Var], values: o.Values, number: o.Number}
	for i := range o.Kids {
		n.kids = append(n.kids, nodeOf(&o.Kids[i]))
	}
	return n
}

// holds evaluates a node.
func (n *node) holds(s *subject) bool {
	switch n.op {
	case rule.All, rule.Any:
		for i := range n.kids {
			if n.kids[i].holds(s) == (n.op == rule.Any) {
				return n.op == rule.Any
			}
		}
		return n.op == rule.All
	case rule.Not:
		return !n.kids[0].holds(s)
	case rule.Has:
		return n.aspect.has(s, n.values)
	case rule.Among:
		return slices.Contains(n.values, n.aspect.text(s))
	case rule.Is:
		return n.aspect.is(s)
	}
	return n.op.Compares(n.aspect.number(s), n.number)
}

// needs are traits without which the node cannot hold.
func (n *node) needs() traits {
	switch n.op {
	case rule.All:
		var all traits
		for i := range n.kids {
			all |= n.kids[i].needs()
		}
		return all
	case rule.Any:
		return inAll(n.kids, (*node).needs)
	case rule.Has:
		return n.aspect.needs
	case rule.More, rule.MoreEqual, rule.Equal:
		if n.number > 0 {
			return n.aspect.needs
		}
	}
	return 0
}

// inAll are the traits that each of several needs.
func inAll[T any](list []T, needs func(*T) traits) traits {
	if len(list) == 0 {
		return 0
	}
	all := ^traits(0)
	for i := range list {
		all &= needs(&list[i])
	}
	return all
}

// needsOf are traits without which a clause cannot hold.
func (c *clause) needsOf() traits {
	switch {
	case c.quick != nil:
		return c.quick.needs()
	case c.expr != nil:
		return 0
	case c.any:
		return inAll(c.tests, (*test).needs)
	}
	var all traits
	for i := range c.tests {
		all |= c.tests[i].needs()
	}
	return all
}
