package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/store"
)

// typed saves a setting of a group, 0 for the community, and lets it be decided.
func (w *world) typed(g community.GroupID, key, value string) {
	w.t.Helper()
	if err := w.e.SaveSetting(w.t.Context(), 1, g, key, json.RawMessage(value), 0, 7); err != nil {
		w.t.Fatal(err)
	}
	w.decide()
}

func (w *world) tasks(f store.TaskFilter) (list []store.Task) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = store.Tasks(ctx, q, 1, f)
		return err
	})
	return list
}

// byHand are the capabilities of a group in which a person does everything.
func byHand() connector.Capabilities {
	c, h := sim.FullCapabilities(), connector.Human
	c.Send, c.Recall, c.Mute, c.MuteAll, c.Remove, c.Announce, c.Rename, c.Invite = h, h, h, h, h, h, h, h
	return c
}

func TestTasksCloseWhenTheLogProvesThemDone(t *testing.T) {
	now := begin.Add(time.Minute)
	const until = "1772355600000"
	event := func(kind community.Kind, who, text string, data ...string) connector.Observation {
		o := connector.Observation{Kind: kind, Group: "g", Sender: connector.Member{ID: who, Name: who}, Text: text, At: now, ID: "m1", FromUs: true}
		o.Data = map[string]string{}
		for i := 0; i < len(data); i += 2 {
			o.Data[data[i]] = data[i+1]
		}
		return o
	}
	said := func(who, text string) connector.Observation {
		o := event(community.MessagePosted, who, text)
		o.FromUs = who == "wx"
		return o
	}
	roster := func(ids ...string) connector.Observation {
		o := connector.Observation{Kind: community.RosterTaken, Group: "g", At: now}
		for _, id := range ids {
			o.Members = append(o.Members, connector.Member{ID: id, Name: id})
		}
		return o
	}
	for name, c := range map[string]struct {
		act       community.Action
		not, then connector.Observation
	}{
		"remove":          {community.Action{Kind: community.Remove}, event(community.MemberLeft, "b", ""), event(community.MemberLeft, "a", "")},
		"remove, by list": {community.Action{Kind: community.Remove}, roster("a", "b"), roster("b")},
		"send":            {community.Action{Kind: community.Send, Text: "今晚八点直播"}, said("a", "今晚八点直播"), said("wx", "今晚八点直播 ")},
		"send, by staff":  {community.Action{Kind: community.Send, Text: "今晚八点直播"}, said("wx", "别的"), said("boss", "今晚八点直播")},
		"announce":        {community.Action{Kind: community.Announce, Text: "公告"}, event(community.GroupAnnounced, "x", "旧公告"), event(community.GroupAnnounced, "x", "公告")},
		"rename":          {community.Action{Kind: community.Rename, Text: "新名"}, event(community.GroupRenamed, "x", "旧名"), event(community.GroupRenamed, "x", "新名")},
		"recall":          {community.Action{Kind: community.Recall, MessageID: "m9"}, event(community.MessageRecalled, "a", "", "message", "m8"), event(community.MessageRecalled, "a", "", "message", "m9")},
		"mute":            {community.Action{Kind: community.Mute, Until: begin.Add(time.Hour)}, event(community.MemberMuted, "a", ""), event(community.MemberMuted, "a", "", "until", until)},
		"unmute":          {community.Action{Kind: community.Mute}, event(community.MemberMuted, "a", "", "until", until), event(community.MemberMuted, "a", "")},
		"mute all":        {community.Action{Kind: community.MuteAll, Until: begin.Add(time.Hour)}, event(community.MemberMuted, "a", "", "until", until), event(community.MemberMuted, "", "", "until", until)},
		"invite":          {community.Action{Kind: community.Invite}, event(community.MemberJoined, "b", ""), event(community.MemberJoined, "a", "")},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				act := c.act // both databases at once, and each has its own number for a member
				w.ready(byHand())
				w.typed(0, ContactKey+"7", `{"sim":"boss"}`)
				if act.Kind == community.Remove || act.Kind == community.Mute || act.Kind == community.Invite {
					act.Target = w.who("a")
				}
				if r := w.asked(ask("k", act)); r.By != connector.Human {
					t.Errorf("%+v", r)
				}
				w.dispatch()
				w.is(0, store.Handed)
				open := w.tasks(store.TaskFilter{State: store.TaskOpen})
				if len(open) != 1 || open[0].Action.Text != act.Text || open[0].Identity != act.Target {
					t.Fatalf("%+v", open)
				}
				w.decide()
				w.advance(time.Minute)
				other := c.not
				other.ID = "m0"
				w.observe(other)
				w.decide()
				w.is(0, store.Handed)
				w.observe(c.then)
				w.decide()
				w.is(0, store.Done)
				done := w.tasks(store.TaskFilter{State: store.TaskDone})
				if len(done) != 1 || done[0].How != string(c.then.Kind) || done[0].ClosedBy != 0 || len(w.tasks(store.TaskFilter{State: store.TaskOpen})) != 0 {
					t.Errorf("%+v", done)
				}
				w.decide()
				for _, e := range w.log(1) {
					if e.Kind == community.ActionDone && (e.Body.Data["by"] != "person" || e.Body.Data["how"] != string(c.then.Kind)) {
						t.Errorf("%+v", e.Body)
					}
				}
				if n := w.kinds(); n[community.ActionHanded] != 1 || n[community.ActionDone] != 1 {
					t.Errorf("%v", n)
				}
			})
		})
	}
}

