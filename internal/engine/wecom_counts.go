package engine

import (
	"context"
	"fmt"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// countsBack is how many days of a platform's counts are fetched when there are none.
const countsBack = 30

// fetchCounts asks a platform for the days that it was not asked for yet.
func (e *Engine) fetchCounts(ctx context.Context, a *account) {
	p, ok := a.conn.(connector.DayCounter)
	if !ok {
		return
	}
	first, last := p.CountsReach(e.now())
	first = max(first, last-countsBack+1)
	var known []store.PlatformDay
	err := e.db.Read(ctx, func(q store.Querier) (err error) {
		known, err = store.PlatformDays(ctx, q, a.community, a.name, first, last)
		return err
	})
	have := map[community.Day]bool{}
	for _, d := range known {
		have[d.Day] = true
	}
	for d := last; d >= first && err == nil; d-- {
		if have[d] {
			continue
		}
		var list []connector.OwnerCounts
		if list, err = p.DayCounts(ctx, d); err != nil {
			break
		}
		err = e.db.Write(ctx, func(tx *store.Tx) error { return tx.SavePlatformDay(a.community, a.name, d, list, e.now()) })
	}
	if err != nil && ctx.Err() == nil {
		e.log.Warn("what a platform counted could not be fetched; it is tried again", "account", a.name, "err", err)
	}
}

// CountedDay is a day of all groups of a network, as the platform counted it and as we
// did. Theirs is nil for a day that was not fetched, Ours for one before we listened.
// Read says that what is said can be read in some of these groups at all.
type CountedDay struct {
	Day    community.Day
	Theirs *connector.PlatformCounts
	Asked  time.Time
	Ours   *OurCounts
	Read   bool
}

// OurCounts are what we counted, of the groups that we listen in: speakers and those
// who came count once in each group.
type OurCounts struct {
	Groups, SpeakingGroups, Joined, Left, Speakers, Messages int64
}

// CountedDays lists the last days that the platform can have counted, the oldest
// first.
func (e *Engine) CountedDays(ctx context.Context, c community.ID, account string, days int) ([]CountedDay, error) {
	p, err := able[connector.DayCounter](e, c, account)
	if err != nil {
		return nil, err
	}
	_, last := p.CountsReach(e.now())
	first := last - community.Day(days) + 1
	since := last + 1 // the day on which it was added is known in part only
	if a := e.accountNamed(c, account); a != nil {
		since = community.DayOf(a.settings.NewSince, time.UTC)
	}
	out := make([]CountedDay, days)
	for i := range out {
		if out[i].Day = first + community.Day(i); out[i].Day > since {
			out[i].Ours = &OurCounts{}
		}
	}
	err = e.db.Read(ctx, func(q store.Querier) error {
		theirs, err := store.PlatformDays(ctx, q, c, account, first, last)
		if err != nil {
			return err
		}
		for _, d := range theirs {
			i := d.Day - first
			out[i].Theirs, out[i].Asked = &d.PlatformCounts, d.Asked
		}
		groups, err := store.GroupsOn(ctx, q, c, e.accountNetwork(c, account))
		if err != nil {
			return err
		}
		read := false
		for _, g := range groups {
			if can, ok := e.Capabilities(g); ok && can.Read == connector.Machine {
				read = true
			}
			of, err := insightdb.Days(ctx, q, c, g.ID, first, last)
			if err != nil {
				return fmt.Errorf("the days of group %d: %w", g.ID, err)
			}
			for _, d := range of {
				at := &out[d.Day-first]
				if at.Ours == nil {
					at.Ours = &OurCounts{}
				}
				o := at.Ours
				at.Read = at.Read || d.Messages > 0
				o.Groups++
				if d.Messages > 0 {
					o.SpeakingGroups++
				}
				o.Messages += int64(d.Messages)
				o.Speakers += int64(d.Speakers.GetCardinality())
				o.Joined += int64(d.Joined.GetCardinality())
				o.Left += int64(d.Left.GetCardinality())
			}
		}
		for i := range out {
			out[i].Read = out[i].Read || read
		}
		return nil
	})
	return out, err
}
