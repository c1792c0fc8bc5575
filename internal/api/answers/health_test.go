package answers_test

import (
	"context"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
)

// judged waits until every group's weeks are in the view and as its days say.
func (w *world) judged(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		same := true
		if err := w.DB.Read(ctx, func(q store.Querier) error {
			heads, _, err := insightdb.Heads(ctx, q, c)
			if err != nil {
				return err
			}
			links, err := insightdb.LinksNow(ctx, q, c)
			if err != nil {
				return err
			}
			for _, h := range heads {
				want, err := insightdb.CountWeeks(ctx, q, h, links, now)
				if err != nil {
					return err
				}
				got, ok, err := insightdb.WeeksOf(ctx, q, c, h.ID)
				if err != nil {
					return err
				}
				same = same && ok && gocmp.Equal(want, got)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if same {
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatal("the weeks were not counted")
		}
	}
}

func (w *world) testHealth(t *testing.T) {
	w.judged(t)
	a, next, err := w.Healths(t.Context(), c, api.HealthsQuery{Limit: 200})
	if err != nil || next != (api.Place{}) || a.Waiting != 0 || a.Total != len(a.Groups) || a.Total < len(w.groups) {
		t.Fatal(a.Total, len(a.Groups), a.Waiting, next, err)
	}
	known := 0
	for _, line := range a.Groups {
		h, err := w.Health(t.Context(), c, line.Group)
		if err != nil {
			t.Fatal(err)
		}
		if h.Period != line.Period || h.Worst != line.Worst || len(h.Readings) != len(line.Cells) || len(h.Readings) != len(a.Bands) {
			t.Fatalf("%s: the page says %+v, the group %+v", line.Name, line, h)
		}
		for i, r := range h.Readings {
			cell := line.Cells[i]
			if cell.Metric != r.Metric || cell.Band != r.Band || cell.Course != r.Course || !gocmp.Equal(cell.Value, r.Value) {
				t.Errorf("%s: %s is %+v on the page, %+v in the group", line.Name, r.Metric, cell, r)
			}
			if (r.Value == nil) != (r.Why != "" && r.Why != "members_seen") {
				t.Errorf("%s: %s is %v for %q", line.Name, r.Metric, r.Value, r.Why)
			}
			if r.Value == nil {
				continue
			}
			known++
			numbers, err := w.Numbers(t.Context(), c, line.Group, h.Period)
			if err != nil {
				t.Fatal(err)
			}
			if n := number(t, numbers.Numbers, r.Metric); n.Value == nil || *n.Value != *r.Value {
				t.Errorf("%s: %s is %v, but %v among the numbers of that week", line.Name, r.Metric, *r.Value, show(n.Value))
			}
		}
	}
	if known < 20 {
		t.Errorf("only %d values were compared", known)
	}
	w.testHealthPages(t, a)
	w.testTiers(t)
	_, err = w.Health(t.Context(), c, 1<<40)
	wantCode(t, "health", err, community.NotFound)
	_, _, err = w.Healths(t.Context(), c, api.HealthsQuery{Metric: "messages"})
	wantCode(t, "healths", err, community.Invalid)
}

// testHealthPages compares pages, orders and filters with the whole list.
func (w *world) testHealthPages(t *testing.T, all api.HealthsAnswer) {
	for _, q := range []api.HealthsQuery{{Metric: "messages_mean"}, {Metric: "messages_mean", Order: "best"}, {Metric: "top1_share"}, {}, {Order: "best"}} {
		q.Limit = 2
		seen := map[community.GroupID]bool{}
		var last *float64
		for {
			a, next, err := w.Healths(t.Context(), c, q)
			if err != nil || a.Total != all.Total {
				t.Fatal(a.Total, err)
			}
			for _, line := range a.Groups {
				if seen[line.Group] {
					t.Fatalf("%+v: %s comes twice", q, line.Name)
				}
				seen[line.Group] = true
				for _, cell := range line.Cells {
					if cell.Metric != q.Metric {
						continue
					}
					rising := (q.Metric == "messages_mean") == (q.Order != "best") // the worst first
					if len(seen) > 1 && (last == nil && cell.Value != nil || last != nil && cell.Value != nil && *cell.Value != *last && (*cell.Value > *last) != rising) {
						t.Errorf("%+v: %v follows %v", q, show(cell.Value), show(last))
					}
					last = cell.Value
				}
			}
			if q.After = next; next == (api.Place{}) {
				break
			}
		}
		if len(seen) != all.Total {
			t.Errorf("%+v: %d of %d groups", q, len(seen), all.Total)
		}
	}
	want := map[string]int{}
	for _, line := range all.Groups {
		band := line.Band
		if band == "" {
			band = "unknown"
		}
		want[band]++
	}
	for _, band := range []string{"alert", "watch", "good", "excellent", "unknown"} {
		a, _, err := w.Healths(t.Context(), c, api.HealthsQuery{Band: band})
		if err != nil || a.Total != want[band] {
			t.Errorf("%d groups are %s, want %d: %v", a.Total, band, want[band], err)
		}
	}
	for _, n := range all.Bands {
		sum := 0
		for _, k := range n.Groups {
			sum += k
		}
		if sum != all.Total {
			t.Errorf("%s: %v is not of %d groups", n.Metric, n.Groups, all.Total)
		}
	}
}

// testTiers compares who is listed with what is true of the simulated members.
func (w *world) testTiers(t *testing.T) {
	for _, g := range w.groups {
		recent := g.posts(g.last-40, g.last)
		for tier, is := range map[string]func(posts int) bool{"few": func(n int) bool { return n < 3 }, "kol": func(n int) bool { return n > 20 }} {
			for _, to := range []community.Day{0, g.last - 10, g.last + 10} {
				a, err := w.Tier(t.Context(), c, g.id, tier, api.Period{To: to}, 500)
				if err != nil {
					t.Fatal(err)
				}
				if a.Period.To > g.last || to == g.last-10 && a.Period.To != to {
					t.Errorf("%s of %s at the end of %s is of %v", tier, g.name, to, a.Period)
				}
				want := map[community.PersonID]bool{}
				posts := g.posts(a.Period.From, a.Period.To)
				for _, who := range g.days[a.Period.To].Present {
					if is(posts[who]) {
						want[w.person(t, who)] = true
					}
				}
				if a.Why != "" {
					continue // too much of the window is in an outage
				}
				got := map[community.PersonID]bool{}
				for _, p := range a.People {
					got[p.Person] = true
					if p.Name == "" || p.LastAt == 0 && len(recent) > 0 && p.Messages > 0 {
						t.Errorf("%s: %+v", tier, p)
					}
				}
				if diff := gocmp.Diff(want, got); diff != "" || a.Total != int64(len(want)) {
					t.Errorf("%s of %s at the end of %s (-want +got): %s", tier, g.name, to, diff)
				}
			}
		}
	}
	_, err := w.Tier(t.Context(), c, 1<<40, "few", api.Period{}, 1)
	wantCode(t, "tier", err, community.NotFound)
}
