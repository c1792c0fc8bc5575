package satori

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
)

// watch keeps an eye on a gateway that calls us, until ctx ends: it is asked from
// time to time whether it is there. ServeHTTP takes what it sends.
func (r *run) watch(ctx context.Context) error {
	r.run.Store(r)
	defer func() {
		r.run.Store(nil)
		r.hook.Lock()   // an event that is being taken
		r.hook.Unlock() //nolint:staticcheck // waiting is all
	}()
	soon := wire.Pause{Most: r.dead}
	for {
		r.ask()
		l, err := r.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			missed := time.Time{}
			if r.stateIs(connector.Offline) || r.stateIs("") {
				missed = r.lastSure()
			}
			r.answered()
			err = r.loginIs(ctx, l, missed)
		} else {
			err = r.tell(ctx, connector.Offline, r.lastSure(), because(err))
		}
		var refused refusal
		if errors.As(err, &refused) {
			return refused.error
		}
		pause := soon.Next()
		if r.stateIs(connector.Online) {
			soon.Reset()
			pause = r.dead
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func (r *run) stateIs(s connector.State) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state == s
}

// look asks the gateway for our login: by its list of logins or, from older
// gateways, which have none, by the login itself.
func (a *account) look(ctx context.Context) (login, error) {
	var all struct {
		Logins []login `json:"logins"`
	}
	err := certain(a.call(ctx, meta, params{}, &all))
	if err == nil {
		return a.meet(all.Logins)
	}
	if c := community.CodeOf(err); c != community.Unsupported && c != community.NotFound {
		return login{}, err
	}
	if a.login().User.ID == "" {
		return login{}, community.Errorf(community.Invalid, "this gateway does not list its logins").WithHint("enter platform and self_id")
	}
	var l login
	if err := certain(a.call(ctx, loginGet, params{}, &l)); err != nil {
		return login{}, err
	}
	if l.Platform == "" {
		l.Platform = a.login().Platform
	}
	return a.meet([]login{l})
}

// ServeHTTP takes an event of a gateway that calls us. It is answered once the
// event is on disk, with 503 where it is not: whether the gateway tries again is
// its own affair.
func (a *account) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	token, ok := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer ")
	if ok = ok && subtle.ConstantTimeCompare([]byte(token), []byte(a.config.HookToken)) == 1; ok {
		a.called.Store(true)
	}
	r := a.run.Load()
	switch {
	case a.config.Mode != modeHook:
		http.Error(w, "this account does not take events by webhook", http.StatusNotFound)
		return
	case q.Method != http.MethodPost:
		http.Error(w, "POST an event", http.StatusMethodNotAllowed)
		return
	case !ok:
		http.Error(w, "invalid token", http.StatusUnauthorized)
		return
	case r == nil:
		http.Error(w, "the account is not running", http.StatusServiceUnavailable)
		return
	}
	body, err := wire.ReadAll(http.MaxBytesReader(w, q.Body, mostFrame), mostFrame)
	if err != nil {
		http.Error(w, "the event is too long", http.StatusRequestEntityTooLarge)
		r.hookDamage(q.Context())
		return
	}
	if op := q.Header.Get("Satori-Opcode"); op != "" && op != strconv.Itoa(opEvent) { // older gateways send events only, without it
		w.WriteHeader(http.StatusOK)
		return
	}
	e, err := decodeEvent(body)
	if err != nil {
		http.Error(w, "not an event of Satori", http.StatusBadRequest)
		r.hookDamage(q.Context())
		return
	}
	if err := r.hooked(q.Context(), item{event: e}); err != nil {
		http.Error(w, "not stored: send it again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// hooked takes one event after the other, as long as both its request and Run go on.
func (r *run) hooked(ctx context.Context, x item) error {
	r.hook.Lock()
	defer r.hook.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	x.since = r.lastSure()
	if x.event != nil {
		r.hear(x.event.Timestamp.millis())
	}
	return r.take(ctx, []item{x})
}

func (r *run) hookDamage(ctx context.Context) {
	// What cannot be told now is told with the next look.
	_ = r.hooked(ctx, item{err: community.Errorf(community.Invalid, "the gateway sent an event that cannot be read")})
}
