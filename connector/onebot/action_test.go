package onebot_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

func sign(secret, body string) string {
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(body))
	return "sha1=" + hex.EncodeToString(h.Sum(nil))
}

// kinds are the JSON types of an object's members.
func kinds(raw json.RawMessage) string {
	var v map[string]any
	_ = json.Unmarshal(raw, &v)
	var out []string
	for _, k := range slices.Sorted(maps.Keys(v)) {
		out = append(out, fmt.Sprintf("%s %T", k, v[k]))
	}
	return strings.Join(out, ", ")
}

// TestOurActionsAreThoseOfAnotherApplication compares what we send with what an
// application that somebody else wrote sends for the same.
func TestOurActionsAreThoseOfAnotherApplication(t *testing.T) {
	m, s := begin(t, forward11)
	k := s.c.(interface {
		connector.Muter
		connector.Remover
		connector.Recaller
		connector.Approver
		connector.Roster
	})
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	act := connector.Action{Group: "1000", Member: "42"}
	_, err := s.c.Send(t.Context(), connector.Action{Group: "1000", Mentions: []connector.Member{{ID: "42"}}, Text: "hello & [x]",
		Parts: []community.Part{{Content: community.Image, URL: "https://e.com/a.png"}}})
	do("Send", err)
	do("Remove", k.Remove(t.Context(), act))
	muted := act
	muted.Until = time.Now().Add(time.Minute)
	do("Mute", k.Mute(t.Context(), muted))
	do("Mute all", k.Mute(t.Context(), connector.Action{Group: "1000", Until: time.Now().Add(time.Hour)}))
	do("Recall", k.Recall(t.Context(), connector.Action{Group: "1000", Message: "777"}))
	do("Answer", k.Answer(t.Context(), connector.Action{Group: "1000", Message: "add:flag1", Text: "ok"}, false))
	_, err = k.Members(t.Context(), "1000")
	do("Members", err)

	f, err := os.Open("testdata/koishi-actions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	compared := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var theirs simRequest
		if err := json.Unmarshal(lines.Bytes(), &theirs); err != nil {
			t.Fatal(err)
		}
		if theirs.Action == "get_guild_service_profile" { // an extension that we do not need
			continue
		}
		ours := m.took(theirs.Action)
		if len(ours) == 0 {
			t.Errorf("%s was not sent", theirs.Action)
			continue
		}
		if d := cmp.Diff(kinds(theirs.Params), kinds(ours[0].Params)); d != "" {
			t.Errorf("%s (-theirs +ours):\n%s", theirs.Action, d)
		}
		compared++
		if theirs.Action == "send_group_msg" {
			want := `{"group_id":1000,"message":[{"type":"at","data":{"qq":"42"}},{"type":"text","data":{"text":" hello \u0026 [x]"}},{"type":"image","data":{"file":"https://e.com/a.png"}}]}`
			if string(ours[0].Params) != want {
				t.Errorf("sent %s\nwant %s", ours[0].Params, want)
			}
		}
		if theirs.Action == "set_group_ban" && !strings.Contains(string(ours[0].Params), `"duration":60`) {
			t.Errorf("muted for a minute by %s", ours[0].Params)
		}
	}
	if compared != 8 {
		t.Errorf("compared %d actions, want 8", compared)
	}
}

func TestWhatWeMayFollowsOurRole(t *testing.T) {
	m, s := begin(t, forward11)
	role := func(group string, want connector.Can) {
		t.Helper()
		eventually(t, fmt.Sprintf("%s: %s", group, want), func() bool {
			c := s.c.Capabilities(group)
			return c.Remove == want && c.Mute == want && c.MuteAll == want && c.Announce == want && c.Rename == want && c.Approve == want && c.Recall == want && c.RecallOwn == connector.Machine
		})
	}
	role("2000", connector.Human)
	role("1000", connector.Machine)
	if c := s.c.Capabilities("1000"); c.MemberLimit != 200 || c.Invite != connector.Human {
		t.Errorf("capabilities are %+v", c)
	}
	if err := s.c.(connector.Remover).Remove(t.Context(), connector.Action{Group: "2000", Member: "42"}); community.CodeOf(err) != community.Unsupported {
		t.Errorf("Remove as a member: %v, want Unsupported", err)
	}
	if got := m.took("set_group_kick"); len(got) > 0 {
		t.Errorf("it was tried nevertheless: %s", got[0].Params)
	}
	m.mu.Lock()
	m.rooms["2000"].role = "admin"
	m.mu.Unlock()
	m.deliver(m.notice("2000", "group_admin", "set", m.self, time.Now(), nil), false)
	role("2000", connector.Machine)
	receipt, err := s.c.Send(t.Context(), connector.Action{Group: "2000", Text: "mine", Key: community.Key{5}})
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	m.rooms["2000"].role = "member"
	m.mu.Unlock()
	m.deliver(m.notice("2000", "group_admin", "unset", m.self, time.Now(), nil), false)
	role("2000", connector.Human)
	if err := s.c.(connector.Recaller).Recall(t.Context(), connector.Action{Group: "2000", Message: receipt.MessageID}); err != nil {
		t.Errorf("recalling our own message as a member: %v", err)
	}
}

