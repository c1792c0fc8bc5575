package api

import (
	"context"

	"qunying/community"
)

// Webhooks tell other programs what happens.
type Webhooks interface {
	Webhooks(ctx context.Context, c community.ID) (WebhooksAnswer, error)
	// SaveWebhook fails with Conflict when in.Version is not the version in force.
	SaveWebhook(ctx context.Context, c community.ID, by community.StaffID, name string, in WebhookInput) (WebhookSavedAnswer, error)
	RemoveWebhook(ctx context.Context, c community.ID, by community.StaffID, name string, version int64) error
	// Replay sends everything after a place in the log again; -1 skips to its end.
	Replay(ctx context.Context, c community.ID, by community.StaffID, name string, after community.Seq) (WebhookView, error)
}

// WebhooksAnswer lists webhooks.
type WebhooksAnswer struct {
	Answer
	Webhooks []WebhookView `json:"webhooks"`
}

// WebhookView is a webhook and how it is doing.
type WebhookView struct {
	Name    string              `json:"name"`
	Version int64               `json:"version"`
	URL     string              `json:"url"`
	Kinds   []string            `json:"kinds" doc:"event kinds that are sent; none: all"`
	Groups  []community.GroupID `json:"groups" doc:"none: all"`
	Bare    bool                `json:"bare" doc:"without names and texts"`
	Paused  bool                `json:"paused"`
	Cursor  community.Seq       `json:"cursor" doc:"delivered up to here"`
	Behind  int64               `json:"behind"`
	TriedAt int64               `json:"tried_at"`
	Fails   int                 `json:"fails" doc:"in a row; it is tried for as long as it takes"`
	Error   string              `json:"error,omitempty"`
}

// WebhookInput is what people type about a webhook.
type WebhookInput struct {
	URL     string              `json:"url" minLength:"8" maxLength:"2000"`
	Secret  string              `json:"secret,omitempty" maxLength:"200" doc:"absent: as it was; of a new one, made up and shown once"`
	Kinds   []string            `json:"kinds,omitempty" maxItems:"100" doc:"absent: as it was, of a new one all"`
	Groups  []community.GroupID `json:"groups,omitempty" maxItems:"2000" doc:"absent: as it was, of a new one all"`
	Bare    bool                `json:"bare,omitempty" doc:"absent: as it was"`
	Paused  bool                `json:"paused,omitempty" doc:"absent: as it was"`
	Version int64               `json:"version" minimum:"0"`
}

// WebhookSavedAnswer is what was saved.
type WebhookSavedAnswer struct {
	Answer
	Webhook WebhookView `json:"webhook"`
	Secret  string      `json:"secret,omitempty" doc:"made up, and shown this once"`
}

// WebhookAnswer is one webhook.
type WebhookAnswer struct {
	Answer
	Webhook WebhookView `json:"webhook"`
}

// ReplayInput says from where on to send again.
type ReplayInput struct {
	After community.Seq `json:"after" minimum:"-1" doc:"0: everything; -1: skip to the end of the log"`
}

type InWebhook struct {
	InCommunity
	Webhook string `path:"webhook" maxLength:"40" pattern:"^[a-z0-9][a-z0-9-]*$"`
}

func (s *Server) webhooks(ctx context.Context, c call, _ *InCommunity) (WebhooksAnswer, error) {
	return s.needs.Webhooks.Webhooks(ctx, c.community.ID)
}

type saveWebhookInput struct {
	InWebhook
	RawBody []byte
	Body    WebhookInput
}

func (s *Server) saveWebhook(ctx context.Context, c call, in *saveWebhookInput) (WebhookSavedAnswer, error) {
	if err := keep(in.RawBody, func() (WebhookView, error) {
		all, err := s.needs.Webhooks.Webhooks(ctx, c.community.ID)
		return oneOf(all.Webhooks, err, func(w WebhookView) bool { return w.Name == in.Webhook })
	}, &in.Body); err != nil {
		return WebhookSavedAnswer{}, err
	}
	return s.needs.Webhooks.SaveWebhook(ctx, c.community.ID, c.visitor.staff.ID, in.Webhook, in.Body)
}

type removeWebhookInput struct {
	InWebhook
	Version int64 `query:"version" minimum:"1" required:"true"`
}

func (s *Server) removeWebhook(ctx context.Context, c call, in *removeWebhookInput) (Answer, error) {
	return Answer{}, s.needs.Webhooks.RemoveWebhook(ctx, c.community.ID, c.visitor.staff.ID, in.Webhook, in.Version)
}

type replayInput struct {
	InWebhook
	Body ReplayInput
}

func (s *Server) replay(ctx context.Context, c call, in *replayInput) (WebhookAnswer, error) {
	w, err := s.needs.Webhooks.Replay(ctx, c.community.ID, c.visitor.staff.ID, in.Webhook, in.Body.After)
	return WebhookAnswer{Webhook: w}, err
}
