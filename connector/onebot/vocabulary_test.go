package onebot_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the simulated implementation says and understands, in both versions.

func (m *implementation) event(at time.Time, kind string, extra map[string]any) []byte {
	base := map[string]any{"time": at.Unix(), "self_id": m.value(m.me()), "post_type": kind}
	if m.version == "12" {
		base = map[string]any{"id": "e" + m.number(), "time": float64(at.UnixMilli()) / 1000, "type": kind, "sub_type": "",
			"self": map[string]any{"platform": "qq", "user_id": m.me()}}
	}
	return m.with(extra, base)
}

func (m *implementation) metaConnect() any {
	if m.version == "12" {
		return json.RawMessage(m.event(time.Now(), "meta", map[string]any{"detail_type": "connect",
			"version": map[string]any{"impl": "sim", "version": "1", "onebot_version": "12"}, "self": nil}))
	}
	return json.RawMessage(m.event(time.Now(), "meta_event", map[string]any{"meta_event_type": "lifecycle", "sub_type": "connect"}))
}

func (m *implementation) statusUpdate(online bool) any {
	return json.RawMessage(m.event(time.Now(), "meta", map[string]any{"detail_type": "status_update", "self": nil, "status": m.statusData(online)}))
}

func (m *implementation) statusData(online bool) map[string]any {
	if m.version == "12" {
		return map[string]any{"good": true, "bots": []any{map[string]any{"self": map[string]any{"platform": "qq", "user_id": m.self}, "online": online}}}
	}
	return map[string]any{"online": online, "good": true}
}

func (m *implementation) heartbeat(online, good bool) any {
	if m.version == "12" {
		return json.RawMessage(m.event(time.Now(), "meta", map[string]any{"detail_type": "heartbeat", "self": nil, "interval": m.beat.Milliseconds()}))
	}
	return json.RawMessage(m.event(time.Now(), "meta_event", map[string]any{"meta_event_type": "heartbeat", "interval": m.beat.Milliseconds(),
		"status": map[string]any{"online": online, "good": good}}))
}

// keep records what happened in a group and returns its frame.
func (m *implementation) keep(group, id string, at time.Time, raw []byte) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.rooms[group]
	r.frames = append(r.frames, frame{at, id, raw})
	return raw
}

// said is a message of a member, who is in the group from then on.
func (m *implementation) said(group, member, text string, at time.Time) (id string, raw []byte) {
	id = m.number()
	m.mu.Lock()
	r := m.rooms[group]
	if !slices.Contains(r.members, member) {
		r.members = append(r.members, member)
	}
	m.mu.Unlock()
	if m.version == "12" {
		return id, m.keep(group, id, at, m.event(at, "message", map[string]any{"detail_type": "group", "group_id": group, "user_id": member, "message_id": id,
			"message": []any{map[string]any{"type": "text", "data": map[string]any{"text": text}}}, "alt_message": text}))
	}
	extra := map[string]any{"message_type": "group", "sub_type": "normal", "message_id": m.value(id), "message_seq": m.value(id), "group_id": m.value(group),
		"user_id": m.value(member), "anonymous": nil, "raw_message": text, "font": 0, "message": []any{map[string]any{"type": "text", "data": map[string]any{"text": text}}},
		"sender": map[string]any{"user_id": m.value(member), "nickname": member, "card": "", "role": "member"}}
	m.mu.Lock()
	asText := m.asText
	m.mu.Unlock()
	if asText {
		extra["message"] = strings.NewReplacer("&", "&amp;", "[", "&#91;", "]", "&#93;").Replace(text)
	}
	return id, m.keep(group, id, at, m.event(at, "message", extra))
}

// notice is one of v11.
func (m *implementation) notice(group, kind, sub, member string, at time.Time, extra map[string]any) []byte {
	all := map[string]any{"notice_type": kind, "group_id": m.value(group), "user_id": m.value(member)}
	if sub != "" {
		all["sub_type"] = sub
	}
	maps.Copy(all, extra)
	return m.keep(group, "", at, m.event(at, "notice", all))
}

