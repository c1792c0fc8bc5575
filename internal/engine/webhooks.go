package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector/wire"
	"qunying/connector/wire/signed"
	"qunying/internal/store"
)

// webhookKey is the setting that holds what people typed about a webhook.
const webhookKey = "webhook/"

const (
	webhookBatch   = 100
	webhookTimeout = 15 * time.Second
	webhookPoll    = 5 * time.Second
	webhookRest    = 100 * time.Millisecond // after the log grew: what comes together is sent together
)

// Webhook sends what happens to somebody else's address, signed, in the order of
// the log, each event at least once (S117).
type Webhook struct {
	URL    string              `json:"url"`
	Secret string              `json:"secret"`           // sealed at rest
	Kinds  []community.Kind    `json:"kinds,omitempty"`  // none: all
	Groups []community.GroupID `json:"groups,omitempty"` // none: all
	Bare   bool                `json:"bare"`             // without names and texts
	Paused bool                `json:"paused"`

	Removed bool `json:"removed,omitempty"`
}

// WebhookState is a webhook with how it is doing.
type WebhookState struct {
	Name    string
	Version int64
	Webhook               // Secret is empty
	Cursor  community.Seq // everything up to here was delivered
	Head    community.Seq
	Error   string    // of the last attempt, "" after a good one
	Tried   time.Time // the last attempt since the start
	Fails   int       // in a row
}

// posting is the running side of a webhook.
type posting struct {
	cancel context.CancelFunc
	wake   chan struct{}

	error string
	tried time.Time
	fails int
}

type postingKey struct {
	community community.ID
	name      string
}

func webhookLoop(name string) store.Loop { return store.Loop(webhookKey + name) }

