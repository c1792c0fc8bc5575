package rule

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"

	"qunying/community"
)

// Type is what a variable holds.
type Type int

// What a Vars must return for a variable of the type stands beside it.
const (
	Text   Type = iota // string
	Texts              // []string
	Int                // int
	Number             // float64
	Bool               // bool
)

var celTypes = map[Type]*cel.Type{
	Text: cel.StringType, Texts: cel.ListType(cel.StringType), Int: cel.IntType, Number: cel.DoubleType, Bool: cel.BoolType,
}

func (t Type) String() string {
	return [...]string{"text", "list of texts", "whole number", "number", "yes or no"}[t]
}

// Var declares a variable. Longest bounds what it may hold, characters of a Text
// or entries of Texts, so that the cost of a rule is known before it is used.
type Var struct {
	Name    string // "length", "member.strikes"
	Type    Type
	Longest uint64
}

// Bounds of a rule.
const (
	maxText = 2000    // bytes as typed
	maxCost = 200_000 // CEL's units of cost at worst: a comparison is about one
)

// Language is a set of variables with the rules that can be said of them.
type Language struct {
	env   *cel.Env
	vars  []Var
	known map[string]bool
}

// New declares a language.
func New(vars ...Var) (*Language, error) {
	options := []cel.EnvOption{
		cel.ParserExpressionSizeLimit(maxText),
		cel.ParserRecursionLimit(64),
		cel.EnableMacroCallTracking(),         // so that a term with exists() can be written out again
		cel.CrossTypeNumericComparisons(true), // length > 1.5 is meant, not refused
	}
	known := map[string]bool{}
	for _, v := range vars {
		known[v.Name] = true
		options = append(options, cel.Variable(v.Name, celTypes[v.Type]))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	return &Language{env, vars, known}, nil
}

// Compile checks a rule. Errors are Invalid, say what is wrong at which line and
// column, and hint at the variables that there are.
func (l *Language) Compile(text string) (*Rule, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, community.Errorf(community.Invalid, "the condition is empty").WithHint("for example: \"advert\" in words && member.hours < 24.0")
	case len(text) > maxText:
		return nil, community.Errorf(community.Invalid, "the condition has more than %d bytes", maxText).WithHint("cut it into several clauses")
	}
	ast, issues := l.env.Compile(text)
	if issues != nil && issues.Err() != nil {
		return nil, l.explain(text, issues)
	}
	if ast.OutputType() != cel.BoolType {
		return nil, community.Errorf(community.Invalid, "the condition is a %s, not a yes or no", ast.OutputType()).WithHint("compare it with something: length > 200")
	}
	cost, err := l.env.EstimateCost(ast, sizes{l.vars})
	if err != nil {
		return nil, community.Errorf(community.Invalid, "what the condition costs cannot be said: %v", err)
	}
	if cost.Max > maxCost {
		return nil, community.Errorf(community.Invalid, "the condition could take too long on a long message").WithHint("avoid loops over loops and patterns with many repetitions")
	}
	program, err := l.env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, community.Errorf(community.Invalid, "the condition cannot be used: %v", err)
	}
	return &Rule{text: text, ast: ast, program: program, language: l}, nil
}

func (l *Language) explain(text string, issues *cel.Issues) error {
	first := issues.Errors()[0]
	message := first.Message
	hint := "the variables are " + strings.Join(l.Names(), ", ")
	if name, ok := strings.CutPrefix(message, "undeclared reference to '"); ok {
		name, _, _ = strings.Cut(name, "'")
		message = fmt.Sprintf("there is no variable %q", name)
	}
	where := fmt.Sprintf("column %d", first.Location.Column()+1)
	if strings.Contains(text, "\n") {
		where = fmt.Sprintf("line %d, %s", first.Location.Line(), where)
	}
	return community.Errorf(community.Invalid, "the condition is wrong at %s: %s", where, message).WithHint(hint)
}

// Names lists the variables.
func (l *Language) Names() []string {
	var names []string
	for _, v := range l.vars {
		names = append(names, v.Name)
	}
	slices.Sort(names)
	return names
}

// sizes tells CEL's estimate how much a variable holds at most.
type sizes struct{ vars []Var }

func (s sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	for _, v := range s.vars {
		if strings.Join(n.Path(), ".") == v.Name {
			return &cost.SizeEstimate{Min: 0, Max: max(v.Longest, 1)}
		}
	}
	if n.Type().Kind() == types.StringKind && len(n.Path()) > 0 { // an entry of a list
		return &cost.SizeEstimate{Min: 0, Max: 100}
	}
	return nil
}

func (s sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
