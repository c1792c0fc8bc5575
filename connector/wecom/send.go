package wecom

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// Lengths in bytes that WeCom bears.
const (
	mostAppText  = 2048 // of a message to staff or to a group of the app; more is cut by WeCom
	mostMassText = 4000 // of a welcome or a mass message
	mostParts    = 9
	mostMedia    = 20 << 20
)

// Send writes to a person (Direct) or to a group that the app created. With Message,
// the code of a welcome, it greets a new customer in the name of the employee who has
// them now: within twenty seconds, once. For customer groups see Propose.
func (a *Account) Send(ctx context.Context, x connector.Action) (connector.Receipt, error) {
	switch {
	case x.Direct && x.Message != "":
		return connector.Receipt{}, a.client.Welcome(ctx, x.Message, x.Text, x.Parts)
	case x.Direct && x.Member == "":
		return connector.Receipt{}, connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "the message has no receiver"))
	case x.Direct && outsider(x.Member):
		return connector.Receipt{}, unsupported("an app cannot write to a customer; an employee can")
	case x.Direct:
		return a.each(ctx, x, func(m map[string]any) (string, error) { return a.client.message(ctx, x.Member, m) })
	case x.Group == "":
		return connector.Receipt{}, connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "the message has no receiver"))
	case customerGroup(x.Group):
		return connector.Receipt{}, unsupported("WeCom lets nobody but an employee send to a customer group")
	}
	return a.each(ctx, x, func(m map[string]any) (string, error) {
		m["chatid"] = x.Group
		return "", a.client.act(ctx, "/cgi-bin/appchat/send", m, nil)
	})
}

