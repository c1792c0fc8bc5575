package seal

import (
	"path/filepath"
	"strings"
	"testing"

	"qunying/community"
)

func TestLock(t *testing.T) {
	text, err := Lock("the key", "a long enough sentence")
	if err != nil || strings.Contains(text, "key") {
		t.Fatal(text, err)
	}
	if got, err := Unlock(text, "a long enough sentence"); err != nil || got != "the key" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []struct{ text, pass string }{{text, "another sentence"}, {text[:20], "a long enough sentence"}, {"locked:1:", "x"}, {"plain", "x"}} {
		if _, err := Unlock(bad.text, bad.pass); community.CodeOf(err) != community.Invalid {
			t.Errorf("%q with %q: %v", bad.text, bad.pass, err)
		}
	}
	if _, err := Lock("the key", "short"); community.CodeOf(err) != community.Invalid {
		t.Errorf("a short one: %v", err)
	}
	file := filepath.Join(t.TempDir(), "new", "secret.key")
	for range 2 {
		if err := WriteFile(file, "one"); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFile(file, "two"); community.CodeOf(err) != community.Conflict {
		t.Errorf("over another key: %v", err)
	}
	if got, err := ReadFile(file); err != nil || got != "one" {
		t.Errorf("%q, %v", got, err)
	}
}
