package rule

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"

	"qunying/community"
)

// Vars gives the variables of a language their values.
type Vars interface {
	// Value returns what the variable holds, in the Go type that Type names.
	Value(name string) any
}

// Rule is a checked condition. It may be shared.
type Rule struct {
	text     string
	ast      *cel.Ast
	program  cel.Program
	language *Language
}

func (r *Rule) String() string { return r.text }

// Holds evaluates the rule. An error is Invalid: something was asked for that is
// not there, such as an entry beyond the end of a list.
func (r *Rule) Holds(v Vars) (bool, error) {
	out, _, err := r.program.Eval(activation{v, r.language})
	if err != nil {
		return false, community.Errorf(community.Invalid, "the condition %q failed: %v", r.text, err)
	}
	held, ok := out.Value().(bool)
	if !ok {
		return false, community.Errorf(community.Invalid, "the condition %q gave no yes or no", r.text)
	}
	return held, nil
}

// Term is a part of a rule that is joined to the others by and, or.
type Term struct {
	Text string `json:"text"`
	Held bool   `json:"held"`
}

// Explain evaluates every term of the rule, also those that did not matter.
func (r *Rule) Explain(v Vars) ([]Term, error) {
	program, err := r.language.env.Program(r.ast, cel.EvalOptions(cel.OptExhaustiveEval, cel.OptTrackState))
	if err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	_, details, err := program.Eval(activation{v, r.language})
	if err != nil {
		return nil, community.Errorf(community.Invalid, "the condition %q failed: %v", r.text, err)
	}
	var terms []Term
	native := r.ast.NativeRep()
	for _, e := range leaves(native.Expr(), nil) {
		text, err := parser.Unparse(e, native.SourceInfo())
		if err != nil {
			return nil, fmt.Errorf("rule: %w", err)
		}
		value, _ := details.State().Value(e.ID())
		terms = append(terms, Term{text, value == types.True})
	}
	return terms, nil
}

// leaves are the expressions below and, or.
func leaves(e ast.Expr, found []ast.Expr) []ast.Expr {
	if e.Kind() == ast.CallKind {
		switch call := e.AsCall(); call.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr:
			for _, a := range call.Args() {
				found = leaves(a, found)
			}
			return found
		}
	}
	return append(found, e)
}

// activation hands values to CEL.
type activation struct {
	Vars
	l *Language
}

func (a activation) ResolveName(name string) (any, bool) {
	if !a.l.known[name] {
		return nil, false
	}
	return a.Value(name), true
}

func (a activation) Parent() cel.Activation { return nil }
