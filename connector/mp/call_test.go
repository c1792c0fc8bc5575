package mp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

var noon = time.Date(2025, 11, 3, 4, 0, 0, 0, time.UTC)

func TestCalls(t *testing.T) {
	type data = map[string]string
	ann := connector.Member{ID: "oAnn"}
	for name, c := range map[string]struct {
		pairs []string
		want  connector.Observation
	}{
		"text": {[]string{"MsgType", "text", "Content", "你好 & <hi>", "MsgId", "7"},
			connector.Observation{Kind: community.MessagePosted, Content: community.Text, Text: "你好 & <hi>", ID: "7", Data: data{}}},
		"image": {[]string{"MsgType", "image", "PicUrl", "http://p/1", "MediaId", "m", "MsgId", "8"},
			connector.Observation{Kind: community.MessagePosted, Content: community.Image, ID: "8", Data: data{"url": "http://p/1", "media": "m"}}},
		"voice": {[]string{"MsgType", "voice", "MediaId", "m", "Format", "amr", "Recognition", "早上好", "MsgId", "9"},
			connector.Observation{Kind: community.MessagePosted, Content: community.Voice, Text: "早上好", ID: "9", Data: data{"format": "amr", "media": "m"}}},
		"location": {[]string{"MsgType", "location", "Location_X", "23.1", "Location_Y", "113.3", "Scale", "20", "Label", "天河", "MsgId", "10"},
			connector.Observation{Kind: community.MessagePosted, Content: community.Location, Text: "天河", ID: "10", Data: data{"latitude": "23.1", "longitude": "113.3"}}},
		"link": {[]string{"MsgType", "link", "Title", "公告", "Description", "见内", "Url", "http://x", "MsgId", "11"},
			connector.Observation{Kind: community.MessagePosted, Content: community.Link, Text: "公告", ID: "11", Data: data{"url": "http://x", "description": "见内"}}},
		"follows": {[]string{"MsgType", "event", "Event", "subscribe", "EventKey", ""},
			connector.Observation{Kind: community.ContactAdded, ID: "oAnn/1762142400/subscribe/", Data: data{}}},
		"follows by a code": {[]string{"MsgType", "event", "Event", "subscribe", "EventKey", "qrscene_g-123", "Ticket", "t"},
			connector.Observation{Kind: community.ContactAdded, ID: "oAnn/1762142400/subscribe/qrscene_g-123", Data: data{"state": "g-123", "way": "code"}}},
		"leaves": {[]string{"MsgType", "event", "Event", "unsubscribe"},
			connector.Observation{Kind: community.ContactRemoved, ID: "oAnn/1762142400/unsubscribe/", Data: data{"way": "quit"}}},
		"scans": {[]string{"MsgType", "event", "Event", "SCAN", "EventKey", "g-123", "Ticket", "t"},
			connector.Observation{Kind: community.CodeScanned, ID: "oAnn/1762142400/SCAN/g-123", Data: data{"state": "g-123"}}},
		"menu": {[]string{"MsgType", "event", "Event", "CLICK", "EventKey", "K1"},
			connector.Observation{Kind: community.PlatformOther, Data: data{"event": "CLICK", "key": "K1", "type": "event"}}},
		"a notice arrived": {[]string{"MsgType", "event", "Event", "TEMPLATESENDJOBFINISH", "MsgID", "200163836", "Status", "success"},
			connector.Observation{Kind: community.PlatformOther, Data: data{"event": "TEMPLATESENDJOBFINISH", "message": "200163836", "status": "success", "type": "event"}}},
	} {
		raw := []byte(event("oAnn", noon, c.pairs...))
		got, err := parseCall(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c.want.Direct, c.want.Sender, c.want.At = true, ann, noon
		o := got.observe(raw)
		if c.want.Kind == community.PlatformOther {
			c.want.Raw, c.want.ID = raw, o.ID
			if !strings.HasPrefix(o.ID, "oAnn/") {
				t.Errorf("%s: ID %q", name, o.ID)
			}
		}
		if d := cmp.Diff(c.want, o); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestMillisecondsAreTaken(t *testing.T) {
	c, err := parseCall([]byte(`<xml><FromUserName>o</FromUserName><CreateTime>1762142400123</CreateTime><MsgType>text</MsgType></xml>`))
	if err != nil || !c.at().Equal(noon.Add(123*time.Millisecond)) {
		t.Errorf("%v, %v", c.at(), err)
	}
}

func TestWhatIsNoCall(t *testing.T) {
	for _, s := range []string{"", "<xml>", "{}", "<xml></xml>", "<xml><MsgType>text</MsgType><FromUserName>o</FromUserName></xml>",
		"<xml><MsgType>text</MsgType><FromUserName>o</FromUserName><CreateTime>x</CreateTime></xml>",
		`<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>`} {
		if _, err := parseCall([]byte(s)); community.CodeOf(err) != community.Invalid {
			t.Errorf("%q: %v, want Invalid", s, err)
		}
	}
}

func FuzzCall(f *testing.F) {
	frames, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(frames) == 0 {
		f.Fatalf("no frames: %v", err)
	}
	for _, name := range frames {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseCall(b)
		if err != nil {
			return
		}
		o := c.observe(b)
		if o.Kind == "" || o.ID == "" || !o.Direct || o.Sender.ID == "" || o.At.IsZero() || len(o.Raw) > mostRaw || !utf8.ValidString(o.Text) {
			t.Errorf("observed %+v", o)
		}
	})
}
