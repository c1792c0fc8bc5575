package api

import (
	"context"

	"qunying/community"
)

// Contingency is where groups go when they cannot be used any more (应急预案, S88, S94).
type Contingency interface {
	// Contingencies answers of every group what it falls back on.
	Contingencies(ctx context.Context, c community.ID) (ContingenciesAnswer, error)
	// Contingency fails with NotFound where there is no such group.
	Contingency(ctx context.Context, c community.ID, g community.GroupID) (ContingencyAnswer, error)
	// Plan fails with NotFound where there is no such group or set.
	Plan(ctx context.Context, c community.ID, of Scope) (ContingencyPlanAnswer, error)
	// SavePlan fails with Conflict when v.Version is not the version in force.
	SavePlan(ctx context.Context, c community.ID, of Scope, by community.StaffID, v ContingencyPlan) (ContingencyPlanAnswer, error)
}

// ContingencyPlan is what is typed of where a group goes. The backup group is no
// GroupID, here and below: who looks after a group has to know where it goes, be it
// to a group of others.
type ContingencyPlan struct {
	Backup  *int64  `json:"backup_group,omitempty" minimum:"0" doc:"another group of ours; 0: none"`
	Way     *string `json:"way,omitempty" maxLength:"2000" doc:"a link, a number, in words"`
	Text    *string `json:"text,omitempty" maxLength:"8000" doc:"the announcement; {way} stands for the backup channel"`
	Drills  *bool   `json:"drills,omitempty" doc:"it is tried every quarter"`
	Version int64   `json:"version" minimum:"0"`
}

// ContingencyPlanAnswer is where a group goes.
type ContingencyPlanAnswer struct {
	Answer
	Plan    ContingencyPlan       `json:"plan" doc:"as it was saved; absent fields are inherited"`
	InForce ContingencyPlan       `json:"in_force"`
	From    map[string]SourceView `json:"from" doc:"whose each field of in_force is; those that nobody typed are absent"`
}

// ContingenciesAnswer is what every group falls back on.
type ContingenciesAnswer struct {
	Answer
	Groups []ContingencyRow `json:"groups"`
}

// ContingencyRow is one group.
type ContingencyRow struct {
	Group      community.GroupID `json:"group"`
	Name       string            `json:"name"`
	Network    string            `json:"network"`
	Keeper     community.StaffID `json:"keeper" doc:"0: nobody"`
	State      string            `json:"state" enum:"none,prepared,in_use" doc:"of the backup channel"`
	Since      int64             `json:"since,omitempty" doc:"of in_use"`
	Backup     int64             `json:"backup_group,omitempty"`
	BackupName string            `json:"backup_name,omitempty"`
	Way        string            `json:"way,omitempty"`
	Every      string            `json:"every" enum:"off,daily,weekly" doc:"how often it is snapshotted"`
	SnapshotAt int64             `json:"snapshot_at,omitempty" doc:"when the last snapshot was done; absent: never"`
	Stale      bool              `json:"stale" doc:"no snapshot is younger than eight days"`
	Drills     bool              `json:"drills" doc:"it is tried every quarter"`
	Drill      community.Seq     `json:"drill,omitempty" doc:"the task of the drill that is under way"`
	DrillDue   int64             `json:"drill_due,omitempty"`
	DrilledAt  int64             `json:"drilled_at,omitempty" doc:"when the last drill was done; absent: never"`
	Undrilled  bool              `json:"undrilled" doc:"no drill was done in the last hundred days"`
}

// ContingencyAnswer is what one group falls back on, and what was made of it.
type ContingencyAnswer struct {
	Answer
	Group        ContingencyRow `json:"group"`
	Announcement string         `json:"announcement" doc:"what the group would be told, with the backup channel in its place"`
	By           string         `json:"by" enum:"machine,task" doc:"who would say it now"`
	Switches     []SwitchView   `json:"switches" doc:"newest first"`
	Drills       []TaskView     `json:"drills" doc:"newest first"`
}

// SwitchView is a group's people having been sent to its backup channel.
type SwitchView struct {
	ID      community.Seq     `json:"id"`
	Backup  int64             `json:"backup_group,omitempty"`
	Text    string            `json:"text" doc:"what was announced"`
	Way     string            `json:"way" enum:"machine,task"`
	Entry   string            `json:"entry,omitempty" doc:"key of the announcement in the outbox"`
	BegunAt int64             `json:"begun_at"`
	BegunBy community.StaffID `json:"begun_by"`
	EndedAt int64             `json:"ended_at,omitempty" doc:"absent: in use"`
	EndedBy community.StaffID `json:"ended_by,omitempty"`
}

