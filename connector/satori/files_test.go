package satori

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"qunying/community"
	"qunying/connector"
)

func TestFilesAreFetched(t *testing.T) {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Authorization")
		switch {
		case r.URL.Path == "/satori/v1/proxy/internal:qq/1/a" && token == "Bearer hush", r.URL.Path == "/files/b" && token == "":
			_, _ = io.WriteString(w, "picture")
		case r.URL.Path == "/files/busy":
			w.WriteHeader(http.StatusBadGateway)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(gateway.Close)
	a := openWith(t, Driver{}, Config{Address: gateway.URL + "/satori", Token: "hush"}).(connector.Fetcher)
	for _, url := range []string{"internal:qq/1/a", gateway.URL + "/files/b"} {
		got, err := a.Fetch(t.Context(), connector.File{URL: url})
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if b, err := io.ReadAll(got.Body); err != nil || string(b) != "picture" {
			t.Errorf("%s is %q, %v", url, b, err)
		}
		if err := got.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	// Elsewhere anybody can read, and no token goes there.
	for _, url := range []string{"https://example.org/a.png", "http://127.0.0.1:1/a.png", "file:///etc/passwd"} {
		if got, err := a.Fetch(t.Context(), connector.File{URL: url}); err != nil || got.Body != nil || got.URL != url {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	for url, want := range map[string]community.Code{
		"internal:qq/1/gone":             community.NotFound,
		gateway.URL + "/files/busy":      community.Unavailable,
		"internal:../message.delete":     community.Invalid,
		"internal:a/%2E%2e/meta":         community.Invalid,
		"internal:a?method=guild.remove": community.Invalid,
		"":                               community.Unsupported,
	} {
		if _, err := a.Fetch(t.Context(), connector.File{URL: url}); community.CodeOf(err) != want {
			t.Errorf("%q: %v, want %s", url, err, want)
		}
	}
}
