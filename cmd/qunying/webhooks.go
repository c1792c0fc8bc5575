package main

import (
	"context"
	"slices"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
)

// webhooks shows the engine's webhooks to the API.
type webhooks struct{ *console }

func (c webhooks) Webhooks(ctx context.Context, id community.ID) (a api.WebhooksAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	list, err := c.engine.Webhooks(ctx, id)
	a.Webhooks = []api.WebhookView{}
	for _, w := range list {
		v := api.WebhookView{Name: w.Name, Version: w.Version, URL: w.URL, Kinds: []string{}, Groups: w.Groups, Bare: w.Bare, Paused: w.Paused,
			Cursor: w.Cursor, Behind: int64(w.Head - w.Cursor), TriedAt: milli(w.Tried), Fails: w.Fails, Error: w.Error}
		if v.Groups == nil {
			v.Groups = []community.GroupID{}
		}
		for _, k := range w.Kinds {
			v.Kinds = append(v.Kinds, string(k))
		}
		a.Webhooks = append(a.Webhooks, v)
	}
	return a, err
}

func (c webhooks) one(ctx context.Context, id community.ID, name string) (api.WebhookView, error) {
	list, err := c.Webhooks(ctx, id)
	if err != nil {
		return api.WebhookView{}, err
	}
	if i := slices.IndexFunc(list.Webhooks, func(w api.WebhookView) bool { return w.Name == name }); i >= 0 {
		return list.Webhooks[i], nil
	}
	return api.WebhookView{}, community.Errorf(community.NotFound, "there is no webhook %s", name)
}

func (c webhooks) SaveWebhook(ctx context.Context, id community.ID, by community.StaffID, name string, in api.WebhookInput) (a api.WebhookSavedAnswer, err error) {
	w := engine.Webhook{URL: in.URL, Secret: in.Secret, Groups: in.Groups, Bare: in.Bare, Paused: in.Paused}
	for _, k := range in.Kinds {
		w.Kinds = append(w.Kinds, community.Kind(k))
	}
	if a.Secret, err = c.engine.SaveWebhook(ctx, id, name, w, in.Version, by); err != nil {
		return a, err
	}
	a.Webhook, err = c.one(ctx, id, name)
	return a, err
}

func (c webhooks) RemoveWebhook(ctx context.Context, id community.ID, by community.StaffID, name string, version int64) error {
	if _, err := c.one(ctx, id, name); err != nil {
		return err
	}
	return c.engine.RemoveWebhook(ctx, id, name, version, by)
}

func (c webhooks) Replay(ctx context.Context, id community.ID, by community.StaffID, name string, after community.Seq) (api.WebhookView, error) {
	if _, err := c.one(ctx, id, name); err != nil {
		return api.WebhookView{}, err
	}
	if err := c.engine.SeekWebhook(ctx, id, name, after, by); err != nil {
		return api.WebhookView{}, err
	}
	return c.one(ctx, id, name)
}
