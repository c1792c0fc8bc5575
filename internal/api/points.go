package api

import (
	"context"

	"qunying/community"
	"qunying/internal/incentives"
)

// Points reads the ledger of points (积分流水).
type Points interface {
	// PersonPoints takes any identity of theirs; it fails with NotFound.
	PersonPoints(ctx context.Context, c community.ID, p community.PersonID) (PointsAnswer, error)
}

// PointsAnswer is what a person has, and how it came about.
type PointsAnswer struct {
	Answer
	Person  community.PersonID `json:"person"`
	Balance int64              `json:"balance" doc:"the sum of all entries; below 0 where penalties took more than there was"`
	Entries []PointEntry       `json:"entries" doc:"the newest first, at most 100 of each identity"`
}

// PointEntry is one line of the ledger.
type PointEntry struct {
	ID        int64             `json:"id"`
	At        int64             `json:"at"`
	Amount    int64             `json:"amount" doc:"above 0 given, below 0 taken"`
	Reason    string            `json:"reason" enum:"penalty,overturned,undone,hand"`
	Verdict   int64             `json:"verdict,omitempty" doc:"that it was taken for"`
	Reverses  int64             `json:"reverses,omitempty" doc:"the entry that it takes back"`
	Group     community.GroupID `json:"group" doc:"0: none in particular"`
	GroupName string            `json:"group_name,omitempty"`
	By        community.StaffID `json:"by" doc:"0: a rule"`
	Note      string            `json:"note,omitempty"`
}

// PointsInput books points by hand.
type PointsInput struct {
	Amount int64  `json:"amount" minimum:"-1000000" maximum:"1000000" doc:"below 0 takes them"`
	Note   string `json:"note" minLength:"1" maxLength:"200" doc:"what for; the member reads it"`
}

func (s *Server) personPoints(ctx context.Context, c call, in *InPersonCases) (PointsAnswer, error) {
	return s.needs.Points.PersonPoints(ctx, c.community.ID, in.Person)
}

type pointsInput struct {
	InPersonCases
	IdempotencyKey
	Body PointsInput
}

func (s *Server) givePoints(ctx context.Context, c call, in *pointsInput) (PointsAnswer, error) {
	cmd := Command{Kind: community.PointsGive, Key: in.Key, By: c.visitor.staff.ID,
		Points: incentives.Grant{Member: community.IdentityID(in.Person), Amount: in.Body.Amount, Note: in.Body.Note}}
	if _, err := s.needs.Commands.Do(ctx, c.community.ID, cmd); err != nil {
		return PointsAnswer{}, err
	}
	return s.needs.Points.PersonPoints(ctx, c.community.ID, in.Person)
}
