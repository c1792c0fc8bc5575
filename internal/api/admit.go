package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"qunying/community"
	"qunying/internal/store"
)

type callKey struct{}

// callOf is who calls; admit has put it there before any handler runs.
func callOf(ctx context.Context) call { return ctx.Value(callKey{}).(call) }

// admit lets a request pass whose visitor has the permission, and says why not
// otherwise, before anything of the request is read but its head.
func (s *Server) admit(needs Permission, inCommunity bool) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		c, err := s.callFor(hc, needs, inCommunity)
		if err != nil {
			_, w := humago.Unwrap(hc)
			s.problem(hc.Context(), err).write(w)
			return
		}
		next(huma.WithValue(hc, callKey{}, c))
	}
}

func (s *Server) callFor(hc huma.Context, needs Permission, inCommunity bool) (call, error) {
	var c call
	ctx := hc.Context()
	token := ""
	if cookie, err := huma.ReadCookie(hc, cookieName); err == nil {
		token = cookie.Value
	}
	var err error
	if c.visitor, err = s.visitorOf(ctx, token); err != nil {
		return call{}, err
	}
	requestOf(ctx).staff = c.visitor.staff.ID
	if !may(c.visitor.staff.Role, needs) {
		if c.visitor.staff.ID == 0 {
			return call{}, newProblem(http.StatusUnauthorized, "nobody is signed in", "sign in first")
		}
		return call{}, community.Errorf(community.Forbidden, "your role may not do this").WithHint("ask an owner")
	}
	if inCommunity {
		c.community, err = s.communityOf(ctx, hc.Param("community"))
	}
	return c, err
}

func (s *Server) communityOf(ctx context.Context, slug string) (community.Community, error) {
	var found community.Community
	err := s.db.Read(ctx, func(q store.Querier) error {
		list, err := store.Communities(ctx, q)
		if err != nil {
			return err
		}
		for _, c := range list {
			if c.Slug == slug {
				found = c
				return nil
			}
		}
		return community.Errorf(community.NotFound, "there is no community %q", slug)
	})
	return found, err
}
