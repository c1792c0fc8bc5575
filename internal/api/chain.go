package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"qunying/community"
)

// request is what is known of a request besides what it asks for.
type request struct {
	id      string // in the answer's X-Request-Id and in the log
	from    netip.Addr
	secure  bool // came over TLS
	proxied bool
	agent   string
	staff   community.StaffID // set once known
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

func requestID(ctx context.Context) string { return requestOf(ctx).id }

// chain is what every request passes, from the outside in: it is named, logged
// and counted; a panic becomes a problem; the host is checked; headers for the
// browser are set; requests of other sites that would change something are refused.
func (s *Server) chain(h http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		newProblem(http.StatusForbidden, "the request comes from another site", "use the console, or a client that is not a browser page").write(w)
	}))
	return s.named(s.recovering(s.hostChecked(securityHeaders(s.limited(origin.Handler(h))))))
}

// answerWriter remembers what was answered.
type answerWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// named gives the request its ID, and writes the one log line of it. The line
// has the route, not the address: that may hold a token.
func (s *Server) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		in := s.requestFrom(r)
		ctx := context.WithValue(r.Context(), requestKey{}, in)
		w.Header().Set("X-Request-Id", in.id)
		aw := &answerWriter{ResponseWriter: w}
		r = r.WithContext(ctx)
		defer func() { s.note(r, in, aw, time.Since(began)) }() // of an answer that broke off, too
		next.ServeHTTP(aw, r)
	})
}

// note logs and counts an answer.
func (s *Server) note(r *http.Request, in *request, w *answerWriter, took time.Duration) {
	_, route := s.mux.Handler(r)
	status := cmp.Or(w.status, http.StatusOK)
	s.measures.answered(r.Method, route, status, took)
	level := slog.LevelInfo
	switch {
	case status == http.StatusInternalServerError:
		level = slog.LevelError
	case status > http.StatusInternalServerError:
		level = slog.LevelWarn
	}
	s.log.LogAttrs(r.Context(), level, "request",
		slog.String("request_id", in.id), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", status), slog.Int64("bytes", w.bytes), slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.Int64("staff", int64(in.staff)), slog.String("address", in.from.String()))
}

// requestFrom reads who is at the other end. What a proxy forwards is believed
// of trusted networks only: the last address that is not such a proxy counts.
func (s *Server) requestFrom(r *http.Request) *request {
	in := &request{id: rand.Text(), agent: r.UserAgent(), secure: r.TLS != nil}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		in.from, _ = netip.ParseAddr(host) // not an address: a socket, nobody in particular
	}
	in.from = in.from.Unmap().WithZone("")
	forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	in.proxied = forwarded != "" || r.Header.Get("Forwarded") != ""
	if !s.trusted(in.from) {
		return in
	}
	if proto := r.Header.Get("X-Forwarded-Proto"); proto != "" {
		in.secure = proto == "https"
	}
	for _, hop := range slices.Backward(strings.Split(forwarded, ",")) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		in.from = addr.Unmap().WithZone("")
		if !s.trusted(in.from) {
			break
		}
	}
	return in
}

func (s *Server) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(s.options.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

func (s *Server) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.log.LogAttrs(r.Context(), slog.LevelError, "panic while answering",
				slog.String("request_id", requestID(r.Context())), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			if w.(*answerWriter).status != 0 { // half an answer is out: let the client see that it broke off
				panic(http.ErrAbortHandler)
			}
			problem := newProblem(http.StatusInternalServerError, "something went wrong on our side", "try again; if it stays, look for the request ID in the log")
			problem.RequestID = requestID(r.Context())
			problem.write(w)
		}()
		next.ServeHTTP(w, r)
	})
}

// hostChecked refuses names that nobody gave this server: a page elsewhere could
// otherwise point a name of its own at our address (DNS rebinding).
func (s *Server) hostChecked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hostAllowed(r.Host) {
			newProblem(http.StatusMisdirectedRequest, "this server is not known by that name", "add the name to the allowed hosts in the configuration").write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) hostAllowed(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" {
		return true
	}
	return slices.ContainsFunc(s.options.Hosts, func(h string) bool { return h == "*" || strings.EqualFold(h, host) })
}

// securityHeaders are those of every answer; pages replace the policy.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // the setup link holds a token
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// limited bounds every body by the largest that any operation takes; operations
// bound their own further.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > s.maxUpload {
			s.problem(r.Context(), &http.MaxBytesError{Limit: s.maxUpload}).write(w)
			return
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, s.maxUpload)
		}
		next.ServeHTTP(w, r)
	})
}
