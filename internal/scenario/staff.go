package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/engine"
	"qunying/internal/store"
)

func settingForAll(ctx context.Context, c *call) error {
	in := c.w.id(c.where)
	var old store.Setting
	if err := c.w.db.Read(ctx, func(q store.Querier) (err error) {
		old, _, err = store.SettingAt(ctx, q, in, 0, c.words[0], 0)
		return err
	}); err != nil {
		return err
	}
	if !json.Valid([]byte(c.words[1])) {
		return community.Errorf(community.Invalid, "%s is not JSON", c.words[1])
	}
	return c.w.engine.SaveSetting(ctx, in, 0, c.words[0], json.RawMessage(c.words[1]), old.Version, 0)
}

// ask wants an action done in a group, as staff does in the console.
func (c *call) ask(ctx context.Context, group, batch string, a community.Action) error {
	g, err := c.find(ctx, group)
	if err != nil {
		return err
	}
	return c.command(ctx, g.Community, engine.Command{Kind: community.ActionAsk, Group: g.ID, Action: a, Batch: batch})
}

func broadcast(ctx context.Context, c *call) error {
	a := community.Action{Kind: community.Send, Class: community.Broadcast, Text: c.words[4]}
	if c.words[2] != "" {
		at, err := (moment{c.words[2], c.words[3]}).in(c.w.zone, c.at)
		if err != nil {
			return err
		}
		a.DueAt = at
	}
	return c.ask(ctx, c.words[0], c.words[1], a)
}

func staffActs(ctx context.Context, c *call) error {
	who, err := c.identity(ctx, c.words[1], "")
	if err != nil {
		return err
	}
	kind := community.Remove
	if c.words[0] == "unmutes" {
		kind = community.Mute
	}
	return c.ask(ctx, c.words[2], "", community.Action{Kind: kind, Target: who})
}

func (c *call) after(minutes string) (time.Time, error) {
	n, err := strconv.Atoi(minutes)
	return c.at.Add(time.Duration(n) * time.Minute), err
}

func staffMutes(ctx context.Context, c *call) error {
	who, err := c.identity(ctx, c.words[0], "")
	if err != nil {
		return err
	}
	until, err := c.after(c.words[2])
	if err != nil {
		return err
	}
	return c.ask(ctx, c.words[1], "", community.Action{Kind: community.Mute, Target: who, Until: until})
}

func staffMutesAll(ctx context.Context, c *call) error {
	until, err := c.after(c.words[1])
	if err != nil {
		return err
	}
	return c.ask(ctx, c.words[0], "", community.Action{Kind: community.MuteAll, Until: until})
}

func staffAnnounces(ctx context.Context, c *call) error {
	return c.ask(ctx, c.words[0], "", community.Action{Kind: community.Announce, Text: c.words[1]})
}

func cancelBatch(ctx context.Context, c *call) error {
	return c.command(ctx, c.w.id(c.where), engine.Command{Kind: community.ActionCancel, Batch: c.words[0]})
}

// allow lets what did not come off, or was only suggested, be done after all: the
// newest action with that text.
func allow(ctx context.Context, c *call) error {
	list, err := c.outbox(ctx, c.words[1])
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.Text == c.words[0] {
			return c.command(ctx, o.Community, engine.Command{Kind: community.ActionAllow, Action: community.Action{Key: o.Key}})
		}
	}
	return community.Errorf(community.NotFound, "there is no %q in the outbox of %s", c.words[0], c.words[1])
}

// outbox lists what is to be sent to a group or was, newest first.
func (c *call) outbox(ctx context.Context, group string) (list []store.Outgoing, err error) {
	g, err := c.find(ctx, group)
	if err != nil {
		return nil, err
	}
	err = c.w.db.Read(ctx, func(q store.Querier) (err error) {
		list, err = store.Outbox(ctx, q, g.Community, "", g.ID, 0, 1000)
		return err
	})
	return list, err
}

