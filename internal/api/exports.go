package api

import (
	"context"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"qunying/community"
)

// Exports takes chats out.
type Exports interface {
	// Export fails before the first byte with Invalid for what makes no sense and
	// NotFound for a group or person that is not there.
	Export(ctx context.Context, c community.ID, by community.StaffID, q ExportQuery) (ExportFile, error)
	Exports(ctx context.Context, c community.ID) (ExportsAnswer, error)
	// SaveExports fails with Conflict when in.Version is not the version in force.
	SaveExports(ctx context.Context, c community.ID, by community.StaffID, in ExportsInput) (ExportsAnswer, error)
	// TakeExport fails with NotFound for a name that is not there.
	TakeExport(ctx context.Context, c community.ID, by community.StaffID, name, way string) (ExportFile, error)
}

// ExportFile is a file that can be written once. What was written when Write fails
// is the beginning of one.
type ExportFile struct {
	Name  string
	Media string
	Write func(ctx context.Context, w io.Writer) error
}

// ExportFilter says what is exported. Absent fields do not filter.
type ExportFilter struct {
	Groups []community.GroupID `json:"groups,omitempty" maxItems:"2000"`
	From   community.Day       `json:"from,omitempty" doc:"first day, in each group's zone"`
	To     community.Day       `json:"to,omitempty" doc:"last day, inclusive"`
	Kinds  []community.Kind    `json:"kinds,omitempty" maxItems:"20" doc:"of events, such as message.posted"`
	Person community.PersonID  `json:"person,omitempty"`
	Text   string              `json:"text,omitempty" maxLength:"200" doc:"what the text holds"`
	// Content is of messages alone.
	Content community.Content `json:"content,omitempty" enum:"text,image,voice,video,file,sticker,link,location,card,mini_program,forward,red_packet,transfer,poke,call,other"`
}

// ExportQuery asks for one file.
type ExportQuery struct {
	Layout string
	Filter ExportFilter
}

// SavedExportView is an export that is taken again and again.
type SavedExportView struct {
	Name   string         `json:"name" minLength:"1" maxLength:"40"`
	Layout string         `json:"layout" enum:"chatlab-jsonl,csv,xlsx"`
	Filter ExportFilter   `json:"filter"`
	Last   *ExportRunView `json:"last,omitempty" readOnly:"true" doc:"absent: it was not taken yet"`
}

// ExportRunView says what the last file of a saved export held.
type ExportRunView struct {
	At        int64             `json:"at" doc:"ms since 1970"`
	Rows      int64             `json:"rows"`
	Forgotten int64             `json:"forgotten" doc:"events that were erased and therefore left out"`
	After     community.Seq     `json:"after"`
	UpTo      community.Seq     `json:"up_to"`
	Staff     community.StaffID `json:"staff"`
}

// ExportsAnswer lists the saved exports.
type ExportsAnswer struct {
	Answer
	Exports []SavedExportView `json:"exports"`
	Version int64             `json:"version"`
}

// ExportsInput replaces the saved exports.
type ExportsInput struct {
	Exports []SavedExportView `json:"exports" maxItems:"100"`
	Version int64             `json:"version" minimum:"0" doc:"that was seen"`
}

// exportRoutes declares the operations that take chats out, and the watched folder.
func (s *Server) exportRoutes() {
	const media = "application/octet-stream"
	declareStream(s, route{get, inC + "/export", exportRun, "exportMessages", "Exports", "Take messages and what happened out as a file"}, media, s.export)
	declare(s, route{get, inC + "/exports", exportRun, "listExports", "Exports", "Exports that are taken again and again"}, s.exportList)
	declare(s, route{put, inC + "/exports", exportManage, "saveExports", "Exports", "Save them"}, s.exportSave)
	declare(s, route{get, inC + "/settings/import-folder", manage, "getImportFolder", "Imports", "The watched folder"}, s.folder)
	declare(s, route{put, inC + "/settings/import-folder", manage, "saveImportFolder", "Imports", "Watch a folder for files to import, or no longer"}, s.saveFolder)
	declareStream(s, route{post, inC + "/exports/{name}/take", exportRun, "takeExport", "Exports", "Take what is new since the last time"}, media, s.exportTake)
}

