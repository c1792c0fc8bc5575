package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"qunying/community"
	"qunying/internal/automation"
	"qunying/internal/insight"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// EditUndo is how long an edit of many groups can be taken back.
const EditUndo = 24 * time.Hour

// GroupEdit changes single fields of settings in many groups; what it does not name
// stays as each group has it.
type GroupEdit struct {
	Groups  []community.GroupID
	Set     map[string]map[string]json.RawMessage // by setting and field
	Inherit []string                              // "welcome.text": says nothing any more, and inherits
	Seen    string                                // of the preview: something else would be done now is a conflict; "" does not ask
}

// EditedGroup is what an edit does to one group.
type EditedGroup struct {
	Group   community.GroupID
	Name    string
	Changes []FieldChange // none: the group says so already
}

// FieldChange is one field, as it holds in the group before and after: JSON, and
// whose it is.
type FieldChange struct {
	Field         string // "welcome.text"
	Before, After string
	From, To      store.Layer
}

// editable are the settings that can be changed in many groups at once, with what is
// in force where nobody typed anything.
func editable() (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	alerting := DefaultAlerting()
	alerting.Outage = nil // of connections
	for key, value := range map[string]any{
		AlertsKey:             alerting,
		automation.WelcomeKey: automation.Welcome{},
		DeliveryKey: struct { // a pause that is not there is none
			Paused bool `json:"paused"`
			Delivery
		}{Delivery: DefaultDelivery()},
		KeeperKey: struct {
			Staff  int `json:"staff"`
			Backup int `json:"backup"`
		}{},
		automation.WaitingKey: automation.DefaultWaiting(),
		insight.ProfileKey:    map[string]string{"type": ""}, // the charter is each group's own
	} {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		all[key] = text
	}
	return all, nil
}

// settingEdit is one setting of one group with its new text.
type settingEdit struct {
	group community.GroupID
	key   string
	based int64
	text  string
}

// planned is what an edit comes to.
type planned struct {
	groups []EditedGroup
	saves  []settingEdit
}

