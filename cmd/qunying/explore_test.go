package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
	"qunying/internal/store"
)

// TestViewsAreKept keeps what people call by a name: one's own apart from that of
// others, by its version, and with a line in the audit log.
func TestViewsAreKept(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	v := views{&console{machine: &machine{db: db, engine: engine.New(engine.Options{DB: db})}, now: time.Now}}
	const c, me, you = community.DefaultID, community.StaffID(1), community.StaffID(2)
	view := func(name string, first bool) api.SavedView {
		return api.SavedView{Place: "explore", Name: name, Query: `{"tab":"funnel"}`, Default: first}
	}
	save := func(by community.StaffID, team bool, version int64, list ...api.SavedView) (api.ViewsAnswer, error) {
		return v.SaveViews(t.Context(), c, by, team, api.ViewsInput{Views: list, Version: version})
	}
	a, err := save(me, false, 0, view("甲", true), view("乙", false))
	if err != nil || a.MineVersion != 1 || len(a.Mine) != 2 || len(a.Team) != 0 || !a.Mine[0].Default {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err = save(you, true, 0, view(" 甲 ", false)); err != nil || a.TeamVersion != 1 || len(a.Mine) != 0 || a.Team[0].Name != "甲" {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err = v.Views(t.Context(), c, me); err != nil || !slices.Equal(a.Mine, []api.SavedView{view("甲", true), view("乙", false)}) || len(a.Team) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	noJSON := view("丙", false)
	noJSON.Query = "tab=funnel"
	for name, x := range map[string]struct {
		version int64
		list    []api.SavedView
		code    community.Code
	}{
		"somebody else was faster": {0, []api.SavedView{view("丙", false)}, community.Conflict},
		"a name twice":             {1, []api.SavedView{view("丙", false), view("丙", false)}, community.Invalid},
		"two defaults":             {1, []api.SavedView{view("丙", true), view("丁", true)}, community.Invalid},
		"no name":                  {1, []api.SavedView{view(" ", false)}, community.Invalid},
		"no JSON":                  {1, []api.SavedView{noJSON}, community.Invalid},
	} {
		if _, err := save(me, false, x.version, x.list...); community.CodeOf(err) != x.code {
			t.Errorf("%s: %v, want %s", name, err, x.code)
		}
	}
	var audits, changes int
	if err := db.Read(t.Context(), func(q store.Querier) error {
		if err := q.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit WHERE act = 'setting.save' AND subject IN ('views', 'views/1')`).Scan(&audits); err != nil {
			return err
		}
		return q.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM event WHERE kind = 'settings.changed'`).Scan(&changes)
	}); err != nil || audits != 2 || changes != 2 {
		t.Errorf("%d lines of the audit log, %d events, %v", audits, changes, err)
	}
}
