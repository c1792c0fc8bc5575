package wecom

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
)

// What the corporation manages, in the words of the border.
var (
	_ connector.Resender     = (*Account)(nil)
	_ connector.Greeter      = (*Account)(nil)
	_ connector.JoinCodes    = (*Account)(nil)
	_ connector.ContactCodes = (*Account)(nil)
	_ connector.Successor    = (*Account)(nil)
	_ connector.ContactTags  = (*Account)(nil)
	_ connector.ContactBook  = (*Account)(nil)
	_ connector.WordRules    = (*Account)(nil)
	_ connector.WordExporter = (*Account)(nil)
	_ connector.DayCounter   = (*Account)(nil)
)

// mostPending bounds a list of mass messages.
const mostPending = 100

// Pending lists the mass messages to groups that were created in [from, to), whoever
// created them.
func (a *Account) Pending(ctx context.Context, from, to time.Time) ([]connector.Pending, error) {
	list, err := a.client.massMessages(ctx, from, to)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(x, y massMessage) int { return cmp.Or(cmp.Compare(y.Created, x.Created), cmp.Compare(y.ID, x.ID)) })
	out := []connector.Pending{}
	for _, m := range list[:min(len(list), mostPending)] {
		out = append(out, connector.Pending{ID: m.ID, Text: m.Text.Content, Creator: m.Creator, At: fromSeconds(m.Created)})
	}
	return out, nil
}

// PendingAt tells of a mass message who has sent it and which groups it reached.
func (a *Account) PendingAt(ctx context.Context, id string) (connector.PendingState, error) {
	p := connector.PendingState{Waiting: []string{}, Sent: []string{}, Open: []string{}, Arrived: []string{}, Limit: []string{}, Refused: []string{},
		Reminded: a.tally.remindedSince(id, a.now()), Most: reminders}
	tasks, err := a.client.MassTasks(ctx, id)
	if err != nil {
		return p, err
	}
	for _, t := range tasks {
		if t.Status == 0 {
			p.Waiting = append(p.Waiting, t.UserID)
		} else {
			p.Sent = append(p.Sent, t.UserID)
		}
		results, err := a.client.MassResults(ctx, id, t.UserID)
		if err != nil {
			return p, err
		}
		for _, r := range results {
			where := map[string]*[]string{"open": &p.Open, "done": &p.Arrived, "refused": &p.Refused, "limit": &p.Limit}[sendStates[r.Status]]
			if where != nil && r.ChatID != "" {
				*where = append(*where, r.ChatID)
			}
		}
	}
	return p, nil
}

func templateOf(g connector.Greeting, notify bool) Template {
	t := Template{ID: g.ID, Text: g.Text, Notify: notify}
	if g.Link != nil {
		part := g.Link.Part()
		t.Part = &part
	}
	return t
}

// AddGreeting stores a welcome template.
func (a *Account) AddGreeting(ctx context.Context, g connector.Greeting, notify bool) (string, error) {
	return a.client.AddTemplate(ctx, templateOf(g, notify))
}

// ChangeGreeting replaces a welcome template wherever it is chosen.
func (a *Account) ChangeGreeting(ctx context.Context, g connector.Greeting) error {
	return a.client.ChangeTemplate(ctx, templateOf(g, false))
}

// ReadGreeting reads a welcome template; of what goes with it only a link is told.
func (a *Account) ReadGreeting(ctx context.Context, id string) (connector.Greeting, error) {
	t, err := a.client.Template(ctx, id)
	g := connector.Greeting{ID: id, Text: t.Text}
	if t.Part != nil && t.Part.Content == community.Link {
		g.Link = &connector.LinkedPage{Title: t.Part.Title, About: t.Part.Text, URL: t.Part.URL, Picture: t.Part.Picture}
	}
	return g, err
}

// DeleteGreeting deletes a welcome template.
func (a *Account) DeleteGreeting(ctx context.Context, id string) error {
	return a.client.DeleteTemplate(ctx, id)
}

func wayFrom(j connector.JoinCode) JoinWay {
	w := JoinWay{ID: j.ID, Scene: 2, Remark: j.Remark, Name: j.Name, From: j.From, Groups: j.Groups, State: j.State}
	if j.Found {
		w.Found = 1
	}
	return w
}

