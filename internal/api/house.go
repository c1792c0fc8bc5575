package api

import (
	"context"

	"qunying/community"
)

// House keeps what is there: copies, what is forgotten, whether all is well.
type House interface {
	Backups(ctx context.Context) (BackupsAnswer, error)
	// StartBackup fails with Conflict while one is being made.
	StartBackup(ctx context.Context, by community.StaffID) error
	SaveBackupPlan(ctx context.Context, by community.StaffID, p BackupPlanView) error
	// Examine says what it finds in a language.
	Examine(ctx context.Context, language string) ([]Finding, error)
	About(ctx context.Context) (AboutAnswer, error)

	Privacy(ctx context.Context, c community.ID) (PrivacyAnswer, error)
	SaveRetention(ctx context.Context, c community.ID, by community.StaffID, r RetentionView) error
	StartRetention(ctx context.Context, c community.ID, by community.StaffID) error
	// Erase begins to erase a person, of whom it takes any identity; it fails with NotFound.
	Erase(ctx context.Context, c community.ID, p community.PersonID, by community.StaffID) error
	Notice(ctx context.Context, c community.ID, language string) (string, error)
	ExportSettings(ctx context.Context, c community.ID) (SettingsFile, error)
	// ImportSettings says what would change, and changes it where apply says so.
	ImportSettings(ctx context.Context, c community.ID, by community.StaffID, f SettingsFile, apply bool) (SettingsChangesAnswer, error)
}

// What a finding says.
const (
	Good  = "good"
	Watch = "watch"
	Bad   = "bad"
)

// Finding is one thing that was looked at (体检).
type Finding struct {
	Check string `json:"check" doc:"folder, disk, key, zone, port, database, log, clock, contacts, parked, unknown, backup, elsewhere"`
	State string `json:"state" enum:"good,watch,bad"`
	Code  string `json:"code" doc:"what was found, as disk.little; text and hint say it in the language asked for"`
	Text  string `json:"text"`
	Hint  string `json:"hint,omitempty" doc:"what to do"`
}

// JobView is a long piece of work.
type JobView struct {
	Kind   string  `json:"kind" enum:"backup,erase,retain"`
	Share  float64 `json:"share" doc:"done, 0 to 1"`
	At     int64   `json:"at"`
	DoneAt int64   `json:"done_at,omitempty" doc:"left out: under way"`
	Error  string  `json:"error,omitempty"`
}

// BackupView is one copy.
type BackupView struct {
	Name    string  `json:"name"`
	At      int64   `json:"at"`
	Bytes   int64   `json:"bytes"`
	Events  int64   `json:"events"`
	Seconds float64 `json:"seconds"`
	Program string  `json:"program"`
	Key     bool    `json:"key" doc:"the key file is in it, locked with a passphrase"`
}

// BackupPlanView is when copies are made.
type BackupPlanView struct {
	Every   int   `json:"every_hours" minimum:"0" maximum:"744" doc:"0: only when somebody asks"`
	Keep    int   `json:"keep" minimum:"1" maximum:"365" doc:"the newest"`
	Version int64 `json:"version" minimum:"0"`
}

// BackupsAnswer is what copies there are.
type BackupsAnswer struct {
	Answer
	Folder    string         `json:"folder" doc:"on the server"`
	Here      []BackupView   `json:"here" doc:"the newest first"`
	ShareHere float64        `json:"share_here" doc:"of the events now there, in the newest"`
	Has       bool           `json:"has_elsewhere" doc:"a folder elsewhere was given when the server was started"`
	Elsewhere []BackupView   `json:"elsewhere"`
	Share     float64        `json:"share" doc:"of the events now there, in the newest copy elsewhere (S98)"`
	Problem   string         `json:"problem,omitempty" doc:"why elsewhere cannot be read"`
	Plan      BackupPlanView `json:"plan"`
	Jobs      []JobView      `json:"jobs"`
}

// AboutAnswer is what runs here.
type AboutAnswer struct {
	Answer
	Version  string `json:"version"`
	License  string `json:"license"`
	Database string `json:"database" doc:"sqlite or postgres"`
	Schema   int64  `json:"schema"`
	Bytes    int64  `json:"bytes" doc:"of SQLite's file; 0: not known"`
	Events   int64  `json:"events"`
	Platform string `json:"platform" doc:"system and processor"`
	Go       string `json:"go"`
	Since    int64  `json:"since" doc:"when the server was started"`
}

// VisitAnswer is what a visit found.
type VisitAnswer struct {
	Answer
	Findings []Finding `json:"findings"`
}

func (s *Server) backups(ctx context.Context, _ call, _ *InCommunity) (BackupsAnswer, error) {
	return s.needs.House.Backups(ctx)
}

func (s *Server) makeBackup(ctx context.Context, c call, _ *InCommunity) (BackupsAnswer, error) {
	if err := s.needs.House.StartBackup(ctx, c.visitor.staff.ID); err != nil {
		return BackupsAnswer{}, err
	}
	return s.needs.House.Backups(ctx)
}

type backupPlanInput struct {
	InCommunity
	Body BackupPlanView
}

func (s *Server) saveBackupPlan(ctx context.Context, c call, in *backupPlanInput) (BackupsAnswer, error) {
	if err := s.needs.House.SaveBackupPlan(ctx, c.visitor.staff.ID, in.Body); err != nil {
		return BackupsAnswer{}, err
	}
	return s.needs.House.Backups(ctx)
}

type examineInput struct {
	InCommunity
	Language string `query:"language" enum:"zh-CN,en" default:"en"`
}

func (s *Server) examine(ctx context.Context, _ call, in *examineInput) (VisitAnswer, error) {
	list, err := s.needs.House.Examine(ctx, in.Language)
	return VisitAnswer{Findings: list}, err
}

func (s *Server) about(ctx context.Context, _ call, _ *InCommunity) (AboutAnswer, error) {
	return s.needs.House.About(ctx)
}
