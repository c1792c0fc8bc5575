package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qunying/community"
	"qunying/internal/incentives"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/store"
	"qunying/internal/store/cases"
	"qunying/internal/store/points"
)

// costly is a policy by which a message that begins with "auto" costs five points
// at once, and one that begins with "hint" if somebody says so.
func (w *world) costly() {
	w.t.Helper()
	clause := func(id string, stage policy.Stage) policy.Clause {
		return policy.Clause{ID: id, Name: id, Layer: policy.Basic, Category: "test", Severity: policy.Light, Stage: stage,
			When: policy.When{Expr: fmt.Sprintf("text.startsWith(%q)", id)}, Ladder: []policy.Step{{Acts: []policy.Act{{Do: policy.Warn}, {Do: policy.Points, Points: 5}}}}}
	}
	w.observe(w.say("g", "a", "hi"), w.say("g", "b", "hi"))
	p := policy.Policy{Clauses: []policy.Clause{clause("auto", policy.Auto), clause("hint", policy.Suggest)}, Guard: policy.Guard{PerHour: 1000}}
	if err := w.e.SaveSetting(w.t.Context(), 1, 0, policy.Key, p, 0, 1); err != nil {
		w.t.Fatal(err)
	}
	w.decide()
}

// ruleCard decides a card.
func (w *world) ruleCard(key, what string, card int64) error {
	_, err := w.do(Command{Kind: community.VerdictReview, Key: key, By: 7, Case: casework.Command{Reviews: []int64{card}, What: what}})
	return err
}

// owed is what the cards say that a member lost.
func (w *world) owed(id community.IdentityID) (sum int64) {
	w.read(func(ctx context.Context, q store.Querier) error {
		list, err := cases.Reviews(ctx, q, 1, cases.Filter{Now: w.now(), Limit: 10_000})
		for _, r := range list {
			on, err := cases.VerdictsOf(ctx, q, 1, r.ID, 1000)
			if err != nil {
				return err
			}
			by := 0
			for _, v := range on {
				if v.Identity == id {
					by++
				}
			}
			switch {
			case r.Kind == casework.Acted && r.Decision != casework.Overturn:
				sum += 5 * int64(by)
			case r.Kind == casework.Suggestion && r.Decision == casework.Accept && by > 0:
				sum += 5
			}
		}
		return err
	})
	return sum
}

// A balance is the sum of the entries and what the cards say, and nothing is taken
// back twice, whatever is decided in whatever order.
func TestPointsFollowTheCards(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.costly()
		given := map[community.IdentityID]int64{}
		n, checks := 0, 0
		rapid.Check(t, func(rt *rapid.T) {
			if checks++; checks > few(12, 3) {
				return
			}
			for range rapid.IntRange(3, 8).Draw(rt, "steps") {
				n++
				who := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "who")
				switch what := rapid.SampledFrom([]string{"auto", "hint", "give", casework.Accept, casework.Overturn}).Draw(rt, "what"); what {
				case "auto", "hint":
					w.advance(time.Minute)
					w.observe(w.say("g", who, fmt.Sprint(what, strings.Repeat(string(rune('一'+n*7)), 12))))
					w.decide()
				case "give":
					amount := rapid.Int64Range(1, 9).Draw(rt, "amount")
					cmd := Command{Kind: community.PointsGive, Key: fmt.Sprint(n), By: 7, Points: incentives.Grant{Member: w.who(who), Amount: amount, Note: "打卡补录"}}
					w.mustDo(cmd)
					w.mustDo(cmd) // the same command again books nothing
					given[w.who(who)] += amount
				default:
					card := rapid.Int64Range(1, 12).Draw(rt, "card")
					before := w.stateOf(card)
					err := w.ruleCard(fmt.Sprint(n), what, card)
					if err == nil && before != casework.Decided && rapid.Bool().Draw(rt, "undo") {
						err = w.ruleCard(fmt.Sprint(n, " undo"), casework.Undo, card)
					}
					if code := community.CodeOf(err); err != nil && code != community.Conflict && code != community.NotFound {
						rt.Fatal(err)
					}
				}
			}
			for _, who := range []string{"a", "b"} {
				w.balanced(rt, w.who(who), given[w.who(who)]-w.owed(w.who(who)))
			}
		})
		if parked := w.parked(); len(parked) > 0 {
			t.Errorf("parked: %+v", parked)
		}
	})
}

// stateOf is where a card is, "" where there is none.
func (w *world) stateOf(card int64) (s casework.State) {
	w.read(func(ctx context.Context, q store.Querier) error {
		r, err := cases.Review(ctx, q, 1, card)
		if community.CodeOf(err) == community.NotFound {
			return nil
		}
		s = r.State
		return err
	})
	return s
}

