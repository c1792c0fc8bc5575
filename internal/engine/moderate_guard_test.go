package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// guarded is a world with two groups under one clause.
func guarded(w *world, stage policy.Stage, change func(*policy.Policy)) {
	w.observe(w.say("g", "a", "hi"), w.say("h", "a", "hi"))
	p := oneClause("口令", stage)
	if change != nil {
		change(&p)
	}
	w.keep(0, policy.Key, p)
}

// kindsOf are the kinds of all actions, the oldest cause first.
func (w *world) kindsOf() (list []community.ActionKind) {
	for _, o := range w.outbox() {
		list = append(list, o.Kind)
	}
	return list
}

func (w *world) claims(by community.StaffID, release bool, ids ...int64) error {
	w.t.Helper()
	w.said++
	_, err := w.do(Command{Kind: community.VerdictClaim, Key: fmt.Sprintf("claim %d", w.said), By: by, Case: casework.Command{Reviews: ids, Release: release}})
	return err
}

func TestTwoPeopleDecideARemoval(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Suggest, func(p *policy.Policy) {
			p.Clauses[0].Ladder = []policy.Step{{Acts: []policy.Act{{Do: policy.Remove}}}}
			p.Approval = policy.Approval{Remove: true}
		})
		first, second, third := w.offend("g"), w.offend("g"), w.offend("g")
		w.mustRule(1, casework.Accept, first)
		if r := w.card(first); r.State != casework.Asked || r.DecidedBy != 1 || len(w.outbox()) != 0 {
			t.Fatalf("after the first person: %+v, %v", r, w.kindsOf())
		}
		if err := w.decides(1, casework.Accept, first); community.CodeOf(err) != community.Conflict {
			t.Errorf("the same person agrees with themselves: %v", err)
		}
		w.mustRule(2, casework.Accept, first)
		if r := w.card(first); r.State != casework.Decided || r.DecidedBy != 2 || r.Decision != casework.Accept {
			t.Errorf("after the second: %+v", r)
		}
		if got := w.kindsOf(); !slices.Equal(got, []community.ActionKind{community.Remove}) {
			t.Errorf("done: %v", got)
		}
		// The second person may disagree, and nothing is done.
		w.mustRule(1, casework.Accept, second)
		w.mustRule(2, casework.Overturn, second)
		if r := w.card(second); r.State != casework.Decided || r.Decision != casework.Overturn || len(w.outbox()) != 1 {
			t.Errorf("disagreed: %+v, %v", r, w.kindsOf())
		}
		// What removes nobody takes one.
		_, err := w.do(Command{Kind: community.VerdictReview, Key: "change it", By: 1, Case: casework.Command{Reviews: []int64{third}, What: casework.Change, Acts: []policy.Act{{Do: policy.Warn}}}})
		if r := w.card(third); err != nil || r.State != casework.Decided {
			t.Errorf("a warning: %v %+v", err, r)
		}
	})
}

func TestWhoAskedForASecondPersonWithdraws(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Suggest, func(p *policy.Policy) {
			p.Clauses[0].Ladder = []policy.Step{{Acts: []policy.Act{{Do: policy.Mute, Minutes: 30}, {Do: policy.Recall}}}}
			p.Approval = policy.Approval{Remove: true, Bulk: true}
		})
		card, alone := w.offend("g"), w.offend("g")
		change := casework.Command{Reviews: []int64{card}, What: casework.Change, Acts: []policy.Act{{Do: policy.Remove}}}
		before := w.card(card)
		if err := w.claims(1, false, card); err != nil {
			t.Fatal(err)
		}
		if _, err := w.do(Command{Kind: community.VerdictReview, Key: "remove instead", By: 1, Case: change}); err != nil {
			t.Fatal(err)
		}
		if r := w.card(card); r.State != casework.Asked || slices.Equal(r.Acts, before.Acts) || r.ClaimedBy != 0 {
			t.Fatalf("asked: %+v", r)
		}
		w.advance(time.Hour) // whenever
		if err := w.decides(2, casework.Undo, card); community.CodeOf(err) != community.Forbidden {
			t.Errorf("by another: %v", err)
		}
		w.mustRule(1, casework.Undo, card)
		if r := w.card(card); r.State != casework.Open || r.DecidedBy != 0 || r.Decision != "" || !r.DecidedAt.IsZero() || !slices.Equal(r.Acts, before.Acts) {
			t.Errorf("withdrawn: %+v, want %+v", r, before)
		}
		if err := w.decides(1, casework.Undo, card); community.CodeOf(err) != community.Conflict {
			t.Errorf("withdrawn twice: %v", err)
		}
		if len(w.outbox()) != 0 {
			t.Errorf("done: %v", w.kindsOf())
		}
		w.mustRule(2, casework.Accept, card, alone) // of several, and nothing of the first stands
		if r := w.card(card); r.State != casework.Asked || r.DecidedBy != 2 {
			t.Errorf("asked anew: %+v", r)
		}
		w.mustRule(1, casework.Accept, card)
		if r := w.card(card); r.State != casework.Decided || !slices.Equal(w.kindsOf(), []community.ActionKind{community.Mute, community.Recall}) {
			t.Errorf("decided: %+v %v", r, w.kindsOf())
		}
	})
}

