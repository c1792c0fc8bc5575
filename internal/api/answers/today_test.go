package answers_test

import (
	"encoding/json"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
)

// What needs people is told by cause, for all groups or those that somebody keeps.
func TestToday(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		if _, err := w.engine.Fill(t.Context(), c, "sim", shanghai, rosters(), nil); err != nil {
			t.Fatal(err)
		}
		w.settle(t)
		running, reading := groupOn(t, w, "跑步"), groupOn(t, w, "读书")
		keep := func(g community.GroupID, staff community.StaffID) {
			t.Helper()
			if err := w.engine.SaveSetting(t.Context(), c, g, engine.KeeperKey, engine.Keeper{Staff: staff}, 0, 1); err != nil {
				t.Fatal(err)
			}
		}
		keep(running, 7)
		keep(reading, 8)
		open := func(cause, subject string, g community.GroupID, severity store.Severity, data map[string]string) {
			t.Helper()
			if err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.OpenAlert(store.Alert{Community: c, ID: community.Seq(len(subject) + 1000*len(cause)), Cause: cause, Subject: subject, Group: g, Severity: severity,
					State: store.Firing, Data: data, Since: now, OpenedAt: now}, time.Hour)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		open("connection", "account/wx", 0, store.Grave, map[string]string{"account": "wx"})
		open("silent", "group/r", running, store.Watch, map[string]string{"hours": "12"})
		open("silent", "group/rr", reading, store.Watch, map[string]string{"hours": "13"})
		ask := func(by community.StaffID, whose string) api.TodayAnswer {
			t.Helper()
			a, err := w.Today(t.Context(), c, by, api.TodayQuery{Whose: whose})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := json.Marshal(a); err != nil {
				t.Fatal(err)
			}
			return a
		}
		all := ask(1, "")
		if all.Whose != "all" || all.Kept != 0 || len(all.Items) != 2 || all.Items[0].Cause != "connection" || all.Items[0].Severity != "alert" || all.Items[0].Count != 1 {
			t.Fatalf("nobody's groups: %+v", all)
		}
		if s := all.Items[1]; s.Cause != "silent" || s.Count != 2 || len(s.Groups) != 2 || s.Groups[0].Name == "" || len(s.Keepers) != 2 || s.Since != now.UnixMilli() {
			t.Errorf("two silent groups are one thing: %+v", s)
		}
		if own := ask(7, ""); own.Whose != "mine" || own.Kept != 1 || len(own.Items) != 2 || own.Items[1].Count != 1 || own.Items[1].Groups[0].Group != running {
			t.Errorf("the keeper's: %+v", own)
		}
		if own := ask(7, "all"); own.Whose != "all" || own.Items[1].Count != 2 {
			t.Errorf("the keeper looks at all: %+v", own)
		}
		if none := ask(1, "mine"); none.Whose != "mine" || len(none.Items) != 1 || none.Items[0].Cause != "connection" {
			t.Errorf("who keeps none: %+v", none)
		}
		if err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
			for i, g := range []community.GroupID{running, running, reading} {
				asked := store.Wait{Seq: community.Seq(900 + i), Group: g, Identity: 1, At: now.Add(-time.Duration(i+1) * time.Minute), State: store.WaitOpen}
				if err := tx.AddWait(c, asked); err != nil {
					return err
				}
			}
			_, err := tx.TaskWait(c, 901, 5000)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if q := ask(1, "all").Waiting; q.Questions != 3 || q.Late != 1 || q.Asked != now.Add(-3*time.Minute).UnixMilli() {
			t.Errorf("three questions wait: %+v", q)
		}
		if q := ask(7, "mine").Waiting; q.Questions != 2 || q.Late != 1 || q.Asked != now.Add(-2*time.Minute).UnixMilli() {
			t.Errorf("two of them in the keeper's group: %+v", q)
		}
		limited, err := w.Today(api.WithWithin(t.Context(), []community.GroupID{reading}), c, 7, api.TodayQuery{Whose: "all"})
		if err != nil || len(limited.Items) != 2 || limited.Items[1].Count != 1 || limited.Items[1].Groups[0].Group != reading {
			t.Errorf("limited to one group: %+v, %v", limited, err)
		}
	})
}
