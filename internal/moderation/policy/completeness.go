package policy

import "slices"

// Element is something that a complete set of rules settles (S16–S19, S25).
type Element struct {
	Code string `json:"code"`
	Met  bool   `json:"met"`
}

// Completeness (规则完整度, S25) says which elements the policy settles. The share
// of those that are met is the metric; a clause that is off settles nothing.
func (p Policy) Completeness() []Element {
	on := slices.DeleteFunc(slices.Clone(p.Clauses), func(c Clause) bool { return c.Stage == Off })
	has := func(holds func(c *Clause) bool) bool {
		return slices.ContainsFunc(on, func(c Clause) bool { return holds(&c) })
	}
	category := func(names ...string) bool {
		return has(func(c *Clause) bool { return slices.Contains(names, c.Category) })
	}
	layer := func(l Layer) bool { return has(func(c *Clause) bool { return c.Layer == l }) }
	does := func(d Do) bool {
		return has(func(c *Clause) bool {
			return slices.ContainsFunc(append(stepActs(c.Ladder), c.Always), func(acts []Act) bool {
				return slices.ContainsFunc(acts, func(a Act) bool { return a.Do == d })
			})
		})
	}
	return []Element{
		{"speaking-time", category("curfew")},
		{"topics", category("off-topic")},
		{"adverts", category("advert")},
		{"abuse", category("abuse")},
		{"unlawful", category("fraud", "gambling", "pornography", "drugs-weapons", "politics")},
		{"flooding", category("flood")},
		{"disputes", category("quarrel", "complaint")},
		{"value-layer", layer(Value)},
		{"exit-layer", layer(Exit) || does(Remove)},
		{"ladder", has(func(c *Clause) bool { return len(c.Ladder) >= 3 })},
		{"warning-levels", has(func(c *Clause) bool { return c.Severity == Grave }) && has(func(c *Clause) bool { return c.Severity == Serious }) &&
			has(func(c *Clause) bool { return c.Severity == Light })},
		{"own-words", has(func(c *Clause) bool { return c.Texts != Texts{} })},
	}
}
