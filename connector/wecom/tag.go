package wecom

import (
	"context"

	"qunying/community"
)

// TagGroup holds tags (企业标签) that employees put on their customers. There are none
// on groups.
type TagGroup struct {
	ID   string `json:"group_id"`
	Name string `json:"group_name"`
	Tags []Tag  `json:"tag"`
}

// Tag is one of them.
type Tag struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// Tags lists all tags.
func (c *Client) Tags(ctx context.Context) ([]TagGroup, error) {
	var got struct {
		Groups []TagGroup `json:"tag_group"`
	}
	err := c.read(ctx, "/cgi-bin/externalcontact/get_corp_tag_list", struct{}{}, &got)
	return got.Groups, err
}

// AddTags puts tags into the group with that name, which is made if there is none. It
// returns the group as it is then.
func (c *Client) AddTags(ctx context.Context, group string, names ...string) (TagGroup, error) {
	if err := between("the group's name", group, 1, 30); err != nil {
		return TagGroup{}, err
	}
	if len(names) == 0 {
		return TagGroup{}, community.Errorf(community.Invalid, "no tag is named")
	}
	var tags []Tag
	for _, n := range names {
		if err := between("the tag "+n, n, 1, 30); err != nil {
			return TagGroup{}, err
		}
		tags = append(tags, Tag{Name: n})
	}
	var got struct {
		Group TagGroup `json:"tag_group"`
	}
	err := c.act(ctx, "/cgi-bin/externalcontact/add_corp_tag", map[string]any{"group_name": group, "tag": tags, "agentid": c.agent}, &got)
	return got.Group, err
}

// RenameTag gives a tag or a group of tags another name.
func (c *Client) RenameTag(ctx context.Context, id, name string) error {
	if err := between("the name", name, 1, 30); err != nil {
		return err
	}
	return c.act(ctx, "/cgi-bin/externalcontact/edit_corp_tag", map[string]any{"id": id, "name": name, "agentid": c.agent}, nil)
}

// DeleteTags deletes tags, and groups of them with what they hold, from all customers.
func (c *Client) DeleteTags(ctx context.Context, tags, groups []string) error {
	if len(tags)+len(groups) == 0 {
		return community.Errorf(community.Invalid, "no tag is named")
	}
	return c.act(ctx, "/cgi-bin/externalcontact/del_corp_tag", map[string]any{"tag_id": tags, "group_id": groups, "agentid": c.agent}, nil)
}

// MarkCustomer puts tags on a customer of an employee and takes others away.
func (c *Client) MarkCustomer(ctx context.Context, employee, customer string, add, remove []string) error {
	if len(add)+len(remove) == 0 {
		return community.Errorf(community.Invalid, "no tag is named")
	}
	m := map[string]any{"userid": employee, "external_userid": customer}
	if len(add) > 0 {
		m["add_tag"] = add
	}
	if len(remove) > 0 {
		m["remove_tag"] = remove
	}
	return c.act(ctx, "/cgi-bin/externalcontact/mark_tag", m, nil)
}
