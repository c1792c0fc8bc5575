package api

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"qunying/community"
	"qunying/internal/incentives"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
)

// order stands for what keeps order.
type order struct{ *rest }

func (order) Reviews(_ context.Context, _ community.ID, q ReviewsQuery) (ReviewsAnswer, Place, error) {
	if q.After != (Place{}) {
		return ReviewsAnswer{Reviews: []ReviewCard{{ID: 2}}}, Place{}, nil
	}
	return ReviewsAnswer{Reviews: []ReviewCard{{ID: 7, ClaimedBy: q.Claimed}}}, Place{Number: 5, ID: 7}, nil
}

func (order) Review(_ context.Context, _ community.ID, id int64) (ReviewAnswer, error) {
	return ReviewAnswer{Review: ReviewCard{ID: id}}, nil
}

func (order) Verdict(_ context.Context, _ community.ID, id int64) (VerdictView, error) {
	return VerdictView{ID: id}, nil
}

func (order) MemberCases(_ context.Context, _ community.ID, p community.PersonID) (MemberCasesAnswer, error) {
	return MemberCasesAnswer{Person: p}, nil
}

// Amnesty tells which groups it was asked about.
func (order) Amnesty(_ context.Context, _ community.ID, what casework.Command) (AmnestyAnswer, error) {
	return AmnestyAnswer{People: []AmnestyPerson{}, Past: []AmnestyView{}, Strikes: len(what.Groups)}, nil
}

func (order) Lists(context.Context, community.ID, ListsQuery) (ListsAnswer, Place, error) {
	return ListsAnswer{}, Place{}, nil
}

func (order) Policy(context.Context, community.ID, Scope) (PolicyAnswer, error) {
	return PolicyAnswer{Policy: policy.Default()}, nil
}

func (order) SavePolicy(_ context.Context, _ community.ID, _ Scope, _ community.StaffID, in PolicyInput) (PolicyAnswer, error) {
	return PolicyAnswer{Policy: in.Policy, Version: in.Version + 1}, nil
}

func (order) Explain(_ context.Context, _ community.ID, seq community.Seq) (ExplainAnswer, error) {
	return ExplainAnswer{Seq: seq}, nil
}

func (order) Moderation(context.Context, community.ID, community.GroupID) (ModerationView, error) {
	return ModerationView{Address: "https://qun.example.com"}, nil
}

func (order) SaveModeration(_ context.Context, _ community.ID, _ community.GroupID, _ community.StaffID, v ModerationView) (ModerationView, error) {
	return v, nil
}

func (order) Lexicons(context.Context, community.ID, Scope) (LexiconsAnswer, error) {
	return LexiconsAnswer{Lexicons: []LexiconView{{ID: "own", Name: "自建", Text: "加微信\n=HYPERLINK(1)\t\t-1\n"}}}, nil
}

func (order) SaveLexicon(_ context.Context, _ community.ID, _ Scope, _ community.StaffID, in LexiconView) (LexiconView, error) {
	return in, nil
}

func (order) WordHits(_ context.Context, _ community.ID, _ Scope, lexicon string) (WordHitsAnswer, error) {
	return WordHitsAnswer{Days: 30, Words: []WordHitView{{lexicon, 3}}}, nil
}

func (order) Try(context.Context, community.ID, TryInput) (TryAnswer, error) { return TryAnswer{}, nil }

func (order) Detectors(context.Context, community.ID, Scope) (DetectorsView, error) {
	return DetectorsView{}, nil
}

func (order) SaveDetectors(_ context.Context, _ community.ID, _ Scope, _ community.StaffID, v DetectorsView) (DetectorsView, error) {
	return v, nil
}

func (order) Entries(context.Context, community.ID, Place, int) (CaseEntriesAnswer, Place, error) {
	return CaseEntriesAnswer{}, Place{}, nil
}

func (order) Checkpoint(context.Context, community.ID) (CheckpointAnswer, error) {
	return CheckpointAnswer{Note: "signed"}, nil
}

func (order) VerifyBook(context.Context, community.ID, string) (VerifyAnswer, error) {
	return VerifyAnswer{OK: true}, nil
}

func (order) Evidence(_ context.Context, _ community.ID, entry int64, w io.Writer) error {
	if entry == 404 {
		return community.Errorf(community.NotFound, "the case log has no entry 404")
	}
	_, err := w.Write([]byte("PK"))
	return err
}

func (order) StartBacktest(context.Context, community.ID, community.StaffID, BacktestInput) (BacktestAnswer, error) {
	return BacktestAnswer{ID: 1, State: "running"}, nil
}

func (order) Backtest(_ context.Context, _ community.ID, id int64) (BacktestAnswer, error) {
	return BacktestAnswer{ID: id, State: "done"}, nil
}

