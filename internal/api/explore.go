package api

import (
	"context"

	"qunying/community"
)

// Explorer follows people: through funnels, and from their first time on.
type Explorer interface {
	// Funnel fails as Queries.Ask does, and with Invalid where the period holds too much.
	Funnel(ctx context.Context, c community.ID, q FunnelInput) (FunnelAnswer, error)
	FunnelPeople(ctx context.Context, c community.ID, q FunnelPeopleInput) (FunnelPeopleAnswer, error)
	// TakeFunnel writes a funnel as a file, with who came how far; or only the people
	// asked for, where a step is named.
	TakeFunnel(ctx context.Context, c community.ID, by community.StaffID, q FunnelPeopleInput, layout, language string) (ExportFile, error)
	Cohorts(ctx context.Context, c community.ID, q CohortsInput) (CohortsAnswer, error)
	TakeCohorts(ctx context.Context, c community.ID, by community.StaffID, q CohortsInput, layout, language string) (ExportFile, error)
}

// PickInput chooses what people did.
type PickInput struct {
	Kind    string `json:"kind" enum:"message.posted,member.joined,member.left,member.requested,member.renamed,message.recalled,reaction.added,code.scanned,contact.added,contact.removed,person.tag,points.give" doc:"of events; person.tag: a tag was put on; points.give: points were got"`
	Text    string `json:"text,omitempty" maxLength:"100" doc:"of message.posted, reaction.added and member.requested: what the text holds, upper and lower case alike"`
	Content string `json:"content,omitempty" maxLength:"20" doc:"of message.posted: its form, such as image"`
	Way     string `json:"way,omitempty" maxLength:"100" doc:"of joins, leaves and contacts: how, in the platform's terms, such as qrcode or invite"`
	Code    string `json:"code,omitempty" maxLength:"100" doc:"of joins, contacts and scans: the state of the code, which stands for a channel"`
	Tag     string `json:"tag,omitempty" maxLength:"100" doc:"of person.tag"`
	After   int    `json:"after,omitempty" minimum:"0" maximum:"366" doc:"of funnels, not of the first step: days after entering before which it does not count"`
}

// FunnelInput asks how many people go from one deed to the next.
type FunnelInput struct {
	Steps     []PickInput         `json:"steps" minItems:"1" maxItems:"8" doc:"in order; people enter by the first deed of the period that is the first step"`
	Window    int                 `json:"window" minimum:"1" maximum:"366" doc:"days after entering within which all else has to happen"`
	SameGroup bool                `json:"same_group,omitempty" doc:"all else has to happen in the group in which they entered"`
	By        string              `json:"by,omitempty" enum:"group,set,type,way,code,inviter" doc:"lines told apart: in group, set and type a person enters once in each; way, code and inviter are those of the deed by which they enter"`
	Groups    []community.GroupID `json:"groups,omitempty" maxItems:"2000" doc:"absent: all, or those of sets and types"`
	Sets      []int64             `json:"sets,omitempty" maxItems:"200"`
	Types     []string            `json:"types,omitempty" maxItems:"4" doc:"interest, business, learning, or the empty text for groups without a type"`
	From      community.Day       `json:"from,omitempty" doc:"first day of entering, in each group's zone; absent: 29 days before to"`
	To        community.Day       `json:"to,omitempty" doc:"last day of entering; absent: the last day about which anything is known"`
}

// FunnelAnswer is a funnel's lines.
type FunnelAnswer struct {
	Answer
	Period   Period        `json:"period" doc:"of entering"`
	Lines    []FunnelLine  `json:"lines" doc:"what by tells apart, those with most people first, 200 at most"`
	LinesOf  int           `json:"lines_of" doc:"how many lines there are"`
	Total    FunnelLine    `json:"total" doc:"everything together; everybody is in it once"`
	Coverage QueryCoverage `json:"coverage" doc:"of the days of entering; what was not heard is in no step"`
}

