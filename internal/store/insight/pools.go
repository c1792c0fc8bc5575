package insightdb

import (
	"context"
	"sync"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// Pools remembers the days of all groups of a community together. They are asked
// for again and again while only today's grows, and a day of 300,000 members is
// tens of kilobytes. It is safe for concurrent use; its zero value is empty, and
// nil remembers nothing.
type Pools struct {
	mu   sync.Mutex
	kept map[community.ID]*pooled
}

// pooled is what is remembered of one community. Days that are in it are not
// changed any more, only replaced.
type pooled struct {
	links  uint64 // whoever was merged
	days   map[community.Day]*insight.GroupDay
	unions *insight.Unions
}

// mostPooled bounds the days that are kept of a community, in bytes.
const mostPooled = 32 << 20

// Days reads the days of all groups together in [from, to], oldest first, and the
// unions that go with them. A day on which nothing was said since it was read is
// not read again.
func (p *Pools) Days(ctx context.Context, q store.Querier, c community.ID, links store.Links, from, to community.Day) ([]*insight.GroupDay, *insight.Unions, error) {
	if p == nil {
		days, _, err := unionDays(ctx, q, c, from, to)
		return days, nil, err
	}
	was := p.recall(c, links.Stamp())
	counts, err := dayCounts(ctx, q, c, from, to)
	if err != nil {
		return nil, nil, err
	}
	var stale insight.Span
	missing := false
	for _, n := range counts {
		if d := was.days[n.day]; d == nil || d.Messages != n.messages {
			if !missing {
				stale.From = n.day
			}
			stale.To, missing = n.day, true
		}
	}
	read, size := []*insight.GroupDay(nil), 0
	if missing {
		if read, size, err = unionDays(ctx, q, c, stale.From, stale.To); err != nil {
			return nil, nil, err
		}
	}
	days := make([]*insight.GroupDay, 0, len(counts))
	for _, n := range counts {
		if len(read) > 0 && read[0].Day == n.day {
			days, read = append(days, read[0]), read[1:]
			continue
		}
		days = append(days, was.days[n.day])
	}
	if missing && size <= mostPooled {
		p.keep(c, was, days)
	}
	return days, was.unions, nil
}

// recall is what is remembered of a community while nobody was merged since.
func (p *Pools) recall(c community.ID, links uint64) *pooled {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := p.kept[c]; k != nil && k.links == links {
		return k
	}
	return &pooled{links: links, unions: &insight.Unions{}}
}

// keep replaces what is remembered by it and newer days.
func (p *Pools) keep(c community.ID, was *pooled, days []*insight.GroupDay) {
	next := &pooled{links: was.links, unions: was.unions, days: make(map[community.Day]*insight.GroupDay, len(days))}
	size := 0
	for _, d := range days {
		next.days[d.Day] = d
		size += int(d.Speakers.GetSizeInBytes())
	}
	for day, d := range was.days { // of other stretches
		if n := int(d.Speakers.GetSizeInBytes()); next.days[day] == nil && size+n <= mostPooled {
			next.days[day] = d
			size += n
		}
	}
	if size > mostPooled {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[community.ID]*pooled{}
	}
	p.kept[c] = next
}

// dayCount is how many messages a day has.
type dayCount struct {
	day      community.Day
	messages int
}

func dayCounts(ctx context.Context, q store.Querier, c community.ID, from, to community.Day) (list []dayCount, err error) {
	rows, err := q.QueryContext(ctx, `SELECT day, messages FROM view_community_day WHERE community_id = $1 AND day >= $2 AND day <= $3 ORDER BY day`,
		int64(c), int64(from), int64(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n dayCount
		if err := rows.Scan((*int32)(&n.day), &n.messages); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// unionDays reads the days of all groups together, and how many bytes their sets have.
func unionDays(ctx context.Context, q store.Querier, c community.ID, from, to community.Day) ([]*insight.GroupDay, int, error) {
	unions, err := CommunityDays(ctx, q, c, from, to)
	if err != nil {
		return nil, 0, err
	}
	days, size := make([]*insight.GroupDay, len(unions)), 0
	for i, u := range unions {
		days[i] = insight.NewGroupDay(0, u.Day)
		days[i].Messages, days[i].Speakers = u.Messages, u.Speakers
		size += int(u.Speakers.GetSizeInBytes())
	}
	return days, size, nil
}
