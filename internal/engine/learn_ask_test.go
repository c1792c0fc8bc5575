package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/classify"
	"qunying/internal/moderation/measure"
	"qunying/internal/moderation/policy"
	"qunying/internal/moderation/read"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// Messages about which the model of these tests is not sure.
var wares = []string{"谁要二手自行车，九成新，只骑过两回，想要的说一声？", "有没有会做设计的朋友，我这边有一些零活可以接？", "家里老人种的苹果熟了，要几箱的跟我讲？",
	"老同学新开了一家火锅馆子，周末大家去坐坐？", "闲置的键盘显示器一套打包带走，价钱好商量？"}

// asking lets the model be unsure of every question and certain of 加微信, about which
// the rules are as well, and people be asked at most so many times a day; 0: never.
func (w *world) asking(most int) {
	w.t.Helper()
	w.e.score = func(m read.Message, _ *read.Reading, _ *classify.Local) policy.Scores {
		s := policy.Scores{Known: true}
		switch {
		case strings.Contains(m.Text, "加微信"):
			s.Advert = 0.95
		case strings.Contains(m.Text, "可能是"):
			s.Advert = 0.6
		case strings.HasSuffix(m.Text, "？"):
			s.Advert = 0.3
		}
		return s
	}
	w.observe(w.say("g", "a", "hi"))
	w.keep(0, policy.Key, oneClause("加微信", policy.Suggest))
	if err := w.e.SaveLearning(w.t.Context(), 1, casework.Learning{Ask: most > 0, Most: most}, false, w.taught().Version, 1); err != nil {
		w.t.Fatal(err)
	}
	w.decide()
}

func (w *world) talks(who string, lines ...string) {
	w.t.Helper()
	for _, line := range lines {
		w.observe(w.say("g", who, line))
	}
	w.decide()
}

func (w *world) askedAbout() (texts []string) {
	w.t.Helper()
	for _, r := range w.cards() {
		if r.Kind == casework.Uncertain {
			texts = append(texts, r.Body.Text)
		}
	}
	return texts
}

func TestNobodyIsAskedUnlessTheyWant(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.asking(0)
		w.talks("a", wares...)
		if cards := w.cards(); len(cards) != 0 {
			t.Errorf("%+v", cards)
		}
		if err := w.e.SaveLearning(t.Context(), 1, casework.Learning{Ask: true, Off: true}, false, w.taught().Version, 1); err != nil {
			t.Fatal(err)
		}
		w.talks("b", wares...) // nothing would be learnt
		if cards := w.cards(); len(cards) != 0 {
			t.Errorf("%+v", cards)
		}
		if err := w.e.SaveLearning(t.Context(), 1, casework.Learning{Ask: true, Most: 501}, false, w.taught().Version, 1); community.CodeOf(err) != community.Invalid {
			t.Errorf("%v", err)
		}
	})
}

func TestPeopleAreAskedWhereTheModelIsNotSure(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.asking(20)
		w.talks("a", wares[0], "今天天气不错", "可能是广告", "加微信？")
		if got := fmt.Sprint(w.askedAbout()); got != fmt.Sprint(wares[:1]) {
			t.Fatalf("asked about %s", got)
		}
		// The same again, by others: one card, also after it was answered.
		w.talks("a", wares[0]+" ")
		w.talks("b", wares[0])
		cards := w.cards()
		r := cards[len(cards)-1]
		if len(cards) != 2 || r.Kind != casework.Uncertain || r.Items < 2 || len(r.Acts) != 0 || !r.DueAt.IsZero() {
			t.Fatalf("%+v", cards)
		}
		w.mustRule(1, casework.Overturn, r.ID)
		w.talks("c", wares[0])
		if n := len(w.askedAbout()); n != 1 {
			t.Errorf("asked %d times about the same", n)
		}
		// Nobody is called, and nobody waits, but for the suggestion.
		w.advance(time.Hour)
		w.tick()
		w.decide()
		if calls := w.tasks(store.TaskFilter{}); len(calls) != 1 {
			t.Errorf("called: %+v", calls)
		}
		w.talks("d", wares[1])
		w.read(func(ctx context.Context, q store.Querier) error {
			n, _, err := cases.Waiting(ctx, q, 1, nil)
			by, _ := cases.WaitingByGroup(ctx, q, 1)
			if n != 1 || by[w.group("g")] != 1 {
				t.Errorf("%d wait, %v", n, by)
			}
			return err
		})
	})
}

