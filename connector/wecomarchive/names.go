package wecomarchive

import (
	"context"
	"time"
)

// The archive has IDs only. Names come from the platform's interface and are
// remembered; a message does not wait long for them and can do without.
const (
	namesLast  = 6 * time.Hour   // before a group is read again
	namesAgain = 5 * time.Minute // before it is, for somebody unknown
	namesQuiet = time.Minute     // after the interface failed
	mostRooms  = 20_000
)

type room struct {
	name    string
	members map[string]string // by ID
	at      time.Time         // when it was read
}

// names belongs to the goroutine of Run.
type names struct {
	client *Client
	now    func() time.Time
	rooms  map[string]room
	quiet  time.Time // not before then
}

// of tells what a group and its member are called, "" where that is not known.
func (n *names) of(ctx context.Context, id, member string) (group, name string) {
	r, known := n.rooms[id]
	age := n.now().Sub(r.at)
	_, met := r.members[member]
	if known && age < namesLast && (met || age < namesAgain) || n.now().Before(n.quiet) {
		return r.name, r.members[member]
	}
	fresh, err := n.client.room(ctx, id)
	switch {
	case err == nil:
	case codeOf(err) != 0: // no group of customers, or no right to see it: that will not change soon
		fresh = room{name: r.name, members: r.members}
	default:
		n.quiet = n.now().Add(namesQuiet)
		return r.name, r.members[member]
	}
	fresh.at = n.now()
	if len(n.rooms) >= mostRooms {
		clear(n.rooms)
	}
	n.rooms[id] = fresh
	return fresh.name, fresh.members[member]
}

// room reads what a group and its members are called: one of customers, or else
// one of colleagues, whose members the platform does not name.
func (c *Client) room(ctx context.Context, id string) (room, error) {
	var outside struct {
		errcode
		Group struct {
			Name    string `json:"name"`
			Members []struct {
				ID       string `json:"userid"`
				Name     string `json:"name"`
				Nickname string `json:"group_nickname"`
			} `json:"member_list"`
		} `json:"group_chat"`
	}
	err := c.post(ctx, "cgi-bin/externalcontact/groupchat/get", map[string]any{"chat_id": id, "need_name": 1}, &outside)
	if err == nil {
		r := room{name: outside.Group.Name, members: map[string]string{}}
		for _, m := range outside.Group.Members {
			if r.members[m.ID] = m.Nickname; m.Nickname == "" {
				r.members[m.ID] = m.Name
			}
		}
		return r, nil
	}
	if codeOf(err) == 0 {
		return room{}, err
	}
	var inside struct {
		errcode
		Name string `json:"roomname"`
	}
	if c.post(ctx, "cgi-bin/msgaudit/groupchat/get", map[string]string{"roomid": id}, &inside) != nil {
		return room{}, err // the first answer tells more
	}
	return room{name: inside.Name}, nil
}
