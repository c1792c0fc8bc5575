package main

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/api/answers"
	"qunying/internal/store"
)

// explorer answers funnels and cohorts, and writes them as files.
type explorer struct {
	*answers.Reader
	console *console
}

func (x explorer) TakeFunnel(ctx context.Context, c community.ID, by community.StaffID, in api.FunnelPeopleInput, layout, language string) (api.ExportFile, error) {
	tables, err := x.FunnelFile(ctx, c, in, language)
	if err != nil {
		return api.ExportFile{}, err
	}
	return x.file(ctx, c, by, "funnel", in, layout, tables)
}

func (x explorer) TakeCohorts(ctx context.Context, c community.ID, by community.StaffID, in api.CohortsInput, layout, language string) (api.ExportFile, error) {
	a, err := x.Cohorts(ctx, c, in)
	if err != nil {
		return api.ExportFile{}, err
	}
	return x.file(ctx, c, by, "cohorts", in, layout, answers.CohortTables(a, in, language))
}

// file writes down who took what, before the first byte.
func (x explorer) file(ctx context.Context, c community.ID, by community.StaffID, name string, in any, layout string, tables []answers.Table) (api.ExportFile, error) {
	what, err := json.Marshal(in)
	if err != nil {
		return api.ExportFile{}, err
	}
	now := x.console.now()
	if err := x.console.db.Write(ctx, func(tx *store.Tx) error {
		return tx.Audit(c, by, now.UnixMilli(), name+".export", name, "", string(what))
	}); err != nil {
		return api.ExportFile{}, err
	}
	return api.ExportFile{Name: "qunying-" + name + "-" + now.UTC().Format("20060102-150405") + "." + layout, Media: tableMedia[layout],
		Write: func(_ context.Context, w io.Writer) error { return answers.WriteTables(w, layout, tables) }}, nil
}

// views keeps questions and filters under a name.
type views struct{ *console }

// viewsKey is the setting that holds what the team sees, or what one person keeps.
func viewsKey(of community.StaffID) string {
	if of == 0 {
		return "views"
	}
	return "views/" + strconv.FormatInt(int64(of), 10)
}

type savedViews struct {
	Views []api.SavedView `json:"views"`
}

func (v views) Views(ctx context.Context, c community.ID, of community.StaffID) (a api.ViewsAnswer, err error) {
	var mine, team savedViews
	if err := v.db.Read(ctx, func(q store.Querier) error {
		if a.MineVersion, err = store.ReadSetting(ctx, q, c, 0, viewsKey(of), &mine); err != nil {
			return err
		}
		a.TeamVersion, err = store.ReadSetting(ctx, q, c, 0, viewsKey(0), &team)
		return err
	}); err != nil {
		return a, err
	}
	a.Mine, a.Team = append([]api.SavedView{}, mine.Views...), append([]api.SavedView{}, team.Views...)
	a.Answer, err = v.asOf(ctx, c)
	return a, err
}

func (v views) SaveViews(ctx context.Context, c community.ID, by community.StaffID, team bool, in api.ViewsInput) (api.ViewsAnswer, error) {
	named, first := map[string]bool{}, map[string]bool{}
	for i := range in.Views {
		x := &in.Views[i]
		x.Name = strings.TrimSpace(x.Name)
		switch {
		case x.Name == "":
			return api.ViewsAnswer{}, community.Errorf(community.Invalid, "views: one has no name").WithHint("give it one")
		case named[x.Place+"/"+x.Name]:
			return api.ViewsAnswer{}, community.Errorf(community.Invalid, "views: %q is there twice", x.Name).WithHint("names differ on one page")
		case !json.Valid([]byte(x.Query)):
			return api.ViewsAnswer{}, community.Errorf(community.Invalid, "views: what %q asks for is no JSON", x.Name).WithHint("send the page's search as JSON")
		case x.Default && first[x.Place]:
			return api.ViewsAnswer{}, community.Errorf(community.Invalid, "views: a page opens with one of them").WithHint("mark one of a page as its default")
		}
		named[x.Place+"/"+x.Name] = true
		first[x.Place] = first[x.Place] || x.Default
	}
	of := by
	if team {
		of = 0
	}
	if err := v.engine.SaveSetting(ctx, c, 0, viewsKey(of), savedViews{in.Views}, in.Version, by); err != nil {
		return api.ViewsAnswer{}, err
	}
	return v.Views(ctx, c, by)
}
