package insight

import (
	"strings"
	"testing"

	"qunying/community"
)

func TestAProfileIsCheckedBeforeItIsKept(t *testing.T) {
	material := func(name, link string) Profile { return Profile{Material: &[]Material{{Name: name, Link: link}}} }
	long := strings.Repeat("长", 1001)
	kind, none := Kind("resource"), Kind("club")
	founded, never := community.Day(19000), community.Day(-3)
	for _, c := range []struct {
		name string
		p    Profile
		good bool
	}{
		{"empty", Profile{}, true},
		{"kind", Profile{Type: &kind}, true},
		{"founded", Profile{Founded: &founded}, true},
		{"founded before there were groups", Profile{Founded: &never}, false},
		{"no such kind", Profile{Type: &none}, false},
		{"long goal", Profile{Goal: &long}, false},
		{"paper", material("白皮书", "https://example.com/a"), true},
		{"paper without link", material("白皮书", ""), true},
		{"no name", material("", "https://example.com"), false},
		{"script", material("x", "javascript:alert(1)"), false},
		{"no host", material("x", "https:///a"), false},
	} {
		if err := c.p.Check(); (err == nil) != c.good || err != nil && community.CodeOf(err) != community.Invalid {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, k := range Kinds {
		if got := k.Type(); got == "" && k != "mixed" {
			t.Errorf("%s is compared with nobody", k)
		}
	}
}
