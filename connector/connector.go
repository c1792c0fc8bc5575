// Package connector is the border to chat networks. A connector brings what
// happens in groups in as Observations and carries Actions out. It knows its
// platform's wire and nothing of our database: names stay outside names here
// and become numbers in the engine.
package connector

import (
	"context"
	"time"

	"qunying/community"
)

// Driver opens accounts of one network.
type Driver interface {
	// Network is the name under which the network's groups and identities are kept.
	Network() community.Network
	// StableTimes says that live, redelivered and back-filled copies of one event
	// carry the same At, so that event keys may begin with it. connectortest
	// proves it.
	StableTimes() bool
	// About tells what an account needs and what the platform bears.
	About() About
	// Open prepares the account described by config (JSON, the driver's own
	// shape). It must not wait for the network: Run connects.
	Open(account string, config []byte) (Connector, error)
}

// Emit hands observations over. It returns when the observation is on disk or
// was found to be there already; only then may the platform be told that it
// arrived. An error means that it is not on disk: do not acknowledge, and stop
// or retry. Emit is safe for concurrent use; observations of one group must be
// emitted in order, each after the one before returned, or with EmitAll.
type Emit func(ctx context.Context, o ...Observation) error

// Connector is one account on one network. Optional abilities are the
// interfaces below, found by method.
type Connector interface {
	// Run stays connected until ctx ends, reconnecting by itself, and emits what
	// happens. It returns nil after ctx has ended, otherwise why it gave up.
	Run(ctx context.Context, emit Emit) error
	// Send posts a message. Where Capabilities say Deduplicates, the platform
	// sends a repeated key once; otherwise an error after the request may have
	// left is community.Unavailable wrapped in *Uncertain. It and the abilities are
	// called concurrently, but one after the other for one group.
	Send(ctx context.Context, a Action) (Receipt, error)
	// Capabilities of a group, by its outside ID.
	Capabilities(group string) Capabilities
}

// Member is somebody in a group, in the platform's terms.
type Member struct {
	ID   string // the platform's ID, or "" where only a name is known
	Name string
}

// Group is a group that an account is in, in the platform's terms.
type Group struct {
	ID      string
	Name    string
	Members int // how many, 0 if not told
	Owner   Member
}

// Observation is one thing seen on a platform. IDs are the platform's.
type Observation struct {
	Kind       community.Kind
	Group      string // outside ID; required, but of Direct and of ConnectionChanged
	Direct     bool   // said to our account alone, in no group
	GroupName  string // when the platform tells it
	Sender     Member // whom it is about: the author, who joined, who was renamed
	Operator   Member // who did it, when that is somebody else: inviter, remover
	At         time.Time
	ID         string // the platform's message ID, or ""
	Revision   string // of an edit
	Ordinal    int    // tells otherwise equal observations without an ID apart
	Content    community.Content
	Text       string
	Mentions   []Member
	MentionAll bool
	ReplyTo    string            // message ID
	Members    []Member          // of RosterTaken: everybody
	Data       map[string]string // details by kind (community.Kind)
	FromUs     bool              // our own account did it
	ActionKey  community.Key     // of an echo: the action it answers, or zero
	Raw        []byte
}

// Action is what Send and the optional abilities receive.
type Action struct {
	Key        community.Key // idempotency key
	Kind       community.ActionKind
	Group      string // outside ID, "" where Direct
	Direct     bool   // to Member alone, in no group
	Text       string // of a message or announcement, the new name, the reason of a refusal
	Parts      []community.Part
	Mentions   []Member
	MentionAll bool
	ReplyTo    string    // platform's ID of the message that is answered, or ""
	Member     string    // outside ID of the member concerned
	Message    string    // platform's ID of the message, or of the request, concerned
	Until      time.Time // of a mute; zero lifts it
}

// Receipt is what the platform answered.
type Receipt struct {
	MessageID string
	At        time.Time // the platform's time, zero if it told none
}

// Uncertain wraps an error after which nobody knows whether the platform acted.
type Uncertain struct{ Err error }

func (u *Uncertain) Error() string { return "outcome not known: " + u.Err.Error() }
func (u *Uncertain) Unwrap() error { return u.Err }
