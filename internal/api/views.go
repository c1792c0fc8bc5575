package api

import (
	"context"

	"qunying/community"
)

// Views keeps questions and filters under a name.
type Views interface {
	Views(ctx context.Context, c community.ID, of community.StaffID) (ViewsAnswer, error)
	// SaveViews replaces what a person keeps, or with team what all of them see. It
	// fails with Conflict when in.Version is not the version in force, and with Invalid
	// where a name is there twice in a place.
	SaveViews(ctx context.Context, c community.ID, by community.StaffID, team bool, in ViewsInput) (ViewsAnswer, error)
}

// SavedView is a question or a filter that is kept under a name.
type SavedView struct {
	Place   string `json:"place" enum:"explore,groups,messages,people,tasks" doc:"the page it is of"`
	Name    string `json:"name" minLength:"1" maxLength:"60"`
	Query   string `json:"query" maxLength:"4000" doc:"what stands in the page's address, as JSON; the page reads it, nobody else"`
	Default bool   `json:"default,omitempty" doc:"the page opens with it; one's own goes before the team's"`
}

// ViewsAnswer lists them.
type ViewsAnswer struct {
	Answer
	Mine        []SavedView `json:"mine"`
	Team        []SavedView `json:"team"`
	MineVersion int64       `json:"mine_version"`
	TeamVersion int64       `json:"team_version"`
}

// ViewsInput replaces one of the lists.
type ViewsInput struct {
	Views   []SavedView `json:"views" maxItems:"100"`
	Version int64       `json:"version" minimum:"0" doc:"that was seen"`
}

func (s *Server) views(ctx context.Context, c call, _ *InCommunity) (ViewsAnswer, error) {
	return s.needs.Views.Views(ctx, c.community.ID, c.visitor.staff.ID)
}

type viewsInput struct {
	InCommunity
	Body ViewsInput
}

func (s *Server) saveMyViews(ctx context.Context, c call, in *viewsInput) (ViewsAnswer, error) {
	return s.needs.Views.SaveViews(ctx, c.community.ID, c.visitor.staff.ID, false, in.Body)
}

func (s *Server) saveTeamViews(ctx context.Context, c call, in *viewsInput) (ViewsAnswer, error) {
	return s.needs.Views.SaveViews(ctx, c.community.ID, c.visitor.staff.ID, true, in.Body)
}
