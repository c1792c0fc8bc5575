package api

import (
	"context"
	"net/http"
	"strings"

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
func (s *Server) admit(needs Permission, op *huma.Operation) func(huma.Context, func(huma.Context)) {
	inCommunity := strings.Contains(op.Path, "{community}")
	return func(hc huma.Context, next func(huma.Context)) {
		c, err := s.callFor(hc, needs, inCommunity)
		if err == nil {
			err = s.lookAtPath(hc, c, op)
		}
		if err != nil {
			_, w := humago.Unwrap(hc)
			s.problem(hc.Context(), err).write(w)
			return
		}
		if c.limited() {
			hc = huma.WithValue(hc, withinKey{}, c.visitor.staff.Groups)
		}
		next(huma.WithValue(hc, callKey{}, c))
	}
}

func (s *Server) callFor(hc huma.Context, needs Permission, inCommunity bool) (call, error) {
	var c call
	ctx := hc.Context()
	var err error
	if needs != byLink { // a link lets its member in, whoever else is signed in here
		if c.visitor, err = s.visitorBy(ctx, hc); err != nil {
			return call{}, err
		}
	}
	requestOf(ctx).staff = c.visitor.staff.ID
	if !c.visitor.may(needs) {
		if c.visitor.staff.ID == 0 {
			return call{}, newProblem(http.StatusUnauthorized, "nobody is signed in", "sign in first")
		}
		if c.visitor.key != 0 {
			return call{}, community.Errorf(community.Forbidden, "this key may not do this").WithHint("it needs the scope " + string(needs) + ", and so does the role of whom it belongs to")
		}
		return call{}, community.Errorf(community.Forbidden, "your role may not do this").WithHint("ask an owner")
	}
	if inCommunity {
		c.community, err = s.communityOf(ctx, hc.Param("community"))
	}
	return c, err
}

// visitorBy finds who calls, by the session's cookie or by a key. A wrong key is
// told: a program would otherwise take itself for nobody.
func (s *Server) visitorBy(ctx context.Context, hc huma.Context) (visitor, error) {
	if key, ok := strings.CutPrefix(hc.Header("Authorization"), "Bearer "); ok {
		return s.visitorByKey(ctx, key)
	}
	token := ""
	if cookie, err := huma.ReadCookie(hc, cookieName); err == nil {
		token = cookie.Value
	}
	return s.visitorOf(ctx, token)
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
