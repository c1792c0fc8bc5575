package wecomarchive

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

// TestMessages holds the kinds of testdata/messages.json, written after the
// platform's list, against what is made of them.
func TestMessages(t *testing.T) {
	b, err := os.ReadFile("testdata/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name    string
		Message json.RawMessage
		Kind    community.Kind
		Content community.Content
		Text    string
		Data    map[string]string
		FromUs  bool
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			m, err := parse(c.Message)
			if err != nil {
				t.Fatal(err)
			}
			seen[m.Type] = true
			o, ok := m.observation(c.Message)
			if !ok {
				t.Fatal("nothing is made of it")
			}
			want := connector.Observation{Kind: c.Kind, Group: "wrOne", Sender: connector.Member{ID: m.From}, ID: m.ID,
				At: time.UnixMilli(1700000000123).UTC(), Content: c.Content, Text: c.Text, Data: c.Data, FromUs: c.FromUs}
			if c.Kind == community.PlatformOther {
				want.Raw = c.Message
			}
			if d := cmp.Diff(want, o); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	for kind := range contents {
		if !seen[kind] {
			t.Errorf("testdata has no message of the kind %q", kind)
		}
	}
}

func TestWhatIsNoMessage(t *testing.T) {
	for _, s := range []string{"", "null", "[]", "{}", `{"msgid":"1"}`, `{"msgid":"1","action":"send"}`, `{"msgid":1,"action":"send"}`,
		`{"msgid":"1","action":"send","msgtype":"text","msgtime":0}`} {
		if _, err := parse([]byte(s)); community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v, want Invalid", s, err)
		}
	}
}

func TestWhatIsNotUnderstoodIsKeptInPart(t *testing.T) {
	raw := []byte(`{"msgid":"1","action":"send","from":"ann","roomid":"wrOne","msgtime":1700000000123,"msgtype":"new","new":"` + strings.Repeat("x", 100_000) + `"}`)
	m, err := parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := m.observation(raw); o.Kind != community.PlatformOther || len(o.Raw) != mostRaw {
		t.Errorf("%s with %d bytes", o.Kind, len(o.Raw))
	}
}

func FuzzMessage(f *testing.F) {
	b, err := os.ReadFile("testdata/messages.json")
	if err != nil {
		f.Fatal(err)
	}
	var cases []struct{ Message json.RawMessage }
	if err := json.Unmarshal(b, &cases); err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		f.Add([]byte(c.Message))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parse(raw)
		if err != nil {
			return
		}
		o, ok := m.observation(raw)
		if !ok {
			return
		}
		if o.Group == "" || o.ID == "" || o.At.IsZero() || len(o.Raw) > mostRaw {
			t.Errorf("an observation without group, ID or time: %+v", o)
		}
		if !utf8.ValidString(o.Text) {
			t.Errorf("text is no UTF-8: %q", o.Text)
		}
		if id := o.Data["media"]; id != "" && len(id) < mostFileID {
			if f, err := parseFileID(id); err == nil && f.String() != id && hexSum.MatchString(f.sum) && !strings.EqualFold(f.String(), id) {
				t.Errorf("media %q is read as %q", id, f)
			}
		}
	})
}

func FuzzRecords(f *testing.F) {
	f.Add([]byte(`{"errcode":0,"errmsg":"ok","chatdata":[{"seq":196,"msgid":"1_external","publickey_ver":3,"encrypt_random_key":"eA==","encrypt_chat_msg":"eA=="}]}`), uint64(5))
	f.Add([]byte(`{"errcode":301042,"errmsg":"ip"}`), uint64(0))
	f.Add([]byte(`{"chatdata":[{"seq":2},{"seq":1}]}`), uint64(0))
	f.Fuzz(func(t *testing.T, b []byte, seq uint64) {
		records, err := parseRecords(b, seq)
		if err != nil {
			return
		}
		for _, r := range records {
			if r.Seq <= seq {
				t.Fatalf("record %d is not after %d", r.Seq, seq)
			}
		}
		for i := 1; i < len(records); i++ {
			if records[i].Seq < records[i-1].Seq {
				t.Fatal("records are out of order")
			}
		}
	})
}
