package policy

import (
	"slices"
	"strings"
)

// When is a condition: Tests as the form of the console makes them, or Expr, a
// CEL expression over the variables of internal/rule. Expr wins. Tests mean the
// same as the expression that Text writes of them.
type When struct {
	Match string `json:"match,omitempty"` // "all" or "any" of the tests; "" is all
	Tests []Test `json:"tests,omitempty"`
	Expr  string `json:"expr,omitempty"`
}

// Test is one line of the form. Which fields count depends on What.
type Test struct {
	What string   `json:"what"`
	Any  []string `json:"any,omitempty"`  // one of these is there
	None []string `json:"none,omitempty"` // none of these is there
	Min  *float64 `json:"min,omitempty"`
	Max  *float64 `json:"max,omitempty"`
	From string   `json:"from,omitempty"` // of clock: "23:00"
	To   string   `json:"to,omitempty"`   // of clock: "07:00", not included
}

// Rapid says that the condition looks at how fast somebody writes: what it finds is
// one breach, however many messages it is made of.
func (w *When) Rapid() bool {
	return w.names("recent.in_10s", "recent.in_60s", "recent.repeats", "recent.media_60s")
}

// Shared says that the condition looks at what several members say, a quarrel or a
// complaint: who says more of it is part of the same.
func (w *When) Shared() bool { return w.names("recent.quarrel", "recent.complaints") }

// names says that the condition asks about one of some aspects.
func (w *When) names(aspects ...string) bool {
	return slices.ContainsFunc(aspects, func(name string) bool {
		if w.Expr != "" {
			return strings.Contains(w.Expr, name)
		}
		return slices.ContainsFunc(w.Tests, func(t Test) bool { return t.What == name })
	})
}
