package onebot_test

import (
	"io"
	"testing"

	"qunying/community"
	"qunying/connector"
)

func TestFilesAreFetched(t *testing.T) {
	_, s := begin(t, forward11)
	a := s.c.(connector.Fetcher)
	if got, err := a.Fetch(t.Context(), connector.File{Content: community.Image, URL: "https://e.com/a.png", Name: "a.png"}); err != nil || got.URL != "https://e.com/a.png" {
		t.Errorf("with an address: %+v, %v", got, err)
	}
	// The address has expired: the implementation knows a newer one, or has the bytes.
	if got, err := a.Fetch(t.Context(), connector.File{Content: community.Image, URL: "https://e.com/a.png", Name: "again.png", Stale: true}); err != nil || got.URL != "https://e.com/again" {
		t.Errorf("a newer address: %+v, %v", got, err)
	}
	got, err := a.Fetch(t.Context(), connector.File{Content: community.Image, Name: "inline.png"})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(got.Body); err != nil || string(b) != "picture" {
		t.Errorf("read %q, %v", b, err)
	}
	for name, f := range map[string]connector.File{
		"a path on its machine": {Content: community.Image, Name: "local.png"},
		"the same address":      {Content: community.Image, URL: "https://e.com/again", Name: "again.png", Stale: true},
		"nothing known":         {Content: community.Image},
		"a video":               {Content: community.Video, Name: "v.mp4"},
	} {
		if _, err := a.Fetch(t.Context(), f); community.CodeOf(err) != community.Unsupported {
			t.Errorf("%s: %v, want unsupported", name, err)
		}
	}
}
