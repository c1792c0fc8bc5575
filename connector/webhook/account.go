package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"qunying/community"
	"qunying/connector"
	"qunying/connector/wire"
	"qunying/connector/wire/signed"
)

// account is one sender of events, which may also carry out actions.
type account struct {
	now    func() time.Time
	set    settings
	client *http.Client

	running sync.Mutex    // held by the one Run
	turn    chan struct{} // held by the one batch that is being stored
	waiting chan struct{} // a token for each signed batch that is here
	heard   atomic.Bool   // something signed has come

	mu   sync.Mutex
	emit connector.Emit  // nil while Run does not run
	run  context.Context // ends with Run, and with it what ServeHTTP is doing
}

var (
	_ connector.Connector = (*account)(nil)
	_ connector.Receiver  = (*account)(nil)
	_ connector.Prober    = (*account)(nil)
	_ connector.Recaller  = (*account)(nil)
	_ connector.Muter     = (*account)(nil)
	_ connector.Remover   = (*account)(nil)
	_ connector.Announcer = (*account)(nil)
	_ connector.Renamer   = (*account)(nil)
	_ connector.Inviter   = (*account)(nil)
	_ connector.Approver  = (*account)(nil)
	_ connector.Roster    = (*account)(nil)
	_ connector.Lister    = (*account)(nil)
)

// mostWaiting is how many batches may wait to be stored; the next is to come later.
const mostWaiting = 16

// Run lets ServeHTTP take events until ctx ends. Nothing is missed while it does
// not: senders keep what was not accepted.
func (a *account) Run(ctx context.Context, emit connector.Emit) error {
	a.running.Lock()
	defer a.running.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := wire.Store(ctx, emit, connector.Changed(connector.Online, a.now(), time.Time{}, nil)); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	a.open(emit, ctx)
	<-ctx.Done()
	a.open(nil, nil)
	a.turn <- struct{}{} // a batch that is being stored
	<-a.turn
	return nil
}

func (a *account) open(emit connector.Emit, run context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.emit, a.run = emit, run
}

// ServeHTTP takes a batch of events and answers when it is stored.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, community.Errorf(community.Invalid, "events are posted"), nil)
		return
	}
	body, err := wire.ReadAll(http.MaxBytesReader(w, r.Body, mostBody+1), mostBody)
	var long *http.MaxBytesError
	switch {
	case errors.Is(err, wire.ErrTooLong), errors.As(err, &long):
		refuse(w, http.StatusRequestEntityTooLarge, community.Errorf(community.Invalid, "the body is longer than a mebibyte"), nil)
		return
	case err != nil:
		refuse(w, http.StatusBadRequest, community.Errorf(community.Invalid, "the body did not come to its end"), nil)
		return
	}
	if err := signed.Verify(r.Header, body, a.now(), a.set.Secret); err != nil {
		refuse(w, http.StatusUnauthorized, err, nil)
		return
	}
	a.heard.Store(true)
	select {
	case a.waiting <- struct{}{}:
		defer func() { <-a.waiting }()
	default:
		later(w, http.StatusTooManyRequests, community.Errorf(community.Unavailable, "%d batches are being taken already", mostWaiting))
		return
	}
	o, bad, err := read(body)
	switch {
	case errors.Is(err, errTooMany):
		refuse(w, http.StatusRequestEntityTooLarge, err, nil)
	case err != nil:
		refuse(w, http.StatusBadRequest, err, nil)
	case len(bad) > 0:
		refuse(w, http.StatusBadRequest, community.Errorf(community.Invalid, "some events are not as they should be, so none was stored"), bad)
	default:
		a.take(w, r, o)
	}
}

// take stores a batch, after those that came before it.
func (a *account) take(w http.ResponseWriter, r *http.Request, o []connector.Observation) {
	ctx := r.Context()
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return
	}
	a.mu.Lock()
	emit, run := a.emit, a.run
	a.mu.Unlock()
	if emit == nil {
		later(w, http.StatusServiceUnavailable, community.Errorf(community.Unavailable, "the account is not running"))
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(run, cancel)()
	if len(o) > 0 {
		if err := emit(ctx, o...); err != nil {
			later(w, http.StatusServiceUnavailable, community.Errorf(community.Unavailable, "the events could not be stored"))
			return
		}
	}
	answer(w, http.StatusOK, map[string]int{"accepted": len(o)})
}

// problem is the body of a refusal.
type problem struct {
	Code   community.Code `json:"code"`
	Text   string         `json:"text"`
	Hint   string         `json:"hint,omitempty"`
	Errors []wrong        `json:"errors,omitempty"`
}

func refuse(w http.ResponseWriter, status int, err error, bad []wrong) {
	p := problem{Code: community.CodeOf(err), Text: err.Error(), Errors: bad}
	var e *community.Error
	if errors.As(err, &e) {
		p.Text, p.Hint = e.Text, e.Hint
	}
	answer(w, status, p)
}

// later refuses for now.
func later(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Retry-After", strconv.Itoa(1))
	refuse(w, status, err, nil)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who does not read it cannot be told so
}
