package engine

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/incentives"
	"qunying/internal/members"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
)

// Command is a person's act on its way into the log.
type Command struct {
	Kind    community.Kind
	Key     string // idempotency key; unique per person
	By      community.StaffID
	Member  community.IdentityID // who asks for it on their own page, instead of By
	Group   community.GroupID
	Text    string    // of MessageSend; the proof or reason of TaskClose; the note of AlertSee
	At      time.Time // of MessageSend: not before; zero means now
	Targets []community.IdentityID
	// Action is what ActionAsk wants done: its Kind, Class, Text, Target, MessageID,
	// Until, Detail, DueAt (zero: now) and ExpiresAt (zero: by its class). ActionAllow
	// and ActionCancel name an action by its Key.
	Action community.Action
	Batch  string // of ActionAsk: what belongs together; of ActionCancel: all of it
	Task   community.Seq
	Alert  community.Seq     // of AlertSee
	How    string            // of TaskClose: "done" or "dropped"
	Undo   community.Seq     // of PersonUndo: the merge or split
	Tags   members.TagChange // of PersonTag
	// Case is what is asked for in keeping order.
	Case   casework.Command
	Points incentives.Grant // of PointsGive
}

// Answer is what decide made of a command.
type Answer struct {
	Seq    community.Seq
	Result string // JSON, by kind: {"key": …} of MessageSend, Asked, Allowed, Cancelled, Closed, {"person": …} of the others
}

const longestMessage = 5000

func isCommand(k community.Kind) bool {
	switch k {
	case community.MessageSend, community.PersonMerge, community.PersonSplit, community.PersonUndo, community.PersonTag, community.ActionAsk, community.ActionAllow,
		community.ActionCancel, community.TaskClose, community.TaskRemind, community.AlertSee, community.PointsGive:
		return true
	case community.ContingencyBegin, community.ContingencyEnd, community.DrillBegin:
		return true
	}
	return isCase(k)
}

// isCase says that a command is about keeping order.
func isCase(k community.Kind) bool {
	switch k {
	case community.VerdictReview, community.VerdictClaim, community.AppealMake, community.ReportMake, community.ListChange, community.StrikePardon, community.MemberNote:
		return true
	}
	return false
}

// body is what the log keeps of a command.
func (cmd *Command) body() (*community.Body, error) {
	data := map[string]string{"staff": decimal(int64(cmd.By))}
	b := &community.Body{Text: cmd.Text, Data: data}
	if isCase(cmd.Kind) {
		if err := cmd.Case.Check(cmd.Kind); err != nil {
			return nil, err
		}
		text, err := jsonText(cmd.Case)
		data["case"] = text
		return b, err
	}
	switch cmd.Kind {
	case community.ActionAsk:
		cmd.Action.Detail.By, cmd.Action.Detail.Batch = cmd.By, cmd.Batch
		return b, askBody(&cmd.Action, b)
	case community.ActionAllow:
		data["action"] = cmd.Action.Key.String()
	case community.ActionCancel:
		if data["batch"] = cmd.Batch; cmd.Batch == "" {
			delete(data, "batch")
			data["action"] = cmd.Action.Key.String()
		}
	case community.PointsGive:
		if err := cmd.Points.Check(); err != nil {
			return nil, err
		}
		text, err := jsonText(cmd.Points)
		data["points"] = text
		return b, err
	case community.PersonUndo:
		data["seq"] = decimal(int64(cmd.Undo))
	case community.PersonTag:
		return b, tagBody(cmd.Tags, data)
	case community.AlertSee:
		data["alert"] = decimal(int64(cmd.Alert))
	case community.TaskClose, community.TaskRemind:
		data["task"] = decimal(int64(cmd.Task))
		if cmd.How != "" {
			data["how"] = cmd.How
		}
	}
	if !cmd.At.IsZero() {
		data["at"] = decimal(cmd.At.UnixMilli())
	}
	return b, nil
}

// Do appends a command and answers when decide has settled it. The same key from
// the same person again answers what the first call did.
func (e *Engine) Do(ctx context.Context, c community.ID, cmd Command) (Answer, error) {
	if cmd.Key == "" {
		return Answer{}, community.Errorf(community.Invalid, "a command needs an idempotency key").WithHint("send the header Idempotency-Key")
	}
	now := e.now().Truncate(time.Millisecond)
	key := community.KeyParts{Kind: cmd.Kind, Network: "staff", ID: fmt.Sprintf("%d/%s", cmd.By, cmd.Key)}.Key()
	source, who := "staff", cmd.Action.Target
	if cmd.Member != 0 {
		key = community.KeyParts{Kind: cmd.Kind, Network: "member", ID: fmt.Sprintf("%d/%s", cmd.Member, cmd.Key)}.Key()
		source, who = "member", cmd.Member
	}
	body, err := cmd.body()
	if err != nil {
		return Answer{}, err
	}
	if cmd.Kind == community.TaskRemind {
		if err := e.remindAtPlatform(ctx, c, cmd.Task, key); err != nil {
			return Answer{}, err
		}
	}
	decided, stop := e.decided.watch()
	defer stop()
	if _, err := e.db.Append(ctx, c, store.Draft{Event: community.Event{
		Key: key, Kind: cmd.Kind, Group: cmd.Group, Identity: who, At: now, Source: source, Targets: cmd.Targets, Body: body,
	}}); err != nil {
		return Answer{}, err
	}
	poll := time.NewTicker(250 * time.Millisecond) // another process may be the one that decides
	defer poll.Stop()
	for {
		var o store.Outcome
		var found bool
		if err := e.db.Read(ctx, func(q store.Querier) error {
			var err error
			o, found, err = store.OutcomeOf(ctx, q, c, key)
			return err
		}); err != nil {
			return Answer{}, err
		}
		if found {
			if err := e.db.Sync(ctx); err != nil {
				return Answer{}, err
			}
		}
		if found && o.Code != "" {
			var ce community.Error
			if json.Unmarshal([]byte(o.Result), &ce) != nil || ce.Text == "" {
				ce.Text = o.Result
			}
			ce.Code = o.Code
			return Answer{}, &ce
		}
		if found {
			return Answer{o.Seq, o.Result}, nil
		}
		select {
		case <-ctx.Done():
			return Answer{}, &community.Error{Code: community.Unavailable, Text: "the command is in the log and was not decided in time",
				Hint: "ask again with the same key: it will not be done twice", Err: ctx.Err()}
		case <-decided:
		case <-poll.C:
		}
	}
}

