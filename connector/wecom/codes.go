package wecom

import (
	"context"

	"qunying/community"
)

// JoinWay is a code by which people join groups (客户群活码): it leads to the first of
// its groups that has room, and to new ones if it may found them. What is in State
// comes back with every member who used it.
type JoinWay struct {
	ID     string   `json:"config_id,omitempty"`
	Scene  int      `json:"scene"` // 1 plug-in of a mini-program, 2 code
	Remark string   `json:"remark,omitempty"`
	Found  int      `json:"auto_create_room"` // 1: found another group when all are full
	Name   string   `json:"room_base_name,omitempty"`
	From   int64    `json:"room_base_id,omitempty"` // number behind Name of the first one founded
	Groups []string `json:"chat_id_list"`           // 1 to 5
	State  string   `json:"state,omitempty"`
	Code   string   `json:"qr_code,omitempty"` // address of its picture, as WeCom tells it
}

func (w JoinWay) check() error {
	if n := len(w.Groups); n < 1 || n > 5 {
		return community.Errorf(community.Invalid, "a join code leads to %d groups", n).WithHint("1 to 5")
	}
	if w.Scene != 1 && w.Scene != 2 {
		return community.Errorf(community.Invalid, "scene is %d", w.Scene).WithHint("1 or 2")
	}
	if err := between("the remark", w.Remark, 0, 30); err != nil {
		return err
	}
	if err := between("the name", w.Name, 0, 40); err != nil {
		return err
	}
	return between("the state", w.State, 0, 30)
}

const joinWays = "/cgi-bin/externalcontact/groupchat/"

// AddJoinWay makes a join code and returns its ID; JoinWay tells its picture.
func (c *Client) AddJoinWay(ctx context.Context, w JoinWay) (string, error) {
	if err := w.check(); err != nil {
		return "", err
	}
	w.ID, w.Code = "", ""
	var got struct {
		ID string `json:"config_id"`
	}
	err := c.act(ctx, joinWays+"add_join_way", w, &got)
	return got.ID, err
}

// JoinWay reads a join code.
func (c *Client) JoinWay(ctx context.Context, id string) (JoinWay, error) {
	var got struct {
		Way JoinWay `json:"join_way"`
	}
	err := c.read(ctx, joinWays+"get_join_way", configID(id), &got)
	return got.Way, err
}

// ChangeJoinWay replaces what a join code leads to; its picture stays.
func (c *Client) ChangeJoinWay(ctx context.Context, w JoinWay) error {
	if err := w.check(); err != nil {
		return err
	}
	w.Code = ""
	return c.act(ctx, joinWays+"update_join_way", w, nil)
}

// DeleteJoinWay makes a join code worthless.
func (c *Client) DeleteJoinWay(ctx context.Context, id string) error {
	return c.act(ctx, joinWays+"del_join_way", configID(id), nil)
}

func configID(id string) map[string]string { return map[string]string{"config_id": id} }

// ContactWay is a code by which people become customers (渠道活码) of one employee, or
// of one of several.
type ContactWay struct {
	ID          string   `json:"config_id,omitempty"`
	Type        int      `json:"type"`  // 1 one employee, 2 several
	Scene       int      `json:"scene"` // 1 mini-program, 2 code
	Style       int      `json:"style,omitempty"`
	Remark      string   `json:"remark,omitempty"`
	SkipVerify  bool     `json:"skip_verify"` // nobody has to agree
	State       string   `json:"state,omitempty"`
	Employees   []string `json:"user,omitempty"`
	Departments []int64  `json:"party,omitempty"`
	Temporary   bool     `json:"is_temp,omitempty"`
	Expires     int64    `json:"expires_in,omitempty"` // seconds, of temporary ones
	UnionID     string   `json:"unionid,omitempty"`    // whom a temporary one is for
	Code        string   `json:"qr_code,omitempty"`    // address of its picture, as WeCom tells it
}

func (w ContactWay) check() error {
	switch {
	case w.Type != 1 && w.Type != 2:
		return community.Errorf(community.Invalid, "type is %d", w.Type).WithHint("1 or 2")
	case w.Scene != 1 && w.Scene != 2:
		return community.Errorf(community.Invalid, "scene is %d", w.Scene).WithHint("1 or 2")
	case len(w.Employees)+len(w.Departments) == 0:
		return community.Errorf(community.Invalid, "the contact code leads to nobody")
	case len(w.Employees) > mostEmployees:
		return community.Errorf(community.Invalid, "the contact code leads to %d employees", len(w.Employees)).WithHint("100 at most")
	case w.Type == 1 && len(w.Employees) != 1:
		return community.Errorf(community.Invalid, "a contact code of type 1 leads to %d employees", len(w.Employees)).WithHint("exactly one")
	}
	if err := between("the remark", w.Remark, 0, 30); err != nil {
		return err
	}
	return between("the state", w.State, 0, 30)
}

// mostEmployees bounds whom a contact code leads to, as WeCom does.
const mostEmployees = 100

const contactWays = "/cgi-bin/externalcontact/"

// AddContactWay makes a contact code and returns its ID and the address of its picture.
func (c *Client) AddContactWay(ctx context.Context, w ContactWay) (id, picture string, err error) {
	if err := w.check(); err != nil {
		return "", "", err
	}
	w.ID, w.Code = "", ""
	var got struct {
		ID   string `json:"config_id"`
		Code string `json:"qr_code"`
	}
	err = c.act(ctx, contactWays+"add_contact_way", w, &got)
	return got.ID, got.Code, err
}

// ContactWay reads a contact code.
func (c *Client) ContactWay(ctx context.Context, id string) (ContactWay, error) {
	var got struct {
		Way ContactWay `json:"contact_way"`
	}
	err := c.read(ctx, contactWays+"get_contact_way", configID(id), &got)
	return got.Way, err
}

// ContactWays lists the IDs of contact codes.
func (c *Client) ContactWays(ctx context.Context) (ids []string, err error) {
	err = pages(func(cursor string) (string, error) {
		var got struct {
			List []struct {
				ID string `json:"config_id"`
			} `json:"contact_way"`
			Next string `json:"next_cursor"`
		}
		err := c.read(ctx, contactWays+"list_contact_way", map[string]any{"limit": 1000, "cursor": cursor}, &got)
		for _, w := range got.List {
			ids = append(ids, w.ID)
		}
		return got.Next, err
	})
	return ids, err
}

// ChangeContactWay replaces what a contact code leads to; its picture stays.
func (c *Client) ChangeContactWay(ctx context.Context, w ContactWay) error {
	if err := w.check(); err != nil {
		return err
	}
	w.Code = ""
	return c.act(ctx, contactWays+"update_contact_way", w, nil)
}

// DeleteContactWay makes a contact code worthless.
func (c *Client) DeleteContactWay(ctx context.Context, id string) error {
	return c.act(ctx, contactWays+"del_contact_way", configID(id), nil)
}

// EndTemporaryChat ends a conversation that a temporary contact code began.
func (c *Client) EndTemporaryChat(ctx context.Context, employee, customer string) error {
	return c.act(ctx, contactWays+"close_temp_chat", map[string]string{"userid": employee, "external_userid": customer}, nil)
}
