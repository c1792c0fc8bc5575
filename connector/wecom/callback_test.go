package wecom

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wecom/wecomtest"
	"qunying/internal/rig"
)

func TestCustomersComeAndGo(t *testing.T) {
	s := set(t, nil).run()
	code := s.sim.Befriend(customer, "小李", "zhang", "poster-1", noon)
	o := s.await("the customer", of(community.ContactAdded, customer))
	if !o.Direct || o.Group != "" || o.Sender.Name != "小李" || o.Operator.ID != "zhang" || o.Data["state"] != "poster-1" ||
		o.Data["welcome"] != code || o.Data["way"] != "qrcode" || !o.At.Equal(noon) {
		t.Errorf("the customer is %+v", o)
	}
	s.sim.Unfriend(customer, "zhang", noon.Add(time.Minute))
	if o := s.await("the end", of(community.ContactRemoved, customer)); o.Data["way"] != "quit" || o.Operator.ID != "zhang" {
		t.Errorf("the end is %+v", o)
	}
	// A slow answer to who they are does not keep the welcome waiting.
	s.sim.Fail("/cgi-bin/externalcontact/get", 1, wecomtest.Fault{Delay: 2 * timeLimit})
	s.sim.Befriend(another, "老王", "zhang", "", noon)
	if o := s.await("the customer", of(community.ContactAdded, another)); o.Sender.Name != "" {
		t.Errorf("the customer is %+v", o)
	}
}

func TestFormsOfMessages(t *testing.T) {
	for name, want := range map[string]connector.Observation{
		"text":     {Content: community.Text, Text: "你好 & <hi>"},
		"image":    {Content: community.Image, Data: map[string]string{"url": "http://x/p.jpg", "media": "M1"}},
		"voice":    {Content: community.Voice, Data: map[string]string{"media": "M2", "format": "amr"}},
		"location": {Content: community.Location, Text: "人民广场", Data: map[string]string{"latitude": "31.2", "longitude": "121.4"}},
		"link":     {Content: community.Link, Text: "标题", Data: map[string]string{"url": "https://x", "description": "描述"}},
	} {
		plain, err := os.ReadFile("testdata/" + name + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseCall(plain)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		o := c.observe(plain)
		if o.Kind != community.MessagePosted || !o.Direct || o.ID == "" || o.Sender.ID != "lisi" || o.At.Unix() != 1762920000 ||
			o.Content != want.Content || o.Text != want.Text || len(want.Data) > 0 && fmt.Sprint(o.Data) != fmt.Sprint(want.Data) {
			t.Errorf("%s is %+v", name, o)
		}
	}
}

func TestCallsThatNobodyMayMake(t *testing.T) {
	s := set(t, nil).run()
	for _, c := range []struct {
		method, query, body string
		want                int
	}{
		{"GET", "?echostr=x&msg_signature=0", "", http.StatusForbidden},
		{"POST", "?msg_signature=0", "<xml><Encrypt>x</Encrypt></xml>", http.StatusForbidden},
		{"POST", "", "<xml></xml>", http.StatusBadRequest},
		{"POST", "", strings.Repeat("x", 2<<20), http.StatusBadRequest},
		{"PUT", "", "", http.StatusMethodNotAllowed},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, s.hook.URL+c.query, strings.NewReader(c.body))
		check(t, err)
		res, err := http.DefaultClient.Do(req)
		check(t, err)
		res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.query, res.StatusCode, c.want)
		}
	}
	if n := s.count(func(o connector.Observation) bool { return o.Kind != community.ConnectionChanged }); n != 0 {
		t.Errorf("%d observations were made of it", n)
	}
}

