package community

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Kind says what an event reports. Names are noun.participle for what happened
// on a platform or in the machine, noun.verb for a command that asks for it.
type Kind string

// What happened in a group.
const (
	MessagePosted   Kind = "message.posted"
	MessageRecalled Kind = "message.recalled" // Body.Data["message"] is the recalled message's ID
	MemberJoined    Kind = "member.joined"    // Identity joined; Operator invited, if known; Data["way"]
	MemberLeft      Kind = "member.left"      // Operator removed, if it was not by choice
	MemberRenamed   Kind = "member.renamed"   // Body.Name is the new name, Data["old"] the old
	GroupRenamed    Kind = "group.renamed"    // Body.Text is the new name
	GroupAnnounced  Kind = "group.announced"  // Body.Text is the announcement
	RosterTaken     Kind = "roster.taken"     // Targets are all members at At
	MessageEdited   Kind = "message.edited"   // Body.Text is the new text, Data["message"] the message's ID
	MemberMuted     Kind = "member.muted"     // Data["until"] in ms, absent when lifted; Identity 0: everybody
	MemberRequested Kind = "member.requested" // asks to join; Body.MessageID answers it, Body.Text is what they wrote
	GroupInvited    Kind = "group.invited"    // our account is asked into a group; Body.MessageID answers it
	GroupGone       Kind = "group.gone"       // dissolved, or our account is out of it; Data["why"]
	ReactionAdded   Kind = "reaction.added"   // Body.Text is the sign, Data["message"] the message's ID
	ContactAdded    Kind = "contact.added"    // Identity follows or befriended our account; Data["state"] is the code's, Data["way"]
	ContactRemoved  Kind = "contact.removed"
	CodeScanned     Kind = "code.scanned"   // by Identity; Data["state"] is the code's
	PlatformOther   Kind = "platform.other" // understood by nobody yet: kept with its raw text
	CoverageLost    Kind = "coverage.lost"  // from At on events may have been missed
	CoverageBack    Kind = "coverage.back"  // until At events may have been missed

	// ConnectionChanged tells how an account's connection is from At on: Source is
	// the account, Data["state"], Data["missed_from"], Data["code"]; Body.Text says why.
	ConnectionChanged Kind = "connection.changed"
)

// What the machine and the staff did.
const (
	MinuteTicked    Kind = "minute.ticked"
	SettingsChanged Kind = "settings.changed" // Data["key"], Data["version"]
	ActionDone      Kind = "action.done"
	ActionFailed    Kind = "action.failed"
	ActionUnknown   Kind = "action.unknown" // sent, and no way to learn whether it arrived

	ActionHanded Kind = "action.handed" // a person has to do it: there is a task

	GroupAdopted Kind = "group.adopted" // command: what happens in the group is logged from here on; Data["account"]
	GroupDropped Kind = "group.dropped" // command: no longer
	ActionAsk    Kind = "action.ask"    // command: staff wants an action done; Data holds it
	ActionAllow  Kind = "action.allow"  // command: a suggested or failed action is to be done after all; Data["action"]
	ActionCancel Kind = "action.cancel" // command: an action not yet begun is not to be done, one that failed waits for nobody any more; Data["action"] or Data["batch"]
	TaskRemind   Kind = "task.remind"   // command: those who have not acted are asked again; Data["task"]
	TaskClose    Kind = "task.close"    // command: Data["task"], Data["how"] done or dropped; Body.Text is the proof

	AlertOpened   Kind = "alert.opened"   // something is wrong: Data["cause"], Data["subject"], Data["severity"], Data["since"] in ms
	AlertClosed   Kind = "alert.closed"   // no longer; Data["alert"]
	AlertSee      Kind = "alert.see"      // command: somebody looks after it; Data["alert"], Body.Text is what they say
	VerdictReview Kind = "verdict.review" // command: somebody decides cards; Data["case"] is a casework.Command, as in those below
	VerdictClaim  Kind = "verdict.claim"  // command: somebody takes cards, or lets them go
	AppealMake    Kind = "appeal.make"    // command: a verdict is appealed against
	ReportMake    Kind = "report.make"    // command: a message is reported
	ListChange    Kind = "list.change"    // command: somebody comes onto the blocklist or allowlist, or off it
	StrikePardon  Kind = "strike.pardon"  // command: all strikes of a member are forgiven (amnesty)
	MemberNote    Kind = "member.note"    // command: something is written down about a member
	PointsGive    Kind = "points.give"    // command: points are given or taken by hand; Data["points"] is an incentives.Grant

	ContingencyBegin Kind = "contingency.begin" // command: the people of a group are sent to its backup channel
	ContingencyEnd   Kind = "contingency.end"   // command: the group can be used again
	DrillDue         Kind = "drill.due"         // the quarter's drill of a group is to be done
	DrillBegin       Kind = "drill.begin"       // command: one is to be done now

	// OpinionGiven is what another judge says of a verdict (第二意见): Data["verdict"],
	// Data["class"], Data["probability"], Data["why"], Data["model"].
	OpinionGiven Kind = "opinion.given"

	MessageSend  Kind = "message.send"  // command: staff writes to a group, now or at Data["at"]
	PersonMerge  Kind = "person.merge"  // command: Targets are one person
	PersonSplit  Kind = "person.split"  // command: Targets[0] becomes a person of its own
	PersonUndo   Kind = "person.undo"   // command: the merge or split at Data["seq"] is undone
	PersonTag    Kind = "person.tag"    // command: tags are put on Targets[0] and taken off; Data["put"], Data["take"] are JSON lists
	PersonLinked Kind = "person.linked" // the outcome of these, what views follow
)

