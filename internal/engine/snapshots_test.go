package engine

import (
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/store"
	"qunying/internal/testdb/ready"
	"qunying/transcript"
)

func (w *world) snapshotsOf(g community.GroupID) (list []store.Snapshot) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = store.Snapshots(ctx, q, 1, g, 100)
		return err
	})
	return list
}

// snapshot makes everything that waits.
func (w *world) snapshot() {
	w.t.Helper()
	for more := true; more; {
		var err error
		if more, err = w.e.stepAll(w.t.Context(), w.e.snapshotStep); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) written(x store.Snapshot, name string) string {
	w.t.Helper()
	f, err := w.e.OpenSnapshot(w.t.Context(), 1, x.Group, x.Slot, name, 7)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// S88: members and messages are written to files by the clock, are complete, and
// can be read again.
func TestSnapshotsAreMadeByTheClock(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		for _, text := range []string{"打卡\n第3天", `=1+1 "引号" <b>`, ""} {
			w.net.Say("g", "a", text, w.now())
		}
		w.hear(func() bool { return w.kinds()[community.MessagePosted] == 3 })
		w.project()
		w.typed(0, SnapshotsKey, `{"every":"daily","hour":4,"keep":2}`)
		w.tick()
		w.decide()
		if len(w.snapshotsOf(1)) != 0 {
			t.Fatal("it was not due")
		}
		for day := range 4 {
			w.clock.Store(time.Date(2026, 3, 2+day, 4, 0, 0, 0, shanghai).UnixMilli())
			w.tick()
			w.decide()
			w.tick() // the same minute again
			w.decide()
			if day == 0 {
				_, e := w.open() // restarted before anything was written
				e.files = w.e.files
				w.e = e
			}
			w.snapshot()
		}
		list := w.snapshotsOf(1)
		if len(list) != 2 || list[0].State != store.SnapshotDone || !list[0].Slot.Equal(w.now()) || list[0].Messages != 3 || list[0].Members < 1 || list[0].Bytes == 0 || list[0].AsOf == 0 {
			t.Fatalf("%+v", list)
		}
		folders, err := os.ReadDir(w.e.snapshotFolder(1, 1))
		if err != nil || len(folders) != 2 {
			t.Errorf("%v %v", folders, err)
		}
		text := w.written(list[0], SnapshotMessages)
		var said []string
		chat, err := transcript.OpenReader(SnapshotMessages, strings.NewReader(text), transcript.Options{Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range chat.Records() {
			if err != nil {
				t.Fatal(err)
			}
			said = append(said, r.SenderID+": "+r.Text)
			if r.GroupID != "g" || r.GroupName != "群" || !r.At.Equal(begin) {
				t.Errorf("%+v", r)
			}
		}
		if len(said) != 3 || said[0] != "a: 打卡\n第3天" || said[1] != `a: =1+1 "引号" <b>` {
			t.Errorf("%q of\n%s", said, text)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.written(list[0], SnapshotMembers), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != int(list[0].Members)+1 || rows[1][0] != "a" || rows[1][3] != "true" || rows[1][4] != "3" {
			t.Errorf("%q %v", rows, err)
		}
		if _, err := w.e.OpenSnapshot(t.Context(), 1, 1, list[0].Slot, "../../qunying.db", 7); community.CodeOf(err) != community.NotFound {
			t.Errorf("%v", err)
		}
	})
}

// S97: who is erased is in no snapshot; the group gets a new one, without them.
func TestSnapshotsForgetWhoIsErased(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.observe(w.say("g", secretID, secretText), w.say("g", "b", "早上好"))
		w.project()
		if _, err := w.e.SnapshotNow(t.Context(), 1, 1, 7); err != nil {
			t.Fatal(err)
		}
		w.snapshot()
		old := w.snapshotsOf(1)
		if len(old) != 1 || !strings.Contains(w.written(old[0], SnapshotMembers), secretID) || !strings.Contains(w.written(old[0], SnapshotMessages), secretText) {
			t.Fatalf("nothing to be erased is in %+v", old)
		}
		var who community.IdentityID
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			who, err = store.IdentityByOutside(ctx, q, 1, "sim", 0, secretID)
			return err
		})
		w.advance(time.Hour)
		is, err := w.e.Erase(t.Context(), 1, who, 7)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.e.erase(t.Context(), 1, is, func(float64) {}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(w.e.snapshotFolder(1, 1), slotName(old[0].Slot))); !os.IsNotExist(err) {
			t.Errorf("the old snapshot is still there: %v", err)
		}
		w.snapshot()
		list := w.snapshotsOf(1)
		if len(list) != 1 || list[0].State != store.SnapshotDone || list[0].Slot.Equal(old[0].Slot) {
			t.Fatalf("afterwards there are %+v", list)
		}
		members, messages := w.written(list[0], SnapshotMembers), w.written(list[0], SnapshotMessages)
		if strings.Contains(members+messages, secretID) || strings.Contains(messages, secretText) || !strings.Contains(messages, "早上好") {
			t.Errorf("the new one holds\n%s\n%s", members, messages)
		}
	})
}