// FunnelLine is one line. Of its keys the one that by names is there.
type FunnelLine struct {
	Group   community.GroupID  `json:"group,omitempty"`
	Set     int64              `json:"set,omitempty"`
	Type    *string            `json:"type,omitempty"`
	Label   *string            `json:"label,omitempty" doc:"way or code; empty: the platform does not say"`
	Inviter community.PersonID `json:"inviter,omitempty" doc:"absent: unknown"`
	Name    string             `json:"name,omitempty" doc:"of the group, set or inviter"`
	Steps   []FunnelStep       `json:"steps"`
}

// FunnelStep is how many people came so far.
type FunnelStep struct {
	Reached int      `json:"reached"`
	Share   *float64 `json:"share" nullable:"true" doc:"of those who entered; null where nobody did"`
	Passed  *float64 `json:"passed" nullable:"true" doc:"of those who reached the step before; null of the first step"`
	Median  *int64   `json:"median" nullable:"true" doc:"ms from the step before, half of them were faster; null of the first step, and where nobody came"`
	Lost    int      `json:"lost" doc:"of them, those who did not reach the next step in time"`
	Open    int      `json:"open" doc:"of them, those who still have time for it"`
}

// FunnelPeopleInput asks who is in a step.
type FunnelPeopleInput struct {
	Funnel  FunnelInput        `json:"funnel"`
	Step    int                `json:"step,omitempty" minimum:"0" maximum:"8" doc:"counted from 1; absent: everybody who entered"`
	Which   string             `json:"which,omitempty" enum:"reached,lost,open" doc:"absent: reached"`
	Group   community.GroupID  `json:"group,omitempty" doc:"of one line; none of these: of everything together"`
	Set     int64              `json:"set,omitempty"`
	Type    *string            `json:"type,omitempty"`
	Label   *string            `json:"label,omitempty"`
	Inviter community.PersonID `json:"inviter,omitempty"`
	Limit   int                `json:"limit,omitempty" minimum:"0" maximum:"1000" doc:"absent: 100"`
}

// FunnelPeopleAnswer lists them, who entered last first.
type FunnelPeopleAnswer struct {
	Answer
	People []FunnelPerson `json:"people"`
	Total  int            `json:"total"`
}

// FunnelPerson is how far one person came.
type FunnelPerson struct {
	Person    community.PersonID `json:"person"`
	Name      string             `json:"name"`
	Group     community.GroupID  `json:"group,omitempty" doc:"in which they entered"`
	GroupName string             `json:"group_name,omitempty"`
	At        []int64            `json:"at" doc:"ms since 1970, of each step that was reached"`
	Open      bool               `json:"open" doc:"there is still time for the next step"`
}

// CohortsInput asks of those who did something for the first time how many did
// something later.
type CohortsInput struct {
	First  PickInput           `json:"first"`
	Back   PickInput           `json:"back"`
	Grain  string              `json:"grain" enum:"week,month" doc:"Monday to Sunday, or calendar months"`
	Groups []community.GroupID `json:"groups,omitempty" maxItems:"2000" doc:"absent: all, or those of sets and types; the first time is that in these groups"`
	Sets   []int64             `json:"sets,omitempty" maxItems:"200"`
	Types  []string            `json:"types,omitempty" maxItems:"4"`
	From   community.Day       `json:"from,omitempty" doc:"its whole week or month counts; absent: 12 weeks or 6 months"`
	To     community.Day       `json:"to,omitempty" doc:"absent: the last day about which anything is known"`
}

// CohortsAnswer is the triangle.
type CohortsAnswer struct {
	Answer
	Period   Period        `json:"period"`
	Grain    string        `json:"grain" enum:"week,month"`
	Rows     []CohortRow   `json:"rows"`
	Mean     []CohortMean  `json:"mean" doc:"over all cohorts of which it is known: the share that was back in the first, second, … week or month"`
	Coverage QueryCoverage `json:"coverage"`
}