func (c *call) tasks(ctx context.Context, group string) (list []store.Task, err error) {
	g, err := c.find(ctx, group)
	if err != nil {
		return nil, err
	}
	err = c.w.db.Read(ctx, func(q store.Querier) (err error) {
		list, err = store.Tasks(ctx, q, g.Community, store.TaskFilter{Group: g.ID, Limit: 1000})
		return err
	})
	return list, err
}

// closeTask ends the most urgent task of a group.
func closeTask(ctx context.Context, c *call) error {
	list, err := c.tasks(ctx, c.words[0])
	if err != nil {
		return err
	}
	if len(list) == 0 || list[0].State != store.TaskOpen {
		return community.Errorf(community.NotFound, "no task of %s is open", c.words[0])
	}
	return c.command(ctx, list[0].Community, engine.Command{Kind: community.TaskClose, Task: list[0].ID, How: c.words[1], Text: c.words[2]})
}

func expectTasks(ctx context.Context, c *call) error {
	list, err := c.tasks(ctx, c.words[0])
	if err != nil {
		return err
	}
	n, lines := 0, []string{}
	for i := range list {
		t := &list[i]
		if string(t.State) == c.words[1] {
			n++
		}
		lines = append(lines, fmt.Sprintf("%s %q is %s %s", t.Action.Kind, t.Action.Text, t.State, t.How))
	}
	return same(c.words[2], strconv.Itoa(n), lines...)
}

// expectDone looks at what the platform did beside sending: "remove 小李".
func expectDone(_ context.Context, c *call) error {
	n, lines := 0, []string{}
	for _, net := range c.w.networks {
		for _, d := range net.Sent() {
			if d.Action.Group != c.words[0] || d.Kind == community.Send {
				continue
			}
			line := strings.TrimSpace(strings.Join([]string{string(d.Kind), c.nameOf(d.Action.Member), d.Action.Text}, " "))
			line = strings.Join(strings.Fields(line), " ")
			if !d.Action.Until.IsZero() {
				line += " until " + d.Action.Until.In(c.w.zone).Format("15:04")
			}
			if line == c.words[1] {
				n++
			}
			lines = append(lines, "did: "+line)
		}
	}
	if n == 1 {
		return nil
	}
	return differ("it once", fmt.Sprintf("it %d times", n), lines...)
}

// nameOf is how the story calls a member now.
func (c *call) nameOf(id string) string {
	for k, outside := range c.w.ids {
		if name, ok := strings.CutPrefix(k, strconv.Itoa(c.where)+"/"); ok && outside == id {
			return name
		}
	}
	return id
}

// expectWaiting looks at why what is queued for a group waits: "quiet_hours until 07:00".
func expectWaiting(ctx context.Context, c *call) error {
	list, err := c.outbox(ctx, c.words[0])
	if err != nil || len(list) == 0 {
		return differ(c.words[1], "nothing in the outbox")
	}
	waits, err := c.w.engine.Waiting(ctx, list[0].Community, list)
	if err != nil {
		return err
	}
	found := []string{}
	for _, o := range list {
		if w, ok := waits[o.Key]; ok {
			line := w.Reason
			if !w.Until.IsZero() {
				line += " until " + w.Until.In(c.w.zone).Format("15:04")
			}
			found = append(found, line)
		}
	}
	if len(found) == 0 {
		found = []string{"nothing"}
	}
	return same(c.words[1], strings.Join(found, ", "))
}

// expectFatigue looks at how often a group was reached this week: "3 of 6".
func expectFatigue(ctx context.Context, c *call) error {
	g, err := c.find(ctx, c.words[0])
	if err != nil {
		return err
	}
	t, err := c.w.engine.Fatigue(ctx, g.Community, g.ID, 0)
	if err != nil {
		return err
	}
	found := fmt.Sprintf("%d of %d", t.Done+t.Planned, t.Most)
	if t.Over() {
		found += " over"
	}
	return same(c.words[1], found)
}
