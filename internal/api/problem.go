package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"qunying/community"
)

// Problem is an RFC 9457 problem. Type is a stable slug that programs may switch
// on; detail and hint are for people.
type Problem struct {
	Type      string         `json:"type" enum:"invalid,not_found,conflict,forbidden,unsupported,unavailable,internal,unauthorized,throttled,too_large,method_not_allowed,misdirected,second_factor,bad_request,client_error" doc:"stable"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"what happened"`
	Hint      string         `json:"hint" doc:"what to do about it"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"which parts of the request are wrong"`
	Platform  int            `json:"platform_code,omitempty" doc:"what the chat platform answered instead, by its own number"`
	RequestID string         `json:"request_id,omitempty" doc:"names the request in the server's log"`

	retryAfter time.Duration
}

// ProblemField is one part of a request that is wrong.
type ProblemField struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty" doc:"such as body.text or query.limit"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with it.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		seconds := int64((p.retryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Session realm="qunying"`)
	}
	return h
}

// ContentType is that of a problem.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func (p *Problem) write(w http.ResponseWriter) {
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // the client has gone if this fails
}

// statusOf is the one table from error codes to HTTP.
var statusOf = map[community.Code]int{
	community.Invalid:     http.StatusUnprocessableEntity,
	community.NotFound:    http.StatusNotFound,
	community.Conflict:    http.StatusConflict,
	community.Forbidden:   http.StatusForbidden,
	community.Unsupported: http.StatusNotImplemented,
	community.Unavailable: http.StatusServiceUnavailable,
	community.Internal:    http.StatusInternalServerError,
}

// slugOf names what has no error code of its own.
var slugOf = map[int]string{
	http.StatusBadRequest:            "bad_request",
	http.StatusUnauthorized:          "unauthorized",
	http.StatusForbidden:             string(community.Forbidden),
	http.StatusNotFound:              string(community.NotFound),
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusMisdirectedRequest:    "misdirected",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnprocessableEntity:   string(community.Invalid),
	http.StatusTooManyRequests:       "throttled",
}

// hintOf says what to do about a problem of which nobody knew anything better.
var hintOf = map[string]string{
	string(community.Invalid):     "correct what is said and send it again; /docs tells what is expected",
	string(community.NotFound):    "it may have been removed, or the address is wrong: look it up in its list",
	string(community.Conflict):    "somebody was faster: read what is there now, and decide again",
	string(community.Forbidden):   "ask an owner: roles and what they may do are on the team's page",
	string(community.Unsupported): "the platform or the format cannot do this: do it by hand, or in another way",
	string(community.Unavailable): "try again in a moment",
	string(community.Internal):    "try again; if it stays, look for the request ID in the log",
	"unauthorized":                "sign in, or send a key that is valid",
	"throttled":                   "wait a while and try again",
	"too_large":                   "send less at once",
	"bad_request":                 "see /docs for what is expected",
	"client_error":                "see /docs for what is expected",
	"method_not_allowed":          "see /docs for what is possible here",
	"misdirected":                 "call the server by a name that it knows",
}

// retryUnavailable is when to ask again for what is not there just now.
const retryUnavailable = 2 * time.Second

func newProblem(status int, detail, hint string) *Problem {
	slug := slugOf[status]
	if slug == "" {
		slug = "client_error"
		if status >= 500 {
			slug = string(community.Internal)
		}
	}
	return &Problem{Type: slug, Title: http.StatusText(status), Status: status, Detail: cmp.Or(detail, http.StatusText(status)), Hint: cmp.Or(hint, hintOf[slug])}
}

func throttled(wait time.Duration) *Problem {
	p := newProblem(http.StatusTooManyRequests, "too many failed sign-ins",
		fmt.Sprintf("wait %s and try again", wait.Round(time.Second)))
	p.retryAfter = wait
	return p
}

// problem turns an error into what the caller may see of it. The cause of an
// internal error goes to the log only, under the ID that the answer carries.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	id := requestID(ctx)
	var p *Problem
	if errors.As(err, &p) {
		p.RequestID = id
		return p
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		p := newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit), "send a smaller one")
		p.RequestID = id
		return p
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = &community.Error{Code: community.Unavailable, Text: "the request was broken off", Err: err}
	}
	var e *community.Error
	if !errors.As(err, &e) {
		e = &community.Error{Code: community.Internal, Err: err}
	}
	status := cmp.Or(statusOf[e.Code], http.StatusInternalServerError)
	p = newProblem(status, e.Text, cmp.Or(e.Hint, hintOf[string(e.Code)]))
	p.Type = string(e.Code)
	p.RequestID = id
	var refused interface{ PlatformCode() int }
	if errors.As(err, &refused) {
		p.Platform = refused.PlatformCode()
	}
	switch e.Code {
	case community.Internal:
		s.log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("request_id", id), slog.Any("error", err))
		p.Detail, p.Hint = "something went wrong on our side", hintOf[string(community.Internal)]
	case community.Unavailable:
		s.log.LogAttrs(ctx, slog.LevelWarn, "request could not be served now", slog.String("request_id", id), slog.Any("error", err))
		p.retryAfter = retryUnavailable
	}
	return p
}

// useOurProblems makes huma answer our problems for what it finds wrong itself.
// Its hook is one variable for the whole process, so it is set once.
var useOurProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := newProblem(status, detail, "")
		if status == http.StatusUnprocessableEntity || status == http.StatusBadRequest {
			p.Hint = "see errors for the parts that are wrong, and /docs for what is expected"
		}
		if status >= 500 { // a handler's errors are problems already: this is huma's own
			p.Detail = "something went wrong on our side"
			return p
		}
		for _, err := range errs {
			if err == nil {
				continue
			}
			f := ProblemField{Message: err.Error()}
			if d, ok := err.(huma.ErrorDetailer); ok {
				f = ProblemField{Message: d.ErrorDetail().Message, Location: d.ErrorDetail().Location}
			}
			p.Errors = append(p.Errors, f)
		}
		return p
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, detail string, errs ...error) huma.StatusError {
		p := huma.NewError(status, detail, errs...).(*Problem)
		p.RequestID = requestID(ctx.Context())
		return p
	}
})
