package wecom

import (
	"context"
	"slices"
	"sync"
	"time"

	"qunying/community"
	"qunying/connector"
)

// Proposes says yes to messages to customer groups that mention nobody: a mass message
// cannot. What a task card has to say of removing, announcing and renaming, WeCom has
// no place for.
func (a *Account) Proposes(group string, x connector.Action) bool {
	return customerGroup(group) && (x.Kind == community.Send || x.Kind == "") && !x.MentionAll && len(x.Mentions) == 0 && x.Member == "" && x.Message == "" && !x.Direct && (x.Text != "" || len(x.Parts) > 0)
}

// Propose puts a message before the group's owner, who has to press send. The group
// receives it as theirs, and it counts against the group's quota then.
func (a *Account) Propose(ctx context.Context, x connector.Action) (connector.Receipt, error) {
	if !a.Proposes(x.Group, x) {
		return connector.Receipt{}, unsupported("only messages to customer groups that mention nobody can be put before their owner")
	}
	g, err := a.client.GroupChat(ctx, x.Group) // the owner may be another one by now
	if err != nil {
		return connector.Receipt{}, err
	}
	m, err := a.client.content(ctx, x.Text, x.Parts)
	if err != nil {
		return connector.Receipt{}, err
	}
	m["chat_type"], m["chat_id_list"], m["sender"], m["allow_select"] = "group", []string{x.Group}, g.Owner, false
	var got struct {
		ID   string   `json:"msgid"`
		Fail []string `json:"fail_list"`
	}
	if err := a.client.act(ctx, "/cgi-bin/externalcontact/add_msg_template", m, &got); err != nil {
		return connector.Receipt{}, err
	}
	if slices.Contains(got.Fail, x.Group) || got.ID == "" {
		return connector.Receipt{}, connector.Because("41048", community.Errorf(community.NotFound, "WeCom takes no message for this group").
			WithHint("its owner must be in the app's 可见范围 and allowed to use 客户联系"))
	}
	return connector.Receipt{MessageID: got.ID}, nil
}

// States of a sending, as WeCom numbers them.
var sendStates = map[int]string{0: "open", 1: "done", 2: "refused", 3: "limit"}

// Follow tells whether the owner has sent a proposal.
func (a *Account) Follow(ctx context.Context, group, proposal string) (connector.Progress, error) {
	tasks, err := a.client.MassTasks(ctx, proposal)
	if code := community.CodeOf(err); code == community.Invalid || code == community.NotFound {
		return connector.Progress{State: "gone"}, nil
	}
	if err != nil {
		return connector.Progress{}, err
	}
	p := connector.Progress{State: "open"}
	for _, t := range tasks {
		if t.Status == 0 {
			p.Who = append(p.Who, connector.Member{ID: t.UserID})
		}
		sent, err := a.client.MassResults(ctx, proposal, t.UserID)
		if err != nil {
			return connector.Progress{}, err
		}
		for _, s := range sent {
			if state, ok := sendStates[s.Status]; ok && s.ChatID == group && p.State == "open" {
				p.State, p.At = state, fromSeconds(s.SendTime)
			}
		}
	}
	if p.State != "open" {
		p.Who = nil
	}
	return p, nil
}

// reminders of a proposal that WeCom allows in a day.
const reminders = 3

// Remind asks the owner again. Conflict where WeCom allows no more for now.
func (a *Account) Remind(ctx context.Context, group, proposal string) error {
	now := a.now()
	if !a.tally.mayRemind(proposal, now) {
		return connector.Because("41093", community.Errorf(community.Conflict, "they were reminded %d times within a day", reminders).WithHint("WeCom allows no more"))
	}
	err := a.client.act(ctx, "/cgi-bin/externalcontact/remind_groupmsg_send", map[string]string{"msgid": proposal}, nil)
	if community.CodeOf(err) == community.Invalid {
		return &community.Error{Code: community.Conflict, Text: "WeCom reminds nobody of this message now", Err: err,
			Hint: "it was sent, withdrawn, or they were reminded three times within a day"}
	}
	if err == nil {
		a.tally.reminded(proposal, now)
	}
	return err
}

