package api

import (
	"context"

	"qunying/community"
)

// Edits changes settings in many groups at once.
type Edits interface {
	// PreviewEdit changes nothing. It fails with NotFound where there is no such group,
	// and with Invalid where a group cannot be set so.
	PreviewEdit(ctx context.Context, c community.ID, in GroupEditInput) (EditPreviewAnswer, error)
	// EditGroups fails as the preview does, and with Conflict where in.Seen is of another.
	EditGroups(ctx context.Context, c community.ID, by community.StaffID, in GroupEditInput) (GroupEditAnswer, error)
	GroupEdits(ctx context.Context, c community.ID) (GroupEditsAnswer, error)
	// UndoEdit fails with NotFound, and a second time or too late with Conflict.
	UndoEdit(ctx context.Context, c community.ID, by community.StaffID, id int64) (EditUndoneAnswer, error)
}

// GroupEditInput changes what it names in every one of these groups; what it leaves
// out stays as each group has it.
type GroupEditInput struct {
	Groups   []community.GroupID `json:"groups" minItems:"1" maxItems:"2000" uniqueItems:"true"`
	Welcome  *WelcomeEdit        `json:"welcome,omitempty"`
	Delivery *DeliveryEdit       `json:"delivery,omitempty"`
	Keeper   *KeeperEdit         `json:"keeper,omitempty"`
	Waiting  *WaitingEdit        `json:"waiting,omitempty"`
	Profile  *ProfileEdit        `json:"profile,omitempty"`
	Alerts   *AlertsEdit         `json:"alerts,omitempty"`
	Inherit  []string            `json:"inherit,omitempty" maxItems:"30" uniqueItems:"true" enum:"welcome.on,welcome.text,delivery.quiet_from,delivery.quiet_to,delivery.quiet_for,delivery.per_group,delivery.same_seconds,delivery.touches,delivery.task_minutes,delivery.order_minutes,waiting.on,waiting.minutes,waiting.from,waiting.to,waiting.mentions,profile.type,alerts.silent_hours,alerts.silent_from,alerts.cooldown_minutes,alerts.band_days,alerts.low_activity,alerts.overdue,alerts.mail,alerts.staff" doc:"what the groups shall no longer say themselves"`
	Seen     string              `json:"seen,omitempty" maxLength:"64" doc:"of the preview: the edit is refused where it would do something else by now"`
}

// WelcomeEdit is the greeting of new members.
type WelcomeEdit struct {
	On   *bool   `json:"on,omitempty"`
	Text *string `json:"text,omitempty" maxLength:"2000"`
}

// DeliveryEdit is when what may be sent; fields as in DeliveryView.
type DeliveryEdit struct {
	Paused       *bool    `json:"paused,omitempty"`
	QuietFrom    *string  `json:"quiet_from,omitempty" pattern:"^([01]\\d|2[0-3]):[0-5]\\d$"`
	QuietTo      *string  `json:"quiet_to,omitempty" pattern:"^([01]\\d|2[0-3]):[0-5]\\d$"`
	QuietFor     []string `json:"quiet_for,omitempty" enum:"reply,routine,broadcast" uniqueItems:"true" minItems:"1" maxItems:"3"`
	PerGroup     *int     `json:"per_group,omitempty" minimum:"0" maximum:"1000"`
	SameSeconds  *int     `json:"same_seconds,omitempty" minimum:"0" maximum:"3600"`
	Touches      *int     `json:"touches,omitempty" minimum:"1" maximum:"50"`
	TaskMinutes  *int     `json:"task_minutes,omitempty" minimum:"1" maximum:"10080"`
	OrderMinutes *int     `json:"order_minutes,omitempty" minimum:"1" maximum:"1440"`
}

// KeeperEdit is whose the groups are.
type KeeperEdit struct {
	Staff  *community.StaffID `json:"staff,omitempty" minimum:"0" doc:"0: nobody's in particular"`
	Backup *community.StaffID `json:"backup,omitempty" minimum:"0"`
}

// WaitingEdit is how long members may wait for an answer; fields as in Waiting.
type WaitingEdit struct {
	On       *bool `json:"on,omitempty"`
	Minutes  *int  `json:"minutes,omitempty" minimum:"1" maximum:"1440"`
	From     *int  `json:"from,omitempty" minimum:"0" maximum:"1440" doc:"minutes after midnight; together with to"`
	To       *int  `json:"to,omitempty" minimum:"0" maximum:"1440"`
	Mentions *bool `json:"mentions,omitempty"`
}

// ProfileEdit is what the groups are.
type ProfileEdit struct {
	Type *string `json:"type,omitempty" enum:"product,interest,resource,service,knowledge,commerce,consumption,brand,mixed"`
}