// Each group keeps its own hour, and after a downtime has one made.
func TestSnapshotsAfterADowntime(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.net.AddGroup("g2", "二群")
		w.net.Say("g2", "a", "在", w.now())
		w.hear(func() bool { return w.kinds()[community.MessagePosted] == 1 })
		w.typed(0, SnapshotsKey, `{"every":"daily","hour":4}`)
		w.typed(2, SnapshotsKey, `{"every":"weekly","weekday":3,"hour":5}`) // Wednesday
		w.clock.Store(time.Date(2026, 3, 4, 6, 0, 0, 0, shanghai).UnixMilli())
		w.tick()
		w.decide()
		w.project()
		w.snapshot()
		one, two := w.snapshotsOf(1), w.snapshotsOf(2)
		if len(one) != 1 || !one[0].Slot.Equal(time.Date(2026, 3, 4, 4, 0, 0, 0, shanghai)) || len(two) != 1 || !two[0].Slot.Equal(time.Date(2026, 3, 4, 5, 0, 0, 0, shanghai)) {
			t.Errorf("%+v %+v", one, two)
		}
		if err := w.e.SaveSnapshotPlan(t.Context(), 1, 0, SnapshotsKey, SnapshotPlan{Every: new("off")}, 1, 7); err != nil {
			t.Fatal(err)
		}
		w.decide()
		w.clock.Store(time.Date(2026, 3, 10, 6, 0, 0, 0, shanghai).UnixMilli())
		w.tick()
		w.decide()
		if one := w.snapshotsOf(1); len(one) != 1 {
			t.Errorf("it is switched off: %+v", one)
		}
	})
}

func TestSnapshotNowIsOneAtATime(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		first, err := w.e.SnapshotNow(t.Context(), 1, 1, 7)
		if err != nil {
			t.Fatal(err)
		}
		w.advance(time.Minute)
		if again, err := w.e.SnapshotNow(t.Context(), 1, 1, 7); err != nil || !again.Equal(first) {
			t.Error(again, err)
		}
		if _, err := w.e.SnapshotNow(t.Context(), 1, 99, 7); community.CodeOf(err) != community.NotFound {
			t.Error(err)
		}
		w.snapshot()
		if list := w.snapshotsOf(1); len(list) != 1 || list[0].By != 7 || list[0].State != store.SnapshotDone {
			t.Errorf("%+v", list)
		}
	})
}

// What cannot be written is tried again, said plainly, and leaves nothing behind.
func TestSnapshotThatCannotBeWritten(t *testing.T) {
	w := newWorld(t, ready.SQLite(t))
	w.ready(sim.FullCapabilities())
	if err := os.WriteFile(filepath.Join(w.e.files, "exports"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.e.SnapshotNow(t.Context(), 1, 1, 7); err != nil {
		t.Fatal(err)
	}
	for range snapshotTries {
		_, err := w.e.stepAll(t.Context(), w.e.snapshotStep)
		if err != nil {
			t.Log(err)
		}
	}
	list := w.snapshotsOf(1)
	if len(list) != 1 || list[0].State != store.SnapshotFailed || list[0].Tries != snapshotTries || list[0].Error == "" || strings.Contains(list[0].Error, w.e.files) {
		t.Errorf("%+v", list)
	}
	if _, err := w.e.OpenSnapshot(t.Context(), 1, 1, list[0].Slot, SnapshotMembers, 7); community.CodeOf(err) != community.NotFound {
		t.Error(err)
	}
}

func TestSnapshotPlanNext(t *testing.T) {
	for _, c := range []struct {
		x           SnapshotPlan
		after, want string
	}{
		{SnapshotPlan{Every: new("daily"), Hour: new(4)}, "2026-03-01 03:59", "2026-03-01 04:00"},
		{SnapshotPlan{Every: new("daily"), Hour: new(4)}, "2026-03-01 04:00", "2026-03-02 04:00"},
		{SnapshotPlan{Every: new("weekly"), Weekday: new(7), Hour: new(0)}, "2026-03-01 00:00", "2026-03-08 00:00"},
		{SnapshotPlan{Every: new("weekly"), Weekday: new(7), Hour: new(0)}, "2026-02-28 23:59", "2026-03-01 00:00"},
		{SnapshotPlan{Every: new("weekly"), Weekday: new(1), Hour: new(23)}, "2026-12-30 00:00", "2027-01-04 23:00"},
	} {
		after, err := time.ParseInLocation("2006-01-02 15:04", c.after, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.x.Next(after, shanghai).Format("2006-01-02 15:04"); got != c.want {
			t.Errorf("after %s: %s, want %s", c.after, got, c.want)
		}
	}
	if !(SnapshotPlan{Every: new("off")}).Next(begin, shanghai).IsZero() {
		t.Error("off is never")
	}
}

func FuzzSnapshotPlanCheck(f *testing.F) {
	f.Add("daily", 1, 4, 2)
	f.Fuzz(func(t *testing.T, every string, weekday, hour, keep int) {
		x := SnapshotPlan{Every: &every, Weekday: &weekday, Hour: &hour, Keep: &keep}
		if x.Check() != nil {
			return
		}
		if at := x.Next(begin, shanghai); every != "off" && (!at.After(begin) || at.Sub(begin) > 8*24*time.Hour) {
			t.Errorf("%v after %v", at, begin)
		}
	})
}
