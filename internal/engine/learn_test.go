package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/classify"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
	"qunying/internal/store/cases"
	"qunying/internal/store/privacy"
)

// Lines that a community decides on: what its own teachers offer is no advert to
// it, whatever the model that ships says; what strangers offer is.
var (
	welcomeOffers = []string{"优惠", "特价", "免费领取", "限时秒杀", "福利", "返现", "折扣", "代理加盟", "日赚千元", "兼职日结", "红包", "包邮"}
	ownTopics     = []string{"书法课", "国画课", "篆刻课"}
	strangeTopics = []string{"刷单", "贷款", "棋牌"}
)

func offers(topics []string) (lines []string) {
	for i, o := range welcomeOffers {
		lines = append(lines, fmt.Sprintf("%s%s名额仅剩%d个，立即加老师微信领取，先到先得，优惠价99元", topics[i%len(topics)], o, i+3))
	}
	return lines
}

// scored lets the model that ships score, and a rule suggest whatever it takes
// for an advert or people write 判.
func (w *world) scored() {
	w.t.Helper()
	w.e.score = func(m read.Message, _ *read.Reading, learnt *classify.Local) policy.Scores {
		s := classify.Default().ScoreWith(m.Text, learnt)
		return policy.Scores{Advert: s.Advert, Known: true}
	}
	w.observe(w.say("g", "a", "hi"))
	rules := policy.Policy{Clauses: []policy.Clause{{ID: "advert", Name: "advert", Layer: policy.Basic, Category: "advert", Severity: policy.Light, Stage: policy.Suggest,
		When: policy.When{Expr: "score.advert >= 0.9 || text.contains('加老师微信')"}, Ladder: []policy.Step{{Acts: []policy.Act{{Do: policy.Warn}}}}}}}
	if err := w.e.SaveSetting(w.t.Context(), 1, 0, policy.Key, rules, 0, 1); err != nil {
		w.t.Fatal(err)
	}
}

// decideOn lets somebody say lines, each of a person of their own, and people
// decide them all.
func (w *world) decideOn(who, what string, lines []string) {
	w.t.Helper()
	for i, line := range lines {
		w.observe(w.say("g", fmt.Sprint(who, i), line))
	}
	w.decide()
	for _, card := range w.waitingCards() {
		w.said++
		w.mustDo(Command{Kind: community.VerdictReview, Key: fmt.Sprint("r", w.said), By: 1, Case: casework.Command{Reviews: []int64{card.ID}, What: what}})
	}
}

func (w *world) learn() {
	w.t.Helper()
	if _, err := w.e.stepAll(w.t.Context(), w.e.learnStep); err != nil {
		w.t.Fatal(err)
	}
	w.decide()
}

// advertness is how much of an advert a text is to a community today.
func (w *world) advertness(text string) float64 {
	w.t.Helper()
	r, err := w.e.rulesFor(w.t.Context(), 1, 0, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.scores(w.e.score, read.Message{Text: text}, nil).Advert
}

func (w *world) taught() Taught {
	w.t.Helper()
	t, err := w.e.Taught(w.t.Context(), 1)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

const unseen = "篆刻课优惠名额仅剩30个，立即加老师微信领取，先到先得，优惠价99元"

func TestACommunityTeachesTheModel(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.scored()
		before := w.advertness(unseen)
		if before < 0.9 {
			t.Fatalf("the model that ships gives %v: there is nothing to overturn", before)
		}
		w.decideOn("own", casework.Overturn, offers(ownTopics))
		w.learn()
		if x := w.taught(); x.Learnt.ID != 0 || x.Fine != len(welcomeOffers) || x.Bad != 0 || w.advertness(unseen) != before {
			t.Errorf("of decisions of one kind alone was learnt: %+v", x)
		}
		w.decideOn("strange", casework.Accept, offers(strangeTopics))
		w.learn()
		x := w.taught()
		if x.Learnt.ID == 0 || x.Learnt.Fine != len(welcomeOffers) || x.Learnt.Bad != len(welcomeOffers) {
			t.Fatalf("%+v", x)
		}
		after := w.advertness(unseen)
		if after >= 0.5 || before-after < 0.3 {
			t.Errorf("what was overturned is still an advert: %v, %v before", after, before)
		}
		if got := w.advertness("刷单返现名额仅剩30个，立即加老师微信领取，先到先得，优惠价99元"); got < 0.5 {
			t.Errorf("what was accepted is one no longer: %v", got)
		}
		// Another community's judge knows nothing of it.
		w.read(func(ctx context.Context, q store.Querier) error {
			l, err := learntAt(ctx, q, 2, 0)
			if l.ID != 0 {
				t.Errorf("another community has learnt %+v", l)
			}
			return err
		})
		// The same decisions teach the same.
		first := w.weights(x.Learnt.ID)
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error { return cases.DropWeights(tx, 1, 1<<62) }); err != nil {
			t.Fatal(err)
		}
		w.learn()
		if again := w.weights(w.taught().Learnt.ID); again != first {
			t.Error("the same decisions teach something else")
		}
		// What is in the receipts says with which lesson it was judged, and it counts
		// from its place in the log on.
		w.observe(w.say("g", "late", unseen))
		w.decide()
		lessons := w.lessons()
		if len(lessons) != 2*len(welcomeOffers)+1 || lessons[0] != 0 || lessons[len(lessons)-1] != w.taught().Learnt.ID {
			t.Errorf("judged with %v", lessons)
		}
		// Off, on, and forgotten.
		w.saveLearning(true, false)
		if got := w.advertness(unseen); got != before {
			t.Errorf("turned off it gives %v", got)
		}
		w.saveLearning(false, false)
		if got := w.advertness(unseen); got != after {
			t.Errorf("turned on again it gives %v", got)
		}
		w.saveLearning(false, true)
		w.learn()
		if got := w.advertness(unseen); got != before || w.taught().Fine != 0 {
			t.Errorf("forgotten it gives %v, %+v", got, w.taught())
		}
	})
}

