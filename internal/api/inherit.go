package api

import (
	"context"

	"qunying/community"
)

// Scope says for whom something is set: for a group, for a set of groups, or with
// neither for the whole community. A group inherits, field by field, from its
// sets in their order and then from the community.
type Scope struct {
	Group community.GroupID
	Set   int64
}

// SourceView says whose a value is.
type SourceView struct {
	Level string `json:"level" enum:"group,set,community,default" doc:"default: nobody typed it"`
	Set   int64  `json:"set,omitempty"`
	Name  string `json:"name,omitempty" doc:"of the set"`
}

// WelcomeAnswer is the greeting of new members, as it was saved here and as it is
// in force.
type WelcomeAnswer struct {
	Answer
	Welcome Welcome               `json:"welcome" doc:"as it was saved; absent fields are inherited"`
	InForce Welcome               `json:"in_force" doc:"with what is inherited"`
	From    map[string]SourceView `json:"from" doc:"whose each field of in_force is; those that nobody typed are absent"`
}

type InSet struct {
	InCommunity
	Set int64 `path:"set" minimum:"1"`
}

func (s *Server) welcome(ctx context.Context, c call, _ *InCommunity) (WelcomeAnswer, error) {
	return s.needs.Settings.Welcome(ctx, c.community.ID, Scope{})
}

func (s *Server) setWelcome(ctx context.Context, c call, in *InSet) (WelcomeAnswer, error) {
	return s.needs.Settings.Welcome(ctx, c.community.ID, Scope{Set: in.Set})
}

func (s *Server) groupWelcome(ctx context.Context, c call, in *InGroup) (WelcomeAnswer, error) {
	return s.needs.Settings.Welcome(ctx, c.community.ID, Scope{Group: in.Group})
}

type welcomeInput struct {
	InCommunity
	Body Welcome
}

func (s *Server) saveWelcome(ctx context.Context, c call, in *welcomeInput) (WelcomeAnswer, error) {
	return s.needs.Settings.SaveWelcome(ctx, c.community.ID, Scope{}, c.visitor.staff.ID, in.Body)
}

type setWelcomeInput struct {
	InSet
	Body Welcome
}

func (s *Server) saveSetWelcome(ctx context.Context, c call, in *setWelcomeInput) (WelcomeAnswer, error) {
	return s.needs.Settings.SaveWelcome(ctx, c.community.ID, Scope{Set: in.Set}, c.visitor.staff.ID, in.Body)
}

type groupWelcomeInput struct {
	InGroup
	Body Welcome
}

func (s *Server) saveGroupWelcome(ctx context.Context, c call, in *groupWelcomeInput) (WelcomeAnswer, error) {
	return s.needs.Settings.SaveWelcome(ctx, c.community.ID, Scope{Group: in.Group}, c.visitor.staff.ID, in.Body)
}

func (s *Server) setDelivery(ctx context.Context, c call, in *InSet) (DeliveryAnswer, error) {
	return s.needs.Delivery.Delivery(ctx, c.community.ID, Scope{Set: in.Set})
}

type setDeliveryInput struct {
	InSet
	Body DeliveryView
}

func (s *Server) saveSetDelivery(ctx context.Context, c call, in *setDeliveryInput) (DeliveryAnswer, error) {
	return s.needs.Delivery.SaveDelivery(ctx, c.community.ID, Scope{Set: in.Set}, c.visitor.staff.ID, in.Body)
}
