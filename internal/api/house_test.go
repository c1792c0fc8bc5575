package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"qunying/community"
)

// keeper stands for what keeps house; it remembers who was erased.
type keeper struct {
	*rest
	erased *community.PersonID
}

func (k keeper) Backups(context.Context) (BackupsAnswer, error)       { return BackupsAnswer{}, nil }
func (k keeper) StartBackup(context.Context, community.StaffID) error { return nil }
func (k keeper) Examine(context.Context, string) ([]Finding, error)   { return nil, nil }
func (k keeper) About(context.Context) (AboutAnswer, error)           { return AboutAnswer{Version: "test"}, nil }
func (k keeper) Privacy(context.Context, community.ID) (PrivacyAnswer, error) {
	return PrivacyAnswer{}, nil
}
func (k keeper) Notice(context.Context, community.ID, string) (string, error) { return "notice", nil }
func (k keeper) ExportSettings(context.Context, community.ID) (SettingsFile, error) {
	return SettingsFile{Form: 1}, nil
}

func (k keeper) SaveBackupPlan(context.Context, community.StaffID, BackupPlanView) error { return nil }

func (k keeper) SaveRetention(context.Context, community.ID, community.StaffID, RetentionView) error {
	return nil
}

func (k keeper) StartRetention(context.Context, community.ID, community.StaffID) error { return nil }

func (k keeper) Erase(_ context.Context, _ community.ID, p community.PersonID, _ community.StaffID) error {
	if k.erased != nil {
		*k.erased = p
	}
	return nil
}

func (k keeper) ImportSettings(_ context.Context, _ community.ID, _ community.StaffID, _ SettingsFile, apply bool) (SettingsChangesAnswer, error) {
	return SettingsChangesAnswer{Applied: apply}, nil
}

// TestErasingTakesTheWholePerson: who is limited to some of a person's groups
// cannot erase them.
func TestErasingTakesTheWholePerson(t *testing.T) {
	var erased community.PersonID
	s := newStand(t, sqlite(t), func(o *Options) { o.Needs.House = keeper{erased: &erased} })
	s.things()
	lead := s.limitedTo(1)
	lead.do("POST", inDefault+"/people/2/erase", nil).problem(http.StatusForbidden, "forbidden")
	if erased != 0 {
		t.Errorf("%d was erased", erased)
	}
	lead.do("POST", inDefault+"/people/1/erase", nil).want(http.StatusOK)
	if erased != 1 {
		t.Errorf("%d was erased", erased)
	}
	s.as("operator").do("POST", inDefault+"/people/1/erase", nil).problem(http.StatusForbidden, "forbidden")
}

// TestTheExportForAnalyticsNamesNobody (S97): the same person has one pseudonym in
// a file and another in the next.
func TestTheExportForAnalyticsNamesNobody(t *testing.T) {
	s := newStand(t, sqlite(t))
	s.things()
	owner := s.as("owner")
	people := func() []string {
		text := string(owner.do("GET", inDefault+"/analytics.csv", nil).want(http.StatusOK).Body)
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) != 3 || strings.Contains(text, "群") {
			t.Fatalf("%v in %s", err, text)
		}
		return []string{rows[1][2], rows[2][2]}
	}
	one, two := people(), people()
	if one[0] == one[1] || one[0] == two[0] || len(one[0]) != 12 {
		t.Errorf("%v, then %v", one, two)
	}
	var a AuditAnswer
	owner.do("GET", inDefault+"/audit?act=analytics", nil).want(http.StatusOK).read(&a)
	if len(a.Entries) != 2 {
		t.Errorf("%+v", a.Entries)
	}
}

func TestSettingsFilesAreTriedFirst(t *testing.T) {
	s := newStand(t, sqlite(t))
	owner := s.as("owner")
	file := SettingsFile{Form: 1, Settings: []SettingsEntry{{Key: "welcome", Value: json.RawMessage(`{"on":true}`)}}}
	var a SettingsChangesAnswer
	owner.do("POST", inDefault+"/settings/file", file).want(http.StatusOK).read(&a)
	if a.Applied {
		t.Error("it was applied unasked")
	}
	owner.do("POST", inDefault+"/settings/file?apply=true", file).want(http.StatusOK).read(&a)
	if !a.Applied {
		t.Error("it was not applied")
	}
}
