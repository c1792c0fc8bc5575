package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

// SnapshotsKey is the setting that says when members and messages are written to
// files (群留底, S88), of the community, of sets and of groups.
const SnapshotsKey = "snapshots"

// SnapshotPlan is what people typed about it. A field left out is inherited.
type SnapshotPlan struct {
	Every   *string `json:"every,omitempty"`   // off, daily, weekly
	Weekday *int    `json:"weekday,omitempty"` // of weekly: 1 Monday … 7 Sunday
	Hour    *int    `json:"hour,omitempty"`    // of the day, in the group's zone
	Keep    *int    `json:"keep,omitempty"`    // how many are kept; older ones are deleted
}

// DefaultSnapshotPlan is in force where nobody typed anything.
func DefaultSnapshotPlan() SnapshotPlan {
	return SnapshotPlan{Every: new("off"), Weekday: new(1), Hour: new(4), Keep: new(4)}
}

// Check says what is wrong before it is saved.
func (x SnapshotPlan) Check() error {
	if x.Every != nil && !slices.Contains([]string{"off", "daily", "weekly"}, *x.Every) {
		return community.Errorf(community.Invalid, "there is no rhythm %q", *x.Every).WithHint("off, daily or weekly")
	}
	for _, f := range []struct {
		name        string
		value       *int
		least, most int
	}{{"weekday", x.Weekday, 1, 7}, {"hour", x.Hour, 0, 23}, {"keep", x.Keep, 1, 100}} {
		if f.value != nil && (*f.value < f.least || *f.value > f.most) {
			return community.Errorf(community.Invalid, "%s is %d", f.name, *f.value).
				WithHint("write a number from " + strconv.Itoa(f.least) + " to " + strconv.Itoa(f.most))
		}
	}
	return nil
}

// SnapshotPlanIn lays layers over each other and over the defaults; the nearest is
// the first. What cannot be read counts as saying nothing.
func SnapshotPlanIn(layers []store.Layer) SnapshotPlan {
	x := DefaultSnapshotPlan()
	for _, l := range slices.Backward(layers) {
		var own SnapshotPlan
		if json.Unmarshal([]byte(l.Value), &own) != nil || own.Check() != nil {
			continue
		}
		x.Every, x.Weekday = cmp.Or(own.Every, x.Every), cmp.Or(own.Weekday, x.Weekday)
		x.Hour, x.Keep = cmp.Or(own.Hour, x.Hour), cmp.Or(own.Keep, x.Keep)
	}
	return x
}

// Next is when the next snapshot is due after a time; zero for never. An hour that a
// day does not have, when clocks change, is the one after it.
func (x SnapshotPlan) Next(after time.Time, zone *time.Location) time.Time {
	if *x.Every == "off" {
		return time.Time{}
	}
	y, m, d := after.In(zone).Date()
	for ; ; d++ {
		at := time.Date(y, m, d, *x.Hour, 0, 0, 0, zone)
		if at.After(after) && (*x.Every == "daily" || at.Weekday() == time.Weekday(*x.Weekday%7)) {
			return at
		}
	}
}

// last is the last time a snapshot was due in [from, to], zero for none.
func (x SnapshotPlan) last(from, to time.Time, zone *time.Location) (at time.Time) {
	for next := x.Next(from.Add(-time.Millisecond), zone); !next.IsZero() && !next.After(to); next = x.Next(next, zone) {
		at = next
	}
	return at
}

// snapshotDue is the kind of due row that has snapshots made: one for a community, for
// the group whose turn comes first.
const snapshotDue = "snapshot"

// eachSnapshotPlan calls f for every group with what is set for it.
func eachSnapshotPlan(ctx context.Context, q store.Querier, c community.ID, f func(community.Group, SnapshotPlan)) error {
	groups, err := store.Groups(ctx, q, c)
	if err != nil {
		return err
	}
	said, err := store.LayeringOf(ctx, q, c, SnapshotsKey)
	if err != nil {
		return err
	}
	for _, g := range groups {
		f(g, SnapshotPlanIn(said.Of(g.ID)))
	}
	return nil
}

