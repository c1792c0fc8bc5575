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
	// Open prepares the account described by config (JSON, the driver's own
	// shape). It must not wait for the network: Run connects.
	Open(account string, config []byte) (Connector, error)
}

// Emit hands an observation over. It returns when the observation is on disk or
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
	// left is community.Unavailable wrapped in *Uncertain.
	Send(ctx context.Context, a Action) (Receipt, error)
	// Capabilities of a group, by its outside ID.
	Capabilities(group string) Capabilities
}

// Recaller can take a message back.
type Recaller interface {
	Recall(ctx context.Context, a Action) error
}

// Muter can silence a member (Action.Until) or, with Member "", the group.
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

// Roster can list the members of a group.
type Roster interface {
	Members(ctx context.Context, group string) ([]Member, error)
}

// Historian can read back what was missed. It emits everything in [from, to)
// that the platform still has; copies of what was seen live have the same keys.
type Historian interface {
	Backfill(ctx context.Context, group string, from, to time.Time, emit Emit) error
}

// Can is how far an ability goes in one group.
type Can string

const (
	Machine Can = "machine" // we can do it
	Human   Can = "person"  // a person can, in the platform's client
	Nobody  Can = "nobody"  // nobody can on this platform
)

// Capabilities are what can be read and done in one group. The zero value of a
// Can is read as Nobody.
type Capabilities struct {
	Read         Can  `json:"read"`    // messages
	Joins        Can  `json:"joins"`   // who joins and leaves
	Members      Can  `json:"members"` // the list of members
	Send         Can  `json:"send"`
	Recall       Can  `json:"recall"`
	Mute         Can  `json:"mute"`
	MuteAll      Can  `json:"mute_all"`
	Remove       Can  `json:"remove"`
	Announce     Can  `json:"announce"`
	Backfill     Can  `json:"backfill"`
	Deduplicates bool `json:"deduplicates"`     // a repeated key is sent once
	Echoes       bool `json:"echoes"`           // our own messages come back with their key
	MemberLimit  int  `json:"member_limit"`     // 0: not known
	SendsPerMin  int  `json:"sends_per_minute"` // 0: not known
}

// Of returns how far an action goes.
func (c Capabilities) Of(k community.ActionKind) Can {
	can := map[community.ActionKind]Can{
		community.Send: c.Send, community.Recall: c.Recall, community.Mute: c.Mute,
		community.MuteAll: c.MuteAll, community.Remove: c.Remove, community.Announce: c.Announce,
	}[k]
	if can == "" {
		return Nobody
	}
	return can
}

// Member is somebody in a group, in the platform's terms.
type Member struct {
	ID   string // the platform's ID, or "" where only a name is known
	Name string
}

// Observation is one thing seen on a platform. IDs are the platform's.
type Observation struct {
	Kind       community.Kind
	Group      string // outside ID; required
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
	Key     community.Key // idempotency key
	Group   string
	Text    string
	Member  string    // outside ID of the member concerned
	Message string    // platform's ID of the message concerned
	Until   time.Time // of a mute
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
