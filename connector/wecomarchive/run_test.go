//go:build linux

package wecomarchive

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecomarchive/pipe"
)

var noon = time.Date(2025, 11, 3, 4, 0, 0, 0, time.UTC)

func TestACrashOfTheLibraryIsMended(t *testing.T) {
	p := newStandin(t)
	seen := watch(t, p.opened())
	p.say("wrOne", "ann", "before", noon)
	next(t, seen, "message", text("before"))
	p.fault("GetChatData crash")
	o := next(t, seen, "degraded state", state(connector.Degraded))
	if o.Data["missed_from"] != "" || o.Data["code"] != "crashed" {
		t.Errorf("a crash is told as %+v: the platform keeps what is said meanwhile", o)
	}
	next(t, seen, "online state", state(connector.Online))
	p.say("wrOne", "ann", "after", noon)
	next(t, seen, "message after the crash", text("after"))
}

func TestALibraryThatHangsIsKilled(t *testing.T) {
	p := newStandin(t)
	p.fault("GetChatData hang")
	p.say("wrOne", "ann", "hello", noon)
	seen := watch(t, p.opened())
	if o := next(t, seen, "degraded state", state(connector.Degraded)); !strings.Contains(o.Text, "hung") {
		t.Errorf("a hang is told as %q", o.Text)
	}
	next(t, seen, "message", text("hello"))
}

func TestAHangEndsWithTheRun(t *testing.T) {
	p := newStandin(t)
	p.fault("Init hang")
	a := p.opened()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- a.Run(ctx, func(context.Context, ...connector.Observation) error { return nil })
	}()
	cancel()
	if err := <-ended; err != nil || a.helper.proc != nil {
		t.Errorf("Run ended with %v, helper %v", err, a.helper.proc)
	}
}

func TestARecordThatKillsTheLibraryIsPassedOver(t *testing.T) {
	p := newStandin(t)
	seen := watch(t, p.opened())
	p.say("wrOne", "ann", "first", noon)
	next(t, seen, "message", text("first"))
	p.fault("DecryptData always crash")
	p.say("wrOne", "ann", "poison", noon)
	o := next(t, seen, "poison passed over", func(o connector.Observation) bool { return strings.Contains(o.Text, "passed over") })
	if o.Data["state"] != string(connector.Degraded) {
		t.Errorf("a lost message is told as %+v", o)
	}
	p.write("fault", "")
	p.say("wrOne", "ann", "last", noon)
	next(t, seen, "message after it", text("last"))
}

func TestBothFormsOfDecryptData(t *testing.T) {
	for _, library := range []string{"_C.so", "_sdk_first.so"} {
		p := newStandin(t)
		p.library = filepath.Join(p.programs, libraryIs+library)
		for i := range 5 {
			p.say("wrOne", "ann", fmt.Sprint("line ", i), noon)
		}
		seen := watch(t, p.opened())
		for i := range 5 {
			next(t, seen, "message", text(fmt.Sprint("line ", i)))
		}
	}
}

func TestManyPagesAreReadInOrder(t *testing.T) {
	p := newStandin(t)
	const count = 2500
	func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i := range count {
			plain := map[string]any{"msgid": fmt.Sprint("m", i), "action": "send", "from": "ann", "roomid": "wrOne", "msgtime": noon.UnixMilli(),
				"msgtype": "text", "text": map[string]any{"content": fmt.Sprint("line ", i)}}
			p.appendLine(fmt.Sprint("m", i), marshal(plain))
		}
		p.write("records", strings.Join(p.lines, ""))
	}()
	seen := watch(t, p.opened())
	for i := range count {
		o := next(t, seen, "message", func(o connector.Observation) bool { return o.Kind == community.MessagePosted })
		if o.Text != fmt.Sprint("line ", i) {
			t.Fatalf("message %d is %q", i, o.Text)
		}
	}
}

func TestAKeyThatIsYetToComeIsWaitedFor(t *testing.T) {
	p := newStandin(t)
	p.say("wrOne", "ann", "old key", noon)
	p.version = 4
	p.say("wrOne", "ann", "new key", noon)
	a := p.opened()
	seen := watch(t, a)
	next(t, seen, "message", text("old key"))
	if o := next(t, seen, "waiting state", state(connector.Waiting)); !strings.Contains(o.Text, "version 4") || o.Data["code"] != "no_key" {
		t.Errorf("a missing key is told as %q, code %q", o.Text, o.Data["code"])
	}
	keys := func(a *account) string {
		list := a.Probe(t.Context())
		return list[len(list)-1].Check + "=" + list[len(list)-1].Code
	}
	if got := keys(a); got != "keys=no_key" {
		t.Errorf("while it waits for a key, its test says %s", got)
	}
	// The key is added: the account is opened anew and goes on where it stopped.
	c, err := p.driver().Open("archive", marshal(Config{CorpID: p.folder, Secret: "s3cret", Library: p.library,
		Keys: "3: " + pemOf(privateKey()) + "4: " + pemOf(privateKey())}))
	if err != nil {
		t.Fatal(err)
	}
	again := c.(*account)
	again.read = a.marked()
	if o := next(t, watch(t, again), "message", func(o connector.Observation) bool { return o.Kind == community.MessagePosted }); o.Text != "new key" {
		t.Errorf("it goes on with %q", o.Text)
	}
	if got := keys(again); got != "keys=" {
		t.Errorf("when all is read, its test says %s", got)
	}
}

