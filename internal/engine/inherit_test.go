package engine

import (
	"encoding/json"
	"testing"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/automation"
	"qunying/internal/store"
)

// What a set of groups says holds from its place in the log on, for those that
// are in it there.
func TestAWelcomeOfASetHoldsFromItsPlaceOn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		save := func(g community.GroupID, key, value string, based int64) {
			t.Helper()
			if err := w.e.SaveSetting(t.Context(), 1, g, key, json.RawMessage(value), based, 7); err != nil {
				t.Fatal(err)
			}
		}
		save(0, automation.WelcomeKey, `{"on":true,"text":"大家好 {name}"}`, 0)
		w.observe(w.join("g", "first", 0))
		save(0, store.SetsKey, `{"sets":[{"id":1,"name":"新手","groups":[1]}],"last":1}`, 0)
		save(0, store.SetKey(1, automation.WelcomeKey), `{"text":"新手好 {name}"}`, 0)
		w.observe(w.join("g", "second", 0))
		save(1, automation.WelcomeKey, `{"on":false}`, 0)
		w.observe(w.join("g", "third", 0))
		save(1, automation.WelcomeKey, `{}`, 1)
		w.observe(w.join("g", "fourth", 0))
		save(0, store.SetsKey, `{"sets":[],"last":1}`, 1)
		w.observe(w.join("g", "fifth", 0))
		w.decide() // all of it was in the log before anything was decided
		var said []string
		for _, o := range w.outbox() {
			said = append(said, o.Text)
		}
		want := []string{"大家好 first", "新手好 second", "新手好 fourth", "大家好 fifth"}
		if len(said) != len(want) {
			t.Fatalf("%q, want %q", said, want)
		}
		for i := range want {
			if said[i] != want[i] {
				t.Errorf("%q, want %q", said, want)
				break
			}
		}
	})
}

func TestASetPausesItsGroups(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		w.typed(0, store.SetsKey, `{"sets":[{"id":4,"name":"停更","groups":[1]}],"last":4}`)
		w.typed(0, store.SetKey(4, DeliveryKey), `{"paused":true}`)
		w.asked(ask("k", community.Action{Kind: community.Send, Text: "等等"}))
		w.dispatch()
		w.is(0, store.Queued)
		waits, err := w.e.Waiting(t.Context(), 1, w.outbox())
		if err != nil || waits[w.outbox()[0].Key].Reason != WaitPausedGroup {
			t.Errorf("%+v, %v", waits, err)
		}
		if err := w.e.SaveSetting(t.Context(), 1, 0, store.SetKey(4, DeliveryKey), json.RawMessage(`{}`), 1, 7); err != nil {
			t.Fatal(err)
		}
		w.decide()
		w.dispatch()
		w.is(1, store.Done)
	})
}
