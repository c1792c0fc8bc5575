package soak

import (
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// late is how long something may be on its way to us: what was when the connection
// or the machine ended is older than the last sign of life.
const late = 5 * time.Second

// books compares what happened with what the machine knows of it.
func (l *life) books() {
	l.t.Helper()
	l.log.mu.Lock()
	for line := range strings.Lines(l.log.b.String()) {
		l.t.Error("in the log: ", line)
	}
	l.log.mu.Unlock()
	events := l.events()
	echoed := map[string]bool{}
	total, missing, covered := 0, 0, time.Duration(0)
	for _, g := range l.p.groups {
		list := events[g.id]
		gaps := l.gaps(g)
		for _, x := range gaps {
			covered += x.to.Sub(x.from)
		}
		at := map[string]int{} // place in the group's part of the log
		for i, ev := range list {
			if ev.Kind != community.MessagePosted {
				continue
			}
			id := ev.Body.MessageID
			if _, twice := at[id]; twice {
				l.t.Errorf("%s of %s is in the log twice", id, g.id)
			}
			at[id] = i
			if key := ev.Body.Data["action"]; key != "" {
				echoed[key] = true
			}
		}
		last := -1
		for _, id := range g.heard {
			i, is := at[id]
			if !is {
				l.t.Errorf("%s of %s was acknowledged and is not in the log", id, g.id)
				continue
			}
			if i < last {
				l.t.Errorf("%s of %s is before what was heard before it", id, g.id)
			}
			last = max(last, i)
		}
		for _, o := range g.said {
			total++
			if _, is := at[o.ID]; is || !o.At.After(l.p.first) {
				continue
			}
			missing++
			if !slices.ContainsFunc(gaps, func(x span) bool { return !o.At.Before(x.from) && !o.At.After(x.to) }) {
				l.t.Errorf("%s of %s, said at %s, is missing in no gap", o.ID, g.id, o.At.Format(time.TimeOnly))
			}
		}
	}
	l.actions(echoed)
	if l.t.Failed() {
		l.tell(events)
	}
	l.t.Logf("%d messages, %d of them missing within gaps, gaps of %v in all groups, %d asked for; the platform: %v", total, missing, covered.Round(time.Second), len(l.asked), l.p.tried)
	if total < 100 || missing == 0 || len(l.asked) < 5 {
		l.t.Errorf("too little happened to show anything")
	}
}

// tell writes down how the connection was, and a group's gaps.
func (l *life) tell(events map[string][]community.Event) {
	for _, ev := range slices.Concat(events[""], events["g5"]) {
		switch ev.Kind {
		case community.ConnectionChanged:
			l.t.Log(ev.Seq, ev.At.Format("04:05.000"), ev.Body.Data, ev.Body.Text)
		case community.CoverageLost, community.CoverageBack:
			l.t.Log(ev.Seq, ev.At.Format("04:05.000"), ev.Kind)
		}
	}
}

// events are those of the log, by outside ID of their group, in order.
func (l *life) events() map[string][]community.Event {
	l.t.Helper()
	out := map[string][]community.Event{}
	err := l.db.Read(l.t.Context(), func(q store.Querier) error {
		groups, err := store.Groups(l.t.Context(), q, community.DefaultID)
		if err != nil {
			return err
		}
		names := map[community.GroupID]string{}
		for _, g := range groups {
			names[g.ID] = g.OutsideID
		}
		for after := community.Seq(0); ; {
			list, err := store.Events(l.t.Context(), q, community.DefaultID, after, 1000, true)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, ev := range list {
				if ev.Seq != after+1 {
					l.t.Errorf("event %d follows %d", ev.Seq, after)
				}
				after = ev.Seq
				out[names[ev.Group]] = append(out[names[ev.Group]], ev)
			}
		}
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return out
}

// gaps of a group, as charts draw them; none may be left open.
func (l *life) gaps(g *group) (gaps []span) {
	l.t.Helper()
	ctx := l.t.Context()
	if err := l.db.Read(ctx, func(q store.Querier) error {
		is, found, err := store.GroupByOutside(ctx, q, community.DefaultID, network, g.id)
		if err != nil || !found {
			return err
		}
		away, err := insightdb.Coverage(ctx, q, community.DefaultID, is.ID)
		for _, a := range away {
			switch {
			case a.To == 0:
				l.t.Errorf("a gap of %s is still open", g.id)
			case a.To > a.From:
				gaps = append(gaps, span{time.UnixMilli(a.From).Add(-late), time.UnixMilli(a.To)})
			}
		}
		return err
	}); err != nil {
		l.t.Fatal(err)
	}
	return gaps
}

// actions compares what was asked with what arrived.
func (l *life) actions(echoed map[string]bool) {
	l.t.Helper()
	states := map[store.OutboxState]int{}
	for name, key := range l.asked {
		var o store.Outgoing
		var found bool
		if err := l.db.Read(l.t.Context(), func(q store.Querier) (err error) {
			o, found, err = store.OutboxByKey(l.t.Context(), q, community.DefaultID, key)
			return err
		}); err != nil || !found {
			l.t.Errorf("%s is nowhere: %v", name, err)
			continue
		}
		states[o.State]++
		n := l.p.sent[key]
		switch {
		case n > 1:
			l.t.Errorf("%s arrived %d times", name, n)
		case o.State == store.Done && n == 0:
			l.t.Errorf("%s is done and did not arrive", name)
		case (o.State == store.Failed || o.State == store.Expired || o.State == store.Cancelled) && n > 0:
			l.t.Errorf("%s is %s and arrived", name, o.State)
		case o.State == store.Unknown && echoed[key.String()]:
			l.t.Errorf("%s came back and is still unknown", name)
		case o.State == store.Queued || o.State == store.Sending:
			l.t.Errorf("%s is still %s", name, o.State)
		}
	}
	for key, n := range l.p.sent {
		if n > 1 {
			l.t.Errorf("action %s arrived %d times", key, n)
		}
	}
	l.t.Logf("what was asked for became %v", states)
}
