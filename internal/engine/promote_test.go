package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// keep saves a setting of keeping order, of a group or of the community (0).
func (w *world) keep(g community.GroupID, key string, value any) {
	w.t.Helper()
	var old store.Setting
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		old, _, err = store.SettingAt(ctx, q, 1, g, key, 0)
		return err
	})
	if err := w.e.SaveSetting(w.t.Context(), 1, g, key, value, old.Version, 1); err != nil {
		w.t.Fatal(err)
	}
	w.decide()
}

// oneClause is a policy of one clause about a word.
func oneClause(word string, stage policy.Stage) policy.Policy {
	return policy.Policy{Clauses: []policy.Clause{{ID: "word", Name: "口令", Layer: policy.Basic, Category: "advert", Severity: policy.Light, Stage: stage,
		When: policy.When{Expr: fmt.Sprintf("text.contains(%q)", word)}, Ladder: []policy.Step{{Acts: []policy.Act{{Do: policy.Warn}}}}}},
		Guard: policy.Guard{PerHour: 1000}}
}

// cards lists all cards, the newest first.
func (w *world) cards() (list []casework.Review) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) (err error) {
		list, err = cases.Reviews(ctx, q, 1, cases.Filter{Now: w.now(), Limit: 1000})
		return err
	})
	return list
}

func (w *world) card(id int64) casework.Review {
	w.t.Helper()
	for _, r := range w.cards() {
		if r.ID == id {
			return r
		}
	}
	w.t.Fatalf("there is no card %d", id)
	return casework.Review{}
}

// decides has somebody decide cards.
func (w *world) decides(by community.StaffID, what string, ids ...int64) error {
	w.t.Helper()
	_, err := w.do(Command{Kind: community.VerdictReview, Key: fmt.Sprintf("%s %d by %d at %d: %v", what, w.now().UnixMilli(), by, w.said, ids), By: by,
		Case: casework.Command{Reviews: ids, What: what}})
	w.said++
	return err
}

func (w *world) mustRule(by community.StaffID, what string, ids ...int64) {
	w.t.Helper()
	if err := w.decides(by, what, ids...); err != nil {
		w.t.Fatal(err)
	}
}

// offend lets somebody break the clause of oneClause, and returns the card of it.
func (w *world) offend(group string) int64 {
	w.t.Helper()
	w.said++
	w.observe(w.say(group, fmt.Sprint("member", w.said), fmt.Sprintf("口令 %d", w.said)))
	w.decide()
	var newest int64
	for _, r := range w.cards() {
		newest = max(newest, r.ID)
	}
	return newest
}

// stage is how far the clause acts by itself in a group, and the policy's version.
func (w *world) stage(g community.GroupID) (policy.Stage, int64) {
	w.t.Helper()
	list, version, _, _, err := w.e.Trust(w.t.Context(), 1, g, nil)
	if err != nil || len(list) != 1 {
		w.t.Fatalf("%v %+v", err, list)
	}
	return list[0].Clause.Stage, version
}

// audits lists who did what to clauses.
func (w *world) audits() []string { return w.audited("clause.") }

// audited lists who did what, of acts that begin so.
func (w *world) audited(acts string) (list []string) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		rows, err := q.QueryContext(ctx, `SELECT staff_id, act, subject FROM audit WHERE community_id = 1 AND act LIKE $1 ORDER BY audit_id`, acts+"%")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var by int64
			var act, subject string
			if err := rows.Scan(&by, &act, &subject); err != nil {
				return err
			}
			list = append(list, fmt.Sprintf("%d %s %s", by, act, subject))
		}
		return rows.Err()
	})
	return list
}

func TestAClauseEarnsTrustAndLosesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"), w.say("h", "a", "hi"))
		w.keep(0, casework.Key, casework.Settings{Promote: 0.6, Enough: 8, Window: 10, Demote: 0.2})
		w.keep(0, policy.Key, oneClause("令", policy.Suggest))
		w.mustRule(2, casework.Overturn, w.offend("g")) // of another condition: no longer counts
		w.keep(0, policy.Key, oneClause("口令", policy.Suggest))
		promote := func() error {
			_, version := w.stage(0)
			return w.e.Promote(t.Context(), 1, 0, "word", version, 2)
		}
		for range 7 {
			w.mustRule(2, casework.Accept, w.offend("g"))
		}
		if err := promote(); community.CodeOf(err) != community.Conflict {
			t.Fatalf("seven cases are not enough: %v", err)
		}
		w.mustRule(2, casework.Accept, w.offend("h"))
		list, version, _, _, err := w.e.Trust(t.Context(), 1, 0, nil)
		if err != nil || !list[0].Earned || list[0].Trust.Right.Hits != 8 || list[0].Trust.Right.Of != 8 {
			t.Fatalf("%v %+v", err, list)
		}
		// Who looks after h only sees its case, and not what all of them earned.
		list, _, _, _, err = w.e.Trust(t.Context(), 1, 0, []community.GroupID{w.group("h")})
		if err != nil || list[0].Earned || list[0].Trust.Right.Hits != 1 || list[0].Trust.Right.Of != 1 {
			t.Errorf("in one group: %v %+v", err, list)
		}
		if err := w.e.Promote(t.Context(), 1, 0, "word", version-1, 2); community.CodeOf(err) != community.Conflict {
			t.Errorf("of an old version: %v", err)
		}
		if err := promote(); err != nil {
			t.Fatal(err)
		}
		if err := promote(); community.CodeOf(err) != community.Conflict {
			t.Errorf("promoted twice: %v", err)
		}
		w.decide()
		var done []int64
		for i := range 6 {
			done = append(done, w.offend([]string{"g", "h"}[i%2]))
		}
		if r := w.card(done[5]); r.Kind != casework.Acted {
			t.Fatalf("it does not act by itself: %+v", r)
		}
		// Two of ten may be wrong; the third is too much, in whichever group.
		for _, id := range done[:2] {
			w.mustRule(3, casework.Overturn, id)
		}
		w.advance(2 * time.Minute)
		w.tick()
		w.decide()
		if s, _ := w.stage(0); s != policy.Auto {
			t.Fatalf("two overturned cards took it back")
		}
		for _, id := range done[2:4] {
			w.mustRule(3, casework.Overturn, id)
		}
		other := w.another()
		w.advance(2 * time.Minute)
		w.tick()
		other.tick()
		other.decide()
		w.decide()
		w.advance(2 * time.Minute)
		w.tick()
		w.decide()
		if s, v := w.stage(0); s != policy.Suggest || v != version+2 {
			t.Fatalf("it is at %s in version %d", s, v)
		}
		if got := strings.Join(w.audits(), ", "); got != "2 clause.promote clause/0/word, 0 clause.demote clause/0/word" {
			t.Errorf("the audit says %s", got)
		}
		if n := w.kinds()[community.AlertOpened]; n != 1 {
			t.Errorf("%d alerts", n)
		}
		if r := w.card(w.offend("g")); r.Kind != casework.Suggestion {
			t.Errorf("it still acts: %+v", r)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			firing, err := store.FiringAlerts(ctx, q, 1)
			if len(firing) != 1 || firing[0].Data["overturned"] != "4" {
				b, _ := json.Marshal(firing)
				t.Errorf("%s", b)
			}
			return err
		})
	})
}
