package policy

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/read"
	"qunying/internal/rule"
)

// Bounds of a policy.
const (
	maxClauses = 100
	maxSteps   = 10
	longest    = 1000 // characters of a text that is sent
)

// Judge holds messages against a policy. It is never changed and may be shared.
type Judge struct {
	policy  Policy
	clauses []clause // as the platform allows them, see For
}

// clause is a Clause made ready.
type clause struct {
	Clause
	any     bool
	tests   []test
	expr    *rule.Rule
	quick   *node  // expr where it can be evaluated without CEL
	needs   traits // without which it cannot hold
	skipped []Act
}

var clauseID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Compile checks a policy and makes it ready. Errors are Invalid and name the
// clause and the field.
func Compile(p Policy) (*Judge, error) {
	if len(p.Clauses) > maxClauses {
		return nil, community.Errorf(community.Invalid, "the policy has %d clauses, more than %d", len(p.Clauses), maxClauses)
	}
	j := &Judge{policy: p}
	seen := map[string]bool{}
	for i := range p.Clauses {
		c, field, err := ready(&p.Clauses[i])
		if err == nil && seen[c.ID] {
			field, err = "id", community.Errorf(community.Invalid, "another clause has the ID too").WithHint("give every clause an ID of its own")
		}
		if err != nil {
			return nil, inClause(i, &p.Clauses[i], field, err)
		}
		seen[c.ID] = true
		j.clauses = append(j.clauses, c)
	}
	switch {
	case p.Strikes.Days < 0 || p.Strikes.Days > 3650:
		return nil, community.Errorf(community.Invalid, "strikes cannot count for %d days", p.Strikes.Days).WithHint("between 1 and 3650; 0 is 30")
	case p.Guard.PerHour < 0 || p.Guard.Page < 0:
		return nil, community.Errorf(community.Invalid, "a limit is below 0")
	}
	return j, nil
}

// Mistake is a Compile error about one clause. Unwrap gives the Invalid that says it.
type Mistake struct {
	Clause int    // counted from 1
	Field  string // of the clause, as in its JSON; ladder for always too
	Err    error
}

func (m *Mistake) Error() string { return m.Err.Error() }
func (m *Mistake) Unwrap() error { return m.Err }

// inClause says in which clause an error is.
func inClause(i int, c *Clause, field string, err error) error {
	text, hint := err.Error(), ""
	if e := (*community.Error)(nil); errors.As(err, &e) {
		text, hint = e.Text, e.Hint
	}
	text = fmt.Sprintf("clause %d (%s): %s", i+1, cmp.Or(c.Name, c.ID), text)
	return &Mistake{i + 1, field, &community.Error{Code: community.Invalid, Text: text, Hint: hint}}
}

