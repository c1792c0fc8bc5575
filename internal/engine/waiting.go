package engine

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/automation"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// WaitingTask is the kind of a task to answer somebody (待回复, S2).
const WaitingTask = "waiting"

// QuestionWaits tells that a member has waited too long for an answer of ours:
// Data["question"] is the place of the message in the log. It opens the task.
const QuestionWaits community.Kind = "question.waits"

// waitDue is the kind of due row that looks whether a question was answered.
const waitDue = "waiting"

// quotedSpan is how far back in the log a message that staff quotes is looked for.
const quotedSpan = 50_000

// waitingOf is how long members of a group may wait, as of an event.
func (d *decider) waitingOf(ctx context.Context, q store.Querier, ev *community.Event, g community.GroupID) (automation.Waiting, error) {
	if w, ok := d.waits[g]; ok {
		return w, nil
	}
	layers, err := d.layers(ctx, q, ev, settingKey{g, automation.WaitingKey})
	if err != nil {
		return automation.Waiting{}, err
	}
	values := make([]string, len(layers))
	for i, l := range layers {
		values[i] = l.Value
	}
	w := automation.WaitingIn(values)
	d.waits[g] = w
	return w, nil
}

// awaitAnswer follows who waits for an answer of ours: a question begins to wait,
// what staff says ends it, and so does its being taken back.
func (e *Engine) awaitAnswer(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) error {
	if ev.Group == 0 || ev.Kind != community.MessagePosted && ev.Kind != community.MessageRecalled {
		return nil
	}
	w, err := d.waitingOf(ctx, q, ev, ev.Group)
	if err != nil || !*w.On {
		return err
	}
	if ev.Kind == community.MessageRecalled {
		return e.takenBack(ctx, q, ev, fx)
	}
	staff, err := d.isStaff(ctx, q, ev)
	if err != nil {
		return err
	}
	if staff {
		return e.staffAnswered(ctx, q, ev, fx)
	}
	if ev.Origin != community.Live || ev.Identity == 0 || ev.Body == nil {
		return nil
	}
	asks := ev.Content == community.Text && insight.IsQuestion(ev.Body.Text)
	if !asks && *w.Mentions && len(ev.Targets) > 0 {
		if asks, err = d.namesStaff(ctx, q, ev); err != nil {
			return err
		}
	}
	if !asks {
		return nil
	}
	return d.beginWait(ctx, q, ev, w, fx)
}

// namesStaff says that a message mentions somebody who works for us.
func (d *decider) namesStaff(ctx context.Context, q store.Querier, ev *community.Event) (bool, error) {
	for _, t := range ev.Targets {
		if _, known := d.docket.staff[t]; !known {
			if err := d.meetStaff(ctx, q, ev.Community, []community.IdentityID{t}); err != nil {
				return false, err
			}
		}
		if d.docket.staff[t] {
			return true, nil
		}
	}
	return false, nil
}

// beginWait writes down that a member waits. Who waits already, in the same group
// and for less than a day, asks no second time. A question that arrives after its
// answer does not wait.
func (d *decider) beginWait(ctx context.Context, q store.Querier, ev *community.Event, rules automation.Waiting, fx *effects) error {
	g, err := d.groupOf(ctx, q, ev)
	if err != nil || g.Direct {
		return err
	}
	open, err := store.OpenWaits(ctx, q, ev.Community, ev.Group)
	if err != nil {
		return err
	}
	for i := range open {
		if open[i].Identity == ev.Identity && ev.At.Sub(open[i].At) < 24*time.Hour {
			return nil
		}
	}
	w := store.Wait{Seq: ev.Seq, Group: ev.Group, Identity: ev.Identity, At: ev.At, DueAt: rules.Due(ev.At, *rules.Minutes, g.Zone), State: store.WaitOpen}
	said, err := store.LastStaffSaid(ctx, q, ev.Community, ev.Group)
	if err != nil {
		return err
	}
	if said.At.After(ev.At) && (said.To == 0 || said.To == ev.Identity) {
		w.State, w.AnsweredAt, w.Answer = store.WaitAnswered, said.At, said.Seq
	} else {
		fx.dues = append(fx.dues, store.Due{Key: community.KeyParts{Kind: waitDue, ID: decimal(int64(ev.Seq))}.Key(), At: w.DueAt, Kind: waitDue,
			Group: ev.Group, CauseSeq: ev.Seq, Data: "{}"})
	}
	fx.records = append(fx.records, func(tx *store.Tx) error { return tx.AddWait(ev.Community, w) })
	return nil
}

// staffAnswered ends what a message of staff answers: quoting somebody or
// mentioning them answers them alone, anything else everybody who asked before it.
func (e *Engine) staffAnswered(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) error {
	said := store.StaffSaid{At: ev.At, Seq: ev.Seq}
	if len(ev.Targets) > 0 && ev.Flags&community.MentionsAll == 0 {
		said.To = ev.Targets[0]
	}
	if ev.Body != nil && ev.Body.Data["reply_to"] != "" {
		seq, err := cases.MessageBefore(ctx, q, ev.Community, ev.Group, ev.Body.Data["reply_to"], ev.Seq, quotedSpan)
		if err != nil {
			return err
		}
		if seq != 0 {
			quoted, err := store.Event(ctx, q, ev.Community, seq)
			if err != nil {
				return err
			}
			said.To = quoted.Identity
		}
	}
	open, err := store.OpenWaits(ctx, q, ev.Community, ev.Group)
	if err != nil {
		return err
	}
	for i := range open {
		if w := open[i]; !w.At.After(ev.At) && (said.To == 0 || said.To == w.Identity) {
			fx.records = append(fx.records, func(tx *store.Tx) error {
				return e.endWait(tx, ev.Community, w, store.WaitAnswered, ev)
			})
		}
	}
	fx.records = append(fx.records, func(tx *store.Tx) error { return tx.NoteStaffSaid(ev.Community, ev.Group, said) })
	return nil
}

