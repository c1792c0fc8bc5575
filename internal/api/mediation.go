package api

import (
	"context"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// TalkView is a dispute that was moved to private talk with a mediator.
type TalkView struct {
	Mediator community.StaffID `json:"mediator"`
	OpenedBy community.StaffID `json:"opened_by" doc:"who named the mediator"`
	OpenedAt int64             `json:"opened_at"`
	Outcome  string            `json:"outcome,omitempty" enum:"settled,unsettled" doc:"absent: they are talking"`
	EndedAt  int64             `json:"ended_at,omitempty"`
}

// TalkInput moves a dispute to private talk, or hands it to another mediator.
type TalkInput struct {
	Mediator community.StaffID `json:"mediator" minimum:"1" doc:"who may decide cards there, and did not decide this"`
	Note     string            `json:"note,omitempty" maxLength:"1000"`
}

// TalkEndInput says how a talk ended.
type TalkEndInput struct {
	Settled bool   `json:"settled" doc:"true: a card that waited is done without a penalty; false: it waits for a decision again"`
	Note    string `json:"note" minLength:"1" maxLength:"1000" doc:"what was agreed, or why nothing was"`
}

type talkInput struct {
	InReview
	IdempotencyKey
	Body TalkInput
}

func (s *Server) moveToTalk(ctx context.Context, c call, in *talkInput) (out RuledAnswer, err error) {
	var who team.Staff
	var card ReviewAnswer
	if card, err = s.needs.Reviews.Review(ctx, c.community.ID, in.Review); err != nil {
		return out, err
	}
	if err := s.db.Read(ctx, func(q store.Querier) error {
		who, err = team.ByID(ctx, q, in.Body.Mediator)
		return err
	}); err != nil && community.CodeOf(err) != community.NotFound {
		return out, err
	}
	there := call{visitor: visitor{staff: who}}
	if who.ID == 0 || !who.DisabledAt.IsZero() || !may(who.Role, judge) || !there.within(card.Review.Group) {
		return out, community.Errorf(community.Invalid, "colleague %d cannot mediate there", in.Body.Mediator).WithHint("choose somebody who may decide cards of this group")
	}
	return s.talkStep(ctx, c, in.Key, casework.Command{Reviews: []int64{in.Review}, What: casework.Mediate, Staff: in.Body.Mediator, Note: in.Body.Note})
}

type talkEndInput struct {
	InReview
	IdempotencyKey
	Body TalkEndInput
}

func (s *Server) endTalk(ctx context.Context, c call, in *talkEndInput) (RuledAnswer, error) {
	what := casework.Unsettled
	if in.Body.Settled {
		what = casework.Settled
	}
	return s.talkStep(ctx, c, in.Key, casework.Command{Reviews: []int64{in.Review}, What: what, Note: in.Body.Note})
}

func (s *Server) talkStep(ctx context.Context, c call, key string, cmd casework.Command) (out RuledAnswer, err error) {
	out.Cards = []RuledView{}
	out.Answer, err = s.caseStep(ctx, c, community.VerdictReview, key, 0, cmd, &out)
	return out, err
}
