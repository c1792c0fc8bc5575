package api

import (
	"testing"

	"pgregory.net/rapid"

	"qunying/community"
)

func TestCursorsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Place{rapid.Int64().Draw(t, "number"), rapid.String().Draw(t, "text"), rapid.Int64().Draw(t, "id")}
		seal := rapid.Uint32().Draw(t, "seal")
		got, err := openCursor(writeCursor(p, seal), seal)
		if err != nil || got != p {
			t.Fatalf("%+v became %+v, %v", p, got, err)
		}
		if text := writeCursor(p, seal); text != "" {
			if _, err := openCursor(text, seal+1); community.CodeOf(err) != community.Invalid {
				t.Fatalf("another list took it: %v", err)
			}
		}
	})
}

func TestSeals(t *testing.T) {
	base := sealOf("groups", 1, GroupsQuery{Sort: "name"})
	for name, other := range map[string]uint32{
		"another list":      sealOf("outbox", 1, GroupsQuery{Sort: "name"}),
		"another community": sealOf("groups", 2, GroupsQuery{Sort: "name"}),
		"another filter":    sealOf("groups", 1, GroupsQuery{Sort: "last"}),
	} {
		if other == base {
			t.Errorf("%s has the same seal", name)
		}
	}
}

func FuzzCursor(f *testing.F) {
	seal := sealOf("groups", 1, GroupsQuery{})
	f.Add("")
	f.Add("x")
	f.Add(writeCursor(Place{1, "a", 2}, seal))
	f.Add(writeCursor(Place{-1 << 63, "群", 1<<63 - 1}, seal))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := openCursor(text, seal)
		if err != nil {
			if community.CodeOf(err) != community.Invalid {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := openCursor(writeCursor(p, seal), seal); err != nil || again != p {
			t.Errorf("%q: %+v became %+v, %v", text, p, again, err)
		}
	})
}
