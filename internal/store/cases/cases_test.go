package cases_test

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
	"qunying/internal/testdb/ready"
)

var noon = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, b *book)) {
	t.Parallel()
	for name, dsn := range map[string]func(testing.TB) string{
		"sqlite":   ready.SQLite,
		"postgres": ready.Postgres,
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), dsn(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			test(t, &book{t: t, db: db, now: noon})
		})
	}
}

// book writes cases, a second after the other.
type book struct {
	t   *testing.T
	db  *store.DB
	now time.Time
}

func (b *book) write(f func(tx *store.Tx) error) {
	b.t.Helper()
	b.now = b.now.Add(time.Second)
	if err := b.db.Write(b.t.Context(), f); err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) read(f func(ctx context.Context, q store.Querier) error) {
	b.t.Helper()
	if err := b.db.Read(b.t.Context(), func(q store.Querier) error { return f(b.t.Context(), q) }); err != nil {
		b.t.Fatal(err)
	}
}

// card makes a card about a message of group 7.
func (b *book) card(kind casework.Kind, seq community.Seq, who community.IdentityID, severity policy.Severity) *casework.Review {
	r := &casework.Review{Kind: kind, State: casework.Open, Clause: "advert", Category: "advert", Severity: severity, Group: 7, Identity: who, Seq: seq, Gist: 1<<63 | 5, Near: true,
		Acts: []policy.Act{{Do: policy.Mute, Minutes: 60}}, Items: 1, SaidAt: b.now, OpenedAt: b.now, NewestAt: b.now, DueAt: b.now.Add(15 * time.Minute),
		Body: &casework.ReviewBody{Name: "小广告", Text: "加微信\x00 abc", MessageID: "m1"}}
	b.write(func(tx *store.Tx) error { return cases.AddReview(tx, 1, r) })
	return r
}

// verdict puts a verdict about a message on a card.
func (b *book) verdict(r *casework.Review, seq community.Seq) *casework.Verdict {
	v := &casework.Verdict{Seq: seq, At: b.now, LoggedAt: b.now, Group: r.Group, Identity: r.Identity, Clause: r.Clause, Category: r.Category, Severity: r.Severity,
		Stage: policy.Suggest, Strike: 1, Review: r.ID, Body: &casework.VerdictBody{Name: "小广告", Text: "加微信 abc", Receipt: "{}"}}
	b.write(func(tx *store.Tx) error { return cases.AddVerdict(tx, 1, v) })
	return v
}

// rule decides a card.
func (b *book) rule(r *casework.Review, what, label string) {
	if r.State = casework.Decided; what == casework.Undo {
		r.State, label = casework.Open, ""
	}
	r.Decision = what
	b.write(func(tx *store.Tx) error {
		if err := cases.SaveReview(tx, 1, r); err != nil {
			return err
		}
		return cases.AddRuling(tx, 1, &casework.Ruling{Review: r.ID, Seq: 900, At: b.now, Staff: 1, What: what, Label: label})
	})
}

func (b *book) labels() (all map[community.Seq]string) {
	b.read(func(ctx context.Context, q store.Querier) (err error) {
		all, err = cases.Labels(ctx, q, 1)
		return err
	})
	return all
}

func TestACardComesBackAsItWas(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		r := b.card(casework.Suggestion, 11, 3, policy.Light)
		r.Reporters, r.Severity, r.ClaimedBy, r.ClaimedTil = 2, policy.Grave, 4, b.now.Add(casework.ClaimLasts)
		b.write(func(tx *store.Tx) error { return cases.SaveReview(tx, 1, r) })
		r.Body.Text = "加微信 abc" // what PostgreSQL refuses is taken out
		var got casework.Review
		b.read(func(ctx context.Context, q store.Querier) (err error) {
			got, err = cases.Review(ctx, q, 1, r.ID)
			if _, missing := cases.Review(ctx, q, 2, r.ID); community.CodeOf(missing) != community.NotFound {
				t.Errorf("a card of another community: %v", missing)
			}
			return err
		})
		if diff := cmp.Diff(*r, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCardsAreListedByWeightAndAge(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		light, grave := b.card(casework.Suggestion, 11, 3, policy.Light), b.card(casework.Report, 12, 3, policy.Grave)
		newer, done := b.card(casework.Suggestion, 13, 4, policy.Light), b.card(casework.Suggestion, 14, 4, policy.Light)
		b.rule(done, casework.Accept, "advert")
		b.read(func(ctx context.Context, q store.Querier) error {
			list, err := cases.Reviews(ctx, q, 1, cases.Filter{State: "open", Limit: 10})
			var ids []int64
			for _, r := range list {
				ids = append(ids, r.ID)
			}
			if diff := cmp.Diff([]int64{grave.ID, newer.ID, light.ID}, ids); diff != "" {
				t.Error(diff)
			}
			if err != nil {
				return err
			}
			open, overdue, err := cases.Counts(ctx, q, 1, nil, noon.Add(15*time.Minute+time.Second))
			if open[casework.Suggestion] != 2 || open[casework.Report] != 1 || overdue != 2 {
				t.Errorf("open %v, overdue %d", open, overdue)
			}
			if err != nil {
				return err
			}
			open, _, err = cases.Counts(ctx, q, 1, []community.GroupID{8}, b.now)
			if len(open) != 0 {
				t.Errorf("in another group: %v", open)
			}
			return err
		})
	})
}

