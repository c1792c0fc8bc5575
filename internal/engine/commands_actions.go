package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// Bounds of what may be asked for.
const (
	mostParts        = 10
	mostPartData     = 2 << 20 // bytes of all parts of an action together
	mostMentions     = 100
	longestGroupName = 60                   // of a group
	farthest         = 366 * 24 * time.Hour // ahead of now
)

// askBody puts what is asked for into the body of the command.
func askBody(a *community.Action, b *community.Body) error {
	size := 0
	for _, p := range a.Detail.Parts {
		size += len(p.Data) + len(p.URL) + len(p.Text) + len(p.Title) + len(p.Name) + len(p.Picture) + len(p.Media)
	}
	switch {
	case len(a.Detail.Parts) > mostParts:
		return community.Errorf(community.Invalid, "a message has at most %d attachments", mostParts).WithHint("send several messages")
	case size > mostPartData:
		return community.Errorf(community.Invalid, "the attachments are larger than %d MiB", mostPartData>>20).WithHint("send a link to the file")
	case len(a.Detail.Mentions) > mostMentions:
		return community.Errorf(community.Invalid, "a message mentions at most %d members", mostMentions).WithHint("mention everybody")
	case utf8.RuneCountInString(a.Text) > longestMessage:
		return community.Errorf(community.Invalid, "the message is longer than %d characters", longestMessage).WithHint("split it")
	}
	detail, err := json.Marshal(a.Detail)
	if err != nil {
		return err
	}
	b.Text, b.MessageID = a.Text, a.MessageID
	b.Data["kind"], b.Data["class"], b.Data["detail"] = string(a.Kind), string(a.Class), string(detail)
	for name, t := range map[string]time.Time{"until": a.Until, "at": a.DueAt, "expires": a.ExpiresAt} {
		if !t.IsZero() {
			b.Data[name] = decimal(t.UnixMilli())
		}
	}
	return nil
}

// askedFor reads what a command asks for.
func askedFor(ev *community.Event) (community.Action, error) {
	at := func(name string) time.Time {
		if ms, err := strconv.ParseInt(ev.Body.Data[name], 10, 64); err == nil {
			return time.UnixMilli(ms).UTC()
		}
		return time.Time{}
	}
	a := community.Action{Community: ev.Community, Group: ev.Group, Kind: community.ActionKind(ev.Body.Data["kind"]), Class: community.Class(ev.Body.Data["class"]),
		Text: strings.TrimSpace(ev.Body.Text), Target: ev.Identity, MessageID: ev.Body.MessageID, Until: at("until"), DueAt: at("at"), ExpiresAt: at("expires"),
		Cause: community.Cause{Seq: ev.Seq, Rule: "staff"}}
	if d := ev.Body.Data["detail"]; d != "" {
		if err := json.Unmarshal([]byte(d), &a.Detail); err != nil {
			return a, &community.Error{Code: community.Invalid, Text: "the details of the action cannot be read", Err: err}
		}
	}
	if a.Class == "" {
		a.Class = community.Routine
		if slices.Contains([]community.ActionKind{community.Recall, community.Mute, community.MuteAll, community.Remove}, a.Kind) {
			a.Class = community.Moderation
		}
	}
	if a.DueAt.Before(ev.LoggedAt) {
		a.DueAt = ev.LoggedAt
	}
	if a.ExpiresAt.IsZero() {
		a.ExpiresAt = a.DueAt.Add(staleAfter(a.Class))
	}
	if !a.Until.IsZero() && a.Until.Before(a.ExpiresAt) {
		a.ExpiresAt = a.Until // silence that is over need not begin
	}
	return a, nil
}

// checkAction says what is missing in what is asked for, whoever is to do it.
func checkAction(a *community.Action, g *community.Group, now time.Time) error {
	invalid := func(text, hint string) error { return community.Errorf(community.Invalid, "%s", text).WithHint(hint) }
	if !slices.Contains([]community.Class{community.Moderation, community.Reply, community.Routine, community.Broadcast}, a.Class) {
		return invalid("there is no class "+strconv.Quote(string(a.Class)), "moderation, reply, routine or broadcast")
	}
	if a.DueAt.After(now.Add(farthest)) || a.Until.After(now.Add(farthest)) {
		return invalid("the time is more than a year ahead", "choose an earlier one")
	}
	switch a.Kind {
	case community.Send:
		if a.Text == "" && len(a.Detail.Parts) == 0 {
			return invalid("the message is empty", "write a text")
		}
		if g.Direct && a.Target == 0 {
			return invalid("it is not said to whom", "name who is to get the message")
		}
	case community.Recall:
		if a.MessageID == "" {
			return invalid("it is not said which message is to be recalled", "name the message")
		}
	case community.Mute, community.Remove, community.Invite:
		if a.Target == 0 {
			return invalid("it is not said whom it concerns", "name the member")
		}
	case community.Approve, community.Refuse:
		if a.MessageID == "" {
			return invalid("it is not said which request is answered", "name the request")
		}
	case community.Announce:
		if a.Text == "" {
			return invalid("the announcement is empty", "write a text")
		}
	case community.Rename:
		if n := utf8.RuneCountInString(a.Text); n == 0 || n > longestGroupName || strings.ContainsAny(a.Text, "\r\n") {
			return invalid("that is no name for a group", "one line of at most "+strconv.Itoa(longestGroupName)+" characters")
		}
	case community.MuteAll:
	default:
		return invalid("there is no action "+strconv.Quote(string(a.Kind)), "send, recall, mute, mute_all, remove, announce, rename, invite, approve or refuse")
	}
	if !a.Until.IsZero() && !a.Until.After(a.DueAt) {
		return invalid("the silence would be over before it begins", "choose a later end")
	}
	return nil
}

