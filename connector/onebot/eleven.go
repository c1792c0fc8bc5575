package onebot

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
)

// eleven is OneBot v11.
type eleven struct{}

// event11 is every event of v11 that we read, with what the family of go-cqhttp
// added.
type event11 struct {
	Time        scalar          `json:"time"`
	SelfID      scalar          `json:"self_id"`
	PostType    scalar          `json:"post_type"`
	MessageType scalar          `json:"message_type"`
	NoticeType  scalar          `json:"notice_type"`
	RequestType scalar          `json:"request_type"`
	SubType     scalar          `json:"sub_type"`
	MessageID   scalar          `json:"message_id"`
	MessageSeq  scalar          `json:"message_seq"`
	GroupID     scalar          `json:"group_id"`
	GroupName   scalar          `json:"group_name"`
	UserID      scalar          `json:"user_id"`
	TargetID    scalar          `json:"target_id"`
	OperatorID  scalar          `json:"operator_id"`
	Message     json.RawMessage `json:"message"`
	RawMessage  scalar          `json:"raw_message"`
	Sender      sender11        `json:"sender"`
	Anonymous   *struct {
		ID   scalar `json:"id"`
		Name scalar `json:"name"`
	} `json:"anonymous"`
	Duration scalar `json:"duration"`
	CardOld  scalar `json:"card_old"`
	CardNew  scalar `json:"card_new"`
	NameNew  scalar `json:"name_new"`
	Comment  scalar `json:"comment"`
	Flag     scalar `json:"flag"`
	IsAdd    *bool  `json:"is_add"`
	Likes    []struct {
		Emoji scalar `json:"emoji_id"`
	} `json:"likes"`
	Interval scalar `json:"interval"`
	Status   struct {
		Online *bool `json:"online"`
		Good   *bool `json:"good"`
	} `json:"status"`
}

type sender11 struct {
	Nickname scalar `json:"nickname"`
	Card     scalar `json:"card"`
	Role     scalar `json:"role"`
}

// called is the name in the group, else the account's.
func (s sender11) called() string {
	if s.Card != "" {
		return string(s.Card)
	}
	return string(s.Nickname)
}

func (eleven) id(what, id string) (any, error) { return whole(what, id) }

func (eleven) pulse(raw []byte, _ string) pulse {
	var e event11
	if json.Unmarshal(raw, &e) != nil {
		return pulse{}
	}
	p := pulse{self: e.SelfID.member(), interval: time.Duration(e.Interval.number()) * time.Millisecond, online: true, good: true}
	if e.Status.Online != nil {
		p.status, p.online = true, *e.Status.Online
	}
	if e.Status.Good != nil {
		p.status, p.good = true, *e.Status.Good
	}
	return p
}

func (eleven) observe(raw []byte, k known) []connector.Observation {
	var e event11
	if err := json.Unmarshal(raw, &e); err != nil {
		return []connector.Observation{other(raw, "", "", connector.Member{}, time.Time{})}
	}
	return e.observe(raw, k)
}

// observe translates one event. At is zero where the event has no time.
func (e event11) observe(raw []byte, k known) []connector.Observation {
	at, _ := e.Time.time()
	if k.self == "" {
		k.self = string(e.SelfID)
	}
	group := e.GroupID.member()
	o := connector.Observation{Group: group, GroupName: string(e.GroupName), Direct: group == "", At: at, Sender: e.member(e.UserID, k)}
	if o.GroupName == "" && group != "" {
		o.GroupName = k.group(group)
	}
	switch e.PostType {
	case "message", "message_sent":
		return e.posted(o, raw, k)
	case "notice":
		if many, ok := e.noticed(o, k); ok {
			return many
		}
	case "request":
		if e.Flag != "" && group != "" && (e.RequestType == "group" || e.RequestType == "") {
			return e.requested(o)
		}
	}
	return []connector.Observation{other(raw, group, o.GroupName, o.Sender, at)}
}

func (e event11) member(id scalar, k known) connector.Member {
	m := connector.Member{ID: id.member()}
	if m.ID == "" {
		return m
	}
	if id == e.UserID {
		m.Name = e.Sender.called()
	}
	if m.Name == "" {
		m.Name = k.member(e.GroupID.member(), m.ID)
	}
	return m
}

