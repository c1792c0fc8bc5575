package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"qunying/community"
)

// shelf keeps a picture at part 0, a page at part 1 and nothing else.
type shelf struct{}

func (shelf) OpenMedia(_ context.Context, _ community.ID, seq community.Seq, part int, small bool) (MediaFile, error) {
	f := MediaFile{At: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	switch part {
	case 0:
		f.Type, f.Picture, f.Body = "image/png", true, InMemory(fmt.Appendf(nil, "picture %d %v", seq, small))
	case 1:
		f.Type, f.Name, f.Body = "text/html", "a\".html", InMemory([]byte("<script>alert(1)</script>"))
	default:
		return f, community.Errorf(community.NotFound, "there is none")
	}
	return f, nil
}

func (shelf) MediaSettings(context.Context, community.ID) (MediaSettingsAnswer, error) {
	return MediaSettingsAnswer{Items: map[string]int64{}, Settings: MediaSettingsView{Pictures: true, Days: 30, Largest: 20, Total: 2048}}, nil
}

func (s shelf) SaveMediaSettings(ctx context.Context, c community.ID, _ community.StaffID, m MediaSettingsView) (MediaSettingsAnswer, error) {
	a, err := s.MediaSettings(ctx, c)
	a.Settings = m
	return a, err
}

// What strangers posted is shown only where a browser cannot be made to run it.
func TestPicturesAreShownAndFilesAreSaved(t *testing.T) {
	s := newStand(t, sqlite(t))
	b := s.as("viewer")
	const base = inDefault + "/messages/7/media/"
	for _, c := range []struct{ path, kind, way, body string }{
		{"0", "image/png", "inline", "picture 7 false"},
		{"0?size=small", "image/png", "inline", "picture 7 true"},
		{"1", "application/octet-stream", `attachment; filename="a\".html"`, "<script>alert(1)</script>"},
	} {
		got := b.do("GET", base+c.path, nil).want(http.StatusOK)
		h := got.Header
		if string(got.Body) != c.body || h.Get("Content-Type") != c.kind || h.Get("Content-Disposition") != c.way ||
			h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(h.Get("Cache-Control"), "private") {
			t.Errorf("%s: %q as %v", c.path, got.Body, h)
		}
	}
	for path, status := range map[string]int{"2": http.StatusNotFound, "x": http.StatusUnprocessableEntity, "0?size=huge": http.StatusUnprocessableEntity} {
		b.do("GET", base+path, nil).want(status)
	}
	s.browser().do("GET", base+"0", nil).want(http.StatusUnauthorized)
	b.do("GET", inDefault+"/settings/media", nil).problem(http.StatusForbidden, "forbidden")
	set := map[string]any{"pictures": true, "voice": false, "video": false, "files": true, "codes": true, "days": 7, "largest": 5, "total": 100, "version": 0}
	lead := s.as("lead")
	lead.do("PUT", inDefault+"/settings/media", set).want(http.StatusOK)
	set["days"] = 0
	lead.do("PUT", inDefault+"/settings/media", set).want(http.StatusUnprocessableEntity)
}
