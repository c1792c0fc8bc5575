package engine

import (
	"context"
	"encoding/base64"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/internal/automation"
	"qunying/internal/moderation/casework"
	"qunying/internal/moderation/policy"
	"qunying/internal/seal"
	"qunying/internal/store"
	"qunying/internal/store/cases"
)

// reachable gives the world a key file, and members an address.
func (w *world) reachable() {
	w.t.Helper()
	keys, err := seal.Open(filepath.Join(w.t.TempDir(), "secret.key"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.e.sealer = keys
	if err := w.e.SaveSetting(w.t.Context(), 1, 0, casework.Key, casework.Settings{Address: "https://qun.example.com/"}, 0, 1); err != nil {
		w.t.Fatal(err)
	}
}

var linkIn = regexp.MustCompile(`https://qun\.example\.com/m/default/([\w-]+)`)

// sentLink is the token in the newest text that was queued.
func (w *world) sentLink() string {
	w.t.Helper()
	token := ""
	for _, o := range w.outbox() {
		if m := linkIn.FindStringSubmatch(o.Text); m != nil {
			token = m[1]
		}
	}
	if token == "" {
		w.t.Fatalf("no link was sent: %+v", w.outbox())
	}
	return token
}

// warned has member a warned with a link in the text.
func (w *world) warned() (token string, p Pass) {
	w.t.Helper()
	w.reachable()
	w.observe(w.say("g", "a", "hi"), w.say("g", "b", "hi"))
	rules := policy.Policy{Clauses: []policy.Clause{{ID: "auto", Name: "auto", Layer: policy.Basic, Category: "test", Severity: policy.Light, Stage: policy.Auto,
		When: policy.When{Expr: `text.startsWith("auto")`}, Ladder: []policy.Step{{Acts: []policy.Act{{Do: policy.Warn}, {Do: policy.Points, Points: 5}}}},
		Texts: policy.Texts{Warn: "@{name} 请看 {link}"}}}}
	if err := w.e.SaveSetting(w.t.Context(), 1, 0, policy.Key, rules, 0, 1); err != nil {
		w.t.Fatal(err)
	}
	w.decide()
	w.observe(w.say("g", "a", "auto 一句话"))
	w.decide()
	token = w.sentLink()
	p, err := w.e.OpenPass(1, token)
	if err != nil {
		w.t.Fatal(err)
	}
	return token, p
}

func (w *world) appeal(p Pass, text string) (Answer, error) {
	return w.during(func(ctx context.Context) (Answer, error) { return w.e.DoFor(ctx, 1, p, community.AppealMake, text) })
}

func (w *world) report(p Pass, text string) (Answer, error) {
	return w.during(func(ctx context.Context) (Answer, error) { return w.e.DoFor(ctx, 1, p, community.ReportMake, text) })
}

// during carries something out while decide works.
func (w *world) during(do func(context.Context) (Answer, error)) (Answer, error) {
	w.t.Helper()
	type outcome struct {
		a   Answer
		err error
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	done := make(chan outcome, 1)
	appended, stop := w.db.Watch()
	defer stop()
	go func() {
		a, err := do(ctx)
		done <- outcome{a, err}
	}()
	for {
		w.decide()
		select {
		case o := <-done:
			return o.a, o.err
		case <-appended:
		}
	}
}

func (w *world) appeals() (n int) {
	w.read(func(ctx context.Context, q store.Querier) error {
		list, err := cases.Reviews(ctx, q, 1, cases.Filter{Kind: casework.Appeal, Now: w.now(), Limit: 100})
		n = len(list)
		return err
	})
	return n
}

// A member appeals once by their link, however often it is opened.
func TestALinkTakesOneAppeal(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, p := w.warned()
		if p.Member != w.who("a") || p.Seq == 0 || !p.Until.After(w.now().Add(7*24*time.Hour)) {
			t.Fatalf("%+v", p)
		}
		first, err := w.appeal(p, "我只是转述")
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.appeal(p, "再说一次")
		if err != nil || again != first || w.appeals() != 1 {
			t.Errorf("replayed: %+v, %v; %d appeals", again, err, w.appeals())
		}
		if parked := w.parked(); len(parked) > 0 {
			t.Errorf("parked: %+v", parked)
		}
	})
}

// Nobody gets anywhere with a link that was changed, that is another's, or whose
// time is over.
func TestLinksThatAreNone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		token, p := w.warned()
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			t.Fatal(err)
		}
		for name, forged := range map[string]string{
			"empty":          "",
			"not base64":     "!!!",
			"too short":      token[:10],
			"too long":       strings.Repeat("a", 5000),
			"cut":            token[:len(token)-1],
			"more behind it": token + "AA",
		} {
			if _, err := w.e.OpenPass(1, forged); community.CodeOf(err) != community.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		for i := range raw {
			changed := append([]byte{}, raw...)
			changed[i] ^= 1
			if p, err := w.e.OpenPass(1, base64.RawURLEncoding.EncodeToString(changed)); community.CodeOf(err) != community.NotFound {
				t.Errorf("byte %d changed: %+v, %v", i, p, err)
			}
		}
		if _, err := w.e.OpenPass(2, token); community.CodeOf(err) != community.NotFound {
			t.Errorf("in another community: %v", err)
		}
		if keys, err := seal.Open(filepath.Join(t.TempDir(), "other.key")); err != nil {
			t.Fatal(err)
		} else if other := (&Engine{sealer: keys}); other.Token(1, p) == token {
			t.Error("another installation makes the same token")
		}
		// Somebody else's verdict, even with a tag that is right.
		stranger := p
		stranger.Member = w.who("b")
		if _, err := w.appeal(stranger, "x"); community.CodeOf(err) != community.NotFound {
			t.Errorf("another's verdict: %v", err)
		}
		if _, err := w.do(Command{Kind: community.AppealMake, Key: "k", Member: w.who("b"), Group: p.Group, Case: casework.Command{Verdict: 1}}); community.CodeOf(err) != community.Forbidden {
			t.Errorf("another's verdict in a command: %v", err)
		}
		w.advance(8 * 24 * time.Hour)
		if _, err := w.appeal(p, "太晚"); community.CodeOf(err) != community.Conflict {
			t.Errorf("after the time to appeal: %v", err)
		}
		w.advance(60 * 24 * time.Hour)
		if _, err := w.report(p, "太晚"); community.CodeOf(err) != community.Forbidden {
			t.Errorf("expired: %v", err)
		}
		if w.appeals() != 0 {
			t.Errorf("%d appeals were taken", w.appeals())
		}
	})
}

