package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/store"
)

func switched(w *world, key string) (Switched, error) {
	return answered[Switched](w, Command{Kind: community.ContingencyBegin, Key: key, By: 7, Group: 1})
}

func (w *world) switches() (list []store.Switch) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = store.Switches(ctx, q, 1, 1, 10)
		return err
	})
	return list
}

// S88: with one click a group is told where to go, and only once.
func TestSwitchAnnouncesTheBackupChannel(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		if _, err := switched(w, "early"); community.CodeOf(err) != community.Conflict {
			t.Errorf("nothing was prepared: %v", err)
		}
		w.typed(0, DeliveryKey, `{"quiet_from":"00:00","quiet_to":"23:59"}`)
		w.typed(0, ContingencyKey, `{"text":"大家搬到{way}。{way}"}`)
		w.typed(1, ContingencyKey, `{"way":" 微信号 qunying-2 "}`)
		a, err := switched(w, "k")
		if err != nil || a.Way != "machine" {
			t.Fatal(a, err)
		}
		if again, err := switched(w, "k"); err != nil || again != a {
			t.Error("the same key did something else", again, err)
		}
		if _, err := switched(w, "other"); community.CodeOf(err) != community.Conflict {
			t.Errorf("it was begun twice: %v", err)
		}
		w.dispatch()
		if got := w.did(); !slices.Equal(got, []string{"announce 大家搬到微信号 qunying-2。微信号 qunying-2"}) {
			t.Errorf("%q", got)
		}
		s := w.switches()
		if len(s) != 1 || s[0].BegunBy != 7 || !s[0].EndedAt.IsZero() || s[0].Action.String() != a.Action {
			t.Fatalf("%+v", s)
		}
		w.advance(time.Hour)
		if _, err := answered[Switched](w, Command{Kind: community.ContingencyEnd, Key: "end", By: 8, Group: 1}); err != nil {
			t.Fatal(err)
		}
		if s := w.switches(); !s[0].EndedAt.Equal(w.now()) || s[0].EndedBy != 8 {
			t.Errorf("%+v", s)
		}
		if _, err := answered[Switched](w, Command{Kind: community.ContingencyEnd, Key: "end 2", By: 8, Group: 1}); community.CodeOf(err) != community.Conflict {
			t.Errorf("it was ended twice: %v", err)
		}
	})
}

// Where the old group cannot be reached, the keeper gets everything prepared.
func TestSwitchOfAGroupOutOfReachIsATask(t *testing.T) {
	for name, cut := range map[string]func(w *world){
		"by hand": func(w *world) { w.net.SetCapabilities("g", byHand()) },
		"nobody": func(w *world) {
			w.net.SetCapabilities("g", connector.Capabilities{Read: connector.Machine, Send: connector.Nobody, Announce: connector.Nobody})
		},
		"offline": func(w *world) {
			w.e.accounts[0].mu.Lock()
			w.e.accounts[0].now.State = connector.Offline
			w.e.accounts[0].mu.Unlock()
		},
		"not ours": func(w *world) { w.e.accounts = nil },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.ready(sim.FullCapabilities())
				w.net.AddGroup("g2", "备用群", connector.Member{ID: "a", Name: "a"})
				w.observe(connector.Observation{Kind: community.MessagePosted, Group: "g2", GroupName: "备用群", Sender: connector.Member{ID: "a", Name: "a"}, Text: "在", ID: "m", At: w.now()})
				w.typed(1, KeeperKey, `{"staff":7,"backup":9}`)
				w.typed(1, ContingencyKey, `{"backup_group":2,"way":"https://example.org/j","text":"请进备用群"}`)
				cut(w)
				a, err := switched(w, "k")
				if err != nil || a.Way != "task" {
					t.Fatal(a, err)
				}
				open := w.tasks(store.TaskFilter{State: store.TaskOpen})
				if len(open) != 1 || open[0].Kind != ContingencyTask || open[0].Keeper != 7 || open[0].Backup != 9 || open[0].Text != "请进备用群\n“备用群” https://example.org/j" {
					t.Fatalf("%+v", open)
				}
				if len(w.outbox()) != 0 {
					t.Errorf("%+v", w.outbox())
				}
				closing := Command{Kind: community.TaskClose, Key: "c", By: 7, Task: open[0].ID, How: "done"}
				if _, err := w.do(closing); community.CodeOf(err) != community.Invalid {
					t.Errorf("closed without a proof: %v", err)
				}
				closing.Key, closing.Text = "c2", "已逐个通知"
				w.mustDo(closing)
				if done := w.tasks(store.TaskFilter{State: store.TaskDone}); len(done) != 1 || done[0].Proof != "已逐个通知" {
					t.Errorf("%+v", done)
				}
			})
		})
	}
}

