package casework

import (
	"math"

	"qunying/community"
	"qunying/internal/moderation/policy"
)

// BacktestResult is what a draft would have done.
type BacktestResult struct {
	Messages int64            `json:"messages"`
	Seconds  float64          `json:"seconds" doc:"how long the test took"`
	Hits     int64            `json:"hits" doc:"messages for which a clause fires"`
	Days     []BacktestDay    `json:"days"`
	Clauses  []BacktestClause `json:"clauses"`
	Members  []BacktestMember `json:"members" doc:"those that reach the highest steps, at most 100"`
	People   int64            `json:"people" doc:"members hit"`
	Removed  int64            `json:"removed" doc:"members who would reach a step that removes"`
	AtOnce   int64            `json:"at_once" doc:"messages that would be recalled before anybody looks; they cannot be brought back"`
	Both     int64            `json:"both" doc:"messages for which the policy in force fires too"`
	Only     int64            `json:"only" doc:"messages for which only the draft fires"`
	Lost     int64            `json:"lost" doc:"messages for which only the policy in force fires"`
	Minutes  float64          `json:"minutes" doc:"that moderators would have needed, at 20 seconds a hit"`
	Right    int64            `json:"right" doc:"hits that people said were right"`
	Wrong    int64            `json:"wrong" doc:"hits that people said were nothing"`
	Low      *float64         `json:"low" nullable:"true" doc:"lower bound of the 95 % Wilson interval of the precision; null: nobody decided on any of the hits"`
	High     *float64         `json:"high" nullable:"true"`
}

// BacktestDay is what happened on a day.
type BacktestDay struct {
	Day      community.Day `json:"day"`
	Messages int64         `json:"messages"`
	Hits     int64         `json:"hits"`
	InForce  int64         `json:"in_force" doc:"hits of the policy in force"`
}

// BacktestClause is what a clause would have done.
type BacktestClause struct {
	Clause  string           `json:"clause"`
	Name    string           `json:"name"`
	Hits    int64            `json:"hits"`
	People  int64            `json:"people"`
	AtOnce  int64            `json:"at_once" doc:"messages recalled before anybody looks"`
	Right   int64            `json:"right"`
	Wrong   int64            `json:"wrong"`
	Low     *float64         `json:"low" nullable:"true"`
	High    *float64         `json:"high" nullable:"true"`
	Samples []BacktestSample `json:"samples" doc:"spread over the period"`
}

// BacktestSample is a message for which a clause fires.
type BacktestSample struct {
	Seq     community.Seq        `json:"seq"`
	Group   community.GroupID    `json:"group"`
	Member  community.IdentityID `json:"member"`
	Name    string               `json:"name"`
	Text    string               `json:"text"`
	At      int64                `json:"at"`
	Strike  int                  `json:"strike"`
	InForce bool                 `json:"in_force" doc:"the policy in force fires too"`
	Label   string               `json:"label,omitempty" doc:"what people said it was"`
	Reasons []policy.Reason      `json:"reasons"`
}

// BacktestMember is what would have become of a member.
type BacktestMember struct {
	Person community.PersonID `json:"person"`
	Name   string             `json:"name"`
	Hits   int64              `json:"hits"`
	Strike int                `json:"strike" doc:"the highest"`
	Acts   []policy.Act       `json:"acts" doc:"of that step"`
}

// Wilson is the 95 % interval of a share of which right of n held, after Wilson
// (1927); nil where nothing is known.
func Wilson(right, n int64) (low, high *float64) {
	if n == 0 {
		return nil, nil
	}
	const z = 1.959964
	p, m := float64(right)/float64(n), float64(n)
	middle := p + z*z/(2*m)
	spread := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	l, h := max(0, (middle-spread)/(1+z*z/m)), min(1, (middle+spread)/(1+z*z/m))
	return &l, &h
}
