package satori

import (
	"context"
	"maps"
	"time"

	"qunying/community"
	"qunying/connector"
)

// kinds are what Satori's events are to us. Others, and those whose parts are
// missing, are kept raw.
var kinds = map[string]community.Kind{
	"message-created":      community.MessagePosted,
	"message-updated":      community.MessageEdited,
	"message-deleted":      community.MessageRecalled,
	"guild-added":          community.MemberJoined, // we
	"guild-updated":        community.GroupRenamed,
	"guild-removed":        community.GroupGone,
	"guild-request":        community.GroupInvited,
	"guild-member-added":   community.MemberJoined,
	"guild-member-updated": community.MemberRenamed,
	"guild-member-removed": community.MemberLeft,
	"guild-member-request": community.MemberRequested,
	"channel-updated":      community.GroupRenamed,
	"channel-removed":      community.GroupGone,
	"reaction-added":       community.ReactionAdded,
}

// invitation marks the IDs of requests that guild.approve answers; those of
// guild.member.approve have no mark.
const invitation = "invitation:"

// place is a group that an event happened in.
type place struct {
	group, name string
	direct      bool
}

// places finds where an event happened; nowhere for what is not about a chat.
func (a *account) places(ctx context.Context, e *event) []place {
	if c := e.Channel; c != nil && c.ID != "" {
		if c.Type == directChannel {
			return []place{{direct: true}}
		}
		var g id
		var name string
		if e.Guild != nil {
			g, name = e.Guild.ID, e.Guild.Name
		}
		if g == "" {
			g = a.rooms.guildOf(c.ID)
		}
		a.rooms.see(g, c.ID)
		p := place{group: groupID(g, c.ID), name: nameOf(name, c.Name, g == c.ID || g == "")}
		if p.name != "" && kinds[e.Type] != community.GroupRenamed {
			a.rooms.call(p.group, p.name)
		}
		return []place{p}
	}
	if e.Guild == nil || e.Guild.ID == "" {
		return []place{{direct: true}}
	}
	if e.Type == "guild-request" { // we are not in it yet
		return []place{{group: groupID(e.Guild.ID, e.Guild.ID), name: e.Guild.Name}}
	}
	var out []place
	for _, g := range a.rooms.within(ctx, e.Guild.ID, a.now(), a.channels) {
		out = append(out, place{group: g})
	}
	return out
}

// nameOf a group: what its guild is called, and its channel where they differ.
func nameOf(guild, channel string, same bool) string {
	switch {
	case same || channel == "" || channel == guild:
		return first(guild, channel)
	case guild == "":
		return channel
	}
	return guild + " / " + channel
}

// translate makes observations of an event, one for each group that it is about.
func (a *account) translate(ctx context.Context, e *event) []connector.Observation {
	self := a.login()
	var out []connector.Observation
	for _, p := range a.places(ctx, e) {
		o := connector.Observation{Group: p.group, GroupName: p.name, Direct: p.direct, At: e.at(a.now()), Data: map[string]string{"platform": self.Platform}}
		o.Sender, o.Operator = e.people()
		o.FromUs = isUs(self, e)
		if k, ok := kinds[e.Type]; !ok || !a.fill(&o, e, k, self) {
			o = other(o, e)
		}
		if o.Direct && o.Sender.ID == "" {
			o.Sender = connector.Member{ID: string(self.User.ID), Name: self.User.Name}
		}
		out = append(out, o)
	}
	if e.Type == "guild-removed" && e.Guild != nil {
		a.rooms.forget(e.Guild.ID, "")
	}
	if e.Type == "channel-removed" && e.Channel != nil {
		a.rooms.forget(a.rooms.guildOf(e.Channel.ID), e.Channel.ID)
	}
	return out
}

// other keeps an event that nobody understands yet.
func other(o connector.Observation, e *event) connector.Observation {
	o.Kind, o.Raw = community.PlatformOther, e.raw
	o.Data["type"] = e.Type
	if e.Message != nil {
		o.Data["message"] = string(e.Message.ID)
	}
	if e.SN > 0 { // equal ones without an ID are told apart by their place in the stream
		o.Ordinal = int(e.SN)
	}
	return o
}

