package api

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"qunying/community"
	"qunying/internal/incentives"
	"qunying/internal/members"
	"qunying/internal/moderation/casework"
)

// What the handlers need from the rest of the machine. Every method is called
// with a community that exists; errors are community.Error where the caller can
// do something about them. An answer's AsOf is set by who answers.

// Needs are the parts behind the API. All of them are required.
type Needs struct {
	Groups   Groups
	Insight  Insight
	Queries  Queries
	Explorer Explorer
	Views    Views
	Reports  Reports
	Archive  Archive
	People   People
	Imports  Imports
	Exports  Exports
	Folder   Folder
	Rosters  Rosters
	Settings Settings
	Machine  Machine
	Commands Commands
	Changes  Changes

	Connections Connections
	Adoption    Adoption
	Actions     Actions
	Tasks       Tasks
	Delivery    Delivery
	Webhooks    Webhooks
	Scale       Scale
	Entrance    Entrance
	Corporation Corporation
	Following   Following
	Alerts      Alerts
	Health      Health
	Contingency Contingency
	Snapshots   Snapshots
	Today       Today
	Reviews     Reviews
	Rules       Rules
	Lexicons    Lexicons
	Judges      Judges
	CaseBook    CaseBook
	Backtests   Backtests
	Points      Points
	Measures    Measures
	House       House
	Media       Media
	Profiles    Profiles
	Edits       Edits
	Personal    Personal

	Metrics func() []MetricEntry // the metric catalogue
}

// Groups reads the overview and one group's head.
type Groups interface {
	// Groups answers one page, and the place of its last line, which is zero
	// when no page follows.
	Groups(ctx context.Context, c community.ID, q GroupsQuery) (GroupsAnswer, Place, error)
	// Group fails with NotFound.
	Group(ctx context.Context, c community.ID, g community.GroupID) (GroupAnswer, error)
}

// Insight reads the numbers of one group. A Period with zero days is resolved
// by who answers, in the group's zone, and told in the answer. Each method
// fails with NotFound when there is no such group.
type Insight interface {
	Numbers(ctx context.Context, c community.ID, g community.GroupID, p Period) (NumbersAnswer, error)
	Trend(ctx context.Context, c community.ID, g community.GroupID, p Period, grain string) (TrendAnswer, error)
	Rhythm(ctx context.Context, c community.ID, g community.GroupID, p Period) (RhythmAnswer, error)
	Retention(ctx context.Context, c community.ID, g community.GroupID, p Period, of string) (RetentionAnswer, error)
	Speakers(ctx context.Context, c community.ID, g community.GroupID, p Period, limit int) (SpeakersAnswer, error)
	Replies(ctx context.Context, c community.ID, g community.GroupID, p Period, limit int) (RepliesAnswer, error)
	Words(ctx context.Context, c community.ID, g community.GroupID, p Period, limit int) (WordsAnswer, error)
}

// Archive reads what was said and what happened.
type Archive interface {
	// Stream fails with NotFound when there is no such group.
	Stream(ctx context.Context, c community.ID, g community.GroupID, q StreamQuery) (StreamAnswer, error)
	// Search answers the newest first, and the place of the last hit, which is
	// zero when no page follows.
	Search(ctx context.Context, c community.ID, q SearchQuery) (SearchAnswer, Place, error)
	// Context fails with NotFound when there is no such message.
	Context(ctx context.Context, c community.ID, at community.Seq, before, after int) (StreamAnswer, error)
}

// Imports brings in files.
type Imports interface {
	// Upload stores the file and begins its preview. It reads body to its end and
	// keeps nothing of a file that broke off.
	Upload(ctx context.Context, c community.ID, by community.StaffID, name string, body io.Reader) (ImportAnswer, error)
	Imports(ctx context.Context, c community.ID) (ImportsAnswer, error)
	Import(ctx context.Context, c community.ID, id int64) (ImportAnswer, error)
	// Change makes a new preview; it fails with Conflict once the import has started.
	Change(ctx context.Context, c community.ID, id int64, with ImportChange) (ImportAnswer, error)
	// Do starts, cancels or resumes; doing it twice changes nothing.
	Do(ctx context.Context, c community.ID, id int64, by community.StaffID, step ImportStep) (ImportAnswer, error)
	// Rejects opens the refused rows as CSV; the caller closes it.
	Rejects(ctx context.Context, c community.ID, id int64) (io.ReadCloser, error)
}

// ImportStep is what can be asked of an import.
type ImportStep string

const (
	ImportStart  ImportStep = "start"
	ImportCancel ImportStep = "cancel"
	ImportResume ImportStep = "resume"
)

// Rosters takes member lists.
type Rosters interface {
	// Roster previews a member list, and logs it where in.Apply says so.
	Roster(ctx context.Context, c community.ID, by community.StaffID, in RosterInput) (RosterAnswer, error)
}

