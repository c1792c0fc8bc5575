package engine

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/internal/store"
)

// runAccount keeps an account connected. A connector that gives up is started
// again after a pause that grows to a minute.
func (e *Engine) runAccount(ctx context.Context, a *account) {
	pause := wire.Pause{}
	var catching sync.WaitGroup
	defer catching.Wait()
	for ctx.Err() == nil {
		started := e.now()
		a.handling(true)
		err := guard(func() error {
			return a.conn.Run(ctx, func(ctx context.Context, o ...connector.Observation) error {
				return e.hear(ctx, a, o, started, &catching)
			})
		})
		a.handling(false)
		if ctx.Err() != nil {
			return
		}
		if e.now().Sub(started) > time.Minute {
			pause.Reset()
		}
		if err == nil {
			err = errors.New("the connector stopped by itself")
		}
		e.log.Warn("account stopped; connecting again", "account", a.name, "network", a.network, "err", err)
		if err := e.gaveUp(ctx, a, err); err != nil && ctx.Err() == nil {
			e.log.Warn("the state of an account could not be written", "account", a.name, "err", err)
		}
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

// handling says whether what the platform sends can be taken.
func (a *account) handling(yes bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.handler = yes
}

// hear takes what a connector saw: it is on disk when hear returns nil.
func (e *Engine) hear(ctx context.Context, a *account, list []connector.Observation, started time.Time, catching *sync.WaitGroup) error {
	if err := e.observe(ctx, a, list, false); err != nil {
		return err
	}
	later := func(f func()) {
		if e.prompt {
			f()
			return
		}
		catching.Go(f)
	}
	for i := range list {
		if list[i].Kind != community.ConnectionChanged {
			continue
		}
		if list[i].Data["state"] == string(connector.Online) {
			at := list[i].At
			later(func() { e.cameOnline(ctx, a, at) })
		}
	}
	for _, g := range a.unheard(list) {
		later(func() { e.catchUpGroup(ctx, a, g, started) })
	}
	return nil
}

// unheard returns the groups of a batch that are logged and were not heard of
// since the start.
func (a *account) unheard(list []connector.Observation) (groups []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range list {
		if g := list[i].Group; g != "" && a.listens[g] && !a.heard[g] {
			a.heard[g] = true
			groups = append(groups, g)
		}
	}
	return groups
}

// observe puts observations into the log: those of groups that are logged, and
// what the connector tells of itself. It returns when they are on disk, or were
// there already.
func (e *Engine) observe(ctx context.Context, a *account, list []connector.Observation, backfilled bool) error {
	list, err := e.admit(ctx, a, list)
	if err != nil {
		return err
	}
	drafts := make([]store.Draft, 0, len(list))
	direct := false
	for i := range list {
		if list[i].Kind == community.ConnectionChanged {
			if err := e.connectionChanged(ctx, a, &list[i]); err != nil {
				return err
			}
			continue
		}
		d, err := draftOf(a, &list[i])
		if err != nil {
			return err
		}
		if backfilled && e.now().Sub(list[i].At) > oldBackfill {
			d.Event.Origin = community.History
		}
		direct = direct || list[i].Direct
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return nil
	}
	if direct && !a.directMarked.Load() {
		err = e.markDirect(ctx, a, drafts)
	} else {
		_, err = e.db.Append(ctx, a.community, drafts...)
	}
	if err != nil {
		return err
	}
	if !backfilled {
		a.count(list, e.now())
	}
	return nil
}

// count keeps the account's health.
func (a *account) count(list []connector.Observation, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range list {
		o := &list[i]
		if o.Kind == community.ConnectionChanged {
			continue
		}
		a.now.Heard++
		a.now.EventAt, a.now.Lag = now, max(0, now.Sub(o.At))
		if o.Kind == community.RosterTaken {
			a.rosters[o.Group] = now
		}
	}
}

// directGroup is the outside ID of the pseudo-group that holds what is said to
// an account alone.
func (a *account) directGroup() string { return "direct:" + a.name }

// markDirect logs the first private messages since the start, and marks their
// group.
func (e *Engine) markDirect(ctx context.Context, a *account, drafts []store.Draft) error {
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		done, err := tx.Append(a.community, drafts)
		if err != nil {
			return err
		}
		for i := range drafts {
			if drafts[i].Group == a.directGroup() {
				return tx.SetDirect(a.community, done[i].Group)
			}
		}
		return nil
	})
	if err == nil {
		a.directMarked.Store(true)
	}
	return err
}

// draftOf turns an observation into a draft of an event.
func draftOf(a *account, o *connector.Observation) (store.Draft, error) {
	group, groupName := o.Group, o.GroupName
	if o.Direct {
		group, groupName = a.directGroup(), a.name
	}
	if group == "" || o.Kind == "" || o.At.IsZero() {
		return store.Draft{}, community.Errorf(community.Invalid, "an observation of %s needs a group, a kind and a time", a.name)
	}
	at := o.At.Truncate(time.Millisecond)
	subject := store.Outside{ID: o.Sender.ID, Name: o.Sender.Name}
	operator := store.Outside{ID: o.Operator.ID, Name: o.Operator.Name}
	ev := community.Event{
		Kind: o.Kind, At: at, Content: o.Content, Mentions: len(o.Mentions), Source: a.name,
		Key: community.KeyParts{
			Kind: o.Kind, Network: a.network, Group: group, ID: o.ID, Revision: o.Revision, Subject: name(o.Sender), Operator: name(o.Operator),
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
		Event: ev, Network: a.network, Group: group, GroupName: groupName, Account: a.name,
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
