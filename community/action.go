package community

import "time"

// ActionKind is what we do on a platform.
type ActionKind string

const (
	Send     ActionKind = "send"
	Recall   ActionKind = "recall"
	Mute     ActionKind = "mute"
	MuteAll  ActionKind = "mute_all"
	Remove   ActionKind = "remove"
	Announce ActionKind = "announce"
)

// Cause says why an action exists: the event that led to it and which part of
// the machine decided.
type Cause struct {
	Seq     Seq    // the event
	Rule    string // "welcome", "staff", "schedule", …
	Version int64  // of the setting in force
	Ordinal int    // tells several actions of one event and rule apart
}

// Action is something to be done on a platform. Its Key is the idempotency key:
// the same cause always gives the same key.
type Action struct {
	Community ID
	Group     GroupID
	Key       Key
	Kind      ActionKind
	Text      string
	Target    IdentityID // the member concerned, or 0
	MessageID string     // the message concerned, or ""
	Cause     Cause
	DueAt     time.Time // not before
	ExpiresAt time.Time // stale after; zero means never
}
