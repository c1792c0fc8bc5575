package wecom

import (
	"context"
	"net/url"
	"strconv"

	"qunying/community"
)

// Customer is somebody from outside whom employees have among their contacts.
type Customer struct {
	ID        string
	Name      string
	Type      int // 1 of WeChat, 2 of another corporation
	UnionID   string
	Followers []Follower
}

// Follower is an employee who has a customer among the contacts.
type Follower struct {
	UserID  string `json:"userid"`
	Remark  string `json:"remark"`
	State   string `json:"state"`   // of the contact code
	Way     int    `json:"add_way"` // see wayOf
	Created int64  `json:"createtime"`
	Tags    []struct {
		ID    string `json:"tag_id"`
		Name  string `json:"tag_name"`
		Group string `json:"group_name"`
	} `json:"tags"`
}

// Customer reads who somebody from outside is. NotFound if no employee in the app's
// sight knows them.
func (c *Client) Customer(ctx context.Context, id string) (Customer, error) {
	out := Customer{ID: id}
	err := pages(func(cursor string) (string, error) {
		var got struct {
			Contact struct {
				Name    string `json:"name"`
				Type    int    `json:"type"`
				UnionID string `json:"unionid"`
			} `json:"external_contact"`
			Followers []Follower `json:"follow_user"`
			Next      string     `json:"next_cursor"`
		}
		q := url.Values{"external_userid": {id}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		if err := c.get(ctx, "/cgi-bin/externalcontact/get", q, &got); err != nil {
			return "", err
		}
		out.Name, out.Type, out.UnionID = got.Contact.Name, got.Contact.Type, got.Contact.UnionID
		out.Followers = append(out.Followers, got.Followers...)
		return got.Next, nil
	})
	return out, err
}

// Customers lists the customers of an employee.
func (c *Client) Customers(ctx context.Context, employee string) ([]string, error) {
	var got struct {
		IDs []string `json:"external_userid"`
	}
	err := c.get(ctx, "/cgi-bin/externalcontact/list", url.Values{"userid": {employee}}, &got)
	if codeOf(err) == 84061 { // nobody yet
		return nil, nil
	}
	return got.IDs, err
}

// Listed is a customer as one employee knows them.
type Listed struct {
	ID, Name, Remark string
	Tags             []string // IDs of that employee's corporation tags
}

// CustomersPage lists up to a hundred customers of an employee, and the cursor of the
// next page, "" after the last.
func (c *Client) CustomersPage(ctx context.Context, employee, cursor string) (list []Listed, next string, err error) {
	if employee == "" {
		return nil, "", community.Errorf(community.Invalid, "no employee is named")
	}
	var got struct {
		List []struct {
			Contact struct {
				ID   string `json:"external_userid"`
				Name string `json:"name"`
			} `json:"external_contact"`
			Follow struct {
				Remark string   `json:"remark"`
				Tags   []string `json:"tag_id"`
			} `json:"follow_info"`
		} `json:"external_contact_list"`
		Next string `json:"next_cursor"`
	}
	err = c.read(ctx, "/cgi-bin/externalcontact/batch/get_by_user", map[string]any{"userid_list": []string{employee}, "cursor": cursor, "limit": 100}, &got)
	if codeOf(err) == 84061 { // nobody yet
		return nil, "", nil
	}
	for _, x := range got.List {
		list = append(list, Listed{ID: x.Contact.ID, Name: x.Contact.Name, Remark: x.Follow.Remark, Tags: x.Follow.Tags})
	}
	return list, got.Next, err
}

// wayOf names how somebody became a contact, where transcripts have a word for it.
func wayOf(n int) string {
	switch n {
	case 1:
		return "qrcode"
	case 2:
		return "search"
	case 3:
		return "card"
	case 4:
		return "group"
	}
	return strconv.Itoa(n)
}
