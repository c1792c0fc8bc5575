package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/internal/api"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
)

// TestWhatAPersonalCaseIsAbout: members read what they said, or how they are
// called, and never what staff noted on the blocklist.
func TestWhatAPersonalCaseIsAbout(t *testing.T) {
	inName := policy.Reason{Kind: "found", Name: "name-advert", Start: 0, End: 3}
	inText := policy.Reason{Kind: "word", Name: "advert", Start: 3, End: 6}
	for name, c := range map[string]struct {
		body    casework.VerdictBody
		verdict policy.Verdict
		want    api.PersonalCase
	}{
		"a message": {casework.VerdictBody{Name: "小李", Text: "加微信", MessageID: "m1"},
			policy.Verdict{Clause: "advert", Name: "广告", Reasons: []policy.Reason{inName, inText}},
			api.PersonalCase{About: "message", Rule: "广告", Said: []api.Piece{{Text: "加"}, {Text: "微", Hit: true}, {Text: "信"}}}},
		"somebody says their name": {casework.VerdictBody{Name: "小李", Text: "小李", MessageID: "m1"},
			policy.Verdict{Clause: "advert", Name: "广告"},
			api.PersonalCase{About: "message", Rule: "广告", Said: []api.Piece{{Text: "小李"}}}},
		"a name": {casework.VerdictBody{Name: "微信客服", Text: "微信客服"},
			policy.Verdict{Clause: "name", Name: "昵称广告", Reasons: []policy.Reason{inName}},
			api.PersonalCase{About: "name", Rule: "昵称广告", Said: []api.Piece{{Text: "微", Hit: true}, {Text: "信客服"}}}},
		"the blocklist": {casework.VerdictBody{Name: "小广告", Text: "小广告"},
			policy.Verdict{Clause: "blocklist", Name: "同行，别告诉他", Reasons: []policy.Reason{{Kind: "member", Name: "member.blocked", Text: "广告"}}},
			api.PersonalCase{About: "blocklist", Said: []api.Piece{}}},
	} {
		c.want.At, c.want.Happened = 5, []api.PersonalAct{}
		got := shortOf(&casework.Verdict{At: time.UnixMilli(5), Body: &c.body}, &c.verdict)
		if d := cmp.Diff(&c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestWhatWasDoneAtOnceIsShown(t *testing.T) {
	recalled, warned := policy.Act{Do: policy.Recall}, policy.Act{Do: policy.Warn}
	atOnce := policy.Verdict{Strike: 1, Acts: []policy.Act{warned}, AtOnce: []policy.Act{recalled}}
	for name, c := range map[string]struct {
		verdict policy.Verdict
		waits   bool
		strike  int
		want    []policy.Act
	}{
		"people are to decide": {atOnce, true, 0, []policy.Act{recalled}},
		"people have decided":  {atOnce, false, 1, []policy.Act{recalled, warned}},
		"nothing at once":      {policy.Verdict{Strike: 1, Acts: []policy.Act{warned}}, false, 1, []policy.Act{warned}},
	} {
		k := &api.PersonalCase{Strike: 1}
		got := happened(k, &c.verdict, c.verdict.Acts, c.waits)
		if d := cmp.Diff(c.want, got); d != "" || k.Strike != c.strike || k.Waits != c.waits {
			t.Errorf("%s: strike %d (-want +got):\n%s", name, k.Strike, d)
		}
	}
	for stage, want := range map[policy.Stage]bool{policy.Auto: true, policy.Suggest: false} {
		if v := (api.VerdictView{Stage: string(stage), Receipt: &casework.Receipt{}}); doneByItself(&v) != want {
			t.Errorf("%s: %v", stage, !want)
		}
	}
	if v := (api.VerdictView{Stage: string(policy.Suggest), Receipt: &casework.Receipt{Verdict: atOnce}}); !doneByItself(&v) {
		t.Error("what was done at once is not told")
	}
}
