package community

import "time"

// ActionKind is what we do on a platform.
type ActionKind string

const (
	Send     ActionKind = "send"
	Recall   ActionKind = "recall"
	Mute     ActionKind = "mute"     // until Until; zero lifts it
	MuteAll  ActionKind = "mute_all" // the same for everybody
	Remove   ActionKind = "remove"
	Announce ActionKind = "announce"
	Rename   ActionKind = "rename"
	Invite   ActionKind = "invite"
	Approve  ActionKind = "approve" // a request to join: MessageID is its ID
	Refuse   ActionKind = "refuse"
)

// Class says what an action is for: what goes first, and what counts as touching
// people.
type Class string

const (
	Moderation Class = "moderation" // keeping order: before everything else
	Reply      Class = "reply"      // an answer to somebody, a welcome
	Routine    Class = "routine"    // what staff or a schedule says to a group
	Broadcast  Class = "broadcast"  // marketing to many: spread over time, counted by the fatigue guard
)

// Part is what a message carries beside its text.
type Part struct {
	Content Content `json:"content"`         // image, file, voice, video, link, mini_program, card, location, other
	Name    string  `json:"name,omitempty"`  // of a file
	Title   string  `json:"title,omitempty"` // of a link or card
	Text    string  `json:"text,omitempty"`  // of a link: the description
	URL     string  `json:"url,omitempty"`
	Picture string  `json:"picture,omitempty"` // URL of a link's picture
	Media   string  `json:"media,omitempty"`   // the platform's own ID of an upload
	Data    []byte  `json:"data,omitempty"`    // the bytes themselves
}

// Cause says why an action exists: the event that led to it and which part of
// the machine decided.
type Cause struct {
	Seq     Seq    // the event
	Rule    string // "welcome", "staff", "schedule", …
	Version int64  // of the setting in force
	Ordinal int    // tells several actions of one event and rule apart
}

// Detail is what few actions have.
type Detail struct {
	Parts      []Part       `json:"parts,omitempty"`
	Mentions   []IdentityID `json:"mentions,omitempty"`
	MentionAll bool         `json:"mention_all,omitempty"`
	ReplyTo    string       `json:"reply_to,omitempty"` // the platform's ID of the message that is answered
	Reason     string       `json:"reason,omitempty"`   // why, for staff and the record
	Batch      string       `json:"batch,omitempty"`    // what was done to many groups at once
	By         StaffID      `json:"by,omitempty"`       // who asked
	Own        bool         `json:"own,omitempty"`      // the message concerned is our account's
}

// Action is something to be done on a platform. Its Key is the idempotency key:
// the same cause always gives the same key.
type Action struct {
	Community ID
	Group     GroupID
	Key       Key
	Kind      ActionKind
	Class     Class      // "" is Routine
	Text      string     // of a message or announcement; the new name; the reason of a refusal
	Target    IdentityID // the member concerned, or 0
	MessageID string     // the message or request concerned, or ""
	Until     time.Time  // of a mute; zero lifts it
	Detail    Detail
	Cause     Cause
	DueAt     time.Time // not before
	ExpiresAt time.Time // stale after; zero means never
}