// posted is a message, of ours as well.
func (e event11) posted(o connector.Observation, raw []byte, k known) []connector.Observation {
	all, err := segments(e.Message)
	if err != nil || e.MessageID == "" {
		return []connector.Observation{other(raw, o.Group, o.GroupName, o.Sender, o.At)}
	}
	if len(e.Message) == 0 {
		all = parseCQ(string(e.RawMessage))
	}
	o.Kind, o.ID = community.MessagePosted, string(e.MessageID)
	o.Direct = e.MessageType == "private" || o.Group == ""
	if o.Direct {
		o.Group, o.GroupName = "", ""
	}
	o.FromUs = e.PostType == "message_sent" || k.self != "" && string(e.UserID) == k.self
	if a := e.Anonymous; a != nil && e.SubType == "anonymous" {
		o.Sender = connector.Member{ID: "anonymous:" + string(a.ID), Name: string(a.Name)}
	}
	fill(&o, all, func(id string) string { return k.member(o.Group, id) })
	return []connector.Observation{o}
}

// requested asks to be let in, or asks us in. The request's ID says what it is,
// because the answer must.
func (e event11) requested(o connector.Observation) []connector.Observation {
	o.Text = string(e.Comment)
	switch e.SubType {
	case "invite":
		o.Kind, o.ID = community.GroupInvited, "invite:"+string(e.Flag)
	default:
		o.Kind, o.ID = community.MemberRequested, "add:"+string(e.Flag)
	}
	return []connector.Observation{o}
}

// noticed is false for what is to be kept raw.
func (e event11) noticed(o connector.Observation, k known) ([]connector.Observation, bool) {
	by := e.member(e.OperatorID, k)
	if by.ID == o.Sender.ID {
		by = connector.Member{}
	}
	us := k.self != "" && o.Sender.ID == k.self
	one := func(kind community.Kind) ([]connector.Observation, bool) {
		o.Kind = kind
		return []connector.Observation{o}, true
	}
	switch e.NoticeType {
	case "friend_add":
		o.Group, o.GroupName, o.Direct = "", "", true
		return one(community.ContactAdded)
	case "group_recall", "friend_recall":
		if e.MessageID == "" {
			return nil, false
		}
		o.ID, o.Operator = string(e.MessageID), by
		o.Data = map[string]string{"message": string(e.MessageID)}
		o.FromUs = k.self != "" && (by.ID == k.self || by.ID == "" && us)
		return one(community.MessageRecalled)
	}
	if o.Group == "" {
		return nil, false
	}
	switch e.NoticeType {
	case "group_increase":
		o.FromUs = us
		o.Data = map[string]string{"way": string(e.SubType)}
		if e.SubType == "invite" {
			o.Operator = by
		} else if by.ID != "" { // who approved invited nobody
			o.Data["approved_by"] = by.ID
		}
		return one(community.MemberJoined)
	case "group_decrease":
		return e.left(o, by, us), true
	case "group_ban":
		o.Operator = by
		o.FromUs = k.self != "" && by.ID == k.self
		if e.SubType != "lift_ban" {
			o.Data = map[string]string{"until": strconv.FormatInt(e.mutedUntil(o.At).UnixMilli(), 10)}
		}
		return one(community.MemberMuted)
	case "group_card":
		o.Sender.Name = string(e.CardNew)
		if o.Sender.Name == "" { // taken away: the account's own name shows again
			return nil, false
		}
		o.Data = map[string]string{"old": string(e.CardOld)}
		return one(community.MemberRenamed)
	case "notify":
		if e.SubType == "group_name" && e.NameNew != "" {
			o.Text, o.GroupName = string(e.NameNew), string(e.NameNew)
			return one(community.GroupRenamed)
		}
	case "group_msg_emoji_like":
		return e.liked(o)
	}
	return nil, false
}

func (e event11) left(o connector.Observation, by connector.Member, us bool) []connector.Observation {
	switch {
	case e.SubType == "disband":
		o.Kind, o.Data = community.GroupGone, map[string]string{"why": "dissolved"}
	case e.SubType == "kick_me" || us && e.SubType == "kick":
		o.Kind, o.Data = community.GroupGone, map[string]string{"why": "removed"}
	case us:
		o.Kind, o.Data, o.FromUs = community.GroupGone, map[string]string{"why": "left"}, true
	default:
		o.Kind = community.MemberLeft
	}
	if e.SubType != "leave" {
		o.Operator = by
	}
	return []connector.Observation{o}
}

// mutedUntil is the end of a mute; that of a whole group has none, and reads as
// a hundred years.
func (e event11) mutedUntil(at time.Time) time.Time {
	seconds := e.Duration.number()
	if seconds <= 0 || seconds > 100*365*24*3600 {
		return at.AddDate(100, 0, 0)
	}
	return at.Add(time.Duration(seconds) * time.Second)
}

// liked is one reaction or several.
func (e event11) liked(o connector.Observation) ([]connector.Observation, bool) {
	if e.MessageID == "" || len(e.Likes) == 0 || e.IsAdd != nil && !*e.IsAdd {
		return nil, false
	}
	o.Kind, o.Data = community.ReactionAdded, map[string]string{"message": string(e.MessageID)}
	var out []connector.Observation
	for _, l := range e.Likes[:min(len(e.Likes), 20)] {
		o.Text = string(l.Emoji)
		out = append(out, o)
	}
	return out, true
}

