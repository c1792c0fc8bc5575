// Package incentives is what members earn and lose. So far it holds the ledger of
// points (积分流水): entries that are never changed, whose sum is the balance.
package incentives

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"qunying/community"
)

// Reason says why points were booked.
type Reason string

const (
	Penalty    Reason = "penalty"    // a verdict took them
	Overturned Reason = "overturned" // the verdict was wrong
	Undone     Reason = "undone"     // the decision was taken back
	Hand       Reason = "hand"       // by staff, who wrote a note
)

// Entry is one line of the ledger.
type Entry struct {
	ID       int64
	Key      string // what is booked: the same is booked once
	Identity community.IdentityID
	Group    community.GroupID // 0: none in particular
	Amount   int64             // + given, − taken
	Reason   Reason
	Verdict  int64 // that it was taken for, 0: none
	Reverses int64 // the entry that it takes back, 0: none
	Cause    community.Seq
	Staff    community.StaffID // 0: a rule
	At       time.Time
	Note     string // "" where it was erased
}

// Fine is what a verdict takes: amount is above 0. The same cause takes once for
// the same verdict.
func Fine(verdict, amount int64, cause community.Seq) Entry {
	return Entry{Key: fmt.Sprintf("penalty/%d/%d", verdict, cause), Amount: -amount, Reason: Penalty, Verdict: verdict, Cause: cause}
}

// Back is the entry that takes e back. An entry is taken back once; that it was
// taken back can be taken back in turn.
func (e Entry) Back(why Reason) Entry {
	return Entry{Key: fmt.Sprintf("reverse/%d", e.ID), Identity: e.Identity, Group: e.Group, Amount: -e.Amount, Reason: why, Verdict: e.Verdict, Reverses: e.ID}
}

// Grant is what staff books by hand.
type Grant struct {
	Member community.IdentityID `json:"member"`
	Amount int64                `json:"amount"` // below 0: taken
	Note   string               `json:"note"`
}

// Bounds of what is booked at once.
const (
	MostPoints  = 1_000_000
	longestNote = 200 // characters
)

// Check says what is wrong with a grant before it goes into the log.
func (g *Grant) Check() error {
	g.Note = strings.TrimSpace(g.Note)
	switch {
	case g.Member == 0:
		return community.Errorf(community.Invalid, "it is not said whom it concerns")
	case g.Amount == 0 || g.Amount > MostPoints || g.Amount < -MostPoints:
		return community.Errorf(community.Invalid, "that is no number of points").WithHint("between 1 and 1000000, or below 0 to take them")
	case g.Note == "":
		return community.Errorf(community.Invalid, "points by hand need a reason").WithHint("the member reads it: write what they are for")
	case utf8.RuneCountInString(g.Note) > longestNote:
		return community.Errorf(community.Invalid, "the reason is longer than %d characters", longestNote)
	}
	return nil
}

// Entry is the grant as it is booked.
func (g *Grant) Entry(cause community.Seq, by community.StaffID, at time.Time) Entry {
	return Entry{Key: fmt.Sprintf("hand/%d", cause), Identity: g.Member, Amount: g.Amount, Reason: Hand, Cause: cause, Staff: by, At: at, Note: g.Note}
}
