package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/automation"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
	"qunying/internal/store/cases"
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

// Rules, words and how detectors are set come from the nearest that says something.
func TestRulesOfASetHoldInItsGroups(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.ready(sim.FullCapabilities())
		rules := func(name string) policy.Policy {
			return policy.Policy{Clauses: []policy.Clause{{ID: "own", Name: name, Layer: policy.Basic, Category: "custom", Severity: policy.Light, Stage: policy.Suggest,
				When: policy.When{Expr: `"custom" in words || "link" in found`}, Ladder: []policy.Step{{Acts: []policy.Act{{Do: policy.Warn}}}}}}}
		}
		save := func(g community.GroupID, key string, value any, based int64) {
			t.Helper()
			if err := w.e.SaveSetting(t.Context(), 1, g, key, value, based, 7); err != nil {
				t.Fatal(err)
			}
		}
		words := func(text string) casework.Lexicon {
			return casework.Lexicon{Name: text, Category: "custom", Text: text}
		}
		save(0, policy.Key, rules("all"), 0)
		save(0, casework.LexiconKey+"all", words("苹果橙子"), 0)
		save(0, casework.DetectorKey, casework.Detectors{Allow: []string{"example.com"}}, 0)
		save(0, store.SetsKey, json.RawMessage(`{"sets":[{"id":1,"name":"near","groups":[1]},{"id":2,"name":"far","groups":[1,2]}],"last":2}`), 0)
		w.observe(w.say("other", "x", "有人吗")) // the second group
		say := func(group string) (said string) {
			t.Helper()
			n := len(w.waitingCards())
			w.observe(w.say(group, fmt.Sprint("p", w.said), fmt.Sprint("香蕉葡萄第", w.said, "号")))
			w.decide()
			w.read(func(ctx context.Context, q store.Querier) error {
				list, err := cases.VerdictsAfter(ctx, q, 1, 0, 1000)
				if len(list) == 0 || err != nil {
					return err
				}
				v := list[len(list)-1]
				var receipt casework.Receipt
				if err := json.Unmarshal([]byte(v.Body.Receipt), &receipt); err != nil {
					return err
				}
				said = fmt.Sprintf("%s %d %d", receipt.Verdict.Name, v.PolicyGroup, v.PolicySet)
				return nil
			})
			if len(w.waitingCards()) == n {
				return ""
			}
			return said
		}
		is := func(group, want string) {
			t.Helper()
			if got := say(group); got != want {
				t.Errorf("in %s it is judged by %q, want %q", group, got, want)
			}
		}
		is("g", "") // nobody minds yet
		save(0, store.SetKey(2, casework.LexiconKey+"fruit"), words("香蕉葡萄"), 0)
		is("g", "all 0 0")
		is("other", "all 0 0")
		save(0, store.SetKey(2, policy.Key), rules("far"), 0)
		save(0, store.SetKey(1, policy.Key), rules("near"), 0)
		is("g", "near 0 1")
		is("other", "far 0 2")
		save(1, policy.Key, rules("own"), 0)
		is("g", "own 1 0")
		save(1, policy.Key, json.RawMessage(`null`), 1) // given up
		is("g", "near 0 1")
		save(0, store.SetKey(1, casework.Key), casework.Settings{Off: true}, 0)
		is("g", "")
		is("other", "far 0 2")
		save(0, store.SetKey(1, casework.Key), casework.Settings{}, 1)
		save(0, store.SetKey(2, casework.DetectorKey), casework.Detectors{Long: 7}, 0)
		r, err := w.e.rulesFor(t.Context(), 1, 2, 0)
		if err != nil {
			t.Fatal(err)
		}
		found := r.reader.Read(read.Message{Text: "看看 https://example.com/a 里面的内容吧"}).Found
		for _, f := range found {
			if f.Detector == read.Link {
				t.Errorf("a set that says something else forgets the hosts that are allowed: %+v", found)
			}
		}
		if !slices.ContainsFunc(found, func(f read.Found) bool { return f.Detector == read.Long }) {
			t.Errorf("what the set says does not hold: %+v", found)
		}
		v, err := VerifyBook(t.Context(), w.db, 1)
		if err != nil || !v.OK() || v.Entries == 0 {
			t.Errorf("the case log: %+v, %v", v, err)
		}
	})
}