// message posts segments to a group or to one person.
func (d eleven) message(a connector.Action) (string, map[string]any, error) {
	params := map[string]any{}
	action, what, to := "send_group_msg", "group", a.Group
	if a.Direct {
		action, what, to = "send_private_msg", "user", a.Member
	}
	id, err := d.id(what, to)
	if err != nil {
		return "", nil, err
	}
	params[what+"_id"] = id
	all, err := segments11(a)
	params["message"] = all
	return action, params, err
}

type outSegment struct {
	Type string         `json:"type"`
	Data map[string]any `json:"data"`
}

func segments11(a connector.Action) ([]outSegment, error) {
	var out []outSegment
	add := func(kind string, data map[string]any) { out = append(out, outSegment{kind, data}) }
	if a.ReplyTo != "" {
		add("reply", map[string]any{"id": a.ReplyTo})
	}
	if a.MentionAll {
		add("at", map[string]any{"qq": "all"})
	}
	for _, m := range a.Mentions {
		if m.ID != "" {
			add("at", map[string]any{"qq": m.ID})
		}
	}
	if text := a.Text; text != "" {
		if n := len(out); n > 0 && out[n-1].Type == "at" {
			text = " " + text
		}
		add("text", map[string]any{"text": text})
	}
	for _, p := range a.Parts {
		s, err := part11(p)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the message is empty").WithHint("write a text or attach something"))
	}
	return out, nil
}

func part11(p community.Part) (outSegment, error) {
	if p.Content == community.Link {
		return outSegment{"text", map[string]any{"text": linkText(p)}}, nil
	}
	kind, ok := map[community.Content]string{community.Image: "image", community.Sticker: "image", community.Voice: "record", community.Video: "video"}[p.Content]
	if !ok {
		return outSegment{}, connector.Because(connector.NoSuchForm, community.Errorf(community.Unsupported, "OneBot v11 posts no %s", p.Content).WithHint("send a link to it"))
	}
	file := p.URL
	switch {
	case len(p.Data) > 0:
		file = "base64://" + base64.StdEncoding.EncodeToString(p.Data)
	case p.Media != "":
		file = p.Media
	}
	// A path would make the implementation post any file of its machine.
	if file == "" || strings.HasPrefix(file, "file:") || strings.ContainsAny(file[:1], `/\.`) {
		return outSegment{}, connector.Because(connector.NoContent, community.Errorf(community.Invalid, "the %s has neither bytes nor an address", p.Content))
	}
	return outSegment{kind, map[string]any{"file": file}}, nil
}

// linkText is a link as text: cards of links are shown by few implementations,
// and dropped in silence by others.
func linkText(p community.Part) string {
	lines := []string{}
	for _, s := range []string{p.Title, p.Text, p.URL} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	return "\n" + strings.Join(lines, "\n")
}

// failure: 1400 to 1599 are HTTP's status codes, everything else is the
// implementation's own.
func (eleven) failure(code int64, said string) error {
	if code >= 1400 && code < 1600 {
		return ofStatus(int(code-1000), said)
	}
	if s := strings.ToLower(said); strings.Contains(s, "timeout") || strings.Contains(s, "timed out") || strings.Contains(s, "超时") {
		return &connector.Uncertain{Err: refusal("no_answer", community.Unavailable, "the implementation waited in vain for the platform", said, "")}
	}
	return refusal(connector.Declined, community.Forbidden, "the platform refused", said, "look whether the account may do this in the group, and whether it is restricted")
}

// ofStatus is what a status code of HTTP means, here and as a code of v11.
func ofStatus(status int, said string) error {
	switch {
	case status == 401 || status == 403:
		return refusal("refused", community.Forbidden, "the implementation refuses our token", said, "enter the same token here and there")
	case status == 404:
		return refusal("missing", community.Unsupported, "the implementation has no such action", said, "")
	case status == 429 || status == 503:
		return refusal(connector.Busy, community.Unavailable, "the implementation is busy", said, "")
	case status >= 500:
		return &connector.Uncertain{Err: refusal("failed", community.Unavailable, "the implementation failed", said, "")}
	}
	return refusal("failed", community.Invalid, "the implementation does not understand the action", said, "")
}

func refusal(reason string, code community.Code, text, said, hint string) error {
	said = cut(said, 200)
	if said != "" {
		text += ": " + said
	}
	return connector.Quoting(said, connector.Because(reason, &community.Error{Code: code, Text: text, Hint: hint}))
}
