package api

import (
	"context"

	"qunying/community"
)

// Waiting is how long members may wait for an answer of ours (待回复, S2).
type Waiting struct {
	On       *bool `json:"on,omitempty"`
	Minutes  *int  `json:"minutes,omitempty" minimum:"1" maximum:"1440" doc:"of service hours, until somebody is asked to answer"`
	From     *int  `json:"from,omitempty" minimum:"0" maximum:"1439" doc:"when service begins, in minutes after midnight of the group's zone"`
	To       *int  `json:"to,omitempty" minimum:"1" maximum:"1440" doc:"when it ends; given with from"`
	Days     []int `json:"days,omitempty" maxItems:"7" doc:"of service: 1 is Monday, 7 Sunday"`
	Mentions *bool `json:"mentions,omitempty" doc:"who mentions staff waits too, also without asking anything"`
	Version  int64 `json:"version" minimum:"0" doc:"of the setting as it was read; 0: never set. Saving with another one is a conflict"`
}

// WaitingAnswer is how long members may wait, as it was saved here and as it is in
// force, and of a group how long they do.
type WaitingAnswer struct {
	Answer
	Waiting  Waiting               `json:"waiting" doc:"as it was saved; absent fields are inherited"`
	InForce  Waiting               `json:"in_force" doc:"with what is inherited"`
	From     map[string]SourceView `json:"from" doc:"whose each field of in_force is; those that nobody typed are absent"`
	Measured *WaitingMeasured      `json:"measured,omitempty" doc:"of a group, over the last 30 days"`
}

// WaitingMeasured is how long members waited.
type WaitingMeasured struct {
	Asked    int64    `json:"asked" doc:"questions to staff, those that were taken back left out"`
	Answered int64    `json:"answered"`
	InTime   int64    `json:"in_time" doc:"answered before somebody had to be asked"`
	Open     int64    `json:"open" doc:"they wait now"`
	Median   *float64 `json:"median" nullable:"true" doc:"minutes from question to answer, nights and all; null: none was answered"`
}

func (s *Server) waitingRoutes() {
	declare(s, route{get, inC + "/settings/waiting", read, "getWaiting", "Settings", "How long members may wait for an answer, for all groups"}, s.waiting)
	declare(s, route{put, inC + "/settings/waiting", manage, "saveWaiting", "Settings", "Save how long members may wait, for all groups"}, s.saveWaiting)
	declare(s, route{get, inSet + "/waiting", read, "getSetWaiting", "Settings", "The same for a set of groups"}, s.setWaiting)
	declare(s, route{put, inSet + "/waiting", manage, "saveSetWaiting", "Settings", "Save it for a set of groups"}, s.saveSetWaiting)
	declare(s, route{get, inG + "/settings/waiting", read, "getGroupWaiting", "Settings", "How long members of a group may wait, and how long they do"}, s.groupWaiting)
	declare(s, route{put, inG + "/settings/waiting", manage, "saveGroupWaiting", "Settings", "Save how long members of a group may wait"}, s.saveGroupWaiting)
}

func (s *Server) waiting(ctx context.Context, c call, _ *InCommunity) (WaitingAnswer, error) {
	return s.needs.Settings.Waiting(ctx, c.community.ID, Scope{})
}

func (s *Server) setWaiting(ctx context.Context, c call, in *InSet) (WaitingAnswer, error) {
	return s.needs.Settings.Waiting(ctx, c.community.ID, Scope{Set: in.Set})
}

func (s *Server) groupWaiting(ctx context.Context, c call, in *InGroup) (WaitingAnswer, error) {
	return s.needs.Settings.Waiting(ctx, c.community.ID, Scope{Group: in.Group})
}

func (s *Server) saveWaitingOf(ctx context.Context, c call, of Scope, w Waiting) (WaitingAnswer, error) {
	return s.needs.Settings.SaveWaiting(ctx, c.community.ID, of, c.visitor.staff.ID, w)
}

type waitingInput struct {
	InCommunity
	Body Waiting
}

func (s *Server) saveWaiting(ctx context.Context, c call, in *waitingInput) (WaitingAnswer, error) {
	return s.saveWaitingOf(ctx, c, Scope{}, in.Body)
}

type setWaitingInput struct {
	InSet
	Body Waiting
}

func (s *Server) saveSetWaiting(ctx context.Context, c call, in *setWaitingInput) (WaitingAnswer, error) {
	return s.saveWaitingOf(ctx, c, Scope{Set: in.Set}, in.Body)
}

type groupWaitingInput struct {
	InGroup
	Body Waiting
}

func (s *Server) saveGroupWaiting(ctx context.Context, c call, in *groupWaitingInput) (WaitingAnswer, error) {
	return s.saveWaitingOf(ctx, c, Scope{Group: in.Group}, in.Body)
}

// waits is what Settings answers of it.
type waits interface {
	// Waiting fails with NotFound where there is no such group or set.
	Waiting(ctx context.Context, c community.ID, of Scope) (WaitingAnswer, error)
	// SaveWaiting fails with Conflict when w.Version is not the version in force.
	SaveWaiting(ctx context.Context, c community.ID, of Scope, by community.StaffID, w Waiting) (WaitingAnswer, error)
}
