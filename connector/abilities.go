package connector

import (
	"context"
	"io"
	"net/http"
	"time"

	"qunying/community"
)

// Recaller can take a message back (Action.Message).
type Recaller interface {
	Recall(ctx context.Context, a Action) error
}

// Muter can silence a member until Action.Until or, with Member "", the group; a
// zero Until lifts it. Where the platform knows no end for a group, Until only
// says that it is to be silent: who asked lifts it.
type Muter interface {
	Mute(ctx context.Context, a Action) error
}

// Remover can put a member out of a group.
type Remover interface {
	Remove(ctx context.Context, a Action) error
}

// Announcer can set the group's announcement.
type Announcer interface {
	Announce(ctx context.Context, a Action) error
}

// Renamer can give the group another name (Action.Text).
type Renamer interface {
	Rename(ctx context.Context, a Action) error
}

// Inviter can bring a contact into a group (Action.Member).
type Inviter interface {
	Invite(ctx context.Context, a Action) error
}

// Approver can answer a request to join, or an invitation of our account
// (Action.Message is the ID of its observation; Action.Text the reason).
type Approver interface {
	Answer(ctx context.Context, a Action, yes bool) error
}

// Roster can list the members of a group.
type Roster interface {
	Members(ctx context.Context, group string) ([]Member, error)
}

// Lister can list the groups that the account is in.
type Lister interface {
	Groups(ctx context.Context) ([]Group, error)
}

// Historian can read back what was missed. It emits everything in [from, to)
// that the platform still has; copies of what was seen live have the same keys.
type Historian interface {
	Backfill(ctx context.Context, group string, from, to time.Time, emit Emit) error
}

// Login is an ability of accounts that a person has to let in, with a telephone.
type Login interface {
	// Login tells how far that is. It does not wait for the network.
	Login() LoginState
}

// LoginState is how far a person's letting us in is.
type LoginState struct {
	Step string    // "" not needed; "starting", "waiting" for a scan, "scanned", "confirmed", "refused"
	Code string    // what to show as a QR code while waiting; a secret as long as it lasts
	At   time.Time // of this step
	Name string    // of the account, once it is known
}

// Receiver takes what the platform sends to our address: the handler of
// /hooks/{community}/{account}/, with that prefix taken off. It must check who
// calls by itself, bound what it reads, and acknowledge only what was emitted.
// While Run does not run it answers 503.
type Receiver interface {
	http.Handler
}

// Resumer is an ability of accounts that read their platform's own log. The
// engine keeps the position, which may be somewhat behind: what is read twice
// has the same keys.
type Resumer interface {
	Position() string // everything up to here was emitted; "" for none
	Resume(position string)
}

// Prober can try its settings before anybody relies on them.
type Prober interface {
	// Probe makes the checks of a wizard, in order, and stops where going on makes
	// no sense. It changes nothing on the platform.
	Probe(ctx context.Context) []Finding
}

// Finding is what one check of a Prober found. The console has a sentence for
// each Check, and for each Code one that says what to do.
type Finding struct {
	Check  string `json:"check"`  // "address", "sign_in", "clock", "permission", "callback", "groups", …
	OK     bool   `json:"ok"`     // it may go on
	Code   string `json:"code"`   // why not: "unreachable", "refused", "clock_off", or the platform's own, "60020"
	Detail string `json:"detail"` // what the platform said, without secrets
}

// Proposer can put an action before a person in the platform's own client, where
// Capabilities say Human: we prepare it, they complete it.
type Proposer interface {
	// Proposes says whether actions of that kind in that group can be put so.
	Proposes(group string, a Action) bool
	// Propose prepares it; Receipt.MessageID is the ID of the proposal. The
	// outcome of errors is as of Connector.Send.
	Propose(ctx context.Context, a Action) (Receipt, error)
	// Follow tells what became of proposals of the group, by the IDs of Propose.
	Follow(ctx context.Context, group, proposal string) (Progress, error)
	// Remind asks those again who have not acted. Unavailable or Conflict when the
	// platform allows no more reminders for now.
	Remind(ctx context.Context, group, proposal string) error
}

// Progress is what became of a proposal.
type Progress struct {
	State string    // "open", "done", "refused", "limit" (the platform's quota was used up), "gone"
	At    time.Time // of State, zero if not told
	Who   []Member  // who has yet to act
}

// Identifier can tell who of the organisation opened a page of ours inside the
// platform's client, without asking them for anything.
type Identifier interface {
	// SignInPage is where to send them; the platform sends them on to back, with
	// code and state in its query.
	SignInPage(back, state string) string
	// SignedIn tells who came back with a code: an ID of the organisation's own
	// people on the platform. It fails with Forbidden for anybody else.
	SignedIn(ctx context.Context, code string) (employee string, err error)
}

// Quoter can tell how many messages a group may still be sent by way of proposals.
type Quoter interface {
	Quota(ctx context.Context, group string) (left, of int, err error)
}

// Realm is for a driver under whose network several may be connected that give out
// the same IDs for other groups and people: gateways, each with platforms of its
// own. Accounts of one realm see the same groups and people; "" is a realm too.
// What it answers holds for as long as the settings are the same.
type Realm interface {
	Realm() string
}

// Site knows under which address staff opens the console in the platform's client.
type Site interface {
	// Console is that address, without a path; "" where nobody entered it.
	Console() string
}

// Fetcher can read what a message carries: a picture, a voice, a file. Without it
// only what lies at a public address can be read.
type Fetcher interface {
	// Fetch says where f is, or reads it; exactly one of the two. It is not bounded:
	// who reads stops in time and closes. Errors: NotFound when the platform has it
	// no longer, Unsupported when it gives no way, Unavailable for now.
	Fetch(ctx context.Context, f File) (Fetched, error)
}

// File is what a message told of something that it carries.
type File struct {
	Content community.Content
	Group   string // outside ID of where it was said, "" in private
	Message string // the message's ID
	URL     string // Data["url"]
	ID      string // Data["media"]: the platform's own
	Name    string // Data["file"]
	// Stale says that the address led nowhere: another way is asked for.
	Stale bool
}

// Fetched is a file, or where it is.
type Fetched struct {
	Body io.ReadCloser // nil: it lies at URL
	URL  string        // anybody may read it there; private addresses are refused
}