// A message closes the card of what it proves, also for a server that has just begun
// and where more other cards wait in the group than are looked at.
func TestAMessageFindsItsTaskBehindManyOthers(t *testing.T) {
	const others = 1001
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		w.asked(ask("k", community.Action{Kind: community.Send, Text: "今晚八点直播"}))
		w.dispatch()
		w.is(0, store.Handed)
		ours := w.tasks(store.TaskFilter{State: store.TaskOpen})
		if len(ours) != 1 || ours[0].Kind != store.ActionTask {
			t.Fatalf("%+v", ours)
		}
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			for i := range others {
				other := store.Task{Community: 1, ID: community.Seq(1_000_000 + i), Kind: PageTask, Group: ours[0].Group, OpenedAt: begin, DueAt: begin, Text: "今晚八点直播"}
				other.Action.Key = pageKey(int64(i + 1))
				if err := tx.OpenTask(other); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.advance(time.Minute)
		said := w.say("g", "wx", "今晚八点直播")
		said.FromUs = true
		w.observe(said)
		w.another().decide()
		w.is(0, store.Done)
		done := w.tasks(store.TaskFilter{State: "closed", Limit: 2 * others})
		if len(done) != 1 || done[0].ID != ours[0].ID || done[0].State != store.TaskDone || done[0].How != string(community.MessagePosted) || done[0].ClosedBy != 0 {
			t.Errorf("closed are %+v", done)
		}
		open := w.tasks(store.TaskFilter{State: store.TaskOpen, Limit: 2 * others})
		if len(open) != others || slices.ContainsFunc(open, func(o store.Task) bool { return o.Kind != PageTask || !o.ClosedAt.IsZero() }) {
			t.Errorf("%d are open, want the %d others", len(open), others)
		}
	})
}

func TestATaskIsClosedByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		w.typed(1, KeeperKey, `{"staff":5,"backup":6}`)
		w.typed(1, DeliveryKey, `{"task_minutes":60,"order_minutes":10}`)
		w.asked(ask("1", community.Action{Kind: community.Send, Text: "一"}))
		w.asked(ask("2", community.Action{Kind: community.Remove, Target: w.who("a")}))
		w.dispatch()
		open := w.tasks(store.TaskFilter{})
		if len(open) != 2 || open[0].Action.Kind != community.Remove || open[0].Keeper != 5 ||
			!open[0].DueAt.Equal(w.now().Add(10*time.Minute)) || !open[1].DueAt.Equal(w.now().Add(time.Hour)) {
			t.Fatalf("%+v", open)
		}
		end := func(key string, task store.Task, how, proof string) (Closed, error) {
			return answered[Closed](w, Command{Kind: community.TaskClose, Key: key, By: 8, Task: task.ID, How: how, Text: proof})
		}
		w.advance(20 * time.Minute)
		if _, err := end("1", open[0], "done", " "); community.CodeOf(err) != community.Invalid {
			t.Errorf("without a proof: %v", err)
		}
		if _, err := end("2", open[0], "perhaps", "x"); community.CodeOf(err) != community.Invalid {
			t.Error(err)
		}
		if _, err := end("3", store.Task{ID: 999}, "done", "x"); community.CodeOf(err) != community.NotFound {
			t.Error(err)
		}
		for i := range 2 {
			if c, err := end(fmt.Sprint("done", i), open[0], "done", "已在客户端移出"); err != nil || c.State != store.TaskDone {
				t.Errorf("%+v, %v", c, err)
			}
		}
		if _, err := end("4", open[0], "dropped", ""); community.CodeOf(err) != community.Conflict {
			t.Error(err)
		}
		if c, err := end("5", open[1], "dropped", "不用了"); err != nil || c.State != store.TaskDropped {
			t.Errorf("%+v, %v", c, err)
		}
		w.is(0, store.Cancelled, store.Done)
		closed := w.tasks(store.TaskFilter{})
		if len(closed) != 2 || closed[1].ClosedBy != 8 || closed[1].How != "person" || closed[1].Proof != "已在客户端移出" {
			t.Errorf("%+v", closed)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			times, err := store.TimesOfTasks(ctx, q, 1, begin)
			want := []store.TaskTimes{{Kind: community.Remove, Keeper: 5, Done: 1, Late: 1, Median: 20}, {Kind: community.Send, Keeper: 5, Dropped: 1}}
			if err != nil || len(times) != 2 || times[0] != want[0] || times[1] != want[1] {
				t.Errorf("%+v, %v", times, err)
			}
			return nil
		})
	})
}

func TestACancelledActionNeedsNoTask(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		a := w.asked(ask("1", community.Action{Kind: community.Send, Text: "一"}))
		w.dispatch()
		w.mustDo(Command{Kind: community.ActionCancel, Key: "c", By: 8, Action: community.Action{Key: keyOf(t, a.Key)}})
		if open, dropped := w.tasks(store.TaskFilter{State: store.TaskOpen}), w.tasks(store.TaskFilter{State: store.TaskDropped}); len(open) != 0 || len(dropped) != 1 {
			t.Errorf("%+v, %+v", open, dropped)
		}
	})
}

// proposing is a platform on which a person completes what we prepare.
type proposing struct {
	connector.Connector
	mu       sync.Mutex
	states   map[string]string // of proposals
	reminded map[string]int
	follows  int
}

func (p *proposing) Proposes(string, connector.Action) bool { return true }

func (p *proposing) Propose(_ context.Context, a connector.Action) (connector.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := "p-" + a.Text
	p.states[id] = "open"
	return connector.Receipt{MessageID: id}, nil
}

func (p *proposing) Follow(_ context.Context, _, id string) (connector.Progress, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.follows++
	return connector.Progress{State: p.states[id]}, nil
}

func (p *proposing) Remind(_ context.Context, _, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reminded[id]++; p.reminded[id] > 3 {
		return community.Errorf(community.Conflict, "no more than three reminders in a day")
	}
	return nil
}

func (p *proposing) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.follows
}

