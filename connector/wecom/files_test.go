package wecom

import (
	"io"
	"testing"

	"qunying/community"
	"qunying/connector"
)

func TestFilesAreFetched(t *testing.T) {
	s := set(t, nil)
	if got, err := s.a.Fetch(t.Context(), connector.File{URL: "https://wework.qpic.cn/1", ID: "M1"}); err != nil || got.URL != "https://wework.qpic.cn/1" {
		t.Errorf("a picture with an address: %+v, %v", got, err)
	}
	id, err := s.a.client.Upload(t.Context(), "image", "a.png", []byte("\x89PNG bytes"))
	check(t, err)
	got, err := s.a.Fetch(t.Context(), connector.File{ID: id})
	check(t, err)
	if b, err := io.ReadAll(got.Body); err != nil || string(b) != "\x89PNG bytes" {
		t.Errorf("read %q, %v", b, err)
	}
	for name, c := range map[string]struct {
		f    connector.File
		want community.Code
	}{
		"unknown":         {connector.File{ID: "no-such"}, community.NotFound},
		"nothing known":   {connector.File{}, community.Unsupported},
		"stale, no media": {connector.File{URL: "https://wework.qpic.cn/1", Stale: true}, community.Unsupported},
	} {
		if _, err := s.a.Fetch(t.Context(), c.f); community.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
