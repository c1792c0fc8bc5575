package casework

import (
	"strings"
	"unicode/utf8"

	"qunying/community"
	"qunying/internal/moderation/policy"
)

// What a ruling says of a card.
const (
	Accept   = "accept"   // what is proposed is done, and a strike is counted
	Change   = "change"   // something else is done
	Overturn = "overturn" // it was nothing: strikes are given back, mutes lifted
	Train    = "train"    // only say what the message was
	Undo     = "undo"     // take the last decision back, as long as nothing was done
	Grant    = "grant"    // of an appeal: the member is right, the verdict is overturned
	Reject   = "reject"   // of an appeal: the verdict stands
)

// What a person says of a dispute: these change where it is talked over, and are no
// decisions.
const (
	Mediate   = "mediate"   // it moves to private talk, or another mediator takes over
	Settled   = "settled"   // both sides agree: the card is done, nobody is penalised
	Unsettled = "unsettled" // they do not: the card waits for a decision again
)

// Amnesty is what a pardon of many says (大赦); Undo, with the Seq of one, takes it back.
const Amnesty = "amnesty"

// Fine is the label of a message that was nothing.
const Fine = "fine"

// Command is what a person asks for in keeping order; which fields count depends
// on the kind of the event that carries it.
type Command struct {
	Reviews []int64              `json:"reviews,omitempty"` // cards
	What    string               `json:"what,omitempty"`    // of a ruling
	Acts    []policy.Act         `json:"acts,omitempty"`    // of Change
	Label   string               `json:"label,omitempty"`   // of Train: a category, or Fine
	Staff   community.StaffID    `json:"staff,omitempty"`   // of Mediate: the mediator
	Note    string               `json:"note,omitempty"`
	Release bool                 `json:"release,omitempty"` // of a claim: let go
	Seq     community.Seq        `json:"seq,omitempty"`     // of a report: the message
	Verdict int64                `json:"verdict,omitempty"` // of an appeal
	Member  community.IdentityID `json:"member,omitempty"`
	List    string               `json:"list,omitempty"`    // Block or Allow
	Entry   int64                `json:"entry,omitempty"`   // of a list, to be ended
	Pattern string               `json:"pattern,omitempty"` // of names
	Days    int                  `json:"days,omitempty"`    // 0: for good
	Groups  []community.GroupID  `json:"groups,omitempty"`  // of an amnesty: strikes got there; none: everywhere
	Before  int64                `json:"before,omitempty"`  // of an amnesty: strikes got before this time, ms; 0: all
}

// Lists.
const (
	Block = "block" // 黑名单
	Allow = "allow" // 白名单
)

// Bounds of what may be asked.
const (
	mostReviews = 200
	mostGroups  = 500
	mostActs    = 10
	longestNote = 1000 // characters
	longestName = 100
	mostDays    = 3650
)

// Check says what is wrong with a command of a kind, before it goes into the log.
func (c *Command) Check(kind community.Kind) error {
	invalid := func(text string) *community.Error { return community.Errorf(community.Invalid, "%s", text) }
	c.Note, c.Pattern = strings.TrimSpace(c.Note), strings.TrimSpace(c.Pattern)
	switch {
	case utf8.RuneCountInString(c.Note) > longestNote:
		return invalid("the note is too long").WithHint("at most 1000 characters")
	case len(c.Reviews) > mostReviews:
		return invalid("too many cards at once")
	case len(c.Acts) > mostActs:
		return invalid("too many acts at once")
	case c.Days < 0 || c.Days > mostDays:
		return invalid("that is no number of days").WithHint("0 is for good, ten years are the most")
	}
	switch kind {
	case community.VerdictReview:
		return c.checkRuling()
	case community.VerdictClaim:
		if len(c.Reviews) == 0 {
			return invalid("it is not said which card")
		}
	case community.AppealMake:
		if c.Verdict == 0 {
			return invalid("it is not said against what")
		}
	case community.ReportMake:
		if c.Seq == 0 && c.Note == "" {
			return invalid("it is not said which message")
		}
	case community.ListChange:
		return c.checkList()
	case community.StrikePardon, community.MemberNote:
		if kind == community.StrikePardon && c.What != "" {
			return c.checkAmnesty()
		}
		if c.Member == 0 {
			return invalid("it is not said whom it concerns")
		}
		if kind == community.MemberNote && c.Note == "" {
			return invalid("the note is empty")
		}
	}
	return nil
}

