package onebot

import (
	"context"
	"math"
	"net/url"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Actions that not every implementation of v11 has.
const (
	historyAction = "get_group_msg_history"
	noticeAction  = "_send_group_notice"
)

// sendsPerMinute is what accounts bear: one every 1.5 s.
const sendsPerMinute = 40

// Capabilities of a group where v12 is spoken: it can talk and list, the rest is
// for people. WeChat's own client mutes nobody and takes back nothing that another wrote.
func (a *account) Capabilities(group string) connector.Capabilities {
	m, h := connector.Machine, connector.Human
	c := connector.Capabilities{Read: m, Joins: m, Members: m, Send: m, Recall: m, RecallOwn: m, Rename: m, Mute: h, MuteAll: h, Remove: h,
		Announce: h, Invite: h, Approve: h, Backfill: connector.Nobody, SendsPerMin: sendsPerMinute,
		MemberLimit: a.rooms.rights(group).limit}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.platform == "wechat" {
		c.Recall, c.Mute, c.MuteAll = connector.Nobody, connector.Nobody, connector.Nobody
	}
	return c
}

// Send posts a message. Files of v12 are uploaded first.
func (a *account) Send(ctx context.Context, act connector.Action) (connector.Receipt, error) {
	if a.set.Version == "12" {
		parts, err := a.upload(ctx, act.Parts)
		if err != nil {
			return connector.Receipt{}, err
		}
		act.Parts = parts
	}
	action, params, err := a.dialect.message(act)
	if err != nil {
		return connector.Receipt{}, err
	}
	var got struct {
		MessageID scalar `json:"message_id"`
		Time      scalar `json:"time"`
	}
	if err := a.do(ctx, action, params, &got); err != nil {
		return connector.Receipt{}, err
	}
	a.sent.add(act.Group, string(got.MessageID), act.Key)
	at, _ := got.Time.time()
	return connector.Receipt{MessageID: string(got.MessageID), At: at}, nil
}

// upload gives every part an ID. It posts nothing, so a failure is certain.
func (a *account) upload(ctx context.Context, parts []community.Part) ([]community.Part, error) {
	out := append([]community.Part(nil), parts...)
	for i, p := range out {
		if p.Content == community.Link || p.Media != "" {
			continue
		}
		name := p.Name
		if name == "" {
			name = string(p.Content)
		}
		params := map[string]any{"name": name}
		switch {
		case len(p.Data) > 0:
			params["type"], params["data"] = "data", p.Data // JSON writes bytes as base64
		case p.URL != "":
			if u, err := url.Parse(p.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" {
				return nil, connector.Because(connector.NoContent, community.Errorf(community.Invalid, "the %s's address is not one of http", p.Content))
			}
			params["type"], params["url"] = "url", p.URL
		default:
			return nil, connector.Because(connector.NoContent, community.Errorf(community.Invalid, "the %s has neither bytes nor an address", p.Content))
		}
		var got struct {
			FileID scalar `json:"file_id"`
		}
		if err := a.learnFrom(ctx, "upload_file", params, &got); err != nil {
			return nil, err
		}
		out[i].Media = string(got.FileID)
	}
	return out, nil
}

// Recall takes a message back.
func (a *account) Recall(ctx context.Context, act connector.Action) error {
	id, err := a.dialect.id("message", act.Message)
	if err != nil {
		return err
	}
	action := "delete_msg"
	if a.set.Version == "12" {
		action = "delete_message"
	}
	return a.do(ctx, action, map[string]any{"message_id": id}, nil)
}

// Rename gives the group another name.
func (a *account) Rename(ctx context.Context, act connector.Action) error {
	if strings.TrimSpace(act.Text) == "" {
		return connector.Because(connector.Empty, community.Errorf(community.Invalid, "the new name is empty"))
	}
	return a.inGroup(ctx, "set_group_name", act.Group, map[string]any{"group_name": act.Text})
}

// inGroup does something to a group. params gets its ID.
func (a *account) inGroup(ctx context.Context, action, group string, params map[string]any) error {
	id, err := a.dialect.id("group", group)
	if err != nil {
		return err
	}
	params["group_id"] = id
	return a.do(ctx, action, params, nil)
}

func notAdmin(what string) error {
	return connector.Because(connector.NotAdmin, community.Errorf(community.Unsupported, "the account is no admin of the group, so it cannot %s", what).WithHint("make it an admin, or let a person do it"))
}

// keeper is an account of v11, which has what admins of groups do.
type keeper struct{ *account }

var (
	_ connector.Connector = (*keeper)(nil)
	_ connector.Muter     = (*keeper)(nil)
	_ connector.Remover   = (*keeper)(nil)
	_ connector.Announcer = (*keeper)(nil)
	_ connector.Approver  = (*keeper)(nil)
	_ connector.Historian = (*keeper)(nil)
)

// Capabilities follow what our account is in the group. While that is not known
// the machine may try.
func (k *keeper) Capabilities(group string) connector.Capabilities {
	r := k.rooms.rights(group)
	if r.role == "" {
		k.wonder(group)
	}
	m, admin := connector.Machine, connector.Machine
	if r.role == "member" {
		admin = connector.Human
	}
	c := connector.Capabilities{Read: m, Joins: m, Members: m, Send: m, Recall: admin, RecallOwn: m, Mute: admin, MuteAll: admin, Remove: admin,
		Announce: admin, Rename: admin, Approve: admin, Invite: connector.Human, Backfill: r.history,
		MemberLimit: r.limit, SendsPerMin: sendsPerMinute}
	if admin == connector.Machine {
		c.Announce = r.notices
	}
	return c
}

// wonder asks for our role where nobody has yet.
func (a *account) wonder(group string) {
	a.mu.Lock()
	r := a.run
	a.mu.Unlock()
	if r != nil && group != "" {
		r.wants(lookup{group: group})
	}
}

// Recall takes a message back. Without the rights of an admin only our own can be.
func (k *keeper) Recall(ctx context.Context, act connector.Action) error {
	if k.Capabilities(act.Group).Recall != connector.Machine && !k.sent.has(act.Group, act.Message) {
		return notAdmin("recall messages of others")
	}
	return k.account.Recall(ctx, act)
}

// Rename gives the group another name.
func (k *keeper) Rename(ctx context.Context, act connector.Action) error {
	if k.Capabilities(act.Group).Rename != connector.Machine {
		return notAdmin("rename it")
	}
	return k.account.Rename(ctx, act)
}

// longestMute is QQ's: 30 days, less a second.
const longestMute = 30*24*time.Hour - time.Second

// Mute silences a member or, with no Member, everybody, whom only lifting lets speak again.
func (k *keeper) Mute(ctx context.Context, act connector.Action) error {
	if k.Capabilities(act.Group).Mute != connector.Machine {
		return notAdmin("mute")
	}
	if act.Member == "" {
		return k.inGroup(ctx, "set_group_whole_ban", act.Group, map[string]any{"enable": !act.Until.IsZero()})
	}
	user, err := k.dialect.id("user", act.Member)
	if err != nil {
		return err
	}
	seconds := int64(0)
	if !act.Until.IsZero() {
		d := act.Until.Sub(k.now())
		if d <= 0 {
			return community.Errorf(community.Invalid, "the mute was to end before it began")
		}
		if d > longestMute {
			return connector.Because("mute_too_long", community.Errorf(community.Invalid, "nobody can be muted that long here").WithHint("at most 30 days"))
		}
		seconds = int64(math.Ceil(d.Seconds()))
	}
	return k.inGroup(ctx, "set_group_ban", act.Group, map[string]any{"user_id": user, "duration": seconds})
}

// Remove puts a member out.
func (k *keeper) Remove(ctx context.Context, act connector.Action) error {
	if k.Capabilities(act.Group).Remove != connector.Machine {
		return notAdmin("remove members")
	}
	user, err := k.dialect.id("user", act.Member)
	if err != nil {
		return err
	}
	return k.inGroup(ctx, "set_group_kick", act.Group, map[string]any{"user_id": user, "reject_add_request": false})
}

// Announce sets the announcement, an extension that many implementations have.
func (k *keeper) Announce(ctx context.Context, act connector.Action) error {
	switch can := k.Capabilities(act.Group).Announce; {
	case can != connector.Machine && k.rooms.rights(act.Group).notices != connector.Machine:
		return connector.Because(connector.NotOffered, community.Errorf(community.Unsupported, "the implementation cannot announce").WithHint("let a person do it in the client"))
	case can != connector.Machine:
		return notAdmin("announce")
	}
	if strings.TrimSpace(act.Text) == "" {
		return connector.Because(connector.Empty, community.Errorf(community.Invalid, "the announcement is empty"))
	}
	return k.inGroup(ctx, noticeAction, act.Group, map[string]any{"content": act.Text})
}

// Answer lets somebody in or not, or takes an invitation or not: the request's ID
// says which it is.
func (k *keeper) Answer(ctx context.Context, act connector.Action, yes bool) error {
	kind, flag, ok := strings.Cut(act.Message, ":")
	if kind != "invite" && k.Capabilities(act.Group).Approve != connector.Machine {
		return notAdmin("answer requests")
	}
	if !ok || flag == "" || kind != "add" && kind != "invite" {
		return community.Errorf(community.NotFound, "%q is no request of OneBot", cut(act.Message, 50))
	}
	params := map[string]any{"flag": flag, "sub_type": kind, "approve": yes}
	if !yes && act.Text != "" {
		params["reason"] = act.Text
	}
	return k.do(ctx, "set_group_add_request", params, nil)
}
