package api

import (
	"context"

	"qunying/community"
	"qunying/internal/insight"
)

// Reports are daily, weekly and quarterly diagnoses of groups, kept as they were made.
type Reports interface {
	// Reports lists those of which every group is within the caller's.
	Reports(ctx context.Context, c community.ID, before int64, limit int) (ReportsAnswer, error)
	// Report fails with NotFound.
	Report(ctx context.Context, c community.ID, id int64) (ReportAnswer, error)
	// AskReport asks for one, which is made in the background, and answers how far it is.
	// It fails with Invalid where there is nothing to report on, and with NotFound for a
	// saved report that is not there.
	AskReport(ctx context.Context, c community.ID, by community.StaffID, in ReportWish) (ReportAnswer, error)
	// ReportFile writes one as a file.
	ReportFile(ctx context.Context, c community.ID, by community.StaffID, id int64, layout, language string) (ExportFile, error)
	ReportPlans(ctx context.Context, c community.ID) (ReportPlansView, error)
	// SaveReportPlans fails with Conflict when in.Version is not the version in force.
	SaveReportPlans(ctx context.Context, c community.ID, by community.StaffID, in ReportPlansView) (ReportPlansView, error)
}

// ReportScopeView says which groups a report is about; all of it absent: all groups.
type ReportScopeView struct {
	Groups []community.GroupID `json:"groups,omitempty" maxItems:"2000"`
	Sets   []int64             `json:"sets,omitempty" maxItems:"200"`
	Keeper community.StaffID   `json:"keeper,omitempty" doc:"the groups that somebody keeps, or is the backup for"`
}

// ReportWish asks for a report.
type ReportWish struct {
	Plan  string          `json:"plan,omitempty" maxLength:"60" doc:"a saved report instead of kind and scope"`
	Send  bool            `json:"send,omitempty" doc:"send it to the addresses of the saved report when it is made (permission act)"`
	Kind  string          `json:"kind,omitempty" enum:"daily,weekly,quarterly" doc:"of one day, seven days, or thirteen weeks"`
	Scope ReportScopeView `json:"scope,omitempty"`
	To    community.Day   `json:"to,omitempty" doc:"its last day; absent: the last one that is known whole"`

	Questions []ReportQuestion `json:"questions,omitempty" maxItems:"10" doc:"answered beside its own numbers; of a saved report: those that are saved with it"`
}

// ReportQuestion is a composed question that a report answers: one of query, funnel
// and cohorts. It is asked of the report's groups, or of those of them that it names,
// and up to the report's last day, whatever days it names itself.
type ReportQuestion struct {
	Name    string        `json:"name" minLength:"1" maxLength:"60"`
	Days    int           `json:"days,omitempty" minimum:"0" maximum:"366" doc:"over so many days; absent: a query over the report's period, a funnel over 30 days, cohorts over 12 weeks or 6 months"`
	Query   *QueryInput   `json:"query,omitempty"`
	Funnel  *FunnelInput  `json:"funnel,omitempty"`
	Cohorts *CohortsInput `json:"cohorts,omitempty"`
}

// CheckReportQuestions says what is wrong with questions before they are kept.
func CheckReportQuestions(list []ReportQuestion) error {
	names := map[string]bool{}
	for _, q := range list {
		n := 0
		for _, there := range []bool{q.Query != nil, q.Funnel != nil, q.Cohorts != nil} {
			if there {
				n++
			}
		}
		switch {
		case n != 1:
			return community.Errorf(community.Invalid, "questions: %q has to be one of query, funnel and cohorts", q.Name)
		case names[q.Name]:
			return community.Errorf(community.Invalid, "questions: two are called %q", q.Name)
		}
		names[q.Name] = true
	}
	return nil
}

// ReportQuestionAnswer is what was answered, and to which question exactly: asked
// again as it stands there, it is answered the same as long as the log is the same.
type ReportQuestionAnswer struct {
	Asked   ReportQuestion `json:"asked" doc:"with the days and groups that it was asked of"`
	Query   *QueryAnswer   `json:"query,omitempty"`
	Funnel  *FunnelAnswer  `json:"funnel,omitempty"`
	Cohorts *CohortsAnswer `json:"cohorts,omitempty"`
	Error   string         `json:"error,omitempty" doc:"why it could not be answered"`
}

// ReportHead is a report in a list.
type ReportHead struct {
	ID     int64             `json:"id"`
	Kind   string            `json:"kind" enum:"daily,weekly,quarterly"`
	Plan   string            `json:"plan,omitempty" doc:"which saved report it is of; absent: made by hand"`
	State  string            `json:"state" enum:"asked,making,made,failed"`
	Done   int               `json:"done,omitempty" doc:"groups that have been read, while it is made"`
	Todo   int               `json:"todo,omitempty" doc:"of so many"`
	Failed string            `json:"failed,omitempty" doc:"why it could not be made"`
	Period *Period           `json:"period,omitempty" doc:"absent: it is not made yet"`
	At     int64             `json:"at" doc:"ms since 1970: when it was made, or asked for"`
	By     community.StaffID `json:"by,omitempty" doc:"absent: made on a schedule"`
	Groups int               `json:"groups" doc:"that it tells of"`
	Mail   string            `json:"mail,omitempty" enum:"due,sending,sent,failed,unknown" doc:"what became of its e-mail; unknown: the process ended while it was on its way, and it is not sent again by itself; absent: it goes to nobody"`
	MailTo int               `json:"mail_to,omitempty" doc:"to how many addresses"`
	Error  string            `json:"error,omitempty" doc:"what the mail server said"`
}

