package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunying/community"
)

// outs takes chats out of nowhere.
type outs struct {
	*rest
	asked *ExportQuery
}

func (o outs) file(text string, err error) ExportFile {
	return ExportFile{Name: "每日.csv", Media: "text/csv", Write: func(_ context.Context, w io.Writer) error {
		_, werr := io.WriteString(w, text)
		return errors.Join(werr, err)
	}}
}

func (o outs) Export(_ context.Context, _ community.ID, _ community.StaffID, q ExportQuery) (ExportFile, error) {
	if o.asked != nil {
		*o.asked = q
	}
	if q.Filter.Text == "broken" {
		return o.file(strings.Repeat("half", 64<<10), errors.New("the disk is gone")), nil
	}
	return o.file("time,text\n", nil), o.fail
}

func (o outs) Exports(context.Context, community.ID) (ExportsAnswer, error) {
	return ExportsAnswer{Exports: []SavedExportView{}}, o.fail
}

func (o outs) SaveExports(_ context.Context, _ community.ID, _ community.StaffID, in ExportsInput) (ExportsAnswer, error) {
	return ExportsAnswer{Exports: in.Exports, Version: in.Version + 1}, o.fail
}

func (o outs) TakeExport(_ context.Context, _ community.ID, _ community.StaffID, name, way string) (ExportFile, error) {
	return o.file(name+" "+way, nil), o.fail
}

func TestExportsAreFiles(t *testing.T) {
	var asked ExportQuery
	s := newStand(t, sqlite(t), func(o *Options) { o.Needs.Exports = outs{o.Needs.Imports.(*rest), &asked} })
	owner := s.as("owner")
	resp := owner.send("GET", root+"/communities/default/export?layout=csv&group=1&group=2&from=2026-03-01&kind=message.posted&kind=member.left&person=7&q=hi&content=image", "")
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || string(body) != "time,text\n" {
		t.Fatalf("%d %q %v\n%s", resp.StatusCode, body, err, s.log)
	}
	if got := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename*=utf-8''") {
		t.Errorf("disposition %q", got)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/csv" {
		t.Errorf("type %q", got)
	}
	day, err := community.ParseDay("2026-03-01")
	if err != nil {
		t.Fatal(err)
	}
	want := ExportQuery{Layout: "csv", Filter: ExportFilter{Groups: []community.GroupID{1, 2}, From: day, Person: 7, Text: "hi", Content: community.Image,
		Kinds: []community.Kind{community.MessagePosted, community.MemberLeft}}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	resp = owner.send("GET", root+"/communities/default/export?q=broken", "")
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("a file that broke off looks whole")
	}
	resp.Body.Close()
	resp = owner.send("POST", root+"/communities/default/exports/%E6%AF%8F%E6%97%A5/take?way=again", "", "Content-Type", "application/json")
	body, err = io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(body) != "每日 again" {
		t.Errorf("taken: %d %q %v", resp.StatusCode, body, err)
	}
	resp = owner.send("PUT", root+"/communities/default/exports", `{"version":3,"exports":[{"name":"每日","layout":"xlsx","filter":{"from":"2026-03-01","groups":[1],"content":"image"}}]}`, "Content-Type", "application/json")
	var saved ExportsAnswer
	if err := json.NewDecoder(resp.Body).Decode(&saved); err != nil || saved.Version != 4 || len(saved.Exports) != 1 || saved.Exports[0].Filter.From != day || saved.Exports[0].Filter.Content != community.Image {
		t.Errorf("saved: %d %+v %v", resp.StatusCode, saved, err)
	}
	resp.Body.Close()
}

func (o outs) Folder(context.Context, community.ID) (FolderView, error) {
	return FolderView{Zone: "Asia/Shanghai", Path: "import"}, o.fail
}

func (o outs) SaveFolder(_ context.Context, _ community.ID, _ community.StaffID, f FolderView) (FolderView, error) {
	f.Version++
	return f, o.fail
}
