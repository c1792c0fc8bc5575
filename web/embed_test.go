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
	assets, err := fs.Glob(files, "assets/*.js")
	if err != nil || len(assets) == 0 {
		t.Fatalf("no scripts in the console: %v, %v", assets, err)
	}
	for _, name := range assets {
		for _, packed := range []string{".br", ".gz"} {
			info, err := fs.Stat(files, name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fs.Stat(files, name+packed); err != nil && info.Size() > 1024 {
				t.Errorf("%s has no %s beside it", name, packed)
			}
		}
	}
}