// Cancel withdraws a proposal that was not sent yet.
func (a *Account) Cancel(ctx context.Context, group, proposal string) error {
	return a.client.act(ctx, "/cgi-bin/externalcontact/cancel_groupmsg_send", map[string]string{"msgid": proposal}, nil)
}

// MassTask is what an employee has to do about a mass message: Status 0 not sent, 2
// sent.
type MassTask struct {
	UserID   string `json:"userid"`
	Status   int    `json:"status"`
	SendTime int64  `json:"send_time"` // Unix seconds
}

// MassTasks lists who has to send a mass message, and who did.
func (c *Client) MassTasks(ctx context.Context, message string) (all []MassTask, err error) {
	err = pages(func(cursor string) (string, error) {
		var got struct {
			List []MassTask `json:"task_list"`
			Next string     `json:"next_cursor"`
		}
		err := c.read(ctx, "/cgi-bin/externalcontact/get_groupmsg_task", map[string]any{"msgid": message, "limit": 1000, "cursor": cursor}, &got)
		all = append(all, got.List...)
		return got.Next, err
	})
	return all, err
}

// MassResult is what became of a mass message in one group or at one customer: Status
// 0 not sent, 1 sent, 2 no contact any more, 3 over their quota.
type MassResult struct {
	ChatID     string `json:"chat_id"`
	CustomerID string `json:"external_userid"`
	UserID     string `json:"userid"`
	Status     int    `json:"status"`
	SendTime   int64  `json:"send_time"` // Unix seconds
}

// MassResults lists what an employee's sending of a mass message did.
func (c *Client) MassResults(ctx context.Context, message, employee string) (all []MassResult, err error) {
	err = pages(func(cursor string) (string, error) {
		var got struct {
			List []MassResult `json:"send_list"`
			Next string       `json:"next_cursor"`
		}
		err := c.read(ctx, "/cgi-bin/externalcontact/get_groupmsg_send_result",
			map[string]any{"msgid": message, "userid": employee, "limit": 1000, "cursor": cursor}, &got)
		all = append(all, got.List...)
		return got.Next, err
	})
	return all, err
}

