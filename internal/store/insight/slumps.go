package insightdb

import (
	"context"
	"time"

	"qunying/community"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// Slumps tells which groups' bands have been 警戒 for days (S74). It looks at one
// state of the views.
type Slumps struct {
	Healths []GroupHealth // of all groups, as Healths has them

	q     store.Querier
	c     community.ID
	now   time.Time
	judge *judge
	links store.Links
}

// NewSlumps reads how all groups are doing.
func NewSlumps(ctx context.Context, q store.Querier, c community.ID, now time.Time) (*Slumps, error) {
	m, err := readMaterial(ctx, q, c)
	if err != nil {
		return nil, err
	}
	s := &Slumps{q: q, c: c, now: now, judge: newJudge(m)}
	heads, _, err := Shown(ctx, q, c)
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		if w, ok := s.judge.weeks[h.ID]; ok && !h.Direct {
			s.Healths = append(s.Healths, s.judge.judge(h, w))
		}
	}
	return s, nil
}

// Lasting is what of a group has been bad for days.
type Lasting struct {
	Metrics []string      // in 警戒 on each of the days, the most telling first
	LowDays int           // days in a row with a low daily activity (S74)
	LowFrom community.Day // the first of them: days that are not known are passed over
	Rate    *float64      // the activity of the last day
}

// Lasting looks at the days before the one that a group was judged by as well:
// days of them altogether, each by the seven days up to it. A day of which
// something is not known counts as good: a gap is no slump.
func (s *Slumps) Lasting(ctx context.Context, h *GroupHealth, days int) (l Lasting, err error) {
	if s.links == nil {
		if s.links, err = LinksNow(ctx, s.q, s.c); err != nil {
			return l, err
		}
	}
	all, err := HistoryOf(ctx, s.q, h.Head, s.links, EverFrom, s.now)
	if err != nil {
		return l, err
	}
	bad := map[string]int{}
	for k := range days {
		end := h.Span.To - community.Day(k)
		for _, r := range insight.Judge(all.Weeks(end), s.judge.peersOf(h.Type, end), h.Type, h.Settings).Readings {
			if r.Band == insight.BandAlert {
				bad[r.Metric]++
			}
		}
	}
	for _, r := range h.Readings {
		if bad[r.Metric] == days {
			l.Metrics = append(l.Metrics, r.Metric)
		}
	}
	if n, ok := all.Number("low_activity_days", h.Span); ok && n.Value != nil {
		l.LowDays = int(*n.Value)
	}
	l.LowFrom = h.Span.To
	for d, left := h.Span.To, l.LowDays; left > 0; d-- {
		if n, ok := all.Number("activity_rate", insight.Span{From: d, To: d}); ok && n.Value != nil {
			l.LowFrom = d
			left--
		}
	}
	if n, ok := all.Number("activity_rate", insight.Span{From: h.Span.To, To: h.Span.To}); ok {
		l.Rate = n.Value
	}
	return l, nil
}
