package api

import (
	"context"

	"qunying/community"
)

// Folder is the watched folder: what is put into it is imported.
type Folder interface {
	Folder(ctx context.Context, c community.ID) (FolderView, error)
	// SaveFolder fails with Conflict when f.Version is not the version in force.
	SaveFolder(ctx context.Context, c community.ID, by community.StaffID, f FolderView) (FolderView, error)
}

// FolderView says whether the folder is watched.
type FolderView struct {
	Answer
	On      bool   `json:"on"`
	Zone    string `json:"zone" maxLength:"64" doc:"of files that do not tell it"`
	Path    string `json:"path,omitempty" readOnly:"true" doc:"where it is on the server"`
	Version int64  `json:"version" minimum:"0"`
}

func (s *Server) folder(ctx context.Context, c call, _ *InCommunity) (FolderView, error) {
	return s.needs.Folder.Folder(ctx, c.community.ID)
}

// folderInput is a FolderView without what only answers carry.
type folderInput struct {
	InCommunity
	Body struct {
		On      bool   `json:"on"`
		Zone    string `json:"zone" minLength:"1" maxLength:"64" doc:"of files that do not tell it"`
		Version int64  `json:"version" minimum:"0" doc:"that was seen"`
	}
}

func (s *Server) saveFolder(ctx context.Context, c call, in *folderInput) (FolderView, error) {
	return s.needs.Folder.SaveFolder(ctx, c.community.ID, c.visitor.staff.ID, FolderView{On: in.Body.On, Zone: in.Body.Zone, Version: in.Body.Version})
}