func TestALostKeyIsPassedOver(t *testing.T) {
	p := newStandin(t)
	p.version = 2
	p.say("wrOne", "ann", "for ever closed", noon)
	p.version = 3
	p.say("wrOne", "ann", "open", noon)
	p.archiveBytes("no message")
	a, read := p.opened(), time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	a.Resume(fmt.Sprintf("0@%d", read.UnixMilli()))
	seen := watch(t, a)
	o := next(t, seen, "degraded state", state(connector.Degraded))
	if !strings.HasPrefix(o.Text, "2 archived messages") || o.Data["code"] != "passed_over" {
		t.Errorf("two messages that cannot be read are told as %q, code %q", o.Text, o.Data["code"])
	}
	if missed := fmt.Sprint(read.UnixMilli()); o.Data["missed_from"] != missed {
		t.Errorf("they are missing from %q, want since the archive was last read, %s", o.Data["missed_from"], missed)
	}
	next(t, seen, "message", text("open"))
	next(t, seen, "online state", state(connector.Online))
}

func TestALongAbsenceIsOwnedUpTo(t *testing.T) {
	p := newStandin(t)
	p.say("wrOne", "ann", "still there", noon)
	d := p.driver()
	d.Now = func() time.Time { return noon }
	for _, c := range []struct {
		away time.Duration
		gap  bool
	}{{4 * 24 * time.Hour, false}, {6 * 24 * time.Hour, true}} {
		opened, err := d.Open("archive", p.config())
		if err != nil {
			t.Fatal(err)
		}
		a := opened.(*account)
		since := noon.Add(-c.away)
		a.Resume(fmt.Sprintf("0@%d", since.UnixMilli()))
		o := next(t, watch(t, a), "online state", state(connector.Online))
		want := ""
		if c.gap {
			want = fmt.Sprint(since.UnixMilli())
		}
		if o.Data["missed_from"] != want {
			t.Errorf("away for %v: missed from %q, want %q", c.away, o.Data["missed_from"], want)
		}
	}
}

func TestPositionsAreTakenUp(t *testing.T) {
	a := &account{}
	for _, s := range []string{"", "7", "x@1", "7@", "7@-1", "-1@5", "@"} {
		if a.Resume(s); a.Position() != "" {
			t.Errorf("position %q was taken up as %q", s, a.Position())
		}
	}
	if a.Resume("7@1700000000000"); a.Position() != "7@1700000000000" {
		t.Errorf("a position became %q", a.Position())
	}
}

func TestRefusalsAreGapsOfWhoRefuses(t *testing.T) {
	p := newStandin(t)
	decision := func(kind, who string, at time.Time) {
		p.archive(map[string]any{"action": "send", "from": who, "roomid": "wrOne", "msgtime": at.UnixMilli(), "msgtype": kind,
			kind: map[string]any{"userid": who, kind + "_time": at.UnixMilli()}})
	}
	seen := watch(t, p.opened())
	for i, c := range []struct {
		said, who string
		kind      community.Kind
	}{
		{"disagree", "wmAnn", community.CoverageLost},
		{"disagree", "wmBo", community.CoverageLost},
		{"agree", "wmAnn", community.CoverageBack}, // hers ends, though wmBo still refuses
		{"agree", "wmBo", community.CoverageBack},
	} {
		at := noon.Add(time.Duration(i) * time.Minute)
		decision(c.said, c.who, at)
		o := next(t, seen, c.said, func(o connector.Observation) bool { return o.Kind == c.kind })
		if o.Group != "wrOne" || o.Sender.ID != c.who || !o.At.Equal(at) {
			t.Errorf("%s of %s is told as %+v", c.said, c.who, o)
		}
	}
}