// AddJoinCode makes a code to be scanned.
func (a *Account) AddJoinCode(ctx context.Context, j connector.JoinCode) (string, error) {
	return a.client.AddJoinWay(ctx, wayFrom(j))
}

// ChangeJoinCode replaces what a code leads to.
func (a *Account) ChangeJoinCode(ctx context.Context, j connector.JoinCode) error {
	return a.client.ChangeJoinWay(ctx, wayFrom(j))
}

// DeleteJoinCode makes a code worthless.
func (a *Account) DeleteJoinCode(ctx context.Context, id string) error {
	return a.client.DeleteJoinWay(ctx, id)
}

// JoinCode reads a code and its groups. WeCom appends the groups that it founds, so
// that the last one is the one in use when it did.
func (a *Account) JoinCode(ctx context.Context, id string) (connector.JoinCodeState, error) {
	w, err := a.client.JoinWay(ctx, id)
	if err != nil {
		return connector.JoinCodeState{}, err
	}
	s := connector.JoinCodeState{Rooms: []connector.JoinRoom{}, JoinCode: connector.JoinCode{ID: id, Remark: w.Remark, State: w.State,
		Groups: w.Groups, Found: w.Found == 1, Name: w.Name, From: w.From}}
	for _, group := range w.Groups[:min(len(w.Groups), mostRooms)] {
		room := connector.JoinRoom{Group: group}
		g, err := a.client.GroupChat(ctx, group)
		switch {
		case community.CodeOf(err) == community.NotFound:
			room.Gone = true
		case err != nil:
			return s, err
		}
		room.Name, room.Members = g.Name, len(g.Members)
		for _, m := range g.Members {
			if m.State != "" && m.State == w.State {
				room.ByCode++
			}
		}
		s.Rooms = append(s.Rooms, room)
	}
	return s, nil
}

// mostRooms bounds the groups of a code: five were asked for, and WeCom founds more.
const mostRooms = 100

// mostPicture bounds a picture of a code, in bytes.
const mostPicture = 1 << 20

// JoinCodePicture fetches the picture of a code from where WeCom says that it is.
func (a *Account) JoinCodePicture(ctx context.Context, id string) ([]byte, error) {
	w, err := a.client.JoinWay(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.client.picture(ctx, w.Code)
}

// contactWay makes of a code one for several employees, also where it leads to one:
// WeCom does not make one of the other later.
func contactWay(k connector.ContactCode) ContactWay {
	return ContactWay{ID: k.ID, Type: 2, Scene: 2, Remark: k.Remark, SkipVerify: k.SkipVerify, State: k.State, Employees: k.Employees}
}

// AddContactCode makes a code to be scanned.
func (a *Account) AddContactCode(ctx context.Context, k connector.ContactCode) (string, error) {
	id, _, err := a.client.AddContactWay(ctx, contactWay(k))
	return id, err
}

// ChangeContactCode replaces what a code leads to.
func (a *Account) ChangeContactCode(ctx context.Context, k connector.ContactCode) error {
	return a.client.ChangeContactWay(ctx, contactWay(k))
}

// DeleteContactCode makes a code worthless.
func (a *Account) DeleteContactCode(ctx context.Context, id string) error {
	return a.client.DeleteContactWay(ctx, id)
}

// ContactCodePicture fetches the picture of a code from where WeCom says that it is.
func (a *Account) ContactCodePicture(ctx context.Context, id string) ([]byte, error) {
	w, err := a.client.ContactWay(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.client.picture(ctx, w.Code)
}

// picture fetches a PNG or JPEG by an address that WeCom told.
func (c *Client) picture(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil || address == "" {
		return nil, community.Errorf(community.NotFound, "WeCom tells no picture of the code")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, mostPicture+1))
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, community.Errorf(community.Unavailable, "the picture of the code cannot be fetched (HTTP status %d)", res.StatusCode)
	}
	if kind := http.DetectContentType(b); len(b) > mostPicture || kind != "image/png" && kind != "image/jpeg" {
		return nil, community.Errorf(community.Invalid, "what WeCom gave for the code is no picture")
	}
	return b, nil
}

