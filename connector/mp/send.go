package mp

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// Send writes to one person (a customer message, 客服消息). The platform allows it for
// a while after they did something, and a few times: 5 messages in 48 hours after
// they wrote, 3 in a minute after they followed, scanned or chose from the menu.
// Beyond that it is Forbidden. Text and each part are messages of their own; if a
// later one fails the error is Uncertain. The platform tells no IDs.
func (a *account) Send(ctx context.Context, act connector.Action) (connector.Receipt, error) {
	if !act.Direct || act.Group != "" {
		return connector.Receipt{}, community.Errorf(community.Unsupported, "an Official Account is in no groups")
	}
	if act.Member == "" {
		return connector.Receipt{}, connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "the message has no receiver"))
	}
	messages, err := a.messages(ctx, act)
	if err != nil {
		return connector.Receipt{}, err
	}
	for i, m := range messages {
		m["touser"] = act.Member
		var answer errcode
		err := a.post(ctx, "cgi-bin/message/custom/send", m, &answer)
		var uncertain *connector.Uncertain
		if err != nil && i > 0 && !errors.As(err, &uncertain) {
			return connector.Receipt{}, &connector.Uncertain{Err: connector.Because(connector.Partly, &community.Error{Code: community.Unavailable,
				Text: "only the beginning of the message was sent", Err: err})}
		}
		if err != nil {
			return connector.Receipt{}, err
		}
	}
	return connector.Receipt{}, nil
}

// mostParts bounds a message: each counts toward the platform's quota.
const mostParts = 4

// messages are what the platform takes for an action, uploads included.
func (a *account) messages(ctx context.Context, act connector.Action) ([]map[string]any, error) {
	var out []map[string]any
	if act.Text != "" {
		out = append(out, map[string]any{"msgtype": "text", "text": map[string]string{"content": act.Text}})
	}
	if len(act.Parts) > mostParts {
		return nil, connector.Because(connector.NoSuchForm, community.Errorf(community.Unsupported, "a message of more than %d parts would use up what the platform allows", mostParts))
	}
	for _, p := range act.Parts {
		m, err := a.message(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		return nil, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the message is empty"))
	}
	return out, nil
}

func (a *account) message(ctx context.Context, p community.Part) (map[string]any, error) {
	switch p.Content {
	case community.Image, community.Voice, community.Video:
		kind := string(p.Content)
		if p.Media == "" {
			if len(p.Data) == 0 {
				return nil, connector.Because(connector.NoContent, community.Errorf(community.Unsupported, "the platform takes no address of a file, only the file").WithHint("attach it"))
			}
			id, err := a.Upload(ctx, kind, p.Name, p.Data)
			if err != nil {
				return nil, err
			}
			p.Media = id
		}
		body := map[string]string{"media_id": p.Media}
		if p.Content == community.Video {
			body["title"], body["description"] = p.Title, p.Text
		}
		return map[string]any{"msgtype": kind, kind: body}, nil
	case community.Link:
		if p.URL == "" {
			return nil, connector.Because(connector.Incomplete, community.Errorf(community.Invalid, "the link has no address"))
		}
		article := map[string]string{"title": p.Title, "description": p.Text, "url": p.URL, "picurl": p.Picture}
		return map[string]any{"msgtype": "news", "news": map[string]any{"articles": []any{article}}}, nil
	}
	return nil, connector.Because(connector.NoSuchForm, community.Errorf(community.Unsupported, "an Official Account cannot send %q", p.Content))
}

// Typing shows them that an answer is being written, for a few seconds.
func (c *Client) Typing(ctx context.Context, openID string) error {
	var answer errcode
	return c.post(ctx, "cgi-bin/message/custom/typing", map[string]string{"touser": openID, "command": "Typing"}, &answer)
}

// mostUpload bounds a file in bytes: the platform's own limit for pictures and
// videos, the largest it takes.
const mostUpload = 10 << 20

// Upload lays a file down for three days and returns its media ID. kind is "image",
// "voice" or "video". What is uploaded twice is there twice, which harms nobody, so
// errors leave no doubt.
func (c *Client) Upload(ctx context.Context, kind, name string, data []byte) (string, error) {
	if len(data) > mostUpload {
		return "", connector.Because(connector.TooLarge, community.Errorf(community.Invalid, "the file is larger than %d MiB", mostUpload>>20))
	}
	if name == "" {
		name = map[string]string{"image": "image.jpg", "voice": "voice.mp3", "video": "video.mp4"}[kind]
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("media", name)
	if err != nil {
		return "", err
	}
	_, _ = file.Write(data) // a buffer takes all
	if err := w.Close(); err != nil {
		return "", err
	}
	var answer struct {
		errcode
		ID string `json:"media_id"`
	}
	err = c.withToken(ctx, &answer, func(token string) (wire.Answer, error) {
		address := c.address("cgi-bin/media/upload", url.Values{"access_token": {token}, "type": {kind}})
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(form.Bytes()))
		if err != nil {
			return wire.Answer{}, community.Errorf(community.Invalid, "the address cannot be read")
		}
		req.Header.Set("Content-Type", w.FormDataContentType())
		return wire.Do(c.http, req)
	})
	return answer.ID, certain(err)
}
