package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// KeeperKey is the setting of a group that says whose its tasks are.
const KeeperKey = "keeper"

// Keeper is whose a group's tasks are (负责人).
type Keeper struct {
	Staff  community.StaffID `json:"staff,omitempty"`  // 0: anybody's
	Backup community.StaffID `json:"backup,omitempty"` // where Staff is 0
}

// keeperNetwork is where keepers are told of tasks.
const keeperNetwork community.Network = "wecom"

// hand is what is to be written of a claimed action that a person has to do:
// there is a task from now on, which closes by itself when the log proves it done.
func (e *Engine) hand(ctx context.Context, p *parcel, proposal string) outcome {
	o := &p.Outgoing
	now := e.now().Truncate(time.Millisecond)
	e.out.mu.Lock()
	pol := e.out.policy(o.Community, o.Group)
	e.out.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	return func(tx *store.Tx, _ drafts) error { // the task is numbered by its event, which therefore is not put off
		ok, err := tx.Hand(o.Community, o.Key, proposal)
		if err != nil || !ok {
			return err
		}
		var k Keeper
		if _, err := store.ReadSetting(ctx, tx, o.Community, o.Group, KeeperKey, &k); err != nil && !notJSON(err) {
			return err
		}
		t := store.Task{Community: o.Community, Kind: store.ActionTask, Group: o.Group, Identity: o.Target, Keeper: cmp.Or(k.Staff, k.Backup),
			OpenedAt: now, DueAt: pol.taskDue(o.Class, p.group.Zone, now), Action: *o}
		if k.Staff != 0 && k.Backup != k.Staff {
			t.Backup = k.Backup
		}
		contact, err := e.contactOf(ctx, tx, &t)
		if err != nil {
			return err
		}
		draft := outcomeDraft(o, settlement{kind: community.ActionHanded, receipt: proposal}, now)
		if contact != "" { // to be told they need a number
			draft.Network, draft.Targets = keeperNetwork, []store.Outside{{ID: contact}}
		}
		done, err := tx.Append(o.Community, []store.Draft{draft})
		if err != nil {
			return err
		}
		if t.ID = done[0].Seq; t.ID == 0 {
			return community.Errorf(community.Internal, "action %s was handed over before", o.Key)
		}
		if t.Backup != 0 {
			if err := tx.Schedule(o.Community, passing(&t)); err != nil {
				return err
			}
		}
		if contact != "" {
			told, err := e.tellKeeper(ctx, tx, &t, p.group, contact)
			if err != nil {
				return err
			}
			if told {
				t.ToldAt = now
			}
		}
		tx.AfterCommit(func() {
			e.tell(o)
			e.changes.send(Change{Community: o.Community, Groups: []community.GroupID{o.Group}, What: "tasks"})
			e.outgoing.fire()
		})
		return tx.OpenTask(t)
	}
}

func notJSON(err error) bool {
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &shape)
}

// contactOf is where a task's keeper is told of it, "" for nowhere.
func (e *Engine) contactOf(ctx context.Context, q store.Querier, t *store.Task) (string, error) {
	if t.Keeper == 0 || e.keeperLine(t.Community) == nil {
		return "", nil
	}
	contact, _, err := e.Contact(ctx, q, t.Community, t.Keeper)
	return contact[keeperNetwork], err
}

// keeperLine is the account that can write to staff, nil if there is none.
func (e *Engine) keeperLine(c community.ID) *account {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.accounts {
		if a.community == c && a.network == keeperNetwork && a.about.Name == string(keeperNetwork) {
			return a
		}
	}
	return nil
}

