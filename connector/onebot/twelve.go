package onebot

import (
	"encoding/json"
	"time"

	"qunying/community"
	"qunying/connector"
)

// twelve is OneBot v12.
type twelve struct{}

// event12 is every event of v12 that we read.
type event12 struct {
	ID         scalar          `json:"id"`
	Time       scalar          `json:"time"`
	Type       scalar          `json:"type"`
	Detail     scalar          `json:"detail_type"`
	SubType    scalar          `json:"sub_type"`
	Self       self12          `json:"self"`
	MessageID  scalar          `json:"message_id"`
	Message    json.RawMessage `json:"message"`
	AltMessage scalar          `json:"alt_message"`
	GroupID    scalar          `json:"group_id"`
	UserID     scalar          `json:"user_id"`
	UserName   scalar          `json:"user_name"` // no part of the standard, but common
	OperatorID scalar          `json:"operator_id"`
	Interval   scalar          `json:"interval"`
	Status     *struct {
		Good bool `json:"good"`
		Bots []struct {
			Self   self12 `json:"self"`
			Online bool   `json:"online"`
		} `json:"bots"`
	} `json:"status"`
}

type self12 struct {
	Platform scalar `json:"platform"`
	UserID   scalar `json:"user_id"`
}

func (twelve) id(what, id string) (any, error) {
	if id == "" {
		return nil, community.Errorf(community.NotFound, "there is no %s without an ID", what)
	}
	return id, nil
}

func (twelve) pulse(raw []byte, self string) pulse {
	var e event12
	if json.Unmarshal(raw, &e) != nil {
		return pulse{}
	}
	p := pulse{interval: time.Duration(e.Interval.number()) * time.Millisecond, online: true, good: true}
	if e.Status == nil {
		return p
	}
	p.status, p.good, p.online = true, e.Status.Good, len(e.Status.Bots) == 0
	if len(e.Status.Bots) == 1 {
		p.self = string(e.Status.Bots[0].Self.UserID)
	}
	for _, b := range e.Status.Bots {
		if self == "" || string(b.Self.UserID) == self {
			p.online = p.online || b.Online
		}
	}
	return p
}

func (twelve) observe(raw []byte, k known) []connector.Observation {
	var e event12
	if err := json.Unmarshal(raw, &e); err != nil {
		return []connector.Observation{other(raw, "", "", connector.Member{}, time.Time{})}
	}
	at, _ := e.Time.time()
	if k.self == "" {
		k.self = string(e.Self.UserID)
	}
	group := string(e.GroupID)
	called := func(id scalar) connector.Member {
		m := connector.Member{ID: string(id)}
		if id == e.UserID {
			m.Name = string(e.UserName)
		}
		if m.ID != "" && m.Name == "" {
			m.Name = k.member(group, m.ID)
		}
		return m
	}
	o := connector.Observation{Group: group, Direct: group == "", At: at, ID: string(e.ID), Sender: called(e.UserID)}
	if group != "" {
		o.GroupName = k.group(group)
	}
	by := called(e.OperatorID)
	if by.ID == o.Sender.ID {
		by = connector.Member{}
	}
	if e.translate(&o, by, k) {
		return []connector.Observation{o}
	}
	kept := other(raw, group, o.GroupName, o.Sender, at)
	if e.ID != "" {
		kept.ID = string(e.ID)
	}
	return []connector.Observation{kept}
}

