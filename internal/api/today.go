package api

import (
	"context"

	"qunying/community"
)

// Today is the first page: what needs people now, over all groups.
type Today interface {
	// Today answers what needs people. by is who asks.
	Today(ctx context.Context, c community.ID, by community.StaffID, q TodayQuery) (TodayAnswer, error)
}

// TodayQuery asks for what needs people.
type TodayQuery struct {
	Whose string // mine, all, or "" for mine where the caller keeps any group
	All   bool   // every item, not ten
}

// TodayAnswer is what needs people now: ten things at most, the gravest first.
type TodayAnswer struct {
	Answer
	Whose   string       `json:"whose" enum:"mine,all" doc:"whose groups these are about; what is of no group in particular is told either way"`
	Kept    int          `json:"kept" doc:"groups of which the caller is keeper or backup"`
	Items   []TodayItem  `json:"items"`
	More    int          `json:"more" doc:"things that were left out"`
	Waiting TodayWaiting `json:"waiting"`
	Groups  []HealthLine `json:"groups" doc:"groups with a band worse than good, the most urgent first"`
	Urgent  int          `json:"urgent" doc:"how many such groups there are"`
	Uncount int          `json:"uncounted" doc:"groups whose weeks have not been counted yet"`
}

// TodayItem is one thing that needs people: what several groups have in common is one.
type TodayItem struct {
	Cause    string              `json:"cause" doc:"that of the alerts in it (connection, silent, overdue, band …); slump: groups with a band that is alert, for fewer days than an alert takes; failed, unknown: actions that failed, or of which nobody knows whether they arrived"`
	Metric   string              `json:"metric,omitempty" doc:"of band and slump"`
	Severity string              `json:"severity" enum:"alert,watch"`
	Since    int64               `json:"since,omitempty" doc:"the earliest of what is in it"`
	Count    int                 `json:"count" doc:"groups, or what else the cause counts"`
	Groups   []TodayGroup        `json:"groups" doc:"some of the groups"`
	Keepers  []community.StaffID `json:"keepers" doc:"whose the groups are; empty: nobody's"`
	Seen     bool                `json:"seen" doc:"somebody looks after all of it"`
	Data     map[string]string   `json:"data" doc:"what a sentence about the first of it needs, as in alerts"`
}

// TodayGroup is a group of an item.
type TodayGroup struct {
	Group community.GroupID `json:"group"`
	Name  string            `json:"name"`
}

// TodayWaiting counts what waits for a decision or a deed.
type TodayWaiting struct {
	Reviews int   `json:"reviews" doc:"open cards of the review queue; 0 for who may not see it"`
	Oldest  int64 `json:"oldest_review,omitempty" doc:"since when the oldest of them waits"`
	Tasks   int   `json:"tasks" doc:"open"`
	Overdue int   `json:"overdue" doc:"open, and past their time"`

	Questions int   `json:"questions" doc:"questions of members that no staff has answered (待回复)"`
	Late      int   `json:"late_questions" doc:"of these, those that have waited too long: there is a task"`
	Asked     int64 `json:"oldest_question,omitempty" doc:"since when the oldest of them waits"`
}

type todayInput struct {
	InCommunity
	Whose string `query:"whose" enum:"mine,all" doc:"absent: mine where the caller keeps any group"`
	All   bool   `query:"all" doc:"every item, not ten"`
}

func (s *Server) today(ctx context.Context, c call, in *todayInput) (TodayAnswer, error) {
	out, err := s.needs.Today.Today(ctx, c.community.ID, c.visitor.staff.ID, TodayQuery{Whose: in.Whose, All: in.All})
	if !c.visitor.may(viewCases) {
		out.Waiting.Reviews, out.Waiting.Oldest = 0, 0
	}
	return out, err
}
