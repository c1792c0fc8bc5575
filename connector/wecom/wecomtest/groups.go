package wecomtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Found founds a customer group of an employee and returns its ID; id "" makes one up.
func (s *Server) Found(id, name, owner string) string {
	_ = s.do(func() error { // founding cannot fail
		if id == "" {
			id = s.id("wr")
		}
		c := &Chat{ID: id, Name: name, Owner: owner, Created: s.Now().Unix()}
		c.Members = []Member{{ID: owner, Name: owner, Joined: c.Created, Scene: 1}}
		s.chats[id] = c
		s.version(c)
		s.event(s.Now(), "change_external_chat", "create", "ChatId", id)
		return nil
	})
	return id
}

func (s *Server) version(c *Chat) {
	s.serial++
	c.Version = fmt.Sprintf("%032x", s.serial)
}

// chat finds a group.
func (s *Server) chat(id string) (*Chat, error) {
	if c := s.chats[id]; c != nil {
		return c, nil
	}
	return nil, refuse{40050, "invalid chatid"}
}

// update tells of a change.
func (s *Server) update(c *Chat, at time.Time, detail string, pairs ...string) {
	s.event(at, "change_external_chat", "update", append([]string{"ChatId", c.ID, "UpdateDetail", detail}, pairs...)...)
}

func items(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString("<Item><![CDATA[" + id + "]]></Item>")
	}
	return b.String()
}

// Join lets somebody come into a group at a time. scene is 1 invited, 2 by a link, 3 by
// a code with a state.
func (s *Server) Join(group string, m Member, at time.Time) error {
	return s.do(func() error {
		c, err := s.chat(group)
		if err != nil {
			return err
		}
		m.Joined = at.Unix()
		if m.Name == "" {
			m.Name = m.ID
		}
		c.Members = append(slices.DeleteFunc(c.Members, func(x Member) bool { return x.ID == m.ID }), m)
		was := c.Version
		s.version(c)
		scene := "0"
		if m.Scene == 3 {
			scene = "3"
		}
		s.update(c, at, "add_member", "JoinScene", scene, "MemChangeCnt", "1", "MemChangeList", items(m.ID), "LastMemVer", was, "CurMemVer", c.Version)
		return nil
	})
}

// Leave lets somebody go, or be removed.
func (s *Server) Leave(group, member string, removed bool, at time.Time) error {
	return s.do(func() error {
		c, err := s.chat(group)
		if err != nil {
			return err
		}
		n := len(c.Members)
		c.Members = slices.DeleteFunc(c.Members, func(x Member) bool { return x.ID == member })
		if n == len(c.Members) {
			return refuse{40058, "no such member"}
		}
		was := c.Version
		s.version(c)
		quit := "0"
		if removed {
			quit = "1"
		}
		s.update(c, at, "del_member", "QuitScene", quit, "MemChangeCnt", "1", "MemChangeList", items(member), "LastMemVer", was, "CurMemVer", c.Version)
		return nil
	})
}

// Change changes a group's name, announcement or owner, whichever is given.
func (s *Server) Change(group, name, notice, owner string, at time.Time) error {
	return s.do(func() error {
		c, err := s.chat(group)
		if err != nil {
			return err
		}
		for _, x := range []struct {
			to     *string
			value  string
			detail string
		}{{&c.Name, name, "change_name"}, {&c.Notice, notice, "change_notice"}, {&c.Owner, owner, "change_owner"}} {
			if x.value != "" {
				*x.to = x.value
				s.update(c, at, x.detail)
			}
		}
		return nil
	})
}

// Resign lets an employee leave the corporation: their groups wait for another owner.
func (s *Server) Resign(employee string) {
	_ = s.do(func() error { // it cannot fail
		for _, c := range s.chats {
			if c.Owner == employee {
				c.Status = 1
			}
		}
		return nil
	})
}

// Dissolve ends a group.
func (s *Server) Dissolve(group string, at time.Time) error {
	return s.do(func() error {
		if _, err := s.chat(group); err != nil {
			return err
		}
		delete(s.chats, group)
		s.event(at, "change_external_chat", "dismiss", "ChatId", group)
		return nil
	})
}

// Chat returns a copy of a group, and whether it is there.
func (s *Server) Chat(group string) (Chat, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.chat(group)
	if err != nil {
		return Chat{}, false
	}
	out := *c
	out.Members = slices.Clone(c.Members)
	return out, true
}

// Say lets an employee write to the app, and returns the message's ID.
func (s *Server) Say(member, text string, at time.Time) string {
	var id string
	_ = s.do(func() error { // saying cannot fail
		s.serial++
		id = strconv.Itoa(7000000000 + s.serial)
		s.hook.tell(s.xml(at, member, "MsgType", "text", "Content", text, "MsgId", id, "AgentID", strconv.FormatInt(s.AgentID, 10)))
		return nil
	})
	return id
}

// Befriend makes somebody from outside a customer of an employee, by a contact code
// with a state if there is one, and returns the welcome code.
func (s *Server) Befriend(customer, name, employee, state string, at time.Time) string {
	var code string
	_ = s.do(func() error { // befriending cannot fail
		c := s.contacts[customer]
		if c == nil {
			c = &Contact{ID: customer, Name: name, By: map[string]string{}, Tags: map[string][]string{}}
			s.contacts[customer] = c
		}
		c.By[employee] = state
		s.serial++
		code = fmt.Sprintf("WELCOME%08d", s.serial)
		s.codes[code] = welcome{at: s.Now(), customer: customer}
		s.event(at, "change_external_contact", "add_external_contact", "UserID", employee, "ExternalUserID", customer, "State", state, "WelcomeCode", code)
		return nil
	})
	return code
}

// Unfriend lets a customer delete an employee.
func (s *Server) Unfriend(customer, employee string, at time.Time) {
	_ = s.do(func() error { // it cannot fail
		if c := s.contacts[customer]; c != nil {
			delete(c.By, employee)
		}
		s.event(at, "change_external_contact", "del_follow_user", "UserID", employee, "ExternalUserID", customer)
		return nil
	})
}

// Contact returns a copy of a customer, and whether there is one.
func (s *Server) Contact(customer string) (Contact, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.contacts[customer]
	if c == nil {
		return Contact{}, false
	}
	return *c, true
}

// Confirm lets the owner of a mass message press send: groups over their quota, as
// many messages a month as it has days, get nothing.
func (s *Server) Confirm(message string, at time.Time) error {
	return s.do(func() error {
		for _, m := range s.masses {
			if m.ID != message || m.Cancelled {
				continue
			}
			for _, g := range m.Chats {
				if m.Status[g] != 0 {
					continue
				}
				m.Status[g], m.SentAt[g] = 1, at.Unix()
				if s.received(g, at) > daysOf(at) {
					m.Status[g] = 3
					continue
				}
				s.posted = append(s.posted, Posted{To: g, Kind: "mass", Text: m.Text, ID: m.ID})
			}
			return nil
		}
		return refuse{40058, "no such message"}
	})
}

// Masses lists the mass messages.
func (s *Server) Masses() []Mass {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Mass
	for _, m := range s.masses {
		out = append(out, *m)
	}
	return out
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func daysOf(t time.Time) int {
	t = t.In(shanghai)
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, shanghai).Day()
}

// received counts what a group got in the month of a time.
func (s *Server) received(group string, at time.Time) (n int) {
	month := at.In(shanghai).Format("2006-01")
	for _, m := range s.masses {
		if m.Status[group] == 1 && time.Unix(m.SentAt[group], 0).In(shanghai).Format("2006-01") == month {
			n++
		}
	}
	return n
}
