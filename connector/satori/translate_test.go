package satori

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
	"qunying/connector"
)

var update = flag.Bool("update", false, "write what is expected anew")

// known is an account that has met its gateway, on which nothing is to be asked.
func known(t testing.TB) *account {
	t.Helper()
	c, err := Driver{Now: func() time.Time { return time.UnixMilli(1795329600000) }}.Open("ours", []byte(`{"address":"http://127.0.0.1:1/satori"}`))
	if err != nil {
		t.Fatal(err)
	}
	a := c.(*account)
	if _, err := a.meet([]login{{User: user{ID: "514", Name: "小助手"}, Platform: "mock", Features: []string{messageCreate}}}); err != nil {
		t.Fatal(err)
	}
	return a
}

// Events as gateways send them, the first two recorded from Koishi, against the
// observations that they come to.
func TestEvents(t *testing.T) {
	a := known(t)
	in, err := os.Open("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var got strings.Builder
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		e, err := decodeEvent(lines.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		fmt.Fprintf(&got, "%d %s\n", e.SN, e.Type)
		for _, o := range a.translate(context.Background(), e) {
			raw := len(o.Raw) > 0
			o.Raw = nil
			fmt.Fprintf(&got, "\t%s\n", shown(o, raw))
		}
	}
	const golden = "testdata/events.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Error(d)
	}
}

// shown writes what an observation has, and nothing of what it has not.
func shown(o connector.Observation, raw bool) string {
	s := fmt.Sprintf("%s group=%q at=%d", o.Kind, o.Group, o.At.UnixMilli())
	add := func(name, v string) {
		if v != "" {
			s += fmt.Sprintf(" %s=%q", name, v)
		}
	}
	who := func(name string, m connector.Member) {
		if m != (connector.Member{}) {
			add(name, m.ID+"|"+m.Name)
		}
	}
	add("name", o.GroupName)
	who("sender", o.Sender)
	who("operator", o.Operator)
	add("id", o.ID)
	add("revision", o.Revision)
	add("content", string(o.Content))
	add("text", o.Text)
	for _, m := range o.Mentions {
		who("mention", m)
	}
	add("reply", o.ReplyTo)
	delete(o.Data, "platform")
	if len(o.Data) > 0 {
		s += fmt.Sprintf(" data=%v", o.Data)
	}
	if o.Direct {
		s += " direct"
	}
	if o.FromUs {
		s += " ours"
	}
	if raw {
		s += " raw"
	}
	return s
}

func TestAGuildsEventsHappenInEachOfItsChannels(t *testing.T) {
	a := known(t)
	for _, c := range []string{"c1", "c2"} {
		a.rooms.see("g", id(c))
	}
	e, err := decodeEvent([]byte(`{"type":"guild-member-added","timestamp":1,"guild":{"id":"g"},"user":{"id":"u"},"platform":"mock","self_id":"514"}`))
	if err != nil {
		t.Fatal(err)
	}
	var groups []string
	for _, o := range a.translate(t.Context(), e) {
		groups = append(groups, o.Group)
	}
	if d := cmp.Diff([]string{"g/c1", "g/c2"}, groups); d != "" {
		t.Error(d)
	}
}

func TestGroupIDsSayWhereToAct(t *testing.T) {
	for _, c := range []struct {
		guild, channel id
		group          string
	}{
		{"g", "g", "g"},
		{"", "c", "c"},
		{"g", "c", "g/c"},
		{"a/b", "50%", "a%2Fb/50%25"},
		{"%2F", "%2F", "%252F"},
	} {
		if got := groupID(c.guild, c.channel); got != c.group {
			t.Errorf("groupID(%q, %q) = %q, want %q", c.guild, c.channel, got, c.group)
		}
		g, ch := placeOf(c.group)
		if ch != c.channel || c.guild != "" && g != c.guild {
			t.Errorf("placeOf(%q) = %q, %q", c.group, g, ch)
		}
	}
}

func TestAGroupIsRenamedOnce(t *testing.T) {
	a := known(t)
	say := `{"type":"message-created","timestamp":1,"guild":{"id":"g","name":"旧"},"channel":{"id":"g","type":0},"user":{"id":"u"},"message":{"id":"m","content":"x"}}`
	rename := `{"type":"guild-updated","timestamp":2,"guild":{"id":"g","name":%q}}`
	var kinds []community.Kind
	for _, line := range []string{say, fmt.Sprintf(rename, "旧"), fmt.Sprintf(rename, "新"), fmt.Sprintf(rename, "新")} {
		e, err := decodeEvent([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range a.translate(t.Context(), e) {
			kinds = append(kinds, o.Kind)
		}
	}
	want := []community.Kind{community.MessagePosted, community.PlatformOther, community.GroupRenamed, community.PlatformOther}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Error(d)
	}
}

func FuzzEvent(f *testing.F) {
	b, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f.Add([]byte(line))
	}
	a := known(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decodeEvent(b)
		if err != nil {
			return
		}
		for _, o := range a.translate(context.Background(), e) {
			if o.Kind == "" || o.At.IsZero() || len(o.Raw) > mostRaw || (o.Group == "") != o.Direct || o.Direct && o.Sender.ID == "" {
				t.Errorf("%s comes to %+v", b, o)
			}
			if o.Kind == community.MessagePosted && o.ID == "" {
				t.Errorf("%s comes to a message without ID", b)
			}
		}
	})
}

// Whatever way a frame is read, its event is the same.
func FuzzFrame(f *testing.F) {
	b, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f.Add([]byte(`{"op":0,"body":` + strings.TrimSpace(line) + `}`))
	}
	for _, odd := range []string{`{"op":0,"body":{"type":"x"},"op":4}`, `{"op":0,"body":{"type":"x"}}}`, `{"op":0,"body":{"type":"x"},"body":{"type":"y"}}`, `{"op":0,"body":}`} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := decodeFrame(b)
		var want frame
		want.Op = -1
		if fits := json.Unmarshal(b, &want) == nil && want.Op >= 0; ok != fits {
			t.Fatalf("%s is a frame: %v, want %v", b, ok, fits)
		}
		if !ok || want.Op != opEvent {
			return
		}
		e, err := decodeEvent(want.Body)
		if err != nil {
			e = nil
		}
		if diff := cmp.Diff(e, got.event, cmp.AllowUnexported(event{}, said{})); diff != "" {
			t.Errorf("%s:\n%s", b, diff)
		}
	})
}

// BenchmarkEvent is what a live message costs from bytes to an observation.
func BenchmarkEvent(b *testing.B) {
	in, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	frame := []byte(strings.Split(string(in), "\n")[0])
	frame = []byte(`{"op":0,"body":` + string(frame) + `}`)
	a := known(b)
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		if got := a.oneFrame(frame); len(got) != 1 {
			b.Fatal("not one observation")
		}
	}
}

// oneFrame does with a frame what the reader and the emitter do.
func (a *account) oneFrame(b []byte) []connector.Observation {
	f, ok := decodeFrame(b)
	if !ok || f.event == nil {
		return nil
	}
	return a.translate(context.Background(), f.event)
}
