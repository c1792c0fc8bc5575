package api

import (
	"context"

	"qunying/community"
	"qunying/internal/moderation/measure"
	"qunying/internal/moderation/policy"
)

// GroupOrder is how complete a group's rules are and how well they are kept, beside
// what the field tells of groups of its size (S25).
type GroupOrder struct {
	Answer
	Group         community.GroupID `json:"group"`
	Period        Period            `json:"period" doc:"the days that the rate and interventions are of, up to yesterday"`
	Owner         string            `json:"owner" enum:"group,set,community,default" doc:"whose rules hold; default: those that the product comes with"`
	Name          string            `json:"name,omitempty" doc:"of the set whose rules hold"`
	Elements      []policy.Element  `json:"elements" doc:"what a complete set of rules settles"`
	Completeness  float64           `json:"completeness" doc:"share of the elements that are met (规则完整度)"`
	Rate          measure.Share     `json:"rate" doc:"violations of messages (违规率)"`
	Interventions float64           `json:"interventions" doc:"cards because of which something was done to a member, a week (干预)"`
	Members       *int64            `json:"members" nullable:"true" doc:"null: no member list is known, and so nothing is usual"`
	Usual         *measure.Usual    `json:"usual,omitempty" doc:"the field's figures for groups of this size; they judge nobody"`
}

func (s *Server) groupOrder(ctx context.Context, c call, in *InGroup) (GroupOrder, error) {
	return s.needs.Health.Order(ctx, c.community.ID, in.Group)
}
