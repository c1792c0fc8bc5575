package scenario

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/engine"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// moderating are the sentences about keeping order.
var moderating = []act{
	{form: sentence(`group (\S+) on sim as customers with (.+)`), do: customerGroup, down: true},
	{form: sentence(`policy (?:of (\S+) )?is (\S+?)(?: with (\S+) (off|shadow|suggest|auto)(?: taking (\d+) points)?( recalling at once)?)?( by two)?`), do: setPolicy},
	{form: sentence(`words "(.+)" are (\S+)`), do: setWords},
	{form: sentence(`(\S+) in (\S+) answers "(.*)" of (\S+): (.+)`), do: answers, down: true},
	{form: sentence(`staff(?: (\d+))? (accepts|overturns|undoes|grants|rejects) the card of (\S+)`), do: staffRules},
	{form: sentence(`staff blocks (\S+) for (\d+) days`), do: staffBlocks},
	{form: sentence(`staff pardons (\S+)`), do: staffPardons},
	{form: sentence(`one byte of the case log is changed`), do: forge},
	{form: sentence(`expect case log (sound|changed)`), do: expectCaseLog},
	{form: sentence(`expect points of (\S+) = (-?\d+)`), do: expectPoints},
	{form: sentence(`expect trying to remove for "(.+)" ` + days + ` = (.+)`), do: expectTrial},
	{form: sentence(`expect strikes of (\S+) = (\d+)`), do: expectStrikes},
	{form: sentence(`expect cards (suggest|auto|report|appeal) (open|acted|asked|decided) = (\d+)`), do: expectCards},
	{form: sentence(`expect verdicts (shadow|suggest|auto) (\S+) = (\d+)`), do: expectVerdicts},
}

// customerGroup is a group in which almost nothing can be done, as customer groups
// of WeCom have it: a message is sent by a person's hand, and so is everything else.
func customerGroup(ctx context.Context, c *call) error {
	can := sim.PersonalCapabilities()
	can.Send, can.Recall, can.Mute, can.MuteAll, can.Remove = connector.Human, connector.Nobody, connector.Nobody, connector.Nobody, connector.Human
	c.network().SetCapabilities(c.words[0], can)
	return group(ctx, &call{w: c.w, at: c.at, where: c.where, words: []string{c.words[0], "", c.words[1]}})
}

// save saves a setting of a group, or of the community where group is "".
func (c *call) save(ctx context.Context, group, key string, value any) error {
	in, of := c.w.id(c.where), community.GroupID(0)
	if group != "" {
		g, err := c.find(ctx, group)
		if err != nil {
			return err
		}
		in, of = g.Community, g.ID
	}
	var old store.Setting
	if err := c.w.db.Read(ctx, func(q store.Querier) (err error) {
		old, _, err = store.SettingAt(ctx, q, in, of, key, 0)
		return err
	}); err != nil {
		return err
	}
	return c.w.engine.SaveSetting(ctx, in, of, key, value, old.Version, 0)
}

// setPolicy takes a preset, with one clause at another stage, every step of which
// may cost points, and by which nobody is removed without a second person.
func setPolicy(ctx context.Context, c *call) error {
	p, err := policy.Preset(c.words[1], "zh-CN")
	if err != nil {
		return err
	}
	if c.words[2] != "" {
		i := slices.IndexFunc(p.Clauses, func(is policy.Clause) bool { return is.ID == c.words[2] })
		if i < 0 {
			return community.Errorf(community.NotFound, "%s has no clause %s", c.words[1], c.words[2])
		}
		p.Clauses[i].Stage = policy.Stage(c.words[3])
		if c.words[5] != "" {
			p.Clauses[i].AtOnce = []policy.Do{policy.Recall}
		}
		if c.words[4] != "" {
			n, err := strconv.Atoi(c.words[4])
			if err != nil {
				return err
			}
			for j := range p.Clauses[i].Ladder {
				step := &p.Clauses[i].Ladder[j]
				step.Acts = append(slices.Clip(step.Acts), policy.Act{Do: policy.Points, Points: n})
			}
		}
	}
	p.Approval.Remove = c.words[6] != ""
	return c.save(ctx, c.words[0], policy.Key, p)
}

func setWords(ctx context.Context, c *call) error {
	return c.save(ctx, "", casework.LexiconKey+"story", casework.Lexicon{Name: "story", Category: c.words[1], Text: strings.ReplaceAll(c.words[0], ",", "\n")})
}

