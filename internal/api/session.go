package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"qunying/community"
)

const cookieName = "qunying_session"

// staffMember is who is signed in.
type staffMember struct {
	ID   community.StaffID
	Name string
	Role string
}

// visitor is who calls; staff.ID is 0 when nobody is signed in.
type visitor struct{ staff staffMember }

type sessionOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SessionAnswer
}

type setupInput struct{ Body SetupInput }
type signInInput struct{ Body SignInInput }
type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *Server) session(context.Context, call, *nothing) (SessionAnswer, error) {
	return SessionAnswer{}, notYet()
}

func (s *Server) setUp(context.Context, call, *setupInput) (*sessionOutput, error) {
	return nil, notYet()
}

func (s *Server) signIn(context.Context, call, *signInInput) (*sessionOutput, error) {
	return nil, notYet()
}

func (s *Server) signOut(context.Context, call, *nothing) (*signedOut, error) { return nil, notYet() }

func notYet() error { return community.Errorf(community.Unsupported, "not built yet") }

func (s *Server) admit(Permission, bool) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) { next(ctx) }
}

func callOf(context.Context) call { return call{} }
