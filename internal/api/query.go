package api

import (
	"context"

	"qunying/community"
)

// Queries answers composed questions: metrics × dimensions × filters × comparison.
type Queries interface {
	// Ask fails with Invalid for what makes no sense, naming the field, and with
	// NotFound for a group or a set that is not there. It tells of the groups of
	// Within only.
	Ask(ctx context.Context, c community.ID, q QueryInput) (QueryAnswer, error)
	// TakeQuery writes the same as a file.
	TakeQuery(ctx context.Context, c community.ID, by community.StaffID, q QueryInput, layout, language string) (ExportFile, error)
}

// QueryInput asks for metrics, told apart by dimensions, of some groups in a period.
type QueryInput struct {
	Metrics []string            `json:"metrics" minItems:"1" maxItems:"60" doc:"IDs of the metric catalogue that are numbers of a period"`
	By      []string            `json:"by,omitempty" maxItems:"2" doc:"at most one of day, week, month, weekday, hour, and one of group, type, set, person, way, code, inviter; weekday: messages, messages_mean, dau_mean only; hour: messages, messages_mean only; person: messages only; way: joins, leaves only; code and inviter: joins only"`
	Groups  []community.GroupID `json:"groups,omitempty" maxItems:"2000" doc:"absent: all, or those of sets and types"`
	Sets    []int64             `json:"sets,omitempty" maxItems:"200"`
	Types   []string            `json:"types,omitempty" maxItems:"4" doc:"interest, business, learning, or the empty text for groups without a type"`
	From    community.Day       `json:"from,omitempty" doc:"first day, in each group's zone; absent: 29 days before to"`
	To      community.Day       `json:"to,omitempty" doc:"last day, inclusive; absent: the last day about which anything is known"`
	Compare string              `json:"compare,omitempty" doc:"before: the stretch of equal length just before; weeks: the same weekdays, whole weeks before; peers: the median of the other groups of the type"`
	Limit   int                 `json:"limit,omitempty" doc:"rows by person, or lines by way, code and inviter, at most 500; absent: 20"`
}

// QueryAnswer is a table: one line for every row, one cell for every metric.
type QueryAnswer struct {
	Answer
	Period   Period        `json:"period"`
	Compared *Period       `json:"compared,omitempty" doc:"the stretch that before is of"`
	By       []string      `json:"by"`
	Metrics  []QueryMetric `json:"metrics" doc:"what the cells of a row are, in their order"`
	Rows     []QueryRow    `json:"rows"`
	LinesOf  int           `json:"lines_of,omitempty" doc:"of way, code and inviter: how many lines there are, of which the rows are the largest"`
	Total    []QueryCell   `json:"total" doc:"of everything in the whole period; where it means nothing of several groups why is not_added"`
	Coverage QueryCoverage `json:"coverage"`
}

// QueryMetric says what a number is.
type QueryMetric struct {
	ID      string `json:"id"`
	Zh      string `json:"zh"`
	En      string `json:"en"`
	Unit    string `json:"unit" enum:"count,share,persons,messages,days,minutes"`
	Formula Words  `json:"formula"`
	Pooled  string `json:"pooled" enum:"heard,added,weighted,distinct,median,none" doc:"how it is put together of several groups: heard: as if they were one, a person counts once; added: a member of two groups counts in each; weighted: the mean by denominators; distinct: persons in any of them; median: over everything in any of them; none: it means nothing of several"`
}

// QueryRow is one line. Of its keys those that by names are there.
type QueryRow struct {
	Day     *community.Day     `json:"day,omitempty" doc:"of day, week (its Monday) and month (its first)"`
	Weekday *int               `json:"weekday,omitempty" doc:"0 is Monday"`
	Hour    *int               `json:"hour,omitempty"`
	Group   community.GroupID  `json:"group,omitempty"`
	Type    *string            `json:"type,omitempty" doc:"the empty text: groups without a type"`
	Set     int64              `json:"set,omitempty"`
	Person  community.PersonID `json:"person,omitempty"`
	Label   *string            `json:"label,omitempty" doc:"way or code; empty: the platform does not say, or only a member list told"`
	Inviter community.PersonID `json:"inviter,omitempty" doc:"absent: unknown"`
	Name    string             `json:"name,omitempty" doc:"of the group, set, person or inviter"`
	From    community.Day      `json:"from" doc:"the days that the line is about: its step, cut by the period"`
	To      community.Day      `json:"to"`
	Groups  int                `json:"groups" doc:"that the line is about"`
	Cells   []QueryCell        `json:"cells"`
}

// QueryCell is one number.
type QueryCell struct {
	Value   *float64 `json:"value" nullable:"true" doc:"null: cannot be known (不可得), see why"`
	Before  *float64 `json:"before,omitempty" doc:"of the stretch that it is compared with; absent: not asked, unknown or not comparable"`
	Of      *float64 `json:"of,omitempty" doc:"the denominator, where the metric is a share or a rate"`
	Why     string   `json:"why,omitempty" doc:"no_roster, no_messages, gap, too_young, members_seen, not_added, or what else the metric catalogue lists"`
	Partial bool     `json:"partial" doc:"something of the stretch is missing, of one group at least"`
	Groups  int      `json:"groups" doc:"of how many groups the value is"`
	Peers   *float64 `json:"peers,omitempty" doc:"the median of the other groups of the type"`
	PeersOf int      `json:"peers_of,omitempty" doc:"how many of them have a value"`
}

// QueryCoverage says how much of the period is known, of all groups together.
type QueryCoverage struct {
	Groups  int   `json:"groups"`
	Days    int   `json:"days"`
	Covered int   `json:"covered" doc:"days that are over, not before the first one heard, and in no gap of all groups"`
	Gaps    []Gap `json:"gaps"`
}

// queryRoutes declares composed questions.
func (s *Server) queryRoutes() {
	declare(s, route{post, inC + "/query", read, "runQuery", "Insight", "Metrics by dimensions, filtered and compared"}, s.query)
	declareStream(s, route{post, inC + "/query/export", exportRun, "exportQuery", "Insight", "The same as a file"}, "application/octet-stream", s.queryFile)
}

type queryInput struct {
	InCommunity
	Body QueryInput
}

func (s *Server) query(ctx context.Context, c call, in *queryInput) (QueryAnswer, error) {
	return s.needs.Queries.Ask(ctx, c.community.ID, in.Body)
}

type queryFileInput struct {
	InCommunity
	Layout   string `query:"layout" enum:"csv,xlsx" default:"xlsx"`
	Language string `query:"language" enum:"zh-CN,en" default:"zh-CN" doc:"of the headings"`
	Body     QueryInput
}

func (s *Server) queryFile(ctx context.Context, c call, in *queryFileInput) (stream, error) {
	f, err := s.needs.Queries.TakeQuery(ctx, c.community.ID, c.visitor.staff.ID, in.Body, in.Layout, in.Language)
	if err != nil {
		return nil, err
	}
	return s.fileStream(f), nil
}