// ready checks a clause. With an error comes the field that it is about.
func ready(c *Clause) (clause, string, error) {
	made := clause{Clause: *c, any: c.When.Match == "any"}
	wrong := func(field, format string, args ...any) (clause, string, error) {
		return clause{}, field, community.Errorf(community.Invalid, format, args...)
	}
	switch {
	case !clauseID.MatchString(c.ID):
		return wrong("id", "the ID %q is not of small letters, digits and hyphens", c.ID)
	case strings.TrimSpace(c.Name) == "" || utf8.RuneCountInString(c.Name) > 60:
		return wrong("name", "the name is empty or longer than 60 characters")
	case !slices.Contains([]Layer{Basic, Value, Exit, Special}, c.Layer):
		return wrong("layer", "the layer is %q, not basic, value, exit or special", c.Layer)
	case !slices.Contains([]Stage{Off, Shadow, Suggest, Auto}, c.Stage):
		return wrong("stage", "the stage is %q, not off, shadow, suggest or auto", c.Stage)
	case c.Severity < Grave || c.Severity > Light:
		return wrong("severity", "the severity is %d, not 1, 2 or 3", c.Severity)
	case c.Category == "":
		return wrong("category", "the category is empty")
	case c.When.Match != "" && c.When.Match != "all" && c.When.Match != "any":
		return wrong("when", "match is %q, not all or any", c.When.Match)
	case len(c.When.Tests) == 0 && c.When.Expr == "":
		return wrong("when", "it has no condition")
	case len(c.When.Tests) > maxTests:
		return wrong("when", "it has more than %d tests", maxTests)
	case len(c.Ladder) > maxSteps:
		return wrong("ladder", "the ladder has more than %d steps", maxSteps)
	}
	if i := slices.IndexFunc(c.AtOnce, func(do Do) bool { return do != Recall && do != Remind }); i >= 0 {
		return wrong("at_once", "%q cannot be done at once while people decide on the rest", c.AtOnce[i]) // a warning names a strike, which does not count yet
	}
	for _, text := range []string{c.Texts.Remind, c.Texts.Warn, c.Texts.Notice} {
		if utf8.RuneCountInString(text) > longest {
			return wrong("texts", "a text is longer than %d characters", longest)
		}
	}
	for _, acts := range append([][]Act{c.Always}, stepActs(c.Ladder)...) {
		for _, a := range acts {
			if err := a.check(); err != nil {
				return clause{}, "ladder", err
			}
		}
	}
	if c.When.Expr != "" {
		var err error
		if made.expr, err = language().Compile(c.When.Expr); err != nil {
			return clause{}, "when", err
		}
		made.quick = quick(made.expr)
		made.needs = made.needsOf()
		return made, "", nil
	}
	for i := range c.When.Tests {
		t, err := c.When.Tests[i].ready()
		if err != nil {
			return clause{}, "when", err
		}
		made.tests = append(made.tests, t)
	}
	made.needs = made.needsOf()
	return made, "", nil
}

func stepActs(ladder []Step) [][]Act {
	var all [][]Act
	for _, s := range ladder {
		all = append(all, s.Acts)
	}
	return all
}

func (a Act) check() error {
	const longestMute = 30 * 24 * 60 // minutes: what platforms take at most
	switch {
	case !slices.Contains([]Do{Recall, Remind, Warn, Mute, MuteAll, Remove, Block, Notice, Page, Points}, a.Do):
		return community.Errorf(community.Invalid, "nothing is called %q that can be done", a.Do)
	case a.Do == Mute && (a.Minutes < 1 || a.Minutes > longestMute):
		return community.Errorf(community.Invalid, "a mute lasts %d minutes", a.Minutes).WithHint("between 1 minute and 30 days (43200)")
	case a.Points < 0 || a.Points > MostPoints || a.Do == Points && a.Points == 0:
		return community.Errorf(community.Invalid, "%d is no number of points to take", a.Points).WithHint("between 1 and 100000")
	case a.Minutes < 0 || a.Minutes > longestMute || a.Days < 0 || a.Days > 3650:
		return community.Errorf(community.Invalid, "a number of %q is out of bounds", a.Do)
	}
	return nil
}

// Judge holds a message against the policy. Of several clauses that fire, one
// that acts goes before one in the shadow, the severest before others, an
// automatic one before a suggested one, and the first in the policy before later
// ones; the rest are Others.
func (j *Judge) Judge(r *read.Reading, f *Facts) Verdict {
	s := &subject{r, f}
	has := traitsOf(s)
	var fired []*clause
	for i := range j.clauses {
		c := &j.clauses[i]
		if c.Stage != Off && c.needs&^has == 0 && c.holds(s) {
			fired = append(fired, c)
		}
	}
	if len(fired) == 0 {
		return Verdict{}
	}
	if all := f.sparedByAll(); all != "" {
		return spared(fired, all)
	}
	bound := slices.DeleteFunc(slices.Clone(fired), func(c *clause) bool {
		return f.Member.Role != "" && (slices.Contains(j.policy.Exempt.Roles, f.Member.Role) || slices.Contains(c.Spare, f.Member.Role))
	})
	if len(bound) == 0 {
		return spared(fired, "role")
	}
	slices.SortStableFunc(bound, worse)
	v := j.verdict(bound[0], s)
	v.Others = others(bound[1:])
	// Who is to be called, at a quarrel say, is called although another clause decides.
	if v.Stage == Suggest || v.Stage == Auto {
		for _, c := range bound[1:] {
			if c.Stage != Shadow && slices.ContainsFunc(c.Always, func(a Act) bool { return a.Do == Page }) {
				v.add(Act{Do: Page})
			}
		}
	}
	if j.policy.Guard.Stopped || f.Late {
		return v
	}
	var soon []Do // what any of them does at once
	for _, c := range bound {
		if c.Stage != Shadow {
			soon = append(soon, c.AtOnce...)
		}
	}
	return v.Hasten(soon)
}