// answers is that somebody replies to a message.
func answers(_ context.Context, c *call) error {
	name, group, text, author := c.words[0], c.words[1], c.words[2], c.words[3]
	message, ok := c.w.said[c.key(group+"/"+c.member(author)+"/"+text)]
	if !ok {
		return community.Errorf(community.NotFound, "%s has not said %q in %s", author, text, group)
	}
	c.network().Post(group, connector.Observation{Kind: community.MessagePosted, Sender: connector.Member{ID: c.member(name), Name: name}, Content: community.Text,
		Text: c.words[4], ReplyTo: message, At: c.at})
	return nil
}

// newestCard is the newest card about somebody that can still be decided so.
func (c *call) newestCard(ctx context.Context, name, what string) (int64, error) {
	who, err := c.identity(ctx, name, "")
	if err != nil {
		return 0, err
	}
	var found int64
	err = c.w.db.Read(ctx, func(q store.Querier) error {
		list, err := cases.Reviews(ctx, q, c.w.id(c.where), cases.Filter{Now: c.at, Limit: 1000})
		for _, r := range list {
			appeal := what == casework.Grant || what == casework.Reject
			if r.Identity == who && r.ID > found && (r.Kind == casework.Appeal) == appeal {
				found = r.ID
			}
		}
		return err
	})
	if err == nil && found == 0 {
		err = community.Errorf(community.NotFound, "there is no card about %s", name)
	}
	return found, err
}

func staffRules(ctx context.Context, c *call) error {
	what := map[string]string{"accepts": casework.Accept, "overturns": casework.Overturn, "undoes": casework.Undo, "grants": casework.Grant, "rejects": casework.Reject}[c.words[1]]
	by, err := strconv.ParseInt("0"+c.words[0], 10, 64)
	if err != nil {
		return err
	}
	id, err := c.newestCard(ctx, c.words[2], what)
	if err != nil {
		return err
	}
	return c.command(ctx, c.w.id(c.where), engine.Command{Kind: community.VerdictReview, By: community.StaffID(by), Case: casework.Command{Reviews: []int64{id}, What: what}})
}

func staffBlocks(ctx context.Context, c *call) error {
	who, err := c.identity(ctx, c.words[0], "")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.words[1])
	if err != nil {
		return err
	}
	return c.command(ctx, c.w.id(c.where), engine.Command{Kind: community.ListChange, Case: casework.Command{List: casework.Block, Member: who, Days: n, Note: "多次发布广告"}})
}

func staffPardons(ctx context.Context, c *call) error {
	who, err := c.identity(ctx, c.words[0], "")
	if err != nil {
		return err
	}
	return c.command(ctx, c.w.id(c.where), engine.Command{Kind: community.StrikePardon, Case: casework.Command{Member: who}})
}

func expectStrikes(ctx context.Context, c *call) error {
	who, err := c.identity(ctx, c.words[0], "")
	if err != nil {
		return err
	}
	n := 0
	if err := c.w.db.Read(ctx, func(q store.Querier) error {
		list, err := cases.StandingStrikes(ctx, q, c.w.id(c.where), c.at.Add(-policy.Strikes{}.Lasting()))
		for _, s := range list {
			if s.Identity == who {
				n++
			}
		}
		return err
	}); err != nil {
		return err
	}
	return same(c.words[1], strconv.Itoa(n))
}

func expectCards(ctx context.Context, c *call) error {
	n, lines := 0, []string{}
	if err := c.w.db.Read(ctx, func(q store.Querier) error {
		list, err := cases.Reviews(ctx, q, c.w.id(c.where), cases.Filter{Kind: casework.Kind(c.words[0]), Now: c.at, Limit: 1000})
		for _, r := range list {
			if string(r.State) == c.words[1] {
				n++
			}
			text := ""
			if r.Body != nil {
				text = r.Body.Text
			}
			lines = append(lines, fmt.Sprintf("card %d: %s, %s, %d messages: %s", r.ID, r.Clause, r.State, r.Items, text))
		}
		return err
	}); err != nil {
		return err
	}
	return same(c.words[2], strconv.Itoa(n), lines...)
}

func expectVerdicts(ctx context.Context, c *call) error {
	n, lines := 0, []string{}
	if err := c.w.db.Read(ctx, func(q store.Querier) error {
		list, err := cases.VerdictsAfter(ctx, q, c.w.id(c.where), 0, 1000)
		for _, v := range list {
			if string(v.Stage) == c.words[0] && v.Clause == c.words[1] {
				n++
			}
			text := ""
			if v.Body != nil {
				text = v.Body.Text
			}
			lines = append(lines, fmt.Sprintf("%s %s, strike %d, %s: %s", v.Stage, v.Clause, v.Strike, v.Lowered, text))
		}
		return err
	}); err != nil {
		return err
	}
	return same(c.words[2], strconv.Itoa(n), lines...)
}