func (c *Command) checkAmnesty() error {
	switch {
	case c.What != Amnesty && c.What != Undo:
		return community.Errorf(community.Invalid, "there is no pardon %q", c.What).WithHint("amnesty or undo")
	case c.What == Undo && c.Seq <= 0:
		return community.Errorf(community.Invalid, "it is not said which amnesty")
	case c.Before < 0 || len(c.Groups) > mostGroups:
		return community.Errorf(community.Invalid, "the amnesty is out of bounds").WithHint("at most 500 groups; none are all")
	}
	return nil
}

func (c *Command) checkRuling() error {
	if len(c.Reviews) == 0 {
		return community.Errorf(community.Invalid, "it is not said which card")
	}
	if len(c.Reviews) > 1 && (c.What == Mediate || c.What == Settled || c.What == Unsettled) {
		return community.Errorf(community.Invalid, "disputes are talked over one by one").WithHint("choose one card")
	}
	switch c.What {
	case Accept, Overturn, Undo, Grant, Reject:
	case Mediate:
		if c.Staff <= 0 {
			return community.Errorf(community.Invalid, "it is not said who mediates").WithHint("choose a colleague who did not decide it")
		}
	case Settled, Unsettled:
		if c.Note == "" {
			return community.Errorf(community.Invalid, "it is not said how the talk ended").WithHint("write a sentence about what was agreed, or why nothing was")
		}
	case Train:
		if c.Label == "" || utf8.RuneCountInString(c.Label) > 40 {
			return community.Errorf(community.Invalid, "it is not said what the message was")
		}
	case Change:
		if len(c.Acts) == 0 {
			return community.Errorf(community.Invalid, "it is not said what is to be done instead").WithHint("overturn the card if nothing is")
		}
	default:
		return community.Errorf(community.Invalid, "there is no decision %q", c.What).WithHint("accept, change, overturn, train, undo, grant or reject")
	}
	return CheckActs(c.Acts)
}

// CheckActs says which act is out of bounds.
func CheckActs(acts []policy.Act) error {
	for _, a := range acts {
		switch a.Do {
		case policy.Recall, policy.Remind, policy.Warn, policy.Mute, policy.MuteAll, policy.Remove, policy.Block, policy.Notice, policy.Page, policy.Points:
		default:
			return community.Errorf(community.Invalid, "there is no act %q", a.Do)
		}
		if a.Points < 0 || a.Points > policy.MostPoints || a.Do == policy.Points && a.Points == 0 {
			return community.Errorf(community.Invalid, "that is no number of points to take").WithHint("between 1 and 100000")
		}
		if a.Minutes < 0 || a.Minutes > 60*24*365 || a.Days < 0 || a.Days > mostDays || a.Do == policy.Mute && a.Minutes == 0 {
			return community.Errorf(community.Invalid, "the time of %q is out of bounds", a.Do).WithHint("a mute lasts at least a minute and at most a year")
		}
	}
	return nil
}

func (c *Command) checkList() error {
	if c.Entry != 0 {
		return nil
	}
	switch {
	case c.List != Block && c.List != Allow:
		return community.Errorf(community.Invalid, "there is no list %q", c.List).WithHint("block or allow")
	case (c.Member == 0) == (c.Pattern == ""):
		return community.Errorf(community.Invalid, "an entry names a member or a part of a name")
	case c.Pattern != "" && (utf8.RuneCountInString(c.Pattern) < 2 || utf8.RuneCountInString(c.Pattern) > longestName):
		return community.Errorf(community.Invalid, "the part of a name is too short or too long").WithHint("2 to 100 characters")
	}
	return nil
}
