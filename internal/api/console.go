package api

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// noConsole is what a binary without a console shows.
const noConsole = `<!doctype html><meta charset="utf-8"><title>Qunying 群英</title>
<p>This binary was built without the console. The API is described at <a href="/docs">/docs</a>.</p>
<p>此程序未包含控制台。接口文档见 <a href="/docs">/docs</a>。</p>
`

const assets = "assets/" // files with a hash in their name

// types are those that a machine without a table of types must know too.
var types = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8",
	".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
	".woff2": "font/woff2", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
}

// encodings are the precompressed forms, the best first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// console serves the operators' console: its files as they are, and index.html
// for every other path, because the console has routes of its own.
func (s *Server) console() http.Handler {
	files := s.options.Console
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			newProblem(http.StatusMethodNotAllowed, r.Method+" is not possible here", "the API is below "+root).write(w)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if files == nil {
			s.page(w, r, []byte(noConsole))
			return
		}
		if name != "" && name != "index.html" {
			served, err := serveFile(w, r, files, name)
			if err != nil {
				s.problem(r.Context(), err).write(w)
				return
			}
			if served {
				return
			}
			if strings.HasPrefix(name, assets) { // of another build: a page in its place would only confuse
				newProblem(http.StatusNotFound, "there is no such file", "reload the page").write(w)
				return
			}
		}
		index, err := fs.ReadFile(files, "index.html")
		if err != nil {
			s.problem(r.Context(), err).write(w)
			return
		}
		s.page(w, r, index)
	})
}

// page sends HTML with a nonce of its own for the styles that it makes.
func (s *Server) page(w http.ResponseWriter, r *http.Request, html []byte) {
	b := make([]byte, 18)
	rand.Read(b) // never fails
	nonce := base64.StdEncoding.EncodeToString(b)
	html = bytes.ReplaceAll(html, []byte(s.options.Nonce), []byte(nonce))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'self'", "script-src 'self'", "connect-src 'self'", "img-src 'self' data: blob:",
		"style-src-elem 'self' 'nonce-" + nonce + "'", "style-src-attr 'unsafe-inline'",
		"object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
	}, "; "))
	h.Set("Content-Length", strconv.Itoa(len(html)))
	if r.Method != http.MethodHead {
		w.Write(html)
	}
}

// serveFile sends a file, in the best form that there is of it and that the client
// reads, and says whether there is one.
func serveFile(w http.ResponseWriter, r *http.Request, files fs.FS, name string) (bool, error) {
	if !fs.ValidPath(name) {
		return false, nil
	}
	form, encoding, varies := chooseForm(files, name, r.Header.Get("Accept-Encoding"))
	content, err := readForm(files, name, form)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h := w.Header()
	ext := path.Ext(name)
	h.Set("Content-Type", cmp.Or(types[ext], mime.TypeByExtension(ext), "application/octet-stream"))
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, assets) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if varies {
		h.Set("Vary", "Accept-Encoding")
	}
	if encoding != "" { // http.ServeContent would answer ranges of the compressed bytes
		h.Set("Content-Encoding", encoding)
		h.Set("Content-Length", strconv.Itoa(len(content)))
		if r.Method != http.MethodHead {
			io.Copy(w, bytes.NewReader(content)) // the client has gone if this fails
		}
		return true, nil
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	return true, nil
}

// chooseForm picks the file to send for name, and says whether there was a choice.
func chooseForm(files fs.FS, name, accept string) (form, encoding string, varies bool) {
	form = name
	for _, e := range encodings {
		if _, err := fs.Stat(files, name+e.suffix); err != nil {
			continue
		}
		varies = true
		if encoding == "" && accepts(accept, e.name) {
			form, encoding = name+e.suffix, e.name
		}
	}
	return form, encoding, varies
}

// readForm reads the form of a file that was chosen. Of what compresses well only
// compressed forms are kept: for a client that reads none, one is unpacked. A
// folder is as if it did not exist.
func readForm(files fs.FS, name, form string) ([]byte, error) {
	if info, err := fs.Stat(files, form); err == nil && info.IsDir() {
		return nil, fs.ErrNotExist
	}
	content, err := fs.ReadFile(files, form)
	if form != name || !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	packed, err := files.Open(name + ".gz")
	if err != nil {
		return nil, err
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z) // a file of our own build
}

// accepts reads Accept-Encoding: an encoding that is named, and not with q=0.
func accepts(header, encoding string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(part string) bool {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			return false
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !ok {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err == nil && v > 0
	})
}
