package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunying/internal/moderation/read"
	"qunying/internal/rule"
)

// reasons are what in the message and around it made the clause hold.
func (c *clause) reasons(s *subject) []Reason {
	var all []Reason
	if c.quick != nil {
		return c.quick.reasons(s, nil)
	}
	if c.expr != nil {
		terms, err := c.expr.Explain(s)
		if err != nil {
			return nil // it did hold: Explain only looks at more of it than was needed
		}
		for _, t := range terms {
			if !t.Held {
				continue
			}
			for _, r := range append([]Reason{{Kind: "expr", Name: "expr", Text: t.Text}}, quoted(s, t.Text)...) {
				if !slices.Contains(all, r) { // two alternatives may ask for the same
					all = append(all, r)
				}
			}
		}
		return all
	}
	for i := range c.tests {
		if t := &c.tests[i]; t.holds(s) {
			all = append(all, t.reasons(s)...)
		}
	}
	return all
}

// reasons adds what made a node hold to all.
func (n *node) reasons(s *subject, all []Reason) []Reason {
	n.held(s, func(leaf *node) {
		t := test{Test: Test{What: leaf.aspect.name, Any: leaf.values}, aspect: leaf.aspect}
		for _, r := range t.reasons(s) {
			if !slices.Contains(all, r) { // two alternatives may ask for the same
				all = append(all, r)
			}
		}
	})
	return all
}

// names adds what the leaves that made a node hold ask about.
func (n *node) names(s *subject, all []string) []string {
	n.held(s, func(leaf *node) {
		if !slices.Contains(all, leaf.aspect.name) {
			all = append(all, leaf.aspect.name)
		}
	})
	return all
}

// held goes through the leaves that made a node hold. What had to be absent has
// nothing to show.
func (n *node) held(s *subject, leaf func(*node)) {
	switch {
	case n.op == rule.Not || !n.holds(s):
	case n.op == rule.All || n.op == rule.Any:
		for i := range n.kids {
			n.kids[i].held(s, leaf)
		}
	default:
		leaf(n)
	}
}

// without says whether a node would hold if nothing that asks about an aspect did.
func (n *node) without(s *subject, aspect string) bool {
	switch n.op {
	case rule.All:
		return !slices.ContainsFunc(n.kids, func(k node) bool { return !k.without(s, aspect) })
	case rule.Any:
		return slices.ContainsFunc(n.kids, func(k node) bool { return k.without(s, aspect) })
	case rule.Not:
		return n.holds(s)
	}
	return n.aspect.name != aspect && n.holds(s)
}

// quoted are the hits and findings that a term of an expression names.
func quoted(s *subject, term string) []Reason {
	var all []Reason
	names := func(n string) bool { return strings.Contains(term, strconv.Quote(n)) }
	for i := range s.reading.Hits {
		if h := &s.reading.Hits[i]; tells(s.reading.Hits, i) && (names(h.Category) || names(h.Lexicon)) {
			all = append(all, ofHit(h))
		}
	}
	for i := range s.reading.Found {
		if f := &s.reading.Found[i]; names(f.Detector) || names(f.Value) {
			all = append(all, ofFound(f))
		}
	}
	return all
}

// tells says that a hit is worth telling: it counts, and no other one of its lexicon
// says the same of the same place. A word may sound like many entries; one that stands
// there as it is written goes before these.
func tells(hits []read.Hit, i int) bool {
	h := &hits[i]
	if h.Exception || h.Way == "written" {
		return !h.Exception
	}
	for k := range hits {
		o := &hits[k]
		if o.Start == h.Start && o.End == h.End && o.Lexicon == h.Lexicon && o.Category == h.Category && (o.Way == "written" || o.Way == h.Way && k < i) {
			return false
		}
	}
	return true
}

func ofHit(h *read.Hit) Reason {
	r := Reason{Kind: "word", Name: h.Category, Text: h.Entry, Way: h.Way, Start: h.Start, End: h.End}
	if h.Way == "written" {
		r.Way = ""
	}
	return r
}

func ofFound(f *read.Found) Reason {
	return Reason{Kind: "found", Name: f.Name(), Text: f.Value, Start: f.Start, End: f.End}
}

// reasons are what made a test hold.
func (t *test) reasons(s *subject) []Reason {
	if t.aspect == nil {
		return []Reason{{Kind: clock, Name: clock, Text: s.facts.Now.Format("15:04")}}
	}
	var all []Reason
	named := func(n string) bool { return slices.Contains(t.Any, n) }
	for i := range s.reading.Hits {
		h := &s.reading.Hits[i]
		if tells(s.reading.Hits, i) && (t.What == "words" && named(h.Category) || t.What == "lexicons" && named(h.Lexicon)) {
			all = append(all, ofHit(h))
		}
	}
	for i := range s.reading.Found {
		f := &s.reading.Found[i]
		if t.What == "found" && named(f.Detector) || t.What == "hosts" && f.Detector == read.Link && named(f.Value) {
			all = append(all, ofFound(f))
		}
	}
	if len(all) > 0 || t.aspect.about == "word" || t.aspect.about == "found" {
		return all // a None that held has nothing to show
	}
	r := Reason{Kind: t.aspect.about, Name: t.What}
	switch v := t.aspect.value(s).(type) {
	case int:
		r.Value = float64(v)
	case float64:
		r.Value = v
	case bool, string:
		if r.Text = fmt.Sprint(v); t.What == "text" {
			r.Text = "" // the receipt shows the message itself
		}
	}
	return []Reason{r}
}

// unless says what would have kept the clause from holding: "without/" and what
// was asked about, for each test that could not have been missed.
func (c *clause) unless(s *subject) []string {
	var held []string
	if c.quick != nil {
		for _, name := range c.quick.names(s, nil) {
			if !c.quick.without(s, name) {
				held = append(held, "without/"+name)
			}
		}
		return held
	}
	for i := range c.tests {
		if c.tests[i].holds(s) {
			held = append(held, "without/"+c.tests[i].What)
		}
	}
	if c.any && len(held) > 1 {
		return nil // any of the others would have been enough
	}
	return slices.Compact(held)
}