// scheduleSnapshots has somebody look again when the next snapshot is due.
func scheduleSnapshots(ctx context.Context, q store.Querier, ev *community.Event, after time.Time, fx *effects) error {
	var first time.Time
	if err := eachSnapshotPlan(ctx, q, ev.Community, func(g community.Group, x SnapshotPlan) {
		if at := x.Next(after, g.Zone); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}); err != nil || first.IsZero() {
		return err
	}
	fx.dues = append(fx.dues, store.Due{Key: community.KeyParts{Kind: snapshotDue, ID: decimal(first.Unix())}.Key(), At: first, Kind: snapshotDue, CauseSeq: ev.Seq, Data: "{}"})
	return nil
}

// planSnapshots plans what has fallen due since a row was to be looked at. After a
// downtime each group has one made.
func (e *Engine) planSnapshots(ctx context.Context, q store.Querier, ev *community.Event, due store.Due, fx *effects) error {
	plan := map[community.GroupID]time.Time{}
	if err := eachSnapshotPlan(ctx, q, ev.Community, func(g community.Group, x SnapshotPlan) {
		if at := x.last(due.At, ev.At, g.Zone); !at.IsZero() {
			plan[g.ID] = at
		}
	}); err != nil {
		return err
	}
	if len(plan) > 0 {
		fx.records = append(fx.records, func(tx *store.Tx) error {
			tx.AfterCommit(e.snapshots.fire)
			for g, at := range plan {
				if err := tx.PlanSnapshot(ev.Community, g, at, 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return scheduleSnapshots(ctx, q, ev, ev.At, fx)
}

// SaveSnapshotPlan saves when a group's snapshots are made, or what holds for several.
func (e *Engine) SaveSnapshotPlan(ctx context.Context, c community.ID, g community.GroupID, key string, x SnapshotPlan, based int64, by community.StaffID) error {
	if err := x.Check(); err != nil {
		return err
	}
	return e.SaveSetting(ctx, c, g, key, x, based, by)
}

// SnapshotNow has a snapshot of a group made at once, and answers its slot.
func (e *Engine) SnapshotNow(ctx context.Context, c community.ID, g community.GroupID, by community.StaffID) (time.Time, error) {
	slot := e.now().Truncate(time.Second).UTC()
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := store.Group(ctx, tx, c, g); err != nil {
			return err
		}
		waiting, err := store.Snapshots(ctx, tx, c, g, 1)
		if err != nil {
			return err
		}
		if len(waiting) > 0 && waiting[0].State == store.SnapshotWaiting {
			slot = waiting[0].Slot // one is enough
			return nil
		}
		if err := tx.PlanSnapshot(c, g, slot, by); err != nil {
			return err
		}
		return tx.Audit(c, by, e.now().UnixMilli(), "snapshot.ask", "group/"+decimal(int64(g)), "", "")
	})
	e.snapshots.fire()
	return slot, err
}

// eraseSnapshots removes every snapshot of the groups in which some identities were
// seen, and has a new one made of those that had any: files cannot be changed in one
// place. What is being made meanwhile finds its line gone and is removed as well.
func (e *Engine) eraseSnapshots(ctx context.Context, c community.ID, ids []community.IdentityID) error {
	var groups []community.GroupID
	if err := e.db.Read(ctx, func(q store.Querier) (err error) {
		groups, err = store.SnapshotGroupsOf(ctx, q, c, ids)
		return err
	}); err != nil {
		return err
	}
	slot := e.now().Truncate(time.Second).UTC()
	for _, g := range groups {
		if err := e.db.Write(ctx, func(tx *store.Tx) error {
			if err := tx.ForgetSnapshots(c, g); err != nil {
				return err
			}
			return tx.PlanSnapshot(c, g, slot, 0)
		}); err != nil {
			return err
		}
		if e.files == "" {
			continue
		}
		if err := os.RemoveAll(e.snapshotFolder(c, g)); err != nil {
			return err
		}
	}
	if len(groups) > 0 {
		e.snapshots.fire()
	}
	return nil
}
