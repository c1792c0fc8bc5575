package api

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func consoleFiles() fs.FS {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	io.WriteString(z, "big and plain")
	z.Close()
	return fstest.MapFS{
		"index.html":            file(`<html><meta name="nonce" content="__NONCE__"><style nonce="__NONCE__"></style>`),
		"favicon.svg":           file("<svg/>"),
		"assets/app-1a2b.js":    file("plain"),
		"assets/app-1a2b.js.br": file("brotli"),
		"assets/app-1a2b.js.gz": file("gzip"),
		"assets/app-3c4d.css":   file("body{}"),
		"assets/big-5e6f.js.br": file("brotli"),
		"assets/big-5e6f.js.gz": file(packed.String()),
	}
}

func TestConsolePage(t *testing.T) {
	s := newStand(t, sqlite(t), func(o *Options) { o.Console = consoleFiles() })
	b := s.browser()
	nonces := map[string]bool{}
	for _, path := range []string{"/", "/index.html", "/groups/7", "/setup?token=x", "/a/../b"} {
		r := b.do("GET", path, nil).want(http.StatusOK)
		policy := r.Header.Get("Content-Security-Policy")
		m := regexp.MustCompile(`style-src-elem 'self' 'nonce-([^']{20,})'; style-src-attr 'unsafe-inline'`).FindStringSubmatch(policy)
		if m == nil {
			t.Fatalf("%s: policy %s", path, policy)
		}
		for _, part := range []string{"script-src 'self';", "connect-src 'self';", "img-src 'self' data: blob:;", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: policy lacks %s", path, part)
			}
		}
		if strings.Count(string(r.Body), m[1]) != 2 || strings.Contains(string(r.Body), "__NONCE__") {
			t.Errorf("%s: the page has another nonce: %s", path, r.Body)
		}
		if nonces[m[1]] {
			t.Errorf("%s: a nonce came twice", path)
		}
		nonces[m[1]] = true
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	b.do("POST", "/groups/7", nil).problem(http.StatusMethodNotAllowed, "method_not_allowed")
	if r := b.do("HEAD", "/", nil).want(http.StatusOK); len(r.Body) != 0 {
		t.Error("HEAD has a body")
	}
}

func TestConsoleFiles(t *testing.T) {
	s := newStand(t, sqlite(t), func(o *Options) { o.Console = consoleFiles() })
	b := s.browser()
	for _, c := range []struct{ path, accept, body, encoding string }{
		{"/assets/app-1a2b.js", "gzip, deflate, br", "brotli", "br"},
		{"/assets/app-1a2b.js", "gzip", "gzip", "gzip"},
		{"/assets/app-1a2b.js", "br;q=0, gzip;q=0.5", "gzip", "gzip"},
		{"/assets/app-1a2b.js", "identity", "plain", ""},
		{"/assets/app-3c4d.css", "br", "body{}", ""},
		{"/assets/big-5e6f.js", "br", "brotli", "br"},
		{"/assets/big-5e6f.js", "identity", "big and plain", ""},
	} {
		r := b.do("GET", c.path, nil, "Accept-Encoding", c.accept).want(http.StatusOK)
		if string(r.Body) != c.body || r.Header.Get("Content-Encoding") != c.encoding {
			t.Errorf("%s for %q: %q as %q", c.path, c.accept, r.Body, r.Header.Get("Content-Encoding"))
		}
		if got := r.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %s", c.path, got)
		}
		if strings.HasSuffix(c.path, ".js") && (r.Header.Get("Vary") != "Accept-Encoding" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/javascript")) {
			t.Errorf("%s: %v", c.path, r.Header)
		}
	}
	if got := b.do("GET", "/favicon.svg", nil).want(http.StatusOK).Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("a file without a hash in its name: %s", got)
	}
	b.do("GET", "/assets/gone.js", nil).problem(http.StatusNotFound, "not_found")
	if r := b.do("GET", "/assets", nil).want(http.StatusOK); !strings.Contains(string(r.Body), "<html>") {
		t.Errorf("a folder shows %s", r.Body)
	}
	if r := b.do("GET", "/..%2f..%2fetc%2fpasswd", nil); strings.Contains(string(r.Body), "root:") {
		t.Error("a file outside was served")
	}
}

func TestWithoutConsole(t *testing.T) {
	b := newStand(t, sqlite(t)).browser()
	if r := b.do("GET", "/groups", nil).want(http.StatusOK); !strings.Contains(string(r.Body), "/docs") {
		t.Errorf("%s", r.Body)
	}
}

func TestAccepts(t *testing.T) {
	for header, want := range map[string]bool{
		"br": true, "gzip, br": true, "BR": true, "br;q=1.0": true, "br; q=0.1": true,
		"": false, "gzip": false, "br;q=0": false, "br;q=0.000": false, "br;q=x": false, "xbr": false,
	} {
		if got := accepts(header, "br"); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

func TestDocs(t *testing.T) {
	b := newStand(t, sqlite(t)).browser()
	page := b.do("GET", "/docs", nil).want(http.StatusOK)
	if p := page.Header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; script-src 'self'") {
		t.Error(p)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(page.Body), -1) {
		if !strings.HasPrefix(m[1], "/") || strings.HasPrefix(m[1], "//") {
			t.Errorf("the page loads %s", m[1])
		}
		b.do("GET", m[1], nil).want(http.StatusOK)
	}
	want, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if got := b.do("GET", "/openapi.json", nil).want(http.StatusOK); string(got.Body) != string(want) {
		t.Error("the document that is served is another")
	}
	if strings.Contains(string(want), "$schema") {
		t.Error("the document has $schema links")
	}
}
