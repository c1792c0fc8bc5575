package wecom

import (
	"context"

	"qunying/community"
	"qunying/connector"
)

// Template is a welcome (入群欢迎语) that owners can choose for their groups in the
// client; WeCom then greets each newcomer itself. "%NICKNAME%" in Text becomes their
// name. One Part may go with it: image, link, mini-program, file or video.
type Template struct {
	ID     string
	Text   string
	Part   *community.Part
	Notify bool // tell the owners that there is a new one
}

const templates = "/cgi-bin/externalcontact/group_welcome_template/"

// templateBody makes the call's body of a template.
func (c *Client) templateBody(ctx context.Context, t Template) (map[string]any, error) {
	if t.Text == "" && t.Part == nil {
		return nil, connector.Because(connector.Empty, community.Errorf(community.Invalid, "the welcome is empty"))
	}
	if len(t.Text) > mostMassText {
		return nil, tooMany("bytes of a welcome", len(t.Text), mostMassText)
	}
	m := map[string]any{"agentid": c.agent, "notify": 0}
	if t.Notify {
		m["notify"] = 1
	}
	if t.Text != "" {
		m["text"] = map[string]string{"content": t.Text}
	}
	if t.Part != nil {
		kind, value, err := c.attachment(ctx, *t.Part)
		if err != nil {
			return nil, err
		}
		m[kind] = value
	}
	return m, nil
}

// AddTemplate stores a welcome and returns its ID. A corporation has up to a hundred.
func (c *Client) AddTemplate(ctx context.Context, t Template) (string, error) {
	m, err := c.templateBody(ctx, t)
	if err != nil {
		return "", err
	}
	var got struct {
		ID string `json:"template_id"`
	}
	err = c.act(ctx, templates+"add", m, &got)
	return got.ID, err
}

// ChangeTemplate replaces a welcome wherever it is chosen.
func (c *Client) ChangeTemplate(ctx context.Context, t Template) error {
	m, err := c.templateBody(ctx, t)
	if err != nil {
		return err
	}
	m["template_id"] = t.ID
	delete(m, "notify") // only of new ones
	return c.act(ctx, templates+"edit", m, nil)
}

// Template reads a welcome; the Part of one that has any has what WeCom tells of it.
func (c *Client) Template(ctx context.Context, id string) (Template, error) {
	type media struct {
		ID      string `json:"media_id"`
		Picture string `json:"pic_url"`
	}
	var got struct {
		Text struct{ Content string }
		Link *struct {
			Title, URL, Desc string
			Picture          string `json:"picurl"`
		}
		MiniProgram        *struct{ Title, AppID, Page string }
		Image, File, Video *media
	}
	if err := c.read(ctx, templates+"get", map[string]string{"template_id": id}, &got); err != nil {
		return Template{}, err
	}
	t := Template{ID: id, Text: got.Text.Content}
	switch {
	case got.Image != nil:
		t.Part = &community.Part{Content: community.Image, Media: got.Image.ID, URL: got.Image.Picture}
	case got.Link != nil:
		t.Part = &community.Part{Content: community.Link, Title: got.Link.Title, Picture: got.Link.Picture, Text: got.Link.Desc, URL: got.Link.URL}
	case got.MiniProgram != nil:
		t.Part = &community.Part{Content: community.MiniProgram, Title: got.MiniProgram.Title, URL: got.MiniProgram.AppID + "/" + got.MiniProgram.Page}
	case got.File != nil:
		t.Part = &community.Part{Content: community.File, Media: got.File.ID}
	case got.Video != nil:
		t.Part = &community.Part{Content: community.Video, Media: got.Video.ID}
	}
	return t, nil
}

// DeleteTemplate deletes a welcome; groups that chose it greet nobody any more.
func (c *Client) DeleteTemplate(ctx context.Context, id string) error {
	return c.act(ctx, templates+"del", map[string]any{"template_id": id, "agentid": c.agent}, nil)
}
