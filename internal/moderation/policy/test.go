package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/internal/rule"
)

// clock is the What of a test for the time of day: From and To.
const clock = "clock"

// Bounds of a condition.
const (
	maxTests  = 20
	maxValues = 200 // of one test
)

// Text writes the condition as an expression that means the same.
func (w When) Text() string {
	if w.Expr != "" {
		return w.Expr
	}
	joint := " && "
	if w.Match == "any" {
		joint = " || "
	}
	var terms []string
	for _, t := range w.Tests {
		term := t.text()
		if len(w.Tests) > 1 && strings.Contains(term, " && ") || strings.Contains(term, " || ") {
			term = "(" + term + ")"
		}
		terms = append(terms, term)
	}
	return strings.Join(terms, joint)
}

func (t Test) text() string {
	if t.What == clock {
		from, to, _ := t.minutes()
		joint := "&&"
		if from > to {
			joint = "||"
		}
		return fmt.Sprintf("minute >= %d %s minute < %d", from, joint, to)
	}
	var terms []string
	kind := byName[t.What].kind
	list := func(values []string) string {
		quoted := make([]string, len(values))
		for i, v := range values {
			if quoted[i] = v; kind == rule.Text || kind == rule.Texts {
				quoted[i] = strconv.Quote(v)
			}
		}
		in := t.What + " in [" + strings.Join(quoted, ", ") + "]"
		if kind == rule.Texts {
			return t.What + ".exists(x, x in [" + strings.Join(quoted, ", ") + "])"
		}
		return in
	}
	if len(t.Any) > 0 {
		terms = append(terms, list(t.Any))
	}
	if len(t.None) > 0 {
		terms = append(terms, "!("+list(t.None)+")")
	}
	number := func(n float64) string {
		text := strconv.FormatFloat(n, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	if t.Min != nil {
		terms = append(terms, t.What+" >= "+number(*t.Min))
	}
	if t.Max != nil {
		terms = append(terms, t.What+" <= "+number(*t.Max))
	}
	return strings.Join(terms, " && ")
}

// test is a Test made ready.
type test struct {
	Test
	aspect   *aspect // nil for clock
	from, to int     // minutes of the day, for clock
}

// ready checks a test and makes it ready.
func (t *Test) ready() (test, error) {
	if err := t.check(); err != nil {
		return test{}, err
	}
	made := test{Test: *t, aspect: byName[t.What]}
	if t.What == clock {
		made.from, made.to, _ = t.minutes()
	}
	return made, nil
}

// holds is the test without the way through the expression.
func (t *test) holds(s *subject) bool {
	if t.aspect == nil {
		now := minute(s.facts.Now)
		if t.from > t.to {
			return now >= t.from || now < t.to
		}
		return now >= t.from && now < t.to
	}
	switch t.aspect.kind {
	case rule.Texts:
		return (len(t.Any) == 0 || t.aspect.has(s, t.Any)) && (len(t.None) == 0 || !t.aspect.has(s, t.None))
	case rule.Text:
		return t.listed(t.aspect.text(s))
	case rule.Bool:
		return t.listed(strconv.FormatBool(t.aspect.is(s)))
	}
	number := t.aspect.number(s)
	return (t.Min == nil || number >= *t.Min) && (t.Max == nil || number <= *t.Max) &&
		(len(t.Any)+len(t.None) == 0 || t.listed(strconv.Itoa(int(number))))
}

// listed says whether a value is one that is asked for.
func (t *test) listed(value string) bool {
	return (len(t.Any) == 0 || slices.Contains(t.Any, value)) && (len(t.None) == 0 || !slices.Contains(t.None, value))
}

// needs are traits without which the test cannot hold.
func (t *test) needs() traits {
	if t.aspect != nil && (t.aspect.kind == rule.Texts && len(t.Any) > 0 || t.Min != nil && *t.Min > 0) {
		return t.aspect.needs
	}
	return 0
}

// check says what is wrong with a test.
func (t *Test) check() error {
	if t.What == clock {
		_, _, err := t.minutes()
		return err
	}
	a := byName[t.What]
	if a == nil {
		return community.Errorf(community.Invalid, "nothing is called %q", t.What).WithHint("choose one of " + strings.Join(language().Names(), ", "))
	}
	if len(t.Any)+len(t.None) > maxValues {
		return community.Errorf(community.Invalid, "%q names more than %d values", t.What, maxValues)
	}
	if len(t.Any)+len(t.None) == 0 && t.Min == nil && t.Max == nil {
		return community.Errorf(community.Invalid, "the test of %q asks nothing", t.What).WithHint("give values, or a least or greatest number")
	}
	numeric := a.kind == rule.Int || a.kind == rule.Number
	if !numeric && (t.Min != nil || t.Max != nil) {
		return community.Errorf(community.Invalid, "%q is no number", t.What).WithHint("give values in any or none")
	}
	for _, v := range slices.Concat(t.Any, t.None) {
		var err error
		switch a.kind {
		case rule.Number:
			return community.Errorf(community.Invalid, "%q is a number", t.What).WithHint("give a least or greatest number in min or max")
		case rule.Int:
			_, err = strconv.Atoi(v)
		case rule.Bool:
			if v != "true" && v != "false" {
				err = strconv.ErrSyntax
			}
		}
		if err != nil {
			return community.Errorf(community.Invalid, "%q cannot be %q: it is a %s", t.What, v, a.kind)
		}
	}
	if t.Min != nil && t.Max != nil && *t.Min > *t.Max {
		return community.Errorf(community.Invalid, "%q is asked to be at least %g and at most %g", t.What, *t.Min, *t.Max)
	}
	return nil
}

// minutes reads From and To as minutes of the day.
func (t *Test) minutes() (from, to int, err error) {
	for text, into := range map[string]*int{t.From: &from, t.To: &to} {
		hour, minute, ok := strings.Cut(text, ":")
		h, err1 := strconv.Atoi(hour)
		m, err2 := strconv.Atoi(minute)
		if !ok || err1 != nil || err2 != nil || h < 0 || h > 23 || m < 0 || m > 59 {
			return 0, 0, community.Errorf(community.Invalid, "%q is no time of day", text).WithHint("write it as 23:00")
		}
		*into = h*60 + m
	}
	if from == to {
		return 0, 0, community.Errorf(community.Invalid, "the times of day are the same").WithHint("for the whole day leave the test out")
	}
	return from, to, nil
}
