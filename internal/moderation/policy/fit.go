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
// stays and becomes a task. A step of a ladder that asks something of the platform
// and can have none of it is skipped, and a reminder is put before the others, so
// that the harder steps come at the same strike as elsewhere: where nobody can
// mute, warn → mute → remove becomes remind → warn → remove.
func (j *Judge) For(can connector.Capabilities) *Judge {
	possible := func(a Act) bool {
		kind, asked := a.Do.Action()
		return !asked || can.Of(kind) != connector.Nobody
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
		c.AtOnce = slices.DeleteFunc(slices.Clone(c.AtOnce), func(do Do) bool { return !possible(Act{Do: do}) })
		c.Always = keep(c.Always)
		c.Ladder = fitLadder(c.Ladder, keep, possible(Act{Do: Remind}))
	}
	return fitted
}

// fitLadder leaves out of the steps what keep leaves out. What asks nothing of the
// platform (points, the blocklist) stays at its strike.
func fitLadder(steps []Step, keep func([]Act) []Act, remind bool) []Step {
	var there []Step // what is asked of the platform, in order
	rest := make([][]Act, len(steps))
	missing := 0
	for i, step := range steps {
		var asked []Act
		for _, a := range keep(step.Acts) {
			if asks(a) {
				asked = append(asked, a)
			} else {
				rest[i] = append(rest[i], a)
			}
		}
		if len(asked) == 0 && slices.ContainsFunc(step.Acts, asks) {
			missing++
		} else {
			there = append(there, Step{asked})
		}
	}
	fitted := make([]Step, len(steps))
	for i := range steps {
		switch {
		case i >= missing:
			fitted[i] = there[i-missing]
		case remind:
			fitted[i].Acts = []Act{{Do: Remind}}
		}
		fitted[i].Acts = append(fitted[i].Acts, rest[i]...)
	}
	return fitted
}

// asks says that an act asks something of the platform.
func asks(a Act) bool {
	_, asks := a.Do.Action()
	return asks
}
