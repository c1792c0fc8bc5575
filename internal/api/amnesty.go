package api

import (
	"context"

	"qunying/community"
	"qunying/internal/moderation/casework"
)

// AmnestyAnswer is what forgiving many at once would mean today, and what was
// forgiven before.
type AmnestyAnswer struct {
	Answer
	Members int             `json:"members" doc:"who would be forgiven something"`
	Strikes int             `json:"strikes" doc:"that would be forgiven; those that no longer count are among them"`
	People  []AmnestyPerson `json:"people" doc:"with the most strikes, at most 100"`
	Past    []AmnestyView   `json:"past" doc:"of the last ten, the newest first, those that meant no groups of others"`
	Limited bool            `json:"limited" doc:"the caller is limited to groups: all that is told is of these, and undoing takes somebody who is not"`
}

// AmnestyPerson is somebody who would be forgiven.
type AmnestyPerson struct {
	Person  community.PersonID `json:"person"`
	Name    string             `json:"name"`
	Strikes int                `json:"strikes"`
}

// AmnestyView is an amnesty that was given.
type AmnestyView struct {
	Seq     community.Seq     `json:"seq"`
	At      int64             `json:"at"`
	Staff   community.StaffID `json:"staff"`
	Members int               `json:"members"`
	Strikes int               `json:"strikes"`
	Left    int               `json:"left" doc:"strikes that undoing it would give back; 0: it was undone"`
}

// AmnestyDone is what was forgiven, or given back.
type AmnestyDone struct {
	Answer
	Seq     community.Seq `json:"seq" doc:"of the amnesty: by it, it can be undone"`
	Members int           `json:"members"`
	Strikes int           `json:"strikes"`
}

// AmnestyInput says whose strikes are forgiven.
type AmnestyInput struct {
	Groups []community.GroupID `json:"groups,omitempty" maxItems:"500" doc:"strikes got there; none: in all groups that the caller looks after"`
	Before int64               `json:"before,omitempty" minimum:"0" doc:"strikes got before this time, ms; 0: all"`
	Note   string              `json:"note,omitempty" maxLength:"1000"`
}

func (b AmnestyInput) command() casework.Command {
	return casework.Command{What: casework.Amnesty, Groups: b.Groups, Before: b.Before, Note: b.Note}
}

type amnestyPreviewInput struct {
	InCommunity
	Groups []int64 `query:"groups,explode" maxItems:"500" doc:"none: all"`
	Before int64   `query:"before" minimum:"0"`
}

func (s *Server) previewAmnesty(ctx context.Context, c call, in *amnestyPreviewInput) (AmnestyAnswer, error) {
	what := AmnestyInput{Before: in.Before}
	for _, g := range in.Groups {
		if !c.within(community.GroupID(g)) {
			return AmnestyAnswer{}, errForeign
		}
		what.Groups = append(what.Groups, community.GroupID(g))
	}
	a, err := s.needs.Reviews.Amnesty(ctx, c.community.ID, c.narrowed(what).command())
	a.Limited = c.limited()
	return a, err
}

// narrowed means the caller's groups where none were named.
func (c call) narrowed(what AmnestyInput) AmnestyInput {
	if c.limited() && len(what.Groups) == 0 {
		what.Groups = c.visitor.staff.Groups
	}
	return what
}

type amnestyInput struct {
	InCommunity
	IdempotencyKey
	Body AmnestyInput
}

func (s *Server) giveAmnesty(ctx context.Context, c call, in *amnestyInput) (out AmnestyDone, err error) {
	out.Answer, err = s.caseStep(ctx, c, community.StrikePardon, in.Key, 0, c.narrowed(in.Body).command(), &out)
	return out, err
}

type undoAmnestyInput struct {
	InCommunity
	IdempotencyKey
	Seq community.Seq `path:"seq" minimum:"1"`
}

func (s *Server) undoAmnesty(ctx context.Context, c call, in *undoAmnestyInput) (out AmnestyDone, err error) {
	out.Answer, err = s.caseStep(ctx, c, community.StrikePardon, in.Key, 0, casework.Command{What: casework.Undo, Seq: in.Seq}, &out)
	return out, err
}
