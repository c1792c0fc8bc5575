package mp

import (
	"io"
	"testing"

	"qunying/community"
	"qunying/connector"
)

func TestFilesAreFetched(t *testing.T) {
	s := newStage(t)
	a := s.opened()
	if got, err := a.Fetch(t.Context(), connector.File{URL: "http://mmbiz.qpic.cn/1", ID: "m"}); err != nil || got.URL != "http://mmbiz.qpic.cn/1" {
		t.Errorf("a picture with an address: %+v, %v", got, err)
	}
	for answer, want := range map[string]community.Code{
		"\x89PNG bytes": "",
		`{"errcode":40007,"errmsg":"invalid media_id"}`: community.NotFound,
		`{"errcode":-1,"errmsg":"system error"}`:        community.Unavailable,
		`{"video_url":"http://example.org/v"}`:          community.Unsupported,
	} {
		s.mu.Lock()
		s.answers["media/get"] = answer
		s.mu.Unlock()
		got, err := a.Fetch(t.Context(), connector.File{URL: "http://mmbiz.qpic.cn/1", ID: "m", Stale: true})
		if want != "" {
			if community.CodeOf(err) != want {
				t.Errorf("%s: %v, want %s", answer, err, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(got.Body); err != nil || string(b) != answer {
			t.Errorf("read %q, %v", b, err)
		}
	}
	if _, err := a.Fetch(t.Context(), connector.File{}); community.CodeOf(err) != community.Unsupported {
		t.Errorf("neither address nor ID: %v", err)
	}
}