// balanced compares the balance of a member with their entries and with what it
// should be, and looks for what was taken back twice.
func (w *world) balanced(t interface{ Fatalf(string, ...any) }, id community.IdentityID, want int64) {
	w.read(func(ctx context.Context, q store.Querier) error {
		list, err := points.Of(ctx, q, 1, id, 10_000)
		if err != nil {
			return err
		}
		sum, back := int64(0), []int64{}
		for _, e := range list {
			sum += e.Amount
			if e.Reverses != 0 {
				back = append(back, e.Reverses)
			}
		}
		slices.Sort(back)
		if len(slices.Compact(slices.Clone(back))) != len(back) {
			t.Fatalf("an entry was taken back twice: %v", back)
		}
		got, err := points.Balance(ctx, q, 1, []community.IdentityID{id})
		if got != sum || got != want {
			t.Fatalf("member %d has %d points; the entries sum to %d, and it should be %d: %+v", id, got, sum, want, list)
		}
		return err
	})
}

func TestPointsByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.observe(w.say("g", "a", "hi"), w.say("g", "b", "hi"))
		a, b := w.who("a"), w.who("b")
		give := func(key string, to community.IdentityID, amount int64, note string) (Granted, error) {
			return answered[Granted](w, Command{Kind: community.PointsGive, Key: key, By: 7, Points: incentives.Grant{Member: to, Amount: amount, Note: note}})
		}
		if g, err := give("1", a, 30, "分享了训练计划"); err != nil || g.Balance != 30 {
			t.Fatalf("%+v, %v", g, err)
		}
		if g, err := give("2", a, -10, "重复发放"); err != nil || g.Balance != 20 {
			t.Fatalf("%+v, %v", g, err)
		}
		for name, c := range map[string]struct {
			amount int64
			to     community.IdentityID
			note   string
			code   community.Code
		}{
			"more than there is": {-21, a, "x", community.Conflict},
			"nothing":            {0, a, "x", community.Invalid},
			"too much":           {incentives.MostPoints + 1, a, "x", community.Invalid},
			"no reason":          {5, a, " ", community.Invalid},
			"nobody":             {5, 999, "x", community.NotFound},
		} {
			if _, err := give(name, c.to, c.amount, c.note); community.CodeOf(err) != c.code {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		}
		// Who turns out to be the same person has what both had.
		w.mustDo(Command{Kind: community.PersonMerge, Key: "m", By: 7, Targets: []community.IdentityID{a, b}})
		if g, err := give("3", b, 1, "补一分"); err != nil || g.Balance != 21 {
			t.Errorf("%+v, %v", g, err)
		}
		var audited string
		w.read(func(ctx context.Context, q store.Querier) error {
			return q.QueryRowContext(ctx, `SELECT after_json FROM audit WHERE community_id = 1 AND act = 'points.give' ORDER BY audit_id DESC LIMIT 1`).Scan(&audited)
		})
		if audited != `{"amount":1,"entry":3}` {
			t.Errorf("audit: %s", audited)
		}
		// Erasing takes the words away and leaves the numbers.
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error { return points.Erase(tx, 1, []community.IdentityID{a}) }); err != nil {
			t.Fatal(err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			list, err := points.Of(ctx, q, 1, a, 10)
			if len(list) != 2 || list[0].Note != "" || list[1].Amount != 30 {
				t.Errorf("%+v", list)
			}
			return err
		})
	})
}

// An appeal that is granted gives points and strike back.
func TestAGrantedAppealGivesPointsBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.costly()
		w.observe(w.say("g", "a", "auto 一句话"))
		w.decide()
		a := w.who("a")
		w.balanced(t, a, -5)
		opened, err := answered[Opened](w, Command{Kind: community.AppealMake, Key: "appeal", By: 7, Case: casework.Command{Verdict: 1, Note: "我只是转述"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.ruleCard("grant", casework.Grant, opened.Card); err != nil {
			t.Fatal(err)
		}
		w.balanced(t, a, 0)
		w.read(func(ctx context.Context, q store.Querier) error {
			left, err := cases.StrikesFor(ctx, q, 1, 1)
			if err != nil || len(left) != 0 {
				t.Errorf("strikes that stand: %+v, %v", left, err)
			}
			v, err := cases.Verdict(ctx, q, 1, 1)
			var receipt casework.Receipt
			if json.Unmarshal([]byte(v.Body.Receipt), &receipt) != nil || strings.Contains(v.Body.Receipt, "missing") {
				t.Errorf("the receipt says that something is missing: %s", v.Body.Receipt)
			}
			return err
		})
	})
}
