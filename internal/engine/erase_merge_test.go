package engine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMergeErased(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"nobody was erased", "", "x\n", "x\n"},
		{"the first", "a\nb\n", "", "a\nb\n"},
		{"the same again", "a\nb\n", "a\nb\n", "a\nb\n"},
		{"what either has", "a\nb\n", "c\na\n", "c\na\nb\n"},
		{"a line was cut off", "a\nb\n", "a\n{\"comm", "a\n{\"comm\nb\n"},
	} {
		from, to := t.TempDir(), t.TempDir()
		for folder, text := range map[string]string{from: c.from, to: c.to} {
			if text != "" {
				if err := os.WriteFile(filepath.Join(folder, erasedFile), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := MergeErased(from, to); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(to, erasedFile))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}
