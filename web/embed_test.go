package web

import (
	"io/fs"
	"strings"
	"testing"
)

// A binary without a console is allowed, half a console is not.
func TestConsole(t *testing.T) {
	files, ok := Console()
	if !ok {
		t.Log("built without a console")
		return
	}
	page, err := fs.ReadFile(files, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), Nonce) {
		t.Errorf("index.html has no place for the nonce %q", Nonce)
	}
	scripts, err := fs.Glob(files, "assets/*.js.gz")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in the console: %v, %v", scripts, err)
	}
	for _, packed := range scripts {
		name := strings.TrimSuffix(packed, ".gz")
		if _, err := fs.Stat(files, name+".br"); err != nil {
			t.Errorf("%s has no .br beside it", packed)
		}
		if _, err := fs.Stat(files, name); err == nil {
			t.Errorf("%s is there packed and unpacked", name)
		}
	}
	plain, err := fs.Glob(files, "assets/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range plain {
		info, err := fs.Stat(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 1024 {
			t.Errorf("%s is not packed", name)
		}
	}
}