func (s *Server) contingencyRoutes() {
	declare(s, route{get, inC + "/contingency", read, "listContingencies", "Contingency", "What every group falls back on"}, s.contingencies)
	declare(s, route{get, inG + "/contingency", read, "getContingency", "Contingency", "What a group falls back on, its switches and drills"}, s.contingency)
	declare(s, route{post, inG + "/contingency/begin", act, "beginContingency", "Contingency", "Send a group's people to its backup channel"}, s.contingencyStep(community.ContingencyBegin))
	declare(s, route{post, inG + "/contingency/end", act, "endContingency", "Contingency", "The group can be used again"}, s.contingencyStep(community.ContingencyEnd))
	declare(s, route{post, inG + "/contingency/drill", act, "beginDrill", "Contingency", "Have the plan tried now"}, s.contingencyStep(community.DrillBegin))
	declare(s, route{get, inC + "/settings/contingency", read, "getContingencyPlan", "Contingency", "Where groups go, for all groups"}, s.plan)
	declare(s, route{put, inC + "/settings/contingency", manage, "saveContingencyPlan", "Contingency", "Save where groups go, for all groups"}, s.savePlan)
	declare(s, route{get, inSet + "/contingency", read, "getSetContingencyPlan", "Contingency", "The same for a set of groups"}, s.setPlan)
	declare(s, route{put, inSet + "/contingency", manage, "saveSetContingencyPlan", "Contingency", "Save it for a set of groups"}, s.saveSetPlan)
	declare(s, route{get, inG + "/settings/contingency", read, "getGroupContingencyPlan", "Contingency", "Where a group goes"}, s.groupPlan)
	declare(s, route{put, inG + "/settings/contingency", manage, "saveGroupContingencyPlan", "Contingency", "Save where a group goes"}, s.saveGroupPlan)
}

func (s *Server) contingencies(ctx context.Context, c call, _ *InCommunity) (ContingenciesAnswer, error) {
	return s.needs.Contingency.Contingencies(ctx, c.community.ID)
}

func (s *Server) contingency(ctx context.Context, c call, in *InGroup) (ContingencyAnswer, error) {
	return s.needs.Contingency.Contingency(ctx, c.community.ID, in.Group)
}

type contingencyStepInput struct {
	InGroup
	Key string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"200"`
}

func (s *Server) contingencyStep(kind community.Kind) func(context.Context, call, *contingencyStepInput) (ContingencyAnswer, error) {
	return func(ctx context.Context, c call, in *contingencyStepInput) (ContingencyAnswer, error) {
		out, err := s.needs.Commands.Do(ctx, c.community.ID, Command{Kind: kind, Key: in.Key, By: c.visitor.staff.ID, Group: in.Group})
		if err != nil {
			return ContingencyAnswer{}, err
		}
		a, err := s.needs.Contingency.Contingency(ctx, c.community.ID, in.Group)
		a.Answer = Answer{out.AsOf}
		return a, err
	}
}

func (s *Server) plan(ctx context.Context, c call, _ *InCommunity) (ContingencyPlanAnswer, error) {
	return s.needs.Contingency.Plan(ctx, c.community.ID, Scope{})
}

func (s *Server) setPlan(ctx context.Context, c call, in *InSet) (ContingencyPlanAnswer, error) {
	return s.needs.Contingency.Plan(ctx, c.community.ID, Scope{Set: in.Set})
}

func (s *Server) groupPlan(ctx context.Context, c call, in *InGroup) (ContingencyPlanAnswer, error) {
	return s.needs.Contingency.Plan(ctx, c.community.ID, Scope{Group: in.Group})
}

type planInput struct {
	InCommunity
	Body ContingencyPlan
}

// onlyOfGroups refuses for many groups what only one can have.
func onlyOfGroups(v ContingencyPlan) error {
	if v.Backup != nil && *v.Backup != 0 {
		return community.Errorf(community.Invalid, "several groups cannot be sent into one group of ours").WithHint("name the backup group of each, or write a link")
	}
	return nil
}

func (s *Server) savePlan(ctx context.Context, c call, in *planInput) (a ContingencyPlanAnswer, err error) {
	if err := onlyOfGroups(in.Body); err != nil {
		return a, err
	}
	return s.needs.Contingency.SavePlan(ctx, c.community.ID, Scope{}, c.visitor.staff.ID, in.Body)
}

type setPlanInput struct {
	InSet
	Body ContingencyPlan
}

func (s *Server) saveSetPlan(ctx context.Context, c call, in *setPlanInput) (a ContingencyPlanAnswer, err error) {
	if err := onlyOfGroups(in.Body); err != nil {
		return a, err
	}
	return s.needs.Contingency.SavePlan(ctx, c.community.ID, Scope{Set: in.Set}, c.visitor.staff.ID, in.Body)
}

type groupPlanInput struct {
	InGroup
	Body ContingencyPlan
}

func (s *Server) saveGroupPlan(ctx context.Context, c call, in *groupPlanInput) (a ContingencyPlanAnswer, err error) {
	if b := in.Body.Backup; b != nil && *b != 0 && !c.within(community.GroupID(*b)) {
		return a, errForeign
	}
	return s.needs.Contingency.SavePlan(ctx, c.community.ID, Scope{Group: in.Group}, c.visitor.staff.ID, in.Body)
}
