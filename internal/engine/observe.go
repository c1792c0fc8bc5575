package engine

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
)

// runAccount keeps an account connected. A connector that gives up is started
// again after a pause that grows to a minute.
func (e *Engine) runAccount(ctx context.Context, a *account) {
	pause := time.Second
	var catching sync.WaitGroup
	defer catching.Wait()
	for ctx.Err() == nil {
		started := e.now()
		err := guard(func() error {
			return a.conn.Run(ctx, func(ctx context.Context, o ...connector.Observation) error {
				if err := e.observe(ctx, a, o, false); err != nil {
					return err
				}
				for _, g := range a.unheard(o) {
					if e.prompt {
						e.catchUpGroup(ctx, a, g, started)
						continue
					}
					catching.Go(func() { e.catchUpGroup(ctx, a, g, started) })
				}
				return nil
			})
		})
		if ctx.Err() != nil {
			return
		}
		if e.now().Sub(started) > time.Minute {
			pause = time.Second
		}
		e.log.Warn("account stopped; connecting again", "account", a.name, "network", a.network, "pause", pause, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, time.Minute)
	}
}

// observe puts observations into the log. It returns when they are on disk, or
// were there already.
func (e *Engine) observe(ctx context.Context, a *account, list []connector.Observation, backfilled bool) error {
	drafts := make([]store.Draft, 0, len(list))
	for i := range list {
		d, err := draftOf(a, &list[i])
		if err != nil {
			return err
		}
		if backfilled && e.now().Sub(list[i].At) > oldBackfill {
			d.Event.Origin = community.History
		}
		drafts = append(drafts, d)
	}
	_, err := e.db.Append(ctx, a.community, drafts...)
	return err
}

// draftOf turns an observation into a draft of an event.
func draftOf(a *account, o *connector.Observation) (store.Draft, error) {
	if o.Group == "" || o.Kind == "" || o.At.IsZero() {
		return store.Draft{}, community.Errorf(community.Invalid, "an observation of %s needs a group, a kind and a time", a.name)
	}
	at := o.At.Truncate(time.Millisecond)
	subject := store.Outside{ID: o.Sender.ID, Name: o.Sender.Name}
	operator := store.Outside{ID: o.Operator.ID, Name: o.Operator.Name}
	ev := community.Event{
		Kind: o.Kind, At: at, Content: o.Content, Mentions: len(o.Mentions), Source: a.name,
		Key: community.KeyParts{
			Kind: o.Kind, Network: a.network, Group: o.Group, ID: o.ID, Revision: o.Revision, Subject: name(o.Sender), Operator: name(o.Operator),
			Content: o.Text, Ordinal: o.Ordinal, At: at, TimeSafe: a.stable,
		}.Key(),
		Flags: flagsOf(o.Text, o.FromUs, o.MentionAll, o.ReplyTo != ""),
	}
	if a.stable {
		ev.Flags |= community.TimeInKey
	}
	data := maps.Clone(o.Data)
	set := func(k, v string) {
		if data == nil {
			data = map[string]string{}
		}
		data[k] = v
	}
	if o.ReplyTo != "" {
		set("reply_to", o.ReplyTo)
	}
	if o.ActionKey != (community.Key{}) {
		set("action", o.ActionKey.String())
	}
	ev.Body = &community.Body{Name: o.Sender.Name, Text: o.Text, MessageID: o.ID, Data: data, Raw: o.Raw}
	d := store.Draft{
		Event: ev, Network: a.network, Group: o.Group, GroupName: o.GroupName, Account: a.name,
		Subject: subject, Operator: operator,
	}
	for _, m := range o.Members {
		d.Targets = append(d.Targets, store.Outside{ID: m.ID, Name: m.Name})
	}
	for _, m := range o.Mentions {
		if m.ID != "" { // a name alone may be nobody's
			d.Targets = append(d.Targets, store.Outside{ID: m.ID, Name: m.Name})
		}
	}
	return d, nil
}

func name(m connector.Member) string {
	if m.ID != "" {
		return m.ID
	}
	return m.Name
}

// flagsOf are the facts of a text that stay when the text goes.
func flagsOf(text string, fromUs, all, reply bool) community.Flags {
	var f community.Flags
	if fromUs {
		f |= community.FromUs
	}
	if all {
		f |= community.MentionsAll
	}
	if reply {
		f |= community.Replies
	}
	if strings.Contains(text, "http://") || strings.Contains(text, "https://") {
		f |= community.HasLink
	}
	return f
}
