package api

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"qunying/community"
)

// fallback stands for what groups fall back on.
type fallback struct{ *rest }

func (fallback) Contingencies(context.Context, community.ID) (ContingenciesAnswer, error) {
	return ContingenciesAnswer{Answer: Answer{42}, Groups: []ContingencyRow{}}, nil
}

func (fallback) Contingency(_ context.Context, _ community.ID, g community.GroupID) (ContingencyAnswer, error) {
	return ContingencyAnswer{Group: ContingencyRow{Group: g}}, nil
}

func (fallback) Plan(_ context.Context, _ community.ID, of Scope) (ContingencyPlanAnswer, error) {
	return ContingencyPlanAnswer{Plan: ContingencyPlan{Version: of.Set + int64(of.Group)}}, nil
}

func (fallback) SavePlan(_ context.Context, _ community.ID, _ Scope, _ community.StaffID, v ContingencyPlan) (ContingencyPlanAnswer, error) {
	return ContingencyPlanAnswer{Plan: v}, nil
}

func (fallback) Snapshots(context.Context, community.ID, community.GroupID) (SnapshotsAnswer, error) {
	return SnapshotsAnswer{}, nil
}

func (fallback) SnapshotNow(context.Context, community.ID, community.GroupID, community.StaffID) (SnapshotsAnswer, error) {
	return SnapshotsAnswer{}, nil
}

func (fallback) OpenSnapshot(_ context.Context, _ community.ID, _ community.GroupID, slot int64, file string, _ community.StaffID) (io.ReadCloser, error) {
	if slot != 1772352000000 {
		return nil, community.Errorf(community.NotFound, "there is no such snapshot")
	}
	return io.NopCloser(strings.NewReader("of " + file)), nil
}

func (fallback) SnapshotPlan(context.Context, community.ID, Scope) (SnapshotPlanAnswer, error) {
	return SnapshotPlanAnswer{}, nil
}

func (fallback) SaveSnapshotPlan(_ context.Context, _ community.ID, _ Scope, _ community.StaffID, v SnapshotPlan) (SnapshotPlanAnswer, error) {
	return SnapshotPlanAnswer{Plan: v}, nil
}

const inGroup3 = inDefault + "/groups/3"

func TestContingency(t *testing.T) {
	s := newStand(t, sqlite(t))
	lead := s.as("lead")
	var a ContingencyAnswer
	lead.do("POST", inGroup3+"/contingency/begin", nil).want(http.StatusOK).read(&a)
	if a.Group.Group != 3 {
		t.Errorf("%+v", a)
	}
	if cmd := s.rest.command; cmd.Kind != community.ContingencyBegin || cmd.Group != 3 || cmd.Key != "a key of a test" || cmd.By == 0 {
		t.Errorf("%+v", cmd)
	}
	lead.do("POST", inGroup3+"/contingency/end", nil, "Idempotency-Key", "").problem(http.StatusUnprocessableEntity, "invalid")
	backup := map[string]any{"backup_group": 4, "version": 0}
	lead.do("PUT", inGroup3+"/settings/contingency", backup).want(http.StatusOK)
	for _, many := range []string{"/settings/contingency", "/settings/sets/2/contingency"} {
		lead.do("PUT", inDefault+many, backup).problem(http.StatusUnprocessableEntity, "invalid")
	}
	operator := s.as("operator")
	operator.do("POST", inGroup3+"/contingency/end", nil).want(http.StatusOK)
	operator.do("PUT", inGroup3+"/settings/contingency", backup).problem(http.StatusForbidden, "forbidden")
}

func TestContingencyOfWhoIsLimited(t *testing.T) {
	s := newStand(t, sqlite(t))
	lead := s.limitedTo(3)
	lead.do("PUT", inGroup3+"/settings/contingency", map[string]any{"backup_group": 4, "version": 0}).problem(http.StatusForbidden, "forbidden")
	lead.do("PUT", inGroup3+"/settings/contingency", map[string]any{"backup_group": 3, "version": 0}).want(http.StatusOK)
	lead.do("GET", inDefault+"/contingency", nil).want(http.StatusOK)
	lead.do("PUT", inDefault+"/settings/contingency", map[string]any{"version": 0}).problem(http.StatusForbidden, "forbidden")
}

func TestSnapshotFiles(t *testing.T) {
	s := newStand(t, sqlite(t))
	lead := s.as("lead")
	got := lead.do("GET", inGroup3+"/snapshots/1772352000000/members.csv", nil).want(http.StatusOK)
	if string(got.Body) != "of members.csv" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") || got.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s %v", got.Body, got.Header)
	}
	lead.do("GET", inGroup3+"/snapshots/1/members.csv", nil).problem(http.StatusNotFound, "not_found")
	for _, file := range []string{"secret.key", "..%2fmembers.csv"} {
		lead.do("GET", inGroup3+"/snapshots/1772352000000/"+file, nil).want(http.StatusUnprocessableEntity)
	}
	s.as("operator").do("GET", inGroup3+"/snapshots/1772352000000/members.csv", nil).problem(http.StatusForbidden, "forbidden")
}