type exportInput struct {
	InCommunity
	Layout  string             `query:"layout" enum:"chatlab-jsonl,csv,xlsx" default:"csv"`
	Numbers []int64            `query:"group,explode" maxItems:"2000" doc:"groups; none: all"`
	From    dayParam           `query:"from" doc:"first day"`
	To      dayParam           `query:"to" doc:"last day, inclusive"`
	Kinds   []string           `query:"kind,explode" maxItems:"20" doc:"of events, such as message.posted"`
	Person  community.PersonID `query:"person"`
	Text    string             `query:"q" maxLength:"200" doc:"what the text holds"`
	Content community.Content  `query:"content" enum:"text,image,voice,video,file,sticker,link,location,card,mini_program,forward,red_packet,transfer,poke,call,other" doc:"of messages alone"`

	Groups []community.GroupID // the numbers as what they are, to be looked at (scope.go)
}

// Resolve makes groups of the numbers, before anybody looks at whose they are.
func (in *exportInput) Resolve(huma.Context) []error {
	in.Groups = nil
	for _, n := range in.Numbers {
		if n <= 0 {
			return []error{&huma.ErrorDetail{Location: "query.group", Message: "groups are numbered from 1"}}
		}
		in.Groups = append(in.Groups, community.GroupID(n))
	}
	return nil
}

// export writes the groups that the caller looks after, where they name none.
func (s *Server) export(ctx context.Context, c call, in *exportInput) (stream, error) {
	q := ExportQuery{Layout: in.Layout, Filter: ExportFilter{Groups: in.Groups, From: in.From.day, To: in.To.day, Person: in.Person, Text: in.Text, Content: in.Content}}
	for _, k := range in.Kinds {
		q.Filter.Kinds = append(q.Filter.Kinds, community.Kind(k))
	}
	if len(q.Filter.Groups) == 0 && c.limited() {
		q.Filter.Groups = c.visitor.staff.Groups
		if len(q.Filter.Groups) == 0 {
			return nil, errForeign
		}
	}
	f, err := s.needs.Exports.Export(ctx, c.community.ID, c.visitor.staff.ID, q)
	if err != nil {
		return nil, err
	}
	return s.fileStream(f), nil
}

func (s *Server) exportList(ctx context.Context, c call, _ *InCommunity) (ExportsAnswer, error) {
	return s.needs.Exports.Exports(ctx, c.community.ID)
}

type exportsInput struct {
	InCommunity
	Body ExportsInput
}

func (s *Server) exportSave(ctx context.Context, c call, in *exportsInput) (ExportsAnswer, error) {
	return s.needs.Exports.SaveExports(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

type exportTakeInput struct {
	InCommunity
	Name string `path:"name" maxLength:"160"`
	Way  string `query:"way" enum:"new,again,all" default:"new"`
}

func (s *Server) exportTake(ctx context.Context, c call, in *exportTakeInput) (stream, error) {
	f, err := s.needs.Exports.TakeExport(ctx, c.community.ID, c.visitor.staff.ID, in.Name, in.Way)
	if err != nil {
		return nil, err
	}
	return s.fileStream(f), nil
}

// fileStream answers with a file for saving.
func (s *Server) fileStream(f ExportFile) stream {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", f.Media)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		w.Header().Set("Cache-Control", "no-store")
		if err := f.Write(r.Context(), &patientWriter{w: w, control: http.NewResponseController(w)}); err != nil {
			if r.Context().Err() == nil {
				s.log.Error("an export broke off", "err", err)
			}
			panic(http.ErrAbortHandler) // a file that is cut must not look whole
		}
	}
}

// patientWriter gives a slow receiver time as long as it takes something.
type patientWriter struct {
	w       io.Writer
	control *http.ResponseController
}

func (p *patientWriter) Write(b []byte) (int, error) {
	if err := ignoreUnsupported(p.control.SetWriteDeadline(time.Now().Add(uploadIdle))); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}
