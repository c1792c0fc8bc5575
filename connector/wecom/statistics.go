package wecom

import (
	"context"
	"time"

	"qunying/community"
)

// GroupCounts are what WeCom counted of customer groups.
type GroupCounts struct {
	NewGroups       int `json:"new_chat_cnt"`
	Groups          int `json:"chat_total"`
	SpeakingGroups  int `json:"chat_has_msg"`
	NewMembers      int `json:"new_member_cnt"`
	Members         int `json:"member_total"`
	SpeakingMembers int `json:"member_has_msg"`
	Messages        int `json:"msg_total"`
}

// OwnerCounts are those of an owner's groups over a range, DayCounts those of a day;
// Day is its midnight in Shanghai.
type (
	OwnerCounts struct {
		Owner  string
		Counts GroupCounts
	}
	DayCounts struct {
		Day    time.Time
		Counts GroupCounts
	}
)

// span checks a range of whole days in Shanghai: from yesterday back to 180 days ago,
// thirty days at most, both ends within.
func span(from, to, now time.Time) (first, last time.Time, err error) {
	day := func(t time.Time) time.Time {
		t = t.In(shanghai)
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, shanghai)
	}
	first, last = day(from), day(to)
	today := day(now)
	switch {
	case last.Before(first):
		err = community.Errorf(community.Invalid, "the range ends before it begins")
	case !last.Before(today):
		err = community.Errorf(community.Invalid, "WeCom counts whole days").WithHint("up to yesterday")
	case first.Before(today.AddDate(0, 0, -180)):
		err = community.Errorf(community.Invalid, "WeCom keeps counts for 180 days")
	case !last.Before(first.AddDate(0, 0, 30)):
		err = community.Errorf(community.Invalid, "the range is too long").WithHint("up to thirty days at a time")
	}
	return first, last, err
}

func (c *Client) filter(from, to time.Time, owners []string) (map[string]any, error) {
	if len(owners) > 100 {
		return nil, tooMany("owners at a time", len(owners), 100)
	}
	first, last, err := span(from, to, c.now())
	if err != nil {
		return nil, err
	}
	m := map[string]any{"day_begin_time": first.Unix(), "day_end_time": last.Unix()}
	if len(owners) > 0 {
		m["owner_filter"] = map[string]any{"userid_list": owners}
	}
	return m, nil
}

// CountsByOwner tells what WeCom counted from one day to another, both included, by
// the groups' owners; owners, up to a hundred, are all that the app sees if nil.
func (c *Client) CountsByOwner(ctx context.Context, from, to time.Time, owners []string) ([]OwnerCounts, error) {
	m, err := c.filter(from, to, owners)
	if err != nil {
		return nil, err
	}
	m["limit"], m["order_by"] = 1000, 1
	var all []OwnerCounts
	for range mostPages {
		var got struct {
			Total int `json:"total"`
			Items []struct {
				Owner string      `json:"owner"`
				Data  GroupCounts `json:"data"`
			} `json:"items"`
		}
		m["offset"] = len(all)
		if err := c.read(ctx, "/cgi-bin/externalcontact/groupchat/statistic", m, &got); err != nil {
			return nil, err
		}
		for _, i := range got.Items {
			all = append(all, OwnerCounts{i.Owner, i.Data})
		}
		if len(all) >= got.Total || len(got.Items) == 0 {
			return all, nil
		}
	}
	return nil, community.Errorf(community.Unavailable, "WeCom's list has no end")
}

// CountsByDay tells the same by days, of all those owners together.
func (c *Client) CountsByDay(ctx context.Context, from, to time.Time, owners []string) ([]DayCounts, error) {
	m, err := c.filter(from, to, owners)
	if err != nil {
		return nil, err
	}
	var got struct {
		Items []struct {
			Day  int64       `json:"stat_time"`
			Data GroupCounts `json:"data"`
		} `json:"items"`
	}
	if err := c.read(ctx, "/cgi-bin/externalcontact/groupchat/statistic_group_by_day", m, &got); err != nil {
		return nil, err
	}
	var all []DayCounts
	for _, i := range got.Items {
		all = append(all, DayCounts{time.Unix(i.Day, 0).In(shanghai), i.Data})
	}
	return all, nil
}