// notice12 is one of v12.
func (m *implementation) notice12(group, detail, sub, member string, at time.Time, extra map[string]any) []byte {
	all := map[string]any{"detail_type": detail, "sub_type": sub, "group_id": group, "user_id": member}
	maps.Copy(all, extra)
	return m.keep(group, "", at, m.event(at, "notice", all))
}

func (m *implementation) joined(group, member, inviter string, at time.Time) []byte {
	m.mu.Lock()
	m.rooms[group].members = append(m.rooms[group].members, member)
	m.mu.Unlock()
	if m.version == "12" {
		return m.notice12(group, "group_member_increase", "invite", member, at, map[string]any{"operator_id": inviter})
	}
	return m.notice(group, "group_increase", "invite", member, at, map[string]any{"operator_id": m.value(inviter)})
}

func (m *implementation) left(group, member, remover string, at time.Time) []byte {
	sub, by := "leave", member
	if remover != "" {
		sub, by = "kick", remover
	}
	if m.version == "12" {
		return m.notice12(group, "group_member_decrease", sub, member, at, map[string]any{"operator_id": by})
	}
	return m.notice(group, "group_decrease", sub, member, at, map[string]any{"operator_id": m.value(by)})
}

func (m *implementation) recalled(group, message, member string, at time.Time) []byte {
	if m.version == "12" {
		return m.notice12(group, "group_message_delete", "recall", member, at, map[string]any{"operator_id": member, "message_id": message})
	}
	return m.notice(group, "group_recall", "", member, at, map[string]any{"operator_id": m.value(member), "message_id": m.value(message)})
}

// params of all actions, typed as strictly as the standard has them.
type params struct {
	GroupID    json.RawMessage `json:"group_id"`
	UserID     json.RawMessage `json:"user_id"`
	MessageID  json.RawMessage `json:"message_id"`
	MessageSeq json.RawMessage `json:"message_seq"`
	Detail     string          `json:"detail_type"`
	Message    []struct {
		Type string         `json:"type"`
		Data map[string]any `json:"data"`
	} `json:"message"`
	Duration  *int64 `json:"duration"`
	Enable    *bool  `json:"enable"`
	GroupName string `json:"group_name"`
	Content   string `json:"content"`
	Flag      string `json:"flag"`
	SubType   string `json:"sub_type"`
	Approve   *bool  `json:"approve"`
}

