package rule

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// Op says what an Outline asks.
type Op int

// All and Any join Kids, Not turns its one kid round. The others ask about Var:
// Has whether a Texts has one of Values, Among whether a Text is one of Values, Is
// whether a Bool is true, the rest how an Int or Number compares with Number.
const (
	All Op = iota
	Any
	Not
	Has
	Among
	Is
	Less
	LessEqual
	More
	MoreEqual
	Equal
)

// Outline is a rule that is made only of and, or, not, and variables beside
// constants, as nearly all are: whoever knows the variables can evaluate it without
// going through CEL, which takes a hundred times as long. It cannot fail.
type Outline struct {
	Op     Op
	Kids   []Outline
	Var    string
	Values []string
	Number float64
}

// Outline returns the rule's, false if it says more than an outline can.
func (r *Rule) Outline() (Outline, bool) {
	native := r.ast.NativeRep()
	o := outliner{info: native.SourceInfo(), types: map[string]Type{}}
	for _, v := range r.language.vars {
		o.types[v.Name] = v.Type
	}
	return o.of(native.Expr())
}

type outliner struct {
	info  *ast.SourceInfo
	types map[string]Type
}

var comparisons = map[string]Op{
	operators.Less: Less, operators.LessEquals: LessEqual, operators.Greater: More, operators.GreaterEquals: MoreEqual, operators.Equals: Equal, operators.NotEquals: Equal,
}

// of outlines an expression that is a yes or no.
func (o *outliner) of(e ast.Expr) (Outline, bool) {
	if call, ok := o.info.GetMacroCall(e.ID()); ok {
		return o.exists(call)
	}
	if name := dotted(e); name != "" {
		kind, ok := o.types[name]
		return Outline{Op: Is, Var: name}, ok && kind == Bool
	}
	if e.Kind() != ast.CallKind {
		return Outline{}, false
	}
	call := e.AsCall()
	switch call.FunctionName() {
	case operators.LogicalAnd:
		return o.joint(All, call.Args())
	case operators.LogicalOr:
		return o.joint(Any, call.Args())
	case operators.LogicalNot:
		return o.joint(Not, call.Args())
	case operators.In, operators.OldIn:
		return o.in(call.Args())
	}
	if op, ok := comparisons[call.FunctionName()]; ok && len(call.Args()) == 2 {
		out, ok := o.compare(op, call.Args()[0], call.Args()[1])
		if call.FunctionName() == operators.NotEquals {
			out = Outline{Op: Not, Kids: []Outline{out}}
		}
		return out, ok
	}
	return Outline{}, false
}

func (o *outliner) joint(op Op, parts []ast.Expr) (Outline, bool) {
	out := Outline{Op: op}
	for _, p := range parts {
		kid, ok := o.of(p)
		if !ok {
			return Outline{}, false
		}
		out.Kids = append(out.Kids, kid)
	}
	return out, true
}

// compare outlines a variable beside a constant.
func (o *outliner) compare(op Op, left, right ast.Expr) (Outline, bool) {
	name := dotted(left)
	kind, known := o.types[name]
	if !known || right.Kind() != ast.LiteralKind {
		return Outline{}, false
	}
	switch kind {
	case Int, Number:
		n, ok := number(right)
		return Outline{Op: op, Var: name, Number: n}, ok
	case Bool:
		yes, ok := right.AsLiteral().Value().(bool)
		out := Outline{Op: Is, Var: name}
		if !yes {
			out = Outline{Op: Not, Kids: []Outline{out}}
		}
		return out, ok && op == Equal
	case Text:
		text, ok := right.AsLiteral().Value().(string)
		return Outline{Op: Among, Var: name, Values: []string{text}}, ok && op == Equal
	}
	return Outline{}, false
}

// number is a constant that a float64 holds as it is.
func number(e ast.Expr) (float64, bool) {
	const exact = 1 << 53
	switch n := e.AsLiteral().Value().(type) {
	case int64:
		return float64(n), -exact <= n && n <= exact
	case float64:
		return n, true
	}
	return 0, false
}

// in outlines a constant in a list, and a variable in a list of constants.
func (o *outliner) in(args []ast.Expr) (Outline, bool) {
	if len(args) != 2 {
		return Outline{}, false
	}
	if list := dotted(args[1]); list != "" {
		kind, ok := o.types[list]
		if !ok || kind != Texts || args[0].Kind() != ast.LiteralKind {
			return Outline{}, false
		}
		text, ok := args[0].AsLiteral().Value().(string)
		return Outline{Op: Has, Var: list, Values: []string{text}}, ok
	}
	name := dotted(args[0])
	kind, ok := o.types[name]
	if !ok || args[1].Kind() != ast.ListKind {
		return Outline{}, false
	}
	if kind == Text {
		values, ok := texts(args[1])
		return Outline{Op: Among, Var: name, Values: values}, ok
	}
	if kind != Int && kind != Bool {
		return Outline{}, false
	}
	out := Outline{Op: Any}
	for _, e := range args[1].AsList().Elements() {
		kid, ok := o.compare(Equal, args[0], e)
		if !ok {
			return Outline{}, false
		}
		out.Kids = append(out.Kids, kid)
	}
	return out, true
}

// texts are the constants of a list.
func texts(list ast.Expr) (values []string, ok bool) {
	for _, e := range list.AsList().Elements() {
		if e.Kind() != ast.LiteralKind {
			return nil, false
		}
		text, ok := e.AsLiteral().Value().(string)
		if !ok {
			return nil, false
		}
		values = append(values, text)
	}
	return values, true
}

// exists outlines list.exists(x, x in [constants]), as the form writes it.
func (o *outliner) exists(e ast.Expr) (Outline, bool) {
	if e.Kind() != ast.CallKind {
		return Outline{}, false
	}
	call := e.AsCall()
	if call.FunctionName() != operators.Exists || !call.IsMemberFunction() || len(call.Args()) != 2 {
		return Outline{}, false
	}
	list := dotted(call.Target())
	if kind, ok := o.types[list]; !ok || kind != Texts {
		return Outline{}, false
	}
	x, body := call.Args()[0], call.Args()[1]
	if x.Kind() != ast.IdentKind || body.Kind() != ast.CallKind {
		return Outline{}, false
	}
	args := body.AsCall().Args()
	if len(args) != 2 || args[0].Kind() != ast.IdentKind || args[0].AsIdent() != x.AsIdent() {
		return Outline{}, false
	}
	out := Outline{Op: Has, Var: list}
	switch body.AsCall().FunctionName() {
	case operators.In:
		if args[1].Kind() != ast.ListKind {
			return Outline{}, false
		}
		values, ok := texts(args[1])
		out.Values = values
		return out, ok
	case operators.Equals:
		if args[1].Kind() != ast.LiteralKind {
			return Outline{}, false
		}
		text, ok := args[1].AsLiteral().Value().(string)
		out.Values = []string{text}
		return out, ok
	}
	return Outline{}, false
}

// dotted is the name of a variable, "" of anything else.
func dotted(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		s := e.AsSelect()
		if below := dotted(s.Operand()); below != "" && !s.IsTestOnly() {
			return below + "." + s.FieldName()
		}
	}
	return ""
}

// Compares says whether two numbers stand to each other as the Op asks.
func (op Op) Compares(a, b float64) bool {
	switch op {
	case Less:
		return a < b
	case LessEqual:
		return a <= b
	case More:
		return a > b
	case MoreEqual:
		return a >= b
	}
	return a == b
}
