package scenario

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// stepForm is a step of a funnel: a kind of deed, and how many days after entering it
// counts at the earliest.
var stepForm = regexp.MustCompile(`^([a-z.]+)(?: after (\d+))?$`)

// expectFunnel compares how many people of a group came to each step.
func expectFunnel(ctx context.Context, c *call) error {
	g, err := c.find(ctx, c.words[0])
	if err != nil {
		return err
	}
	span, err := c.span(c.words[1], c.words[2])
	if err != nil {
		return err
	}
	want := insight.Funnel{SameGroup: true, By: insight.FunnelBy(c.words[5]), Groups: []community.GroupID{g.ID}, From: span.From, To: span.To}
	if want.Window, err = strconv.Atoi(c.words[4]); err != nil {
		return err
	}
	for step := range strings.SplitSeq(c.words[3], ", ") {
		m := stepForm.FindStringSubmatch(step)
		if m == nil {
			return community.Errorf(community.Invalid, "%q is no step", step).WithHint("write message.posted, or message.posted after 1")
		}
		after, _ := strconv.Atoi(m[2]) // none is 0
		want.Steps = append(want.Steps, insight.Pick{Kind: community.Kind(m[1]), After: after})
	}
	var found []string
	if err := c.w.db.Read(ctx, func(q store.Querier) error {
		a, err := insightdb.AskFunnel(ctx, q, g.Community, want, nil, nil, c.w.clock.Now())
		if err != nil {
			return err
		}
		lines := a.Lines[len(a.Lines)-1:] // everything together
		if want.By != insight.ByNothing {
			lines = a.Lines[:len(a.Lines)-1]
		}
		for _, l := range lines {
			text := reached(l)
			switch want.By {
			case insight.ByWay:
				text = cmp.Or(l.Label, "?") + ": " + text
			case insight.ByInviter:
				id := community.IdentityID(l.Inviter)
				who, err := store.Identities(ctx, q, g.Community, []community.IdentityID{id})
				if err != nil {
					return err
				}
				text = cmp.Or(who[id].Name, "?") + ": " + text
			}
			found = append(found, text)
		}
		return nil
	}); err != nil {
		return err
	}
	slices.Sort(found)
	return same(c.words[6], strings.Join(found, "; "))
}

// reached writes how many came to each step.
func reached(l insight.FunnelLine) string {
	var steps []string
	for _, s := range l.Steps {
		steps = append(steps, strconv.Itoa(s.Reached))
	}
	return strings.Join(steps, ", ")
}
