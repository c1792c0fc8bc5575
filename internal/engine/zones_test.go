package engine

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/store"
	insightdb "qunying/internal/store/insight"
	"qunying/internal/store/team"
)

// A zone that changes on a day moves nothing that was counted before, and counts
// everything after its first instant.
func TestAZoneChangesFromADayOn(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name, to string
		said     []string       // UTC
		days     map[string]int // messages by day
	}{
		// Its day begins 13 hours after that of Shanghai: the day of the change is long.
		{"west", "America/New_York", []string{"2026-03-02 15:59", "2026-03-02 16:00", "2026-03-03 04:59", "2026-03-03 05:00", "2026-03-04 04:59", "2026-03-04 05:00",
			"2026-03-09 03:59", "2026-03-09 04:00"}, // summer time began the day before
			map[string]int{"2026-03-02": 1, "2026-03-03": 4, "2026-03-04": 1, "2026-03-08": 1, "2026-03-09": 1}},
		// Its day begins five hours earlier: the day before the change is short.
		{"east", "Pacific/Auckland", []string{"2026-03-01 16:00", "2026-03-02 10:59", "2026-03-02 11:00", "2026-03-03 10:59", "2026-03-03 11:00"},
			map[string]int{"2026-03-02": 2, "2026-03-03": 2, "2026-03-04": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.ready(sim.FullCapabilities())
				w.observe(w.say("g", "a", "在"))
				w.project() // the zone is known by then
				from, err := community.ParseDay("2026-03-03")
				if err != nil {
					t.Fatal(err)
				}
				save := func(version int64, changes ...store.ZoneChange) error {
					return w.e.SaveSetting(t.Context(), 1, 1, store.ZoneKey, store.ZonePlan{Changes: changes}, version, 7)
				}
				today := community.DayOf(w.now(), time.UTC)
				if err := save(0, store.ZoneChange{From: today, Zone: c.to}); community.CodeOf(err) != community.Invalid {
					t.Errorf("a day that has begun: %v, want invalid", err)
				}
				if err := save(0, store.ZoneChange{From: from, Zone: "Mars/Olympus"}); community.CodeOf(err) != community.Invalid {
					t.Errorf("a zone that is none: %v, want invalid", err)
				}
				if err := save(0, store.ZoneChange{From: from, Zone: c.to}); err != nil {
					t.Fatal(err)
				}
				for _, when := range c.said {
					w.advance(at(when).Sub(w.now()))
					w.observe(w.say("g", "a", when))
					w.project()
				}
				want := map[string]int{"2026-03-01": 1}
				for day, n := range c.days {
					want[day] += n
				}
				w.read(func(ctx context.Context, q store.Querier) error {
					days, err := insightdb.Days(ctx, q, 1, 1, from-10, from+10)
					for _, d := range days {
						if d.Messages != want[d.Day.String()] {
							t.Errorf("%s: %d messages, want %d", d.Day, d.Messages, want[d.Day.String()])
						}
						delete(want, d.Day.String())
					}
					if len(want) > 0 {
						t.Errorf("no messages on %v", want)
					}
					g, err2 := store.Group(ctx, q, 1, 1)
					for day := from - 5; day <= from+10; day++ {
						if begins := day.Start(g.Zone); community.DayOf(begins, g.Zone) != day || community.DayOf(begins.Add(-time.Second), g.Zone) >= day {
							t.Errorf("%s begins at %s", day, begins)
						}
					}
					if err == nil {
						err = err2
					}
					return err
				})
				counted := w.dumpViews(1)
				if _, err := w.e.Rebuild(t.Context()); err != nil {
					t.Fatal(err)
				}
				if again := w.dumpViews(1); !slices.Equal(again, counted) {
					t.Errorf("counted again:\n%q\nwas\n%q", again, counted)
				}
				if err := save(1); community.CodeOf(err) != community.Invalid {
					t.Errorf("taking back what has begun: %v, want invalid", err)
				}
			})
		})
	}
}

func TestKeepingIsHandedOverAndTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		w.observe(w.say("h", "x", "在"), w.say("i", "x", "在"), w.say("j", "x", "在"))
		people := w.staffNamed("from", "to", "third")
		a, b, third := people[0], people[1], people[2]
		pairs := []Keeper{{a, third}, {a, b}, {third, a}, {third, 0}}
		for i, k := range pairs {
			text, err := json.Marshal(k)
			if err != nil {
				t.Fatal(err)
			}
			w.typed(community.GroupID(i+1), KeeperKey, string(text))
		}
		w.asked(ask("k", community.Action{Kind: community.Send, Text: "等等"}))
		w.dispatch()
		keepers := func() (list []Keeper) {
			t.Helper()
			w.read(func(ctx context.Context, q store.Querier) error {
				for i := range pairs {
					var k Keeper
					if _, err := store.ReadSetting(ctx, q, 1, community.GroupID(i+1), KeeperKey, &k); err != nil {
						return err
					}
					list = append(list, k)
				}
				return nil
			})
			for _, task := range w.tasks(store.TaskFilter{}) {
				list = append(list, Keeper{task.Keeper, task.Backup})
			}
			return list
		}
		before := keepers()
		if want := append(slices.Clone(pairs), Keeper{a, third}); !slices.Equal(before, want) {
			t.Fatalf("%v, want %v", before, want)
		}
		h := HandOver{From: a, To: b, Keeper: true, Backup: true, Tasks: true}
		n, err := w.e.CountKeeping(t.Context(), 1, h)
		if want := (Handed{Keeper: 2, Backup: 1, Alone: 1, Tasks: 1}); n != want || err != nil {
			t.Errorf("%+v, %v, want %+v", n, err, want)
		}
		if now := keepers(); !slices.Equal(now, before) {
			t.Errorf("counting changed %v", now)
		}
		done, err := w.e.HandKeeping(t.Context(), 1, h, third)
		if err != nil || done.Handed != n {
			t.Fatalf("%+v, %v", done, err)
		}
		if now, want := keepers(), []Keeper{{b, third}, {b, 0}, {third, b}, {third, 0}, {b, third}}; !slices.Equal(now, want) {
			t.Errorf("%v, want %v", now, want)
		}
		if _, err := w.e.HandKeeping(t.Context(), 1, h, third); community.CodeOf(err) != community.Invalid {
			t.Errorf("a second time: %v, want invalid", err)
		}
		if err := w.e.SaveSetting(t.Context(), 1, 3, KeeperKey, Keeper{third, third}, 2, 7); err != nil {
			t.Fatal(err)
		}
		back, stayed, err := w.e.TakeBack(t.Context(), 1, done.ID, third)
		if err != nil || stayed != 1 || back.Keeper != 2 || back.Tasks != 1 {
			t.Errorf("%+v, %d stayed, %v", back, stayed, err)
		}
		if now, want := keepers(), []Keeper{{a, third}, {a, b}, {third, third}, {third, 0}, {a, third}}; !slices.Equal(now, want) {
			t.Errorf("%v, want %v", now, want)
		}
		if _, _, err := w.e.TakeBack(t.Context(), 1, done.ID, third); community.CodeOf(err) != community.Conflict {
			t.Errorf("taking it back twice: %v, want conflict", err)
		}
		if list, err := w.e.HandOvers(t.Context(), 1, 10); err != nil || len(list) != 1 || list[0].UndoneAt.IsZero() || list[0].Handed != n {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestAGroupIsLeftAndReturnedTo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.observe(w.say("g", "a", "在"))
		w.project()
		listed := func() (shown, listens bool) {
			t.Helper()
			w.read(func(ctx context.Context, q store.Querier) error {
				heads, _, err := insightdb.Shown(ctx, q, 1)
				for _, h := range heads {
					if h.ID == 1 {
						shown, listens = true, h.Account != ""
					}
				}
				return err
			})
			return shown, listens
		}
		if shown, listens := listed(); !shown || !listens {
			t.Fatalf("at first shown %v, listens %v", shown, listens)
		}
		if err := w.e.Leave(t.Context(), 1, 1, true, 7); err != nil {
			t.Fatal(err)
		}
		if shown, _ := listed(); shown {
			t.Error("a group that was put away is shown")
		}
		if err := w.e.Leave(t.Context(), 1, 1, true, 7); community.CodeOf(err) != community.Invalid {
			t.Errorf("leaving twice: %v, want invalid", err)
		}
		if listens, err := w.e.Return(t.Context(), 1, 1, 7); err != nil || !listens {
			t.Errorf("returned: %v, %v", listens, err)
		}
		if shown, listens := listed(); !shown || !listens {
			t.Errorf("afterwards shown %v, listens %v", shown, listens)
		}
		w.observe(w.say("g", "a", "又在"))
		w.project()
		w.read(func(ctx context.Context, q store.Querier) error {
			totals, err := insightdb.TotalsOf(ctx, q, 1, 1)
			if totals.Messages != 2 {
				t.Errorf("%d messages, want the two that were heard", totals.Messages)
			}
			return err
		})
	})
}

// staffNamed makes members of staff.
func (w *world) staffNamed(names ...string) (ids []community.StaffID) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		for _, name := range names {
			id, err := team.Add(w.t.Context(), tx, team.Staff{Name: name, Role: "operator", Password: "x", CreatedAt: w.now()})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return ids
}
