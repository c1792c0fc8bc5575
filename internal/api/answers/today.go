package answers

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/internal/store/cases"
	insightdb "qunying/internal/store/insight"
)

const (
	todayItems  = 10 // that are shown at once
	todayGroups = 6  // by urgency
	todayNames  = 5  // of groups in one item
	// todaySpan is how far back actions that failed still need somebody.
	todaySpan = 7 * 24 * time.Hour
	// keeperKey is the setting that says whose a group is.
	keeperKey = "keeper"
)

// kept is whose a group is.
type kept struct {
	Staff  community.StaffID `json:"staff"`
	Backup community.StaffID `json:"backup"`
}

func keepersOf(ctx context.Context, q store.Querier, c community.ID) (map[community.GroupID]kept, error) {
	typed, err := store.SettingOfGroups(ctx, q, c, keeperKey)
	all := make(map[community.GroupID]kept, len(typed))
	for g, v := range typed {
		var k kept
		if json.Unmarshal([]byte(v), &k) == nil && k != (kept{}) {
			all[g] = k
		}
	}
	return all, err
}

// Today answers what needs people now.
func (r *Reader) Today(ctx context.Context, c community.ID, by community.StaffID, want api.TodayQuery) (a api.TodayAnswer, err error) {
	a.Items, a.Groups = []api.TodayItem{}, []api.HealthLine{}
	err = r.DB.Read(ctx, func(q store.Querier) error {
		if a.Answer, err = asOf(ctx, q, c); err != nil {
			return err
		}
		keepers, err := keepersOf(ctx, q, c)
		if err != nil {
			return err
		}
		var mine []community.GroupID
		for g, k := range keepers {
			if k.Staff == by || k.Backup == by {
				mine = append(mine, g)
			}
		}
		a.Kept, a.Whose = len(mine), cmp.Or(want.Whose, "mine")
		if want.Whose == "" && len(mine) == 0 {
			a.Whose = "all"
		}
		within := api.Within(ctx)
		if a.Whose == "mine" {
			if within == nil {
				within = append([]community.GroupID{}, mine...)
			} else {
				within = slices.DeleteFunc(slices.Clone(within), func(g community.GroupID) bool { return !slices.Contains(mine, g) })
			}
		}
		d := day{q: q, c: c, bands: &r.bands, within: within, keepers: keepers, items: map[string]*api.TodayItem{}}
		return d.read(ctx, r.Now(), &a, want.All)
	})
	return a, err
}

// day gathers what needs people.
type day struct {
	q       store.Querier
	c       community.ID
	bands   *insightdb.Judgements
	within  []community.GroupID // nil: all
	keepers map[community.GroupID]kept
	items   map[string]*api.TodayItem
	order   []string
}

func (d *day) has(g community.GroupID) bool { return d.within == nil || slices.Contains(d.within, g) }

func (d *day) read(ctx context.Context, now time.Time, a *api.TodayAnswer, all bool) error {
	healths, waiting, err := d.bands.Bands(ctx, d.q, d.c)
	if err != nil {
		return err
	}
	a.Uncount = waiting
	healths = slices.DeleteFunc(healths, func(h insightdb.GroupHealth) bool { return !d.has(h.ID) })
	names := map[community.GroupID]string{}
	for _, h := range healths {
		names[h.ID] = h.Name
	}
	called, err := d.alerts(ctx, names)
	if err != nil {
		return err
	}
	for i := range healths {
		h := &healths[i]
		if m := h.Worst; h.Account != "" && bandOf(h, "") == insight.BandAlert && !called[h.ID] {
			d.add("slump "+m, api.TodayItem{Cause: "slump", Metric: m, Severity: string(store.Watch), Seen: true,
				Data: map[string]string{"lever": string(h.Lever)}}, h.ID, h.Name)
		}
	}
	n, err := store.AttentionNow(ctx, d.q, d.c, d.within, now, now.Add(-todaySpan))
	if err != nil {
		return err
	}
	for cause, count := range map[string]int{"failed": n.Failed, "unknown": n.Unknown} {
		if count > 0 {
			d.add(cause, api.TodayItem{Cause: cause, Severity: string(store.Watch), Count: count}, 0, "")
		}
	}
	a.Waiting.Tasks, a.Waiting.Overdue = n.Tasks, n.Overdue
	var oldest time.Time
	if a.Waiting.Reviews, oldest, err = cases.Waiting(ctx, d.q, d.c, d.within); err != nil {
		return err
	}
	if !oldest.IsZero() {
		a.Waiting.Oldest = oldest.UnixMilli()
	}
	waits, err := store.WaitsNow(ctx, d.q, d.c)
	if err != nil {
		return err
	}
	for _, g := range waits {
		if d.has(g.Group) {
			a.Waiting.Questions, a.Waiting.Late = a.Waiting.Questions+g.Open, a.Waiting.Late+g.Tasked
			if at := g.Oldest.UnixMilli(); a.Waiting.Asked == 0 || at < a.Waiting.Asked {
				a.Waiting.Asked = at
			}
		}
	}
	a.Items = d.sorted()
	if !all && len(a.Items) > todayItems {
		a.More = len(a.Items) - todayItems
		a.Items = a.Items[:todayItems]
	}
	urgent := slices.DeleteFunc(healths, func(h insightdb.GroupHealth) bool {
		return h.Account == "" || h.Counts[insight.BandAlert]+h.Counts[insight.BandWatch] == 0
	})
	a.Urgent = len(urgent)
	page, _ := healthPage(urgent, insight.Banded{}, api.HealthsQuery{Limit: todayGroups})
	for i := range page {
		a.Groups = append(a.Groups, healthLine(&page[i]))
	}
	return nil
}

