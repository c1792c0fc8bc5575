package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/sim"
	"qunying/internal/store"
)

// ask is a command of somebody who works here.
func ask(key string, a community.Action) Command {
	return Command{Kind: community.ActionAsk, Key: key, By: 7, Group: 1, Action: a}
}

// who is the number of a member.
func (w *world) who(outside string) (id community.IdentityID) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		id, err = store.IdentityByOutside(ctx, q, 1, "sim", 0, outside)
		return err
	})
	if id == 0 {
		w.t.Fatalf("nobody knows %s", outside)
	}
	return id
}

// answered carries a command out and reads its answer.
func answered[T any](w *world, cmd Command) (a T, err error) {
	w.t.Helper()
	answer, err := w.do(cmd)
	if err == nil {
		err = json.Unmarshal([]byte(answer.Result), &a)
	}
	return a, err
}

func (w *world) asked(cmd Command) Asked {
	w.t.Helper()
	a, err := answered[Asked](w, cmd)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func keyOf(t *testing.T, s string) community.Key {
	t.Helper()
	k, ok := parseKey(s)
	if !ok {
		t.Fatalf("%q is no key", s)
	}
	return k
}

// did lists what the platform did, oldest first.
func (w *world) did() (list []string) {
	for _, d := range w.net.Sent() {
		s := string(d.Kind)
		for _, part := range []string{d.Action.Member, d.Action.Message, d.Action.Text} {
			if part != "" {
				s += " " + part
			}
		}
		if !d.Action.Until.IsZero() {
			s += " until " + d.Action.Until.In(shanghai).Format("15:04")
		}
		list = append(list, s)
	}
	return list
}

func TestEveryKindOfActionIsDone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		message := w.net.Say("g", "a", "广告", w.now())
		w.hear(func() bool { return w.kinds()[community.MessagePosted] == 1 })
		a := w.who("a")
		until := w.now().Add(10 * time.Minute)
		for i, act := range []community.Action{
			{Kind: community.Send, Text: " 大家好 ", Detail: community.Detail{Mentions: []community.IdentityID{a}, ReplyTo: message}},
			{Kind: community.Recall, MessageID: message},
			{Kind: community.Mute, Target: a, Until: until},
			{Kind: community.Mute, Target: a},
			{Kind: community.MuteAll, Until: until},
			{Kind: community.Announce, Text: "群公告"},
			{Kind: community.Rename, Text: "新群名"},
			{Kind: community.Remove, Target: a},
			{Kind: community.Invite, Target: a},
		} {
			if r := w.asked(ask(fmt.Sprint(i), act)); r.By != connector.Machine {
				t.Errorf("%s is done by %s", act.Kind, r.By)
			}
			w.dispatch()
		}
		want := []string{"send 大家好", "recall " + message, "mute a until 16:10", "mute a", "mute_all until 16:10", "announce 群公告", "rename 新群名", "remove a", "invite a"}
		if got := w.did(); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		sent := w.net.Sent()[0].Action
		if len(sent.Mentions) != 1 || sent.Mentions[0].ID != "a" || sent.ReplyTo != message {
			t.Errorf("%+v", sent)
		}
		for _, o := range w.outbox() {
			wantClass := community.Routine
			if slices.Contains([]community.ActionKind{community.Recall, community.Mute, community.MuteAll, community.Remove}, o.Kind) {
				wantClass = community.Moderation
			}
			if o.State != store.Done || o.Class != wantClass || o.Account != "wx" || o.Detail.By != 7 {
				t.Errorf("%+v", o)
			}
		}
		if n := w.kinds()[community.ActionDone]; n != len(want) {
			t.Errorf("%d outcomes in the log", n)
		}
		// The silence of the group ends, whatever the platform makes of its end.
		w.advance(11 * time.Minute)
		w.tick()
		w.decide()
		w.dispatch()
		if got := w.did(); len(got) != len(want)+1 || got[len(want)] != "mute_all" {
			t.Errorf("%q", got)
		}
	})
}

// On WeChat and its like nobody takes back what another wrote, and we may what we did.
func TestOurOwnMessageIsTakenBackWhereNoOthersIs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.PersonalCapabilities())
		w.asked(ask("say", community.Action{Kind: community.Send, Text: "写错了"}))
		w.dispatch()
		message := w.net.Sent()[0].Message
		ours := ask("recall", community.Action{Kind: community.Recall, MessageID: message, Detail: community.Detail{Own: true}})
		if r := w.asked(ours); r.By != connector.Machine {
			t.Errorf("it is done by %s", r.By)
		}
		w.advance(time.Minute) // so many acts a minute are borne
		w.dispatch()
		if got := w.did(); !slices.Equal(got, []string{"send 写错了", "recall " + message}) {
			t.Errorf("%q", got)
		}
	})
}

func TestTheSilenceIsNotLiftedTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.asked(ask("1", community.Action{Kind: community.MuteAll, Until: w.now().Add(10 * time.Minute)}))
		w.dispatch()
		w.asked(ask("2", community.Action{Kind: community.MuteAll, Until: w.now().Add(time.Hour)})) // longer
		w.dispatch()
		for range 2 {
			w.advance(30 * time.Minute)
			w.tick()
			w.decide()
			w.dispatch()
		}
		if got := w.did(); !slices.Equal(got, []string{"mute_all until 16:10", "mute_all until 17:00", "mute_all"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestRefusedAsks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.PersonalCapabilities()) // nobody mutes
		if _, err := w.db.Append(t.Context(), 1, store.Draft{Network: "irc", Group: "other", Subject: store.Outside{ID: "x", Name: "x"}, Event: community.Event{
			Key: community.Key{9}, Kind: community.MessagePosted, At: w.now(), Source: "irc", Body: &community.Body{Text: "hi"}}}); err != nil {
			t.Fatal(err)
		}
		w.decide()
		var elsewhere community.IdentityID
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			elsewhere, err = store.IdentityByOutside(ctx, q, 1, "irc", 0, "x")
			return err
		})
		a := w.who("a")
		parts := func(p ...community.Part) community.Detail { return community.Detail{Parts: p} }
		for name, c := range map[string]struct {
			act  community.Action
			code community.Code
		}{
			"nothing":                {community.Action{}, community.Invalid},
			"no text":                {community.Action{Kind: community.Send, Text: " \n"}, community.Invalid},
			"too long":               {community.Action{Kind: community.Send, Text: strings.Repeat("长", longestMessage+1)}, community.Invalid},
			"no message":             {community.Action{Kind: community.Recall}, community.Invalid},
			"nobody":                 {community.Action{Kind: community.Remove}, community.Invalid},
			"somebody unknown":       {community.Action{Kind: community.Remove, Target: 999}, community.NotFound},
			"somebody elsewhere":     {community.Action{Kind: community.Remove, Target: elsewhere}, community.Invalid},
			"mentions elsewhere":     {community.Action{Kind: community.Send, Text: "x", Detail: community.Detail{Mentions: []community.IdentityID{elsewhere}}}, community.Invalid},
			"two lines of name":      {community.Action{Kind: community.Rename, Text: "a\nb"}, community.Invalid},
			"no announcement":        {community.Action{Kind: community.Announce}, community.Invalid},
			"no such class":          {community.Action{Kind: community.Send, Text: "x", Class: "urgent"}, community.Invalid},
			"a far day":              {community.Action{Kind: community.Send, Text: "x", DueAt: w.now().Add(2 * farthest)}, community.Invalid},
			"silence that is over":   {community.Action{Kind: community.MuteAll, Until: w.now().Add(-time.Hour)}, community.Invalid},
			"nobody can mute":        {community.Action{Kind: community.Mute, Target: a, Until: w.now().Add(time.Hour)}, community.Unsupported},
			"a member's message":     {community.Action{Kind: community.Recall, MessageID: "m"}, community.Unsupported},
			"nobody can approve":     {community.Action{Kind: community.Approve, MessageID: "r"}, community.Unsupported},
			"too many attachments":   {community.Action{Kind: community.Send, Detail: parts(make([]community.Part, mostParts+1)...)}, community.Invalid},
			"attachments of a giant": {community.Action{Kind: community.Send, Detail: parts(community.Part{Data: make([]byte, mostPartData+1)})}, community.Invalid},
		} {
			_, err := w.do(ask(name, c.act))
			var ce *community.Error
			if !errors.As(err, &ce) || ce.Code != c.code || ce.Text == "" {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		}
		unserved := ask("nobody serves it", community.Action{Kind: community.Send, Text: "x"})
		unserved.Group = 2
		if _, err := w.do(unserved); community.CodeOf(err) != community.Unsupported {
			t.Errorf("a group without an account: %v", err)
		}
		if len(w.outbox()) != 0 || len(w.parked()) != 0 {
			t.Errorf("%+v, %+v", w.outbox(), w.parked())
		}
	})
}

func TestCancel(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		in := func(text, batch string, wait time.Duration) Asked {
			c := ask(text, community.Action{Kind: community.Send, Text: text, DueAt: w.now().Add(wait)})
			c.Batch = batch
			return w.asked(c)
		}
		one := in("一", "b", 0)
		in("二", "b", 30*time.Second)
		in("三", "b", 30*time.Second)
		four := in("四", "", 30*time.Second)
		w.dispatch()
		cancel := func(key string, a community.Key, batch string) (Cancelled, error) {
			return answered[Cancelled](w, Command{Kind: community.ActionCancel, Key: key, By: 7, Action: community.Action{Key: a}, Batch: batch})
		}
		for i := range 2 {
			if n, err := cancel(fmt.Sprint("batch", i), community.Key{}, "b"); err != nil || n != (Cancelled{2, 1}) {
				t.Errorf("%+v, %v", n, err)
			}
			if n, err := cancel(fmt.Sprint("four", i), keyOf(t, four.Key), ""); err != nil || n != (Cancelled{1, 0}) {
				t.Errorf("%+v, %v", n, err)
			}
		}
		if _, err := cancel("one", keyOf(t, one.Key), ""); community.CodeOf(err) != community.Conflict {
			t.Errorf("it was sent: %v", err)
		}
		if _, err := cancel("none", community.Key{1}, ""); community.CodeOf(err) != community.NotFound {
			t.Error(err)
		}
		if _, err := cancel("no batch", community.Key{}, "c"); community.CodeOf(err) != community.NotFound {
			t.Error(err)
		}
		later := sendCommand("later", "五") // waits for a tick, outside of the outbox
		later.At = w.now().Add(time.Hour)
		sent, err := answered[struct{ Key string }](w, later)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := cancel("later", keyOf(t, sent.Key), ""); err != nil || n.Cancelled != 1 {
			t.Errorf("%+v, %v", n, err)
		}
		w.advance(2 * time.Hour)
		w.tick()
		w.decide()
		w.dispatch()
		w.is(1, store.Done, store.Cancelled, store.Cancelled, store.Cancelled)
	})
}

