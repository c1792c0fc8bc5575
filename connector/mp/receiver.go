package mp

import (
	"context"
	"hash/fnv"
	"io"
	"net/http"
	"time"

	"qunying/community"
	"qunying/connector/wire"
	"qunying/connector/wire/wxcrypt"
)

const (
	// patience is how long a call may take; the platform gives up after 5 s, tries
	// twice more, and then tells the person that the account is out of order.
	patience = 4500 * time.Millisecond
	// mostCall bounds the body of a call.
	mostCall = wxcrypt.MaxEnvelope + 4096
	mostEcho = 1024
)

// ServeHTTP takes the platform's calls: a trial of the address (GET) and what
// happens (POST). It answers "success" once that is on disk, 401 to who cannot
// sign, 400 to what cannot be read, and 503 when it is to be tried again.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff") // what is echoed came with the call
	a.mu.Lock()
	emit, during := a.emit, a.during
	a.mu.Unlock()
	if emit == nil {
		http.Error(w, "not running", http.StatusServiceUnavailable)
		return
	}
	if wxcrypt.CheckPlain(a.secretToken, r.URL.Query()) != nil {
		http.Error(w, "bad signature", http.StatusUnauthorized)
		return
	}
	switch r.Method {
	case http.MethodGet:
		echo := r.URL.Query().Get("echostr")
		if echo == "" || len(echo) > mostEcho {
			http.Error(w, "no echostr", http.StatusBadRequest)
			return
		}
		a.kept()
		_, _ = io.WriteString(w, echo) // who hung up will try again
		return
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := wire.ReadAll(r.Body, mostCall)
	if err != nil {
		http.Error(w, "too long or cut", http.StatusRequestEntityTooLarge)
		return
	}
	if a.crypt != nil {
		if body, err = a.crypt.Open(r.URL.Query(), body); err != nil {
			status := http.StatusUnauthorized
			if community.CodeOf(err) == community.Invalid {
				status = http.StatusBadRequest
			}
			http.Error(w, "no envelope for this account", status)
			return
		}
	}
	c, err := parseCall(body)
	if err != nil {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(during, patience)
	defer cancel()
	turn := &a.order[person(c.From)]
	turn.Lock()
	err = wire.Store(ctx, emit, c.observe(body))
	turn.Unlock()
	if err != nil {
		a.lostSince(a.now())
		http.Error(w, "not stored", http.StatusServiceUnavailable)
		return
	}
	a.kept()
	_, _ = io.WriteString(w, "success")
}

// person chooses one of the locks.
func person(openID string) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, openID)
	return int(h.Sum32() % 64)
}
