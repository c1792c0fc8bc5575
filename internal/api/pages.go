package api

import (
	"context"
	"crypto/subtle"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"qunying/internal/store"
)

//go:embed docs/index.html docs/docs.js docs/docs.css
var docsFiles embed.FS

const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pages registers what is not an operation of the API: its description, the
// probes, the metrics and the console.
func (s *Server) pages() error {
	document, err := s.document()
	if err != nil {
		return err
	}
	s.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json;version=3.1")
		w.Write(document)
	})
	for path, file := range map[string][2]string{
		"/docs":          {"index.html", "text/html; charset=utf-8"},
		"/docs/docs.js":  {"docs.js", "text/javascript; charset=utf-8"},
		"/docs/docs.css": {"docs.css", "text/css; charset=utf-8"},
	} {
		content, err := docsFiles.ReadFile("docs/" + file[0])
		if err != nil {
			return err
		}
		s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", file[1])
			w.Header().Set("Content-Security-Policy", docsPolicy)
			w.Write(content)
		})
	}
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	s.mux.HandleFunc("GET /readyz", s.ready)
	s.mux.HandleFunc("GET /metrics", s.metricsPage(promhttp.HandlerFor(s.options.Metrics, promhttp.HandlerOpts{})))
	s.mux.HandleFunc(hooks+"{community}/{connection}/", s.hook)
	s.mux.HandleFunc("GET "+enterPath+"{community}/{connection}", s.enter)
	s.mux.HandleFunc("GET "+enterPath+"{community}/{connection}/back", s.entered)
	s.mux.HandleFunc("GET "+memberPath, s.memberPage)
	s.mux.HandleFunc("/api/", s.noSuchOperation)
	s.mux.Handle("/", s.verifying(s.console()))
	return nil
}

// ready says whether requests should be sent here: not while shutting down, nor
// while the database does not answer.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	why := ""
	if s.draining.Load() {
		why = "shutting down"
	}
	if why == "" {
		err := s.db.Read(ctx, func(q store.Querier) error {
			var one int
			return q.QueryRowContext(ctx, "SELECT 1").Scan(&one)
		})
		if err == nil && s.options.Ready != nil {
			err = s.options.Ready(ctx)
		}
		if err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.Any("error", err))
			why = "not ready: the log says why"
		}
	}
	if why != "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, why)
		return
	}
	fmt.Fprintln(w, "ready")
}

// metricsPage is for loopback without a proxy in between, or for who has the token.
func (s *Server) metricsPage(next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := requestOf(r.Context())
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token := s.options.MetricsToken
		switch {
		case in.from.IsLoopback() && !in.proxied:
		case token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1:
		default:
			newProblem(http.StatusForbidden, "metrics are for this machine only", "ask from the machine itself, or with the metrics token").write(w)
			return
		}
		next.ServeHTTP(w, r)
	}
}

// noSuchOperation answers what no operation answers below /api/.
func (s *Server) noSuchOperation(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{get, post, put, patch, del} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "/api/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 && !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		newProblem(http.StatusMethodNotAllowed, r.Method+" is not possible here", "allowed: "+strings.Join(allowed, ", ")).write(w)
		return
	}
	newProblem(http.StatusNotFound, "there is no such operation", "/docs lists them").write(w)
}