// sparedByAll says why no clause of any policy concerns the member.
func (f *Facts) sparedByAll() string {
	switch {
	case f.Member.Staff:
		return "staff"
	case f.Member.Allowed:
		return "allowlist"
	}
	return ""
}

// worse orders clauses, the one that decides first.
func worse(a, b *clause) int {
	rank := func(c *clause) int {
		n := int(c.Severity) * 2
		if c.Stage == Auto {
			n--
		}
		if c.Stage == Shadow {
			n += 100
		}
		return n
	}
	return rank(a) - rank(b)
}

func others(clauses []*clause) []Other {
	var all []Other
	for _, c := range clauses {
		all = append(all, Other{c.ID, c.Name, c.Severity, c.Stage})
	}
	return all
}

// spared is the verdict that a member would have got who is left alone.
func spared(fired []*clause, why string) Verdict {
	slices.SortStableFunc(fired, worse)
	c := fired[0]
	return Verdict{Clause: c.ID, Name: c.Name, Category: c.Category, Severity: c.Severity, Stage: c.Stage, Spared: why, Others: others(fired[1:])}
}

func (j *Judge) verdict(c *clause, s *subject) Verdict {
	v := Verdict{Clause: c.ID, Name: c.Name, Category: c.Category, Severity: c.Severity, Stage: c.Stage,
		Skipped: c.skipped, Reasons: c.reasons(s), Unless: c.unless(s)}
	acts := c.Always
	if len(c.Ladder) > 0 {
		v.Strike = s.facts.Member.Strikes + 1
		acts = slices.Concat(acts, c.Ladder[min(v.Strike, len(c.Ladder))-1].Acts)
		if v.Strike < len(c.Ladder) {
			v.Unless = append(v.Unless, fmt.Sprintf("strike/%d", v.Strike+1))
		}
		if v.Strike > 1 {
			v.Unless = append(v.Unless, "earlier")
		}
	}
	for _, a := range acts {
		v.add(a)
	}
	if j.policy.Guard.Stopped {
		v = v.Lower("stopped")
	}
	if s.facts.Late {
		v = v.Lower("late")
	}
	if j.policy.Approval.Binds(v.Acts) {
		v = v.Lower(Second)
	}
	return v
}

// add adds something to be done, once.
func (v *Verdict) add(a Act) {
	if !slices.ContainsFunc(v.Acts, func(b Act) bool { return a.Do == b.Do }) {
		v.Acts = append(v.Acts, a)
	}
}

// Lower makes an automatic verdict a suggestion: "stopped" (the kill switch),
// "late" (the message is old), "cap" (too many penalties within an hour),
// "overturned" (too many of the clause's verdicts were wrong), Second (the policy
// says that two people decide).
func (v Verdict) Lower(why string) Verdict {
	if v.Stage == Auto {
		v.Stage, v.Lowered = Suggest, why
	}
	return v
}

// holds evaluates the condition. An expression that fails does not hold: it was
// checked when it was saved, and what is left is asking for something that this
// message has not.
func (c *clause) holds(s *subject) bool {
	if c.quick != nil {
		return c.quick.holds(s)
	}
	if c.expr != nil {
		held, err := c.expr.Holds(s)
		return err == nil && held
	}
	for i := range c.tests {
		if c.tests[i].holds(s) == c.any {
			return c.any
		}
	}
	return !c.any
}

// Clause returns a clause of the policy by its ID, as it was saved.
func (j *Judge) Clause(id string) (Clause, bool) {
	for _, c := range j.policy.Clauses {
		if c.ID == id {
			return c, true
		}
	}
	return Clause{}, false
}

// Policy returns what the judge was made of.
func (j *Judge) Policy() Policy { return j.policy }