// States of groups in the list.
var ownedStates = map[int]string{0: "owned", 1: "resigned", 2: "handing", 3: "handed"}

// Owned lists the customer groups with their owners, as they were when they were last
// read.
func (a *Account) Owned(ctx context.Context) ([]connector.OwnedGroup, error) {
	list, err := a.client.GroupChats(ctx)
	if err != nil {
		return nil, err
	}
	out := []connector.OwnedGroup{}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range list {
		g := connector.OwnedGroup{Group: l.ID, State: cmp.Or(ownedStates[l.Status], "owned")}
		if c := a.chats[l.ID]; c != nil {
			g.Name, g.Owner, g.Members = c.name, c.owner, len(c.joined)
		}
		out = append(out, g)
	}
	return out, nil
}

// HandOver gives groups to another owner.
func (a *Account) HandOver(ctx context.Context, groups []string, owner string, resigned bool) ([]connector.NotHanded, error) {
	failed, err := a.client.HandOver(ctx, groups, owner, resigned)
	out := []connector.NotHanded{}
	for _, f := range failed {
		out = append(out, connector.NotHanded{Group: f.Group, Code: codeOf(f.Err), Why: f.Err.Error()})
	}
	if err == nil {
		for _, g := range groups { // calls may be missing: see for ourselves who has them now
			a.queue.full(g)
		}
	}
	return out, err
}

func corpTags(g TagGroup) connector.CorpTagGroup {
	out := connector.CorpTagGroup{ID: g.ID, Name: g.Name, Tags: []connector.CorpTag{}}
	for _, t := range g.Tags {
		out.Tags = append(out.Tags, connector.CorpTag{ID: t.ID, Name: t.Name})
	}
	return out
}

// Tags lists the corporation's tags.
func (a *Account) Tags(ctx context.Context) ([]connector.CorpTagGroup, error) {
	groups, err := a.client.Tags(ctx)
	out := []connector.CorpTagGroup{}
	for _, g := range groups {
		out = append(out, corpTags(g))
	}
	return out, err
}

// AddTags puts those of the tags into a group that it does not have: WeCom refuses
// all of them for one that is there.
func (a *Account) AddTags(ctx context.Context, group string, names []string) (connector.CorpTagGroup, error) {
	all, err := a.client.Tags(ctx)
	if err != nil {
		return connector.CorpTagGroup{}, err
	}
	var fresh []string // in the order that people gave them
	for _, n := range names {
		if n = strings.TrimSpace(n); !slices.Contains(fresh, n) {
			fresh = append(fresh, n)
		}
	}
	for _, g := range all {
		if g.Name != group {
			continue
		}
		fresh = slices.DeleteFunc(fresh, func(n string) bool { return slices.ContainsFunc(g.Tags, func(t Tag) bool { return t.Name == n }) })
		if len(fresh) == 0 {
			return corpTags(g), nil
		}
	}
	g, err := a.client.AddTags(ctx, group, fresh...)
	return corpTags(g), err
}

// RenameTag gives a tag or a group of tags another name.
func (a *Account) RenameTag(ctx context.Context, id, name string) error {
	return a.client.RenameTag(ctx, id, name)
}

// DeleteTags deletes tags, and groups of them.
func (a *Account) DeleteTags(ctx context.Context, tags, groups []string) error {
	return a.client.DeleteTags(ctx, tags, groups)
}

// Mark puts tags on a customer of an employee.
func (a *Account) Mark(ctx context.Context, employee, customer string, add, remove []string) error {
	return a.client.MarkCustomer(ctx, employee, customer, add, remove)
}

// Customers lists the customers of an employee with their names and that employee's
// tags.
func (a *Account) Customers(ctx context.Context, employee, cursor string) ([]connector.Customer, string, error) {
	list, next, err := a.client.CustomersPage(ctx, employee, cursor)
	out := []connector.Customer{}
	for _, c := range list {
		x := connector.Customer{ID: c.ID, Name: c.Name, Remark: c.Remark, Tags: []connector.CorpTag{}}
		for _, t := range c.Tags {
			x.Tags = append(x.Tags, connector.CorpTag{ID: t})
		}
		out = append(out, x)
	}
	return out, next, err
}

