package api

import (
	"context"

	"qunying/community"
	"qunying/internal/moderation/measure"
)

// Measures tells how well order is kept, and lets clauses act by themselves that
// people's decisions speak for.
type Measures interface {
	// Measures fails with NotFound, and with Invalid for a period that is empty or too long.
	Measures(ctx context.Context, c community.ID, g community.GroupID, p Period) (MeasuresAnswer, error)
	Trust(ctx context.Context, c community.ID, g community.GroupID) (TrustAnswer, error)
	// Promote fails with NotFound, and with Conflict where the clause has not earned it.
	Promote(ctx context.Context, c community.ID, g community.GroupID, clause string, version int64, by community.StaffID) (TrustAnswer, error)
}

// MeasuresAnswer is how well order was kept in a period. Shares come with the
// cases they rest on and the 95 % Wilson interval; what nothing is known of is
// null.
type MeasuresAnswer struct {
	Answer
	From         community.Day       `json:"from"`
	To           community.Day       `json:"to"`
	Whole        MeasuredWeek        `json:"whole" doc:"all weeks together"`
	Weeks        []MeasuredWeek      `json:"weeks"`
	Modes        []measure.OfMode    `json:"modes" doc:"by who decided (S95)"`
	Clauses      []MeasuredClause    `json:"clauses" doc:"those with the most cards first"`
	Moderators   []MeasuredModerator `json:"moderators" doc:"whoever decided most first"`
	Answered     measure.Times       `json:"answered" doc:"from an appeal to its answer"`
	Automation   measure.Share       `json:"automation" doc:"cards because of which something was done to a member by the machine alone, of all of these (自动化占比, S102)"`
	Consistency  measure.Share       `json:"consistency" doc:"decisions with the usual penalty of their clause and strike, of all (S96)"`
	Offences     []measure.Offence   `json:"offences" doc:"the least alike first, at most 50"`
	Completeness float64             `json:"completeness" doc:"of the rules of the group, or of the community (规则完整度, S25)"`
	Groups       []MeasuredGroup     `json:"groups" doc:"the most violations first, at most 50"`
	OfGroups     int                 `json:"of_groups" doc:"groups in which anything was amiss in the period, in all"`
	Names        map[string]string   `json:"names" doc:"of clauses, as the rules of today call them"`
}

// MeasuredWeek is a week with its rate.
type MeasuredWeek struct {
	measure.Week
	Rate measure.Share `json:"rate" doc:"violations of messages (违规率, S25)"`
}

// MeasuredClause is a clause with its name.
type MeasuredClause struct {
	measure.OfClause
	Name string `json:"name"`
}

// MeasuredModerator is somebody with their name.
type MeasuredModerator struct {
	measure.OfModerator
	Name string `json:"name"`
}

// MeasuredGroup is a group with its weeks.
type MeasuredGroup struct {
	Group        community.GroupID `json:"group"`
	Name         string            `json:"name"`
	Whole        MeasuredWeek      `json:"whole"`
	Weeks        []MeasuredWeek    `json:"weeks"`
	Completeness float64           `json:"completeness" doc:"规则完整度, S25"`
}

// TrustAnswer is what people's decisions say of the clauses in force.
type TrustAnswer struct {
	Answer
	Version int64         `json:"version" doc:"of the policy"`
	Own     bool          `json:"own" doc:"the policy is the group's own, or the community's where none was asked for: its clauses can be promoted here"`
	From    float64       `json:"from" doc:"lower bound of the precision from which a clause may act by itself"`
	Enough  int           `json:"enough" doc:"decided cases that it needs"`
	Limit   float64       `json:"limit" doc:"share of overturns above which it no longer may"`
	Window  int           `json:"window" doc:"newest decided cases of which that is the share"`
	Clauses []TrustedView `json:"clauses"`
}

// TrustedView is what people's decisions say of a clause.
type TrustedView struct {
	Clause string `json:"clause"`
	Name   string `json:"name"`
	Stage  string `json:"stage" enum:"off,shadow,suggest,auto"`
	Since  int64  `json:"since" doc:"the version of the policy since which it fires for the same; 0: since the beginning"`
	measure.Trust
	Earned bool `json:"earned" doc:"it may be promoted"`
	Lost   bool `json:"lost" doc:"it acts by itself, and will be taken back within a minute"`
}

type measuresInput struct {
	InCommunity
	From  dayParam          `query:"from" doc:"first day; absent: the Monday eight weeks before the last"`
	To    dayParam          `query:"to" doc:"last day, inclusive; absent: today. At most 400 days"`
	Group community.GroupID `query:"group" minimum:"0" doc:"0: all groups"`
}

func (s *Server) moderationMeasures(ctx context.Context, c call, in *measuresInput) (MeasuresAnswer, error) {
	return s.needs.Measures.Measures(ctx, c.community.ID, in.Group, Period{From: in.From.day, To: in.To.day})
}

func (s *Server) trust(ctx context.Context, c call, in *ofGroupInput) (TrustAnswer, error) {
	return s.needs.Measures.Trust(ctx, c.community.ID, in.Group)
}

type promoteInput struct {
	InCommunity
	Group  community.GroupID `query:"group" minimum:"0" doc:"0: the community's"`
	Clause string            `path:"clause" maxLength:"60"`
	Body   struct {
		Version int64 `json:"version" minimum:"0" doc:"of the policy that was seen"`
	}
}

func (s *Server) promote(ctx context.Context, c call, in *promoteInput) (TrustAnswer, error) {
	return s.needs.Measures.Promote(ctx, c.community.ID, in.Group, in.Clause, in.Body.Version, c.visitor.staff.ID)
}
