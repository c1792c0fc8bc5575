package wechaty

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"qunying/community"
	"qunying/connector"
)

// errOffline is what acts fail with while there is no connection, and errOut
// while there is one but nobody is signed in.
var (
	errOffline = connector.Because(connector.NotLinked, community.Errorf(community.Unavailable, "the gateway is not connected"))
	errOut     = connector.Because("not_signed_in", community.Errorf(community.Unavailable, "the account is not signed in to WeChat").WithHint("scan the code with the account's telephone"))
	errTaken   = connector.Because("conflict", community.Errorf(community.Conflict, "another program is listening to this gateway").
			WithHint("a gateway allows one listener: stop the other bot, or run a gateway for each"))
	errToken = connector.Because("refused", community.Errorf(community.Forbidden, "the gateway does not accept the token").WithHint("write the token that the gateway was started with"))
	errQuiet = community.Errorf(community.Unavailable, "the gateway gives no sign of life")
	errReset = community.Errorf(community.Unavailable, "the gateway starts anew")
)

// mostDetail bounds what is repeated of a gateway's words, in bytes.
const mostDetail = 300

// failure turns what a call failed with into an error of ours. acted is the
// call's fate where it was to change something, else nil: from the time that such
// a request leaves until the gateway answers nobody knows what became of it.
func (g gateway) failure(err error, acted *fate) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		s = status.FromContextError(err)
	}
	out := g.translate(s)
	if acted == nil || !acted.left.Load() {
		return out
	}
	late := s.Code() == codes.DeadlineExceeded || strings.Contains(strings.ToLower(s.Message()), "timeout")
	if acted.answered.Load() && !late {
		return out
	}
	return &connector.Uncertain{Err: &community.Error{Code: community.Unavailable, Text: "the gateway did not say whether it was done", Err: errors.New(g.words(s.Message()))}}
}

func (g gateway) translate(s *status.Status) error {
	said := g.words(s.Message())
	lower := strings.ToLower(said)
	of := func(reason string, code community.Code, text string) error {
		return connector.Because(reason, connector.Quoting(said, &community.Error{Code: code, Text: text, Err: errors.New(said)}))
	}
	switch s.Code() {
	case codes.Unauthenticated: // its words hold the token
		return errToken
	case codes.AlreadyExists:
		return errTaken
	case codes.Unavailable:
		return of("unavailable", community.Unavailable, "the gateway cannot be reached")
	case codes.DeadlineExceeded, codes.Canceled:
		return of("no_answer", community.Unavailable, "the gateway did not answer in time")
	case codes.ResourceExhausted:
		return of(connector.Busy, community.Unavailable, "the gateway has too much to do")
	case codes.PermissionDenied:
		return of(connector.Declined, community.Forbidden, "the gateway does not allow it")
	case codes.Unimplemented:
		return of(connector.NotOffered, community.Unsupported, "this gateway cannot do it")
	case codes.InvalidArgument, codes.OutOfRange:
		return of(connector.Declined, community.Invalid, "the gateway does not take it")
	case codes.NotFound:
		return of("unknown_there", community.NotFound, "the gateway does not know it")
	}
	switch {
	case strings.Contains(lower, "set twice"), strings.Contains(lower, "call twice"):
		return errTaken
	case strings.Contains(lower, "not logged in"), strings.Contains(lower, "not login"), strings.Contains(lower, "logged out"):
		return errOut
	case strings.Contains(lower, "not exist"), strings.Contains(lower, "not found"), strings.Contains(lower, "no payload"):
		return of("unknown_there", community.NotFound, "the gateway does not know it")
	case strings.Contains(lower, "unsupported"), strings.Contains(lower, "not support"), strings.Contains(lower, "not implement"):
		return of(connector.NotOffered, community.Unsupported, "this gateway cannot do it")
	}
	return of(connector.Declined, community.Conflict, "the gateway could not do it")
}

// words are a gateway's own words, short and without the token.
func (g gateway) words(s string) string {
	return cut(strings.ReplaceAll(s, g.token, "…"), mostDetail)
}

// ended says that an error is only the end of ctx.
func ended(ctx context.Context) bool { return ctx.Err() != nil }

// cut shortens a text to at most n bytes of whole characters.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}