// Origin says how an event came to us, and with that what it may cause.
type Origin string

const (
	Live    Origin = "live"    // as it happened
	Late    Origin = "late"    // over LateAfter old: records as usual, outward acts only as suggestions
	History Origin = "history" // imports and old back-fill: counted, never decided
)

// LateAfter is the age at which what arrives from a platform is late.
const LateAfter = 10 * time.Minute

// Content is the form of a message (消息类型).
type Content string

const (
	Text        Content = "text"
	Image       Content = "image"
	Voice       Content = "voice"
	Video       Content = "video"
	File        Content = "file"
	Sticker     Content = "sticker"
	Link        Content = "link"
	Location    Content = "location"
	Card        Content = "card"         // contact card
	MiniProgram Content = "mini_program" // mini-program card
	Forward     Content = "forward"      // forwarded chat record
	RedPacket   Content = "red_packet"
	Transfer    Content = "transfer"
	Poke        Content = "poke"
	Call        Content = "call"
	Other       Content = "other"
)

// Event is one entry of the log: the permanent, pseudonymous envelope. Body is
// what retention and erasure remove; it is nil when it was not asked for or is gone.
type Event struct {
	Community ID
	Seq       Seq
	Key       Key
	Kind      Kind
	Origin    Origin
	Group     GroupID
	Identity  IdentityID   // whom it is about: the author, who joined, who was renamed
	Operator  IdentityID   // who did it, when that is somebody else
	At        time.Time    // the platform's time, to the millisecond, UTC
	LoggedAt  time.Time    // ours, never before that of the event before it
	Content   Content      // of messages
	Length    int          // characters of the text
	Mentions  int          // how many members the message mentions
	Targets   []IdentityID // whom else it concerns
	Flags     Flags
	Source    string // which connector account or import brought it
	Body      *Body
}

// Flags are yes-or-no facts of an event, kept in its envelope.
type Flags uint32

const (
	FromUs       Flags = 1 << iota // our own account said it
	MentionsAll                    // @所有人
	HasLink                        // the text holds a web address
	Replies                        // answers another message
	TimeInKey                      // the driver's times are stable, so the key is ordered by time
	InferredTime                   // At was inferred (a roster, an IRC line), not read
)

// Body is the personal part of an event.
type Body struct {
	Name      string            // how the author was called then
	Text      string            // what people read
	MessageID string            // the platform's ID of the message, or ""
	Data      map[string]string // details by kind
	Raw       []byte            // what the platform sent, where it is worth keeping
}

// Key makes an event unique in its community: the same event delivered again,
// in another run or by a back-fill, has the same key.
type Key [16]byte

func (k Key) String() string { return hex.EncodeToString(k[:]) }

// KeyParts are what a key is made of.
type KeyParts struct {
	Kind     Kind
	Network  Network
	Group    string // outside ID
	ID       string // the platform's message ID, or "" where it has none
	Revision string // of an edited message
	Subject  string // outside ID, used where ID is ""
	Operator string // outside ID, used where ID is ""
	Content  string // what tells rows of exports apart, used where ID is ""
	Ordinal  int    // the how-manieth of otherwise equal ones
	At       time.Time
	TimeSafe bool // live, redelivered and back-filled copies agree on At
}

// Key computes the key: 48 bits of milliseconds and 80 bits of hash when the
// times can be trusted, otherwise 128 bits of hash.
func (p KeyParts) Key() Key {
	h := sha256.New()
	var n [8]byte
	put := func(s string) {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	put(string(p.Kind))
	put(string(p.Network))
	put(p.Group)
	put(p.ID)
	put(p.Revision)
	if p.ID == "" {
		put(p.Subject)
		put(p.Operator)
		put(p.Content)
		binary.BigEndian.PutUint64(n[:], uint64(p.At.UnixMilli()))
		h.Write(n[:])
		binary.BigEndian.PutUint64(n[:], uint64(p.Ordinal))
		h.Write(n[:])
	}
	sum := h.Sum(nil)
	var k Key
	if !p.TimeSafe {
		copy(k[:], sum)
		return k
	}
	ms := uint64(p.At.UnixMilli())
	for i := range 6 {
		k[i] = byte(ms >> (8 * (5 - i)))
	}
	copy(k[6:], sum)
	return k
}