func TestContingencyCheck(t *testing.T) {
	for name, c := range map[string]Contingency{
		"its own backup": {Backup: new(community.GroupID(1))},
		"long way":       {Way: new(strings.Repeat("长", longestWay+1))},
		"long text":      {Text: new(strings.Repeat("长", longestAnnouncement+1))},
	} {
		if err := c.Check(1); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (Contingency{Backup: new(community.GroupID(2)), Way: new(strings.Repeat("长", longestWay))}).Check(1); err != nil {
		t.Error(err)
	}
	if d := DefaultContingency(); d.Prepared() || !strings.Contains(*d.Text, wayMark) {
		t.Errorf("%+v", d)
	}
}

func TestNextQuarter(t *testing.T) {
	for at, want := range map[string]string{
		"2026-03-01 16:00": "2026-04-01 10:00", "2026-04-01 09:59": "2026-04-01 10:00", "2026-04-01 10:00": "2026-07-01 10:00",
		"2026-11-22 12:00": "2027-01-01 10:00", "2026-12-31 23:59": "2027-01-01 10:00",
	} {
		when, err := time.ParseInLocation("2006-01-02 15:04", at, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextQuarter(when, shanghai).Format("2006-01-02 15:04"); got != want {
			t.Errorf("after %s: %s, want %s", at, got, want)
		}
	}
}

// S94: every quarter the keeper of each group tries the plan and leaves a proof.
func TestDrillsComeEveryQuarter(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.typed(1, KeeperKey, `{"staff":7}`)
		w.typed(0, ContingencyKey, `{"drills":true}`)
		drills := func() (list []store.Task) {
			w.read(func(ctx context.Context, q store.Querier) (err error) {
				list, err = store.TasksOf(ctx, q, 1, 1, DrillTask, 10)
				return err
			})
			return list
		}
		at := func(month time.Month, day, hour int) {
			w.clock.Store(time.Date(2026, month, day, hour, 0, 0, 0, shanghai).UnixMilli())
			w.tick()
			w.decide()
			w.decide() // the log tells of drills to do
		}
		at(3, 31, 23)
		if len(drills()) != 0 {
			t.Fatalf("%+v", drills())
		}
		at(4, 1, 12)
		at(4, 1, 13)
		list := drills()
		if len(list) != 1 || list[0].Keeper != 7 || list[0].State != store.TaskOpen || list[0].DueAt.Sub(list[0].OpenedAt) != drillTime {
			t.Fatalf("%+v", list)
		}
		again, err := answered[Drilled](w, Command{Kind: community.DrillBegin, Key: "d", By: 7, Group: 1})
		if err != nil || again.Task != list[0].ID {
			t.Error("one that is under way was begun again", again, err)
		}
		at(7, 1, 12) // it is not done yet: no second one
		if len(drills()) != 1 {
			t.Errorf("%+v", drills())
		}
		w.mustDo(Command{Kind: community.TaskClose, Key: "c", By: 7, Task: list[0].ID, How: "done", Text: "全部通过"})
		at(10, 3, 9) // the server was down on the first
		if list = drills(); len(list) != 2 || list[0].State != store.TaskOpen || list[1].Proof != "全部通过" {
			t.Errorf("%+v", list)
		}
	})
}