// tellKeeper queues a message to the keeper of a task, in their language and with
// the way to it. It reports false where the contact is not known.
func (e *Engine) tellKeeper(ctx context.Context, tx *store.Tx, t *store.Task, g community.Group, contact string) (bool, error) {
	who, err := store.IdentityByOutside(ctx, tx, t.Community, keeperNetwork, 0, contact)
	if err != nil || who == 0 {
		return false, err
	}
	target := ""
	if t.Identity != 0 {
		names, err := store.Identities(ctx, tx, t.Community, []community.IdentityID{t.Identity})
		if err != nil {
			return false, err
		}
		target = cmp.Or(names[t.Identity].Name, names[t.Identity].Outside)
	}
	language, err := e.languageOf(ctx, tx, t.Community, contact)
	if err != nil {
		return false, err
	}
	link, err := e.consolePage(ctx, tx, t.Community, "/tasks?group="+decimal(int64(t.Group)))
	if err != nil {
		return false, err
	}
	text, err := written(keeperNotes, language, map[string]any{"Kind": string(t.Action.Kind), "Group": g.Name, "Member": target, "Text": t.Action.Text,
		"Reason": t.Action.Detail.Reason, "Due": t.DueAt.In(g.Zone).Format("01-02 15:04"), "Link": link})
	if err != nil {
		return false, err
	}
	return e.tellDirectly(tx, t.Community, who, g.Zone, text, community.Cause{Seq: t.ID, Rule: "task", Ordinal: t.Reminders})
}

// tellDirectly queues a message to one of the staff alone. It reports false where
// no account can write to staff.
func (e *Engine) tellDirectly(tx *store.Tx, c community.ID, who community.IdentityID, zone *time.Location, text string, cause community.Cause) (bool, error) {
	a := e.keeperLine(c)
	if a == nil {
		return false, nil
	}
	direct, err := tx.DirectGroup(c, keeperNetwork, a.name, a.directGroup(), zone)
	if err != nil {
		return false, err
	}
	now := e.now()
	note := community.Action{Community: c, Group: direct, Kind: community.Send, Class: community.Reply, Target: who,
		Text: text, Cause: cause, DueAt: now, ExpiresAt: now.Add(staleAfter(community.Reply))}
	note.Key = actionKey(note)
	return true, tx.Enqueue(note, store.Queued)
}

// prove closes the tasks that an event shows to be done: somebody who was to go
// has left, a text that was to be said has been said.
func (d *decider) prove(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) error {
	if ev.Group == 0 || !d.tasks[ev.Group] {
		return nil
	}
	list, err := store.Tasks(ctx, q, ev.Community, store.TaskFilter{State: store.TaskOpen, Group: ev.Group, Actions: true, Limit: 1000})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		delete(d.tasks, ev.Group)
		return nil
	}
	for i := range list {
		t := &list[i]
		if !proves(ev, &t.Action) {
			continue
		}
		if ev.Kind == community.MessagePosted {
			ours, err := d.isStaff(ctx, q, ev)
			if err != nil {
				return err
			}
			if !ours {
				continue
			}
		}
		s := settlement{kind: community.ActionDone, state: store.Done, how: string(ev.Kind)}
		if ev.Body != nil && ev.Kind == community.MessagePosted {
			s.receipt = ev.Body.MessageID
		}
		fx.settle = append(fx.settle, settled{t.Action, s})
		if ev.Kind == community.MessagePosted {
			return nil // one message is one of two equal ones
		}
	}
	return nil
}

// proves says whether an event of a group shows that an action has been done.
func proves(ev *community.Event, o *store.Outgoing) bool {
	data := map[string]string{}
	text := ""
	if ev.Body != nil {
		text = strings.TrimSpace(ev.Body.Text)
		if ev.Body.Data != nil {
			data = ev.Body.Data
		}
	}
	switch {
	case o.State != store.Handed:
		return false
	case ev.Kind == community.MemberLeft:
		return o.Kind == community.Remove && ev.Identity == o.Target
	case ev.Kind == community.RosterTaken:
		return o.Kind == community.Remove && len(ev.Targets) > 0 && !slices.Contains(ev.Targets, o.Target) ||
			o.Kind == community.Invite && slices.Contains(ev.Targets, o.Target)
	case ev.Kind == community.MemberJoined:
		return (o.Kind == community.Invite || o.Kind == community.Approve) && o.Target != 0 && ev.Identity == o.Target
	case ev.Kind == community.MessagePosted:
		return o.Kind == community.Send && o.Text != "" && text == strings.TrimSpace(o.Text)
	case ev.Kind == community.GroupAnnounced:
		return o.Kind == community.Announce && text == strings.TrimSpace(o.Text)
	case ev.Kind == community.GroupRenamed:
		return o.Kind == community.Rename && text == strings.TrimSpace(o.Text)
	case ev.Kind == community.MessageRecalled:
		return o.Kind == community.Recall && data["message"] == o.MessageID
	case ev.Kind == community.MemberMuted:
		return (o.Kind == community.Mute && ev.Identity == o.Target || o.Kind == community.MuteAll && ev.Identity == 0) &&
			o.Until.IsZero() == (data["until"] == "")
	}
	return false
}