func TestBulkTakesTwoPeople(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Suggest, func(p *policy.Policy) { p.Approval = policy.Approval{Bulk: true} })
		first, second := w.offend("g"), w.offend("h")
		w.mustRule(1, casework.Accept, first, second)
		if a, b := w.card(first), w.card(second); a.State != casework.Asked || b.State != casework.Asked || len(w.outbox()) != 0 {
			t.Fatalf("%s %s %v", a.State, b.State, w.kindsOf())
		}
		w.mustRule(2, casework.Accept, first, second)
		if a, b := w.card(first), w.card(second); a.State != casework.Decided || b.State != casework.Decided || len(w.outbox()) != 2 {
			t.Errorf("%s %s %v", a.State, b.State, w.kindsOf())
		}
	})
}

func TestAClaimKeepsOthersAway(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Suggest, nil)
		card := w.offend("g")
		claim := func(by community.StaffID, want community.Code) {
			t.Helper()
			if err := w.claims(by, false, card); err != nil && community.CodeOf(err) != want || err == nil && want != "" {
				t.Errorf("%d claims it: %v, want %q", by, err, want)
			}
		}
		claim(1, "")
		claim(1, "") // holds it longer
		claim(2, community.Conflict)
		if err := w.decides(2, casework.Accept, card); community.CodeOf(err) != community.Conflict || len(w.outbox()) != 0 {
			t.Errorf("decided by another: %v", err)
		}
		var held []casework.Review
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			held, err = cases.Reviews(ctx, q, 1, cases.Filter{State: "claimed", Claimed: 1, Now: w.now()})
			return err
		})
		if len(held) != 1 {
			t.Errorf("%d cards are held", len(held))
		}
		w.advance(casework.ClaimLasts - time.Second)
		claim(2, community.Conflict)
		w.advance(time.Second) // it is over
		claim(2, "")
		claim(1, community.Conflict)
		if err := w.claims(2, true, card); err != nil { // let go
			t.Fatal(err)
		}
		w.mustRule(1, casework.Accept, card)
		if r := w.card(card); r.State != casework.Decided || r.ClaimedBy != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// stages are as what the newest verdicts count, the oldest first, with why.
func (w *world) stages() (list []string) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		all, err := cases.VerdictsAfter(ctx, q, 1, 0, 1000)
		for _, v := range all {
			list = append(list, string(v.Stage)+v.Lowered)
		}
		return err
	})
	return list
}

func TestTooManyPenaltiesAnHourAreSuggested(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Auto, func(p *policy.Policy) { p.Guard.PerHour = 2 })
		for range 4 {
			w.offend("g")
			w.advance(time.Minute)
		}
		w.offend("h") // another group has an hour of its own
		other := w.another()
		other.offend("g") // who starts anew remembers
		w.advance(time.Hour - 4*time.Minute)
		w.offend("g") // the first is over
		w.offend("g") // the second is not
		want := []string{"auto", "auto", "suggestcap", "suggestcap", "auto", "suggestcap", "auto", "suggestcap"}
		if got := w.stages(); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if n := len(w.outbox()); n != 4 {
			t.Errorf("%d were done", n)
		}
	})
}

func TestEverythingAutomaticIsStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Auto, nil)
		w.offend("g")
		w.keep(1, casework.Key, casework.Settings{Stopped: true})
		w.offend("g")
		w.offend("h")
		w.keep(0, casework.Key, casework.Settings{Stopped: true})
		w.keep(1, casework.Key, casework.Settings{})
		w.offend("g")
		w.offend("h")
		w.keep(0, casework.Key, casework.Settings{})
		w.offend("h")
		want := []string{"auto", "suggeststopped", "auto", "suggeststopped", "suggeststopped", "auto"}
		if got := w.stages(); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if n := len(w.outbox()); n != 3 {
			t.Errorf("%d were done", n)
		}
		for _, r := range w.cards() {
			if r.Kind == casework.Suggestion && r.DueAt.IsZero() {
				t.Errorf("nobody is called for card %d", r.ID)
			}
		}
	})
}

// An entry is counted once a message, and only where a rule fired for it.
func TestWordsAreCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Suggest, nil)
		w.keep(0, casework.LexiconKey+"own", casework.Lexicon{Name: "own", Category: "advert", Text: "口令\n暗号\n!口令红包"})
		hits := func(since community.Day) map[string]int64 {
			all := map[string]int64{}
			w.read(func(ctx context.Context, q store.Querier) error {
				list, err := cases.HitWords(ctx, q, 1, "own", since, 10)
				for _, h := range list {
					all[h.Entry] = h.Hits
				}
				return err
			})
			return all
		}
		today := community.DayOf(w.now(), time.UTC)
		w.observe(w.say("g", "b", "口令口令 暗号"), w.say("g", "c", "只说暗号"), w.say("g", "d", "口令红包"))
		w.decide()
		if got := hits(today); got["口令"] != 1 || got["暗号"] != 1 {
			t.Errorf("%v", got)
		}
		w.advance(41 * 24 * time.Hour)
		w.observe(w.say("g", "b", "口令"))
		w.decide()
		if got := hits(today); got["口令"] != 1 || got["暗号"] != 1 {
			t.Errorf("after 41 days: %v", got)
		}
		if got := hits(today + 30); got["口令"] != 1 || got["暗号"] != 0 {
			t.Errorf("of late: %v", got)
		}
	})
}

// says lets one member break the clause of oneClause, and returns the newest card.
func (w *world) says(group, who, text string) int64 {
	w.t.Helper()
	w.observe(w.say(group, who, text))
	w.decide()
	var newest int64
	for _, r := range w.cards() {
		newest = max(newest, r.ID)
	}
	return newest
}

func TestWhatIsAutomaticTakesASecondPersonToo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Auto, func(p *policy.Policy) {
			p.Clauses[0].Always = []policy.Act{{Do: policy.Recall}}
			p.Clauses[0].AtOnce = []policy.Do{policy.Recall, policy.Remind}
			p.Clauses[0].Ladder = append(p.Clauses[0].Ladder, policy.Step{Acts: []policy.Act{{Do: policy.Remove}, {Do: policy.Block}}})
			p.Approval = policy.Approval{Remove: true}
		}) // saved by 1
		w.says("g", "bad", "口令 第一次来这里")
		if got := w.kindsOf(); !slices.Equal(got, []community.ActionKind{community.Recall, community.Send}) {
			t.Fatalf("a warning takes nobody: %v", got)
		}
		w.advance(time.Hour)
		id := w.says("g", "bad", "口令 又来了，完全不同的话")
		r := w.card(id)
		if r.Kind != casework.Suggestion || r.State != casework.Open || !slices.Equal(r.Acts, []policy.Act{{Do: policy.Remove}, {Do: policy.Block}}) || r.DueAt.Sub(r.OpenedAt) != 15*time.Minute {
			t.Fatalf("the proposal: %+v", r)
		}
		v := w.verdictsOn(id)[0]
		if v.Lowered != policy.Second || !v.AtOnce || !strings.Contains(v.Body.Receipt, `"first":1`) {
			t.Errorf("%+v", v)
		}
		want := []community.ActionKind{community.Recall, community.Send, community.Recall, community.Send}
		if got := w.kindsOf(); !slices.Equal(got, want) {
			t.Errorf("at once: %v", got)
		}
		other := w.another() // who starts anew knows the same
		other.advance(16 * time.Minute)
		other.tick()
		other.decide()
		if r := w.card(id); r.PagedAt.IsZero() {
			t.Error("nobody was called")
		}
		w.mustRule(1, casework.Accept, id) // who let it act is the first, and cannot be the second
		if r := w.card(id); r.State != casework.Asked || r.DecidedBy != 1 {
			t.Fatalf("after the one who trusts it: %+v", r)
		}
		w.mustRule(2, casework.Accept, id)
		if r := w.card(id); r.State != casework.Decided || !slices.Equal(w.kindsOf(), append(want, community.Remove)) {
			t.Errorf("after the second: %+v, %v", r, w.kindsOf())
		}
		w.advance(time.Hour)
		id = w.says("h", "bad", "口令 换个群再来一遍")
		w.mustRule(2, casework.Accept, id) // is the second by themselves
		if r := w.card(id); r.State != casework.Decided {
			t.Errorf("by another than who trusts it: %+v", r)
		}
		w.advance(time.Hour)
		w.keep(0, policy.Key, func() policy.Policy { // only suggested now: nobody agreed before
			p := oneClause("口令", policy.Suggest)
			p.Clauses[0].Ladder = []policy.Step{{Acts: []policy.Act{{Do: policy.Remove}}}}
			p.Approval = policy.Approval{Remove: true}
			return p
		}())
		id = w.says("g", "worse", "口令 这是另外一个人说的")
		w.mustRule(2, casework.Accept, id)
		if r := w.card(id); r.State != casework.Asked {
			t.Errorf("a suggestion takes two: %+v", r)
		}
	})
}