// Without Run nothing is acknowledged; an emission that fails for good ends Run.
func TestOnlyWhatWasEmittedIsAcknowledged(t *testing.T) {
	s := set(t, nil)
	s.sim.Say("lisi", "too early", noon)
	if s.sim.Unacknowledged() != 1 {
		t.Error("a call was acknowledged while Run did not run")
	}
	ended := make(chan error, 1)
	s.refuse = func(o []connector.Observation) error {
		if o[0].Kind == community.MessagePosted {
			return community.Errorf(community.Internal, "the disk is broken")
		}
		return nil
	}
	go func() { ended <- s.a.Run(t.Context(), s.emit) }()
	s.await("its state", state(connector.Online))
	s.sim.Say("lisi", "lost", noon)
	select {
	case err := <-ended:
		if community.CodeOf(err) != community.Internal {
			t.Errorf("Run returned %v", err)
		}
	case <-time.After(timeLimit):
		t.Error("Run went on")
	}
	if s.sim.Unacknowledged() != 2 {
		t.Error("a call was acknowledged that was not emitted")
	}
}

func TestStates(t *testing.T) {
	s := set(t, nil)
	s.sim.Trust(false)
	s.run()
	o := s.await("waiting for a person", state(connector.Waiting))
	if !strings.Contains(o.Text, "203.0.113.7") || o.Data["code"] != "60020" || o.Data["missed_from"] != "" {
		t.Errorf("it says %+v", o)
	}
	s.sim.Trust(true)
	s.await("online", state(connector.Online))
	check(t, s.stop())

	// Nobody answers: what was called meanwhile may be missing.
	s.pass(time.Hour)
	s.api.CloseClientConnections()
	s.sim.Fail("", 1000, wecomtest.Fault{Cut: true})
	s.mu.Lock()
	s.seen = nil
	s.mu.Unlock()
	s.run()
	off := s.await("offline", state(connector.Offline))
	if off.Data["missed_from"] == "" {
		t.Errorf("offline, and nothing may be missing: %+v", off)
	}
	s.sim.Mend()
	on := s.await("online", state(connector.Online))
	if on.Data["missed_from"] != off.Data["missed_from"] {
		t.Errorf("the gap is %v and then %v", off.Data, on.Data)
	}
}

// A third-party implementation of the envelope calls us.
func TestLiveCallsOfAnotherImplementation(t *testing.T) {
	for _, lib := range []string{"wecom", "wechat-crypto"} {
		s := set(t, nil).run()
		r := rig.Start(t, "wecom-crypto", "push.js", "URL="+s.hook.URL, "KIND=wecom", "TOKEN="+s.sim.Token, "AES_KEY="+s.sim.AESKey,
			"RECEIVE_ID="+s.sim.CorpID, "STAY=1", "LIB="+lib, "FILE="+must[string](t)(filepath.Abs("testdata/text.xml")))
		for event, want := range map[string]func(l rig.Line) bool{
			"verify":               func(l rig.Line) bool { return l["ok"] == true && l["status"] == 200.0 },
			"verify-bad-signature": func(l rig.Line) bool { return l["ok"] == true && l["status"] == 403.0 },
			"push":                 func(l rig.Line) bool { return l["status"] == 200.0 && l["body"] == "" },
			"push-duplicate":       func(l rig.Line) bool { return l["status"] == 200.0 },
			"push-bad-signature":   func(l rig.Line) bool { return l["ok"] == true && l["status"] == 403.0 },
		} {
			if l := r.Await(event, func(l rig.Line) bool { return l["ev"] == event }); !want(l) {
				t.Errorf("%s %s: %v", lib, event, l)
			}
		}
		s.await("the message", func(o connector.Observation) bool { return o.Text == "你好 & <hi>" && o.Sender.ID == "lisi" })
	}
}

func FuzzCall(f *testing.F) {
	for _, name := range []string{"text", "image", "voice", "location", "link", "change_external_chat", "add_external_contact", "dismiss"} {
		b, err := os.ReadFile("testdata/" + name + ".xml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		c, err := parseCall(plain)
		if err != nil {
			return
		}
		o := c.observe(plain)
		if o.Kind == "" || o.At.IsZero() || o.Group == "" != o.Direct || len(o.Raw) > maxRaw {
			t.Errorf("%q is observed as %+v", plain, o)
		}
		if xml.Unmarshal(plain, new(struct{})) != nil {
			t.Errorf("%q is taken for XML", plain)
		}
	})
}
