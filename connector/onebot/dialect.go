package onebot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"qunying/community"
	"qunying/connector"
)

// dialect is what the two versions of the standard say differently.
type dialect interface {
	// pulse reads a meta event; self is our account, "" while not known.
	pulse(raw []byte, self string) pulse
	// observe translates an event. What it does not know comes out as PlatformOther.
	observe(raw []byte, k known) []connector.Observation
	// id is an ID as actions want it.
	id(what, id string) (any, error)
	// message is the action that posts.
	message(a connector.Action) (action string, params map[string]any, err error)
	// failure is what an answer's code means, with what the implementation said.
	failure(code int64, said string) error
}

// known is what earlier events and lists told.
type known struct {
	self   string                        // our account's ID, "" while not known
	group  func(id string) string        // a group's name, or ""
	member func(group, id string) string // a member's name, or ""
}

// pulse is what a meta event tells of the implementation's health.
type pulse struct {
	self     string
	interval time.Duration // between heartbeats, 0 where it does not say
	status   bool          // online and good are told
	online   bool          // the account is signed in
	good     bool          // everything works
}

// head tells what a frame is.
type head struct {
	PostType scalar          `json:"post_type"` // v11
	MetaType scalar          `json:"meta_event_type"`
	SelfID   scalar          `json:"self_id"`
	Type     scalar          `json:"type"` // v12
	Detail   scalar          `json:"detail_type"`
	Echo     json.RawMessage `json:"echo"`
	Self     *self12         `json:"self"`
}

func (h head) meta() bool {
	return h.PostType == "meta_event" || h.PostType == "" && h.Type == "meta" && h.Detail != ""
}

// answer says that the frame answers an action and is no event.
func (h head) answer() bool { return h.PostType == "" && h.Detail == "" && len(h.Echo) > 0 }

// account is whose event it is, or "".
func (h head) account() string {
	if h.Self != nil {
		return string(h.Self.UserID)
	}
	return string(h.SelfID)
}

// mostRaw bounds what is kept of a frame that nobody understood.
const mostRaw = 64 << 10

// other is an event kept as it came. It has no ID of its own, so its bytes name it.
func other(raw []byte, group, groupName string, sender connector.Member, at time.Time) connector.Observation {
	sum := sha256.Sum256(raw)
	return connector.Observation{Kind: community.PlatformOther, Group: group, GroupName: groupName, Direct: group == "", Sender: sender,
		At: at, ID: "raw:" + hex.EncodeToString(sum[:12]), Raw: raw[:min(len(raw), mostRaw)]}
}

// cut shortens what an implementation said, which may be anything.
func cut(s string, most int) string {
	r := []rune(s)
	if len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
