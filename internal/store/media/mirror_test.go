package media_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunying/internal/store/media"
)

func TestMirror(t *testing.T) {
	from, to, back := t.TempDir(), filepath.Join(t.TempDir(), "media"), t.TempDir()
	files := &media.Files{Folder: from}
	put := func(text string) string {
		t.Helper()
		s, err := files.Put(t.Context(), 1, strings.NewReader(text), 100, nil, func(media.Stored) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return s.Sum
	}
	one, two := put("one"), put("two")
	mirror := func(want int) {
		t.Helper()
		if n, err := media.Mirror(t.Context(), from, to); err != nil || n != want {
			t.Fatalf("%d files, %v; want %d", n, err, want)
		}
		if got, err := filepath.Glob(filepath.Join(to, "1", "*", "*")); err != nil || len(got) != want {
			t.Fatalf("there are %v, %v; want %d", got, err, want)
		}
	}
	mirror(2)
	// Who was erased is erased from the copies, and nothing else of the folder is touched.
	if err := files.Removing(1, func() ([]string, error) { return []string{one}, nil }); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(to, "notes.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	mirror(1)
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	if n, damaged, err := media.Bring(t.Context(), to, back); err != nil || n != 1 || damaged != 0 {
		t.Fatalf("brought back %d and %d damaged, %v", n, damaged, err)
	}
	f, err := (&media.Files{Folder: back}).Open(1, two)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(f); err != nil || b.String() != "two" {
		t.Errorf("brought back %q, %v", b.String(), err)
	}
	if n, err := media.Mirror(t.Context(), filepath.Join(from, "nothing"), filepath.Join(from, "nowhere")); err != nil || n != 0 {
		t.Errorf("of no folder: %d, %v", n, err)
	}
}
