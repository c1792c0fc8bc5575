package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/store/team"
)

// actions shows what is on its way, what people have to do, and when what may be
// sent.
type actions struct{ *console }

func (c actions) Matrix(ctx context.Context, id community.ID, connection string, after api.Place, limit int) (a api.MatrixAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	a.Groups = []api.MatrixRow{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := store.GroupsAfter(ctx, q, id, connection, community.GroupID(after.ID), limit+1)
		if len(list) > limit {
			list = list[:limit]
			next = api.Place{ID: int64(list[limit-1].ID)}
		}
		for _, g := range list {
			also := slices.DeleteFunc(c.engine.InGroup(g), func(name string) bool { return name == g.Account })
			a.Groups = append(a.Groups, api.MatrixRow{Group: g.ID, Name: g.Name, Connection: g.Account, Also: also, Network: string(g.Network), Capabilities: c.capabilities(g)})
		}
		return err
	})
	return a, next, err
}

func (c actions) Staff(ctx context.Context, id community.ID) (a api.StaffAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Staff = []api.ColleagueView{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := team.All(ctx, q)
		for _, s := range list {
			if s.DisabledAt.IsZero() {
				a.Staff = append(a.Staff, api.ColleagueView{ID: s.ID, Name: s.Name, Role: s.Role})
			}
		}
		return err
	})
	return a, err
}

func (c actions) Preview(ctx context.Context, id community.ID, groups []community.GroupID, a community.Action) (p api.PreviewAnswer, err error) {
	if p.Answer, err = c.asOf(ctx, id); err != nil {
		return p, err
	}
	p.Groups = []api.PreviewGroup{}
	for _, g := range groups {
		line, err := c.previewOne(ctx, id, g, a)
		if community.CodeOf(err) == community.NotFound { // it vanished since it was chosen
			line, err = api.PreviewGroup{Group: g, Can: string(connector.Nobody)}, nil
		}
		if err != nil {
			return p, err
		}
		p.Members += line.Members
		p.Groups = append(p.Groups, line)
	}
	return p, nil
}

func (c actions) previewOne(ctx context.Context, id community.ID, g community.GroupID, a community.Action) (line api.PreviewGroup, err error) {
	var group community.Group
	line.Group = g
	if err := c.db.Read(ctx, func(q store.Querier) error {
		if group, err = store.Group(ctx, q, id, g); err != nil {
			return err
		}
		present, known, err := insightdb.Present(ctx, q, id, g, community.DayOf(c.now().Add(24*time.Hour), group.Zone))
		if known {
			line.Members = int64(present.GetCardinality())
		}
		return err
	}); err != nil {
		return line, err
	}
	line.Name, line.Can, line.Official = group.Name, string(connector.Nobody), c.engine.Official(group)
	if can, ok := c.engine.Capabilities(group); ok {
		line.Can = string(can.Of(a.Kind))
	}
	plus := 0
	if a.Class == community.Broadcast || a.Detail.MentionAll {
		plus = 1
	}
	tired, err := c.engine.Fatigue(ctx, id, g, plus)
	if err != nil {
		return line, err
	}
	line.Touches, line.Tired = tired.Done+tired.Planned+tired.Plus, tired.Over()
	a.Community, a.Group = id, g
	waits, err := c.engine.Waiting(ctx, id, []store.Outgoing{{Action: a, State: store.Queued}})
	if w, ok := waits[a.Key]; ok && err == nil {
		line.Waits, line.Until = w.Reason, milli(w.Until)
	}
	return line, err
}

// entries shows actions as the API does: with names, why they wait, and the tasks
// that they became.
func (c *console) entries(ctx context.Context, id community.ID, list []store.Outgoing) ([]api.OutboxEntry, error) {
	waits, err := c.engine.Waiting(ctx, id, list)
	if err != nil {
		return nil, err
	}
	entries := make([]api.OutboxEntry, len(list))
	groups := map[community.GroupID]string{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		for i, o := range list {
			e := entryOf(o)
			name, ok := groups[o.Group]
			if !ok {
				g, err := store.Group(ctx, q, id, o.Group)
				if err != nil && community.CodeOf(err) != community.NotFound {
					return err
				}
				name = g.Name
				groups[o.Group] = name
			}
			e.GroupName = name
			if o.Target != 0 {
				who, err := store.Identities(ctx, q, id, []community.IdentityID{o.Target})
				if err != nil {
					return err
				}
				e.Name = who[o.Target].Name
			}
			if w, ok := waits[o.Key]; ok {
				e.Waits, e.WaitsUntil = w.Reason, milli(w.Until)
			}
			if o.State == store.Handed {
				t, found, err := store.TaskByAction(ctx, q, id, o.Key)
				if err != nil {
					return err
				}
				if found {
					e.Task = int64(t.ID)
				}
			}
			entries[i] = e
		}
		return nil
	})
	return entries, err
}

