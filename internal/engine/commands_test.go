package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/store"
)

func sendCommand(key, text string) Command {
	return Command{Kind: community.MessageSend, Key: key, By: 7, Group: 1, Text: text}
}

func TestACommandIsDoneOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"))
		first := w.mustDo(sendCommand("k", " 大家好 "))
		var result struct{ Key string }
		if err := json.Unmarshal([]byte(first.Result), &result); err != nil || result.Key != w.outbox()[0].Key.String() {
			t.Errorf("%+v, %v", first, err)
		}
		// Repeated by many at once, also with another text: the first holds.
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				if again, err := w.e.Do(ctx, 1, sendCommand("k", fmt.Sprint(i))); err != nil || again != first {
					t.Errorf("%+v, %v", again, err)
				}
			})
		}
		wg.Wait()
		w.decide()
		// The same key from somebody else is another command.
		cmd := sendCommand("k", "再见")
		cmd.By = 8
		w.mustDo(cmd)
		if list := w.outbox(); len(list) != 2 || list[0].Text != "大家好" || list[0].State != store.Queued || list[1].Text != "再见" {
			t.Errorf("%+v", list)
		} else if list[0].Detail.By != 7 || list[1].Detail.By != 8 {
			t.Errorf("asked for by %d and %d", list[0].Detail.By, list[1].Detail.By)
		}
	})
}

func TestRefusedCommands(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"), w.say("g", "b", "hi"))
		person := func(kind community.Kind, targets ...community.IdentityID) Command {
			return Command{Kind: kind, By: 7, Targets: targets}
		}
		noGroup, noSuchGroup := sendCommand("", "x"), sendCommand("", "x")
		noGroup.Group, noSuchGroup.Group = 0, 999
		for name, c := range map[string]struct {
			cmd  Command
			code community.Code
		}{
			"nothing to say":          {sendCommand("", " \n"), community.Invalid},
			"too much to say":         {sendCommand("", strings.Repeat("长", longestMessage+1)), community.Invalid},
			"no group":                {noGroup, community.Invalid},
			"a group that is not":     {noSuchGroup, community.NotFound},
			"one person merged":       {person(community.PersonMerge, 1, 1), community.Invalid},
			"nobody merged":           {person(community.PersonMerge), community.Invalid},
			"somebody who is not yet": {person(community.PersonMerge, 1, 77), community.NotFound},
			"nothing to split":        {person(community.PersonSplit, 1), community.Invalid},
			"two to split":            {person(community.PersonSplit, 1, 2), community.Invalid},
			"split of who is not yet": {person(community.PersonSplit, 77), community.NotFound},
		} {
			c.cmd.Key = name
			for range 2 { // the answer to a repeated command is the same
				_, err := w.do(c.cmd)
				var ce *community.Error
				if !errors.As(err, &ce) || ce.Code != c.code || ce.Text == "" || strings.HasPrefix(ce.Text, "{") {
					t.Errorf("%s: %v, want %s", name, err, c.code)
				}
			}
		}
		if _, err := w.do(Command{Kind: community.MessageSend, By: 7, Group: 1, Text: "x"}); community.CodeOf(err) != community.Invalid {
			t.Errorf("a command without a key: %v", err)
		}
		if n, parked := len(w.outbox()), len(w.parked()); n != 0 || parked != 0 {
			t.Errorf("%d actions, %d parked", n, parked)
		}
		// The views go on whatever was asked of them.
		w.project()
		w.read(func(ctx context.Context, q store.Querier) error {
			head, err := store.Head(ctx, q, 1)
			at, err2 := store.Cursor(ctx, q, 1, store.Project)
			if at != head {
				t.Errorf("the views have counted to %d of %d", at, head)
			}
			return errors.Join(err, err2)
		})
	})
}

// A command that nobody decides in time is not lost, and not done twice.
func TestACommandOutlivesItsCaller(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"))
		ctx, stop := context.WithCancel(t.Context())
		appended, unwatch := w.db.Watch()
		defer unwatch()
		done := make(chan error, 1)
		go func() {
			_, err := w.e.Do(ctx, 1, sendCommand("k", "大家好"))
			done <- err
		}()
		<-appended
		stop()
		if err := <-done; community.CodeOf(err) != community.Unavailable && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		w.mustDo(sendCommand("k", "大家好"))
		if n := len(w.outbox()); n != 1 {
			t.Errorf("%d actions", n)
		}
	})
}

func TestAScheduledMessageGoesOutOnceItsMinuteHasPassed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"))
		ticks := func() int { return w.kinds()[community.MinuteTicked] }
		due := begin.Add(90 * time.Second)
		for i, text := range []string{"一", "二"} {
			cmd := sendCommand(text, text)
			cmd.At = due.Add(time.Duration(i) * time.Hour)
			w.mustDo(cmd)
			w.mustDo(cmd)
		}
		step := func() {
			w.tick()
			w.tick()
			w.decide()
		}
		step()
		w.advance(100 * time.Second) // due, and the minute has not passed
		step()
		if n := len(w.outbox()); n != 0 || ticks() != 0 {
			t.Errorf("%d actions after %d ticks", n, ticks())
		}
		w.advance(21 * time.Second)
		step()
		list := w.outbox()
		if len(list) != 1 || list[0].Text != "一" || !list[0].DueAt.Equal(due) || list[0].State != store.Queued || ticks() != 1 {
			t.Errorf("%+v after %d ticks", list, ticks())
		}
		// Down for a day: one tick fires, and what was due keeps its time.
		w.advance(24 * time.Hour)
		other := w.another()
		other.tick()
		step()
		list = w.outbox()
		if len(list) != 2 || list[1].Text != "二" || !list[1].DueAt.Equal(due.Add(time.Hour)) || ticks() != 2 {
			t.Errorf("%+v after %d ticks", list, ticks())
		}
		w.advance(24 * time.Hour)
		step()
		if ticks() != 2 {
			t.Errorf("%d ticks: nothing is due", ticks())
		}
	})
}