// translate is false for what is to be kept raw.
func (e event12) translate(o *connector.Observation, by connector.Member, k known) bool {
	us := k.self != "" && o.Sender.ID == k.self
	switch string(e.Type + "." + e.Detail) {
	case "message.group", "message.private":
		all, err := segments(e.Message)
		if err != nil || e.MessageID == "" || e.Detail == "group" && o.Group == "" {
			return false
		}
		o.Kind, o.ID, o.FromUs = community.MessagePosted, string(e.MessageID), us
		if e.Detail == "private" {
			o.Group, o.GroupName, o.Direct = "", "", true
		}
		fill(o, all, func(id string) string { return k.member(o.Group, id) })
	case "notice.group_message_delete", "notice.private_message_delete":
		if e.MessageID == "" {
			return false
		}
		o.Kind, o.ID, o.Operator = community.MessageRecalled, string(e.MessageID), by
		o.Data = map[string]string{"message": string(e.MessageID)}
		o.FromUs = k.self != "" && (by.ID == k.self || by.ID == "" && us)
	case "notice.group_member_increase":
		o.Kind, o.FromUs = community.MemberJoined, us
		if e.SubType != "" {
			o.Data = map[string]string{"way": string(e.SubType)}
		}
		if e.SubType == "invite" {
			o.Operator = by
		}
	case "notice.group_member_decrease":
		o.Kind = community.MemberLeft
		if e.SubType == "kick" {
			o.Operator = by
		}
		if us {
			o.Kind, o.Data = community.GroupGone, map[string]string{"why": "left"}
			if e.SubType == "kick" {
				o.Data["why"] = "removed"
			}
		}
	case "notice.friend_increase":
		o.Kind = community.ContactAdded
	case "notice.friend_decrease":
		o.Kind = community.ContactRemoved
	default:
		return false
	}
	return true
}

func (d twelve) message(a connector.Action) (string, map[string]any, error) {
	params := map[string]any{"detail_type": "group", "group_id": a.Group}
	if a.Direct {
		params = map[string]any{"detail_type": "private", "user_id": a.Member}
	}
	var out []outSegment
	add := func(kind string, data map[string]any) { out = append(out, outSegment{kind, data}) }
	if a.ReplyTo != "" {
		add("reply", map[string]any{"message_id": a.ReplyTo})
	}
	if a.MentionAll {
		add("mention_all", map[string]any{})
	}
	for _, m := range a.Mentions {
		if m.ID != "" {
			add("mention", map[string]any{"user_id": m.ID})
		}
	}
	if text := a.Text; text != "" {
		if a.MentionAll || len(a.Mentions) > 0 {
			text = " " + text
		}
		add("text", map[string]any{"text": text})
	}
	for _, p := range a.Parts {
		kind, ok := map[community.Content]string{community.Image: "image", community.Sticker: "image", community.Voice: "voice", community.Video: "video", community.File: "file"}[p.Content]
		switch {
		case p.Content == community.Link:
			add("text", map[string]any{"text": linkText(p)})
		case !ok:
			return "", nil, connector.Because(connector.NoSuchForm, community.Errorf(community.Unsupported, "OneBot v12 posts no %s", p.Content).WithHint("send a link to it"))
		case p.Media == "": // Send uploads first
			return "", nil, connector.Because(connector.NoContent, community.Errorf(community.Invalid, "the %s has neither bytes nor an address", p.Content))
		default:
			add(kind, map[string]any{"file_id": p.Media})
		}
	}
	if len(out) == 0 {
		return "", nil, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the message is empty").WithHint("write a text or attach something"))
	}
	params["message"] = out
	return "send_message", params, nil
}

// failure reads the codes of the standard by their thousands.
func (twelve) failure(code int64, said string) error {
	switch {
	case code == 10002:
		return refusal("missing", community.Unsupported, "the implementation has no such action", said, "")
	case code == 10004, code == 10005, code == 10007:
		return refusal(connector.NoSuchForm, community.Unsupported, "the implementation cannot send this", said, "")
	case code == 10101, code == 10102:
		return refusal("other_account", community.Invalid, "the implementation does not know which account is meant", said, "enter the account's ID as self_id")
	case code >= 10000 && code < 20000:
		return refusal("failed", community.Invalid, "the implementation does not understand the action", said, "")
	case code >= 35000 && code < 36000:
		return refusal(string(community.NotFound), community.NotFound, "there is nothing to do it to", said, "")
	case code >= 36000 && code < 37000: // "I am tired": it did not try
		return refusal(connector.Busy, community.Unavailable, "the implementation is busy", said, "")
	case code >= 20000 && code < 30000, code >= 33000 && code < 34000:
		return &connector.Uncertain{Err: refusal("failed", community.Unavailable, "the implementation failed", said, "")}
	case code >= 31000 && code < 33000:
		return refusal("failed", community.Unavailable, "the implementation cannot read or write its files", said, "")
	}
	return refusal(connector.Declined, community.Forbidden, "the platform refused", said, "look whether the account may do this in the group, and whether it is restricted")
}
