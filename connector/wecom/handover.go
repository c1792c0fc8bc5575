package wecom

import (
	"context"

	"qunying/community"
)

// NotHanded is a group that could not be handed over, and why.
type NotHanded struct {
	Group string
	Err   error
}

// HandOver gives customer groups, up to a hundred, to another owner: those of an
// employee who resigned (离职继承), or of one at work (在职继承). It tells which could not
// be handed over.
func (c *Client) HandOver(ctx context.Context, groups []string, owner string, resigned bool) ([]NotHanded, error) {
	if len(groups) == 0 || len(groups) > 100 {
		return nil, community.Errorf(community.Invalid, "%d groups cannot be handed over at once", len(groups)).WithHint("1 to 100")
	}
	if owner == "" {
		return nil, community.Errorf(community.Invalid, "the new owner is not named")
	}
	path := "/cgi-bin/externalcontact/groupchat/onjob_transfer"
	if resigned {
		path = "/cgi-bin/externalcontact/groupchat/transfer"
	}
	var got struct {
		Failed []struct {
			ID      string `json:"chat_id"`
			Code    int    `json:"errcode"`
			Message string `json:"errmsg"`
		} `json:"failed_chat_list"`
	}
	if err := c.act(ctx, path, map[string]any{"chat_id_list": groups, "new_owner": owner}, &got); err != nil {
		return nil, err
	}
	var out []NotHanded
	for _, f := range got.Failed {
		out = append(out, NotHanded{f.ID, refusal(f.Code, f.Message, c.secret)})
	}
	return out, nil
}
