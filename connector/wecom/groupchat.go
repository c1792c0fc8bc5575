package wecom

import (
	"context"
	"strings"

	"qunying/community"
)

// GroupChat is a customer group as WeCom tells it. Times are Unix seconds.
type GroupChat struct {
	ID         string       `json:"chat_id"`
	Name       string       `json:"name"`
	Owner      string       `json:"owner"` // an employee
	CreateTime int64        `json:"create_time"`
	Notice     string       `json:"notice"`
	Members    []ChatMember `json:"member_list"`
	Admins     []struct {
		UserID string `json:"userid"`
	} `json:"admin_list"`
	Version string `json:"member_version"`
}

// ChatMember is somebody in a customer group.
type ChatMember struct {
	ID       string `json:"userid"`
	Type     int    `json:"type"` // 1 employee, 2 from outside
	UnionID  string `json:"unionid"`
	JoinTime int64  `json:"join_time"`
	Scene    int    `json:"join_scene"` // 1 invited, 2 by an invitation's link, 3 by a code
	State    string `json:"state"`      // of the join code
	Invitor  struct {
		UserID string `json:"userid"`
	} `json:"invitor"`
	Nickname string `json:"group_nickname"`
	Name     string `json:"name"`
}

// called is how members see somebody in the group.
func (m ChatMember) called() string {
	if m.Nickname != "" {
		return m.Nickname
	}
	return m.Name
}

// mostMembers bounds what is taken of a group's member list; WeCom's largest groups
// have a quarter.
const mostMembers = 8000

// GroupChat reads a customer group. NotFound if there is none.
func (c *Client) GroupChat(ctx context.Context, id string) (GroupChat, error) {
	var got struct {
		Chat GroupChat `json:"group_chat"`
	}
	err := c.read(ctx, "/cgi-bin/externalcontact/groupchat/get", map[string]any{"chat_id": id, "need_name": 1}, &got)
	if err != nil {
		return GroupChat{}, err
	}
	if len(got.Chat.Members) > mostMembers {
		return GroupChat{}, tooMany("members of a group", len(got.Chat.Members), mostMembers)
	}
	got.Chat.ID = id
	return got.Chat, nil
}

// ListedChat is a customer group in the list: Status 0 as it should be, 1 its owner
// resigned, 2 being handed over, 3 handed over.
type ListedChat struct {
	ID     string `json:"chat_id"`
	Status int    `json:"status"`
}

// GroupChats lists the customer groups whose owners the app sees.
func (c *Client) GroupChats(ctx context.Context) ([]ListedChat, error) {
	var all []ListedChat
	err := pages(func(cursor string) (string, error) {
		list, next, err := c.groupChatPage(ctx, cursor, 1000)
		all = append(all, list...)
		return next, err
	})
	return all, err
}

func (c *Client) groupChatPage(ctx context.Context, cursor string, limit int) (list []ListedChat, next string, err error) {
	var got struct {
		List []ListedChat `json:"group_chat_list"`
		Next string       `json:"next_cursor"`
	}
	err = c.read(ctx, "/cgi-bin/externalcontact/groupchat/list", map[string]any{"status_filter": 0, "cursor": cursor, "limit": limit}, &got)
	return got.List, got.Next, err
}

// ChatOfOpenGID translates the ID under which a mini-program sees a group.
func (c *Client) ChatOfOpenGID(ctx context.Context, openGID string) (string, error) {
	var got struct {
		ID string `json:"chat_id"`
	}
	err := c.read(ctx, "/cgi-bin/externalcontact/opengid_to_chatid", map[string]any{"opengid": openGID}, &got)
	return got.ID, err
}

// customerGroup tells customer groups from those that the app created: WeCom begins
// their IDs so, and lets nobody choose one with such a beginning by accident.
func customerGroup(id string) bool { return strings.HasPrefix(id, "wr") && len(id) > 8 }

// outsider tells IDs of people from outside the corporation from those of employees,
// which people choose: WeCom's are long and begin so.
func outsider(id string) bool {
	return len(id) >= 24 && (strings.HasPrefix(id, "wm") || strings.HasPrefix(id, "wo"))
}

// AppChat is a group that the app created, of employees.
type AppChat struct {
	ID      string   `json:"chatid,omitempty"` // up to 32 letters and digits; "" lets WeCom choose
	Name    string   `json:"name"`
	Owner   string   `json:"owner"`
	Members []string `json:"userlist"` // 2 to 2000 employees
}

// CreateAppChat founds a group of employees; the app must be visible to the whole
// corporation. It returns the group's ID. WeCom shows the group to its members with
// the first message.
func (c *Client) CreateAppChat(ctx context.Context, g AppChat) (string, error) {
	if n := len(g.Members); n < 2 || n > 2000 {
		return "", community.Errorf(community.Invalid, "a group of %d members cannot be created", n).WithHint("2 to 2000")
	}
	if strings.HasPrefix(g.ID, "wr") {
		return "", community.Errorf(community.Invalid, "the group's ID begins with wr, as those of customer groups do")
	}
	var got struct {
		ID string `json:"chatid"`
	}
	err := c.act(ctx, "/cgi-bin/appchat/create", g, &got)
	return got.ID, err
}

// AppChat reads a group that the app created.
func (c *Client) AppChat(ctx context.Context, id string) (AppChat, error) {
	var got struct {
		Chat AppChat `json:"chat_info"`
	}
	err := c.get(ctx, "/cgi-bin/appchat/get", map[string][]string{"chatid": {id}}, &got)
	got.Chat.ID = id
	return got.Chat, err
}

// AppChatChange is what is to change of a group that the app created; zero fields
// stay.
type AppChatChange struct {
	ID     string   `json:"chatid"`
	Name   string   `json:"name,omitempty"`
	Owner  string   `json:"owner,omitempty"`
	Add    []string `json:"add_user_list,omitempty"`
	Remove []string `json:"del_user_list,omitempty"`
}

// ChangeAppChat changes a group that the app created.
func (c *Client) ChangeAppChat(ctx context.Context, change AppChatChange) error {
	return c.act(ctx, "/cgi-bin/appchat/update", change, nil)
}