func TestPeopleAreAskedSoOftenADay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE community SET zone = 'Asia/Shanghai' WHERE community_id = 1`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.asking(2)
		w.talks("a", wares[:3]...)
		if got := w.askedAbout(); len(got) != 2 {
			t.Fatalf("asked about %q", got)
		}
		w.talks("b", wares[0]) // on its card already
		w.advance(8*time.Hour - time.Minute)
		w.talks("a", wares[3])
		if got := w.askedAbout(); len(got) != 2 {
			t.Errorf("before midnight asked about %q", got)
		}
		w.advance(time.Minute) // midnight in Shanghai
		w.talks("a", wares[2], wares[3], wares[4])
		if got := w.askedAbout(); len(got) != 4 || got[0] != wares[3] || got[1] != wares[2] {
			t.Errorf("after midnight asked about %q", got)
		}
	})
}

func TestAnAnswerOnlyTeaches(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.asking(20)
		rules := oneClause("加微信", policy.Suggest)
		rules.Approval.Bulk = true
		w.keep(0, policy.Key, rules)
		w.talks("a", wares[0], wares[1])
		w.talks("a", wares[0]) // two messages on a card are no bulk where nothing is done
		before := len(w.outbox())
		cards := w.cards()
		advert, none := cards[1].ID, cards[0].ID
		w.mustRule(1, casework.Accept, advert)
		w.mustRule(1, casework.Overturn, none)
		if x := w.taught(); x.Bad != 1 || x.Fine != 1 {
			t.Errorf("%d adverts and %d others were taught", x.Bad, x.Fine)
		}
		if n := len(w.outbox()); n != before || len(w.standing()) != 0 || w.card(advert).State != casework.Decided {
			t.Errorf("%d actions, strikes %v, %+v", n-before, w.standing(), w.card(advert))
		}
		if n, c := w.counts(); n != 0 || c != 0 {
			t.Errorf("%d breaches and %d cards were counted", n, c)
		}
		w.talks("a", "申诉")
		if w.appeals() != 0 {
			t.Error("against an answer one can appeal")
		}
		// Who chooses a step has it done, and that counts.
		w.talks("c", wares[2])
		w.mustDo(Command{Kind: community.VerdictReview, Key: "step", By: 1, Case: casework.Command{Reviews: []int64{w.cards()[0].ID}, What: casework.Change, Acts: []policy.Act{{Do: policy.Warn}}}})
		if x := w.taught(); x.Bad != 2 || len(w.outbox()) != before+1 || len(w.standing()) != 1 {
			t.Errorf("%+v, %d actions, strikes %v", x, len(w.outbox())-before, w.standing())
		}
		if n, c := w.counts(); n != 1 || c != 1 {
			t.Errorf("%d breaches and %d cards were counted", n, c)
		}
		if parked := w.parked(); len(parked) != 0 {
			t.Errorf("%+v", parked)
		}
	})
}

// counts is how many verdicts and cards are measured.
func (w *world) counts() (verdicts, cards int) {
	w.t.Helper()
	w.read(func(ctx context.Context, q store.Querier) error {
		from, to := begin.Add(-time.Hour), w.now().Add(time.Hour)
		if err := cases.JudgedBetween(ctx, q, 1, nil, from, to, func(int64, measure.Judged) { verdicts++ }); err != nil {
			return err
		}
		return cases.CardsBetween(ctx, q, 1, nil, from, to, func(*measure.Card) { cards++ })
	})
	return verdicts, cards
}
