package main

import (
	"context"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
)

// following shows to the API what the engine manages of accounts that people follow.
type following struct{ *engine.Engine }

func (m following) SceneCodes(ctx context.Context, c community.ID, name string) ([]api.SceneCodeView, error) {
	list, err := m.Engine.SceneCodes(ctx, c, name)
	out := []api.SceneCodeView{}
	for _, k := range list {
		v, u := k.Value, k.Use
		out = append(out, api.SceneCodeView{ID: k.ID, Name: v.Name, Scene: v.Scene, Holds: v.Holds, Until: v.Until, Version: k.Version, Created: milli(k.CreatedAt),
			Followed: u.Followed, Scanned: u.Scanned, People: u.People, LastAt: milli(u.LastAt)})
	}
	return out, err
}

func (m following) AddSceneCode(ctx context.Context, c community.ID, name, key string, in api.SceneCodeInput, by community.StaffID) (string, error) {
	return m.Engine.AddSceneCode(ctx, c, name, key, engine.NewSceneCode{Name: in.Name, Scene: in.Scene, Lasts: in.Lasts()}, by)
}

func (m following) ChangeSceneCode(ctx context.Context, c community.ID, name, id string, in api.ChangeSceneCodeInput, by community.StaffID) error {
	return m.Engine.ChangeSceneCode(ctx, c, name, id, in.Name, in.Renew, in.Lasts(), in.Version, by)
}
