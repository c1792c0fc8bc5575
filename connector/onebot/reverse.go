package onebot

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // the standard has nothing newer
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"qunying/connector/wire"
)

// mostPosted bounds an event that is posted to us.
const mostPosted = 4 << 20

// ServeHTTP takes the WebSocket that the implementation dials, or the events
// that it posts, whatever the path.
func (a *account) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	switch a.set.Mode {
	case reverse:
		if status := a.admits(q); status != 0 {
			http.Error(w, "the token is missing or wrong", status)
			return
		}
		a.accept(w, q)
	case overHTTP:
		a.take(w, q)
	default:
		http.NotFound(w, q)
	}
}

// admits is 0 for who brings our token.
func (a *account) admits(q *http.Request) int {
	token := q.URL.Query().Get("access_token")
	if h := q.Header.Get("Authorization"); h != "" {
		scheme, value, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Token") {
			return http.StatusUnauthorized
		}
		token = strings.TrimSpace(value)
	}
	if token == "" {
		return http.StatusUnauthorized
	}
	if !same(token, a.set.Token) {
		return http.StatusForbidden
	}
	return 0
}

// same compares secrets in a time that tells nothing of them.
func same(x, y string) bool {
	hx, hy := sha256.Sum256([]byte(x)), sha256.Sum256([]byte(y))
	return subtle.ConstantTimeCompare(hx[:], hy[:]) == 1
}

// accept upgrades to a WebSocket and stays until it ends.
func (a *account) accept(w http.ResponseWriter, q *http.Request) {
	a.mu.Lock()
	r := a.run
	a.mu.Unlock()
	if r == nil {
		http.Error(w, "the account is not running", http.StatusServiceUnavailable)
		return
	}
	var events, calls bool
	switch strings.ToLower(q.Header.Get("X-Client-Role")) {
	case "", "universal": // v12 has no roles
		events, calls = true, true
	case "event":
		events = true
	case "api":
		calls = true
	default:
		http.Error(w, "X-Client-Role is neither Universal, API nor Event", http.StatusBadRequest)
		return
	}
	if !a.meet(q.Header.Get("X-Self-ID")) {
		http.Error(w, "another account is connected here", http.StatusConflict)
		return
	}
	o := &websocket.AcceptOptions{InsecureSkipVerify: true} // the token admits, not cookies: any origin may come
	for _, p := range strings.Split(q.Header.Get("Sec-WebSocket-Protocol"), ",") {
		if p = strings.TrimSpace(p); strings.HasPrefix(p, "12.") && a.set.Version == "12" {
			o.Subprotocols = []string{p}
			break
		}
	}
	conn, err := websocket.Accept(w, q, o)
	if err != nil {
		return // it answered by itself
	}
	_ = a.use(r, newSocket(conn), events, calls) // health has told why it ended
}

// take stores an event that was posted, and acknowledges it then.
func (a *account) take(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "events are posted", http.StatusMethodNotAllowed)
		return
	}
	if a.set.Version == "12" {
		if status := a.admits(q); status != 0 {
			http.Error(w, "the token is missing or wrong", status)
			return
		}
	}
	body, err := wire.ReadAll(q.Body, mostPosted)
	if err != nil {
		status := http.StatusBadRequest
		if errors.Is(err, wire.ErrTooLong) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "the event cannot be read", status)
		return
	}
	if a.set.Version == "11" {
		if status := signed(q.Header.Get("X-Signature"), a.set.Secret, body); status != 0 {
			http.Error(w, "the signature is missing or wrong", status)
			return
		}
	}
	h, ok := readHead(body)
	if !ok || h.PostType == "" && h.Type == "" {
		http.Error(w, "that is no event", http.StatusBadRequest)
		return
	}
	if !a.stored(q.Context(), body, h) {
		http.Error(w, "not now: post it again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// stored hands an event over and waits until it is on disk.
func (a *account) stored(ctx context.Context, body []byte, h head) bool {
	a.mu.Lock()
	r := a.run
	a.mu.Unlock()
	if r == nil {
		return false
	}
	done := make(chan error, 1)
	if _, ok := a.hear(body, h, done); !ok {
		return false
	}
	select {
	case err := <-done:
		return err == nil
	case <-ctx.Done():
		return false
	case <-r.over: // it may have been the last
	}
	select {
	case err := <-done:
		return err == nil
	default:
		return false
	}
}

// signed is 0 where the header is the body's signature.
func signed(header, secret string, body []byte) int {
	if header == "" {
		return http.StatusUnauthorized
	}
	got, err := hex.DecodeString(strings.TrimPrefix(header, "sha1="))
	m := hmac.New(sha1.New, []byte(secret))
	m.Write(body)
	if err != nil || !hmac.Equal(got, m.Sum(nil)) {
		return http.StatusForbidden
	}
	return 0
}
