package policy

import (
	"slices"

	"qunying/community"
	"qunying/connector"
)

// actions are what an act asks of a platform. Those that are missing are done by
// us and can always be done.
var actions = map[Do]community.ActionKind{
	Recall: community.Recall, Remind: community.Send, Warn: community.Send, Notice: community.Send,
	Mute: community.Mute, MuteAll: community.MuteAll, Remove: community.Remove,
}

// Action returns what an act asks of a platform, false if nothing.
func (d Do) Action() (community.ActionKind, bool) {
	kind, ok := actions[d]
	return kind, ok
}

// For returns the judge for a group in which not everything can be done. What
// nobody can do is left out and noted in Verdict.Skipped; what a person can do
// stays and becomes a task. A step of a ladder of which nothing is left is
// skipped, and a reminder is put before the others, so that the harder steps come
// at the same strike as elsewhere: where nobody can mute, warn → mute → remove
// becomes remind → warn → remove.
func (j *Judge) For(can connector.Capabilities) *Judge {
	possible := func(a Act) bool {
		kind, asks := a.Do.Action()
		return !asks || can.Of(kind) != connector.Nobody
	}
	fitted := &Judge{policy: j.policy, clauses: slices.Clone(j.clauses)}
	for i := range fitted.clauses {
		c := &fitted.clauses[i]
		keep := func(acts []Act) []Act {
			var kept []Act
			for _, a := range acts {
				if possible(a) {
					kept = append(kept, a)
				} else {
					c.skipped = append(c.skipped, a)
				}
			}
			return kept
		}
		c.Always = keep(c.Always)
		var ladder []Step
		missing := 0
		for _, step := range c.Ladder {
			if acts := keep(step.Acts); len(acts) > 0 {
				ladder = append(ladder, Step{acts})
			} else {
				missing++
			}
		}
		for range missing {
			ladder = slices.Insert(ladder, 0, Step{[]Act{{Do: Remind}}})
		}
		c.Ladder = ladder
	}
	return fitted
}