// follow is when a proposal is asked after again.
type follow struct {
	next  time.Time
	pause time.Duration
}

// Proposals are asked after less and less often, and not too many at once.
const (
	followFirst = 2 * time.Minute
	followLast  = time.Hour
	followMost  = 20
)

// followProposals asks platforms what became of what a person was to complete.
func (e *Engine) followProposals(ctx context.Context, c community.ID, now time.Time) error {
	var list []store.Task
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		list, err = store.Tasks(ctx, q, c, store.TaskFilter{State: store.TaskOpen, Proposed: true, Limit: 1000})
		return err
	}); err != nil {
		return err
	}
	begun := 0
	for i := range list {
		o := list[i].Action
		if begun == followMost {
			break
		}
		if !e.out.ripe(o.Key, now, e.follow) {
			continue
		}
		begun++
		e.out.work.Add(1)
		e.work.Go(func() {
			defer e.out.work.Done()
			err := guard(func() error { return e.followOne(ctx, &o) })
			if err != nil && ctx.Err() == nil {
				e.log.Warn("what became of a proposal could not be learnt; it is asked again", "community", c, "group", o.Group, "action", o.Key, "err", err)
			}
		})
	}
	return nil
}

// ripe says that a proposal may be asked after, first after a time, and when next.
func (out *outgoing) ripe(k community.Key, now time.Time, first time.Duration) bool {
	out.mu.Lock()
	defer out.mu.Unlock()
	f := out.follows[k]
	if f == nil {
		if out.follows == nil {
			out.follows = map[community.Key]*follow{}
		}
		out.follows[k] = &follow{now.Add(first), first}
		return false
	}
	if now.Before(f.next) {
		return false
	}
	f.pause = min(2*f.pause, followLast)
	f.next = now.Add(f.pause)
	return true
}

func (out *outgoing) unfollow(k community.Key) {
	out.mu.Lock()
	defer out.mu.Unlock()
	delete(out.follows, k)
}

// proposer finds who put an action before a person.
func (e *Engine) proposer(ctx context.Context, o *store.Outgoing) (connector.Proposer, community.Group, error) {
	var g community.Group
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		g, err = store.Group(ctx, q, o.Community, o.Group)
		return err
	}); err != nil {
		return nil, g, err
	}
	for _, a := range e.accountsOf(g) {
		if p, ok := a.conn.(connector.Proposer); ok && (a.name == o.Account || o.Account == "") {
			return p, g, nil
		}
	}
	return nil, g, community.Errorf(community.Unavailable, "the account that asked for it is not connected")
}

func (e *Engine) followOne(ctx context.Context, o *store.Outgoing) error {
	p, g, err := e.proposer(ctx, o)
	if err != nil {
		return err
	}
	askCtx, cancel := graceful(ctx)
	defer cancel()
	progress, err := p.Follow(askCtx, g.OutsideID, o.Proposal)
	if err != nil {
		return err
	}
	s := settlement{how: "platform", receipt: o.Proposal}
	switch progress.State {
	case "done":
		s.kind, s.state = community.ActionDone, store.Done
	case "refused":
		s.kind, s.state, s.why = community.ActionFailed, store.Failed, because(WhyRefused)
	case "limit":
		s.kind, s.state, s.why = community.ActionFailed, store.Failed, because(WhyQuota)
	case "gone":
		s.kind, s.state, s.why = community.ActionFailed, store.Failed, because(WhyGone)
	default:
		return nil
	}
	e.out.unfollow(o.Key)
	return e.settle(ctx, o, s)
}

// remind asks those again who have not acted, at the platform.
func (e *Engine) remind(ctx context.Context, o *store.Outgoing) error {
	p, g, err := e.proposer(ctx, o)
	if err != nil {
		return err
	}
	askCtx, cancel := graceful(ctx)
	defer cancel()
	return p.Remind(askCtx, g.OutsideID, o.Proposal)
}
