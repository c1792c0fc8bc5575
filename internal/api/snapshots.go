package api

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"qunying/community"
)

// Snapshots are members and messages of groups, written to files by the clock
// (群留底, S88).
type Snapshots interface {
	// Snapshots lists a group's, the newest first; it fails with NotFound.
	Snapshots(ctx context.Context, c community.ID, g community.GroupID) (SnapshotsAnswer, error)
	// SnapshotNow has one made at once. While one waits, asking again changes nothing.
	SnapshotNow(ctx context.Context, c community.ID, g community.GroupID, by community.StaffID) (SnapshotsAnswer, error)
	// OpenSnapshot opens one of its files for somebody, which the audit notes; the
	// caller closes it. It fails with NotFound.
	OpenSnapshot(ctx context.Context, c community.ID, g community.GroupID, slot int64, file string, by community.StaffID) (io.ReadCloser, error)
	// SnapshotPlan fails with NotFound where there is no such group or set.
	SnapshotPlan(ctx context.Context, c community.ID, of Scope) (SnapshotPlanAnswer, error)
	// SaveSnapshotPlan fails with Conflict when v.Version is not the version in force.
	SaveSnapshotPlan(ctx context.Context, c community.ID, of Scope, by community.StaffID, v SnapshotPlan) (SnapshotPlanAnswer, error)
}

// SnapshotPlan is what is typed of when groups are written to files.
type SnapshotPlan struct {
	Every   *string `json:"every,omitempty" enum:"off,daily,weekly"`
	Weekday *int    `json:"weekday,omitempty" minimum:"1" maximum:"7" doc:"of weekly: 1 is Monday"`
	Hour    *int    `json:"hour,omitempty" minimum:"0" maximum:"23" doc:"in the group's zone"`
	Keep    *int    `json:"keep,omitempty" minimum:"1" maximum:"100" doc:"how many are kept of each group"`
	Version int64   `json:"version" minimum:"0"`
}

// SnapshotPlanAnswer is when groups are written to files.
type SnapshotPlanAnswer struct {
	Answer
	Plan    SnapshotPlan          `json:"plan" doc:"as it was saved; absent fields are inherited"`
	InForce SnapshotPlan          `json:"in_force"`
	From    map[string]SourceView `json:"from" doc:"whose each field of in_force is; those that nobody typed are absent"`
}

// SnapshotsAnswer is what was written of a group.
type SnapshotsAnswer struct {
	Answer
	Snapshots []SnapshotView `json:"snapshots" doc:"newest first"`
	NextAt    int64          `json:"next_at,omitempty" doc:"when the clock makes the next one; absent: it does not"`
}

// SnapshotView is one time that a group was written to files.
type SnapshotView struct {
	Slot     int64             `json:"slot" doc:"the time for which it was planned: its name"`
	State    string            `json:"state" enum:"waiting,done,failed"`
	By       community.StaffID `json:"by,omitempty" doc:"who asked for it; absent: the clock"`
	Error    string            `json:"error,omitempty"`
	Messages int64             `json:"messages"`
	Members  int64             `json:"members" doc:"everybody who was ever seen"`
	Bytes    int64             `json:"bytes" doc:"of its files"`
	DoneAt   int64             `json:"done_at,omitempty"`
}

