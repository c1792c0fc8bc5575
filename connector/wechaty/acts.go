package wechaty

import (
	"context"
	"errors"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

// actLimit is how long a gateway may take to do something.
const actLimit = 30 * time.Second

// ready is the connection, when somebody is signed in over it.
func (a *account) ready() (puppet.PuppetClient, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.client == nil:
		return nil, errOffline
	case a.who == "":
		return nil, errOut
	}
	return a.client, nil
}

// change does one thing whose trace among the events will carry the key. Where it
// is certain that nothing was done the trace is no longer waited for.
func (a *account) change(ctx context.Context, x *expected, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, actLimit)
	defer cancel()
	ctx, fate := withFate(ctx)
	err := a.gateway.failure(do(ctx), fate)
	var uncertain *connector.Uncertain
	if err != nil && !errors.As(err, &uncertain) {
		a.echoes.drop(x)
	}
	return err
}

// in makes sure that the account is in a group and, where only those may who run
// it, that we do.
func (a *account) in(ctx context.Context, group string, allowed func(room) bool) (puppet.PuppetClient, error) {
	client, err := a.ready()
	if err != nil {
		return nil, err
	}
	d := directory{client, a.names}
	if err := a.inside(ctx, d, group); err != nil {
		return nil, err
	}
	r, err := d.room(ctx, group)
	if err != nil {
		return nil, a.gateway.failure(err, nil)
	}
	if !allowed(r) {
		return nil, connector.Because(connector.NotAdmin, community.Errorf(community.Unsupported, "the account is neither owner nor administrator of this group").
			WithHint("make it an administrator in WeChat, or let a person do it there"))
	}
	return client, nil
}

// Recall takes one of our messages back, which WeChat allows for two minutes.
func (a *account) Recall(ctx context.Context, act connector.Action) error {
	if act.Message == "" {
		return connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "no message is named"))
	}
	client, err := a.ready()
	if err != nil {
		return err
	}
	x := a.echoes.expect(trace{kind: community.MessageRecalled, what: act.Message}, act.Key, true)
	refused := false
	err = a.change(ctx, x, func(ctx context.Context) error {
		answer, err := client.MessageRecall(ctx, &puppet.MessageRecallRequest{Id: act.Message})
		refused = err == nil && !answer.GetSuccess()
		return err
	})
	if refused {
		a.echoes.drop(x)
		return connector.Because(connector.TooLate, community.Errorf(community.Conflict, "WeChat did not take the message back").WithHint("it allows two minutes, and only for messages of one's own"))
	}
	return err
}

// Remove puts a member out.
func (a *account) Remove(ctx context.Context, act connector.Action) error {
	client, err := a.in(ctx, act.Group, a.runs)
	if err != nil {
		return err
	}
	x := a.echoes.expect(trace{community.MemberLeft, act.Group, act.Member}, act.Key, true)
	return a.change(ctx, x, func(ctx context.Context) error {
		_, err := client.RoomDel(ctx, &puppet.RoomDelRequest{Id: act.Group, ContactId: act.Member})
		return err
	})
}

// Announce sets the announcement. Gateways do not report announcements, so there
// is no trace to wait for.
func (a *account) Announce(ctx context.Context, act connector.Action) error {
	client, err := a.in(ctx, act.Group, a.runs)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, actLimit)
	defer cancel()
	ctx, fate := withFate(ctx)
	_, err = client.RoomAnnounce(ctx, &puppet.RoomAnnounceRequest{Id: act.Group, Text: &act.Text})
	return a.gateway.failure(err, fate)
}

// Rename gives the group another name.
func (a *account) Rename(ctx context.Context, act connector.Action) error {
	if plain(act.Text) == "" {
		return connector.Because(connector.Empty, community.Errorf(community.Invalid, "the new name is empty"))
	}
	client, err := a.in(ctx, act.Group, func(r room) bool { return r.members <= renameLimit || a.runs(r) })
	if err != nil {
		return err
	}
	x := a.echoes.expect(trace{community.GroupRenamed, act.Group, plain(act.Text)}, act.Key, true)
	return a.change(ctx, x, func(ctx context.Context) error {
		_, err := client.RoomTopic(ctx, &puppet.RoomTopicRequest{Id: act.Group, Topic: &act.Text})
		return err
	})
}

// Invite brings a contact in, or invites them where the group is past the size up
// to which WeChat asks nobody.
func (a *account) Invite(ctx context.Context, act connector.Action) error {
	client, err := a.in(ctx, act.Group, func(room) bool { return true })
	if err != nil {
		return err
	}
	x := a.echoes.expect(trace{community.MemberJoined, act.Group, act.Member}, act.Key, true)
	return a.change(ctx, x, func(ctx context.Context) error {
		_, err := client.RoomAdd(ctx, &puppet.RoomAddRequest{Id: act.Group, ContactId: act.Member})
		return err
	})
}

// Answer accepts an invitation of our account. To refuse one is to leave it
// unanswered: WeChat has nothing else. Requests to join a group reach no gateway.
func (a *account) Answer(ctx context.Context, act connector.Action, yes bool) error {
	if act.Group != "" {
		return connector.Because(connector.NotOffered, community.Errorf(community.Unsupported, "a gateway does not see who asks to join a group").WithHint("the owner answers in WeChat"))
	}
	if act.Message == "" {
		return connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "no invitation is named"))
	}
	client, err := a.ready()
	if err != nil || !yes {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, actLimit)
	defer cancel()
	ctx, fate := withFate(ctx)
	_, err = client.RoomInvitationAccept(ctx, &puppet.RoomInvitationAcceptRequest{Id: act.Message})
	return a.gateway.failure(err, fate)
}

// runs says whether our account may do in a group what takes an administrator.
func (a *account) runs(r room) bool { return r.runs(a.self()) }
