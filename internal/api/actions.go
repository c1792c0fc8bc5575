package api

import (
	"context"
	"strconv"
	"time"

	"qunying/community"
)

// Actions says what would become of actions, and lists those on their way.
type Actions interface {
	// Preview tells of each group whether the action can be done there, and what
	// speaks against it. It changes nothing.
	Preview(ctx context.Context, c community.ID, groups []community.GroupID, a community.Action) (PreviewAnswer, error)
	// Action fails with NotFound.
	Action(ctx context.Context, c community.ID, key string) (OutboxEntry, error)
	// Matrix lists what can be done in groups, a page of them by number; with a
	// connection only those that it listens in.
	Matrix(ctx context.Context, c community.ID, connection string, after Place, limit int) (MatrixAnswer, Place, error)
	// Attention counts what waits for people.
	Attention(ctx context.Context, c community.ID) (AttentionAnswer, error)
}

// ActionInput is something to be done on a platform.
type ActionInput struct {
	Kind       string                 `json:"kind" enum:"send,recall,mute,mute_all,remove,announce,rename,invite,approve,refuse"`
	Class      string                 `json:"class,omitempty" enum:"moderation,reply,routine,broadcast" doc:"what goes first and what counts as touching people; absent: by kind"`
	Text       string                 `json:"text,omitempty" maxLength:"5000" doc:"of a message or announcement, the new name, the reason of a refusal"`
	Member     community.IdentityID   `json:"member,omitempty" minimum:"0" doc:"identity of the member concerned"`
	Message    string                 `json:"message,omitempty" maxLength:"400" doc:"the platform's ID of the message or request concerned"`
	Seq        community.Seq          `json:"seq,omitempty" minimum:"0" doc:"the event of the message concerned, instead of member and message"`
	Minutes    int                    `json:"minutes,omitempty" minimum:"0" maximum:"43200" doc:"how long a mute lasts; 0 lifts it"`
	Mentions   []community.IdentityID `json:"mentions,omitempty" maxItems:"50"`
	MentionAll bool                   `json:"mention_all,omitempty"`
	ReplyTo    string                 `json:"reply_to,omitempty" maxLength:"400"`
	Parts      []PartInput            `json:"parts,omitempty" maxItems:"9"`
	Reason     string                 `json:"reason,omitempty" maxLength:"500" doc:"why, for staff and the record"`
	At         int64                  `json:"at,omitempty" minimum:"0" doc:"not before; absent: now"`
}

// PartInput is what a message carries beside its text.
type PartInput struct {
	Content string `json:"content" enum:"image,file,video,voice,link"`
	Name    string `json:"name,omitempty" maxLength:"255"`
	Title   string `json:"title,omitempty" maxLength:"255"`
	Text    string `json:"text,omitempty" maxLength:"1000"`
	URL     string `json:"url,omitempty" maxLength:"2000" format:"uri"`
	Picture string `json:"picture,omitempty" maxLength:"2000"`
}

// action is what the input asks for, without its group.
func (in ActionInput) action(now time.Time) community.Action {
	a := community.Action{Kind: community.ActionKind(in.Kind), Class: community.Class(in.Class), Text: in.Text, Target: in.Member, MessageID: in.Message,
		Detail: community.Detail{Mentions: in.Mentions, MentionAll: in.MentionAll, ReplyTo: in.ReplyTo, Reason: in.Reason}}
	if in.Minutes > 0 {
		a.Until = now.Add(time.Duration(in.Minutes) * time.Minute)
	}
	if in.At > 0 {
		a.DueAt = time.UnixMilli(in.At)
	}
	for _, p := range in.Parts {
		a.Detail.Parts = append(a.Detail.Parts, community.Part{Content: community.Content(p.Content), Name: p.Name, Title: p.Title, Text: p.Text, URL: p.URL, Picture: p.Picture})
	}
	return a
}

