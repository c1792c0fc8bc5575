package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// mediation carries out a step of a mediation on a card.
func (w *world) mediation(key string, by community.StaffID, what string, mediator community.StaffID, card int64) error {
	w.t.Helper()
	_, err := w.do(Command{Kind: community.VerdictReview, Key: key, By: by, Case: casework.Command{Reviews: []int64{card}, What: what, Staff: mediator, Note: "当面谈过"}})
	return err
}

// TestADisputeMovesToPrivateTalk: those concerned are told once, the mediator gets a
// task, nobody decides meanwhile, and the case log keeps each step.
func TestADisputeMovesToPrivateTalk(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"))
		w.keep(0, policy.Key, oneClause("口令", policy.Suggest))
		card := w.offend("g")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		fails := func(err error, code community.Code) {
			t.Helper()
			if community.CodeOf(err) != code {
				t.Errorf("%v, want %s", err, code)
			}
		}
		fails(w.mediation("none", 1, casework.Settled, 0, card), community.Conflict)
		must(w.mediation("move", 1, casework.Mediate, 2, card))
		fails(w.mediation("twice", 1, casework.Mediate, 2, card), community.Conflict)
		fails(w.decides(1, casework.Accept, card), community.Conflict)
		fails(w.mediation("other", 1, casework.Settled, 0, card), community.Forbidden)
		said := w.outbox()
		if len(said) != 1 || !strings.Contains(said[0].Text, "私下沟通") || len(said[0].Detail.Mentions) != 1 {
			t.Errorf("said %+v", said)
		}
		open := w.tasks(store.TaskFilter{State: store.TaskOpen})
		if len(open) != 1 || open[0].Kind != MediationTask || open[0].Keeper != 2 {
			t.Errorf("tasks %+v", open)
		}
		w.advance(24 * time.Hour)
		w.tick()
		w.decide()
		if r := w.card(card); !r.PagedAt.IsZero() || !r.Talking() {
			t.Errorf("with a mediator, the person on duty is not called: %+v", r)
		}

		must(w.mediation("hand over", 1, casework.Mediate, 3, card))
		if n := len(w.outbox()); n != 1 {
			t.Errorf("%d messages after handing over", n)
		}
		must(w.mediation("no", 3, casework.Unsettled, 0, card))
		if r := w.card(card); r.State != casework.Open || r.Talking() || r.Talk.Outcome != casework.Unsettled || !r.DueAt.After(w.now()) {
			t.Errorf("not settled: %+v, talk %+v", r, r.Talk)
		}
		must(w.mediation("again", 1, casework.Mediate, 2, card))
		must(w.mediation("yes", 2, casework.Settled, 0, card))
		if r := w.card(card); r.State != casework.Decided || r.Decision != casework.Settled || r.Talk.Outcome != casework.Settled || r.Talk.Mediator != 2 {
			t.Errorf("settled: %+v, talk %+v", r, r.Talk)
		}
		if n := len(w.tasks(store.TaskFilter{State: store.TaskOpen})); n != 0 || len(w.standing()) != 0 {
			t.Errorf("%d tasks open, strikes %v", n, w.standing())
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			steps, err := cases.Rulings(ctx, q, 1, card)
			var kept int
			if err == nil {
				err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM case_entry WHERE community_id = 1 AND kind = 'mediation' AND ref = $1`, card).Scan(&kept)
			}
			if len(steps) != 5 || kept != 5 || steps[4].Note == "" {
				t.Errorf("%d steps, %d in the case log", len(steps), kept)
			}
			return err
		})
	})
}

// TestWhoDecidedDoesNotMediate, and a talk about a decision leaves it in force.
func TestWhoDecidedDoesNotMediate(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"))
		w.keep(0, policy.Key, oneClause("口令", policy.Suggest))
		card := w.offend("g")
		w.mustRule(1, casework.Accept, card)
		if err := w.mediation("self", 2, casework.Mediate, 1, card); community.CodeOf(err) != community.Forbidden {
			t.Errorf("who decided mediates: %v", err)
		}
		for _, step := range []struct {
			what     string
			mediator community.StaffID
		}{{casework.Mediate, 2}, {casework.Settled, 0}} {
			if err := w.mediation(step.what, 2, step.what, step.mediator, card); err != nil {
				t.Fatal(err)
			}
		}
		if r := w.card(card); r.Decision != casework.Accept || len(w.standing()) != 1 {
			t.Errorf("after the talk: %+v, strikes %v", r, w.standing())
		}
	})
}