// Settings reads and writes what people typed.
type Settings interface {
	waits
	GroupSettings(ctx context.Context, c community.ID, g community.GroupID) (GroupSettingsAnswer, error)
	// Welcome fails with NotFound where there is no such group or set.
	Welcome(ctx context.Context, c community.ID, of Scope) (WelcomeAnswer, error)
	// SaveWelcome fails with Conflict when w.Version is not the version in force.
	SaveWelcome(ctx context.Context, c community.ID, of Scope, by community.StaffID, w Welcome) (WelcomeAnswer, error)
}

// Machine shows how the loops are doing.
type Machine interface {
	Loops(ctx context.Context, c community.ID) (LoopsAnswer, error)
	// Outbox answers the newest first, and the place of the last line.
	Outbox(ctx context.Context, c community.ID, q OutboxQuery) (OutboxAnswer, Place, error)
	Parked(ctx context.Context, c community.ID, after Place, limit int) (ParkedAnswer, Place, error)
	// Retry decides a parked event again; it fails with NotFound.
	Retry(ctx context.Context, c community.ID, seq community.Seq, by community.StaffID) (ParkedEventAnswer, error)
}

// Commands carries out what a person asks for.
type Commands interface {
	// Do appends the command and answers when decide has settled it. The same key
	// from the same person again answers what the first call did.
	Do(ctx context.Context, c community.ID, cmd Command) (Outcome, error)
}

// Command is a person's act, on its way into the log.
type Command struct {
	Kind    community.Kind
	Key     string // idempotency key, made up by the caller of the API
	By      community.StaffID
	Group   community.GroupID
	Text    string
	At      time.Time // not before; zero means now
	Targets []community.IdentityID

	Action community.Action  // of ActionAsk: what is wanted; its group is Group
	Seq    community.Seq     // of ActionAsk: the event of the message concerned, 0 where Action names it
	Batch  string            // of ActionAsk and ActionCancel: what belongs together
	Entry  string            // of ActionAllow and ActionCancel: the action's key
	Task   int64             // of TaskClose and TaskRemind
	Alert  int64             // of AlertSee; Text is the note
	How    string            // of TaskClose: done or dropped; Text is the proof
	Undo   community.Seq     // of PersonUndo
	Tags   members.TagChange // of PersonTag
	Case   casework.Command  // of what is about keeping order
	Points incentives.Grant  // of PointsGive
}

// Outcome is what became of a command.
type Outcome struct {
	AsOf   community.Seq // the last event that came of it
	Outbox *OutboxEntry  // of MessageSend and ActionAsk
	Person community.PersonID
	Count  int             // of ActionCancel: how many were cancelled
	Result json.RawMessage // of what is about keeping order: the engine's answer
}

// Changes tells what answers have become stale.
type Changes interface {
	// Subscribe yields what changed after since, merged while nobody receives,
	// until ctx ends; then the channel is closed. A since that is not known any
	// more (older than what is remembered, or of another epoch) yields first a
	// change with All set. The zero Position means "from now on".
	Subscribe(ctx context.Context, c community.ID, since Position) <-chan Change
	// Position is where the log is: who reads now and subscribes since then misses
	// nothing.
	Position(ctx context.Context, c community.ID) (Position, error)
}

// Position is a place in the log as subscribers see it. The epoch differs after
// a restore or a move, when sequence numbers may be given out again.
type Position struct {
	Epoch int64
	Seq   community.Seq
}

// Change says which answers are stale as of a committed position.
type Change struct {
	At     Position
	All    bool                // everything may have changed
	Groups []community.GroupID // sorted; empty: of no group in particular
	What   []string            // sorted: numbers, stream, imports, outbox, settings, people, connections, tasks, alerts, reviews
}

// GroupsQuery asks for a page of the overview.
type GroupsQuery struct {
	Text    string // part of the name, or ""
	Sort    string // name, messages, speakers, last, urgent
	Only    string // gaps, falling, silent, no_roster, urgent, unkept, away; "" for all
	Kind    string // type of group, "" for all
	Network string // "" for all
	Whose   string // for the cursor: the context is limited to the groups meant
	Days    int    // length of the period
	To      community.Day
	After   Place
	Limit   int
}

// StreamQuery asks for a stretch of a group's timeline. At most one of Before,
// After and Around is set; none means the newest.
type StreamQuery struct {
	Before, After, Around community.Seq
	Limit                 int
}

// SearchQuery asks for messages. Zero fields do not filter.
type SearchQuery struct {
	Text    string
	Group   community.GroupID
	Person  community.PersonID
	Period  Period // both days may be zero
	Content community.Content
	After   Place
	Limit   int
}

// OutboxQuery asks for actions. Zero fields do not filter.
type OutboxQuery struct {
	State string
	Group community.GroupID
	After Place
	Limit int
}

// Place is a line's place in a sorted list: its sort key (a number or a text)
// and its ID. Zero is before the first line.
type Place struct {
	Number int64
	Text   string
	ID     int64
}
