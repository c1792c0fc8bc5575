package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/connector/sim"
	"qunying/internal/automation"
	"qunying/internal/insight"
	"qunying/internal/store"
)

// editing is a stage with four groups, one of which says something itself and two of
// which inherit from a set.
func editing(t *testing.T, w *world) (save func(g community.GroupID, key, value string, based int64), now func(g community.GroupID, key, field string) string) {
	w.ready(sim.FullCapabilities())
	for _, g := range []string{"g", "h", "i", "j"} {
		w.observe(w.say(g, "a", "在"))
	}
	save = func(g community.GroupID, key, value string, based int64) {
		t.Helper()
		if err := w.e.SaveSetting(t.Context(), 1, g, key, json.RawMessage(value), based, 7); err != nil {
			t.Fatal(err)
		}
	}
	save(0, automation.WelcomeKey, `{"on":false,"text":"大家好"}`, 0)
	save(0, store.SetsKey, `{"sets":[{"id":1,"name":"新手","groups":[2,3]}],"last":1}`, 0)
	save(0, store.SetKey(1, automation.WelcomeKey), `{"text":"新手好"}`, 0)
	save(4, automation.WelcomeKey, `{"on":true,"text":"自己的"}`, 0)
	now = func(g community.GroupID, key, field string) string {
		t.Helper()
		var fields map[string]json.RawMessage
		w.read(func(ctx context.Context, q store.Querier) error {
			_, err := store.ReadInherited(ctx, q, 1, g, key, &fields)
			return err
		})
		return string(fields[field])
	}
	return save, now
}

func TestManyGroupsAreEditedAtOnceAndTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		save, now := editing(t, w)
		edit := GroupEdit{Groups: []community.GroupID{4, 2, 1}, Set: map[string]map[string]json.RawMessage{
			automation.WelcomeKey: {"on": json.RawMessage(`true`)},
			DeliveryKey:           {"quiet_from": json.RawMessage(`"22:00"`), "touches": json.RawMessage(`3`)},
		}, Inherit: []string{"welcome.text"}}
		groups, seen, err := w.e.PreviewEdit(t.Context(), 1, edit)
		if err != nil {
			t.Fatal(err)
		}
		var shown []string
		for _, g := range groups {
			for _, c := range g.Changes {
				shown = append(shown, fmt.Sprintf("%d %s %s (%s) → %s (%s)", g.Group, c.Field, c.Before, c.From.Level, c.After, c.To.Level))
			}
		}
		want := []string{
			`1 delivery.quiet_from "23:00" (default) → "22:00" (group)`, `1 delivery.touches 6 (default) → 3 (group)`, `1 welcome.on false (community) → true (group)`,
			`2 delivery.quiet_from "23:00" (default) → "22:00" (group)`, `2 delivery.touches 6 (default) → 3 (group)`, `2 welcome.on false (community) → true (group)`,
			`4 delivery.quiet_from "23:00" (default) → "22:00" (group)`, `4 delivery.touches 6 (default) → 3 (group)`, `4 welcome.text "自己的" (group) → "大家好" (community)`,
		}
		if !slices.Equal(shown, want) {
			t.Fatalf("shown:\n%q\nwant:\n%q", shown, want)
		}
		if now(1, automation.WelcomeKey, "on") != "false" || now(1, DeliveryKey, "touches") != "" {
			t.Error("the preview has changed something")
		}
		edit.Seen = seen
		done, err := w.e.EditGroups(t.Context(), 1, edit, 7)
		if err != nil || done.Groups != 3 {
			t.Fatalf("%+v, %v", done, err)
		}
		if got := now(2, automation.WelcomeKey, "text") + now(4, automation.WelcomeKey, "text") + now(3, DeliveryKey, "touches"); got != `"新手好""大家好"` {
			t.Errorf("afterwards: %s", got)
		}
		if _, err := w.e.EditGroups(t.Context(), 1, edit, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("the same preview again: %v, want conflict", err)
		}
		save(2, DeliveryKey, `{"touches":9}`, 1)
		back, stayed, err := w.e.UndoEdit(t.Context(), 1, done.ID, 7)
		if err != nil || back != 2 || stayed != 1 { // of group 2 what somebody changed stays
			t.Errorf("%d back, %d stayed, %v", back, stayed, err)
		}
		if got := now(1, automation.WelcomeKey, "on") + now(1, DeliveryKey, "touches") + now(4, automation.WelcomeKey, "text") + now(2, DeliveryKey, "touches"); got != `false"自己的"9` {
			t.Errorf("taken back: %s", got)
		}
		if _, _, err := w.e.UndoEdit(t.Context(), 1, done.ID, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("a second time: %v, want conflict", err)
		}
		late, err := w.e.EditGroups(t.Context(), 1, GroupEdit{Groups: []community.GroupID{1}, Set: map[string]map[string]json.RawMessage{DeliveryKey: {"paused": json.RawMessage("true")}}}, 7)
		if err != nil || now(1, DeliveryKey, "paused") != "true" {
			t.Fatal(err)
		}
		w.advance(EditUndo + time.Second)
		if _, _, err := w.e.UndoEdit(t.Context(), 1, late.ID, 7); community.CodeOf(err) != community.Conflict {
			t.Errorf("too late: %v, want conflict", err)
		}
		if list, err := w.e.EditsOfGroups(t.Context(), 1, 10); err != nil || len(list) != 2 || list[1].Groups != 3 || list[1].UndoneAt.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// What cannot be in one of the groups is done in none of them.