// Webhooks lists those of a community by name, without secrets.
func (e *Engine) Webhooks(ctx context.Context, c community.ID) ([]WebhookState, error) {
	var list []WebhookState
	err := e.db.Read(ctx, func(q store.Querier) error {
		set, err := store.SettingsUnder(ctx, q, c, webhookKey)
		if err != nil {
			return err
		}
		head, err := store.Head(ctx, q, c)
		if err != nil {
			return err
		}
		for _, s := range set {
			w := WebhookState{Name: strings.TrimPrefix(s.Key, webhookKey), Version: s.Version, Head: head}
			if err := json.Unmarshal([]byte(s.Value), &w.Webhook); err != nil {
				return fmt.Errorf("setting %s: %w", s.Key, err)
			}
			if w.Removed {
				continue
			}
			w.Secret = ""
			if w.Cursor, err = store.Cursor(ctx, q, c, webhookLoop(w.Name)); err != nil {
				return err
			}
			list = append(list, w)
		}
		return nil
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range list {
		if p := e.postings[postingKey{c, list[i].Name}]; p != nil {
			list[i].Error, list[i].Tried, list[i].Fails = p.error, p.tried, p.fails
		}
	}
	return list, err
}

// SaveWebhook adds a webhook or changes it, as the version after based. A new one
// begins with what happens from now on. An empty secret stays as it was; a new
// webhook's is made up and returned, to be shown once.
func (e *Engine) SaveWebhook(ctx context.Context, c community.ID, name string, w Webhook, based int64, by community.StaffID) (made string, err error) {
	if !accountName.MatchString(name) {
		return "", community.Errorf(community.Invalid, "%q is not a name for a webhook", name).WithHint("use up to 40 small letters, digits and hyphens")
	}
	if u, err := url.Parse(w.URL); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", community.Errorf(community.Invalid, "the address of the webhook cannot be used").WithHint("write https://host/path, without name and password")
	}
	if e.sealer == nil {
		return "", community.Errorf(community.Unavailable, "there is no key file to keep secrets with")
	}
	var old Webhook
	var version int64
	if err := e.db.Read(ctx, func(q store.Querier) error {
		version, err = store.ReadSetting(ctx, q, c, 0, webhookKey+name, &old)
		return err
	}); err != nil {
		return "", err
	}
	if old.Removed && based == 0 {
		based = version // its name is free again
	}
	where := fmt.Sprintf("%d/%s%s", c, webhookKey, name)
	switch {
	case w.Secret != "":
		w.Secret = e.sealer.Seal(w.Secret, where)
	case old.Secret != "" && !old.Removed:
		w.Secret = old.Secret
	default:
		if made, err = generate("token"); err != nil {
			return "", err
		}
		w.Secret = e.sealer.Seal(made, where)
	}
	if err := e.SaveSetting(ctx, c, 0, webhookKey+name, w, based, by); err != nil {
		return "", err
	}
	if old.URL == "" || old.Removed {
		if err := e.SeekWebhook(ctx, c, name, -1, by); err != nil {
			return "", err
		}
	}
	return made, e.reloadWebhooks(ctx, c)
}

// RemoveWebhook ends a webhook.
func (e *Engine) RemoveWebhook(ctx context.Context, c community.ID, name string, based int64, by community.StaffID) error {
	if err := e.SaveSetting(ctx, c, 0, webhookKey+name, Webhook{Removed: true}, based, by); err != nil {
		return err
	}
	return e.reloadWebhooks(ctx, c)
}

// SeekWebhook sends everything after a place in the log again (or passes over
// what comes before it); -1 is the end of the log.
func (e *Engine) SeekWebhook(ctx context.Context, c community.ID, name string, after community.Seq, by community.StaffID) error {
	seek := func(tx *store.Tx) error {
		head, err := store.Head(ctx, tx, c)
		if err != nil {
			return err
		}
		if after < 0 || after > head {
			after = head
		}
		now, err := store.Cursor(ctx, tx, c, webhookLoop(name))
		if err != nil {
			return err
		}
		if err := tx.MoveCursor(c, webhookLoop(name), now, after); err != nil {
			return err
		}
		return tx.Audit(c, by, e.now().UnixMilli(), "webhook.seek", webhookKey+name, fmt.Sprint(now), fmt.Sprint(after))
	}
	err := store.ErrLost // while it delivers, the cursor moves
	for err != nil && errors.Is(err, store.ErrLost) && ctx.Err() == nil {
		err = e.db.Write(ctx, seek)
	}
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.postings[postingKey{c, name}]; p != nil {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// reloadWebhooks starts and ends webhooks as the settings say.
func (e *Engine) reloadWebhooks(ctx context.Context, c community.ID) error {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	e.mu.Lock()
	running := e.running
	for k, p := range e.postings {
		if k.community == c {
			p.cancel()
			delete(e.postings, k)
		}
	}
	e.mu.Unlock()
	if running == nil || e.passive {
		return nil
	}
	var set []store.Setting
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		set, err = store.SettingsUnder(ctx, q, c, webhookKey)
		return err
	}); err != nil {
		return err
	}
	for _, s := range set {
		var w Webhook
		if err := json.Unmarshal([]byte(s.Value), &w); err != nil {
			return fmt.Errorf("setting %s: %w", s.Key, err)
		}
		name := strings.TrimPrefix(s.Key, webhookKey)
		if w.Removed || w.Paused {
			continue
		}
		secret, err := e.sealer.Unseal(w.Secret, fmt.Sprintf("%d/%s", c, s.Key))
		if err != nil {
			e.log.Error("webhook could not be opened", "webhook", name, "err", err)
			continue
		}
		w.Secret = secret
		ctx, cancel := context.WithCancel(running)
		p := &posting{cancel: cancel, wake: make(chan struct{}, 1)}
		e.mu.Lock()
		e.postings[postingKey{c, name}] = p
		e.mu.Unlock()
		e.work.Go(func() { e.runWebhook(ctx, c, name, w, p) })
	}
	return nil
}

// runWebhook delivers until ctx ends. What fails is tried again, later and later,
// for as long as it takes: nothing is skipped, the log keeps it.
func (e *Engine) runWebhook(ctx context.Context, c community.ID, name string, w Webhook, p *posting) {
	appended, stop := e.db.Watch()
	defer stop()
	client := e.guard.Client(webhookTimeout)
	again := wire.Pause{First: time.Second, Most: 5 * time.Minute}
	for ctx.Err() == nil {
		more, err := e.deliver(ctx, client, c, name, w)
		if ctx.Err() != nil {
			return
		}
		e.mu.Lock()
		p.tried, p.error = e.now(), ""
		if err != nil {
			p.error = err.Error()
			p.fails++
		} else {
			p.fails = 0
		}
		e.mu.Unlock()
		wait := webhookPoll
		switch {
		case errors.Is(err, store.ErrLost):
			continue // somebody else delivers, or it was sought elsewhere
		case err != nil:
			if p.fails == 1 {
				e.log.Warn("webhook failed; it will be tried again", "webhook", name, "err", err)
			}
			wait = again.Next()
		default:
			again.Reset()
			if more {
				continue
			}
		}
		timer := time.NewTimer(wait)
		grown := appended
		if err != nil {
			grown = nil // more to deliver does not make it sooner
		}
		select {
		case <-ctx.Done():
		case <-p.wake:
		case <-grown:
			if !e.prompt {
				pause(ctx, webhookRest)
			}
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Posted is what a webhook is sent. docs/webhooks.md describes it.
type Posted struct {
	Webhook   string        `json:"webhook"`
	Community string        `json:"community"`
	After     community.Seq `json:"after"` // what was delivered before
	UpTo      community.Seq `json:"up_to"` // delivered once this is answered with 2xx
	Events    []PostedEvent `json:"events"`
}

// PostedEvent is one event of the log.
type PostedEvent struct {
	Seq      community.Seq     `json:"seq"`
	Key      string            `json:"key"` // the same for the same event, however often it is sent
	Kind     community.Kind    `json:"kind"`
	Origin   community.Origin  `json:"origin"`
	At       int64             `json:"at"`        // ms, the platform's time
	LoggedAt int64             `json:"logged_at"` // ms, ours
	Group    *PostedGroup      `json:"group,omitempty"`
	Sender   *PostedPerson     `json:"sender,omitempty"`
	Operator *PostedPerson     `json:"operator,omitempty"`
	Content  community.Content `json:"content,omitempty"`
	Text     string            `json:"text,omitempty"`
	ID       string            `json:"id,omitempty"` // the platform's ID of the message
	FromUs   bool              `json:"from_us,omitempty"`
	Data     map[string]string `json:"data,omitempty"`
}

// PostedGroup is a group as outsiders know it.
type PostedGroup struct {
	ID      community.GroupID `json:"id"`
	Network community.Network `json:"network"`
	Outside string            `json:"outside_id"`
	Name    string            `json:"name"`
}

// PostedPerson is somebody as outsiders know them.
type PostedPerson struct {
	Identity community.IdentityID `json:"identity"`
	Network  community.Network    `json:"network"`
	Outside  string               `json:"outside_id,omitempty"`
	Name     string               `json:"name,omitempty"` // as they were called then
}

// deliver sends the next events and moves the cursor past them.
func (e *Engine) deliver(ctx context.Context, client *http.Client, c community.ID, name string, w Webhook) (more bool, err error) {
	body := Posted{Webhook: name, Events: []PostedEvent{}}
	loop := webhookLoop(name)
	if err := e.db.Read(ctx, func(q store.Querier) error {
		if body.After, err = store.Cursor(ctx, q, c, loop); err != nil {
			return err
		}
		list, err := store.Communities(ctx, q)
		if err != nil {
			return err
		}
		for _, is := range list {
			if is.ID == c {
				body.Community = is.Slug
			}
		}
		events, err := store.Events(ctx, q, c, body.After, webhookBatch, true)
		if err != nil || len(events) == 0 {
			return err
		}
		more, body.UpTo = len(events) == webhookBatch, events[len(events)-1].Seq
		return body.fill(ctx, q, w, events)
	}); err != nil || body.UpTo == 0 {
		return false, err
	}
	if len(body.Events) > 0 {
		if err := e.db.Sync(ctx); err != nil { // nobody is told what a power cut could take back
			return false, err
		}
		if err := e.post(ctx, client, w, body); err != nil {
			return false, err
		}
	}
	return more, e.db.Write(ctx, func(tx *store.Tx) error { return tx.MoveCursor(c, loop, body.After, body.UpTo) })
}

// wants says whether an event is for a webhook.
func (w *Webhook) wants(ev *community.Event) bool {
	return (len(w.Kinds) == 0 || slices.Contains(w.Kinds, ev.Kind)) && (len(w.Groups) == 0 || slices.Contains(w.Groups, ev.Group))
}

func (p *Posted) fill(ctx context.Context, q store.Querier, w Webhook, events []community.Event) error {
	groups, people, err := aboutEvents(ctx, q, w, events)
	if err != nil {
		return err
	}
	for i := range events {
		ev := &events[i]
		if !w.wants(ev) {
			continue
		}
		out := PostedEvent{Seq: ev.Seq, Key: ev.Key.String(), Kind: ev.Kind, Origin: ev.Origin, At: ev.At.UnixMilli(), LoggedAt: ev.LoggedAt.UnixMilli(),
			Content: ev.Content, FromUs: ev.Flags&community.FromUs != 0}
		if ev.Group != 0 {
			g := groups[ev.Group]
			out.Group = &PostedGroup{ev.Group, g.Network, g.OutsideID, g.Name}
		}
		out.Sender, out.Operator = outsider(people, ev.Identity), outsider(people, ev.Operator)
		if ev.Body != nil {
			out.ID = ev.Body.MessageID
			if !w.Bare {
				out.Text, out.Data = ev.Body.Text, ev.Body.Data
				if out.Sender != nil && ev.Body.Name != "" {
					out.Sender.Name = ev.Body.Name
				}
			}
		}
		if w.Bare {
			for _, who := range []*PostedPerson{out.Sender, out.Operator} {
				if who != nil {
					who.Name, who.Outside = "", ""
				}
			}
		}
		p.Events = append(p.Events, out)
	}
	return nil
}

// aboutEvents reads where the events that a webhook wants happened, and to whom.
func aboutEvents(ctx context.Context, q store.Querier, w Webhook, events []community.Event) (groups map[community.GroupID]community.Group, people map[community.IdentityID]store.Identity, err error) {
	var where []community.GroupID
	var who []community.IdentityID
	for i := range events {
		if ev := &events[i]; w.wants(ev) {
			where, who = append(where, ev.Group), append(who, ev.Identity, ev.Operator)
		}
	}
	if len(where) == 0 {
		return nil, nil, nil
	}
	slices.Sort(where)
	slices.Sort(who)
	c := events[0].Community
	if groups, err = store.GroupsByID(ctx, q, c, slices.Compact(where)); err != nil {
		return nil, nil, err
	}
	people, err = store.Identities(ctx, q, c, slices.Compact(who))
	return groups, people, err
}

// outsider is somebody as outsiders know them, nil where it is nobody.
func outsider(people map[community.IdentityID]store.Identity, id community.IdentityID) *PostedPerson {
	i, ok := people[id]
	if !ok {
		return nil
	}
	p := &PostedPerson{Identity: id, Network: i.Network, Name: i.Name}
	if i.Group == 0 {
		p.Outside = i.Outside
	}
	return p
}

// post sends one signed request; only an answer of 2xx is good.
func (e *Engine) post(ctx context.Context, client *http.Client, w Webhook, body Posted) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(text))
	if err != nil {
		return community.Errorf(community.Invalid, "the address of the webhook cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Qunying-Webhook")
	signed.Sign(req.Header, text, e.now(), w.Secret)
	a, err := wire.Do(client, req)
	if err != nil {
		return err
	}
	if a.Status/100 != 2 {
		return community.Errorf(community.Unavailable, "the receiver answered %d", a.Status)
	}
	return nil
}
