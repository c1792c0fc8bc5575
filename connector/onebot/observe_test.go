package onebot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

var update = flag.Bool("update", false, "write the golden observations anew")

// golden is a frame and what is made of it.
type golden struct {
	About string          `json:"about"`
	Frame json.RawMessage `json:"frame"`
	Want  []seen          `json:"want,omitempty"`
}

// seen is an observation, as short as it can be written.
type seen struct {
	Kind       community.Kind     `json:"kind"`
	Group      string             `json:"group,omitempty"`
	GroupName  string             `json:"group_name,omitempty"`
	Direct     bool               `json:"direct,omitempty"`
	Sender     string             `json:"sender,omitempty"` // ID and name
	Operator   string             `json:"operator,omitempty"`
	At         string             `json:"at,omitempty"`
	ID         string             `json:"id,omitempty"`
	Content    community.Content  `json:"content,omitempty"`
	Text       string             `json:"text,omitempty"`
	Mentions   []connector.Member `json:"mentions,omitempty"`
	MentionAll bool               `json:"mention_all,omitempty"`
	ReplyTo    string             `json:"reply_to,omitempty"`
	Data       map[string]string  `json:"data,omitempty"`
	FromUs     bool               `json:"from_us,omitempty"`
	Raw        bool               `json:"raw,omitempty"`
}

func short(o connector.Observation) seen {
	s := seen{Kind: o.Kind, Group: o.Group, GroupName: o.GroupName, Direct: o.Direct, Sender: strings.TrimSpace(o.Sender.ID + " " + o.Sender.Name),
		Operator: strings.TrimSpace(o.Operator.ID + " " + o.Operator.Name), ID: o.ID, Content: o.Content, Text: o.Text, Mentions: o.Mentions,
		MentionAll: o.MentionAll, ReplyTo: o.ReplyTo, Data: o.Data, FromUs: o.FromUs, Raw: len(o.Raw) > 0}
	if !o.At.IsZero() {
		s.At = o.At.Format(time.RFC3339Nano)
	}
	return s
}

// before is what was known when the golden frames came.
var before = known{self: "10001", group: func(g string) string { return map[string]string{"1000": "Tea", "g1": "Tee"}[g] },
	member: func(_, id string) string { return map[string]string{"43": "Bo", "7": "Chef", "u2": "Bo"}[id] }}

func TestFramesBecomeObservations(t *testing.T) {
	for name, d := range map[string]dialect{"eleven": eleven{}, "twelve": twelve{}} {
		t.Run(name, func(t *testing.T) {
			k := before
			if name == "twelve" {
				k.self = "bot"
			}
			file := filepath.Join("testdata", name+".jsonl")
			old, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			e := json.NewEncoder(&out)
			e.SetEscapeHTML(false)
			for lines := bufio.NewScanner(bytes.NewReader(old)); lines.Scan(); {
				var g golden
				if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
					t.Fatal(err)
				}
				var got []seen
				for _, o := range d.observe(g.Frame, k) {
					got = append(got, short(o))
				}
				if d := cmp.Diff(g.Want, got); d != "" && !*update {
					t.Errorf("%s (-want +got):\n%s", g.About, d)
				}
				g.Want = got
				if err := e.Encode(g); err != nil {
					t.Fatal(err)
				}
			}
			if *update {
				if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestRawIsBounded(t *testing.T) {
	raw := []byte(`{"time":1700000000,"post_type":"notice","notice_type":"x","group_id":1,"y":"` + strings.Repeat("z", 1<<20) + `"}`)
	o := eleven{}.observe(raw, before)
	if len(o) != 1 || len(o[0].Raw) != mostRaw || o[0].Group != "1" {
		t.Fatalf("kept %d bytes of %d", len(o[0].Raw), len(raw))
	}
	raw[len(raw)-3] = 'y'
	if again := (eleven{}).observe(raw, before); again[0].ID == o[0].ID {
		t.Error("two frames that differ behind what is kept have one ID")
	}
}

// FuzzObserve: whatever comes, what is made of it can be logged.
func FuzzObserve(f *testing.F) {
	for _, name := range []string{"eleven", "twelve"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(b) {
			var g golden
			if json.Unmarshal(line, &g) == nil {
				f.Add([]byte(g.Frame))
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = readHead(raw)
		for _, d := range []dialect{eleven{}, twelve{}} {
			d.pulse(raw, "10001")
			out := d.observe(raw, before)
			if len(out) == 0 {
				t.Error("dropped")
			}
			for _, o := range out {
				if o.Kind == "" || (o.Group == "") != o.Direct || len(o.Raw) > mostRaw || o.Kind == community.MessagePosted && (o.ID == "" || o.Content == "") {
					t.Errorf("made %+v", o)
				}
				if o.Kind == community.PlatformOther && o.ID == "" {
					t.Error("kept without an ID, so that another would be its duplicate")
				}
			}
		}
	})
}

func FuzzCQ(f *testing.F) {
	for _, s := range []string{"[CQ:at,qq=42] hi", "a&#91;CQ:at&#93;", "[CQ:image,file=a&#44;b,url=x=y][", "[CQ:", "[CQ:]", "[CQ:,=]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain := !strings.Contains(s, "[CQ:")
		for _, x := range parseCQ(s) {
			if plain && (x.Type != "text" || string(x.Data["text"]) != unescapeText.Replace(s)) {
				t.Errorf("%q became %+v", s, x)
			}
		}
	})
}
