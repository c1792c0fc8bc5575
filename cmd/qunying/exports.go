package main

import (
	"context"
	"io"
	"strings"

	"qunying/community"
	"qunying/internal/api"
	"qunying/internal/engine"
)

// exports shows the engine's exports to the API.
type exports struct{ *console }

func exportFilter(f api.ExportFilter) engine.ExportFilter {
	return engine.ExportFilter{Groups: f.Groups, From: f.From, To: f.To, Kinds: f.Kinds, Person: f.Person, Text: f.Text, Content: f.Content}
}

func (x exports) Export(ctx context.Context, c community.ID, by community.StaffID, q api.ExportQuery) (api.ExportFile, error) {
	p, err := x.engine.Prepare(ctx, c, engine.ExportOptions{Layout: q.Layout, Filter: exportFilter(q.Filter), By: by})
	if err != nil {
		return api.ExportFile{}, err
	}
	return x.file("qunying", p), nil
}

// file names a file after what it holds and when it was made.
func (x exports) file(name string, p *engine.PreparedExport) api.ExportFile {
	return api.ExportFile{
		Name:  name + "-" + x.now().UTC().Format("20060102-150405") + p.Layout.Ends,
		Media: p.Layout.Media,
		Write: func(ctx context.Context, w io.Writer) error {
			_, err := p.Write(ctx, w)
			return err
		},
	}
}

func (x exports) Exports(ctx context.Context, c community.ID) (api.ExportsAnswer, error) {
	list, version, err := x.engine.Exports(ctx, c)
	if err != nil {
		return api.ExportsAnswer{}, err
	}
	a := api.ExportsAnswer{Exports: []api.SavedExportView{}, Version: version}
	if a.Answer, err = x.asOf(ctx, c); err != nil {
		return a, err
	}
	for _, s := range list {
		f := s.Filter
		v := api.SavedExportView{Name: s.Name, Layout: s.Layout,
			Filter: api.ExportFilter{Groups: f.Groups, From: f.From, To: f.To, Kinds: f.Kinds, Person: f.Person, Text: f.Text, Content: f.Content}}
		if s.Last != nil {
			v.Last = &api.ExportRunView{At: s.Last.At.UnixMilli(), Rows: s.Last.Rows, Forgotten: s.Last.Forgotten, After: s.Last.After, UpTo: s.Last.UpTo, Staff: s.Last.Staff}
		}
		a.Exports = append(a.Exports, v)
	}
	return a, nil
}

func (x exports) SaveExports(ctx context.Context, c community.ID, by community.StaffID, in api.ExportsInput) (api.ExportsAnswer, error) {
	var s engine.SavedExports
	for _, v := range in.Exports {
		s.Exports = append(s.Exports, engine.SavedExport{Name: strings.TrimSpace(v.Name), Layout: v.Layout, Filter: exportFilter(v.Filter)})
	}
	if err := x.engine.SaveExports(ctx, c, s, in.Version, by); err != nil {
		return api.ExportsAnswer{}, err
	}
	return x.Exports(ctx, c)
}

func (x exports) TakeExport(ctx context.Context, c community.ID, by community.StaffID, name, way string) (api.ExportFile, error) {
	p, err := x.engine.Next(ctx, c, name, way, by)
	if err != nil {
		return api.ExportFile{}, err
	}
	return x.file(name, p), nil
}

// Folder shows the watched folder to the API.
func (x exports) Folder(ctx context.Context, c community.ID) (api.FolderView, error) {
	f, version, err := x.engine.FolderSetting(ctx, c)
	if err != nil {
		return api.FolderView{}, err
	}
	v := api.FolderView{On: f.On, Zone: f.Zone, Path: x.engine.FolderPath(), Version: version}
	v.Answer, err = x.asOf(ctx, c)
	return v, err
}

// SaveFolder switches it on or off.
func (x exports) SaveFolder(ctx context.Context, c community.ID, by community.StaffID, v api.FolderView) (api.FolderView, error) {
	if err := x.engine.SaveFolder(ctx, c, engine.Folder{On: v.On, Zone: v.Zone}, v.Version, by); err != nil {
		return api.FolderView{}, err
	}
	return x.Folder(ctx, c)
}