func (c actions) Action(ctx context.Context, id community.ID, key string) (e api.OutboxEntry, err error) {
	k, err := keyOf(key)
	if err != nil {
		return e, err
	}
	var o store.Outgoing
	if err := c.db.Read(ctx, func(q store.Querier) error {
		var found bool
		if o, found, err = store.OutboxByKey(ctx, q, id, k); err == nil && !found {
			err = community.Errorf(community.NotFound, "there is no such action")
		}
		return err
	}); err != nil {
		return e, err
	}
	list, err := c.entries(ctx, id, []store.Outgoing{o})
	if err != nil {
		return e, err
	}
	return list[0], nil
}

// keyOf reads an action's key as the API writes it.
func keyOf(s string) (k community.Key, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(k) {
		return k, community.Errorf(community.Invalid, "%q is not the key of an action", s)
	}
	copy(k[:], b)
	return k, nil
}

// attentionSpan is how far back what failed still waits for people.
const attentionSpan = 7 * 24 * time.Hour

func (c actions) Attention(ctx context.Context, id community.ID) (a api.AttentionAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	now, within := c.now(), api.Within(ctx)
	var n store.Attention
	if err := c.db.Read(ctx, func(q store.Querier) error {
		if n, err = store.AttentionNow(ctx, q, id, within, now, now.Add(-attentionSpan)); err != nil {
			return err
		}
		firing, err := store.FiringAlerts(ctx, q, id)
		for _, alert := range firing {
			if within != nil && alert.Group != 0 && !slices.Contains(within, alert.Group) {
				continue
			}
			a.Alerts++
			a.NewestAlert = max(a.NewestAlert, int64(alert.ID))
			if alert.SeenAt.IsZero() {
				a.Unseen++
			}
		}
		return err
	}); err != nil {
		return a, err
	}
	a.Tasks, a.Overdue, a.Failed, a.Unknown, a.Suggested = n.Tasks, n.Overdue, n.Failed, n.Unknown, n.Suggested
	accounts, err := c.engine.Accounts(ctx, id)
	if err != nil {
		return a, err
	}
	for _, account := range accounts {
		if account.Health.State != connector.Online {
			a.Connections++
		}
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		layers, err := store.LayersAt(ctx, q, id, 0, engine.DeliveryKey, 0)
		d, _ := engine.DeliveryIn(layers)
		a.Paused = d.Paused
		return err
	})
	return a, err
}

func (c actions) Tasks(ctx context.Context, id community.ID, want api.TasksQuery) (a api.TasksAnswer, next api.Place, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, next, err
	}
	a.Tasks, a.Timing = []api.TaskView{}, []api.TaskTimes{}
	limit := want.Limit
	if limit <= 0 {
		limit = 50
	}
	f := store.TaskFilter{State: store.TaskState(want.State), Group: want.Group, Keeper: want.Keeper, Limit: limit + 1, Within: api.Within(ctx), Mine: want.Mine, By: want.By}
	if want.After != (api.Place{}) {
		f.After = store.TaskPlace{At: time.UnixMilli(want.After.Number), ID: community.Seq(want.After.ID)}
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Tasks(ctx, q, id, f)
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			last := list[limit-1].Place()
			next = api.Place{Number: milli(last.At), ID: int64(last.ID)}
		}
		for i := range list {
			t, err := taskView(ctx, q, id, &list[i])
			if err != nil {
				return err
			}
			a.Tasks = append(a.Tasks, t)
		}
		times, err := store.TimesOfTasks(ctx, q, id, c.now().Add(-30*24*time.Hour))
		a.Timing = timing(times)
		return err
	})
	return a, next, err
}

// timing sums up over keepers; the median over them is weighed by how many each
// closed.
func timing(list []store.TaskTimes) []api.TaskTimes {
	out := []api.TaskTimes{}
	for _, t := range list {
		i := slices.IndexFunc(out, func(o api.TaskTimes) bool { return o.Action == string(t.Kind) })
		if i < 0 {
			out = append(out, api.TaskTimes{Action: string(t.Kind)})
			i = len(out) - 1
		}
		o := &out[i]
		if n := o.Closed + int64(t.Done); n > 0 {
			o.Minutes = (o.Minutes*float64(o.Closed) + t.Median*float64(t.Done)) / float64(n)
		}
		o.Closed += int64(t.Done)
		o.Late += int64(t.Late)
	}
	return out
}