// checkPeople refuses people whom nobody knows, or who are on another network.
func checkPeople(ctx context.Context, q store.Querier, a *community.Action, g *community.Group) error {
	wanted := slices.Clone(a.Detail.Mentions)
	if a.Target != 0 {
		wanted = append(wanted, a.Target)
	}
	if len(wanted) == 0 {
		return nil
	}
	known, err := store.Identities(ctx, q, a.Community, wanted)
	if err != nil {
		return err
	}
	for _, id := range wanted {
		who, ok := known[id]
		switch {
		case !ok:
			return community.Errorf(community.NotFound, "there is no identity %d", id)
		case who.Network != g.Network || who.Group != 0 && who.Group != g.ID:
			return community.Errorf(community.Invalid, "%s is not on the network of this group", who.Name).WithHint("choose the identity that is in the group")
		}
	}
	return nil
}

// Asked is the answer to ActionAsk.
type Asked struct {
	Key     string        `json:"key"`
	DueAt   int64         `json:"due_at"`            // ms
	By      connector.Can `json:"by"`                // who will do it: the machine or a person
	Fatigue *Tiredness    `json:"fatigue,omitempty"` // where the group is reached more often than is good
}

// ask queues what staff wants done.
func (e *Engine) ask(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) (any, error) {
	if ev.Group == 0 {
		return nil, community.Errorf(community.Invalid, "the action has no group")
	}
	a, err := askedFor(ev)
	if err != nil {
		return nil, err
	}
	g, err := store.Group(ctx, q, ev.Community, ev.Group)
	if err != nil {
		return nil, err
	}
	if err := checkAction(&a, &g, ev.LoggedAt); err != nil {
		return nil, err
	}
	if err := checkPeople(ctx, q, &a, &g); err != nil {
		return nil, err
	}
	can, served, known := e.caps(g, a.Kind, a.Detail.Own)
	switch {
	case !served:
		return nil, community.Errorf(community.Unsupported, "no account of ours is in this group").WithHint("connect one that is")
	case known && can == connector.Nobody:
		return nil, community.Errorf(community.Unsupported, "nobody can do this on this platform")
	}
	result := Asked{By: can}
	if a.Class == community.Broadcast || a.Detail.MentionAll {
		layers, err := d.layers(ctx, q, ev, settingKey{ev.Group, DeliveryKey})
		if err != nil {
			return nil, err
		}
		typed, _ := DeliveryIn(layers)
		t, err := fatigue(ctx, q, g, *typed.Fatigue, 1, ev.LoggedAt)
		if err != nil {
			return nil, err
		}
		if t.Over() {
			result.Fatigue = &t
		}
	}
	fx.act(ev, a)
	a = fx.actions[0].Action
	if a.Kind == community.MuteAll && !a.Until.IsZero() {
		fx.dues = append(fx.dues, store.Due{Key: community.KeyParts{Kind: liftDue, Network: "outbox", ID: a.Key.String()}.Key(), At: a.Until,
			Kind: liftDue, Group: a.Group, CauseSeq: ev.Seq, Data: strconv.Quote(a.Key.String())})
	}
	result.Key, result.DueAt = a.Key.String(), a.DueAt.UnixMilli()
	return result, nil
}

// liftDue is the kind of due row that ends the silence of a group: not every
// platform knows an end.
const liftDue = "lift"

