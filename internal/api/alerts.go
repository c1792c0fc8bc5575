package api

import (
	"context"

	"qunying/community"
)

// Alerts are what is wrong (预警), and whom it calls.
type Alerts interface {
	// Alerts answers those that fire, the gravest first, or with Resolved those that
	// are over, the last ended first, and the place of the last line.
	Alerts(ctx context.Context, c community.ID, q AlertsQuery) (AlertsAnswer, Place, error)
	// Alert fails with NotFound.
	Alert(ctx context.Context, c community.ID, id int64) (AlertView, error)
	// Alerting fails with NotFound where there is no such group or set.
	Alerting(ctx context.Context, c community.ID, of Scope) (AlertingAnswer, error)
	// SaveAlerting fails with Conflict when v.Version is not the version in force.
	SaveAlerting(ctx context.Context, c community.ID, of Scope, by community.StaffID, v AlertingView) (AlertingAnswer, error)
	MailServer(ctx context.Context, c community.ID) (MailServerView, error)
	SaveMailServer(ctx context.Context, c community.ID, by community.StaffID, in MailServerInput) (MailServerView, error)
	// TryMail sends one e-mail; it fails with what the server said.
	TryMail(ctx context.Context, c community.ID, in MailTestInput) error
}

// AlertsQuery asks for alerts.
type AlertsQuery struct {
	Mine     []community.GroupID // only of these groups, and of none in particular; nil: all
	Resolved bool
	After    Place
	Limit    int
}

// AlertsAnswer is a page of alerts.
type AlertsAnswer struct {
	Answer
	Page
	WhoseView
	Alerts []AlertView `json:"alerts"`
}

// AlertAnswer is one alert.
type AlertAnswer struct {
	Answer
	Alert AlertView `json:"alert"`
}

// AlertView is something that is wrong, or was. The console has its words by the
// cause.
type AlertView struct {
	ID         int64             `json:"id"`
	Cause      string            `json:"cause" doc:"connection: an account is not online; silent: a group that usually talks does not; overdue: a group's tasks are past their time; band: a group's band has been alert for days; others later"`
	Subject    string            `json:"subject" doc:"account/NAME, group/NUMBER, …"`
	Group      community.GroupID `json:"group" doc:"0: of none in particular"`
	GroupName  string            `json:"group_name"`
	Severity   string            `json:"severity" enum:"alert,watch"`
	State      string            `json:"state" enum:"firing,resolved"`
	Data       map[string]string `json:"data" doc:"what a sentence about it needs: account, title, state, code, why; hours, usual; count; metric, its names zh and en, unit, value, usual, days, lever, and all such metrics"`
	Since      int64             `json:"since" doc:"when the trouble began"`
	OpenedAt   int64             `json:"opened_at"`
	ResolvedAt int64             `json:"resolved_at,omitempty"`
	Times      int               `json:"times" doc:"how often it came back within the cooldown, with the first"`
	SeenAt     int64             `json:"seen_at,omitempty"`
	SeenBy     community.StaffID `json:"seen_by,omitempty" doc:"who looks after it"`
	Note       string            `json:"note,omitempty"`
	Mail       string            `json:"mail" enum:"none,waiting,retrying,failed,sent" doc:"what became of the e-mail about it"`
	MailError  string            `json:"mail_error,omitempty"`
}

// AlertingView is when something counts as wrong. Absent fields are inherited.
type AlertingView struct {
	Outage   *int  `json:"outage_minutes,omitempty" minimum:"0" maximum:"1440" doc:"a connection is not online for so long; 0: never. Of the community only"`
	Silent   *int  `json:"silent_hours,omitempty" minimum:"0" maximum:"720" doc:"nothing is heard of a group in so much time that is not night; 0: never"`
	Usual    *int  `json:"silent_from,omitempty" minimum:"0" maximum:"1000000" doc:"only groups with so many messages on a usual day"`
	Cooldown *int  `json:"cooldown_minutes,omitempty" minimum:"0" maximum:"10080" doc:"what comes back within them calls nobody again"`
	Bands    *int  `json:"band_days,omitempty" minimum:"0" maximum:"28" doc:"a band of a group is alert for so many days in a row; 0: never"`
	Activity *bool `json:"low_activity,omitempty" doc:"also when a day's activity rate is below the field's 15 % for so many days (S74); off if nobody says so"`
	Overdue  *bool `json:"overdue,omitempty" doc:"tasks past their time"`
	Mail     *bool `json:"mail,omitempty"`
	Staff    *bool `json:"staff,omitempty" doc:"tell staff by WeCom, where an application of it is connected"`
	Version  int64 `json:"version" minimum:"0"`
}

// AlertingAnswer is when something counts as wrong.
type AlertingAnswer struct {
	Answer
	Alerting AlertingView          `json:"alerting" doc:"as it was saved; absent fields are inherited"`
	InForce  AlertingView          `json:"in_force"`
	From     map[string]SourceView `json:"from" doc:"whose each field of in_force is; those that nobody typed are absent"`
}

// MailServerView is by which server e-mails go out.
type MailServerView struct {
	Stamp
	Host        string   `json:"host" doc:"'': no e-mails are sent"`
	Port        int      `json:"port"`
	Security    string   `json:"security" enum:"starttls,tls,none"`
	User        string   `json:"user"`
	HasPassword bool     `json:"has_password"`
	From        string   `json:"from"`
	To          []string `json:"to"`
	Language    string   `json:"language" enum:"zh-CN,en" doc:"of those who chose none themselves"`
	Console     string   `json:"console" doc:"under which address the console is reached: e-mails link to it; empty: without links"`
	Version     int64    `json:"version"`
}