func ruleOf(r connector.WordRule) Rule {
	return Rule{ID: r.ID, Name: r.Name, Words: r.Words, Phones: r.Phones, Mails: r.Mails, RedPackets: r.RedPackets, WarnOnly: r.WarnOnly,
		Employees: r.Colleagues, Departments: r.Departments}
}

func ruleFrom(r Rule) connector.WordRule {
	return connector.WordRule{ID: r.ID, Name: r.Name, Words: listed(r.Words), Phones: r.Phones, Mails: r.Mails, RedPackets: r.RedPackets,
		WarnOnly: r.WarnOnly, Colleagues: listed(r.Employees), Departments: listed(r.Departments)}
}

// listed is a list that is written as [] where it is empty.
func listed[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// WordRules lists the rules without their words.
func (a *Account) WordRules(ctx context.Context) ([]connector.WordRule, error) {
	rules, err := a.client.Rules(ctx)
	out := []connector.WordRule{}
	for _, r := range rules {
		out = append(out, ruleFrom(r))
	}
	return out, err
}

// WordRule reads a rule.
func (a *Account) WordRule(ctx context.Context, id string) (connector.WordRule, error) {
	r, err := a.client.Rule(ctx, id)
	return ruleFrom(r), err
}

// AddWordRule makes a rule.
func (a *Account) AddWordRule(ctx context.Context, r connector.WordRule) (string, error) {
	return a.client.AddRule(ctx, ruleOf(r))
}

// ChangeWordRule replaces a rule.
func (a *Account) ChangeWordRule(ctx context.Context, r connector.WordRule) error {
	return a.client.ChangeRule(ctx, ruleOf(r))
}

// DeleteWordRule deletes a rule.
func (a *Account) DeleteWordRule(ctx context.Context, id string) error {
	return a.client.DeleteRule(ctx, id)
}

// ExportWords splits a lexicon to what WeCom's rules and its page 防骚扰 take.
func (a *Account) ExportWords(name string, words []string) connector.WordExport {
	n := InterceptRules(name, words)
	out := connector.WordExport{Rules: []connector.WordRule{}, Paste: listed(n.Paste), Left: listed(n.Left), Most: mostWords}
	for _, r := range n.Rules {
		out.Rules = append(out.Rules, ruleFrom(r))
	}
	return out
}

// CountsReach is from 180 days ago to yesterday, in Shanghai. WeCom's numbers of a day
// are taken from nine in the morning on: when they are final is told nowhere.
func (a *Account) CountsReach(now time.Time) (first, last community.Day) {
	today := community.DayOf(now.Add(-9*time.Hour), shanghai)
	return community.DayOf(now, shanghai) - 180, today - 1
}

// DayCounts asks for one day's statistics, by owner.
func (a *Account) DayCounts(ctx context.Context, d community.Day) ([]connector.OwnerCounts, error) {
	day := d.Start(shanghai)
	list, err := a.client.CountsByOwner(ctx, day, day, nil)
	if codeOf(err) == codeManyOwners {
		list, err = nil, nil
		for owners := range slices.Chunk(a.owners(), 100) {
			some, err := a.client.CountsByOwner(ctx, day, day, owners)
			if err != nil {
				return nil, err
			}
			list = append(list, some...)
		}
	}
	var out []connector.OwnerCounts
	for _, o := range list {
		c := o.Counts
		out = append(out, connector.OwnerCounts{Owner: o.Owner, PlatformCounts: connector.PlatformCounts{Groups: int64(c.Groups), NewGroups: int64(c.NewGroups),
			SpeakingGroups: int64(c.SpeakingGroups), Members: int64(c.Members), NewMembers: int64(c.NewMembers),
			SpeakingMembers: int64(c.SpeakingMembers), Messages: int64(c.Messages)}})
	}
	return out, err
}

// owners lists who owned a group when it was last read.
func (a *Account) owners() (all []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.chats {
		if c.owner != "" {
			all = append(all, c.owner)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