func (c actions) Task(ctx context.Context, id community.ID, n int64) (v api.TaskView, err error) {
	err = c.db.Read(ctx, func(q store.Querier) error {
		t, found, err := store.TaskByID(ctx, q, id, community.Seq(n))
		if err != nil {
			return err
		}
		if !found {
			return community.Errorf(community.NotFound, "there is no task %d", n)
		}
		v, err = taskView(ctx, q, id, &t)
		return err
	})
	return v, err
}

func taskView(ctx context.Context, q store.Querier, id community.ID, t *store.Task) (v api.TaskView, err error) {
	v = api.TaskView{ID: int64(t.ID), Kind: t.Kind, Action: string(t.Action.Kind), Entry: t.Action.Key.String(), State: string(t.State), Group: t.Group,
		Member: t.Identity, Text: cmp.Or(t.Text, t.Action.Text), Link: t.Link, Reason: t.Action.Detail.Reason, Keeper: t.Keeper, Proposal: t.Action.Proposal != "",
		Until: milli(t.Action.Until), Backup: t.Backup, OpenedAt: milli(t.OpenedAt), DueAt: milli(t.DueAt), Reminders: t.Reminders, ClosedAt: milli(t.ClosedAt), ClosedBy: t.ClosedBy, How: t.How, Proof: t.Proof}
	g, err := store.Group(ctx, q, id, t.Group)
	if err != nil && community.CodeOf(err) != community.NotFound {
		return v, err
	}
	v.GroupName, v.Network = g.Name, string(g.Network)
	if t.Identity != 0 {
		who, err := store.Identities(ctx, q, id, []community.IdentityID{t.Identity})
		if err != nil {
			return v, err
		}
		v.Name = who[t.Identity].Name
		if who[t.Identity].Group == 0 {
			v.MemberID = who[t.Identity].Outside
		}
	}
	return v, nil
}

func (c actions) Keeper(ctx context.Context, id community.ID, g community.GroupID) (v api.KeeperView, err error) {
	var k engine.Keeper
	err = c.db.Read(ctx, func(q store.Querier) error {
		if _, err := store.Group(ctx, q, id, g); err != nil {
			return err
		}
		v.Version, err = store.ReadSetting(ctx, q, id, g, engine.KeeperKey, &k)
		return err
	})
	v.Staff, v.Backup = k.Staff, k.Backup
	return v, err
}

func (c actions) SaveKeeper(ctx context.Context, id community.ID, g community.GroupID, by community.StaffID, v api.KeeperView) (api.KeeperView, error) {
	if err := c.db.Read(ctx, func(q store.Querier) error {
		for _, who := range []community.StaffID{v.Staff, v.Backup} {
			if who == 0 {
				continue
			}
			if _, err := team.ByID(ctx, q, who); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return v, err
	}
	if err := c.engine.SaveSetting(ctx, id, g, engine.KeeperKey, engine.Keeper{Staff: v.Staff, Backup: v.Backup}, v.Version, by); err != nil {
		return v, err
	}
	return c.Keeper(ctx, id, g)
}

func (c actions) Contact(ctx context.Context, id community.ID, of community.StaffID) (v api.ContactView, err error) {
	err = c.db.Read(ctx, func(q store.Querier) error {
		if _, err := team.ByID(ctx, q, of); err != nil {
			return err
		}
		contact, version, err := c.engine.Contact(ctx, q, id, of)
		v.Version = version
		v.WeCom, v.Mail, v.Language = contact["wecom"], contact[engine.MailContact], contact[engine.LanguageContact]
		if err != nil {
			return err
		}
		lost, err := c.engine.LostContacts(ctx, q, id)
		v.Lost = slices.Contains(lost, of)
		return err
	})
	return v, err
}

func (c actions) SaveContact(ctx context.Context, id community.ID, by, of community.StaffID, v api.ContactView) (api.ContactView, error) {
	if _, err := c.Contact(ctx, id, of); err != nil {
		return v, err
	}
	contact := engine.StaffContact{}
	if v.WeCom = strings.TrimSpace(v.WeCom); v.WeCom != "" {
		if who, err := c.engine.StaffByContact(ctx, id, "wecom", v.WeCom); err == nil && who != of {
			return v, community.Errorf(community.Conflict, "somebody else of the staff has this ID already")
		}
		contact["wecom"] = v.WeCom
	}
	if v.Mail = strings.TrimSpace(v.Mail); v.Mail != "" {
		if err := engine.CheckMailAddress(v.Mail); err != nil {
			return v, err
		}
		contact[engine.MailContact] = v.Mail
	}
	if v.Language != "" {
		contact[engine.LanguageContact] = v.Language
	}
	if err := c.engine.SaveContact(ctx, id, of, contact, v.Version, by); err != nil {
		return v, err
	}
	return c.Contact(ctx, id, of)
}
