package connector

import "qunying/community"

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
	Recall       Can  `json:"recall"`     // what members wrote
	RecallOwn    Can  `json:"recall_own"` // what our account wrote
	Mute         Can  `json:"mute"`
	MuteAll      Can  `json:"mute_all"`
	Remove       Can  `json:"remove"`
	Announce     Can  `json:"announce"`
	Rename       Can  `json:"rename"`
	Invite       Can  `json:"invite"`
	Approve      Can  `json:"approve"` // requests to join
	Backfill     Can  `json:"backfill"`
	Deduplicates bool `json:"deduplicates"`     // a repeated key is sent once
	Echoes       bool `json:"echoes"`           // our own messages come back with their key
	MemberLimit  int  `json:"member_limit"`     // 0: not known
	SendsPerMin  int  `json:"sends_per_minute"` // 0: not known
}

// Of returns how far an action goes, concerning messages that of a member's.
func (c Capabilities) Of(k community.ActionKind) Can {
	can := map[community.ActionKind]Can{
		community.Send: c.Send, community.Recall: c.Recall, community.Mute: c.Mute, community.MuteAll: c.MuteAll,
		community.Remove: c.Remove, community.Announce: c.Announce, community.Rename: c.Rename, community.Invite: c.Invite,
		community.Approve: c.Approve, community.Refuse: c.Approve,
	}[k]
	if can == "" {
		return Nobody
	}
	return can
}

// OfOwn is Of for an action that concerns a message of our account.
func (c Capabilities) OfOwn(k community.ActionKind) Can {
	c.Recall = c.RecallOwn
	return c.Of(k)
}

// Or is what two accounts in one group can do together.
func (c Capabilities) Or(d Capabilities) Capabilities {
	better := func(a, b Can) Can {
		switch {
		case a == Machine || b == Machine:
			return Machine
		case a == Human || b == Human:
			return Human
		}
		return Nobody
	}
	c.Read, c.Joins, c.Members, c.Send = better(c.Read, d.Read), better(c.Joins, d.Joins), better(c.Members, d.Members), better(c.Send, d.Send)
	c.Recall, c.RecallOwn, c.Mute, c.MuteAll = better(c.Recall, d.Recall), better(c.RecallOwn, d.RecallOwn), better(c.Mute, d.Mute), better(c.MuteAll, d.MuteAll)
	c.Remove, c.Announce, c.Rename = better(c.Remove, d.Remove), better(c.Announce, d.Announce), better(c.Rename, d.Rename)
	c.Invite, c.Approve, c.Backfill = better(c.Invite, d.Invite), better(c.Approve, d.Approve), better(c.Backfill, d.Backfill)
	c.Deduplicates, c.Echoes = c.Deduplicates && d.Deduplicates, c.Echoes && d.Echoes
	c.MemberLimit = max(c.MemberLimit, d.MemberLimit)
	return c
}
