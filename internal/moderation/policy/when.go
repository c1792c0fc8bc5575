package policy

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