func TestAnAdvertIsRecalledWhilePeopleDecide(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		guarded(w, policy.Suggest, func(p *policy.Policy) {
			p.Clauses[0].Always = []policy.Act{{Do: policy.Recall}}
			p.Clauses[0].AtOnce = []policy.Do{policy.Recall, policy.Remind}
			p.Guard.PerHour = 4
		})
		id := w.says("g", "bad", "口令 加我微信领取")
		w.says("g", "bad", "口令 加我微信领取！")
		if r := w.card(id); r.Items != 2 || r.State != casework.Open || len(r.Acts) != 1 {
			t.Fatalf("%+v", r)
		}
		want := []community.ActionKind{community.Recall, community.Send, community.Recall} // reminded once
		if got := w.kindsOf(); !slices.Equal(got, want) {
			t.Fatalf("at once: %v", got)
		}
		_, err := w.do(Command{Kind: community.VerdictReview, Key: "change it", By: 2, Case: casework.Command{Reviews: []int64{id}, What: casework.Change,
			Acts: []policy.Act{{Do: policy.Recall}, {Do: policy.Warn}}}})
		if got := w.kindsOf(); err != nil || !slices.Equal(got, append(want, community.Send)) {
			t.Fatalf("what is gone is not recalled again: %v, %v", got, err)
		}
		w.says("h", "good", "口令 这其实没什么问题") // another group has an hour of its own
		before := len(w.outbox())
		w.keep(1, casework.Key, casework.Settings{Stopped: true})
		id = w.says("g", "late", "口令 停下来以后说的")
		if r := w.card(id); len(w.outbox()) != before || !slices.Equal(r.Acts, []policy.Act{{Do: policy.Recall}, {Do: policy.Remind}, {Do: policy.Warn}}) {
			t.Errorf("the kill switch: %+v, %v", r.Acts, w.kindsOf())
		}
		w.keep(1, casework.Key, casework.Settings{})
		w.says("g", "third", "口令 第三个人的另一句话")
		w.says("g", "fourth", "口令 又一个人说了别的事情")
		before = len(w.outbox())
		other := w.another() // who starts anew remembers how much was done
		other.says("g", "fifth", "口令 最后一个人也来凑热闹")
		if got := len(w.outbox()); got != before {
			t.Errorf("more than four an hour: %v", w.kindsOf()[before:])
		}
	})
}

func TestRecallingAtOnceIsTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.keep(0, casework.Key, casework.Settings{Window: 10, Demote: 0.2})
		guarded(w, policy.Suggest, func(p *policy.Policy) { p.Clauses[0].AtOnce = []policy.Do{policy.Recall} })
		for range 3 {
			w.mustRule(2, casework.Overturn, w.offend("g"))
		}
		w.advance(2 * time.Minute)
		w.tick()
		w.decide()
		list, _, _, _, err := w.e.Trust(t.Context(), 1, 0, nil)
		if err != nil || len(list) != 1 || list[0].Clause.Stage != policy.Suggest || len(list[0].Clause.AtOnce) != 0 {
			t.Errorf("%v %+v", err, list)
		}
	})
}
