// Package api answers the REST API, serves the console and streams what became
// stale. Every operation is declared in routes.go with the permission that it
// requires; what the handlers need from the rest is declared in needs.go.
package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"qunying/internal/store"
)

const (
	smallBody  = 1 << 20 // bytes of an ordinary JSON body
	rosterBody = 8 << 20 // bytes of a member list

	lexiconBody = 16 << 20 // bytes of a word list
	mostUpload  = 4 << 30  // bytes of a file, unless Options say otherwise
)

// Options are what a server is made of.
type Options struct {
	DB      *store.DB
	Needs   Needs
	Log     *slog.Logger         // nil: the default one
	Metrics *prometheus.Registry // nil: one of its own
	Sealer  Sealer               // keeps second factors; nil: nobody can have one
	Console fs.FS                // the built console; nil: a page that says there is none
	Member  fs.FS                // the built members' page; nil: there is none
	Nonce   string               // what index.html holds in place of the nonce; "": __NONCE__
	Version string
	Demo    bool

	// Hosts are the names under which the server may be called, without port.
	// Addresses and localhost always work; "*" allows any name.
	Hosts []string
	// Proxies are the networks of reverse proxies whose X-Forwarded-… is believed.
	Proxies []netip.Prefix
	// MetricsToken opens /metrics to others than loopback; "": to nobody else.
	MetricsToken string
	MaxUpload    int64                       // bytes; 0: 4 GiB
	Ready        func(context.Context) error // more than the database; may be nil
	Now          func() time.Time            // nil: time.Now
}

// Server answers the API and serves the console.
type Server struct {
	options  Options
	db       *store.DB
	needs    Needs
	log      *slog.Logger
	now      func() time.Time
	huma     huma.API
	mux      *http.ServeMux
	handler  http.Handler
	throttle *throttle
	links    *throttle // of who tries links that are none
	hashing  hashing
	measures *measures

	nobodysPassword string // what a name that does not exist is checked against
	maxUpload       int64
	beat            time.Duration // between signs of life on an event stream
	rest            time.Duration // between events on one
	draining        atomic.Bool
	stop            chan struct{} // closed when streams must end
	end             sync.Once     // closes it
}

// New makes a server. It fails when a need is missing.
func New(o Options) (*Server, error) {
	needs := reflect.ValueOf(o.Needs)
	for i := range needs.NumField() {
		if needs.Field(i).IsNil() {
			return nil, fmt.Errorf("api: Needs.%s is missing", needs.Type().Field(i).Name)
		}
	}
	if o.DB == nil {
		return nil, errors.New("api: Options.DB is missing")
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Nonce = cmp.Or(o.Nonce, "__NONCE__")
	s := &Server{
		options: o, db: o.DB, needs: o.Needs, log: cmp.Or(o.Log, slog.Default()), now: o.Now,
		mux: http.NewServeMux(), throttle: newThrottle(), links: newThrottle(), hashing: make(hashing, max(2, runtime.NumCPU())),
		nobodysPassword: nobodysPassword(), maxUpload: cmp.Or(o.MaxUpload, mostUpload), beat: 15 * time.Second, rest: 250 * time.Millisecond,
		stop: make(chan struct{}),
	}
	var err error
	if s.measures, err = newMeasures(o.Metrics); err != nil {
		return nil, err
	}
	s.huma = newHuma(s.mux)
	s.routes()
	if err := s.pages(); err != nil {
		return nil, err
	}
	s.handler = s.chain(s.mux)
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

const (
	readTime     = 60 * time.Second // of a whole request; uploads and streams set their own
	writeTime    = 60 * time.Second
	shutdownTime = 10 * time.Second
)

// Serve answers on ln until ctx ends; then it says that it is not ready, ends
// the event streams, lets requests finish for ten seconds and closes the rest.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	hs := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	s.end.Do(func() { close(s.stop) })
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := hs.Shutdown(end); err != nil {
		return errors.Join(err, hs.Close())
	}
	return nil
}