func TestExtensionsThatAreNotThere(t *testing.T) {
	m, d, config := forward11.start(t)
	m.lacks["_send_group_notice"], m.lacks["get_group_msg_history"] = true, true
	c, err := d.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	s := listen(t, c)
	s.await("online", 1, state(connector.Online))
	err = c.(connector.Announcer).Announce(t.Context(), connector.Action{Group: "1000", Text: "x"})
	if community.CodeOf(err) != community.Unsupported || c.Capabilities("1000").Announce != connector.Human {
		t.Errorf("Announce: %v, then %s; want Unsupported, then a person", err, c.Capabilities("1000").Announce)
	}
	err = c.(connector.Historian).Backfill(t.Context(), "1000", time.Now().Add(-time.Hour), time.Now(), s.emit)
	if community.CodeOf(err) != community.Unsupported || c.Capabilities("1000").Backfill != connector.Nobody {
		t.Errorf("Backfill: %v, then %s; want Unsupported, then nobody", err, c.Capabilities("1000").Backfill)
	}
}

func TestNoAnswerIsUncertain(t *testing.T) {
	m, d, config := forward11.start(t)
	d.Patience = time.Second
	c, err := d.Open("bot", config)
	if err != nil {
		t.Fatal(err)
	}
	s := listen(t, c)
	s.await("online", 1, state(connector.Online))
	m.mu.Lock()
	m.mute = true
	m.mu.Unlock()
	_, err = c.Send(t.Context(), connector.Action{Group: "1000", Text: "x"})
	var u *connector.Uncertain
	if !errors.As(err, &u) || community.CodeOf(err) != community.Unavailable {
		t.Errorf("Send: %v, want it uncertain", err)
	}
	_, err = c.(connector.Roster).Members(t.Context(), "1000")
	if errors.As(err, &u) || community.CodeOf(err) != community.Unavailable {
		t.Errorf("Members: %v, want Unavailable: asking changes nothing", err)
	}
}

func TestMutesHaveAnEnd(t *testing.T) {
	m, s := begin(t, forward11)
	mute := func(d time.Duration) error {
		a := connector.Action{Group: "1000", Member: "42"}
		if d != 0 {
			a.Until = time.Now().Add(d)
		}
		return s.c.(connector.Muter).Mute(t.Context(), a)
	}
	if err := mute(31 * 24 * time.Hour); community.CodeOf(err) != community.Invalid {
		t.Errorf("a month and a day: %v", err)
	}
	if err := mute(-time.Second); community.CodeOf(err) != community.Invalid {
		t.Errorf("over already: %v", err)
	}
	if err := mute(0); err != nil {
		t.Errorf("lift: %v", err)
	}
	if err := s.c.(connector.Muter).Mute(t.Context(), connector.Action{Group: "1000"}); err != nil {
		t.Errorf("lift for everybody: %v", err)
	}
	bans, whole := m.took("set_group_ban"), m.took("set_group_whole_ban")
	if len(bans) != 1 || string(bans[0].Params) != `{"duration":0,"group_id":1000,"user_id":42}` {
		t.Errorf("bans: %s", bans)
	}
	if len(whole) != 1 || string(whole[0].Params) != `{"enable":false,"group_id":1000}` {
		t.Errorf("whole bans: %s", whole)
	}
}