func TestWhatAPersonCompletesOnThePlatform(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		p := &proposing{Connector: w.e.accounts[0].conn, states: map[string]string{}, reminded: map[string]int{}}
		w.e.accounts[0].conn = p
		texts := []string{"done", "refused", "limit", "open"}
		for _, text := range texts {
			w.asked(ask(text, community.Action{Kind: community.Send, Text: text, Class: community.Broadcast}))
		}
		w.dispatch()
		w.is(0, store.Handed, store.Handed, store.Handed, store.Handed)
		for _, task := range w.tasks(store.TaskFilter{Proposed: true}) {
			if task.Action.Proposal != "p-"+task.Action.Text {
				t.Errorf("%+v", task)
			}
		}
		w.advance(sweepEvery)
		w.dispatch() // they are known now, and not asked after yet
		if n := p.asked(); n != 0 {
			t.Errorf("asked after %d times at once", n)
		}
		p.mu.Lock()
		for _, text := range texts {
			p.states["p-"+text] = text
		}
		p.mu.Unlock()
		w.advance(followFirst)
		w.dispatch()
		w.is(0, store.Done, store.Failed, store.Failed, store.Handed)
		if got := w.tasks(store.TaskFilter{State: store.TaskDone}); len(got) != 1 || got[0].How != "platform" {
			t.Errorf("%+v", got)
		}
		follows := p.asked()
		w.advance(followFirst) // asked after less and less often
		w.dispatch()
		if n := p.asked(); n != follows {
			t.Errorf("asked after %d times more", n-follows)
		}
		open := w.tasks(store.TaskFilter{State: store.TaskOpen})
		if len(open) != 1 {
			t.Fatalf("%+v", open)
		}
		remind := func(key string) (Closed, error) {
			return answered[Closed](w, Command{Kind: community.TaskRemind, Key: key, By: 7, Task: open[0].ID})
		}
		for _, key := range []string{"1", "1", "2", "3"} {
			if c, err := remind(key); err != nil || fmt.Sprint(c.Reminders) != key {
				t.Errorf("%+v, %v", c, err)
			}
		}
		if _, err := remind("4"); community.CodeOf(err) != community.Conflict {
			t.Error(err)
		}
		if want := map[string]int{"p-open": 4}; !maps.Equal(p.reminded, want) { // the repeated command reminded nobody
			t.Errorf("%v, want %v", p.reminded, want)
		}
		f, err := w.e.Fatigue(t.Context(), 1, 1, 0)
		if err != nil || f.Done != 1 || f.Planned != 1 {
			t.Errorf("%+v, %v", f, err)
		}
		p.mu.Lock()
		p.states["p-open"] = "done" // and the platform has not been asked again since
		p.mu.Unlock()
		if _, err := remind("5"); community.CodeOf(err) != community.Conflict {
			t.Errorf("reminded of what is done: %v", err)
		}
		w.is(0, store.Done, store.Failed, store.Failed, store.Done)
		if p.reminded["p-open"] != 4 {
			t.Errorf("reminded %d times", p.reminded["p-open"])
		}
	})
}

// wecom is the simulated network under the name of the one that reaches keepers.
type wecom struct{ sim.Driver }

func (wecom) Network() community.Network { return keeperNetwork }

func (d wecom) About() connector.About {
	a := d.Driver.About()
	a.Name = string(keeperNetwork)
	return a
}

func TestTheKeeperIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(byHand())
		if err := w.e.Connect(1, "office", wecom{sim.Driver{Platform: sim.NewNetwork(w.now)}}, nil); err != nil {
			t.Fatal(err)
		}
		w.typed(1, KeeperKey, `{"backup":5}`)
		w.typed(0, ContactKey+"5", `{"wecom":"lisi"}`)
		w.asked(ask("1", community.Action{Kind: community.Remove, Target: w.who("a"), Detail: community.Detail{Reason: "发广告"}}))
		w.e.dispatchStep(t.Context(), 1)
		w.e.out.work.Wait()
		open := w.tasks(store.TaskFilter{})
		if len(open) != 1 || !open[0].ToldAt.Equal(w.now()) {
			t.Fatalf("%+v", open)
		}
		notes := func() (list []store.Outgoing) {
			for _, o := range w.outbox() {
				if o.Cause.Rule == "task" {
					list = append(list, o)
				}
			}
			return list
		}
		list := notes()
		if len(list) != 1 || list[0].Class != community.Reply || list[0].Text != "【待办】群：请移出成员 a\n原因：发广告\n请在 03-01 16:15 前完成。" {
			t.Fatalf("%+v", list)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			who, err := store.Identities(ctx, q, 1, []community.IdentityID{list[0].Target})
			g, err2 := store.Group(ctx, q, 1, list[0].Group)
			if err != nil || err2 != nil || who[list[0].Target].Outside != "lisi" || !g.Direct || g.Account != "office" {
				t.Errorf("%+v in %+v: %v, %v", who, g, err, err2)
			}
			return nil
		})
		w.mustDo(Command{Kind: community.TaskRemind, Key: "r", By: 7, Task: open[0].ID})
		if list := notes(); len(list) != 2 {
			t.Errorf("after a reminder: %+v", list)
		}
	})
}