// people are whom an event is about and who did it, if somebody else.
func (e *event) people() (sender, operator connector.Member) {
	if e.User != nil {
		sender = connector.Member{ID: string(e.User.ID), Name: first(e.User.Nick, e.User.Name)}
	}
	if m := e.Member; m != nil {
		sender.Name = first(m.Nick, m.Name, sender.Name)
		if m.User != nil && sender.ID == "" {
			sender.ID, sender.Name = string(m.User.ID), first(sender.Name, m.User.Nick, m.User.Name)
		}
	}
	if e.Operator != nil && e.Operator.ID != "" && string(e.Operator.ID) != sender.ID {
		operator = connector.Member{ID: string(e.Operator.ID), Name: first(e.Operator.Nick, e.Operator.Name)}
	}
	return sender, operator
}

// isUs says whether our account did what an event tells.
func isUs(self login, e *event) bool {
	who := e.User
	if e.Operator != nil && e.Operator.ID != "" {
		who = e.Operator
	}
	return who != nil && who.ID == self.User.ID && who.ID != ""
}

// fill makes o an observation of kind k; false if the event lacks what that needs.
func (a *account) fill(o *connector.Observation, e *event, k community.Kind, self login) bool {
	o.Kind = k
	aboutUs := o.Sender.ID != "" && o.Sender.ID == string(self.User.ID)
	switch k {
	case community.MessagePosted, community.MessageEdited, community.MessageRecalled:
		return fillMessage(o, e, a.own)
	case community.MemberJoined:
		if e.Type == "guild-added" && !aboutUs { // user, if any, is who brought us in
			if o.Sender.ID != "" {
				o.Operator = o.Sender
			}
			o.Sender, o.FromUs = connector.Member{ID: string(self.User.ID), Name: self.User.Name}, false
		}
		return !o.Direct && o.Sender.ID != ""
	case community.MemberLeft:
		if aboutUs {
			o.Kind, o.Data["why"] = community.GroupGone, "removed"
			o.Sender = connector.Member{}
		}
		return !o.Direct && (aboutUs || o.Sender.ID != "")
	case community.MemberRenamed:
		return !o.Direct && o.Sender.ID != "" && e.Member != nil && first(e.Member.Nick, e.Member.Name) != ""
	case community.MemberRequested, community.GroupInvited:
		if e.Message == nil || e.Message.ID == "" || o.Direct {
			return false
		}
		o.ID, o.Text = string(e.Message.ID), e.said.text
		if k == community.GroupInvited {
			o.ID = invitation + o.ID
		}
		return true
	case community.GroupRenamed:
		return a.renamed(o, e)
	case community.GroupGone:
		o.Data["why"] = e.Type
		return !o.Direct
	case community.ReactionAdded:
		if e.Emoji == nil || e.Message == nil || o.Direct {
			return false
		}
		o.Text, o.Data["message"] = first(e.Emoji.Name, string(e.Emoji.ID)), string(e.Message.ID)
		return o.Sender.ID != ""
	}
	return false
}

// renamed says whether the event gives the group another name than it had, as far
// as we know it.
func (a *account) renamed(o *connector.Observation, e *event) bool {
	guild, channel := placeOf(o.Group)
	var name string
	switch {
	case o.Direct:
		return false
	case e.Type == "channel-updated" && e.Channel != nil:
		name = o.GroupName
	case e.Guild != nil && guild == channel: // the names of a guild's channels stay
		name = e.Guild.Name
	}
	if name == "" || !a.rooms.call(o.Group, name) {
		return false
	}
	o.Text, o.GroupName = name, name
	return true
}

func fillMessage(o *connector.Observation, e *event, own *own) bool {
	m := e.Message
	if m == nil || m.ID == "" {
		return false
	}
	o.ID = string(m.ID)
	switch o.Kind {
	case community.MessageRecalled:
		o.Data["message"] = o.ID
		return true
	case community.MessageEdited:
		o.Data["message"] = o.ID
		revision := m.UpdatedAt.millis()
		if revision.IsZero() {
			revision = o.At
		}
		o.Revision = revision.UTC().Format(time.RFC3339Nano)
	default:
		if o.Sender.ID == "" {
			return false
		}
		if t := m.CreatedAt.millis(); !t.IsZero() {
			o.At = t
		}
	}
	e.said.into(o)
	if e.said.odd {
		o.Raw = e.raw
	}
	if o.FromUs && o.Kind == community.MessagePosted && e.Channel != nil {
		o.ActionKey = own.match(e.Channel.ID, m.ID, o.Text)
	}
	return true
}

// into puts what was said into an observation.
func (s *said) into(o *connector.Observation) {
	o.Content, o.Text, o.Mentions, o.MentionAll, o.ReplyTo = s.content, s.text, s.mentions, s.all, s.replyTo
	maps.Copy(o.Data, s.data)
}
