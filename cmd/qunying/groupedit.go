package main

import (
	"context"
	"encoding/json"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/automation"
	"qunying/internal/engine"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// edits changes settings in many groups at once.
type edits struct{ *console }

// editOf puts what somebody typed into the shape of the settings: their fields have
// the same names.
func editOf(in api.GroupEditInput) (engine.GroupEdit, error) {
	e := engine.GroupEdit{Groups: in.Groups, Inherit: in.Inherit, Seen: in.Seen, Set: map[string]map[string]json.RawMessage{}}
	for key, typed := range map[string]any{automation.WelcomeKey: in.Welcome, engine.DeliveryKey: in.Delivery, engine.KeeperKey: in.Keeper,
		automation.WaitingKey: in.Waiting, insight.ProfileKey: in.Profile, engine.AlertsKey: in.Alerts} {
		text, err := json.Marshal(typed)
		if err != nil {
			return e, err
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(text, &fields); err != nil {
			return e, err
		}
		if len(fields) > 0 { // of nothing: null
			e.Set[key] = fields
		}
	}
	return e, nil
}

func (c edits) PreviewEdit(ctx context.Context, id community.ID, in api.GroupEditInput) (a api.EditPreviewAnswer, err error) {
	edit, err := editOf(in)
	if err != nil {
		return a, err
	}
	groups, seen, err := c.engine.PreviewEdit(ctx, id, edit)
	if err != nil {
		return a, err
	}
	a.Seen, a.Groups = seen, make([]api.EditedGroup, len(groups))
	for i, g := range groups {
		view := api.EditedGroup{Group: g.Group, Name: g.Name, Changes: []api.FieldChange{}}
		for _, f := range g.Changes {
			view.Changes = append(view.Changes, api.FieldChange{Field: f.Field, Before: f.Before, After: f.After, From: sourceView(f.From), To: sourceView(f.To)})
		}
		if len(g.Changes) > 0 {
			a.Changed++
		}
		a.Groups[i] = view
	}
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}

func sourceView(l store.Layer) api.SourceView {
	return api.SourceView{Level: string(l.Level), Set: l.Set, Name: l.Name}
}

func (c edits) EditGroups(ctx context.Context, id community.ID, by community.StaffID, in api.GroupEditInput) (a api.GroupEditAnswer, err error) {
	edit, err := editOf(in)
	if err != nil {
		return a, err
	}
	done, err := c.engine.EditGroups(ctx, id, edit, by)
	if err != nil {
		return a, err
	}
	a.ID, a.Groups, a.UndoUntil = done.ID, done.Groups, milli(done.At.Add(engine.EditUndo))
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}

func (c edits) GroupEdits(ctx context.Context, id community.ID) (a api.GroupEditsAnswer, err error) {
	const most = 10
	a.Edits = []api.GroupEditView{}
	list, err := c.engine.EditsOfGroups(ctx, id, most)
	if err != nil {
		return a, err
	}
	for _, e := range list {
		a.Edits = append(a.Edits, api.GroupEditView{ID: e.ID, By: e.By, At: milli(e.At), Fields: e.Fields, Groups: e.Groups,
			UndoUntil: milli(e.At.Add(engine.EditUndo)), Undone: milli(e.UndoneAt)})
	}
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}

func (c edits) UndoEdit(ctx context.Context, id community.ID, by community.StaffID, edit int64) (a api.EditUndoneAnswer, err error) {
	if a.Groups, a.Stayed, err = c.engine.UndoEdit(ctx, id, edit, by); err != nil {
		return a, err
	}
	a.Answer, err = c.asOf(ctx, id)
	return a, err
}
