package main

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
)

// contingency shows what groups fall back on, and what was written of them to files.
type contingency struct{ *console }

// After so long nobody should rely on a snapshot, or on a plan that was not tried.
const (
	staleSnapshot = 8 * 24 * time.Hour
	staleDrill    = 100 * 24 * time.Hour // a quarter and a week
)

// fallbacks are what all rows are made of.
type fallbacks struct {
	groups    []community.Group
	names     map[community.GroupID]string
	plans     *store.Layering
	snapshots *store.Layering
	keepers   *store.Layering
	inUse     map[community.GroupID]store.Switch
	last      map[community.GroupID]time.Time
	drills    map[community.GroupID]store.LastOf
}

func readFallbacks(ctx context.Context, q store.Querier, c community.ID) (f fallbacks, err error) {
	if f.groups, err = store.Groups(ctx, q, c); err != nil {
		return f, err
	}
	f.names = map[community.GroupID]string{}
	for _, g := range f.groups {
		f.names[g.ID] = g.Name
	}
	if f.plans, err = store.LayeringOf(ctx, q, c, engine.ContingencyKey); err != nil {
		return f, err
	}
	if f.snapshots, err = store.LayeringOf(ctx, q, c, engine.SnapshotsKey); err != nil {
		return f, err
	}
	if f.keepers, err = store.LayeringOf(ctx, q, c, engine.KeeperKey); err != nil {
		return f, err
	}
	if f.inUse, err = store.SwitchesInUse(ctx, q, c); err != nil {
		return f, err
	}
	if f.last, err = store.LastSnapshots(ctx, q, c); err != nil {
		return f, err
	}
	f.drills, err = store.LastTasks(ctx, q, c, engine.DrillTask)
	return f, err
}

func (f *fallbacks) row(g community.Group, now time.Time) api.ContingencyRow {
	plan, drill := engine.ContingencyIn(f.plans.Of(g.ID)), f.drills[g.ID]
	row := api.ContingencyRow{Group: g.ID, Name: g.Name, Network: string(g.Network), State: "none", Backup: int64(*plan.Backup), BackupName: f.names[*plan.Backup], Way: *plan.Way,
		Every: *engine.SnapshotPlanIn(f.snapshots.Of(g.ID)).Every, SnapshotAt: milli(f.last[g.ID]), Stale: now.Sub(f.last[g.ID]) > staleSnapshot,
		Drills: *plan.Drills, Drill: drill.Open, DrillDue: milli(drill.Due), DrilledAt: milli(drill.DoneAt), Undrilled: now.Sub(drill.DoneAt) > staleDrill}
	if layers := f.keepers.Of(g.ID); len(layers) > 0 {
		var k engine.Keeper
		if json.Unmarshal([]byte(layers[0].Value), &k) == nil { // what cannot be read is nobody's
			row.Keeper = k.Staff
		}
	}
	if plan.Prepared() {
		row.State = "prepared"
	}
	if s, ok := f.inUse[g.ID]; ok {
		row.State, row.Since = "in_use", milli(s.BegunAt)
	}
	return row
}

func (c contingency) Contingencies(ctx context.Context, id community.ID) (a api.ContingenciesAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Groups = []api.ContingencyRow{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		f, err := readFallbacks(ctx, q, id)
		for _, g := range f.groups {
			a.Groups = append(a.Groups, f.row(g, c.now()))
		}
		return err
	})
	return a, err
}

func (c contingency) Contingency(ctx context.Context, id community.ID, of community.GroupID) (a api.ContingencyAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Switches, a.Drills, a.By = []api.SwitchView{}, []api.TaskView{}, "task"
	err = c.db.Read(ctx, func(q store.Querier) error {
		g, err := store.Group(ctx, q, id, of)
		if err != nil {
			return err
		}
		f, err := readFallbacks(ctx, q, id)
		if err != nil {
			return err
		}
		a.Group = f.row(g, c.now())
		a.Announcement = engine.ContingencyIn(f.plans.Of(of)).Announcement(a.Group.BackupName)
		if c.engine.Reaches(g) {
			a.By = "machine"
		}
		switches, err := store.Switches(ctx, q, id, of, 20)
		if err != nil {
			return err
		}
		for _, s := range switches {
			v := api.SwitchView{ID: s.ID, Backup: int64(s.Backup), Text: s.Text, Way: s.Way, BegunAt: milli(s.BegunAt), BegunBy: s.BegunBy, EndedAt: milli(s.EndedAt), EndedBy: s.EndedBy}
			if s.Way == "machine" {
				v.Entry = s.Action.String()
			}
			a.Switches = append(a.Switches, v)
		}
		drills, err := store.TasksOf(ctx, q, id, of, engine.DrillTask, 12)
		if err != nil {
			return err
		}
		for i := range drills {
			t, err := taskView(ctx, q, id, &drills[i])
			if err != nil {
				return err
			}
			a.Drills = append(a.Drills, t)
		}
		return nil
	})
	return a, err
}