func (order) PersonPoints(_ context.Context, _ community.ID, p community.PersonID) (PointsAnswer, error) {
	return PointsAnswer{Person: p}, nil
}

func (order) Measures(_ context.Context, _ community.ID, g community.GroupID, p Period) (MeasuresAnswer, error) {
	if g == 404 {
		return MeasuresAnswer{}, community.Errorf(community.NotFound, "there is no group 404")
	}
	return MeasuresAnswer{From: p.From, To: p.To}, nil
}

func (order) Trust(context.Context, community.ID, community.GroupID) (TrustAnswer, error) {
	return TrustAnswer{Version: 3}, nil
}

func (order) Promote(_ context.Context, _ community.ID, g community.GroupID, clause string, version int64, _ community.StaffID) (TrustAnswer, error) {
	if version != 3 || clause != "advert" {
		return TrustAnswer{}, community.Errorf(community.Conflict, "it has not earned it")
	}
	return TrustAnswer{Version: version + 1, Own: g == 0}, nil
}

func TestMeasuresAndTrust(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	var m MeasuresAnswer
	b.do("GET", root+"/communities/default/moderation/measures?from=2026-02-01&to=2026-02-28", nil).want(http.StatusOK).read(&m)
	if m.From.String() != "2026-02-01" || m.To.String() != "2026-02-28" {
		t.Errorf("%s to %s", m.From, m.To)
	}
	b.do("GET", root+"/communities/default/moderation/measures?group=404", nil).problem(http.StatusNotFound, "not_found")
	b.do("GET", root+"/communities/default/moderation/measures?from=yesterday", nil).problem(http.StatusUnprocessableEntity, "invalid")
	var after TrustAnswer
	b.do("POST", root+"/communities/default/policy/clauses/advert/promote", map[string]any{"version": 3}).want(http.StatusOK).read(&after)
	if after.Version != 4 || !after.Own {
		t.Errorf("%+v", after)
	}
	b.do("POST", root+"/communities/default/policy/clauses/advert/promote", map[string]any{"version": 2}).problem(http.StatusConflict, "conflict")
	s.as("viewer").do("POST", root+"/communities/default/policy/clauses/advert/promote", map[string]any{"version": 3}).problem(http.StatusForbidden, "forbidden")
}

func (o order) Look(_ context.Context, _ community.ID, token string) (PersonalAnswer, error) {
	if token != "good" {
		return PersonalAnswer{}, community.Errorf(community.NotFound, "the link is not valid")
	}
	return PersonalAnswer{State: "open"}, nil
}

func (o order) Appeal(ctx context.Context, c community.ID, token, text string) (PersonalAnswer, error) {
	return o.Look(ctx, c, token)
}

func (o order) LinkOf(_ context.Context, _ community.ID, p community.PersonID, by community.StaffID) (PersonalLink, error) {
	if p != 1 || by == 0 {
		return PersonalLink{}, community.Errorf(community.NotFound, "there is no person %d", p)
	}
	return PersonalLink{Link: "https://qun.example.com/m/default/good"}, nil
}

func (o order) Visit(_ context.Context, address string) ([]byte, error) {
	switch address {
	case "https://qun.example.com/m/":
		return []byte("<!doctype html>page"), nil
	case "http://other.example.com/m/":
		return []byte("<!doctype html>parked"), nil
	}
	return nil, community.Errorf(community.Unavailable, "nothing answers under this address").WithHint("look at the name")
}

func (o order) Report(ctx context.Context, c community.ID, token, text string) (PersonalAnswer, error) {
	return o.Look(ctx, c, token)
}

// What goes wrong before the first byte is a problem, not half a file.
func TestEvidenceIsAFileOrAProblem(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	if got := b.do("GET", root+"/communities/default/casebook/1/evidence", nil).want(http.StatusOK); string(got.Body) != "PK" {
		t.Errorf("%q", got.Body)
	}
	b.do("GET", root+"/communities/default/casebook/404/evidence", nil).problem(http.StatusNotFound, "not_found")
}

func TestDecidingCardsIsACommand(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	b.do("POST", root+"/communities/default/reviews/decide", RulingInput{Reviews: []int64{3, 4}, What: "change", Acts: []policy.Act{{Do: policy.Mute, Minutes: 10}}, Note: "明白"}).want(http.StatusOK)
	got := s.rest.command
	want := casework.Command{Reviews: []int64{3, 4}, What: "change", Acts: []policy.Act{{Do: policy.Mute, Minutes: 10}}, Note: "明白"}
	if got.Kind != community.VerdictReview || got.Key != "a key of a test" {
		t.Errorf("%s %q", got.Kind, got.Key)
	}
	if diff := cmp.Diff(want, got.Case); diff != "" {
		t.Error(diff)
	}
	b.do("POST", root+"/communities/default/reviews/decide", RulingInput{Reviews: []int64{3}, What: "maybe"}).problem(http.StatusUnprocessableEntity, "invalid")
}