func TestNamesAreLookedUpOnce(t *testing.T) {
	p := newStandin(t)
	p.answer("externalcontact/groupchat/get", map[string]any{"errcode": 0, "group_chat": map[string]any{"name": "奶茶爱好者",
		"member_list": []map[string]any{{"userid": "wmAnn", "name": "王语嫣", "group_nickname": "语嫣"}, {"userid": "zhang", "name": "张三"}}}})
	seen := watch(t, p.opened())
	for i, c := range []struct{ id, name string }{{"wmAnn", "语嫣"}, {"zhang", "张三"}, {"wmNew", ""}} {
		p.say("wrOne", c.id, fmt.Sprint(i), noon)
		if o := next(t, seen, "message", text(fmt.Sprint(i))); o.GroupName != "奶茶爱好者" || o.Sender.Name != c.name {
			t.Errorf("%s in %q is called %q, want %q", c.id, o.GroupName, o.Sender.Name, c.name)
		}
	}
	if n := p.called("externalcontact/groupchat/get"); n != 1 {
		t.Errorf("the group was asked for %d times, want once", n)
	}
}

func TestPrivateConversationsAreNotLogged(t *testing.T) {
	p := newStandin(t)
	p.say("", "wmAnn", "between us", noon)
	p.archive(map[string]any{"action": "switch", "time": noon.UnixMilli(), "user": "zhang"})
	p.say("wrOne", "wmAnn", "to all", noon)
	o := next(t, watch(t, p.opened()), "first observation of people", func(o connector.Observation) bool { return o.Kind != community.ConnectionChanged })
	if o.Text != "to all" {
		t.Errorf("emitted %+v", o)
	}
}

func TestProbe(t *testing.T) {
	p := newStandin(t)
	p.answer("msgaudit/get_permit_user_list", map[string]any{"errcode": 0, "ids": []string{"zhang"}})
	codes := func(config Config) string {
		t.Helper()
		c, err := p.driver().Open("archive", marshal(config))
		if err != nil {
			t.Fatal(err)
		}
		a := c.(*account)
		var out []string
		for _, f := range a.Probe(t.Context()) {
			out = append(out, f.Check+"="+f.Code)
			if f.OK != (f.Code == "" || f.Code == "empty") || strings.Contains(f.Detail, "s3cret") {
				t.Errorf("finding %+v", f)
			}
		}
		if a.helper.proc != nil {
			t.Error("the helper still runs after Probe")
		}
		return strings.Join(out, " ")
	}
	good := Config{CorpID: p.folder, Secret: "s3cret", Keys: "3: " + pemOf(privateKey()), Library: p.library}
	expect := func(what, want string, config Config) {
		t.Helper()
		if got := codes(config); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	expect("nothing yet", "library= sign_in= seats= archive=empty", good)
	p.say("wrOne", "ann", "hello", noon)
	expect("all is well", "library= sign_in= seats= archive= keys=", good)
	other := good
	other.Keys = "1: " + pemOf(privateKey())
	expect("no key of that version", "library= sign_in= seats= archive= keys=no_key", other)
	other = good
	other.Secret = "wrong"
	expect("a wrong secret", "library=10009 sign_in=40001", other)
	other = good
	other.Library = "/nowhere/" + libraryIs + ".so"
	expect("no library", "library=missing", other)
	other = good
	other.Helper = "/nowhere/" + helperName
	expect("no helper", "library=missing", other)
	p.fault("GetChatData crash")
	expect("a crash", "library=crashed", good)
	p.answer("msgaudit/get_permit_user_list", map[string]any{"errcode": 0})
	expect("no seats", "library= sign_in= seats=none archive= keys=", good)
}

// TestTheHelperEndsWithItsInput: a server that was killed leaves no helper behind,
// not even one whose library hangs.
func TestTheHelperEndsWithItsInput(t *testing.T) {
	p := newStandin(t)
	p.fault("Init hang")
	cmd := exec.Command(filepath.Join(p.programs, helperName))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := pipe.Write(in, pipe.Request{Do: pipe.Open, Library: p.library, Corp: p.folder, Secret: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(20 * time.Second); ; { // until the library has taken its fault, and hangs
		if _, err := os.Stat(filepath.Join(p.folder, "fault")); err != nil {
			break
		}
		if time.Now().After(limit) {
			t.Fatal("the library was never asked")
		}
		<-time.After(5 * time.Millisecond)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	err = cmd.Wait()
	if byItself := late.Stop(); err != nil || !byItself {
		t.Errorf("it ended with %v, by itself: %v", err, byItself)
	}
}

func TestTheHelperIsToldNoSecretsInTheOpen(t *testing.T) {
	t.Setenv("QUNYING_HIDDEN", "hush")
	p := newStandin(t)
	a := p.opened()
	defer a.helper.stop()
	if _, err := a.helper.call(t.Context(), pipe.Request{Do: pipe.Chat, Limit: 1}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cmdline", "environ"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", a.helper.proc.cmd.Process.Pid, name))
		if err != nil || len(b) == 0 {
			t.Fatalf("%s: %d bytes, %v", name, len(b), err)
		}
		if strings.Contains(string(b), "s3cret") || strings.Contains(string(b), "hush") {
			t.Errorf("its %s holds a secret", name)
		}
	}
}