// each sends the text and every part as a message of its own. What fails after
// something arrived leaves the whole uncertain.
func (a *Account) each(ctx context.Context, x connector.Action, send func(m map[string]any) (id string, err error)) (connector.Receipt, error) {
	var all []map[string]any
	if x.Text != "" {
		if n := len(x.Text); n > mostAppText {
			return connector.Receipt{}, connector.Because(connector.TooLong, community.Errorf(community.Invalid, "the text has %d bytes", n).WithHint(fmt.Sprintf("at most %d", mostAppText)))
		}
		all = append(all, map[string]any{"msgtype": "text", "text": map[string]string{"content": x.Text}})
	}
	for _, p := range x.Parts {
		m, err := a.client.appMessage(ctx, p)
		if err != nil {
			return connector.Receipt{}, err
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return connector.Receipt{}, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the message is empty"))
	}
	var ids []string
	for i, m := range all {
		id, err := send(m)
		if err != nil && i > 0 {
			return connector.Receipt{}, &connector.Uncertain{Err: connector.Because(connector.Partly, community.Errorf(community.Unavailable, "only %d of %d messages arrived: %v", i, len(all), err))}
		}
		if err != nil {
			return connector.Receipt{}, err
		}
		if id != "" {
			ids = append(ids, id)
		}
	}
	return connector.Receipt{MessageID: strings.Join(ids, ",")}, nil
}

// message sends an app's message to an employee and returns its ID.
func (c *Client) message(ctx context.Context, employee string, m map[string]any) (id string, err error) {
	m["touser"], m["agentid"] = employee, c.agent
	var got struct {
		ID      string `json:"msgid"`
		Invalid string `json:"invaliduser"`
	}
	if err := c.act(ctx, "/cgi-bin/message/send", m, &got); err != nil {
		return "", err
	}
	if got.Invalid != "" {
		return "", refusal(81013, "invaliduser")
	}
	return got.ID, nil
}

// Recall takes a message to a person back, within a day of its sending. Messages to
// groups have no ID by which they could be.
func (a *Account) Recall(ctx context.Context, x connector.Action) error {
	if x.Group != "" {
		return unsupported("WeCom's interface recalls nothing in groups")
	}
	if x.Message == "" {
		return connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "no message is named"))
	}
	for _, id := range strings.Split(x.Message, ",") {
		if err := a.client.act(ctx, "/cgi-bin/message/recall", map[string]string{"msgid": id}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Remove puts a member out of a group that the app created.
func (a *Account) Remove(ctx context.Context, x connector.Action) error {
	return a.changeAppChat(ctx, x, AppChatChange{ID: x.Group, Remove: []string{x.Member}})
}

// Invite brings an employee into a group that the app created.
func (a *Account) Invite(ctx context.Context, x connector.Action) error {
	return a.changeAppChat(ctx, x, AppChatChange{ID: x.Group, Add: []string{x.Member}})
}

// Rename gives a group that the app created another name.
func (a *Account) Rename(ctx context.Context, x connector.Action) error {
	if x.Text == "" {
		return connector.Because(connector.Empty, community.Errorf(community.Invalid, "the name is empty"))
	}
	return a.changeAppChat(ctx, x, AppChatChange{ID: x.Group, Name: x.Text})
}

func (a *Account) changeAppChat(ctx context.Context, x connector.Action, change AppChatChange) error {
	if x.Group == "" || customerGroup(x.Group) {
		return unsupported("WeCom has no interface for it in this group; the owner can do it in the client")
	}
	if change.Name == "" && x.Member == "" {
		return connector.Because(connector.Unnamed, community.Errorf(community.Invalid, "no member is named"))
	}
	return a.client.ChangeAppChat(ctx, change)
}

// appMessage makes an app's message of one part.
func (c *Client) appMessage(ctx context.Context, p community.Part) (map[string]any, error) {
	switch p.Content {
	case community.Text:
		return map[string]any{"msgtype": "text", "text": map[string]string{"content": p.Text}}, nil
	case community.Image, community.Voice, community.Video, community.File:
		media, err := c.mediaOf(ctx, p)
		if err != nil {
			return nil, err
		}
		return map[string]any{"msgtype": string(p.Content), string(p.Content): map[string]string{"media_id": media}}, nil
	case community.Link:
		return map[string]any{"msgtype": "news", "news": map[string]any{"articles": []map[string]string{
			{"title": p.Title, "description": p.Text, "url": p.URL, "picurl": p.Picture}}}}, nil
	}
	return nil, unsupported("an app cannot send " + string(p.Content))
}

// mediaOf returns the ID of a part's upload, making one of its bytes if needed.
func (c *Client) mediaOf(ctx context.Context, p community.Part) (string, error) {
	if p.Media != "" {
		return p.Media, nil
	}
	if len(p.Data) == 0 {
		return "", connector.Because(connector.NoContent, community.Errorf(community.Invalid, "the %s has neither bytes nor an upload", p.Content))
	}
	name := p.Name
	if name == "" {
		name = string(p.Content)
	}
	return c.Upload(ctx, string(p.Content), name, p.Data)
}

// Upload gives WeCom a file and returns its media ID, good for three days. kind is
// "image", "voice", "video" or "file".
func (c *Client) Upload(ctx context.Context, kind, name string, data []byte) (string, error) {
	var got struct {
		ID string `json:"media_id"`
	}
	err := c.upload(ctx, "/cgi-bin/media/upload", url.Values{"type": {kind}}, name, data, &got)
	return got.ID, err
}

// UploadPicture gives WeCom a picture and returns an address that lasts, for pages and
// previews shown inside WeCom.
func (c *Client) UploadPicture(ctx context.Context, name string, data []byte) (string, error) {
	var got struct {
		URL string `json:"url"`
	}
	err := c.upload(ctx, "/cgi-bin/media/uploadimg", nil, name, data, &got)
	return got.URL, err
}

// upload repeats nothing but what an expired token refused. An upload nobody uses
// does no harm, so its errors are certain.
func (c *Client) upload(ctx context.Context, path string, values url.Values, name string, data []byte, out any) error {
	if len(data) < 5 || len(data) > mostMedia {
		return connector.Because(connector.TooLarge, community.Errorf(community.Invalid, "the file has %d bytes", len(data)).WithHint("5 bytes to 20 MB"))
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", multipart.FileContentDisposition("media", name))
	header.Set("Content-Type", http.DetectContentType(data))
	part, err := form.CreatePart(header)
	if err != nil {
		return err
	}
	_, _ = part.Write(data) // to memory
	_ = form.Close()
	return certain(c.signed(ctx, path, func(q url.Values) error {
		token := q.Get("access_token")
		for k, v := range values {
			q[k] = v
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, wire.Join(c.base, path)+"?"+q.Encode(), bytes.NewReader(body.Bytes()))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", form.FormDataContentType())
		a, err := wire.Do(c.http, req)
		if err != nil {
			return err
		}
		return c.answered(a, token, out)
	}))
}

// Welcome greets a new customer by the code of the call that told of them.
func (c *Client) Welcome(ctx context.Context, code, text string, parts []community.Part) error {
	m, err := c.content(ctx, text, parts)
	if err != nil {
		return err
	}
	m["welcome_code"] = code
	return c.act(ctx, "/cgi-bin/externalcontact/send_welcome_msg", m, nil)
}

// content makes text and attachments of a message to customers.
func (c *Client) content(ctx context.Context, text string, parts []community.Part) (map[string]any, error) {
	if text == "" && len(parts) == 0 {
		return nil, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the message is empty"))
	}
	if n := len(text); n > mostMassText {
		return nil, connector.Because(connector.TooLong, community.Errorf(community.Invalid, "the text has %d bytes", n).WithHint(fmt.Sprintf("at most %d", mostMassText)))
	}
	if len(parts) > mostParts {
		return nil, tooMany("attachments", len(parts), mostParts)
	}
	m := map[string]any{}
	if text != "" {
		m["text"] = map[string]string{"content": text}
	}
	var list []map[string]any
	for _, p := range parts {
		kind, value, err := c.attachment(ctx, p)
		if err != nil {
			return nil, err
		}
		list = append(list, map[string]any{"msgtype": kind, kind: value})
	}
	if list != nil {
		m["attachments"] = list
	}
	return m, nil
}

// attachment makes what goes with a message to customers of a part. A mini-program's
// URL is its AppID, "/" and the page; its Media or Data the cover.
func (c *Client) attachment(ctx context.Context, p community.Part) (kind string, value map[string]string, err error) {
	switch p.Content {
	case community.Image:
		if p.URL != "" && p.Media == "" && len(p.Data) == 0 {
			return "image", map[string]string{"pic_url": p.URL}, nil
		}
	case community.Video, community.File:
	case community.Link:
		if p.Title == "" || len(p.Title) > 128 || len(p.Text) > 512 {
			return "", nil, connector.Because(connector.Incomplete, community.Errorf(community.Invalid, "the link's title or description has a wrong length").WithHint("1 to 128 and up to 512 bytes"))
		}
		return "link", map[string]string{"title": p.Title, "picurl": p.Picture, "desc": p.Text, "url": p.URL}, nil
	case community.MiniProgram:
		app, page, ok := strings.Cut(p.URL, "/")
		if !ok || p.Title == "" || len(p.Title) > 64 {
			return "", nil, connector.Because(connector.Incomplete, community.Errorf(community.Invalid, "the mini-program is not complete").WithHint("a title of up to 64 bytes, and AppID/page for its address"))
		}
		p.Content = community.Image // its cover
		cover, err := c.mediaOf(ctx, p)
		return "miniprogram", map[string]string{"title": p.Title, "pic_media_id": cover, "appid": app, "page": page}, err
	default:
		return "", nil, unsupported("a message to customers cannot carry " + string(p.Content))
	}
	media, err := c.mediaOf(ctx, p)
	return string(p.Content), map[string]string{"media_id": media}, err
}

// shanghai is where WeCom's days begin.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)
