package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"time"

	"qunying/community"
)

// Media keeps pictures and files of messages.
type Media interface {
	// OpenMedia opens one; the caller closes it. It fails with NotFound where it is not
	// there, or not any more.
	OpenMedia(ctx context.Context, c community.ID, seq community.Seq, part int, small bool) (MediaFile, error)
	MediaSettings(ctx context.Context, c community.ID) (MediaSettingsAnswer, error)
	SaveMediaSettings(ctx context.Context, c community.ID, by community.StaffID, m MediaSettingsView) (MediaSettingsAnswer, error)
}

// MediaFile is one that is kept.
type MediaFile struct {
	Type    string // told by its bytes
	Picture bool   // a browser may show it by itself
	Name    string // as the message told it, "" if it did not
	At      time.Time
	Body    io.ReadSeekCloser
}

// MediaView is what became of a picture or file of a message.
type MediaView struct {
	Part    int    `json:"part" doc:"which of the message's, from 0"`
	State   string `json:"state" enum:"waiting,kept,expired,refused,failed,dropped"`
	Why     string `json:"why,omitempty" doc:"why it is not there: gone, no_way, too_large, type, private, empty, unreachable, disk, age, room, missing"`
	Picture bool   `json:"picture" doc:"kept, and a browser may show it"`
	Name    string `json:"name,omitempty"`
	Bytes   int64  `json:"bytes,omitempty"`
}

// MediaSettingsView is which pictures and files of messages are kept. Sizes are in MiB.
type MediaSettingsView struct {
	Pictures bool  `json:"pictures"`
	Voice    bool  `json:"voice"`
	Video    bool  `json:"video"`
	Files    bool  `json:"files"`
	Codes    bool  `json:"codes" doc:"QR codes in pictures are read, and judged with the message"`
	Days     int   `json:"days" minimum:"1" maximum:"3650" doc:"from the message on"`
	Largest  int   `json:"largest" minimum:"1" maximum:"256" doc:"of one file, MiB"`
	Total    int   `json:"total" minimum:"1" maximum:"1048576" doc:"of all, MiB; beyond it the oldest go"`
	Version  int64 `json:"version" minimum:"0"`
}

// MediaSettingsAnswer is that, and how much is kept.
type MediaSettingsAnswer struct {
	Answer
	Settings MediaSettingsView `json:"settings"`
	Files    int64             `json:"files" doc:"each once, however often it was posted"`
	Bytes    int64             `json:"bytes"`
	Oldest   int64             `json:"oldest,omitempty" doc:"message of which something is kept"`
	Items    map[string]int64  `json:"items" doc:"by state"`
}

type mediaInput struct {
	InCommunity
	Seq  community.Seq `path:"seq" minimum:"1"`
	Part int           `path:"part" minimum:"0" maximum:"99"`
	Size string        `query:"size" enum:"full,small" default:"full"`
}

func (s *Server) mediaFile(ctx context.Context, c call, in *mediaInput) (stream, error) {
	f, err := s.needs.Media.OpenMedia(ctx, c.community.ID, in.Seq, in.Part, in.Size == "small")
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		defer f.Body.Close()
		h, way := w.Header(), "attachment"
		h.Set("Content-Type", "application/octet-stream")
		if f.Picture { // everything else is for saving: a browser must not run it
			way = "inline"
			h.Set("Content-Type", f.Type)
		}
		names := map[string]string{}
		if f.Name != "" {
			names["filename"] = f.Name
		}
		h.Set("Content-Disposition", mime.FormatMediaType(way, names))
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
		h.Set("Cache-Control", "private, max-age=600") // whoever is erased is soon gone from browsers, too
		http.ServeContent(patient{w, &patientWriter{w: w, control: http.NewResponseController(w)}}, r, "", f.At, f.Body)
	}, nil
}

func (s *Server) mediaSettings(ctx context.Context, c call, _ *InCommunity) (MediaSettingsAnswer, error) {
	return s.needs.Media.MediaSettings(ctx, c.community.ID)
}

type mediaSettingsInput struct {
	InCommunity
	Body MediaSettingsView
}

func (s *Server) saveMediaSettings(ctx context.Context, c call, in *mediaSettingsInput) (MediaSettingsAnswer, error) {
	return s.needs.Media.SaveMediaSettings(ctx, c.community.ID, c.visitor.staff.ID, in.Body)
}

// InMemory is a file that was made, for MediaFile.Body.
func InMemory(b []byte) io.ReadSeekCloser { return inMemory{bytes.NewReader(b)} }

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// patient answers readers that are slow, as long as they read.
type patient struct {
	http.ResponseWriter
	out *patientWriter
}

func (p patient) Write(b []byte) (int, error) { return p.out.Write(b) }
