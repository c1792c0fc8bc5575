package insight

import (
	"bytes"
	"testing"

	"qunying/community"
)

func FuzzDecodeGroupDay(f *testing.F) {
	empty, _ := NewGroupDay(1, 2).AppendBinary(nil)
	r := from(19000)
	r.say(0, 3, 1, 2, 70000)
	r.event(0, community.MemberJoined, 5)
	r.event(0, community.RosterTaken)
	full, _ := r.on(0).AppendBinary(nil)
	f.Add([]byte(nil))
	f.Add(empty)
	f.Add(full)
	f.Add(full[:len(full)-1])
	f.Add(append(bytes.Clone(full), 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := DecodeGroupDay(b)
		if err != nil {
			if community.CodeOf(err) != community.Internal {
				t.Fatalf("%v is %s", err, community.CodeOf(err))
			}
			return
		}
		if again, _ := d.AppendBinary(nil); !bytes.Equal(again, b) {
			t.Fatalf("read %x, wrote %x", b, again)
		}
	})
}

// An empty member list is not the absence of one.
func TestEmptyRosterSurvives(t *testing.T) {
	d := NewGroupDay(1, 2)
	without, _ := d.AppendBinary(nil)
	d.Add(&community.Event{Kind: community.RosterTaken}, 0, self)
	with, _ := d.AppendBinary(nil)
	if bytes.Equal(with, without) {
		t.Fatal("the same bytes")
	}
	back, err := DecodeGroupDay(with)
	if err != nil || back.Roster == nil {
		t.Fatalf("%v, roster %v", err, back)
	}
}
