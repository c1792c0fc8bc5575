package wechaty

import (
	"encoding/json"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

// mostEvent bounds the JSON of one event in bytes, mostTold the people that one
// event may name.
const (
	mostEvent = 1 << 20
	mostTold  = 1_000
)

// told is the JSON of an event; every kind uses some of it.
type told struct {
	MessageID string `json:"messageId"`
	ContactID string `json:"contactId"`

	RoomID    string   `json:"roomId"`
	Timestamp number   `json:"timestamp"`
	Invitees  []string `json:"inviteeIdList"`
	Inviter   string   `json:"inviterId"`
	Removees  []string `json:"removeeIdList"`
	Remover   string   `json:"removerId"`
	Changer   string   `json:"changerId"`
	NewTopic  string   `json:"newTopic"`
	OldTopic  string   `json:"oldTopic"`

	InvitationID string `json:"roomInvitationId"`
	FriendshipID string `json:"friendshipId"`

	Status int    `json:"status"`
	QRCode string `json:"qrcode"`

	PayloadType int    `json:"payloadType"`
	PayloadID   string `json:"payloadId"`
}

// number reads a JSON number of any size as far as it is a whole one; anything
// else is 0 and spoils nothing.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) == nil && f > 0 && f < 1<<53 {
		*n = number(f)
	}
	return nil
}

// parse reads an event's payload.
func parse(payload string) (told, error) {
	var t told
	if len(payload) > mostEvent {
		return t, community.Errorf(community.Invalid, "an event of %d bytes is longer than is allowed", len(payload))
	}
	if payload == "" {
		return t, nil
	}
	if err := json.Unmarshal([]byte(payload), &t); err != nil {
		return told{}, &community.Error{Code: community.Invalid, Text: "an event cannot be read", Err: err}
	}
	return t, nil
}

// unknown keeps an event that is not understood, in its room where it names one.
func unknown(e *puppet.EventResponse, heard time.Time) connector.Observation {
	t, _ := parse(e.GetPayload()) // what cannot be read names no room
	text := cut(e.GetPayload(), mostRaw)
	o := connector.Observation{Kind: community.PlatformOther, Group: cut(t.RoomID, mostID), At: moment(int64(t.Timestamp)),
		Raw: []byte(text), Data: map[string]string{"type": e.GetType().String()}}
	o.Direct = o.Group == ""
	if o.At.IsZero() {
		o.At = heard
	}
	return o
}

// happened turns comings, goings and a new name into observations, people with
// their IDs only.
func happened(kind puppet.EventType, t told, self string, heard time.Time) []connector.Observation {
	at := moment(int64(t.Timestamp))
	if at.IsZero() {
		at = heard
	}
	base := connector.Observation{Group: cut(t.RoomID, mostID), At: at}
	if base.Group == "" {
		return nil
	}
	var out []connector.Observation
	one := func(kind community.Kind, who, by string, data map[string]string) {
		o := base
		o.Kind, o.Data, o.Sender = kind, data, connector.Member{ID: cut(who, mostID)}
		if by != who {
			o.Operator = connector.Member{ID: cut(by, mostID)}
		}
		o.FromUs = self != "" && first(by, who) == self
		out = append(out, o)
	}
	switch kind {
	case puppet.EventType_EVENT_TYPE_ROOM_JOIN:
		for _, who := range t.Invitees[:min(len(t.Invitees), mostTold)] {
			data := map[string]string{}
			if t.Inviter != "" && t.Inviter != who {
				data["way"] = "invite"
			}
			one(community.MemberJoined, who, t.Inviter, data)
		}
	case puppet.EventType_EVENT_TYPE_ROOM_LEAVE:
		for _, who := range t.Removees[:min(len(t.Removees), mostTold)] {
			if who == self && self != "" {
				why := "removed"
				if t.Remover == "" || t.Remover == self {
					why = "left"
				}
				one(community.GroupGone, who, t.Remover, map[string]string{"why": why})
				continue
			}
			one(community.MemberLeft, who, t.Remover, nil)
		}
	case puppet.EventType_EVENT_TYPE_ROOM_TOPIC:
		one(community.GroupRenamed, t.Changer, "", map[string]string{"old": clean(t.OldTopic, mostName)})
		out[0].Text = clean(t.NewTopic, mostName)
	}
	return out
}

// traceOfChange is by what one of our own acts on a group is known again.
func traceOfChange(o connector.Observation) trace {
	t := trace{kind: o.Kind, where: o.Group, what: o.Sender.ID}
	if o.Kind == community.GroupRenamed {
		t.what = plain(o.Text)
	}
	return t
}
