package casework

import (
	"encoding/json"
	"time"

	"qunying/community"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
)

// Receipt is how a verdict came about (处理凭据). Places in it are bytes of Text.
type Receipt struct {
	Verdict policy.Verdict `json:"verdict"`
	Facts   policy.Facts   `json:"facts"`
	Text    string         `json:"text"`
	Normal  string         `json:"normal,omitempty"` // where it differs from the text
	Codes   []string       `json:"codes,omitempty" doc:"what the QR codes in its picture say"`
}

// Verdict is a verdict on record.
type Verdict struct {
	ID            int64
	Seq           community.Seq // the event that was judged
	At            time.Time     // the platform's time
	LoggedAt      time.Time
	Group         community.GroupID
	Identity      community.IdentityID
	Clause        string
	Category      string
	PolicyGroup   community.GroupID // whose policy: 0 the community's
	PolicyVersion int64             // 0: the one that the product comes with
	PolicySet     int64             // a set of groups whose policy it was; then PolicyGroup is 0
	Severity      policy.Severity
	Stage         policy.Stage
	Lowered       string
	AtOnce        bool // something was done at once, where the rest waits for people
	Strike        int
	Review        int64 // the card it is on, 0: none
	Body          *VerdictBody
}

// VerdictBody is the personal part of a verdict; nil where it was erased.
type VerdictBody struct {
	Name      string `json:"name"`
	Text      string `json:"text"`
	MessageID string `json:"message_id"`
	Receipt   string `json:"receipt"` // Receipt as JSON
}

// Kind is what a card is about.
type Kind string

const (
	Suggestion Kind = "suggest" // the machine suggests, a person decides
	Acted      Kind = "auto"    // the machine has acted, a person may look
	Report     Kind = "report"  // members reported a message
	Appeal     Kind = "appeal"  // a member disagrees with a verdict
	Uncertain  Kind = "unsure"  // the model of adverts is not sure, a person teaches it
)

// State is where a card is.
type State string

const (
	Open    State = "open"
	Done    State = "acted" // of Acted: nobody has to do anything
	Asked   State = "asked" // decided by one, waits for a second person
	Decided State = "decided"
)

// Review is a card for people. Messages that are nearly the same are on one.
type Review struct {
	ID         int64
	Kind       Kind
	State      State
	Clause     string
	Category   string
	Severity   policy.Severity
	Group      community.GroupID    // of its first message
	Identity   community.IdentityID // of who wrote that
	Seq        community.Seq        // of that
	Verdict    int64                // of an appeal: what it is against
	Gist       uint64
	Near       bool // Gist is a SimHash, otherwise a hash
	Acts       []policy.Act
	Items      int // verdicts on it
	Reporters  int
	SaidAt     time.Time // the platform's time of its first message
	OpenedAt   time.Time
	NewestAt   time.Time
	DueAt      time.Time // when the person on duty is called, or an appeal should be decided
	PagedAt    time.Time // zero: nobody was called
	ClaimedBy  community.StaffID
	ClaimedTil time.Time
	DecidedBy  community.StaffID // of Asked: the first
	DecidedAt  time.Time
	Decision   string
	RulingSeq  community.Seq // of the command that decided it last
	UndoUntil  time.Time
	Lean       int        // its place beside others of its severity: 1 a second opinion agrees, -1 it finds nothing, 0 there is none
	Talk       *Mediation // nil: it was never moved to private talk
	Body       *ReviewBody
}

// Mediation is a dispute that was moved to private talk (转移至私聊).
type Mediation struct {
	Seq      community.Seq // of the command that named the mediator
	Mediator community.StaffID
	OpenedBy community.StaffID
	OpenedAt time.Time
	Outcome  string    // Settled, Unsettled, "": they are talking
	EndedAt  time.Time // zero: they are talking
}

// Talking says that a mediator is at work on the card.
func (r *Review) Talking() bool { return r.Talk != nil && r.Talk.Outcome == "" }

// ReviewBody is the personal part of a card; nil where it was erased.
type ReviewBody struct{ Name, Text, MessageID string }

// ClaimLasts is how long a card stays with whoever claimed it.
const ClaimLasts = 10 * time.Minute

// HeldBy tells who holds the card at a moment, 0 for nobody.
func (r *Review) HeldBy(now time.Time) community.StaffID {
	if r.ClaimedTil.After(now) {
		return r.ClaimedBy
	}
	return 0
}

// Ruling is a decision of a person over a card.
type Ruling struct {
	ID     int64
	Review int64
	Seq    community.Seq // of the command
	At     time.Time
	Staff  community.StaffID
	What   string
	Acts   []policy.Act
	Label  string
	Note   string
}

// Strike is a breach that counts, or with Delta −1 one that no longer does.
type Strike struct {
	ID       int64
	Identity community.IdentityID
	Group    community.GroupID
	Verdict  int64
	Delta    int
	At       time.Time
	CauseSeq community.Seq
	Why      string // verdict, overturned, pardoned, undone
}

// ListEntry is a line of the blocklist or the allowlist.
type ListEntry struct {
	ID        int64
	List      string
	Identity  community.IdentityID // 0: by Pattern
	Pattern   string               // a part of names
	Group     community.GroupID    // 0: all
	Reason    string
	Staff     community.StaffID // 0: a rule
	Seq       community.Seq     // of what caused it
	At        time.Time
	ExpiresAt time.Time // zero: never
	EndedAt   time.Time // zero: in force
	EndedBy   community.StaffID
}

// Note is what staff wrote down about a member.
type Note struct {
	ID       int64
	Identity community.IdentityID
	Staff    community.StaffID
	At       time.Time
	Text     string
}

// VerdictEnvelope is what the case log keeps of a verdict for good.
func VerdictEnvelope(v *Verdict) (string, error) {
	envelope := map[string]any{"verdict": v.ID, "seq": v.Seq, "at": v.At.UnixMilli(), "logged_at": v.LoggedAt.UnixMilli(), "group": v.Group, "identity": v.Identity,
		"clause": v.Clause, "category": v.Category, "policy_group": v.PolicyGroup, "policy_version": v.PolicyVersion, "severity": v.Severity, "stage": v.Stage,
		"lowered": v.Lowered, "strike": v.Strike, "review": v.Review}
	if v.PolicySet != 0 { // entries from before there were such look as they did
		envelope["policy_set"] = v.PolicySet
	}
	if v.AtOnce { // the same
		envelope["at_once"] = true
	}
	return jsonOf(envelope)
}

// RulingEnvelope is what the case log keeps of a decision for good.
func RulingEnvelope(r *Ruling) (string, error) {
	acts := r.Acts
	if acts == nil {
		acts = []policy.Act{}
	}
	return jsonOf(map[string]any{"ruling": r.ID, "review": r.Review, "seq": r.Seq, "at": r.At.UnixMilli(), "staff": r.Staff, "what": r.What, "acts": acts, "label": r.Label})
}

// EntryEnvelope is what the case log keeps of a line of a list for good: of its
// beginning, or of its end.
func EntryEnvelope(e *ListEntry) (string, error) {
	return jsonOf(map[string]any{"entry": e.ID, "list": e.List, "identity": e.Identity, "group": e.Group, "staff": e.Staff, "seq": e.Seq, "at": e.At.UnixMilli(),
		"expires_at": milli(e.ExpiresAt), "ended_at": milli(e.EndedAt), "ended_by": e.EndedBy})
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func jsonOf(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// Reading is what was found in a message.
type Reading = read.Reading
