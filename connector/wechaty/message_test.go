package wechaty

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

// golden is one recorded answer or event and what is to become of it.
type golden struct {
	Name    string                  `json:"name"`
	Proto   bool                    `json:"proto,omitempty"` // numbering of the protocol
	Event   int32                   `json:"event,omitempty"` // its type; 0: a message
	Payload json.RawMessage         `json:"payload"`
	Want    []connector.Observation `json:"want"`
}

func TestGolden(t *testing.T) {
	file := filepath.Join("testdata", "golden.json")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	heard := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, g := range all {
		t.Run(g.Name, func(t *testing.T) {
			var got []connector.Observation
			if g.Event == 0 {
				var p puppet.MessagePayloadResponse
				if err := protojson.Unmarshal(g.Payload, &p); err != nil {
					t.Fatal(err)
				}
				forms := nodeForms
				if g.Proto {
					forms = protoForms
				}
				got = []connector.Observation{read(&p, forms, "bot", heard)}
			} else {
				x, err := parse(string(g.Payload))
				if err != nil {
					t.Fatal(err)
				}
				got = happened(puppet.EventType(g.Event), x, "bot", heard)
			}
			for i := range got {
				if len(got[i].Raw) > 0 && !json.Valid(got[i].Raw) {
					t.Errorf("raw is no JSON: %s", got[i].Raw)
				}
				got[i].Raw = nil
				if len(got[i].Data) == 0 {
					got[i].Data = nil
				}
			}
			if d := cmp.Diff(g.Want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestTimesInSecondsAndMilliseconds(t *testing.T) {
	want := time.Date(2025, 11, 3, 4, 0, 0, 0, time.UTC)
	for name, p := range map[string]*puppet.MessagePayloadResponse{
		"as they should be":             {ReceiveTime: timestamppb.New(want)},
		"seconds taken for thousandths": {ReceiveTime: timestamppb.New(time.UnixMilli(want.Unix()))},
		"older, seconds":                {TimestampDeprecated: uint64(want.Unix())},
		"older, milliseconds":           {TimestampDeprecated: uint64(want.UnixMilli())},
	} {
		if got := saidAt(p); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for name, p := range map[string]*puppet.MessagePayloadResponse{
		"none":     {},
		"too big":  {TimestampDeprecated: 1 << 63},
		"too late": {ReceiveTime: &timestamppb.Timestamp{Seconds: 1 << 60}},
	} {
		if got := saidAt(p); !got.IsZero() {
			t.Errorf("%s: %v, want no time", name, got)
		}
	}
}

func TestRecalledIDIsFoundInWeChatsNotice(t *testing.T) {
	for text, want := range map[string]string{
		" 7812 ": "7812",
		`<sysmsg type="revokemsg"><revokemsg><session>x@chatroom</session><msgid>11</msgid><newmsgid>78123</newmsgid></revokemsg></sysmsg>`: "78123",
		`<sysmsg><revokemsg><msgid>11</msgid>`: "11",
		"<":                                    "",
	} {
		if got := recalledID(text); got != want {
			t.Errorf("recalledID(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("m1", "room@chatroom", "ann", "hello", "a.png", "bob", int32(7), int64(1_762_142_400), uint64(0))
	f.Add("m2", "", "bot", "<sysmsg><newmsgid>1</newmsgid>", "", "all", int32(13), int64(-1), uint64(1<<63))
	f.Add("m3", "r", "", "\xff\u2005", "\x00", "x@all", int32(-7), int64(1<<62), uint64(1))
	f.Fuzz(func(t *testing.T, id, room, talker, text, file, mention string, kind int32, seconds int64, old uint64) {
		p := &puppet.MessagePayloadResponse{Id: id, RoomId: room, TalkerId: talker, Text: text, Filename: file, ListenerId: talker,
			MentionIds: []string{mention}, Type: kind, ReceiveTime: &timestamppb.Timestamp{Seconds: seconds}, TimestampDeprecated: old}
		for _, forms := range [][]community.Content{nodeForms, protoForms} {
			o := read(p, forms, "bot", time.Unix(1, 0))
			sound(t, o)
			if o.Kind == community.MessagePosted && o.Content == recalled {
				t.Error("a recall is told as a message")
			}
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add(int32(19), `{"inviteeIdList":["dee"],"inviterId":"ann","roomId":"r","timestamp":1762142400}`)
	f.Add(int32(20), `{"removeeIdList":["bot"],"removerId":"","roomId":"r","timestamp":1e300}`)
	f.Add(int32(21), `{"changerId":"a","newTopic":"x","roomId":"r","timestamp":"soon"}`)
	f.Add(int32(99), `[`)
	f.Fuzz(func(t *testing.T, kind int32, payload string) {
		e := &puppet.EventResponse{Type: puppet.EventType(kind), Payload: payload}
		sound(t, unknown(e, time.Unix(1, 0)))
		x, err := parse(payload)
		if err != nil {
			return
		}
		for _, o := range happened(e.GetType(), x, "bot", time.Unix(1, 0)) {
			sound(t, o)
		}
	})
}

// sound checks what every observation must keep to.
func sound(t *testing.T, o connector.Observation) {
	t.Helper()
	if o.Direct == (o.Group != "") || o.At.IsZero() || o.At.Year() > 9999 {
		t.Errorf("an observation of no group or time: %+v", o)
	}
	if len(o.Text) > mostText || len(o.Raw) > mostRaw || len(o.ID) > mostID || len(o.Sender.ID) > mostID || len(o.Group) > mostID {
		t.Errorf("an observation is too long: %+v", o)
	}
}