func (s *Server) snapshotRoutes() {
	declare(s, route{get, inG + "/snapshots", read, "listSnapshots", "Contingency", "What was written of a group to files"}, s.snapshots)
	declare(s, route{post, inG + "/snapshots", manage, "makeSnapshot", "Contingency", "Write a group to files now"}, s.makeSnapshot)
	declareStream(s, route{get, inG + "/snapshots/{slot}/{file}", manage, "getSnapshot", "Contingency", "A file of a snapshot; the audit notes it"}, "application/octet-stream", s.snapshotFile)
	declare(s, route{get, inC + "/settings/snapshots", read, "getSnapshotPlan", "Contingency", "When groups are written to files, for all groups"}, s.snapshotPlan)
	declare(s, route{put, inC + "/settings/snapshots", manage, "saveSnapshotPlan", "Contingency", "Save when groups are written to files, for all groups"}, s.saveSnapshotPlan)
	declare(s, route{get, inSet + "/snapshots", read, "getSetSnapshotPlan", "Contingency", "The same for a set of groups"}, s.setSnapshotPlan)
	declare(s, route{put, inSet + "/snapshots", manage, "saveSetSnapshotPlan", "Contingency", "Save it for a set of groups"}, s.saveSetSnapshotPlan)
	declare(s, route{get, inG + "/settings/snapshots", read, "getGroupSnapshotPlan", "Contingency", "When a group is written to files"}, s.groupSnapshotPlan)
	declare(s, route{put, inG + "/settings/snapshots", manage, "saveGroupSnapshotPlan", "Contingency", "Save when a group is written to files"}, s.saveGroupSnapshotPlan)
}

func (s *Server) snapshots(ctx context.Context, c call, in *InGroup) (SnapshotsAnswer, error) {
	return s.needs.Snapshots.Snapshots(ctx, c.community.ID, in.Group)
}

func (s *Server) makeSnapshot(ctx context.Context, c call, in *InGroup) (SnapshotsAnswer, error) {
	return s.needs.Snapshots.SnapshotNow(ctx, c.community.ID, in.Group, c.visitor.staff.ID)
}

type snapshotFileInput struct {
	InGroup
	Slot int64  `path:"slot" minimum:"1"`
	File string `path:"file" enum:"messages.jsonl,members.csv"`
}

func (s *Server) snapshotFile(ctx context.Context, c call, in *snapshotFileInput) (stream, error) {
	f, err := s.needs.Snapshots.OpenSnapshot(ctx, c.community.ID, in.Group, in.Slot, in.File, c.visitor.staff.ID)
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="group-%d-%d-%s"`, in.Group, in.Slot/1000, in.File))
		pour(w, f)
	}, nil
}

func (s *Server) snapshotPlan(ctx context.Context, c call, _ *InCommunity) (SnapshotPlanAnswer, error) {
	return s.needs.Snapshots.SnapshotPlan(ctx, c.community.ID, Scope{})
}

func (s *Server) setSnapshotPlan(ctx context.Context, c call, in *InSet) (SnapshotPlanAnswer, error) {
	return s.needs.Snapshots.SnapshotPlan(ctx, c.community.ID, Scope{Set: in.Set})
}

func (s *Server) groupSnapshotPlan(ctx context.Context, c call, in *InGroup) (SnapshotPlanAnswer, error) {
	return s.needs.Snapshots.SnapshotPlan(ctx, c.community.ID, Scope{Group: in.Group})
}

type snapshotPlanInput struct {
	InCommunity
	Body SnapshotPlan
}

func (s *Server) saveSnapshotPlan(ctx context.Context, c call, in *snapshotPlanInput) (SnapshotPlanAnswer, error) {
	return s.needs.Snapshots.SaveSnapshotPlan(ctx, c.community.ID, Scope{}, c.visitor.staff.ID, in.Body)
}

type setSnapshotPlanInput struct {
	InSet
	Body SnapshotPlan
}

func (s *Server) saveSetSnapshotPlan(ctx context.Context, c call, in *setSnapshotPlanInput) (SnapshotPlanAnswer, error) {
	return s.needs.Snapshots.SaveSnapshotPlan(ctx, c.community.ID, Scope{Set: in.Set}, c.visitor.staff.ID, in.Body)
}

type groupSnapshotPlanInput struct {
	InGroup
	Body SnapshotPlan
}

func (s *Server) saveGroupSnapshotPlan(ctx context.Context, c call, in *groupSnapshotPlanInput) (SnapshotPlanAnswer, error) {
	return s.needs.Snapshots.SaveSnapshotPlan(ctx, c.community.ID, Scope{Group: in.Group}, c.visitor.staff.ID, in.Body)
}
