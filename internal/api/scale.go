package api

import (
	"context"

	"qunying/community"
)

// Scale is what matters with many groups.
type Scale interface {
	// Overlap lists the groups that share the most people with g. It fails with NotFound.
	Overlap(ctx context.Context, c community.ID, g community.GroupID, limit int) (OverlapAnswer, error)
	// Capacity lists the groups that are nearest to being full.
	Capacity(ctx context.Context, c community.ID, limit int) (CapacityAnswer, error)
	Caps(ctx context.Context, c community.ID) (CapsView, error)
	SaveCaps(ctx context.Context, c community.ID, by community.StaffID, v CapsView) (CapsView, error)
	Sets(ctx context.Context, c community.ID) (SetsView, error)
	SaveSets(ctx context.Context, c community.ID, by community.StaffID, v SetsView) (SetsView, error)
}

// OverlapAnswer is who of a group is in which other groups as well.
type OverlapAnswer struct {
	Answer
	People int64         `json:"people" doc:"of the group: its members where a member list is known, otherwise those seen"`
	Listed bool          `json:"listed" doc:"a member list is known"`
	Alone  int64         `json:"alone" doc:"of these, in no other group"`
	Groups []OverlapLine `json:"groups" doc:"those that share the most, first"`
}

// OverlapLine is another group.
type OverlapLine struct {
	Group  community.GroupID `json:"group"`
	Name   string            `json:"name"`
	Shared int64             `json:"shared" doc:"people who were seen in both"`
	Share  float64           `json:"share" doc:"of people"`
}

// CapacityAnswer is how full groups are.
type CapacityAnswer struct {
	Answer
	Groups  []CapacityLine `json:"groups" doc:"the fullest first"`
	Unknown int            `json:"unknown" doc:"groups without a member list: 不可得"`
}

// CapacityLine is one group.
type CapacityLine struct {
	Group   community.GroupID `json:"group"`
	Name    string            `json:"name"`
	Network string            `json:"network"`
	Members int64             `json:"members"`
	Cap     int64             `json:"cap"`
	Share   float64           `json:"share"`
	Full    bool              `json:"full" doc:"at or over the mark at which the next group should be opened"`
}

// CapsView are how many members a group can have, by network. Platforms change
// these numbers: each says where it is from.
type CapsView struct {
	Stamp
	Caps    []CapView `json:"caps" maxItems:"50"`
	Version int64     `json:"version" minimum:"0"`
}

// CapView is one network's.
type CapView struct {
	Network string  `json:"network" minLength:"1" maxLength:"40" doc:"* for all others"`
	Cap     int64   `json:"cap" minimum:"1" maximum:"1000000"`
	Mark    float64 `json:"mark" minimum:"0.1" maximum:"1" doc:"share of the cap at which the next group should be opened and codes roll over"`
	Source  string  `json:"source" maxLength:"500"`
	Date    string  `json:"date" maxLength:"10" doc:"when the source was looked at: 2006-01-02"`
}

// SetsView are named sets of groups, in the order in which their settings count:
// of several sets of a group the first that says something.
type SetsView struct {
	Stamp
	Sets    []SetView `json:"sets" maxItems:"200"`
	Version int64     `json:"version" minimum:"0"`
}

// SetView is one set.
type SetView struct {
	ID     int64               `json:"id" required:"false" minimum:"0" doc:"what is set for it is kept under this number; left out: the set of that name, or a new one"`
	Name   string              `json:"name" minLength:"1" maxLength:"60"`
	Groups []community.GroupID `json:"groups" maxItems:"5000"`
}

type overlapInput struct {
	InGroup
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"20"`
}

func (s *Server) overlap(ctx context.Context, c call, in *overlapInput) (OverlapAnswer, error) {
	return s.needs.Scale.Overlap(ctx, c.community.ID, in.Group, in.Limit)
}

type capacityInput struct {
	InCommunity
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (s *Server) capacity(ctx context.Context, c call, in *capacityInput) (CapacityAnswer, error) {
	return s.needs.Scale.Capacity(ctx, c.community.ID, in.Limit)
}

func (s *Server) caps(ctx context.Context, c call, _ *InCommunity) (CapsView, error) {
	return s.needs.Scale.Caps(ctx, c.community.ID)
}

type capsInput struct {
	InCommunity
	Body CapsView
}

func (s *Server) saveCaps(ctx context.Context, c call, in *capsInput) (CapsView, error) {
	return s.needs.Scale.SaveCaps(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

func (s *Server) sets(ctx context.Context, c call, _ *InCommunity) (SetsView, error) {
	return s.needs.Scale.Sets(ctx, c.community.ID)
}

type setsInput struct {
	InCommunity
	Body SetsView
}

func (s *Server) saveSets(ctx context.Context, c call, in *setsInput) (SetsView, error) {
	return s.needs.Scale.SaveSets(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}