func TestAllow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(personal(), "一", "二")
		allow := func(key string, k community.Key) (Allowed, error) {
			return answered[Allowed](w, Command{Kind: community.ActionAllow, Key: key, By: 7, Action: community.Action{Key: k}})
		}
		w.net.CutMidSend() // 一 arrives, and nobody knows
		w.net.DropEcho()
		w.dispatch()
		w.is(2, store.Unknown, store.Done)
		key := w.outbox()[0].Key
		a, err := allow("1", key)
		if err != nil || a.State != store.Queued || len(a.Earlier) != 1 || a.Earlier[0].State != store.Unknown || a.Earlier[0].By != 7 || a.Earlier[0].Error == "" {
			t.Errorf("%+v, %v", a, err)
		}
		if again, err := allow("2", key); err != nil || again.State != store.Queued || len(again.Earlier) != 1 {
			t.Errorf("allowed twice: %+v, %v", again, err)
		}
		w.net.CutMidSend()
		w.net.DropEcho()
		w.dispatch()
		w.is(3, store.Unknown, store.Done)
		if _, err := allow("3", key); err != nil {
			t.Error(err)
		}
		w.dispatch()
		w.is(4, store.Done, store.Done)
		if o := w.outbox()[0]; len(o.Earlier) != 2 || o.Attempts != 1 {
			t.Errorf("%+v", o)
		}
		if n := w.kinds(); n[community.ActionUnknown] != 2 || n[community.ActionDone] != 2 { // each try has its outcome in the log
			t.Errorf("%v", n)
		}
		if _, err := allow("none", community.Key{1}); community.CodeOf(err) != community.NotFound {
			t.Error(err)
		}
	})
}

func TestASuggestionIsAllowed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.set(1, 1, welcomeOn)
		w.observe(w.join("g", "late", community.LateAfter+time.Second))
		w.decide()
		w.dispatch()
		w.is(0, store.Suggested)
		waits, err := w.e.Waiting(t.Context(), 1, w.outbox())
		if err != nil || waits[w.outbox()[0].Key].Reason != WaitApproval {
			t.Errorf("%+v, %v", waits, err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			for since, want := range map[time.Duration]int{-time.Minute: 1, time.Minute: 0} {
				if n, err := store.SuggestedSince(ctx, q, 1, w.now().Add(since)); err != nil || n != want {
					t.Errorf("%d suggestions since %v, want %d: %v", n, since, want, err)
				}
			}
			return nil
		})
		w.mustDo(Command{Kind: community.ActionAllow, Key: "k", By: 7, Action: community.Action{Key: w.outbox()[0].Key}})
		w.dispatch()
		w.is(1, store.Done)
	})
}

func TestFatigue(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.typed(1, DeliveryKey, `{"touches":2}`)
		for _, c := range []struct {
			text  string
			class community.Class
			all   bool
			tired bool
		}{
			{"一", community.Broadcast, false, false},
			{"二", community.Routine, false, false},
			{`提到 "mention_all":true`, community.Routine, false, false},
			{"三", community.Routine, true, false},
			{"四", community.Reply, false, false},
			{"五", community.Broadcast, false, true}, // the third
		} {
			a := w.asked(ask(c.text, community.Action{Kind: community.Send, Text: c.text, Class: c.class, Detail: community.Detail{MentionAll: c.all}}))
			if (a.Fatigue != nil) != c.tired {
				t.Errorf("%s: %+v", c.text, a.Fatigue)
			}
			w.dispatch()
		}
		f, err := w.e.Fatigue(t.Context(), 1, 1, 2)
		if err != nil || f.Done != 3 || f.Planned != 0 || f.Plus != 2 || f.Most != 2 || !f.Over() {
			t.Errorf("%+v, %v", f, err)
		}
		w.advance(24 * time.Hour) // it was a Sunday
		if f, err := w.e.Fatigue(t.Context(), 1, 1, 1); err != nil || f.Done != 0 || f.Over() {
			t.Errorf("in the new week: %+v, %v", f, err)
		}
		if n := len(w.net.Sent()); n != 6 { // it warns only
			t.Errorf("%d were sent", n)
		}
	})
}