// takenBack ends the waiting for a message that was recalled.
func (e *Engine) takenBack(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) error {
	if ev.Body == nil || ev.Body.Data["message"] == "" {
		return nil
	}
	open, err := store.OpenWaits(ctx, q, ev.Community, ev.Group)
	if err != nil {
		return err
	}
	for i := range open {
		if w := open[i]; w.MessageID == ev.Body.Data["message"] {
			fx.records = append(fx.records, func(tx *store.Tx) error { return e.endWait(tx, ev.Community, w, store.WaitVoid, ev) })
		}
	}
	return nil
}

// endWait ends the waiting because of an event, and closes its task.
func (e *Engine) endWait(tx *store.Tx, c community.ID, w store.Wait, state store.WaitState, ev *community.Event) error {
	at, answer := ev.At, ev.Seq
	if state == store.WaitVoid {
		at, answer = time.Time{}, 0
	}
	ended, err := tx.EndWait(c, w.Seq, state, at, answer)
	if err != nil || !ended || w.Task == 0 {
		return err
	}
	_, err = tx.CloseTask(c, ownTaskKey(WaitingTask, w.Task), store.Closing{State: store.TaskDone, At: ev.LoggedAt, How: string(ev.Kind)})
	tx.AfterCommit(func() {
		e.changes.send(Change{Community: c, Groups: []community.GroupID{w.Group}, What: "tasks"})
	})
	return err
}

// lookAfterWait has somebody asked to answer a question that waits too long. Where
// nobody wants that any more it waits no longer.
func (e *Engine) lookAfterWait(ctx context.Context, q store.Querier, d *decider, ev *community.Event, due store.Due, fx *effects) error {
	w, found, err := store.WaitBySeq(ctx, q, ev.Community, due.CauseSeq)
	if err != nil || !found || w.State != store.WaitOpen {
		return err
	}
	rules, err := d.waitingOf(ctx, q, ev, due.Group)
	if err != nil {
		return err
	}
	if !*rules.On {
		fx.records = append(fx.records, func(tx *store.Tx) error {
			_, err := tx.EndWait(ev.Community, w.Seq, store.WaitVoid, time.Time{}, 0)
			return err
		})
		return nil
	}
	draft := store.Draft{Event: community.Event{Key: community.KeyParts{Kind: QuestionWaits, ID: decimal(int64(w.Seq))}.Key(), Kind: QuestionWaits, Group: due.Group,
		At: ev.LoggedAt, Source: "decide", Body: &community.Body{Data: map[string]string{"question": decimal(int64(w.Seq))}}}}
	contacts, err := e.contactsFor(ctx, q, ev.Community, due.Group)
	if err != nil {
		return err
	}
	if len(contacts) > 0 { // to be told they need a number
		draft.Network, draft.Targets = keeperNetwork, contacts
	}
	fx.later = append(fx.later, draft)
	return nil
}

// openWait opens the task of a question that waits too long: the keeper's, the
// backup's after as long again, and overdue, which raises an alert, after twice.
func (e *Engine) openWait(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) error {
	if ev.Body == nil {
		return nil
	}
	seq, err := strconv.ParseInt(ev.Body.Data["question"], 10, 64)
	if err != nil {
		return err
	}
	w, found, err := store.WaitBySeq(ctx, q, ev.Community, community.Seq(seq))
	if err != nil || !found || w.State != store.WaitOpen {
		return err
	}
	rules, err := d.waitingOf(ctx, q, ev, ev.Group)
	if err != nil {
		return err
	}
	g, err := d.groupOf(ctx, q, ev)
	if err != nil {
		return err
	}
	fx.also = func(tx *store.Tx) error {
		waits, err := tx.TaskWait(ev.Community, w.Seq, ev.Seq)
		if err != nil || !waits {
			return err
		}
		return e.openOwn(ctx, tx, &store.Task{Community: ev.Community, ID: ev.Seq, Kind: WaitingTask, Group: g.ID, Identity: w.Identity,
			Link: fmt.Sprintf("/messages?group=%d&at=%d", g.ID, w.Seq), OpenedAt: ev.LoggedAt, DueAt: rules.Due(ev.LoggedAt, 2**rules.Minutes, g.Zone)}, g)
	}
	return nil
}

// closeWait follows a person who closes the task of a question.
func closeWait(ctx context.Context, tx *store.Tx, t *store.Task, state store.TaskState, at time.Time) error {
	w, found, err := store.WaitByTask(ctx, tx, t.Community, t.Group, t.ID)
	if err != nil || !found {
		return err
	}
	end := store.WaitVoid
	if state == store.TaskDone {
		end = store.WaitAnswered
	} else {
		at = time.Time{}
	}
	_, err = tx.EndWait(t.Community, w.Seq, end, at, 0)
	return err
}
