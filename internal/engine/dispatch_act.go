package engine

import (
	"context"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// graceful is a context for what is sent: when ctx ends it may finish.
func graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	sendCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, cancel) })
	return sendCtx, func() {
		stop()
		cancel()
	}
}

// act calls the ability that a kind of action needs.
func act(ctx context.Context, conn connector.Connector, k community.ActionKind, a connector.Action) (r connector.Receipt, err error) {
	missing := community.Errorf(community.Unsupported, "this connection cannot do %q", k)
	switch k {
	case community.Send:
		return conn.Send(ctx, a)
	case community.Recall:
		if c, ok := conn.(connector.Recaller); ok {
			return r, c.Recall(ctx, a)
		}
	case community.Mute, community.MuteAll:
		if c, ok := conn.(connector.Muter); ok {
			return r, c.Mute(ctx, a)
		}
	case community.Remove:
		if c, ok := conn.(connector.Remover); ok {
			return r, c.Remove(ctx, a)
		}
	case community.Announce:
		if c, ok := conn.(connector.Announcer); ok {
			return r, c.Announce(ctx, a)
		}
	case community.Rename:
		if c, ok := conn.(connector.Renamer); ok {
			return r, c.Rename(ctx, a)
		}
	case community.Invite:
		if c, ok := conn.(connector.Inviter); ok {
			return r, c.Invite(ctx, a)
		}
	case community.Approve, community.Refuse:
		if c, ok := conn.(connector.Approver); ok {
			return r, c.Answer(ctx, a, k == community.Approve)
		}
	}
	return r, missing
}

// translate puts an action into the platform's terms. named says that the member
// concerned is known by a name only.
func (e *Engine) translate(ctx context.Context, p *parcel) (a connector.Action, named bool, err error) {
	o := &p.Outgoing
	a = connector.Action{Key: o.Key, Kind: o.Kind, Group: p.group.OutsideID, Text: o.Text, Parts: o.Detail.Parts, MentionAll: o.Detail.MentionAll,
		ReplyTo: o.Detail.ReplyTo, Message: o.MessageID, Until: o.Until}
	if p.group.Direct {
		a.Direct, a.Group = true, ""
	}
	if o.Target == 0 && len(o.Detail.Mentions) == 0 {
		return a, false, nil
	}
	var who map[community.IdentityID]store.Identity
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		who, err = store.Identities(ctx, q, o.Community, append([]community.IdentityID{o.Target}, o.Detail.Mentions...))
		return err
	}); err != nil {
		return a, false, err
	}
	if t, ok := who[o.Target]; ok {
		a.Member, named = t.Outside, t.Group != 0 && aims(o.Kind)
	}
	for _, id := range o.Detail.Mentions {
		if m, ok := who[id]; ok && m.Group == 0 {
			a.Mentions = append(a.Mentions, connector.Member{ID: m.Outside, Name: m.Name})
		}
	}
	return a, named, nil
}

// aims says whether an action does something to its target.
func aims(k community.ActionKind) bool {
	return k == community.Mute || k == community.Remove || k == community.Invite
}