// MailServerInput is by which server e-mails shall go out.
type MailServerInput struct {
	Host     string   `json:"host" maxLength:"253"`
	Port     int      `json:"port" minimum:"0" maximum:"65535"`
	Security string   `json:"security" enum:"starttls,tls,none"`
	User     string   `json:"user,omitempty" maxLength:"254" doc:"absent: as it was"`
	Password string   `json:"password,omitempty" maxLength:"1000" doc:"absent: as it was, for the same server and user"`
	From     string   `json:"from" maxLength:"254"`
	To       []string `json:"to,omitempty" maxItems:"20" doc:"absent: as it was; who gets every alert, besides the staff concerned"`
	Language string   `json:"language,omitempty" enum:"zh-CN,en" doc:"absent: as it was; in which those are told who chose none themselves"`
	Console  string   `json:"console,omitempty" maxLength:"200" doc:"absent: as it was; https://… without a path, to which e-mails link; empty: no links"`
	Version  int64    `json:"version" minimum:"0"`
}

// MailTestInput is a server, saved or not, and who shall get an e-mail by it.
type MailTestInput struct {
	Server MailServerInput `json:"server"`
	To     string          `json:"to" minLength:"3" maxLength:"254"`
}

type alertsInput struct {
	InCommunity
	InPage
	InWhose
	State string `query:"state" enum:"firing,resolved" default:"firing"`
}

func (s *Server) alerts(ctx context.Context, c call, in *alertsInput) (AlertsAnswer, error) {
	whose, mine, err := s.whose(ctx, c, in.Whose)
	if err != nil {
		return AlertsAnswer{}, err
	}
	q := AlertsQuery{Resolved: in.State == "resolved", Mine: mine, Limit: in.Limit}
	seal := sealOf("alerts", c.community.ID, q)
	if q.After, err = openCursor(in.Cursor, seal); err != nil {
		return AlertsAnswer{}, err
	}
	out, last, err := s.needs.Alerts.Alerts(ctx, c.community.ID, q)
	out.WhoseView = whose
	out.Next = writeCursor(last, seal)
	return out, err
}

type seeAlertInput struct {
	InCommunity
	InCommand
	Alert int64 `path:"alert" minimum:"1"`
	Body  struct {
		Note string `json:"note,omitempty" maxLength:"2000"`
	}
}

func (s *Server) seeAlert(ctx context.Context, c call, in *seeAlertInput) (AlertAnswer, error) {
	out, err := s.needs.Commands.Do(ctx, c.community.ID, Command{Kind: community.AlertSee, Key: in.Key, By: c.visitor.staff.ID, Alert: in.Alert, Text: in.Body.Note})
	if err != nil {
		return AlertAnswer{}, err
	}
	a, err := s.needs.Alerts.Alert(ctx, c.community.ID, in.Alert)
	return AlertAnswer{Answer{out.AsOf}, a}, err
}

func (s *Server) alerting(ctx context.Context, c call, _ *InCommunity) (AlertingAnswer, error) {
	return s.needs.Alerts.Alerting(ctx, c.community.ID, Scope{})
}

func (s *Server) setAlerting(ctx context.Context, c call, in *InSet) (AlertingAnswer, error) {
	return s.needs.Alerts.Alerting(ctx, c.community.ID, Scope{Set: in.Set})
}

func (s *Server) groupAlerting(ctx context.Context, c call, in *InGroup) (AlertingAnswer, error) {
	return s.needs.Alerts.Alerting(ctx, c.community.ID, Scope{Group: in.Group})
}

type alertingInput struct {
	InCommunity
	Body AlertingView
}

func (s *Server) saveAlerting(ctx context.Context, c call, in *alertingInput) (AlertingAnswer, error) {
	return s.needs.Alerts.SaveAlerting(ctx, c.community.ID, Scope{}, c.visitor.staff.ID, in.Body)
}

type setAlertingInput struct {
	InSet
	Body AlertingView
}

func (s *Server) saveSetAlerting(ctx context.Context, c call, in *setAlertingInput) (AlertingAnswer, error) {
	return s.needs.Alerts.SaveAlerting(ctx, c.community.ID, Scope{Set: in.Set}, c.visitor.staff.ID, in.Body)
}

type groupAlertingInput struct {
	InGroup
	Body AlertingView
}

func (s *Server) saveGroupAlerting(ctx context.Context, c call, in *groupAlertingInput) (AlertingAnswer, error) {
	return s.needs.Alerts.SaveAlerting(ctx, c.community.ID, Scope{Group: in.Group}, c.visitor.staff.ID, in.Body)
}

func (s *Server) mailServer(ctx context.Context, c call, _ *InCommunity) (MailServerView, error) {
	return s.needs.Alerts.MailServer(ctx, c.community.ID)
}

type mailServerInput struct {
	InCommunity
	RawBody []byte
	Body    MailServerInput
}

func (s *Server) saveMailServer(ctx context.Context, c call, in *mailServerInput) (MailServerView, error) {
	if err := keep(in.RawBody, func() (MailServerView, error) { return s.needs.Alerts.MailServer(ctx, c.community.ID) }, &in.Body); err != nil {
		return MailServerView{}, err
	}
	return s.needs.Alerts.SaveMailServer(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

type mailTestInput struct {
	InCommunity
	Body MailTestInput
}

func (s *Server) tryMail(ctx context.Context, c call, in *mailTestInput) (Answer, error) {
	return Answer{}, s.needs.Alerts.TryMail(ctx, c.community.ID, in.Body)
}