// lift ends the silence of a group, unless it never began or somebody has ordered
// anew meanwhile.
func (d *decider) lift(ctx context.Context, q store.Querier, ev *community.Event, due store.Due, fx *effects) error {
	var name string
	if err := json.Unmarshal([]byte(due.Data), &name); err != nil {
		return err
	}
	newest, found, err := store.NewestOf(ctx, q, ev.Community, due.Group, community.MuteAll)
	if err != nil || !found || newest.Key.String() != name || newest.State != store.Done && newest.State != store.Unknown {
		return err
	}
	a := community.Action{Community: ev.Community, Group: due.Group, Kind: community.MuteAll, Class: community.Moderation,
		Cause: community.Cause{Seq: due.CauseSeq, Rule: liftDue}, DueAt: due.At, ExpiresAt: due.At.Add(24 * time.Hour)}
	a.Key = actionKey(a)
	fx.actions = append(fx.actions, store.Outgoing{Action: a, State: store.Queued})
	return nil
}

// Allowed is the answer to ActionAllow.
type Allowed struct {
	Key     string            `json:"key"`
	State   store.OutboxState `json:"state"`
	Earlier []store.Try       `json:"earlier,omitempty"` // what became of it before
}

// allow queues an action anew that was suggested, or did not come off.
func (d *decider) allow(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	key, _ := parseKey(ev.Body.Data["action"])
	by := staffOf(ev)
	fx.finish = func(tx *store.Tx) (any, error) {
		o, found, err := store.OutboxByKey(ctx, tx, ev.Community, key)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, community.Errorf(community.NotFound, "there is no such action")
		}
		switch o.State {
		case store.Queued, store.Sending, store.Handed, store.Done:
			return Allowed{o.Key.String(), o.State, o.Earlier}, nil
		case store.Cancelled:
			return nil, community.Errorf(community.Conflict, "the action was cancelled").WithHint("ask for it anew")
		}
		if ok, err := tx.Again(&o, ev.LoggedAt, by); err != nil {
			return nil, err
		} else if !ok {
			return nil, community.Errorf(community.Conflict, "the action has just changed").WithHint("look at it again")
		}
		now, _, err := store.OutboxByKey(ctx, tx, ev.Community, key)
		return Allowed{o.Key.String(), now.State, now.Earlier}, err
	}
	return nil, nil
}

func staffOf(ev *community.Event) community.StaffID {
	n, err := strconv.ParseInt(ev.Body.Data["staff"], 10, 64)
	if err != nil {
		return 0
	}
	return community.StaffID(n)
}

// Cancelled is the answer to ActionCancel.
type Cancelled struct {
	Cancelled int `json:"cancelled"`
	Begun     int `json:"begun"` // too late for these
}

// cancel ends what has not begun: one action, or all of a batch.
func (d *decider) cancel(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	fx.finish = func(tx *store.Tx) (any, error) {
		if batch := ev.Body.Data["batch"]; batch != "" {
			return cancelBatch(ctx, tx, ev, batch)
		}
		key, _ := parseKey(ev.Body.Data["action"])
		o, found, err := store.OutboxByKey(ctx, tx, ev.Community, key)
		if err != nil {
			return nil, err
		}
		if !found {
			dropped, err := tx.DropScheduled(ev.Community, key)
			if err != nil {
				return nil, err
			}
			if !dropped {
				return nil, community.Errorf(community.NotFound, "there is no such action")
			}
			return Cancelled{Cancelled: 1}, nil
		}
		ok, err := cancelOne(tx, ev, &o)
		if err == nil && !ok { // it is over: then it is only not to wait for people any more
			ok, err = tx.Dismiss(ev.Community, key, ev.LoggedAt)
		}
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, community.Errorf(community.Conflict, "it is too late to cancel this action: it is %s", o.State)
		}
		return Cancelled{Cancelled: 1}, nil
	}
	return nil, nil
}

func cancelBatch(ctx context.Context, tx *store.Tx, ev *community.Event, batch string) (any, error) {
	list, err := store.OutboxByBatch(ctx, tx, ev.Community, batch)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, community.Errorf(community.NotFound, "there is no such batch")
	}
	var n Cancelled
	for i := range list {
		ok, err := cancelOne(tx, ev, &list[i])
		if err != nil {
			return nil, err
		}
		if ok {
			n.Cancelled++
		} else {
			n.Begun++
		}
	}
	return n, nil
}

// cancelOne reports whether the action is cancelled, now or before.
func cancelOne(tx *store.Tx, ev *community.Event, o *store.Outgoing) (bool, error) {
	if o.State == store.Cancelled {
		return true, nil
	}
	ok, err := tx.Cancel(ev.Community, o.Key, ev.LoggedAt, store.Trouble{})
	if err != nil || !ok {
		return false, err
	}
	_, err = tx.CloseTask(ev.Community, o.Key, store.Closing{State: store.TaskDropped, At: ev.LoggedAt, By: staffOf(ev), How: "person"})
	return true, err
}

// Closed is the answer to TaskClose and TaskRemind.
type Closed struct {
	Task      community.Seq   `json:"task"`
	State     store.TaskState `json:"state"`
	Reminders int             `json:"reminders,omitempty"`
}

