package onebot

import (
	"context"
	"slices"
	"time"

	"qunying/community"
	"qunying/connector"
)

// lookup is something to ask the implementation when there is time.
type lookup struct {
	greet bool   // whom it holds, what it can do, which groups there are
	group string // what our account is in that group
	fresh bool   // not from its cache
}

// betweenLookups keeps a hundred groups from being asked for at once.
const betweenLookups = 50 * time.Millisecond

// wants leaves a lookup to be made. When too many wait it is dropped: the next
// event of the group asks again.
func (r *run) wants(l lookup) {
	select {
	case r.ask <- l:
	default:
	}
}

// learn makes the lookups, one after the other.
func (a *account) learn(r *run) {
	pace := time.NewTicker(betweenLookups)
	defer pace.Stop()
	for {
		var l lookup
		select {
		case <-r.ctx.Done():
			return
		case l = <-r.ask:
		}
		if l.greet {
			a.greet(r)
			continue
		}
		if !l.fresh && !a.rooms.asks(l.group, a.now()) {
			continue
		}
		a.lookUpRole(r.ctx, l)
		select {
		case <-r.ctx.Done():
			return
		case <-pace.C:
		}
	}
}

// greet asks a newly connected implementation for what does not come by itself.
// What fails stays unknown: the account works without.
func (a *account) greet(r *run) {
	a.rooms.forgetRoles()
	var self struct {
		UserID scalar `json:"user_id"`
	}
	info := "get_login_info"
	if a.set.Version == "12" {
		info = "get_self_info"
	}
	if a.learnFrom(r.ctx, info, nil, &self) == nil && !a.several() {
		a.health.holds(a.meet(self.UserID.member()))
	}
	var actions []scalar
	if a.learnFrom(r.ctx, "get_supported_actions", nil, &actions) == nil && len(actions) > 0 {
		for _, x := range []scalar{historyAction, noticeAction} {
			if !slices.Contains(actions, x) {
				a.rooms.lacks(string(x))
			}
		}
	}
	groups, err := a.Groups(r.ctx)
	if err != nil {
		return
	}
	for _, g := range groups {
		r.wants(lookup{group: g.ID})
	}
}

// several says that the connection may carry several accounts, of which one is ours.
func (a *account) several() bool { return a.set.Version == "12" && a.set.SelfID != "" }

// lookUpRole asks what our account is in a group.
func (a *account) lookUpRole(ctx context.Context, l lookup) {
	self := a.selfID()
	if self == "" || a.set.Version == "12" { // v12 knows no roles
		return
	}
	group, err := a.dialect.id("group", l.group)
	if err != nil {
		return
	}
	us, err := a.dialect.id("user", self)
	if err != nil {
		return
	}
	var m member
	if a.learnFrom(ctx, "get_group_member_info", map[string]any{"group_id": group, "user_id": us, "no_cache": l.fresh}, &m) == nil && m.Role != "" {
		a.rooms.change(l.group, func(x *room) { x.role = string(m.Role) })
	}
}

// member is somebody in a group, in the words of both versions.
type member struct {
	UserID      scalar `json:"user_id"`
	Nickname    scalar `json:"nickname"`
	Card        scalar `json:"card"`
	Role        scalar `json:"role"`
	UserName    scalar `json:"user_name"`
	Displayname scalar `json:"user_displayname"`
}

func (m member) called() string {
	for _, s := range []scalar{m.Card, m.Displayname, m.Nickname, m.UserName} {
		if s != "" {
			return string(s)
		}
	}
	return ""
}

// Members lists a group.
func (a *account) Members(ctx context.Context, group string) ([]connector.Member, error) {
	id, err := a.dialect.id("group", group)
	if err != nil {
		return nil, err
	}
	var list []member
	if err := a.learnFrom(ctx, "get_group_member_list", map[string]any{"group_id": id}, &list); err != nil {
		return nil, notThere(err, "group")
	}
	out := make([]connector.Member, 0, len(list))
	self := a.selfID()
	for _, m := range list {
		if m.UserID.member() == "" {
			continue
		}
		x := connector.Member{ID: string(m.UserID), Name: m.called()}
		out = append(out, x)
		a.rooms.called(group, x)
		if x.ID == self && m.Role != "" {
			a.rooms.change(group, func(r *room) { r.role = string(m.Role) })
		}
	}
	if len(out) == 0 { // we are in it ourselves, so a group has members
		return nil, community.Errorf(community.NotFound, "there is no group %q", group)
	}
	return out, nil
}

// notThere reads the refusal of a list as that there is no such thing: v11 has no
// code for it.
func notThere(err error, what string) error {
	if community.CodeOf(err) != community.Forbidden {
		return err
	}
	return &community.Error{Code: community.NotFound, Text: "the implementation does not show that " + what, Err: err}
}

// Groups lists what the account is in.
func (a *account) Groups(ctx context.Context) ([]connector.Group, error) {
	var list []struct {
		ID    scalar `json:"group_id"`
		Name  scalar `json:"group_name"`
		Count scalar `json:"member_count"`
		Limit scalar `json:"max_member_count"`
	}
	if err := a.learnFrom(ctx, "get_group_list", nil, &list); err != nil {
		return nil, err
	}
	out := make([]connector.Group, 0, len(list))
	for _, g := range list {
		if g.ID.member() == "" {
			continue
		}
		out = append(out, connector.Group{ID: string(g.ID), Name: string(g.Name), Members: int(g.Count.number())})
		a.rooms.change(string(g.ID), func(x *room) {
			x.limit = int(g.Limit.number())
			if g.Name != "" {
				x.name = string(g.Name)
			}
		})
	}
	return out, nil
}