func planView(p engine.Contingency, version int64) api.ContingencyPlan {
	v := api.ContingencyPlan{Way: p.Way, Text: p.Text, Drills: p.Drills, Version: version}
	if p.Backup != nil {
		v.Backup = new(int64(*p.Backup))
	}
	return v
}

func (c contingency) Plan(ctx context.Context, id community.ID, of api.Scope) (a api.ContingencyPlanAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		layers, from, err := inherited(ctx, q, id, of, engine.ContingencyKey, func(saved engine.Contingency, version int64) { a.Plan = planView(saved, version) })
		if err != nil {
			return err
		}
		a.InForce, a.From = planView(engine.ContingencyIn(layers), 0), from
		return nil
	})
	return a, err
}

func (c contingency) SavePlan(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, v api.ContingencyPlan) (api.ContingencyPlanAnswer, error) {
	if _, err := c.Plan(ctx, id, of); err != nil { // there is no such group or set
		return api.ContingencyPlanAnswer{}, err
	}
	key := engine.ContingencyKey
	if of.Set != 0 {
		key = store.SetKey(of.Set, key)
	}
	p := engine.Contingency{Way: v.Way, Text: v.Text, Drills: v.Drills}
	if v.Backup != nil {
		p.Backup = new(community.GroupID(*v.Backup))
	}
	if err := c.engine.SaveContingency(ctx, id, of.Group, key, p, v.Version, by); err != nil {
		return api.ContingencyPlanAnswer{}, err
	}
	return c.Plan(ctx, id, of)
}

// Snapshots.

const shownSnapshots = 100

func (c contingency) Snapshots(ctx context.Context, id community.ID, of community.GroupID) (a api.SnapshotsAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	a.Snapshots = []api.SnapshotView{}
	err = c.db.Read(ctx, func(q store.Querier) error {
		g, err := store.Group(ctx, q, id, of)
		if err != nil {
			return err
		}
		list, err := store.Snapshots(ctx, q, id, of, shownSnapshots)
		if err != nil {
			return err
		}
		for _, s := range list {
			a.Snapshots = append(a.Snapshots, api.SnapshotView{Slot: milli(s.Slot), State: string(s.State), By: s.By, Error: s.Error,
				Messages: s.Messages, Members: s.Members, Bytes: s.Bytes, DoneAt: milli(s.DoneAt)})
		}
		layers, err := store.LayersAt(ctx, q, id, of, engine.SnapshotsKey, 0)
		a.NextAt = milli(engine.SnapshotPlanIn(layers).Next(c.now(), g.Zone))
		return err
	})
	return a, err
}

func (c contingency) SnapshotNow(ctx context.Context, id community.ID, g community.GroupID, by community.StaffID) (api.SnapshotsAnswer, error) {
	if _, err := c.engine.SnapshotNow(ctx, id, g, by); err != nil {
		return api.SnapshotsAnswer{}, err
	}
	return c.Snapshots(ctx, id, g)
}

func (c contingency) OpenSnapshot(ctx context.Context, id community.ID, g community.GroupID, slot int64, file string, by community.StaffID) (io.ReadCloser, error) {
	return c.engine.OpenSnapshot(ctx, id, g, time.UnixMilli(slot), file, by)
}

func snapshotPlanView(p engine.SnapshotPlan, version int64) api.SnapshotPlan {
	return api.SnapshotPlan{Every: p.Every, Weekday: p.Weekday, Hour: p.Hour, Keep: p.Keep, Version: version}
}

func (c contingency) SnapshotPlan(ctx context.Context, id community.ID, of api.Scope) (a api.SnapshotPlanAnswer, err error) {
	if a.Answer, err = c.asOf(ctx, id); err != nil {
		return a, err
	}
	err = c.db.Read(ctx, func(q store.Querier) error {
		layers, from, err := inherited(ctx, q, id, of, engine.SnapshotsKey, func(saved engine.SnapshotPlan, version int64) { a.Plan = snapshotPlanView(saved, version) })
		if err != nil {
			return err
		}
		a.InForce, a.From = snapshotPlanView(engine.SnapshotPlanIn(layers), 0), from
		return nil
	})
	return a, err
}

func (c contingency) SaveSnapshotPlan(ctx context.Context, id community.ID, of api.Scope, by community.StaffID, v api.SnapshotPlan) (api.SnapshotPlanAnswer, error) {
	p := engine.SnapshotPlan{Every: v.Every, Weekday: v.Weekday, Hour: v.Hour, Keep: v.Keep}
	if err := p.Check(); err != nil {
		return api.SnapshotPlanAnswer{}, err
	}
	if _, err := c.SnapshotPlan(ctx, id, of); err != nil { // there is no such group or set
		return api.SnapshotPlanAnswer{}, err
	}
	if err := c.saveScoped(ctx, id, of, engine.SnapshotsKey, p, v.Version, by); err != nil {
		return api.SnapshotPlanAnswer{}, err
	}
	return c.SnapshotPlan(ctx, id, of)
}