func TestAnEditOfManyGroupsIsWholeOrNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		save, now := editing(t, w)
		save(0, automation.WelcomeKey, `{}`, 1) // groups 1 has no text to greet with any more
		set := func(key, field, value string) map[string]map[string]json.RawMessage {
			return map[string]map[string]json.RawMessage{key: {field: json.RawMessage(value)}}
		}
		all := []community.GroupID{1, 2, 3, 4}
		for name, edit := range map[string]struct {
			is   GroupEdit
			code community.Code
		}{
			"no text to greet with":       {GroupEdit{Groups: all, Set: set(automation.WelcomeKey, "on", "true")}, community.Invalid},
			"a clock that is none":        {GroupEdit{Groups: all, Set: set(DeliveryKey, "quiet_to", `"25:00"`)}, community.Invalid},
			"a keeper who is not here":    {GroupEdit{Groups: all, Set: set(KeeperKey, "staff", "99")}, community.Invalid},
			"a setting that is none":      {GroupEdit{Groups: all, Set: set("policy", "rules", "[]")}, community.Invalid},
			"a field that is none":        {GroupEdit{Groups: all, Inherit: []string{"welcome.colour"}}, community.Invalid},
			"nothing":                     {GroupEdit{Groups: all}, community.Invalid},
			"a group that is none":        {GroupEdit{Groups: []community.GroupID{1, 77}, Set: set(DeliveryKey, "touches", "2")}, community.NotFound},
			"what they say already":       {GroupEdit{Groups: []community.GroupID{4}, Set: set(automation.WelcomeKey, "on", "true")}, community.Invalid},
			"both set and inherited":      {GroupEdit{Groups: all, Set: set(DeliveryKey, "touches", "2"), Inherit: []string{"delivery.touches"}}, community.Invalid},
			"what another preview showed": {GroupEdit{Groups: all, Set: set(DeliveryKey, "touches", "2"), Seen: "other"}, community.Conflict},
		} {
			if _, err := w.e.EditGroups(t.Context(), 1, edit.is, 7); community.CodeOf(err) != edit.code {
				t.Errorf("%s: %v, want %s", name, err, edit.code)
			}
		}
		for _, g := range all {
			if now(g, DeliveryKey, "touches") != "" || now(g, KeeperKey, "staff") != "" {
				t.Errorf("group %d was changed", g)
			}
		}
		if list, err := w.e.EditsOfGroups(t.Context(), 1, 10); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestWaitingAndTypesOfManyGroupsAreEdited(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		save, now := editing(t, w)
		save(1, insight.ProfileKey, `{"type":"brand","goal":"一起喝茶"}`, 0)
		save(0, automation.WaitingKey, `{"minutes":30}`, 0)
		raw := func(s string) json.RawMessage { return json.RawMessage(s) }
		groups := []community.GroupID{1, 2}
		for what, bad := range map[string]GroupEdit{
			"half of the hours":   {Groups: groups, Set: map[string]map[string]json.RawMessage{automation.WaitingKey: {"from": raw("540")}}},
			"hours that run back": {Groups: groups, Set: map[string]map[string]json.RawMessage{automation.WaitingKey: {"from": raw("540"), "to": raw("500")}}},
			"no such type":        {Groups: groups, Set: map[string]map[string]json.RawMessage{insight.ProfileKey: {"type": raw(`"odd"`)}}},
			"a charter":           {Groups: groups, Set: map[string]map[string]json.RawMessage{insight.ProfileKey: {"goal": raw(`"x"`)}}},
		} {
			if _, err := w.e.EditGroups(t.Context(), 1, bad, 7); community.CodeOf(err) != community.Invalid {
				t.Errorf("%s: %v, want Invalid", what, err)
			}
		}
		edit := GroupEdit{Groups: groups, Set: map[string]map[string]json.RawMessage{
			automation.WaitingKey: {"on": raw("true"), "from": raw("600"), "to": raw("1080")},
			insight.ProfileKey:    {"type": raw(`"interest"`)},
		}}
		preview, _, err := w.e.PreviewEdit(t.Context(), 1, edit)
		if err != nil {
			t.Fatal(err)
		}
		types := map[community.GroupID]FieldChange{}
		for _, g := range preview {
			for _, c := range g.Changes {
				if c.Field == "profile.type" {
					types[g.Group] = c
				}
			}
		}
		if a, b := types[1], types[2]; a.Before != `"brand"` || a.From.Level != store.OfGroup || b.Before != `""` || b.From.Level != store.OfNobody || b.After != `"interest"` {
			t.Errorf("the preview shows %+v", types)
		}
		done, err := w.e.EditGroups(t.Context(), 1, edit, 7)
		if err != nil || done.Groups != 2 {
			t.Fatalf("%+v, %v", done, err)
		}
		for field, want := range map[string]string{"on": "true", "from": "600", "minutes": "30"} {
			if got := now(2, automation.WaitingKey, field); got != want {
				t.Errorf("waiting.%s is %s, want %s", field, got, want)
			}
		}
		if got := now(1, insight.ProfileKey, "goal"); got != `"一起喝茶"` {
			t.Errorf("the goal is %s now", got)
		}
		again := GroupEdit{Groups: []community.GroupID{1, 2}, Inherit: []string{"profile.type", "waiting.from", "waiting.to"}}
		if _, err := w.e.EditGroups(t.Context(), 1, again, 7); err != nil {
			t.Fatal(err)
		}
		if got := now(1, insight.ProfileKey, "type"); got != "" {
			t.Errorf("inherited, the type is %s", got)
		}
		if _, stayed, err := w.e.UndoEdit(t.Context(), 1, done.ID, 7); err != nil || stayed != 2 {
			t.Errorf("taken back after another change: %d stayed, %v", stayed, err)
		}
	})
}

