package satori

import (
	"context"
	"errors"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Send posts a message. The protocol knows no idempotency, so an error after the
// request may have left is uncertain.
func (a *account) Send(ctx context.Context, act connector.Action) (connector.Receipt, error) {
	content, err := compose(act)
	if err != nil {
		return connector.Receipt{}, err
	}
	_, channel := placeOf(act.Group)
	if act.Direct {
		if channel, err = a.talk(ctx, act.Member); err != nil {
			return connector.Receipt{}, err
		}
	}
	if channel == "" {
		return connector.Receipt{}, connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "the message has no group"))
	}
	u := a.own.begin(channel, content, act.Key)
	var sent messages
	if err := a.call(ctx, messageCreate, params{"channel_id": channel, "content": content}, &sent); err != nil {
		var uncertain *connector.Uncertain
		if !errors.As(err, &uncertain) {
			a.own.sent(u)
		}
		return connector.Receipt{}, err
	}
	ids := []id{}
	for _, m := range sent {
		if m.ID != "" {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 { // arrived, but under which ID only its echo can tell
		return connector.Receipt{}, nil
	}
	a.own.sent(u, ids...)
	return connector.Receipt{MessageID: string(ids[0]), At: sent[0].CreatedAt.millis()}, nil
}

// messages are what message.create answers: a list, from some gateways just one.
type messages []message

func (m *messages) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		*m = make(messages, 1)
		return decode(b, &(*m)[0])
	}
	return decode(b, (*[]message)(m))
}

// talk finds the channel in which our account and somebody are alone.
func (a *account) talk(ctx context.Context, member string) (id, error) {
	if member == "" {
		return "", connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "the message is to nobody"))
	}
	a.mu.Lock()
	c := a.private[member]
	a.mu.Unlock()
	if c != "" {
		return c, nil
	}
	var x channel
	if err := a.call(ctx, privateCreate, params{"user_id": member}, &x); err != nil {
		return "", certain(err)
	}
	if x.ID == "" {
		return "", community.Errorf(community.Unavailable, "the gateway opened no talk with the member")
	}
	a.talks(member, x.ID)
	return x.ID, nil
}

// mostTalks bounds how many private channels are remembered.
const mostTalks = 10_000

func (a *account) talks(member string, c id) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.private == nil || len(a.private) >= mostTalks {
		a.private = map[string]id{}
	}
	a.private[member] = c
}

// Recall takes a message back.
func (a *account) Recall(ctx context.Context, act connector.Action) error {
	if act.Message == "" {
		return connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "there is no message named"))
	}
	_, c := placeOf(act.Group)
	return certain(a.call(ctx, messageDelete, params{"channel_id": c, "message_id": act.Message}, nil))
}

// Mute silences a member until act.Until, or lifts that; with no member the
// channel, without an end.
func (a *account) Mute(ctx context.Context, act connector.Action) error {
	g, c := placeOf(act.Group)
	duration := int64(0)
	if !act.Until.IsZero() {
		duration = max(int64(act.Until.Sub(a.now())/time.Millisecond), 0)
	}
	if act.Member == "" {
		return certain(a.call(ctx, channelMute, params{"channel_id": c, "guild_id": g, "enable": duration > 0}, nil))
	}
	return certain(a.call(ctx, memberMute, params{"guild_id": g, "user_id": act.Member, "duration": duration, "reason": act.Text}, nil))
}

// Remove puts a member out of the guild; they may come back.
func (a *account) Remove(ctx context.Context, act connector.Action) error {
	if act.Member == "" {
		return connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "there is no member named"))
	}
	g, _ := placeOf(act.Group)
	return certain(a.call(ctx, memberKick, params{"guild_id": g, "user_id": act.Member, "permanent": false}, nil))
}

// Rename gives the channel another name.
func (a *account) Rename(ctx context.Context, act connector.Action) error {
	if strings.TrimSpace(act.Text) == "" {
		return connector.Because(connector.Empty, community.Errorf(community.Invalid, "the new name is empty"))
	}
	_, c := placeOf(act.Group)
	return certain(a.call(ctx, channelUpdate, params{"channel_id": c, "data": params{"id": c, "name": act.Text}}, nil))
}

// Answer approves or refuses a request to join, or an invitation of our account.
func (a *account) Answer(ctx context.Context, act connector.Action, yes bool) error {
	method, request := memberApprove, act.Message
	if rest, ok := strings.CutPrefix(request, invitation); ok {
		method, request = guildApprove, rest
	}
	if request == "" {
		return connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "there is no request named"))
	}
	return certain(a.call(ctx, method, params{"message_id": request, "approve": yes, "comment": act.Text}, nil))
}
