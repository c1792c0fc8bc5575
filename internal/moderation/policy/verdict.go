package policy

import (
	"slices"

	"qunying/community"
)

// Verdict is what a policy says of one message (判定). The zero value: nothing.
type Verdict struct {
	Clause   string   `json:"clause,omitempty"` // the worst of those that fired; "": none did
	Name     string   `json:"name,omitempty"`
	Category string   `json:"category,omitempty"`
	Severity Severity `json:"severity,omitempty"`
	Stage    Stage    `json:"stage,omitempty"`   // as which it counts: lowered by Lowered
	Lowered  string   `json:"lowered,omitempty"` // why the stage is lower than the clause's: stopped, late, cap, overturned, second
	Strike   int      `json:"strike,omitempty"`  // the how-manieth this is; 0: none is counted
	Acts     []Act    `json:"acts,omitempty"`
	AtOnce   []Act    `json:"at_once,omitempty"` // done at once, where Acts wait for people
	Skipped  []Act    `json:"skipped,omitempty"` // what nobody can do on this platform
	Reasons  []Reason `json:"reasons,omitempty"`
	Others   []Other  `json:"others,omitempty"` // further clauses that fired
	Spared   string   `json:"spared,omitempty"` // why nothing is done although a clause fired: staff, allowlist, role
	Unless   []string `json:"unless,omitempty"` // what would have changed the verdict: codes, see Unless…

	First community.StaffID `json:"first,omitempty" doc:"of lowered second: who let the clause act by itself, and so is the first of the two"`
}

// Second is why a verdict is lowered of which the policy says that two people decide.
const Second = "second"

// Fired says that a clause holds.
func (v Verdict) Fired() bool { return v.Clause != "" }

// Other is a clause that fired beside the worst.
type Other struct {
	Clause   string   `json:"clause"`
	Name     string   `json:"name,omitempty"` // absent in verdicts of former versions
	Severity Severity `json:"severity"`
	Stage    Stage    `json:"stage"`
}

// Reason is something that a condition found.
type Reason struct {
	Kind  string  `json:"kind"`            // word, found, score, recent, member, clock, expr
	Name  string  `json:"name"`            // of the category, detector, score, fact
	Text  string  `json:"text,omitempty"`  // the entry or the value
	Way   string  `json:"way,omitempty"`   // of a word that does not stand there as it is written: read.Hit.Way
	Value float64 `json:"value,omitempty"` // of scores and counts
	Start int     `json:"start"`           // bytes of the member's own text; Start == End: nowhere in particular
	End   int     `json:"end"`
}

// Hasten takes out of a suggestion what is done at once: what dos name, whether it was
// among the acts or not. The acts may be shared and are left as they are.
func (v Verdict) Hasten(dos []Do) Verdict {
	if v.Stage != Suggest || len(dos) == 0 {
		return v
	}
	v.AtOnce = nil
	for _, do := range []Do{Recall, Remind} {
		if slices.Contains(dos, do) {
			v.AtOnce = append(v.AtOnce, Act{Do: do})
		}
	}
	v.Acts = slices.DeleteFunc(slices.Clone(v.Acts), func(a Act) bool { return slices.Contains(dos, a.Do) })
	return v
}

// Wait makes a verdict one of which nothing is done at once.
func (v Verdict) Wait() Verdict {
	v.Acts, v.AtOnce = slices.Concat(v.AtOnce, v.Acts), nil
	return v
}
