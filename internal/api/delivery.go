package api

import (
	"context"

	"qunying/community"
)

// Delivery says when what may be sent, and whose a group is.
type Delivery interface {
	// Delivery fails with NotFound where there is no such group or set.
	Delivery(ctx context.Context, c community.ID, of Scope) (DeliveryAnswer, error)
	// SaveDelivery fails with Conflict when d.Version is not the version in force.
	SaveDelivery(ctx context.Context, c community.ID, of Scope, by community.StaffID, d DeliveryView) (DeliveryAnswer, error)
	Keeper(ctx context.Context, c community.ID, g community.GroupID) (KeeperView, error)
	SaveKeeper(ctx context.Context, c community.ID, g community.GroupID, by community.StaffID, k KeeperView) (KeeperView, error)
	Staff(ctx context.Context, c community.ID) (StaffAnswer, error)
	Contact(ctx context.Context, c community.ID, of community.StaffID) (ContactView, error)
	SaveContact(ctx context.Context, c community.ID, by, of community.StaffID, v ContactView) (ContactView, error)
}

// DeliveryAnswer is when what may be sent.
type DeliveryAnswer struct {
	Answer
	Delivery DeliveryView          `json:"delivery" doc:"as it was saved; absent fields are inherited"`
	InForce  DeliveryView          `json:"in_force" doc:"with what is inherited and the defaults"`
	From     map[string]SourceView `json:"from" doc:"whose each field of in_force is; those that nobody typed are absent"`
}

// DeliveryView is when what may be sent. Absent fields are inherited: a group's
// from its sets and the community, theirs from the defaults.
type DeliveryView struct {
	Paused       *bool    `json:"paused,omitempty" doc:"nothing is sent until it is lifted"`
	QuietFrom    *string  `json:"quiet_from,omitempty" pattern:"^([01]\\d|2[0-3]):[0-5]\\d$" doc:"quiet hours (夜间不发) of broadcasts, in the group's zone"`
	QuietTo      *string  `json:"quiet_to,omitempty" pattern:"^([01]\\d|2[0-3]):[0-5]\\d$" doc:"equal to quiet_from: none"`
	QuietFor     []string `json:"quiet_for,omitempty" enum:"reply,routine,broadcast" uniqueItems:"true" minItems:"1" maxItems:"3" doc:"what waits meanwhile; what keeps order never does"`
	Spread       *int     `json:"spread,omitempty" minimum:"0" maximum:"1440" doc:"minutes over which a broadcast to many groups is spread (错峰)"`
	PerGroup     *int     `json:"per_group,omitempty" minimum:"0" maximum:"1000" doc:"messages to one group a minute, beside the platform's limit; 0: no other"`
	SameSeconds  *int     `json:"same_seconds,omitempty" minimum:"0" maximum:"3600" doc:"within which equal texts to a group are one"`
	Touches      *int     `json:"touches,omitempty" minimum:"1" maximum:"50" doc:"marketing messages a week beyond which the fatigue guard warns"`
	TaskMinutes  *int     `json:"task_minutes,omitempty" minimum:"1" maximum:"10080" doc:"how long a person has for a task"`
	OrderMinutes *int     `json:"order_minutes,omitempty" minimum:"1" maximum:"1440" doc:"the same for tasks that keep order"`
	Version      int64    `json:"version" minimum:"0"`
}

// KeeperView says whose group it is (负责人).
type KeeperView struct {
	Stamp
	Staff   community.StaffID `json:"staff" minimum:"0" doc:"0: nobody's in particular"`
	Backup  community.StaffID `json:"backup" minimum:"0"`
	Version int64             `json:"version" minimum:"0"`
}

// StaffAnswer lists who works here.
type StaffAnswer struct {
	Answer
	Staff []ColleagueView `json:"staff"`
}

// ColleagueView is a member of staff as others see them.
type ColleagueView struct {
	ID   community.StaffID `json:"id"`
	Name string            `json:"name"`
	Role string            `json:"role"`
}

func (s *Server) delivery(ctx context.Context, c call, _ *InCommunity) (DeliveryAnswer, error) {
	return s.needs.Delivery.Delivery(ctx, c.community.ID, Scope{})
}

type deliveryInput struct {
	InCommunity
	Body DeliveryView
}

func (s *Server) saveDelivery(ctx context.Context, c call, in *deliveryInput) (DeliveryAnswer, error) {
	return s.needs.Delivery.SaveDelivery(ctx, c.community.ID, Scope{}, c.visitor.staff.ID, in.Body)
}

func (s *Server) groupDelivery(ctx context.Context, c call, in *InGroup) (DeliveryAnswer, error) {
	return s.needs.Delivery.Delivery(ctx, c.community.ID, Scope{Group: in.Group})
}

type groupDeliveryInput struct {
	InGroup
	Body DeliveryView
}

func (s *Server) saveGroupDelivery(ctx context.Context, c call, in *groupDeliveryInput) (DeliveryAnswer, error) {
	return s.needs.Delivery.SaveDelivery(ctx, c.community.ID, Scope{Group: in.Group}, c.visitor.staff.ID, in.Body)
}

func (s *Server) keeper(ctx context.Context, c call, in *InGroup) (KeeperView, error) {
	return s.needs.Delivery.Keeper(ctx, c.community.ID, in.Group)
}

type keeperInput struct {
	InGroup
	Body KeeperView
}

func (s *Server) saveKeeper(ctx context.Context, c call, in *keeperInput) (KeeperView, error) {
	return s.needs.Delivery.SaveKeeper(ctx, c.community.ID, in.Group, c.visitor.staff.ID, in.Body)
}

func (s *Server) staffList(ctx context.Context, c call, _ *InCommunity) (StaffAnswer, error) {
	return s.needs.Delivery.Staff(ctx, c.community.ID)
}
