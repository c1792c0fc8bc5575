package engine

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// standing are the strikes that count for nobody's having taken them back: how many,
// and when they were got.
func (w *world) standing() (at []int64) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		list, err := cases.StandingStrikes(ctx, q, 1, time.Time{})
		for _, s := range list {
			at = append(at, s.At.UnixMilli())
		}
		return err
	})
	return at
}

func (w *world) forgive(key string, cmd casework.Command) error {
	_, err := w.do(Command{Kind: community.StrikePardon, Key: key, By: 1, Case: cmd})
	return err
}

// TestAnAmnestyIsUndone: strikes of one group up to a day are forgiven, all come back
// as of when they were got, also after a restart, and once only.
func TestAnAmnestyIsUndone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"), w.say("h", "a", "hi"))
		w.keep(0, policy.Key, oneClause("口令", policy.Suggest))
		for _, group := range []string{"g", "g", "h"} {
			w.mustRule(1, casework.Accept, w.offend(group))
			w.advance(time.Hour)
		}
		limit := w.now()
		w.mustRule(1, casework.Accept, w.offend("g"))
		before := w.standing()
		if len(before) != 4 {
			t.Fatalf("%d strikes", len(before))
		}
		given := len(w.log(1)) + 1
		if err := w.forgive("a", casework.Command{What: casework.Amnesty, Groups: []community.GroupID{w.group("g")}, Before: limit.UnixMilli(), Note: "国庆"}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(before[2:], w.standing()); d != "" {
			t.Errorf("after the amnesty:\n%s", d)
		}
		var past []cases.PastAmnesty
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			past, err = cases.Amnesties(ctx, q, 1, casework.Amnesty, 10)
			return err
		})
		if len(past) != 1 || past[0].Strikes != 2 || past[0].Members != 2 || past[0].Left != 2 || past[0].Staff != 1 || int(past[0].Seq) < given {
			t.Fatalf("amnesties %+v", past)
		}
		w.e.decides = map[community.ID]*decider{} // a restart
		if err := w.forgive("b", casework.Command{What: casework.Undo, Seq: past[0].Seq}); err != nil {
			t.Fatal(err)
		}
		after := w.standing()
		if d := cmp.Diff(append(before[2:4:4], before[:2]...), after); d != "" { // numbered anew
			t.Errorf("after it was undone:\n%s", d)
		}
		if err := w.forgive("c", casework.Command{What: casework.Undo, Seq: past[0].Seq}); community.CodeOf(err) != community.Conflict {
			t.Errorf("undone twice: %v", err)
		}
		if err := w.forgive("d", casework.Command{What: casework.Amnesty}); err != nil || len(w.standing()) != 0 {
			t.Errorf("everybody: %v, %d left", err, len(w.standing()))
		}
	})
}