// seen is the same for plans that do the same.
func (p *planned) seen() string {
	h := sha256.New()
	for _, s := range p.saves {
		fmt.Fprintf(h, "%d %s %d %s\n", s.group, s.key, s.based, s.text)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// fields by setting, sorted: what an edit touches.
func (e *GroupEdit) fields() (map[string][]string, error) {
	known, err := editable()
	if err != nil {
		return nil, err
	}
	touched := map[string]map[string]bool{}
	touch := func(key, field string) error {
		var fields map[string]json.RawMessage
		if known[key] == nil || json.Unmarshal(known[key], &fields) != nil || fields[field] == nil {
			return community.Errorf(community.Invalid, "%s.%s cannot be changed in many groups", key, field)
		}
		if touched[key] == nil {
			touched[key] = map[string]bool{}
		}
		if touched[key][field] {
			return community.Errorf(community.Invalid, "%s.%s is both set and inherited", key, field)
		}
		touched[key][field] = true
		return nil
	}
	for key, fields := range e.Set {
		for field := range fields {
			if err := touch(key, field); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range e.Inherit {
		key, field, _ := strings.Cut(name, ".")
		if err := touch(key, field); err != nil {
			return nil, err
		}
	}
	if len(touched) == 0 {
		return nil, community.Errorf(community.Invalid, "nothing is to be changed").WithHint("choose at least one setting")
	}
	all := map[string][]string{}
	for key, fields := range touched {
		all[key] = slices.Sorted(maps.Keys(fields))
	}
	return all, nil
}

// plan works out what an edit does. It fails with NotFound, Invalid and, where the
// preview showed something else, with Conflict.
func (e *GroupEdit) plan(ctx context.Context, q store.Querier, c community.ID) (p planned, err error) {
	fields, err := e.fields()
	if err != nil {
		return p, err
	}
	base, err := editable()
	if err != nil {
		return p, err
	}
	names, err := store.GroupNames(ctx, q, c, e.Groups)
	if err != nil {
		return p, err
	}
	keys := slices.Sorted(maps.Keys(fields))
	typed := map[string]*store.Layering{}
	for _, key := range keys {
		if typed[key], err = store.LayeringOf(ctx, q, c, key); err != nil {
			return p, err
		}
	}
	staff, err := workingStaff(ctx, q)
	if err != nil {
		return p, err
	}
	for _, g := range slices.Compact(slices.Sorted(slices.Values(e.Groups))) {
		name, ok := names[g]
		if !ok {
			return p, community.Errorf(community.NotFound, "there is no group %d", g)
		}
		group := EditedGroup{Group: g, Name: name}
		for _, key := range keys {
			layers := append(typed[key].Of(g), store.Layer{Setting: store.Setting{Value: string(base[key])}, Level: store.OfNobody})
			save, changes, err := e.one(g, key, fields[key], layers)
			if err == nil && save != nil {
				err = checkEdited(key, save.text, changes, layers, staff)
			}
			if err != nil {
				return p, inGroupNamed(name, err)
			}
			if save != nil {
				p.saves = append(p.saves, *save)
				group.Changes = append(group.Changes, changes...)
			}
		}
		p.groups = append(p.groups, group)
	}
	if e.Seen != "" && e.Seen != p.seen() {
		return p, community.Errorf(community.Conflict, "these settings have changed since they were shown").WithHint("look at the preview again")
	}
	return p, nil
}

// inGroupNamed says in which group something is wrong.
func inGroupNamed(name string, err error) error {
	var ce *community.Error
	if !errors.As(err, &ce) {
		return err
	}
	is := *ce
	is.Text = name + ": " + is.Text
	return &is
}

func workingStaff(ctx context.Context, q store.Querier) (map[community.StaffID]bool, error) {
	all, err := team.All(ctx, q)
	working := map[community.StaffID]bool{}
	for _, who := range all {
		working[who.ID] = who.DisabledAt.IsZero()
	}
	return working, err
}

// one is what becomes of one setting of a group; nil where it says so already.
func (e *GroupEdit) one(g community.GroupID, key string, fields []string, layers []store.Layer) (*settingEdit, []FieldChange, error) {
	own, rest := map[string]json.RawMessage{}, layers
	save := settingEdit{group: g, key: key}
	if layers[0].Level == store.OfGroup {
		if json.Unmarshal([]byte(layers[0].Value), &own) != nil {
			own = map[string]json.RawMessage{}
		}
		save.based, rest = layers[0].Version, layers[1:]
	}
	was := maps.Clone(own)
	for _, field := range fields {
		value, set := e.Set[key][field]
		// A pause is not inherited and nobody's group is no word of its own: no such field says both.
		if !set || string(value) == "false" && field == "paused" || string(value) == "0" && key == KeeperKey {
			delete(own, field)
			continue
		}
		own[field] = value
	}
	if key == KeeperKey && (own["staff"] == nil || string(own["staff"]) == string(own["backup"])) {
		delete(own, "backup") // nobody is their own backup
	}
	text, err := json.Marshal(own)
	if err != nil {
		return nil, nil, err
	}
	save.text = string(text)
	before, from, err := store.Inherit(layers)
	if err != nil {
		return nil, nil, err
	}
	after, to, err := store.Inherit(append([]store.Layer{{Setting: store.Setting{Value: save.text}, Level: store.OfGroup}}, rest...))
	if err != nil {
		return nil, nil, err
	}
	var then, now map[string]json.RawMessage
	if err := json.Unmarshal(before, &then); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(after, &now); err != nil {
		return nil, nil, err
	}
	var changes []FieldChange
	for _, field := range slices.Sorted(maps.Keys(now)) {
		if string(was[field]) != string(own[field]) {
			changes = append(changes, FieldChange{Field: key + "." + field, Before: string(then[field]), After: string(now[field]), From: from[field], To: to[field]})
		}
	}
	if len(changes) == 0 {
		return nil, nil, nil
	}
	return &save, changes, nil
}

// checkEdited says what is wrong with a setting together with what it inherits.
func checkEdited(key, text string, changes []FieldChange, layers []store.Layer, staff map[community.StaffID]bool) error {
	if layers[0].Level == store.OfGroup {
		layers = layers[1:]
	}
	value, _, err := store.Inherit(append([]store.Layer{{Setting: store.Setting{Value: text}, Level: store.OfGroup}}, layers...))
	if err != nil {
		return err
	}
	invalid := func(err error) error {
		return &community.Error{Code: community.Invalid, Text: "this cannot be set", Err: err}
	}
	switch key {
	case AlertsKey:
		var a Alerting
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return invalid(err)
		}
		return a.Check()
	case automation.WaitingKey: // what is inherited was looked at when it was saved
		var w automation.Waiting
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			return invalid(err)
		}
		return w.Check()
	case insight.ProfileKey:
		var p insight.Profile
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return invalid(err)
		}
		return p.Check()
	case automation.WelcomeKey:
		var w automation.Welcome
		if err := json.Unmarshal(value, &w); err != nil {
			return invalid(err)
		}
		return w.Check()
	case DeliveryKey:
		var d Delivery
		if err := json.Unmarshal(value, &d); err != nil {
			return invalid(err)
		}
		return d.Check()
	}
	var k Keeper
	if err := json.Unmarshal(value, &k); err != nil {
		return invalid(err)
	}
	for _, c := range changes { // who was there before may have left meanwhile
		for field, who := range map[string]community.StaffID{"keeper.staff": k.Staff, "keeper.backup": k.Backup} {
			if c.Field == field && who != 0 && !staff[who] {
				return community.Errorf(community.Invalid, "there is no colleague %d who works here", who)
			}
		}
	}
	return nil
}

// PreviewEdit tells what an edit would do to each group and by what the edit knows
// that it does just this; it changes nothing.
func (e *Engine) PreviewEdit(ctx context.Context, c community.ID, edit GroupEdit) (groups []EditedGroup, seen string, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		p, err := edit.plan(ctx, q, c)
		groups, seen = p.groups, p.seen()
		return err
	})
	return groups, seen, err
}