// AlertsEdit is when something counts as wrong in the groups; fields as in AlertingView.
type AlertsEdit struct {
	Silent   *int  `json:"silent_hours,omitempty" minimum:"0" maximum:"720"`
	Usual    *int  `json:"silent_from,omitempty" minimum:"0" maximum:"1000000"`
	Cooldown *int  `json:"cooldown_minutes,omitempty" minimum:"0" maximum:"10080"`
	Bands    *int  `json:"band_days,omitempty" minimum:"0" maximum:"28"`
	Activity *bool `json:"low_activity,omitempty"`
	Overdue  *bool `json:"overdue,omitempty"`
	Mail     *bool `json:"mail,omitempty"`
	Staff    *bool `json:"staff,omitempty"`
}

// EditPreviewAnswer tells what an edit would do.
type EditPreviewAnswer struct {
	Answer
	Groups  []EditedGroup `json:"groups"`
	Changed int           `json:"changed" doc:"groups that would be changed; the others say so already"`
	Seen    string        `json:"seen" doc:"send it with the edit"`
}

// EditedGroup is what it would do to one group.
type EditedGroup struct {
	Group   community.GroupID `json:"group"`
	Name    string            `json:"name"`
	Changes []FieldChange     `json:"changes" doc:"none: it says so already"`
}

// FieldChange is one field of a setting.
type FieldChange struct {
	Field  string     `json:"field" doc:"as in welcome.text"`
	Before string     `json:"before" doc:"what holds in the group now, as JSON"`
	After  string     `json:"after" doc:"what would hold"`
	From   SourceView `json:"from" doc:"whose before is"`
	To     SourceView `json:"to" doc:"whose after would be"`
}

// GroupEditAnswer is an edit that was done.
type GroupEditAnswer struct {
	Answer
	ID        int64 `json:"id" doc:"take it back by this"`
	Groups    int   `json:"groups" doc:"that were changed"`
	UndoUntil int64 `json:"undo_until"`
}

// GroupEditsAnswer lists the latest edits.
type GroupEditsAnswer struct {
	Answer
	Edits []GroupEditView `json:"edits" doc:"the newest first, ten at most"`
}

// GroupEditView is an edit.
type GroupEditView struct {
	ID        int64             `json:"id"`
	By        community.StaffID `json:"by"`
	At        int64             `json:"at"`
	Fields    []string          `json:"fields"`
	Groups    int               `json:"groups"`
	UndoUntil int64             `json:"undo_until"`
	Undone    int64             `json:"undone_at,omitempty"`
}

// EditUndoneAnswer is what taking an edit back gave back.
type EditUndoneAnswer struct {
	Answer
	Groups int `json:"groups" doc:"that say what they said before"`
	Stayed int `json:"stayed" doc:"of which somebody has changed the same setting since, and which stay so"`
}

// editRoutes declares what is changed in many groups at once.
func (s *Server) editRoutes() {
	declare(s, route{post, inC + "/group-edits/preview", manage, "previewGroupEdit", "Scale", "What changing settings in many groups would do; changes nothing"}, s.previewEdit)
	declare(s, route{post, inC + "/group-edits", manage, "editGroups", "Scale", "Change settings in many groups, in all or in none"}, s.editGroups)
	declare(s, route{get, inC + "/group-edits", manage, "listGroupEdits", "Scale", "What was changed in many groups lately"}, s.groupEdits)
	declare(s, route{post, inC + "/group-edits/{edit}/undo", manage, "undoGroupEdit", "Scale", "Take it back, within a day"}, s.undoEdit)
}

type groupEditInput struct {
	InCommunity
	Body GroupEditInput
}

func (s *Server) previewEdit(ctx context.Context, c call, in *groupEditInput) (EditPreviewAnswer, error) {
	return s.needs.Edits.PreviewEdit(ctx, c.community.ID, in.Body)
}

func (s *Server) editGroups(ctx context.Context, c call, in *groupEditInput) (GroupEditAnswer, error) {
	return s.needs.Edits.EditGroups(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

func (s *Server) groupEdits(ctx context.Context, c call, _ *InCommunity) (GroupEditsAnswer, error) {
	return s.needs.Edits.GroupEdits(ctx, c.community.ID)
}

type undoEditInput struct {
	InCommunity
	Edit int64 `path:"edit" minimum:"1"`
}

func (s *Server) undoEdit(ctx context.Context, c call, in *undoEditInput) (EditUndoneAnswer, error) {
	return s.needs.Edits.UndoEdit(ctx, c.community.ID, c.visitor.staff.ID, in.Edit)
}
