package api

import (
	"context"
	"slices"

	"qunying/community"
)

// InWhose asks for the groups that somebody keeps (我的群), or for all.
type InWhose struct {
	Whose string `query:"whose" enum:"mine,all,auto" default:"all" doc:"mine: of groups whose keeper or backup the caller is; auto: mine where the caller keeps any, otherwise all"`
}

// WhoseView says whose groups an answer is about.
type WhoseView struct {
	Whose string `json:"whose" enum:"mine,all"`
	Kept  int    `json:"kept" doc:"groups whose keeper or backup the caller is"`
}

// whose settles whose groups are meant, and lists them where they are the caller's;
// nil: all.
func (s *Server) whose(ctx context.Context, c call, asked string) (v WhoseView, mine []community.GroupID, err error) {
	if mine, err = s.needs.Profiles.Kept(ctx, c.community.ID, c.visitor.staff.ID); err != nil {
		return v, nil, err
	}
	if within := Within(ctx); within != nil {
		mine = slices.DeleteFunc(mine, func(g community.GroupID) bool { return !slices.Contains(within, g) })
	}
	v = WhoseView{Whose: asked, Kept: len(mine)}
	if asked == "auto" {
		v.Whose = "all"
		if len(mine) > 0 {
			v.Whose = "mine"
		}
	}
	if v.Whose != "mine" {
		return WhoseView{Whose: "all", Kept: len(mine)}, nil, nil
	}
	if mine == nil {
		mine = []community.GroupID{}
	}
	return v, mine, nil
}