// answer records what became of a command. A refusal is an answer too; only
// what nobody expected is left to be parked.
func (fx *effects) answer(ev *community.Event, do func() (any, error)) error {
	result, err := do()
	var ce *community.Error
	switch {
	case errors.As(err, &ce) && ce.Code != community.Internal && ce.Code != community.Unavailable:
		*fx = effects{}
		text, err := json.Marshal(community.Error{Code: ce.Code, Text: ce.Text, Hint: ce.Hint})
		if err != nil {
			return err
		}
		fx.outcome = &store.Outcome{Seq: ev.Seq, Code: ce.Code, Result: string(text)}
		return nil
	case err != nil:
		return err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	fx.outcome = &store.Outcome{Seq: ev.Seq, Result: string(text)}
	return nil
}

// send queues what staff writes to a group, now or when its time has come.
func (d *decider) send(ctx context.Context, q store.Querier, ev *community.Event, fx *effects) (any, error) {
	text := strings.TrimSpace(ev.Body.Text)
	switch {
	case ev.Group == 0:
		return nil, community.Errorf(community.Invalid, "the message has no group")
	case text == "":
		return nil, community.Errorf(community.Invalid, "the message is empty").WithHint("write a text")
	case utf8.RuneCountInString(text) > longestMessage:
		return nil, community.Errorf(community.Invalid, "the message is longer than %d characters", longestMessage).WithHint("split it")
	}
	if _, err := d.scene(ctx, q, ev); err != nil { // there is no such group
		return nil, err
	}
	a := community.Action{Community: ev.Community, Group: ev.Group, Kind: community.Send, Text: text,
		Cause: community.Cause{Seq: ev.Seq, Rule: "staff"}, DueAt: ev.LoggedAt, Detail: community.Detail{By: staffOf(ev)}}
	if at, err := strconv.ParseInt(ev.Body.Data["at"], 10, 64); err == nil && at > ev.LoggedAt.UnixMilli() {
		a.DueAt = time.UnixMilli(at)
		a.Key = actionKey(a)
		data, err := json.Marshal(scheduled{Text: text, By: a.Detail.By})
		if err != nil {
			return nil, err
		}
		fx.dues = append(fx.dues, store.Due{Key: a.Key, At: a.DueAt, Kind: "send", Group: ev.Group, CauseSeq: ev.Seq, Data: string(data)})
		return sent{a.Key.String(), at}, nil
	}
	fx.act(ev, a)
	return sent{fx.actions[0].Key.String(), a.DueAt.UnixMilli()}, nil
}

type sent struct {
	Key   string `json:"key"`
	DueAt int64  `json:"due_at"`
}

type scheduled struct {
	Text string            `json:"text"`
	By   community.StaffID `json:"by,omitempty"` // who wrote it
}

// tick brings about what has fallen due by the minute that passed.
func (e *Engine) tick(ctx context.Context, q store.Querier, d *decider, ev *community.Event, fx *effects) error {
	dues, err := store.Dues(ctx, q, ev.Community, ev.At)
	if err != nil {
		return err
	}
	for _, due := range dues {
		fx.done = append(fx.done, due.Key)
		switch due.Kind {
		case liftDue:
			err = d.lift(ctx, q, ev, due, fx)
		case passDue:
			err = e.pass(ctx, q, ev, due, fx)
		case listDue:
			err = d.expire(ctx, ev, due, fx)
		case pageDue:
			err = e.callDuty(ctx, q, ev, due, fx)
		case trustDue:
			err = e.distrust(ctx, q, d, ev, due)
		case waitDue:
			err = e.lookAfterWait(ctx, q, d, ev, due, fx)
		case drillDue:
			err = e.beginDrills(ctx, q, d, ev, due, fx)
		case snapshotDue:
			err = e.planSnapshots(ctx, q, ev, due, fx)
		default:
			err = fx.sendScheduled(ev, due)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sendScheduled queues what staff wrote for later.
func (fx *effects) sendScheduled(ev *community.Event, due store.Due) error {
	var s scheduled
	if err := json.Unmarshal([]byte(due.Data), &s); err != nil {
		return err
	}
	fx.actions = append(fx.actions, store.Outgoing{State: store.Queued, Action: community.Action{
		Community: ev.Community, Group: due.Group, Key: due.Key, Kind: community.Send, Text: s.Text,
		Cause: community.Cause{Seq: due.CauseSeq, Rule: "schedule"}, DueAt: due.At, ExpiresAt: due.At.Add(staleAfter(community.Routine)), Detail: community.Detail{By: s.By},
	}})
	return nil
}

func parseKey(s string) (k community.Key, ok bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(k) {
		return k, false
	}
	return community.Key(b), true
}