// BulkInput does one thing in many groups.
type BulkInput struct {
	Groups []community.GroupID `json:"groups" minItems:"1" maxItems:"2000" uniqueItems:"true"`
	Action ActionInput         `json:"action"`
	Undo   *int                `json:"undo,omitempty" minimum:"0" maximum:"3600" default:"30" doc:"seconds during which it can be taken back"`
}

// BulkAnswer says what was asked for.
type BulkAnswer struct {
	Answer
	Batch     string              `json:"batch" doc:"cancel it with this"`
	UndoUntil int64               `json:"undo_until"`
	Asked     int                 `json:"asked"`
	Refused   []community.GroupID `json:"refused" doc:"groups in which nobody can do this"`
}

// PreviewAnswer tells what would become of an action.
type PreviewAnswer struct {
	Answer
	Groups  []PreviewGroup `json:"groups"`
	Members int64          `json:"members" doc:"of all these groups, as far as known; people in several count once in each"`
}

// PreviewGroup is what would become of it in one group.
type PreviewGroup struct {
	Group    community.GroupID `json:"group"`
	Name     string            `json:"name"`
	Can      string            `json:"can" enum:"machine,person,nobody"`
	Official bool              `json:"official" doc:"false: doing this by machine carries a risk for the account"`
	Touches  int               `json:"touches" doc:"marketing messages in this week, with this one (fatigue guard)"`
	Tired    bool              `json:"tired" doc:"more than is good for the group"`
	Waits    string            `json:"waits,omitempty" doc:"why it would not go out at once: quiet_hours, rate_group, paused_all, …"`
	Until    int64             `json:"until,omitempty"`
	Members  int64             `json:"members" doc:"0: not known"`
}

// CancelAnswer says how many actions were cancelled.
type CancelAnswer struct {
	Answer
	Cancelled int `json:"cancelled"`
}

// MatrixAnswer is what can be done where.
type MatrixAnswer struct {
	Answer
	Page
	Groups []MatrixRow `json:"groups"`
}

// MatrixRow is one group.
type MatrixRow struct {
	Group        community.GroupID `json:"group"`
	Name         string            `json:"name"`
	Connection   string            `json:"connection" doc:"'' for none: the group was imported"`
	Also         []string          `json:"also,omitempty" doc:"other connections that reach the group, and act where the first cannot"`
	Network      string            `json:"network"`
	Capabilities []Capability      `json:"capabilities"`
}

// AttentionAnswer counts what waits for people.
type AttentionAnswer struct {
	Answer
	Tasks       int   `json:"tasks" doc:"open"`
	Overdue     int   `json:"overdue" doc:"open, and past their time"`
	Failed      int   `json:"failed" doc:"actions that failed in the last week"`
	Unknown     int   `json:"unknown" doc:"actions of which nobody knows whether they arrived"`
	Suggested   int   `json:"suggested" doc:"what was held back because it would have come too late"`
	Connections int   `json:"connections" doc:"that are not online"`
	Alerts      int   `json:"alerts" doc:"that fire"`
	Unseen      int   `json:"unseen" doc:"of these, nobody has said to look after them"`
	NewestAlert int64 `json:"newest_alert" doc:"the number of the newest that fires, 0 for none: a browser may tell people of a higher one than it knows"`
	Paused      bool  `json:"paused" doc:"all sending is paused"`
}

type actInput struct {
	InGroup
	Key  string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"200" doc:"the same key again answers the same, and does nothing"`
	Body ActionInput
}

func (s *Server) ask(ctx context.Context, c call, in *actInput) (OutboxEntryAnswer, error) {
	out, err := s.needs.Commands.Do(ctx, c.community.ID, Command{Kind: community.ActionAsk, Key: in.Key, By: c.visitor.staff.ID, Group: in.Group,
		Action: in.Body.action(s.now()), Seq: in.Body.Seq})
	if err != nil {
		return OutboxEntryAnswer{}, err
	}
	return OutboxEntryAnswer{Answer: Answer{out.AsOf}, Entry: *out.Outbox}, nil
}

type previewInput struct {
	InCommunity
	Body BulkInput
}

func (s *Server) preview(ctx context.Context, c call, in *previewInput) (PreviewAnswer, error) {
	return s.needs.Actions.Preview(ctx, c.community.ID, in.Body.Groups, in.Body.Action.action(s.now()))
}

type bulkInput struct {
	InCommunity
	Key  string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"100"`
	Body BulkInput
}