func TestOurEchoCarriesItsKey(t *testing.T) {
	m, s := begin(t, forward11)
	key := community.Key{9, 9}
	r, err := s.c.Send(t.Context(), connector.Action{Group: "1000", Text: "mine", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	m.deliver(m.event(time.Now(), "message_sent", map[string]any{"message_type": "group", "message_id": m.value(r.MessageID), "group_id": 1000,
		"user_id": m.value(m.self), "message": "mine"}), false)
	if o := s.await("the echo", 1, text("mine")); !o.FromUs || o.ActionKey != key {
		t.Errorf("the echo is %+v", o)
	}
}

func TestPartsOfMessages(t *testing.T) {
	m, s := begin(t, forward11)
	send := func(p ...community.Part) error {
		_, err := s.c.Send(t.Context(), connector.Action{Direct: true, Member: "42", ReplyTo: "-5", Parts: p})
		return err
	}
	for about, p := range map[string]community.Part{
		"a path":       {Content: community.Image, URL: "/etc/passwd"},
		"a file URL":   {Content: community.Image, URL: "file:///etc/passwd"},
		"a media path": {Content: community.Voice, Media: "../x"},
		"nothing":      {Content: community.Image},
	} {
		if err := send(p); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v, want Invalid", about, err)
		}
	}
	if err := send(community.Part{Content: community.MiniProgram}); community.CodeOf(err) != community.Unsupported {
		t.Errorf("a mini-program: %v", err)
	}
	if err := send(community.Part{Content: community.Image, Data: []byte("png")}, community.Part{Content: community.Link, Title: "Sale", URL: "https://example.com"}); err != nil {
		t.Fatal(err)
	}
	want := `{"message":[{"type":"reply","data":{"id":"-5"}},{"type":"image","data":{"file":"base64://cG5n"}},{"type":"text","data":{"text":"\nSale\nhttps://example.com"}}],"user_id":42}`
	if got := m.took("send_private_msg"); len(got) != 1 || string(got[0].Params) != want {
		t.Errorf("sent %s", got)
	}
}

func TestTwelveUploadsFirst(t *testing.T) {
	m, s := begin(t, forward12)
	r, err := s.c.Send(t.Context(), connector.Action{Group: "1000", MentionAll: true, Text: "look", Parts: []community.Part{{Content: community.File, Name: "a.pdf", Data: []byte("pdf")}}})
	if err != nil || r.MessageID == "" || r.At.IsZero() {
		t.Fatalf("Send: %+v, %v", r, err)
	}
	if got := m.took("upload_file"); len(got) != 1 || string(got[0].Params) != `{"data":"cGRm","name":"a.pdf","type":"data"}` {
		t.Errorf("uploaded %s", got)
	}
	want := `{"detail_type":"group","group_id":"1000","message":[{"type":"mention_all","data":{}},{"type":"text","data":{"text":" look"}},{"type":"file","data":{"file_id":"file-1"}}]}`
	if got := m.took("send_message"); len(got) != 1 || string(got[0].Params) != want {
		t.Errorf("sent %s", got)
	}
	if _, ok := s.c.(connector.Muter); ok {
		t.Error("v12 has no action to mute, yet there is a method")
	}
	if err := s.c.(connector.Recaller).Recall(t.Context(), connector.Action{Group: "1000", Message: r.MessageID}); err != nil {
		t.Error(err)
	}
}

func TestRequestsAreAnswered(t *testing.T) {
	m, s := begin(t, reverse11)
	m.deliver(m.event(time.Now(), "request", map[string]any{"request_type": "group", "sub_type": "invite", "group_id": 3000, "user_id": 42, "comment": "", "flag": "f:2"}), false)
	o := s.await("an invitation", 1, func(o connector.Observation) bool { return o.Kind == community.GroupInvited })
	if err := s.c.(connector.Approver).Answer(t.Context(), connector.Action{Group: o.Group, Message: o.ID}, true); err != nil {
		t.Fatal(err)
	}
	if got := m.took("set_group_add_request"); len(got) != 1 || string(got[0].Params) != `{"approve":true,"flag":"f:2","sub_type":"invite"}` {
		t.Errorf("answered with %s", got)
	}
	if err := s.c.(connector.Approver).Answer(t.Context(), connector.Action{Group: "1000", Message: "f"}, true); community.CodeOf(err) != community.NotFound {
		t.Errorf("what is no request: %v", err)
	}
	groups, err := s.c.(connector.Lister).Groups(t.Context())
	if err != nil || len(groups) != 2 || groups[0] != (connector.Group{ID: "1000", Name: "Tea", Members: 1}) {
		t.Errorf("groups are %+v, %v", groups, err)
	}
}