func TestLabelsTellWhatPeopleDecided(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		right, wrong, open := b.card(casework.Suggestion, 11, 3, policy.Light), b.card(casework.Suggestion, 12, 3, policy.Light), b.card(casework.Suggestion, 13, 3, policy.Light)
		for _, r := range []*casework.Review{right, wrong, open} {
			b.verdict(r, r.Seq)
		}
		b.verdict(right, 21) // nearly the same in another group
		b.rule(right, casework.Accept, "advert")
		b.rule(wrong, casework.Overturn, casework.Fine)
		// What members reported has no verdict, unless people accept it.
		nothing, breach, unnamed := b.card(casework.Report, 14, 3, policy.Light), b.card(casework.Report, 15, 3, policy.Light), b.card(casework.Report, 0, 3, policy.Light)
		b.rule(nothing, casework.Overturn, casework.Fine)
		b.rule(breach, casework.Accept, string(casework.Report))
		b.rule(unnamed, casework.Overturn, casework.Fine)
		undone := b.card(casework.Report, 16, 3, policy.Light)
		b.rule(undone, casework.Overturn, casework.Fine)
		b.rule(undone, casework.Undo, "")
		want := map[community.Seq]string{11: "advert", 21: "advert", 12: casework.Fine, 14: casework.Fine, 15: string(casework.Report)}
		if diff := cmp.Diff(want, b.labels()); diff != "" {
			t.Error(diff)
		}
		// The last word counts, and an appeal that was granted is the last of all.
		b.rule(undone, casework.Accept, "abuse")
		appeal := b.card(casework.Appeal, 11, 3, policy.Light)
		b.rule(appeal, casework.Grant, "")
		want[16], want[11] = "abuse", casework.Fine
		if diff := cmp.Diff(want, b.labels()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStrikesStandUntilTheyAreTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		v := b.verdict(b.card(casework.Suggestion, 11, 3, policy.Light), 11)
		strike := func(delta int) {
			b.write(func(tx *store.Tx) error {
				return cases.AddStrike(tx, 1, &casework.Strike{Identity: 3, Group: 7, Verdict: v.ID, Delta: delta, At: b.now, CauseSeq: 11, Why: "verdict"})
			})
		}
		standing := func() (n int) {
			b.read(func(ctx context.Context, q store.Querier) error {
				list, err := cases.StandingStrikes(ctx, q, 1, noon)
				n = len(list)
				return err
			})
			return n
		}
		for i, c := range []struct{ delta, want int }{{1, 1}, {-1, 0}, {1, 1}, {-1, 0}} {
			if strike(c.delta); standing() != c.want {
				t.Errorf("after line %d: %d strikes stand, want %d", i, standing(), c.want)
			}
		}
	})
}

func TestLinesOfListsEndOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		e := casework.ListEntry{List: casework.Block, Pattern: "代开发票", Reason: "广告", Staff: 1, Seq: 11, At: b.now, ExpiresAt: b.now.Add(time.Hour)}
		b.write(func(tx *store.Tx) error { return cases.AddEntry(tx, 1, &e) })
		b.read(func(ctx context.Context, q store.Querier) error {
			list, err := cases.EntriesInForce(ctx, q, 1)
			if diff := cmp.Diff([]casework.ListEntry{e}, list); diff != "" {
				t.Error(diff)
			}
			return err
		})
		for i, want := range []bool{true, false} {
			b.write(func(tx *store.Tx) error {
				ended, err := cases.EndEntry(tx, 1, e.ID, b.now, 2)
				if ended != want {
					t.Errorf("ended the %d. time: %v", i+1, ended)
				}
				return err
			})
		}
		b.read(func(ctx context.Context, q store.Querier) error {
			list, err := cases.EntriesInForce(ctx, q, 1)
			if len(list) != 0 {
				t.Errorf("still in force: %+v", list)
			}
			return err
		})
	})
}

func TestErasingTakesTextsAndLeavesNumbers(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		gone, stays := b.card(casework.Suggestion, 11, 3, policy.Light), b.card(casework.Suggestion, 12, 4, policy.Light)
		b.verdict(gone, 11)
		b.verdict(stays, 12)
		b.write(func(tx *store.Tx) error { return cases.Erase(tx, 1, []community.IdentityID{3}) })
		b.read(func(ctx context.Context, q store.Querier) error {
			for _, c := range []struct {
				r    *casework.Review
				kept bool
			}{{gone, false}, {stays, true}} {
				r, err := cases.Review(ctx, q, 1, c.r.ID)
				if err != nil {
					return err
				}
				on, err := cases.VerdictsOf(ctx, q, 1, c.r.ID, 10)
				if err != nil {
					return err
				}
				if len(on) != 1 || (r.Body != nil) != c.kept || (on[0].Body != nil) != c.kept {
					t.Errorf("card %+v with %+v, want texts: %v", r, on, c.kept)
				}
			}
			return nil
		})
	})
}