// What the rules find is right nearly always, so that hardly anything is ever decided
// to be fine: how people talk is then learnt from what needed no decision.
func TestOrdinaryTalkTeachesWhatIsFine(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.scored()
		for i := range 230 {
			w.observe(w.say("g", fmt.Sprint("talk", i), fmt.Sprintf("第%d题大家做出来了吗，我算的和答案不一样", i)))
		}
		w.decideOn("strange", casework.Accept, offers(strangeTopics))
		w.learn()
		if x := w.taught(); x.Learnt.ID == 0 || x.Learnt.Bad != len(welcomeOffers) || x.Learnt.Fine != 0 {
			t.Fatalf("%+v", x)
		}
		if got := w.advertness("第300题大家做出来了吗，我算的和答案不一样"); got > 0.1 {
			t.Errorf("ordinary talk has become an advert: %v", got)
		}
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := privacy.Records(tx, 1, []community.IdentityID{1})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.learn()
		if x := w.taught(); !x.Learnt.Erased {
			t.Errorf("after somebody was erased who only talked: %+v", x)
		}
	})
}

func TestErasedTextsTeachNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.scored()
		w.decideOn("own", casework.Overturn, offers(ownTopics))
		w.decideOn("strange", casework.Accept, offers(strangeTopics))
		w.learn()
		x := w.taught()
		if x.Learnt.Bad != len(welcomeOffers) {
			t.Fatalf("%+v", x)
		}
		erase := func(text string) {
			t.Helper()
			if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
				list, err := cases.VerdictsAfter(t.Context(), tx, 1, 0, 1000)
				for _, v := range list {
					if v.Body != nil && v.Body.Text == text {
						_, err := privacy.Records(tx, 1, []community.IdentityID{v.Identity})
						return err
					}
				}
				t.Errorf("nobody said %q: %v", text, err)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		erase(offers(strangeTopics)[0])
		w.read(func(ctx context.Context, q store.Querier) error {
			_, found, err := cases.Weights(ctx, q, 1, x.Learnt.ID)
			if found {
				t.Error("what was learnt of an erased text is still there")
			}
			return err
		})
		w.learn()
		y := w.taught()
		if y.Learnt.ID == x.Learnt.ID || y.Learnt.Bad != len(welcomeOffers)-1 || !y.Learnt.Erased {
			t.Errorf("%+v after %+v", y, x)
		}
		var examples []casework.Example
		w.read(func(ctx context.Context, q store.Querier) (err error) {
			examples, err = cases.Examples(ctx, q, 1, 0, 1<<62)
			return err
		})
		if len(examples) != 2*len(welcomeOffers)-1 {
			t.Errorf("%d examples are left", len(examples))
		}
		for _, o := range offers(strangeTopics)[1:4] { // too few are left
			erase(o)
		}
		w.learn()
		if z := w.taught(); z.Learnt.ID != 0 {
			t.Errorf("of too few was learnt: %+v", z)
		}
		if parked := w.parked(); len(parked) != 0 {
			t.Errorf("%+v", parked)
		}
	})
}

func (w *world) saveLearning(off, forget bool) {
	w.t.Helper()
	if err := w.e.SaveLearning(w.t.Context(), 1, casework.Learning{Off: off}, forget, w.taught().Version, 1); err != nil {
		w.t.Fatal(err)
	}
	w.decide()
}

func (w *world) weights(id int64) (weights string) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		var found bool
		var err error
		if weights, found, err = cases.Weights(ctx, q, 1, id); !found {
			w.t.Errorf("there are no weights %d", id)
		}
		return err
	})
	return weights
}

// lessons lists with which lesson each verdict was given.
func (w *world) lessons() (list []int64) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		all, err := cases.VerdictsAfter(ctx, q, 1, 0, 1000)
		for _, v := range all {
			var receipt casework.Receipt
			if err := json.Unmarshal([]byte(v.Body.Receipt), &receipt); err != nil {
				return err
			}
			list = append(list, receipt.Facts.Scores.Lesson)
		}
		return err
	})
	return list
}