// ReportsAnswer lists reports, newest first.
type ReportsAnswer struct {
	Answer
	Reports []ReportHead `json:"reports"`
	Next    int64        `json:"next,omitempty" doc:"ask for those before this one; absent: there are no more"`
}

// ReportName is how somebody is called whom a report names by number.
type ReportName struct {
	Person community.PersonID `json:"person"`
	Name   string             `json:"name" doc:"today's; empty for somebody who was erased"`
}

// ReportAnswer is a report as it was made, or how far it is. as_of is the place in the log up to which
// its numbers are complete.
type ReportAnswer struct {
	Answer
	Head   ReportHead      `json:"head"`
	Report *insight.Report `json:"report,omitempty" doc:"absent: it is not made yet"`
	Names  []ReportName    `json:"names"`

	Questions []ReportQuestionAnswer `json:"questions"`
}

// ReportPlanView is a report that is made again and again.
type ReportPlanView struct {
	Name     string          `json:"name" minLength:"1" maxLength:"60"`
	Kind     string          `json:"kind" enum:"daily,weekly,quarterly"`
	Scope    ReportScopeView `json:"scope"`
	On       bool            `json:"on" doc:"made by itself: a daily one every day, a weekly one on Mondays, a quarterly one on the first day of a quarter"`
	Hour     int             `json:"hour" minimum:"0" maximum:"23" doc:"in the community's zone"`
	To       []string        `json:"to,omitempty" maxItems:"20" doc:"e-mail addresses"`
	Language string          `json:"language" enum:"zh-CN,en" doc:"of the e-mail"`

	Questions []ReportQuestion `json:"questions,omitempty" maxItems:"10" doc:"answered beside its own numbers, as they were when they were put here"`
}

// ReportPlansView are the saved reports.
type ReportPlansView struct {
	Stamp
	Plans   []ReportPlanView `json:"plans" maxItems:"50"`
	Version int64            `json:"version" minimum:"0"`
}

// reportRoutes declares reports.
func (s *Server) reportRoutes() {
	const one = inC + "/insight/reports/{report}"
	declare(s, route{get, inC + "/insight/reports", read, "listReports", "Insight", "Reports as they were made, newest first"}, s.reportList)
	declare(s, route{post, inC + "/insight/reports", read, "makeInsightReport", "Insight", "Ask for a report: it is made in the background and kept"}, s.makeInsightReport)
	declare(s, route{get, one, read, "getReport", "Insight", "One report"}, s.reportOne)
	declareStream(s, route{get, one + "/file", exportRun, "exportReport", "Insight", "The same as a file"}, "application/octet-stream", s.reportFile)
	declare(s, route{get, inC + "/settings/reports", read, "getReportPlans", "Insight", "Reports that are made again and again"}, s.reportPlans)
	declare(s, route{put, inC + "/settings/reports", manage, "saveReportPlans", "Insight", "Save them"}, s.saveReportPlans)
}

type reportsInput struct {
	InCommunity
	Before int64 `query:"before" minimum:"0"`
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"30"`
}

func (s *Server) reportList(ctx context.Context, c call, in *reportsInput) (ReportsAnswer, error) {
	return s.needs.Reports.Reports(ctx, c.community.ID, in.Before, in.Limit)
}

type makeReportInput struct {
	InCommunity
	Body ReportWish
}

func (s *Server) makeInsightReport(ctx context.Context, c call, in *makeReportInput) (ReportAnswer, error) {
	if in.Body.Send && !c.visitor.may(act) {
		return ReportAnswer{}, community.Errorf(community.Forbidden, "sending reports needs the permission %s", string(act))
	}
	return s.needs.Reports.AskReport(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

// InReport names one report.
type InReport struct {
	InCommunity
	Report int64 `path:"report" minimum:"1"`
}

func (s *Server) reportOne(ctx context.Context, c call, in *InReport) (ReportAnswer, error) {
	return s.needs.Reports.Report(ctx, c.community.ID, in.Report)
}

type reportFileInput struct {
	InReport
	Layout   string `query:"layout" enum:"xlsx" default:"xlsx"`
	Language string `query:"language" enum:"zh-CN,en" default:"zh-CN" doc:"of the headings"`
}

func (s *Server) reportFile(ctx context.Context, c call, in *reportFileInput) (stream, error) {
	f, err := s.needs.Reports.ReportFile(ctx, c.community.ID, c.visitor.staff.ID, in.Report, in.Layout, in.Language)
	if err != nil {
		return nil, err
	}
	return s.fileStream(f), nil
}

func (s *Server) reportPlans(ctx context.Context, c call, _ *InCommunity) (ReportPlansView, error) {
	return s.needs.Reports.ReportPlans(ctx, c.community.ID)
}

type reportPlansInput struct {
	InCommunity
	Body ReportPlansView
}

func (s *Server) saveReportPlans(ctx context.Context, c call, in *reportPlansInput) (ReportPlansView, error) {
	return s.needs.Reports.SaveReportPlans(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}