// CohortRow is those who did it for the first time in one week or month.
type CohortRow struct {
	At      community.Day `json:"at" doc:"its first day"`
	Size    int64         `json:"size"`
	Partial bool          `json:"partial" doc:"something of it is missing, or it is not over"`
	Back    []*int64      `json:"back" doc:"in the first, second, … one after it; null: not over, or in a gap"`
}

// CohortMean is a share over several cohorts.
type CohortMean struct {
	Share *float64 `json:"share" nullable:"true" doc:"null: unknown of all of them"`
	Of    int64    `json:"of" doc:"how many people the share is of"`
}

// exploreRoutes declares funnels, cohorts, and what is kept of them under a name.
func (s *Server) exploreRoutes() {
	const media = "application/octet-stream"
	declare(s, route{post, inC + "/explore/funnel", read, "runFunnel", "Insight", "How many people go from one deed to the next"}, s.funnel)
	declare(s, route{post, inC + "/explore/funnel/people", read, "listFunnelPeople", "Insight", "Who came how far"}, s.funnelPeople)
	declareStream(s, route{post, inC + "/explore/funnel/export", exportRun, "exportFunnel", "Insight", "A funnel as a file, or who came how far"}, media, s.funnelFile)
	declare(s, route{post, inC + "/explore/cohorts", read, "runCohorts", "Insight", "Of those who did something for the first time, who came back"}, s.cohorts)
	declareStream(s, route{post, inC + "/explore/cohorts/export", exportRun, "exportCohorts", "Insight", "The same as a file"}, media, s.cohortsFile)
	declare(s, route{get, inC + "/views", read, "listViews", "Insight", "What is kept under a name: one's own and the team's"}, s.views)
	declare(s, route{put, inC + "/views/mine", read, "saveMyViews", "Insight", "Keep one's own"}, s.saveMyViews)
	declare(s, route{put, inC + "/views/team", act, "saveTeamViews", "Insight", "Keep the team's"}, s.saveTeamViews)
}

type funnelInput struct {
	InCommunity
	Body FunnelInput
}

func (s *Server) funnel(ctx context.Context, c call, in *funnelInput) (FunnelAnswer, error) {
	return s.needs.Explorer.Funnel(ctx, c.community.ID, in.Body)
}

type funnelPeopleInput struct {
	InCommunity
	Body FunnelPeopleInput
}

func (s *Server) funnelPeople(ctx context.Context, c call, in *funnelPeopleInput) (FunnelPeopleAnswer, error) {
	return s.needs.Explorer.FunnelPeople(ctx, c.community.ID, in.Body)
}

type funnelFileInput struct {
	InCommunity
	Layout   string `query:"layout" enum:"csv,xlsx" default:"xlsx"`
	Language string `query:"language" enum:"zh-CN,en" default:"zh-CN" doc:"of the headings"`
	Body     FunnelPeopleInput
}

func (s *Server) funnelFile(ctx context.Context, c call, in *funnelFileInput) (stream, error) {
	f, err := s.needs.Explorer.TakeFunnel(ctx, c.community.ID, c.visitor.staff.ID, in.Body, in.Layout, in.Language)
	if err != nil {
		return nil, err
	}
	return s.fileStream(f), nil
}

type cohortsInput struct {
	InCommunity
	Body CohortsInput
}

func (s *Server) cohorts(ctx context.Context, c call, in *cohortsInput) (CohortsAnswer, error) {
	return s.needs.Explorer.Cohorts(ctx, c.community.ID, in.Body)
}

type cohortsFileInput struct {
	InCommunity
	Layout   string `query:"layout" enum:"csv,xlsx" default:"xlsx"`
	Language string `query:"language" enum:"zh-CN,en" default:"zh-CN" doc:"of the headings"`
	Body     CohortsInput
}

func (s *Server) cohortsFile(ctx context.Context, c call, in *cohortsFileInput) (stream, error) {
	f, err := s.needs.Explorer.TakeCohorts(ctx, c.community.ID, c.visitor.staff.ID, in.Body, in.Layout, in.Language)
	if err != nil {
		return nil, err
	}
	return s.fileStream(f), nil
}
