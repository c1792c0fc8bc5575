package api

import (
	"io"
	"net/http"
	"strings"
)

// verifying answers for the files at the root of the domain by which WeCom and WeChat
// see that it is ours, and leaves every other path to next. The permission is public:
// the platform does not sign in, and such a file says nothing but its own name.
func (s *Server) verifying(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := strings.CutPrefix(r.URL.Path, "/")
		asks := strings.HasPrefix(name, "WW_verify_") || strings.HasPrefix(name, "MP_verify_")
		if !asks || r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		content, ok := s.needs.Entrance.VerificationFile(name)
		if !ok {
			newProblem(http.StatusNotFound, "no connection has a file of that name", "hand it in on the connection's page").write(w)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, content)
	})
}
