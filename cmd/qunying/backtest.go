package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"qunying/community"
	"qunying/internal/engine"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
)

// backtestCmd tries a policy on what was said.
type backtestCmd struct {
	place
	Policy  string  `help:"File with the policy as JSON; a preset by its name; without it the default one." placeholder:"FILE|NAME"`
	From    string  `help:"First day, as 2006-01-02." required:"" placeholder:"DAY"`
	To      string  `help:"Last day." required:"" placeholder:"DAY"`
	Group   []int64 `help:"Numbers of groups; without it all."`
	Samples int     `help:"Messages shown of each clause." default:"3"`
}

// mostPolicy bounds the file of a policy, in bytes.
const mostPolicy = 4 << 20

func (c *backtestCmd) policy() (policy.Policy, error) {
	if c.Policy == "" {
		return policy.Default(), nil
	}
	info, err := os.Stat(c.Policy)
	if err != nil {
		return policy.Preset(c.Policy, "zh-CN")
	}
	if info.Size() > mostPolicy {
		return policy.Policy{}, community.Errorf(community.Invalid, "the policy is larger than %d MiB", mostPolicy>>20)
	}
	text, err := os.ReadFile(c.Policy)
	if err != nil {
		return policy.Policy{}, err
	}
	var p policy.Policy
	if err := json.Unmarshal(text, &p); err != nil {
		return p, &community.Error{Code: community.Invalid, Text: "the policy is no JSON of ours", Hint: err.Error(), Err: err}
	}
	return p, nil
}

func (c *backtestCmd) Run(ctx context.Context, o *output) error {
	in := engine.Backtest{Samples: c.Samples}
	var err error
	if in.Policy, err = c.policy(); err != nil {
		return err
	}
	if in.From, err = community.ParseDay(c.From); err != nil {
		return err
	}
	if in.To, err = community.ParseDay(c.To); err != nil {
		return err
	}
	for _, g := range c.Group {
		in.Groups = append(in.Groups, community.GroupID(g))
	}
	m, err := c.open(ctx, logger(o.stderr, false, 0), true)
	if err != nil {
		return err
	}
	defer m.close()
	if o.terminal && !c.JSON {
		in.Progress = func(done, all int64) { fmt.Fprintf(o.stderr, "\r%d / %d", done, all) }
	}
	r, err := m.engine.RunBacktest(ctx, community.DefaultID, in)
	if err != nil {
		return err
	}
	return o.result(c.JSON, r, backtestText(r))
}

func backtestText(r *casework.BacktestResult) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d messages in %.2f s (%.0f a second), %d hits, %d members hit, %d removed\n", r.Messages, r.Seconds, float64(r.Messages)/max(r.Seconds, 1e-9), r.Hits, r.People, r.Removed)
	fmt.Fprintf(&s, "the policy in force: %d the same, %d only by the draft, %d only by the policy in force\n", r.Both, r.Only, r.Lost)
	if r.Low != nil {
		fmt.Fprintf(&s, "precision on %d decided: %.3f, between %.3f and %.3f\n", r.Right+r.Wrong, float64(r.Right)/float64(r.Right+r.Wrong), *r.Low, *r.High)
	}
	fmt.Fprintf(&s, "%.0f minutes of a moderator\n", r.Minutes)
	for _, k := range r.Clauses {
		fmt.Fprintf(&s, "%s: %d hits, %d members\n", k.Clause, k.Hits, k.People)
		for _, m := range k.Samples {
			fmt.Fprintf(&s, "  %s: %s\n", m.Name, strings.ReplaceAll(m.Text, "\n", " "))
		}
	}
	return strings.TrimSuffix(s.String(), "\n")
}