// alerts adds what fires, and tells for which groups people were called because
// of their bands.
func (d *day) alerts(ctx context.Context, names map[community.GroupID]string) (map[community.GroupID]bool, error) {
	firing, err := store.FiringAlerts(ctx, d.q, d.c)
	if err != nil {
		return nil, err
	}
	called := map[community.GroupID]bool{}
	for i := range firing {
		f := &firing[i]
		if f.Group != 0 && !d.has(f.Group) {
			continue
		}
		key := f.Cause + " " + f.Data["metric"]
		if f.Group == 0 {
			key = f.Cause + " " + f.Subject
		}
		if f.Cause == "band" {
			called[f.Group] = true
		}
		name := names[f.Group]
		if name == "" && f.Group != 0 {
			g, err := store.Group(ctx, d.q, d.c, f.Group)
			if err != nil && community.CodeOf(err) != community.NotFound {
				return nil, err
			}
			name = g.Name
		}
		d.add(key, api.TodayItem{Cause: f.Cause, Metric: f.Data["metric"], Severity: string(f.Severity), Since: f.Since.UnixMilli(), Seen: !f.SeenAt.IsZero(), Data: f.Data}, f.Group, name)
	}
	return called, nil
}

// add puts something to what has the same cause.
func (d *day) add(key string, is api.TodayItem, g community.GroupID, name string) {
	at := d.items[key]
	if at == nil {
		is.Groups, is.Keepers = []api.TodayGroup{}, []community.StaffID{}
		if is.Data == nil {
			is.Data = map[string]string{}
		}
		at = &is
		d.items[key] = at
		d.order = append(d.order, key)
	} else {
		if is.Severity == string(store.Grave) {
			at.Severity = is.Severity
		}
		at.Seen = at.Seen && is.Seen
		if is.Since != 0 && (at.Since == 0 || is.Since < at.Since) {
			at.Since = is.Since
		}
	}
	if g == 0 {
		at.Count = max(at.Count, 1)
		return
	}
	at.Count++
	if len(at.Groups) < todayNames {
		at.Groups = append(at.Groups, api.TodayGroup{Group: g, Name: name})
	}
	if k := d.keepers[g]; k.Staff != 0 && !slices.Contains(at.Keepers, k.Staff) {
		at.Keepers = append(at.Keepers, k.Staff)
	}
}

// sorted lists the items: the grave ones first, of these what nobody looks after,
// then what concerns the most.
func (d *day) sorted() []api.TodayItem {
	list := make([]api.TodayItem, 0, len(d.order))
	for _, key := range d.order {
		list = append(list, *d.items[key])
	}
	rank := func(i *api.TodayItem) int {
		switch {
		case i.Severity == string(store.Grave) && !i.Seen:
			return 0
		case i.Severity == string(store.Grave):
			return 1
		case i.Cause != "slump":
			return 2
		}
		return 3
	}
	slices.SortStableFunc(list, func(x, y api.TodayItem) int {
		return cmp.Or(cmp.Compare(rank(&x), rank(&y)), cmp.Compare(y.Count, x.Count), strings.Compare(x.Cause, y.Cause), strings.Compare(x.Metric, y.Metric))
	})
	return list
}