func taskOf(ctx context.Context, q store.Querier, ev *community.Event) (store.Task, error) {
	id, err := strconv.ParseInt(ev.Body.Data["task"], 10, 64)
	if err != nil {
		return store.Task{}, community.Errorf(community.Invalid, "it is not said which task")
	}
	t, found, err := store.TaskByID(ctx, q, ev.Community, community.Seq(id))
	if err == nil && !found {
		err = community.Errorf(community.NotFound, "there is no task %d", id)
	}
	return t, err
}

// closeTask ends a task because a person says so.
func (d *decider) closeTask(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	t, err := taskOf(ctx, q, ev)
	if err != nil {
		return nil, err
	}
	state, proof := store.TaskState(ev.Body.Data["how"]), strings.TrimSpace(ev.Body.Text)
	switch {
	case state != store.TaskDone && state != store.TaskDropped:
		return nil, community.Errorf(community.Invalid, "a task ends as done or dropped")
	case t.State == state:
		return Closed{t.ID, t.State, t.Reminders}, nil
	case t.State != store.TaskOpen:
		return nil, community.Errorf(community.Conflict, "the task is %s already", t.State)
	case state == store.TaskDone && proof == "" && t.Kind != PageTask && t.Kind != WaitingTask:
		return nil, community.Errorf(community.Invalid, "it is not said how it was done").WithHint("write a sentence, or name the picture that shows it")
	}
	if t.Kind != store.ActionTask { // it stands for itself
		fx.finish = func(tx *store.Tx) (any, error) {
			_, err := tx.CloseTask(ev.Community, t.Action.Key, store.Closing{State: state, At: ev.LoggedAt, By: staffOf(ev), How: "person", Proof: proof})
			if err == nil && t.Kind == WaitingTask {
				err = closeWait(ctx, tx, &t, state, ev.LoggedAt)
			}
			return Closed{t.ID, state, t.Reminders}, err
		}
		return nil, nil
	}
	s := settlement{state: store.Cancelled, by: staffOf(ev), how: "person", proof: proof}
	if state == store.TaskDone {
		s.kind, s.state = community.ActionDone, store.Done
	}
	fx.finish = func(tx *store.Tx) (any, error) {
		open, draft, err := settleIn(tx, &t.Action, s, ev.LoggedAt)
		if err != nil {
			return nil, err
		}
		if !open { // the action was over, the task was not
			_, err = tx.CloseTask(ev.Community, t.Action.Key, store.Closing{State: state, At: ev.LoggedAt, By: s.by, How: s.how, Proof: proof})
		}
		if draft != nil {
			d.later = append(d.later, *draft)
		}
		return Closed{t.ID, state, t.Reminders}, err
	}
	return nil, nil
}

// remindTask counts a reminder, and tells the keeper again where the platform has
// not done so already (Do).
func (e *Engine) remindTask(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	t, err := taskOf(ctx, q, ev)
	if err != nil {
		return nil, err
	}
	if t.State != store.TaskOpen {
		return nil, community.Errorf(community.Conflict, "the task is %s already", t.State)
	}
	g, err := store.Group(ctx, q, ev.Community, t.Group)
	if err != nil {
		return nil, err
	}
	fx.finish = func(tx *store.Tx) (any, error) {
		if ok, err := tx.RemindTask(ev.Community, t.ID); err != nil || !ok {
			return Closed{t.ID, t.State, t.Reminders}, err
		}
		t.Reminders++
		if t.Action.Proposal == "" {
			contact, err := e.contactOf(ctx, tx, &t)
			if err != nil {
				return nil, err
			}
			if contact != "" {
				if _, err := e.tellKeeper(ctx, tx, &t, g, contact); err != nil {
					return nil, err
				}
			}
		}
		return Closed{t.ID, t.State, t.Reminders}, nil
	}
	return nil, nil
}

// remindAtPlatform lets the platform remind who has to complete a proposal, unless
// it turns out that they have. What the platform refuses is answered, and nothing
// is logged of it.
func (e *Engine) remindAtPlatform(ctx context.Context, c community.ID, task community.Seq, key community.Key) error {
	var t store.Task
	var found, done bool
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		if _, done, err = store.OutcomeOf(ctx, q, c, key); err != nil || done {
			return err
		}
		t, found, err = store.TaskByID(ctx, q, c, task)
		return err
	}); err != nil || done || !found || t.State != store.TaskOpen || t.Action.Proposal == "" {
		return err
	}
	if err := e.followOne(ctx, &t.Action); err != nil { // it may be done since the platform was asked last
		return err
	}
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		t, _, err = store.TaskByID(ctx, q, c, task)
		return err
	}); err != nil || t.State != store.TaskOpen {
		return err
	}
	return e.remind(ctx, &t.Action)
}