// A newcomer's link takes reports: a few a day, each once, and nothing happens to
// whoever wrote them.
func TestALinkTakesReports(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.reachable()
		w.observe(w.say("g", "a", "hi"))
		if err := w.e.SaveSetting(t.Context(), 1, 1, automation.WelcomeKey, automation.Welcome{On: true, Text: "欢迎 {name}，有事请点 {link}"}, 0, 1); err != nil {
			t.Fatal(err)
		}
		w.observe(w.join("g", "c", 0))
		w.decide()
		p, err := w.e.OpenPass(1, w.sentLink())
		if err != nil || p.Member != w.who("c") || p.Seq != 0 {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, text := range []string{"有人私聊推销", "有人私聊推销", "第二件", "第三件", "第四件", "第五件"} {
			if _, err := w.report(p, text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		if _, err := w.report(p, "第六件"); community.CodeOf(err) != community.Conflict {
			t.Errorf("a sixth within a day: %v", err)
		}
		if _, err := w.report(p, " "); community.CodeOf(err) != community.Invalid {
			t.Errorf("an empty one: %v", err)
		}
		if _, err := w.appeal(p, "x"); community.CodeOf(err) != community.NotFound {
			t.Errorf("an appeal: %v", err)
		}
		if err := w.ruleCard("accept", casework.Accept, 1); err != nil {
			t.Fatal(err)
		}
		w.read(func(ctx context.Context, q store.Querier) error {
			list, err := cases.Reviews(ctx, q, 1, cases.Filter{Kind: casework.Report, Now: w.now(), Limit: 100})
			if len(list) != 5 {
				t.Errorf("%d reports", len(list))
			}
			against, err2 := cases.VerdictsAgainst(ctx, q, 1, p.Member, 10)
			if err == nil {
				err = err2
			}
			if len(against) != 0 {
				t.Errorf("accepting a report judged its writer: %+v", against)
			}
			return err
		})
	})
}

// A link that staff gives to the member alone leads to the newest verdict, is told
// apart from one that stands in a group, and who made it is on record.
func TestAPrivateLinkIsAnother(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		if _, _, err := w.e.PrivateLink(t.Context(), 1, []community.IdentityID{1}, 2); community.CodeOf(err) != community.Unsupported {
			t.Errorf("without an address: %v, want Unsupported", err)
		}
		token, inGroup := w.warned()
		link, until, err := w.e.PrivateLink(t.Context(), 1, []community.IdentityID{inGroup.Member}, 2)
		if err != nil {
			t.Fatal(err)
		}
		m := linkIn.FindStringSubmatch(link)
		if m == nil || m[1] == token {
			t.Fatalf("the link is %q, the one in the group %q", link, token)
		}
		got, err := w.e.OpenPass(1, m[1])
		if err != nil {
			t.Fatal(err)
		}
		want := inGroup
		want.Private, want.Until = true, until.UTC()
		if diff := gocmp.Diff(want, got); diff != "" || inGroup.Private {
			t.Error(diff)
		}
		if list := w.audited("person.link"); len(list) != 1 || !strings.HasPrefix(list[0], "2 person.link person/") {
			t.Errorf("audited: %v", list)
		}
	})
}

// FuzzPass reads tokens that anybody may have made.
func FuzzPass(f *testing.F) {
	keys, err := seal.Open(filepath.Join(f.TempDir(), "secret.key"))
	if err != nil {
		f.Fatal(err)
	}
	e := &Engine{sealer: keys}
	good := Pass{Member: 7, Seq: 9, Group: 3, Until: time.Unix(60*29_000_000, 0).UTC()}
	f.Add(e.Token(1, good), good.payload())
	private := good
	private.Private = true
	f.Add(e.Token(1, private), private.payload())
	f.Add("", []byte{passVersion, 0x80})
	f.Fuzz(func(t *testing.T, token string, payload []byte) {
		if p, err := e.OpenPass(1, token); err == nil && e.Token(1, p) != token {
			t.Errorf("%q was taken for %+v", token, p)
		}
		if p, ok := readPass(payload); ok {
			if again, ok := readPass(p.payload()); !ok || gocmp.Diff(p, again) != "" {
				t.Errorf("%x: %+v became %+v", payload, p, again)
			}
		}
	})
}

// Who wrote a message that came without a name is called by the one that is known.
func TestAVerdictNamesWhomThePlatformDidNot(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.warned()
		nameless := w.say("g", "a", "auto 没有名字")
		nameless.Sender.Name = ""
		w.observe(nameless)
		w.decide()
		list := w.outbox()
		if text := list[len(list)-1].Text; len(list) != 2 || !strings.HasPrefix(text, "@a ") {
			t.Errorf("sent %q, want the member to be called a", text)
		}
	})
}
