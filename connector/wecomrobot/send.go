package wecomrobot

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/url"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Send posts the text and the parts of an action, each as messages of their own
// with a pause between them; neighbouring links become one. When only some could
// be sent the error is *connector.Uncertain: a repeat would send those twice. The
// receipt is empty, because the platform gives messages no ID.
func (r *robot) Send(ctx context.Context, a connector.Action) (connector.Receipt, error) {
	if a.Direct {
		return connector.Receipt{}, community.Errorf(community.Unsupported, "a robot writes to its group only")
	}
	if a.Group != r.group {
		return connector.Receipt{}, community.Errorf(community.NotFound, "the robot is in another group")
	}
	pieces, err := compose(a)
	if err != nil {
		return connector.Receipt{}, err
	}
	for i, p := range pieces {
		if i > 0 {
			err = wait(ctx, r.gap)
		}
		if err == nil {
			err = r.say(ctx, p)
		}
		if err == nil {
			continue
		}
		var uncertain *connector.Uncertain
		if i > 0 && !errors.As(err, &uncertain) {
			err = &connector.Uncertain{Err: connector.Because(connector.Partly, &community.Error{Code: community.Unavailable, Text: "only the beginning of the message was sent", Err: err})}
		}
		return connector.Receipt{}, err
	}
	return connector.Receipt{}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// say sends one message, after its file where it has one, and notes whether the
// robot still exists.
func (r *robot) say(ctx context.Context, p piece) error {
	m := p.message
	if p.upload != nil {
		id, err := r.upload(ctx, p.kind, *p.upload)
		if err != nil {
			return err
		}
		m = message{"msgtype": p.kind, p.kind: message{"media_id": id}}
	}
	a, err := r.post(ctx, m)
	if err != nil {
		return err
	}
	err = r.failure(a)
	switch community.CodeOf(err) {
	case community.Forbidden:
		r.note(err)
	default:
		if err == nil {
			r.note(nil)
		}
	}
	return err
}

// upload gives the platform a file, for three days. Nobody sees it yet, so a
// repeat does no harm whatever became of the first.
func (r *robot) upload(ctx context.Context, kind string, p community.Part) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("media", fileName(p))
	if err == nil {
		_, err = file.Write(p.Data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return "", err
	}
	a, err := r.call(ctx, r.address("upload_media", url.Values{"type": {kind}}), form.FormDataContentType(), body.Bytes())
	var uncertain *connector.Uncertain
	if errors.As(err, &uncertain) {
		return "", uncertain.Err
	}
	if err != nil {
		return "", err
	}
	if err := r.failure(a); err != nil {
		if community.CodeOf(err) == community.Forbidden {
			r.note(err)
		}
		return "", err
	}
	if a.MediaID == "" {
		return "", community.Errorf(community.Unavailable, "the platform gave the file no ID")
	}
	return a.MediaID, nil
}

// users are the mentioned members' IDs.
func users(a connector.Action) []string {
	var ids []string
	for _, m := range a.Mentions {
		if m.ID != "" && !slices.Contains(ids, m.ID) {
			ids = append(ids, m.ID)
		}
	}
	if a.MentionAll {
		ids = append(ids, "@all")
	}
	return ids
}