func (s *Server) bulk(ctx context.Context, c call, in *bulkInput) (BulkAnswer, error) {
	out := BulkAnswer{Batch: in.Key, Refused: []community.GroupID{}}
	a := in.Body.Action.action(s.now())
	if hold := s.now().Add(time.Duration(*in.Body.Undo) * time.Second); a.DueAt.Before(hold) {
		a.DueAt = hold
	}
	out.UndoUntil = a.DueAt.UnixMilli()
	for _, g := range in.Body.Groups {
		done, err := s.needs.Commands.Do(ctx, c.community.ID, Command{Kind: community.ActionAsk, Key: in.Key + "/" + strconv.FormatInt(int64(g), 10), By: c.visitor.staff.ID,
			Group: g, Action: a, Batch: in.Key})
		switch {
		case err == nil:
			out.Asked, out.AsOf = out.Asked+1, max(out.AsOf, done.AsOf)
		case community.CodeOf(err) == community.Unsupported:
			out.Refused = append(out.Refused, g)
		default:
			return out, err
		}
	}
	return out, nil
}

type batchInput struct {
	InCommunity
	Batch string `path:"batch" minLength:"8" maxLength:"100"`
}

func (s *Server) cancelBatch(ctx context.Context, c call, in *batchInput) (CancelAnswer, error) {
	out, err := s.needs.Commands.Do(ctx, c.community.ID, Command{Kind: community.ActionCancel, Key: "batch/" + in.Batch, By: c.visitor.staff.ID, Batch: in.Batch})
	return CancelAnswer{Answer{out.AsOf}, out.Count}, err
}

type InAction struct {
	InCommunity
	Entry string `path:"entry" pattern:"^[0-9a-f]{32}$"`
}

type outboxStepInput struct {
	InAction
	Key string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"200"`
}

func (s *Server) outboxEntry(ctx context.Context, c call, in *InAction) (OutboxEntryAnswer, error) {
	e, err := s.needs.Actions.Action(ctx, c.community.ID, in.Entry)
	return OutboxEntryAnswer{Entry: e}, err
}

func (s *Server) outboxStep(kind community.Kind) func(context.Context, call, *outboxStepInput) (OutboxEntryAnswer, error) {
	return func(ctx context.Context, c call, in *outboxStepInput) (OutboxEntryAnswer, error) {
		out, err := s.needs.Commands.Do(ctx, c.community.ID, Command{Kind: kind, Key: in.Key, By: c.visitor.staff.ID, Entry: in.Entry})
		if err != nil {
			return OutboxEntryAnswer{}, err
		}
		e, err := s.needs.Actions.Action(ctx, c.community.ID, in.Entry)
		return OutboxEntryAnswer{Answer{out.AsOf}, e}, err
	}
}

func (s *Server) matrix(ctx context.Context, c call, in *struct {
	InCommunity
	InPage
	Connection string `query:"connection" maxLength:"40" doc:"only groups that it listens in"`
}) (MatrixAnswer, error) {
	seal := sealOf("matrix", c.community.ID, in.Connection)
	after, err := openCursor(in.Cursor, seal)
	if err != nil {
		return MatrixAnswer{}, err
	}
	out, last, err := s.needs.Actions.Matrix(ctx, c.community.ID, in.Connection, after, in.Limit)
	out.Next = writeCursor(last, seal)
	return out, err
}

func (s *Server) attention(ctx context.Context, c call, _ *InCommunity) (AttentionAnswer, error) {
	return s.needs.Actions.Attention(ctx, c.community.ID)
}