func TestAPolicyIsCheckedBeforeItIsSaved(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	var out ValidateAnswer
	p := policy.Default()
	b.do("POST", root+"/communities/default/policy/validate", map[string]any{"policy": p}).want(http.StatusOK).read(&out)
	if !out.OK || out.Share == 0 {
		t.Errorf("the default policy: %+v", out)
	}
	if got := out.Expressions["politics"]; got != `words.exists(x, x in ["politics"])` {
		t.Errorf("a form as an expression: %s", got)
	}
	if len(out.Alternatives[p.Clauses[1].When.Expr]) == 0 {
		t.Errorf("an expression as a form: %+v", out.Alternatives)
	}
	p.Clauses[1].Stage = "sometimes"
	out = ValidateAnswer{}
	b.do("POST", root+"/communities/default/policy/validate", map[string]any{"policy": p}).want(http.StatusOK).read(&out)
	if out.OK || out.Error == "" || out.Clause != 2 || out.Field != "stage" || out.Expressions != nil {
		t.Errorf("a policy with a wrong stage: %+v", out)
	}
}

func TestALexiconGoesOutAndComesIn(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("owner")
	file := b.do("GET", root+"/communities/default/lexicons/own/export?format=csv", nil).want(http.StatusOK).Body
	var back LexiconView
	b.do("POST", root+"/communities/default/lexicons/own/import", map[string]any{"format": "csv", "file": file, "name": "自建", "version": 0}).want(http.StatusOK).read(&back)
	if back.Text != "加微信\n=HYPERLINK(1)\t\t-1\n" || !strings.Contains(string(file), "\n'=HYPERLINK(1),,,'-1,\n") {
		t.Errorf("%q came back of %q", back.Text, file)
	}
	// What a spreadsheet in China writes, and nothing saved.
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(file[3:])
	if err != nil {
		t.Fatal(err)
	}
	var dry LexiconView
	b.do("POST", root+"/communities/default/lexicons/new/import", map[string]any{"format": "csv", "file": gb, "name": "自建", "version": 7, "dry": true}).want(http.StatusOK).read(&dry)
	if dry.Text != back.Text || dry.Version != 7 || dry.ID != "new" {
		t.Errorf("%+v would be saved", dry)
	}
	// Lines are those of the file, whatever is saved of it.
	if p := b.do("POST", root+"/communities/default/lexicons/new/import", map[string]any{"format": "csv", "file": []byte("text,category\n\n甲,advert\n\n甲+,fraud\n"), "name": "自建", "version": 0}).
		problem(http.StatusUnprocessableEntity, "invalid"); !strings.Contains(p.Detail, `line 5, "甲+"`) {
		t.Errorf("%+v", p)
	}
	b.do("GET", root+"/communities/default/lexicons?group=1&set=2", nil).problem(http.StatusUnprocessableEntity, "invalid")
}

func TestPointsByHandAreACommand(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("operator")
	b.do("POST", root+"/communities/default/people/9/points", PointsInput{Amount: -5, Note: "重复发放"}).want(http.StatusOK)
	got := s.rest.command
	if want := (incentives.Grant{Member: 9, Amount: -5, Note: "重复发放"}); got.Kind != community.PointsGive || got.Points != want || got.By == 0 {
		t.Errorf("%+v", got)
	}
	b.do("POST", root+"/communities/default/people/9/points", PointsInput{Amount: 5}).problem(http.StatusUnprocessableEntity, "invalid")
	s.as("moderator").do("POST", root+"/communities/default/people/9/points", PointsInput{Amount: 5, Note: "x"}).problem(http.StatusForbidden, "forbidden")
}

func (o order) Opinions(context.Context, community.ID) (OpinionsAnswer, error) {
	return OpinionsAnswer{Version: 3, HasKey: true}, nil
}

func (o order) SaveOpinions(context.Context, community.ID, community.StaffID, OpinionsInput) (OpinionsAnswer, error) {
	return OpinionsAnswer{Version: 4}, nil
}

func (o order) TryOpinion(context.Context, community.ID, OpinionTestInput) (OpinionTestAnswer, error) {
	return OpinionTestAnswer{Class: "harmless"}, nil
}

func (o order) Learning(context.Context, community.ID) (LearningAnswer, error) {
	return LearningAnswer{Learnt: 37, Ask: true, Most: 7}, nil
}

func (o order) SaveLearning(_ context.Context, _ community.ID, _ community.StaffID, in LearningInput) (LearningAnswer, error) {
	return LearningAnswer{Off: true, Ask: in.Ask, Most: in.Most}, nil
}