// id reads one as the version has it, "" where it is of the wrong kind.
func (m *implementation) id(raw json.RawMessage) string {
	if m.version == "11" {
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// codes of failures by version.
func (m *implementation) code(eleven, twelve int) int {
	if m.version == "12" {
		return twelve
	}
	return eleven
}

// act does what an action asks for.
func (m *implementation) act(q simRequest) (data any, code int, said string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.touch()
	m.requests = append(m.requests, q)
	var p params
	if len(q.Params) > 0 && json.Unmarshal(q.Params, &p) != nil {
		return nil, m.code(1400, 10003), "the parameters are of the wrong kind"
	}
	if m.lacks[q.Action] {
		return nil, m.code(1404, 10002), "no such action"
	}
	switch q.Action {
	case "get_login_info":
		return map[string]any{"user_id": m.value(m.self), "nickname": "Bot"}, 0, ""
	case "get_self_info":
		return map[string]any{"user_id": m.self, "user_name": "Bot", "user_displayname": ""}, 0, ""
	case "get_status":
		return m.statusData(true), 0, ""
	case "get_version_info":
		return map[string]any{"app_name": "sim", "app_version": "1.0", "protocol_version": "v11"}, 0, ""
	case "get_version":
		return map[string]any{"impl": "sim", "version": "1.0", "onebot_version": "12"}, 0, ""
	case "get_group_list":
		var out []any
		for _, id := range slices.Sorted(maps.Keys(m.rooms)) {
			out = append(out, map[string]any{"group_id": m.value(id), "group_name": m.rooms[id].name, "member_count": len(m.rooms[id].members), "max_member_count": 200})
		}
		return out, 0, ""
	case "send_private_msg":
		m.posted["@"+m.id(p.UserID)] = append(m.posted["@"+m.id(p.UserID)], textOf(p))
		m.lastID++
		return map[string]any{"message_id": m.lastID}, 0, ""
	case "set_group_add_request":
		if p.Flag == "" || p.Approve == nil || p.SubType != "add" && p.SubType != "invite" {
			return nil, 1400, "flag, sub_type and approve are needed"
		}
		return nil, 0, ""
	case "upload_file":
		return map[string]any{"file_id": "file-1"}, 0, ""
	case "get_image":
		var is struct {
			File string `json:"file"`
		}
		_ = json.Unmarshal(q.Params, &is) // an unknown file is answered below
		data := map[string]any{"file": "/data/cache/" + is.File}
		switch is.File {
		case "again.png":
			data["url"] = "https://e.com/again"
		case "inline.png":
			data["base64"] = "cGljdHVyZQ=="
		}
		return data, 0, ""
	}
	return m.actInGroup(q, p)
}

func textOf(p params) (text string) {
	for _, s := range p.Message {
		if t, ok := s.Data["text"].(string); ok && s.Type == "text" {
			text += t
		}
	}
	return text
}

func (m *implementation) actInGroup(q simRequest, p params) (data any, code int, said string) {
	if q.Action == "delete_msg" || q.Action == "delete_message" {
		if m.id(p.MessageID) == "" {
			return nil, m.code(1400, 10003), "message_id"
		}
		return nil, 0, ""
	}
	group := m.id(p.GroupID)
	r := m.rooms[group]
	switch q.Action {
	case "send_group_msg", "send_message", "get_group_member_list", "get_group_member_info", "get_group_msg_history", "set_group_kick",
		"set_group_ban", "set_group_whole_ban", "set_group_name", "_send_group_notice":
	default:
		return nil, m.code(1404, 10002), "no such action"
	}
	if group == "" {
		return nil, m.code(1400, 10003), "group_id"
	}
	if r == nil {
		return nil, m.code(100, 35001), "there is no such group"
	}
	switch q.Action {
	case "send_group_msg", "send_message":
		if m.fail > 0 {
			m.fail--
			return nil, m.code(1503, 36000), "not now"
		}
		m.lastID++
		m.posted[group] = append(m.posted[group], textOf(p))
		return map[string]any{"message_id": m.value(strconv.Itoa(m.lastID)), "time": float64(1_700_000_000)}, 0, ""
	case "get_group_member_list":
		out := []any{}
		for _, id := range r.members {
			out = append(out, m.member(r, id))
		}
		return out, 0, ""
	case "get_group_member_info":
		return m.member(r, m.id(p.UserID)), 0, ""
	case "get_group_msg_history":
		return m.history(r, m.id(p.MessageSeq)), 0, ""
	}
	if r.role == "member" {
		return nil, 102, "the account is no admin"
	}
	if q.Action == "set_group_ban" && (p.Duration == nil || m.id(p.UserID) == "") || q.Action == "set_group_whole_ban" && p.Enable == nil {
		return nil, 1400, "duration, user_id or enable"
	}
	if q.Action == "set_group_name" {
		r.name = p.GroupName
	}
	return nil, 0, ""
}

func (m *implementation) member(r *simRoom, id string) map[string]any {
	role := "member"
	if id == m.self {
		role = r.role
	}
	if m.version == "12" {
		return map[string]any{"user_id": id, "user_name": id, "user_displayname": ""}
	}
	return map[string]any{"user_id": m.value(id), "nickname": id, "card": "", "role": role}
}

// history is a page of seven that ends with a message, or with the last.
func (m *implementation) history(r *simRoom, seq string) any {
	var all []json.RawMessage
	for _, f := range r.frames {
		if f.id == "" {
			continue
		}
		all = append(all, f.raw)
		if f.id == seq {
			break
		}
	}
	return map[string]any{"messages": all[max(0, len(all)-7):]}
}
