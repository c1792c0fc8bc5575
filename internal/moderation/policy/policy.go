package policy

import (
	"slices"
	"time"
)

// Key is the setting under which a policy is kept, for the community and per group.
const Key = "policy"

// Policy is a version of a group's rules. The version is that of the setting.
type Policy struct {
	Preset   string   `json:"preset,omitempty"` // what it was made from, "" for none
	Clauses  []Clause `json:"clauses"`
	Strikes  Strikes  `json:"strikes"`
	Exempt   Exempt   `json:"exempt"`
	Approval Approval `json:"approval"`
	Guard    Guard    `json:"guard"`
}

// Layer says what a clause is there for (S18).
type Layer string

const (
	Basic   Layer = "basic"   // 基础: what nobody may do
	Value   Layer = "value"   // 价值: what the group is for
	Exit    Layer = "exit"    // 退出: when somebody has to go
	Special Layer = "special" // 细分条款: of one kind of group
)

// Stage says how far a clause acts by itself.
type Stage string

const (
	Off     Stage = "off"
	Shadow  Stage = "shadow"  // recorded only
	Suggest Stage = "suggest" // a person decides
	Auto    Stage = "auto"    // the machine acts, a person looks afterwards
)

// Severity is the level of the warning system (三级预警, S90): 1 is the worst.
type Severity int

const (
	Grave   Severity = 1 // the group is closed and the person on duty is paged
	Serious Severity = 2 // muted
	Light   Severity = 3 // warned
)

// Clause is one rule.
type Clause struct {
	ID       string   `json:"id"`   // letters, digits and hyphens; stays when the clause is changed
	Name     string   `json:"name"` // what members are told they broke
	Layer    Layer    `json:"layer"`
	Category string   `json:"category"` // of the verdict: advert, fraud, abuse, flood, curfew, …
	When     When     `json:"when"`
	Severity Severity `json:"severity"`
	Stage    Stage    `json:"stage"`
	Always   []Act    `json:"always,omitempty"` // whatever the strike: recall, page
	Ladder   []Step   `json:"ladder,omitempty"` // by strike; empty: no strike is counted
	Texts    Texts    `json:"texts"`
	Spare    []string `json:"spare,omitempty"` // roles that this clause leaves alone beside the policy's
	AtOnce   []Do     `json:"at_once,omitempty" doc:"recall or remind: done at once where the rest waits for people"`
}

// Step is what the n-th strike brings, counted from 1. The last step holds for
// all later strikes.
type Step struct {
	Acts []Act `json:"acts"`
}

// Do is what can be done.
type Do string

const (
	Recall  Do = "recall"   // take the message back
	Remind  Do = "remind"   // a friendly word in the group, no strike shown
	Warn    Do = "warn"     // a warning that names the clause and the strike
	Mute    Do = "mute"     // for Minutes
	MuteAll Do = "mute_all" // close the group, for Minutes; 0: until somebody opens it
	Remove  Do = "remove"   // out of the group
	Block   Do = "block"    // on the blocklist of all groups, for Days; 0: for good
	Notice  Do = "notice"   // tell the group of the penalty (公示)
	Page    Do = "page"     // call the person on duty
	Points  Do = "points"   // take Points away
)

// MostPoints is how many points one act takes at most.
const MostPoints = 100_000

// Act is one thing to do.
type Act struct {
	Do      Do  `json:"do"`
	Minutes int `json:"minutes,omitempty"`
	Days    int `json:"days,omitempty"`
	Points  int `json:"points,omitempty"`
}

// Texts are what people are sent. {name}, {clause}, {strike}, {left} (strikes until
// removal), {minutes}, {link} (the member's own page) are filled in; "" takes the product's own words.
type Texts struct {
	Remind string `json:"remind,omitempty"`
	Warn   string `json:"warn,omitempty"`
	Notice string `json:"notice,omitempty"`
}

// Strikes say how long a breach counts.
type Strikes struct {
	Days int `json:"days"` // after so many days a strike no longer counts; 0: 30
}

// Lasting is how long a strike counts.
func (s Strikes) Lasting() time.Duration {
	if s.Days <= 0 {
		return 30 * 24 * time.Hour
	}
	return time.Duration(s.Days) * 24 * time.Hour
}

// Exempt are members whom no clause concerns. Staff and our own accounts never
// are judged, and the allowlist is looked up in Facts.
type Exempt struct {
	Roles []string `json:"roles,omitempty"` // "owner", "admin"
}

// Approval says for what a second person is asked (双人复核, S69).
type Approval struct {
	Remove  bool `json:"remove,omitempty"`
	MuteAll bool `json:"mute_all,omitempty"`
	Bulk    bool `json:"bulk,omitempty"` // one decision over several messages or groups
}

// Binds says that acts, whoever wants them, take a second person.
func (a Approval) Binds(acts []Act) bool {
	return slices.ContainsFunc(acts, func(is Act) bool { return a.Remove && is.Do == Remove || a.MuteAll && is.Do == MuteAll })
}

// Guard keeps the machine from running wild.
type Guard struct {
	PerHour int  `json:"per_hour,omitempty"` // automatic penalties in one group before everything is only suggested; 0: 20
	Page    int  `json:"page,omitempty"`     // minutes until a suggestion nobody handled pages the person on duty; 0: 15
	Stopped bool `json:"stopped,omitempty"`  // everything is only suggested (kill switch)
}