// EditGroups changes settings in many groups, in all of them or in none.
func (e *Engine) EditGroups(ctx context.Context, c community.ID, edit GroupEdit, by community.StaffID) (done store.GroupEdit, err error) {
	now := e.now().Truncate(time.Millisecond)
	var p planned
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		if p, err = edit.plan(ctx, tx, c); err != nil {
			return err
		}
		if len(p.saves) == 0 {
			return community.Errorf(community.Invalid, "all these groups say so already")
		}
		parts := make([]store.GroupEditPart, len(p.saves))
		fields := map[string]bool{}
		for i, s := range p.saves {
			after, err := tx.SaveSetting(c, store.Setting{Group: s.group, Key: s.key, Value: s.text}, s.based, by, settingChange(s.key, s.group, s.based, now))
			if err != nil {
				return err
			}
			parts[i] = store.GroupEditPart{Group: s.group, Key: s.key, Before: s.based, After: after.Version}
		}
		done = store.GroupEdit{By: by, At: now}
		for _, g := range p.groups {
			for _, change := range g.Changes {
				fields[change.Field] = true
			}
			if len(g.Changes) > 0 {
				done.Groups++
			}
		}
		done.Fields = slices.Sorted(maps.Keys(fields))
		if done.ID, err = tx.KeepGroupEdit(c, done, parts); err != nil {
			return err
		}
		return auditEdit(tx, c, by, now, "groups.edit", done)
	})
	if err == nil {
		e.edited(c, p.saves)
	}
	return done, err
}

// UndoEdit gives groups back what they said before an edit. A setting that somebody has
// changed since then stays as it is: in so many groups something stayed, and back counts
// the others. It fails with Conflict a second time, and when its time is over.
func (e *Engine) UndoEdit(ctx context.Context, c community.ID, id int64, by community.StaffID) (back, stayed int, err error) {
	now := e.now().Truncate(time.Millisecond)
	var saves []settingEdit
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		is, parts, err := store.GroupEditByID(ctx, tx, c, id)
		switch {
		case err != nil:
			return err
		case !is.UndoneAt.IsZero():
			return community.Errorf(community.Conflict, "this was taken back already")
		case now.Sub(is.At) > EditUndo:
			return community.Errorf(community.Conflict, "this is too long ago to be taken back").WithHint("change the groups again")
		}
		saves = saves[:0]
		given, kept := map[community.GroupID]bool{}, map[community.GroupID]bool{}
		for _, p := range parts {
			at, _, err := store.SettingAt(ctx, tx, c, p.Group, p.Key, 0)
			if err != nil {
				return err
			}
			if at.Version != p.After {
				kept[p.Group] = true
				continue
			}
			text, err := store.SettingVersion(ctx, tx, c, p.Group, p.Key, p.Before)
			if err != nil {
				return err
			}
			if _, err := tx.SaveSetting(c, store.Setting{Group: p.Group, Key: p.Key, Value: text}, p.After, by, settingChange(p.Key, p.Group, p.After, now)); err != nil {
				return err
			}
			saves = append(saves, settingEdit{group: p.Group, key: p.Key})
			given[p.Group] = true
		}
		maps.DeleteFunc(given, func(g community.GroupID, _ bool) bool { return kept[g] })
		back, stayed = len(given), len(kept)
		if err := tx.UndoGroupEdit(c, id, now); err != nil {
			return err
		}
		return auditEdit(tx, c, by, now, "groups.undo", store.GroupEdit{ID: id, Fields: is.Fields, Groups: back})
	})
	if err == nil {
		e.edited(c, saves)
	}
	return back, stayed, err
}

// EditsOfGroups lists the latest edits of many groups, the newest first.
func (e *Engine) EditsOfGroups(ctx context.Context, c community.ID, limit int) (list []store.GroupEdit, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		list, err = store.GroupEdits(ctx, q, c, limit)
		return err
	})
	return list, err
}

func auditEdit(tx *store.Tx, c community.ID, by community.StaffID, now time.Time, act string, e store.GroupEdit) error {
	after, err := json.Marshal(map[string]any{"fields": e.Fields, "groups": e.Groups})
	if err != nil {
		return err
	}
	return tx.Audit(c, by, now.UnixMilli(), act, "edit/"+decimal(e.ID), "", string(after))
}

// edited tells who looks at these groups, and lets what waited for a setting go on.
func (e *Engine) edited(c community.ID, saves []settingEdit) {
	change := Change{Community: c, What: "settings"}
	for _, s := range saves {
		change.Groups = append(change.Groups, s.group)
	}
	slices.Sort(change.Groups)
	change.Groups = slices.Compact(change.Groups)
	e.changes.send(change)
	e.Prod()
}