// massMessage is one in the list; Created is in Unix seconds.
type massMessage struct {
	ID      string `json:"msgid"`
	Creator string `json:"creator"`
	Created int64  `json:"create_time"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
}

// massMessages lists mass messages to groups created in [from, to), at most a month.
func (c *Client) massMessages(ctx context.Context, from, to time.Time) (all []massMessage, err error) {
	err = pages(func(cursor string) (string, error) {
		var got struct {
			List []massMessage `json:"group_msg_list"`
			Next string        `json:"next_cursor"`
		}
		err := c.read(ctx, "/cgi-bin/externalcontact/get_groupmsg_list_v2", map[string]any{"chat_type": "group",
			"start_time": from.Unix(), "end_time": to.Unix(), "filter_type": 2, "limit": 100, "cursor": cursor}, &got)
		all = append(all, got.List...)
		return got.Next, err
	})
	return all, err
}

// period is how WeCom counts what a group may receive.
type period struct {
	since func(now time.Time) time.Time
	most  func(now time.Time) int
}

// periodOf reads Config.Quota.
func periodOf(s string) (period, error) {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, shanghai) }
	switch s {
	case "", "month":
		first := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, shanghai) }
		return period{first, func(t time.Time) int { return first(t).AddDate(0, 1, -1).Day() }}, nil
	case "week":
		monday := func(t time.Time) time.Time { return day(t).AddDate(0, 0, -(int(t.Weekday())+6)%7) }
		return period{monday, func(time.Time) int { return 7 }}, nil
	case "day":
		return period{day, func(time.Time) int { return 1 }}, nil
	}
	return period{}, community.Errorf(community.Invalid, "quota is %q", s).WithHint("month, week or day")
}

// Quota tells how many more mass messages a customer group may receive in the current
// period, and of how many, as counted from what WeCom tells of all mass messages. It
// is up to a minute old.
func (a *Account) Quota(ctx context.Context, group string) (left, of int, err error) {
	if !customerGroup(group) {
		return 0, 0, unsupported("only customer groups have a quota")
	}
	now := a.now().In(shanghai)
	of = a.period.most(now)
	sends, err := a.tally.sends(ctx, a.client, now)
	if err != nil {
		return 0, 0, err
	}
	since := a.period.since(now)
	left = of
	for _, at := range sends[group] {
		if !fromSeconds(at).Before(since) && left > 0 {
			left--
		}
	}
	return left, of, nil
}

// tally remembers what was counted of mass messages. What is still to be sent is
// counted anew.
type tally struct {
	counting sync.Mutex
	at       time.Time
	byGroup  map[string][]int64          // when each group received something
	final    map[string]map[string]int64 // by message: nobody has to send it any more
	mu       sync.Mutex                  // of the rest
	asked    map[string][]time.Time      // reminders by proposal
}

func newTally() *tally {
	return &tally{final: map[string]map[string]int64{}, asked: map[string][]time.Time{}}
}

// lasting is how long a count is good; month is the longest range WeCom lists.
const (
	lasting = time.Minute
	month   = 30 * 24 * time.Hour
)

// sends counts by group. A message that was created longer than a month ago, and sent
// now, is not counted: WeCom's list does not go further back.
func (t *tally) sends(ctx context.Context, c *Client, now time.Time) (map[string][]int64, error) {
	t.counting.Lock()
	defer t.counting.Unlock()
	if t.byGroup != nil && now.Sub(t.at) < lasting && !now.Before(t.at) {
		return t.byGroup, nil
	}
	list, err := c.massMessages(ctx, now.Add(-month), now)
	if err != nil {
		return nil, err
	}
	if first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location()); first.Before(now.Add(-month)) { // the 31st
		more, err := c.massMessages(ctx, first.Add(-24*time.Hour), now.Add(-month))
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	ids := make([]string, 0, len(list))
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	slices.Sort(ids)
	by, final := map[string][]int64{}, map[string]map[string]int64{}
	for _, id := range slices.Compact(ids) {
		sent, done := t.final[id], true
		if sent == nil {
			if sent, done, err = results(ctx, c, id); err != nil {
				return nil, err
			}
		}
		if done {
			final[id] = sent
		}
		for group, at := range sent {
			by[group] = append(by[group], at)
		}
	}
	t.at, t.byGroup, t.final = now, by, final
	return by, nil
}

// results are the groups that received a message, and whether no more will.
func results(ctx context.Context, c *Client, message string) (sent map[string]int64, done bool, err error) {
	tasks, err := c.MassTasks(ctx, message)
	if err != nil {
		return nil, false, err
	}
	sent, done = map[string]int64{}, len(tasks) > 0
	for _, task := range tasks {
		if task.Status == 0 {
			done = false
			continue
		}
		list, err := c.MassResults(ctx, message, task.UserID)
		if err != nil {
			return nil, false, err
		}
		for _, r := range list {
			if r.Status == 1 && r.ChatID != "" {
				sent[r.ChatID] = r.SendTime
			}
		}
	}
	return sent, done, nil
}

func (t *tally) mayRemind(proposal string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p, times := range t.asked {
		times = slices.DeleteFunc(times, func(at time.Time) bool { return now.Sub(at) >= 24*time.Hour })
		if t.asked[p] = times; len(times) == 0 {
			delete(t.asked, p)
		}
	}
	return len(t.asked[proposal]) < reminders
}

// remindedSince counts the reminders of a proposal within the last day.
func (t *tally) remindedSince(proposal string, now time.Time) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, at := range t.asked[proposal] {
		if now.Sub(at) < 24*time.Hour {
			n++
		}
	}
	return n
}

func (t *tally) reminded(proposal string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked[proposal] = append(t.asked[proposal], now)
}