func TestAlertsOfManyGroupsAreEdited(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		save, now := editing(t, w)
		save(0, AlertsKey, `{"silent_hours":6,"outage_minutes":5}`, 0)
		save(0, store.SetKey(1, AlertsKey), `{"mail":false}`, 0)
		save(4, AlertsKey, `{"band_days":1,"cooldown_minutes":5}`, 0)
		set := func(field, value string) map[string]map[string]json.RawMessage {
			return map[string]map[string]json.RawMessage{AlertsKey: {field: json.RawMessage(value)}}
		}
		for what, bad := range map[string]GroupEdit{
			"too many days":     {Groups: []community.GroupID{1}, Set: set("band_days", "29")},
			"what is no number": {Groups: []community.GroupID{1}, Set: set("silent_hours", `"six"`)},
			"of connections":    {Groups: []community.GroupID{1}, Set: set("outage_minutes", "9")},
		} {
			if _, err := w.e.EditGroups(t.Context(), 1, bad, 7); community.CodeOf(err) != community.Invalid {
				t.Errorf("%s: %v, want Invalid", what, err)
			}
		}
		edit := GroupEdit{Groups: []community.GroupID{1, 2, 4}, Set: set("silent_hours", "3"), Inherit: []string{"alerts.mail", "alerts.band_days"}}
		edit.Set[AlertsKey]["overdue"] = json.RawMessage("false")
		preview, _, err := w.e.PreviewEdit(t.Context(), 1, edit)
		if err != nil {
			t.Fatal(err)
		}
		var shown []string
		for _, g := range preview {
			for _, c := range g.Changes {
				shown = append(shown, fmt.Sprintf("%d %s %s (%s) → %s (%s)", g.Group, c.Field, c.Before, c.From.Level, c.After, c.To.Level))
			}
		}
		want := []string{
			"1 alerts.overdue true (default) → false (group)", "1 alerts.silent_hours 6 (community) → 3 (group)",
			"2 alerts.overdue true (default) → false (group)", "2 alerts.silent_hours 6 (community) → 3 (group)",
			"4 alerts.band_days 1 (group) → 3 (default)", "4 alerts.overdue true (default) → false (group)", "4 alerts.silent_hours 6 (community) → 3 (group)",
		}
		if !slices.Equal(shown, want) {
			t.Fatalf("shown:\n%q\nwant:\n%q", shown, want)
		}
		done, err := w.e.EditGroups(t.Context(), 1, edit, 7)
		if err != nil {
			t.Fatal(err)
		}
		said := func() string {
			return now(2, AlertsKey, "silent_hours") + now(2, AlertsKey, "mail") + now(4, AlertsKey, "band_days") + now(4, AlertsKey, "cooldown_minutes")
		}
		if got := said(); got != "3false5" {
			t.Errorf("afterwards: %s", got)
		}
		if _, _, err := w.e.UndoEdit(t.Context(), 1, done.ID, 7); err != nil || said() != "6false15" {
			t.Errorf("taken back: %s, %v", said(), err)
		}
	})
}
