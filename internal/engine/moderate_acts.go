package engine

import (
	"context"
	"slices"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casebook"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// order is whom acts concern, and on whose account.
type order struct {
	ev      *community.Event // the cause: a message, or a command
	fx      *effects
	d       *decider
	judge   *policy.Judge
	verdict policy.Verdict
	group   community.GroupID
	target  community.IdentityID
	name    string
	message string // the platform's ID, "" for none
	version int64  // of the policy
	lang    string
	link    string // to the member's page
	by      community.StaffID
	due     time.Time
	done    map[string]bool // what was ordered before in the same command: once for each group and member
}

// order is what an automatic verdict orders.
func (c *conclusion) order(ev *community.Event, fx *effects) *order {
	name := ""
	if ev.Body != nil {
		name = ev.Body.Name
	}
	return &order{ev: ev, fx: fx, d: c.d, judge: c.judge, verdict: c.verdict, group: ev.Group, target: ev.Identity, name: name, message: messageID(ev),
		version: c.rules.owner.Version, lang: c.rules.set.Language, due: ev.LoggedAt, done: map[string]bool{}}
}

// once says that something is ordered for the first time.
func (o *order) once(do policy.Do, of community.GroupID, id community.IdentityID, message string) bool {
	k := string(do) + "/" + strconv.FormatInt(int64(of), 10) + "/" + strconv.FormatInt(int64(id), 10) + "/" + message
	if o.done[k] {
		return false
	}
	o.done[k] = true
	return true
}

// impose queues what is to be done. Points are taken where the verdict is written,
// which they name.
func (e *Engine) impose(o *order, acts []policy.Act) error {
	o.verdict.Acts = acts
	for _, a := range acts {
		act := community.Action{Community: o.ev.Community, Group: o.group, Class: community.Moderation, Target: o.target, DueAt: o.due,
			ExpiresAt: o.due.Add(staleAfter(community.Moderation)), Cause: community.Cause{Seq: saidAt(o.ev), Rule: ModerationRule, Version: o.version},
			Detail: community.Detail{Reason: o.verdict.Name, By: o.by}}
		member, message := o.target, ""
		switch a.Do {
		case policy.Recall:
			if o.message == "" {
				continue // a name, or a platform that tells no IDs
			}
			act.Kind, act.MessageID, message = community.Recall, o.message, o.message
		case policy.Remind, policy.Warn, policy.Notice:
			act.Kind, act.Text, act.Target = community.Send, o.judge.Say(a.Do, o.verdict, policy.Addressee{Name: o.name, Link: o.link}, o.lang), 0
			if a.Do != policy.Notice {
				act.Detail.Mentions = []community.IdentityID{o.target}
			}
		case policy.Mute:
			act.Kind, act.Until = community.Mute, o.due.Add(time.Duration(a.Minutes)*time.Minute)
		case policy.MuteAll:
			act.Kind, act.Target, member = community.MuteAll, 0, 0
			if a.Minutes > 0 {
				act.Until = o.due.Add(time.Duration(a.Minutes) * time.Minute)
			}
		case policy.Remove:
			act.Kind = community.Remove
		case policy.Block:
			if o.once(a.Do, 0, o.target, "") {
				o.block(a)
			}
			continue
		default:
			continue
		}
		if !o.once(a.Do, o.group, member, message) {
			continue
		}
		o.fx.order(o.ev, act)
	}
	return nil
}

// order queues an action of keeping order. Nothing is suggested here: what was
// late was lowered before.
func (fx *effects) order(ev *community.Event, a community.Action) {
	a.Cause.Ordinal = len(fx.actions) + ordinals(ev)
	a.Key = actionKey(a)
	if a.Kind == community.MuteAll && !a.Until.IsZero() {
		fx.dues = append(fx.dues, store.Due{Key: community.KeyParts{Kind: liftDue, Network: "outbox", ID: a.Key.String()}.Key(), At: a.Until,
			Kind: liftDue, Group: a.Group, CauseSeq: ev.Seq, Data: strconv.Quote(a.Key.String())})
	}
	fx.actions = append(fx.actions, store.Outgoing{Action: a, State: store.Queued})
}

// block puts the target on the blocklist of all groups.
func (o *order) block(a policy.Act) {
	entry := casework.ListEntry{List: casework.Block, Identity: o.target, Reason: o.verdict.Name, Staff: o.by, Seq: o.ev.Seq, At: o.ev.LoggedAt}
	if a.Days > 0 {
		entry.ExpiresAt = o.ev.LoggedAt.Add(time.Duration(a.Days) * 24 * time.Hour)
	}
	c, d := o.ev.Community, o.d
	o.fx.records = append(o.fx.records, func(tx *store.Tx) error { return d.list(tx, c, &entry) })
}

// list writes a line of a list.
func (d *decider) list(tx *store.Tx, c community.ID, e *casework.ListEntry) error {
	if err := cases.AddEntry(tx, c, e); err != nil {
		return err
	}
	d.docket.lists = append(d.docket.lists, *e)
	if !e.ExpiresAt.IsZero() {
		if err := tx.Schedule(c, store.Due{Key: community.KeyParts{Kind: listDue, ID: strconv.FormatInt(e.ID, 10)}.Key(), At: e.ExpiresAt, Kind: listDue, CauseSeq: e.Seq,
			Data: strconv.FormatInt(e.ID, 10)}); err != nil {
			return err
		}
	}
	return recordEntry(tx, c, e)
}

// recordEntry enters a line of a list, or its end, into the case log.
func recordEntry(tx *store.Tx, c community.ID, e *casework.ListEntry) error {
	envelope, err := casework.EntryEnvelope(e)
	if err != nil {
		return err
	}
	body, err := jsonText(map[string]string{"pattern": e.Pattern, "reason": e.Reason})
	if err != nil {
		return err
	}
	at := e.At
	if !e.EndedAt.IsZero() {
		at = e.EndedAt
	}
	return cases.Record(tx, c, casebook.Entry{Kind: "list", Ref: e.ID, Identity: e.Identity, At: at, Envelope: envelope}, body)
}

// unlist ends a line of a list; by is 0 where its time is over.
func (d *decider) unlist(ctx context.Context, tx *store.Tx, c community.ID, id int64, at time.Time, by community.StaffID) (bool, error) {
	ended, err := cases.EndEntry(tx, c, id, at, by)
	if err != nil || !ended {
		return false, err
	}
	d.docket.lists = slices.DeleteFunc(d.docket.lists, func(e casework.ListEntry) bool { return e.ID == id })
	e, err := cases.EntryByID(ctx, tx, c, id)
	if err != nil {
		return false, err
	}
	return true, recordEntry(tx, c, &e)
}
